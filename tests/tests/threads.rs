//! Shared memories between threads: real threads, each with its own instance and task.
//!
//! Owns a `Wait` for std threads as an embedder would write it. What is expected follows from the
//! programs: a count that no increment may miss, a ball that must come back.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use wrt_core::{
    Arena, Backend, Extern, Import, Imports, Instance, InstanceConfig, Limits, LoadBudget, MemoryType, Outcome,
    PAGE_SIZE, PendingCall, Proposals, Reason, RunBudget, SharedMemory, Task, Value, Wait, WaitRequest, Waited, Waiter,
    backends,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;
use wrt_tests::region::Region;

/// Rounds of each thread.
const ROUNDS: i32 = 200_000;
/// Throws of the ball.
const THROWS: i32 = 300;

/// Counts, grows, waits and notifies.
const GUEST: &str = r#"(module
  (import "env" "memory" (memory 1 4 shared))
  (func (export "count") (param $n i32)
    (loop
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (drop (i64.atomic.rmw8.add_u (i32.const 8) (i64.const 1)))
      ;; Not atomic: misses some, but must harm nothing else.
      (i64.store offset=5 (i32.const 16) (i64.add (i64.load offset=5 (i32.const 16)) (i64.const 1)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "spin") (param $n i32)
    ;; A lock of compare and exchange around increments that are not atomic.
    (loop
      (block (loop
        (br_if 1 (i32.eqz (i32.atomic.rmw.cmpxchg (i32.const 32) (i32.const 0) (i32.const 1))))
        (br 0)))
      (i32.store (i32.const 36) (i32.add (i32.load (i32.const 36)) (i32.const 1)))
      (i32.atomic.store (i32.const 32) (i32.const 0))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; Waits until the ball is `mine`, throws it to the other as `theirs`; `n` times.
  (func (export "play") (param $mine i32) (param $theirs i32) (param $n i32)
    (loop $rounds
      (block $got (loop $wait
        (br_if $got (i32.eq (i32.atomic.load (i32.const 64)) (local.get $mine)))
        (drop (memory.atomic.wait32 (i32.const 64) (local.get $theirs) (i64.const -1)))
        (br $wait)))
      (i32.atomic.store (i32.const 64) (local.get $theirs))
      (drop (memory.atomic.notify (i32.const 64) (i32.const 1)))
      (br_if $rounds (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "wait") (param $timeout i64) (result i32)
    (memory.atomic.wait32 (i32.const 128) (i32.const 0) (local.get $timeout)))
  (func (export "wait64") (param $timeout i64) (result i32)
    (memory.atomic.wait64 offset=8 (i32.const 128) (i64.const 0) (local.get $timeout)))
  (func (export "notify") (param $n i32) (result i32)
    (memory.atomic.notify (i32.const 128) (local.get $n)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "size") (result i32) (memory.size))
  (func (export "last") (result i32) (i32.load8_u (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 1)))))"#;

/// Sleeping threads: by place, a queue of flags that are set when their thread is to go on.
#[derive(Default)]
struct Sleepers {
    queues: Mutex<HashMap<usize, Vec<Arc<Condvar>>>>,
}

impl Wait for Sleepers {
    fn wait(&self, request: &WaitRequest) -> Waited {
        let mut queues = self.queues.lock().expect("the lock");
        if !request.holds() {
            return Waited::NotEqual;
        }
        let mine = Arc::new(Condvar::new());
        queues.entry(request.place()).or_default().push(mine.clone());
        let waits = |queues: &mut HashMap<usize, Vec<Arc<Condvar>>>| {
            queues.get(&request.place()).is_some_and(|queue| queue.iter().any(|c| Arc::ptr_eq(c, &mine)))
        };
        let limit = request.timeout().map_or(Duration::MAX, Duration::from_nanos);
        let (mut queues, _) = mine
            .wait_timeout_while(queues, limit.min(Duration::from_secs(3600)), |queues| waits(queues))
            .expect("the lock");
        if !waits(&mut queues) {
            return Waited::Woken;
        }
        queues.entry(request.place()).or_default().retain(|c| !Arc::ptr_eq(c, &mine));
        Waited::TimedOut
    }

    fn notify(&self, place: usize, count: u32) -> u32 {
        let mut queues = self.queues.lock().expect("the lock");
        let Some(queue) = queues.get_mut(&place) else { return 0 };
        let woken: Vec<_> = queue.drain(..queue.len().min(count as usize)).collect();
        woken.iter().for_each(|c| c.notify_one());
        woken.len() as u32
    }
}

/// Parks every guest: what an executor with many tasks on one thread does.
#[derive(Default)]
struct Parking {
    waiting: Mutex<Vec<(usize, Option<u64>)>>,
}

impl Wait for Parking {
    fn wait(&self, request: &WaitRequest) -> Waited {
        let mut waiting = self.waiting.lock().expect("the lock");
        if !request.holds() {
            return Waited::NotEqual;
        }
        waiting.push((request.place(), request.timeout()));
        Waited::Pending
    }
    fn notify(&self, place: usize, count: u32) -> u32 {
        let waiting = self.waiting.lock().expect("the lock");
        waiting.iter().filter(|(at, _)| *at == place).count().min(count as usize) as u32
    }
}

/// The memory under the name that the guest imports.
struct Env<'a>(SharedMemory<'a>);

impl<'a> Imports<'a> for Env<'a> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>> {
        (import.name == "memory").then_some(Extern::SharedMemory(self.0))
    }
}

fn shared(min: u64, max: u64) -> MemoryType {
    MemoryType { shared: true, ..MemoryType::new(Limits { min, max }) }
}

fn memory<'a>(pool: &'a Pool, waiter: Option<&'a Waiter<'a>>) -> SharedMemory<'a> {
    let (mut header, mut region) = (pool.arena(SharedMemory::BYTES as u64), pool.arena(4 * PAGE_SIZE));
    SharedMemory::new(&mut header, &mut region, shared(1, 4), false, waiter).expect("a shared memory")
}

