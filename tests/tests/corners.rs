//! Modules at the corners of single rules, taken and refused as the oracle does, whole and bytewise; names of types.

use wrt_core::{Limits, LoadBudget, MemoryType, Reason, Status, ValType, Value};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;
use wrt_tests::region::Region;
use wrt_tests::smith;

/// Types that the texts use.
const TYPES: &str = "(type $bare (struct)) (type $of (struct (field (ref func)))) (type $n (struct (field (mut i32))))
  (type $funcs (array (mut (ref func)))) (type $ints (array (mut i32))) (type $bytes (array (mut i8)))
  (type $words (array (mut i16))) (type $anys (array (mut anyref))) (type $vectors (array (mut v128)))
  (type $many (struct (field v128) (field (mut v128)) (field i8)))
  (elem $e func) (elem $x externref) (data $d \"0123456789abcdef\") (memory 1) (table $t 1 funcref)";

/// Fields of modules: behind [`TYPES`], each alone.
const FIELDS: &[&str] = &[
    // What has no default is not made without a value.
    "(func (drop (struct.new_default $of)))",
    "(func (drop (struct.new_default $n)))",
    "(global (ref $of) (struct.new_default $of))",
    "(global (ref $n) (struct.new_default $n))",
    "(func (drop (array.new_default $funcs (i32.const 1))))",
    "(func (drop (array.new_default $ints (i32.const 1))))",
    "(global (ref $funcs) (array.new_default $funcs (i32.const 1)))",
    // Data is numbers, and elements are of their segment's type.
    "(func (drop (array.new_data $funcs $d (i32.const 0) (i32.const 1))))",
    "(func (drop (array.new_data $vectors $d (i32.const 0) (i32.const 1))))",
    "(func (drop (array.new_elem $funcs $x (i32.const 0) (i32.const 0))))",
    "(func (drop (array.new_elem $ints $e (i32.const 0) (i32.const 0))))",
    "(func (param (ref $funcs)) (array.init_data $funcs $d (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
    "(func (param (ref $funcs)) (array.init_elem $funcs $x (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
    "(func (param (ref $anys) (ref $ints)) (array.copy $anys $ints (local.get 0) (i32.const 0) (local.get 1) \
     (i32.const 0) (i32.const 0)))",
    "(func (param (ref $words) (ref $bytes)) (array.copy $words $bytes (local.get 0) (i32.const 0) (local.get \
     1) (i32.const 0) (i32.const 0)))",
    "(func (param (ref $ints) (ref $bytes)) (array.copy $ints $bytes (local.get 0) (i32.const 0) (local.get 1) \
     (i32.const 0) (i32.const 0)))",
    "(func (param (ref $bytes) (ref $bytes)) (array.copy $bytes $bytes (local.get 0) (i32.const 0) (local.get \
     1) (i32.const 0) (i32.const 0)))",
    // Where nothing is reached, operands are whatever is asked for.
    "(func unreachable (array.new_fixed $ints 1000) drop)",
    "(func unreachable (i32.const 1) (array.new_fixed $ints 3) drop)",
    "(func unreachable (i64.const 1) (array.new_fixed $ints 3) drop)",
    "(func unreachable (struct.new $n) drop)",
    "(func unreachable select drop)",
    "(func unreachable (ref.null func) select drop)",
    "(func (param externref externref) (drop (select (local.get 0) (local.get 1) (i32.const 0))))",
    "(func unreachable struct.get $n 0 drop)",
    "(func unreachable br_on_non_null 0)",
    "(func unreachable ref.is_null drop)",
    "(func (param i32) (drop (ref.is_null (local.get 0))))",
    // Casts stay within a hierarchy, and branches on them carry what the label takes.
    "(func (param anyref) (drop (ref.cast (ref func) (local.get 0))))",
    "(func (param funcref) (drop (ref.test (ref any) (local.get 0))))",
    "(func (param anyref) (drop (block (result anyref) (br_on_cast 0 anyref eqref (local.get 0)))))",
    "(func (param anyref) (block (br_on_cast 0 anyref eqref (local.get 0)) drop))",
    "(func (param anyref) (drop (block (result i32) (br_on_cast 0 anyref eqref (local.get 0)) (drop) (i32.const \
     0))))",
    "(func (param eqref) (drop (block (result eqref) (br_on_cast 0 eqref anyref (local.get 0)))))",
    "(func (param funcref) (block (br_on_non_null 0 (local.get 0))))",
    "(func (param funcref) (drop (block (result i32) (br_on_non_null 0 (local.get 0)) (i32.const 0))))",
    "(func (param funcref) (drop (block (result (ref func)) (br_on_non_null 0 (local.get 0)) unreachable)))",
    // Fields are read by operators that say how they are packed.
    "(func (param (ref $many)) (drop (struct.get $many 2 (local.get 0))))",
    "(func (param (ref $many)) (drop (struct.get_s $many 2 (local.get 0))))",
    "(func (param (ref $many)) (drop (struct.get_u $many 0 (local.get 0))))",
    "(func (param (ref $many)) (drop (struct.get $many 1 (local.get 0))))",
    "(func (param (ref $many)) (struct.set $many 1 (local.get 0) (struct.get $many 0 (local.get 0))))",
    "(func (param (ref $many)) (struct.set $many 0 (local.get 0) (v128.const i64x2 0 0)))",
    "(func (param (ref $many)) (drop (struct.get $many 3 (local.get 0))))",
    "(func (param (ref $bytes)) (drop (array.get $bytes (local.get 0) (i32.const 0))))",
    "(func (param (ref $ints)) (drop (array.get_u $ints (local.get 0) (i32.const 0))))",
    "(func (param (ref $vectors)) (drop (array.get $vectors (local.get 0) (i32.const 0))))",
    // A subtype has what its supertype has.
    "(type $a (sub (struct (field i32) (field i32)))) (type (sub $a (struct (field i32))))",
    "(type $a (sub (struct (field i8)))) (type (sub $a (struct (field i8))))",
    "(type $a (sub (struct (field i8)))) (type (sub $a (struct (field i16))))",
    "(type $a (sub (struct (field i8)))) (type (sub $a (struct (field i32))))",
    "(type $a (sub (struct (field i32)))) (type (sub $a (struct (field i8))))",
    "(type $a (sub (array i8))) (type (sub $a (array i8)))",
    "(type $a (sub (func (result i32)))) (type (sub $a (func)))",
    "(type $a (sub (func (result i32)))) (type (sub $a (func (result i32 i32))))",
    "(type $a (sub (func (param i32)))) (type (sub $a (func (param i64))))",
    "(type $a (sub (func (param anyref)))) (type (sub $a (func (param eqref))))",
    "(type $a (sub (func (param eqref)))) (type (sub $a (func (param anyref))))",
    "(type $a (sub (func (param i32) (result i32)))) (type (sub $a (func (param i32 i32) (result i32))))",
    "(type $a (struct)) (type (sub $a (struct)))",
    "(rec (type $a (sub $b (struct))) (type $b (sub (struct))))",
    // Offsets of memory are below its end, whatever is added to them.
    "(func (drop (i32.load offset=4294967295 (i32.const 0))))",
    "(func (drop (i32.atomic.load offset=4294967292 (i32.const 0))))",
    "(func (drop (v128.load32_zero offset=65535 (i32.const 0))))",
    // Locals without a default, in blocks that end.
    "(func (local (ref func)) (drop (local.get 0)))",
    "(func $f (local (ref func)) (local.set 0 (ref.func $f)) (drop (local.get 0))) (elem declare func $f)",
    "(func $f (local (ref func)) (block (local.set 0 (ref.func $f))) (drop (local.get 0))) (elem declare func $f)",
    "(func $f (local (ref func)) (block (local.set 0 (ref.func $f)) (block (drop (local.get 0))))) (elem \
     declare func $f)",
    // The first form of exceptions.
    "(tag $tag (param i32)) (func try (throw $tag (i32.const 1)) catch $tag drop end)",
    "(tag $tag (param i32)) (func try unreachable catch $tag drop unreachable catch_all unreachable end)",
    "(tag $tag (param i32)) (func try unreachable delegate 0)",
    "(func try catch_all rethrow 0 end)",
    "(func try rethrow 0 catch_all end)",
    "(func block rethrow 0 end)",
    "(func catch_all end)",
    "(func block catch_all end)",
    "(func block delegate 0)",
    "(func try catch_all catch_all end)",
    "(tag $tag) (func try catch_all catch $tag end)",
];

/// CORE-6: each rule is kept, and no more than it: single modules are taken and refused as the oracle does.
#[test]
fn core_6_single_rules_are_those_of_the_oracle() {
    let (mut taken, mut refused) = (0, 0);
    for field in FIELDS {
        let wasm = encode(&format!("(module {TYPES} {field})"));
        let whole = engine::plan(&wasm, &smith::EVERYTHING, Feed::Whole).map(|_| ());
        let bytes = engine::plan(&wasm, &smith::EVERYTHING, Feed::Bytes).map(|_| ());
        assert_eq!(whole, bytes, "{field}");
        assert_eq!(whole.is_ok(), smith::oracle_accepts(&wasm), "{field}: {whole:?}");
        match whole {
            Ok(()) => taken += 1,
            Err(e) => {
                assert!(matches!(e.status(), Status::Invalid | Status::Malformed), "{field}: {e:?}");
                refused += 1;
            }
        }
    }
    assert!(taken > 20 && refused > 30, "{taken} taken, {refused} refused");
}

/// CORE-6: a chain of subtypes may be 63 long, as the oracle has it.
#[test]
fn core_6_chains_of_subtypes_end() {
    for (length, fits) in [(63, true), (64, false)] {
        let chain: String =
            (1..=length).map(|n| format!("(type $t{n} (sub $t{} (struct)))", n - 1)).collect::<Vec<_>>().join(" ");
        let wasm = encode(&format!("(module (type $t0 (sub (struct))) {chain})"));
        assert_eq!(smith::oracle_accepts(&wasm), fits, "{length}");
        assert_eq!(engine::plan(&wasm, &smith::EVERYTHING, Feed::Whole).is_ok(), fits, "{length}");
    }
}

/// LIM-1: limits of a body, with what it asks for: operands, and locals whose slots the frame does not have.
#[test]
fn lim_1_what_a_body_asks_for_is_named() {
    let budget = |max_operands, max_locals| LoadBudget { max_operands, max_locals, ..smith::EVERYTHING };
    let operands = format!("(module (func {} {}))", "i32.const 1 ".repeat(20), "drop ".repeat(20));
    let wasm = encode(&operands);
    let said = |wasm: &[u8], budget: LoadBudget| {
        engine::plan(wasm, &budget, Feed::Whole).map(|_| ()).map_err(|e| (e.reason, e.need))
    };
    assert_eq!(said(&wasm, budget(20, 50_000)), Ok(()));
    assert_eq!(said(&wasm, budget(19, 50_000)), Err((Reason::LimitOperands, 20)));
    let locals = |n: usize| encode(&format!("(module (func (local {})))", "v128 ".repeat(n)));
    assert_eq!(said(&locals(32_000), budget(100, 200_000)), Ok(()));
    let (reason, need) = said(&locals(33_000), budget(100, 200_000)).expect_err("slots for so many vectors");
    assert_eq!(reason, Reason::LimitFrame);
    assert!(need > 65_535, "{need}");
}

/// CORE-1: vectors in structures and arrays, and bytes that become them.
#[test]
fn core_1_vectors_lie_in_objects() {
    let text = format!(
        "(module {TYPES} (func (export \"f\") (result i64)
           (local $a (ref $vectors)) (local $b (ref $vectors)) (local $s (ref $many))
           (local.set $a (array.new_data $vectors $d (i32.const 0) (i32.const 1)))
           (local.set $b (array.new $vectors (v128.const i64x2 5 7) (i32.const 3)))
           (array.copy $vectors $vectors (local.get $b) (i32.const 1) (local.get $a) (i32.const 0) (i32.const 1))
           (array.init_data $vectors $d (local.get $b) (i32.const 2) (i32.const 0) (i32.const 1))
           (local.set $s (struct.new $many (array.get $vectors (local.get $b) (i32.const 1))
             (array.get $vectors (local.get $b) (i32.const 0)) (i32.const 9)))
           (struct.set $many 1 (local.get $s) (i64x2.add (struct.get $many 1 (local.get $s)) (struct.get $many \
     0 (local.get $s))))
           (array.set $vectors (local.get $b) (i32.const 0) (struct.get $many 1 (local.get $s)))
           (array.fill $vectors (local.get $b) (i32.const 1) (array.get $vectors (local.get $b) (i32.const 0)) \
     (i32.const 1))
           (i64.add (i64x2.extract_lane 1 (array.get $vectors (local.get $b) (i32.const 1)))
             (i64x2.extract_lane 0 (array.get $vectors (local.get $b) (i32.const 2))))))"
    );
    let pool = Pool::new();
    let wasm = pool.keep(encode(&text));
    let module = engine::load(&pool, wasm, &smith::EVERYTHING, Feed::Whole).expect("a module");
    let half = |bytes: &[u8; 8]| i64::from_le_bytes(*bytes);
    let expected = half(b"89abcdef").wrapping_add(7).wrapping_add(half(b"01234567"));
    for &backend in wrt_core::backends() {
        let instance = engine::instantiate(&pool, module, wasm, &(), &[]).expect("an instance");
        let ended = engine::call(&Region::new(1 << 16), instance, "f", &[], backend).expect("no trap");
        assert_eq!(ended.values[0].0.i64(), expected, "{backend:?}");
    }
}

