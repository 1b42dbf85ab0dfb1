//! What the embedder may do wrong, and where a run may end early: memory that is too small by a little, depths that are
//! not enough, calls at the wrong time, copies that are cut short.
//!
//! What is right comes from the same call done in another way, or from the plan.

use wrt_core::*;

fn blocks(bytes: usize) -> &'static mut [Block] {
    vec![Block::ZERO; bytes.div_ceil(16)].leak()
}

fn arena(bytes: usize) -> Arena<'static> {
    Arena::new(blocks(bytes))
}

fn load(text: &str) -> Module<'static> {
    let wasm = wat::parse_str(text).expect("text").leak();
    Module::load(&mut arena(1 << 20), wasm, &LoadBudget::DEFAULT).expect("module")
}

fn instance_with(text: &str, imports: &dyn Imports<'static>) -> Instance<'static> {
    let module = load(text);
    let mut memories = [arena(1 << 16)];
    let config = InstanceConfig { imports, memories: &mut memories, ..Default::default() };
    Instance::new(&mut arena(module.instance_size() as usize), module, config).expect("instance")
}

/// MEM-1: regions that are null or not aligned are refused by name.
#[test]
fn mem_1_arenas_are_checked() {
    let bytes = blocks(64);
    // SAFETY: blocks are plain bytes.
    let bytes = unsafe { core::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast::<u8>(), 64) };
    let base = bytes.as_mut_ptr();
    assert_eq!(Arena::from_bytes(&mut bytes[1..]).expect_err("misaligned").reason, Reason::ArenaMisaligned);
    assert_eq!(Arena::from_bytes(&mut bytes[16..]).expect("aligned").remaining(), 48);
    // SAFETY: nothing is taken of what is refused, and no byte of what has none.
    unsafe {
        let null = core::ptr::null_mut();
        assert_eq!(Arena::from_raw(null, 16).expect_err("null").reason, Reason::NullPointer);
        assert_eq!(Arena::from_raw(null, 0).expect("nothing").remaining(), 0);
        assert_eq!(Arena::from_raw(base.add(8), 16).expect_err("misaligned").reason, Reason::ArenaMisaligned);
    }
}

/// How a run ended, and what it left: as a caller sees it.
fn end(task: Task<'_>, ran: Result<Outcome, Error>, results: &[Value]) -> String {
    let values: Vec<u64> = results.iter().map(|v| v.bits()).collect();
    format!("{:?} {values:?} {:?}", ran.map_err(|e| (e.reason, e.offset, e.need)), task.usage())
}

