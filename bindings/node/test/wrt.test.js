'use strict';
// The package from end to end: load, plan, call with a budget, read memory, report a trap.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { guest, guests, module_, thrown, wrt } = require('./help.js');

const GUEST = `(module
  (import "env" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1 2)
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "wide") (param i64 f64) (result f64 i64) local.get 1 local.get 0)
  (func (export "ask") (param i32) (result i32) local.get 0 call $ask)
  (func (export "poke") (param i32) i32.const 8 local.get 0 i32.store)
  (func (export "trap") unreachable)
  (func (export "spin") loop br 0 end))`;

// box(n): n + 1 by way of a structure, row(n): the length of an array of n, throw(n): an exception that carries n,
// catch(n): n + 1 by way of one.
const OBJECTS = `(module
  (type $box (struct (field i32))) (type $row (array (mut i32)))
  (tag $e (export "e") (param i32))
  (func (export "box") (param i32) (result i32)
    local.get 0 struct.new $box struct.get $box 0 i32.const 1 i32.add)
  (func (export "row") (param i32) (result i32) local.get 0 array.new_default $row array.len)
  (func (export "throw") (param i32) local.get 0 throw $e)
  (func (export "catch") (param i32) (result i32)
    (block $h (result i32) (try_table (catch $e $h) local.get 0 throw $e) unreachable) i32.const 1 i32.add))`;

const made = (ask = (n) => n, settings = {}) => guest(GUEST, { env: { ask } }, settings);

test('a good module is accepted and a bad one refused with its place', () => {
  const bytes = wrt.wat(GUEST);
  assert.equal(wrt.validate(bytes), true);
  assert.equal(wrt.validate(bytes.subarray(0, -3)), false);
  const error = thrown(() => new wrt.Module(bytes.subarray(0, -3)));
  assert(error instanceof wrt.CompileError);
  assert.equal(error.status, 'WRT_E_MALFORMED');
  assert(error.offset > 0);
  assert.throws(() => new wrt.Module(Buffer.from('hello, world')), /magic header/);
});

test('the plan is the module\'s own (MEM-3)', () => {
  const bytes = wrt.wat(GUEST);
  const plan = wrt.plan(bytes);
  const module = new wrt.Module(bytes);
  assert.deepEqual(plan, module.plan);
  assert.deepEqual(plan, wrt.Module.plan(module));
  assert.deepEqual([plan.memoryMin, plan.memoryMax], [65536n, 2n * 65536n]);
  assert.throws(() => wrt.plan(bytes.subarray(0, 12)), wrt.CompileError);
});

test('imports and exports are listed with their signatures', () => {
  const module = module_(GUEST);
  assert.deepEqual(module.imports, [{ module: 'env', name: 'ask', kind: 'function', signature: '(i)i' }]);
  assert.deepEqual(module.exports.find((e) => e.name === 'wide'), { name: 'wide', kind: 'function', signature: '(IF)FI' });
  assert.deepEqual(module.wasm, wrt.wat(GUEST));
});

test('values keep type and width', () => {
  const instance = made();
  assert.equal(instance.call('add', [40, -2]), 40 - 2);
  assert.equal(instance.call('add', [2 ** 31 - 1, 1]), -(2 ** 31));
  assert.equal(instance.call('add', [2 ** 32 - 1, 0]), -1);
  assert.deepEqual(instance.call('wide', [2n ** 63n - 1n, 0.5]), [0.5, 2n ** 63n - 1n]);
  assert.throws(() => instance.call('add', [2 ** 32, 0]), RangeError);
  assert.throws(() => instance.call('add', [1]), TypeError);
  assert.throws(() => instance.call('add', ['1', 2]), TypeError);
  assert.throws(() => instance.call('sub'), /no function `sub`/);
  assert.throws(() => instance.call('memory'), /no function/);
});

