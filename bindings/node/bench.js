'use strict';
// What crossings cost: calls, host calls, memory views and instances, beside Node's own engine, and beside what Python
// has where WRT_BENCH_PYTHON names one with wasmtime and pywasm3. Rounds are interleaved; medians are shown, in
// nanoseconds, and the ratio to wrt's.
//
//   node bindings/node/bench.js [--json] [--rounds N]

const { spawnSync } = require('node:child_process');
const os = require('node:os');
const own = globalThis.WebAssembly;
const wrt = require(process.env.WRT_PACKAGE ?? '.');

const TEXT = `(module (import "env" "host" (func $host (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "nothing"))
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "sum") (param f64 f64) (result f64) local.get 0 local.get 1 f64.add)
  (func (export "long") (param i64) (result i64) local.get 0)
  (func (export "mixed") (param i32 f64 i32 f64) (result i32) local.get 0)
  (func (export "hosts") (param i32) (result i32) (local i32)
    loop local.get 1 call $host local.set 1 local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end local.get 1))`;
const bytes = wrt.wat(TEXT);

/** What is measured: a number of operations, and a function that does so many. */
function cases(engine) {
  const imports = { env: { host: (n) => n + 1 } };
  const module = new engine.Module(bytes);
  const instance = new engine.Instance(module, imports);
  const { nothing, add, sum, long, mixed, hosts, memory } = instance.exports;
  const found = {
    'call ()': [100_000, (n) => { while (n--) nothing(); }],
    'call (i32, i32) -> i32': [100_000, (n) => { while (n--) add(n, 1); }],
    'call (f64, f64) -> f64': [100_000, (n) => { while (n--) sum(n, 0.5); }],
    'call (i64) -> i64': [100_000, (n) => { while (n--) long(5n); }],
    'call (i32, f64, i32, f64) -> i32': [100_000, (n) => { while (n--) mixed(1, 2, 3, 4); }],
    'host call (i32) -> i32': [100_000, (n) => hosts(n)],
    'memory view': [100_000, (n) => { while (n--) new Uint8Array(memory.buffer, 8, 8); }],
    instance: [500, (n) => { while (n--) new engine.Instance(module, imports); }],
  };
  if (engine === wrt) {
    found['instance.call with fuel'] = [50_000, (n) => { while (n--) instance.call('add', [n, 1], { fuel: 1000 }); }];
  }
  return found;
}

/** The cases for one engine, compiled for it alone: so that what the one does to shared code is not the other's. */
const casesOf = (engine) => new Function('wrt', 'bytes', 'engine', `return (${cases})(engine)`)(wrt, bytes, engine);

