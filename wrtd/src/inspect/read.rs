//! What a binary holds, validated on the way with every proposal of `wasmparser` on.

use wasmparser::types::{CoreTypeId, EntityType, TypesRef};
use wasmparser::{
    BinaryReaderError, ComponentExternalKind, ComponentTypeRef, CompositeInnerType, Encoding, FuncValidatorAllocations,
    KnownCustom, Name, Parser, Payload, ValType, ValidPayload, Validator, WasmFeatures,
};

/// Sections that are listed; what is beyond is counted. Compilers write a few hundred, of debugging information.
const SECTIONS: usize = 10_000;

/// One section.
pub struct Section {
    pub name: String,
    /// Where its contents begin in the file.
    pub offset: u64,
    /// Bytes of its contents.
    pub bytes: u64,
    /// Entries, where it is a list.
    pub items: Option<u32>,
    /// How many modules and components are around it.
    pub depth: usize,
}

/// Something with a name and a type.
pub struct Item {
    /// Where it is imported from.
    pub module: Option<String>,
    pub name: String,
    pub ty: String,
}

impl Item {
    /// `MODULE.NAME`, or the name.
    pub fn full_name(&self) -> String {
        self.module.as_ref().map_or_else(|| self.name.clone(), |module| format!("{module}.{}", self.name))
    }
}

/// What a binary holds.
#[derive(Default)]
pub struct Contents {
    pub component: bool,
    pub sections: Vec<Section>,
    /// Sections behind those.
    pub unlisted: u64,
    /// Of the outermost module or component.
    pub imports: Vec<Item>,
    /// Of the outermost module or component.
    pub exports: Vec<Item>,
    /// Every memory of the module by its index, imported ones first.
    pub memories: Vec<Item>,
    /// Index of the start function.
    pub start: Option<u32>,
    /// How many names there are of each kind of thing.
    pub names: Vec<(&'static str, u64)>,
}

/// Reads and validates.
pub fn contents(wasm: &[u8]) -> Result<Contents, BinaryReaderError> {
    let mut out = Contents::default();
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut allocations = FuncValidatorAllocations::default();
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let outermost = depth == 1;
        match &payload {
            Payload::Version { encoding, .. } => {
                if depth == 0 {
                    out.component = *encoding == Encoding::Component;
                }
                depth += 1;
            }
            Payload::StartSection { func, .. } if outermost => out.start = Some(*func),
            Payload::ComponentImportSection(section) if outermost => {
                for import in section.clone() {
                    let import = import?;
                    let ty = component_type(&import.ty).to_owned();
                    out.imports.push(Item { module: None, name: import.name.name.to_owned(), ty });
                }
            }
            Payload::ComponentExportSection(section) if outermost => {
                for export in section.clone() {
                    let export = export?;
                    let ty = component_kind(export.kind).to_owned();
                    out.exports.push(Item { module: None, name: export.name.name.to_owned(), ty });
                }
            }
            Payload::CustomSection(section) if outermost => {
                if let KnownCustom::Name(names) = section.as_known() {
                    out.names = count_names(names);
                }
            }
            _ => {}
        }
        if let Some(section) = section(&payload, depth.saturating_sub(1)) {
            if out.sections.len() < SECTIONS {
                out.sections.push(section);
            } else {
                out.unlisted += 1;
            }
        }
        match validator.payload(&payload)? {
            ValidPayload::Func(func, body) => {
                let mut func = func.into_validator(core::mem::take(&mut allocations));
                func.validate(&body)?;
                allocations = func.into_allocations();
            }
            ValidPayload::End(types) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    module_items(types.as_ref(), &mut out);
                }
            }
            ValidPayload::Ok | ValidPayload::Parser(_) => {}
        }
    }
    Ok(out)
}

/// Imports, exports and memories of a core module with their types.
fn module_items(types: TypesRef<'_>, out: &mut Contents) {
    if let Some(imports) = types.core_imports() {
        for (module, name, ty) in imports {
            let ty = entity(types, ty);
            out.imports.push(Item { module: Some(module.to_owned()), name: name.to_owned(), ty });
        }
    }
    let Some(exports) = types.core_exports() else { return };
    for (name, ty) in exports {
        out.exports.push(Item { module: None, name: name.to_owned(), ty: entity(types, ty) });
    }
    for index in 0..types.memory_count() {
        let ty = entity(types, EntityType::Memory(types.memory_at(index)));
        out.memories.push(Item { module: None, name: index.to_string(), ty });
    }
}

fn entity(types: TypesRef<'_>, ty: EntityType) -> String {
    let function = |id: CoreTypeId| match types.get(id).map(|ty| &ty.composite_type.inner) {
        Some(CompositeInnerType::Func(ty)) => signature(ty.params(), ty.results()),
        _ => "?".into(),
    };
    let limits = |min: u64, max: Option<u64>| max.map_or(format!("{min}.."), |max| format!("{min}..{max}"));
    match ty {
        EntityType::Func(id) | EntityType::FuncExact(id) => format!("function {}", function(id)),
        EntityType::Tag(id) => format!("tag {}", function(id)),
        EntityType::Table(ty) => {
            let wide = if ty.table64 { " of i64" } else { "" };
            format!("table {}{wide} of {}", limits(ty.initial, ty.maximum), ty.element_type)
        }
        EntityType::Memory(ty) => {
            let wide = if ty.memory64 { " of i64" } else { "" };
            let shared = if ty.shared { ", shared" } else { "" };
            let page = ty.page_size_log2.map_or(String::new(), |log2| format!(" of {} bytes", 1u64 << log2.min(63)));
            format!("memory{wide} {} pages{page}{shared}", limits(ty.initial, ty.maximum))
        }
        EntityType::Global(ty) => {
            format!("global {}{}", if ty.mutable { "mutable " } else { "" }, ty.content_type)
        }
    }
}

