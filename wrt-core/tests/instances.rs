//! Instances from the outside: linking, groups, memory regions, segments, state, moving.
//!
//! Modules are written as text; expected values are computed in Rust with the semantics that the
//! specification gives the operators, or taken from a second instance.

use wrt_core::*;

/// Memory that lives to the end of the process, so that tests need no lifetimes.
fn blocks(bytes: usize) -> &'static mut [Block] {
    vec![Block::ZERO; bytes.div_ceil(16)].leak()
}

fn arena(bytes: usize) -> Arena<'static> {
    Arena::new(blocks(bytes))
}

fn load(text: &str) -> Module<'static> {
    let wasm = wat::parse_str(text).expect("text").leak();
    let budget = LoadBudget { table_reserve: 16, ..LoadBudget::DEFAULT };
    Module::load(&mut arena(1 << 20), wasm, &budget).expect("module")
}

/// An instance with an arena of exactly its size and 1 MiB of linear memory.
fn instance_with(module: Module<'static>, imports: &dyn Imports<'static>) -> Result<Instance<'static>, Error> {
    let mut memory = [arena(1 << 20)];
    let config = InstanceConfig { imports, memories: &mut memory, ..Default::default() };
    Instance::new(&mut arena(module.instance_size() as usize), module, config)
}

fn instance(text: &str) -> Instance<'static> {
    instance_with(load(text), &()).expect("instance")
}

/// Resolves every import to the export of the same name of one instance.
struct From(Instance<'static>);

impl Imports<'static> for From {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'static>> {
        let module = self.0.module();
        (0..module.export_count())
            .find(|&i| module.export(i).expect("export").name == import.name)
            .map(|i| Extern::Instance(self.0, i))
    }
}

fn global_bits(instance: Instance<'_>, name: &str) -> u64 {
    let index = instance.export_global(name).expect("global");
    instance.global_get(index).expect("value").0.bits()
}

// MEM-1 MEM-3
#[test]
fn exact_size() {
    for text in [
        "(module)",
        "(module (memory 1) (table 5 funcref) (global i32 (i32.const 1)) (data \"abc\") (func))",
        "(module (table 3 7 externref) (table 0 funcref) (elem func) (elem func) (data \"\"))",
    ] {
        let module = load(text);
        let size = module.instance_size() as usize;
        let mut memory = [arena(65536)];
        let config = InstanceConfig { memories: &mut memory, ..Default::default() };
        let mut exact = arena(size);
        Instance::new(&mut exact, module, config).expect("exact");
        assert_eq!(exact.remaining(), 0);

        let bytes: &'static mut [u8] = {
            let b = blocks(size);
            // SAFETY: blocks are plain bytes.
            unsafe { core::slice::from_raw_parts_mut(b.as_mut_ptr().cast(), size - 1) }
        };
        let mut short = Arena::from_bytes(bytes).expect("aligned");
        let before = (short.base(), short.remaining(), memory[0].remaining());
        let config = InstanceConfig { memories: &mut memory, ..Default::default() };
        let error = Instance::new(&mut short, module, config).expect_err("short");
        assert_eq!((error.reason, error.need), (Reason::ArenaTooSmall, size as u64));
        assert_eq!((short.base(), short.remaining(), memory[0].remaining()), before);
    }
}

#[test]
fn constant_expressions() {
    let i = instance(
        r#"(module
            (global (export "a") i32 (i32.sub (i32.mul (i32.const 0x7fffffff) (i32.const 5)) (i32.const -9)))
            (global (export "b") i64 (i64.mul (i64.add (i64.const -1) (i64.const 0x7fffffffffffffff)) (i64.const 3)))
            (global $c (export "c") i32 (i32.const -5))
            (global (export "d") i32 (global.get $c))
            (global (export "e") f64 (f64.const -0x1.8p3))
            (global (export "f") f32 (f32.const nan:0x200001))
            (global (export "g") i32 (i32.add (global.get $c) (i32.const 6)))
            (global (export "h") externref (ref.null extern))
            (global (export "i") funcref (ref.func $f))
            (func $f))"#,
    );
    assert_eq!(global_bits(i, "a") as i32, 0x7fff_ffff_i32.wrapping_mul(5).wrapping_sub(-9));
    assert_eq!(global_bits(i, "b") as i64, i64::MAX.wrapping_add(-1).wrapping_mul(3));
    assert_eq!(global_bits(i, "c"), -5_i32 as u32 as u64);
    assert_eq!(global_bits(i, "d"), -5_i32 as u32 as u64);
    assert_eq!(global_bits(i, "e"), (-12.0_f64).to_bits());
    assert_eq!(global_bits(i, "f"), 0x7fa0_0001);
    assert_eq!(global_bits(i, "g"), 1);
    assert_eq!(global_bits(i, "h"), 0);
    assert_ne!(global_bits(i, "i"), 0);
}

