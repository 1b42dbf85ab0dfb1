#!/bin/sh
# What the notes of binaries say of control-flow enforcement: IBT and SHSTK on x86-64, BTI and PAC on aarch64. ASIL-5.
#
#   tools/cfi.sh [FILE...]     reads the files, or the program that this builds of a C object with the note and the library
#
# Fails when the compiler is seen to have a stable switch, or a binary has a note, so that the documentation must change.
set -eu
cd "$(dirname "$0")/.."
command -v readelf >/dev/null || {
    echo "skipped, because readelf is not here (package binutils)"
    exit 3
}
work=target/cfi
mkdir -p "$work"
notes() { readelf --notes --wide "$1" 2>/dev/null | grep -oE 'IBT|SHSTK|BTI|PAC' | sort -u | tr '\n' ' '; }

changed=0
found=$(rustc -C help | grep -E 'cf-protection|branch-protection' || true)
[ -z "$found" ] || {
    echo "cfi: rustc has a stable switch now: $found"
    changed=1
}
if [ "$(uname -m)" = x86_64 ] && command -v cc >/dev/null; then
    printf 'int probe(void) { return 1; }\n' >"$work/probe.c"
    cc -c -fcf-protection=full "$work/probe.c" -o "$work/probe.o"
    said=$(notes "$work/probe.o")
    echo "C object with -fcf-protection=full: ${said:-no note}"
    # Shows that a note would be seen.
    case $said in
    *IBT*SHSTK*) ;;
    *) echo "cfi: the note of a C object is not seen" && exit 1 ;;
    esac
fi
printf 'fn main() {}\n' >"$work/plain.rs"
rustc --edition 2024 "$work/plain.rs" -o "$work/plain"
[ $# -gt 0 ] || set -- "$work/plain" target/checked/wrtd target/ship/lib/libwrt.so
for file; do
    [ -e "$file" ] || {
        echo "$file: not built"
        continue
    }
    said=$(notes "$file")
    echo "$file: ${said:-no note of control-flow enforcement}"
    [ -z "$said" ] || changed=1
done
exit $changed