/// Loads the guest in this thread, with the memory as its import, and calls one of its functions.
fn call(memory: SharedMemory<'_>, backend: Backend, name: &str, args: &[Value]) -> Result<Vec<Value>, Reason> {
    let pool = Pool::new();
    let wasm = pool.keep(encode(GUEST));
    let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("the guest");
    let instance = engine::instantiate(&pool, module, wasm, &Env(memory), &[]).expect("an instance");
    let stack = Region::new(1 << 16);
    match engine::call(&stack, instance, name, args, backend) {
        Ok(returned) => Ok(returned.values.iter().map(|(v, _)| *v).collect()),
        Err(e) => Err(e.reason),
    }
}

fn i32_at(memory: SharedMemory<'_>, addr: u64) -> i32 {
    let mut bytes = [0; 4];
    memory.read(addr, &mut bytes).expect("in bounds");
    i32::from_le_bytes(bytes)
}

/// CORE-1: two threads, each with its own group, instance and task, count in one memory, and none of
/// their increments is lost; a lock made of compare and exchange keeps others out.
#[test]
fn core_1_two_threads_count_in_one_memory() {
    for &backend in backends() {
        let pool = Pool::new();
        let memory = memory(&pool, None);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(move || {
                    let n = [Value::from_i32(ROUNDS)];
                    call(memory, backend, "count", &n).expect("count");
                    call(memory, backend, "spin", &n).expect("spin");
                });
            }
        });
        assert_eq!(i32_at(memory, 0), 2 * ROUNDS, "{backend:?}");
        // The byte wraps, and its neighbours are untouched.
        assert_eq!(i32_at(memory, 8), (2 * ROUNDS) & 0xff, "{backend:?}");
        assert_eq!(i32_at(memory, 36), 2 * ROUNDS, "{backend:?}");
    }
}

