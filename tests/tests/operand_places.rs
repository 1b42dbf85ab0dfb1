//! Operators whose operands come from every place that the translator tells apart: a local, a constant, the result just
//! made, a sum that an address takes in, one that is pending when its local changes. What they come to is what the same
//! numbers come to in Rust; what is valid is what the oracle takes.

use wasmparser::{Validator, WasmFeatures};
use wrt_core::{Instance, PAGE_SIZE, Reason, Value, backends};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;
use wrt_tests::region::Region;

/// Pages of memory that a guest has.
const PAGES: usize = 2;

/// The byte that stands at an address before a guest runs.
fn byte(at: usize) -> u8 {
    (at * 7 + at / 251 + 3) as u8
}

/// The number that stands there.
fn word(at: u32) -> i32 {
    i32::from_le_bytes(core::array::from_fn(|k| byte(at as usize + k)))
}

/// Calls function "f", which these fields export, of a module with a memory; its first result, and what it wrote: bytes
/// with their addresses. Both ways of feeding and all back ends are compared with each other.
fn run(fields: &str, args: &[Value]) -> (Result<Value, Reason>, Vec<(usize, u8)>) {
    let stack = Region::new(1 << 12);
    let mut ends = Vec::new();
    for feed in Feed::ALL {
        for &backend in backends() {
            let pool = Pool::new();
            let wasm = pool.keep(encode(&format!("(module (memory {PAGES} {PAGES}) {fields})")));
            let module = engine::load(&pool, wasm, &engine::load_budget(), feed).expect("a module");
            let instance: Instance<'_> = engine::instantiate(&pool, module, wasm, &(), &[]).expect("an instance");
            let before: Vec<u8> = (0..PAGES * PAGE_SIZE as usize).map(byte).collect();
            instance.memory_write(0, 0, &before).expect("in bounds");
            let ran = engine::call(&stack, instance, "f", args, backend);
            let result = ran.map(|r| r.values.first().map_or(Value::ZERO, |v| v.0)).map_err(|e| e.reason);
            let mut after = vec![0; before.len()];
            instance.memory_read(0, 0, &mut after).expect("in bounds");
            let written = (0..).zip(after.iter().zip(&before)).filter(|(_, (a, b))| a != b);
            ends.push((result, written.map(|(at, (&a, _))| (at, a)).collect()));
        }
    }
    assert!(ends.iter().all(|end| *end == ends[0]), "{fields} {args:?}: {ends:?}");
    ends.swap_remove(0)
}

fn i32s(args: &[i32]) -> Vec<Value> {
    args.iter().map(|&v| Value::from_i32(v)).collect()
}

/// What differs from the bytes that were there where these are written.
fn changed(at: usize, bytes: &[u8]) -> Vec<(usize, u8)> {
    (at..).zip(bytes.iter().copied()).filter(|&(at, b)| byte(at) != b).collect()
}

/// CORE-1: loads whose address is a sum, near and far, of what lies in locals, of a constant, and of a result.
#[test]
fn core_1_loads_from_sums() {
    let two = |load: &str| {
        format!("(func (export \"f\") (param i32 i32) (result i32) {load})")
            .replace("$x", "(local.get 0)")
            .replace("$y", "(local.get 1)")
    };
    /// Where the word stands, for both parameters.
    type Place = fn(u32, u32) -> u32;
    let cases: [(&str, Place); 8] = [
        ("(i32.load offset=65536 (i32.add $x (i32.const 4)))", |x, _| 65_536 + x + 4),
        ("(i32.load (i32.add $x $y))", |x, y| x + y),
        ("(i32.load offset=4 (i32.add $x $y))", |x, y| x + y + 4),
        ("(i32.load (i32.add (i32.xor $x $y) (i32.const 4)))", |x, y| (x ^ y) + 4),
        ("(i32.load offset=65536 (i32.add (i32.xor $x $y) (i32.const 4)))", |x, y| 65_536 + (x ^ y) + 4),
        ("(i32.load offset=65536 (i32.add (i32.xor $x $y) $x))", |x, y| 65_536 + (x ^ y) + x),
        ("(i32.load (i32.add (i32.xor $x $y) $x))", |x, y| (x ^ y) + x),
        ("(i32.load offset=65536 (i32.add $x $y))", |x, y| 65_536 + x + y),
    ];
    for (load, place) in cases {
        for [x, y] in [[0, 0], [8, 3], [1_000, 24_001], [30_000, 17]] {
            let (end, written) = run(&two(load), &i32s(&[x as i32, y as i32]));
            assert_eq!((end, written), (Ok(Value::from_i32(word(place(x, y)))), vec![]), "{load} {x} {y}");
        }
        let (end, _) = run(&two(load), &i32s(&[131_072, 4]));
        assert_eq!(end, Err(Reason::OutOfBoundsMemory), "{load}");
    }
}

