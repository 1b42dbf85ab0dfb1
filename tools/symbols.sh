#!/bin/sh
# Audits the library that ships: it defines nothing but wrt_*, needs nothing but memcpy, memmove,
# memset and memcmp, and holds no way to allocate, panic or unwind. CORE-3, CORE-4, API-1.
#
#   tools/symbols.sh           builds and audits
#   tools/symbols.sh --prove   shows that the audit fails when a Vec or an indexing panic is put in
set -eu
cd "$(dirname "$0")/.."
nm=${NM:-nm}

# audit DIRECTORY: prints what is wrong; fails if anything is.
audit() {
    bad=0
    full=$1/wrt.full.o
    complain() {
        echo "symbols: $1:"
        echo "$2" | sed 's/^/    /'
        bad=1
    }
    names=$("$nm" "$full" | sed 's/^[0-9a-f]* *//')
    found=$(echo "$names" | grep -E '(^| )(malloc|calloc|realloc|free|posix_memalign|aligned_alloc)$|__rust_(no_)?(re)?alloc|__r[dg]l?_|_ZN5alloc|LT\$alloc|_5alloc' || true)
    [ -z "$found" ] || complain "an allocator" "$found"
    found=$(echo "$names" | grep -iE 'panic|unwind|personality|unwrap_failed|expect_failed|slice_(index|error)_fail|len_mismatch_fail' || true)
    [ -z "$found" ] || complain "a way to panic or unwind" "$found"
    found=$("$nm" --undefined-only "$full" | sed 's/^ *U //' | grep -vxE 'memcpy|memmove|memset|memcmp' || true)
    [ -z "$found" ] || complain "needed from outside" "$found"
    for lib in "$1/lib/libwrt.a" "$1/lib/libwrt.so"; do
        case $lib in *.so) how=--dynamic ;; *) how=--extern-only ;; esac
        # A shared library's versions of symbols are defined too.
        found=$("$nm" $how --defined-only "$lib" | grep -vE '^$|:$' | sed 's/^[0-9a-f]* *//' | grep -vE '^T wrt_|^A WRT_[0-9.]+$' || true)
        [ -z "$found" ] || complain "defined for others by $lib" "$found"
    done
    [ -s "$1/exports" ] || complain "nothing exported" "$1"
    declared=$(grep -oE '\bwrt_[a-z0-9_]+\(' include/wrt.h | tr -d '(' | sort -u)
    found=$(echo "$declared" | comm -3 - "$1/exports" || true)
    [ -z "$found" ] || complain "declared and not exported, or exported and not declared" "$found"
    return $bad
}

# must_fail FEATURE PHRASE: the audit of a library with FEATURE must complain with PHRASE.
must_fail() {
    dir=target/prove
    rm -rf "$dir/wrt.full.o" "$dir/lib"
    # Such a library need not link as a shared one.
    # One back end is enough to carry it, and takes half as long to build.
    SHIP=$dir FEATURES=full,$1,wrt-core/loop-only tools/lib.sh
    if said=$(audit "$dir"); then
        echo "symbols: the audit did not see $1"
        return 1
    fi
    case $said in
    *"$2"*) echo "symbols: $1 is refused: $2" ;;
    *)
        echo "symbols: the audit failed over $1, but not for \"$2\":"
        echo "$said"
        return 1
        ;;
    esac
}

case ${1:-} in
--prove)
    # A complaint proves something only where there is none without the addition.
    tools/lib.sh
    audit "${SHIP:-target/ship}"
    must_fail prove-alloc "an allocator"
    must_fail prove-panic "a way to panic or unwind"
    ;;
'')
    tools/lib.sh
    audit "${SHIP:-target/ship}"
    echo "symbols: $(wc -l <"${SHIP:-target/ship}/exports") functions exported, nothing else; no allocator, no panic, no unwinding"
    ;;
*)
    echo "usage: tools/symbols.sh [--prove]" >&2
    exit 2
    ;;
esac
