#!/usr/bin/env bash
# The reference of the Python package, as HTML, by pdoc: into target/doc/python. A warning is an error.
#
#   tools/docs-python.sh
#
# PYTHON    a Python that has wrt; target/venv/bin/python, where not said. pdoc is installed there, if it is not.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-target/venv/bin/python}
out=target/doc/python
passed=0 failed=0 skipped=0
finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}
if ! "$python" -c 'import wrt' 2>/dev/null; then
    echo "skip pdoc, because $python has no wrt (pip install ./bindings/python)"
    skipped=1
    finish
fi
if ! "$python" -m pdoc --version >/dev/null 2>&1 && ! "$python" -m pip install --quiet --disable-pip-version-check pdoc; then
    echo "skip pdoc, because it cannot be installed"
    skipped=1
    finish
fi
rm -rf "$out"
if "$python" -W error::UserWarning -m pdoc wrt wrt.plot --docformat markdown --output-directory "$out" 2>target/pdoc.txt \
    && ! grep -i warn target/pdoc.txt; then
    echo "ok   pdoc, without a warning: $out/index.html"
    passed=1
else
    echo "FAIL pdoc"
    sed 's/^/    /' target/pdoc.txt
    failed=1
fi
# What is public is in it.
if [ "$failed" -eq 0 ]; then
    for name in $("$python" -c 'import wrt; print(*(n for n in wrt.__all__ if not n.startswith("_")))'); do
        if grep -q "id=\"$name\"" $out/wrt.html; then
            passed=$((passed + 1))
        else
            echo "FAIL $name is not in the reference"
            failed=$((failed + 1))
        fi
    done
fi
finish
