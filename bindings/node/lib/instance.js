'use strict';
// Instances: linking, exports, and calls with a budget.

const { brand } = require('./brand.js');
const { addon, shared } = require('./native.js');
const { LinkError, RuntimeError, lastError } = require('./errors.js');
const { isModule, moduleOf, bytesOf, native: moduleState } = require('./module.js');
const { defineInterface, isObject, required } = require('./webidl.js');
const { PENDING, State, amount, functions, isStore, kinds, pack, stateOf, unpack } = require('./store.js');
const { I64, V128, isHidden, isRef, nameOf } = require('./values.js');
const { Task, runAsync } = require('./task.js');
const { strict } = require('./strict.js');
const { suspendingOf } = require('./suspend.js');
const { wasiOf } = require('./wasi.js');

const instances = brand();
const HOST = 1;
const ITEM = 2;
const WASI = 3;

function slot(instance) {
  const found = isObject(instance) ? instances.get(instance) : undefined;
  if (found === undefined) throw new TypeError('this is no Instance');
  return found;
}

/** Reads what the module imports, in its order, and refuses what can never fit. */
function readImports(loaded, importObject) {
  if (importObject !== undefined && !isObject(importObject)) throw new TypeError('the imports must be an object');
  if (loaded.imports.length > 0 && importObject === undefined) throw new TypeError('the module has imports; an object of them is missing');
  return loaded.imports.map((type, number) => {
    const from = importObject[type.module];
    const where = `import ${number} "${type.module}" "${type.name}"`;
    if (!isObject(from)) throw new TypeError(`${where}: the module must be an object`);
    return check(type, from[type.name], where);
  });
}

function check(type, value, where) {
  const refuse = (what) => {
    const reason = value === undefined ? 'WRT_REASON_UNKNOWN_IMPORT' : 'WRT_REASON_INCOMPATIBLE_IMPORT';
    throw Object.assign(new LinkError(`${where}: ${what}`), { status: 'WRT_E_LINK', reason });
  };
  switch (type.kind) {
    case 'function':
      if (wasiOf(value) !== null) return { type, wasi: wasiOf(value) };
      if (suspendingOf(value) !== null) return { type, call: suspendingOf(value), suspends: true };
      if (typeof value !== 'function') refuse('a function is imported');
      return functions.has(value) ? { type, item: value, kind: 'function' } : { type, call: value };
    case 'global': {
      const [wanted] = type.params;
      if (kinds.global.is(value)) {
        const given = kinds.global.type(value);
        const same = given === wanted || (isRef(given) && isRef(wanted) && !type.mutable);
        if (!same) refuse(`the global is of type ${nameOf(given)}, ${nameOf(wanted)} is imported`);
        if (kinds.global.isMutable(value) !== type.mutable) refuse(type.mutable ? 'a mutable global is imported' : 'an immutable global is imported');
        return { type, item: value, kind: 'global' };
      }
      if (type.mutable) refuse('a mutable global is imported; give a WebAssembly.Global');
      if (wanted === I64 ? typeof value !== 'bigint' : !isRef(wanted) && typeof value !== 'number') {
        refuse(`a global of type ${nameOf(wanted)} is imported; give a ${wanted === I64 ? 'BigInt' : 'number'}`);
      }
      if (isHidden(wanted) || wanted === V128) refuse(`a global of type ${nameOf(wanted)} must be one of a guest`);
      return { type, constant: value };
    }
    default:
      if (!kinds[type.kind].is(value)) refuse(`a ${type.kind} is imported; give a WebAssembly.${type.kind[0].toUpperCase()}${type.kind.slice(1)}`);
      return { type, item: value, kind: type.kind };
  }
}

/** The store that things are in already, or lean to. */
function storeFor(given, options) {
  const named = options.store;
  if (named !== undefined && !isStore(named)) throw new TypeError('the option store must be a wrt.Store');
  let store = named === undefined ? null : stateOf(named);
  for (const { item, kind, type } of given) {
    const bound = item === undefined || kind === 'function' || kind === 'tag' ? null : kinds[kind].store(item);
    if (bound === null) continue;
    if (store !== null && store !== bound) {
      throw new LinkError(`import "${type.module}" "${type.name}": the ${kind} lies in another store; `
        + 'instances that share it must be made with the same option { store: new wrt.Store() }');
    }
    store = bound;
  }
  if (store !== null) return store;
  for (const { item, kind } of given) {
    const leaning = kind === 'function' ? functions.get(item).store : kind === 'table' ? kinds.table.leaning(item) : undefined;
    if (leaning !== undefined) return leaning;
  }
  return new State(options);
}

