//! What an operator takes and gives, found by asking the engine which functions around it validate.
//!
//! So that a row added to the one table of operators needs no second list here: the immediates, the
//! operands and the results of every operator on numbers and vectors are found by trying.

use crate::values::TYPES;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, Encode, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, MemorySection, MemoryType, Module, RefType, TableSection,
    TableType, TypeSection, ValType,
};
use wrt_core::{LoadBudget, OperatorInfo, Proposals};
use wrt_tests::engine::{Feed, plan};

/// What surrounds an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// Functions alone.
    Nothing,
    /// A memory with 32-bit or 64-bit addresses, a table, globals, segments.
    All {
        /// 64-bit addresses.
        memory64: bool,
        /// A memory that threads may share.
        shared: bool,
    },
}

/// One way to use an operator.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Opcode and immediates.
    pub bytes: Vec<u8>,
    /// What tells it from the operator's other shapes.
    pub label: String,
    /// Operands.
    pub params: Vec<ValType>,
    /// Results.
    pub results: Vec<ValType>,
    /// Whether the first operand is an address of memory.
    pub address: bool,
    /// What it needs around it.
    pub around: Around,
}

/// A function of a module.
pub struct Func {
    /// Parameters.
    pub params: Vec<ValType>,
    /// Results.
    pub results: Vec<ValType>,
    /// Locals behind the parameters.
    pub locals: Vec<ValType>,
    /// Operators, without the last `end`.
    pub body: Vec<u8>,
}

/// Bytes that the memory's first and last page edges are filled with.
fn pattern() -> Vec<u8> {
    (0..=255u32).map(|i| (i.wrapping_mul(167).wrapping_add(i >> 3) ^ 0x5a) as u8).collect()
}

/// A module of these functions, exported as `f0`, `f1`, …; function 0 is a helper of its own.
#[must_use]
pub fn module(around: Around, funcs: &[Func]) -> Vec<u8> {
    let mut types = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    types.ty().function([], [ValType::I64]);
    functions.function(0);
    let mut helper = Function::new([]);
    helper.instructions().i64_const(0x1234_5678).end();
    code.function(&helper);
    for (index, func) in (0u32..).zip(funcs) {
        types.ty().function(func.params.iter().copied(), func.results.iter().copied());
        functions.function(index + 1);
        exports.export(&format!("f{index}"), ExportKind::Func, index + 1);
        let mut body = Function::new_with_locals_types(func.locals.iter().copied());
        body.raw(func.body.iter().copied());
        body.instructions().end();
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions);
    let Around::All { memory64, shared } = around else {
        module.section(&exports).section(&code);
        return module.finish();
    };
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 4,
        maximum: Some(4),
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: Some(2), memory64, shared, page_size_log2: None });
    let mut globals = GlobalSection::new();
    for (ty, value) in [
        (ValType::I32, ConstExpr::i32_const(77)),
        (ValType::I64, ConstExpr::i64_const(-77)),
        (ValType::F32, ConstExpr::f32_const(0.5.into())),
        (ValType::F64, ConstExpr::f64_const((-0.5).into())),
    ] {
        globals.global(GlobalType { val_type: ty, mutable: true, shared: false }, &value);
    }
    let mut elements = ElementSection::new();
    elements.passive(Elements::Functions([0, 0].as_slice().into()));
    elements.active(Some(0), &ConstExpr::i32_const(1), Elements::Functions([0].as_slice().into()));
    let at = |at: i32| if memory64 { ConstExpr::i64_const(at.into()) } else { ConstExpr::i32_const(at) };
    let mut data = DataSection::new();
    data.passive(pattern());
    data.active(0, &at(0), pattern());
    data.active(0, &at(65_536 - 256), pattern());
    module.section(&tables).section(&memories).section(&globals).section(&exports).section(&elements);
    module.section(&DataCountSection { count: 3 }).section(&code).section(&data);
    module.finish()
}

/// The proposals that a corpus may use: whatever the build has.
pub const PROPOSALS: Proposals = Proposals::ALL;

/// Whether these are an operator at all, whatever it takes: where it is never reached, it takes anything.
fn decodes(around: Around, bytes: &[u8]) -> bool {
    accepted(around, &[ValType::I32], &[], [&[0x00], bytes, &[0x00]].concat())
}

fn validates(around: Around, params: &[ValType], results: &[ValType], bytes: &[u8], drops: usize) -> bool {
    let mut body = Vec::new();
    for index in 0..params.len() as u32 {
        get(&mut body, index);
    }
    body.extend(bytes);
    body.extend(core::iter::repeat_n(0x1a, drops));
    accepted(around, params, results, body)
}

fn accepted(around: Around, params: &[ValType], results: &[ValType], body: Vec<u8>) -> bool {
    let func = Func { params: params.to_vec(), results: results.to_vec(), locals: Vec::new(), body };
    let wasm = module(around, &[func]);
    plan(&wasm, &LoadBudget { proposals: PROPOSALS, ..LoadBudget::DEFAULT }, Feed::Whole).is_ok()
}

