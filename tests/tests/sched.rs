//! RUN-8: the scheduler. Its order against a reference that keeps a plain queue, its bound on waiting
//! over random sets of tasks, and that a written order, followed again, gives the same states.

use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use wrt_core::{
    Caller, Clock, Completion, Decision, Extern, HostFunc, HostResult, Import, Imports, Instance, LoadBudget, Outcome,
    Outcomes, Policy, Ran, Reason, RunBudget, Scheduler, SchedulerConfig, Step, Task, TaskId, Terms, Value,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// Mixes its number into one global of all tasks, so that the state tells their order; now and then it
/// waits for the host.
const WORKER: &str = r#"(module
  (import "host" "wait" (func $wait))
  (global $mix (mut i64) (i64.const 1))
  (func (export "work") (param $id i64) (param $n i32) (param $every i32)
    (loop $again
      (global.set $mix (i64.add (i64.mul (global.get $mix) (i64.const 6364136223846793005)) (local.get $id)))
      (if (local.get $every)
        (then (if (i32.eqz (i32.rem_u (local.get $n) (local.get $every))) (then (call $wait)))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n))))
  (func (export "trap") (unreachable)))"#;

/// Operators of one body at most: what a slice may spend above its grant.
const BODY: u64 = 40;

struct Env<'p>(HostFunc<'p>);
impl<'p> Imports<'p> for Env<'p> {
    fn resolve(&self, _: &Import<'_>) -> Option<Extern<'p>> {
        Some(Extern::Host(self.0))
    }
}

fn wait(_: &mut Caller, _: &mut [Value]) -> HostResult {
    Ok(Completion::Pending)
}

/// A task of a random set.
#[derive(Clone, Debug)]
struct Job {
    priority: u8,
    /// Rounds of its loop.
    rounds: i32,
    /// It waits for the host in every so many rounds; 0 for never.
    every: i32,
    /// Decisions until the host answers.
    answer: u64,
    slice: u64,
    deadline: u64,
}

fn jobs() -> impl Strategy<Value = Vec<Job>> {
    let job = (0..6u8, 1..60, prop_oneof![Just(0), 2..30], 0..12u64, prop_oneof![Just(0), 1..400u64], 0..20_000u64);
    let job = job.prop_map(|(priority, rounds, every, answer, slice, deadline)| Job {
        priority,
        rounds,
        every,
        answer,
        slice,
        // A third of the tasks have none.
        deadline: if deadline % 3 == 0 { u64::MAX } else { deadline },
    });
    proptest::collection::vec(job, 1..8)
}

/// One instance, and a task of it for each job, started.
struct World<'p> {
    instance: Instance<'p>,
    tasks: Vec<Task<'p>>,
    /// Decisions until each pending call is answered.
    answers: RefCell<Vec<u64>>,
    jobs: Vec<Job>,
}

fn instance(pool: &Pool) -> Instance<'_> {
    let wasm = pool.keep(encode(WORKER));
    let module = engine::load(pool, wasm, &LoadBudget::DEFAULT, Feed::Whole).expect("a module");
    engine::instantiate(pool, module, wasm, &Env(HostFunc::new(&wait)), &[]).expect("an instance")
}

impl<'p> World<'p> {
    fn new(pool: &'p Pool, jobs: &[Job]) -> Self {
        let instance = instance(pool);
        let work = instance.export_func("work", None).expect("work");
        let tasks: Vec<_> = (1i64..)
            .zip(jobs)
            .map(|(id, job)| {
                let task = Task::new(&mut pool.arena(1 << 12), instance).expect("a task");
                let args = [Value::from_i64(id), Value::from_i32(job.rounds), Value::from_i32(job.every)];
                task.start(work, &args).expect("a start");
                task
            })
            .collect();
        World { instance, tasks, answers: RefCell::new(vec![0; jobs.len()]), jobs: jobs.to_vec() }
    }

    fn scheduler(&self, pool: &'p Pool, policy: Policy) -> (Scheduler<'p>, Vec<TaskId>) {
        let config = config(policy, self.tasks.len() as u32, 1 << 16);
        let s = Scheduler::new(&mut pool.arena(Scheduler::bytes(&config)), &config).expect("a scheduler");
        let add = |(job, &task): (&Job, &Task<'p>)| {
            let terms = Terms { priority: job.priority, deadline: job.deadline, slice: job.slice };
            s.add(task, &terms).expect("room")
        };
        let ids = self.jobs.iter().zip(&self.tasks).map(add).collect();
        (s, ids)
    }

