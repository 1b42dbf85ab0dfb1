#!/usr/bin/env bash
# Runs the examples of README.md as they stand there, one per language; cargo's tests run the one of Rust. A language
# whose tools are missing is skipped aloud.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=target/readme
rm -rf $work && mkdir -p $work

# block LANGUAGE: the fenced block of that language.
block() {
    awk -v open="\`\`\`$1" '$0 == open { on = 1; found = 1; next } /^```/ { on = 0 } on; END { exit !found }' README.md
}

cargo build --quiet --profile checked --package wrtd
export PATH=$PWD/target/checked:$PATH
echo "-- shell"
block sh >$work/example.sh
sh -eu $work/example.sh

echo "-- C"
[ -e target/ship/lib/libwrt.a ] || tools/lib.sh
block c >$work/example.c
cc -std=c11 -Wall -Wextra -Werror -Iinclude $work/example.c target/ship/lib/libwrt.a -o $work/example
$work/example

echo "-- C++"
block cpp >$work/example.cpp
if command -v c++ >/dev/null; then
    c++ -std=c++17 -Wall -Wextra -Werror -Iinclude $work/example.cpp target/ship/lib/libwrt.a -o $work/example-cpp
    $work/example-cpp
else
    echo "the C++ example is skipped, because c++ is not here (package g++)"
fi

echo "-- Python"
block python >$work/example.py
if [ -x target/venv/bin/python ]; then
    target/venv/bin/python $work/example.py
else
    echo "the Python example is skipped, because the package is not installed in target/venv"
fi

echo "-- Node"
block js >$work/example.js
if [ -d target/node-user/node_modules/wrt ]; then
    NODE_PATH=target/node-user/node_modules node $work/example.js
else
    echo "the Node example is skipped, because the package is not installed in target/node-user"
fi
