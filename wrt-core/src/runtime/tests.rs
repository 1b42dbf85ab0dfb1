//! What the executor relies on, tried without it: bulk operations against slices, host calls.

use super::ops;
use super::*;
use crate::arena::{Arena, Block};
use crate::budget::LoadBudget;
use crate::error::{Reason, Status};
use crate::module::Module;
use core::ffi::c_void;
use std::prelude::v1::*;
use std::vec;

fn arena(bytes: usize) -> Arena<'static> {
    Arena::new(vec![Block::ZERO; bytes.div_ceil(16)].leak())
}

fn instance(text: &str, imports: &dyn Imports<'static>) -> Instance<'static> {
    let wasm = wat::parse_str(text).expect("text").leak();
    let budget = LoadBudget { table_reserve: 64, ..LoadBudget::DEFAULT };
    let module = Module::load(&mut arena(1 << 18), wasm, &budget).expect("module");
    let config = InstanceConfig { imports, memories: &mut [arena(1 << 18)], ..Default::default() };
    Instance::new(&mut arena(module.instance_size() as usize), module, config).expect("instance")
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

const SPACE: u64 = 96;

// The bulk operations do to a memory what Rust's slices do to bytes.
#[test]
fn memory_operations() {
    let i = instance(r#"(module (memory 1) (memory 1) (data "0123456789abcdef"))"#, &());
    let inst = i.header;
    let mut model = [vec![0u8; 65536], vec![0u8; 65536]];
    let mut numbers = Numbers(1);
    for round in 0..4000 {
        let (a, b, n) = (numbers.next(SPACE), numbers.next(SPACE), numbers.next(SPACE));
        let (x, y) = (numbers.next(2) as usize, numbers.next(2) as usize);
        let byte = numbers.next(256) as u8;
        let range = |start: u64| start as usize..(start + n) as usize;
        // SAFETY: a live instance; ranges far below its memories' length.
        unsafe {
            let mem = [ops::memory(inst, 0).expect("0"), ops::memory(inst, 1).expect("1")];
            match numbers.next(3) {
                0 => {
                    ops::memory_fill(mem[x], a, byte, n);
                    model[x][range(a)].fill(byte);
                }
                1 => {
                    ops::memory_copy(mem[x], mem[y], a, b, n);
                    let bytes = model[y][range(b)].to_vec();
                    model[x][range(a)].copy_from_slice(&bytes);
                }
                _ => {
                    let done = ops::memory_init(inst, 0, mem[x], a, b, n);
                    match b"0123456789abcdef".get(range(b)) {
                        Some(bytes) => {
                            assert_eq!(done, Ok(()));
                            model[x][range(a)].copy_from_slice(bytes);
                        }
                        None => assert_eq!(done, Err(Reason::OutOfBoundsMemory)),
                    }
                }
            }
        }
        if round % 16 == 0 {
            for k in 0..2 {
                let mut bytes = vec![0; 65536];
                i.memory_read(k, 0, &mut bytes).expect("read");
                assert!(bytes == model[k as usize]);
            }
        }
    }
    // SAFETY: a live instance.
    unsafe {
        let mem = ops::memory(inst, 0).expect("0");
        assert!(ops::memory_in_bounds(mem, 65536, 0) && ops::memory_in_bounds(mem, 0, 65536));
        assert!(!ops::memory_in_bounds(mem, 65537, 0) && !ops::memory_in_bounds(mem, 1, 65536));
        assert!(!ops::memory_in_bounds(mem, u64::MAX, 1) && !ops::memory_in_bounds(mem, 1, u64::MAX));
        assert_eq!(ops::memory_init(inst, 0, mem, 65536, 16, 0), Ok(()));
        assert_eq!(ops::memory_init(inst, 0, mem, 65535, 0, 2), Err(Reason::OutOfBoundsMemory));
        assert_eq!(ops::data_len(inst, 0), 16);
        ops::data_drop(inst, 0);
        ops::data_drop(inst, 1);
        assert_eq!((ops::data_len(inst, 0), ops::data_len(inst, 7)), (0, 0));
        assert_eq!(ops::memory_init(inst, 0, mem, 0, 0, 0), Ok(()));
        assert_eq!(ops::memory_init(inst, 0, mem, 0, 0, 1), Err(Reason::OutOfBoundsMemory));
        assert!(ops::memory(inst, 2).is_none());
    }
}

// The table operations do to a table what Rust's slices do to words.
#[test]
fn table_operations() {
    let i = instance(
        "(module (table 200 externref) (table 200 300 funcref)
           (elem funcref (ref.func $f) (ref.null func) (ref.func $g) (global.get $r))
           (global $r funcref (ref.func $g)) (func $f) (func $g))",
        &(),
    );
    let inst = i.header;
    // SAFETY: a live instance.
    let (f, g) = unsafe { (ops::func_ref(inst, 0), ops::func_ref(inst, 1)) };
    let items = [f, 0, g, g];
    let mut model = [vec![0u64; 200], vec![0u64; 200]];
    let mut numbers = Numbers(2);
    for _ in 0..4000 {
        let (a, b, n) = (numbers.next(SPACE), numbers.next(SPACE), numbers.next(SPACE));
        let (x, y) = (numbers.next(2) as usize, numbers.next(2) as usize);
        let range = |start: u64, n: u64| start as usize..(start + n) as usize;
        // SAFETY: a live instance; ranges below its tables' length.
        unsafe {
            let tables = [ops::table(inst, 0).expect("0"), ops::table(inst, 1).expect("1")];
            match numbers.next(4) {
                0 => {
                    ops::table_fill(tables[x], a, b, n);
                    model[x][range(a, n)].fill(b);
                }
                1 => {
                    ops::table_copy(tables[x], tables[y], a, b, n);
                    let words = model[y][range(b, n)].to_vec();
                    model[x][range(a, n)].copy_from_slice(&words);
                }
                2 => {
                    let (b, n) = (b % 6, n % 6);
                    let done = ops::table_init(inst, 0, tables[x], a, b, n);
                    match items.get(range(b, n)) {
                        Some(words) => {
                            assert_eq!(done, Ok(()));
                            model[x][range(a, n)].copy_from_slice(words);
                        }
                        None => assert_eq!(done, Err(Reason::OutOfBoundsTable)),
                    }
                }
                _ => {
                    assert!(ops::table_set(tables[x], a, b));
                    model[x][a as usize] = b;
                    assert_eq!(ops::table_get(tables[y], b), Some(model[y][b as usize]));
                }
            }
        }
    }
    // SAFETY: a live instance.
    unsafe {
        let t = ops::table(inst, 1).expect("1");
        assert_eq!((ops::table_get(t, 200), ops::table_set(t, 200, 0)), (None, false));
        assert!(ops::table_in_bounds(t, 200, 0) && !ops::table_in_bounds(t, 200, 1));
        assert!(!ops::table_in_bounds(t, u64::MAX, 2));
        assert_eq!(ops::table_grow(t, 101, g), ops::GROW_FAILED);
        assert_eq!(ops::table_grow(t, u64::MAX, g), ops::GROW_FAILED);
        assert_eq!(ops::table_grow(t, 100, g), 200);
        assert_eq!((ops::table_get(t, 199), ops::table_get(t, 299)), (Some(model[1][199]), Some(g)));
        assert_eq!(ops::table_grow(t, 0, g), 300);
        assert_eq!(ops::elem_len(inst, 0), 4);
        ops::elem_drop(inst, 0);
        ops::elem_drop(inst, 9);
        assert_eq!((ops::elem_len(inst, 0), ops::elem_len(inst, 9)), (0, 0));
        assert_eq!(ops::table_init(inst, 0, t, 0, 0, 0), Ok(()));
        assert_eq!(ops::table_init(inst, 0, t, 0, 0, 1), Err(Reason::OutOfBoundsTable));
    }
}

// Active and declared segments are dropped when an instance is made, passive ones are not.
#[test]
fn segments_are_dropped() {
    let i = instance(
        r#"(module (table 4 funcref) (memory 1) (func $f)
            (elem (i32.const 1) func $f $f) (elem declare func $f) (elem func $f $f $f)
            (data (i32.const 0) "active") (data "passive"))"#,
        &(),
    );
    // SAFETY: a live instance.
    unsafe {
        assert_eq!([0, 1, 2].map(|k| ops::elem_len(i.header, k)), [0, 0, 3]);
        assert_eq!([0, 1].map(|k| ops::data_len(i.header, k)), [0, "passive".len() as u64]);
    }
}

// MEM-4: the limit of a run counts the memories of their owner in sum.
#[test]
fn memory_limit() {
    let i = instance("(module (memory 1 3) (memory 1))", &());
    // SAFETY: a live instance.
    unsafe {
        let mem = ops::memory(i.header, 0).expect("0");
        let limit = 3 * crate::types::PAGE_SIZE;
        assert_eq!(ops::memory_grow(mem, 2, limit), ops::GROW_FAILED);
        assert_eq!(ops::memory_grow(mem, 1, limit), 1);
        assert_eq!(ops::memory_grow(mem, 1, limit), ops::GROW_FAILED);
        assert_eq!(ops::memory_grow(mem, 0, 0), 2);
        // The limit of a run does not bind the embedder.
        assert_eq!(i.memory_grow(0, 1), Some(2));
    }
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Counts for a call that no task makes.
fn meter() -> host::Meter {
    host::Meter { fuel: Box::leak(Box::new(0)), used: leak(0), cost: 0 }
}

// RUN-6
#[test]
fn closures_are_called() {
    let seen = leak(core::cell::Cell::new(0));
    let f = leak(move |caller: &mut Caller, slots: &mut [Value]| -> HostResult {
        assert_eq!((caller.func(), slots.len()), (0, 2));
        seen.set(seen.get() + 1);
        let mut bytes = [0; 2];
        caller.read(slots[0].i32() as u32 as u64, &mut bytes)?;
        match &bytes {
            b"ok" => {
                caller.write(100, b"seen")?;
                slots[0] = Value::from_bits(u64::MAX);
                slots[1] = Value::from_f64(1.5);
                Ok(Completion::Done)
            }
            b"pe" => Ok(Completion::Pending),
            b"ex" => Err(HostError::exit(7)),
            _ => Err(HostError::trap(42, c"no such thing")),
        }
    });
    let imports = [("x", "f", Extern::Host(HostFunc::new(f).with_sig("(i)iF")))];
    let text =
        r#"(module (import "x" "f" (func (param i32) (result i32 f64))) (memory 1) (data (i32.const 1) "okpeex??"))"#;
    let i = instance(text, &imports);
    let call = |addr| {
        let mut slots = [Value::from_i32(addr), Value::ZERO];
        // SAFETY: a live instance; as many slots as results.
        (unsafe { host::call_host(i.header, 0, slots.as_mut_ptr(), meter()) }, slots)
    };
    // Bits above an i32 result are cleared.
    assert_eq!(call(1), (Ok(Completion::Done), [Value::from_i32(-1), Value::from_f64(1.5)]));
    let mut bytes = [0; 4];
    i.memory_read(0, 100, &mut bytes).expect("read");
    assert_eq!(&bytes, b"seen");
    assert_eq!(call(3).0, Ok(Completion::Pending));
    let error = call(5).0.expect_err("exit");
    assert_eq!((error.reason, error.status(), error.detail), (Reason::GuestExit, Status::Exit, 7));
    let error = call(7).0.expect_err("trap");
    assert_eq!((error.reason, error.detail, error.func), (Reason::HostTrap, 42, 0));
    assert_eq!(error.message, c"no such thing");
    let error = call(-1).0.expect_err("bounds");
    assert_eq!((error.reason, error.detail), (Reason::HostTrap, Reason::HostMemoryBounds as u64));
    assert_eq!(seen.get(), 5);
}

// RUN-6
#[test]
fn c_functions_are_called() {
    unsafe extern "C" fn f(user: *mut c_void, caller: *mut Caller, slots: *mut Value) -> i32 {
        // SAFETY: bound with an `i32` as user data; one slot.
        unsafe {
            *user.cast::<i32>() += 1;
            match (*slots).i32() {
                0 => 0,
                1 => 1,
                2 => (*caller).trap(9, c"nine"),
                3 => (*caller).exit(3),
                4 => Status::Bounds as i32,
                _ => 1000,
            }
        }
    }
    let calls: *mut i32 = Box::leak(Box::new(0));
    // SAFETY: `calls` lives on, and `f` fits the import.
    let host = unsafe { HostFunc::from_raw(f, calls.cast()) };
    let i = instance(r#"(module (import "x" "f" (func (param i32))))"#, &[("x", "f", Extern::Host(host))]);
    let call = |n| {
        let mut slot = Value::from_i32(n);
        // SAFETY: a live instance, one slot for one parameter.
        unsafe { host::call_host(i.header, 0, &raw mut slot, meter()) }
    };
    assert_eq!(call(0), Ok(Completion::Done));
    assert_eq!(call(1), Ok(Completion::Pending));
    let brief = |n| call(n).map_err(|e| (e.reason, e.detail as i64, e.message)).expect_err("ends");
    assert_eq!(brief(2), (Reason::HostTrap, 9, c"nine"));
    assert_eq!(brief(3), (Reason::GuestExit, 3, Reason::GuestExit.message()));
    assert_eq!(brief(4), (Reason::HostTrap, Status::Bounds as i64, Reason::HostTrap.message()));
    assert_eq!(brief(5), (Reason::HostTrap, 1000, Reason::HostTrap.message()));
    // SAFETY: nobody else uses the count.
    assert_eq!(unsafe { *calls }, 6);
    // SAFETY: a live instance; no such import.
    let error = unsafe { host::call_host(i.header, 1, core::ptr::null_mut(), meter()) };
    assert_eq!(error.expect_err("index").reason, Reason::Internal);
}

// A handle that lives for one host call gives access, but nothing can be linked to it.
#[test]
fn a_borrowed_handle_is_not_linked() {
    let f = leak(|caller: &mut Caller, _: &mut [Value]| -> HostResult {
        let wasm = wat::parse_str("(module)").expect("text");
        let (mut blocks, mut more) = (vec![Block::ZERO; 4096], vec![Block::ZERO; 64]);
        let module = Module::load(&mut Arena::new(&mut blocks), &wasm, &LoadBudget::DEFAULT)?;
        let config = InstanceConfig { linked: &[caller.instance()], ..Default::default() };
        Instance::new(&mut Arena::new(&mut more), module, config)?;
        Ok(Completion::Done)
    });
    let i = instance(r#"(module (import "x" "f" (func)))"#, &[("x", "f", Extern::Host(HostFunc::new(f)))]);
    // SAFETY: a live instance, a function without parameters and results.
    let error = unsafe { host::call_host(i.header, 0, core::ptr::null_mut(), meter()) }.expect_err("refused");
    assert_eq!((error.reason, error.detail), (Reason::HostTrap, Reason::ForeignGroup as u64));
}

// RUN-6: a host function cannot make references up.
#[test]
fn forged_references_trap() {
    let f = leak(|_: &mut Caller, slots: &mut [Value]| -> HostResult {
        slots[0] = Value::from_ref(slots[0].bits());
        Ok(Completion::Done)
    });
    let text = r#"(module (import "x" "f" (func (param i64) (result funcref))))"#;
    let i = instance(text, &[("x", "f", Extern::Host(HostFunc::new(f)))]);
    let call = |bits| {
        let mut slot = Value::from_bits(bits);
        // SAFETY: a live instance, one slot.
        unsafe { host::call_host(i.header, 0, &raw mut slot, meter()) }
    };
    // SAFETY: a live instance with one function.
    let own = unsafe { ops::func_ref(i.header, 0) };
    assert_eq!((call(0), call(own)), (Ok(Completion::Done), Ok(Completion::Done)));
    assert_eq!(call(own + 1).expect_err("forged").message, Reason::ReferenceUnknown.message());
}