/** What each import is given, three numbers each. */
function bind(given, store) {
  const numbers = new Uint32Array(3 * given.length);
  given.forEach(({ type, item, kind, call, suspends, constant, wasi }, i) => {
    if (wasi !== undefined) {
      numbers[3 * i] = WASI;
    } else if (call !== undefined) {
      const where = { module: type.module, name: type.name, suspends: suspends === true };
      numbers.set([HOST, store.addHost(call, type.params, type.results, where)], 3 * i);
    } else {
      const place = item === undefined ? kinds.global.constant(store, type.params[0], constant)
        : kind === 'function' ? store.placeOf(item) : kinds[kind].place(item, store);
      numbers.set([ITEM, ...unpack(place)], 3 * i);
    }
  });
  return numbers;
}

/** Makes the exports object. */
function exportsOf(store, number, loaded) {
  const places = store.native.exports(number);
  const exports = Object.create(null);
  loaded.exports.forEach((type, i) => {
    const object = store.object(type.kind, pack(places[2 * i], places[2 * i + 1]), type);
    Object.defineProperty(exports, type.name, { value: object, enumerable: true });
  });
  return Object.preventExtensions(exports);
}

/** Links and makes an instance; runs its start function. */
function instantiate(object, module, given, options, snapshot = null) {
  const loaded = moduleState(module);
  const { maxDepth = 100_000 } = options;
  if (!Number.isInteger(maxDepth) || maxDepth < 1 || maxDepth > 0xffff_ffff) throw new RangeError('maxDepth must lie between 1 and 2^32 - 1');
  const fuel = amount(options.fuel, 'fuel');
  const store = storeFor(given, options);
  const wasi = given.find((import_) => import_.wasi !== undefined)?.wasi;
  const number = store.native.instantiate(loaded.native, bind(given, store), wasi, snapshot);
  // Host functions stay: an instance that did not come about may have left references to them in a table.
  if (number < 0) throw lastError(LinkError, 'WebAssembly.Instance(): ');
  if (fuel !== undefined || maxDepth !== 100_000) store.native.setBudget(number, fuel, maxDepth);
  const state = { store, number, module, exports: null, memory: undefined, stopped: null, maxDepth, fuel };
  // Objects that came in go out again as they are, also where the guest exports an import.
  state.exports = exportsOf(store, number, loaded);
  instances.set(object, state);
  if (snapshot !== null) {
    const task = store.native.takeTask();
    if (task) state.stopped = kinds.task.of(store, task, null, maxDepth, loaded);
  } else if (loaded.starts && options.start !== false) {
    const task = store.native.task(number);
    if (!task || !task.startInstance()) throw lastError(RuntimeError);
    const start = kinds.task.of(store, task, null, maxDepth);
    if (start.run({ fuel }) !== 'done') throw kinds.task.stop(start);
  }
  return object;
}

/** Options of an instance: an object or nothing. `start: false` leaves a start function to the first call, and its fuel. */
function optionsOf(options) {
  if (options === undefined || options === null) return {};
  if (!isObject(options)) throw new TypeError('the options must be an object');
  return options;
}

class Instance {
  constructor(module, importObject = undefined, options = undefined) {
    const loaded = moduleState(module);
    const given = readImports(loaded, importObject);
    instantiate(this, module, given, optionsOf(options));
  }

  /** An instance that goes on where a snapshot was taken; `stopped` is its call, if one was under way. */
  static restore(module, snapshot, importObject = undefined, options = undefined) {
    const loaded = moduleState(module);
    const given = readImports(loaded, importObject);
    return instantiate(Object.create(Instance.prototype), module, given, optionsOf(options), nativeSnapshot(snapshot));
  }

  get exports() {
    return slot(this).exports;
  }
  /** The module. */
  get module() {
    return slot(this).module;
  }
  /** The first memory, exported or not; null where there is none. */
  get memory() {
    const state = slot(this);
    if (state.memory === undefined) {
      const { exports } = moduleState(state.module);
      const exported = exports.find((e) => e.kind === 'memory');
      const found = exported === undefined ? null : state.exports[exported.name];
      const hidden = () => (state.store.native.memory(state.number, 0) ? state.store.object('memory', pack(state.number, 0)) : null);
      state.memory = found ?? hidden();
    }
    return state.memory;
  }
  /** What the last call has used. */
  get usage() {
    const { store, number } = slot(this);
    return store.native.usage(number);
  }
  /** A hash of globals, tables and memories: equal states, equal hashes. */
  get stateHash() {
    const { store, number } = slot(this);
    return store.native.stateHash(number);
  }
  /** The call that a snapshot or a spent budget has left, or null. */
  get stopped() {
    return slot(this).stopped;
  }

