#!/bin/sh
# Builds the library that ships, without the standard library, as one object in which all but wrt_*
# is local:
#
#   target/ship/lib/libwrt.a            static
#   target/ship/lib/libwrt.so.<abi>     shared, with its links; each symbol has a version (tools/abi)
#   target/ship/wrt.full.o              the same object with every name, for tools/symbols.sh
#
# SHIP     another directory than target/ship
# FEATURES features of the crate wrt; all that there is to run modules, where not said
# SHARED   `no` leaves the shared library out, as for a board; the others are removed where they stand
# TARGET   cargo's name of another target, such as aarch64-unknown-linux-gnu; this machine's where not said.
#          Where the compiler has no library for it, `core` is built from source: with Debian's compiler
#          (rustc-web, cargo-web, rust-web-src), or with cargo's own where rust-src is beside it
# CORE     `there`: whoever calls has set the compiler up for TARGET, wherever its library is
# CARGO, RUSTC             the compiler of Rust
# NM, AR, LD, OBJCOPY, CC  other tools; CC may have flags behind it
# LDFLAGS  more for the linker of the shared library
set -eu
cd "$(dirname "$0")/.."
ship=${SHIP:-target/ship} target=${TARGET-}
nm=${NM:-nm} ar=${AR:-ar} ld=${LD:-ld} objcopy=${OBJCOPY:-objcopy} cc=${CC:-cc}
cargo=${CARGO:-cargo} rustc=${RUSTC:-rustc}
abi=$(sed -n 's/^#define WRT_ABI_VERSION \([0-9]*\).*/\1/p' include/wrt.h)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

# With one crate type only, link-time optimisation covers everything.
set -- --quiet --package wrt --lib --profile dist --no-default-features --features "${FEATURES-full}" \
    --crate-type staticlib --target-dir "$ship"
lib=$ship/dist/libwrt.a
if [ -n "$target" ]; then
    set -- "$@" --target "$target"
    lib=$ship/$target/dist/libwrt.a
    sources=lib/rustlib/src/rust/library
    if [ "${CORE-}" = there ] || [ -d "$("$rustc" --print sysroot)/lib/rustlib/$target/lib" ]; then
        :
    elif [ -d "$("$rustc" --print sysroot)/$sources" ]; then
        export RUSTC_BOOTSTRAP=1
        set -- "$@" -Zbuild-std=core
    elif [ -z "${CARGO-}${RUSTC-}" ] && [ -x /usr/bin/cargo ] && [ -d "/usr/$sources" ]; then
        cargo=/usr/bin/cargo
        export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
        set -- "$@" -Zbuild-std=core
    else
        echo "lib.sh: $rustc has no library for the target $target and no sources to build one:" \
            "\`rustup target add $target\`, or on Debian: apt-get install rustc-web cargo-web rust-web-src" >&2
        exit 1
    fi
fi
mkdir -p "$ship/lib"
# One at a time: who else builds there waits.
if command -v flock >/dev/null; then
    exec 9>"$ship/lock"
    flock 9
fi
"$cargo" rustc "$@"
# What is there already is left alone, since somebody may be linking with it.
made="$(cksum "$lib" tools/lib.sh tools/abi/version-script.sh) $nm $ar $ld $objcopy $cc ${SHARED:-yes} $abi $version ${LDFLAGS-}"
if [ -e "$ship/lib/libwrt.a" ] && [ "$(cat "$ship/made" 2>/dev/null)" = "$made" ]; then
    exit 0
fi
rm -f "$ship/made"

# The C library (or, on a board, the firmware) has these four; a copy of our own would be one more.
cp "$lib" "$ship/work.a"
"$nm" -A --defined-only "$ship/work.a" 2>/dev/null |
    sed -n 's/^[^:]*:\([^:]*\):[^:]* [A-Za-z] \(mem[a-z]*\|bcmp\|strlen\)$/\1/p' | sort -u |
    xargs -r "$ar" d "$ship/work.a"

"$nm" --defined-only --extern-only "$lib" 2>/dev/null | sed -n 's/.* T \(wrt_[a-z0-9_]*\)$/\1/p' | LC_ALL=C sort -u >"$ship/exports"
# shellcheck disable=SC2046  # one argument per name is meant
"$ld" -r --gc-sections $(sed 's/^/-u /' "$ship/exports") -o "$ship/wrt.linked.o" "$ship/work.a"
# The compiler writes bcmp where memcmp is meant as "equal or not".
# Sections of bitcode would make tools with an LLVM plugin take the object for something else.
"$objcopy" --redefine-sym bcmp=memcmp --remove-section=.llvmbc --remove-section=.llvmcmd \
    "$ship/wrt.linked.o" "$ship/wrt.full.o"
"$objcopy" --strip-debug --strip-unneeded --keep-global-symbols="$ship/exports" "$ship/wrt.full.o" "$ship/wrt.o"

rm -f "$ship"/lib/libwrt.*
# Without times and owners, so that the same object makes the same archive.
"$ar" rcsD "$ship/lib/libwrt.a" "$ship/wrt.o"
# A board has no shared libraries.
if [ "${SHARED:-yes}" = yes ]; then
    tools/abi/version-script.sh "$abi" "$ship/exports" >"$ship/wrt.map"
    # shellcheck disable=SC2086  # a compiler and flags are words
    $cc -shared -nostartfiles -Wl,-soname,"libwrt.so.$abi" -Wl,--version-script="$ship/wrt.map" \
        -Wl,-z,relro,-z,now -Wl,-z,noexecstack ${LDFLAGS-} -o "$ship/lib/libwrt.so.$version" "$ship/wrt.o" -lc
    ln -sf "libwrt.so.$version" "$ship/lib/libwrt.so.$abi"
    ln -sf "libwrt.so.$abi" "$ship/lib/libwrt.so"
fi
rm -f "$ship/work.a" "$ship/wrt.linked.o"
printf '%s\n' "$made" >"$ship/made"