    /// The host: answers the calls that have waited long enough. Once for each decision.
    fn answer(&self) {
        for ((task, job), left) in self.tasks.iter().zip(&self.jobs).zip(self.answers.borrow_mut().iter_mut()) {
            if task.pending().is_none() {
                *left = job.answer;
            } else if *left == 0 {
                task.complete(0, &[]).expect("an answer");
                *left = job.answer;
            } else {
                *left -= 1;
            }
        }
    }

    fn ready(&self) -> Vec<usize> {
        (0..self.tasks.len()).filter(|&k| self.tasks[k].is_ready()).collect()
    }

    fn unfinished(&self) -> bool {
        self.tasks.iter().any(|t| t.is_ready() || t.pending().is_some())
    }
}

fn config(policy: Policy, max_tasks: u32, trace: u32) -> SchedulerConfig {
    let slice = RunBudget { fuel: 100, ..RunBudget::default() };
    SchedulerConfig { max_tasks, trace, policy, clock: Clock::Fuel, slice }
}

fn never() -> u64 {
    unreachable!("fuel is the clock")
}

/// Runs a world to its end; `see` is told of each step: who was ready, who ran.
fn run_all(world: &World<'_>, s: Scheduler<'_>, mut see: impl FnMut(&[usize], Option<usize>)) -> Vec<usize> {
    let mut order = Vec::new();
    while world.unfinished() {
        world.answer();
        let ready = world.ready();
        match s.step(&never).expect("a step") {
            Step::Idle { pending } => {
                assert!(ready.is_empty());
                see(&ready, None);
                assert_eq!(pending as usize, world.tasks.iter().filter(|t| t.pending().is_some()).count());
            }
            Step::Ran { id, .. } => {
                let place = id.place() as usize;
                see(&ready, Some(place));
                order.push(place);
            }
        }
    }
    order
}

/// The reference: tasks stand in a queue, those that become ready at its end; the first of those that
/// are best runs, and goes to the end.
#[derive(Default)]
struct Queue(Vec<usize>);

