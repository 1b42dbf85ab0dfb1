#!/bin/sh
# Runs the C tests: as they are, under the address and undefined-behaviour sanitizers, and under valgrind;
# and compiles the header as C99 and C++17. The last line counts tests over all of these.
set -eu
cd "$(dirname "$0")/../.."
work=target/c-tests
mkdir -p "$work"
tools/lib.sh
cc=${CC:-cc}
flags="-std=c99 -D_POSIX_C_SOURCE=200809L -g -O1 -Wall -Wextra -Wpedantic -Wconversion -Werror -Iinclude"
passed=0 failed=0 skipped=0

# count NAME COMMAND...: runs it and adds up its closing line.
count() {
    name=$1
    shift
    "$@" >"$work/$name.log" 2>&1 && ok=yes || ok=no
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$work/$name.log" | tail -n 1 || true)
    if [ -z "$last" ]; then
        tail -n 30 "$work/$name.log"
        echo "$name: ended without a count"
        failed=$((failed + 1))
        return
    fi
    p=${last%% *} f=${last#*, } f=${f%% *}
    # A checker's own complaint is a failure even if every test was content.
    [ "$ok" = yes ] || [ "$f" -gt 0 ] || f=1
    [ "$f" -eq 0 ] || grep -vE '^[0-9]+ passed' "$work/$name.log" | tail -n 40
    echo "$name: $p passed, $f failed"
    passed=$((passed + p)) failed=$((failed + f))
}
# one NAME COMMAND...: a single check.
one() {
    name=$1
    shift
    if "$@" >"$work/$name.log" 2>&1; then
        passed=$((passed + 1))
    else
        cat "$work/$name.log"
        echo "$name: failed"
        failed=$((failed + 1))
    fi
}
skip() {
    echo "$1: skipped, because $2"
    skipped=$((skipped + 1))
}

# shellcheck disable=SC2086  # flags are words
one plain-build $cc $flags tests/c/*.c target/ship/lib/libwrt.a -lpthread -o "$work/plain"
count plain "$work/plain"
# shellcheck disable=SC2086
one sanitized-build $cc $flags -fsanitize=address,undefined -fno-sanitize-recover=all \
    tests/c/*.c target/ship/lib/libwrt.a -lpthread -o "$work/sanitized"
count sanitized "$work/sanitized"
if command -v valgrind >/dev/null; then
    count valgrind valgrind -q --error-exitcode=9 --leak-check=full "$work/plain"
else
    skip valgrind "it is not on this machine (Debian: valgrind)"
fi
# The shared library behaves as the static one.
# shellcheck disable=SC2086
one shared-build $cc $flags tests/c/*.c -Ltarget/ship/lib -lwrt -Wl,-rpath,"$PWD/target/ship/lib" -lpthread -o "$work/shared"
count shared "$work/shared"

printf '#include "wrt.h"\nint main(void) { wrt_error e = WRT_ERROR_INIT; return (int)e.status; }\n' >"$work/header.c"
cp "$work/header.c" "$work/header.cpp"
# shellcheck disable=SC2086
one header-c99 $cc $flags -c "$work/header.c" -o "$work/header.o"
if command -v c++ >/dev/null; then
    one header-c++17 c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iinclude -c "$work/header.cpp" -o "$work/header.o"
else
    skip header-c++17 "no C++ compiler is on this machine (Debian: g++)"
fi
# The smallest whole program, as it would stand in firmware.
one firmware-build $cc -std=c11 -Wall -Iinclude tests/c/firmware/*.c target/ship/lib/libwrt.a -o "$work/firmware"
one firmware "$work/firmware"
# Every function that the header declares is called by a test.
every_function() {
    grep -oE '\bwrt_[a-z0-9_]+\(' include/wrt.h | tr -d '(' | sort -u | while read -r name; do
        grep -qE "\b$name\(" tests/c/*.c || { echo "no test calls $name"; exit 1; }
    done
}
one every-function every_function
one guests-check tests/c/guests.sh --check
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
