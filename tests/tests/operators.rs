//! The one table of operations against the oracle's: names, opcodes, types, proposals, fuel.

// The rows are data without dependencies, so that a test may read the very file the build reads.
#[path = "../../wrt-core/isa/imm.rs"]
mod imm;
#[allow(dead_code, reason = "the test reads some of the rows' fields")]
#[path = "../../wrt-core/isa/table.rs"]
mod table;

use std::collections::BTreeSet;
use table::{Imm, Kind, Row, Ty};
use wasm_encoder::{
    CodeSection, Encode, Function, FunctionSection, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wasmparser::{BinaryReader, OperatorsReader, Validator, WasmFeatures};
use wrt_core::{LoadBudget, Proposals, Reason};
use wrt_tests::counted;
use wrt_tests::engine::{self, Feed};

macro_rules! oracle_names {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        &[$((stringify!($proposal), stringify!($op))),*]
    };
}

/// Every operator of the oracle with its proposal.
const ORACLE: &[(&str, &str)] = wasmparser::for_each_operator!(oracle_names);

/// The proposals of the oracle whose operators the engine has.
const COVERED: [&str; 14] = [
    "mvp",
    "sign_extension",
    "saturating_float_to_int",
    "bulk_memory",
    "reference_types",
    "tail_call",
    "exceptions",
    "legacy_exceptions",
    "threads",
    "wide_arithmetic",
    "simd",
    "relaxed_simd",
    "function_references",
    "gc",
];

/// A name without what its spelling adds: `i32.trunc_sat_f32_s` and `I32TruncSatF32S` are one.
fn plain(name: &str) -> String {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    // What the text format writes as one word with an annotation, the oracle has under two names.
    match name.to_lowercase().as_str() {
        "selectt" => "typedselect".into(),
        "reftest" => "reftestnonnull".into(),
        "reftestnull" => "reftestnullable".into(),
        "refcast" => "refcastnonnull".into(),
        "refcastnull" => "refcastnullable".into(),
        other => other.into(),
    }
}

fn opcode(row: &Row) -> Vec<u8> {
    if row.prefix == 0xff {
        return vec![row.code as u8];
    }
    let mut bytes = vec![row.prefix];
    row.code.encode(&mut bytes);
    bytes
}

/// Immediates that every operator of the kind accepts.
fn immediates(imm: Imm) -> &'static [u8] {
    match imm {
        Imm::None => &[],
        Imm::Block => &[0x40],
        Imm::SelectTypes => &[1, 0x7f],
        Imm::RefType => &[0x70],
        Imm::F32 => &[0; 4],
        Imm::F64 => &[0; 8],
        Imm::Label | Imm::Func | Imm::Local | Imm::Global | Imm::Table | Imm::Mem | Imm::I32 | Imm::I64 => &[0],
        Imm::V128 | Imm::Lanes => &[0; 16],
        Imm::MemArgLane => &[0; 3],
        Imm::Data | Imm::Elem | Imm::Lane | Imm::Reserved | Imm::Tag | Imm::Type => &[0],
        // Flags, label, two heap types.
        Imm::Cast => &[0, 0, 0x6e, 0x6e],
        _ => &[0, 0],
    }
}

fn rows() -> Vec<Row> {
    table::OPERATORS.to_vec()
}

/// CORE-5: every row decodes, under its opcode and with its immediates, to the operator of its name,
/// and nothing of the covered proposals is missing.
#[test]
fn core_5_the_table_has_every_operator_under_its_opcode() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        // What stands in an `if` or a `try` alone.
        let around = match row.name {
            "else" => Some(0x04),
            "catch" | "catch_all" | "delegate" => Some(0x06),
            _ => None,
        };
        let mut bytes = around.map_or(Vec::new(), |opener| vec![opener, 0x40]);
        bytes.extend(opcode(&row));
        bytes.extend(immediates(row.imm));
        let mut reader = OperatorsReader::new(BinaryReader::new_features(&bytes, 0, WasmFeatures::all()));
        if around.is_some() {
            reader.read().expect("what is around it");
        }
        let op = reader.read().unwrap_or_else(|e| panic!("{}: {e}", row.name));
        let name = format!("{op:?}").split([' ', '{']).next().unwrap_or("").to_string();
        assert_eq!(plain(&name), plain(row.name), "{:02x?}", bytes);
        assert!(reader.eof(), "{}: immediates {:02x?}", row.name, immediates(row.imm));
        assert_eq!(u64::from(row.fuel), counted::fixed_cost(&op), "{}: fuel", row.name);
        assert!(seen.insert(plain(row.name)), "{} stands twice", row.name);
    }
    let wanted: BTreeSet<String> = ORACLE
        .iter()
        .filter(|(proposal, _)| COVERED.contains(proposal))
        // `select` with several types has one opcode with the typed one; discarding memory and atomics
        // are not in 3.0.
        .map(|(_, name)| plain(name))
        .filter(|name| name != "typedselectmulti")
        .collect();
    let missing: Vec<&String> = wanted.difference(&seen).collect();
    let extra: Vec<&String> = seen.difference(&wanted).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:?}, extra {extra:?}");
}

