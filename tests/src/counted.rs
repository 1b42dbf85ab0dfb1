//! An independent count of fuel: a module rewritten so that it counts its own operators.
//!
//! Owns the published cost of each operator as `wasmparser` names it, and the rewriting: before
//! every operator that costs something, code that adds its cost to a global. Running the rewritten
//! module gives in that global what the engine must charge for the plain one, whatever the engine
//! fuses, folds or counts ahead. Knows nothing of the engine.

use std::ops::Range;
use wasm_encoder::{
    CodeSection, ConstExpr, Encode, ExportKind, ExportSection, GlobalSection, GlobalType, Instruction as I, Module,
    RawSection, SectionId, ValType,
};
use wasmparser::{BinaryReader, CompositeInnerType, Operator, Parser, Payload, StorageType, TypeRef};

/// Name of the exported counter.
pub const COUNTER: &str = "counted fuel";

/// Bytes of memory or table elements that one unit of fuel pays for, as a shift.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extra {
    /// None.
    No,
    /// One for each started eight bytes; the count is the last operand, 64-bit or not.
    Bytes(bool),
    /// One for each element; the count is the last operand, 64-bit or not.
    Elements(bool),
    /// One for each started eight bytes of array elements of so many bytes; the 32-bit count of
    /// elements is the last operand.
    Array(u32),
    /// `memory.grow`: one for each started eight bytes of new memory, if it grows; whether a page is a byte.
    GrowMemory(bool, bool),
    /// `table.grow`: one for each new element, if it grows.
    GrowTable(bool),
}

/// What the rewriter knows of a module's index spaces.
#[derive(Default)]
struct Shape {
    params: Vec<u32>,
    /// Bytes of an element of each type that is an array.
    elements: Vec<u32>,
    funcs: Vec<u32>,
    imported_funcs: usize,
    /// Whether addresses are 64 bits wide, and whether a page is a byte.
    memories: Vec<(bool, bool)>,
    tables: Vec<bool>,
    globals: u32,
    bodies: usize,
}

/// The module with its counter.
///
/// # Errors
/// What `wasmparser` says of a module that it cannot read.
pub fn instrument(wasm: &[u8]) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    let shape = shape(wasm)?;
    let mut out = Module::new();
    let mut code = CodeSection::new();
    let (mut globals_done, mut exports_done) = (false, false);
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let id = payload.as_section().map_or(0, |(id, _)| id);
        // Sections 1 to 5 and tags come before the globals, 6 after them come before the exports.
        if !globals_done && id > 6 && id != SectionId::Tag as u8 {
            globals_done = true;
            out.section(&counter_global());
        }
        if !exports_done && id > 7 && id != SectionId::Tag as u8 {
            exports_done = true;
            out.section(&counter_export(shape.globals));
        }
        match payload {
            Payload::GlobalSection(section) => {
                globals_done = true;
                let mut bytes = append(wasm, section.range(), section.count());
                // i64, mutable, i64.const 0, end
                bytes.extend([0x7e, 1, 0x42, 0, 0x0b]);
                out.section(&RawSection { id, data: &bytes });
            }
            Payload::ExportSection(section) => {
                exports_done = true;
                let mut bytes = append(wasm, section.range(), section.count());
                COUNTER.encode(&mut bytes);
                bytes.push(3);
                shape.globals.encode(&mut bytes);
                out.section(&RawSection { id, data: &bytes });
            }
            Payload::CodeSectionStart { .. } => {}
            Payload::CodeSectionEntry(body) => {
                let index = shape.imported_funcs + code.len() as usize;
                code.raw(&rewrite(wasm, &body, &shape, index)?);
                if code.len() as usize == shape.bodies {
                    out.section(&code);
                }
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    out.section(&RawSection { id, data: cut(wasm, range) });
                }
            }
        }
    }
    Ok(out.finish())
}

/// A section's items behind a count that is one higher, ready for one more.
fn append(wasm: &[u8], range: Range<u64>, count: u32) -> Vec<u8> {
    let mut reader = BinaryReader::new(cut(wasm, range.clone()), range.start);
    reader.read_var_u32().expect("a section that was read before");
    let mut bytes = Vec::new();
    (count + 1).encode(&mut bytes);
    bytes.extend(cut(wasm, reader.original_position()..range.end));
    bytes
}

fn cut(wasm: &[u8], range: Range<u64>) -> &[u8] {
    &wasm[range.start as usize..range.end as usize]
}

fn counter_global() -> GlobalSection {
    let mut globals = GlobalSection::new();
    let ty = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
    globals.global(ty, &ConstExpr::i64_const(0));
    globals
}

fn counter_export(index: u32) -> ExportSection {
    let mut exports = ExportSection::new();
    exports.export(COUNTER, ExportKind::Global, index);
    exports
}

