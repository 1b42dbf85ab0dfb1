#!/bin/sh
# Fills the corpora with what the repository already has: what earlier runs found, the small guests, the kernels if they
# are built, and generated modules. Files that are there stay.
#
#   seed.sh TARGET      load, run, differential or image
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=$1
corpus=$here/corpus/$target
mkdir -p "$corpus"
# What earlier runs found.
[ ! -e "$corpus.tar.gz" ] || tar -xzf "$corpus.tar.gz" --skip-old-files -C "$corpus"
case $target in
    load)
        # Modules as they are: the target takes any bytes.
        for file in "$root"/examples/guests/wasm/*.wasm "$root"/target/kernels/*.wasm; do
            [ -e "$file" ] || continue
            cp "$file" "$corpus/$(basename "$file" .wasm)"
        done
        # The shortest modules, and the shortest that are none.
        printf '\000asm\001\000\000\000' >"$corpus/empty"
        printf '\000asm\002\000\000\000' >"$corpus/version"
        printf '\000asm\015\000\001\000' >"$corpus/component"
        printf '\000asm\001\000\000\000\001\004\001\140\000\000\003\002\001\000\012\004\001\002\000\013' >"$corpus/function"
        ;;
    run | differential)
        # Bytes that the generator turns into modules: from nothing but the stream of a seed, so that they are the same
        # on every machine.
        for seed in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
            octal=$(awk -v seed="$seed" 'BEGIN {
                x = seed * 7919
                for (i = 0; i < 3000; i++) { x = (x * 16807) % 2147483647; printf "\\%03o", int(x / 4096) % 256 }
            }')
            # shellcheck disable=SC2059 (the escapes are the format)
            [ -e "$corpus/seed-$seed" ] || printf "$octal" >"$corpus/seed-$seed"
        done
        ;;
    image)
        # Images of the small guests; of some there is none.
        cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" --package wrtd
        wrtd=${CARGO_TARGET_DIR:-$root/target}/release/wrtd
        for file in "$root"/examples/guests/wasm/*.wasm "$root"/tests/guests/*.wat; do
            "$wrtd" compile --enable threads --enable custom-page-sizes --enable wide-arithmetic --json \
                -o "$corpus/$(basename "$file")" "$file" >/dev/null || true
        done
        ;;
    *)
        echo "seed.sh: no target is called $target" >&2
        exit 2
        ;;
esac
