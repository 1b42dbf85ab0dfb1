//! What the benchmark reads from a module itself: its function imports, the type of `run`, the size of its code.
//! Must not know any runtime.

use crate::{Import, Ty};
use std::ops::Range;
use wasmparser::{CompositeInnerType, FuncType, Parser, Payload, TypeRef, ValType};

/// The parts of a module that adapters and reports ask for.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// The imported functions, in order.
    pub imports: Vec<Import>,
    /// The byte range of the code section's contents; empty without one.
    pub code: Range<usize>,
}

impl Module {
    /// Reads a module; one with other than function imports over number types, or a component, is an error.
    pub fn read(wasm: &[u8]) -> Result<Self, String> {
        let mut types: Vec<Option<FuncType>> = Vec::new();
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(|e| e.to_string())? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group.map_err(|e| e.to_string())?.into_types() {
                            types.push(match ty.composite_type.inner {
                                CompositeInnerType::Func(ty) => Some(ty),
                                _ => None,
                            });
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(|e| e.to_string())?;
                        let TypeRef::Func(index) = import.ty else {
                            return Err(format!("the import {} {} is not a function", import.module, import.name));
                        };
                        let ty = types.get(index as usize).and_then(Option::as_ref).ok_or("no such type")?;
                        module.imports.push(Import {
                            module: import.module.into(),
                            name: import.name.into(),
                            params: numbers(ty.params())?,
                            results: numbers(ty.results())?,
                        });
                    }
                }
                Payload::CodeSectionStart { range, .. } => module.code = range,
                _ => {}
            }
        }
        Ok(module)
    }
}

fn numbers(types: &[ValType]) -> Result<Vec<Ty>, String> {
    types
        .iter()
        .map(|ty| match ty {
            ValType::I32 => Ok(Ty::I32),
            ValType::I64 => Ok(Ty::I64),
            ValType::F32 => Ok(Ty::F32),
            ValType::F64 => Ok(Ty::F64),
            other => Err(format!("a host function over {other}")),
        })
        .collect()
}
