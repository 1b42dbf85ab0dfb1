#!/bin/sh
# Builds the library that ships, without the standard library, as one object in which all but wrt_*
# is local:
#
#   target/ship/lib/libwrt.a            static
#   target/ship/lib/libwrt.so.<abi>     shared, with its links
#   target/ship/wrt.full.o              the same object with every name, for tools/symbols.sh
#
# SHIP     another directory than target/ship
# FEATURES features of the crate wrt; all that there is to run modules, where not said
# NM, AR, LD, OBJCOPY, CC  other tools
set -eu
cd "$(dirname "$0")/.."
ship=${SHIP:-target/ship}
nm=${NM:-nm} ar=${AR:-ar} ld=${LD:-ld} objcopy=${OBJCOPY:-objcopy} cc=${CC:-cc}
abi=$(sed -n 's/^#define WRT_ABI_VERSION \([0-9]*\).*/\1/p' include/wrt.h)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

# With one crate type only, link-time optimisation covers everything.
cargo rustc --quiet --package wrt --profile dist --no-default-features --features "${FEATURES-full}" \
    --crate-type staticlib --target-dir "$ship"
lib=$ship/dist/libwrt.a
mkdir -p "$ship/lib"

# The C library (or, on a board, the firmware) has these four; a copy of our own would be one more.
cp "$lib" "$ship/work.a"
"$nm" -A --defined-only "$ship/work.a" 2>/dev/null |
    sed -n 's/^[^:]*:\([^:]*\):[^:]* [A-Za-z] \(mem[a-z]*\|bcmp\|strlen\)$/\1/p' | sort -u |
    xargs -r "$ar" d "$ship/work.a"

"$nm" --defined-only --extern-only "$lib" 2>/dev/null | sed -n 's/.* T \(wrt_[a-z0-9_]*\)$/\1/p' | sort -u >"$ship/exports"
# shellcheck disable=SC2046  # one argument per name is meant
"$ld" -r --gc-sections $(sed 's/^/-u /' "$ship/exports") -o "$ship/wrt.linked.o" "$ship/work.a"
# The compiler writes bcmp where memcmp is meant as "equal or not".
# Sections of bitcode would make tools with an LLVM plugin take the object for something else.
"$objcopy" --redefine-sym bcmp=memcmp --remove-section=.llvmbc --remove-section=.llvmcmd \
    "$ship/wrt.linked.o" "$ship/wrt.full.o"
"$objcopy" --strip-debug --strip-unneeded --keep-global-symbols="$ship/exports" "$ship/wrt.full.o" "$ship/wrt.o"

rm -f "$ship/lib/libwrt.a"
# Without times and owners, so that the same object makes the same archive.
"$ar" rcsD "$ship/lib/libwrt.a" "$ship/wrt.o"
# Only the host's own tools make a shared library; a board has none.
if [ "${SHARED:-yes}" = yes ]; then
    "$cc" -shared -nostartfiles -Wl,-soname,"libwrt.so.$abi" -Wl,-z,relro,-z,now -Wl,-z,noexecstack \
        -o "$ship/lib/libwrt.so.$version" "$ship/wrt.o" -lc
    ln -sf "libwrt.so.$version" "$ship/lib/libwrt.so.$abi"
    ln -sf "libwrt.so.$abi" "$ship/lib/libwrt.so"
fi
rm -f "$ship/work.a" "$ship/wrt.linked.o"
