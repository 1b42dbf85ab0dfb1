//! Safety profiles: each mechanism at the levels that have it, and what is found of faults.

use std::process::Command;
use wrt_core::limits::{Asil, Complexity, DebugLevel, Limits, Preset};
use wrt_core::safety::{Guard, Mechanism, Part, Place, Profile, Stop, Supervisor, Terms};
use wrt_core::{
    Arena, Error, Instance, InstanceConfig, LoadBudget, Module, Outcome, PAGE_SIZE, Reason, RunBudget, Task, Value,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;
use wrt_tests::region::Region;

/// A guest with its tasks: one below D, two at D.
struct Made<'p> {
    instances: Vec<Instance<'p>>,
    tasks: Vec<Task<'p>>,
}

/// Makes the guest as a level has it.
fn made<'p>(pool: &'p Pool, text: &str, level: Asil) -> Made<'p> {
    let profile = Profile::of(level);
    let wasm = pool.keep(encode(text));
    let lanes = 1 + usize::from(profile.has(Mechanism::Redundancy));
    let (mut instances, mut tasks) = (Vec::new(), Vec::new());
    for _ in 0..lanes {
        let module =
            engine::load(pool, wasm, &profile.load_budget(LoadBudget::DEFAULT), Feed::Bytes).expect("a module");
        let minimum = module.memory_min();
        let ceiling = profile.memory_ceiling(minimum + 2 * PAGE_SIZE, minimum);
        let config = InstanceConfig {
            memories: &mut [pool.arena(minimum + 2 * PAGE_SIZE)],
            memory_ceiling: ceiling,
            zeroed: true,
            ..InstanceConfig::default()
        };
        let instance = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
        tasks.push(Task::new(&mut pool.arena(1 << 20), instance).expect("a task"));
        instances.push(instance);
    }
    Made { instances, tasks }
}

const TERMS: Terms = Terms { interval: 100, fixed_tables: true, ..Terms::DEFAULT };

impl<'p> Made<'p> {
    fn supervisor(&self, level: Asil) -> Supervisor<'p> {
        match self.tasks[..] {
            [first, second] => Supervisor::lockstep(first, second, TERMS).expect("twins"),
            _ => Profile::of(level).watch(self.tasks[0], TERMS).expect("watched"),
        }
    }

    /// Calls `f` with one number, as the level has it run.
    fn call(&self, level: Asil, arg: i32) -> Result<i64, Error> {
        let main = self.instances[0];
        let func = main.export_func("f", None).expect("exported");
        let budget = Profile::of(level).run_budget(RunBudget::default(), main.memory_bytes());
        let mut results = [Value::ZERO];
        if Profile::of(level).is_watched() {
            let mut supervisor = self.supervisor(level);
            let mut run = || {
                supervisor.start(func, &[Value::from_i32(arg)])?;
                assert_eq!(supervisor.run(&budget)?, Outcome::Done);
                supervisor.results(&mut results)
            };
            match run() {
                Ok(_) => Ok(results[0].i64()),
                Err(Stop::Error(error)) => Err(error),
                Err(Stop::Fault(fault)) => panic!("{fault}"),
            }
        } else {
            self.tasks[0].call(func, &[Value::from_i32(arg)], &mut results, &budget)?;
            Ok(results[0].i64())
        }
    }
}

/// What a guest answers at each level.
fn at_each_level(text: &str, arg: i32) -> [Result<i64, Reason>; 5] {
    Asil::ALL.map(|level| made(&Pool::new(), text, level).call(level, arg).map_err(|e| e.reason))
}

/// ASIL-1: a NaN that is computed has the canonical bits at every level.
#[test]
fn asil_1_nan_is_canonical_at_every_level() {
    let text = "(module (func (export \"f\") (param i32) (result i64) (i64.reinterpret_f64 (f64.div
        (f64.reinterpret_i64 (i64.const 0xfff800000000beef)) (f64.convert_i32_s (local.get 0))))))";
    assert_eq!(at_each_level(text, 3), [Ok(0x7ff8_0000_0000_0000); 5]);
}

