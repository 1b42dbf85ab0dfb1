#!/bin/sh
# Rebuilds the guests in wasm/ from their sources.
#
#   build.sh            rebuilds every guest whose compiler is here
#   build.sh --check    rebuilds into target/guests and compares byte for byte with the committed files
#
# A compiler writes its own bytes, so C and Rust guests are compared only under the compiler that wasm/built-with.txt
# names; with another one, or none, the guest is skipped aloud. Exit 1: a guest differs or does not build.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/target/guests
out=$work/wasm
record=$here/wasm/built-with.txt
check=
case "${1-}" in
    --check) check=1 ;;
    "") ;;
    *) echo "usage: build.sh [--check]" >&2; exit 2 ;;
esac
rm -rf "$out" && mkdir -p "$out" "$here/wasm"
failed=0 compared=0 built=0 skipped=0

# accept GUEST...: takes what has just been built in $out
accept() {
    for guest in "$@"; do
        if [ -z "$check" ]; then
            install -m 644 "$out/$guest.wasm" "$here/wasm/$guest.wasm"
            built=$((built + 1))
        elif cmp -s "$out/$guest.wasm" "$here/wasm/$guest.wasm"; then
            compared=$((compared + 1))
        else
            echo "guests: wasm/$guest.wasm is not what its source gives; run examples/guests/build.sh" >&2
            failed=$((failed + 1))
        fi
    done
}
skip() {
    echo "guests: skipped $1, because $2" >&2
    skipped=$((skipped + 1))
}
# same_tool KEY VERSION: whether the committed files of this language come from this very compiler; records it on a build
same_tool() {
    if [ -n "$check" ]; then
        grep -qxF "$1: $2" "$record"
    else
        { grep -v "^$1: " "$record" 2>/dev/null || true; echo "$1: $2"; } | sort >"$work/record"
        mv "$work/record" "$record"
    fi
}

# Text: the converter is ours and pinned by Cargo.lock, so it is always compared.
for source in "$here"/wat/*.wat; do
    set -- "$@" "$source" "$out/$(basename "$source" .wat).wasm"
done
[ -n "$check" ] && shift
(cd "$root" && cargo run -q --profile "${PROFILE-dev}" -p wrt-programs --bin wat -- "$@")
for source in "$here"/wat/*.wat; do accept "$(basename "$source" .wat)"; done

# C: free-standing, one page of memory, a stack of 1 KiB below the data so that an overflow traps.
clang=${WRT_WASM_CC:-clang-19}
if ! command -v "$clang" >/dev/null; then
    skip "c/*" "$clang is not on this machine (Debian: clang-19 lld-19)"
elif ! same_tool c "$("$clang" --version | head -n 1)"; then
    skip "c/*" "the committed files come from another compiler than this $("$clang" --version | head -n 1)"
else
    for source in "$here"/c/*.c; do
        guest=$(basename "$source" .c)
        (cd "$here/c" && "$clang" --target=wasm32 -std=c99 -Wall -Wextra -Werror -O2 -ffreestanding -nostdlib \
            -Wl,--no-entry -Wl,--strip-debug -Wl,--stack-first -Wl,-z,stack-size=1024 -Wl,--export-memory \
            -Wl,--initial-memory=65536 -Wl,--max-memory=65536 -o "$out/$guest.wasm" "$guest.c")
        accept "$guest"
    done
fi

# Rust: `core` is built from Debian's rust-web-src, which fits Debian's compiler alone.
rustc=${WRT_WASM_RUSTC:-/usr/bin/rustc} cargo=${WRT_WASM_CARGO:-/usr/bin/cargo}
if ! [ -x "$rustc" ] || ! [ -x "$cargo" ]; then
    skip "rust/*" "Debian's Rust is not on this machine (rustc-web cargo-web rust-web-src rust-web-llvm)"
elif ! [ -e "$("$rustc" --print sysroot)/lib/rustlib/src" ]; then
    skip "rust/*" "the sources of core are not on this machine (rust-web-src)"
elif ! same_tool rust "$("$rustc" --version)"; then
    skip "rust/*" "the committed files come from another compiler than this $("$rustc" --version)"
else
    flags="--remap-path-prefix=$here= -Clink-arg=-zstack-size=1024 -Clink-arg=--stack-first"
    flags="$flags -Clink-arg=--initial-memory=65536 -Clink-arg=--max-memory=65536 -Cstrip=debuginfo"
    for manifest in "$here"/rust/*/Cargo.toml; do
        guest=$(basename "$(dirname "$manifest")")
        (cd "$(dirname "$manifest")" && env -u RUSTUP_TOOLCHAIN RUSTC="$rustc" RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags" \
            CARGO_TARGET_DIR="$work/rust" "$cargo" build -q --release -Zbuild-std=core --target wasm32-unknown-unknown)
        cp "$work/rust/wasm32-unknown-unknown/release/$guest.wasm" "$out/$guest.wasm"
        accept "$guest"
    done
fi

if [ -n "$check" ]; then
    echo "guests: $compared the same, $failed different, $skipped languages skipped"
else
    echo "guests: $built built, $skipped languages skipped"
fi
[ "$failed" -eq 0 ]
