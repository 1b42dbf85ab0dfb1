'use strict';
// Calls that stop, wait and go on: tasks, promises, snapshots. API-4.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { guest, module_, thrown, wrt } = require('./help.js');

const LOOP = `(module (memory (export "memory") 1) (global $n (export "n") (mut i32) (i32.const 0))
  (func (export "count") (param i32) (result i32)
    loop local.get 0 if i32.const 0 i32.const 0 i32.load i32.const 1 i32.add i32.store
      global.get $n i32.const 1 i32.add global.set $n
      local.get 0 i32.const 1 i32.sub local.set 0 br 1 end end global.get $n))`;
const ASK = `(module (import "env" "ask" (func $ask (param i32) (result i32)))
  (func (export "twice") (param i32) (result i32) local.get 0 call $ask call $ask)
  (func (export "safe") (param i32) (result i32)
    (block $h (try_table (catch_all $h) local.get 0 call $ask return)) i32.const -1))`;

test('a task runs in grants of fuel, to the same end and the same fuel (RUN-2)', () => {
  const whole = guest(LOOP);
  assert.equal(whole.call('count', [50]), 50);
  const parts = guest(LOOP);
  const task = parts.task('count', 50);
  assert.equal(task.state, 'ready');
  let grants = 0;
  while (task.run({ fuel: 37 }) === 'fuel') {
    grants++;
    // At its very end, a call has returned already.
    assert(task.frames.length === 0 || task.frames[0].name === 'count');
  }
  assert(grants > 5);
  assert.equal(task.state, 'done');
  assert.equal(task.result, 50);
  assert.equal(task.usage.fuelUsed, whole.usage.fuelUsed);
  assert.equal(parts.stateHash, whole.stateHash);
  assert.throws(() => task.run(), wrt.RuntimeError);
});

test('several tasks of one instance run in turns', () => {
  const instance = guest(LOOP);
  const tasks = [instance.task('count', 20), instance.task('count', 20)];
  while (tasks.some((task) => task.state !== 'done')) {
    for (const task of tasks) if (task.state !== 'done') task.run({ fuel: 30 });
  }
  assert.equal(instance.exports.n.value, 40);
});

test('an error of a spent budget has the task', () => {
  const instance = guest(LOOP, {}, { fuel: 100 });
  const error = thrown(() => instance.exports.count(1000));
  assert(error instanceof wrt.OutOfFuel);
  assert.deepEqual(error.frames.map((f) => f.name), ['count']);
  assert.equal(error.task.run(), 'done');
  assert.equal(error.task.result, 1000);
});

test('a call that waits is answered (RUN-6)', () => {
  const instance = guest(ASK, { env: { ask: () => wrt.PENDING } });
  const task = instance.task('twice', 4);
  assert.equal(task.run(), 'pending');
  assert.deepEqual(task.pending, { module: 'env', name: 'ask', args: [4], promise: null });
  assert.equal(task.run(), 'pending', 'it waits on');
  task.complete(5);
  assert.equal(task.run(), 'pending');
  assert.deepEqual(task.pending.args, [5]);
  assert.throws(() => task.complete(1n), TypeError);
  task.complete(6);
  assert.equal(task.run(), 'done');
  assert.equal(task.result, 6);
  assert.throws(() => task.complete(1), wrt.RuntimeError);
});

test('a call that waits may fail, and a guest catch that', () => {
  const instance = guest(ASK, { env: { ask: () => wrt.PENDING } });
  const reason = new Error('no answer');
  const task = instance.task('twice', 1);
  task.run();
  task.fail(reason);
  assert.equal(thrown(() => task.run()), reason);
  assert.equal(task.state, 'failed');
  const safe = instance.task('safe', 1);
  safe.run();
  safe.fail(reason);
  assert.equal(safe.run(), 'done');
  assert.equal(safe.result, -1);
});

test('callAsync waits for promises', async () => {
  let turns = 0;
  const instance = guest(ASK, { env: { ask: async (n) => {
    await new Promise(setImmediate);
    turns++;
    return n + 1;
  } } });
  assert.equal(await instance.callAsync('twice', [1]), 3);
  assert.equal(turns, 2);
  assert.deepEqual(await Promise.all([1, 2, 3].map((n) => instance.callAsync('twice', [n]))), [3, 4, 5]);
  const no = guest(ASK, { env: { ask: () => Promise.reject(new RangeError('no')) } });
  await assert.rejects(no.callAsync('twice', [1]), RangeError);
  assert.equal(await no.callAsync('safe', [1]), -1);
  const mixed = guest(ASK, { env: { ask: (n) => n * 2 } });
  assert.equal(await mixed.callAsync('twice', [1]), 4);
});

