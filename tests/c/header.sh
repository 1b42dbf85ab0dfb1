#!/bin/sh
# Compiles the C header in every standard that the compilers of this machine know, warnings as errors, with a program that
# uses its types and macros; then checks it by tests/c/misra.sh. The last line counts.
set -eu
cd "$(dirname "$0")/../.."
work=target/c-header
mkdir -p "$work"
passed=0 failed=0 skipped=0
skip() {
    echo "skip $1, because $2"
    skipped=$((skipped + 1))
}
one() {
    title=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok   $title"
        passed=$((passed + 1))
    else
        echo "FAIL $title"
        sed 's/^/    /' "$work/log"
        failed=$((failed + 1))
    fi
}
# Nothing stands before the header, and it may be included twice.
cat >"$work/use.c" <<'END'
#include "wrt.h"
#include "wrt.h"
static wrt_status ask(void *user, wrt_caller *caller, wrt_value *slots) {
    (void)user;
    slots[0].i32 = 1;
    return caller == NULL ? WRT_E_ARG : wrt_caller_trap(caller, WRT_FEATURE_TAIL_DISPATCH, "no");
}
int main(void) {
    static const wrt_host_func env[] = { { "ask", "()i", ask } };
    const wrt_host_module host = { "env", env, sizeof env / sizeof env[0], NULL };
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget limits;
    wrt_load_budget_default(&limits, (uint32_t)sizeof limits);
    limits.proposals |= (uint32_t)WRT_PROPOSAL_THREADS;
    return err.status == WRT_OK && host.nfuncs == 1U && wrt_abi_version() == WRT_ABI_VERSION ? 0 : 1;
}
END
cp "$work/use.c" "$work/use.cpp"
tools/lib.sh
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Werror"
# try COMPILER STANDARD FILE: builds and runs it, if the compiler knows the standard.
try() {
    if ! command -v "$1" >/dev/null; then
        skip "$1 $2" "$1 is not on this machine"
    elif ! echo | "$1" "-std=$2" -x "$4" -fsyntax-only - 2>/dev/null; then
        skip "$1 $2" "$("$1" --version | head -n 1) does not know it"
    else
        # shellcheck disable=SC2086
        one "$1 $2" "$1" "-std=$2" $warnings $5 -Iinclude "$3" target/ship/lib/libwrt.a -o "$work/use"
        one "$1 $2, run" "$work/use"
    fi
}
for cc in gcc clang; do
    for standard in c99 c11 c17 c2x; do
        try "$cc" $standard "$work/use.c" c "-Wstrict-prototypes -Wmissing-prototypes"
    done
done
for cxx in g++ clang++; do
    for standard in c++17 c++20 c++2b; do
        try "$cxx" $standard "$work/use.cpp" c++ ""
    done
done
tests/c/misra.sh --prove >"$work/misra.log" 2>&1 || true
grep -vE '^[0-9]+ passed' "$work/misra.log" || true
last=$(tail -n 1 "$work/misra.log")
p=${last%% *} f=${last#*, } s=${last##*, }
passed=$((passed + p)) failed=$((failed + ${f%% *})) skipped=$((skipped + ${s%% *}))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
