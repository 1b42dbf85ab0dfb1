#!/bin/sh
# Gets what the benchmark needs and runs it: kernels, real programs, big modules, the worker with wasmtime, the harness.
# Arguments go to the harness (--help lists them). WRT_BENCH_NO_WASMTIME=1 leaves wasmtime out, which takes long to build.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# Not fatal: each script says what it leaves out, and the harness takes what there is.
"$here/programs/build.sh" >&2 || [ $? -eq 3 ]
"$here/modules.sh" || [ $? -eq 3 ]
# The bindings of wasm3 are generated at build time with a libclang before 16 (Debian: libclang1-14).
features=wrt
if [ -z "${LIBCLANG_PATH-}" ] && [ -d /usr/lib/llvm-14/lib ]; then
    export LIBCLANG_PATH=/usr/lib/llvm-14/lib
fi
if ls "${LIBCLANG_PATH-/nonexistent}"/libclang*.so* >/dev/null 2>&1; then
    features=$features,wasm3
else
    echo "bench: wasm3 is left out, because its bindings need libclang 14 (Debian: libclang1-14)" >&2
fi
cd "$here"
cargo build --release --locked --features "$features" >&2
set -- --kernels "$root/target/kernels" --programs "$root/target/programs" \
    --modules "$root/target/modules" "$@"
if [ "${WRT_BENCH_NO_WASMTIME-0}" != 1 ]; then
    cargo build --profile peer --locked -p wrt-bench-wasmtime >&2
    set -- --worker target/peer/wrt-bench-wasmtime "$@"
fi
exec target/release/wrt-bench "$@"
