#!/bin/sh
# What cargo calls instead of the compiler for the crates of this workspace (RUSTC_WORKSPACE_WRAPPER): adds counters of
# regions and branches to them, and to nothing they depend on. Counters are atomic, because threads share them.
exec "$@" -Cinstrument-coverage -Zcoverage-options=branch -Cllvm-args=-instrprof-atomic-counter-update-all
