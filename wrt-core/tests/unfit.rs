//! What does not fit is refused where it is handed in: handles of other groups, bytes that were changed, frames that
//! have no room, addresses that are not of what they are said to be.

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

fn instance_of(module: Module<'static>, config: InstanceConfig<'_, 'static>) -> Instance<'static> {
    Instance::new(&mut arena(module.instance_size() as usize), module, config).expect("instance")
}

fn instance(text: &str) -> Instance<'static> {
    instance_of(load(text), InstanceConfig::default())
}

/// API-2: a function is called by the number of its instance in the group, and one that the group does not have is
/// refused however the call is begun.
#[test]
fn api_2_functions_of_other_groups_are_refused() {
    let few = instance("(module (func (export \"f\")))");
    let many = instance("(module (func) (func) (func (export \"f\")))");
    let beyond = many.export_func("f", None).expect("f");
    let none = Func { instance: 7, index: 0 };
    let task = Task::new(&mut arena(2048), few).expect("task");
    for func in [beyond, none] {
        assert_eq!(task.start(func, &[]).expect_err("start").reason, Reason::UnknownIndex, "{func:?}");
        let called = task.call(func, &[], &mut [], &RunBudget::default());
        assert_eq!(called.expect_err("call").reason, Reason::UnknownIndex, "{func:?}");
    }
    let own = few.export_func("f", None).expect("f");
    assert_eq!(task.call(own, &[], &mut [], &RunBudget::default()), Ok(Outcome::Done));
}

/// RUN-4: a start function that fits does not make room for a function behind it that does not.
#[test]
fn run_4_room_is_looked_at_again_behind_the_start_function() {
    let locals = "(local i64 i64 i64 i64 i64 i64 i64 i64)".repeat(64);
    let text = format!("(module (func $s) (start $s) (func (export \"f\") {locals}))");
    let module = load(&text);
    let run = |bytes: usize| {
        let instance = instance_of(module, InstanceConfig::default());
        let task = Task::new(&mut arena(bytes), instance).expect("task");
        task.start(instance.export_func("f", None).expect("f"), &[]).expect("room for the start function");
        let ended = task.run(&RunBudget::default());
        (ended.map_err(|e| e.reason), instance.is_started())
    };
    assert_eq!(run(8192), (Ok(Outcome::Done), true));
    assert_eq!(run(1024), (Err(Reason::StackExhausted), true));
}

const HEAPED: &str = r#"(module
  (type $s (struct (field i32)))
  (import "h" "wait" (func $wait (param anyref) (result i32)))
  (func (export "run") (param i32) (result i32)
    (local $kept (ref null $s))
    (local.set $kept (struct.new $s (local.get 0)))
    (drop (call $wait (local.get $kept)))
    (struct.get $s 0 (local.get $kept))))"#;

/// MEM-5: what several tasks hold that wait is kept, in whatever order they began and end; without a heap there is nothing
/// to collect.
#[test]
fn mem_5_waiting_tasks_keep_what_they_hold() {
    let plain = instance("(module (func (export \"f\")))");
    assert_eq!(plain.collect_garbage(), 0);
    let wait: &'static _ =
        Box::leak(Box::new(|_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Pending) }));
    let imports: &'static [(&str, &str, Extern<'static>); 1] =
        Box::leak(Box::new([("h", "wait", Extern::Host(HostFunc::new(wait)))]));
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0], [0, 2, 1], [2, 0, 1]] {
        let config = InstanceConfig { imports, heap: Some(arena(1 << 12)), ..Default::default() };
        let instance = instance_of(load(HEAPED), config);
        let run = instance.export_func("run", None).expect("run");
        let tasks = [100, 200, 300].map(|number| {
            let task = Task::new(&mut arena(2048), instance).expect("task");
            task.start(run, &[Value::from_i32(number)]).expect("start");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
            task
        });
        for which in order {
            assert!(instance.collect_garbage() > 0);
            let task = tasks[which];
            task.complete(0, &[Value::from_i32(0)]).expect("complete");
            // Answered, and not gone on with.
            assert!(instance.collect_garbage() > 0);
            let mut out = [Value::ZERO];
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
            task.results(&mut out).expect("results");
            assert_eq!(out[0].i32(), (which as i32 + 1) * 100, "{order:?}");
        }
    }
}

