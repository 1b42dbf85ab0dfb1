#!/bin/sh
# Builds and runs the small application in each language and compares what it prints with expected.txt.
# The last line counts; what cannot run here is skipped and says why.
#
#   examples/app/run.sh [c | cpp | python | node | rust]...    all of them, where none is named
#
# CC, CXX            compilers for C and C++
# PYTHON             a Python that has wrt; target/venv/bin/python, where not said
# WRT_NODE_MODULES   a node_modules that has wrt; target/node-user/node_modules, where not said
set -eu
cd "$(dirname "$0")/../.."
work=target/app
mkdir -p "$work"
app=examples/app
passed=0 failed=0 skipped=0
# same NAME COMMAND...: runs it twice, with the default paths and with given ones; each must print expected.txt.
same() {
    name=$1
    shift
    for paths in "" "examples/guests/wasm $app/signals.csv"; do
        # shellcheck disable=SC2086  # two words are meant, or none
        if "$@" $paths >"$work/$name.txt" 2>"$work/$name.err" && diff -u "$app/expected.txt" "$work/$name.txt" >"$work/diff"; then
            echo "ok   $name${paths:+, with paths}"
            passed=$((passed + 1))
        else
            echo "FAIL $name${paths:+, with paths}"
            sed 's/^/    /' "$work/$name.err" "$work/diff"
            failed=$((failed + 1))
        fi
    done
}
# step NAME COMMAND...: runs it, shows its output if it fails.
step() {
    name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        sed 's/^/    /' "$work/log"
        failed=$((failed + 1))
        return 1
    fi
}
skip() {
    echo "skip $1, because $2"
    skipped=$((skipped + 1))
}
the_library() {
    [ -e target/ship/lib/libwrt.a ] || tools/lib.sh
}

run_c() {
    cc=${CC:-cc}
    command -v "$cc" >/dev/null || { skip c "there is no $cc (Debian: gcc)"; return; }
    step c-build "$cc" -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -Iinclude $app/c/main.c \
        target/ship/lib/libwrt.a -lm -o "$work/app-c" && same c "$work/app-c" || true
}
run_cpp() {
    cxx=${CXX:-c++}
    command -v "$cxx" >/dev/null || { skip cpp "there is no $cxx (Debian: g++)"; return; }
    step cpp-build "$cxx" -std=c++17 -Wall -Wextra -Wpedantic -Wconversion -Werror -fno-exceptions -fno-rtti -Iinclude \
        $app/cpp/main.cpp target/ship/lib/libwrt.a -o "$work/app-cpp" && same cpp "$work/app-cpp" || true
}
run_python() {
    python=${PYTHON:-target/venv/bin/python}
    "$python" -c 'import wrt' 2>/dev/null || { skip python "$python has no wrt (PYTHON names one; pip install ./bindings/python)"; return; }
    same python "$python" $app/python/main.py
}
run_node() {
    modules=${WRT_NODE_MODULES:-target/node-user/node_modules}
    command -v node >/dev/null || { skip node "there is no node (Debian: nodejs)"; return; }
    [ -e "$modules/wrt" ] || { skip node "$modules has no wrt (WRT_NODE_MODULES names one; npm install ./bindings/node)"; return; }
    same node env NODE_PATH="$modules" node $app/node/main.js
}
run_rust() {
    command -v cargo >/dev/null || { skip rust "there is no cargo"; return; }
    step rust-build cargo build --quiet --profile checked --package wrt-app &&
        same rust target/checked/wrt-app || true
}

step signals $app/signals.sh --check || true
[ $# -gt 0 ] || set -- c cpp python node rust
for language; do
    if ! [ -d "$app/$language" ]; then
        skip "$language" "$app/$language is not there"
        continue
    fi
    case $language in
        c | cpp) the_library ;;
    esac
    "run_$language"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
