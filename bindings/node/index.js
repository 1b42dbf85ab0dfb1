'use strict';
// The JavaScript half: values of the language, classes and errors. The addon deals in bits.

const native = require('./wrt.node');

/** A module was refused, could not be linked, or a call went wrong. */
class WrtError extends Error {
  constructor(message, facts = {}) {
    super(message);
    this.name = new.target.name === 'WrtError' ? 'Error' : new.target.name;
    this.status = facts.status ?? '';
    this.reason = facts.reason ?? '';
    this.offset = facts.offset ?? 0;
    this.func = facts.func ?? null;
    this.need = facts.need ?? 0;
    this.detail = facts.detail ?? 0n;
  }
}

/** The guest did what it may not; `frames` are the active calls, innermost first. */
class Trap extends WrtError {
  constructor(message, facts) {
    super(message, facts);
    this.frames = facts?.frames ?? [];
  }
}

/** The budget is spent; `Instance.resume` continues where the call stopped. */
class OutOfFuel extends WrtError {
  constructor(message, facts) {
    super(message, facts);
    this.frames = facts?.frames ?? [];
  }
}

/** The guest ended itself; `detail` is its exit code. */
class Exit extends WrtError {}

const CLASSES = { WRT_E_TRAP: Trap, WRT_FUEL: OutOfFuel, WRT_E_EXIT: Exit };

/** Throws what the addon reports, or passes its value on. */
function unwrap({ value, error }) {
  if (!error) return value;
  throw new (CLASSES[error.status] ?? WrtError)(error.message, error);
}

const scratch = new DataView(new ArrayBuffer(8));

/** A value of the language as the bits of a WebAssembly value of the type that the letter names. */
function toBits(value, letter) {
  switch (letter) {
    case 'i': {
      const n = typeof value === 'bigint' ? value : BigInt(checkInteger(value));
      if (n < -(1n << 31n) || n >= 1n << 32n) throw new RangeError(`${value} does not fit i32`);
      return BigInt.asUintN(32, n);
    }
    case 'I': {
      const n = typeof value === 'bigint' ? value : BigInt(checkInteger(value));
      if (n < -(1n << 63n) || n >= 1n << 64n) throw new RangeError(`${value} does not fit i64`);
      return BigInt.asUintN(64, n);
    }
    case 'f':
      scratch.setBigUint64(0, 0n);
      scratch.setFloat32(4, checkNumber(value));
      return scratch.getBigUint64(0);
    case 'F':
      scratch.setFloat64(0, checkNumber(value));
      return scratch.getBigUint64(0);
    case 'v': {
      // The number whose lowest bits are lane 0.
      const n = BigInt(checkInteger(value));
      if (n < 0n || n >= 1n << 128n) throw new RangeError(`${value} does not fit v128`);
      return n;
    }
    default:
      return value === null ? 0n : BigInt(checkInteger(value));
  }
}

function checkInteger(value) {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return value;
  throw new TypeError(`expected an integer, not ${typeof value === 'number' ? value : typeof value}`);
}

function checkNumber(value) {
  if (typeof value === 'number') return value;
  throw new TypeError(`expected a number, not ${typeof value}`);
}

/** The bits of a WebAssembly value as a value of the language: signed, an i64 as a BigInt. */
function fromBits(bits, letter) {
  switch (letter) {
    case 'i':
      return Number(BigInt.asIntN(32, bits));
    case 'I':
      return BigInt.asIntN(64, bits);
    case 'f':
      scratch.setBigUint64(0, bits);
      return scratch.getFloat32(4);
    case 'F':
      scratch.setBigUint64(0, bits);
      return scratch.getFloat64(0);
    case 'v':
      return bits;
    default:
      return bits === 0n ? null : bits;
  }
}

/** "(iI)f" as its two lists of letters. */
function signature(text) {
  const close = text.indexOf(')');
  return { params: [...text.slice(1, close)], results: [...text.slice(close + 1)] };
}

/** Values as the addon takes them: two words for each, the low one first. */
function toWords(values, letters) {
  const words = new BigUint64Array(2 * letters.length);
  letters.forEach((letter, i) => {
    const bits = toBits(values[i], letter);
    words[2 * i] = BigInt.asUintN(64, bits);
    words[2 * i + 1] = bits >> 64n;
  });
  return words;
}

function fromWords(words, letters) {
  return letters.map((letter, i) => fromBits(words[2 * i] | (words[2 * i + 1] << 64n), letter));
}