const DEEP: &str = r#"(module
  (import "h" "wait" (func $wait (param i32) (result i32)))
  (func $sum (export "sum") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (call $wait (i32.const 5)))
      (else (i32.add (local.get 0) (call $sum (i32.sub (local.get 0) (i32.const 1))))))))"#;

/// MEM-2: the first bytes of a task that was stopped, each word of them changed: what cannot be a task of this group is
/// refused, and nothing beyond its region is looked at.
#[test]
fn mem_2_changed_bytes_of_a_task_are_refused_or_taken() {
    let wait: &'static _ =
        Box::leak(Box::new(|_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Pending) }));
    let imports: &'static [(&str, &str, Extern<'static>); 1] =
        Box::leak(Box::new([("h", "wait", Extern::Host(HostFunc::new(wait)))]));
    let instance = instance_of(load(DEEP), InstanceConfig { imports, ..Default::default() });
    let sum = instance.export_func("sum", None).expect("sum");
    let task = Task::new(&mut arena(2048), instance).expect("task");
    let budget = |fuel| RunBudget { fuel, ..Default::default() };
    let states: [(&str, &dyn Fn()); 5] = [
        ("idle", &|| ()),
        ("started", &|| task.start(sum, &[Value::from_i32(3)]).expect("start")),
        ("stopped", &|| assert_eq!(task.run(&budget(9)), Ok(Outcome::Fuel))),
        ("pending", &|| assert_eq!(task.run(&budget(1000)), Ok(Outcome::Pending))),
        ("answered", &|| task.complete(0, &[Value::from_i32(5)]).expect("complete")),
    ];
    let (mut refused, mut taken) = (0, 0);
    for (name, reach) in states {
        reach();
        let mut bytes = vec![0; task.usage().stack_peak as usize];
        assert_eq!(task.snapshot(&mut bytes), Ok(bytes.len()), "{name}");
        let moved = |bytes: &[u8]| {
            let region = blocks(2048);
            // SAFETY: the region has as many bytes, and blocks are plain bytes; only what the relocation looks at is.
            unsafe {
                region.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                Task::relocate(&mut Arena::new(region), instance).map(|_| ()).map_err(|e| e.reason)
            }
        };
        assert_eq!(moved(&bytes), Ok(()), "{name}");
        for at in (0..bytes.len()).step_by(4) {
            let word = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"));
            for other in [
                0,
                1,
                2,
                3,
                4,
                0xff,
                0xffff,
                u32::MAX,
                u32::MAX - 1,
                word ^ 1,
                word.wrapping_add(1),
                word.wrapping_sub(1),
            ] {
                let mut changed = bytes.clone();
                changed[at..at + 4].copy_from_slice(&other.to_le_bytes());
                match moved(&changed) {
                    Ok(()) => taken += 1,
                    Err(Reason::BadHandle | Reason::ArenaTooSmall) => refused += 1,
                    Err(reason) => panic!("{name}, {other:#x} at {at}: {reason:?}"),
                }
            }
        }
    }
    assert!(refused > 100 && taken > 100, "{refused} refused, {taken} taken");
    assert_eq!(task.run(&budget(1000)), Ok(Outcome::Done), "the task itself was left alone");
}

