'use strict';
// The package: an object of the shape of the WebAssembly namespace, with what wrt has beside it. See index.d.ts.

require('./lib/functions.js');
const { CompileError, Exit, LinkError, OutOfFuel, RuntimeError, Trap } = require('./lib/errors.js');
const { Global } = require('./lib/global.js');
const { Instance, PENDING, Snapshot, Task, compile, instantiate } = require('./lib/instance.js');
const { Memory } = require('./lib/memory.js');
const { Module, compileImage, plan, validate, wat } = require('./lib/module.js');
const { Store } = require('./lib/store.js');
const { Suspending, promising } = require('./lib/suspend.js');
const { Table } = require('./lib/table.js');
const { Exception, Tag, jsTag } = require('./lib/tag.js');
const { WASI } = require('./lib/wasi.js');

/** Operations, which the namespace shows when it is enumerated. */
const operations = { validate, compile, instantiate, promising };
/** Classes and everything beyond the standard, which it does not. */
const hidden = {
  Module, Instance, Memory, Table, Global, Tag, Exception, CompileError, LinkError, RuntimeError, Suspending, JSTag: jsTag,
  Exit, OutOfFuel, PENDING, Snapshot, Store, Task, Trap, WASI, compileImage, plan, wat,
};

const namespace = {};
for (const [name, value] of Object.entries(operations)) namespace[name] = value;
for (const [name, value] of Object.entries(hidden)) {
  Object.defineProperty(namespace, name, { value, writable: true, enumerable: false, configurable: true });
}
Object.defineProperty(namespace, Symbol.toStringTag, { value: 'WebAssembly', configurable: true });

module.exports = namespace;
