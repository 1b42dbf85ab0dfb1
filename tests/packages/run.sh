#!/bin/sh
# Builds what the recipes of packaging/ say, each from the source package into a clean prefix, and two files of C and of C++
# against what came of it: Conan for real; vcpkg's port with stand-ins for its functions (vcpkg/standin.cmake says what
# that shows); the recipe of Yocto with BitBake's own parser and stand-ins for its classes (yocto/bake.py). And that
# cargo-c, where it is here, installs the same. API-2.
#
#   tests/packages/run.sh [PART...]    of: source capi conan vcpkg yocto; all where none is named
#
# Tools of PyPI (conan, oelint-adv, bitbake-setup) go into target/packages/venv. But for Conan's static library, the
# libraries are built without the features that take long: what is looked at is the package.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
work=$root/target/packages
mkdir -p "$work"
passed=0 failed=0 skipped=0
parts=${*:-source capi conan vcpkg yocto}
finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}
skip() {
    echo "skipped $1, because $2"
    skipped=$((skipped + 1))
}
# step NAME COMMAND...: runs it, shows the end of its output if it fails.
step() {
    name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        tail -n 40 "$work/log" | sed 's/^/    /'
        failed=$((failed + 1))
        return 1
    fi
}
has() {
    case " $parts " in *" $1 "*) return 0 ;; esac
    return 1
}
command -v cmake >/dev/null || {
    skip "everything" "cmake is not on this machine (Debian: cmake)"
    finish
}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
abi=$(sed -n 's/^#define WRT_ABI_VERSION \([0-9]*\).*/\1/p' include/wrt.h)
archive=$work/wrt-$version-source.tar.gz
answer="^wrt $version: 40 \\+ 2 = 42\$"

