'use strict';
// WASI with the options of node:wasi. API-4.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { guest, module_, thrown, wrt } = require('./help.js');

// Writes its first argument after the program's name, and that variable's value, then exits by 3.
const ECHO = `(module
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $out (param $from i32) (param $n i32)
    (i32.store (i32.const 0) (local.get $from)) (i32.store (i32.const 4) (local.get $n))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start")
    (drop (call $args (i32.const 64) (i32.const 1024)))
    (call $out (i32.load (i32.const 68)) (i32.const 5))
    (drop (call $env (i32.const 64) (i32.const 2048)))
    (call $out (i32.const 2048) (i32.const 3))
    (call $exit (i32.const 3))))`;

/** Runs with a file for standard output; the exit code and what was written. */
function run(text, options) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'wrt-wasi-'));
  const file = path.join(dir, 'out');
  const stdout = fs.openSync(file, 'w');
  try {
    const wasi = new wrt.WASI({ version: 'preview1', stdout, ...options });
    const code = wasi.start(new wrt.Instance(module_(text), wasi.getImportObject()));
    return { code, out: fs.readFileSync(file, 'utf8') };
  } finally {
    fs.closeSync(stdout);
    fs.rmSync(dir, { recursive: true });
  }
}

test('arguments, variables, streams and the exit code', () => {
  assert.deepEqual(run(ECHO, { args: ['prog', 'hello'], env: { A: 'b' } }), { code: 3, out: 'helloA=b' });
  assert.deepEqual(run('(module (memory (export "memory") 1) (func (export "_start")))', {}), { code: 0, out: '' });
});

test('only what is named is granted', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'wrt-wasi-'));
  fs.writeFileSync(path.join(dir, 'file'), 'inside');
  // Opens "file" below descriptor 3 and writes its first 6 bytes; the error number where it cannot.
  const CAT = `(module
    (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1) (data (i32.const 16) "file")
    (func (export "_start") (local $e i32)
      (local.set $e (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const 0)
        (i32.const 0) (i32.const 32)))
      (if (local.get $e) (then (call $exit (local.get $e))))
      (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 6))
      (drop (call $read (i32.load (i32.const 32)) (i32.const 0) (i32.const 1) (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;
  const EBADF = 8;
  assert.deepEqual(run(CAT, { preopens: { '/': dir } }), { code: 0, out: 'inside' });
  assert.deepEqual(run(CAT, {}), { code: EBADF, out: '' });
  fs.rmSync(dir, { recursive: true });
});

test('options and order are checked', () => {
  assert.throws(() => new wrt.WASI(), TypeError);
  assert.throws(() => new wrt.WASI({ version: 'preview2' }), TypeError);
  assert.throws(() => new wrt.WASI({ version: 'preview1', args: 'a' }), TypeError);
  assert.throws(() => new wrt.WASI({ version: 'preview1', stdout: -1 }), RangeError);
  assert.throws(() => new wrt.WASI({ version: 'preview1', env: { 'A=': '' } }), /cannot be the name/);
  assert.match(thrown(() => new wrt.WASI({ version: 'preview1', preopens: { '/': '/no/such/place' } })).message, /no\/such\/place/);
  const wasi = new wrt.WASI({ version: 'preview1', returnOnExit: true });
  assert.throws(() => wasi.wasiImport.fd_write(), TypeError);
  const reactor = guest('(module (memory (export "memory") 1) (func (export "_initialize")))');
  assert.throws(() => new wrt.WASI({ version: 'preview1' }).start(reactor), TypeError);
  wasi.initialize(reactor);
  assert.throws(() => wasi.initialize(reactor), wrt.RuntimeError);
});

test('an exit cannot be caught by the guest', () => {
  const text = `(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
    (func (export "_start") (block $h (try_table (catch_all $h) (call $exit (i32.const 9))))))`;
  const wasi = new wrt.WASI({ version: 'preview1' });
  const instance = new wrt.Instance(module_(text), wasi.getImportObject());
  const exit = thrown(() => instance.exports._start());
  assert(exit instanceof wrt.Exit);
  assert.equal(exit.code, 9);
});
