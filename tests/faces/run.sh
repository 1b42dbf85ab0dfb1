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
sanitizers="-fsanitize=address,undefined -fno-sanitize-recover=all"
rm -f "$work"/face-*
# shellcheck disable=SC2086  # flags are words
for kind in "" "$sanitizers"; do
    name=${kind:+-sanitized}
    "${CC:-cc}" -std=c11 -O1 -g $kind $warnings -Iinclude tests/faces/face.c target/ship/lib/libwrt.a -o "$work/face-c$name"
    if command -v "${CXX:-c++}" >/dev/null; then
        "${CXX:-c++}" -std=c++17 -O1 -g $kind $warnings -Iinclude tests/faces/face.cpp target/ship/lib/libwrt.a \
            -o "$work/face-cpp$name"
    fi
done
cargo build --quiet --profile "$profile" --package wrtd --package wrt-programs --bin wrtd --bin wat
rm -f "$work"/wasm/*
grep -o '^[^# ][^ ]*\.wat' tests/faces/cases.txt | sort -u |
    while read -r source; do
        echo "$source"
        echo "$work/wasm/$(echo "${source%.wat}" | tr / -).wasm"
    done | tr '\n' '\0' | xargs -0 "target/$profile/wat"
export WRTD="${WRTD:-$PWD/target/$profile/wrtd}"
code=0
# part NAME COMMAND...: runs it and adds its closing line up.
passed=0 failed=0 skipped=0
part() {
    part=$1
    shift
    "$@" >"$work/log" 2>&1 || code=$?
    grep -v ' passed, .* failed, ' "$work/log" || true
    last=$(grep ' passed, .* failed, ' "$work/log" | tail -n 1)
    [ -n "$last" ] || last="0 passed, 1 failed, 0 skipped"
    echo "$part: $last"
    # shellcheck disable=SC2086  # the numbers of the line
    set -- $last
    passed=$((passed + $1)) failed=$((failed + $3)) skipped=$((skipped + $5))
}
part "a difference is found" tests/faces/run.py --prove
# Mistakes of memory, and leaks, in the two faces that could have any.
if [ -e "$work/face-cpp-sanitized" ]; then
    FACE_C=$work/face-c-sanitized FACE_CPP=$work/face-cpp-sanitized part "under the sanitizers" tests/faces/run.py --only cpp
else
    echo "skipped the face cpp, because no C++ compiler is on this machine (Debian: g++)"
    skipped=$((skipped + 1))
fi
part "faces" tests/faces/run.py "$@"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$code" -eq 0 ] && [ "$failed" -eq 0 ]
