#!/bin/sh
# Builds the library for a bare target, optimised for size:
#
#   tools/board/lib.sh TRIPLE DIRECTORY    DIRECTORY/libwrt.a
#
# FEATURES  features of the crate wrt; none where not said, which is the smallest
#
# Needs Debian's compiler, whose library sources match it. Exit 3: skipped.
set -eu
cd "$(dirname "$0")/../.."
triple=$1 out=$2
[ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && [ -e /usr/lib/rustlib/src/rust/library ] || {
    echo "skipped, because Debian's compiler and its library sources are missing (packages rustc-web cargo-web rust-web-src)"
    exit 3
}
# What is called from several places is not copied to them, and what the machine code has several times stands once.
flags="-Cllvm-args=-inline-threshold=5 -Cllvm-args=-inlinehint-threshold=5"
# Copied, divisions in the large loop are seen not to be by zero; called, they bring a way to panic.
case ",${FEATURES-}," in *,large-loop,* | *,pairs,* | *,full,*) flags= ;; esac
case $triple in
    thumb*) flags="$flags -Cllvm-args=-enable-machine-outliner=always" ;;
    # LLVM 22 makes wrong code for RISC-V of a product with a constant of 64 bits that it has moved to another block:
    # the translator's operands are stored to address 0. Without the moving, and unoptimised, the same code is right.
    riscv32*) flags="$flags -Cllvm-args=-disable-constant-hoisting" ;;
esac
# The targets of bare ARM keep a frame pointer in every function, for debuggers that walk the stack by it. That costs a
# register and six bytes a function; where the stack is walked by debug information, nobody reads it.
target=$triple
case $triple in
    thumb*)
        target=target/board/spec/$triple.json
        mkdir -p target/board/spec
        RUSTC_BOOTSTRAP=1 /usr/bin/rustc -Zunstable-options --print target-spec-json --target "$triple" \
            | sed 's/"frame-pointer": "always"/"frame-pointer": "may-omit"/' >"$target.new"
        # Written again, it would be another target to cargo.
        cmp -s "$target.new" "$target" || mv "$target.new" "$target"
        unstable=-Zjson-target-spec
        ;;
esac
# Each function's own stack, in a section that no board loads: `./dev evidence stack` compares it with the machine code.
flags="$flags -Zemit-stack-sizes"
variable=CARGO_TARGET_$(echo "$triple" | tr 'a-z-' 'A-Z_')_RUSTFLAGS
env "$variable=$flags" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
    /usr/bin/cargo rustc --quiet --locked --package wrt --lib --profile board --no-default-features \
    --features "${FEATURES-}" --crate-type staticlib --target "$target" --target-dir target/board ${unstable-} \
    -Zbuild-std=core -Zbuild-std-features=compiler-builtins-mem
mkdir -p "$out"
cp "target/board/$triple/board/libwrt.a" "$out/libwrt.a"
