#!/bin/sh
# Builds every kernel twice: target/kernels/NAME.wasm and the native twin target/kernels/NAME.native.
#
#   build.sh            builds what is older than its source
#   build.sh --check    then runs each kernel in the native twin and, where node is at hand, in node, and compares
#
# Several may run at once: each waits for the one before. Exit 3: skipped, because a compiler is missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
out=${WRT_KERNELS:-$root/target/kernels}
clang=${WRT_WASM_CC:-clang-19}
mkdir -p "$out"
if ! command -v "$clang" >/dev/null; then
    echo "kernels: skipped, because $clang is not on this machine (Debian: clang-19 lld-19)" >&2
    exit 3
fi
if [ -z "${WRT_KERNELS_LOCKED-}" ] && command -v flock >/dev/null; then
    export WRT_KERNELS_LOCKED=1
    exec flock "$out/.lock" sh "$0" "$@"
fi
newer() {
    [ -e "$1" ] && [ "$1" -nt "$2" ] && [ "$1" -nt "$here/kernel.h" ] && [ "$1" -nt "$here/build.sh" ]
}
# -mbulk-memory: memory.copy and memory.fill in place of calls to a C library that is not linked.
# Neither side may fuse a multiplication and an addition: the checksums hold every bit.
common="-std=c99 -Wall -Wextra -Werror -O2 -ffp-contract=off"
for source in "$here"/*.c; do
    name=$(basename "$source" .c)
    [ "$name" != native ] || continue
    newer "$out/$name.wasm" "$source" || "$clang" --target=wasm32 $common -mbulk-memory -ffreestanding -nostdlib \
        -Wl,--no-entry -Wl,--strip-debug -Wl,--stack-first -Wl,-z,stack-size=16384 -o "$out/$name.wasm" "$source"
    newer "$out/$name.native" "$source" || "${CC:-cc}" $common -fwrapv -fno-strict-aliasing -fno-math-errno \
        -o "$out/$name.native" "$source" "$here/native.c"
done
[ "${1-}" = --check ] || exit 0
failed=0
for source in "$here"/*.c; do
    name=$(basename "$source" .c)
    [ "$name" != native ] || continue
    native=$("$out/$name.native" 0 1 7 20 | tr '\n' ' ')
    if command -v node >/dev/null; then
        other=$(node -e '
            const module = new WebAssembly.Module(require("fs").readFileSync(process.argv[1]));
            const { run } = new WebAssembly.Instance(module).exports;
            for (const n of [0, 1, 7, 20]) process.stdout.write((run(n) >>> 0) + " ");
        ' "$out/$name.wasm")
        [ "$native" = "$other" ] || { echo "kernels: $name differs: $native against $other" >&2; failed=1; }
    fi
    echo "$name $(wc -c <"$out/$name.wasm") bytes: $native"
done
exit $failed
