'use strict';
// Promises at the boundary, as the JavaScript Promise Integration has them: an import that may wait, an export that does.

const { brand } = require('./brand.js');
const { RuntimeError } = require('./errors.js');
const { functions, isThenable, kinds } = require('./store.js');
const { convert } = require('./values.js');
const { runAsync } = require('./task.js');
const { running } = require('./native.js');

const suspending = brand();

/** An import whose promises are awaited when the guest was called by `promising` or `callAsync`. */
class Suspending {
  constructor(call) {
    if (typeof call !== 'function') throw new TypeError('WebAssembly.Suspending(): a function is wanted');
    suspending.set(this, (...args) => {
      const returned = call(...args);
      if (isThenable(returned) && !running.parks) throw new RuntimeError('a promise was returned to a guest that cannot wait; call it by WebAssembly.promising');
      return returned;
    });
  }
}
Object.defineProperty(Suspending.prototype, Symbol.toStringTag, { value: 'WebAssembly.Suspending', configurable: true });

const suspendingOf = (value) => (typeof value === 'object' && value !== null && suspending.get(value)) || null;

/** An exported function that returns a promise of its result. */
function promising(fn) {
  const record = typeof fn === 'function' ? functions.get(fn) : undefined;
  if (record === undefined) throw new TypeError('WebAssembly.promising(): an exported function is wanted');
  return async (...args) => {
    const values = record.params.map((type, i) => convert(args[i], type, record.store));
    return runAsync(kinds.task.start(record, values, 100_000));
  };
}

module.exports = { Suspending, promising, suspendingOf };
