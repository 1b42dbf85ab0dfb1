'use strict';
// WASI preview 1 with the options of node:wasi. Nothing is granted that is not named.

const { brand } = require('./brand.js');
const { addon } = require('./native.js');
const { Exit, RuntimeError } = require('./errors.js');
const { isObject } = require('./webidl.js');

/** Functions of WASI, with the value that they are of. */
const imported = brand();
const wasiOf = (value) => (typeof value === 'function' && imported.get(value)) || null;

const VERSIONS = { preview1: 'wasi_snapshot_preview1', unstable: 'wasi_unstable' };

function strings(value, what) {
  if (!Array.isArray(value)) throw new TypeError(`${what} must be an array`);
  return value.map(String);
}

function descriptor(value, what) {
  if (!Number.isInteger(value) || value < 0 || value > 0x7fff_ffff) throw new RangeError(`${what} must be an open descriptor`);
  return value;
}

class WASI {
  #native;
  #started = false;
  #exits;
  #module;

  constructor(options = {}) {
    if (!isObject(options)) throw new TypeError('the options must be an object');
    const { version, args = [], env = {}, preopens = {}, returnOnExit = true, stdin = 0, stdout = 1, stderr = 2 } = options;
    this.#module = VERSIONS[version];
    if (this.#module === undefined) throw new TypeError('the option version must be "preview1" or "unstable"');
    if (!isObject(env)) throw new TypeError('the option env must be an object');
    if (!isObject(preopens)) throw new TypeError('the option preopens must be an object');
    if (typeof returnOnExit !== 'boolean') throw new TypeError('the option returnOnExit must be a boolean');
    const vars = Object.entries(env).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]);
    const dirs = Object.entries(preopens).map(([guest, host]) => ({ guest, host: String(host), writable: true }));
    this.#native = new addon.NativeWasi(strings(args, 'the option args'), vars, dirs,
      descriptor(stdin, 'stdin'), descriptor(stdout, 'stdout'), descriptor(stderr, 'stderr'));
    this.#exits = !returnOnExit;
    const functions = this.#native.names().map((name) => {
      const fn = { [name]: () => {
        throw new TypeError(`${name} works for a guest that imports it; it cannot be called from JavaScript`);
      } }[name];
      imported.set(fn, this.#native);
      return [name, fn];
    });
    /** The functions, to be imported. */
    this.wasiImport = Object.fromEntries(functions);
  }

  /** The imports of a guest of this version. */
  getImportObject() {
    return { [this.#module]: this.wasiImport };
  }

  #begin(instance) {
    if (this.#started) throw new RuntimeError('this WASI has started an instance already');
    this.#started = true;
    const { exports } = instance;
    if (!isObject(exports)) throw new TypeError('the instance has no exports');
    return exports;
  }

  /** Runs a command: calls `_start`, and returns its exit code. */
  start(instance) {
    const { _start: start, _initialize: initialize } = this.#begin(instance);
    if (typeof start !== 'function') throw new TypeError('the instance does not export _start');
    if (initialize !== undefined) throw new TypeError('the instance exports _initialize; it is a reactor');
    return this.#until(start);
  }
  /** Sets a reactor up: calls `_initialize`, if there is one. */
  initialize(instance) {
    const { _start: start, _initialize: initialize } = this.#begin(instance);
    if (start !== undefined) throw new TypeError('the instance exports _start; it is a command');
    if (typeof initialize === 'function') this.#until(initialize);
  }

  #until(run) {
    try {
      run();
      return 0;
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      if (this.#exits) process.exit(error.code);
      return error.code;
    }
  }
}
Object.defineProperty(WASI.prototype, Symbol.toStringTag, { value: 'WASI', configurable: true });

module.exports = { WASI, wasiOf };
