SUMMARY = "WebAssembly in memory that the caller lends, with fuel that the caller grants"
DESCRIPTION = "A library that runs WebAssembly modules inside a program. What a module needs is known to the byte \
               before it runs, every instruction is counted, and a run can be stopped and continued."
SECTION = "libs"
CVE_PRODUCT = "wrt"
LICENSE = "MIT | Apache-2.0"
LIC_FILES_CHKSUM = "\
    file://LICENSE-MIT;md5=73d06f06a31465d0e0458c4b17da9328 \
    file://LICENSE-APACHE;md5=22a53954e4e0ec258dfce4391e905dac \
"

# Made by packaging/source.sh, into the folder `files` beside this recipe. It carries what it needs of crates.io.
SRC_URI = "file://wrt-${PV}-source.tar.gz"

inherit pkgconfig cargo cmake

# Crates come with the sources, which say so to cargo themselves.
CARGO_DISABLE_BITBAKE_VENDORING = "1"

OECMAKE_SOURCEPATH = "${S}/cmake"
EXTRA_OECMAKE = "-DWRT_CARGO_TARGET=${RUST_HOST_SYS} -DWRT_FEATURES=${WRT_FEATURES} -DWRT_SHIP=${B}/ship"

# Cargo's features of the library, with commas between them.
WRT_FEATURES ?= "full"

# Of the two classes, cmake's functions are the task's, and cargo's set the compiler of Rust up for them.
do_configure:prepend() {
    cargo_common_do_configure
}

# The compiler finds the target's library of Rust by its flags, where tools/lib.sh does not look. To install looks again
# whether all is built.
do_compile:prepend() {
    export CORE=there
    export RUSTFLAGS="${RUSTFLAGS}"
}
do_install:prepend() {
    export CORE=there
    export RUSTFLAGS="${RUSTFLAGS}"
}

BBCLASSEXTEND = "native nativesdk"