/// ASIL-1: an access behind the memory's end is a trap at every level, the last one within is none.
#[test]
fn asil_1_access_is_checked_at_every_level() {
    let text = "(module (memory 1 1) (func (export \"f\") (param i32) (result i64) (i64.load (local.get 0))))";
    assert_eq!(at_each_level(text, PAGE_SIZE as i32 - 8), [Ok(0); 5]);
    assert_eq!(at_each_level(text, PAGE_SIZE as i32 - 7), [Err(Reason::OutOfBoundsMemory); 5]);
}

const DEEP: &str = "(module (func $f (export \"f\") (param i32) (result i64) (if (result i64) (local.get 0)
    (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i64.const 7)))))";

/// ASIL-1: calls without end are a trap at every level.
#[test]
fn asil_1_the_stack_is_bounded_at_every_level() {
    assert_eq!(at_each_level(DEEP, -1), [Err(Reason::StackExhausted); 5]);
}

/// ASIL-1: the same fuel is spent at every level, and a run ends where its grant does.
#[test]
fn asil_1_fuel_is_exact_at_every_level() {
    let used = |level: Asil| {
        let pool = Pool::new();
        let guest = made(&pool, DEEP, level);
        guest.call(level, 50).expect("a result");
        guest.tasks.iter().map(|task| task.usage().fuel_used).collect::<Vec<_>>()
    };
    let alone = used(Asil::Qm);
    assert!(alone[0] > 250, "{alone:?}");
    for level in Asil::ALL {
        assert!(used(level).iter().all(|fuel| *fuel == alone[0]), "{level:?}");
    }
}

/// ASIL-1: from A on, calls nest no deeper than the profile says, whatever the budget asks for.
#[test]
fn asil_1_recursion_is_bounded_from_a_on() {
    let most = Profile::MAX_CALL_DEPTH as i32;
    assert_eq!(at_each_level(DEEP, most - 1), [Ok(7); 5]);
    let trap = Err(Reason::StackExhausted);
    assert_eq!(at_each_level(DEEP, most), [Ok(7), trap, trap, trap, trap]);
}

/// ASIL-1: from A on, something is kept for a debugger only where limits ask for it.
#[test]
fn asil_1_debug_rules_hold_from_a_on() {
    let with = |level: Asil, safety_debug: bool| {
        let limits = Preset::LinuxContainer.limits(512 << 20, Asil::FLOOR).at_level(level);
        Limits { debug_level: DebugLevel::Basic, safety_debug, debug_overhead: 0, ..limits }.check().is_ok()
    };
    assert_eq!(Asil::ALL.map(|level| with(level, false)), [true, false, false, false, false]);
    assert_eq!(Asil::ALL.map(|level| with(level, true)), [true, true, true, true, false]);
}

/// ASIL-1: from B on, memory does not grow.
#[test]
fn asil_1_nothing_grows_from_b_on() {
    let text = "(module (memory 1 3) (func (export \"f\") (param i32) (result i64)
        (i64.extend_i32_s (memory.grow (local.get 0)))))";
    assert_eq!(at_each_level(text, 1), [Ok(1), Ok(1), Ok(-1), Ok(-1), Ok(-1)]);
    let table = "(module (table 2 funcref) (func (export \"f\") (param i32) (result i64)
        (i64.extend_i32_s (table.grow (ref.null func) (local.get 0)))))";
    let reserving = LoadBudget { table_reserve: 8, ..LoadBudget::DEFAULT };
    let reserved = Asil::ALL.map(|level| Profile::of(level).load_budget(reserving).table_reserve);
    assert_eq!(reserved, [8, 8, 0, 0, 0]);
    assert_eq!(at_each_level(table, 1)[2], Ok(-1));
}

/// ASIL-1: from B on, no more is reserved than the minimum.
#[test]
fn asil_1_pools_are_fixed_from_b_on() {
    let text = "(module (memory 1 3) (func (export \"f\") (param i32) (result i64) (i64.const 0)))";
    let ceilings = Asil::ALL.map(|level| {
        let pool = Pool::new();
        let made = made(&pool, text, level);
        made.instances[0].memory(0).expect("a memory").ceiling / PAGE_SIZE
    });
    assert_eq!(ceilings, [3, 3, 1, 1, 1]);
}

