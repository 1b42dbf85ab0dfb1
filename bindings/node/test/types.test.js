'use strict';
// index.d.ts: a sample compiles against it in strict mode, and it names what the package has, no more and no less. API-4.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { wrt } = require('./help.js');

const root = path.join(__dirname, '..', '..', '..');
const declared = fs.readFileSync(path.join(__dirname, '..', 'index.d.ts'), 'utf8');
// tools/docs-node.sh installs it.
const tools = path.join(root, 'target', 'node-docs', 'node_modules');

test('the package has what is declared, and what it has is declared', () => {
  const names = new Set([...declared.matchAll(/^export (?:class|function|const) (\w+)/gm)].map(([, name]) => name));
  assert.deepEqual([...names].sort(), Object.getOwnPropertyNames(wrt).sort());
});

test('every class has the members that are declared', () => {
  for (const [, name, body] of declared.matchAll(/^export class (\w+)[^{]*\{\n([\s\S]*?)^\}/gm)) {
    const members = [...body.matchAll(/^ {2}(static )?(?:readonly )?(\w+)\(/gm)].filter(([, , member]) => member !== 'constructor');
    for (const [, isStatic, member] of members) {
      const owner = isStatic ? wrt[name] : wrt[name].prototype;
      assert.equal(typeof owner[member], 'function', `${name}.${member}`);
    }
  }
});

test('a sample compiles in strict mode', { skip: !fs.existsSync(path.join(tools, 'typescript')) && 'tools/docs-node.sh has not installed typescript' }, () => {
  const config = ['--strict', '--noEmit', '--noUnusedLocals', 'false', '--exactOptionalPropertyTypes', '--target', 'es2022', '--module', 'nodenext',
    '--typeRoots', path.join(tools, '@types'), '--types', 'node'];
  const sample = path.join(__dirname, 'types', 'sample.ts');
  const run = spawnSync(process.execPath, [path.join(tools, 'typescript', 'bin', 'tsc'), ...config, sample], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stdout);
});