/// CORE-1: two threads throw a ball to and fro with wait and notify; a wake-up that were lost would
/// leave both asleep.
#[test]
fn core_1_threads_wait_for_one_another() {
    for &backend in backends() {
        let pool = Pool::new();
        let sleepers = Sleepers::default();
        let waiter = Waiter::new(&sleepers);
        let memory = memory(&pool, Some(&waiter));
        std::thread::scope(|scope| {
            for (mine, theirs) in [(0, 1), (1, 0)] {
                let args = [mine, theirs, THROWS].map(Value::from_i32);
                scope.spawn(move || call(memory, backend, "play", &args).expect("play"));
            }
        });
        assert_eq!(i32_at(memory, 64), 0, "{backend:?}: the ball is where it began");
    }
}

/// CORE-1: one thread lets the memory grow while another uses it; the bases stay, the new bytes are
/// zero, and both see the length.
#[test]
fn core_1_a_shared_memory_grows_under_others() {
    let pool = Pool::new();
    let memory = memory(&pool, None);
    let base = memory.base();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..6).map(|_| scope.spawn(move || call(memory, Backend::Auto, "grow", &[]).expect("grow"))).collect();
        let mut old: Vec<i32> = threads.into_iter().flat_map(|t| t.join().expect("a thread")).map(Value::i32).collect();
        old.sort_unstable();
        assert_eq!(old, [-1, -1, -1, 1, 2, 3], "each page is given once");
    });
    assert_eq!((memory.len(), memory.base()), (4 * PAGE_SIZE, base));
    assert_eq!(memory.grow(1), None);
    let one = |name| call(memory, Backend::Auto, name, &[]).expect(name).first().map(|v| v.i32());
    assert_eq!((one("size"), one("last")), (Some(4), Some(0)));
    let bytes = [7];
    memory.write(4 * PAGE_SIZE - 1, &bytes).expect("in bounds");
    assert_eq!(one("last"), Some(7));
    assert_eq!(memory.write(4 * PAGE_SIZE, &bytes).expect_err("one past").reason, Reason::HostMemoryBounds);
}

/// CORE-1: without anybody who lets guests wait, a wait with a timeout is over at once, and one
/// without traps; nobody is woken.
#[test]
fn core_1_waiting_alone() {
    let pool = Pool::new();
    let memory = memory(&pool, None);
    for &backend in backends() {
        let wait = |timeout| call(memory, backend, "wait", &[Value::from_i64(timeout)]);
        assert_eq!(wait(0), Ok(vec![Value::from_i32(2)]));
        assert_eq!(wait(i64::MAX), Ok(vec![Value::from_i32(2)]));
        assert_eq!(wait(-1), Err(Reason::WaitForever));
        memory.write(128, &[1]).expect("in bounds");
        assert_eq!(wait(-1), Ok(vec![Value::from_i32(1)]), "another value");
        memory.write(128, &[0]).expect("in bounds");
        assert_eq!(call(memory, backend, "notify", &[Value::from_i32(-1)]), Ok(vec![Value::from_i32(0)]));
    }
    assert_eq!(memory.notify(128, 1), Ok(0));
    assert!(memory.notify(126, 1).is_err() && memory.notify(PAGE_SIZE, 1).is_err());
}

/// CORE-1: a time that is over ends a wait that nobody notifies.
#[test]
fn core_1_a_wait_times_out() {
    let pool = Pool::new();
    let sleepers = Sleepers::default();
    let waiter = Waiter::new(&sleepers);
    let memory = memory(&pool, Some(&waiter));
    for name in ["wait", "wait64"] {
        assert_eq!(call(memory, Backend::Auto, name, &[Value::from_i64(1)]), Ok(vec![Value::from_i32(2)]));
    }
    assert_eq!(memory.notify(128, 1), Ok(0), "nobody waits any longer");
}

