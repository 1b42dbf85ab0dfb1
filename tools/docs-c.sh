#!/bin/sh
# Makes the reference of include/wrt.h and include/wrt.hpp with Doxygen, every warning an error: target/doc/c/index.html.
#
#   tools/docs-c.sh            makes it
#   tools/docs-c.sh --prove    shows that a function without a comment is found
#
# Exit 3: skipped, because Doxygen is not here.
set -eu
cd "$(dirname "$0")/.."
command -v doxygen >/dev/null || {
    echo "skipped, because doxygen is not on this machine (Debian: doxygen)"
    exit 3
}
WRT_VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
export WRT_VERSION
mkdir -p target/doc

# docs OUT [SETTING...]: Doxygen, with settings of docs/api/Doxyfile changed.
docs() {
    out=$1
    shift
    {
        cat docs/api/Doxyfile
        echo "OUTPUT_DIRECTORY = $out"
        printf '%s\n' "$@"
    } | doxygen -
}

case ${1-} in
'')
    docs target/doc/c || {
        echo "docs-c: every function, struct, field and constant of include/ has a comment before it, or behind it on its line" >&2
        exit 1
    }
    # Pages alone do not show that anything stands on them.
    while read -r name _; do
        grep -qF "$name" target/doc/c/wrt_8h.html || {
            echo "docs-c: $name is not on the page of wrt.h" >&2
            exit 1
        }
    done <"$(ls tools/abi/wrt-*.symbols)"
    echo "target/doc/c/index.html: $(find target/doc/c -name '*.html' | wc -l) pages without a warning"
    ;;
--prove)
    rm -rf target/doc/prove && mkdir -p target/doc/prove
    cp include/wrt.h target/doc/prove/wrt.h
    docs target/doc/prove/as-it-is "INPUT = target/doc/prove/wrt.h" "USE_MDFILE_AS_MAINPAGE =" 2>target/doc/prove/said || {
        cat target/doc/prove/said
        echo "docs-c: the header is refused as it is"
        exit 1
    }
    awk '/^wrt_status wrt_task_usage/ { print "/* none */ int wrt_bare(void);\n\nint wrt_barer(void);\n" } { print }' include/wrt.h >target/doc/prove/wrt.h
    if docs target/doc/prove/changed "INPUT = target/doc/prove/wrt.h" "USE_MDFILE_AS_MAINPAGE =" 2>target/doc/prove/said; then
        echo "docs-c: a function without a comment was not found"
        exit 1
    fi
    grep -q 'wrt_barer.*not documented' target/doc/prove/said || {
        cat target/doc/prove/said
        echo "docs-c: refused, but for another reason"
        exit 1
    }
    echo "docs-c: a function without a comment is found"
    ;;
*)
    echo "usage: tools/docs-c.sh [--prove]" >&2
    exit 2
    ;;
esac
