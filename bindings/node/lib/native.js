'use strict';
// The addon, the buffer that both halves share, and the one function through which guests call JavaScript.
// Everything here belongs to one thread: a worker that requires the package has its own.

const fs = require('node:fs');
const path = require('node:path');

/** The addon that was built here, else the one that came with the package. */
function load() {
  const built = path.join(__dirname, '..', 'wrt.node');
  const shipped = path.join(__dirname, '..', 'prebuilds', `${process.platform}-${process.arch}`, 'wrt.node');
  for (const file of [built, shipped]) {
    if (fs.existsSync(file)) return require(file);
  }
  throw new Error(`wrt: there is no addon for ${process.platform}-${process.arch}; `
    + 'run "npm rebuild wrt" with a Rust toolchain (https://rustup.rs)');
}

const addon = load();
const HEAD_BYTES = 64;
const buffer = new ArrayBuffer(addon.sharedBytes());

/** Words of the head: see `word` in src/shared.rs. */
const head = new Int32Array(buffer, 0, HEAD_BYTES / 4);
const fuel = new BigUint64Array(buffer, 32, 1);
/** Values, sixteen bytes each. */
const slots = {
  i32: new Int32Array(buffer, HEAD_BYTES),
  f32: new Float32Array(buffer, HEAD_BYTES),
  f64: new Float64Array(buffer, HEAD_BYTES),
  i64: new BigInt64Array(buffer, HEAD_BYTES),
};

/** What runs: the store whose guest it is, and whether a host function may leave its call waiting. */
const running = { store: null, parks: false };

/** Answers for every host function. Throws nothing: adapters catch what users throw. */
function dispatch() {
  const index = head[0];
  if (index < 0) return;
  const store = running.store;
  if (head[5] !== 0) store.refresh();
  store.hosts[index]();
}

const shared = new addon.NativeShared(buffer, dispatch);

/** Enters the function whose number stands in the head. */
const enter = addon.enterFunction(shared);

module.exports = { addon, enter, fuel, head, running, shared, slots };