impl Queue {
    fn next<K: Ord>(&mut self, ready: &[usize], best: impl Fn(usize) -> K) -> Option<usize> {
        self.0.retain(|k| ready.contains(k));
        for &k in ready {
            if !self.0.contains(&k) {
                self.0.push(k);
            }
        }
        let chosen = *self.0.iter().min_by_key(|&&k| best(k))?;
        self.0.retain(|&k| k != chosen);
        self.0.push(chosen);
        Some(chosen)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// RUN-8: with ageing no ready task waits for more decisions than the bound says, whatever the
    /// priorities; and the longest wait that is reported is that which is counted here.
    #[test]
    fn run_8_no_task_starves(jobs in jobs(), ageing in 1..6u32) {
        let pool = Pool::new();
        let world = World::new(&pool, &jobs);
        let (s, ids) = world.scheduler(&pool, Policy::Priority { ageing });
        let (mut waits, mut longest) = (vec![0u64; jobs.len()], vec![0u64; jobs.len()]);
        run_all(&world, s, |ready, ran| {
            for k in 0..jobs.len() {
                if ready.contains(&k) && Some(k) != ran {
                    waits[k] += 1;
                    longest[k] = longest[k].max(waits[k]);
                    let bound = s.wait_bound(ids[k]).expect("a task").expect("a bound");
                    assert!(waits[k] <= bound, "task {k} waits for {} decisions, {bound} is the bound", waits[k]);
                } else {
                    waits[k] = 0;
                }
            }
        });
        for (k, id) in ids.into_iter().enumerate() {
            let report = s.report(id).expect("a report");
            assert_eq!(report.longest_wait, longest[k]);
            assert_eq!((report.last, report.fuel), (Outcomes::Done, world.tasks[k].usage().fuel_used));
        }
    }

    /// RUN-8: earliest deadline first, as the reference has it.
    #[test]
    fn run_8_deadlines_order_as_the_reference(jobs in jobs()) {
        let pool = Pool::new();
        let world = World::new(&pool, &jobs);
        let (s, _) = world.scheduler(&pool, Policy::EarliestDeadline);
        let mut queue = Queue::default();
        run_all(&world, s, |ready, ran| assert_eq!(queue.next(ready, |k| jobs[k].deadline), ran));
    }

    /// RUN-8: fixed priorities, equals in turn, as the reference has it.
    #[test]
    fn run_8_priorities_order_as_the_reference(jobs in jobs()) {
        let pool = Pool::new();
        let world = World::new(&pool, &jobs);
        let (s, ids) = world.scheduler(&pool, Policy::Priority { ageing: 0 });
        let most = jobs.iter().map(|j| j.priority).max();
        for (job, id) in jobs.iter().zip(&ids) {
            assert_eq!(s.wait_bound(*id).expect("a task").is_some(), Some(job.priority) == most);
        }
        let mut queue = Queue::default();
        run_all(&world, s, |ready, ran| assert_eq!(queue.next(ready, |k| u8::MAX - jobs[k].priority), ran));
    }

    /// RUN-8: decisions that were written down, followed in another world under another policy, give
    /// the same state after each of them; a decision that does not fit is told.
    #[test]
    fn run_8_a_written_order_is_followed(jobs in jobs(), ageing in 0..4u32, edf: bool, wrong: prop::sample::Index) {
        let policy = if edf { Policy::EarliestDeadline } else { Policy::Priority { ageing } };
        let pool = Pool::new();
        let first = World::new(&pool, &jobs);
        let (s, _) = first.scheduler(&pool, policy);
        let mut states = Vec::new();
        let order = run_all(&first, s, |_, ran| states.extend(ran.map(|_| first.instance.state_hash())));
        let mut trace = vec![Decision::default(); order.len() + 1];
        assert_eq!((s.take_trace(&mut trace), s.lost()), (order.len(), 0));
        trace.truncate(order.len());
        assert_eq!(trace.iter().map(|d| d.place as usize).collect::<Vec<_>>(), order);

        let follow = |trace: &[Decision]| {
            let second = World::new(&pool, &jobs);
            let (s, _) = second.scheduler(&pool, Policy::Priority { ageing: 0 });
            for (k, decision) in trace.iter().enumerate() {
                second.answer();
                while second.ready().is_empty() {
                    second.answer();
                }
                if let Err(e) = s.replay(decision, &never) {
                    assert_eq!((e.reason, e.detail), (Reason::ReplayDiverged, k as u64));
                    return Err(k);
                }
                assert_eq!(second.instance.state_hash(), states[k], "after decision {k}");
            }
            Ok(second.unfinished())
        };
        assert_eq!(follow(&trace), Ok(false));
        let at = wrong.index(trace.len());
        trace[at].fuel += 1;
        assert_eq!(follow(&trace), Err(at));
        trace[at].fuel -= 1;
        trace[at].place = jobs.len() as u16;
        assert_eq!(follow(&trace), Err(at));
    }

    /// RUN-8: a snapshot of the scheduler, taken at any decision and restored over another world that has
    /// come as far, goes on with the same decisions and reports.
    #[test]
    fn run_8_a_snapshot_goes_on(jobs in jobs(), ageing in 0..4u32, edf: bool, at: prop::sample::Index) {
        let policy = if edf { Policy::EarliestDeadline } else { Policy::Priority { ageing } };
        let pool = Pool::new();
        let order = {
            let world = World::new(&pool, &jobs);
            run_all(&world, world.scheduler(&pool, policy).0, |_, _| ())
        };
        let at = at.index(order.len() + 1);
        let go = |world: &World<'_>, s: Scheduler<'_>| {
            let mut steps = 0;
            while steps < at {
                world.answer();
                if let Step::Ran { .. } = s.step(&never).expect("a step") {
                    steps += 1;
                }
            }
        };
        let first = World::new(&pool, &jobs);
        let (s, ids) = first.scheduler(&pool, policy);
        go(&first, s);
        let mut bytes = vec![0xaa; s.snapshot_bytes() as usize];
        assert_eq!(s.snapshot(&mut bytes), Ok(bytes.len()));

        let second = World::new(&pool, &jobs);
        let (other, _) = second.scheduler(&pool, policy);
        go(&second, other);
        // One that knows nothing of what came before.
        let config = config(policy, jobs.len() as u32, 1 << 16);
        let fresh = Scheduler::new(&mut pool.arena(Scheduler::bytes(&config)), &config).expect("a scheduler");
        fresh.restore(&bytes, &mut |id| second.tasks.get(id.place() as usize).copied()).expect("a snapshot");
        let mut again = vec![0; bytes.len()];
        fresh.snapshot(&mut again).expect("a snapshot");
        assert_eq!(again, bytes, "plain bytes, the same wherever the tasks lie");
        second.answers.replace(first.answers.borrow().clone());
        assert_eq!(run_all(&second, fresh, |_, _| ()), run_all(&first, s, |_, _| ()));
        for id in ids {
            assert_eq!(s.report(id), fresh.report(id));
        }
        assert_eq!(first.instance.state_hash(), second.instance.state_hash());
    }

    /// RUN-8: deadlines that leave room for the work of all earlier ones are met under earliest
    /// deadline first; those that the work of the task alone exceeds are missed under every policy, once.
    #[test]
    fn run_8_missed_deadlines_are_counted(mut jobs in jobs(), ageing in 0..4u32) {
        let pool = Pool::new();
        jobs.iter_mut().for_each(|job| job.every = 0);
        let alone: Vec<u64> = {
            let world = World::new(&pool, &jobs);
            let budget = RunBudget::default();
            world.tasks.iter().map(|t| (t.run(&budget), t.usage().fuel_used).1).collect()
        };
        let mut sum = 0;
        for (job, fuel) in jobs.iter_mut().zip(&alone) {
            // The longest slice of a later task may be under way.
            sum += fuel;
            job.deadline = sum + 400 + BODY;
        }
        for (policy, met) in [(Policy::EarliestDeadline, true), (Policy::EarliestDeadline, false), (Policy::Priority { ageing }, false)] {
            if !met {
                jobs.iter_mut().zip(&alone).for_each(|(job, fuel)| job.deadline = fuel - 1);
            }
            let world = World::new(&pool, &jobs);
            let (s, ids) = world.scheduler(&pool, policy);
            run_all(&world, s, |_, _| ());
            for id in ids {
                assert_eq!(s.report(id).expect("a report").missed, u32::from(!met));
            }
            assert_eq!(s.fuel_used(), alone.iter().sum::<u64>());
        }
    }
}

/// RUN-8: without ageing a task of low priority waits for as long as another is ready; with it, not.
#[test]
fn run_8_ageing_ends_waiting() {
    let busy = |priority| Job { priority, rounds: 2_000, every: 0, answer: 0, slice: 0, deadline: u64::MAX };
    for ageing in [0, 3] {
        let pool = Pool::new();
        let world = World::new(&pool, &[busy(5), busy(1)]);
        let (s, ids) = world.scheduler(&pool, Policy::Priority { ageing });
        assert_eq!(s.run(100, u64::MAX, &never), Ok(Ran::Spent));
        let low = s.report(ids[1]).expect("a report");
        assert_eq!((low.slices == 0, low.last == Outcomes::Never), (ageing == 0, ageing == 0));
        assert_eq!(low.longest_wait, if ageing == 0 { 100 } else { 3 * (5 - 1) });
        assert_eq!(s.report(ids[0]).expect("a report").slices + low.slices, 100);
    }
}

/// RUN-8: the embedder's ticks: a deadline is missed when it has passed before the task has ended, also
/// while it waits; new terms are a new deadline.
#[test]
fn run_8_ticks_are_the_embedders() {
    let job = Job { priority: 0, rounds: 2, every: 2, answer: 0, slice: 1_000, deadline: 10 };
    let pool = Pool::new();
    let world = World::new(&pool, &[job.clone(), Job { every: 0, ..job }]);
    let config = SchedulerConfig { clock: Clock::Ticks, ..config(Policy::EarliestDeadline, 2, 8) };
    let s = Scheduler::new(&mut pool.arena(Scheduler::bytes(&config)), &config).expect("a scheduler");
    let terms = |deadline| Terms { deadline, ..Terms::default() };
    let [first, second] = [0, 1].map(|k| s.add(world.tasks[k], &terms(10 + k as u64)).expect("room"));
    let missed = || [first, second].map(|id| s.report(id).expect("a report").missed);
    let time = Cell::new(10);
    // Each question is a tick later: the second task ends at 13, one too late.
    let now = || (time.get(), time.set(time.get() + 1)).0;
    assert!(matches!(s.step(&now), Ok(Step::Ran { outcome: Ok(Outcome::Pending), .. })));
    assert_eq!(missed(), [0, 0]);
    assert!(matches!(s.step(&now), Ok(Step::Ran { id, outcome: Ok(Outcome::Done), .. }) if id == second));
    assert_eq!(missed(), [1, 1]);
    assert_eq!(s.step(&now), Ok(Step::Idle { pending: 1 }));
    assert_eq!(missed(), [1, 1], "each is counted once");
    s.set_terms(first, &terms(15)).expect("new terms");
    world.tasks[0].complete(0, &[]).expect("an answer");
    assert!(matches!(s.step(&now), Ok(Step::Ran { outcome: Ok(Outcome::Done), .. })));
    assert_eq!((missed(), time.get()), ([2, 1], 17));
    assert_eq!(s.step(&now), Ok(Step::Idle { pending: 0 }));
}

/// RUN-8: the queue is bounded: what is full says which size would do, and that size does. Numbers of
/// tasks that are gone name nobody. The ring keeps the newest decisions and counts the others.
#[test]
fn run_8_queues_are_bounded() {
    let busy = Job { priority: 0, rounds: 2_000, every: 0, answer: 0, slice: 0, deadline: u64::MAX };
    let pool = Pool::new();
    let world = World::new(&pool, &vec![busy; 3]);
    let small = config(Policy::Priority { ageing: 1 }, 2, 4);
    let bytes = Scheduler::bytes(&small);
    let error = Scheduler::new(&mut pool.arena(bytes - 16), &small).expect_err("too small");
    assert_eq!((error.reason, error.need), (Reason::ArenaTooSmall, bytes));
    let many = SchedulerConfig { max_tasks: 65_536, ..small };
    assert_eq!(Scheduler::new(&mut pool.arena(16), &many).expect_err("too many").need, 65_535);
    let s = Scheduler::new(&mut pool.arena(bytes), &small).expect("a scheduler");
    let [a, b, c] = [0, 1, 2].map(|k| world.tasks[k]);
    let terms = Terms::default();
    let first = s.add(a, &terms).expect("room");
    assert_eq!(s.add(a, &terms).map_err(|e| e.reason), Err(Reason::AlreadyScheduled));
    s.add(b, &terms).expect("room");
    let error = s.add(c, &terms).expect_err("no room");
    assert_eq!(
        (error.reason, error.need),
        (Reason::SchedulerFull, Scheduler::bytes(&SchedulerConfig { max_tasks: 3, ..small }))
    );
    assert_eq!(s.run(7, u64::MAX, &never), Ok(Ran::Spent));
    assert_eq!((s.decisions(), s.lost()), (7, 3));
    let mut two = [Decision::default(); 2];
    let places = |s: Scheduler<'_>, out: &mut [Decision]| {
        let n = s.take_trace(out);
        out[..n].iter().map(|d| d.place).collect::<Vec<_>>()
    };
    assert_eq!((places(s, &mut two), places(s, &mut two), places(s, &mut two)), (vec![1, 0], vec![1, 0], vec![]));
    assert_eq!(s.remove(first).map(|t| t.as_raw()), Ok(a.as_raw()));
    assert_eq!(s.remove(first).map(|_| ()).map_err(|e| e.reason), Err(Reason::UnknownIndex));
    let third = s.add(c, &terms).expect("room again");
    assert_eq!((third.place(), third == first), (first.place(), false));
    assert_eq!(s.report(first).map_err(|e| e.reason), Err(Reason::UnknownIndex));
    // By fuel: the last slice may spend more than is left.
    let before = s.fuel_used();
    assert_eq!(s.run(u64::MAX, 250, &never), Ok(Ran::Spent));
    assert!((250..250 + 100 + BODY).contains(&(s.fuel_used() - before)));
    // Snapshots of other shapes, or of nothing, are refused.
    let mut snapshot = vec![0; s.snapshot_bytes() as usize];
    let error = s.snapshot(&mut snapshot[1..]).expect_err("too short");
    assert_eq!((error.reason, error.need), (Reason::ArenaTooSmall, s.snapshot_bytes()));
    s.snapshot(&mut snapshot).expect("a snapshot");
    for bad in [&[][..], &snapshot[1..], &vec![0; snapshot.len()]] {
        assert_eq!(s.restore(bad, &mut |_| None).map_err(|e| e.reason), Err(Reason::BadHandle));
    }
    let other = Scheduler::new(&mut pool.arena(1 << 12), &SchedulerConfig { trace: 5, ..small }).expect("another");
    assert_eq!(other.restore(&snapshot, &mut |_| None).map_err(|e| e.reason), Err(Reason::BadHandle));
}