fn shape(wasm: &[u8]) -> Result<Shape, wasmparser::BinaryReaderError> {
    let mut shape = Shape::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        shape.params.push(match &ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => ty.params().len() as u32,
                            _ => 0,
                        });
                        shape.elements.push(match &ty.composite_type.inner {
                            CompositeInnerType::Array(ty) => bytes_of(ty.0.element_type),
                            _ => 0,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            shape.funcs.push(ty);
                            shape.imported_funcs += 1;
                        }
                        TypeRef::Memory(ty) => shape.memories.push((ty.memory64, ty.page_size_log2 == Some(0))),
                        TypeRef::Table(ty) => shape.tables.push(ty.table64),
                        TypeRef::Global(_) => shape.globals += 1,
                        TypeRef::Tag(_) => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    shape.funcs.push(ty?);
                }
            }
            Payload::MemorySection(section) => {
                for ty in section {
                    let ty = ty?;
                    shape.memories.push((ty.memory64, ty.page_size_log2 == Some(0)));
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    shape.tables.push(table?.ty.table64);
                }
            }
            Payload::GlobalSection(section) => shape.globals += section.count(),
            Payload::CodeSectionStart { count, .. } => shape.bodies = count as usize,
            _ => {}
        }
    }
    Ok(shape)
}

/// The published cost: one for every operator but `block`, `loop`, `else`, `end` and their kind
/// (`try_table`, `try`, `catch`, `catch_all`, `delegate`), and what bulk operators add.
fn cost(op: &Operator<'_>, shape: &Shape) -> (i64, Extra) {
    let memory_type = |m: &u32| shape.memories.get(*m as usize).copied().unwrap_or_default();
    let memory = |m: &u32| memory_type(m).0;
    let table = |t: &u32| shape.tables.get(*t as usize).copied().unwrap_or(false);
    let element = |t: &u32| shape.elements.get(*t as usize).copied().unwrap_or(0);
    match op {
        Operator::Block { .. } | Operator::Loop { .. } | Operator::Else | Operator::End => (0, Extra::No),
        Operator::TryTable { .. } | Operator::Try { .. } | Operator::Catch { .. } => (0, Extra::No),
        Operator::CatchAll | Operator::Delegate { .. } => (0, Extra::No),
        Operator::MemoryFill { mem } => (1, Extra::Bytes(memory(mem))),
        Operator::MemoryCopy { dst_mem, src_mem } => (1, Extra::Bytes(memory(dst_mem) && memory(src_mem))),
        Operator::MemoryInit { .. } => (1, Extra::Bytes(false)),
        Operator::TableInit { .. } => (1, Extra::Elements(false)),
        Operator::TableFill { table: t } => (1, Extra::Elements(table(t))),
        Operator::TableCopy { dst_table, src_table } => (1, Extra::Elements(table(dst_table) && table(src_table))),
        Operator::MemoryGrow { mem } => {
            let (wide, bytes) = memory_type(mem);
            (1, Extra::GrowMemory(wide, bytes))
        }
        Operator::TableGrow { table: t } => (1, Extra::GrowTable(table(t))),
        Operator::ArrayNewFixed { array_type_index: t, array_size: n } => {
            (1 + i64::from((n * element(t)).div_ceil(8)), Extra::No)
        }
        Operator::ArrayNew { array_type_index: t }
        | Operator::ArrayNewDefault { array_type_index: t }
        | Operator::ArrayNewData { array_type_index: t, .. }
        | Operator::ArrayNewElem { array_type_index: t, .. }
        | Operator::ArrayFill { array_type_index: t }
        | Operator::ArrayCopy { array_type_index_dst: t, .. }
        | Operator::ArrayInitData { array_type_index: t, .. }
        | Operator::ArrayInitElem { array_type_index: t, .. } => (1, Extra::Array(element(t))),
        _ => (1, Extra::No),
    }
}

/// Bytes that a value of this type takes in an array.
fn bytes_of(ty: StorageType) -> u32 {
    match ty {
        StorageType::I8 => 1,
        StorageType::I16 => 2,
        StorageType::Val(wasmparser::ValType::I32 | wasmparser::ValType::F32) => 4,
        StorageType::Val(wasmparser::ValType::V128) => 16,
        StorageType::Val(_) => 8,
    }
}

/// The published cost of an operator, without what it costs more for more data.
#[must_use]
pub fn fixed_cost(op: &Operator<'_>) -> u64 {
    cost(op, &Shape::default()).0.unsigned_abs()
}

