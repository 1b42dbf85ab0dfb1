#!/bin/sh
# Writes guests.h, the guests of the C tests as bytes, from guests/*.wat; with --check, fails when it is stale.
set -eu
cd "$(dirname "$0")"
work=../../target/c-guests
mkdir -p "$work"
check=${1:-}
pairs=
for source in guests/*.wat; do
    pairs="$pairs $PWD/$source $(cd "$work" && pwd)/$(basename "$source" .wat).wasm"
done
# shellcheck disable=SC2086  # pairs of words are meant
(cd ../.. && ${WAT:-cargo run -q -p wrt-programs --bin wat --} $pairs)
{
    echo "/* The guests of the C tests as bytes; written by guests.sh. */"
    echo "#ifndef GUESTS_H"
    echo "#define GUESTS_H"
    echo "#include <stdint.h>"
    for source in guests/*.wat; do
        name=$(basename "$source" .wat)
        echo
        echo "static const uint8_t ${name}_wasm[] = {"
        od -An -v -tx1 -w16 "$work/$name.wasm" | sed 's/ \(..\)/0x\1, /g; s/^/    /; s/ *$//'
        echo "};"
    done
    echo
    echo "#endif"
} >"$work/guests.h"
if [ "$check" = --check ]; then
    cmp -s "$work/guests.h" guests.h || {
        echo "tests/c/guests.h is stale; run tests/c/guests.sh" >&2
        exit 1
    }
else
    cp "$work/guests.h" guests.h
fi
