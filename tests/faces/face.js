'use strict';
// One module through the Node package, as tests/faces/run.py compares faces: prints one object of JSON.
//
//   node face.js MODULE.wasm EXPORT FUEL [ARG...]

const fs = require('node:fs');
const wrt = require(process.env.WRT_PACKAGE ?? '../../bindings/node');

const PLAN = ['loadScratch', 'module', 'instance', 'tableMax', 'stackMin', 'memoryMin', 'memoryMax', 'heapMin'];
const SETTINGS = { stack: 1 << 20, maxDepth: 100_000, memory: 16 << 20, heap: 1 << 20, start: false };
/** What is offered to guests: signature, then function. */
const OFFERED = {
  env: {
    log: ['(i)', () => {}],
    double: ['(i)i', (n) => (n * 2) | 0],
    sense: ['(i)f', () => 0.5],
    actuate: ['(if)', () => {}],
    report: ['(if)', () => {}],
  },
};

const answer = {
  plan: null, error: null, results: [], fuel: 0, stack_peak: 0, call_depth_peak: 0, memory_bytes: 0, frames: [], hash: null,
};

/** An error as all faces have it. */
const told = ({ status, reason, offset, func }) => ({ status, reason, offset: offset ?? 0, func: func ?? null });
const link = (reason) => ({ status: 'WRT_E_LINK', reason });

function imports(module) {
  const found = {};
  for (const { module: from, name, kind, signature } of module.imports) {
    const offered = kind === 'function' ? OFFERED[from]?.[name] : undefined;
    if (offered === undefined) throw link('WRT_REASON_UNKNOWN_IMPORT');
    if (offered[0] !== signature) throw link('WRT_REASON_INCOMPATIBLE_IMPORT');
    (found[from] ??= {})[name] = offered[1];
  }
  return found;
}

function argument(text, letter) {
  if (letter === 'f' || letter === 'F') {
    const names = { nan: NaN, inf: Infinity, '-inf': -Infinity };
    return names[text] ?? Number(text);
  }
  return BigInt(text);
}

const hex = (bits, digits) => `0x${bits.toString(16).padStart(digits, '0')}`;
function spelled(bits, letter) {
  switch (letter) {
    case 'i': return `i32:${BigInt.asIntN(32, bits)}`;
    case 'I': return `i64:${BigInt.asIntN(64, bits)}`;
    case 'f': return `f32:${hex(BigInt.asUintN(32, bits), 8)}`;
    case 'F': return `f64:${hex(BigInt.asUintN(64, bits), 16)}`;
    case 'v': return `v128:${hex(bits, 32)}`;
    default: return BigInt.asUintN(64, bits) === 0n ? 'ref:null' : 'ref:some';
  }
}

function run(file, name, fuel, args) {
  const module = new wrt.Module(fs.readFileSync(file), { proposals: [] });
  const plan = Object.entries(module.plan).map(([key, n]) => [key, Number(n)]);
  const known = new Map(plan);
  answer.plan = Object.fromEntries(PLAN.map((key) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), known.get(key)]));
  const instance = new wrt.Instance(module, imports(module), SETTINGS);
  const found = module.exports.find((e) => e.name === name);
  if (found === undefined) throw { status: 'WRT_E_NOT_FOUND', reason: 'WRT_REASON_EXPORT_NOT_FOUND' };
  if (found.kind !== 'function') throw { status: 'WRT_E_TYPE', reason: 'WRT_REASON_EXPORT_KIND' };
  const [params, results] = found.signature.slice(1).split(')');
  const task = instance.task(name, ...[...params].map((letter, i) => argument(args[i], letter)));
  let frames = [];
  try {
    if (task.run({ fuel: BigInt(fuel) }) === 'done') {
      answer.results = [...results].map((letter, i) => spelled(task.bits[i], letter));
    } else {
      answer.error = { status: 'WRT_FUEL', reason: '', offset: 0, func: null };
      frames = task.frames;
    }
  } catch (error) {
    const facts = error.status === undefined ? task.stop : error;
    answer.error = told(facts);
    frames = facts.frames;
  }
  const { usage } = task;
  answer.fuel = Number(usage.fuelUsed);
  answer.stack_peak = Number(usage.stackPeak);
  answer.call_depth_peak = usage.callDepthPeak;
  answer.memory_bytes = Number(usage.memoryBytes);
  answer.frames = frames.map((frame) => [frame.func, frame.funcOffset, frame.offset]);
  answer.hash = instance.stateHash.toString(16).padStart(16, '0');
}

const [file, name, fuel, ...args] = process.argv.slice(2);
try {
  run(file, name, fuel, args);
} catch (error) {
  if (error.status === undefined) throw error;
  answer.error = told(error);
}
console.log(JSON.stringify(answer));