/// RUN-2: a call in one is a start, a run and its results, whatever stands in its way.
#[test]
fn run_2_a_call_is_a_start_and_a_run() {
    let text = r#"(module
      (import "h" "f" (func $f (param i32) (result i32)))
      (func (export "two") (param i32 i64) (result i64 i32) (local.get 1) (call $f (local.get 0)))
      (func (export "none"))
      (func (export "v") (param v128) (result v128) (local.get 0))
      (func (export "r") (param externref funcref) (result funcref externref) (local.get 1) (local.get 0))
      (func (export "div") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
      (export "f" (func $f)))"#;
    let f = |_: &mut Caller, v: &mut [Value]| -> HostResult {
        v[0] = Value::from_i32(v[0].i32() + 1);
        Ok(Completion::Done)
    };
    let f: &'static _ = Box::leak(Box::new(f));
    let imports: &'static [(&str, &str, Extern<'static>); 1] =
        Box::leak(Box::new([("h", "f", Extern::Host(HostFunc::new(f)))]));
    let arguments: &[&[Value]] = &[
        &[],
        &[Value::from_i32(0)],
        &[Value::from_i32(7), Value::from_i64(-9)],
        &[Value::from_v128(1 << 100)],
        &[Value::from_i64(0), Value::from_i64(0)],
        &[Value::from_i64(0), Value::from_i64(12345)],
    ];
    let budgets = [
        RunBudget::default(),
        RunBudget { fuel: 0, ..Default::default() },
        RunBudget { fuel: 2, ..Default::default() },
        RunBudget { max_call_depth: 1, ..Default::default() },
        RunBudget { max_call_depth: 0, ..Default::default() },
    ];
    let mut ends = std::collections::BTreeSet::new();
    for name in ["two", "none", "v", "r", "div", "f"] {
        for (args, budget) in arguments.iter().flat_map(|a| budgets.iter().map(move |b| (*a, b))) {
            for (stack, room, interrupted) in [(4096, 2, false), (4096, 2, true), (4096, 0, false), (256, 2, false)] {
                let made = || {
                    let instance = instance_with(text, imports);
                    let task = Task::new(&mut arena(stack), instance).expect("task");
                    if interrupted {
                        task.interrupt();
                    }
                    (task, instance.export_func(name, None).expect("export"))
                };
                let ((one, f), (two, g)) = (made(), made());
                let (mut whole, mut steps) = (vec![Value::ZERO; room], vec![Value::ZERO; room]);
                let ran = one.call(f, args, &mut whole, budget);
                let then = two.start(g, args).and_then(|()| two.run(budget));
                if ran == Ok(Outcome::Done) || room == 2 {
                    let then = then.and_then(|outcome| {
                        if outcome == Outcome::Done {
                            two.results(&mut steps)?;
                        }
                        Ok(outcome)
                    });
                    ends.insert(format!("{:?}", ran.map_err(|e| e.reason)));
                    assert_eq!(end(one, ran, &whole), end(two, then, &steps), "{name} {args:?} {budget:?} {stack}");
                } else {
                    // No room for results is known before anything runs, or said when it has.
                    assert!(ran != then || ran.is_err() || ran == Ok(Outcome::Fuel) || ran == Ok(Outcome::Interrupted));
                }
            }
        }
    }
    // What can end a call did.
    for reason in ["Ok(Done)", "Ok(Fuel)", "Ok(Interrupted)", "Err(StackExhausted)", "Err(IntegerDivideByZero)"] {
        assert!(ends.contains(reason), "{reason} is not among {ends:?}");
    }
}

/// Every way in which a call leaves an instance: for the host and for another instance, with numbers and with
/// references, called directly, through a table and in tail position.
const CROSSINGS: &str = r#"(module
  (import "h" "n" (func $n (param i32 i64 f64) (result i32)))
  (import "h" "r" (func $r (param externref externref externref) (result externref)))
  (table funcref (elem $n $r))
  (type $tn (func (param i32 i64 f64) (result i32)))
  (type $tr (func (param externref externref externref) (result externref)))
  (func (export "n") (result i32) (call $n (i32.const 1) (i64.const 2) (f64.const 3)))
  (func (export "n_tail") (result i32) (return_call $n (i32.const 1) (i64.const 2) (f64.const 3)))
  (func (export "n_table") (result i32)
    (call_indirect (type $tn) (i32.const 1) (i64.const 2) (f64.const 3) (i32.const 0)))
  (func (export "n_table_tail") (result i32)
    (return_call_indirect (type $tn) (i32.const 1) (i64.const 2) (f64.const 3) (i32.const 0)))
  (func (export "r") (result externref)
    (call $r (ref.null extern) (ref.null extern) (ref.null extern)))
  (func (export "r_tail") (result externref)
    (return_call $r (ref.null extern) (ref.null extern) (ref.null extern)))
  (func (export "r_table") (result externref)
    (call_indirect (type $tr) (ref.null extern) (ref.null extern) (ref.null extern) (i32.const 1))))"#;
/// What the other instance does.
const OTHER: &str = r#"(module
  (func (export "n") (param i32 i64 f64) (result i32) (local i64 i64 i64) (local.get 0))
  (func (export "r") (param externref externref externref) (result externref) (local i64 i64 i64) (local.get 2)))"#;

