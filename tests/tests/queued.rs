//! RUN-8: what a scheduler says of its tasks and of itself, and what it does not take for an order, a handle or a copy
//! of its own.

use wrt_core::{
    Clock, Decision, Instance, InstanceConfig, Outcome, Outcomes, Policy, Reason, RunBudget, Scheduler,
    SchedulerConfig, Step, Task, TaskId, Terms, Value,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// Counts down.
const GUEST: &str = r#"(module
  (func (export "run") (param i32)
    (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;

/// A started task in a group of its own.
fn task(pool: &Pool) -> Task<'_> {
    let wasm = pool.keep(encode(GUEST));
    let module = engine::load(pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    let instance =
        Instance::new(&mut pool.arena(module.instance_size()), module, InstanceConfig::default()).expect("an instance");
    let task = Task::new(&mut pool.arena(1 << 12), instance).expect("a task");
    task.start(instance.export_func("run", None).expect("run"), &[Value::from_i32(1_000)]).expect("start");
    task
}

/// A scheduler with three places.
fn scheduler(pool: &Pool, trace: u32) -> Scheduler<'_> {
    let slice = RunBudget { fuel: 100, ..RunBudget::default() };
    let config = SchedulerConfig { max_tasks: 3, trace, policy: Policy::EarliestDeadline, clock: Clock::Fuel, slice };
    Scheduler::new(&mut pool.arena(Scheduler::bytes(&config)), &config).expect("a scheduler")
}

fn never() -> u64 {
    unreachable!("fuel is the clock")
}

/// RUN-8: a scheduler shows its policy and how far it is.
#[test]
fn run_8_a_scheduler_says_how_far_it_is() {
    let pool = Pool::new();
    let s = scheduler(&pool, 0);
    s.add(task(&pool), &Terms::default()).expect("a place");
    let before = format!("{s:?}");
    assert!(before.contains("EarliestDeadline") && before.contains("decisions: 0"), "{before}");
    s.step(&never).expect("a step");
    let after = format!("{s:?}");
    assert!(after.contains("decisions: 1") && !after.contains("decisions: 0"), "{after}");
}

/// RUN-8: an order that names a place without a task, or one that does not wait, is not followed.
#[test]
fn run_8_an_order_names_tasks_that_wait() {
    let pool = Pool::new();
    let s = scheduler(&pool, 8);
    let id = s.add(task(&pool), &Terms::default()).expect("a place");
    let twin = scheduler(&pool, 8);
    twin.add(task(&pool), &Terms::default()).expect("a place");
    twin.step(&never).expect("a step");
    let mut told = [Decision::default()];
    assert_eq!((twin.take_trace(&mut told), usize::from(told[0].place)), (1, usize::from(id.place())));
    for place in [1, 2, 3, u16::MAX] {
        let error = s.replay(&Decision { place, ..told[0] }, &never).expect_err("nobody there");
        assert_eq!((error.reason, error.detail), (Reason::ReplayDiverged, 0), "{place}");
    }
    assert_eq!(s.decisions(), 0);
    assert!(matches!(s.replay(&told[0], &never), Ok(Step::Ran { id: ran, .. }) if ran == id));
    assert_eq!((s.decisions(), s.fuel_used()), (1, twin.fuel_used()));
}

/// RUN-8, API-1: an address inside a scheduler, or one of another thing, is no scheduler.
#[test]
fn run_8_handles_are_checked() {
    let pool = Pool::new();
    let s = scheduler(&pool, 0);
    // SAFETY: so many bytes can be read at each address, or it is null.
    let from = |at: *mut u8| unsafe { Scheduler::from_raw(at) }.map(|s| s.as_raw()).map_err(|e| e.reason);
    assert_eq!(from(s.as_raw()), Ok(s.as_raw()));
    assert_eq!(from(s.as_raw().wrapping_add(8)), Err(Reason::BadHandle));
    assert_eq!(from(s.as_raw().wrapping_add(16)), Err(Reason::BadHandle));
    assert_eq!(from(core::ptr::null_mut()), Err(Reason::NullPointer));
    assert_eq!(from(task(&pool).as_raw()), Err(Reason::BadHandle));
}

/// RUN-8, RUN-3: a task that was interrupted is told apart from one whose slice was spent.
#[test]
fn run_8_reports_tell_how_a_slice_ended() {
    let pool = Pool::new();
    let s = scheduler(&pool, 0);
    let task = task(&pool);
    let id = s.add(task, &Terms::default()).expect("a place");
    assert_eq!(s.report(id).map(|r| (r.last, r.slices)), Ok((Outcomes::Never, 0)));
    for (interrupted, outcome, last) in
        [(false, Outcome::Fuel, Outcomes::Fuel), (true, Outcome::Interrupted, Outcomes::Interrupted)]
    {
        if interrupted {
            task.interrupt();
        }
        let ran = s.step(&never).expect("a step");
        assert!(matches!(ran, Step::Ran { outcome: Ok(found), .. } if found == outcome), "{ran:?}");
        assert_eq!(s.report(id).map(|r| r.last), Ok(last));
    }
    let slices = s.report(id).expect("a task").slices;
    assert_eq!(slices, 2);
    while !matches!(s.step(&never), Ok(Step::Idle { .. })) {}
    assert_eq!(s.report(id).map(|r| r.last), Ok(Outcomes::Done));
}

/// RUN-8, MEM-7: of a copy whose tasks are not there any more, the places are free; one whose order begins behind its
/// room is none.
#[test]
fn run_8_a_copy_without_its_tasks_has_free_places() {
    let pool = Pool::new();
    let s = scheduler(&pool, 0);
    let tasks = [task(&pool), task(&pool)];
    let ids = tasks.map(|task| s.add(task, &Terms::default()).expect("a place"));
    let mut bytes = vec![0; s.snapshot_bytes() as usize];
    assert_eq!(s.snapshot(&mut bytes), Ok(bytes.len()));
    // The first decision that was noted, of none that fit.
    let mut damaged = bytes.clone();
    damaged[28] = 1;
    let refused = s.restore(&damaged, &mut |_| panic!("nobody is asked for")).expect_err("no copy");
    assert_eq!(refused.reason, Reason::BadHandle);
    assert!(ids.iter().all(|&id| s.task(id).is_ok()), "it is as it was");
    let mut asked: Vec<TaskId> = Vec::new();
    s.restore(&bytes, &mut |id| {
        asked.push(id);
        (id == ids[1]).then_some(tasks[1])
    })
    .expect("its own");
    assert_eq!(asked, ids);
    assert_eq!(s.task(ids[0]).map(|_| ()).map_err(|e| e.reason), Err(Reason::UnknownIndex));
    assert_eq!(s.task(ids[1]).map(|task| task.as_raw()), Ok(tasks[1].as_raw()));
    assert!(matches!(s.step(&never), Ok(Step::Ran { id, .. }) if id == ids[1]));
    let again = s.add(tasks[0], &Terms::default()).expect("the place is free");
    assert_eq!(again.place(), ids[0].place());
}
