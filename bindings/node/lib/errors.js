'use strict';
// Errors: the three of the WebAssembly namespace, and what further happens to a guest with a budget.

const { shared } = require('./native.js');

/** An error class as ECMAScript's own are: callable, with name and message on the prototype. */
function nativeError(name) {
  // A method of an object could not be constructed, a class not be called.
  const Class = {
    [name]: function (message, options) {
      const args = options === undefined ? [] : [options];
      const text = message === undefined ? undefined : String(message);
      return Reflect.construct(Error, [text, ...args], new.target ?? Class);
    },
  }[name];
  Object.defineProperty(Class, 'length', { value: 1, configurable: true });
  Object.setPrototypeOf(Class, Error);
  const prototype = Object.create(Error.prototype, {
    constructor: { value: Class, writable: true, configurable: true },
    name: { value: name, writable: true, configurable: true },
    message: { value: '', writable: true, configurable: true },
  });
  Object.defineProperty(Class, 'prototype', { value: prototype, writable: false });
  return Class;
}

const CompileError = nativeError('CompileError');
const LinkError = nativeError('LinkError');
const RuntimeError = nativeError('RuntimeError');

/** The guest did what it may not; `frames` are the active calls, innermost first. */
class Trap extends RuntimeError {}
/** The budget is spent; `task` can go on. */
class OutOfFuel extends RuntimeError {}
/** The guest ended itself; `code` is its exit code. */
class Exit extends RuntimeError {}
for (const Class of [Trap, OutOfFuel, Exit]) {
  Object.defineProperty(Class.prototype, 'name', { value: Class.name, writable: true, configurable: true });
}

/** An error with what the engine knows of it. */
function withFacts(error, facts) {
  error.status = facts.status;
  error.reason = facts.reason;
  error.offset = facts.offset;
  error.func = facts.func ?? null;
  error.need = facts.need;
  error.detail = facts.detail;
  error.frames = facts.frames;
  if (error instanceof Exit) error.code = Number(facts.detail);
  return error;
}

const CLASSES = { WRT_E_TRAP: Trap, WRT_FUEL: OutOfFuel, WRT_INTERRUPTED: OutOfFuel, WRT_E_EXIT: Exit };

/** What the last call into the addon left, as an error; of this class unless its status has one. */
function lastError(Class, prefix = '') {
  const facts = shared.lastError();
  if (facts === null || facts === undefined) return new Class(`${prefix}unknown error`);
  return withFacts(new (CLASSES[facts.status] ?? Class)(prefix + facts.message), facts);
}

module.exports = { CompileError, Exit, LinkError, OutOfFuel, RuntimeError, Trap, lastError };
