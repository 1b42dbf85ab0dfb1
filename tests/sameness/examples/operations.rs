//! What one execution of each operator costs: fuel, which is exact, and time on this machine, which is a record.
//!
//! `operations [ROUNDS]`. Each operator stands many times in a loop, with its operands in locals and its results
//! dropped; the same loop with operands that are dropped at once is taken off. The best of several runs counts. One
//! line per operator and shape: class, operator, fuel, fuel by the table, nanoseconds in each back end. Bulk operators
//! follow, with fuel and nanoseconds per KiB or per 1024 elements, from the difference between a long and a short one.
//! Operators whose operands are labels, types or references have no shape of their own; the few that matter most
//! (branches, calls) are written by hand.

use std::time::Instant;
use wasm_encoder::{Encode, ValType};
use wrt_core::{Backend, Instance, LoadBudget, OperatorInfo, Value, backends};
use wrt_sameness::shape::{self, Around, Func, Shape};
use wrt_tests::engine::{Feed, Pool, STACK, call, instantiate, load};
use wrt_tests::region::Region;

/// How often the operator stands in the loop.
const UNROLLED: u64 = 64;
/// Runs of which the best counts.
const BEST_OF: usize = 5;
/// Operators with a length as their last operand: name, bytes of the lengths compared, and the unit.
const BULK: [(&str, u64, u64); 6] = [
    ("memory.fill", 1024, 33 * 1024),
    ("memory.copy", 1024, 33 * 1024),
    ("memory.init", 0, 256),
    ("table.fill", 0, 3),
    ("table.copy", 0, 3),
    ("table.init", 0, 2),
];

/// Operators that have labels and types, with those that they need: the names of what is executed, bytes, operands and
/// results.
fn by_hand() -> Vec<(&'static [&'static str], Shape)> {
    let around = Around::All { memory64: false, shared: false };
    let shape = |bytes: &[u8], params: &[ValType], results: &[ValType]| Shape {
        bytes: bytes.to_vec(),
        label: String::new(),
        params: params.to_vec(),
        results: results.to_vec(),
        address: false,
        around,
    };
    vec![
        (&["br", "block"], shape(&[0x02, 0x40, 0x0c, 0, 0x0b], &[], &[])),
        (&["br_if", "block", "i32.const"], shape(&[0x02, 0x40, 0x41, 1, 0x0d, 0, 0x0b], &[], &[])),
        (&["br_table", "block", "i32.const"], shape(&[0x02, 0x40, 0x41, 0, 0x0e, 1, 0, 0, 0x0b], &[], &[])),
        (&["if", "end"], shape(&[0x04, 0x40, 0x0b], &[ValType::I32], &[])),
        (&["call", "i64.const", "end"], shape(&[0x10, 0], &[], &[ValType::I64])),
        (&["call_indirect", "i64.const", "end"], shape(&[0x11, 0, 0], &[ValType::I32], &[ValType::I64])),
    ]
}

/// The class that a line belongs to.
fn class(name: &str) -> &'static str {
    let vector = ["i8x16", "i16x8", "i32x4", "i64x2", "v128"].iter().any(|p| name.starts_with(p));
    let has = |part: &str| name.contains(part);
    match name {
        _ if has("atomic") => "atomic",
        _ if name.starts_with("memory.") || name.starts_with("table.") => "memory and table",
        _ if vector && (has("load") || has("store")) => "vector access",
        _ if name.starts_with("f32x4") || name.starts_with("f64x2") => "vector float",
        _ if vector => "vector integer",
        _ if has("load") || has("store") => "access",
        _ if has("div") || has("rem") || has("sqrt") => "division and root",
        _ if has("trunc") || has("convert") || has("demote") || has("promote") || has("reinterpret") => "conversion",
        _ if name.starts_with('f') => "float",
        _ if name.starts_with("i32") || name.starts_with("i64") => "integer",
        _ if name.starts_with("br") || name.starts_with("if") || name.starts_with("call") => "branch and call",
        _ => "variable and other",
    }
}

/// An operand that no operator refuses: an address, a divisor, a number.
fn operand(ty: ValType) -> Value {
    match ty {
        ValType::F32 => Value::from_f32(1.5),
        ValType::F64 => Value::from_f64(1.5),
        ValType::V128 => Value::from_v128(0x3f80_0000_4000_0000_3ff8_0000_0000_0001),
        ValType::I64 => Value::from_i64(1),
        _ => Value::from_i32(1),
    }
}

/// A function that does `bytes` on its parameters, again and again, as often as its last parameter says. Without
/// `bytes` the operands are dropped at once.
fn looped(shape: &Shape, bytes: Option<&[u8]>) -> Func {
    let rounds = shape.params.len() as u32;
    let mut body = vec![0x03, 0x40];
    for _ in 0..UNROLLED {
        for index in 0..rounds {
            shape::get(&mut body, index);
        }
        body.extend(bytes.unwrap_or_default());
        let drops = if bytes.is_some() { shape.results.len() } else { shape.params.len() };
        body.extend(core::iter::repeat_n(0x1a, drops));
    }
    shape::get(&mut body, rounds);
    // i32.const 1, i32.sub, local.tee, br_if 0, end
    body.extend([0x41, 1, 0x6b, 0x22]);
    rounds.encode(&mut body);
    body.extend([0x0d, 0, 0x0b]);
    Func { params: [shape.params.as_slice(), &[ValType::I32]].concat(), results: vec![], locals: vec![], body }
}

