#!/usr/bin/env bash
# Runs one corpus of operations on every target that can be emulated here and compares what came of each
# call bit for bit: result, trap, fuel, stack, and for whole programs every stop with its frames, state hash and
# use of the heap, every plan and all translated code. Fails where an operator is not compared. CORE-7, MEM-2.
#
# Then guests travel: stopped on x86-64, they go on elsewhere from the bytes of the stop, and end here. RUN-2.
#
#   run.sh [TARGET...]    aarch64 (Linux, under qemu-aarch64); bare, under qemu-system-arm: cortex-m3, cortex-m4f;
#                         bare, under qemu-system-riscv32: riscv32
#   run.sh --prove        shows that a difference is found: a board whose unit flushes subnormal numbers
#
# Without arguments, all targets. Needs Debian's compiler, whose library sources match it. The corpus and the
# outcomes stay in target/sameness/run. Exit 3: skipped, because no other target can be built or run here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=target/sameness/run
skipped=0
features=
started=$SECONDS

# skip TARGET WHY: says so.
skip() {
    echo "$1 is skipped, because $2"
    skipped=$((skipped + 1))
}

# can TARGET: what building and running for it takes is here.
can() {
    local emulator package
    case $1 in
        aarch64) emulator=qemu-aarch64 package=qemu-user ;;
        cortex-m3 | cortex-m4f) emulator=qemu-system-arm package=qemu-system-arm ;;
        riscv32) emulator=qemu-system-riscv32 package=qemu-system-misc ;;
        *)
            echo "run.sh: no target \`$1\`" >&2
            exit 2
            ;;
    esac
    command -v "$emulator" >/dev/null || {
        skip "$1" "$emulator is missing (package $package)"
        return 1
    }
    [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && [ -e /usr/lib/rustlib/src/rust/library ] \
        && command -v rust-lld >/dev/null || {
        skip "$1" "Debian's compiler and its library sources are missing (packages rustc-web cargo-web rust-web-src lld-22)"
        return 1
    }
}

# foreign TRIPLE ARGUMENTS...: builds the device for it, with `core` from source.
foreign() {
    local triple=$1
    shift
    env "$@" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo build --quiet --release --locked \
        --manifest-path tests/sameness/device/Cargo.toml --target-dir target/sameness \
        --features "$features" -Zbuild-std=core -Zbuild-std-features=compiler-builtins-mem --target "$triple"
}

# build_for TARGET: the device for it.
build_for() {
    local device=$PWD/tests/sameness/device
    case $1 in
        aarch64)
            foreign aarch64-unknown-linux-gnu CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=rust-lld \
                CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clinker-flavor=ld.lld -Crelocation-model=static -Ctarget-feature=+crt-static"
            ;;
        cortex-m3) foreign thumbv7m-none-eabi CARGO_TARGET_THUMBV7M_NONE_EABI_RUSTFLAGS="-Clink-arg=-T$device/board.x" ;;
        cortex-m4f) foreign thumbv7em-none-eabihf CARGO_TARGET_THUMBV7EM_NONE_EABIHF_RUSTFLAGS="-Clink-arg=-T$device/board.x" ;;
        # Why without constant hoisting: tools/board/lib.sh.
        riscv32)
            foreign riscv32imac-unknown-none-elf CARGO_TARGET_RISCV32IMAC_UNKNOWN_NONE_ELF_RUSTFLAGS="-Clink-arg=-T$device/virt.x -Cllvm-args=-disable-constant-hoisting"
            ;;
    esac
}

# run_on TARGET CORPUS FOLDER: runs it there, into outcomes in the folder.
run_on() {
    local folder=$3
    rm -rf "$folder" && mkdir -p "$folder"
    cp "$2" "$folder/corpus"
    # A board opens its files in the folder that the emulator runs in.
    (
        cd "$folder"
        device() { echo "../../$1/release/wrt-sameness-device"; }
        bare="-nographic -monitor none -serial none -semihosting-config enable=on,target=native -kernel"
        case $1 in
            aarch64) qemu-aarch64 "$(device aarch64-unknown-linux-gnu)" corpus outcomes ;;
            cortex-m3) qemu-system-arm -machine mps2-an385 -cpu cortex-m3 $bare "$(device thumbv7m-none-eabi)" </dev/null ;;
            cortex-m4f) qemu-system-arm -machine mps2-an386 -cpu cortex-m4 $bare "$(device thumbv7em-none-eabihf)" </dev/null ;;
            riscv32) qemu-system-riscv32 -machine virt -bios none -m 64M $bare "$(device riscv32imac-unknown-none-elf)" </dev/null ;;
        esac
    )
}

if [ "${1-}" = --prove ]; then
    features=flush-to-zero
    set -- cortex-m4f
fi
[ $# -gt 0 ] || set -- aarch64 cortex-m3 cortex-m4f riscv32
targets=()
for target in "$@"; do
    ! can "$target" || targets+=("$target")
done
[ ${#targets[@]} -gt 0 ] || exit 3

mkdir -p "$work"
cargo build --quiet --release --package wrt-sameness
sameness=target/release/wrt-sameness
"$sameness" generate "$work"
[ -n "$features" ] || "$sameness" depart "$work"
runs=()
journeys=()
for target in "${targets[@]}"; do
    from=$SECONDS
    build_for "$target"
    run_on "$target" "$work/corpus" "$work/$target"
    runs+=("$target=$work/$target/outcomes")
    if [ -z "$features" ]; then
        run_on "$target" "$work/legs" "$work/$target-legs"
        journeys+=("$target=$work/$target-legs/outcomes")
    fi
    echo "$target: built and run in $((SECONDS - from)) s"
done
if [ -n "$features" ]; then
    # Operators of f32 must differ, alone and in lanes; those of integers and, in software, of f64 must not.
    "$sameness" compare "$work" "$skipped" "${runs[@]}" >"$work/proof" && {
        echo "a board that flushes subnormal numbers is taken for one that does not"
        exit 1
    }
    grep 'differ' "$work/proof"
    grep -q '^  differs: f32\.' "$work/proof"
    grep -q '^  differs in: .* f32x4\.add ' "$work/proof"
    if grep -E '^  differs in: .* (i32|i64|i32x4|f64|f64x2)\.(add|mul) ' "$work/proof"; then
        echo "operators differ that the unit does not compute"
        exit 1
    fi
    echo "the comparison finds a board that flushes subnormal numbers"
    exit 0
fi
"$sameness" compare "$work" "$skipped" "${runs[@]}"
"$sameness" arrive "${journeys[@]}"
echo "took $((SECONDS - started)) s"
