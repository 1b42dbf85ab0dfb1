'use strict';
// Modules: what they import, export and carry.

const { brand } = require('./brand.js');
const { isAnyArrayBuffer } = require('node:util').types;
const { addon, shared } = require('./native.js');
const { CompileError, lastError } = require('./errors.js');
const { defineInterface, isObject, required } = require('./webidl.js');

const modules = brand();

/** The proposals that are on beside WebAssembly 3.0 where none are named: browsers take the first form of exceptions. */
const ALWAYS = addon.proposal('legacy-exceptions');

/** A copy of the bytes of a buffer or view, so that nobody changes them meanwhile. */
function bytesOf(source) {
  if (ArrayBuffer.isView(source)) {
    return Uint8Array.prototype.slice.call(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  }
  if (isAnyArrayBuffer(source)) return new Uint8Array(source).slice();
  throw new TypeError('the bytes of a module must be an ArrayBuffer, a SharedArrayBuffer or a view of one');
}

/** Options of a module: proposals by name, and how far tables without a maximum may grow. */
function moduleOptions(options) {
  const { proposals, tableReserve = 0 } = isObject(options) ? options : {};
  if (proposals === undefined && tableReserve === 0) return { bits: ALWAYS, tableReserve };
  let bits = proposals === undefined ? ALWAYS : 0;
  for (const name of proposals ?? []) {
    const bit = addon.proposal(String(name));
    if (bit === null || bit === undefined) throw new RangeError(`there is no proposal "${name}"`);
    bits |= bit;
  }
  if (!Number.isInteger(tableReserve) || tableReserve < 0 || tableReserve > 0xffff_ffff) {
    throw new RangeError('tableReserve must lie between 0 and 2^32 - 1');
  }
  return { bits, tableReserve };
}

/** Sections of a binary as [number, first byte, last byte]; those that are cut off are left out. */
function sections(bytes) {
  const found = [];
  let at = 8;
  const leb = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0 || byte === undefined) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = leb();
    const from = at;
    at += size;
    if (id === 0) {
      const end = at;
      at = from;
      const length = leb();
      found.push({ id, name: bytes.subarray(at, at + length), from: at + length, to: end });
      at = end;
    } else {
      found.push({ id, name: null, from, to: at });
    }
  }
  return found;
}

const isImage = (bytes) => bytes[0] !== 0;

class Module {
  constructor(bytes, options = undefined) {
    required(arguments.length, 1, 'WebAssembly.Module');
    fill(this, bytesOf(bytes), moduleOptions(options));
  }

  static exports(module) {
    required(arguments.length, 1, 'WebAssembly.Module.exports');
    return native(module).exports.map(({ name, kind }) => ({ name, kind }));
  }
  static imports(module) {
    required(arguments.length, 1, 'WebAssembly.Module.imports');
    return native(module).imports.map(({ module: from, name, kind }) => ({ module: from, name, kind }));
  }
  static customSections(module, sectionName) {
    required(arguments.length, 2, 'WebAssembly.Module.customSections');
    const { wasm } = native(module);
    const wanted = String(sectionName);
    if (isImage(wasm)) return [];
    const decoder = new TextDecoder();
    return sections(wasm).filter((s) => s.id === 0 && decoder.decode(s.name) === wanted)
      .map((s) => Uint8Array.from(wasm.subarray(s.from, s.to)).buffer);
  }
  /** What a module needs: exact sizes in bytes, before anything runs. */
  static plan(module) {
    return planOf(native(module));
  }

  /** What it needs: see `wrt.plan`. */
  get plan() {
    return planOf(native(this));
  }
  /** The bytes that it was made of. */
  get wasm() {
    return native(this).native.wasm();
  }
  /** Imports with their signatures: "(iI)f" for i32 and i64 to f32. */
  get imports() {
    return native(this).imports.map(({ module, name, kind, signature }) => ({ module, name, kind, signature }));
  }
  /** Exports with their signatures. */
  get exports() {
    return native(this).exports.map(({ name, kind, signature }) => ({ name, kind, signature }));
  }
}

function fill(object, bytes, { bits, tableReserve }) {
  const loaded = addon.load(shared, bytes, bits, tableReserve);
  if (!loaded) throw lastError(CompileError, 'WebAssembly.Module(): ');
  const image = isImage(bytes);
  modules.set(object, {
    native: loaded,
    wasm: bytes,
    imports: loaded.imports(),
    exports: loaded.exports(),
    // Of an image it is not known; asking costs a little.
    starts: image || sections(bytes).some((s) => s.id === 8),
  });
  return object;
}

function planOf(state) {
  const planned = state.native.plan(shared);
  if (!planned) throw lastError(CompileError);
  return planned;
}

/** What is behind a module; a TypeError where it is none. */
function native(module) {
  const found = isObject(module) ? modules.get(module) : undefined;
  if (found === undefined) throw new TypeError('the argument is no WebAssembly.Module');
  return found;
}
const isModule = (value) => isObject(value) && modules.has(value);

/** A module of bytes that nobody else has. */
const moduleOf = (bytes, options) => fill(Object.create(Module.prototype), bytes, moduleOptions(options));

function validate(bytes) {
  required(arguments.length, 1, 'WebAssembly.validate');
  return addon.validate(shared, bytesOf(bytes), moduleOptions(arguments[1]).bits);
}

/** What a module needs, exactly, before it is loaded. */
function plan(bytes, options = undefined) {
  const { bits, tableReserve } = moduleOptions(options);
  const planned = addon.plan(shared, bytesOf(bytes), bits, tableReserve);
  if (!planned) throw lastError(CompileError);
  return planned;
}

/** A translated module, to be loaded without translation; `portable` for every build of this release. */
function compileImage(bytes, options = {}) {
  const image = addon.compileImage(shared, bytesOf(bytes), moduleOptions(options).bits, options.portable === true);
  if (!image) throw lastError(CompileError);
  return image;
}

/** The binary of a module in the text format. */
function wat(text) {
  try {
    return addon.wat(String(text));
  } catch (error) {
    throw new CompileError(error.message);
  }
}

defineInterface(Module, 'Module', [], ['exports', 'imports', 'customSections']);

module.exports = { Module, bytesOf, compileImage, isModule, moduleOf, native, plan, validate, wat };
