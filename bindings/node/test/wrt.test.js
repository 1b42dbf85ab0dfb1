'use strict';
// The Node package from end to end: load, plan, call with a budget, read memory, report a trap.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const wrt = require(process.env.WRT_PACKAGE ?? '..');

const guests = path.join(__dirname, '..', '..', '..', 'examples', 'guests', 'wasm');

const section = (number, body) => [number, body.length, ...body];
const vector = (...items) => [items.length, ...items.flat()];
const text = (name) => [name.length, ...Buffer.from(name)];
const [I32, I64, F64] = [0x7f, 0x7e, 0x7c];
const type = (params, results) => [0x60, ...vector(...params), ...vector(...results)];
const body = (...code) => [code.length + 2, 0, ...code, 0x0b];

// add(i32, i32), wide(i64, f64), ask(i32) through the import env.ask, poke(i32): memory[8] = it,
// trap(): unreachable, spin(): endless loop.
const GUEST = Buffer.from([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  ...section(1, vector(type([I32, I32], [I32]), type([I64, F64], [F64, I64]), type([I32], [I32]), type([I32], []), type([], []))),
  ...section(2, vector([...text('env'), ...text('ask'), 0, 2])),
  ...section(3, vector([0], [1], [2], [3], [4], [4])),
  ...section(5, vector([1, 1, 2])),
  ...section(7, vector([...text('memory'), 2, 0],
    ...['add', 'wide', 'ask', 'poke', 'trap', 'spin'].map((name, i) => [...text(name), 0, i + 1]))),
  ...section(10, vector(
    body(0x20, 0, 0x20, 1, 0x6a),
    body(0x20, 1, 0x20, 0),
    body(0x20, 0, 0x10, 0),
    body(0x41, 8, 0x20, 0, 0x36, 2, 0),
    body(0),
    body(3, 0x40, 0x0c, 0, 0x0b))),
]);

// box(n): n + 1 by way of a structure, row(n): the length of an array of n, throw(n): an exception that
// carries n, catch(n): n + 1 by way of one.
const OBJECTS = Buffer.from([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  ...section(1, vector([0x5f, ...vector([I32, 0])], [0x5e, I32, 1], type([I32], [I32]), type([I32], []))),
  ...section(3, vector([2], [2], [3], [2])),
  ...section(13, vector([0, 3])),
  ...section(7, vector(...['box', 'row', 'throw', 'catch'].map((name, i) => [...text(name), 0, i]))),
  ...section(10, vector(
    body(0x20, 0, 0xfb, 0, 0, 0xfb, 2, 0, 0, 0x41, 1, 0x6a),
    body(0x20, 0, 0xfb, 7, 1, 0xfb, 0x0f),
    body(0x20, 0, 8, 0),
    body(2, 0x7f, 0x1f, 0x40, 1, 0, 0, 0, 0x20, 0, 8, 0, 0x0b, 0, 0x0b, 0x41, 1, 0x6a))),
]);

const instance = (ask = (n) => n, settings = {}) => new wrt.Instance(new wrt.Module(GUEST), { env: { ask } }, settings);