/// Runs long enough for many checkpoints, calls through a table that nothing writes, returns a sum.
const LONG: &str =
    "(module (memory (export \"m\") 1 1) (global $g (mut i64) (i64.const 0)) (type $t (func (param i64) (result i64)))
    (table 2 2 funcref) (elem (i32.const 0) $one $two)
    (func $one (type $t) (i64.add (local.get 0) (i64.const 1)))
    (func $two (type $t) (i64.mul (local.get 0) (i64.const 3)))
    (func $never (global.set $g (i64.const 0x1122334455667788)))
    (func (export \"f\") (param i32) (result i64)
        (loop $l
            (global.set $g (call_indirect (type $t) (global.get $g) (i32.and (local.get 0) (i32.const 1))))
            (i64.store (i32.const 8) (global.get $g))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i64.add (global.get $g) (i64.load (i32.const 8)))))";

/// Flips a bit of a place in the first task, in the middle of a run.
fn flipped(level: Asil, place: Place, choose: impl Fn(&[u8]) -> usize) -> Result<i64, Stop> {
    let pool = Pool::new();
    let guest = made(&pool, LONG, level);
    let mut supervisor = guest.supervisor(level);
    let func = guest.instances[0].export_func("f", None).expect("exported");
    supervisor.start(func, &[Value::from_i32(500)]).expect("a call");
    let budget = RunBudget { fuel: 777, ..RunBudget::default() };
    assert_eq!(supervisor.run(&budget), Ok(Outcome::Fuel));
    let spans = supervisor.spans(1, 0).expect("the first instance");
    let (_, base, len) = spans.into_iter().find(|(p, _, len)| *p == place && *len != 0).expect("such a place");
    // SAFETY: the span lies in the pool, and nothing runs.
    let at = base.wrapping_add(choose(unsafe { core::slice::from_raw_parts(base, len) }));
    // SAFETY: within the span.
    unsafe { at.write_volatile(at.read_volatile() ^ 4) };
    let outcome = supervisor.run(&RunBudget::default())?;
    assert_eq!(outcome, Outcome::Done);
    let mut results = [Value::ZERO];
    supervisor.results(&mut results)?;
    Ok(results[0].i64())
}

fn fault(ended: Result<i64, Stop>) -> (Mechanism, Part) {
    match ended {
        Err(Stop::Fault(fault)) => (fault.by, fault.part),
        other => panic!("{other:?}"),
    }
}

/// ASIL-1, ASIL-4: from B on, a changed word of code is found, also one that never runs; so are bindings and elements.
#[test]
fn asil_1_checksums_find_changes_from_b_on() {
    for level in [Asil::B, Asil::C, Asil::D] {
        // The constant in the function that is never called.
        let constant = 0x1122_3344_5566_7788_u64.to_le_bytes();
        let place = |code: &[u8]| code.windows(8).position(|word| word == constant).expect("the constant");
        let found = fault(flipped(level, Place::Code, place));
        assert_eq!(found, (Mechanism::Checksums, Part::Module), "{level:?}");
        let found = fault(flipped(level, Place::Bindings, |_| 1));
        assert_eq!(found, (Mechanism::Checksums, Part::Instance), "{level:?}");
    }
    let pool = Pool::new();
    for level in [Asil::Qm, Asil::A] {
        let refused = Profile::of(level).watch(made(&pool, LONG, level).tasks[0], TERMS).map(|_| ());
        assert_eq!(refused.map_err(|e| e.reason), Err(Reason::NotWatchable), "nobody watches at {level:?}");
    }
}

