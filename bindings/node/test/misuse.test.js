'use strict';
// What a user may get wrong: each ends in an error of the language's own or of the package's, and the next call works. API-4.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { guest, module_, thrown, wrt } = require('./help.js');

const ADD = '(module (memory (export "memory") 1 2) (table (export "table") 2 funcref) (global (export "g") (mut i32) (i32.const 0))'
  + ' (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))';

const NOT_BYTES = [undefined, null, 1, 'text', {}, [], () => 1, Symbol('s'), 1n, new Proxy({}, {}), new Proxy(new Uint8Array(8), {})];

test('modules of what is no bytes', () => {
  for (const bytes of NOT_BYTES) {
    assert.throws(() => new wrt.Module(bytes), TypeError);
    assert.throws(() => wrt.validate(bytes), TypeError);
    assert.throws(() => wrt.plan(bytes), TypeError);
  }
  const detached = new ArrayBuffer(8);
  structuredClone(detached, { transfer: [detached] });
  assert.throws(() => new wrt.Module(detached), Error);
  const shared = new SharedArrayBuffer(8);
  new Uint8Array(shared).set([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  assert(new wrt.Module(shared) instanceof wrt.Module);
  assert(new wrt.Module(new DataView(shared)) instanceof wrt.Module);
});

test('classes called as functions, and methods of others', () => {
  for (const name of ['Module', 'Instance', 'Memory', 'Table', 'Global', 'Tag', 'Exception', 'Store', 'Task', 'Snapshot', 'WASI']) {
    assert.throws(() => wrt[name]({}), TypeError, name);
    if (name !== 'Store') assert.throws(() => new wrt[name](), TypeError, name);
  }
});

test('options out of their domain', () => {
  const bad = [
    [{ fuel: -1 }, RangeError], [{ fuel: 1.5 }, TypeError], [{ fuel: 'much' }, TypeError], [{ fuel: 2n ** 64n }, RangeError],
    [{ memory: -1n }, RangeError], [{ stack: {} }, TypeError], [{ maxDepth: 0 }, RangeError], [{ maxDepth: 1.5 }, RangeError],
    [{ store: {} }, TypeError], [{ arena: 8 }, TypeError], [{ arena: new ArrayBuffer(0) }, RangeError],
    [{ arena: new ArrayBuffer(1000) }, wrt.LinkError], [{ heap: -1 }, RangeError], ['fuel', TypeError], [1, TypeError],
  ];
  const module = module_(ADD);
  for (const [options, Class] of bad) {
    assert.throws(() => new wrt.Instance(module, {}, options), Class, JSON.stringify(options, (k, v) => (typeof v === 'bigint' ? `${v}n` : v)));
  }
  assert.throws(() => guest(ADD, {}, { stack: 2n ** 62n }).exports.add(1, 2), wrt.RuntimeError);
});

test('arguments that throw, call back and change things', () => {
  const instance = guest(ADD);
  const { add, memory, table, g } = instance.exports;
  const boom = { valueOf() { throw new RangeError('boom'); } };
  assert.throws(() => add(1, boom), /boom/);
  assert.throws(() => memory.grow(boom), /boom/);
  assert.throws(() => table.get(boom), /boom/);
  assert.throws(() => (g.value = boom), /boom/);
  assert.throws(() => add(1, 1n), TypeError);
  assert.throws(() => add(Symbol('s')), TypeError);
  const nested = { valueOf: () => add(20, 1) };
  assert.equal(add(nested, nested), 42);
  const grows = { valueOf: () => memory.grow(1) };
  assert.equal(add(grows, 1), 2);
  assert.equal(memory.buffer.byteLength, 2 * 65536);
  assert.equal(add(), 0);
  assert.equal(add('7', [8], 9), 15);
});

test('imports that throw when they are read', () => {
  const module = module_('(module (import "a" "b" (func)) (import "a" "c" (memory 1)))');
  const boom = { get a() { throw new RangeError('boom'); } };
  assert.throws(() => new wrt.Instance(module, boom), /boom/);
  const asked = [];
  const proxy = new Proxy({}, { get: (_, name) => (asked.push(name), { b() {}, c: new wrt.Memory({ initial: 1 }) }) });
  assert(new wrt.Instance(module, proxy) instanceof wrt.Instance);
  assert.deepEqual(asked, ['a', 'a']);
  assert.throws(() => new wrt.Instance(module, new Proxy({}, { get: () => new Proxy(() => 1, {}) })), wrt.LinkError);
});

test('host functions that answer wrongly', () => {
  const text = (type) => `(module (import "e" "f" (func $f (result ${type}))) (func (export "g") call $f ${type.split(' ').map(() => 'drop').join(' ')}))`;
  const answers = [['i64', 1], ['i64', undefined], ['i32', 1n], ['f64', Symbol('s')], ['funcref', {}], ['funcref', () => 1], ['i32 i32', 1],
    ['i32 i32', [1]], ['i32 i32', [1, 2, 3]], ['i32 i32', null], ['i32 i64', [1, 2]], ['v128', 1]];
  for (const [type, answer] of answers) {
    assert.throws(() => guest(text(type), { e: { f: () => answer } }).exports.g(), TypeError, `${type}: ${String(answer)}`);
  }
});

test('a guest and its host that call each other without end', () => {
  const instance = guest('(module (import "e" "f" (func $f)) (func (export "g") call $f))', { e: { f: () => instance.exports.g() } }, { stack: 1 << 16 });
  assert.throws(() => instance.exports.g(), RangeError);
  assert.throws(() => instance.exports.g(), RangeError);
  const deep = guest('(module (import "e" "f" (func $f (param i32) (result i32))) (func (export "g") (param i32) (result i32) local.get 0 call $f))',
    { e: { f: (n) => (n === 0 ? 0 : deep.exports.g(n - 1) + 1) } });
  assert.equal(deep.exports.g(100), 100);
  const thrower = guest('(module (import "e" "f" (func $f (param i32))) (func (export "g") (param i32) local.get 0 call $f))',
    { e: { f: (n) => { if (n === 0) throw new SyntaxError('deep'); thrower.exports.g(n - 1); } } });
  assert.throws(() => thrower.exports.g(50), /deep/);
});

test('a nested call that runs out of fuel ends the outer one', () => {
  const inner = guest('(module (func (export "spin") loop br 0 end))', {}, { fuel: 1000 });
  const outer = guest(`(module (import "e" "f" (func $f))
    (func (export "g") (block $h (try_table (catch_all $h) call $f))))`, { e: { f: () => inner.exports.spin() } });
  assert.throws(() => outer.exports.g(), wrt.OutOfFuel);
});

test('buffers that a user tries to keep or take', () => {
  const { memory } = guest(ADD).exports;
  const { buffer } = memory;
  try {
    structuredClone(buffer, { transfer: [buffer] });
  } catch (error) {
    assert.equal(error.name, 'DataCloneError');
  }
  assert.equal(memory.buffer.byteLength, 65536);
  const view = new Uint8Array(memory.buffer);
  memory.grow(1);
  assert.equal(view.length, 0);
  assert.throws(() => memory.grow(2 ** 31), RangeError);
  assert.throws(() => new wrt.Memory({ initial: 65536, maximum: 65535 }), RangeError);
  assert.throws(() => new wrt.Memory({ initial: 65537 }), RangeError);
  assert.throws(() => new wrt.Table({ element: 'anyfunc', initial: 2 ** 32 - 1 }), RangeError);
});

test('an arena has all of an instance', () => {
  for (const arena of [new ArrayBuffer(1 << 20), new SharedArrayBuffer(1 << 20), new Uint8Array(new ArrayBuffer(1 << 20), 3)]) {
    const store = new wrt.Store({ arena, stack: 1 << 16 });
    const instance = guest(ADD, {}, { store });
    assert.equal(instance.exports.add(1, 2), 3);
    assert(store.arenaTaken > 65536 && store.arenaTaken <= 1 << 20);
    instance.memory.write(0, Buffer.from('a mark that is searched for'));
    const bytes = ArrayBuffer.isView(arena) ? arena : new Uint8Array(arena);
    assert(Buffer.from(bytes).includes('a mark that is searched for'));
    const memory = new wrt.Memory({ initial: 1, maximum: 1 });
    new Uint8Array(memory.buffer)[7] = 77;
    const user = guest('(module (import "m" "m" (memory 1)) (func (export "f") (result i32) i32.const 7 i32.load8_u))', { m: { m: memory } }, { store });
    assert.equal(user.exports.f(), 77);
  }
  const error = thrown(() => guest(ADD, {}, { arena: new ArrayBuffer(1 << 16) }));
  assert(error.need > 1 << 16);
});

test('other things than tasks, tags and functions', () => {
  const instance = guest(ADD);
  assert.throws(() => instance.snapshot({}), TypeError);
  assert.throws(() => new wrt.Task(), TypeError);
  assert.throws(() => instance.task('none'), TypeError);
  assert.throws(() => instance.call('add', 1), TypeError);
  assert.throws(() => instance.exports.table.set(0, () => 1), TypeError);
  assert.throws(() => new instance.exports.add(), TypeError);
  assert.throws(() => Reflect.get(wrt.Instance.prototype, 'exports', {}), TypeError);
  assert.throws(() => { 'use strict'; instance.exports.add = 1; }, TypeError);
  const big = guest('(module (memory (export "m") 1))');
  assert.throws(() => big.memory.write(0, 'text'), TypeError);
  assert.throws(() => big.memory.read(-1, 1), RangeError);
});

test('a stack that is exhausted between two stores leaves both usable', () => {
  const text = '(module (import "e" "f" (func $f (param i32))) (func (export "g") (param i32) local.get 0 call $f local.get 0 call $f))';
  let [one, two] = [null, null];
  const seen = [];
  one = guest(text, { e: { f: (n) => (n > 0 ? two.exports.g(n) : seen.push('one')) } });
  two = guest(text, { e: { f: (n) => (n > 0 ? one.exports.g(n) : seen.push('two')) } });
  assert.throws(() => one.exports.g(1), RangeError);
  const catches = guest(`(module (import "e" "f" (func $f)) (import "e" "after" (func $after))
    (func (export "g") (block $h (try_table (catch_all $h) call $f)) call $after))`, { e: { f: () => one.exports.g(1), after: () => seen.push('after') } });
  catches.exports.g();
  one.exports.g(0);
  two.exports.g(0);
  assert.deepEqual(seen, ['after', 'one', 'one', 'two', 'two']);
});

test('a failed instance leaves the others of its store as they were', () => {
  const store = new wrt.Store();
  const table = new wrt.Table({ element: 'anyfunc', initial: 2 });
  const seen = [];
  const first = guest('(module (import "e" "t" (table 2 funcref)) (func (export "call") (param i32) local.get 0 call_indirect))', { e: { t: table } }, { store });
  const text = `(module (import "e" "t" (table 2 funcref)) (import "e" "f" (func $f)) (memory 1) (func $own call $f)
    (elem (i32.const 0) $own) (data (i32.const 65536) "x"))`;
  const trap = thrown(() => guest(text, { e: { t: table, f: () => seen.push('f') } }, { store }));
  assert.equal(trap.reason, 'WRT_TRAP_OUT_OF_BOUNDS_MEMORY');
  guest('(module (import "e" "g" (func)))', { e: { g: () => seen.push('g') } }, { store });
  first.exports.call(0);
  assert.deepEqual(seen, ['f']);
});
