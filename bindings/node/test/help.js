'use strict';
// What the tests share: the package under test, guests in the text format, and what a function throws.

const assert = require('node:assert/strict');
const path = require('node:path');
const wrt = require(process.env.WRT_PACKAGE ?? '..');

const guests = path.join(__dirname, '..', '..', '..', 'examples', 'guests', 'wasm');

/** A module of a text. */
const module_ = (text, options) => new wrt.Module(wrt.wat(text), options);
/** An instance of a text. */
const guest = (text, imports, options) => new wrt.Instance(module_(text), imports, options);

/** What the function throws. */
function thrown(f) {
  try {
    f();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

/** Memory that the process has, after a collection. */
async function resident() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
  return process.memoryUsage.rss();
}

module.exports = { guest, guests, module_, resident, thrown, wrt };
