#!/bin/sh
# Fuzzes a target for so many seconds, starting from its corpus.
#
#   run.sh TARGET SECONDS        load, run, differential or differential_wasmtime
#   run.sh TARGET --hours N
#   run.sh TARGET --minimise     keeps of the corpus what no smaller input covers
#
# Needs a nightly compiler and cargo-fuzz, which it installs when it is missing. A failing input is kept in
# tests/fuzz/artifacts/TARGET/ and makes the exit status 1. Exit 3: skipped, because there is no nightly compiler.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
usage() {
    echo "usage: run.sh load|run|differential|differential_wasmtime SECONDS|--hours N|--minimise" >&2
    exit 2
}
target=${1-}
case $#,${2-} in
    2,--minimise) seconds=0 ;;
    2,*[!0-9]* | 2,) usage ;;
    2,*) seconds=$2 ;;
    3,--hours)
        case $3 in *[!0-9]* | '') usage ;; esac
        seconds=$(($3 * 3600))
        ;;
    *) usage ;;
esac
if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "fuzz: skipped, because there is no nightly compiler (rustup toolchain install nightly)" >&2
    exit 3
fi
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
"$here/seed.sh" "$target"
features=
[ "$target" != differential_wasmtime ] || features="--features wasmtime"
limits="-max_len=16384 -timeout=60 -rss_limit_mb=4096"
cd "$here/../.."
if [ "$2" = --minimise ]; then
    # What one run finds on the way is large; the corpus that is kept is small.
    # shellcheck disable=SC2086 (words are meant)
    exec cargo +nightly fuzz cmin --fuzz-dir tests/fuzz $features "$target" -- $limits
fi
# shellcheck disable=SC2086 (words are meant)
exec cargo +nightly fuzz run --fuzz-dir tests/fuzz $features "$target" -- -max_total_time="$seconds" $limits