fn val(ty: Ty) -> ValType {
    match ty {
        Ty::I32 => ValType::I32,
        Ty::I64 => ValType::I64,
        Ty::F32 => ValType::F32,
        Ty::F64 => ValType::F64,
        Ty::V128 => ValType::V128,
    }
}

/// Operand and result types, where the row says them.
fn signature(row: &Row) -> Option<(Vec<ValType>, Vec<ValType>)> {
    Some(match row.kind {
        Kind::Unary(from, to) | Kind::Retype(from, to) => (vec![val(from)], vec![val(to)]),
        Kind::Binary(ty) => (vec![val(ty); 2], vec![val(ty)]),
        Kind::Compare(ty) => (vec![val(ty); 2], vec![ValType::I32]),
        Kind::Load(ty, _) => (vec![ValType::I32], vec![val(ty)]),
        Kind::Store(ty, _) => (vec![ValType::I32, val(ty)], vec![]),
        Kind::Vector(operands, to, _) => (operands.iter().map(|ty| val(*ty)).collect(), vec![val(to)]),
        Kind::LoadLane(_) => (vec![ValType::I32, ValType::V128], vec![ValType::V128]),
        Kind::StoreLane(_) => (vec![ValType::I32, ValType::V128], vec![]),
        Kind::AtomicLoad(ty, _) => (vec![ValType::I32], vec![val(ty)]),
        Kind::AtomicStore(ty, _) => (vec![ValType::I32, val(ty)], vec![]),
        Kind::AtomicRmw(ty, _) => (vec![ValType::I32, val(ty)], vec![val(ty)]),
        Kind::AtomicCmpxchg(ty, _) => (vec![ValType::I32, val(ty), val(ty)], vec![val(ty)]),
        Kind::Special => match row.name {
            "i64.add128" | "i64.sub128" => (vec![ValType::I64; 4], vec![ValType::I64; 2]),
            "i64.mul_wide_s" | "i64.mul_wide_u" => (vec![ValType::I64; 2], vec![ValType::I64; 2]),
            "memory.atomic.notify" => (vec![ValType::I32; 2], vec![ValType::I32]),
            "memory.atomic.wait32" => (vec![ValType::I32, ValType::I32, ValType::I64], vec![ValType::I32]),
            "memory.atomic.wait64" => (vec![ValType::I32, ValType::I64, ValType::I64], vec![ValType::I32]),
            "atomic.fence" => (vec![], vec![]),
            _ => return None,
        },
    })
}

/// A module whose one function is the operator on its parameters; `align` where it has one.
fn module(row: &Row, params: &[ValType], results: &[ValType], align: u8) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function(params.iter().copied(), results.iter().copied());
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut body = Function::new([]);
    for i in 0..params.len() as u32 {
        body.instructions().local_get(i);
    }
    body.raw(opcode(row));
    match row.imm {
        Imm::MemArg => body.raw([align, 0]),
        Imm::MemArgLane => body.raw([align, 0, 0]),
        imm => body.raw(immediates(imm).iter().copied()),
    };
    body.instructions().end();
    let mut code = CodeSection::new();
    code.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&code);
    module.finish()
}

fn feature(proposal: &str) -> WasmFeatures {
    match proposal {
        "SIGN_EXTENSION" => WasmFeatures::SIGN_EXTENSION,
        "SATURATING_FLOAT_TO_INT" => WasmFeatures::SATURATING_FLOAT_TO_INT,
        "BULK_MEMORY" => WasmFeatures::BULK_MEMORY,
        "REFERENCE_TYPES" => WasmFeatures::REFERENCE_TYPES,
        "TAIL_CALL" => WasmFeatures::TAIL_CALL,
        "THREADS" => WasmFeatures::THREADS,
        "WIDE_ARITHMETIC" => WasmFeatures::WIDE_ARITHMETIC,
        "SIMD" => WasmFeatures::SIMD,
        "RELAXED_SIMD" => WasmFeatures::SIMD | WasmFeatures::RELAXED_SIMD,
        "" => WasmFeatures::empty(),
        other => panic!("a proposal that the test does not know: {other}"),
    }
}

