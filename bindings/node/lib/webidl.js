'use strict';
// Conversions and property attributes as Web IDL has them.

/** An integer in the range, or a TypeError: `[EnforceRange]`. */
function enforceRange(value, most, what) {
  const n = Number(toNumber(value));
  if (!Number.isFinite(n)) throw new TypeError(`${what} must be a finite number`);
  const whole = Math.trunc(n);
  if (whole < 0 || whole > most) throw new TypeError(`${what} must lie between 0 and ${most}`);
  return whole === 0 ? 0 : whole;
}

/** ToNumber: a BigInt is refused. */
function toNumber(value) {
  return +value;
}

const unsignedLong = (value, what) => enforceRange(value, 0xffff_ffff, what);

/** An address or size: a number for i32, a BigInt for i64. Both come back as numbers. */
function addressValue(value, is64, what) {
  if (!is64) return unsignedLong(value, what);
  const n = toBigInt(value);
  if (n < 0n || n > 0xffff_ffff_ffff_ffffn) throw new TypeError(`${what} must lie between 0 and 2^64 - 1`);
  return Number(n);
}

function toBigInt(value) {
  if (typeof value === 'number') throw new TypeError(`Cannot convert ${value} to a BigInt`);
  return BigInt(value);
}

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

/** A dictionary: an object or nothing. */
function dictionary(value, what) {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new TypeError(`${what} must be an object`);
  return value;
}

function required(count, least, what) {
  if (count < least) throw new TypeError(`${what} takes at least ${least} argument${least === 1 ? '' : 's'}, ${count} given`);
}

/** Makes operations and attributes enumerable, names the class, and hides the rest. */
function defineInterface(Class, tag, enumerable, statics = []) {
  for (const name of enumerable) Object.defineProperty(Class.prototype, name, { enumerable: true });
  for (const name of statics) Object.defineProperty(Class, name, { enumerable: true });
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: `WebAssembly.${tag}`, configurable: true });
}

module.exports = { addressValue, defineInterface, dictionary, isObject, required, toBigInt, unsignedLong };
