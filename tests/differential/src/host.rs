//! What every generated module may import: host functions with results that follow from their arguments, and another
//! module whose exports it shares. The same for every engine; must not know any.

use std::sync::OnceLock;
use wrt_core::Proposals;

/// Which kinds of imports there are beside those of every module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    pub exceptions: bool,
    pub gc: bool,
}

impl Offer {
    /// What there is to import for modules that may use these proposals.
    #[must_use]
    pub const fn of(proposals: Proposals) -> Self {
        Self {
            exceptions: proposals.has(Proposals::EXCEPTION_HANDLING),
            gc: proposals.has(Proposals::GC.with(Proposals::FUNCTION_REFERENCES)),
        }
    }

    fn number(self) -> usize {
        usize::from(self.exceptions) + 2 * usize::from(self.gc)
    }
}

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
    Extern,
}

/// The host functions, in the order of their numbers. Their types stand in [`IMPORTS`].
pub const FUNCTIONS: [HostFunction; 8] = [
    HostFunction { name: "mix", results: &[Kind::I32] },
    HostFunction { name: "wide", results: &[Kind::I64] },
    HostFunction { name: "note", results: &[] },
    HostFunction { name: "pair", results: &[Kind::F64, Kind::I64] },
    HostFunction { name: "five", results: &[Kind::F32] },
    HostFunction { name: "vectors", results: &[Kind::V128, Kind::I32] },
    HostFunction { name: "token", results: &[Kind::Extern] },
    HostFunction { name: "spend", results: &[Kind::I32] },
];

const IMPORTS: &str = r#"
  (import "host" "mix" (func (param i32 i32) (result i32)))
  (import "host" "wide" (func (param i64 f64) (result i64)))
  (import "host" "note" (func (param f32)))
  (import "host" "pair" (func (param i32) (result f64 i64)))
  (import "host" "five" (func (result f32)))
  (import "host" "vectors" (func (param v128 i32 v128) (result v128 i32)))
  (import "host" "token" (func (param i32) (result externref)))
  (import "host" "spend" (func (param externref externref) (result i32)))
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
"#;

const EXCEPTION_IMPORTS: &str = r#"
  (import "other" "stop" (tag (param i32)))
  (import "other" "plain" (tag))
  (import "other" "throw" (func (param i32) (result i64)))
  (import "other" "relay" (func (param i32) (result i32)))
  (import "other" "catch" (func (param i32) (result i32)))
"#;

const GC_TYPES: &str = r#"
  (rec (type $pair (sub (struct (field i32) (field (mut i64)))))
       (type $list (sub (struct (field (mut (ref null $pair))) (field (mut (ref null $list)))))))
  (type $bytes (array (mut i8)))
"#;

const GC_IMPORTS: &str = r#"
  (import "other" "pair" (func (param i32) (result (ref null $pair))))
  (import "other" "push" (func (param (ref null $list)) (result (ref null $list))))
  (import "other" "sum" (func (param (ref null $list)) (result i64)))
  (import "other" "fill" (func (param (ref null $bytes) i32)))
  (import "other" "kept" (global (mut anyref)))
  (import "other" "row" (table 4 8 eqref))
"#;

const OTHER: &str = r#"
  (memory (export "memory") 1 3)
  (memory (export "wide") i64 1 3)
  (table $table (export "table") 8 16 funcref)
  (table (export "hidden") 4 8 externref)
  (global $counter (export "counter") (mut i32) (i32.const 5))
  (global $level (export "level") (mut f64) (f64.const 1.5))
  (global $vector (export "vector") (mut v128) (v128.const i32x4 1 2 3 4))
  (global (export "base") i32 (i32.const 2))
  (global (export "far") i64 (i64.const 3))
  (elem (table $table) (i32.const 1) func $add $step $peek $lanes)
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
"#;

