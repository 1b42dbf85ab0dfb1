//! A module with further exports, through which everything in it can be called and seen with numbers alone: functions
//! whose types have references or vectors, and the globals and tables of such types. Owns how a module is extended;
//! must not know any engine.

use crate::code::{self, Code, Locals, Seeing};
use crate::shape::Shape;
use wasm_encoder::{BlockType, Encode, ExportKind, Function, Instruction as I, Module, RawSection, ValType};
use wasmparser::BinaryReader;
use wrt_core::Proposals;

/// Functions that are wrapped at most.
const WRAPPED: usize = 16;
/// Elements of each table that are looked at.
const ELEMENTS: i32 = 4;

/// How the names of exports begin that were added. Generated names do not begin so, or nothing is added.
pub const PREFIX: &str = "~";
/// The added export that folds all globals and tables into one number.
pub const EVERYTHING: &str = "~everything";

/// A function to be added: its type, its locals behind the parameters, its code, the name it is exported by.
struct Added {
    ty: u32,
    locals: Vec<ValType>,
    code: Code,
    name: Option<String>,
}

/// The module with its further exports; `None` when there is nothing to add, or nothing to add it to. `fuel` names a
/// global that bounds how long the module runs, and what is in it at first: it is filled again when everything is
/// looked at.
#[must_use]
pub fn wrap(wasm: &[u8], proposals: Proposals, fuel: Option<(u32, i32)>) -> Option<Vec<u8>> {
    let shape = Shape::read(wasm)?;
    let has = |id| shape.sections.iter().any(|(section, _)| *section == id);
    if !(has(1) && has(3) && has(7) && has(10)) || shape.exports.iter().any(|(name, ..)| name.starts_with(PREFIX)) {
        return None;
    }
    let mut seeing = Seeing {
        shape: &shape,
        gc: proposals.has(Proposals::GC),
        exceptions: proposals.has(Proposals::EXCEPTION_HANDLING),
        first: shape.funcs.len() as u32,
        first_type: shape.types.len() as u32,
        types: Vec::new(),
    };
    let mut added: Vec<Added> =
        seeing.functions().into_iter().map(|(ty, locals, code)| Added { ty, locals, code, name: None }).collect();
    let funcs: Vec<u32> = shape.exported_funcs().collect();
    for func in funcs {
        if added.len() >= WRAPPED {
            break;
        }
        added.extend(wrapper(&mut seeing, func));
    }
    added.push(everything(&mut seeing, fuel));
    Some(extend(wasm, &shape, &seeing.types, &added))
}

/// The function that calls this one, if it needs one.
fn wrapper(seeing: &mut Seeing<'_>, func: u32) -> Option<Added> {
    let ty = seeing.shape.func_type(*seeing.shape.funcs.get(func as usize)?)?;
    let simple = ty.params().iter().chain(ty.results()).all(|ty| code::is_simple(*ty));
    // Of functions with numbers alone, some are called so that what they throw is caught.
    let catches = seeing.exceptions && func.is_multiple_of(2);
    if simple && !catches {
        return None;
    }
    let (mut params, mut call) = (Vec::new(), Code::new());
    for param in ty.params() {
        let param = code::val_type(*param);
        call.extend(seeing.make(param, params.len() as u32)?);
        params.extend(code::numbers(param));
    }
    call.push(I::Call(func));
    let results: Vec<ValType> = ty.results().iter().map(|ty| code::val_type(*ty)).collect();
    let (locals, named) = locals(seeing, params.len() as u32);
    let code = if catches {
        seeing.catching(call, &results, named)
    } else {
        seeing.fold(&mut call, &results, named);
        call.push(I::LocalGet(named.sum));
        call
    };
    let ty = seeing.func_type(params, vec![ValType::I64]);
    Some(Added { ty, locals, code, name: Some(format!("{PREFIX}{func}")) })
}

fn locals(seeing: &Seeing<'_>, params: u32) -> (Vec<ValType>, Locals) {
    let named = Locals { sum: params, vector: params + 1 };
    let locals = if seeing.has_vectors() { vec![ValType::I64, ValType::V128] } else { vec![ValType::I64] };
    (locals, named)
}

/// The function that looks at all globals and at the first elements of all tables.
fn everything(seeing: &mut Seeing<'_>, fuel: Option<(u32, i32)>) -> Added {
    let (locals, named) = locals(seeing, 0);
    let mut code = Code::new();
    for (index, global) in seeing.shape.globals.iter().enumerate() {
        code.push(I::GlobalGet(index as u32));
        seeing.fold(&mut code, &[code::val_type(global.content_type)], named);
    }
    for (index, table) in seeing.shape.tables.iter().enumerate() {
        let index = index as u32;
        let number = |n: i32| if table.table64 { I::I64Const(n.into()) } else { I::I32Const(n) };
        code.push(I::TableSize(index));
        seeing.fold(&mut code, &[if table.table64 { ValType::I64 } else { ValType::I32 }], named);
        let ty = code::val_type(wasmparser::ValType::Ref(table.element_type));
        for at in 0..ELEMENTS {
            code.extend([I::TableSize(index), number(at)]);
            code.push(if table.table64 { I::I64GtU } else { I::I32GtU });
            code.extend([I::If(BlockType::Empty), number(at), I::TableGet(index)]);
            seeing.fold(&mut code, &[ty], named);
            code.push(I::End);
        }
    }
    if let Some((global, full)) = fuel {
        code.extend([I::I32Const(full), I::GlobalSet(global)]);
    }
    code.push(I::LocalGet(named.sum));
    let ty = seeing.func_type(Vec::new(), vec![ValType::I64]);
    Added { ty, locals, code, name: Some(EVERYTHING.into()) }
}

/// Writes the module again, with types, functions, exports and bodies added behind those it has.
fn extend(wasm: &[u8], shape: &Shape, types: &[(Vec<ValType>, Vec<ValType>)], added: &[Added]) -> Vec<u8> {
    let mut out = Module::new();
    for (id, range) in &shape.sections {
        let bytes = &wasm[range.clone()];
        let data = match id {
            1 => append(bytes, types, |(params, results), sink| {
                sink.push(0x60);
                params.as_slice().encode(sink);
                results.as_slice().encode(sink);
            }),
            3 => append(bytes, added, |added, sink| added.ty.encode(sink)),
            7 => {
                let first = shape.funcs.len() as u32;
                let exported: Vec<(u32, &str)> =
                    (first..).zip(added).filter_map(|(index, added)| Some((index, added.name.as_deref()?))).collect();
                append(bytes, &exported, |(index, name), sink| {
                    name.encode(sink);
                    ExportKind::Func.encode(sink);
                    index.encode(sink);
                })
            }
            10 => append(bytes, added, |added, sink| {
                let mut function = Function::new(added.locals.iter().map(|ty| (1, *ty)));
                for instruction in &added.code {
                    function.instruction(instruction);
                }
                function.instruction(&I::End);
                function.encode(sink);
            }),
            _ => bytes.to_vec(),
        };
        out.section(&RawSection { id: *id, data: &data });
    }
    out.finish()
}

/// The contents of a section with more items behind its own.
fn append<T>(bytes: &[u8], items: &[T], write: impl Fn(&T, &mut Vec<u8>)) -> Vec<u8> {
    let mut reader = BinaryReader::new(bytes, 0);
    let own = reader.read_var_u32().unwrap_or(0);
    let mut out = Vec::new();
    (own + items.len() as u32).encode(&mut out);
    out.extend_from_slice(bytes.get(reader.original_position() as usize..).unwrap_or_default());
    for item in items {
        write(item, &mut out);
    }
    out
}