/// As [`crate::values::signature`] writes it.
fn signature(params: &[ValType], results: &[ValType]) -> String {
    let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match results {
        [] => format!("({})", list(params)),
        [one] => format!("({}) -> {one}", list(params)),
        many => format!("({}) -> ({})", list(params), list(many)),
    }
}

fn component_type(ty: &ComponentTypeRef) -> &'static str {
    match ty {
        ComponentTypeRef::Module(_) => "core module",
        ComponentTypeRef::Func(_) => "function",
        ComponentTypeRef::Value(_) => "value",
        ComponentTypeRef::Type(_) => "type",
        ComponentTypeRef::Instance(_) => "instance",
        ComponentTypeRef::Component(_) => "component",
    }
}

fn component_kind(kind: ComponentExternalKind) -> &'static str {
    match kind {
        ComponentExternalKind::Module => "core module",
        ComponentExternalKind::Func => "function",
        ComponentExternalKind::Value => "value",
        ComponentExternalKind::Type => "type",
        ComponentExternalKind::Instance => "instance",
        ComponentExternalKind::Component => "component",
    }
}

/// How many names the name section gives to each kind of thing, up to the first part that cannot be read.
fn count_names(names: wasmparser::NameSectionReader<'_>) -> Vec<(&'static str, u64)> {
    let mut out = Vec::new();
    for part in names.into_iter().map_while(Result::ok) {
        let indirect = |map: wasmparser::IndirectNameMap<'_>| {
            map.into_iter().map_while(Result::ok).map(|of| u64::from(of.names.count())).sum()
        };
        out.push(match part {
            Name::Module { .. } => ("module", 1),
            Name::Function(map) => ("functions", map.count().into()),
            Name::Local(map) => ("locals", indirect(map)),
            Name::Label(map) => ("labels", indirect(map)),
            Name::Type(map) => ("types", map.count().into()),
            Name::Field(map) => ("fields", indirect(map)),
            Name::Table(map) => ("tables", map.count().into()),
            Name::Memory(map) => ("memories", map.count().into()),
            Name::Global(map) => ("globals", map.count().into()),
            Name::Element(map) => ("element segments", map.count().into()),
            Name::Data(map) => ("data segments", map.count().into()),
            Name::Tag(map) => ("tags", map.count().into()),
            Name::Unknown { .. } => ("unknown things", 1),
        });
    }
    out
}

/// The section that a payload is or begins.
fn section(payload: &Payload<'_>, depth: usize) -> Option<Section> {
    use Payload as P;
    let (name, items) = match payload {
        P::TypeSection(s) => ("type", Some(s.count())),
        P::ImportSection(s) => ("import", Some(s.count())),
        P::FunctionSection(s) => ("function", Some(s.count())),
        P::TableSection(s) => ("table", Some(s.count())),
        P::MemorySection(s) => ("memory", Some(s.count())),
        P::TagSection(s) => ("tag", Some(s.count())),
        P::GlobalSection(s) => ("global", Some(s.count())),
        P::ExportSection(s) => ("export", Some(s.count())),
        P::StartSection { .. } => ("start", None),
        P::ElementSection(s) => ("element", Some(s.count())),
        P::DataCountSection { .. } => ("data count", None),
        P::DataSection(s) => ("data", Some(s.count())),
        P::CodeSectionStart { count, .. } => ("code", Some(*count)),
        P::ModuleSection { .. } => ("core module", None),
        P::InstanceSection(s) => ("core instance", Some(s.count())),
        P::CoreTypeSection(s) => ("core type", Some(s.count())),
        P::ComponentSection { .. } => ("component", None),
        P::ComponentInstanceSection(s) => ("component instance", Some(s.count())),
        P::ComponentAliasSection(s) => ("alias", Some(s.count())),
        P::ComponentTypeSection(s) => ("component type", Some(s.count())),
        P::ComponentCanonicalSection(s) => ("canonical", Some(s.count())),
        P::ComponentStartSection { .. } => ("component start", None),
        P::ComponentImportSection(s) => ("component import", Some(s.count())),
        P::ComponentExportSection(s) => ("component export", Some(s.count())),
        P::CustomSection(s) => {
            let name = format!("custom {:?}", s.name());
            let bytes = s.range().end - s.range().start;
            return Some(Section { name, offset: s.range().start, bytes, items: None, depth });
        }
        _ => return None,
    };
    let (_, range) = payload.as_section()?;
    Some(Section { name: name.into(), offset: range.start, bytes: range.end - range.start, items, depth })
}
