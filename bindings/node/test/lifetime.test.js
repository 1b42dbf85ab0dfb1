'use strict';
// Nothing leaks: instances, memories, functions and tasks that nobody has any more give their memory back.
// Run with --expose-gc. API-4.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const path = require('node:path');
const { module_, resident, wrt } = require('./help.js');

const needs = { skip: typeof globalThis.gc !== 'function' && 'needs --expose-gc' };
const MIB = 1 << 20;

const TEXT = `(module (import "e" "f" (func $f (param i32) (result i32)))
  (memory (export "memory") 1 2) (global (export "g") (mut i32) (i32.const 0)) (tag (export "tag"))
  (func (export "go") (param i32) (result i32) i32.const 100 i32.const 1 i32.store local.get 0 call $f))`;

let table;
/** A module that shares a table and a function. */
const TABLE = () => (table ??= module_(`(module (import "e" "t" (table 1 funcref)) (import "e" "go" (func $go (param i32) (result i32)))
  (func (export "call") (param i32) (result i32) local.get 0 call $go))`));

/** Makes instances with everything that may hold on to them; lets the finalizers run between. */
async function make(module, count) {
  for (let i = 0; i < count; i++) {
    const instance = new wrt.Instance(module, { e: { f: (n) => n + instance.exports.g.value } });
    assert.equal(instance.exports.go(i), i);
    if (i % 10 === 0) assert.equal(instance.exports.memory.buffer.byteLength, 65536);
    if (i % 10 === 1) instance.task('go', 1).run();
    if (i % 50 === 2) {
      const t = new wrt.Table({ element: 'anyfunc', initial: 1 });
      const user = new wrt.Instance(TABLE(), { e: { t, go: instance.exports.go } });
      t.set(0, user.exports.call);
    }
    if (i % 100 === 99) await new Promise(setImmediate);
  }
}

test('100,000 instances made and dropped leave the resident size flat', needs, async () => {
  const module = module_(TEXT);
  await make(module, 20_000);
  const before = await resident();
  await make(module, 80_000);
  const after = await resident();
  assert(after - before < 48 * MIB, `grew by ${(after - before) / MIB} MiB`);
});

test('memories, tables, globals and modules too', needs, async () => {
  const bytes = wrt.wat(TEXT);
  const make = async (count) => {
    for (let i = 0; i < count; i++) {
      const memory = new wrt.Memory({ initial: 1 });
      new Uint8Array(memory.buffer)[0] = 1;
      memory.grow(1);
      assert.equal(new wrt.Global({ value: 'externref' }, memory).value, memory);
      assert(new wrt.Module(bytes) instanceof wrt.Module);
      if (i % 100 === 99) await new Promise(setImmediate);
    }
  };
  await make(5000);
  const before = await resident();
  await make(20_000);
  const after = await resident();
  assert(after - before < 48 * MIB, `grew by ${(after - before) / MIB} MiB`);
});

test('a buffer keeps its memory, an export its instance', needs, async () => {
  const module = module_('(module (memory (export "m") 1) (data (i32.const 3) "x") (func (export "f") (result i32) i32.const 3 i32.load8_u))');
  let kept = Array.from({ length: 100 }, () => {
    const { m, f } = new wrt.Instance(module).exports;
    return { buffer: m.buffer, f };
  });
  await resident();
  for (const { buffer, f } of kept) {
    assert.equal(new Uint8Array(buffer)[3], 'x'.charCodeAt(0));
    assert.equal(f(), 'x'.charCodeAt(0));
  }
  kept = kept.map(({ buffer }) => buffer);
  await resident();
  for (const buffer of kept) assert.equal(new Uint8Array(buffer)[3], 'x'.charCodeAt(0));
});

test('the package works in workers, and they can be ended while a guest runs', async () => {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const wrt = require(workerData.wrt);
    const instance = new wrt.Instance(new wrt.Module(workerData.bytes), { e: { f: (n) => n + 1 } });
    parentPort.postMessage(instance.exports.go(workerData.n));
    if (workerData.spin) new wrt.Instance(new wrt.Module(wrt.wat('(module (func (export "f") loop br 0 end))'))).exports.f();`;
  const bytes = wrt.wat(TEXT);
  const data = { wrt: process.env.WRT_PACKAGE ?? path.join(__dirname, '..'), bytes };
  const run = (workerData) => new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true, workerData });
    worker.once('message', (answer) => resolve({ worker, answer }));
    worker.once('error', reject);
  });
  const all = await Promise.all([1, 2, 3, 4].map((n) => run({ ...data, n, spin: n % 2 === 0 })));
  assert.deepEqual(all.map(({ answer }) => answer), [2, 3, 4, 5]);
  const ended = all.map(({ worker }) => worker.terminate());
  assert.equal((await Promise.allSettled(ended)).every(({ status }) => status === 'fulfilled'), true);
});
