#!/bin/sh
# Builds the example with a plain compiler line and with CMake, and runs both: the built-in guests, then
# modules from files. The last line counts.
set -eu
cd "$(dirname "$0")/../.."
work=target/c-host-run
mkdir -p "$work"
passed=0 failed=0 skipped=0
# step NAME COMMAND...: runs it, shows its output if it fails.
step() {
    name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        sed 's/^/    /' "$work/log"
        failed=$((failed + 1))
    fi
}
# says TEXT COMMAND...: the command succeeds and prints a line that matches.
says() {
    text=$1
    shift
    "$@" | tee /dev/stderr | grep -qE "$text"
}
with_cmake() {
    cmake -S examples/c-host -B "$work/cmake" && cmake --build "$work/cmake" && "$work/cmake/c-host"
}
refuses() {
    ! "$@"
}
tools/lib.sh
step "guests.h is up to date" examples/c-host/embed.sh --check
step "cc" "${CC:-cc}" -std=c11 -Wall -Wextra -Werror -Wno-missing-field-initializers -Iinclude examples/c-host/*.c \
    target/ship/lib/libwrt.a -lpthread -o "$work/host"
step "built-in guests" says '^all as expected$' "$work/host"
step "a module from a file" says '^= [0-9-]+$' "$work/host" examples/guests/wasm/crc.wasm run 1000
step "what a module imports and exports" says 'export func run\(i\)i' "$work/host" examples/guests/wasm/crc.wasm
step "a file that is no module is refused" refuses "$work/host" examples/c-host/main.c
if command -v cmake >/dev/null; then
    step "CMake" with_cmake
else
    echo "skip CMake, because it is not on this machine (Debian: cmake)"
    skipped=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
