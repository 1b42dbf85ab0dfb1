'use strict';
// Linking: what instances share, the stores that they lie in, and the identity of what they export. API-4.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { guest, module_, thrown, wrt } = require('./help.js');

const LIBRARY = `(module
  (memory (export "memory") 1) (table (export "table") 4 funcref) (global (export "count") (mut i32) (i32.const 0))
  (tag (export "tag") (param i32))
  (func (export "bump") (result i32) global.get 0 i32.const 1 i32.add global.set 0 global.get 0))`;

test('an instance joins the store of what it imports', () => {
  const library = guest(LIBRARY);
  const user = guest(`(module
    (import "l" "bump" (func $bump (result i32))) (import "l" "memory" (memory 1)) (import "l" "count" (global $n (mut i32)))
    (import "l" "table" (table 4 funcref))
    (export "again" (func $bump)) (export "m" (memory 0))
    (func (export "twice") (result i32) call $bump drop call $bump)
    (func (export "poke") i32.const 0 i32.const 42 i32.store8))`, { l: library.exports });
  assert.equal(user.exports.twice(), 2);
  assert.equal(library.exports.count.value, 2);
  assert.equal(user.exports.again, library.exports.bump);
  assert.equal(user.exports.m, library.exports.memory);
  user.exports.poke();
  assert.equal(new Uint8Array(library.exports.memory.buffer)[0], 42);
});

test('what JavaScript makes goes into the first store that imports it', () => {
  const memory = new wrt.Memory({ initial: 1, maximum: 3 });
  new Uint8Array(memory.buffer)[5] = 9;
  const { buffer } = memory;
  const table = new wrt.Table({ element: 'anyfunc', initial: 2 });
  const n = new wrt.Global({ value: 'i64', mutable: true }, 7n);
  const user = guest(`(module
    (import "m" "memory" (memory 1)) (import "m" "table" (table 2 funcref)) (import "m" "n" (global $n (mut i64)))
    (func $f (export "f") (result i32) i32.const 5 i32.load8_u)
    (elem declare func $f)
    (func (export "set") i32.const 0 ref.func $f table.set 0 i64.const 8 global.set $n)
    (func (export "grow") (result i32) i32.const 1 memory.grow))`, { m: { memory, table, n } });
  assert.equal(memory.buffer, buffer, 'the buffer stays the same object');
  assert.equal(user.exports.f(), 9);
  user.exports.set();
  assert.equal(table.get(0), user.exports.f);
  assert.equal(n.value, 8n);
  assert.equal(user.exports.grow(), 1);
  assert.equal(buffer.byteLength, 0, 'the guest grew it, so the buffer is detached');
  assert.equal(memory.buffer.byteLength, 2 * 65536);
  assert.equal(new Uint8Array(memory.buffer)[5], 9);
});

test('a buffer is detached before a host function sees the growth', () => {
  const memory = new wrt.Memory({ initial: 1 });
  const before = memory.buffer;
  const user = guest(`(module (import "m" "memory" (memory 1)) (import "m" "look" (func $look))
    (func (export "f") i32.const 1 memory.grow drop call $look))`, { m: { memory, look: () => {
    assert.equal(before.byteLength, 0);
    assert.equal(memory.buffer.byteLength, 2 * 65536);
  } } });
  user.exports.f();
});

test('functions pass between stores and keep their identity', () => {
  const [one, two] = [guest(LIBRARY), guest(LIBRARY)];
  const user = guest(`(module
    (import "l" "bump" (func $bump (result i32))) (import "l" "memory" (memory 1))
    (export "again" (func $bump)) (table (export "table") 2 funcref)
    (func (export "call") (param i32) (result i32) local.get 0 call_indirect (result i32)))`,
  { l: { bump: one.exports.bump, memory: two.exports.memory } });
  assert.equal(user.exports.again, one.exports.bump);
  user.exports.table.set(1, one.exports.bump);
  assert.equal(user.exports.table.get(1), one.exports.bump);
  assert.equal(user.exports.call(1), 1);
  assert.equal(one.exports.count.value, 1);
});

test('two stores in one import are refused with the remedy', () => {
  const [one, two] = [guest(LIBRARY), guest(LIBRARY)];
  const text = '(module (import "a" "memory" (memory 1)) (import "b" "table" (table 1 funcref)))';
  const error = thrown(() => guest(text, { a: one.exports, b: two.exports }));
  assert(error instanceof wrt.LinkError);
  assert.match(error.message, /\{ store: new wrt\.Store\(\) \}/);
  const store = new wrt.Store();
  const [three, four] = [guest(LIBRARY, {}, { store }), guest(LIBRARY, {}, { store })];
  assert(guest(text, { a: three.exports, b: four.exports }) instanceof wrt.Instance);
});

test('a trap across instances has the frames of both', () => {
  const inner = guest('(module (func $boom (export "boom") unreachable))');
  const outer = guest('(module (import "i" "boom" (func $b)) (func $mid (export "go") call $b))', { i: inner.exports });
  const trap = thrown(() => outer.exports.go());
  assert.deepEqual(trap.frames.map((f) => f.name), ['boom', 'mid']);
  assert.equal(new Set(trap.frames.map((f) => f.instance)).size, 2);
});

