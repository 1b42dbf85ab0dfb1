# The faces of the engine: built, installed into clean places and tested. Sourced by `test.sh`; `./dev bindings` runs the
# steps of `faces_steps` alone, whole where `./dev test` leaves out what takes long.

# Whether everything is to run.
whole=

# `./dev bindings`
run_bindings() {
    whole=yes
    begun
    prepare_faces
    lane 1 faces_steps
    ended
}

faces_steps() {
    step library tools/lib.sh
    step c tests/c/run.sh
    # The C header in each standard, and under the MISRA checker.
    step standards tests/c/header.sh
    step cpp env WRT_LIB_IS_BUILT=yes tests/cpp/run.sh ${whole:---quick}
    step abi abi
    step c-host c_host
    # shellcheck disable=SC2046,SC2086  # nothing where everything is to run
    step cmake tests/cmake/run.sh $([ -n "$whole" ] || echo --quick)
    step packages tests/packages/run.sh $([ -n "$whole" ] || echo source capi vcpkg)
    step python python
    step wheel wheel
    step node node_package
    step jsapi jsapi
    step faces tests/faces/run.sh
    step app examples/app/run.sh
    step guides guides
    step references references
    # With what the steps before have installed.
    step readme tools/dev/readme.sh
}

# What the steps need beside a compiler of C and cargo.
prepare_faces() {
    need c++ g++ || true
    need clang clang || true
    need cmake cmake || true
    need pkg-config pkg-config || true
    need cppcheck cppcheck || true
    need doxygen doxygen || true
    need abidiff abigail-tools || true
    need python3 python3 || true
    need npm npm nodejs || true
    if [ -n "$whole" ]; then
        packages gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user gcc-arm-none-eabi \
            picolibc-arm-none-eabi qemu-system-arm ninja-build || true
    fi
}

# The example as a person builds it: by hand, and with CMake.
c_host() {
    examples/c-host/embed.sh --check
    mkdir -p target/c-host
    cc -std=c11 -Wall -Wextra -Werror -Iinclude examples/c-host/*.c target/ship/lib/libwrt.a -lpthread -o target/c-host/by-hand
    target/c-host/by-hand
    command -v cmake >/dev/null || {
        echo "the CMake build of c-host is skipped, because cmake is not here"
        return 0
    }
    cmake -S examples/c-host -B target/c-host/cmake
    cmake --build target/c-host/cmake
    target/c-host/cmake/c-host >target/c-host/cmake.txt
    echo "the same from both builds, apart from what threads decide: $(wc -l <target/c-host/cmake.txt) lines"
}

# The interpreter to test with: the first that is new enough.
find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

python() {
    local interpreter
    interpreter=$(find_python) || {
        echo "skipped, because no Python 3.11 or later is here"
        return 3
    }
    if ! "$interpreter" -m venv --clear target/venv; then
        packages python3-venv && "$interpreter" -m venv --clear target/venv || {
            echo "skipped, because Python has no venv here (package python3-venv)"
            return 3
        }
    fi
    # One directory for both packages: the engine is built once.
    CARGO_TARGET_DIR=$PWD/target/bindings target/venv/bin/python -m pip install --quiet --disable-pip-version-check ./bindings/python
    target/venv/bin/python -m pip install --quiet --disable-pip-version-check mypy numpy matplotlib wasmtime pywasm3 \
        || echo "what is told of other packages is skipped, because PyPI cannot be reached"
    cargo build "${checked[@]}" --package wrtd
    WRTD=$PWD/target/checked/wrtd target/venv/bin/python bindings/python/tests/test_wrt.py
}

# The wheel where no compiler is.
wheel() {
    local interpreter
    interpreter=$(find_python) || {
        echo "skipped, because no Python 3.11 or later is here"
        return 3
    }
    PYTHON=$interpreter CARGO_TARGET_DIR=$PWD/target/bindings bindings/python/tests/wheel.sh
}

has_npm() {
    command -v npm >/dev/null || {
        echo "skipped, because npm is not here"
        return 3
    }
}

node_package() {
    has_npm || return
    cargo build "${checked[@]}" --package wrtd
    # A package that uses ours, as anybody's would.
    rm -rf target/node-user && mkdir -p target/node-user
    echo '{ "name": "user", "private": true }' >target/node-user/package.json
    (
        export CARGO_TARGET_DIR=$PWD/target/bindings
        cd target/node-user && npm install --no-audit --no-fund --loglevel=error ../../bindings/node
    )
    (
        export WRT_PACKAGE=$PWD/target/node-user/node_modules/wrt WRTD=$PWD/target/checked/wrtd
        node --expose-gc --test bindings/node/test/
    )
    # The addon that was just built, packed.
    tests/node/packed.sh
}

# The JavaScript API tests of the WebAssembly project, and that they can fail.
jsapi() {
    has_npm || return
    [ -e target/node-user/node_modules/wrt ] || {
        echo "skipped, because the package is not installed in target/node-user"
        return 3
    }
    tests/jsapi/fetch.sh >target/jsapi.txt 2>&1 || {
        echo "skipped, because $(tail -n 1 target/jsapi.txt)"
        return 3
    }
    export WRT_PACKAGE=$PWD/target/node-user/node_modules/wrt
    node tests/jsapi/run.js --prove
    node tests/jsapi/run.js
}

# The code of the guides for C and C++, and that what is wrong in one is found.
guides() {
    tests/docs/run.sh --prove
    tests/docs/run.sh
}

# The ABI, and that its check can fail.
abi() {
    tools/abi/check.sh
    tools/abi/check.sh --prove
}

# The reference of each language, without a warning.
references() {
    tools/docs-c.sh
    tools/docs-c.sh --prove
    tools/docs-python.sh
    tools/docs-node.sh
}
