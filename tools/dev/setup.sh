# Installs what is missing, by package name, on Debian and Ubuntu. Sourced by `dev`.
#
# Nothing here ends the caller: what cannot be had is noted in target/log/missing, and the step that
# needs it says so.

mkdir -p target/log

# note TEXT: what the closing summary has to say.
note() {
    grep -qxF "$1" target/log/missing 2>/dev/null || echo "$1" >>target/log/missing
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

# apt ARGUMENTS...: apt-get, waiting for another one to finish.
apt() {
    local try
    for try in 1 2 3 4 5 6; do
        if as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@" \
            >>target/log/apt.log 2>&1; then
            return 0
        fi
        # Another apt holds a lock that apt itself does not wait for; anything else will not get better.
        tail -n 5 target/log/apt.log | grep -qiE 'could not get lock|unable to (lock|acquire)|temporary failure' || return 1
        sleep $((try * 5))
    done
    return 1
}

# packages NAME...: the packages are installed, or can be.
packages() {
    command -v apt-get >/dev/null || return 1
    local missing=() name
    for name in "$@"; do
        [ "$(dpkg-query -W -f '${Status}' "$name" 2>/dev/null)" = "install ok installed" ] || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing ${missing[*]}" >&2
    if [ ! -e target/log/apt-updated ]; then
        apt update && touch target/log/apt-updated || true
    fi
    apt install -y --no-install-recommends "${missing[@]}"
}

# need COMMAND PACKAGE...: the command is there, with the packages it comes from where it is not.
# Packages after the first are wanted even where the command is there already.
need() {
    local tool=$1
    shift
    if command -v "$tool" >/dev/null; then
        shift
        [ $# -eq 0 ] || packages "$@" || {
            note "skipped, because the packages $* are missing and cannot be installed here"
            return 1
        }
        return 0
    fi
    packages "$@" && command -v "$tool" >/dev/null && return 0
    note "skipped, because \`$tool\` is missing and cannot be installed here (package $1)"
    return 1
}

# foreign_targets: compiler, linker and emulators for targets other than this machine's.
foreign_targets() {
    packages rustc-web cargo-web rust-web-src lld-22 qemu-user qemu-system-arm qemu-system-misc
}

# boards: compilers and emulators for boards.
boards() {
    packages rustc-web cargo-web rust-web-src gcc-arm-none-eabi binutils-arm-none-eabi qemu-system-arm \
        qemu-system-misc clang-19 lld-19
}

# each_workspace COMMAND...: runs it in every Cargo workspace that is here.
each_workspace() {
    local manifest
    for manifest in Cargo.toml bindings/*/Cargo.toml tests/bench/Cargo.toml tests/fuzz/Cargo.toml \
        tests/sameness/device/Cargo.toml; do
        [ ! -e "$manifest" ] || (cd "$(dirname "$manifest")" && "$@")
    done
}

lint() {
    cargo clippy --quiet --workspace --all-targets -- -D warnings
    local binding
    for binding in bindings/*/; do
        # Tested from their languages, so that there are no other targets.
        (cd "$binding" && cargo clippy --quiet -- -D warnings)
    done
}

docs() {
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --package wrt-core --package wrt-platform --package wrt-host
    echo "target/doc/wrt_core/index.html"
}

# wasi_modes [MODE...]: the preview-1 cases with WRTD, where none is named in every mode: in fixed arenas, on copies in
# memory, recorded and replayed; at last as usual, with real programs. All run, whatever became of the ones before.
wasi_modes() {
    [ $# -gt 0 ] || set -- --prove --fixed "--files memory" --replay ""
    local code=0 mode
    for mode in "$@"; do
        echo "-- tests/wasi/run.py $mode"
        # shellcheck disable=SC2086  # a mode may be two words
        tests/wasi/run.py $mode --jobs 2 || code=$?
    done
    return $code
}
