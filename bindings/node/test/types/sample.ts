// Compiled, in strict mode, by the test of types: what a user of TypeScript writes.
import * as wrt from '../..';

const module: wrt.Module = new wrt.Module(wrt.wat('(module (func (export "f") (param i32) (result i32) local.get 0))'), {
  proposals: ['wide-arithmetic'],
});
const plan: wrt.Plan = wrt.plan(module.wasm);
const total: bigint = plan.module + plan.instance;
const store = new wrt.Store({ arena: new SharedArrayBuffer(1 << 20), stack: 1 << 16 });
const imports: wrt.Imports = { env: { log: (n: number) => void n, table: new wrt.Table({ element: 'anyfunc', initial: 1 }) } };
const instance = new wrt.Instance(module, imports, { store, fuel: 1000n, maxDepth: 10 });
const f = instance.exports.f as (n: number) => number;

export async function run(): Promise<number> {
  const task = instance.task('f', 1);
  while (task.run({ fuel: 100 }) === 'fuel') console.log(task.frames.map((frame) => frame.name ?? frame.func));
  try {
    await instance.callAsync('f', [2], { fuel: 10, slice: 5 });
  } catch (error) {
    if (error instanceof wrt.OutOfFuel) return Number(error.task.usage.fuelUsed);
    if (error instanceof wrt.Trap) console.log(error.reason, error.frames?.[0]?.offset);
    if (error instanceof wrt.Exit) return error.code;
    throw error;
  }
  const { instance: other } = await wrt.instantiate(module.wasm, {}, { memory: 65536 });
  const memory: wrt.Memory | null = other.memory;
  if (memory !== null) memory.write(0, Buffer.from('text'));
  const snapshot = wrt.Snapshot.fromBytes(other.snapshot().toBytes());
  const again = wrt.Instance.restore(module, snapshot);
  const wasi = new wrt.WASI({ version: 'preview1', args: ['a'], preopens: { '/': '.' } });
  wasi.start(new wrt.Instance(module, wasi.getImportObject()));
  const global = new wrt.Global({ value: 'i64', mutable: true }, 1n);
  global.value = 2n;
  const tag = new wrt.Tag({ parameters: ['i32'] });
  const exception = new wrt.Exception(tag, [1], { traceStack: true });
  return f(Number(total)) + Number(again.stateHash) + exception.getArg(tag, 0);
}

// @ts-expect-error an instance is made of a module
new wrt.Instance('text');
// @ts-expect-error there is no such version
new wrt.WASI({ version: 'preview3' });
// @ts-expect-error tasks are made by instances
new wrt.Task();
// @ts-expect-error a plan cannot be changed
plan.module = 1n;
