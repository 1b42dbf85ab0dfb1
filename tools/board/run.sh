#!/usr/bin/env bash
# Builds the firmware of examples/c-bare for every board that can be emulated here, runs it, and compares what it
# prints line by line with the same program on this machine, which uses the library that ships: results, fuel, peaks,
# plans and states. Lines that begin with '#' tell what only a board knows.
#
#   run.sh [BOARD...]    cortex-m3, cortex-m3-32k, cortex-m4f, riscv32
#   run.sh --prove       shows that a difference, and too little memory, are found
#
# Exit 3: skipped, because no board can be built or run here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source=examples/c-bare
work=target/c-bare
passed=0 failed=0 skipped=0
warnings=(-std=c11 -Wall -Wextra -Werror -Iinclude -I$source)
# The firmware has an image in its flash, which is made here.
images=(-DIMAGES -I$work)
small=(-Os -ffreestanding -fno-builtin -ffunction-sections -fdata-sections -nostdlib)
script=$PWD/$source/boards/board.ld

# board NAME: sets what it takes to build and run for it.
board() {
    flash=0 flash_size=256K ram=0x20000000 ram_size=64K stack=6K
    compile=(arm-none-eabi-gcc "${small[@]}" -mthumb)
    link=(arm-none-eabi-ld)
    # The firmware's console is a file; what the emulator has to say itself goes elsewhere.
    machine=(-nographic -monitor none -serial none -chardev "file,id=said,path=$work/$1/said" \
        -semihosting-config enable=on,target=native,chardev=said)
    case $1 in
        cortex-m3 | cortex-m3-32k)
            triple=thumbv7m-none-eabi
            compile+=(-mcpu=cortex-m3)
            emulator=qemu-system-arm
            machine+=(-machine lm3s6965evb -cpu cortex-m3)
            [ "$1" = cortex-m3 ] || ram_size=32K
            ;;
        cortex-m4f)
            triple=thumbv7em-none-eabihf
            compile+=(-mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16)
            emulator=qemu-system-arm
            machine+=(-machine mps2-an386 -cpu cortex-m4)
            ;;
        riscv32)
            triple=riscv32imac-unknown-none-elf
            # The emulator loads into RAM, a part of which stands for flash.
            flash=0x80000000 ram=0x80100000
            compile=(clang-19 --target=riscv32 "${small[@]}" -march=rv32imac -mabi=ilp32 -mno-relax)
            link=(ld.lld-19)
            emulator=qemu-system-riscv32
            machine+=(-machine virt -bios none)
            ;;
        *)
            echo "run.sh: no board \`$1\`; boards: cortex-m3, cortex-m3-32k, cortex-m4f, riscv32" >&2
            exit 2
            ;;
    esac
}

# firmware NAME FLAGS...: builds the firmware of the board into its folder.
firmware() {
    local out=$work/$1
    shift
    mkdir -p "$out"
    "${compile[@]}" "${warnings[@]}" "${images[@]}" "$@" -c $source/firmware.c -o "$out/firmware.o"
    "${compile[@]}" "${warnings[@]}" "$@" -c $source/boards/board.c -o "$out/board.o"
    "${link[@]}" -z noexecstack --gc-sections -T "$script" --defsym=__flash=$flash --defsym=__flash_size=$flash_size \
        --defsym=__ram=$ram --defsym=__ram_size=$ram_size --defsym=__stack_size=$stack --entry=0 \
        -Map="$out/firmware.map" "$out/firmware.o" "$out/board.o" "$work/$triple/libwrt.a" -o "$out/firmware.elf"
}

# emulate NAME: runs it; what it prints is in its folder.
emulate() {
    timeout 120 "$emulator" "${machine[@]}" -kernel "$work/$1/firmware.elf" </dev/null >"$work/$1/emulator" 2>&1
}

# missing TOOL PACKAGE: whether it is missing.
missing() {
    ! command -v "$1" >/dev/null && echo "$1 is missing (package $2)"
}

# try NAME: builds, runs and compares; 0 passed, 3 skipped.
try() {
    local why
    board "$1"
    why=$(missing "${compile[0]}" "gcc-arm-none-eabi, clang-19" || missing "${link[0]}" "binutils-arm-none-eabi, lld-19" \
        || missing "$emulator" "qemu-system-arm, qemu-system-misc" || true)
    if [ -z "$why" ] && [ ! -e "$work/$triple/libwrt.a" ]; then
        why=$(tools/board/lib.sh "$triple" "$work/$triple" 2>&1) && why= || {
            [ $? -eq 3 ] || { echo "$why"; return 1; }
        }
    fi
    if [ -n "$why" ]; then
        echo "$1 is skipped, because ${why#skipped, because }"
        return 3
    fi
    firmware "$1" || return 1
    emulate "$1" || { cat "$work/$1/said"; echo "$1: the firmware ended with an error"; return 1; }
    grep '^#' "$work/$1/said" | sed "s/^#/$1:/"
    diff <(grep -v '^#' "$work/host/said") <(grep -v '^#' "$work/$1/said") || {
        echo "$1: the board's lines are not those of this machine"
        return 1
    }
    echo "$1: $(grep -vc '^#' "$work/$1/said") lines are those of this machine"
}

# host FLAGS...: the same program here.
host() {
    mkdir -p "$work/host"
    cc "${warnings[@]}" $source/image.c target/ship/lib/libwrt.a -o "$work/host/image"
    "$work/host/image" >"$work/images.h"
    cc "${warnings[@]}" "${images[@]}" -O1 -ffp-contract=off "$@" $source/firmware.c $source/host.c target/ship/lib/libwrt.a \
        -o "$work/host/firmware"
    "$work/host/firmware" >"$work/host/said" || { cat "$work/host/said"; return 1; }
}

boards=("$@")
[ $# -gt 0 ] || boards=(cortex-m3 cortex-m3-32k cortex-m4f riscv32)
if [ "${1-}" != --prove ]; then
    # A name that nobody knows is refused before anything is built.
    for name in "${boards[@]}"; do board "$name"; done
fi

command -v cc >/dev/null || { echo "skipped, because cc is missing"; exit 3; }
[ -e target/ship/lib/libwrt.a ] && [ "${BUILT-}" = yes ] || tools/lib.sh
rm -f "$work"/*/libwrt.a
host

if [ "${1-}" = --prove ]; then
    board cortex-m3
    try cortex-m3 >/dev/null || exit $?
    # A tick more on the board than here.
    firmware cortex-m3 -DTICKS=201 && emulate cortex-m3
    if diff <(grep -v '^#' "$work/host/said") <(grep -v '^#' "$work/cortex-m3/said") >/dev/null; then
        echo "another run is taken for the same"
        exit 1
    fi
    ram_size=16K
    if firmware cortex-m3 2>"$work/refused"; then
        echo "16 KB of RAM are not refused"
        exit 1
    fi
    grep -i 'overflow' "$work/refused" | head -n 1
    echo "the comparison finds a board that did one tick more, and the linker one with too little memory"
    exit 0
fi

cat "$work/host/said"
for name in "${boards[@]}"; do
    code=0
    try "$name" || code=$?
    case $code in
        0) passed=$((passed + 1)) ;;
        3) skipped=$((skipped + 1)) ;;
        *) failed=$((failed + 1)) ;;
    esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$passed" -gt 0 ] || exit 3
