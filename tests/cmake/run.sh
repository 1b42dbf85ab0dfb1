#!/bin/sh
# Installs wrt into clean prefixes and builds projects of two files against it, in C and in C++: find_package with its
# components and its refusals, a prefix that is moved, pkg-config, FetchContent, add_subdirectory, and other targets by a
# toolchain file. API-2.
#
#   tests/cmake/run.sh           everything
#   tests/cmake/run.sh --quick   without other targets
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
work=$root/target/cmake-test
rm -rf "$work"
mkdir -p "$work"
passed=0 failed=0 skipped=0
finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}
skip() {
    echo "skipped $1, because $2"
    skipped=$((skipped + 1))
}
# step NAME COMMAND...: runs it, shows its output if it fails.
step() {
    name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        sed 's/^/    /' "$work/log"
        failed=$((failed + 1))
    fi
}
if ! command -v cmake >/dev/null; then
    skip "everything" "cmake is not on this machine (Debian: cmake)"
    finish
fi
# says TEXT COMMAND...: the command succeeds and prints a line that matches.
says() {
    text=$1
    shift
    "$@" >"$work/said" 2>&1 && code=0 || code=$?
    cat "$work/said"
    [ "$code" -eq 0 ] && grep -qE "$text" "$work/said"
}
# refuses TEXT COMMAND...: the command fails and says so. CMake breaks lines where it likes.
refuses() {
    text=$1
    shift
    ! "$@" >"$work/said" 2>&1 || return 1
    cat "$work/said"
    tr -s ' \n' ' ' <"$work/said" | grep -qE "$text"
}
answer='^wrt [0-9.]+: 40 \+ 2 = 42$'