/** The same in Python, as lines of "engine, case, nanoseconds". */
const PYTHON = `
import sys, time
wasm = sys.stdin.buffer.read()
def show(engine, name, n, run):
    run(100)
    start = time.perf_counter_ns(); run(n); print(engine, name, (time.perf_counter_ns() - start) / n, sep="|")
def calls(f, *args):
    def run(n):
        for _ in range(n): f(*args)
    return run
try:
    import wasmtime
    engine = wasmtime.Engine(); module = wasmtime.Module(engine, wasm); store = wasmtime.Store(engine)
    i32 = wasmtime.ValType.i32()
    host = wasmtime.Func(store, wasmtime.FuncType([i32], [i32]), lambda n: n + 1)
    e = wasmtime.Instance(store, module, [host]).exports(store)
    name = "wasmtime (Python)"
    show(name, "call ()", 5000, calls(e["nothing"], store))
    show(name, "call (i32, i32) -> i32", 5000, calls(e["add"], store, 1, 2))
    show(name, "call (f64, f64) -> f64", 5000, calls(e["sum"], store, 1.0, 2.0))
    show(name, "call (i64) -> i64", 5000, calls(e["long"], store, 5))
    show(name, "call (i32, f64, i32, f64) -> i32", 5000, calls(e["mixed"], store, 1, 2.0, 3, 4.0))
    show(name, "host call (i32) -> i32", 5000, lambda n: e["hosts"](store, n))
    show(name, "memory view", 5000, lambda n: [e["memory"].get_buffer_ptr(store) for _ in range(n)] and None)
    show(name, "instance", 500, lambda n: [wasmtime.Instance(store, module, [host]) for _ in range(n)] and None)
except ImportError:
    pass
try:
    import wasm3
    env = wasm3.Environment()
    def make():
        runtime = env.new_runtime(65536); module = env.parse_module(wasm); runtime.load(module)
        module.link_function("env", "host", "i(i)", lambda n: n + 1)
        return runtime
    runtime = make()
    f = runtime.find_function
    name = "pywasm3"
    show(name, "call ()", 20000, calls(f("nothing")))
    show(name, "call (i32, i32) -> i32", 20000, calls(f("add"), 1, 2))
    show(name, "call (f64, f64) -> f64", 20000, calls(f("sum"), 1.0, 2.0))
    show(name, "call (i64) -> i64", 20000, calls(f("long"), 5))
    show(name, "call (i32, f64, i32, f64) -> i32", 20000, calls(f("mixed"), 1, 2.0, 3, 4.0))
    hosts = f("hosts"); show(name, "host call (i32) -> i32", 20000, lambda n: hosts(n))
    show(name, "memory view", 20000, lambda n: [runtime.get_memory(0)[8:16] for _ in range(n)] and None)
    show(name, "instance", 500, lambda n: [make() for _ in range(n)] and None)
except ImportError:
    pass
`;

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

async function main(args) {
  const rounds = args.includes('--rounds') ? Number(args[args.indexOf('--rounds') + 1]) : 9;
  const engines = { wrt: casesOf(wrt), 'Node\'s own': casesOf(own) };
  const taken = {};
  const note = (engine, name, ns) => ((taken[name] ??= {})[engine] ??= []).push(ns);
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(engines.wrt)) {
      for (const [engine, has] of Object.entries(engines)) {
        if (!has[name]) continue;
        const [n, run] = has[name];
        if (round === 0) run(n >> 2);
        const from = process.hrtime.bigint();
        run(n);
        note(engine, name, Number(process.hrtime.bigint() - from) / n);
      }
      // What was made is given back between the measurements, not within them.
      await new Promise(setImmediate);
    }
    const python = process.env.WRT_BENCH_PYTHON;
    if (python) {
      const run = spawnSync(python, ['-c', PYTHON], { input: bytes, encoding: 'utf8' });
      if (run.status !== 0) throw new Error(run.stderr || `${python} cannot be run`);
      for (const line of run.stdout.trim().split('\n')) {
        const [engine, name, ns] = line.split('|');
        if (name) note(engine, name, Number(ns));
      }
    }
  }
  const names = [...new Set(Object.values(taken).flatMap((by) => Object.keys(by)))];
  const result = Object.fromEntries(Object.entries(taken).map(([name, by]) =>
    [name, Object.fromEntries(Object.entries(by).map(([engine, list]) => [engine, median(list)]))]));
  if (args.includes('--json')) {
    console.log(JSON.stringify({ date: new Date().toISOString(), node: process.version, cpu: os.cpus()[0].model, rounds, nanoseconds: result }, null, 2));
    return;
  }
  console.log(`${os.cpus()[0].model}, Node ${process.version}, medians of ${rounds} rounds, nanoseconds; in brackets over wrt's\n`);
  console.log(`| | ${names.join(' | ')} |\n|---|${names.map(() => '---').join('|')}|`);
  for (const [name, by] of Object.entries(result)) {
    const cell = (engine) => {
      if (by[engine] === undefined) return '';
      const ratio = by[engine] / by.wrt;
      return engine === 'wrt' ? by.wrt.toFixed(0) : `${by[engine].toFixed(0)} (${ratio.toFixed(ratio < 0.1 ? 3 : 2)})`;
    };
    console.log(`| ${name} | ${names.map(cell).join(' | ')} |`);
  }
}

main(process.argv.slice(2));