/** What the function throws. */
function thrown(f) {
  try {
    f();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('a good module is accepted and a bad one refused with its place', () => {
  wrt.validate(GUEST);
  const error = thrown(() => wrt.validate(GUEST.subarray(0, -3)));
  assert(error instanceof wrt.Error);
  assert.equal(error.status, 'WRT_E_MALFORMED');
  assert(error.offset > 0);
  assert.throws(() => new wrt.Module(Buffer.from('hello, world')), /magic header/);
});

test('the plan is the module\'s own (MEM-3)', () => {
  const plan = wrt.plan(GUEST);
  assert.deepEqual(plan, new wrt.Module(GUEST).plan);
  assert.deepEqual([plan.memoryMin, plan.memoryMax], [65536n, 2n * 65536n]);
});

test('imports and exports are listed', () => {
  const module = new wrt.Module(GUEST);
  assert.deepEqual(module.imports, [{ module: 'env', name: 'ask', kind: 'func', signature: '(i)i' }]);
  assert.deepEqual(module.exports.find((e) => e.name === 'wide'), { name: 'wide', kind: 'func', signature: '(IF)FI' });
  assert.deepEqual(module.wasm, GUEST);
});

test('values keep type and width', () => {
  const guest = instance();
  assert.equal(guest.call('add', [40, -2]), 40 - 2);
  assert.equal(guest.call('add', [2 ** 31 - 1, 1]), -(2 ** 31));
  assert.equal(guest.call('add', [2 ** 32 - 1, 0]), -1);
  assert.deepEqual(guest.call('wide', [2n ** 63n - 1n, 0.5]), [0.5, 2n ** 63n - 1n]);
  assert.throws(() => guest.call('add', [2 ** 32, 0]), RangeError);
  assert.throws(() => guest.call('add', [1]), TypeError);
  assert.throws(() => guest.call('add', ['1', 2]), TypeError);
  assert.throws(() => guest.call('sub'), /no function `sub`/);
});

test('fuel is exact and a call can be continued (RUN-1, RUN-2)', () => {
  const guest = instance();
  guest.call('add', [1, 2]);
  assert.equal(guest.usage.fuelUsed, 3n);
  assert.throws(() => guest.call('spin', [], { fuel: 1000 }), wrt.OutOfFuel);
  assert(guest.usage.fuelUsed >= 1000n);
  assert.throws(() => guest.resume({ fuel: 500n }), wrt.OutOfFuel);
  assert(guest.usage.fuelUsed >= 1500n);
  assert.equal(guest.call('add', [1, 2]), 3, 'a call that is not continued is given up');
});

test('a trap has reason and frames (RUN-5)', () => {
  const trap = thrown(() => instance().call('trap'));
  assert(trap instanceof wrt.Trap && trap instanceof wrt.Error && trap instanceof Error);
  assert.equal(trap.reason, 'Unreachable');
  assert.deepEqual(trap.frames.map((frame) => frame.name), ['trap']);
});

test('objects and exceptions lie in a heap that the plan knows', () => {
  const module = new wrt.Module(OBJECTS);
  assert(module.plan.heapMin > 0n);
  assert.equal(wrt.plan(GUEST).heapMin, 0n);
  const guest = new wrt.Instance(module);
  assert.deepEqual([guest.call('box', [41]), guest.call('row', [9]), guest.call('catch', [6])], [42, 9, 7]);
});

test('an exception that nothing catches is said by name (RUN-5)', () => {
  const guest = new wrt.Instance(new wrt.Module(OBJECTS));
  const trap = thrown(() => guest.call('throw', [1]));
  assert(trap instanceof wrt.Trap);
  assert.match(trap.message, /an exception that nothing catches, in throw/);
  assert.equal(trap.reason, 'UncaughtException');
  assert.deepEqual(trap.frames.map((frame) => frame.name), ['throw']);
  assert.equal(guest.call('catch', [1]), 2, 'the instance goes on');
});

test('memory is read and written within its bounds (RUN-6)', () => {
  const guest = instance();
  guest.call('poke', [0x01020304]);
  assert.deepEqual([...guest.memory.read(8, 4)], [4, 3, 2, 1]);
  guest.memory.write(65534, Buffer.from('ok'));
  assert.equal(guest.memory.read(65534, 2).toString(), 'ok');
  for (const [addr, n] of [[65536, 1], [65535, 2], [2n ** 64n - 1n, 2], [0, 2 ** 40]]) {
    assert.throws(() => guest.memory.read(addr, n), wrt.Error);
  }
  assert.throws(() => guest.memory.write(65535, Buffer.from('no')), wrt.Error);
  assert.deepEqual([guest.memory.grow(1), guest.memory.grow(1)], [1, -1]);
  assert.equal(guest.memory.length, 2 * 65536);
});

test('the memory ceiling is the caller\'s (MEM-4)', () => {
  assert.equal(instance(undefined, { memory: 65536 }).memory.grow(1), -1);
  assert.equal(thrown(() => instance(undefined, { memory: 1000 })).need, 65536);
});

test('equal states have equal hashes', () => {
  const [first, second] = [instance(), instance()];
  assert.equal(first.stateHash, second.stateHash);
  first.call('poke', [1]);
  assert.notEqual(first.stateHash, second.stateHash);
});

test('JavaScript functions serve as imports (RUN-6)', () => {
  const seen = [];
  const guest = instance((n) => seen.push(n) && n * 2);
  assert.equal(guest.call('ask', [21]), 21 * 2);
  assert.deepEqual(seen, [21]);
});

test('they see memory but cannot call in again', () => {
  const guest = instance((n) => {
    guest.memory.write(8, Buffer.from([n]));
    assert.throws(() => guest.call('add', [1, 2]), /running/);
    return guest.memory.read(8, 1)[0];
  });
  assert.equal(guest.call('ask', [7]), 7);
});

test('what they throw comes out unchanged', () => {
  const guest = instance((n) => {
    throw n;
  });
  assert.equal(thrown(() => guest.call('ask', [1])), 1);
  assert.equal(guest.call('add', [1, 2]), 3);
  assert.throws(() => instance(() => 'text').call('ask', [1]), TypeError);
});

test('a missing one is named', () => {
  assert.throws(() => new wrt.Instance(new wrt.Module(GUEST)), /env\.ask/);
});

test('plan, fuel and result are those of the command line (API-5)', { skip: !process.env.WRTD && 'WRTD does not name it' }, () => {
  const file = path.join(guests, 'fac.wasm');
  const module = new wrt.Module(fs.readFileSync(file));
  const guest = new wrt.Instance(module);
  const result = guest.call('fac', [10]);
  const other = JSON.parse(execFileSync(process.env.WRTD, ['run', file, '--invoke', 'fac', '10', '--json']));
  assert.equal(BigInt(other.usage.fuel_used), guest.usage.fuelUsed);
  assert.equal(BigInt(other.results[0].value), result);
  const snake = (name) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  const plan = Object.fromEntries(Object.entries(module.plan).map(([key, n]) => [snake(key), Number(n)]));
  assert.deepEqual(other.plan, plan);
});
