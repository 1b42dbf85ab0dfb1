#!/usr/bin/env bash
# The limits outside cargo's own tests.
#
#   limits.sh targets   compiles wrt-platform for the targets of every platform, with `core` alone; `targets check` stops
#                       where code would be made and takes one target of each platform that has calls of its own
#   limits.sh floors [b|c|d]...  the tests of the limits in builds with each least safety level, or with these
#   limits.sh trace [PROFILE]  discovery on Linux under strace: no process is started, nothing is written
#   limits.sh bench     how long discovery and the pass over a binary take (MODULE... to look through others)
#
# Exit 3: skipped, because what it takes is not here. LIM-3, LIM-5, ASIL-3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}

targets() {
    [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && [ -e /usr/lib/rustlib/src/rust/library ] || {
        echo "skipped, because Debian's compiler and its library sources are missing (packages rustc-web cargo-web rust-web-src)"
        return 3
    }
    local triple passed=0 failed=0 how=${1-build}
    # macOS, QNX, VxWorks; Zephyr, Tock and bare metal on the processors that they run on.
    local triples=(aarch64-apple-darwin aarch64-unknown-nto-qnx710 aarch64-wrs-vxworks thumbv6m-none-eabi)
    [ "$how" = check ] || triples+=(x86_64-pc-nto-qnx800 x86_64-wrs-vxworks thumbv7em-none-eabihf
        riscv32imac-unknown-none-elf aarch64-unknown-none aarch64-unknown-linux-gnu)
    for triple in "${triples[@]}"; do
        if RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo "$how" --quiet --release --locked \
            --package wrt-platform --target-dir "$target/limits" -Zbuild-std=core --target "$triple"; then
            echo "$triple: passed"
            passed=$((passed + 1))
        else
            echo "$triple: failed"
            failed=$((failed + 1))
        fi
    done
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

floors() {
    local level plain='profile.dev.package.wrt-core.opt-level=0'
    [ $# -gt 0 ] || set -- b c d
    for level; do
        case $level in b | c | d) ;; *) echo "limits: no level \`$level\`; levels: b, c, d" >&2 && return 2 ;; esac
        # What limits do does not depend on optimisation: built quickly.
        cargo test --quiet --package wrt-core --lib --config "$plain" --features "safety-asil-$level" limits::
        cargo test --quiet --package wrt-host --lib --config "$plain" --features "safety-asil-$level"
    done
}

trace() {
    command -v strace >/dev/null || {
        echo "skipped, because strace is missing (package strace)"
        return 3
    }
    local log=$target/limits-trace.txt profile=${1-release}
    cargo build --quiet --profile "$profile" --package wrt-host --example limits-bench
    strace -f -o "$log" "$target/$profile/examples/limits-bench" --discover-only || {
        [ -s "$log" ] || {
            echo "skipped, because strace may not trace here"
            return 3
        }
        return 1
    }
    # The trace must show what it is to judge: the files that are read.
    grep -q 'openat(.*"/proc/self/cgroup"' "$log" || {
        echo "the trace does not show that discovery ran"
        return 1
    }
    # From the first file of discovery on; what is before starts the process itself.
    local after
    after=$(sed -n '/"\/proc\/self\/cgroup"/,$p' "$log")
    if grep -E '\b(clone3?|v?fork|execve(at)?)\(' <<<"$after"; then
        echo "discovery starts a process"
        return 1
    fi
    if grep -E 'openat\(.*O_(WRONLY|RDWR|CREAT)' <<<"$after"; then
        echo "discovery writes"
        return 1
    fi
    echo "no process started; $(grep -c 'openat(' <<<"$after") files opened, $(wc -l <<<"$after") system calls"
}

bench() {
    cargo run --quiet --release --package wrt-host --example limits-bench -- "$@"
}

case ${1-} in
    targets)
        case ${2-build} in
            build | check) targets "${2-build}" ;;
            *) echo "usage: tools/limits.sh targets [check]" >&2 && exit 2 ;;
        esac
        ;;
    floors)
        shift
        floors "$@"
        ;;
    trace) trace "${2-release}" ;;
    bench)
        shift
        bench "$@"
        ;;
    *)
        echo "usage: tools/limits.sh targets [check] | floors [b|c|d]... | trace [PROFILE] | bench [MODULE...]" >&2
        exit 2
        ;;
esac
