'use strict';
// Values as they pass between the languages: ToWebAssemblyValue and ToJSValue of the JavaScript interface.
//
// A conversion may run a user's code, so all of a call's arguments are converted before the first is written into the
// shared buffer, and all its results are read before anything else happens.

const { head, slots } = require('./native.js');

const I32 = 0x7f;
const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;
const V128 = 0x7b;
const FUNCREF = 0x70;
const EXTERNREF = 0x6f;
const ANYREF = 0x6e;
const EXNREF = 0x69;
const NULLEXNREF = 0x74;
const NON_NULL = 0x100;

const NAMES = new Map([
  ['i32', I32], ['i64', I64], ['f32', F32], ['f64', F64], ['v128', V128],
  ['externref', EXTERNREF], ['anyfunc', FUNCREF], ['funcref', FUNCREF], ['anyref', ANYREF],
  ['eqref', 0x6d], ['i31ref', 0x6c], ['structref', 0x6b], ['arrayref', 0x6a], ['exnref', EXNREF],
  ['nullref', 0x71], ['nullexternref', 0x72], ['nullfuncref', 0x73],
]);
const SPELLINGS = new Map([...NAMES].filter(([name]) => name !== 'anyfunc').map(([name, type]) => [type, name]));

/** The type that a descriptor names: a TypeError where it is none. */
function typeOf(name, what) {
  const type = NAMES.get(String(name));
  if (type === undefined) throw new TypeError(`${what} "${String(name)}" is no value type`);
  return type;
}
const nameOf = (type) => SPELLINGS.get(type & ~NON_NULL) ?? 'ref';

const isRef = (type) => type < V128;
/** Types whose values never pass between the languages. */
const isHidden = (type) => type === V128 || (type & ~NON_NULL) === EXNREF || (type & ~NON_NULL) === NULLEXNREF;

/** What a global or table element has at first. */
function defaultOf(type) {
  if (type === I64) return 0n;
  if (!isRef(type)) return 0;
  return type === EXTERNREF ? undefined : null;
}

/** A value as it is written: numbers and BigInts as they are, references as two halves. */
function convert(value, type, store) {
  switch (type) {
    case I32: return value | 0;
    case F64: return +value;
    case I64:
      if (typeof value === 'bigint') return BigInt.asIntN(64, value);
      return BigInt.asIntN(64, value);
    case F32: return Math.fround(value);
    case V128: throw new TypeError('a v128 cannot pass between JavaScript and WebAssembly');
    case EXTERNREF: return value === null ? null : store.extern.halves(value);
    default: return store.refHalves(value, type);
  }
}

/** Writes what `convert` gave. */
function put(at, value, type) {
  const { i32 } = slots;
  switch (type) {
    case I32: i32[at * 4] = value; return;
    case F64: slots.f64[at * 2] = value; return;
    case I64: slots.i64[at * 2] = value; return;
    case F32: slots.f32[at * 4] = value; return;
    case V128:
      slots.i64[at * 2] = BigInt.asIntN(64, value);
      slots.i64[at * 2 + 1] = BigInt.asIntN(64, value >> 64n);
      return;
    default:
      i32[at * 4] = value === null ? 0 : value.low;
      i32[at * 4 + 1] = value === null ? 0 : value.high;
  }
}

/** Reads a value. */
function get(at, type, store) {
  switch (type) {
    case I32: return slots.i32[at * 4];
    case F64: return slots.f64[at * 2];
    case I64: return slots.i64[at * 2];
    case F32: return slots.f32[at * 4];
    case V128: return BigInt.asUintN(64, slots.i64[at * 2]) | (BigInt.asUintN(64, slots.i64[at * 2 + 1]) << 64n);
    case EXTERNREF:
    case EXTERNREF | NON_NULL: {
      const known = store.extern.value(slots.i32[at * 4], slots.i32[at * 4 + 1]);
      // A guest's own reference in the clothes of an externref.
      return known === store.extern.NONE ? store.refValue(at, type) : known;
    }
    default:
      return slots.i32[at * 4] === 0 && slots.i32[at * 4 + 1] === 0 ? null : store.refValue(at, type);
  }
}

function putAll(values, types) {
  for (let i = 0; i < types.length; i++) put(i, values[i], types[i]);
}
function getAll(types, store) {
  const values = new Array(types.length);
  // References are told apart through the first slot, so that it is read first and again never.
  for (let i = 0; i < types.length; i++) values[i] = isRef(types[i]) ? undefined : get(i, types[i], store);
  if (types.some(isRef)) {
    const raw = types.map((type, i) => [slots.i32[i * 4], slots.i32[i * 4 + 1]]);
    types.forEach((type, i) => {
      if (!isRef(type)) return;
      [slots.i32[0], slots.i32[1]] = raw[i];
      values[i] = get(0, type, store);
    });
  }
  return values;
}

/**
 * The numbers that stand for JavaScript values in guests, for one store. Integers of 32 bits need no entry; every other
 * value has one for as long as the store.
 */
const NONE = Symbol('no value');

class Externs {
  NONE = NONE;
  #numbers = new Map();
  #values = [];

  halves(value) {
    if (typeof value === 'number' && (value | 0) === value && !Object.is(value, -0)) {
      // 3 in the lowest bits, then the integer's 32.
      return { low: (value << 3) | 3, high: value >>> 29 };
    }
    const key = Object.is(value, -0) ? this : value;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#values.push(value);
      this.#numbers.set(key, number);
    }
    return { low: (number << 3) | 5, high: number >>> 29 };
  }

  value(low, high) {
    if (low === 0 && high === 0) return null;
    const number = (low >>> 3) | (high << 29);
    if ((low & 7) === 3 && high >>> 3 === 0) return number | 0;
    if ((low & 7) === 5 && high >>> 3 === 0 && number > 0 && number <= this.#values.length) return this.#values[number - 1];
    return NONE;
  }
}

module.exports = {
  ANYREF, EXTERNREF, Externs, F32, F64, FUNCREF, I32, I64, V128, convert, defaultOf, get, getAll, head, isHidden, isRef,
  nameOf, put, putAll, typeOf,
};
