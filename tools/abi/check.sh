#!/bin/sh
# Compares the ABI with what is written down of it: within one WRT_ABI_VERSION functions are added and never taken away,
# and no function or struct changes its form, except that a struct with struct_size grows at its end.
#
#   tools/abi/check.sh             wrt-N.symbols with the exports of the shared library and their versions;
#                                  wrt-N.abi with include/wrt.h, by abidiff (Debian: abigail-tools)
#   tools/abi/check.sh --write     adds what is new to both; refuses what would break a program
#   tools/abi/check.sh --prove     shows that each comparison can fail
#
# wrt-N.abi is abidw's description of a library of empty functions that is made from the header, since the one that
# ships is stripped and was not compiled from C. SHIP: where the library is, target/ship where not said; it is not built.
set -eu
cd "$(dirname "$0")/../.."
ship=${SHIP:-target/ship}
work=target/abi
mkdir -p "$work"
abi=$(sed -n 's/^#define WRT_ABI_VERSION \([0-9]*\).*/\1/p' include/wrt.h)
list=tools/abi/wrt-$abi.symbols
dump=tools/abi/wrt-$abi.abi
passed=0 failed=0 skipped=0

# ok WHAT, bad WHAT LINES
ok() {
    echo "ok   $1"
    passed=$((passed + 1))
}
bad() {
    echo "FAIL $1"
    echo "$2" | sed 's/^/    /'
    failed=$((failed + 1))
}

# exported: name and version of what the shared library gives.
exported() {
    readelf -W --dyn-syms "$ship/lib/libwrt.so" |
        awk '$7 != "UND" && $4 == "FUNC" { sub(/@+/, " ", $8); print $8 ($9 ? " " $9 : "") }' | LC_ALL=C sort
}
# listed FILE: the same of the list.
listed() {
    grep -v '^#' "$1" | LC_ALL=C sort
}
# missing LIST: in the list and not in the library. unknown LIST: the other way round.
missing() {
    listed "$1" | LC_ALL=C comm -23 - "$work/exported"
}
unknown() {
    listed "$1" | LC_ALL=C comm -13 - "$work/exported"
}

# describe HEADER OUT: what the header says, as abidw tells it.
describe() {
    mkdir -p "$work/include"
    cp "$1" "$work/include/wrt.h"
    {
        echo '#include "wrt.h"'
        # Each declaration with a body instead of its semicolon.
        cc -E -P "$work/include/wrt.h" | tr '\n' ' ' | sed 's/;/;\n/g' |
            sed -n 's/^ *\([a-z_].*wrt_[a-z0-9_]* *(.*)\) *; *$/\1/p' | grep -v typedef |
            sed 's/$/ { __builtin_trap(); }/'
    } >"$work/stub.c"
    declared=$(grep -c '^[a-z].*wrt_[a-z0-9_]*(' "$1")
    defined=$(grep -c __builtin_trap "$work/stub.c")
    [ "$declared" -eq "$defined" ] || {
        echo "check.sh: $1 declares $declared functions, of which $defined were understood" >&2
        return 1
    }
    (
        cd "$work"
        cc -w -g -gdwarf-4 -O0 -shared -fPIC -Wl,-soname,"libwrt.so.$abi" -Iinclude stub.c -o libstub.so
        # Paths and line numbers would change with every word of a comment.
        abidw --no-corpus-path --no-comp-dir-path --no-show-locs --type-id-style hash libstub.so --out-file "../../$2"
    )
}
# growing: which structs may grow, for abidiff: those that begin with struct_size.
growing() {
    names=$(awk '/^typedef struct/ { name = $3; first = 1; next } first && /;/ { if ($2 == "struct_size;") print name; first = 0 }' \
        include/wrt.h | paste -sd '|' -)
    printf '[suppress_type]\ntype_kind = struct\nname_regexp = ^(%s)$\nhas_data_member_inserted_at = end\n' "$names"
}
# same_form DUMP: what the header says is compatible with it.
same_form() {
    growing >"$work/growing.ini"
    code=0
    abidiff --suppressions "$work/growing.ini" --no-added-syms "$1" "$work/now.abi" || code=$?
    # 4: a difference; 8: one that breaks programs; 1, 2: abidiff itself failed.
    [ "$code" -eq 0 ]
}

can_abidiff() {
    command -v abidiff >/dev/null && command -v abidw >/dev/null
}

[ -e "$ship/lib/libwrt.so" ] || {
    echo "check.sh: there is no $ship/lib/libwrt.so; build it by tools/lib.sh" >&2
    exit 1
}
exported >"$work/exported"

