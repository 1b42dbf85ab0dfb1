#!/bin/sh
# Runs the C++ tests: built by g++ and clang++, as C++17 and C++20, with and without exceptions and RTTI; then under the
# sanitizers and valgrind; with WRT_EXCEPTIONS; and what must not compile. The last line counts tests over all of these.
#
#   tests/cpp/run.sh [--quick]    --quick: one build of each compiler, no sanitizers
#
# WRT_LIB_IS_BUILT=1   the library in target/ship is taken as it is
# WRT_JOBS             compilations at a time; 2 where not said
set -eu
cd "$(dirname "$0")/../.."
work=$PWD/target/cpp-tests
mkdir -p "$work"
if ! [ -e target/ship/lib/libwrt.a ] || [ -z "${WRT_LIB_IS_BUILT:-}" ]; then tools/lib.sh; fi
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wsign-conversion -Wold-style-cast -Wnull-dereference -Werror"
quick=
[ "${1:-}" != --quick ] || quick=yes
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
        tail -n 60 "$work/$name.log"
        echo "$name: failed"
        failed=$((failed + 1))
        return 1
    fi
}
skip() {
    echo "$1: skipped, because $2"
    skipped=$((skipped + 1))
}
# build NAME COMPILER FLAG...: compiles each test, two at a time, and links them as NAME.
build() {
    out=$work/$1.o
    program=$work/$1
    with=$2
    shift 2
    mkdir -p "$out"
    # shellcheck disable=SC2086  # flags are words
    printf '%s\n' tests/cpp/*.cpp |
        xargs -P "${WRT_JOBS:-2}" -I{} sh -c 'source=$1; out=$2; shift 2; "$@" -c "$source" -o "$out/$(basename "$source").o"' \
            sh {} "$out" "$with" $warnings -g -Iinclude "$@" &&
        "$with" "$@" "$out"/*.o target/ship/lib/libwrt.a -lpthread -o "$program"
}
# The same with sanitizers: what they find ends the program.
sanitize="-fsanitize=address,undefined -fno-sanitize-recover=all"

# The tests as a program of each kind. Only one optimises: it warns of more; the others compile sooner.
matrix() {
    cxx=$1
    optimise=-O1
    for standard in 20 17; do
        for runtime in "" "-fno-exceptions -fno-rtti"; do
            kind=$cxx-$standard${runtime:+-bare}
            # shellcheck disable=SC2086
            one "build-$kind" build "$kind" "$cxx" "-std=c++$standard" $optimise $runtime || continue
            count "$kind" "$work/$kind"
            optimise=-O0
            [ -z "$quick" ] || return 0
        done
    done
    # shellcheck disable=SC2086
    if echo 'int main() {}' | "$cxx" $sanitize -x c++ - -o "$work/probe" 2>/dev/null; then
        one "build-$cxx-sanitized" build "$cxx-sanitized" "$cxx" -std=c++20 -O1 $sanitize &&
            count "$cxx-sanitized" "$work/$cxx-sanitized"
    else
        skip "$cxx-sanitized" "$cxx has no sanitizers on this machine (Debian: libclang-rt-14-dev for clang++)"
    fi
}
compilers=
for cxx in g++ clang++; do
    if command -v "$cxx" >/dev/null; then
        compilers="$compilers $cxx"
        matrix "$cxx"
    else
        skip "$cxx" "it is not on this machine (Debian: g++, clang)"
    fi
done
if [ -n "$compilers" ]; then
    # shellcheck disable=SC2086
    set -- $compilers
    first=$1
    if [ -z "$quick" ] && command -v valgrind >/dev/null; then
        count valgrind valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect,possible "$work/$first-20"
    elif [ -z "$quick" ]; then
        skip valgrind "it is not on this machine (Debian: valgrind)"
    fi
    # The shared library behaves as the static one.
    one build-shared "$first" "$work/$first-20.o"/*.o -Ltarget/ship/lib -lwrt -Wl,-rpath,"$PWD/target/ship/lib" -lpthread -o "$work/shared" &&
        count shared "$work/shared"
fi

# value() that throws.
for cxx in $compilers; do
    # shellcheck disable=SC2086
    one "build-throwing-$cxx" "$cxx" -std=c++17 $warnings -g -Iinclude tests/cpp/throwing/main.cpp target/ship/lib/libwrt.a \
        -o "$work/throwing-$cxx" && count "throwing-$cxx" "$work/throwing-$cxx"
done

# refuses COMPILER FILE: the file passes without its wrong line; with it the compiler fails and says what it must.
refuses() {
    text=$(sed -n '1s,^// says: ,,p' "$2")
    [ -n "$text" ] || { echo "$2: its first line does not say what the compiler prints"; return 1; }
    # shellcheck disable=SC2086
    "$1" -std=c++17 $warnings -Iinclude -fsyntax-only "$2" || return 1
    # shellcheck disable=SC2086
    if "$1" -std=c++17 $warnings -Iinclude -fsyntax-only -DREFUSED "$2" >"$work/refused" 2>&1; then
        echo "$2: compiles"
        return 1
    fi
    grep -qE -- "$text" "$work/refused" || {
        cat "$work/refused"
        echo "$2: the compiler does not say: $text"
        return 1
    }
}
for cxx in $compilers; do
    for file in tests/cpp/refused/*.cpp; do
        one "refused-$cxx-$(basename "$file" .cpp)" refuses "$cxx" "$file" || true
    done
    # Exceptions that the compiler does not have cannot be asked for.
    echo '#include "wrt.hpp"' >"$work/switch.cpp"
    no_switch() {
        ! "$1" -std=c++17 -fno-exceptions -DWRT_EXCEPTIONS=1 -Iinclude -fsyntax-only "$work/switch.cpp" 2>"$work/switch.log" &&
            grep -q 'told to do without exceptions' "$work/switch.log"
    }
    one "switch-$cxx" no_switch "$cxx" || true
done

# Each header stands alone.
alone() {
    for header in include/wrt/*.hpp; do
        echo "#include \"$header\"" | "$1" -std=c++17 -I. -Iinclude -Wall -Wextra -Werror -Wno-pragma-once-outside-header -x c++ -fsyntax-only - ||
            return 1
    done
}
for cxx in $compilers; do one "alone-$cxx" alone "$cxx" || true; done

if command -v python3 >/dev/null; then
    one every-function tests/cpp/names.py || true
    gcov=${GCOV:-gcov}
    if [ -z "$quick" ] && command -v g++ >/dev/null && command -v "$gcov" >/dev/null; then
        executed() {
            rm -rf "$work/coverage.o" && build coverage g++ -std=c++20 -O0 --coverage -fno-inline && "$work/coverage" >/dev/null &&
                (cd "$work/coverage.o" && "$gcov" --json-format ./*.gcda >/dev/null) && tests/cpp/executed.py "$work"/coverage.o/*.gcov.json.gz
        }
        one every-function-executed executed || true
    elif [ -z "$quick" ]; then
        skip every-function-executed "g++ or gcov is not on this machine"
    fi
else
    skip every-function "python3 is not on this machine"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