/// RUN-4: where a call leaves an instance, a region or a depth that is not enough is a trap, and one that is enough for
/// less is enough for more.
#[test]
fn run_4_crossings_are_bounded_by_region_and_depth() {
    let n = |_: &mut Caller, v: &mut [Value]| -> HostResult {
        v[0] = Value::from_i32(1);
        Ok(Completion::Done)
    };
    let r = |_: &mut Caller, v: &mut [Value]| -> HostResult {
        v[0] = Value::from_ref(0);
        Ok(Completion::Done)
    };
    let (n, r): (&'static _, &'static _) = (Box::leak(Box::new(n)), Box::leak(Box::new(r)));
    let other = instance_with(OTHER, &());
    let hosts = [("h", "n", Extern::Host(HostFunc::new(n))), ("h", "r", Extern::Host(HostFunc::new(r)))];
    let others = [("h", "n", Extern::Instance(other, 0)), ("h", "r", Extern::Instance(other, 1))];
    for (imports, to) in [(hosts, "host"), (others, "instance")] {
        let imports: &'static [(&str, &str, Extern<'static>); 2] = Box::leak(Box::new(imports));
        let instance = instance_with(CROSSINGS, imports);
        for name in ["n", "n_tail", "n_table", "n_table_tail", "r", "r_tail", "r_table"] {
            for &backend in backends() {
                let f = instance.export_func(name, None).expect("export");
                let (mut enough, mut refused) = (Vec::new(), 0);
                for (size, depth) in (192..=640).step_by(8).map(|size| (size, 9)).chain((0..6).map(|d| (4096, d))) {
                    // Slots are eight bytes; the region may end in the middle of a block.
                    // SAFETY: blocks are plain bytes, and lent to this arena alone.
                    let mut stack =
                        unsafe { Arena::from_raw(blocks(size).as_mut_ptr().cast(), size) }.expect("aligned");
                    let Ok(task) = Task::new(&mut stack, instance) else { continue };
                    task.set_backend(backend);
                    let budget = RunBudget { max_call_depth: depth, ..Default::default() };
                    let ran = task.start(f, &[]).and_then(|()| task.run(&budget));
                    match ran {
                        Ok(Outcome::Done) => enough.push((size, depth)),
                        Err(e) => {
                            assert_eq!(e.reason, Reason::StackExhausted, "{to} {name} {size} {depth}");
                            refused += 1;
                        }
                        other => panic!("{other:?}"),
                    }
                }
                assert!(refused > 0, "{to} {name}: nothing was too small");
                let (by_size, by_depth): (Vec<_>, Vec<_>) = enough.iter().partition(|(_, depth)| *depth == 9);
                for (list, last) in [(by_size, (640, 9)), (by_depth, (4096, 5))] {
                    let first: &(usize, u32) = list.first().expect("the largest is enough");
                    assert_eq!(list.last(), Some(&last));
                    // The first call of a run is always made; another instance's is one deeper, but for tail calls.
                    let deeper = to == "instance" && !name.ends_with("tail");
                    assert!(last.1 == 9 || first.1 == if deeper { 2 } else { 0 }, "{to} {name}: {first:?}");
                    let step = if last.1 == 9 { (last.0 - first.0) / 16 } else { (last.1 - first.1) as usize };
                    assert!(list.len() > step, "{to} {name}: no gaps in {list:?}");
                }
            }
        }
    }
}

