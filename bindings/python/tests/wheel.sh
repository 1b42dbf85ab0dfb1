#!/usr/bin/env bash
# The wheel: built once, installed where no compiler is, and used there; and `pip install ./bindings/python`.
#
#   bindings/python/tests/wheel.sh
#
# PYTHON              the Python to build with; python3, where not said
# PYTHONS             further ones to install the wheel for; python3.12, python3.13 and python3.14, where not said
# CARGO_TARGET_DIR    where it is built; target/bindings, where not said
set -eu
cd "$(dirname "$0")/../../.."
root=$PWD
python=${PYTHON:-python3}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/bindings}
work=$root/target/wheel
passed=0 failed=0 skipped=0
rm -rf "$work" && mkdir -p "$work"
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
finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}
# A path that has what a shell needs and nothing that compiles.
bare() {
    mkdir -p "$work/bin"
    for tool in sh env cat ls rm mkdir; do
        ln -sf "$(command -v $tool)" "$work/bin/$tool"
    done
}
# without COMMAND...: runs it with that path, and nothing else of this environment.
without() {
    env -i PATH="$work/bin" HOME="$work" PIP_DISABLE_PIP_VERSION_CHECK=1 "$@"
}
no_compiler() {
    for tool in cc gcc clang c++ cargo rustc maturin; do
        ! without sh -c "command -v $tool" || return 1
    done
}
# The first example in Python of the README.
example() {
    sed -n '/^```python$/,/^```$/p' README.md | sed '1d;/^```$/,$d' >"$work/example.py"
    [ -s "$work/example.py" ]
}
# use NAME PYTHON: a fresh environment, the wheel, the example, the tests.
use() {
    local venv=$work/venv-$1
    step "$1: environment" "$2" -m venv "$venv" || return 0
    step "$1: install" without "$venv/bin/python" -m pip install --no-index --no-deps "$work"/wheels/*.whl || return 0
    step "$1: example of the README" without "$venv/bin/python" "$work/example.py" || true
    step "$1: tests" without "$venv/bin/python" bindings/python/tests/test_wrt.py || true
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    skip all "$python is no Python 3.11 or later"
    finish
}
"$python" -m venv "$work/build" 2>/dev/null || {
    skip all "Python has no venv here (Debian: python3-venv)"
    finish
}
bare
step "the README has an example" example || finish
step "no compiler is on the path" no_compiler || finish
step "pip wheel" "$work/build/bin/python" -m pip wheel --disable-pip-version-check --no-deps --wheel-dir "$work/wheels" \
    ./bindings/python || finish
step "one wheel for the stable interface" sh -c "ls '$work'/wheels/wrt-*-cp311-abi3-*.whl"
use python "$python"
for other in ${PYTHONS:-python3.12 python3.13 python3.14}; do
    if "$other" -c 'import sys' 2>/dev/null; then
        use "$(basename "$("$other" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')")" "$other"
    else
        skip "$other" "it is not here"
    fi
done
step "pip install ./bindings/python" "$work/build/bin/python" -m pip install --disable-pip-version-check ./bindings/python
step "what was installed runs the example" "$work/build/bin/python" "$work/example.py" || true
finish
