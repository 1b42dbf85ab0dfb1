//! The tail back end and the native stack: what follows when its self test fails, and operations that once let the
//! stack grow.

use wrt_core::{Backend, Value, backends};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::{encode, guests};
use wrt_tests::region::Region;
use wrt_tests::stops::{self, End, Rig};

/// Slices that end in the middle of loops and calls.
const SLICE: u64 = 97;

/// The fastest back end of this build.
fn fastest() -> Backend {
    *backends().last().expect("a back end")
}

/// Runs a guest whose task chose its back end by a self test that passes or not, in slices of fuel.
fn run(rig: &Rig, guest: &wrt_tests::guests::Loaded<'_>, passed: fn() -> bool, wanted: Backend, slice: u64) -> End {
    stops::run_prepared(
        rig,
        guest,
        |task, _| {
            task.set_backend_tested_by(Backend::Auto, passed);
            assert_eq!(task.backend(), wanted);
        },
        |_| slice,
        |_| {},
    )
}

/// CORE-3, RUN-2: where the self test fails, `Auto` is the loop; results, traps, fuel, peaks and the state of the
/// instances are those of the back end that the self test would have allowed.
#[test]
fn core_3_run_2_a_failed_self_test_changes_nothing_but_the_back_end() {
    let rig = Rig::new();
    for guest in guests() {
        let encoded = guest.plain();
        let pool = Pool::new();
        let loaded = encoded.load(&pool, Feed::ALL[0]);
        for slice in [u64::MAX, SLICE] {
            let fast = run(&rig, &loaded, || true, fastest(), slice);
            let safe = run(&rig, &loaded, || false, Backend::Loop, slice);
            assert_eq!(fast, safe, "{} in slices of {slice}", guest.name);
        }
    }
}

/// CORE-3: the self test passes in the builds that are tested, so that they test the tail back end; and whoever names
/// a back end gets it without being asked.
#[test]
fn core_3_only_the_automatic_choice_asks_the_self_test() {
    let rig = Rig::new();
    let guest = guests().next().expect("a guest").plain();
    let pool = Pool::new();
    let loaded = guest.load(&pool, Feed::ALL[0]);
    let prepare = |task: wrt_core::Task<'_>, _: wrt_core::Instance<'_>| {
        assert_eq!(task.backend(), fastest(), "a task begins with the automatic choice");
        task.set_backend_tested_by(Backend::Auto, || false);
        assert_eq!(task.backend(), Backend::Loop);
        task.set_backend(Backend::Auto);
        assert_eq!(task.backend(), fastest());
        for &backend in backends() {
            task.set_backend_tested_by(backend, || panic!("the self test is not asked"));
            assert_eq!(task.backend(), backend);
        }
    };
    stops::run_prepared(&rig, &loaded, prepare, |_| u64::MAX, |_| {});
}

/// Rounds of a loop: enough for a slice of the driver, in which nothing else makes the native stack small again.
const ROUNDS: i32 = 20_000;

/// CORE-3: accesses of a memory that is shared, or not the first, need no more native stack in a loop than once.
#[test]
fn core_3_accesses_of_any_memory_keep_the_native_stack() {
    let accesses = [
        "(drop (v128.load $m (local.get $at)))",
        "(drop (v128.load8x8_s $m (local.get $at)))",
        "(drop (v128.load8x8_u $m (local.get $at)))",
        "(drop (v128.load16x4_s $m (local.get $at)))",
        "(drop (v128.load16x4_u $m (local.get $at)))",
        "(drop (v128.load32x2_s $m (local.get $at)))",
        "(drop (v128.load32x2_u $m (local.get $at)))",
        "(drop (v128.load64_splat $m (local.get $at)))",
        "(drop (v128.load32_zero $m (local.get $at)))",
        "(v128.store $m (local.get $at) (v128.const i64x2 1 2))",
        "(drop (i64.load $m (local.get $at)))",
        "(i64.store $m (local.get $at) (i64.const 3))",
        "(drop (i64.atomic.rmw.add $m (i32.const 8) (i64.const 1)))",
    ];
    for memory in ["(memory $m 1 1 shared)", "(memory 1) (memory $m 1)"] {
        for access in accesses {
            let wasm = encode(&format!(
                r#"(module {memory} (func (export "run") (param $n i32) (result i32) (local $at i32)
                  (local.set $at (i32.const 3))
                  (loop {access} (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                  (i32.const 7)))"#
            ));
            for &backend in backends() {
                let run = || {
                    let (pool, stack) = (Pool::new(), Region::new(64 << 10));
                    let module = engine::load(&pool, &wasm, &engine::load_budget(), Feed::Whole).expect("a module");
                    let instance = engine::instantiate(&pool, module, &wasm, &(), &[]).expect("an instance");
                    let returned = engine::call(&stack, instance, "run", &[Value::from_i32(ROUNDS)], backend);
                    returned.expect("a result").values.first().map(|(value, _)| value.i32())
                };
                // Little native stack: growth by a few bytes in each round would end the process.
                let got = std::thread::scope(|scope| {
                    let thread = std::thread::Builder::new().stack_size(128 << 10);
                    thread.spawn_scoped(scope, run).expect("a thread").join().expect("an end")
                });
                assert_eq!(got, Some(7), "{backend:?}: {memory} {access}");
            }
        }
    }
}
