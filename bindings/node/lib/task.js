'use strict';
// Tasks: calls that can stop, wait and go on.

const { head, running, slots } = require('./native.js');
const { RuntimeError, lastError } = require('./errors.js');
const { amount, kinds } = require('./store.js');
const { convert, get, getAll, putAll } = require('./values.js');

const STATES = ['done', 'fuel', 'pending', 'failed', 'failed', 'interrupted'];

/** A call that has not ended: run it in grants of fuel, answer what it waits for. */
class Task {
  #native;
  #store;
  #record;
  #depth;
  #state = 'ready';
  #waiting = null;
  #result;
  #bits = [];
  #stop = null;
  #failure = null;

  constructor(native, store, record, depth) {
    if (store === undefined) throw new TypeError('tasks are made by instance.task()');
    this.#native = native;
    this.#store = store;
    this.#record = record;
    this.#depth = depth;
  }

  /** What it is: ready, running, done, fuel, pending, interrupted or failed. */
  get state() {
    return this.#state;
  }
  /** The result of a call that is done: nothing, a value or an array. */
  get result() {
    if (this.#state !== 'done') throw new RuntimeError(`the task is ${this.#state}, not done`);
    return this.#result;
  }
  /** The host call that it waits for: module, name, arguments and the promise, if one was returned; else null. */
  get pending() {
    if (this.#waiting === null) return null;
    const { module, name, args, promise } = this.#waiting;
    return { module, name, args, promise };
  }
  /** The calls that are active, innermost first. */
  get frames() {
    return this.#native.frames();
  }
  /** What it has used so far. */
  get usage() {
    return this.#native.usage();
  }

  /** Where it stopped, and why, as an error: of a spent budget, or of an exception that nothing caught; else null. */
  get stop() {
    return this.#stop;
  }

  /** Runs on, with so much more fuel; the state that it comes to. What the guest traps with or throws is thrown. */
  run({ fuel } = {}) {
    const grant = amount(fuel, 'fuel');
    const store = this.#store;
    if (this.#state === 'pending') return this.#state;
    if (!['ready', 'fuel', 'interrupted'].includes(this.#state)) throw new RuntimeError(`the task is ${this.#state}; it cannot run`);
    store.checkArena();
    const before = running.store;
    const parks = running.parks;
    running.store = store;
    running.parks = true;
    store.waiting = null;
    // What the call is to end in, where there is no room for an exception.
    store.thrown = this.#failure;
    this.#failure = null;
    this.#state = 'running';
    let code = 3;
    try {
      code = this.#native.run(grant, this.#depth);
    } finally {
      running.store = before;
      running.parks = parks;
      this.#state = STATES[code];
    }
    if (code === 0) this.#result = this.#take();
    if (code === 4) this.#stop = lastError(RuntimeError);
    if (head[5] !== 0) store.refresh();
    if (code === 2) {
      this.#waiting = store.waiting;
      store.waiting = null;
    } else if (code === 1 || code === 5) {
      this.#stop = lastError(RuntimeError);
    } else if (code !== 0) {
      store.fail(code, this.#record);
    }
    return this.#state;
  }

  #take() {
    const types = this.#record?.results ?? this.outermost ?? [];
    this.#bits = types.map((_, i) => BigInt.asUintN(64, slots.i64[2 * i]) | (BigInt.asUintN(64, slots.i64[2 * i + 1]) << 64n));
    if (types.length === 0) return undefined;
    return types.length === 1 ? get(0, types[0], this.#store) : getAll(types, this.#store);
  }

  /** The bits of the results of a call that is done, the value in the lowest. */
  get bits() {
    if (this.#state !== 'done') throw new RuntimeError(`the task is ${this.#state}, not done`);
    return this.#bits;
  }

  /** Answers the call that it waits for; the value is converted as one that the host function returns. */
  complete(value) {
    const waiting = this.#waitingNow();
    const { results } = waiting;
    const store = this.#store;
    const values = results.length === 0 ? [] : results.length === 1 ? [value] : [...value];
    if (values.length !== results.length) throw new TypeError(`expected ${results.length} results, not ${values.length}`);
    putAll(values.map((v, i) => convert(v, results[i], store)), results);
    if (!this.#native.complete(results.length)) throw lastError(TypeError);
    this.#goOn();
  }
  /** Answers the call that it waits for as one that threw. */
  fail(error) {
    this.#waitingNow();
    const exception = this.#store.exception(error);
    if (exception === 0) {
      this.#failure = { thrown: error };
      this.#native.completeTrap();
    } else if (!this.#native.completeThrow(exception)) {
      throw lastError(RuntimeError);
    }
    this.#goOn();
  }
  #waitingNow() {
    if (this.#waiting === null) throw new RuntimeError(`the task is ${this.#state}; it waits for nothing`);
    return this.#waiting;
  }
  #goOn() {
    this.#waiting = null;
    this.#state = 'ready';
  }

  /** Asks it to stop when it runs next, or from within a host function. */
  interrupt() {
    if (!this.#native.interrupt()) throw new RuntimeError('a task in lent memory cannot be interrupted');
  }

  static native(task) {
    return task.#native;
  }
  static made(native, store, record, depth, state, types, waiting = null) {
    const task = new Task(native, store, record, depth);
    task.#state = state;
    task.#waiting = waiting;
    Object.defineProperty(task, 'outermost', { value: types, enumerable: false });
    return task;
  }
}

const { native: nativeOf, made } = Task;
delete Task.native;
delete Task.made;

kinds.task = {
  /** A task that a call or a snapshot has left behind; `loaded` is the module, where the task may wait. */
  of(store, native, record, depth = 100_000, loaded = null) {
    const frames = native.frames();
    const last = frames[frames.length - 1];
    const types = record !== null || last === undefined ? undefined : store.native.funcType(last.instance, last.func)[1];
    if (loaded === null || !native.pending()) return made(native, store, record, depth, 'ready', types);
    // The arguments stand in the guest's frames, which JavaScript does not see.
    const { module, name, results } = loaded.imports.filter((type) => type.kind === 'function')[head[2]];
    return made(native, store, record, depth, 'pending', types, { module, name, args: [], results, promise: null });
  },
  /** A task that is ready to call a function. */
  start(record, values, depth) {
    const { store, instance, index, params } = record;
    const native = store.native.task(instance);
    if (!native) throw lastError(RuntimeError);
    putAll(values, params);
    if (!native.start(instance, index, params.length)) throw lastError(RuntimeError);
    return made(native, store, record, depth, 'ready', undefined);
  },
  /** The error that says where a task stands that is not done. */
  stop(task) {
    const error = task.state === 'pending' ? new RuntimeError('the call waits for a host function; see task.pending') : task.stop;
    error.task = task;
    return error;
  },
  native(task) {
    if (!(task instanceof Task)) throw new TypeError('a wrt.Task is wanted');
    return nativeOf(task);
  },
};

/** Runs a task to its end, over promises; lets the event loop turn every `slice` instructions. */
async function runAsync(task, { fuel, slice } = {}) {
  let left = amount(fuel, 'fuel');
  const step = amount(slice, 'slice');
  if (step === 0n) throw new RangeError('slice must be at least 1');
  for (;;) {
    const grant = step === undefined ? left : left === undefined || step < left ? step : left;
    const before = task.usage.fuelUsed;
    const state = task.run({ fuel: grant });
    if (left !== undefined) {
      const used = task.usage.fuelUsed - before;
      left = used < left ? left - used : 0n;
    }
    if (state === 'done') return task.result;
    if (state === 'pending') {
      const { promise } = task.pending;
      if (promise === null) throw new RuntimeError('the host function has left its call waiting without a promise; use a task');
      await promise.then((value) => task.complete(value), (error) => task.fail(error));
    } else if (state === 'fuel' && left === 0n) {
      throw kinds.task.stop(task);
    } else {
      await new Promise(setImmediate);
    }
  }
}

module.exports = { Task, runAsync };
