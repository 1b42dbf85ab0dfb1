'use strict';
// A small stand-in for the harness of the web-platform-tests, to be evaluated before the files of a test: what the tests
// of wasm/jsapi use of it and no more. Its one result is `__results`, a promise of [name, error or null].
/* global globalThis */
/* eslint-disable no-unused-vars */

class AssertionError extends Error {}

const __queue = [];
const __names = new Map();

function __named(name) {
  const base = name ?? 'untitled';
  const count = (__names.get(base) ?? 0) + 1;
  __names.set(base, count);
  return count === 1 ? base : `${base} (${count})`;
}

class __Test {
  cleanups = [];
  add_cleanup(f) {
    this.cleanups.push(f);
  }
  unreached_func(message) {
    return () => assert_unreached(message);
  }
  step(f, ...args) {
    return f(...args);
  }
  async run(f) {
    try {
      await f(this);
      return null;
    } catch (error) {
      return error ?? new Error('something empty was thrown');
    } finally {
      this.cleanups.forEach((clean) => clean());
    }
  }
}

// Tests of the plain kind run at once, as they do in a browser; those over promises one after the other.
function test(f, name) {
  const one = new __Test();
  let error = null;
  try {
    f(one);
  } catch (thrown) {
    error = thrown ?? new Error('something empty was thrown');
  } finally {
    one.cleanups.forEach((clean) => clean());
  }
  __queue.push([__named(name), () => error]);
}
function promise_test(f, name) {
  const one = new __Test();
  __queue.push([__named(name), () => one.run(f)]);
}
function setup(f) {
  if (typeof f === 'function') f();
}

const __fail = (what, description) => {
  throw new AssertionError(description === undefined ? what : `${description}: ${what}`);
};
function format_value(value) {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'function') return `function "${value.name}"`;
  if (typeof value === 'object' && value !== null) return `object "${Object.prototype.toString.call(value)}"`;
  return String(value);
}
function assert_true(value, description) {
  if (value !== true) __fail(`expected true, got ${format_value(value)}`, description);
}
function assert_false(value, description) {
  if (value !== false) __fail(`expected false, got ${format_value(value)}`, description);
}
function assert_equals(actual, expected, description) {
  if (!Object.is(actual, expected)) __fail(`expected ${format_value(expected)}, got ${format_value(actual)}`, description);
}
function assert_not_equals(actual, expected, description) {
  if (Object.is(actual, expected)) __fail(`got ${format_value(actual)}`, description);
}
function assert_array_equals(actual, expected, description) {
  assert_equals(actual.length, expected.length, `${description}: length`);
  for (let i = 0; i < expected.length; i++) assert_equals(actual[i], expected[i], `${description}: element ${i}`);
}
function assert_unreached(description) {
  __fail('reached what is not to be reached', description);
}
const assert_not_reached = assert_unreached;
function assert_own_property(object, name, description) {
  if (!Object.hasOwn(object, name)) __fail(`no own property ${String(name)}`, description);
}
function assert_not_own_property(object, name, description) {
  if (Object.hasOwn(object, name)) __fail(`an own property ${String(name)}`, description);
}
function assert_class_string(object, expected, description) {
  assert_equals(Object.prototype.toString.call(object), `[object ${expected}]`, description);
}
function assert_implements(condition, description) {
  if (!condition) __fail('not implemented', description);
}
function __thrownBy(f, description) {
  try {
    f();
  } catch (error) {
    return error;
  }
  return __fail('nothing was thrown', description);
}
function __isOf(error, Class, description) {
  if (typeof error !== 'object' || error === null) __fail(`${format_value(error)} was thrown, no object`, description);
  if (error.constructor !== Class || error.name !== Class.name) {
    __fail(`${error.name} was thrown (${error.message}), not ${Class.name}`, description);
  }
}
function assert_throws_js(Class, f, description) {
  __isOf(__thrownBy(f, description), Class, description);
}
function assert_throws_exactly(expected, f, description) {
  const error = __thrownBy(f, description);
  if (!Object.is(error, expected)) __fail(`${format_value(error)} was thrown`, description);
}
async function promise_rejects_js(t, Class, promise, description) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return __isOf(error, Class, description);
  }
  return __fail(`the promise was fulfilled with ${format_value(value)}`, description);
}

globalThis.__results = async () => {
  const results = [];
  for (const [name, run] of __queue) results.push([name, await run()]);
  return results;
};
