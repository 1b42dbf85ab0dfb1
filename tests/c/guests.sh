#!/bin/sh
# Writes guests.h and firmware/app.c, the guests of the C tests as bytes, from guests/*.wat; with --check,
# fails when one is stale.
set -eu
cd "$(dirname "$0")"
work=../../target/c-guests
mkdir -p "$work/firmware"
pairs=
for source in guests/*.wat; do
    pairs="$pairs $PWD/$source $(cd "$work" && pwd)/$(basename "$source" .wat).wasm"
done
# shellcheck disable=SC2086  # pairs of words are meant
(cd ../.. && ${WAT:-cargo run -q -p wrt-programs --bin wat --} $pairs)
# bytes NAME: the bytes as the inside of a C initialiser
bytes() {
    od -An -v -tx1 -w16 "$work/$1.wasm" | sed 's/ \(..\)/0x\1, /g; s/^/    /; s/ *$//'
}
{
    echo "/* The guests of the C tests as bytes; written by guests.sh. */"
    echo "#ifndef GUESTS_H"
    echo "#define GUESTS_H"
    echo "#include <stdint.h>"
    for source in guests/*.wat; do
        name=$(basename "$source" .wat)
        [ "$name" != tick ] || continue
        echo
        echo "static const uint8_t ${name}_wasm[] = {"
        bytes "$name"
        echo "};"
    done
    echo
    echo "#endif"
} >"$work/guests.h"
{
    echo "/* The guest of tick.c as bytes; written by guests.sh. */"
    echo "#include <stddef.h>"
    echo "#include <stdint.h>"
    echo
    echo "extern const uint8_t app_wasm[];"
    echo "extern const size_t app_wasm_len;"
    echo "const uint8_t app_wasm[] = {"
    bytes tick
    echo "};"
    echo "const size_t app_wasm_len = sizeof app_wasm;"
} >"$work/firmware/app.c"
for file in guests.h firmware/app.c; do
    if [ "${1:-}" = --check ]; then
        cmp -s "$work/$file" "$file" || {
            echo "tests/c/$file is stale; run tests/c/guests.sh" >&2
            exit 1
        }
    else
        cp "$work/$file" "$file"
    fi
done