/** No value, one, or an array of them. */
function results(words, letters) {
  const values = fromWords(words, letters);
  return values.length > 1 ? values : values[0];
}

function limit(value, name) {
  if (value === undefined || value === null) return undefined;
  const n = BigInt(checkInteger(value));
  if (n < 0n || n >= 1n << 64n) throw new RangeError(`${name} must lie between 0 and 2^64 - 1`);
  return n;
}

/** Checks a module against the specification and the limits. */
function validate(wasm) {
  unwrap(native.validate(wasm));
}

/** Says what a module needs, without loading it. */
function plan(wasm) {
  return unwrap(native.plan(wasm));
}

/** A loaded module: immutable. */
class Module {
  #native;
  constructor(wasm) {
    this.#native = unwrap(native.load(wasm));
  }
  static native(module) {
    return module.#native;
  }
  get wasm() {
    return this.#native.wasm();
  }
  get plan() {
    return this.#native.plan();
  }
  get imports() {
    return this.#native.imports();
  }
  get exports() {
    return this.#native.exports();
  }
}
const nativeModule = Module.native;
delete Module.native;

/** The linear memory 0 of an instance; every access is checked. */
class Memory {
  #native;
  constructor(instance) {
    this.#native = instance;
  }
  read(addr, n) {
    return unwrap(this.#native.memoryRead(limit(addr, 'addr'), limit(n, 'n')));
  }
  write(addr, data) {
    unwrap(this.#native.memoryWrite(limit(addr, 'addr'), data));
  }
  grow(pages) {
    return this.#native.memoryGrow(limit(pages, 'pages'));
  }
  get length() {
    return unwrap(this.#native.memoryLength());
  }
}

/** An instance with its own stack and memory. */
class Instance {
  #native;
  #thrown = null;
  #results = null;
  #running = false;

  constructor(module, imports = {}, { memory, stack = 16 << 20, maxDepth = 100_000 } = {}) {
    const loaded = nativeModule(module);
    const functions = loaded.imports().filter((i) => i.kind === 'func').flatMap((i) => {
      const call = imports[i.module]?.[i.name];
      if (call === undefined) return [];
      if (typeof call !== 'function') throw new TypeError(`${i.module}.${i.name} is not a function`);
      return [{ module: i.module, name: i.name, call: this.#adapter(call, i.signature) }];
    });
    this.#native = unwrap(native.instantiate(loaded, functions, limit(memory, 'memory'), limit(stack, 'stack'), maxDepth));
    this.module = module;
    this.memory = new Memory(this.#native);
  }

  /** Takes parameters as words and gives results as words; undefined ends the run. */
  #adapter(call, text) {
    const { params, results: types } = signature(text);
    return (words) => {
      try {
        const returned = call(...fromWords(words, params));
        if (types.length === 0) return new BigUint64Array(0);
        const all = types.length === 1 ? [returned] : [...returned];
        if (all.length !== types.length) throw new RangeError(`expected ${types.length} results, not ${all.length}`);
        return toWords(all, types);
      } catch (thrown) {
        this.#thrown = { thrown };
        return undefined;
      }
    };
  }

  /** Calls an export. */
  call(name, args = [], { fuel } = {}) {
    this.#idle();
    const { params, results: types } = signature(unwrap(this.#native.signature(name)));
    if (args.length !== params.length) throw new TypeError(`${name} takes ${params.length} arguments, ${args.length} given`);
    const words = toWords(args, params);
    const grant = limit(fuel, 'fuel');
    unwrap(this.#native.start(name, words));
    this.#results = types;
    return this.#drive(grant);
  }

  /** Continues a call that ran out of fuel, with as much more. */
  resume({ fuel } = {}) {
    this.#idle();
    if (this.#results === null) throw new WrtError('no call has run out of fuel');
    return this.#drive(limit(fuel, 'fuel'));
  }

  #idle() {
    if (this.#running) throw new WrtError('the instance is running; an imported function cannot call into it');
  }

  #drive(fuel) {
    this.#running = true;
    this.#thrown = null;
    let outcome;
    try {
      outcome = this.#native.run(fuel);
    } finally {
      this.#running = false;
    }
    const types = this.#results;
    if (outcome.error?.status !== 'WRT_FUEL') this.#results = null;
    if (this.#thrown) throw this.#thrown.thrown;
    return results(unwrap(outcome), types);
  }

  get usage() {
    return this.#native.usage();
  }
  get stateHash() {
    return this.#native.stateHash();
  }
}

module.exports = { Error: WrtError, Exit, Instance, Memory, Module, OutOfFuel, Trap, plan, validate };
