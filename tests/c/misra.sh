#!/bin/sh
# Checks the C header with cppcheck's misra addon: each finding must stand in the table of docs/misra.md, and each line of
# the table must be found. --prove shows that it can fail. The last line counts.
set -eu
cd "$(dirname "$0")/../.."
work=target/misra
mkdir -p "$work"
passed=0 failed=0
if ! command -v cppcheck >/dev/null; then
    echo "misra: skipped, because cppcheck is not on this machine (Debian: cppcheck)"
    echo "0 passed, 0 failed, 1 skipped"
    exit
fi

# findings HEADER: RULE and the line of the source, for each finding.
findings() {
    printf '#include "%s"\n' "$(basename "$1")" >"$work/unit.c"
    cppcheck --quiet --std=c99 --addon=misra --enable=style --inconclusive --template='{file}:{line}:{id}' \
        --suppress=missingIncludeSystem -I "$(dirname "$1")" "$work/unit.c" 2>&1 |
        sed -n 's/^\(.*\):\([0-9]*\):misra-c2012-\(.*\)$/\3 \2 \1/p' | sort -u | while read -r rule line file; do
        # Rules that the unit itself breaks are not the header's.
        [ "$(basename "$file")" != unit.c ] || continue
        printf '%s %s\n' "$rule" "$(sed -n "${line}p" "$file")"
    done
}
# check HEADER TABLE: says what is not listed and what is not found; fails if there is any.
check() {
    findings "$1" >"$work/found"
    sed -n 's/^| *\([0-9][0-9.]*\) *| *`\([^`]*\)` *|.*$/\1 \2/p' "$2" >"$work/listed"
    # A checker that finds nothing at all was not at work.
    [ -s "$work/found" ] && [ -s "$work/listed" ] || { echo "nothing found, or nothing listed"; return 1; }
    bad=0
    cp "$work/found" "$work/left"
    while read -r rule where; do
        awk -v rule="$rule" -v where="$where" '!($1 == rule && index($0, where))' "$work/left" >"$work/rest"
        if cmp -s "$work/left" "$work/rest"; then
            echo "listed, but not found: rule $rule, $where"
            bad=1
        fi
        mv "$work/rest" "$work/left"
    done <"$work/listed"
    if [ -s "$work/left" ]; then
        echo "found, but not listed:"
        cat "$work/left"
        bad=1
    fi
    return "$bad"
}
one() {
    name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        sed 's/^/    /' "$work/log"
        failed=$((failed + 1))
    fi
}
not() {
    ! "$@"
}
one "findings are listed, and what is listed is found" check include/wrt.h docs/misra.md
if [ "${1:-}" = --prove ]; then
    mkdir -p "$work/wrong"
    sed 's|^/\* Bytes in a page.*|#define wrong_max(a, b) a > b ? a : b\n&|' include/wrt.h >"$work/wrong/wrt.h"
    one "another finding fails" not check "$work/wrong/wrt.h" docs/misra.md
    sed 's/^| 19.2 .*/| 19.2 | `wrt_memory` | not so |/' docs/misra.md >"$work/wrong/misra.md"
    one "a line that nothing is found for fails" not check include/wrt.h "$work/wrong/misra.md"
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