/// CORE-1: stores whose address and value are sums, constants, results, or a local that was just written.
#[test]
fn core_1_stores_of_every_place() {
    let two = |body: &str| {
        format!("(func (export \"f\") (param i32 i32) {body})")
            .replace("$x", "(local.get 0)")
            .replace("$y", "(local.get 1)")
    };
    /// Address and word.
    type Stored = fn(i32, i32) -> (i32, i32);
    let cases: [(&str, Stored); 5] = [
        ("(i32.store offset=4 (i32.add $x (i32.const 8)) $y)", |x, y| (x + 12, y)),
        ("(i32.store (i32.add $x $y) (i32.const 8))", |x, y| (x + y, 8)),
        ("(local.set 0 (i32.xor $x (i32.const 4))) (i32.store $x $x)", |x, _| (x ^ 4, x ^ 4)),
        ("(i32.store (i32.xor $x $x) (i32.const 0x12345678))", |_, _| (0, 0x1234_5678)),
        ("(i32.store (i32.xor $x $y) (i32.add $x $y))", |x, y| (x ^ y, x + y)),
    ];
    for (body, stored) in cases {
        for [x, y] in [[0, 0], [8, 3], [1_000, 24_001], [70_000, 123]] {
            let (at, value) = stored(x, y);
            let expected = (Ok(Value::ZERO), changed(at as usize, &value.to_le_bytes()));
            assert_eq!(run(&two(body), &i32s(&[x, y])), expected, "{body} {x} {y}");
        }
    }
    let float = "(func (export \"f\") (param i32 f64)
        (f64.store (i32.xor (local.get 0) (local.get 0)) (f64.add (local.get 1) (local.get 1))))";
    for v in [0.0_f64, 1.25, -3e300] {
        let expected = (Ok(Value::ZERO), changed(0, &(v + v).to_le_bytes()));
        assert_eq!(run(float, &[Value::from_i32(77), Value::from_f64(v)]), expected, "{v}");
    }
}

/// CORE-1: arithmetic on a local that holds the result just made, branches and selections with results at hand.
#[test]
fn core_1_results_at_hand() {
    let two = |body: &str| {
        format!("(func (export \"f\") (param i32 i32) (result i32) {body})")
            .replace("$x", "(local.get 0)")
            .replace("$y", "(local.get 1)")
    };
    type Result = fn(i32, i32) -> i32;
    let cases: [(&str, Result); 7] = [
        ("(i32.add $x $x) $x (br_if 0)", |x, _| x.wrapping_add(x)),
        ("(local.set 0 (i32.xor $x (i32.const 4))) (i32.mul $x $x)", |x, _| (x ^ 4).wrapping_mul(x ^ 4)),
        ("(local.set 0 (i32.xor $x (i32.const 4))) (i32.sub $x $x)", |_, _| 0),
        ("(local.set 0 (i32.xor $x (i32.const 4))) (i32.sub $x $y)", |x, y| (x ^ 4).wrapping_sub(y)),
        ("(local.set 0 (i32.xor $x (i32.const 4))) (i32.sub $y $x)", |x, y| y.wrapping_sub(x ^ 4)),
        ("(select (i32.const 1) $x (i32.eqz $y))", |x, y| if y == 0 { 1 } else { x }),
        ("(select $x (i32.const 1) (i32.eqz $y))", |x, y| if y == 0 { x } else { 1 }),
    ];
    for (body, result) in cases {
        for [x, y] in [[5, 0], [0, 5], [-7, 1], [i32::MAX, i32::MIN], [0, 0]] {
            let expected = (Ok(Value::from_i32(result(x, y))), vec![]);
            assert_eq!(run(&two(body), &i32s(&[x, y])), expected, "{body} {x} {y}");
        }
    }
}