/// RUN-8: a task that fails ends alone; while a slice is under way its host function may ask and add,
/// but neither step nor take away what runs.
#[test]
fn run_8_tasks_fail_alone_and_host_functions_may_ask() {
    let pool = Pool::new();
    let slot: Cell<Option<(Scheduler<'_>, TaskId, Task<'_>)>> = Cell::new(None);
    let seen = Cell::new(false);
    let ask = |_: &mut Caller, _: &mut [Value]| -> HostResult {
        let (s, own, more) = slot.get().expect("set before the run");
        let reason = |e: wrt_core::Error| e.reason;
        assert_eq!(s.step(&never).map_err(reason), Err(Reason::AlreadyRunning));
        assert_eq!(s.remove(own).map(|_| ()).map_err(reason), Err(Reason::AlreadyRunning));
        assert_eq!(s.snapshot(&mut vec![0; s.snapshot_bytes() as usize]).map_err(reason), Err(Reason::AlreadyRunning));
        assert_eq!(s.report(own).expect("a report").last, Outcomes::Never);
        s.add(more, &Terms { priority: 9, ..Terms::default() }).expect("room");
        seen.set(true);
        Ok(Completion::Done)
    };
    let ask = &raw const ask;
    // SAFETY: the closure outlives every task of the pool's instances, none of which runs behind this
    // function.
    let ask = unsafe { &*ask };
    let wasm = pool.keep(encode(WORKER));
    let module = engine::load(&pool, wasm, &LoadBudget::DEFAULT, Feed::Whole).expect("a module");
    let instance = engine::instantiate(&pool, module, wasm, &Env(HostFunc::new(ask)), &[]).expect("an instance");
    let [asking, failing] = [(); 2].map(|()| Task::new(&mut pool.arena(1 << 12), instance).expect("a task"));
    let work = instance.export_func("work", None).expect("work");
    asking.start(work, &[Value::from_i64(1), Value::from_i32(1), Value::from_i32(1)]).expect("a start");
    failing.start(instance.export_func("trap", None).expect("trap"), &[]).expect("a start");
    let config = config(Policy::Priority { ageing: 0 }, 2, 4);
    let s = Scheduler::new(&mut pool.arena(Scheduler::bytes(&config)), &config).expect("a scheduler");
    let own = s.add(asking, &Terms::default()).expect("room");
    slot.set(Some((s, own, failing)));
    assert!(matches!(s.step(&never), Ok(Step::Ran { id, outcome: Ok(Outcome::Done), .. }) if id == own && seen.get()));
    let Ok(Step::Ran { id, outcome: Err(error), fuel }) = s.step(&never) else { panic!("it fails") };
    assert_eq!((error.reason, fuel), (Reason::Unreachable, 1));
    let report = s.report(id).expect("a report");
    assert_eq!((report.last, report.reason), (Outcomes::Failed, Reason::Unreachable as u32));
    assert_eq!(s.step(&never), Ok(Step::Idle { pending: 0 }));
    // What is started anew goes on.
    let again = s.task(own).expect("a task");
    again.start(work, &[Value::from_i64(1), Value::from_i32(50), Value::from_i32(0)]).expect("a start");
    assert!(matches!(s.run(u64::MAX, u64::MAX, &never), Ok(Ran::Idle { pending: 0 })));
    assert_eq!(s.report(own).expect("a report").last, Outcomes::Done);
}
