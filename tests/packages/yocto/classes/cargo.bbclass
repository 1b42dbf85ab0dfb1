# What the recipe takes from Yocto's classes cargo and cargo_common, and no more. The tools are this machine's.
export CARGO_HOME = "${WORKDIR}/cargo_home"
B = "${WORKDIR}/build"
RUST_HOST_SYS = "${@os.popen('rustc -vV').read().split('host: ')[1].split()[0]}"
RUSTFLAGS ??= ""

cargo_common_do_configure() {
    mkdir -p ${CARGO_HOME}
    # No network, and no crate but those that come with the sources.
    printf '[net]\noffline = true\n' >${CARGO_HOME}/config.toml
    if [ "${CARGO_DISABLE_BITBAKE_VENDORING}" != 1 ]; then
        printf '[source.crates-io]\nreplace-with = "bitbake"\n[source.bitbake]\ndirectory = "/nonexistent"\n' >>${CARGO_HOME}/config.toml
    fi
}
cargo_do_configure() {
    cargo_common_do_configure
}
cargo_do_compile() {
    bbfatal "cargo's own task is not meant"
}
cargo_do_install() {
    bbfatal "cargo's own task is not meant"
}
EXPORT_FUNCTIONS do_configure do_compile do_install
