#!/usr/bin/env bash
# Shows the main job from an empty machine: build the C library, compile a C program against it, and
# let that program run guests in memory that it lends.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tools/dev/setup.sh

say() {
    printf '\n\033[1m%s\033[0m\n' "$1"
}
[ -t 1 ] || say() {
    printf '\n%s\n' "$1"
}

command -v cargo >/dev/null || {
    echo "A Rust toolchain is needed (1.95 or later): https://rustup.rs" >&2
    exit 1
}
need cc gcc libc6-dev && need nm binutils || {
    echo "A C compiler and binutils are needed; install gcc, libc6-dev and binutils." >&2
    exit 1
}

say "Building the library that a C program links: target/ship/lib/libwrt.a"
tools/lib.sh
ls -l target/ship/lib/libwrt.a | awk '{ print "  " $5 " bytes, no allocator, no panics, no operating system" }'

say "Compiling examples/c-host against include/wrt.h"
mkdir -p target/demo
compile="cc -std=c11 -O2 -Iinclude examples/c-host/*.c target/ship/lib/libwrt.a -lpthread -o target/demo/c-host"
echo "  $compile"
eval "$compile"

say "Running guests in memory that the C program lends"
target/demo/c-host

say "A real program: Lua, compiled to WebAssembly from Debian's sources, runs a script in the same lent arrays"
# Its sources and its compiler come from the distribution; without them the rest of the demonstration stands.
if need clang-19 clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 && tests/programs/build.sh lua; then
    echo "  target/demo/c-host target/programs/lua.wasm eval tools/dev/demo.lua"
    target/demo/c-host target/programs/lua.wasm eval tools/dev/demo.lua
else
    echo "  skipped, because Lua's sources or clang-19 cannot be had here; a guest from the repository instead:"
    echo "  target/demo/c-host examples/guests/wasm/crc.wasm run 10"
    target/demo/c-host examples/guests/wasm/crc.wasm run 10
fi

say "Next: ./dev test checks everything; ./dev help lists the other commands"
