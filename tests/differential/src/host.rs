//! What every generated module may import: host functions with results that follow from their arguments, and another
//! module whose exports it shares. The same for every engine; must not know any.

use std::sync::OnceLock;

/// Name of a host function, and how many parameters and results it has.
pub struct HostFunction {
    pub name: &'static str,
    pub results: &'static [Kind],
}

/// The type of a host function's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    I32,
    I64,
    F32,
    F64,
    V128,
}

/// The host functions, in the order of their numbers. Their types stand in [`IMPORTS`].
pub const FUNCTIONS: [HostFunction; 6] = [
    HostFunction { name: "mix", results: &[Kind::I32] },
    HostFunction { name: "wide", results: &[Kind::I64] },
    HostFunction { name: "note", results: &[] },
    HostFunction { name: "pair", results: &[Kind::F64, Kind::I64] },
    HostFunction { name: "five", results: &[Kind::F32] },
    HostFunction { name: "vectors", results: &[Kind::V128, Kind::I32] },
];

const IMPORTS: &str = r#"(module
  (import "host" "mix" (func (param i32 i32) (result i32)))
  (import "host" "wide" (func (param i64 f64) (result i64)))
  (import "host" "note" (func (param f32)))
  (import "host" "pair" (func (param i32) (result f64 i64)))
  (import "host" "five" (func (result f32)))
  (import "host" "vectors" (func (param v128 i32 v128) (result v128 i32)))
  (import "other" "add" (func (param i32 i32) (result i32)))
  (import "other" "step" (func (param i64) (result i64)))
  (import "other" "peek" (func (param i32) (result i32)))
  (import "other" "lanes" (func (param i32 v128 v128) (result v128 i32 v128)))
  (import "other" "memory" (memory 1 3))
  (import "other" "wide" (memory i64 1 3))
  (import "other" "table" (table 8 16 funcref))
  (import "other" "hidden" (table 4 8 externref))
  (import "other" "counter" (global (mut i32)))
  (import "other" "level" (global (mut f64)))
  (import "other" "vector" (global (mut v128)))
  (import "other" "base" (global i32))
  (import "other" "far" (global i64))
)"#;

const OTHER: &str = r#"(module
  (memory (export "memory") 1 3)
  (memory (export "wide") i64 1 3)
  (table (export "table") 8 16 funcref)
  (table (export "hidden") 4 8 externref)
  (global $counter (export "counter") (mut i32) (i32.const 5))
  (global $level (export "level") (mut f64) (f64.const 1.5))
  (global $vector (export "vector") (mut v128) (v128.const i32x4 1 2 3 4))
  (global (export "base") i32 (i32.const 2))
  (global (export "far") i64 (i64.const 3))
  (elem (i32.const 1) $add $step $peek $lanes)
  (func $add (export "add") (param i32 i32) (result i32)
    (global.set $counter (i32.add (global.get $counter) (i32.const 1)))
    (i32.add (local.get 0) (i32.mul (local.get 1) (global.get $counter))))
  (func $step (export "step") (param i64) (result i64)
    (global.set $level (f64.add (global.get $level) (f64.const 0.25)))
    (i64.store (i32.const 64) (local.get 0))
    (i64.xor (i64.load (i32.const 61)) (i64.reinterpret_f64 (global.get $level))))
  (func $lanes (export "lanes") (param i32 v128 v128) (result v128 i32 v128)
    (global.set $vector (i16x8.add (global.get $vector) (local.get 2)))
    (i32x4.shl (local.get 1) (local.get 0))
    (i8x16.bitmask (local.get 2))
    (global.get $vector))
  (func $peek (export "peek") (param i32) (result i32)
    (i32.load (local.get 0)))
)"#;

fn encode(text: &str) -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(text).expect("the text is lexed");
    let mut wat: wast::Wat<'_> = wast::parser::parse(&buffer).expect("the text is a module");
    wat.encode().expect("the module is encoded")
}

/// A module that imports everything there is to import.
#[must_use]
pub fn available_imports() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| encode(IMPORTS))
}

/// The module that exports what is imported from `other`.
#[must_use]
pub fn other_module() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| encode(OTHER))
}

/// Calls host function `number`: folds the call into the log and gives the bits of its results.
pub fn call(number: usize, args: &[u64], log: &mut u64) -> [u64; 2] {
    let mut hash = *log ^ (number as u64 + 1);
    for arg in args {
        hash = (hash ^ arg).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
    }
    *log = hash;
    let mut results = [0; 2];
    for (result, kind) in results.iter_mut().zip(FUNCTIONS.get(number).map_or(&[][..], |f| f.results)) {
        *result = match kind {
            Kind::I32 => hash & 0xffff_ffff,
            Kind::I64 | Kind::V128 => hash,
            // Whole numbers, so that no NaN comes from outside.
            Kind::F32 => u64::from(((hash % 1000) as f32).to_bits()),
            Kind::F64 => ((hash % 100_000) as f64).to_bits(),
        };
        hash = hash.rotate_left(23);
    }
    results
}
