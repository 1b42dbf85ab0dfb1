//! From an offset in a module to lines of its source, where the module carries DWARF (version 2 to 5).
//!
//! Owns which custom sections are read and what an address means: DWARF counts bytes from the beginning of the
//! contents of the code section ("DWARF for WebAssembly", WebAssembly/tool-conventions). What cannot be read is as if
//! it were not there, because a backtrace without lines is better than none.

use addr2line::{Context, LookupResult};
use gimli::{EndianSlice, LittleEndian};
use std::collections::HashMap;
use wasmparser::{Parser, Payload};

/// A place in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The function as the source names it, with what tells C++ and Rust names apart made readable.
    pub function: Option<String>,
    /// The file, as the compiler was given it.
    pub file: Option<String>,
    /// The line, from 1; 0 where it is not known.
    pub line: u32,
    /// The column, from 1; 0 where it is not known.
    pub column: u32,
}

/// What a module says of its sources. Borrows the binary.
pub struct Sources<'w> {
    context: Context<EndianSlice<'w, LittleEndian>>,
    /// Where the contents of the code section begin.
    code: u64,
}

impl core::fmt::Debug for Sources<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Sources").field("code", &self.code).finish_non_exhaustive()
    }
}

impl<'w> Sources<'w> {
    /// Looks for DWARF in a module in the binary format; `None` where there is none, or it cannot be read. Lines are
    /// decoded when they are asked for.
    #[must_use]
    pub fn read(wasm: &'w [u8]) -> Option<Self> {
        let mut code = None;
        let mut sections = HashMap::<&str, &[u8]>::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.ok()? {
                Payload::CodeSectionStart { range, .. } => code = Some(range.start),
                Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                    sections.entry(section.name()).or_insert(section.data());
                }
                _ => {}
            }
        }
        sections.get(".debug_info")?;
        let dwarf = gimli::Dwarf::load(|id| {
            let data = sections.get(id.name()).copied().unwrap_or(&[]);
            Ok::<_, gimli::Error>(EndianSlice::new(data, LittleEndian))
        });
        let dwarf = dwarf.ok()?;
        if too_deep(&dwarf)? {
            return None;
        }
        Some(Sources { context: Context::from_dwarf(dwarf).ok()?, code: code? })
    }

    /// The places that the operator at `module_offset` (bytes from the module's start, as [`wrt_core::Frame`] has it)
    /// comes from: of functions that were inlined there the innermost first, and at last the function that the module
    /// has. Empty where nothing is known.
    #[must_use]
    pub fn at(&self, module_offset: u64) -> Vec<SourceLine> {
        let Some(address) = module_offset.checked_sub(self.code) else { return Vec::new() };
        let mut out = Vec::new();
        // Parts of DWARF in other files are not looked for.
        let LookupResult::Output(Ok(mut frames)) = self.context.find_frames(address) else { return out };
        while let Ok(Some(frame)) = frames.next() {
            let function = frame.function.as_ref();
            let location = frame.location.as_ref();
            out.push(SourceLine {
                function: function.and_then(|name| name.demangle().ok()).map(|name| name.into_owned()),
                file: location.and_then(|place| place.file).map(str::to_owned),
                line: location.and_then(|place| place.line).unwrap_or(0),
                column: location.and_then(|place| place.column).unwrap_or(0),
            });
        }
        out
    }
}

/// Entries of DWARF that may stand within one another. Compilers need some tens; the look-up of inlined functions
/// recurses on the native stack, whose end a hostile module must not reach.
const DEEPEST: isize = 500;

/// Whether entries nest deeper than that; `None` where they cannot be read.
fn too_deep(dwarf: &gimli::Dwarf<EndianSlice<'_, LittleEndian>>) -> Option<bool> {
    let mut units = dwarf.units();
    while let Some(header) = units.next().ok()? {
        let unit = dwarf.unit(header).ok()?;
        let mut entries = unit.entries_raw(None).ok()?;
        while !entries.is_empty() {
            if entries.next_depth() > DEEPEST {
                return Some(true);
            }
            if let Some(abbreviation) = entries.read_abbreviation().ok()? {
                entries.skip_attributes(abbreviation.attributes()).ok()?;
            }
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{CodeSection, CustomSection, Function, FunctionSection, Module, TypeSection};

    /// A module whose DWARF has a function with so many functions inlined in one another.
    fn nested(inlined: usize) -> Vec<u8> {
        // Abbreviations (DWARF 4, section 7.5.3): a unit and a function with low_pc and high_pc, an inlined function
        // without attributes; each has children.
        let abbreviations: &[u8] = &[
            1, 0x11, 1, 0x11, 0x01, 0x12, 0x06, 0, 0, // DW_TAG_compile_unit
            2, 0x2e, 1, 0x11, 0x01, 0x12, 0x06, 0, 0, // DW_TAG_subprogram
            3, 0x1d, 1, 0, 0, // DW_TAG_inlined_subroutine
            0,
        ];
        let range = [0, 0, 0, 0, 0xff, 0, 0, 0];
        // Version 4, abbreviations at 0, addresses of 4 bytes.
        let mut unit = vec![4, 0, 0, 0, 0, 0, 4];
        for abbreviation in [1, 2] {
            unit.push(abbreviation);
            unit.extend(range);
        }
        unit.extend(core::iter::repeat_n(3, inlined));
        unit.extend(core::iter::repeat_n(0, inlined + 2));
        let mut info = (unit.len() as u32).to_le_bytes().to_vec();
        info.extend(unit);
        let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([], []);
        functions.function(0);
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        code.function(&body);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);
        for (name, data) in [(".debug_abbrev", abbreviations), (".debug_info", &info)] {
            module.section(&CustomSection { name: name.into(), data: data.into() });
        }
        module.finish()
    }

    #[test]
    fn dbg_1_dwarf_that_nests_without_end_is_not_followed() {
        for inlined in [3, 400] {
            let some = nested(inlined);
            let sources = Sources::read(&some).expect("a compiler could make that many");
            assert!(!sources.at(sources.code + 2).is_empty(), "the function is found");
        }
        assert!(Sources::read(&nested(1_000_000)).is_none());
    }

    #[test]
    fn dbg_1_without_dwarf_or_with_nonsense_there_is_no_source() {
        let plain = wat::parse_str("(module (func))").expect("text");
        assert!(Sources::read(&plain).is_none());
        assert!(Sources::read(b"nonsense").is_none());
        let text = "(module (func) (@custom \".debug_info\" \"\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\01\\02\"))";
        let nonsense = wat::parse_str(text).expect("text");
        let sources = Sources::read(&nonsense);
        assert!(sources.is_none_or(|sources| sources.at(0x20).is_empty() && sources.at(0).is_empty()));
    }
}
