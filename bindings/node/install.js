'use strict';
// Makes the addon: takes the one that came with the package, else builds it with cargo and puts it beside this file.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** Whether the package came with an addon that this Node loads. Its sources are elsewhere then. */
function isShipped() {
  const file = path.join(__dirname, 'prebuilds', `${process.platform}-${process.arch}`, 'wrt.node');
  // Beside the engine's sources, what was packed last may be old.
  if (!fs.existsSync(file) || fs.existsSync(path.join(__dirname, '..', '..', 'wrt-core'))) return false;
  try {
    require(file);
    return true;
  } catch (error) {
    console.error(`wrt: the addon of the package does not load here (${error.message}); building it`);
    return false;
  }
}

function build() {
  const run = spawnSync('cargo', ['build', '--release', '--message-format=json-render-diagnostics'], {
    cwd: __dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (run.error || run.status !== 0) {
    console.error(run.error?.code === 'ENOENT'
      ? `wrt: there is no addon for ${process.platform}-${process.arch}, and cargo was not found; `
        + 'install a Rust toolchain (https://rustup.rs) and run npm install again'
      : 'wrt: the addon did not build; see above');
    process.exit(1);
  }
  const artifact = run.stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
    .find((message) => message.reason === 'compiler-artifact' && message.target.kind.includes('cdylib'));
  // A new file rather than new contents: a running process may have the old one mapped.
  const addon = path.join(__dirname, 'wrt.node');
  fs.copyFileSync(artifact.filenames.find((name) => /\.(so|dylib|dll)$/.test(name)), `${addon}.new`);
  fs.renameSync(`${addon}.new`, addon);
}

if (!isShipped()) build();