test('exceptions are caught by tag and keep their identity', () => {
  const tag = new wrt.Tag({ parameters: ['i32', 'externref'] });
  const key = { of: 'a test' };
  const exception = new wrt.Exception(tag, [5, key], { traceStack: true });
  assert.equal(typeof exception.stack, 'string');
  const other = new wrt.Exception(new wrt.Tag({ parameters: [] }), []);
  assert.equal(other.stack, undefined);
  let next = exception;
  const user = guest(`(module (import "m" "tag" (tag $t (param i32 externref))) (import "m" "f" (func $f))
    (func (export "catch") (result i32)
      (block $h (result i32 externref) (try_table (catch $t $h) call $f) i32.const 0 return) drop)
    (func (export "through") call $f)
    (func (export "again") (block $h (result exnref) (try_table (catch_all_ref $h) call $f) return) throw_ref)
    (func (export "throw") (param externref) i32.const 1 local.get 0 throw $t))`,
  { m: { tag, f: () => { if (next) throw next; } } });
  assert.equal(user.exports.catch(), 5);
  assert.equal(thrown(() => user.exports.through()), exception);
  assert.equal(thrown(() => user.exports.again()), exception);
  next = other;
  assert.equal(thrown(() => user.exports.catch()), other);
  next = new RangeError('of JavaScript');
  assert.equal(thrown(() => user.exports.again()), next);
  next = null;
  assert.equal(user.exports.catch(), 0);
  const made = thrown(() => user.exports.throw(key));
  assert(made.is(tag));
  assert.equal(made.getArg(tag, 1), key);
});

test('JSTag is for what JavaScript throws', () => {
  const user = guest(`(module (import "m" "tag" (tag $t (param externref))) (import "m" "f" (func $f))
    (func (export "catch") (result externref) (block $h (result externref) (try_table (catch $t $h) call $f) unreachable))
    (func (export "throw") (param externref) local.get 0 throw $t))`,
  { m: { tag: wrt.JSTag, f: () => { throw 'a text'; } } });
  assert.equal(user.exports.catch(), 'a text');
  assert.equal(thrown(() => user.exports.throw(12n)), 12n);
  assert.throws(() => new wrt.Exception(wrt.JSTag, [1]), TypeError);
});

test('references of every kind pass through guests', () => {
  const user = guest(`(module (func (export "same") (param externref) (result externref) local.get 0)
    (func (export "any") (param externref) (result anyref) local.get 0 any.convert_extern)
    (func (export "i31") (param i32) (result i31ref) local.get 0 ref.i31)
    (func (export "get") (param i31ref) (result i32) local.get 0 i31.get_s)
    (func (export "null") (param externref) (result i32) local.get 0 ref.is_null)
    (type $s (struct)) (func (export "struct") (result anyref) struct.new $s))`).exports;
  const values = [null, undefined, 0, -0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 31 - 1, 0.5, NaN, '', 'text', true, false, 1n,
    Symbol('s'), {}, [], () => 1, user.same];
  for (const value of values) {
    assert(Object.is(user.same(value), value), String(value));
    assert(Object.is(user.any(value), value), String(value));
    assert.equal(user.null(value), value === null ? 1 : 0);
  }
  assert.deepEqual([user.i31(-5), user.get(-5), user.get(2 ** 30 - 1)], [-5, -5, 2 ** 30 - 1]);
  assert.throws(() => user.get(2 ** 30), TypeError);
  assert.throws(() => user.struct(), TypeError);
});

test('vectors and exceptions do not pass; a call with bits takes vectors', () => {
  const user = guest(`(module (func (export "f") (param v128) (result v128) local.get 0)
    (global (export "g") v128 (v128.const i64x2 1 2)) (func (export "e") (param exnref)))`);
  assert.throws(() => user.exports.f(1), TypeError);
  assert.throws(() => user.exports.g.value, TypeError);
  assert.throws(() => user.exports.e(null), TypeError);
  assert.equal(user.call('f', [(2n << 64n) | 1n]), (2n << 64n) | 1n);
});

test('memories and tables of 64 bits take BigInts', () => {
  const memory = new wrt.Memory({ address: 'i64', initial: 1n, maximum: 4n });
  assert.equal(memory.grow(1n), 1n);
  assert.throws(() => memory.grow(1), TypeError);
  const user = guest('(module (import "m" "m" (memory i64 1 4)) (func (export "f") (result i64) memory.size))', { m: { m: memory } });
  assert.equal(user.exports.f(), 2n);
  const table = new wrt.Table({ address: 'i64', element: 'externref', initial: 1n }, 'x');
  assert.deepEqual([table.length, table.get(0n)], [1n, 'x']);
});

test('a start function runs when the instance is made', () => {
  const seen = [];
  const text = '(module (import "m" "f" (func $f (param i32))) (start $s) (func $s i32.const 3 call $f))';
  guest(text, { m: { f: (n) => seen.push(n) } });
  assert.deepEqual(seen, [3]);
  assert.equal(thrown(() => guest(text, { m: { f: () => { throw seen; } } })), seen);
  assert.throws(() => guest('(module (start $s) (func $s loop br 0 end))', {}, { fuel: 100 }), wrt.OutOfFuel);
  assert.throws(() => guest('(module (start $s) (func $s unreachable))'), wrt.Trap);
});

test('promises of modules and instances', async () => {
  const bytes = wrt.wat('(module (func (export "f") (result i32) i32.const 4))');
  const { module, instance } = await wrt.instantiate(bytes);
  assert.equal(instance.exports.f(), 4);
  assert.equal((await wrt.instantiate(module)).exports.f(), 4);
  assert((await wrt.compile(bytes)) instanceof wrt.Module);
  await assert.rejects(wrt.compile(bytes.subarray(0, 5)), wrt.CompileError);
  await assert.rejects(wrt.instantiate(module_('(module (import "a" "b" (func)))'), {}), TypeError);
});
