//! Fuel and stops: exact, and without any influence on what a program computes.
//!
//! Every expectation is the same program run in another way, or its own count of its operators.

use std::fmt::Write as _;
use wrt_core::{Backend, Collection, Error, Instance, Outcome, Plan, Reason, Status, Task, backends};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::{GUESTS, Guest, guest_budget, guests};
use wrt_tests::region::Region;
use wrt_tests::stops::{self, DEPTH, End, Rig};

/// The stops to try for a program of this fuel: every one up to 10,000 in optimised builds (or
/// where `WRT_EVERY` is set), a sample that keeps the first ones in builds that are not.
fn stop_values(total: u64) -> impl Iterator<Item = u64> {
    let all = !cfg!(debug_assertions) || std::env::var_os("WRT_EVERY").is_some();
    (1..=total.min(10_000)).filter(move |v| all || *v <= 64 || v % 97 == 0)
}

/// Loads a guest in both ways and hands each on with its plain run in the first back end.
fn for_each_guest(mut f: impl FnMut(&Guest, &Rig, &wrt_tests::guests::Loaded<'_>, Feed, &End)) {
    let rig = Rig::new();
    for guest in guests() {
        let encoded = guest.plain();
        for feed in Feed::ALL {
            let pool = Pool::new();
            let loaded = encoded.load(&pool, feed);
            let end = stops::run_whole(&rig, &loaded, Backend::Loop);
            f(guest, &rig, &loaded, feed, &end);
        }
    }
}

/// RUN-1: the engine charges what the program itself counts, in every back end, fed whole or
/// bytewise, start functions and traps included.
#[test]
fn run_1_fuel_is_what_the_program_counts() {
    let rig = Rig::new();
    for guest in guests() {
        let counted = guest.counted();
        for feed in Feed::ALL {
            let pool = Pool::new();
            let counting = stops::run_whole(&rig, &counted.load(&pool, feed), Backend::Loop);
            let plain_bytes = guest.plain();
            let plain = plain_bytes.load(&pool, feed);
            for &backend in backends() {
                let end = stops::run_whole(&rig, &plain, backend);
                assert_eq!(stops::reason(&end), stops::reason(&counting), "{}: {backend:?}", guest.name);
                assert_eq!(Some(end.fuel), counting.counted, "{}: {backend:?} {feed:?}", guest.name);
            }
        }
    }
}

/// RUN-2, CORE-5: the back ends and the ways of feeding cannot be told apart by what they compute.
#[test]
fn run_2_back_ends_and_feeding_agree() {
    let mut last: Option<(&str, End)> = None;
    for_each_guest(|guest, rig, loaded, feed, end| {
        for &backend in backends() {
            assert_eq!(*end, stops::run_whole(rig, loaded, backend), "{}: {backend:?} {feed:?}", guest.name);
        }
        if let Some((name, other)) = &last
            && *name == guest.name
        {
            assert_eq!(other, end, "{}: fed whole or bytewise", guest.name);
        }
        last = Some((guest.name, end.clone()));
    });
}

/// RUN-2: stopping once, at any value, changes nothing.
#[test]
fn run_2_a_stop_at_every_value_changes_nothing() {
    for_each_guest(|guest, rig, loaded, feed, end| {
        if feed == Feed::Bytes {
            return;
        }
        for &backend in backends() {
            for value in stop_values(end.fuel) {
                let grant = |used: u64| if used < value { value - used } else { u64::MAX };
                let stopped = stops::run(rig, loaded, backend, grant, |_| {});
                assert_eq!(*end, stopped, "{}: {backend:?}, stopped at {value}", guest.name);
            }
        }
    });
}

/// RUN-2: stopping all the time changes nothing, whatever the slice.
#[test]
fn run_2_slices_of_any_size_change_nothing() {
    for_each_guest(|guest, rig, loaded, feed, end| {
        for &backend in backends() {
            for slice in [1, 2, 3, 7, 50, 333, 1021] {
                let sliced = stops::run(rig, loaded, backend, |_| slice, |_| {});
                assert_eq!(*end, sliced, "{}: {backend:?} {feed:?}, slices of {slice}", guest.name);
            }
        }
    });
}

/// A guest's end without what depends on when its heap is collected: fuel, and where objects lie.
fn uncollected(end: &End) -> End {
    let place = |e: Error| if e.reason == Reason::UncaughtException { Error { detail: 0, ..e } } else { e };
    End { fuel: 0, hashes: Vec::new(), result: end.result.clone().map_err(place), ..end.clone() }
}

/// RUN-2: a collection at every allocation changes neither results nor traps nor memories; with one, too, any
/// slice gives the same fuel and the same heap.
#[test]
fn run_2_collecting_all_the_time_changes_nothing() {
    let mut collections = 0;
    for_each_guest(|guest, rig, loaded, feed, end| {
        if feed == Feed::Bytes {
            return;
        }
        assert_eq!(stops::run_whole(rig, loaded, Backend::Loop), *end, "{}", guest.name);
        let memories = rig.memories();
        let mut always: Option<End> = None;
        for &backend in backends() {
            for slice in [u64::MAX, 1, 3, 50, 1021] {
                let prepare = |task: Task<'_>, instance: Instance<'_>| {
                    task.set_backend(backend);
                    instance.set_collection(Collection::Always);
                };
                let collected = stops::run_prepared(rig, loaded, prepare, |_| slice, |_| ());
                assert!(rig.memories() == memories, "{}: {backend:?}, slices of {slice}: memories", guest.name);
                assert!(collected.fuel >= end.fuel, "{}: collecting costs nothing less", guest.name);
                collections += u64::from(collected.fuel > end.fuel);
                assert_eq!(uncollected(&collected), uncollected(end), "{}: {backend:?} {slice}", guest.name);
                let first = always.get_or_insert_with(|| collected.clone());
                assert_eq!(*first, collected, "{}: {backend:?}, slices of {slice}", guest.name);
            }
        }
    });
    assert!(collections > 20, "only {collections} runs collected");
}

/// RUN-2: a collection at any stop, as another task of the group may bring it about, takes nothing that is still used.
#[test]
fn run_2_a_collection_at_any_stop_changes_nothing() {
    let mut collections = 0;
    for_each_guest(|guest, rig, loaded, feed, end| {
        if feed == Feed::Bytes {
            return;
        }
        for &backend in backends() {
            for slice in [1, 2, 3, 17] {
                let collected = stops::run(
                    rig,
                    loaded,
                    backend,
                    |_| slice,
                    |stop| {
                        collections += u64::from(stop.task.instance().collect_garbage() > 0);
                    },
                );
                assert_eq!(uncollected(&collected), uncollected(end), "{}: {backend:?} {slice}", guest.name);
            }
        }
    });
    assert!(collections > 1000, "only {collections} collections");
}

/// RUN-2: the lent bytes are all there is. Copied at a stop and put back when the program has ended, they lead to
/// the same end again; objects, exceptions in flight and the state of a collector that runs all the time included.
#[test]
fn run_2_bytes_copied_at_a_stop_lead_to_the_same_end() {
    let mut snapshots = 0;
    for_each_guest(|guest, rig, loaded, feed, end| {
        if feed == Feed::Bytes {
            return;
        }
        let most = if cfg!(debug_assertions) { 8 } else { 60 };
        for collection in [Collection::Automatic, Collection::Always] {
            let values = (1..=end.fuel).step_by((end.fuel / most).max(1) as usize);
            for (turn, value) in values.enumerate() {
                let backend = backends().get(turn % backends().len()).copied().unwrap_or_default();
                let prepare = |task: Task<'_>, instance: Instance<'_>| {
                    task.set_backend(backend);
                    instance.set_collection(collection);
                };
                let Some([first, second]) = stops::run_twice(rig, loaded, prepare, value) else { continue };
                assert_eq!(first, second, "{}: {backend:?} {collection:?}, copied at {value}", guest.name);
                if collection == Collection::Automatic {
                    assert_eq!(first, *end, "{}: {backend:?}, stopped at {value}", guest.name);
                }
                snapshots += 1;
            }
        }
    });
    assert!(snapshots > 200, "only {snapshots} copies");
}

/// RUN-2: a stopped task goes on elsewhere: the bytes in use, copied to other addresses and into a smaller region for the
/// task, lead to the same end.
#[test]
fn run_2_a_stopped_task_goes_on_elsewhere() {
    let mut moves = 0;
    for_each_guest(|guest, rig, loaded, feed, end| {
        if feed == Feed::Bytes {
            return;
        }
        // Nothing more than it will use.
        let other = Rig::with_stack(end.stack as usize);
        let most = if cfg!(debug_assertions) { 8 } else { 60 };
        for (turn, value) in (1..=end.fuel).step_by((end.fuel / most).max(1) as usize).enumerate() {
            let backend = backends().get(turn % backends().len()).copied().unwrap_or_default();
            let prepare = |task: Task<'_>, _: Instance<'_>| task.set_backend(backend);
            let Some([first, second]) = stops::run_moved(rig, &other, loaded, prepare, value) else { continue };
            assert_eq!(first, *end, "{}: {backend:?}, stopped at {value}", guest.name);
            assert_eq!(second, *end, "{}: {backend:?}, moved at {value}", guest.name);
            moves += 1;
        }
    });
    assert!(moves > 200, "only {moves} moves");
}

/// RUN-2: the code and the state are the same for all back ends, so that a stopped task may go on
/// in another.
#[test]
fn run_2_a_stopped_task_continues_in_another_back_end() {
    for_each_guest(|guest, rig, loaded, _, end| {
        let mut turn = 0;
        let switched = stops::run(
            rig,
            loaded,
            Backend::Auto,
            |_| 41,
            |stop| {
                turn += 1;
                if let Some(&next) = backends().get(turn % backends().len()) {
                    stop.task.set_backend(next);
                }
            },
        );
        assert_eq!(*end, switched, "{}", guest.name);
    });
}

/// RUN-1: a run overdraws by at most the operators of one function body.
#[test]
fn run_1_overdraft_is_bounded_by_one_body() {
    let mut wrong = Vec::new();
    for_each_guest(|guest, rig, loaded, feed, end| {
        let (longest, bulk) = stops::longest_body(&guest.plain());
        // A run that parks at a host call ends there, whatever it was granted.
        if bulk || feed == Feed::Bytes || guest.plain().calls_later() {
            return;
        }
        for &backend in backends() {
            let mut worst = (0, 0);
            for value in stop_values(end.fuel).step_by(7) {
                let grant = |used: u64| if used < value { value - used } else { u64::MAX };
                let mut used = end.fuel;
                stops::run(rig, loaded, backend, grant, |stop| {
                    used = stop.task.usage().fuel_used;
                    assert_eq!(stop.outcome, Outcome::Fuel);
                });
                assert!(used >= value, "{}: stopped at {used} with fuel {value}", guest.name);
                worst = worst.max((used - value, value));
            }
            if worst.0 > longest {
                let (over, value) = worst;
                wrong
                    .push(format!("{} {backend:?}: {over} more than {value}; bodies have up to {longest}", guest.name));
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// RUN-3: an interrupt is seen, costs nothing and changes nothing.
#[test]
fn run_3_interrupts_change_nothing() {
    for_each_guest(|guest, rig, loaded, _, end| {
        for &backend in backends() {
            let (mut asked, mut seen) = (0, 0);
            let interrupted = stops::run(
                rig,
                loaded,
                backend,
                |_| 97,
                |stop| match stop.outcome {
                    Outcome::Interrupted => seen += 1,
                    _ if asked < 20 => {
                        asked += 1;
                        stop.task.interrupt_handle().interrupt();
                    }
                    _ => {}
                },
            );
            assert_eq!(*end, interrupted, "{}: {backend:?}", guest.name);
            assert_eq!(asked, seen, "{}: {backend:?}: each request is seen once", guest.name);
        }
    });
}

/// RUN-5: a trap names function and offset, and its backtrace leads from there to the entry by
/// calls, as the module's bytes have them.
#[test]
fn run_5_traps_say_where() {
    let mut traps = 0;
    for_each_guest(|guest, _, loaded, feed, end| {
        let Err(error) = end.result else { return };
        traps += 1;
        let wasm = guest.plain().main;
        let at = |offset: u64| stops::operator_at(&wasm, offset).unwrap_or_else(|| format!("nothing at {offset:#x}"));
        let expected = match error.reason {
            Reason::IntegerDivideByZero => "I32DivU",
            Reason::OutOfBoundsMemory if guest.name == "trap_copy" => "MemoryCopy",
            Reason::OutOfBoundsMemory => "I64Store",
            Reason::UninitializedElement => "CallIndirect",
            Reason::StackExhausted => "Call",
            Reason::NullReference if guest.name == "trap_null" => "StructGet",
            Reason::NullReference => "CallRef",
            Reason::CastFailure => "RefCastNonNull",
            Reason::UncaughtException => "Throw",
            other => panic!("{}: {other:?}", guest.name),
        };
        assert_eq!(error.status(), Status::Trap);
        assert_eq!(at(error.offset), expected, "{} {feed:?}: {error:?}", guest.name);
        let (first, outer) = end.backtrace.split_first().expect("a backtrace");
        assert_eq!(first.func, error.func, "{}", guest.name);
        assert_eq!(first.module_offset, error.offset, "{}", guest.name);
        for frame in outer {
            assert_eq!(at(frame.module_offset), "Call", "{}: {frame:?}", guest.name);
        }
        let run = loaded.main.find_export("run").expect("run").index;
        assert_eq!(end.backtrace.last().map(|f| f.func), Some(run), "{}: ends at the entry", guest.name);
    });
    assert!(traps >= 12, "the guests that trap were run");
}

/// RUN-4: the depth of calls ends where the budget says, as a trap, and the peak is exact.
#[test]
fn run_4_call_depth_is_bounded_by_the_budget() {
    for_each_guest(|guest, _, _, _, end| match &end.result {
        Err(e) if e.reason == Reason::StackExhausted => assert_eq!(end.depth, DEPTH, "{}", guest.name),
        _ => assert!(end.depth < DEPTH, "{}", guest.name),
    });
}

/// MEM-3: no guest of one module takes more stack than its plan says.
#[test]
fn mem_3_no_guest_takes_more_stack_than_planned() {
    let mut bounded = 0;
    for_each_guest(|guest, _, _, feed, end| {
        let encoded = guest.plain();
        let plan = engine::plan(&encoded.main, &guest_budget(), feed).expect("a plan");
        if plan.stack_min != 0 && encoded.library.is_none() {
            assert!(end.stack <= plan.stack_min, "{}: {} of {}", guest.name, end.stack, plan.stack_min);
            bounded += 1;
        }
    });
    assert!(bounded > 20, "{bounded} guests have a bound");
}

/// MEM-2: sizes, fuel and states do not depend on the build or the machine: every build compares
/// its own with the one committed table. `WRT_BLESS=1` writes it anew.
#[test]
fn mem_2_numbers_are_those_of_every_other_build() {
    let mut table = String::new();
    for_each_guest(|guest, _, loaded, feed, end| {
        let plan: Plan = engine::plan(&guest.plain().main, &guest_budget(), feed).expect("a plan");
        let (name, fuel, hashes) = (guest.name, end.fuel, &end.hashes);
        let Plan { load_scratch, module, instance, stack_min, .. } = plan;
        let result = end.result.as_ref().map_or_else(|e| e.reason.name().into(), |r| format!("{r:x?}"));
        let words = loaded.main.code_words();
        writeln!(
            table,
            "{name} {feed:?}: fuel {fuel} depth {} stack {} result {result} states {hashes:x?} module {module}+{load_scratch} \
             instance {instance} stack_min {stack_min} words {words}",
            end.depth, end.stack
        )
        .expect("a string");
    });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/guests/expected.txt");
    if std::env::var_os("WRT_BLESS").is_some() {
        std::fs::write(path, &table).expect("the table can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    for (now, then) in table.lines().zip(committed.lines()) {
        assert_eq!(now, then, "WRT_BLESS=1 writes guests/expected.txt anew, if the change is meant");
    }
    assert_eq!(table.lines().count(), committed.lines().count(), "guests/expected.txt has a line for each guest");
}

/// MEM-3: a call chain that is as deep as calls go needs exactly `stack_min` bytes of task.
#[test]
fn mem_3_the_stack_bound_is_exact() {
    for name in ["straight", "loops", "br_table", "trap_divide", "floats"] {
        let guest = GUESTS.iter().find(|g| g.name == name).expect("a guest");
        let wasm = guest.plain().main;
        let pool = Pool::new();
        let plan = engine::plan(&wasm, &guest_budget(), Feed::Whole).expect("a plan");
        assert_ne!(plan.stack_min, 0, "{name} does not recurse");
        let module = engine::load(&pool, &wasm, &guest_budget(), Feed::Whole).expect("a guest");
        for (bytes, enough) in [(plan.stack_min, true), (plan.stack_min - 16, false)] {
            let instance = engine::instantiate(&pool, module, &wasm, &(), &[]).expect("an instance");
            let stack = Region::new(bytes as usize);
            let args = [wrt_core::Value::from_i32(guest.arg)];
            let end = engine::call(&stack, instance, "run", &args, Backend::Loop);
            match end {
                Err(e) if e.reason == Reason::StackExhausted || e.status() == Status::Arena => {
                    assert!(!enough, "{name}: {bytes} bytes are not enough: {e:?}");
                }
                _ => assert!(enough, "{name}: {bytes} bytes are enough, stack_min says {}", plan.stack_min),
            }
        }
    }
}