# says TEXT COMMAND...: the command succeeds and prints a line that matches.
says() {
    text=$1
    shift
    "$@" >"$work/said" 2>&1 && code=0 || code=$?
    cat "$work/said"
    [ "$code" -eq 0 ] && grep -qE "$text" "$work/said"
}
# tools PACKAGE...: they are in the folder of Python packages.
tools() {
    [ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv" || return 1
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check "$@"
}
# projects NAME PREFIX: two files of C and two of C++ find the package there, and do what they should.
projects() {
    for kind in project project-cpp; do
        [ "$kind" = project ] || command -v c++ >/dev/null || continue
        dir=$work/$1-$kind
        rm -rf "$dir"
        cmake -S "tests/cmake/$kind" -B "$dir" -DCMAKE_PREFIX_PATH="$2" && cmake --build "$dir" &&
            says "$answer" "$dir/two-files" || return 1
    done
}
# by_pkg_config PREFIX: the same by pkg-config, wherever the prefix lies.
by_pkg_config() {
    PKG_CONFIG_PATH=$(dirname "$(find "$1" -name wrt.pc | grep -v /debug/)")
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046  # words are meant
    cc tests/cmake/project/main.c $(pkg-config --cflags --libs wrt) -o "$work/by-pkg-config" &&
        LD_LIBRARY_PATH=$(pkg-config --variable=libdir wrt) says "$answer" "$work/by-pkg-config"
}
headers_in() {
    diff -r include "$1/include"
}

same_source() {
    rm -rf "$work/again" && mkdir "$work/again" && packaging/source.sh "$work/again" && cmp "$work/again/${archive##*/}" "$archive"
}
# Every crate that it carries is one of the repository's lock file, with the same checksum.
same_crates() {
    tar -xzOf "$archive" "wrt-$version/Cargo.lock" >"$work/lock"
    grep -A 3 '^name = ' "$work/lock" | grep '^checksum' | while read -r line; do
        grep -qxF "$line" Cargo.lock || { echo "not in Cargo.lock: $line"; exit 1; }
    done
}
# The package's recipes name the version that the repository has.
same_version() {
    grep -qF "\"version\": \"$version\"" packaging/vcpkg/wrt/vcpkg.json &&
        [ -e "packaging/yocto/recipes-wrt/wrt/wrt_$version.bb" ]
}
if has source; then
    step "the source package" packaging/source.sh "$work" || finish
    step "the same sources make the same bytes" same_source || true
    step "its crates are those of Cargo.lock" same_crates || true
    step "the recipes are of version $version" same_version || true
else
    packaging/source.sh "$work" >/dev/null
fi

# What cargo-c is told, compared with what CMake installs.
capi_names() {
    cargo metadata --quiet --no-deps --offline --format-version 1 >"$work/metadata.json" &&
        python3 - "$work/metadata.json" "$abi" "$(sed -n 's/^Description: //p' cmake/wrt.pc.in)" <<'END'
import json, sys
metadata, abi, description = sys.argv[1:]
packages = json.load(open(metadata))["packages"]
wrt = next(package for package in packages if package["name"] == "wrt")
capi = wrt["metadata"]["capi"]
assert capi["header"]["generation"] is False and capi["header"]["name"] == "wrt"
assert capi["library"]["name"] == "wrt" and capi["library"]["version"] == f"{abi}.0.0"
assert capi["library"]["version_suffix_components"] == 1
assert capi["pkg_config"] == {"name": "wrt", "filename": "wrt", "description": description}
assert "capi" in wrt["features"]
END
}
capi_install() {
    rm -rf "$work/capi"
    cargo cinstall --locked --release --manifest-path wrt-capi/Cargo.toml --target-dir target/capi \
        --prefix /usr --libdir lib --destdir "$work/capi" &&
        headers_in "$work/capi/usr" &&
        readelf -d "$work/capi/usr/lib/libwrt.so" | grep -F "[libwrt.so.$abi]" &&
        [ "$(nm -D --defined-only "$work/capi/usr/lib/libwrt.so" | sed 's/.* //' | LC_ALL=C sort)" = \
            "$(sed 's/ .*//' "tools/abi/wrt-$abi.symbols" | LC_ALL=C sort)" ] &&
        PKG_CONFIG_SYSROOT_DIR=$work/capi by_pkg_config "$work/capi"
}
if has capi; then
    if command -v python3 >/dev/null; then
        step "cargo-c is told the names that CMake installs" capi_names || true
    else
        skip "cargo-c's names" "python3 is not on this machine (Debian: python3)"
    fi
    if command -v cargo-cinstall >/dev/null; then
        step "cargo cinstall" capi_install || true
    else
        skip "cargo cinstall" "it is not on this machine (\`cargo install cargo-c\`, which takes minutes)"
    fi
fi

# create FLAG...: the package from the recipe, with its test, in folders of target/.
create() {
    conf="-c tools.cmake.cmake_layout:test_folder=$work/conan-test -c tools.cmake.cmaketoolchain:user_presets="
    # shellcheck disable=SC2086  # words are meant
    says "$answer" "$work/venv/bin/conan" create packaging/conan -nr $conf "$@"
}
conan_refuses() {
    ! "$work/venv/bin/conan" create packaging/conan -nr -s os=Windows -s compiler="msvc" -s compiler.version=193 \
        -s compiler.runtime=dynamic -tf "" >"$work/said" 2>&1 && grep 'wrt is packaged for Linux' "$work/said"
}
# A project of somebody's, who names the package in a text file.
conan_consumer() {
    dir=$work/consumer
    rm -rf "$dir" && cp -R tests/cmake/project-cpp "$dir"
    printf '[requires]\nwrt/%s\n[options]\nwrt/*:shared=True\nwrt/*:features=\n[generators]\nCMakeDeps\nCMakeToolchain\n' \
        "$version" >"$dir/conanfile.txt"
    "$work/venv/bin/conan" install "$dir" -nr --output-folder "$dir/build" -c tools.cmake.cmaketoolchain:user_presets= &&
        cmake -S "$dir" -B "$dir/build" -DCMAKE_TOOLCHAIN_FILE="$dir/build/conan_toolchain.cmake" -DCMAKE_BUILD_TYPE=Release &&
        cmake --build "$dir/build" && says "$answer" "$dir/build/two-files" &&
        readelf -d "$dir/build/two-files" | grep -F "[libwrt.so.$abi]"
}
if has conan; then
    if tools 'conan>=2,<3' >"$work/log" 2>&1; then
        CONAN_HOME=$work/conan
        export CONAN_HOME
        rm -rf "$CONAN_HOME" "$work/conan-test"
        step "Conan: a profile" "$work/venv/bin/conan" profile detect || true
        step "Conan: create, the static library" create || true
        step "Conan: create, the shared library" create -o 'wrt/*:shared=True' -o 'wrt/*:features=' || true
        step "Conan: a project that requires it, from C++" conan_consumer || true
        step "Conan: another system is refused" conan_refuses || true
        # The compiler's intermediate files are of no more use.
        "$work/venv/bin/conan" cache clean >/dev/null 2>&1 || true
    else
        skip "Conan" "it cannot be installed from PyPI here"
    fi
fi

port() {
    rm -rf "$work/port" && cp -R packaging/vcpkg/wrt "$work/port" && cp "$archive" "$work/port/" &&
        cmake -DPORT_DIR="$work/port" -DROOT="$work/vcpkg" -DLINKAGE="$1" "-DOPTIONS=-DWRT_FEATURES=" \
            -P tests/packages/vcpkg/standin.cmake
}
port_without_sources() {
    rm -rf "$work/port" && cp -R packaging/vcpkg/wrt "$work/port" && rm -f "$work/port"/*.tar.gz &&
        ! cmake -DPORT_DIR="$work/port" -DROOT="$work/vcpkg-none" -DLINKAGE=static -P tests/packages/vcpkg/standin.cmake \
            >"$work/said" 2>&1 && grep 'packaging/source.sh packaging/vcpkg/wrt' "$work/said"
}
one_library() {
    set -- "$work/vcpkg/packages/wrt_standin-$1" "$2"
    [ -z "$(find "$1" -name "libwrt.$2*")" ] && headers_in "$1" && [ -s "$1/share/wrt/copyright" ] && [ -s "$1/share/wrt/usage" ] &&
        [ -z "$(find "$1/debug" -name '*.cmake' -o -name '*.h')" ]
}
if has vcpkg; then
    echo "vcpkg itself cannot be had here: its functions are stand-ins (tests/packages/vcpkg/standin.cmake)"
    step "vcpkg's port: what is missing is said" port_without_sources || true
    for linkage in static dynamic; do
        installed=$work/vcpkg/packages/wrt_standin-$linkage
        other=so
        [ "$linkage" = static ] || other=a
        if step "vcpkg's port: $linkage" port "$linkage"; then
            step "vcpkg's port: $linkage, and nothing else" one_library "$linkage" "$other" || true
            step "vcpkg's port: $linkage, find_package" projects "vcpkg-$linkage" "$installed" || true
        fi
    done
fi

# Without an address of its own the project has neither a home page nor a place for mistakes.
lint_recipe() {
    "$work/venv/bin/oelint-adv" --quiet --suppress oelint.var.mandatoryvar.HOMEPAGE --suppress oelint.var.suggestedvar.BUGTRACKER \
        "$root/packaging/yocto/recipes-wrt/wrt/wrt_$version.bb"
}
bake() {
    rm -rf "$work/yocto"
    "$work/venv/bin/python" tests/packages/yocto/bake.py "packaging/yocto/recipes-wrt/wrt/wrt_$version.bb" "$work" "$work/yocto" \
        WRT_FEATURES= "$@"
}
# The recipe's own words are what is run: without them the tasks do something else.
bake_can_fail() {
    sed 's/md5=./md5=x/' "packaging/yocto/recipes-wrt/wrt/wrt_$version.bb" >"$work/wrt_$version.bb"
    rm -rf "$work/yocto-bad"
    ! "$work/venv/bin/python" tests/packages/yocto/bake.py "$work/wrt_$version.bb" "$work" "$work/yocto-bad" >"$work/said" 2>&1 &&
        grep 'another checksum' "$work/said"
}
if has yocto; then
    echo "OpenEmbedded-Core cannot be had here: its classes are stand-ins (tests/packages/yocto/classes)"
    if tools 'oelint-adv>=9,<10' >"$work/log" 2>&1; then
        step "Yocto's recipe: its linter has nothing to say" lint_recipe || true
    else
        skip "the linter of Yocto's recipe" "oelint-adv cannot be installed from PyPI here"
    fi
    if tools 'bitbake-setup>=2.19,<3' >"$work/log" 2>&1; then
        step "Yocto's recipe: a wrong checksum is found" bake_can_fail || true
        if step "Yocto's recipe: BitBake parses it, its tasks install" bake; then
            image=$work/yocto/work/wrt/image/usr
            step "Yocto's recipe: the headers" headers_in "$image" || true
            step "Yocto's recipe: find_package" projects yocto "$image" || true
            step "Yocto's recipe: pkg-config" by_pkg_config "$image" || true
        fi
    else
        skip "Yocto's recipe" "BitBake cannot be installed from PyPI here"
    fi
fi
finish