const EXCEPTION_OTHER: &str = r#"
  (tag $stop (export "stop") (param i32))
  (tag $plain (export "plain"))
  (type $void (func))
  (func (export "throw") (param i32) (result i64)
    (if (i32.eq (i32.and (local.get 0) (i32.const 3)) (i32.const 3)) (then (throw $plain)))
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $stop (local.get 0))))
    (i64.extend_i32_u (local.get 0)))
  (func $relay (export "relay") (param i32) (result i32)
    (global.set $counter (i32.add (global.get $counter) (i32.const 7)))
    (call_indirect $table (type $void) (i32.and (local.get 0) (i32.const 7)))
    (global.set $counter (i32.add (global.get $counter) (i32.const 9)))
    (global.get $counter))
  (func (export "catch") (param i32) (result i32)
    (block $stopped (result i32)
      (block $other
        (try_table (catch $stop $stopped) (catch_all $other)
          (return (call $relay (local.get 0))))
        (unreachable))
      (global.set $level (f64.add (global.get $level) (f64.const 0.5)))
      (i32.const -3)))
"#;

const GC_OTHER: &str = r#"
  (global $kept (export "kept") (mut anyref) (ref.i31 (i32.const 77)))
  (table (export "row") 4 8 eqref)
  (func (export "pair") (param i32) (result (ref null $pair))
    (struct.new $pair (local.get 0) (i64.extend_i32_s (local.get 0))))
  (func (export "push") (param (ref null $list)) (result (ref null $list))
    (struct.new $list
      (struct.new $pair (global.get $counter) (i64.const 4))
      (local.get 0)))
  (func (export "sum") (param $at (ref null $list)) (result i64)
    (local $sum i64) (local $left i32)
    (local.set $left (i32.const 20))
    (block $end
      (loop $next
        (br_if $end (ref.is_null (local.get $at)))
        (br_if $end (i32.eqz (local.get $left)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (local.set $sum (i64.add (local.get $sum)
          (struct.get $pair 1 (struct.get $list 0 (local.get $at)))))
        (local.set $at (struct.get $list 1 (local.get $at)))
        (br $next)))
    (local.get $sum))
  (func (export "fill") (param (ref null $bytes)) (param i32)
    (array.fill $bytes (local.get 0) (i32.const 1) (local.get 1) (i32.const 2)))
"#;

fn encode(text: &str) -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(text).expect("the text is lexed");
    let mut wat: wast::Wat<'_> = wast::parser::parse(&buffer).expect("the text is a module");
    wat.encode().expect("the module is encoded")
}

/// The module of these parts.
fn offered(offer: Offer, base: &str, exceptions: &str, gc: &str) -> Vec<u8> {
    let mut text = String::from("(module");
    for (part, on) in [(GC_TYPES, offer.gc), (base, true), (exceptions, offer.exceptions), (gc, offer.gc)] {
        if on {
            text.push_str(part);
        }
    }
    text.push(')');
    encode(&text)
}

/// A module that imports everything there is to import.
#[must_use]
pub fn available_imports(offer: Offer) -> &'static [u8] {
    static BYTES: [OnceLock<Vec<u8>>; 4] = [const { OnceLock::new() }; 4];
    BYTES[offer.number()].get_or_init(|| offered(offer, IMPORTS, EXCEPTION_IMPORTS, GC_IMPORTS))
}

/// The module that exports what is imported from `other`.
#[must_use]
pub fn other_module(offer: Offer) -> &'static [u8] {
    static BYTES: [OnceLock<Vec<u8>>; 4] = [const { OnceLock::new() }; 4];
    BYTES[offer.number()].get_or_init(|| offered(offer, OTHER, EXCEPTION_OTHER, GC_OTHER))
}

/// What a reference counts as that is not null and none of the host's own.
pub const FOREIGN: u64 = u64::MAX;

/// Calls host function `number`: folds the call into the log and gives the bits of its results.
/// References of the host's own count as their number.
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
            // A number of the host's, and now and then null.
            Kind::Extern => hash % 100,
            // Whole numbers, so that no NaN comes from outside.
            Kind::F32 => u64::from(((hash % 1000) as f32).to_bits()),
            Kind::F64 => ((hash % 100_000) as f64).to_bits(),
        };
        hash = hash.rotate_left(23);
    }
    results
}
