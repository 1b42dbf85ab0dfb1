'use strict';
// Runs the JavaScript API tests of the WebAssembly project against the Node package. The whole adapter is one line:
// globalThis.WebAssembly = require('wrt'). Each file has a process of its own. API-4.
//
//   node tests/jsapi/run.js [--prove] [--verbose] [PART-OF-A-PATH...]
//
// `expected.txt` lists tests that fail, each with its reason; one that passes although it is listed fails the run.
// --prove runs with Node's own engine instead, to show that the stand-in for the harness tells good from bad.

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/** Files that need a browser, with the reason. */
const SKIPPED = { 'idlharness.any.js': 'needs a parser of Web IDL and the interface files, which the package does not carry' };

function filesBelow(dir) {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(dir, entry.name);
    return entry.isDirectory() ? filesBelow(file) : file.endsWith('.any.js') ? [file] : [];
  });
}

/** Runs one file in this process; prints its results as JSON. */
async function child(root, file, own) {
  const host = globalThis.WebAssembly;
  if (!own) globalThis.WebAssembly = require(process.env.WRT_PACKAGE ?? '../../bindings/node');
  else globalThis.WebAssembly = host;
  const scripts = [path.join(__dirname, 'harness.js')];
  for (const [, script] of fs.readFileSync(file, 'utf8').matchAll(/^\/\/ META: script=(.*)$/gm)) {
    scripts.push(script.startsWith('/') ? path.join(root, script) : path.join(path.dirname(file), script));
  }
  globalThis.self = globalThis;
  let results;
  try {
    for (const script of [...scripts, file]) vm.runInThisContext(fs.readFileSync(script, 'utf8'), { filename: script });
    results = await globalThis.__results();
  } catch (error) {
    results = [['the file itself', error]];
  }
  const plain = results.map(([name, error]) => [name, error === null ? null : String(error?.stack ?? error)]);
  fs.writeSync(3, JSON.stringify(plain));
}

function expectations() {
  const lines = fs.readFileSync(path.join(__dirname, 'expected.txt'), 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(lines.map((line) => {
    const [test, reason] = line.split(' | ');
    if (!reason) throw new Error(`expected.txt: "${line}" has no reason`);
    return [test, reason];
  }));
}

function main(args) {
  const own = args.includes('--prove');
  const verbose = args.includes('--verbose');
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  let root;
  try {
    root = process.env.WRT_JSAPI ?? execFileSync('sh', [path.join(__dirname, 'fetch.sh')], { encoding: 'utf8' }).trim();
  } catch {
    console.log('skipped: the tests cannot be fetched (see above)\n0 passed, 0 failed, 1 skipped');
    return 0;
  }
  const tests = path.join(root, 'wasm', 'jsapi');
  const expected = expectations();
  const count = { passed: 0, failed: 0, skipped: 0, known: 0 };
  const unseen = new Set(expected.keys());
  for (const file of filesBelow(tests).sort()) {
    const name = path.relative(tests, file);
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    if (SKIPPED[name]) {
      console.log(`skipped: ${name}: ${SKIPPED[name]}`);
      count.skipped++;
      continue;
    }
    const run = spawnSync(process.execPath, ['--expose-gc', __filename, '--child', root, file, own ? 'own' : 'wrt'],
      { stdio: ['ignore', 'inherit', 'inherit', 'pipe'], encoding: 'utf8', timeout: 120_000 });
    let results = [['the file itself', `the process ended with ${run.signal ?? run.status}`]];
    if (run.status === 0) results = JSON.parse(run.output[3]);
    for (const [test, error] of results) {
      const key = `${name}: ${test}`;
      unseen.delete(key);
      const listed = !own && expected.has(key);
      if (error === null && listed) {
        console.log(`FAILED ${key}\n  passes, but expected.txt lists it`);
        count.failed++;
      } else if (error === null) {
        count.passed++;
      } else if (listed) {
        count.known++;
        if (verbose) console.log(`known: ${key}: ${expected.get(key)}`);
      } else {
        count.failed++;
        console.log(`FAILED ${key}\n  ${error.split('\n').slice(0, verbose ? 8 : 2).join('\n  ')}`);
      }
    }
  }
  if (wanted.length === 0 && !own) {
    for (const key of unseen) {
      console.log(`FAILED ${key}\n  expected.txt lists it, but there is no such test`);
      count.failed++;
    }
  }
  if (own) {
    // Node's own engine has all but the tentative interfaces: far more passes than failures, and some failures.
    const proved = count.passed > 5 * count.failed && count.failed > 0;
    console.log(proved ? 'the harness tells good from bad' : 'FAILED the harness does not tell good from bad');
    return proved ? 0 : 1;
  }
  console.log(`${count.known} fail as expected.txt says`);
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  return count.failed > 0 ? 1 : 0;
}

const args = process.argv.slice(2);
if (args[0] === '--child') child(args[1], args[2], args[3] === 'own');
else process.exitCode = main(args);
