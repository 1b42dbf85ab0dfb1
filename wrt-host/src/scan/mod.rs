//! One pass over a binary, before it is loaded: does it fit the limits and the safety level, and why not.
//!
//! A core module or a component, with everything nested in it: sections, types, imports and exports, names,
//! DWARF, and what the code of each function does. Owns how each number is counted; the measure of
//! complexity is defined in `wrt-core`. Nothing is validated here: the loader does that, and what it needs
//! exactly is said by its plan.

mod code;
mod debug;
#[cfg(test)]
mod tests;

use crate::limits;
use code::CallGraph;
use core::fmt;
use wasmparser::{
    BinaryReader, BinaryReaderError, ComponentExternalKind, ComponentType, ComponentTypeDeclaration, ComponentTypeRef,
    Encoding, InstanceTypeDeclaration, Parser, Payload, TypeBounds, TypeRef,
};
use wrt_core::limits::{
    Asil, Complexity, ComponentShape, DebugLevel, Field, Inconsistent, Limits, ModuleTrait, ModuleTraits,
};
use wrt_core::{Module, PAGE_SIZE};

/// Why a binary does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// More than a limit.
    Over {
        /// Which.
        field: Field,
        /// What the binary has.
        found: u64,
        /// The limit.
        limit: u64,
        /// Where in the binary the limit was passed, in bytes, where there is one place.
        offset: Option<u64>,
    },
    /// More complex than the safety level allows.
    Complexity {
        /// How complex it is.
        found: Complexity,
        /// What the level allows.
        most: Complexity,
        /// The level.
        level: Asil,
    },
    /// The limits themselves do not hold together.
    Limits(Inconsistent),
    /// The bytes cannot be read.
    Malformed {
        /// What is wrong.
        message: String,
        /// Where, in bytes.
        offset: u64,
    },
    /// The bytes are an image: what its module consisted of cannot be told from it.
    Image,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Over { field, found, limit, offset } => {
                write!(f, "{} is {limit}, and the binary has {}", field.key(), limits::show(*field, *found))?;
                offset.map_or(Ok(()), |offset| write!(f, ", at offset {offset:#x}"))
            }
            Finding::Complexity { found, most, level } => write!(
                f,
                "level {} allows complexity {} of a component and {} of a module, and the binary has {} and {}",
                level.name(),
                most.component,
                most.module,
                found.component,
                found.module
            ),
            Finding::Limits(why) => f.write_str(&limits::inconsistent(why)),
            Finding::Malformed { message, offset } => write!(f, "{message}, at offset {offset:#x}"),
            Finding::Image => f.write_str("an image cannot be held to limits; give the module that it was made from"),
        }
    }
}

/// What is in a binary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Whether it is a component.
    pub component: bool,
    /// Components in it, itself included; 1 for a core module.
    pub components: u64,
    /// Core modules in it, itself included.
    pub modules: u64,
    /// See [`Limits::nesting`].
    pub nesting: u64,
    /// Instances that components make.
    pub instances: u64,
    /// See [`Limits::component_types`].
    pub component_types: u64,
    /// See [`Limits::resource_types`].
    pub resource_types: u64,
    /// See [`Limits::wit_bytes`].
    pub wit_bytes: u64,
    /// See [`Limits::worlds`].
    pub worlds: u64,
    /// See [`Limits::interfaces`].
    pub interfaces: u64,
    /// Most imports of one component or module.
    pub imports: u64,
    /// Most exports of one component or module.
    pub exports: u64,
    /// Bytes of linear memories at their minimum, in sum.
    pub linear_bytes: u64,
    /// Sections of DWARF in it, kept or not.
    pub dwarf_sections: u64,
    /// Bytes of DWARF in it, kept or not.
    pub dwarf_bytes: u64,
    /// See [`Limits::debug_sections`].
    pub debug_sections_kept: u64,
    /// See [`Limits::dwarf_bytes`].
    pub dwarf_bytes_kept: u64,
    /// See [`Limits::symbols`].
    pub symbols: u64,
    /// See [`Limits::source_files`].
    pub source_files: u64,
    /// Most bytes of other custom sections in one component or module.
    pub component_metadata: u64,
    /// See [`Limits::function_metadata`].
    pub function_metadata: u64,
    /// See [`Limits::type_metadata`].
    pub type_metadata: u64,
    /// Bytes that the debug level keeps: DWARF and names.
    pub debug_bytes: u64,
    /// Bytes of everything else.
    pub other_bytes: u64,
}

