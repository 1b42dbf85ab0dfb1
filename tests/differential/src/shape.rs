//! What a module consists of, as far as code that is added to it must know. Read from a valid module; must not know
//! any engine.

use core::ops::Range;
use wasmparser::{CompositeInnerType, ExternalKind, GlobalType, Parser, Payload, SubType, TableType, TypeRef};

/// The index spaces of a module, and where its sections lie.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub types: Vec<SubType>,
    /// Type indices of the functions, imports first.
    pub funcs: Vec<u32>,
    pub tables: Vec<TableType>,
    pub globals: Vec<GlobalType>,
    /// Type indices of the tags, imports first.
    pub tags: Vec<u32>,
    pub exports: Vec<(String, ExternalKind, u32)>,
    /// Identifier and contents of each section, in the module's order.
    pub sections: Vec<(u8, Range<usize>)>,
}

impl Shape {
    /// Reads it; `None` when the bytes are no module that can be read.
    #[must_use]
    pub fn read(wasm: &[u8]) -> Option<Self> {
        let mut shape = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.ok()?;
            if let Some((id, range)) = payload.as_section() {
                shape.sections.push((id, range.start as usize..range.end as usize));
            }
            shape.item(payload)?;
        }
        Some(shape)
    }

    fn item(&mut self, payload: Payload<'_>) -> Option<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    self.types.extend(group.ok()?.into_types());
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import.ok()?.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => self.funcs.push(ty),
                        TypeRef::Table(ty) => self.tables.push(ty),
                        TypeRef::Global(ty) => self.globals.push(ty),
                        TypeRef::Tag(ty) => self.tags.push(ty.func_type_idx),
                        TypeRef::Memory(_) => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.funcs.push(ty.ok()?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(table.ok()?.ty);
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    self.tags.push(tag.ok()?.func_type_idx);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.globals.push(global.ok()?.ty);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.ok()?;
                    self.exports.push((export.name.to_owned(), export.kind, export.index));
                }
            }
            _ => {}
        }
        Some(())
    }

    /// The composite type with this index.
    #[must_use]
    pub fn inner(&self, ty: u32) -> Option<&CompositeInnerType> {
        self.types.get(ty as usize).map(|ty| &ty.composite_type.inner)
    }

    /// The function type with this index.
    #[must_use]
    pub fn func_type(&self, ty: u32) -> Option<&wasmparser::FuncType> {
        match self.inner(ty)? {
            CompositeInnerType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// Functions that are exported; only to those a reference may be made anywhere.
    pub fn exported_funcs(&self) -> impl Iterator<Item = u32> {
        self.exports.iter().filter(|(_, kind, _)| *kind == ExternalKind::Func).map(|(_, _, index)| *index)
    }

    /// Whether the type is this one or declared below it.
    #[must_use]
    pub fn is_below(&self, mut ty: u32, above: u32) -> bool {
        loop {
            if ty == above {
                return true;
            }
            let super_type = self.types.get(ty as usize).and_then(|ty| ty.supertype_idx);
            match super_type.and_then(|index| index.as_module_index()) {
                // A type is declared after the types above it.
                Some(next) if next < ty => ty = next,
                _ => return false,
            }
        }
    }
}