test('callAsync keeps its budget and lets others run', async () => {
  const instance = guest(LOOP);
  await assert.rejects(instance.callAsync('count', [1000], { fuel: 500 }), wrt.OutOfFuel);
  let turned = false;
  setImmediate(() => (turned = true));
  await instance.callAsync('count', [1000], { slice: 1000 });
  assert(turned);
  await assert.rejects(instance.callAsync('count', [1], { slice: 0 }), RangeError);
});

test('Suspending and promising', async () => {
  const instance = guest(ASK, { env: { ask: new wrt.Suspending(async (n) => n + 1) } });
  assert.equal(await wrt.promising(instance.exports.twice)(1), 3);
  assert.throws(() => instance.exports.twice(1), /cannot wait/);
  assert.throws(() => wrt.promising(() => 1), TypeError);
  assert.throws(() => new wrt.Suspending(1), TypeError);
  const plain = guest(ASK, { env: { ask: async (n) => n + 1 } });
  assert.equal(plain.exports.twice(1), 0, 'without either, a promise is converted as any object');
});

test('a snapshot goes on elsewhere', () => {
  const module = module_(LOOP);
  const instance = new wrt.Instance(module);
  const task = instance.task('count', 100);
  task.run({ fuel: 300 });
  const bytes = instance.snapshot(task).toBytes();
  assert.equal(task.run(), 'done');
  for (let i = 0; i < 2; i++) {
    const snapshot = wrt.Snapshot.fromBytes(bytes);
    assert(snapshot.hasTask);
    const other = wrt.Instance.restore(module, snapshot);
    assert.equal(other.stopped.run(), 'done');
    assert.equal(other.stopped.result, 100);
    assert.equal(other.stateHash, instance.stateHash);
    assert.equal(other.stopped.usage.fuelUsed, task.usage.fuelUsed);
  }
  const still = wrt.Instance.restore(module, instance.snapshot());
  assert.equal(still.stopped, null);
  assert.equal(still.exports.count(1), 101);
  assert.throws(() => wrt.Snapshot.fromBytes(bytes.subarray(1)), wrt.RuntimeError);
  assert.throws(() => wrt.Instance.restore(module_(ASK), wrt.Snapshot.fromBytes(bytes), { env: { ask: () => 1 } }), wrt.LinkError);
  assert.throws(() => wrt.Instance.restore(module, {}), TypeError);
});

test('a task can be interrupted from a host function', () => {
  let task = null;
  const instance = guest('(module (import "e" "f" (func $f)) (func (export "g") loop call $f br 0 end))', { e: { f: () => task.interrupt() } });
  task = instance.task('g');
  assert.equal(task.run(), 'interrupted');
  assert.equal(task.run(), 'interrupted');
});

test('a snapshot of a call that waits is answered elsewhere', () => {
  const module = module_(ASK);
  const imports = { env: { ask: () => wrt.PENDING } };
  const instance = new wrt.Instance(module, imports);
  const task = instance.task('twice', 4);
  task.run();
  const other = wrt.Instance.restore(module, wrt.Snapshot.fromBytes(instance.snapshot(task).toBytes()), imports);
  assert.equal(other.stopped.state, 'pending');
  assert.equal(other.stopped.pending.name, 'ask');
  other.stopped.complete(10);
  assert.equal(other.stopped.run(), 'pending');
  assert.deepEqual(other.stopped.pending.args, [10]);
  other.stopped.complete(11);
  assert.equal(other.stopped.run(), 'done');
  assert.equal(other.stopped.result, 11);
  assert.equal(task.state, 'pending', 'the first one waits on');
});

test('what fails in memory without room for an exception is thrown as it is', () => {
  // A store in an arena too small for a heap.
  const store = new wrt.Store({ arena: new ArrayBuffer(64 << 10), stack: 16 << 10, heap: 1 << 30 });
  const instance = new wrt.Instance(module_(ASK), { env: { ask: (n) => { if (n > 1) throw new SyntaxError('two'); return wrt.PENDING; } } }, { store });
  const reason = new Error('no answer');
  const task = instance.task('safe', 1);
  task.run();
  task.fail(reason);
  assert.throws(() => instance.exports.twice(2), SyntaxError);
  assert.equal(thrown(() => task.run()), reason);
});