/// ASIL-1, ASIL-4: one byte written before or behind a lent region is found at the next checkpoint.
#[test]
fn asil_1_guards_find_writes_from_b_on() {
    assert_eq!(Asil::ALL.map(|l| Profile::of(l).has(Mechanism::Guards)), [false, false, true, true, true]);
    let region = Region::new(4096);
    // SAFETY: the region outlives what is made here.
    let (guard, lent) = Guard::around(&mut unsafe { region.arena() }).expect("room");
    assert!(guard.holds());
    let (base, len) = (lent.base(), lent.remaining());
    assert_eq!(len as u64 + Guard::BYTES, 4096);
    for at in [base.wrapping_sub(1), base.wrapping_sub(32), base.wrapping_add(len), base.wrapping_add(len + 31)] {
        // SAFETY: within the region.
        unsafe {
            let byte = at.read_volatile();
            at.write_volatile(byte ^ 1);
            assert!(!guard.holds());
            at.write_volatile(byte);
        }
        assert!(guard.holds());
    }
    // SAFETY: within the region.
    unsafe { base.write_bytes(7, len) };
    assert!(guard.holds(), "what is lent may be written");
    // A supervisor looks at them.
    let pool = Pool::new();
    let guest = made(&pool, LONG, Asil::B);
    let guards: &[Guard<'_>] = Box::leak(vec![guard].into_boxed_slice());
    let mut supervisor = guest.supervisor(Asil::B).with_guards(guards);
    assert_eq!(supervisor.verify(), Ok(()));
    // SAFETY: within the region.
    unsafe { base.wrapping_add(len).write(0) };
    assert_eq!(supervisor.verify().map_err(|stop| fault(Err(stop))), Err((Mechanism::Guards, Part::Guard)));
}

/// ASIL-1, ASIL-2: the bound on complexity is that of the limits, from B on.
#[test]
fn asil_1_complexity_is_bounded_from_b_on() {
    for level in Asil::ALL {
        assert_eq!(Profile::of(level).has(Mechanism::Complexity), Complexity::most(level).is_some());
        let seven = Complexity { component: 1, module: 7 };
        assert_eq!(seven.fits(level), !level.at_least(Asil::B));
    }
}

/// ASIL-1: from C on, modules with objects, exceptions, typed references or shared memory are refused by name.
#[test]
fn asil_1_proposals_are_restricted_from_c_on() {
    let texts = [
        "(module (type (struct (field i32))))",
        "(module (tag (param i32)))",
        "(module (memory 1 1 shared))",
        "(module (type $t (func)) (func (param (ref null $t))))",
    ];
    for text in texts {
        let wasm = encode(text);
        let refused = Asil::ALL.map(|level| {
            let budget = Profile::of(level).load_budget(engine::load_budget());
            let region = Region::new(1 << 20);
            // SAFETY: the region outlives the plan.
            let mut scratch: Arena<'_> = unsafe { region.arena() };
            Module::plan(&wasm, &budget, &mut scratch).map(|_| ()).map_err(|e| e.reason)
        });
        let off = Err(Reason::ProposalOff);
        assert_eq!(refused, [Ok(()), Ok(()), Ok(()), off, off], "{text}");
    }
}

/// ASIL-1, ASIL-4: at D a value that changes in one of two tasks is found, wherever it lies; below D it is not.
#[test]
fn asil_1_two_tasks_are_compared_at_d() {
    let right = made(&Pool::new(), LONG, Asil::D).call(Asil::D, 500).expect("a result");
    for (place, at, part) in [(Place::Globals, 0, Part::State), (Place::Memory, 1000, Part::Memory)] {
        assert_eq!(fault(flipped(Asil::D, place, |_| at)), (Mechanism::Redundancy, part), "{place:?}");
    }
    let wrong = flipped(Asil::B, Place::Globals, |_| 0).expect("nobody compares");
    assert_ne!(wrong, right);
}

/// ASIL-1: at D nothing is kept for a debugger.
#[test]
fn asil_1_debugging_is_off_at_d() {
    for level in Asil::ALL {
        let limits = Preset::LinuxContainer.limits(512 << 20, Asil::FLOOR).at_level(level);
        let off = limits.debug_overhead == 0 && limits.debug_level == DebugLevel::None;
        assert_eq!(off && Profile::of(level).has(Mechanism::DebugOff), level == Asil::D, "{level:?}");
    }
}

/// ASIL-5: a return address, and the target of an indirect call, that differ from their shadow are found.
#[test]
fn asil_5_return_addresses_and_indirect_targets_have_a_shadow() {
    // The record below the first frame, which says where its return leads.
    let found = fault(flipped(Asil::D, Place::Frames, |_| 4));
    assert_eq!(found, (Mechanism::ShadowControl, Part::Frame));
    // Elements lie behind the table's header of forty bytes. Where nothing writes them, they are summed from B on.
    for level in [Asil::B, Asil::C, Asil::D] {
        let found = fault(flipped(level, Place::Elements, |_| 40));
        assert_eq!(found, (Mechanism::Checksums, Part::Instance), "{level:?}");
    }
}

/// ASIL-4: two tasks that are not the same to begin with are no twins.
#[test]
fn asil_4_twins_begin_alike() {
    let pool = Pool::new();
    let guest = made(&pool, LONG, Asil::D);
    guest.instances[1].memory_write(0, 100, &[1]).expect("within");
    match Supervisor::lockstep(guest.tasks[0], guest.tasks[1], TERMS) {
        Err(Stop::Fault(found)) => assert_eq!((found.part, found.at), (Part::Memory, 100)),
        other => panic!("{other:?}"),
    }
    let same = Supervisor::lockstep(guest.tasks[0], guest.tasks[0], TERMS).map(|_| ());
    assert!(matches!(same, Err(Stop::Error(e)) if e.reason == Reason::NotWatchable), "{same:?}");
}

/// ASIL-4: a campaign of flipped bits tells what came of each, the same for the same seed, and finds every wrong result in
/// code and control data at D. At QM it sees wrong results, so that it would see them at D.
#[test]
fn asil_4_a_campaign_of_flipped_bits() {
    let run = |level: &str, injections: &str, out: &str| {
        let out = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(out);
        let mut command = Command::new(env!("CARGO_BIN_EXE_faults"));
        command.args(["--injections", injections, "--seed", "7", "--profile", level, "--out"]).arg(&out);
        let output = command.output().expect("the campaign starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let last = text.lines().last().expect("a last line").to_owned();
        let number = |word: &str| {
            let part = last.split([':', ',']).find(|part| part.trim().ends_with(word)).expect("a count");
            part.trim().split(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number")
        };
        (number("injected"), number("detected"), number("wrong"), last.clone())
    };
    let (injected, detected, wrong, first) = run("D", "120", "d.json");
    assert!(injected > 100 && detected > injected * 3 / 4 && wrong == 0, "{first}");
    assert!(run("QM", "200", "qm.json").2 > 0, "wrong results are seen where nobody looks");
}

/// ASIL-1: the table in the documentation is that of the program, and every test that it names is there.
#[test]
fn asil_1_the_table_of_mechanisms_is_documented() {
    let path = wrt_tests::requirements::root().join("docs/safety-profiles.md");
    let document = std::fs::read_to_string(&path).expect("docs/safety-profiles.md");
    let mut table = String::from(
        "| Mechanism | QM | A | B | C | D | What it does | Shown by |\n|---|---|---|---|---|---|---|---|\n",
    );
    let own = include_str!("safety.rs");
    for mechanism in Mechanism::ALL {
        let mark = |level: Asil| match mechanism.least() {
            None => "always",
            Some(_) if Profile::of(level).has(*mechanism) => "on",
            Some(_) => "",
        };
        let marks = Asil::ALL.map(mark).join(" | ");
        let (name, does, test) = (mechanism.name(), mechanism.does(), mechanism.shown_by());
        table += &format!("| {name} | {marks} | {does} | `{test}` |\n");
        assert!(own.contains(&format!("fn {test}()")), "no test {test}");
    }
    let (before, rest) = document.split_once("<!-- mechanisms -->\n").expect("a mark");
    let (found, behind) = rest.split_once("<!-- end -->").expect("a mark");
    if std::env::var_os("WRT_BLESS").is_some() {
        std::fs::write(&path, format!("{before}<!-- mechanisms -->\n{table}<!-- end -->{behind}")).expect("written");
    } else {
        assert_eq!(found, table, "write the table anew: WRT_BLESS=1 cargo test --release -p wrt-tests --test safety");
    }
}