// RUN-6
#[test]
fn imports_are_matched() {
    let given = instance(
        r#"(module
            (func (export "f") (param i32) (result i64) i64.const 0)
            (memory (export "m") 2 4) (memory (export "m64") i64 1 1)
            (table (export "t") 3 5 funcref) (table (export "t64") i64 3 5 funcref)
            (global (export "g") i32 (i32.const 1)) (global (export "gm") (mut i32) (i32.const 1)))"#,
    );
    let good = [
        r#"(func (import "x" "f") (param i32) (result i64))"#,
        r#"(memory (import "x" "m") 1)"#,
        r#"(memory (import "x" "m") 2 4)"#,
        r#"(memory (import "x" "m") 0 9)"#,
        r#"(memory (import "x" "m64") i64 1)"#,
        r#"(table (import "x" "t") 3 funcref)"#,
        r#"(table (import "x" "t64") i64 0 5 funcref)"#,
        r#"(global (import "x" "g") i32)"#,
        r#"(global (import "x" "gm") (mut i32))"#,
    ];
    for import in good {
        let module = load(&format!("(module {import})"));
        let linked = instance_with(module, &From(given)).expect(import);
        assert!(linked.id() > given.id());
    }
    let bad = [
        r#"(func (import "x" "f") (param i32))"#,
        r#"(func (import "x" "f") (param i64) (result i64))"#,
        r#"(func (import "x" "g"))"#,
        r#"(memory (import "x" "m") 3)"#,
        r#"(memory (import "x" "m") 1 3)"#,
        r#"(memory (import "x" "m") i64 1)"#,
        r#"(memory (import "x" "m64") 1)"#,
        r#"(memory (import "x" "t") 1)"#,
        r#"(table (import "x" "t") 4 funcref)"#,
        r#"(table (import "x" "t") 1 4 funcref)"#,
        r#"(table (import "x" "t") 1 externref)"#,
        r#"(table (import "x" "t") i64 1 funcref)"#,
        r#"(global (import "x" "g") (mut i32))"#,
        r#"(global (import "x" "gm") i32)"#,
        r#"(global (import "x" "g") i64)"#,
        r#"(global (import "x" "f") i64)"#,
    ];
    for import in bad {
        let module = load(&format!("(module (import \"x\" \"g\" (global i32)) {import})"));
        let mut arena = arena(4096);
        let config = InstanceConfig { imports: &From(given), ..Default::default() };
        let error = Instance::new(&mut arena, module, config).expect_err(import);
        assert_eq!((error.reason, error.detail), (Reason::IncompatibleImport, 1), "{import}");
        assert_eq!(arena.remaining(), 4096);
    }
    let module = load(r#"(module (import "x" "g" (global i32)) (import "x" "none" (func)))"#);
    let error = instance_with(module, &From(given)).expect_err("unknown");
    assert_eq!((error.reason, error.status(), error.detail), (Reason::UnknownImport, Status::Link, 1));
    let error = instance_with(module, &()).expect_err("unknown");
    assert_eq!((error.reason, error.detail), (Reason::UnknownImport, 0));
}

