'use strict';
// Exported Functions: the objects that stand for functions of guests. One for each function, however it is reached.

const { enter, fuel, head, running, slots } = require('./native.js');
const { F32, F64, I32, I64, convert, get, getAll, isHidden, put, putAll } = require('./values.js');
const { functions, kinds, unpack } = require('./store.js');

/** What is behind an exported function. */
class Record {
  constructor(store, place, type) {
    const [instance, index] = unpack(place);
    [this.params, this.results] = type === undefined ? store.native.funcType(instance, index) : [type.params, type.results];
    this.store = store;
    this.place = place;
    this.instance = instance;
    this.index = index;
    this.hidden = [...this.params, ...this.results].some(isHidden);
    /** Keeps the number. */
    this.native = null;
    this.number = -1;
  }

  /** Does what may throw before a call. */
  prepare() {
    const { store } = this;
    store.checkArena();
    if (this.native === null) {
      this.native = store.native.entry(this.instance, this.index);
      this.number = this.native.number();
    }
  }

  /** Calls into the guest: arguments are in the slots, results come there. */
  enter() {
    const { store } = this;
    if (this.native === null || store.arena !== undefined) this.prepare();
    const before = running.store;
    const parks = running.parks;
    running.store = store;
    running.parks = false;
    head[7] = this.number;
    try {
      enter();
    } finally {
      // Where the stack of JavaScript was exhausted, or a worker ends, it throws.
      running.store = before;
      running.parks = parks;
    }
    if (head[5] !== 0 || head[0] !== 0) {
      const code = head[0];
      if (head[5] !== 0) store.refresh();
      if (code !== 0) store.fail(code, this);
    }
  }

  /** Calls with values that are converted already, and with fuel of its own. */
  call(values, grant) {
    putAll(values, this.params);
    if (grant !== undefined) {
      this.prepare();
      fuel[0] = grant;
      head[6] = 1;
    }
    this.enter();
    return this.take();
  }

  /** The results in the slots: nothing, a value, or an array. */
  take() {
    const { results } = this;
    if (results.length === 0) return undefined;
    if (results.length === 1) return get(0, results[0], this.store);
    return getAll(results, this.store);
  }
}

/** A function of any type. */
function general(record) {
  const { params, store } = record;
  return (...args) => {
    if (record.hidden) throw new TypeError('a v128 or an exception cannot pass between JavaScript and WebAssembly');
    const values = new Array(params.length);
    for (let i = 0; i < params.length; i++) values[i] = convert(args[i], params[i], store);
    return record.call(values, undefined);
  };
}

/** Functions of a few parameters, whichever types, without an array on the way. */
const FEW = [
  null,
  (r, s, [p]) => (a) => {
    put(0, convert(a, p, s), p);
    r.enter();
    return r.take();
  },
  (r, s, [p, q]) => (a, b) => {
    const x = convert(a, p, s);
    const y = convert(b, q, s);
    put(0, x, p);
    put(1, y, q);
    r.enter();
    return r.take();
  },
  (r, s, [p, q, o]) => (a, b, c) => {
    const x = convert(a, p, s);
    const y = convert(b, q, s);
    const z = convert(c, o, s);
    put(0, x, p);
    put(1, y, q);
    put(2, z, o);
    r.enter();
    return r.take();
  },
  (r, s, [p, q, o, n]) => (a, b, c, d) => {
    const x = convert(a, p, s);
    const y = convert(b, q, s);
    const z = convert(c, o, s);
    const w = convert(d, n, s);
    put(0, x, p);
    put(1, y, q);
    put(2, z, o);
    put(3, w, n);
    r.enter();
    return r.take();
  },
];

const { f32, f64, i32, i64 } = slots;

/** Functions of the commonest types, without an array on the way. By the letters of their parameters. */
const SHORT = {
  '': (r) => () => {
    r.enter();
    return r.take();
  },
  i: (r) => (a) => {
    i32[0] = a | 0;
    r.enter();
    return r.take();
  },
  ii: (r) => (a, b) => {
    const x = a | 0;
    const y = b | 0;
    i32[0] = x;
    i32[4] = y;
    r.enter();
    return r.take();
  },
  iii: (r) => (a, b, c) => {
    const x = a | 0;
    const y = b | 0;
    const z = c | 0;
    i32[0] = x;
    i32[4] = y;
    i32[8] = z;
    r.enter();
    return r.take();
  },
  I: (r) => (a) => {
    const x = BigInt.asIntN(64, a);
    i64[0] = x;
    r.enter();
    return r.take();
  },
  II: (r) => (a, b) => {
    const x = BigInt.asIntN(64, a);
    const y = BigInt.asIntN(64, b);
    i64[0] = x;
    i64[2] = y;
    r.enter();
    return r.take();
  },
  f: (r) => (a) => {
    f32[0] = a;
    r.enter();
    return r.take();
  },
  F: (r) => (a) => {
    f64[0] = a;
    r.enter();
    return r.take();
  },
  FF: (r) => (a, b) => {
    const x = +a;
    const y = +b;
    f64[0] = x;
    f64[2] = y;
    r.enter();
    return r.take();
  },
};
const LETTERS = new Map([[I32, 'i'], [I64, 'I'], [F32, 'f'], [F64, 'F']]);

kinds.function = {
  make(store, place, type) {
    const record = new Record(store, place, type);
    const letters = record.params.map((type) => LETTERS.get(type) ?? '?').join('');
    const count = record.params.length;
    let fn;
    if (record.hidden) fn = general(record);
    else if (Object.hasOwn(SHORT, letters)) fn = SHORT[letters](record);
    else if (count < FEW.length) fn = FEW[count](record, store, record.params);
    else fn = general(record);
    Object.defineProperty(fn, 'name', { value: String(record.index), configurable: true });
    if (fn.length !== record.params.length) Object.defineProperty(fn, 'length', { value: record.params.length, configurable: true });
    functions.set(fn, record);
    return fn;
  },
};

module.exports = { Record };
