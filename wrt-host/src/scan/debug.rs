//! What a debugger would read: names, and the file tables of line programs.

use gimli::{DebugLine, DebugLineOffset, LittleEndian};
use std::collections::BTreeMap;
use wasmparser::{BinaryReader, BinaryReaderError, Name, NameSectionReader};

/// What the name section holds.
#[derive(Default)]
pub(super) struct Names {
    /// Names of what a module defines and imports: functions, types, tables, memories, globals, segments, tags.
    pub(super) symbols: u64,
    /// Most bytes of names that one function has, its locals and labels included.
    pub(super) most_function: u64,
    /// Most bytes of names that one type has, its fields included.
    pub(super) most_type: u64,
}

/// Reads the name section (specification, appendix "Custom Sections").
pub(super) fn names(reader: BinaryReader<'_>) -> Result<Names, BinaryReaderError> {
    let mut names = Names::default();
    let mut functions = BTreeMap::<u32, u64>::new();
    let mut types = BTreeMap::<u32, u64>::new();
    for subsection in NameSectionReader::new(reader) {
        match subsection? {
            Name::Function(map) => names.symbols += direct(map, Some(&mut functions))?,
            Name::Type(map) => names.symbols += direct(map, Some(&mut types))?,
            Name::Table(map)
            | Name::Memory(map)
            | Name::Global(map)
            | Name::Element(map)
            | Name::Data(map)
            | Name::Tag(map) => names.symbols += direct(map, None)?,
            Name::Local(map) | Name::Label(map) => indirect(map, &mut functions)?,
            Name::Field(map) => indirect(map, &mut types)?,
            Name::Module { .. } | Name::Unknown { .. } => {}
        }
    }
    names.most_function = functions.into_values().max().unwrap_or(0);
    names.most_type = types.into_values().max().unwrap_or(0);
    Ok(names)
}

fn direct(map: wasmparser::NameMap<'_>, mut bytes: Option<&mut BTreeMap<u32, u64>>) -> Result<u64, BinaryReaderError> {
    let mut count = 0;
    for naming in map {
        let naming = naming?;
        count += 1;
        if let Some(bytes) = &mut bytes {
            *bytes.entry(naming.index).or_default() += naming.name.len() as u64;
        }
    }
    Ok(count)
}

fn indirect(map: wasmparser::IndirectNameMap<'_>, bytes: &mut BTreeMap<u32, u64>) -> Result<(), BinaryReaderError> {
    for of in map {
        let of = of?;
        let mut sum = 0;
        for naming in of.names {
            sum += naming?.name.len() as u64;
        }
        *bytes.entry(of.index).or_default() += sum;
    }
    Ok(())
}

/// Entries of the file tables of all line programs in `.debug_line` (DWARF 5, section 6.2.4), up to the first
/// program that cannot be read.
pub(super) fn source_files(debug_line: &[u8]) -> u64 {
    let section = DebugLine::new(debug_line, LittleEndian);
    let (mut files, mut at) = (0, 0);
    // WebAssembly's addresses are four bytes for DWARF, or eight; the header of version 5 says so itself,
    // and file tables do not depend on it.
    while let Ok(program) = section.program(DebugLineOffset(at), 4, None, None) {
        let header = program.header();
        files += header.file_names().len() as u64;
        at += header.unit_length() + usize::from(header.format().initial_length_size());
    }
    files
}