/// API-2: an address becomes a handle only where the object stands that it is said to be.
#[test]
fn api_2_addresses_are_compared_with_what_stands_there() {
    let module = load("(module (func (export \"f\")))");
    let instance = instance_of(module, InstanceConfig::default());
    let task = Task::new(&mut arena(2048), instance).expect("task");
    let nothing = blocks(4096).as_mut_ptr().cast::<u8>();
    // SAFETY: each address is null, or followed by the bytes of an object or by zeros, more than any header has.
    unsafe {
        let null = core::ptr::null_mut();
        for (place, expected) in [
            (null, Reason::NullPointer),
            (nothing, Reason::BadHandle),
            (nothing.add(8), Reason::BadHandle),
            (instance.as_raw(), Reason::BadHandle),
        ] {
            assert_eq!(Task::from_raw(place).map(|_| ()).expect_err("no task").reason, expected);
        }
        for (place, expected) in [
            (null, Reason::NullPointer),
            (nothing, Reason::BadHandle),
            (nothing.add(8), Reason::BadHandle),
            (task.as_raw(), Reason::BadHandle),
        ] {
            assert_eq!(Instance::from_raw(place).map(|_| ()).expect_err("no instance").reason, expected);
            assert_eq!(Module::from_raw(place.cast_const()).map(|_| ()).expect_err("no module").reason, expected);
        }
        assert!(Task::from_raw(task.as_raw()).is_ok() && Instance::from_raw(instance.as_raw()).is_ok());
        let askew = Instance::relocate(nothing.add(8), module, InstanceConfig::default()).map(|_| ());
        assert_eq!(askew.expect_err("askew").reason, Reason::ArenaMisaligned);
    }
}

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as u32
    }
}

/// Appends a number as the binary format has it.
fn leb(out: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// CORE-6: types are told apart by what they say, not by a hash of 32 bits: of so many function types, among them groups of
/// two, some have the same hash. Each function has the type that it was given.
#[test]
fn core_6_types_with_the_same_hash_are_told_apart() {
    // Unoptimised builds take fewer, of which no two need have the same hash.
    let count: u32 = if cfg!(debug_assertions) { 5_000 } else { 250_000 };
    let mut dice = Dice(1);
    let codes = [0x7f, 0x7e, 0x7d, 0x7c];
    let (mut types, mut expected) = (Vec::new(), Vec::new());
    leb(&mut types, count / 2 + count / 4);
    for group in 0..count / 2 + count / 4 {
        let members = if group < count / 2 { 1 } else { 2 };
        if members == 2 {
            types.extend([0x4e, 2]);
        }
        for _ in 0..members {
            let draw = u64::from(dice.next()) << 31 | u64::from(dice.next());
            let params: Vec<u8> = (0..16).map(|n| codes[(draw >> (2 * n) & 3) as usize]).collect();
            types.extend([0x60, 16]);
            types.extend(&params);
            types.extend([1, codes[(draw >> 40 & 3) as usize]]);
            expected.push((params, codes[(draw >> 40 & 3) as usize]));
        }
    }
    let mut functions = Vec::new();
    leb(&mut functions, count);
    let mut code = functions.clone();
    for index in 0..count {
        leb(&mut functions, index);
        code.extend([3, 0, 0, 0x0b]);
    }
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    for (id, section) in [(1, types), (3, functions), (10, code)] {
        wasm.push(id);
        leb(&mut wasm, section.len() as u32);
        wasm.extend(section);
    }
    let budget = LoadBudget { max_types: count, max_functions: count, ..LoadBudget::DEFAULT };
    let module = Module::load(&mut arena(256 << 20), &wasm, &budget).expect("a module");
    let code = |ty: &ValType| match *ty {
        ValType::I32 => 0x7f,
        ValType::I64 => 0x7e,
        ValType::F32 => 0x7d,
        _ => 0x7c,
    };
    for (index, (params, result)) in expected.iter().enumerate() {
        let ty = module.func_type(index as u32).expect("a type");
        assert!(ty.params.iter().map(code).eq(params.iter().copied()), "function {index}");
        assert!(ty.results.iter().map(code).eq([*result]), "function {index}");
    }
}