  /** Calls an export with exact values: an array of them, each in its type's range. */
  call(name, args = [], { fuel } = {}) {
    const state = slot(this);
    const record = exported(state, name);
    const grant = amount(fuel, 'fuel');
    state.stopped = null;
    try {
      return record.call(strict(record, name, args), grant);
    } catch (error) {
      if (error?.task) state.stopped = error.task;
      throw error;
    }
  }
  /** Continues a call that ran out of fuel, with as much more. */
  resume({ fuel } = {}) {
    const state = slot(this);
    const { stopped } = state;
    if (stopped === null) throw new RuntimeError('no call of this instance has run out of fuel');
    state.stopped = null;
    if (stopped.run({ fuel }) === 'done') return stopped.result;
    state.stopped = stopped;
    throw kinds.task.stop(stopped);
  }
  /** A task that is ready to call an export. */
  task(name, ...args) {
    const state = slot(this);
    const record = exported(state, name);
    return kinds.task.start(record, strict(record, name, args), state.maxDepth);
  }
  /** Calls an export; waits where imports return promises, and lets others run every `slice` instructions. */
  async callAsync(name, args = [], options = {}) {
    const task = this.task(name, ...args);
    const fuel = options.fuel ?? slot(this).fuel;
    return runAsync(task, { ...options, fuel });
  }
  /** The state of the instance, and of a stopped task of it. */
  snapshot(task = undefined) {
    const { store, number } = slot(this);
    const taken = store.native.snapshot(number, task === undefined ? undefined : kinds.task.native(task));
    if (!taken) throw lastError(RuntimeError, 'snapshot: ');
    return snapshotOf(taken);
  }
}

/** The function of this name; a TypeError where there is none. */
function exported(state, name) {
  const fn = state.exports[name];
  const record = typeof fn === 'function' ? functions.get(fn) : undefined;
  if (record === undefined) throw new TypeError(`no function \`${String(name)}\` is exported`);
  return record;
}

/** The state of an instance as a value. */
class Snapshot {
  #native;
  constructor(native) {
    if (!(native instanceof addon.NativeSnapshot)) throw new TypeError('use instance.snapshot() or Snapshot.fromBytes()');
    this.#native = native;
  }
  /** A snapshot of bytes that `toBytes` gave. */
  static fromBytes(bytes) {
    const native = addon.snapshotFromBytes(shared, bytesOf(bytes));
    if (!native) throw lastError(RuntimeError, 'Snapshot.fromBytes(): ');
    return new Snapshot(native);
  }
  toBytes() {
    return this.#native.toBytes();
  }
  /** Whether a call was under way. */
  get hasTask() {
    return this.#native.hasTask();
  }
  static native(snapshot) {
    return snapshot.#native;
  }
}
const nativeSnapshot = (snapshot) => {
  if (!(snapshot instanceof Snapshot)) throw new TypeError('a wrt.Snapshot is wanted');
  return takeNative(snapshot);
};
const takeNative = Snapshot.native;
delete Snapshot.native;
const snapshotOf = (native) => new Snapshot(native);

/** Compiles; the bytes are copied at once. */
function compile(bytes) {
  try {
    required(arguments.length, 1, 'WebAssembly.compile');
    const [copy, options] = [bytesOf(bytes), arguments[1]];
    return Promise.resolve().then(() => moduleOf(copy, options));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Makes an instance of a module, or of bytes; then both come back. */
function instantiateAsync(source, importObject = undefined, options = undefined) {
  try {
    required(arguments.length, 1, 'WebAssembly.instantiate');
    if (isModule(source)) {
      const given = readImports(moduleState(source), importObject);
      const checked = optionsOf(options);
      return Promise.resolve().then(() => instantiate(Object.create(Instance.prototype), source, given, checked));
    }
    const copy = bytesOf(source);
    if (importObject !== undefined && !isObject(importObject)) throw new TypeError('the imports must be an object');
    return Promise.resolve().then(() => {
      const module = moduleOf(copy, options);
      return { module, instance: new Instance(module, importObject, options) };
    });
  } catch (error) {
    return Promise.reject(error);
  }
}
Object.defineProperty(instantiateAsync, 'name', { value: 'instantiate', configurable: true });

defineInterface(Instance, 'Instance', ['exports']);

module.exports = { Instance, PENDING, Snapshot, Task, compile, instantiate: instantiateAsync };