/// `local.get`
pub fn get(body: &mut Vec<u8>, index: u32) {
    body.push(0x20);
    index.encode(body);
}

/// Immediates that some operator takes, shorter ones first: an operator whose immediates were cut
/// short would read the function's end.
fn immediates() -> Vec<Vec<u8>> {
    let mut all = vec![vec![], vec![0]];
    all.extend((0..=4).map(|align| vec![align, 0]));
    all.extend([vec![0, 0, 0], vec![0; 4], vec![0; 8]]);
    all.push((0..16).map(|lane| if lane % 3 == 1 { 31 - lane } else { lane }).collect());
    all
}

fn tuples(length: usize) -> Vec<Vec<ValType>> {
    match length {
        0 => vec![vec![]],
        // Operators with so many operands take all of one type.
        4 => TYPES.iter().map(|ty| vec![*ty; 4]).collect(),
        _ => tuples(length - 1).iter().flat_map(|t| TYPES.map(|ty| [t.as_slice(), &[ty]].concat())).collect(),
    }
}

/// Opcode bytes.
fn opcode(op: &OperatorInfo) -> Vec<u8> {
    let mut bytes = Vec::new();
    match op.prefix {
        None => bytes.push(op.code as u8),
        Some(prefix) => {
            bytes.push(prefix);
            op.code.encode(&mut bytes);
        }
    }
    bytes
}

/// Other values of one byte of the immediates, if they are an index or an access to memory: where, which
/// value, and what it means. Not every operator takes each.
fn variations(imm: &[u8]) -> Vec<(usize, u8, String)> {
    let lanes = |at: usize| [1u8, 3, 7, 15].map(|lane| (at, lane, format!("lane {lane}")));
    let offset = (1, 16, "offset 16".to_string());
    match imm.len() {
        1 => lanes(0).to_vec(),
        2 => vec![offset],
        3 => [vec![offset], lanes(2).to_vec()].concat(),
        _ => Vec::new(),
    }
}

/// The shapes of an operator with these bytes; `None` when what follows it is never reached, so that
/// it takes and gives anything.
fn shapes_of(around: Around, bytes: &[u8]) -> Option<Vec<Shape>> {
    for length in 0..=4 {
        let mut found = Vec::new();
        for params in tuples(length) {
            let Some(count) = (0..=2).find(|drops| validates(around, &params, &[], bytes, *drops)) else { continue };
            if validates(around, &params, &[], bytes, count + 1) {
                return None;
            }
            let results = tuples(count).into_iter().find(|results| validates(around, &params, results, bytes, 0));
            if let Some(results) = results {
                let (bytes, label) = (bytes.to_vec(), String::new());
                found.push(Shape { bytes, label, params, results, address: false, around });
            }
        }
        if !found.is_empty() {
            return Some(found);
        }
    }
    Some(Vec::new())
}

/// Every shape of an operator whose operands and results are numbers and vectors; none where it has
/// labels, types or references.
#[must_use]
pub fn shapes(op: &OperatorInfo) -> Vec<Shape> {
    let mut all: Vec<Shape> = Vec::new();
    let all_around = [(false, false), (true, false), (false, true)];
    let all_around = all_around.map(|(memory64, shared)| Around::All { memory64, shared });
    for around in [Around::Nothing].into_iter().chain(all_around) {
        for imm in immediates() {
            let bytes = [opcode(op), imm.clone()].concat();
            if !decodes(around, &bytes) {
                continue;
            }
            let Some(mut found) = shapes_of(around, &bytes) else { return Vec::new() };
            if found.is_empty() {
                continue;
            }
            // What the memory is does not matter to an operator that does not use it.
            let shared = matches!(around, Around::All { shared: true, .. });
            found.retain(|shape| {
                let mut same = all.iter().filter(|other| other.params == shape.params);
                let memory = op.name.starts_with("memory.");
                if shared { same.any(|other| memory || other.address) } else { same.next().is_none() }
            });
            // A vector comes as two parameters, so that the local with its number is another.
            found.retain(|shape| !op.name.starts_with("local.") || !shape.params.contains(&ValType::V128));
            for shape in &mut found {
                shape.label = format!("{:?}", shape.params).to_lowercase().replace(['[', ']', ' '], "");
                if shared {
                    shape.label += " shared";
                }
                for (at, to, name) in variations(&imm) {
                    // With another immediate it is another shape: an offset, another lane.
                    let mut other = shape.clone();
                    let Some(byte) = other.bytes.get_mut(bytes.len() - imm.len() + at) else { continue };
                    *byte = to;
                    other.label = format!("{} {name}", shape.label);
                    if *byte != imm[at] && validates(around, &other.params, &other.results, &other.bytes, 0) {
                        let memory = imm.len() > 1;
                        shape.address |= memory;
                        other.address = memory;
                        all.push(other);
                    }
                }
            }
            all.extend(found);
            break;
        }
        if all.iter().any(|shape| shape.around == Around::Nothing) {
            break;
        }
    }
    all
}