/// MEM-7: copies of a task that are cut short, lie askew, or were made while it ran are refused.
#[test]
fn mem_7_copies_of_tasks_are_checked() {
    let text = r#"(module (import "h" "f" (func $f (param i32) (result i32)))
      (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
      (func (export "trap") unreachable))"#;
    let seen: &'static core::cell::Cell<Option<Task<'static>>> = Box::leak(Box::new(core::cell::Cell::new(None)));
    let copy: &'static core::cell::RefCell<Vec<u8>> = Box::leak(Box::default());
    let f = move |_: &mut Caller, v: &mut [Value]| -> HostResult {
        if v[0].i32() == 0 {
            return Ok(Completion::Pending);
        }
        let task = seen.get().expect("a task");
        assert_eq!(task.snapshot(&mut [0; 4096]).expect_err("running").reason, Reason::AlreadyRunning);
        // SAFETY: the region of the task, which has this many bytes.
        *copy.borrow_mut() = unsafe { core::slice::from_raw_parts(task.as_raw(), 2048) }.to_vec();
        Ok(Completion::Done)
    };
    let f: &'static _ = Box::leak(Box::new(f));
    let imports: &'static [(&str, &str, Extern<'static>); 1] =
        Box::leak(Box::new([("h", "f", Extern::Host(HostFunc::new(f)))]));
    let instance = instance_with(text, imports);
    let task = Task::new(&mut arena(2048), instance).expect("task");
    seen.set(Some(task));
    let (run, trap) =
        (instance.export_func("run", None).expect("run"), instance.export_func("trap", None).expect("trap"));
    let again = |bytes: &[u8], size: usize, askew: usize| {
        let region = blocks(size + 16).as_mut_ptr().cast::<u8>();
        // SAFETY: the region has room for what is copied, and is lent to this arena alone.
        unsafe {
            region.add(askew).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len().min(size));
            let mut all = Arena::new(core::slice::from_raw_parts_mut(region.cast::<Block>(), size / 16));
            if askew != 0 {
                return Arena::from_raw(region.add(askew), size).map(|_| task);
            }
            Task::relocate(&mut all, instance)
        }
    };
    let states: [(&str, &dyn Fn()); 5] = [
        ("idle", &|| ()),
        ("pending", &|| {
            task.start(run, &[Value::from_i32(0)]).expect("start");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
        }),
        ("answered", &|| task.complete(0, &[Value::from_i32(5)]).expect("complete")),
        ("done", &|| assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done))),
        ("failed", &|| {
            task.start(trap, &[]).expect("start");
            assert_eq!(task.run(&RunBudget::default()).expect_err("trap").reason, Reason::Unreachable);
        }),
    ];
    for (name, reach) in states {
        reach();
        let need = task.snapshot(&mut []).expect_err("no room");
        assert_eq!((need.reason, need.need), (Reason::ArenaTooSmall, task.usage().stack_peak), "{name}");
        let mut bytes = vec![0; need.need as usize];
        assert_eq!(task.snapshot(&mut bytes), Ok(bytes.len()), "{name}");
        let moved = again(&bytes, 2048, 0).expect(name);
        assert_eq!(moved.usage(), task.usage(), "{name}");
        assert_eq!(again(&bytes, 2048, 8).map(|_| ()).expect_err("askew").reason, Reason::ArenaMisaligned);
        for size in [0, 16, 64] {
            let error = again(&bytes, size, 0).map(|_| ()).expect_err("short");
            assert!(error.reason == Reason::ArenaTooSmall && error.need > size as u64, "{name} {size} {error:?}");
        }
        bytes.fill(0);
        assert_eq!(again(&bytes, 2048, 0).map(|_| ()).expect_err("no task").reason, Reason::BadHandle, "{name}");
    }
    task.reset();
    let mut out = [Value::ZERO];
    assert_eq!(task.call(run, &[Value::from_i32(1)], &mut out, &RunBudget::default()), Ok(Outcome::Done));
    assert_eq!(again(&copy.borrow(), 2048, 0).map(|_| ()).expect_err("running").reason, Reason::BadHandle);
}

/// RUN-6: a pending call may be answered with an exit, and not with references that the instance does not have.
#[test]
fn run_6_answers_are_checked() {
    let text = r#"(module (import "h" "f" (func $f (result funcref)))
      (func (export "run") (result funcref) (call $f)))"#;
    let f: &'static _ =
        Box::leak(Box::new(|_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Pending) }));
    let imports: &'static [(&str, &str, Extern<'static>); 1] =
        Box::leak(Box::new([("h", "f", Extern::Host(HostFunc::new(f)))]));
    let instance = instance_with(text, imports);
    let task = Task::new(&mut arena(2048), instance).expect("task");
    let run = instance.export_func("run", None).expect("run");
    for code in [0, 7, u32::MAX] {
        task.start(run, &[]).expect("start");
        assert!(task.is_ready());
        assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
        assert!(!task.is_ready());
        let forged = task.complete(0, &[Value::from_ref(u64::MAX >> 1)]).expect_err("no such function");
        assert_eq!(forged.reason, Reason::ReferenceUnknown);
        task.complete(Status::Exit as i32, &[Value::from_i32(code as i32)]).expect("an exit");
        let error = task.run(&RunBudget::default()).expect_err("an exit");
        assert_eq!((error.reason, error.detail), (Reason::GuestExit, u64::from(code)));
        assert_eq!(task.exception(), None);
        task.reset();
        assert_eq!(task.backtrace(&mut []), 0);
    }
}

