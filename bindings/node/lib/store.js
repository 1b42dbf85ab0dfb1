'use strict';
// A store as JavaScript has it: which object stands for what a guest exports, what host functions there are, and how
// things come into a store that were made elsewhere. The native half has the instances.

const { isAnyArrayBuffer, isSharedArrayBuffer } = require('node:util').types;
const { markAsUntransferable } = require('node:worker_threads');
const { brand } = require('./brand.js');
const { addon, head, running, shared, slots } = require('./native.js');
const { Exit, LinkError, OutOfFuel, RuntimeError, lastError } = require('./errors.js');
const { EXTERNREF, Externs, FUNCREF, convert, get, getAll, isHidden, isRef, put, putAll } = require('./values.js');

/** Exported functions, with the store and place that they are of. */
const functions = brand();
/** Kinds of objects, filled in by the files that own them: how an object is made for a place, or brought into a store. */
const kinds = {};
/** What a host function returns to leave its call waiting without a promise. */
const PENDING = Symbol('wrt.PENDING');
/** Exceptions that are remembered, so that the same object comes out that went in. */
const REMEMBERED = 32;

const HIGH = 2 ** 32;
const pack = (instance, index) => instance * HIGH + (index >>> 0);
const unpack = (place) => [Math.floor(place / HIGH), place % HIGH];

const [STACK, HEAP] = [16n << 20n, 64n << 20n];

/** Settings of a store, checked. */
function settings({ stack, memory, heap }) {
  return { stack: amount(stack, 'stack') ?? STACK, memory: amount(memory, 'memory'), heap: amount(heap, 'heap') ?? HEAP };
}

/** A number of bytes or instructions as a BigInt; undefined stays. */
function amount(value, what) {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
    throw new TypeError(`${what} must be an integer, not ${typeof value === 'number' ? value : typeof value}`);
  }
  const n = BigInt(value);
  if (n < 0n || n >= 1n << 64n) throw new RangeError(`${what} must lie between 0 and 2^64 - 1`);
  return n;
}

class State {
  constructor(options = {}) {
    const { stack, memory, heap } = settings(options);
    this.arena = lent(options.arena);
    this.native = new addon.NativeStore(shared, stack, memory, heap, this.arena);
    this.hosts = [];
    // What most stores never need is made when it is.
    this.externs = null;
    /** By kind and place: the object that stands for it. */
    this.objects = { function: null, table: null, memory: null, global: null, tag: null };
    /** Functions of other stores, and JavaScript's, that tables and guests of this one have. */
    this.adopted = null;
    /** Places of constants by type and value. */
    this.constants = null;
    /** Places of tags. */
    this.tagPlaces = null;
    this.thrown = null;
    this.remembered = null;
    this.waiting = null;
  }

  get extern() {
    return (this.externs ??= new Externs());
  }

  /** Refuses to go on in memory that was taken away. */
  checkArena() {
    if (this.arena !== undefined && this.arena.length === 0) throw new RuntimeError('the arena was detached; lend one that stays');
  }

  /** Takes their bytes from buffers of memories that have grown. */
  refresh() {
    head[5] = 0;
    this.objects.memory?.forEach(kinds.memory.refresh);
  }

  /** The object that stands for what is defined at a place. */
  object(kind, place, type) {
    const known = this.objects[kind]?.get(place);
    if (known !== undefined) return known;
    const made = kinds[kind].make(this, place, type);
    this.note(kind, place, made);
    return made;
  }

  /** Notes which object stands for a place. */
  note(kind, place, object) {
    (this.objects[kind] ??= new Map()).set(place, object);
  }

  /** The place of an exported function in this store: its own, or that of a stand-in. */
  placeOf(fn) {
    const { store, place, params, results } = functions.get(fn);
    if (store === this) return place;
    let mine = this.adopted?.get(fn);
    if (mine === undefined) {
      const host = this.addHost(fn, params, results);
      mine = this.native.defineFunc(params, results, host);
      if (mine < 0) throw lastError(LinkError, 'a function of another store: ');
      (this.adopted ??= new Map()).set(fn, mine);
      this.note('function', mine, fn);
    }
    return mine;
  }

  /** A reference's halves for a value that is no externref. */
  refHalves(value, type) {
    const { i32 } = slots;
    if (value === null) return null;
    if (functions.has(value)) {
      const [instance, index] = unpack(this.placeOf(value));
      this.native.funcRef(instance, index);
      return { low: i32[0], high: i32[1] };
    }
    const top = type & 0xff;
    if (top === FUNCREF || top === 0x73) throw new TypeError('only null or an exported WebAssembly function is a funcref');
    if (isHidden(type)) throw new TypeError('a value of this type cannot pass between JavaScript and WebAssembly');
    if (top === EXTERNREF) return this.extern.halves(value);
    if (typeof value === 'number' && value >= -(2 ** 30) && value < 2 ** 30 && (value | 0) === value) {
      return { low: (value << 1) | 1, high: 0 };
    }
    throw new TypeError('only null, a small integer or a function of the guest passes as a reference of this type');
  }

  /** The value of the reference in the first slot. */
  refValue(at, type) {
    const { i32 } = slots;
    if (isHidden(type)) throw new TypeError('a value of this type cannot pass between JavaScript and WebAssembly');
    switch (this.native.reference(type)) {
      case 0: return null;
      case 1: return i32[0];
      case 3: return this.object('function', pack(head[1], head[2]));
      case 4: {
        const known = this.extern.value(i32[0], i32[1]);
        return known === this.extern.NONE ? null : known;
      }
      default: throw new TypeError('a structure or array of a guest cannot be passed to JavaScript');
    }
  }