impl Counted {
    /// The number that a field bounds; `None` where the pass counts nothing for it.
    #[must_use]
    pub const fn get(&self, field: Field) -> Option<u64> {
        Some(match field {
            Field::Linear => self.linear_bytes,
            Field::Components => self.components,
            Field::Instances => self.instances,
            Field::ComponentTypes => self.component_types,
            Field::Nesting => self.nesting,
            Field::ResourceTypes => self.resource_types,
            Field::Wit => self.wit_bytes,
            Field::Worlds => self.worlds,
            Field::Interfaces => self.interfaces,
            Field::Imports => self.imports,
            Field::Exports => self.exports,
            Field::DebugSections => self.debug_sections_kept,
            Field::Dwarf => self.dwarf_bytes_kept,
            Field::Symbols => self.symbols,
            Field::SourceFiles => self.source_files,
            Field::ComponentMetadata => self.component_metadata,
            Field::FunctionMetadata => self.function_metadata,
            Field::TypeMetadata => self.type_metadata,
            Field::ComponentOverhead => self.other_bytes,
            Field::DebugOverhead => self.debug_bytes,
            _ => return None,
        })
    }
}

/// What the pass has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What is in the binary.
    pub counted: Counted,
    /// How complex it is.
    pub complexity: Complexity,
    /// The traits of its most complex module.
    pub traits: ModuleTraits,
    /// Why it does not fit; empty where it does.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether the binary fits.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.findings.is_empty()
    }
    /// The names of the traits.
    #[must_use]
    pub fn trait_names(&self) -> Vec<&'static str> {
        ModuleTrait::ALL.into_iter().filter(|one| self.traits.has(*one)).map(ModuleTrait::name).collect()
    }
}

/// Looks through a binary once.
#[must_use]
pub fn scan(wasm: &[u8], limits: &Limits) -> Report {
    let mut pass = Pass { limits, report: Report::default(), open: Vec::new() };
    if let Err(why) = limits.check() {
        pass.report.findings.push(Finding::Limits(why));
    }
    if Module::is_image(wasm) {
        pass.report.findings.push(Finding::Image);
    } else if let Err(error) = pass.run(wasm) {
        let (message, offset) = (error.message().to_owned(), error.offset());
        pass.report.findings.push(Finding::Malformed { message, offset });
    }
    pass.finish(wasm.len() as u64)
}

/// A module or component that has begun and not ended.
#[derive(Default)]
struct Open {
    component: bool,
    imports: u64,
    exports: u64,
    metadata: u64,
    traits: ModuleTraits,
    calls: CallGraph,
}

struct Pass<'l> {
    limits: &'l Limits,
    report: Report,
    open: Vec<Open>,
}

type Done = Result<(), BinaryReaderError>;

