#!/bin/sh
# Writes guests.h, the guests as bytes, from guests/ and ../guests/c/; with --check, fails when it is stale.
#
# A compiler writes its own bytes: another one than guests.h names is told aloud, and nothing is compared. Exit 3:
# skipped.
set -eu
cd "$(dirname "$0")"
work=../../target/c-bare/guests
mkdir -p "$work"
work=$(cd "$work" && pwd)
clang=${WRT_WASM_CC:-clang-19}
for tool in "$clang" python3; do
    command -v "$tool" >/dev/null || {
        echo "the guests of c-bare are skipped, because $tool is not on this machine (Debian: clang-19 lld-19 python3)"
        exit 3
    }
done
version=$("$clang" --version | head -n 1)
if [ "${1-}" = --check ] && ! grep -qF "$version" guests.h; then
    echo "the guests of c-bare are skipped, because guests.h comes from another compiler than this $version"
    exit 3
fi

for source in ../guests/c/control.c ../guests/c/crc.c guests/parse.c; do
    name=$(basename "$source" .c)
    "$clang" --target=wasm32 -std=c99 -Wall -Wextra -Werror -Os -ffreestanding -nostdlib -fno-builtin \
        -Wl,--no-entry -Wl,--strip-all -Wl,--stack-first -Wl,-z,stack-size=256 -Wl,--export-memory \
        -Wl,--export=__heap_base -o "$work/$name.raw" "$source"
    python3 guests/narrow.py "$work/$name.raw" "$work/$name.wasm"
done
for source in guests/*.wat; do
    set -- "$@" "$PWD/$source" "$work/$(basename "$source" .wat).wasm"
done
check=
[ "${1-}" != --check ] || { check=1; shift; }
(cd ../.. && ${WAT:-cargo run -q --profile ${PROFILE-dev} -p wrt-programs --bin wat --} "$@")
{
    echo "/* The guests as bytes; written by guests.sh with $version. */"
    echo "#ifndef GUESTS_H"
    echo "#define GUESTS_H"
    echo "#include <stdint.h>"
    for name in control crc parse simd gc exceptions threads wide; do
        echo
        echo "static const uint8_t ${name}_wasm[] = {"
        od -An -v -tx1 -w16 "$work/$name.wasm" | sed 's/ \(..\)/0x\1, /g; s/^/    /; s/ *$//'
        echo "};"
    done
    echo
    echo "#endif"
} >"$work/guests.h"
if [ -n "$check" ]; then
    cmp "$work/guests.h" guests.h || {
        echo "examples/c-bare/guests.h is stale: run examples/c-bare/guests.sh"
        exit 1
    }
    echo "guests.h is what the sources give"
else
    cp "$work/guests.h" guests.h
fi
