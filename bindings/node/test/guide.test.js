'use strict';
// Every example of docs/guide-node.md and of the package's own README runs, in a process of its own.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const root = path.join(__dirname, '..', '..', '..');
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'wrt-guide-'));
const modules = path.join(home, 'node_modules');
fs.mkdirSync(modules);
fs.symlinkSync(process.env.WRT_PACKAGE ?? path.join(__dirname, '..'), path.join(modules, 'wrt'));
process.on('exit', () => fs.rmSync(home, { recursive: true }));

/** What some examples print, where the text says so. */
const SAYS = [
  [/fac\(20n\)/, /^2432902008176640000n \d+n\n/], [/the guest says/, /^the guest says 42\n$/], [/run\(9\)/, /^out of fuel after 10002 instructions/],
  [/text\.copy/, /^ffab723a\n$/], [/grants/, / true \d+n\n$/], [/slice: 100/, /^41\n$/], [/restore/, /^true true\n$/], [/wrt!/, /^wrt!\n$/],
  [/hello from/, /^hello from a guest\nexit code 0\n$/], [/2n \*\* 70n/, /does not fit i64/], [/arenaTaken/, /^-?\d+ \d+\n$/],
];

for (const file of ['docs/guide-node.md', 'bindings/node/README.md']) {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const examples = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  test(`${file} has examples`, () => assert(examples.length > 0));
  examples.forEach((code, i) => test(`${file}: example ${i + 1}`, () => {
    const run = spawnSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_PATH: modules } });
    assert.equal(run.status, 0, run.stderr);
    const said = SAYS.filter(([part]) => part.test(code));
    for (const [, expected] of said) assert.match(run.stdout, expected);
    assert.notEqual(run.stdout, '');
  }));
}

test('every text that an example is to print is looked for', () => {
  const text = fs.readFileSync(path.join(root, 'docs/guide-node.md'), 'utf8');
  for (const [part] of SAYS) assert.match(text, part);
});
