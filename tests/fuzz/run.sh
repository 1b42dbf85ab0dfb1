#!/bin/sh
# Fuzzes a target for so many seconds, starting from its seed corpus.
#
#   run.sh TARGET SECONDS      load, run or differential
#
# Needs a nightly compiler and cargo-fuzz, which it installs when it is missing. A failing input is kept in
# tests/fuzz/artifacts/TARGET/ and makes the exit status 1. Exit 3: skipped, because there is no nightly compiler.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 2 ] || { echo "usage: run.sh load|run|differential SECONDS" >&2; exit 2; }
if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "fuzz: skipped, because there is no nightly compiler (rustup toolchain install nightly)" >&2
    exit 3
fi
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
"$here/seed.sh" "$1"
cd "$here/../.."
exec cargo +nightly fuzz run --fuzz-dir tests/fuzz "$1" -- -max_total_time="$2" -max_len=16384 -timeout=20 -rss_limit_mb=4096