test('fuel is exact and a call can be continued (RUN-1, RUN-2)', () => {
  const instance = made();
  instance.call('add', [1, 2]);
  assert.equal(instance.usage.fuelUsed, 3n);
  assert.throws(() => instance.call('spin', [], { fuel: 1000 }), wrt.OutOfFuel);
  assert(instance.usage.fuelUsed >= 1000n);
  assert.throws(() => instance.resume({ fuel: 500n }), wrt.OutOfFuel);
  assert(instance.stopped.usage.fuelUsed >= 1500n);
  assert.equal(instance.call('add', [1, 2]), 3, 'a call that is not continued is given up');
  assert.throws(() => instance.resume(), wrt.RuntimeError);
});

test('a budget may come with the instance', () => {
  const instance = made(undefined, { fuel: 1000 });
  assert.throws(() => instance.exports.spin(), wrt.OutOfFuel);
  assert.equal(instance.exports.add(1, 2), 3, 'each call has its own');
  const deep = guest('(module (func $f (export "f") (param i32) (result i32) local.get 0 i32.eqz if (result i32) i32.const 0 '
    + 'else local.get 0 i32.const 1 i32.sub call $f end))', {}, { maxDepth: 10 });
  assert.equal(deep.exports.f(9), 0);
  assert.equal(thrown(() => deep.exports.f(10)).reason, 'WRT_TRAP_STACK_EXHAUSTED');
});

test('a trap has reason and frames (RUN-5)', () => {
  const trap = thrown(() => made().call('trap'));
  assert(trap instanceof wrt.Trap && trap instanceof wrt.RuntimeError && trap instanceof Error);
  assert.equal(trap.reason, 'WRT_TRAP_UNREACHABLE');
  assert.deepEqual(trap.frames.map((frame) => frame.name), ['trap']);
});

test('every reason is spelled as in the C header', () => {
  const header = fs.readFileSync(path.join(__dirname, '..', '..', '..', 'include', 'wrt.h'), 'utf8');
  const reasons = ['(func (export "f") i32.const 0 i32.const 0 i32.div_s drop)', '(func (export "f") f32.const nan i32.trunc_f32_s drop)',
    '(memory 0) (func (export "f") i32.const 0 i32.load drop)', '(table 1 funcref) (func (export "f") i32.const 0 call_indirect)',
    '(func $f (export "f") call $f)'].map((body) => thrown(() => guest(`(module ${body})`).exports.f()).reason);
  assert.equal(new Set(reasons).size, 5);
  for (const reason of reasons) assert.match(header, new RegExp(`#define ${reason} +\\d`));
});

test('objects and exceptions lie in a heap that the plan knows', () => {
  const module = module_(OBJECTS);
  assert(module.plan.heapMin > 0n);
  assert.equal(module_(GUEST).plan.heapMin, 0n);
  const instance = new wrt.Instance(module);
  assert.deepEqual([instance.call('box', [41]), instance.call('row', [9]), instance.call('catch', [6])], [42, 9, 7]);
});

test('an exception that nothing catches is one of JavaScript (RUN-5)', () => {
  const instance = guest(OBJECTS);
  const exception = thrown(() => instance.call('throw', [1]));
  assert(exception instanceof wrt.Exception);
  assert(exception.is(instance.exports.e));
  assert.equal(exception.getArg(instance.exports.e, 0), 1);
  assert.equal(instance.call('catch', [1]), 2, 'the instance goes on');
});

test('memory is read and written within its bounds (RUN-6)', () => {
  const instance = made();
  instance.call('poke', [0x01020304]);
  assert.deepEqual([...instance.memory.read(8, 4)], [4, 3, 2, 1]);
  instance.memory.write(65534, Buffer.from('ok'));
  assert.equal(instance.memory.read(65534, 2).toString(), 'ok');
  for (const [addr, n] of [[65536, 1], [65535, 2], [2n ** 64n - 1n, 2], [0, 2 ** 40]]) {
    assert.throws(() => instance.memory.read(addr, n), RangeError);
  }
  assert.throws(() => instance.memory.write(65535, Buffer.from('no')), RangeError);
  assert.equal(instance.memory.grow(1), 1);
  assert.throws(() => instance.memory.grow(1), RangeError);
  assert.equal(instance.memory.length, 2 * 65536);
  assert.equal(guest('(module)').memory, null);
  const hidden = guest('(module (memory 1) (func (export "get") (result i32) i32.const 0 i32.load8_u))');
  hidden.memory.write(0, Buffer.from([7]));
  assert.equal(hidden.exports.get(), 7);
});

