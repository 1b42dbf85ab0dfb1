#!/bin/sh
# Builds the real programs twice from Debian's sources: target/programs/NAME.wasm and the native twin NAME.native.
#
#   build.sh [NAME...]      lua, lua-guarded, sqlite, zlib, bzip2; all without a name
#
# Says which programs it skips and why. Several may run at once: each waits for the one before.
# Exit 0: all are built; 3: something was skipped (aloud); 1: a compiler failed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${WRT_PROGRAMS:-$root/target/programs}
sources=${WRT_SOURCES:-$root/target/sources}
clang=${WRT_WASM_CC:-clang-19}
native=${CC:-cc}
sysroot=${WRT_WASI_SYSROOT:-/usr}
[ $# -gt 0 ] || set -- lua lua-guarded sqlite zlib bzip2
mkdir -p "$out"
if [ -z "${WRT_PROGRAMS_LOCKED-}" ] && command -v flock >/dev/null; then
    export WRT_PROGRAMS_LOCKED=1
    exec flock "$out/.lock" sh "$0" "$@"
fi
skipped=0

skip() {
    echo "programs: skipped $1, because $2" >&2
    # What an earlier run left behind must not pass for this one's.
    rm -f "$out/$1.wasm" "$out/$1.native"
    skipped=3
}
reason=
if ! command -v "$clang" >/dev/null; then
    reason="$clang is not on this machine (Debian: clang-19 lld-19)"
elif ! [ -e "$sysroot/lib/wasm32-wasi/libc.a" ]; then
    reason="the C library for WebAssembly is not on this machine (Debian: wasi-libc libclang-rt-19-dev-wasm32)"
elif ! command -v "$native" >/dev/null; then
    reason="no native C compiler is on this machine"
fi
if [ -n "$reason" ]; then
    for name in "$@"; do skip "$name" "$reason"; done
    exit 3
fi

# Sources are third-party: their warnings are theirs. Neither side may fuse a multiplication and an addition.
common="-std=gnu99 -O2 -w -ffp-contract=off -I$here/c"
wasm="--target=wasm32-wasi --sysroot=$sysroot -mbulk-memory -mnontrapping-fptoint -mexec-model=reactor -I$here/c/include
    -D_WASI_EMULATED_SIGNAL -Wl,--export-memory -Wl,--strip-debug -Wl,--stack-first
    -Wl,-z,stack-size=262144 -Wl,--max-memory=67108864"

# current NAME: whether both outputs are there and newer than everything of ours they are made from
current() {
    for output in "$out/$1.wasm" "$out/$1.native"; do
        [ -e "$output" ] || return 1
        [ -z "$(find "$here/c" "$here/scripts" "$here/build.sh" -newer "$output")" ] || return 1
    done
}
# compile NAME ARGUMENT...: both twins; arguments are sources and flags for both
compile() {
    name=$1
    shift
    # Side by side: each takes one core.
    # shellcheck disable=SC2086 (the flags are words)
    "$clang" $wasm $common "$@" "$here/c/freestanding.c" -o "$out/$name.wasm.part" &
    twin=$!
    # shellcheck disable=SC2086
    "$native" $common -fwrapv "$@" "$here/c/freestanding.c" "$here/c/native.c" -lm -o "$out/$name.native.part" || {
        wait
        exit 1
    }
    wait "$twin"
    mv "$out/$name.wasm.part" "$out/$name.wasm"
    mv "$out/$name.native.part" "$out/$name.native"
}
lua_sources() {
    for file in "$sources"/lua5.4/src/src/l*.c; do
        case $(basename "$file") in
            lua.c | luac.c | liolib.c | loslib.c | loadlib.c | ldblib.c | linit.c) ;;
            *) echo "$file" ;;
        esac
    done
}
# The script becomes a string that the C source includes.
lua_bench() {
    mkdir -p "$out/generated"
    { echo "static const char lua_bench[] ="; sed 's/\\/\\\\/g; s/"/\\"/g; s/^/    "/; s/$/\\n"/' "$here/scripts/bench.lua"
      echo "    ;"; } >"$out/generated/lua_bench.h"
}

build() {
    case $1 in
        lua) package=lua5.4 extra= ;;
        lua-guarded) package=lua5.4 extra=-DGUARDED ;;
        sqlite) package=sqlite3 ;;
        zlib | bzip2) package=$1 ;;
        *) echo "build.sh: no program is called $1" >&2; exit 2 ;;
    esac
    if ! "$here/fetch.sh" "$package"; then
        skip "$1" "the source package $package cannot be had"
        return 0
    fi
    if [ "$1" = sqlite ] && ! [ -e "$sources/sqlite3/amalgamation/.complete" ]; then
        if ! command -v tclsh >/dev/null || ! command -v make >/dev/null; then
            skip "$1" "SQLite's single-file form is made with tclsh and make (Debian: tcl make)"
            return 0
        fi
        rm -rf "$sources/sqlite3/amalgamation" && mkdir -p "$sources/sqlite3/amalgamation"
        (cd "$sources/sqlite3/amalgamation" && sh ../src/configure --disable-tcl --disable-readline >configure.log 2>&1 &&
            make -s sqlite3.c >make.log 2>&1 && touch .complete)
    fi
    if ! current "$1"; then
        echo "programs: building $1"
        case $1 in
            lua | lua-guarded)
                lua_bench
                # shellcheck disable=SC2046,SC2086
                compile "$1" $extra -include "$here/c/lua_config.h" -I"$sources/lua5.4/src/src" -I"$out/generated" \
                    "$here/c/lua.c" $(lua_sources) ;;
            sqlite)
                compile sqlite -I"$sources/sqlite3/amalgamation" -DSQLITE_OS_OTHER=1 -DSQLITE_THREADSAFE=0 \
                    -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_LOCALTIME -DSQLITE_DEFAULT_MEMSTATUS=0 \
                    -DSQLITE_TEMP_STORE=3 -DSQLITE_OMIT_WAL -DSQLITE_OMIT_SHARED_CACHE \
                    "$here/c/sqlite.c" "$sources/sqlite3/amalgamation/sqlite3.c" ;;
            zlib)
                compile zlib -I"$sources/zlib/src" "$here/c/zlib.c" "$sources"/zlib/src/adler32.c \
                    "$sources"/zlib/src/compress.c "$sources"/zlib/src/crc32.c "$sources"/zlib/src/deflate.c \
                    "$sources"/zlib/src/inffast.c "$sources"/zlib/src/inflate.c "$sources"/zlib/src/inftrees.c \
                    "$sources"/zlib/src/trees.c "$sources"/zlib/src/uncompr.c "$sources"/zlib/src/zutil.c ;;
            bzip2)
                compile bzip2 -DBZ_NO_STDIO -I"$sources/bzip2/src" "$here/c/bzip2.c" "$sources"/bzip2/src/blocksort.c \
                    "$sources"/bzip2/src/huffman.c "$sources"/bzip2/src/crctable.c "$sources"/bzip2/src/randtable.c \
                    "$sources"/bzip2/src/compress.c "$sources"/bzip2/src/decompress.c "$sources"/bzip2/src/bzlib.c ;;
        esac
    fi
}
for name in "$@"; do build "$name"; done
exit $skipped