/// RUN-8, MEM-7: a scheduler takes back its own bytes only, and not while it runs a task.
#[test]
fn run_8_only_its_own_bytes_are_restored() {
    let config = |tasks| SchedulerConfig {
        max_tasks: tasks,
        trace: 0,
        policy: Policy::EarliestDeadline,
        clock: Clock::Fuel,
        slice: RunBudget::default(),
    };
    let make =
        |tasks| Scheduler::new(&mut arena(Scheduler::bytes(&config(tasks)) as usize), &config(tasks)).expect("one");
    let sched: &'static Scheduler<'static> = Box::leak(Box::new(make(3)));
    let mut bytes = vec![0; sched.snapshot_bytes() as usize];
    sched.snapshot(&mut bytes).expect("room");
    let own = bytes.clone();
    let other = make(2);
    let wrong = [&own[..own.len() - 1], &own[..8], &[]];
    for bytes in wrong {
        assert_eq!(sched.restore(bytes, &mut |_| None).expect_err("cut").reason, Reason::BadHandle);
    }
    assert_eq!(other.restore(&own, &mut |_| None).expect_err("another's").reason, Reason::BadHandle);
    let inside = own.clone();
    let f = move |_: &mut Caller, _: &mut [Value]| -> HostResult {
        let error = sched.restore(&inside, &mut |_| None).expect_err("running");
        assert_eq!(error.reason, Reason::AlreadyRunning);
        Ok(Completion::Done)
    };
    let f: &'static _ = Box::leak(Box::new(f));
    let imports: &'static [(&str, &str, Extern<'static>); 1] =
        Box::leak(Box::new([("h", "f", Extern::Host(HostFunc::new(f)))]));
    let instance = instance_with(r#"(module (import "h" "f" (func $f)) (func (export "run") (call $f)))"#, imports);
    let task = Task::new(&mut arena(2048), instance).expect("task");
    task.start(instance.export_func("run", None).expect("run"), &[]).expect("start");
    sched.add(task, &Terms::default()).expect("a place");
    sched.step(&|| 0).expect("a step");
    assert_eq!(sched.restore(&own, &mut |_| None), Ok(()));
}

/// What is filled, copied and read from segments in more than one step: sizes are above a step of each kind.
const BULK: &str = r#"(module
  (memory (export "m") 5)
  (table $t 20000 20000 funcref)
  (elem $e func $a $b)
  (func $a) (func $b)
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table_fill") (param i32 i32 i32)
    (table.fill $t (local.get 0) (select (result funcref) (ref.func $a) (ref.null func) (local.get 1)) (local.get 2)))
  (func (export "table_copy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table_init") (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
  (func (export "is_null") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0))))
  (data $d "DATA"))"#;