#[test]
fn a_grown_memory_matches_by_its_size() {
    let given = instance(r#"(module (memory (export "m") 1 4) (table (export "t") 1 9 funcref))"#);
    let wants = load(r#"(module (memory (import "x" "m") 2) (table (import "x" "t") 4 funcref))"#);
    assert!(instance_with(wants, &From(given)).is_err());
    assert_eq!(given.memory_grow(0, 1), Some(1));
    assert!(instance_with(wants, &From(given)).is_err());
    assert_eq!(given.table_grow(0, 3, Value::ZERO), Some(1));
    assert!(instance_with(wants, &From(given)).is_ok());
}

// RUN-6
#[test]
fn host_functions_are_matched_by_signature() {
    let f = |_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Done) };
    let f: &'static _ = Box::leak(Box::new(f));
    let module = load(r#"(module (import "x" "f" (func (param i32 i64) (result f32))))"#);
    let with = |host: HostFunc<'static>| instance_with(module, &[("x", "f", Extern::Host(host))]).map(|_| ());
    let host = HostFunc::new(f);
    assert_eq!(with(host), Ok(()));
    assert_eq!(with(host.with_sig("(iI)f")), Ok(()));
    assert_eq!(with(host.with_sig("(iI)")).expect_err("results").reason, Reason::IncompatibleImport);
    assert_eq!(with(host.with_sig("(ii)f")).expect_err("parameters").reason, Reason::IncompatibleImport);
    assert_eq!(with(host.with_sig("iI")).expect_err("form").reason, Reason::BadSignature);
    let module = load(r#"(module (import "x" "f" (global i32)))"#);
    let error = instance_with(module, &[("x", "f", Extern::Host(host))]).expect_err("kind");
    assert_eq!(error.reason, Reason::IncompatibleImport);
}

#[test]
fn groups() {
    let a = instance("(module (func (export \"f\")) (table (export \"t\") 2 funcref))");
    let b = instance("(module (func (export \"f\")))");
    let user = load("(module (import \"x\" \"f\" (func)))");
    let plain = load("(module (func (export \"f\")))");
    let of_a = instance_with(user, &From(a)).expect("a");
    assert_eq!((a.id(), b.id(), of_a.id()), (0, 0, 1));

    let join = |linked: &[Instance<'static>], imports: &dyn Imports<'static>, module| {
        Instance::new(&mut arena(4096), module, InstanceConfig { imports, linked, ..Default::default() })
    };
    assert_eq!(join(&[of_a], &(), plain).expect("named").id(), 2);
    assert_eq!(join(&[a, of_a], &(), plain).expect("both").id(), 3);
    assert_eq!(join(&[a], &From(b), user).expect_err("foreign").reason, Reason::ForeignGroup);
    assert_eq!(join(&[a, b], &(), plain).expect_err("foreign").reason, Reason::ForeignGroup);
    // A failed instance leaves no trace in the group.
    assert_eq!(join(&[a], &(), user).expect_err("unknown").reason, Reason::UnknownImport);
    assert_eq!(join(&[a], &(), plain).expect("next").id(), 4);

    // A function imported and exported again is that of the instance which defines it.
    let again = load("(module (import \"x\" \"f\" (func $f)) (export \"f\" (func $f)))");
    let through = instance_with(again, &From(a)).expect("through");
    let own = a.export_func("f", Some("()")).expect("own");
    assert_eq!(through.export_func("f", None).expect("through"), own);
    let twice = instance_with(again, &From(through)).expect("twice");
    assert_eq!(twice.export_func("f", None).expect("twice"), own);
    assert_eq!(twice.func_type(own), a.func_type(own));
    assert_eq!(a.func_type(Func { instance: 0, index: u32::MAX }), None);
    assert_eq!(a.func_type(Func { instance: 77, index: 0 }), None);
}

// MEM-4
#[test]
fn regions_are_divided() {
    const PAGE: usize = PAGE_SIZE as usize;
    let new = |module: Module<'static>, regions: &mut [Arena<'static>], ceiling| {
        let config = InstanceConfig { memories: regions, memory_ceiling: ceiling, ..Default::default() };
        Instance::new(&mut arena(4096), module, config)
    };
    let ceilings = |i: Instance<'_>| -> Vec<u64> {
        (0..).map_while(|k| i.memory(k).ok()).map(|m| m.ceiling / PAGE_SIZE).collect()
    };
    let three = load("(module (memory 1 3) (memory 2) (memory 1 2))");

    // One region for all: maxima in order, the memory without one takes what is left.
    let mut one = [arena(10 * PAGE + 100)];
    let i = new(three, &mut one, 0).expect("one region");
    assert_eq!(ceilings(i), [3, 6, 1]);
    assert_eq!(one[0].remaining(), 100usize.div_ceil(16) * 16);
    let (m0, m1, m2) = (i.memory(0).expect("0"), i.memory(1).expect("1"), i.memory(2).expect("2"));
    assert_eq!(m1.base.addr(), m0.base.addr() + 3 * PAGE);
    assert_eq!(m2.base.addr(), m1.base.addr() + 6 * PAGE);

    // One each.
    let mut each = [arena(9 * PAGE), arena(5 * PAGE), arena(PAGE)];
    let i = new(three, &mut each, 0).expect("three regions");
    assert_eq!(ceilings(i), [3, 5, 1]);
    assert_eq!(each.each_ref().map(|a| a.remaining()), [6 * PAGE, 0, 0]);

    // The last two together.
    let mut two = [arena(PAGE), arena(5 * PAGE)];
    assert_eq!(ceilings(new(three, &mut two, 0).expect("two regions")), [1, 4, 1]);

    // A ceiling on the sum.
    assert_eq!(ceilings(new(three, &mut [arena(99 * PAGE)], 7 * PAGE_SIZE).expect("ceiling")), [3, 3, 1]);
    assert_eq!(ceilings(new(three, &mut [arena(99 * PAGE)], 4 * PAGE_SIZE).expect("ceiling")), [1, 2, 1]);

    // Too small: what would suffice is named, and does.
    let mut short = [arena(4 * PAGE - 16)];
    let error = new(three, &mut short, 0).expect_err("short");
    assert_eq!((error.reason, error.status(), error.need), (Reason::MemoryRegion, Status::Arena, 4 * PAGE_SIZE));
    assert_eq!(short[0].remaining(), 4 * PAGE - 16);
    assert_eq!(new(three, &mut [], 0).expect_err("none").need, 4 * PAGE_SIZE);
    assert_eq!(new(three, &mut [arena(9 * PAGE)], 3 * PAGE_SIZE).expect_err("ceiling").need, 4 * PAGE_SIZE);
    assert!(new(three, &mut [arena(4 * PAGE)], 0).is_ok());
    let mut short = [arena(PAGE), arena(2 * PAGE)];
    let error = new(three, &mut short, 0).expect_err("second");
    assert_eq!((error.need, error.detail), (3 * PAGE_SIZE, 1));
    assert_eq!(short.each_ref().map(|a| a.remaining()), [PAGE, 2 * PAGE]);

    assert!(new(load("(module)"), &mut [], 0).is_ok());
    assert!(new(load("(module (memory 0))"), &mut [], 0).is_ok());
    assert!(new(load("(module (import \"x\" \"m\" (memory 1)))"), &mut [], 0).is_err());
}

// MEM-4
#[test]
fn growth() {
    const PAGE: usize = PAGE_SIZE as usize;
    let dirty = || {
        let b = blocks(4 * PAGE);
        b.fill(Block([0xaa; 16]));
        Arena::new(b)
    };
    let new = |text, zeroed| {
        let config = InstanceConfig { memories: &mut [dirty()], zeroed, ..Default::default() };
        Instance::new(&mut arena(4096), load(text), config).expect("instance")
    };
    let i = new("(module (memory 1 3))", false);
    let base = i.memory(0).expect("memory").base;
    let mut byte = [1];
    i.memory_read(0, 0, &mut byte).expect("read");
    assert_eq!(byte, [0]);
    assert_eq!(i.memory_grow(0, 1), Some(1));
    assert_eq!(i.memory_grow(0, 2), None);
    assert_eq!(i.memory_grow(0, u64::MAX), None);
    assert_eq!(i.memory_grow(0, 1), Some(2));
    assert_eq!(i.memory_grow(0, 0), Some(3));
    assert_eq!(i.memory_grow(1, 0), None);
    assert_eq!(i.memory(0).expect("memory").base, base);
    assert_eq!(i.memory_bytes(), 3 * PAGE_SIZE);
    let mut all = vec![1; 3 * PAGE];
    i.memory_read(0, 0, &mut all).expect("read");
    assert!(all.iter().all(|&b| b == 0));
    for (addr, n) in [(3 * PAGE as u64, 1), (3 * PAGE as u64 - 1, 2), (u64::MAX, 1), (u64::MAX, 2)] {
        let error = i.memory_read(0, addr, &mut all[..n]).expect_err("bounds");
        assert_eq!((error.reason, error.status()), (Reason::HostMemoryBounds, Status::Bounds));
        assert_eq!(i.memory_write(0, addr, &all[..n]).expect_err("bounds").reason, Reason::HostMemoryBounds);
    }
    assert_eq!(i.memory_read(0, 3 * PAGE_SIZE, &mut []), Ok(()));
    // Growth of what is said to be zero is not cleared again.
    let i = new("(module (memory 0))", true);
    assert_eq!(i.memory_grow(0, 4), Some(0));
    i.memory_read(0, 3 * PAGE_SIZE, &mut byte).expect("read");
    assert_eq!(byte, [0xaa]);
    assert_eq!(i.memory_grow(0, 1), None);
}

#[test]
fn tables_and_globals() {
    let i = instance(
        r#"(module
            (table $t (export "t") 3 5 funcref) (table (export "x") 1 externref)
            (table (export "filled") 4 funcref (ref.func $f))
            (global (export "g") (mut i64) (i64.const 4)) (global (export "c") i32 (i32.const 4))
            (global (export "r") (mut funcref) (ref.null func))
            (elem (table $t) (i32.const 1) func $f)
            (func $f (export "f")))"#,
    );
    let t = i.export_table("t").expect("t");
    let f = i.table_get(t, 1).expect("element");
    assert_ne!(f, Value::ZERO);
    assert_eq!(i.table_get(t, 0), Ok(Value::ZERO));
    assert_eq!(i.table_get(t, 3).expect_err("bounds").reason, Reason::TableRegion);
    assert_eq!(i.table_set(t, 2, f), Ok(()));
    assert_eq!(i.table_set(t, 3, f).expect_err("bounds").reason, Reason::TableRegion);
    for forged in [1 << 32 | 1, 99, 1 << 32, u64::MAX >> 1] {
        let error = i.table_set(t, 2, Value::from_ref(forged)).expect_err("forged");
        assert_eq!(error.reason, Reason::ReferenceUnknown, "{forged:#x}");
        assert_eq!(i.global_set(2, Value::from_ref(forged)).expect_err("forged").reason, Reason::GlobalAccess);
        assert_eq!(i.table_grow(t, 1, Value::from_ref(forged)), None);
    }
    assert_eq!(i.table_grow(t, 2, f), Some(3));
    assert_eq!(i.table_get(t, 4), Ok(f));
    assert_eq!(i.table_grow(t, 1, f), None);
    assert_eq!(i.table_len(t), Ok(5));
    assert_eq!(i.table_len(9).expect_err("index").reason, Reason::UnknownIndex);
    let x = i.export_table("x").expect("x");
    assert_eq!(i.table_set(x, 0, Value::from_ref(u64::MAX >> 1)), Ok(()));
    // Without a declared maximum the load budget's reserve bounds growth.
    assert_eq!(i.table_grow(x, 15, Value::ZERO), Some(1));
    assert_eq!(i.table_grow(x, 1, Value::ZERO), None);
    let filled = i.export_table("filled").expect("filled");
    assert!((0..4).all(|k| i.table_get(filled, k) == Ok(f)));

    assert_eq!(i.global_set(0, Value::from_i64(-7)), Ok(()));
    assert_eq!(i.global_get(0), Ok((Value::from_i64(-7), ValType::I64)));
    assert_eq!(i.global_set(1, Value::ZERO).expect_err("immutable").reason, Reason::GlobalAccess);
    assert_eq!(i.global_set(2, f), Ok(()));
    assert_eq!(i.global_get(7).expect_err("index").reason, Reason::UnknownIndex);
    assert_eq!(i.export_func("none", None).expect_err("name").reason, Reason::ExportNotFound);
    assert_eq!(i.export_func("t", None).expect_err("kind").reason, Reason::ExportKind);
    assert_eq!(i.export_func("f", Some("(i)")).expect_err("type").reason, Reason::SignatureMismatch);
    assert_eq!(i.export_memory("f").expect_err("kind").reason, Reason::ExportKind);
}

