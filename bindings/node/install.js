'use strict';
// Builds the addon with cargo and puts it beside this file as wrt.node.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const build = spawnSync('cargo', ['build', '--release', '--message-format=json-render-diagnostics'], {
  cwd: __dirname,
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
  maxBuffer: 1 << 28,
});
if (build.error || build.status !== 0) {
  console.error(build.error?.code === 'ENOENT'
    ? 'wrt: cargo was not found; install a Rust toolchain (https://rustup.rs) and run npm install again'
    : 'wrt: the addon did not build; see above');
  process.exit(1);
}
const artifact = build.stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  .find((message) => message.reason === 'compiler-artifact' && message.target.kind.includes('cdylib'));
// A new file rather than new contents: a running process may have the old one mapped.
const addon = path.join(__dirname, 'wrt.node');
fs.copyFileSync(artifact.filenames.find((name) => /\.(so|dylib|dll)$/.test(name)), `${addon}.new`);
fs.renameSync(`${addon}.new`, addon);