# install_it NAME FLAG...: into the prefix target/cmake-test/NAME.
install_it() {
    prefix=$work/$1 build=$work/build-$1
    shift
    cmake -S cmake -B "$build" "$@" && cmake --build "$build" && cmake --install "$build" --prefix "$prefix"
}
# project SOURCE BUILD PREFIX FLAG...: configures and builds two files, with nothing but the prefix.
project() {
    source=$1 dir=$work/$2 prefix=$work/$3
    shift 3
    cmake -S "$source" -B "$dir" -DCMAKE_PREFIX_PATH="$prefix" "$@" && cmake --build "$dir"
}
# runs SOURCE BUILD PREFIX FLAG...: and they do what they should.
runs() {
    binary=$work/$2/two-files
    project "$@" && says "$answer" "$binary"
}
needs_shared() {
    readelf -d "$work/$1/two-files" | grep 'NEEDED.*\[libwrt\.so\.[0-9]*\]'
}
needs_no_shared() {
    ! needs_shared "$1"
}
# asking FOR: the two files with another find_package, in target/cmake-test/asking.
asking() {
    mkdir -p "$work/asking"
    sed "s/find_package(wrt.*/find_package($1)/" tests/cmake/project/CMakeLists.txt >"$work/asking/CMakeLists.txt"
    cp tests/cmake/project/main.c "$work/asking/main.c"
    rm -rf "$work/asked"
}
find_components() {
    asking "wrt 0.1 REQUIRED COMPONENTS static" && runs "$work/asking" asked prefix -DBUILD_SHARED_LIBS=ON &&
        needs_no_shared asked &&
        asking "wrt 0.1 REQUIRED COMPONENTS shared" && runs "$work/asking" asked prefix && needs_shared asked &&
        asking "wrt 0.1 REQUIRED COMPONENTS static shared" && runs "$work/asking" asked prefix && needs_no_shared asked
}
find_both_targets() {
    asking "wrt 0.1 REQUIRED"
    sed -i 's/wrt::wrt/wrt::shared/' "$work/asking/CMakeLists.txt"
    echo 'add_executable(other main.c)
target_link_libraries(other PRIVATE wrt::static)' >>"$work/asking/CMakeLists.txt"
    runs "$work/asking" asked prefix && needs_shared asked && says "$answer" "$work/asked/other"
}
# refused FOR TEXT [PREFIX]: such a find_package is refused with such a text.
refused() {
    asking "$1" && refuses "$2" project "$work/asking" asked "${3-prefix}"
}
optional_component() {
    asking "wrt 0.1 REQUIRED COMPONENTS static OPTIONAL_COMPONENTS shared" &&
        runs "$work/asking" asked only-static -DBUILD_SHARED_LIBS=ON && needs_no_shared asked
}
only() {
    ! ls "$work/$1"/lib*/libwrt."$2"* "$work/$1"/lib/*/libwrt."$2"* 2>/dev/null
}
# Every file that refers to another one must have moved with the prefix.
moved() {
    mv "$work/prefix" "$work/moved" &&
        ! grep -rlF "$work/prefix" "$work/moved" &&
        runs tests/cmake/project moved-static moved && runs tests/cmake/project moved-shared moved -DBUILD_SHARED_LIBS=ON &&
        { ! command -v pkg-config || with_pkg_config moved; } && mv "$work/moved" "$work/prefix"
}
# The directory of wrt.pc in a prefix.
pc_dir() {
    dirname "$(find "$work/$1" -name wrt.pc)"
}
with_pkg_config() {
    PKG_CONFIG_PATH=$(pc_dir "$1")
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046  # words are meant
    cc tests/cmake/project/main.c $(pkg-config --cflags --libs wrt) -o "$work/with-pkg-config" &&
        readelf -d "$work/with-pkg-config" | grep 'libwrt\.so' &&
        LD_LIBRARY_PATH=$(pkg-config --variable=libdir wrt) says "$answer" "$work/with-pkg-config"
}
# Everything static; and libwrt alone, by its name.
with_pkg_config_static() {
    PKG_CONFIG_PATH=$(pc_dir "$1")
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046  # words are meant
    cc -static tests/cmake/project/main.c $(pkg-config --static --cflags --libs wrt) -o "$work/all-static" &&
        says "$answer" "$work/all-static" &&
        cc tests/cmake/project/main.c $(pkg-config --static --cflags --libs wrt | sed 's/-lwrt/-l:libwrt.a/') \
            -o "$work/one-static" && ! readelf -d "$work/one-static" | grep libwrt && says "$answer" "$work/one-static"
}
pc_version() {
    PKG_CONFIG_PATH=$(pc_dir prefix)
    export PKG_CONFIG_PATH
    pkg-config --validate wrt && pkg-config --exact-version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)" wrt
}
# The loader finds the version of each symbol: a program that wants one that the library does not have does not start.
symbol_versions() {
    readelf -W --dyn-syms "$work/shared/two-files" | grep -E 'wrt_call@WRT_[0-9]+'
}
fetch_content() {
    mkdir -p "$work/fetch"
    cp tests/cmake/project/main.c "$work/fetch/"
    cat >"$work/fetch/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.18)
project(two-files C)
include(FetchContent)
FetchContent_Declare(wrt SOURCE_DIR "$root" SOURCE_SUBDIR cmake)
FetchContent_MakeAvailable(wrt)
add_executable(two-files main.c)
target_link_libraries(two-files PRIVATE wrt::wrt)
install(TARGETS two-files)
END
    cmake -S "$work/fetch" -B "$work/fetch/build" && cmake --build "$work/fetch/build" &&
        says "$answer" "$work/fetch/build/two-files" &&
        # Part of another project, nothing of ours is installed with it.
        cmake --install "$work/fetch/build" --prefix "$work/fetch/prefix" && ! find "$work/fetch/prefix" -name '*wrt*' | grep .
}
add_subdirectory() {
    mkdir -p "$work/sub"
    cp tests/cmake/project-cpp/main.cpp "$work/sub/"
    cat >"$work/sub/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.16)
project(two-files C CXX)
set(CMAKE_CXX_STANDARD 17)
add_subdirectory("$root/cmake" wrt EXCLUDE_FROM_ALL)
add_executable(two-files main.cpp)
target_link_libraries(two-files PRIVATE wrt::shared)
END
    cmake -S "$work/sub" -B "$work/sub/build" && cmake --build "$work/sub/build" && says "$answer" "$work/sub/build/two-files"
}
headers() {
    diff -r include "$work/prefix/include"
}

step "install into a clean prefix" install_it prefix
step "every header is installed" headers
step "install the static library alone" install_it only-static -DWRT_SHARED=OFF
step "it is alone" only only-static so
step "install the shared library alone" install_it only-shared -DWRT_STATIC=OFF
step "it is alone" only only-shared a
step "find_package, static" runs tests/cmake/project static prefix
step "nothing shared is needed" needs_no_shared static
step "find_package, shared" runs tests/cmake/project shared prefix -DBUILD_SHARED_LIBS=ON
step "it is needed by its SONAME" needs_shared shared
step "symbols are needed by their version" symbol_versions
if command -v c++ >/dev/null; then
    step "find_package from C++, static" runs tests/cmake/project-cpp cpp-static prefix
    step "find_package from C++, shared" runs tests/cmake/project-cpp cpp-shared prefix -DBUILD_SHARED_LIBS=ON
    step "add_subdirectory, from C++" add_subdirectory
else
    skip "C++" "no C++ compiler is on this machine (Debian: g++)"
fi
step "find_package by components" find_components
step "wrt::static and wrt::shared side by side" find_both_targets
step "the only library there is wrt::wrt" runs tests/cmake/project only only-shared
step "a component that is optional may be missing" optional_component
step "a version that is too new is refused" refused "wrt 99 REQUIRED" 'version "99"'
step "another minor version is refused" refused "wrt 0.0 REQUIRED" 'version "0.0"'
step "a component that is not there is refused" \
    refused "wrt 0.1 REQUIRED COMPONENTS shared" 'this package of wrt has no shared library in .*WRT_SHARED' only-static
step "and the static one" \
    refused "wrt 0.1 REQUIRED COMPONENTS static" 'this package of wrt has no static library in .*WRT_STATIC' only-shared
step "an unknown component is refused" \
    refused "wrt 0.1 REQUIRED COMPONENTS dynamic" "no component 'dynamic'; its components are static and shared"
step "nothing to build is refused" refuses 'put one ON' install_it nothing -DWRT_STATIC=OFF -DWRT_SHARED=OFF
step "a prefix that was moved" moved
if command -v pkg-config >/dev/null; then
    step "pkg-config" with_pkg_config prefix
    step "pkg-config --static" with_pkg_config_static prefix
    step "pkg-config, the version" pc_version
else
    skip "pkg-config" "it is not on this machine (Debian: pkg-config)"
fi
step "FetchContent" fetch_content

[ "${1-}" != --quick ] || finish

# compiler TRIPLE: something can build `core` for it.
compiler() {
    [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ] ||
        { [ -x /usr/bin/cargo ] && [ -d /usr/lib/rustlib/src/rust/library ]; }
}
no_rust="there is no library of Rust for it, and no sources to build one (Debian: rustc-web cargo-web rust-web-src)"

step "a target that no name follows from is refused" refuses 'set WRT_CARGO_TARGET' \
    cmake -S cmake -B "$work/unknown" -DCMAKE_SYSTEM_NAME=Generic -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY
if ! command -v aarch64-linux-gnu-gcc >/dev/null; then
    skip "aarch64" "its compiler is not on this machine (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross)"
elif ! compiler aarch64-unknown-linux-gnu; then
    skip "aarch64" "$no_rust"
else
    arm64=--toolchain=$root/cmake/toolchains/aarch64-linux-gnu.cmake
    # on_aarch64 PROGRAM: under the emulator.
    on_aarch64() {
        says "$answer" qemu-aarch64 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$work/aarch64/lib" "$1"
    }
    step "aarch64: install" install_it aarch64 "$arm64"
    step "aarch64: find_package, static" project tests/cmake/project aarch64-static aarch64 "$arm64"
    step "aarch64: find_package, shared" project tests/cmake/project aarch64-shared aarch64 "$arm64" -DBUILD_SHARED_LIBS=ON
    if command -v qemu-aarch64 >/dev/null; then
        step "aarch64: the static program runs" on_aarch64 "$work/aarch64-static/two-files"
        step "aarch64: the shared program runs" on_aarch64 "$work/aarch64-shared/two-files"
    else
        skip "running for aarch64" "qemu-aarch64 is not on this machine (Debian: qemu-user)"
    fi
    if command -v aarch64-linux-gnu-g++ >/dev/null; then
        step "aarch64: find_package from C++" project tests/cmake/project-cpp aarch64-cpp aarch64 "$arm64"
    else
        skip "C++ for aarch64" "its compiler is not on this machine (Debian: g++-aarch64-linux-gnu)"
    fi
fi
if ! command -v arm-none-eabi-gcc >/dev/null || ! [ -e "$(arm-none-eabi-gcc -print-file-name=picolibc.specs)" ]; then
    skip "Cortex-M4F" "its compiler or C library is not on this machine (Debian: gcc-arm-none-eabi picolibc-arm-none-eabi)"
elif ! compiler thumbv7em-none-eabihf; then
    skip "Cortex-M4F" "$no_rust"
else
    m4=--toolchain=$root/cmake/toolchains/cortex-m4f.cmake
    memory="--crt0=hosted --oslib=semihost -Wl,--defsym=__flash=0,--defsym=__flash_size=4M,--defsym=__ram=0x20000000"
    memory="$memory,--defsym=__ram_size=4M,--defsym=__stack_size=16K"
    on_board() {
        says "$answer" qemu-system-arm -cpu cortex-m4 -machine mps2-an386 -nographic \
            -semihosting-config enable=on,target=native -kernel "$1"
    }
    step "Cortex-M4F: install" install_it cortex-m4f "$m4"
    step "Cortex-M4F: there is no shared library" only cortex-m4f so
    step "Cortex-M4F: find_package" project tests/cmake/project cortex-m4f-program cortex-m4f "$m4" \
        "-DCMAKE_EXE_LINKER_FLAGS=$memory"
    step "Cortex-M4F: a shared library is refused" refuses 'has no shared libraries' install_it m4-shared "$m4" -DWRT_SHARED=ON
    if command -v qemu-system-arm >/dev/null; then
        step "Cortex-M4F: the program runs" on_board "$work/cortex-m4f-program/two-files"
    else
        skip "running on Cortex-M4F" "qemu-system-arm is not on this machine (Debian: qemu-system-arm)"
    fi
fi
finish
