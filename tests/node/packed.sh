#!/bin/sh
# Packs the Node package with the built addon and installs it into an empty folder, with a PATH that has node and npm and
# no compiler; then runs the example of README.md and the first lines of the guide there.
#
#   tests/node/packed.sh
#
# WRT_NODE_ADDON   the addon; else bindings/node/wrt.node, which npm install ./bindings/node builds
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
work=$root/target/node-packed
passed=0 failed=0 skipped=0

end() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}
check() {
    name=$1
    shift
    if "$@" > "$work/log" 2>&1; then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        sed 's/^/    /' "$work/log"
        failed=$((failed + 1))
    fi
}

mkdir -p "$work"
for tool in node npm; do
    command -v $tool > /dev/null || { echo "skip all, because there is no $tool (Debian: $tool)"; skipped=1; end; }
done
addon=${WRT_NODE_ADDON:-bindings/node/wrt.node}
[ -e "$addon" ] || { echo "skip all, because $addon is not there (npm install ./bindings/node builds it)"; skipped=1; end; }

# The package as it is shipped: the addon without symbols for debuggers where strip is here.
rm -rf "${work:?}/stage" "${work:?}/user" "${work:?}/bin"
mkdir -p "$work/stage" "$work/user" "$work/bin"
platform=$(node -p 'process.platform + "-" + process.arch')
(cd bindings/node && tar -cf - index.js index.d.ts install.js package.json README.md build.rs Cargo.toml Cargo.lock lib src) |
    tar -xf - -C "$work/stage"
mkdir -p "$work/stage/prebuilds/$platform"
cp "$addon" "$work/stage/prebuilds/$platform/wrt.node"
! command -v strip > /dev/null || strip --strip-debug "$work/stage/prebuilds/$platform/wrt.node"
check pack sh -c "cd '$work/stage' && npm pack --loglevel=error --pack-destination '$work/user'"

# Nothing but what npm itself runs.
for tool in node npm sh env; do
    ln -s "$(command -v $tool)" "$work/bin/$tool"
done
cd "$work/user"
echo '{ "private": true }' > package.json
check "no compiler on the PATH" sh -c "! env PATH='$work/bin' sh -c 'command -v cargo || command -v cc || command -v rustc'"
check "install without a compiler" env PATH="$work/bin" npm install --offline --no-audit --no-fund --loglevel=error ./wrt-0.1.0.tgz
check "nothing was built" test ! -e node_modules/wrt/wrt.node
ln -sfn "$root/examples" examples

# The first block of JavaScript behind the line that names Node.
awk '/^\*\*Node\*\*/ { on = 1 } on && /^```$/ { exit } on && code { print } on && /^```js$/ { code = 1 }' \
    "$root/README.md" > readme.js
awk '/^```$/ { if (code) exit } code { print } /^```js$/ { code = 1 }' "$root/docs/guide-node.md" > guide.js
check "README.md has an example" test -s readme.js
check "the example of README.md" env PATH="$work/bin" node readme.js
check "the guide has an example" test -s guide.js
check "the first lines of the guide" env PATH="$work/bin" node guide.js
check "it says what it does" env PATH="$work/bin" node -e '
const { execFileSync } = require("node:child_process");
const out = execFileSync(process.execPath, ["readme.js"], { encoding: "utf8" });
require("node:assert").match(out, /^ffab723a \d+n\nout of fuel after 10\d\d\d instructions/);'
end