/// RUN-1, RUN-2: bulk operators that take several steps do what one step would, and so they do where fuel ends in
/// between; where they do not fit they change nothing.
#[test]
fn run_2_bulk_operators_go_on_between_steps() {
    let text = BULK.replace("DATA", &"0123456789abcdef".repeat(9000));
    let module = load(&text);
    let mut memories = [arena(5 << 16)];
    let config = InstanceConfig { memories: &mut memories, ..Default::default() };
    let instance = Instance::new(&mut arena(module.instance_size() as usize), module, config).expect("instance");
    let task = Task::new(&mut arena(4096), instance).expect("task");
    let data: Vec<u8> = "0123456789abcdef".repeat(9000).into_bytes();
    let (mut bytes, mut null) = (vec![0u8; 5 << 16], vec![true; 20_000]);
    let cases: [(&str, [usize; 3]); 17] = [
        ("fill", [7, 9, 200_000]),
        ("fill", [200_000, 1, 127_681]),
        ("init", [100, 3, 140_000]),
        ("init", [100, 140_000, 4_001]),
        ("init", [327_000, 0, 2_000]),
        ("copy", [50_000, 20, 150_000]),
        ("copy", [20, 50_000, 150_000]),
        ("copy", [0, 327_000, 681]),
        ("copy", [327_000, 0, 681]),
        ("table_fill", [5, 1, 19_000]),
        ("table_fill", [19_990, 0, 11]),
        ("table_fill", [9_000, 0, 500]),
        ("table_copy", [300, 100, 19_000]),
        ("table_copy", [100, 300, 19_000]),
        ("table_copy", [19_990, 0, 11]),
        ("table_init", [3, 0, 2]),
        ("table_init", [3, 1, 2]),
    ];
    for fuel in [1, 5_000, 1 << 40] {
        for (name, [to, from, n]) in cases {
            let f = instance.export_func(name, None).expect("export");
            let args = [to, from, n].map(|v| Value::from_i32(v as i32));
            task.start(f, &args).expect("start");
            let ran = loop {
                match task.run(&RunBudget { fuel, ..Default::default() }) {
                    Ok(Outcome::Fuel) => {}
                    other => break other.map_err(|e| e.reason),
                }
            };
            let table = name.starts_with("table");
            let room = if table { null.len() } else { bytes.len() };
            let source = match name {
                "init" => data.len(),
                "table_init" => 2,
                "copy" | "table_copy" => room,
                _ => usize::MAX,
            };
            let fits = to + n <= room && (source == usize::MAX || from + n <= source);
            let trap = if table { Reason::OutOfBoundsTable } else { Reason::OutOfBoundsMemory };
            assert_eq!(ran, if fits { Ok(Outcome::Done) } else { Err(trap) }, "{name} {to} {from} {n}");
            if fits {
                match name {
                    "fill" => bytes[to..to + n].fill(from as u8),
                    "init" => bytes[to..to + n].copy_from_slice(&data[from..from + n]),
                    "copy" => bytes.copy_within(from..from + n, to),
                    "table_fill" => null[to..to + n].fill(from == 0),
                    "table_copy" => null.copy_within(from..from + n, to),
                    _ => null[to..to + n].fill(false),
                }
            }
            let mut now = vec![0; bytes.len()];
            instance.memory_read(0, 0, &mut now).expect("the memory");
            assert!(now == bytes, "{name} {to} {from} {n} with {fuel}");
        }
        let f = instance.export_func("is_null", None).expect("export");
        for at in (0..null.len()).step_by(97).chain([4, 5, 99, 100, 299, 300, 19_004, 19_999]) {
            let mut out = [Value::ZERO];
            let ran = task.call(f, &[Value::from_i32(at as i32)], &mut out, &RunBudget::default());
            assert_eq!((ran, out[0].i32() == 1), (Ok(Outcome::Done), null[at]), "{at}");
        }
    }
}

/// Values print what they are, for whoever reads a log.
#[test]
fn values_are_printed() {
    let instance = instance_with("(module (memory 1) (func (export \"f\")))", &());
    let task = Task::new(&mut arena(2048), instance).expect("task");
    let f: &'static _ = Box::leak(Box::new(|_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Done) }));
    let error = instance.export_func("g", None).expect_err("no such export");
    let text = format!(
        "{task:?} {:?} {instance:?} {:?} {:?} {error} {:?} {:?}",
        instance.module(),
        HostFunc::new(f).with_sig("()"),
        InstanceConfig::default(),
        Value::from_i64(-1),
        Terms::default()
    );
    for said in ["Task", "Module", "Instance", "HostFunc", "InstanceConfig", "0xffffffffffffffff", "Terms"] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    for bit in 0..20 {
        let one = Proposals(1 << bit);
        assert_eq!(Proposals::from_name(one.name()), Some(one));
    }
    assert_eq!((Proposals(1 << 31).name(), Proposals::from_name("none")), ("unknown", None));
    let listed: Vec<OperatorInfo> = operators().collect();
    assert!(listed.iter().all(|op| op.proposal.is_empty() || Proposals::from_name(op.proposal).is_some()));
    // Each function's code is listed to its end, and an import has none.
    let code = format!("{}", instance.module().disassemble(0).expect("code"));
    assert!(code.lines().count() >= 1 && instance.module().disassemble(1).is_none(), "{code}");
}
