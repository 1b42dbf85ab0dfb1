#!/bin/sh
# Writes include/wrt.h from the C ABI crate; with --check, fails when the committed one is stale.
set -eu
cd "$(dirname "$0")/.."
# PROFILE: another profile of cargo than `dev`, such as one that is built anyway.
exec cargo run --quiet --profile "${PROFILE-dev}" --package wrt-header -- "$@"