/// RUN-2: a wait may park the task as a pending host call does; the embedder ends it with a result,
/// and fuel is exact across it.
#[test]
fn run_2_a_wait_parks_the_task() {
    let pool = Pool::new();
    let parking = Parking::default();
    let waiter = Waiter::new(&parking);
    let memory = memory(&pool, Some(&waiter));
    let wasm = pool.keep(encode(GUEST));
    let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("the guest");
    let instance = engine::instantiate(&pool, module, wasm, &Env(memory), &[]).expect("an instance");
    for &backend in backends() {
        for (timeout, result) in [(-1, 0), (5, 2)] {
            let task = Task::new(&mut pool.arena(1 << 12), instance).expect("a task");
            task.set_backend(backend);
            let wait = instance.export_func("wait", None).expect("wait");
            task.start(wait, &[Value::from_i64(timeout)]).expect("start");
            let budget = RunBudget { fuel: 1, ..RunBudget::default() };
            let mut outcome = task.run(&budget).expect("a run");
            while outcome == Outcome::Fuel {
                outcome = task.run(&budget).expect("a run");
            }
            assert_eq!(outcome, Outcome::Pending);
            assert_eq!(task.pending(), Some(PendingCall { instance: 0, import: PendingCall::WAIT, delayed: false }));
            let place = memory.base().addr() + 128;
            assert_eq!(parking.waiting.lock().expect("the lock").pop(), Some((place, u64::try_from(timeout).ok())));
            assert_eq!(task.run(&budget), Ok(Outcome::Pending), "it waits still");
            assert_eq!(task.complete(0, &[]).expect_err("a result").reason, Reason::ArgumentCount);
            task.complete(0, &[Value::from_i32(result)]).expect("complete");
            while task.run(&budget).expect("a run") != Outcome::Done {}
            let mut out = [Value::default()];
            task.results(&mut out).expect("results");
            assert_eq!(out.map(Value::i32), [result]);
            assert_eq!(task.usage().fuel_used, 4, "two constants, a local and the wait");
        }
    }
}

/// A module that defines its shared memory lends it to an instance of another group; a memory that is not
/// shared, or of another type, is refused.
#[test]
fn core_1_an_instance_lends_its_memory() {
    let pool = Pool::new();
    let sleepers = Sleepers::default();
    let waiter = Waiter::new(&sleepers);
    let text = r#"(module (memory (export "memory") 1 4 shared) (memory 1) (data (i32.const 64) "\01"))"#;
    let wasm = pool.keep(encode(text));
    let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    let mut memories = [pool.arena(4 * PAGE_SIZE), pool.arena(PAGE_SIZE)];
    let config = InstanceConfig { memories: &mut memories, waiter: Some(&waiter), ..InstanceConfig::default() };
    let owner = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
    assert_eq!(owner.shared_memory(1).expect_err("not shared").reason, Reason::IncompatibleImport);
    let memory = owner.shared_memory(0).expect("shared");
    assert_eq!(memory.memory_type(), shared(1, 4));
    std::thread::scope(|scope| {
        for (mine, theirs) in [(0, 1), (1, 0)] {
            let args = [mine, theirs, THROWS].map(Value::from_i32);
            scope.spawn(move || call(memory, Backend::Auto, "play", &args).expect("play"));
        }
    });
    let mut ball = [0];
    owner.memory_read(0, 64, &mut ball).expect("in bounds");
    assert_eq!(ball, [1], "the ball is where it began");
}