/// CORE-1: a branch on null whose label takes one of three operands leaves the others where they are.
#[test]
fn core_1_branches_on_null_keep_operands() {
    let text = "(type $t (func)) (func $some (type $t)) (elem declare func $some)
      (func $g (param (ref null $t)) (result i32) (local i32)
        (block $l (result i32)
          (i64.const 5) (i32.const 7) (br_on_null $l (local.get 0))
          (drop) (local.set 1) (drop) (i32.add (local.get 1) (i32.const 1))))
      (func (export \"f\") (param i32) (result i32)
        (call $g (select (result (ref null $t)) (ref.null $t) (ref.func $some) (local.get 0))))";
    for (null, expected) in [(1, 7), (0, 8)] {
        assert_eq!(run(text, &i32s(&[null])).0, Ok(Value::from_i32(expected)), "{null}");
    }
}

/// CORE-1: a vector that was just made is dropped or kept while another is put into a local.
#[test]
fn core_1_vectors_at_hand() {
    let vector =
        |body: &str| format!("(func (export \"f\") (param v128 v128) (result v128) (local v128) {body} (local.get 2))");
    let negated = |v: u128| u128::from_le_bytes(v.to_le_bytes().map(u8::wrapping_neg));
    let (a, b) = (0x0102_0304_0506_0708_090a_0b0c_0d0e_0f80_u128, 0xfeed_0000_dead_beef_0123_4567_89ab_cdef_u128);
    for (body, expected) in [
        ("(i8x16.neg (local.get 0)) (local.get 1) (local.set 2) drop", b),
        ("(i8x16.neg (local.get 0)) (i8x16.neg (local.get 1)) drop (local.set 2)", negated(a)),
        ("(i8x16.neg (local.get 0)) (i8x16.neg (local.get 1)) (local.set 2) drop", negated(b)),
    ] {
        let (end, _) = run(&vector(body), &[Value::from_v128(a), Value::from_v128(b)]);
        assert_eq!(end.map(Value::v128), Ok(expected), "{body}");
    }
}

/// CORE-1, CORE-6: handlers of the legacy kind where nothing is reached, taken and refused as by the oracle.
#[test]
fn core_1_legacy_handlers_that_nothing_reaches() {
    let bodies = [
        "unreachable try catch_all rethrow 0 end",
        "unreachable try delegate 0",
        "unreachable try catch $e end",
        "unreachable try catch_all catch $e end",
        "unreachable try catch_all rethrow 1 end",
        "unreachable rethrow 0",
        "unreachable try delegate 1",
    ];
    let mut taken = 0;
    for body in bodies {
        let Ok(wasm) = wast_of(&format!("(module (tag $e) (func {body}))")) else { continue };
        let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(&wasm).is_ok();
        let planned = engine::plan(&wasm, &engine::load_budget(), Feed::Whole).is_ok();
        assert_eq!(planned, valid, "{body}");
        taken += i32::from(valid);
    }
    assert!(taken >= 3, "only {taken} are valid");
}

/// The module of a text, which the encoder may refuse.
fn wast_of(text: &str) -> Result<Vec<u8>, wast::Error> {
    let buffer = wast::parser::ParseBuffer::new(text)?;
    let mut text = wast::parser::parse::<wast::Wat<'_>>(&buffer)?;
    text.encode()
}

/// CORE-6: the offset of an atomic operator is below 2^32 where addresses are.
#[test]
fn core_6_atomic_offsets_fit_the_memory() {
    for (memory, get) in [("", "(local.get 0)"), ("i64", "(i64.extend_i32_u (local.get 0))")] {
        for offset in [0, 4, 0xffff_fffc, 1_u64 << 32] {
            let Ok(wasm) = wast_of(&format!(
                "(module (memory {memory} 1 1 shared) (func (param i32) (result i32)
                   (i32.atomic.load offset={offset} {get})))"
            )) else {
                panic!("{memory} {offset} cannot be encoded")
            };
            let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(&wasm).is_ok();
            let planned = engine::plan(&wasm, &engine::load_budget(), Feed::Whole).map(|_| ()).map_err(|e| e.reason);
            assert_eq!(planned, if valid { Ok(()) } else { Err(Reason::OffsetOutOfRange) }, "{memory} {offset}");
            assert_eq!(valid, memory == "i64" || offset < 1 << 32);
        }
    }
}
