# What `./dev test` runs, in two lanes side by side. Sourced by `dev`.
#
# Cheap steps come first. Every step runs, whatever became of the ones before it; with names as
# arguments, those steps alone. What builds in cargo's own folder is one lane, since cargo lets one build
# at a time into a folder; what has a folder of its own is the other one.

# shellcheck source=tools/dev/bindings.sh
. tools/dev/bindings.sh

# Optimised, and with the compiler's checks; see Cargo.toml.
export PROFILE=checked
checked=(--quiet --profile checked)

run_tests() {
    only=("$@")
    begun
    prepare
    prepare_faces

    lane 1 workspace_steps
    lane 2 other_steps
    ended
}

# begun: empties the logs.
begun() {
    rm -rf target/log && mkdir -p target/log
    export CARGO_TERM_COLOR=never RUST_BACKTRACE=0
    started=$SECONDS
}

# ended: waits for the lanes and sums them up.
ended() {
    lanes
    [ -e "$results" ] || usage "test [STEP...]; there is no step \`${only[*]}\`"
    echo
    echo "took $((SECONDS - started)) s"
    summary
}

workspace_steps() {
    step format each_workspace cargo fmt --all --check
    step header tools/header.sh --check
    step lint lint
    # The official suite has a step of its own, `spec`.
    step tests cargo test "${checked[@]}" --no-fail-fast --workspace --exclude wrt-programs -- --skip the_official_suite
    step spec cargo run "${checked[@]}" --package wrt-tests --bin spec
    # Seed 1329 is the first on which wasmi 2.0.0 is wrong; see docs/campaigns.md.
    step differential cargo run "${checked[@]}" --package wrt-differential -- --cases 300 --seed 1200
    step faults cargo run "${checked[@]}" --package wrt-tests --bin faults -- --injections 200 --seed 20
    step cfi tools/cfi.sh
    step guests guests
    step programs programs
    step dispatch dispatch
    step limits-trace tools/limits.sh trace checked
    step limits-floors tools/limits.sh floors d
    step evidence evidence
    step docs docs
}

other_steps() {
    # What the C steps and the boards link with is built first.
    faces_steps
    step symbols tools/symbols.sh
    step board board
    step prove tools/symbols.sh --prove
    step sameness tests/sameness/run.sh aarch64
    step limits-targets tools/limits.sh targets check
    # The loop for boards, with every proposal. What it is built into is a folder of its own, since the features differ.
    local small=(--quiet --release --package wrt-tests --no-default-features --target-dir target/small
        --features wrt-core/simd,wrt-core/gc,wrt-core/threads,wrt-core/wide-arithmetic,wrt-core/memories
        --features wrt-core/tail-call,wrt-core/extended-const,wrt-core/linking,wrt-core/interceptors)
    step spec-small cargo run "${small[@]}" --bin spec
    step lent-small cargo test "${small[@]}" --test embed mem_1
    # Every access is compared with what was lent, which is noted for one thread.
    step image env WRT_CHECKED=1 cargo test --quiet --release --package wrt-tests --target-dir target/small \
        --test image core_8_changed -- --test-threads=1
    step wasi wasi
    step hostile hostile
}

# What the steps need beside cargo; a step whose tool is missing says so itself.
prepare() {
    need cc gcc libc6-dev || true
    need make make || true
    need nm binutils || true
    need valgrind valgrind libc6-dbg || true
    need strace strace || true
    need clang-19 clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 || true
}

guests() {
    local code=0
    examples/c-bare/guests.sh --check || code=$?
    [ $code -eq 0 ] || [ $code -eq 3 ] || return $code
    examples/guests/build.sh --check
}

# Preview-1 cases and real programs on wrtd and on another runtime, and that the suite can fail. `./dev wasi` has further
# modes: fixed arenas, copies in memory, replays.
wasi() {
    command -v python3 >/dev/null || {
        echo "skipped, because python3 is not here"
        return 3
    }
    cargo build "${checked[@]}" --package wrtd
    export WRTD=$PWD/target/checked/wrtd
    wasi_modes --prove ""
}

# Modules that mean harm. A build that is not optimised takes more time.
hostile() {
    command -v python3 >/dev/null || {
        echo "skipped, because python3 is not here"
        return 3
    }
    cargo build "${checked[@]}" --package wrtd
    WRTD=$PWD/target/checked/wrtd tests/wasi/hostile.py --jobs 2 --slow 4
}

# Every board that can be emulated here, with the library of the step `library`; and that a difference is found.
board() {
    boards || true
    BUILT=yes tools/board/run.sh
    BUILT=yes tools/board/run.sh --prove
}

programs() {
    tests/programs/build.sh
    cargo test "${checked[@]}" --package wrt-programs
}

# The tail back end's machine code, and that the audit can fail.
dispatch() {
    command -v python3 >/dev/null || {
        echo "skipped, because python3 is not here"
        return 3
    }
    tools/dispatch.py --prove
    tools/dispatch.py
}

# The parts that take seconds; `./dev evidence` makes them all.
evidence() {
    command -v python3 >/dev/null || {
        echo "skipped, because python3 is not here"
        return 3
    }
    tools/evidence/run.py requirements --orphans
    tools/evidence/run.py bom
    tools/evidence/run.py records
}