/// The type of what is lent must be the import's, and one that a shared memory can have.
#[test]
fn core_1_lent_memories_match_by_type() {
    let pool = Pool::new();
    let link = |ty: &str, memory: SharedMemory<'_>| {
        let pool = Pool::new();
        let wasm = encode(&format!(r#"(module (import "env" "memory" (memory {ty})))"#));
        let wasm = pool.keep(wasm);
        let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
        engine::instantiate(&pool, module, wasm, &Env(memory), &[]).map(|_| ()).map_err(|e| e.reason)
    };
    let lent = memory(&pool, None);
    assert_eq!(link("1 4 shared", lent), Ok(()));
    assert_eq!(link("0 9 shared", lent), Ok(()));
    for ty in ["1 4", "1 3 shared", "2 4 shared", "i64 1 4 shared", "1 4 shared (pagesize 1)"] {
        assert_eq!(link(ty, lent), Err(Reason::IncompatibleImport), "{ty}");
    }
    let refused = |ty: MemoryType, bytes: u64| {
        let (mut header, mut region) = (pool.arena(SharedMemory::BYTES as u64), pool.arena(bytes));
        let e = SharedMemory::new(&mut header, &mut region, ty, true, None).expect_err("refused");
        assert_eq!((header.remaining(), region.remaining()), (SharedMemory::BYTES, bytes as usize));
        (e.reason, e.need)
    };
    let limits = Limits { min: 2, max: 4 };
    assert_eq!(refused(MemoryType::new(limits), 4 * PAGE_SIZE).0, Reason::ImpossibleSize);
    assert_eq!(refused(shared(2, u64::MAX), 4 * PAGE_SIZE).0, Reason::ImpossibleSize);
    assert_eq!(refused(shared(2, 1), 4 * PAGE_SIZE).0, Reason::ImpossibleSize);
    assert_eq!(refused(MemoryType { page_log2: 3, ..shared(2, 4) }, 4 * PAGE_SIZE).0, Reason::ImpossibleSize);
    assert_eq!(refused(shared(2, 4), PAGE_SIZE), (Reason::MemoryRegion, 2 * PAGE_SIZE));
    assert!(SharedMemory::new(&mut Arena::new(&mut []), &mut pool.arena(PAGE_SIZE), shared(0, 1), true, None).is_err());
}

/// CORE-1: with its proposal off, each of them is refused by name, at the place that needs it.
#[test]
fn core_1_switches_are_off_by_default_and_refused_by_name() {
    let cases = [
        ("(memory 1 1 shared)", Proposals::THREADS),
        (r#"(import "" "" (memory 1 1 shared))"#, Proposals::THREADS),
        ("(func (atomic.fence))", Proposals::THREADS),
        ("(memory 1) (func (drop (i32.atomic.load (i32.const 0))))", Proposals::THREADS),
        ("(memory 1 (pagesize 1))", Proposals::CUSTOM_PAGE_SIZES),
        (r#"(import "" "" (memory 1 (pagesize 65536)))"#, Proposals::CUSTOM_PAGE_SIZES),
        ("(func (result i64 i64) (i64.mul_wide_s (i64.const 1) (i64.const 2)))", Proposals::WIDE_ARITHMETIC),
    ];
    for (fields, proposal) in cases {
        let wasm = encode(&format!("(module {fields})"));
        assert!(!LoadBudget::DEFAULT.proposals.has(proposal), "{}", proposal.name());
        let on = LoadBudget { proposals: LoadBudget::DEFAULT.proposals.with(proposal), ..LoadBudget::DEFAULT };
        engine::plan(&wasm, &on, Feed::Whole).unwrap_or_else(|e| panic!("{fields}: {e}"));
        for feed in Feed::ALL {
            let error = engine::plan(&wasm, &LoadBudget::DEFAULT, feed).expect_err("the proposal is off");
            assert_eq!((error.reason, error.detail), (Reason::ProposalOff, u64::from(proposal.0)), "{fields}");
            let cut = wasm.get(..error.offset as usize).expect("an offset inside the module");
            let before = engine::plan(cut, &LoadBudget::DEFAULT, feed).expect_err("cut off");
            assert_eq!(before.reason, Reason::UnexpectedEnd, "{fields}: nothing before the place is refused");
        }
    }
}

/// Accesses that are not atomic, of every width, aligned or not, and the bulk operators do to a shared
/// memory what they do to any other.
#[test]
fn core_1_plain_accesses_are_the_same_on_shared_memories() {
    let mut body = String::new();
    let mut put = |code: String| {
        body.push_str(&format!(
            "(i64.store (local.get $at) {code}) (local.set $at (i32.add (local.get $at) (i32.const 8)))\n"
        ))
    };
    for at in 0..9 {
        for ty in ["i32", "i64", "f32", "f64"] {
            let widths: &[&str] = match ty {
                "i32" => &["", "8_s", "8_u", "16_s", "16_u"],
                "i64" => &["", "8_s", "8_u", "16_s", "16_u", "32_s", "32_u"],
                _ => &[""],
            };
            for width in widths {
                let load = format!("({ty}.load{width} offset=1 (i32.const {at}))");
                put(match ty {
                    "i32" => format!("(i64.extend_i32_u {load})"),
                    "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 {load}))"),
                    "f64" => format!("(i64.reinterpret_f64 {load})"),
                    _ => load,
                });
            }
        }
        for load in ["v128.load", "v128.load8x8_s", "v128.load32_splat", "v128.load64_zero"] {
            put(format!("(i64x2.extract_lane 0 ({load} (i32.const {at})))"));
            put(format!("(i64x2.extract_lane 1 ({load} (i32.const {at})))"));
        }
        let lane = format!("(v128.load16_lane 3 (i32.const {at}) (v128.load (i32.const 4)))");
        put(format!("(i64x2.extract_lane 0 {lane})"));
    }
    for at in 3000..3009 {
        for (ty, widths) in
            [("i32", &["", "8", "16"][..]), ("i64", &["", "8", "16", "32"]), ("f32", &[""]), ("f64", &[""])]
        {
            for (n, width) in widths.iter().enumerate() {
                let place = at + 40 * n + 200 * ty.len() + if ty.ends_with("64") { 500 } else { 0 };
                body.push_str(&format!(
                    "({ty}.store{width} (i32.const {place}) ({ty}.load offset=5 (i32.const {at})))\n"
                ));
            }
        }
        body.push_str(&format!("(v128.store (i32.const {}) (v128.load (i32.const 7)))\n", at + 2000));
        body.push_str(&format!("(v128.store32_lane 2 (i32.const {}) (v128.load (i32.const 7)))\n", at + 2100));
    }
    body.push_str("(memory.copy (i32.const 6001) (i32.const 3) (i32.const 900)) (memory.copy (i32.const 5990) (i32.const 6001) (i32.const 500))\n");
    body.push_str("(memory.copy (i32.const 6100) (i32.const 6001) (i32.const 500)) (memory.fill (i32.const 7001) (i32.const 9) (i32.const 77))\n");
    body.push_str("(memory.init $d (i32.const 8001) (i32.const 1) (i32.const 5))\n");
    let bytes: String = (0..64u32).map(|i| format!("\\{:02x}", i.wrapping_mul(151) & 255)).collect();
    let run = |ty: &str, backend| {
        let text = format!(
            r#"(module (memory (export "m") {ty}) (data (i32.const 0) "{bytes}") (data $d "abcdefg")
              (func (export "run") (local $at i32) (local.set $at (i32.const 128)) {body}))"#
        );
        let pool = Pool::new();
        let wasm = pool.keep(encode(&text));
        let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
        let instance = engine::instantiate(&pool, module, wasm, &(), &[]).expect("an instance");
        let fuel = engine::call(&Region::new(1 << 16), instance, "run", &[], backend).expect("a run").fuel;
        (fuel, instance.state_hash())
    };
    for &backend in backends() {
        let plain = run("1 1", backend);
        assert_eq!(run("1 1 shared", backend), plain, "{backend:?}");
    }
}
