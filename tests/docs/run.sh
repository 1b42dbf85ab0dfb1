#!/bin/sh
# Compiles and runs the code of the guides for C and C++, and of coming-from.md, and compares what it prints; blocks.py says
# how blocks are marked. The guides for other languages are run by their packages' tests: wrt-host (Rust),
# bindings/python/tests/test_docs.py, bindings/node/test/guide.test.js. The last line counts programs.
#
#   tests/docs/run.sh [--prove] [FILE.md]...   --prove: shows that it can fail
#
# CC, CXX: see blocks.py
set -eu
cd "$(dirname "$0")/../.."
work=target/docs
mkdir -p "$work"
if ! command -v python3 >/dev/null; then
    echo "docs: skipped, because python3 is not on this machine (Debian: python3)"
    echo "0 passed, 0 failed, 1 skipped"
    exit
fi
[ -e target/ship/lib/libwrt.a ] || tools/lib.sh
if [ "${1:-}" != --prove ]; then
    [ $# -gt 0 ] || set -- docs/guide-c.md docs/guide-cpp.md docs/coming-from.md
    exec python3 tests/docs/blocks.py "$work" "$@"
fi

# Each of these must fail, and say this.
passed=0 failed=0
# wrong NAME TEXT: reads Markdown; TEXT is what the run says about it.
wrong() {
    cat >"$work/wrong.md"
    if python3 tests/docs/blocks.py "$work" "$work/wrong.md" >"$work/wrong.log" 2>&1; then
        echo "FAIL $1: passes"
        failed=$((failed + 1))
    elif grep -q -- "$2" "$work/wrong.log"; then
        echo "ok   $1"
        passed=$((passed + 1))
    else
        echo "FAIL $1: does not say: $2"
        sed 's/^/    /' "$work/wrong.log"
        failed=$((failed + 1))
    fi
}
wrong "another output" 'prints' <<'END'
```sh
echo one
```
<!-- prints -->
```text
two
```
END
wrong "an output that the text does not have" 'and the text says' <<'END'
```sh
echo one
```
END
wrong "an exit code" 'ends with 3, not 0' <<'END'
```sh
exit 3
```
END
wrong "code that does not compile" 'does not compile' <<'END'
```c
int main(void) { return nothing; }
```
END
wrong "a later state of a program" 'ends with 1, not 0' <<'END'
```c
int main(void) {
    int n = 1;
    return n - 1;
}
```
<!-- continues -->
```c
    n++;
```
END
wrong "nothing to continue" 'stands before it to continue' <<'END'
<!-- continues -->
```sh
true
```
END
wrong "an unknown directive" 'unknown directive' <<'END'
<!-- goes on -->
```sh
true
```
END
wrong "a file without programs" 'no block that could run' <<'END'
Nothing.
END
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