  /** Notes a host function; its number. */
  addHost(fn, params, results, where = null) {
    const store = this;
    const hidden = [...params, ...results].some(isHidden);
    const number = this.hosts.length;
    const plain = !hidden && params.length < 3 && !params.some(isRef);
    const [first, second] = params;
    this.hosts.push(() => {
      const parks = running.parks && where !== null;
      try {
        if (hidden) throw new TypeError('a v128 or an exception cannot pass between JavaScript and WebAssembly');
        let returned;
        if (plain && !parks) {
          // The commonest, without an array.
          if (first === undefined) returned = fn();
          else if (second === undefined) returned = fn(get(0, first, store));
          else returned = fn(get(0, first, store), get(1, second, store));
        } else {
          const args = getAll(params, store);
          returned = fn(...args);
          if (parks && (returned === PENDING || isThenable(returned))) {
            store.waiting = { ...where, args, results, promise: returned === PENDING ? null : returned };
            head[0] = 1;
            return;
          }
        }
        putResults(store, returned, results);
        head[0] = 0;
      } catch (thrown) {
        store.raise(thrown);
      }
    });
    return number;
  }

  /** Answers a host call by what it threw. */
  raise(thrown) {
    // A guest must not go on behind its budget or its own end.
    const exception = thrown instanceof OutOfFuel || thrown instanceof Exit ? 0 : this.exception(thrown);
    if (exception === 0) {
      this.thrown = { thrown };
      head[0] = 4;
    } else {
      head[0] = 3;
      head[4] = exception;
    }
  }

  /** An exception of the guest's world for what JavaScript threw; 0 where there is no room. */
  exception(thrown) {
    try {
      const known = kinds.tag.exception(thrown);
      const tag = known === null ? kinds.tag.jsTag : known.tag;
      const types = kinds.tag.params(tag);
      const [instance, index] = unpack(kinds.tag.place(tag, this));
      const values = (known === null ? [thrown] : known.payload).map((value, i) => convert(value, types[i], this));
      putAll(values, types);
      const exception = this.native.exception(instance, index, types.length);
      if (exception !== 0 && known !== null) {
        (this.remembered ??= []).push({ exception, thrown });
        if (this.remembered.length > REMEMBERED) this.remembered.shift();
      }
      return exception;
    } catch {
      return 0;
    }
  }

  /** What JavaScript sees of the exception that the head and the slots describe. */
  caught() {
    const [instance, index, exception] = [head[1], head[2], head[4]];
    const place = pack(instance, index);
    const tag = this.object('tag', place);
    const types = kinds.tag.params(tag);
    if (types.some(isHidden)) return kinds.tag.opaque(tag);
    const payload = getAll(types, this);
    if (tag === kinds.tag.jsTag) return payload[0];
    const same = this.remembered?.findLast((known) => known.exception === exception);
    if (same !== undefined) {
      const known = kinds.tag.exception(same.thrown);
      if (known.tag === tag && known.payload.every((value, i) => Object.is(value, payload[i]))) return same.thrown;
    }
    return kinds.tag.of(tag, payload);
  }

  /** Throws what a call ended in, by the code in the head. `record` is the function that was called. */
  fail(code, record) {
    switch (code) {
      case 3: {
        const thrown = this.thrown;
        this.thrown = null;
        const error = lastError(RuntimeError);
        if (thrown !== null) throw thrown.thrown;
        throw error;
      }
      case 4: throw this.caught();
      default: {
        const error = lastError(RuntimeError);
        error.task = kinds.task.of(this, this.native.takeTask(), record);
        throw error;
      }
    }
  }
}

const isThenable = (value) => typeof value === 'object' && value !== null && typeof value.then === 'function';

/** Writes what a host function returned. */
function putResults(store, returned, types) {
  if (types.length === 0) return;
  if (types.length === 1) {
    put(0, convert(returned, types[0], store), types[0]);
    return;
  }
  // Anything that cannot be iterated is a TypeError of the language's own.
  const values = [...returned];
  if (values.length !== types.length) throw new TypeError(`expected ${types.length} results, not ${values.length}`);
  putAll(values.map((value, i) => convert(value, types[i], store)), types);
}

/** The bytes of a buffer or view that is lent; undefined for none. */
function lent(arena) {
  if (arena === undefined || arena === null) return undefined;
  const view = ArrayBuffer.isView(arena) ? arena : null;
  const buffer = view === null ? arena : view.buffer;
  if (!isAnyArrayBuffer(buffer)) throw new TypeError('an arena is an ArrayBuffer, a SharedArrayBuffer or a view of one');
  if (arena.byteLength === 0) throw new RangeError('an arena of no bytes has no room; was it detached?');
  if (!isSharedArrayBuffer(buffer)) {
    if (buffer.resizable) throw new TypeError('an arena cannot be resizable');
    markAsUntransferable(buffer);
  }
  return view === null ? new Uint8Array(buffer) : new Uint8Array(buffer, view.byteOffset, view.byteLength);
}

/** A store to put instances into that are to be linked, and what it was made with. */
class Store {
  #state;
  constructor(options = {}) {
    this.#state = new State(options);
  }
  /** Bytes of the lent arena that are taken; 0 without one. */
  get arenaTaken() {
    return this.#state.native.lentTaken();
  }
  static state(store) {
    return store.#state;
  }
  static is(value) {
    return typeof value === 'object' && value !== null && #state in value;
  }
}
const stateOf = Store.state;
const isStore = Store.is;
delete Store.state;
delete Store.is;

module.exports = {
  PENDING, State, Store, amount, functions, isStore, isThenable, kinds, pack, putResults, stateOf, unpack,
};