/// API-1: types are named as the text format has them, with and without null.
#[test]
fn api_1_types_have_names() {
    for code in 0..=255u8 {
        let Some(ty) = ValType::from_code(code) else { continue };
        let text = format!("(module (type (func (param {}))))", ty.name());
        assert_eq!(first_param(&encode(&text)), ty, "{text}");
        let (some, all) = (ty.non_null(), ty.nullable());
        assert_eq!((all, some.nullable(), some == ty), (ty, ty, !ty.is_ref()), "{text}");
        // Those below all others have no shorter name without null.
        if ty.is_ref() && !(0x71..=0x74).contains(&code) {
            let text = format!("(module (type (func (param {}))))", some.name());
            assert_eq!(first_param(&encode(&text)), some, "{text}");
        }
    }
    let defined = [true, false].map(|nullable| ValType::defined(7, nullable));
    assert_eq!(defined.map(ValType::name), ["(ref null type)", "(ref type)"]);
    assert_eq!(defined.map(ValType::is_nullable), [true, false]);
    assert_eq!(ValType::BOT.name(), "bottom");
    let limits = Limits { min: 1, max: u64::MAX };
    assert_eq!(MemoryType::new(limits), MemoryType { limits, ..MemoryType::new(Limits { min: 0, max: 9 }) });
    assert_eq!((Value::from_f32(1.5).f32(), Value::from_f64(-2.5).f64()), (1.5, -2.5));
}

/// The parameter of the module's first type, by an import of it.
fn first_param(wasm: &[u8]) -> ValType {
    let mut wasm = wasm[..].to_vec();
    wasm.extend([2, 7, 1, 1, b'a', 1, b'b', 0, 0]);
    let pool = Pool::new();
    let wasm = pool.keep(wasm);
    let module = engine::load(&pool, wasm, &smith::EVERYTHING, Feed::Whole).expect("a module");
    module.func_type(0).expect("its type").params[0]
}
