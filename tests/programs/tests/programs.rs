//! Lua, SQLite, zlib and bzip2 on wrt against their native twins, in every back end, whole and in slices of fuel.

use wrt_core::{LoadBudget, Module, Reason, backends};
use wrt_programs::machine::{Ended, Lent, Report, execute, gave_up, plan};
use wrt_programs::programs::{PROGRAMS, Step, build, native, script};
use wrt_programs::region::Region;

/// Debug builds run the same work on fewer rounds.
const ROUNDS: i32 = if cfg!(debug_assertions) { 1 } else { 6 };

/// Runs the steps in every back end and compares with the native twin; gives one of the reports.
fn compare(name: &str, steps: &[Step]) -> Option<Report> {
    let wasm = match build(name) {
        Ok(wasm) => wasm,
        Err(skipped) => {
            println!("{skipped}");
            return None;
        }
    };
    let expected = native(name, steps);
    let mut first: Option<Report> = None;
    for &backend in backends() {
        // A prime slice stops the program at ever different places.
        for slice in [u64::MAX, 9_999_991, 104_729] {
            let report = execute(&wasm, steps, &Lent { backend, slice, ..Lent::default() }).expect("the program loads");
            let what = format!("{name} on {backend:?} in slices of {slice}");
            assert!(report.ended.is_none() || gave_up(&report), "{what}: {:?} in {:?}", report.ended, report.backtrace);
            let (ours, theirs) = (String::from_utf8_lossy(&report.output), String::from_utf8_lossy(&expected));
            assert_eq!(ours, theirs, "{what}: output");
            assert!(slice > 1_000_000 || report.stops > 0, "{what}: never stopped");
            if let Some(first) = &first {
                assert_eq!(report.fuel, first.fuel, "{what}: fuel");
                assert_eq!(report.hash, first.hash, "{what}: state");
                assert_eq!(report.memory, first.memory, "{what}: memory");
            } else {
                first = Some(report);
            }
        }
    }
    if let Some(report) = &first {
        println!(
            "{name}: fuel {}, stack peak {}, memory {}, {} host calls, {:?}",
            report.fuel, report.stack_peak, report.memory, report.host_calls, report.plan
        );
    }
    first
}

// RUN-1, RUN-2, RUN-6, CORE-7
#[test]
fn lua_runs_scripts() {
    compare("lua", &[Step::Eval(script("basics.lua")), Step::Run(ROUNDS)]);
}

// RUN-5, RUN-6
#[test]
fn lua_without_a_guard_ends_at_the_first_error() {
    let steps = [Step::Eval(script("errors.lua"))];
    let Ok(wasm) = build("lua") else { return };
    let report = execute(&wasm, &steps, &Lent::default()).expect("the program loads");
    assert!(gave_up(&report), "{:?}", report.ended);
    assert!(report.output.starts_with(b"! "));
    assert!(report.backtrace.iter().any(|name| name == "luaD_throw"), "{:?}", report.backtrace);
}

// RUN-6: protected calls and coroutines by pending host calls that nest
#[test]
fn lua_catches_errors_by_guarded_calls() {
    if let Some(report) = compare("lua-guarded", &[Step::Eval(script("errors.lua")), Step::Run(1)]) {
        assert!(report.guarded_peak > 9, "{}", report.guarded_peak);
    }
}

// RUN-1, RUN-2, MEM-1
#[test]
fn sqlite_answers_queries() {
    compare("sqlite", &[Step::Eval(script("tour.sql")), Step::Run(1)]);
}

// RUN-1, RUN-2
#[test]
fn zlib_comes_back_whole() {
    compare("zlib", &[Step::Eval(script("errors.lua")), Step::Run(ROUNDS)]);
}

// RUN-1, RUN-2
#[test]
fn bzip2_comes_back_whole() {
    compare("bzip2", &[Step::Eval(script("basics.lua")), Step::Run(ROUNDS)]);
}

// MEM-3: the plan is exact for every program: N bytes load, one block less fails naming N.
#[test]
fn plans_are_exact() {
    for name in PROGRAMS {
        let Ok(wasm) = build(name) else { continue };
        let plan = plan(&wasm).expect("the program loads");
        let need = plan.module + plan.load_scratch;
        let mut region = Region::new(need);
        let module = Module::load(&mut region.lend(), &wasm, &LoadBudget::default()).expect("the plan is enough");
        assert_eq!(u64::from(module.size()), plan.module, "{name}");
        assert_eq!(module.instance_size(), plan.instance, "{name}");
        let mut region = Region::new(need - 16);
        let error = Module::load(&mut region.lend(), &wasm, &LoadBudget::default()).expect_err("one block is missing");
        assert_eq!((error.reason, error.need), (Reason::ArenaTooSmall, need), "{name}");
    }
}

// RUN-1: a program that is out of fuel stops, however often it is asked to go on with none.
#[test]
fn fuel_ends_a_program() {
    let Ok(wasm) = build("zlib") else { return };
    let whole = execute(&wasm, &[Step::Run(1)], &Lent::default()).expect("the program loads");
    let lent = Lent { fuel: whole.fuel / 2, ..Lent::default() };
    let half = execute(&wasm, &[Step::Run(1)], &lent).expect("the program loads");
    assert!(half.ended == Some(Ended::OutOfFuel) && half.fuel < whole.fuel, "{} of {}", half.fuel, whole.fuel);
}