test('the memory ceiling is the caller\'s (MEM-4)', () => {
  assert.throws(() => made(undefined, { memory: 65536 }).memory.grow(1), RangeError);
  assert.equal(thrown(() => made(undefined, { memory: 1000 })).need, 65536);
});

test('equal states have equal hashes', () => {
  const [first, second] = [made(), made()];
  assert.equal(first.stateHash, second.stateHash);
  first.call('poke', [1]);
  assert.notEqual(first.stateHash, second.stateHash);
});

test('JavaScript functions serve as imports (RUN-6)', () => {
  const seen = [];
  const instance = made((n) => seen.push(n) && n * 2);
  assert.equal(instance.call('ask', [21]), 21 * 2);
  assert.deepEqual(seen, [21]);
});

test('they see memory and may call in again', () => {
  const instance = made((n) => {
    instance.memory.write(8, Buffer.from([n]));
    return instance.call('add', [instance.memory.read(8, 1)[0], 2]);
  });
  assert.equal(instance.call('ask', [7]), 7 + 2);
});

test('what they throw comes out unchanged', () => {
  const instance = made((n) => {
    throw n;
  });
  assert.equal(thrown(() => instance.call('ask', [1])), 1);
  assert.equal(instance.call('add', [1, 2]), 3);
  assert.throws(() => made(() => 1n).call('ask', [1]), TypeError);
});

test('a missing one is named', () => {
  assert.throws(() => guest(GUEST), TypeError);
  assert.throws(() => guest(GUEST, { env: {} }), /"env" "ask"/);
});

test('images load as modules do', () => {
  const bytes = wrt.wat(GUEST);
  for (const portable of [false, true]) {
    const image = wrt.compileImage(bytes, { portable });
    const instance = new wrt.Instance(new wrt.Module(image), { env: { ask: (n) => n + 1 } });
    assert.equal(instance.call('ask', [1]), 2);
    assert.throws(() => new wrt.Module(image.subarray(0, -1)), wrt.CompileError);
  }
});

test('proposals can be switched on', () => {
  const text = '(module (func (export "f") (param i64 i64 i64 i64) (result i64 i64) local.get 0 local.get 1 local.get 2 local.get 3 i64.add128))';
  assert.throws(() => module_(text), wrt.CompileError);
  const instance = new wrt.Instance(module_(text, { proposals: ['wide-arithmetic'] }));
  assert.deepEqual(instance.exports.f(-1n, 0n, 1n, 0n), [0n, 1n]);
  assert.throws(() => module_(text, { proposals: ['wide'] }), /no proposal "wide"/);
  assert.throws(() => wrt.wat('(module'), wrt.CompileError);
});

test('plan, fuel and result are those of the command line (API-5)', { skip: !process.env.WRTD && 'WRTD does not name it' }, () => {
  const file = path.join(guests, 'fac.wasm');
  const module = new wrt.Module(fs.readFileSync(file));
  const instance = new wrt.Instance(module);
  const result = instance.call('fac', [10]);
  const other = JSON.parse(execFileSync(process.env.WRTD, ['run', file, '--invoke', 'fac', '10', '--json']));
  assert.equal(BigInt(other.usage.fuel_used), instance.usage.fuelUsed);
  assert.equal(BigInt(other.results[0].value), result);
  const snake = (name) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  const plan = Object.fromEntries(Object.entries(module.plan).map(([key, n]) => [snake(key), Number(n)]));
  assert.deepEqual(other.plan, plan);
});
