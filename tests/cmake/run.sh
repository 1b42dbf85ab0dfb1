#!/bin/sh
# Installs wrt into a clean prefix and builds projects against it: find_package with the static and the
# shared library, pkg-config, and FetchContent. API-2.
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
    echo "skipped, because cmake is not on this machine (Debian: cmake)"
    skipped=1
    finish
fi

install_it() {
    cmake -S cmake -B "$work/wrt" -DCMAKE_INSTALL_PREFIX="$work/prefix" &&
        cmake --build "$work/wrt" && cmake --install "$work/wrt"
}
# project NAME FLAG...: configures, builds and runs the two files.
project() {
    dir=$work/$1
    shift
    cmake -S tests/cmake/project -B "$dir" -DCMAKE_PREFIX_PATH="$work/prefix" "$@" &&
        cmake --build "$dir" && "$dir/two-files"
}
shared_is_used() {
    project shared -DBUILD_SHARED_LIBS=ON && readelf -d "$work/shared/two-files" | grep 'libwrt\.so\.[0-9]'
}
too_new() {
    sed 's/find_package(wrt 0.1/find_package(wrt 99/' tests/cmake/project/CMakeLists.txt >"$work/CMakeLists.txt"
    cp tests/cmake/project/main.c "$work/main.c"
    ! cmake -S "$work" -B "$work/too-new" -DCMAKE_PREFIX_PATH="$work/prefix"
}
with_pkg_config() {
    PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name wrt.pc)")
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046  # words are meant
    cc tests/cmake/project/main.c $(pkg-config --cflags --libs wrt) -o "$work/with-pkg-config" &&
        LD_LIBRARY_PATH=$(pkg-config --variable=libdir wrt) "$work/with-pkg-config"
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
END
    cmake -S "$work/fetch" -B "$work/fetch/build" && cmake --build "$work/fetch/build" &&
        "$work/fetch/build/two-files"
}
step "install into a clean prefix" install_it
step "find_package, static" project static
step "find_package, shared with SONAME" shared_is_used
step "find_package refuses another version" too_new
step "FetchContent" fetch_content
if command -v pkg-config >/dev/null; then
    step "pkg-config" with_pkg_config
else
    echo "skip pkg-config, because it is not on this machine (Debian: pkg-config)"
    skipped=$((skipped + 1))
fi
finish