#[test]
fn segments_that_do_not_fit() {
    let host = instance(
        r#"(module (table (export "t") 3 funcref) (memory (export "m") 1)
            (func $f (export "f")) (elem (i32.const 2) func $f))"#,
    );
    let imports = r#"(import "x" "t" (table 3 funcref)) (import "x" "m" (memory 1))"#;
    let try_new = |rest: &str| {
        let module = load(&format!("(module {imports} {rest})"));
        let mut arena = arena(module.instance_size() as usize);
        let mut memories = [crate::arena(1 << 18)];
        let config = InstanceConfig { imports: &From(host), memories: &mut memories, ..Default::default() };
        let made = Instance::new(&mut arena, module, config);
        (made, arena.remaining() as u64, module.instance_size(), memories[0].remaining())
    };
    let byte = |addr| {
        let mut b = [0];
        host.memory_read(0, addr, &mut b).expect("read");
        b[0]
    };
    // The first data segment does not fit: the element segment before it stays, and the instance with it.
    let (made, left, _, memory_left) =
        try_new(r#"(memory 1) (func $g) (elem (i32.const 0) func $g) (data (i32.const 65536) "x")"#);
    let error = made.expect_err("data");
    assert_eq!((error.reason, error.status(), error.detail), (Reason::OutOfBoundsMemory, Status::Trap, 0));
    assert_eq!((left, memory_left), (0, 0));
    let kept = host.table_get(0, 0).expect("element");
    assert_ne!(kept, Value::ZERO);
    assert_eq!(host.table_set(0, 1, kept), Ok(()), "the reference still names a function of the group");

    // Nothing of its own in the table: all is given back; data written to an imported memory stays.
    let (made, left, size, memory_left) = try_new(
        r#"(memory 1) (elem (i32.const 1) funcref (ref.null func))
           (data (i32.const 5) "A") (data (i32.const 65535) "BC")"#,
    );
    let error = made.expect_err("data");
    assert_eq!((error.reason, error.detail), (Reason::OutOfBoundsMemory, 1));
    assert_eq!((left, memory_left), (size, 1 << 18));
    assert_eq!(host.table_get(0, 1), Ok(Value::ZERO));
    assert_eq!((byte(5), byte(65535)), (b'A', 0));

    // References to functions of others do not keep the instance either.
    let f = host.table_get(0, 2).expect("element");
    let (made, left, size, memory_left) = try_new(
        r#"(import "x" "f" (func $f)) (memory 1) (func) (elem (i32.const 1) func $f) (data (i32.const 65535) "BC")"#,
    );
    assert!(made.is_err());
    assert_eq!((left, memory_left, host.table_get(0, 1)), (size, 1 << 18, Ok(f)));

    // The first element segment does not fit: nothing happened.
    let (made, left, size, _) = try_new(r#"(func $g) (elem (i32.const 2) func $g $g) (data (i32.const 6) "A")"#);
    let error = made.expect_err("elem");
    assert_eq!((error.reason, error.status(), error.detail), (Reason::OutOfBoundsTable, Status::Trap, 0));
    assert_eq!((left, byte(6)), (size, 0));

    // Empty segments at the very end fit, behind it they do not.
    assert!(try_new(r#"(elem (i32.const 3) func) (data (i32.const 65536) "")"#).0.is_ok());
    assert!(try_new(r#"(elem (i32.const 4) func)"#).0.is_err());
    assert!(try_new(r#"(data (i32.const 65537) "")"#).0.is_err());
    // Those that were given back left no number behind; the kept one did.
    let (made, ..) = try_new("");
    assert_eq!(made.expect("instance").id(), 3);
}

#[test]
fn a_region_lent_as_zero_is_handed_back_as_zero() {
    let module = load(r#"(module (memory 1) (data (i32.const 7) "abc") (data (i32.const 65536) "d"))"#);
    let mut memories = [arena(1 << 17)];
    let config = InstanceConfig { memories: &mut memories, zeroed: true, ..Default::default() };
    assert!(Instance::new(&mut arena(4096), module, config).is_err());
    let config = InstanceConfig { memories: &mut memories, zeroed: true, ..Default::default() };
    let i = Instance::new(&mut arena(4096), load("(module (memory 1))"), config).expect("instance");
    let mut bytes = [1; 64];
    i.memory_read(0, 0, &mut bytes).expect("read");
    assert_eq!(bytes, [0; 64]);
}

#[test]
fn offsets_wrap_at_their_type() {
    let i = instance(
        r#"(module (memory 1) (memory $m i64 1) (table (export "t") 8 funcref) (func $f)
            (data (i32.add (i32.const -1) (i32.const 6)) "A")
            (data (memory $m) (i64.sub (i64.const 3) (i64.const 1)) "B")
            (elem (i32.mul (i32.const 0x40000001) (i32.const 4)) func $f))"#,
    );
    let byte = |memory, addr| {
        let mut b = [0];
        i.memory_read(memory, addr, &mut b).expect("read");
        b[0]
    };
    assert_eq!((byte(0, 5), byte(1, 2)), (b'A', b'B'));
    assert_ne!(i.table_get(0, 0x4000_0001_u32.wrapping_mul(4) as u64), Ok(Value::ZERO));
}

// MEM-2 MEM-7 CORE-7
#[test]
fn hash_and_move() {
    const PAGE: usize = PAGE_SIZE as usize;
    let text = r#"(module
        (memory (export "m") 1 3) (memory 1 2)
        (table (export "t") 2 6 funcref) (global (export "g") (mut i32) (i32.const 9))
        (elem (i32.const 0) func $f) (elem func $f) (data (i32.const 3) "xyz") (data "passive")
        (func $f (export "f")))"#;
    let module = load(text);
    let size = module.instance_size() as usize;
    let make = |offset: usize| {
        let mut region = arena(offset + size);
        let rest = region.base().wrapping_add(offset);
        // SAFETY: the rest of a region that nobody else uses.
        region = unsafe { Arena::from_raw(rest, size) }.expect("arena");
        let lent: &'static mut [Block] = blocks(4 * PAGE);
        let config = InstanceConfig { memories: &mut [Arena::new(lent)], ..Default::default() };
        Instance::new(&mut region, module, config).expect("instance")
    };
    let (a, b) = (make(0), make(160));
    assert_eq!(a.state_hash(), b.state_hash());

    let mut hashes = vec![a.state_hash()];
    let mut changed = |i: Instance<'_>| {
        let hash = i.state_hash();
        assert!(!hashes.contains(&hash));
        hashes.push(hash);
    };
    b.memory_write(0, 70, b"?").expect("write");
    changed(b);
    b.global_set(0, Value::from_i32(-1)).expect("set");
    changed(b);
    let f = b.table_get(0, 0).expect("get");
    b.table_set(0, 1, f).expect("set");
    changed(b);
    b.memory_grow(0, 1).expect("grow");
    changed(b);
    b.table_grow(0, 1, Value::ZERO).expect("grow");
    changed(b);

    // A copy of the bytes elsewhere is the same instance.
    let copy = |from: *const u8, n: usize| -> &'static mut [Block] {
        let to = blocks(n);
        // SAFETY: both regions hold `n` bytes.
        unsafe { core::ptr::copy_nonoverlapping(from, to.as_mut_ptr().cast::<u8>(), n) };
        to
    };
    let (base, reserved) =
        (b.memory(0).expect("m").base, b.memory(0).expect("m").ceiling + b.memory(1).expect("m").ceiling);
    let header = copy(b.as_raw(), size);
    let lent = copy(base, reserved as usize);
    let config = InstanceConfig { memories: &mut [Arena::new(lent)], ..Default::default() };
    // SAFETY: the copy is of the module's instance size and lives on.
    let moved = unsafe { Instance::relocate(header.as_mut_ptr().cast(), module, config) }.expect("moved");
    assert_eq!(moved.state_hash(), b.state_hash());
    assert_ne!(moved.memory(0).expect("m").base, base);
    for i in [moved, b] {
        assert_eq!(i.memory_grow(0, 1), Some(2));
        assert_eq!(i.memory_grow(0, 1), None);
        i.memory_write(1, 8, b"second").expect("write");
        assert_eq!(i.export_func("f", Some("()")).expect("f").instance, 0);
    }
    assert_eq!(moved.state_hash(), b.state_hash());
    moved.memory_write(0, 0, b"!").expect("write");
    assert_ne!(moved.state_hash(), b.state_hash());

    // Too small a region, another module, bytes that are no instance.
    let short = |n: usize| {
        let header = copy(b.as_raw(), size);
        let config = InstanceConfig { memories: &mut [arena(n)], ..Default::default() };
        // SAFETY: as above.
        unsafe { Instance::relocate(header.as_mut_ptr().cast(), module, config) }.map(|_| ())
    };
    assert_eq!(
        short(reserved as usize - 16).expect_err("short"),
        Error::new(Reason::MemoryRegion).need(reserved).detail(1)
    );
    assert_eq!(short(reserved as usize), Ok(()));
    let other = load("(module (memory 1))");
    // SAFETY: the bytes are more than an instance of the other module needs.
    let error = unsafe { Instance::relocate(copy(b.as_raw(), size).as_mut_ptr().cast(), other, Default::default()) };
    assert_eq!(error.expect_err("other").reason, Reason::BadHandle);
    // SAFETY: null is allowed.
    let error = unsafe { Instance::relocate(core::ptr::null_mut(), other, Default::default()) };
    assert_eq!(error.expect_err("null").reason, Reason::NullPointer);
}

// MEM-7
#[test]
fn damaged_bytes_are_refused_or_harmless() {
    let text = "(module (memory 1 1) (table 2 funcref) (table 1 externref) (global (mut i32) (i32.const 9)) (func))";
    let module = load(text);
    let size = module.instance_size() as usize;
    let made = instance_with(module, &()).expect("instance");
    for at in 0..size {
        for bit in 0..8 {
            let bytes = blocks(size);
            let raw = bytes.as_mut_ptr().cast::<u8>();
            // SAFETY: both hold `size` bytes, and `at` is below it.
            unsafe {
                core::ptr::copy_nonoverlapping(made.as_raw(), raw, size);
                *raw.add(at) ^= 1 << bit;
            }
            let config = InstanceConfig { memories: &mut [arena(1 << 17)], ..Default::default() };
            // SAFETY: `size` bytes that live on.
            if let Ok(moved) = unsafe { Instance::relocate(raw, module, config) } {
                let _ = moved.state_hash();
                let _ = moved.memory_grow(0, 1);
                let _ = moved.table_grow(0, 1, Value::ZERO);
            }
        }
    }
}

// MEM-7
#[test]
fn a_group_is_moved_in_order() {
    let first = instance(r#"(module (func (export "f")) (table (export "t") 2 funcref))"#);
    let user = load(
        r#"(module (import "x" "f" (func)) (import "x" "t" (table 2 funcref)) (func $g) (elem (i32.const 1) func $g))"#,
    );
    let second = instance_with(user, &From(first)).expect("second");
    let copy = |i: Instance<'static>| -> *mut u8 {
        let size = i.module().instance_size() as usize;
        let to = blocks(size).as_mut_ptr().cast::<u8>();
        // SAFETY: both hold `size` bytes.
        unsafe { core::ptr::copy_nonoverlapping(i.as_raw(), to, size) };
        to
    };
    // SAFETY: copies of whole instances that live on.
    unsafe {
        let moved = Instance::relocate(copy(first), first.module(), Default::default()).expect("first");
        let imports = From(moved);
        let config = || InstanceConfig { imports: &imports, ..Default::default() };
        let g = moved.table_get(0, 1).expect("element");
        assert_eq!(moved.table_set(0, 0, g).expect_err("not there yet").reason, Reason::ReferenceUnknown);
        let moved_second = Instance::relocate(copy(second), user, config()).expect("second");
        assert_eq!(moved_second.id(), 1);
        assert_eq!(moved.table_set(0, 0, g), Ok(()));
        assert_eq!(moved_second.table_get(0, 0), Ok(g));
        let again = Instance::relocate(copy(second), user, config()).expect_err("number taken");
        assert_eq!(again.reason, Reason::ForeignGroup);
    }
}

#[test]
fn handles_are_checked() {
    let i = instance("(module (func $s) (start $s))");
    assert!(!i.is_started());
    assert!(instance("(module)").is_started());
    // SAFETY: live instances, or bytes that are none.
    unsafe {
        assert_eq!(Instance::from_raw(i.as_raw()).expect("live").id(), i.id());
        let not = blocks(256).as_mut_ptr().cast::<u8>();
        assert_eq!(Instance::from_raw(not).expect_err("zeros").reason, Reason::BadHandle);
        assert_eq!(Instance::from_raw(i.as_raw().add(8)).expect_err("askew").reason, Reason::BadHandle);
        assert_eq!(Instance::from_raw(core::ptr::null_mut()).expect_err("null").reason, Reason::NullPointer);
        let module = Instance::from_raw(i.module().as_raw().cast_mut());
        assert_eq!(module.expect_err("a module").reason, Reason::BadHandle);
    }
}

/// Vectors keep both halves on every way in and out: parameters, results, globals, host functions that
/// answer at once, later, and in a tail call; beside values of one slot, which they must not move.
#[test]
fn vectors_cross_whole() {
    const A: u128 = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
    const B: u128 = u128::MAX - A;
    let text = "(module
      (type $f (func (param i32 v128 i64) (result i64 v128 i32)))
      (import \"host\" \"f\" (func $f (type $f)))
      (global (export \"g\") (mut v128) (v128.const i64x2 -1 7))
      (global (export \"small\") i32 (i32.const 5))
      (func (export \"direct\") (type $f) (call $f (local.get 0) (local.get 1) (local.get 2)))
      (func (export \"tail\") (type $f) (return_call $f (local.get 0) (local.get 1) (local.get 2)))
      (export \"host\" (func $f)))";
    let later: &'static core::cell::Cell<bool> = Box::leak(Box::default());
    let swap = |_: &mut Caller, slots: &mut [Value]| {
        assert_eq!((slots[0].i32(), slots[1].v128(), slots[2].i64()), (-3, A, i64::MIN));
        if later.get() {
            return Ok(Completion::Pending);
        }
        slots[0] = Value::from_i64(i64::MAX);
        slots[1] = Value::from_v128(B);
        slots[2] = Value::from_i32(9);
        Ok(Completion::Done)
    };
    let host = Extern::Host(HostFunc::new(Box::leak(Box::new(swap))).with_sig("(ivI)Ivi"));
    let instance = instance_with(load(text), &[("host", "f", host)]).expect("instance");
    let args = [Value::from_i32(-3), Value::from_v128(A), Value::from_i64(i64::MIN)];
    let answers = [Value::from_i64(i64::MAX), Value::from_v128(B), Value::from_i32(9)];
    for &backend in backends() {
        for name in ["direct", "tail", "host"] {
            for wait in [false, true] {
                later.set(wait);
                let task = Task::new(&mut arena(4096), instance).expect("task");
                task.set_backend(backend);
                task.start(instance.export_func(name, None).expect("export"), &args).expect("start");
                let mut outcome = task.run(&RunBudget::default());
                if wait {
                    assert_eq!(outcome, Ok(Outcome::Pending));
                    task.complete(0, &answers).expect("complete");
                    outcome = task.run(&RunBudget::default());
                }
                assert_eq!(outcome, Ok(Outcome::Done), "{name}");
                let mut results = [Value::ZERO; 3];
                assert_eq!(task.results(&mut results), Ok(3));
                assert!(results == answers, "{backend:?} {name} {wait}: {results:?}");
            }
        }
    }
    let g = instance.export_global("g").expect("global");
    assert_eq!(instance.global_get(g).map(|(v, ty)| (v.v128(), ty)), Ok(((7 << 64) | u64::MAX as u128, ValType::V128)));
    let before = instance.state_hash();
    instance.global_set(g, Value::from_v128(A)).expect("mutable");
    assert_eq!(instance.global_get(g).map(|(v, _)| v.v128()), Ok(A));
    assert_eq!(global_bits(instance, "small"), 5);
    // The hash sees both halves.
    let first = instance.state_hash();
    instance.global_set(g, Value::from_v128(A ^ 1 << 127)).expect("mutable");
    assert!(before != first && first != instance.state_hash());
    // Bits above a value's type do not reach the guest.
    let small = Value::from_v128(A << 64 | 0xffff_fffd);
    let task = Task::new(&mut arena(4096), instance).expect("task");
    later.set(false);
    let f = instance.export_func("direct", None).expect("export");
    assert_eq!(
        task.call(f, &[small, args[1], args[2]], &mut [Value::ZERO; 3], &RunBudget::default()),
        Ok(Outcome::Done)
    );
}
