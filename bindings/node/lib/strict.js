'use strict';
// Values for `call` and tasks: exact, where the standard's conversions would wrap or guess.

const { F32, F64, I32, I64, V128, convert } = require('./values.js');

function integer(value, bits, type) {
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
    throw new TypeError(`expected an integer for ${type}, not ${typeof value === 'number' ? value : typeof value}`);
  }
  const n = BigInt(value);
  if (n < -(1n << BigInt(bits - 1)) || n >= 1n << BigInt(bits)) throw new RangeError(`${value} does not fit ${type}`);
  return n;
}

function number(value) {
  if (typeof value !== 'number') throw new TypeError(`expected a number, not ${typeof value}`);
  return value;
}

function exact(value, type, store) {
  switch (type) {
    case I32:
      if (typeof value === 'number' && (value | 0) === value) return value;
      return Number(BigInt.asIntN(32, integer(value, 32, 'i32')));
    case I64: return BigInt.asIntN(64, integer(value, 64, 'i64'));
    case F32: return Math.fround(number(value));
    case F64: return number(value);
    // The number whose lowest bits are lane 0.
    case V128: return BigInt.asUintN(128, integer(value, 128, 'v128'));
    default: return convert(value, type, store);
  }
}

/** The arguments of a function, converted. */
function strict({ params, store }, name, args) {
  if (!Array.isArray(args)) throw new TypeError('the arguments must be an array');
  if (args.length !== params.length) {
    throw new TypeError(`${name} takes ${params.length} argument${params.length === 1 ? '' : 's'}, ${args.length} given`);
  }
  return params.map((type, i) => exact(args[i], type, store));
}

/** One value, converted. */
module.exports = { exact, strict };