impl Pass<'_> {
    fn run(&mut self, wasm: &[u8]) -> Done {
        for payload in Parser::new(0).parse_all(wasm) {
            self.payload(payload?)?;
        }
        Ok(())
    }

    fn payload(&mut self, payload: Payload<'_>) -> Done {
        let counted = &mut self.report.counted;
        match payload {
            Payload::Version { encoding, range, .. } => self.begin(encoding == Encoding::Component, range.start),
            Payload::End(_) => self.end(),
            Payload::ImportSection(section) => {
                let at = section.range().start;
                let (mut imports, mut functions) = (0, 0);
                for import in section.into_imports() {
                    imports += 1;
                    functions += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
                if let Some(open) = self.open.last_mut() {
                    open.calls.imported(functions);
                }
                self.imports(imports, at);
            }
            Payload::ExportSection(section) => self.exports(section.count().into(), section.range().start),
            Payload::ComponentImportSection(section) => {
                let at = section.range().start;
                let count = section.count();
                for import in section {
                    self.named(&import?.ty);
                }
                self.imports(count.into(), at);
            }
            Payload::ComponentExportSection(section) => {
                let at = section.range().start;
                let count = section.count();
                for export in section {
                    if export?.kind == ComponentExternalKind::Instance {
                        self.report.counted.interfaces += 1;
                    }
                }
                self.exports(count.into(), at);
            }
            Payload::ComponentTypeSection(section) => {
                for ty in section {
                    self.component_type(&ty?);
                }
            }
            Payload::ComponentInstanceSection(section) => counted.instances += u64::from(section.count()),
            Payload::InstanceSection(section) => counted.instances += u64::from(section.count()),
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    let page =
                        memory.page_size_log2.map_or(PAGE_SIZE, |log2| 1u64.checked_shl(log2).unwrap_or(u64::MAX));
                    let bytes = memory.initial.saturating_mul(page);
                    self.report.counted.linear_bytes = self.report.counted.linear_bytes.saturating_add(bytes);
                    if memory.shared {
                        self.note(ModuleTrait::Sharing);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                if let Some(open) = self.open.last_mut() {
                    open.traits = open.calls.body(&body, open.traits)?;
                }
            }
            Payload::CustomSection(section) => self.custom(section.name(), section.data(), section.data_offset())?,
            _ => {}
        }
        Ok(())
    }

    /// Notes that a limit is passed, once for each, with the place where it first was.
    fn over(&mut self, field: Field, offset: u64) {
        let limit = field.get(self.limits);
        let Some(found) = self.report.counted.get(field).filter(|found| *found > limit) else { return };
        let known = |finding: &&mut Finding| matches!(finding, Finding::Over { field: one, .. } if *one == field);
        match self.report.findings.iter_mut().find(known) {
            Some(Finding::Over { found: known, .. }) => *known = found,
            _ => self.report.findings.push(Finding::Over { field, found, limit, offset: Some(offset) }),
        }
    }

    fn note(&mut self, one: ModuleTrait) {
        if let Some(open) = self.open.last_mut() {
            open.traits = open.traits.with(one);
        }
    }

    fn begin(&mut self, component: bool, at: u64) {
        let counted = &mut self.report.counted;
        counted.component |= self.open.is_empty() && component;
        if component {
            counted.components += 1;
            counted.worlds += 1;
        } else {
            counted.modules += 1;
        }
        if self.open.is_empty() && !component {
            counted.components = 1;
        }
        self.open.push(Open { component, ..Open::default() });
        let depth = self.open.iter().filter(|open| open.component).count() as u64;
        self.report.counted.nesting = self.report.counted.nesting.max(depth);
        self.over(Field::Nesting, at);
        self.over(Field::Components, at);
        self.over(Field::Worlds, at);
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if open.component {
            return;
        }
        let traits = if open.calls.has_circle() { open.traits.with(ModuleTrait::Recursion) } else { open.traits };
        if traits.complexity() > self.report.complexity.module {
            self.report.complexity.module = traits.complexity();
            self.report.traits = traits;
        }
    }

    fn imports(&mut self, more: u64, at: u64) {
        let Some(open) = self.open.last_mut() else { return };
        open.imports += more;
        let imports = open.imports;
        self.report.counted.imports = self.report.counted.imports.max(imports);
        self.over(Field::Imports, at);
    }
    fn exports(&mut self, more: u64, at: u64) {
        let Some(open) = self.open.last_mut() else { return };
        open.exports += more;
        let exports = open.exports;
        self.report.counted.exports = self.report.counted.exports.max(exports);
        self.over(Field::Exports, at);
    }

    /// What an import or a declared export is.
    fn named(&mut self, ty: &ComponentTypeRef) {
        match ty {
            ComponentTypeRef::Instance(_) => self.report.counted.interfaces += 1,
            ComponentTypeRef::Type(TypeBounds::SubResource) => self.report.counted.resource_types += 1,
            _ => {}
        }
    }

    /// Counts a type and those declared inside it. What is still to be looked at lies in a list, so that
    /// types that nest deeply take no native stack.
    fn component_type(&mut self, ty: &ComponentType<'_>) {
        let mut rest = vec![ty];
        while let Some(ty) = rest.pop() {
            self.report.counted.component_types += 1;
            match ty {
                ComponentType::Component(declared) => {
                    self.report.counted.worlds += 1;
                    for one in declared {
                        match one {
                            ComponentTypeDeclaration::Type(ty) => rest.push(ty),
                            ComponentTypeDeclaration::Export { ty, .. } => self.named(ty),
                            ComponentTypeDeclaration::Import(import) => self.named(&import.ty),
                            _ => {}
                        }
                    }
                }
                ComponentType::Instance(declared) => {
                    for one in declared {
                        match one {
                            InstanceTypeDeclaration::Type(ty) => rest.push(ty),
                            InstanceTypeDeclaration::Export { ty, .. } => self.named(ty),
                            _ => {}
                        }
                    }
                }
                ComponentType::Resource { .. } => self.report.counted.resource_types += 1,
                ComponentType::Defined(_) | ComponentType::Func(_) => {}
            }
        }
    }

    fn custom(&mut self, name: &str, data: &[u8], at: u64) -> Done {
        let counted = &mut self.report.counted;
        let bytes = data.len() as u64;
        if name.starts_with(".debug_") {
            counted.dwarf_sections += 1;
            counted.dwarf_bytes += bytes;
            let kept = match self.limits.debug_level {
                DebugLevel::None => false,
                DebugLevel::Basic => matches!(name, ".debug_line" | ".debug_line_str"),
                DebugLevel::Full => true,
            };
            if kept {
                counted.debug_sections_kept += 1;
                counted.dwarf_bytes_kept += bytes;
                counted.debug_bytes += bytes;
                if name == ".debug_line" {
                    counted.source_files += debug::source_files(data);
                }
            }
            self.over(Field::DebugSections, at);
            self.over(Field::Dwarf, at);
            self.over(Field::SourceFiles, at);
            return Ok(());
        }
        if name.starts_with("component-type") {
            counted.wit_bytes += bytes;
            self.over(Field::Wit, at);
            return Ok(());
        }
        if name == "name" && self.limits.debug_level != DebugLevel::None {
            counted.debug_bytes += bytes;
            // A damaged name section is no reason to refuse a module (specification, appendix "Custom Sections").
            let names = debug::names(BinaryReader::new(data, at)).unwrap_or_default();
            counted.symbols += names.symbols;
            counted.function_metadata = counted.function_metadata.max(names.most_function);
            counted.type_metadata = counted.type_metadata.max(names.most_type);
            self.over(Field::Symbols, at);
            self.over(Field::FunctionMetadata, at);
            self.over(Field::TypeMetadata, at);
        }
        if let Some(open) = self.open.last_mut() {
            open.metadata += bytes;
            let metadata = open.metadata;
            self.report.counted.component_metadata = self.report.counted.component_metadata.max(metadata);
            self.over(Field::ComponentMetadata, at);
        }
        Ok(())
    }

    /// What can be said at the end alone: sums, and complexity.
    fn finish(mut self, len: u64) -> Report {
        let counted = &mut self.report.counted;
        // DWARF that is not kept is not kept in memory either.
        let passed_over = counted.dwarf_bytes - counted.dwarf_bytes_kept;
        counted.other_bytes = len.saturating_sub(counted.debug_bytes).saturating_sub(passed_over);
        let shape = ComponentShape { depth: u32::try_from(counted.nesting).unwrap_or(u32::MAX) };
        self.report.complexity.component = shape.complexity();
        for field in Field::ALL {
            let limit = field.get(self.limits);
            let counts = self.report.counted.get(*field).filter(|found| *found > limit);
            let known = |finding: &Finding| matches!(finding, Finding::Over { field: one, .. } if one == field);
            if let Some(found) = counts
                && !self.report.findings.iter().any(known)
            {
                self.report.findings.push(Finding::Over { field: *field, found, limit, offset: None });
            }
        }
        let (found, level) = (self.report.complexity, self.limits.asil);
        if let Some(most) = Complexity::most(level).filter(|_| !found.fits(level)) {
            self.report.findings.push(Finding::Complexity { found, most, level });
        }
        self.report
    }
}
