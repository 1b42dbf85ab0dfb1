'use strict';
// Globals. A constant one may be in several stores; one that can change goes into the first that imports it.

const { brand } = require('./brand.js');
const { LinkError, lastError } = require('./errors.js');
const { defineInterface, isObject, required } = require('./webidl.js');
const { functions, kinds, unpack } = require('./store.js');
const { EXTERNREF, convert, defaultOf, get, isHidden, isRef, nameOf, put, typeOf } = require('./values.js');

const globals = brand();

function slot(global) {
  const found = isObject(global) ? globals.get(global) : undefined;
  if (found === undefined) throw new TypeError('this is no WebAssembly.Global');
  return found;
}

/** A value as a global of this type would give it back, where there is no store yet. */
function coerced(value, type) {
  if (!isRef(type)) return convert(value, type, null);
  if (type === EXTERNREF || value === null || functions.has(value)) return value;
  throw new TypeError('the value must be null or an exported WebAssembly function');
}

class Global {
  constructor(descriptor, ...values) {
    const what = 'WebAssembly.Global()';
    required(arguments.length, 1, what);
    if (!isObject(descriptor)) throw new TypeError(`${what}: the descriptor must be an object`);
    const mutable = Boolean(descriptor.mutable);
    const type = typeOf(descriptor.value, `${what}: value`);
    if (isHidden(type)) throw new TypeError(`${what}: JavaScript cannot make a global of type ${nameOf(type)}`);
    const [value] = values;
    const known = value === undefined && (values.length === 0 || type !== EXTERNREF) ? defaultOf(type) : coerced(value, type);
    globals.set(this, { type, mutable, value: known, store: null, place: null, places: null });
  }

  get value() {
    return read(slot(this));
  }
  set value(value) {
    const state = slot(this);
    if (!state.mutable) throw new TypeError('the global cannot be changed');
    if (isHidden(state.type)) throw new TypeError(`JavaScript cannot set a global of type ${nameOf(state.type)}`);
    if (state.store === null) {
      state.value = coerced(value, state.type);
      return;
    }
    put(0, convert(value, state.type, state.store), state.type);
    if (!state.store.native.globalSet(...unpack(state.place))) throw lastError(TypeError);
  }

  valueOf() {
    return read(slot(this));
  }

  type() {
    const { mutable, type } = slot(this);
    return { mutable, value: nameOf(type) };
  }
}

// A setter of a class cannot see whether it was given an argument; this one can.
const accessor = Object.getOwnPropertyDescriptor(Global.prototype, 'value');
const setter = {
  'set value'(...values) {
    slot(this);
    required(values.length, 1, 'WebAssembly.Global.value');
    Reflect.apply(accessor.set, this, values);
  },
}['set value'];
Object.defineProperty(setter, 'length', { value: 1, configurable: true });
Object.defineProperty(Global.prototype, 'value', { get: accessor.get, set: setter, enumerable: true, configurable: true });

function read(state) {
  if (isHidden(state.type)) throw new TypeError(`JavaScript cannot read a global of type ${nameOf(state.type)}`);
  if (state.store === null) return state.value;
  if (state.store.native.globalGet(...unpack(state.place)) === 0) throw lastError(TypeError);
  return get(0, state.type, state.store);
}

/** Defines a global in a store; its place. */
function define(store, type, mutable, value) {
  put(0, convert(value, type, store), type);
  const place = store.native.defineGlobal(type, mutable);
  if (place < 0) throw lastError(LinkError);
  return place;
}

kinds.global = {
  /** A global that a guest defines. */
  make(store, place, type) {
    const global = Object.create(Global.prototype);
    globals.set(global, { type: type.params[0], mutable: type.mutable, value: undefined, store, place, places: null });
    return global;
  },
  is: (value) => isObject(value) && globals.has(value),
  /** The store that it must be in: a constant need not be in one, unless JavaScript cannot read it. */
  store(global) {
    const { mutable, store, type } = slot(global);
    return mutable || isHidden(type) ? store : null;
  },
  fits: (global, type, mutable) => slot(global).type === type && slot(global).mutable === mutable,
  isMutable: (global) => slot(global).mutable,
  type: (global) => slot(global).type,
  /** Its place in a store, to which it goes if it is not there. */
  place(global, store) {
    const state = slot(global);
    if (state.store === store) return state.place;
    if (state.mutable) {
      const place = define(store, state.type, true, state.value);
      Object.assign(state, { store, place });
      store.note('global', place, global);
      return place;
    }
    let place = state.places?.get(store);
    if (place === undefined) {
      place = define(store, state.type, false, read(state));
      (state.places ??= new WeakMap()).set(store, place);
      store.note('global', place, global);
    }
    return place;
  },
  /** The place of a constant that was given as a plain value. */
  constant(store, type, value) {
    const converted = convert(value, type, store);
    if (isRef(type)) return define(store, type, false, value);
    const key = `${type}:${Object.is(converted, -0) ? '-0' : converted}`;
    let place = store.constants?.get(key);
    if (place === undefined) {
      place = define(store, type, false, value);
      (store.constants ??= new Map()).set(key, place);
    }
    return place;
  },
};

defineInterface(Global, 'Global', ['value', 'valueOf', 'type']);

module.exports = { Global };