/// Fuel and best time in nanoseconds of one call.
fn one(stack: &Region, instance: Instance<'_>, name: &str, args: &[Value], backend: Backend) -> Option<(u64, f64)> {
    let mut best = f64::MAX;
    let mut fuel = 0;
    for _ in 0..BEST_OF {
        let start = Instant::now();
        fuel = call(stack, instance, name, args, backend).ok()?.fuel;
        best = best.min(start.elapsed().as_nanos() as f64);
    }
    Some((fuel, best))
}

/// Fuel and nanoseconds of one execution, in each back end. `None` where the operands make it trap.
fn measure(shape: &Shape, rounds: u32, last: Option<u64>) -> Option<(u64, Vec<f64>)> {
    let wasm = shape::module(shape.around, &[looped(shape, None), looped(shape, Some(&shape.bytes))]);
    let pool = Pool::new();
    let wasm = pool.keep(wasm);
    let budget = LoadBudget { proposals: shape::PROPOSALS, ..LoadBudget::DEFAULT };
    let module = load(&pool, wasm, &budget, Feed::Whole).ok()?;
    let instance = instantiate(&pool, module, wasm, &(), &[]).ok()?;
    let stack = Region::new(STACK);
    let mut args: Vec<Value> = shape.params.iter().map(|ty| operand(*ty)).collect();
    if shape.address
        && let Some(address) = args.first_mut()
    {
        *address = Value::from_i64(16);
    }
    if let (Some(length), Some(operand)) = (last, args.last_mut()) {
        *operand = Value::from_i64(length as i64);
        for place in args.iter_mut().rev().skip(1) {
            *place = Value::from_i64(0);
        }
    }
    args.push(Value::from_i32(rounds as i32));
    let count = f64::from(rounds) * UNROLLED as f64;
    let mut fuel = 0;
    let mut times = Vec::new();
    for backend in backends() {
        let (bare_fuel, bare) = one(&stack, instance, "f0", &args, *backend)?;
        let (full_fuel, full) = one(&stack, instance, "f1", &args, *backend)?;
        // Operands are taken in both; what is dropped differs.
        let drops = shape.params.len() as u64 * u64::from(rounds) * UNROLLED;
        let mine = shape.results.len() as u64 * u64::from(rounds) * UNROLLED;
        fuel = (full_fuel + drops - bare_fuel - mine) / (u64::from(rounds) * UNROLLED);
        times.push(((full - bare) / count).max(0.0));
    }
    Some((fuel, times))
}

fn line(name: &str, fuel: u64, table: Option<u64>, times: &[f64]) {
    let times: Vec<String> = times.iter().map(|t| format!("{t:.2}")).collect();
    let table = table.map_or("-".into(), |fuel| fuel.to_string());
    println!("{}\t{name}\t{fuel}\t{table}\t{}", class(name), times.join("\t"));
}

fn main() {
    let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200);
    let names: Vec<String> = backends().iter().map(|b| format!("{b:?} ns")).collect();
    println!("class\toperator\tfuel\ttable\t{}", names.join("\t"));
    let mut without = Vec::new();
    let mut bulk = Vec::new();
    let all: Vec<OperatorInfo> = wrt_core::operators().collect();
    for op in &all {
        // Written by hand: a label means another place here, and what is called costs fuel of its own.
        if ["br", "call", "return", "if"].iter().any(|first| op.name.starts_with(first)) {
            continue;
        }
        if let Some((_, short, long)) = BULK.iter().find(|(name, _, _)| *name == op.name) {
            bulk.push((op, *short, *long));
            continue;
        }
        // Shapes with a label are the same operator at another place of memory or of a vector.
        let mut measured = false;
        for shape in shape::shapes(op) {
            if let Some((fuel, times)) = measure(&shape, rounds, None) {
                line(op.name, fuel, Some(u64::from(op.fuel)), &times);
                measured = true;
            }
        }
        if !measured {
            without.push(op.name);
        }
    }
    for (names, shape) in by_hand() {
        let name = names.join(", ");
        let table = names.iter().map(|name| all.iter().find(|op| op.name == *name).map(|op| u64::from(op.fuel)));
        let table = table.sum::<Option<u64>>().unwrap_or_else(|| panic!("{name}: not all are operators"));
        let (fuel, times) = measure(&shape, rounds, None).unwrap_or_else(|| panic!("{name}: does not run"));
        line(&name, fuel, Some(table), &times);
    }
    for (op, short, long) in bulk {
        let shapes = shape::shapes(op);
        if shapes.is_empty() {
            without.push(op.name);
        }
        for shape in shapes.iter().take(1) {
            let few = (rounds / 50).max(1);
            if let (Some((a, a_times)), Some((b, b_times))) =
                (measure(shape, few, Some(short)), measure(shape, few, Some(long)))
            {
                let per = 1024.0 / (long - short) as f64;
                let times: Vec<f64> = b_times.iter().zip(&a_times).map(|(b, a)| (b - a).max(0.0) * per).collect();
                let fuel = ((b - a) as f64 * per).round() as u64;
                line(&format!("{} per 1024", op.name), fuel, None, &times);
            }
        }
    }
    println!("# {} operators of {} have no shape of their own: {}", without.len(), all.len(), without.join(" "));
}
