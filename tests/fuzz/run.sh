#!/bin/sh
# Fuzzes a target for so many seconds, starting from its corpus.
#
#   run.sh TARGET SECONDS        load, run, differential or image
#   run.sh TARGET --hours N
#   run.sh TARGET --minimise     keeps inputs of the corpus that reach the same code, and packs them
#
# Needs a nightly compiler and cargo-fuzz, which it installs when it is missing. A failing input is kept in
# tests/fuzz/artifacts/TARGET/ and makes the exit status 1. Exit 3: skipped, because there is no nightly compiler.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
usage() {
    echo "usage: run.sh load|run|differential|image SECONDS|--hours N|--minimise" >&2
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
# What may be damaged is run with every access compared with what was lent.
[ "$target" != image ] || export WRT_CHECKED=1
limits="-max_len=16384 -timeout=60 -rss_limit_mb=4096"
cd "$here/../.."
if [ "$2" = --minimise ]; then
    # What a run finds on the way is large: kept are the inputs that reach code which no smaller one reaches. The
    # fuzzer's own list says which: it looks at them from the smallest on.
    cargo +nightly fuzz build --fuzz-dir tests/fuzz "$target"
    triple=$(rustc -vV | sed -n 's/^host: //p')
    corpus=tests/fuzz/corpus
    least=$corpus/$target.least
    rm -rf "$least" && mkdir -p "$least.all" "$least"
    # shellcheck disable=SC2086 (words are meant)
    "tests/fuzz/target/$triple/release/$target" -merge=1 -merge_control_file="$least.list" $limits "$least.all" \
        "$corpus/$target"
    awk 'NR == 1 { n = $1 } NR > 2 && NR <= n + 2 { name[NR - 3] = $0 } $1 == "COV" && NF > 2 { print name[$2] }' \
        "$least.list" | while read -r input; do cp "$input" "$least"; done
    rm -rf "${corpus:?}/$target" "$least.all" "$least.list" && mv "$least" "$corpus/$target"
    # The same inputs make the same file.
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$corpus/$target" -cf - . | gzip -9n >"$corpus/$target.tar.gz"
    echo "kept $(find "$corpus/$target" -type f | wc -l) inputs: $corpus/$target.tar.gz"
    exit
fi
# shellcheck disable=SC2086 (words are meant)
exec cargo +nightly fuzz run --fuzz-dir tests/fuzz "$target" -- -max_total_time="$seconds" $limits
