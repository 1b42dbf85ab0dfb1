//! What functions are called, for messages: from the bytes, so that it also serves for a module
//! that the engine refuses.

use std::collections::HashMap;
use wasmparser::{ExternalKind, KnownCustom, Name, Parser, Payload, TypeRef};
use wrt_core::{ExternType, LoadBudget, Module};
use wrt_host::OwnedModule;

/// Characters of a name that are kept. Longer ones are of no use to a reader, and whoever wrote the module chose them.
const LONGEST: usize = 200;

/// A name as it is shown: control characters made visible, and cut where it is long.
pub fn shown(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default().escape_debug()),
        None => name.escape_debug().to_string(),
    }
}

/// As much of a name as [`shown`] needs.
fn kept(name: &str) -> String {
    name.chars().take(LONGEST + 1).collect()
}

/// Names by function index: the name section's, else the export's, else the import's.
#[derive(Default, Debug)]
pub struct Names(HashMap<u32, String>);

impl Names {
    /// Reads as far as the bytes make sense; of an image, if it is one that loads.
    pub fn read(wasm: &[u8]) -> Names {
        if Module::is_image(wasm) {
            let module = OwnedModule::load(wasm, &LoadBudget::DEFAULT);
            return module.map_or_else(|_| Names::default(), |module| Names::of(module.module()));
        }
        let (mut named, mut exported, mut imported) = (HashMap::new(), HashMap::new(), HashMap::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload {
                Ok(Payload::ImportSection(section)) => {
                    let functions = section.into_imports().flatten().filter(|i| matches!(i.ty, TypeRef::Func(_)));
                    for (index, import) in (0..).zip(functions) {
                        imported.insert(index, format!("{}.{}", kept(import.module), kept(import.name)));
                    }
                }
                Ok(Payload::ExportSection(section)) => {
                    for export in section.into_iter().flatten().filter(|e| e.kind == ExternalKind::Func) {
                        exported.entry(export.index).or_insert_with(|| kept(export.name));
                    }
                }
                Ok(Payload::CustomSection(section)) => {
                    let KnownCustom::Name(names) = section.as_known() else { continue };
                    for part in names.into_iter().flatten() {
                        let Name::Function(functions) = part else { continue };
                        named.extend(functions.into_iter().flatten().map(|n| (n.index, kept(n.name))));
                    }
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        exported.extend(named);
        imported.extend(exported);
        Names(imported)
    }

    /// The same names, from a module that is loaded.
    fn of(module: Module<'_>) -> Names {
        let mut names = HashMap::new();
        for import in (0..module.import_count()).filter_map(|i| module.import(i)) {
            if let ExternType::Func(_) = import.ty {
                names.insert(import.index, format!("{}.{}", kept(import.module), kept(import.name)));
            }
        }
        // The first export of a function counts.
        for export in (0..module.export_count()).rev().filter_map(|i| module.export(i)) {
            if let ExternType::Func(_) = export.ty {
                names.insert(export.index, kept(export.name));
            }
        }
        for func in 0..module.func_count() {
            if let Some(name) = module.func_name(func).and_then(|name| core::str::from_utf8(name).ok()) {
                names.insert(func, kept(name));
            }
        }
        Names(names)
    }

    /// The function's name, as it is shown.
    pub fn get(&self, func: u32) -> Option<String> {
        self.0.get(&func).map(|name| shown(name))
    }

    /// Its name, or `function 3` where it has none.
    pub fn label(&self, func: u32) -> String {
        self.get(func).unwrap_or_else(|| format!("function {func}"))
    }

    /// `name (function 3)`, or `function 3` where it has no name.
    pub fn describe(&self, func: u32) -> String {
        self.get(func).map_or_else(|| format!("function {func}"), |n| format!("{n} (function {func})"))
    }
}