/// One body with its counting code.
fn rewrite(
    wasm: &[u8],
    body: &wasmparser::FunctionBody<'_>,
    shape: &Shape,
    index: usize,
) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    let ty = shape.funcs.get(index).copied().unwrap_or(0);
    let mut locals = shape.params.get(ty as usize).copied().unwrap_or(0);
    for local in body.get_locals_reader()? {
        locals += local?.0;
    }
    // The declarations again, and behind them those of the counting code.
    let mut bytes = Vec::new();
    let mut reader = body.get_binary_reader();
    (reader.read_var_u32()? + 4).encode(&mut bytes);
    let operators = body.get_operators_reader()?;
    bytes.extend(cut(wasm, reader.original_position()..operators.original_position()));
    bytes.extend(Scratch::GROUPS);
    let scratch = Scratch::from(locals, shape.globals);

    let mut ops = operators.into_iter_with_offsets().peekable();
    while let Some(item) = ops.next() {
        let (op, start) = item?;
        let end = match ops.peek() {
            Some(Ok((_, next))) => *next,
            Some(Err(e)) => return Err(e.clone()),
            None => body.range().end,
        };
        let (fixed, extra) = cost(&op, shape);
        if fixed > 0 {
            scratch.charge(&mut bytes, fixed, extra);
        }
        bytes.extend(cut(wasm, start..end));
        scratch.charge_count(&mut bytes, extra);
    }
    Ok(bytes)
}

/// The indices that counting code uses: the count and the result, 32-bit and 64-bit.
struct Scratch {
    n32: u32,
    n64: u32,
    r32: u32,
    r64: u32,
    counter: u32,
}

impl Scratch {
    /// Declarations of the four locals, as groups of the binary format.
    const GROUPS: [u8; 8] = [1, 0x7f, 1, 0x7e, 1, 0x7f, 1, 0x7e];

    fn from(first: u32, counter: u32) -> Scratch {
        Scratch { n32: first, n64: first + 1, r32: first + 2, r64: first + 3, counter }
    }

    fn put(bytes: &mut Vec<u8>, code: &[I<'_>]) {
        for i in code {
            i.encode(bytes);
        }
    }

    /// Before the operator: its fixed cost; its count is noted and stays on the stack.
    fn charge(&self, bytes: &mut Vec<u8>, fixed: i64, extra: Extra) {
        let counter = self.counter;
        Self::put(bytes, &[I::GlobalGet(counter), I::I64Const(fixed), I::I64Add, I::GlobalSet(counter)]);
        let wide = match extra {
            Extra::No => return,
            Extra::Array(_) => false,
            Extra::Bytes(w) | Extra::Elements(w) | Extra::GrowMemory(w, _) | Extra::GrowTable(w) => w,
        };
        if wide {
            Self::put(bytes, &[I::LocalSet(self.n64)]);
        } else {
            Self::put(bytes, &[I::LocalTee(self.n32), I::I64ExtendI32U, I::LocalSet(self.n64)]);
        }
        Self::put(bytes, &[I::LocalGet(if wide { self.n64 } else { self.n32 })]);
    }

    /// After the operator: the cost of its count, which is still in its local. What traps is not
    /// charged for data that it did not touch; what grows, by what it grew, if its result is not -1.
    fn charge_count(&self, bytes: &mut Vec<u8>, extra: Extra) {
        let (wide, unit) = match extra {
            Extra::No => return,
            Extra::Array(each) => {
                Self::put(bytes, &[I::LocalGet(self.n64), I::I64Const(each.into()), I::I64Mul]);
                Self::put(bytes, &[I::I64Const(7), I::I64Add, I::I64Const(3), I::I64ShrU]);
                Self::put(bytes, &[I::GlobalGet(self.counter), I::I64Add, I::GlobalSet(self.counter)]);
                return;
            }
            Extra::Bytes(_) | Extra::Elements(_) => {
                Self::put(bytes, &[I::GlobalGet(self.counter), I::LocalGet(self.n64)]);
                if let Extra::Bytes(_) = extra {
                    // Rounded up without overflow: n / 8 and one more for a rest.
                    let rest = [I::LocalGet(self.n64), I::I64Const(7), I::I64And, I::I64Const(0), I::I64Ne];
                    Self::put(bytes, &[I::I64Const(3), I::I64ShrU]);
                    Self::put(bytes, &rest);
                    Self::put(bytes, &[I::I64ExtendI32U, I::I64Add]);
                }
                Self::put(bytes, &[I::I64Add, I::GlobalSet(self.counter)]);
                return;
            }
            Extra::GrowMemory(w, bytes) => (w, if bytes { 1 } else { 65_536 / 8 }),
            Extra::GrowTable(w) => (w, 1),
        };
        let eighths = matches!(extra, Extra::GrowMemory(_, true));
        let result = if wide { self.r64 } else { self.r32 };
        Self::put(bytes, &[I::LocalTee(result)]);
        Self::put(bytes, if wide { &[I::I64Const(-1), I::I64Ne] } else { &[I::I32Const(-1), I::I32Ne] });
        Self::put(
            bytes,
            &[
                I::I64ExtendI32U,
                I::LocalGet(self.n64),
                // Bytes pay for each started eight; pages and elements are whole.
                I::I64Const(if eighths { 7 } else { 0 }),
                I::I64Add,
                I::I64Const(if eighths { 3 } else { 0 }),
                I::I64ShrU,
                I::I64Mul,
                I::I64Const(unit),
                I::I64Mul,
                I::GlobalGet(self.counter),
                I::I64Add,
                I::GlobalSet(self.counter),
                I::LocalGet(result),
            ],
        );
    }
}