fn bit(proposal: &str) -> Proposals {
    match proposal {
        "SIGN_EXTENSION" => Proposals::SIGN_EXTENSION,
        "SATURATING_FLOAT_TO_INT" => Proposals::SATURATING_FLOAT_TO_INT,
        "BULK_MEMORY" => Proposals::BULK_MEMORY,
        "REFERENCE_TYPES" => Proposals::REFERENCE_TYPES,
        "TAIL_CALL" => Proposals::TAIL_CALL,
        "THREADS" => Proposals::THREADS,
        "WIDE_ARITHMETIC" => Proposals::WIDE_ARITHMETIC,
        "SIMD" => Proposals::SIMD,
        "RELAXED_SIMD" => Proposals::RELAXED_SIMD,
        _ => Proposals(0),
    }
}

/// CORE-6: types, natural alignment and proposal of every plain operator are the oracle's; with its
/// proposal off the operator is refused by name, at its offset.
#[test]
fn core_6_types_widths_and_proposals_are_the_oracles() {
    let plans =
        |wasm: &[u8], proposals| engine::plan(wasm, &LoadBudget { proposals, ..LoadBudget::DEFAULT }, Feed::Whole);
    let mut checked = 0;
    for row in rows() {
        let Some((params, results)) = signature(&row) else { continue };
        checked += 1;
        let (natural, atomic) = match (row.kind, row.name) {
            (Kind::Load(_, width) | Kind::Store(_, width), _) => (width.trailing_zeros() as u8, false),
            (Kind::LoadLane(width) | Kind::StoreLane(width), _) => (width.trailing_zeros() as u8, false),
            (Kind::AtomicLoad(_, width) | Kind::AtomicStore(_, width), _) => (width.trailing_zeros() as u8, true),
            (Kind::AtomicRmw(_, width) | Kind::AtomicCmpxchg(_, width), _) => (width.trailing_zeros() as u8, true),
            (_, "memory.atomic.notify" | "memory.atomic.wait32") => (2, true),
            (_, "memory.atomic.wait64") => (3, true),
            _ => (0, false),
        };
        let wasm = module(&row, &params, &results, natural);
        let own = WasmFeatures::WASM1 | WasmFeatures::MULTI_VALUE | feature(row.proposal);
        Validator::new_with_features(own).validate_all(&wasm).unwrap_or_else(|e| panic!("{}: {e}", row.name));
        plans(&wasm, Proposals::ALL).unwrap_or_else(|e| panic!("{}: {e}", row.name));
        if matches!(row.imm, Imm::MemArg | Imm::MemArgLane) {
            let wasm = module(&row, &params, &results, natural + 1);
            assert!(Validator::new_with_features(own).validate_all(&wasm).is_err(), "{}", row.name);
            let error = plans(&wasm, Proposals::ALL).expect_err("alignment beyond the natural one");
            let reason = if atomic { Reason::AtomicAlignment } else { Reason::AlignmentTooLarge };
            assert_eq!(error.reason, reason, "{}", row.name);
        }
        if atomic && natural > 0 {
            let wasm = module(&row, &params, &results, natural - 1);
            assert!(Validator::new_with_features(own).validate_all(&wasm).is_err(), "{}", row.name);
            let error = plans(&wasm, Proposals::ALL).expect_err("alignment below the natural one");
            assert_eq!(error.reason, Reason::AtomicAlignment, "{}", row.name);
        }
        if row.proposal.is_empty() {
            assert!(plans(&wasm, Proposals(0)).is_ok(), "{} is of version 1", row.name);
        } else {
            let off = WasmFeatures::WASM1.difference(feature(row.proposal));
            assert!(Validator::new_with_features(off).validate_all(&wasm).is_err(), "{}", row.name);
            let error = plans(&wasm, Proposals::ALL.without(bit(row.proposal))).expect_err("a proposal that is off");
            assert_eq!(error.reason, Reason::ProposalOff, "{}", row.name);
            assert_eq!(error.detail, u64::from(bit(row.proposal).0), "{}", row.name);
            let at = error.offset as usize;
            // The type of vectors stands before every operator on them.
            let refused = if row.proposal == "SIMD" { vec![0x7b] } else { opcode(&row) };
            assert_eq!(wasm.get(at..at + refused.len()), Some(&*refused), "{}", row.name);
        }
    }
    assert!(checked > 470, "{checked}");
}
