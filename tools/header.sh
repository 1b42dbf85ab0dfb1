#!/bin/sh
# Writes include/wrt.h from the C ABI crate; with --check, fails when the committed one is stale.
set -eu
cd "$(dirname "$0")/.."
exec cargo run --quiet --package wrt-header -- "$@"
