#!/bin/sh
# Builds the faces of C and C++ with the static library that ships, converts the text of the cases, builds wrtd, and runs
# every case through every face that is here (run.py); then shows that a difference would be found. API-5.
#
#   tests/faces/run.sh           both
#   tests/faces/run.sh --show    prints what the face of C says of each case
#
# PROFILE is cargo's profile of wrtd and of the converter; `release` where not said.
set -eu
cd "$(dirname "$0")/../.."
work=target/faces
profile=${PROFILE:-release}
mkdir -p "$work/wasm"
command -v python3 >/dev/null || {
    echo "skipped, because python3 is not here"
    exit 3
}
tools/lib.sh
warnings="-Wall -Wextra -Wpedantic -Wconversion -Werror"
# shellcheck disable=SC2086  # flags are words
"${CC:-cc}" -std=c11 -O1 -g $warnings -Iinclude tests/faces/face.c target/ship/lib/libwrt.a -o "$work/face-c"
rm -f "$work/face-cpp"
if command -v "${CXX:-c++}" >/dev/null; then
    # shellcheck disable=SC2086
    "${CXX:-c++}" -std=c++17 -O1 -g $warnings -Iinclude tests/faces/face.cpp target/ship/lib/libwrt.a -o "$work/face-cpp"
fi
cargo build --quiet --profile "$profile" --package wrtd --package wrt-programs --bin wrtd --bin wat
rm -f "$work"/wasm/*
grep -o '^[^# ][^ ]*\.wat' tests/faces/cases.txt | sort -u |
    while read -r source; do
        echo "$source"
        echo "$work/wasm/$(echo "${source%.wat}" | tr / -).wasm"
    done | tr '\n' '\0' | xargs -0 "target/$profile/wat"
export WRTD="${WRTD:-$PWD/target/$profile/wrtd}"
code=0
proved=$(tests/faces/run.py --prove) || code=$?
echo "$proved" | sed 's/^[0-9]* passed.*/prove: &/'
tests/faces/run.py "$@" || code=$?
exit "$code"
