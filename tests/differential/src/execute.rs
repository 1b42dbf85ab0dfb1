//! The plan of a run that every engine carries out alike: which functions are called, with which arguments.
//! Must not know any engine.

use crate::generate::Random;
use wasmparser::{CompositeInnerType, ExternalKind, Parser, Payload, TypeRef, ValType};

/// Calls of a run at most.
const CALLS: usize = 24;

/// One call of an exported function.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    /// Types of the parameters.
    pub params: Vec<ValType>,
    /// Types of the results.
    pub results: Vec<ValType>,
    /// Bits of the arguments; references are null.
    pub args: Vec<u64>,
}

/// Exports of one kind.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub calls: Vec<Call>,
    pub memories: Vec<String>,
    pub globals: Vec<String>,
    pub tables: Vec<String>,
}

/// Reads the exports of a valid module and draws arguments for its functions.
#[must_use]
pub fn script(wasm: &[u8], random: &mut Random) -> Option<Script> {
    let mut types = Vec::new();
    let mut funcs = Vec::new();
    let mut script = Script::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.ok()? {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group.ok()?.into_types() {
                        types.push(match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => ty,
                            _ => return None,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Func(ty) = import.ok()?.ty {
                        funcs.push(ty);
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    funcs.push(ty.ok()?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.ok()?;
                    let name = export.name.to_owned();
                    match export.kind {
                        ExternalKind::Func if script.calls.len() < CALLS => {
                            let ty = types.get(*funcs.get(export.index as usize)? as usize)?;
                            let args = ty.params().iter().map(|ty| argument(*ty, random)).collect();
                            let (params, results) = (ty.params().to_vec(), ty.results().to_vec());
                            script.calls.push(Call { name, params, results, args });
                        }
                        ExternalKind::Memory => script.memories.push(name),
                        ExternalKind::Global => script.globals.push(name),
                        ExternalKind::Table => script.tables.push(name),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Some(script)
}

/// An argument: often a number at an edge. Floats are never NaN, so that no payload comes from outside.
fn argument(ty: ValType, random: &mut Random) -> u64 {
    const INTEGERS: [u64; 10] =
        [0, 1, 2, u64::MAX, i32::MIN as u32 as u64, i32::MAX as u64, i64::MIN as u64, i64::MAX as u64, 64, 65_535];
    const FLOATS: [f64; 10] =
        [0.0, -0.0, 1.0, -1.5, f64::INFINITY, f64::NEG_INFINITY, 4294967296.0, -2147483649.0, 1e-310, 1e300];
    let pick = random.below(14);
    let word = random.word();
    match ty {
        ValType::I32 => INTEGERS.get(pick).copied().unwrap_or(word) & 0xffff_ffff,
        ValType::I64 | ValType::V128 => INTEGERS.get(pick).copied().unwrap_or(word),
        ValType::F32 => u64::from((FLOATS.get(pick).copied().unwrap_or((word as i32).into()) as f32).to_bits()),
        ValType::F64 => FLOATS.get(pick).copied().unwrap_or(word as i64 as f64).to_bits(),
        _ => 0,
    }
}