case ${1-} in
--write)
    can_abidiff || {
        echo "check.sh: abidiff is not on this machine (Debian: abigail-tools)" >&2
        exit 1
    }
    describe include/wrt.h "$work/now.abi"
    if [ -e "$list" ]; then
        lost=$(missing "$list")
        [ -z "$lost" ] || {
            echo "check.sh: these are gone; a library without them needs another WRT_ABI_VERSION:" "$lost" >&2
            exit 1
        }
        same_form "$dump" || {
            echo "check.sh: a form has changed; that needs another WRT_ABI_VERSION" >&2
            exit 1
        }
        unknown "$list" >"$work/new"
        cat "$work/new" >>"$list"
    else
        sed 's/ .*//' "$work/exported" | sed "s/$/ WRT_$abi/" >"$list"
    fi
    cp "$work/now.abi" "$dump"
    echo "$list has $(listed "$list" | wc -l) functions"
    exit
    ;;
--prove)
    grep -v '^wrt_call ' "$list" >"$work/shorter"
    [ -n "$(unknown "$work/shorter")" ] && ok "a function that is not listed is found" || bad "a function that is not listed is found" ""
    { cat "$list"; echo "wrt_gone WRT_$abi"; } >"$work/longer"
    [ "$(missing "$work/longer")" = "wrt_gone WRT_$abi" ] && ok "a function that is gone is found" || bad "a function that is gone is found" ""
    sed 's/^wrt_call .*/wrt_call WRT_0/' "$list" >"$work/other"
    [ "$(missing "$work/other")" = "wrt_call WRT_0" ] && ok "another version is found" || bad "another version is found" ""
    if can_abidiff; then
        # change NAME EXPECTED SED...: a header that sed has changed is compatible or not.
        change() {
            name=$1 expected=$2
            shift 2
            sed "$@" include/wrt.h >"$work/changed.h"
            ! cmp -s include/wrt.h "$work/changed.h" || { bad "$name" "the header is not changed by: $*"; return; }
            describe "$work/changed.h" "$work/now.abi"
            same_form "$dump" >"$work/said" 2>&1 && got=yes || got=no
            [ "$got" = "$expected" ] && ok "$name" || bad "$name" "$(cat "$work/said")"
        }
        change "another parameter type breaks" no 's/uint32_t wrt_caller_func(wrt_caller \*c)/uint64_t wrt_caller_func(wrt_caller *c)/'
        change "a field in the middle breaks" no 's/^    uint64_t stack_peak;/    uint64_t inserted;\n&/'
        change "a struct without struct_size does not grow" no 's/^} wrt_tag;/    uint64_t added;\n&/'
        change "a struct with struct_size may grow" yes 's/^} wrt_usage;/    uint64_t added;\n&/'
        change "a comment is no change" yes 's/^ \* C99\./ * C99!/'
    else
        echo "skipped changes of the header, because abidiff is not on this machine (Debian: abigail-tools)"
        skipped=$((skipped + 1))
    fi
    ;;
'')
    lost=$(missing "$list")
    [ -z "$lost" ] && ok "every function of $list is there, with its version" ||
        bad "gone, or of another version; that needs another WRT_ABI_VERSION" "$lost"
    new=$(unknown "$list")
    [ -z "$new" ] && ok "every function is listed" || bad "not listed; add them by tools/abi/check.sh --write" "$new"
    soname=$(readelf -d "$ship/lib/libwrt.so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
    [ "$soname" = "libwrt.so.$abi" ] && ok "SONAME is $soname" || bad "SONAME is not libwrt.so.$abi" "$soname"
    if can_abidiff; then
        describe include/wrt.h "$work/now.abi"
        said=$(same_form "$dump" 2>&1) && ok "include/wrt.h is compatible with $dump" || bad "include/wrt.h breaks programs" "$said"
        # What is new must be written down too, so that it cannot change again unseen.
        said=$(abidiff "$dump" "$work/now.abi" 2>&1) && ok "$dump has all of it" ||
            { [ -z "$said" ] || bad "$dump is older; bring it up to date by tools/abi/check.sh --write" "$said"; }
    else
        echo "skipped the header's types, because abidiff is not on this machine (Debian: abigail-tools)"
        skipped=$((skipped + 1))
    fi
    ;;
*)
    echo "usage: tools/abi/check.sh [--write | --prove]" >&2
    exit 2
    ;;
esac
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
