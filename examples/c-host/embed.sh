#!/bin/sh
# Writes guests.h, the guests as C arrays, from ../guests/wasm; with --check, fails when it is stale.
set -eu
cd "$(dirname "$0")"
generate() {
    echo "/* The guests of examples/guests as bytes; written by embed.sh. */"
    echo "#ifndef GUESTS_H"
    echo "#define GUESTS_H"
    echo "#include <stdint.h>"
    for name in control trap; do
        echo
        echo "static const uint8_t ${name}_wasm[] = {"
        od -An -v -tx1 -w16 "../guests/wasm/$name.wasm" | sed 's/ \(..\)/0x\1, /g; s/^/    /; s/ *$//'
        echo "};"
    done
    echo
    echo "#endif"
}
if [ "${1:-}" = --check ]; then
    generate | cmp -s - guests.h || {
        echo "examples/c-host/guests.h is stale; run examples/c-host/embed.sh" >&2
        exit 1
    }
else
    generate >guests.h
fi
