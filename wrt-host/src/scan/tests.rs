//! Tests of the pass: each limit with a binary that has exactly as many, and with one that has one more.

use super::*;
use crate::OwnedModule;
use wrt_core::LoadBudget;
use wrt_core::limits::Preset;

/// Limits under which everything here fits.
fn wide() -> Limits {
    let mut limits = Preset::LinuxContainer.limits(16 << 30, Asil::Qm);
    limits.debug_level = DebugLevel::Full;
    limits
}

/// The tests choose levels themselves, so that they need a build without a floor.
fn any_level() -> bool {
    Asil::FLOOR == Asil::Qm
}

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// A module with custom sections.
fn with_sections(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    for (name, data) in sections {
        module.section(&wasm_encoder::CustomSection { name: (*name).into(), data: (*data).into() });
    }
    module.finish()
}

/// A binary that has `count` of what the field bounds fits a limit of `count` and none of one less, and the
/// finding names field, count and limit.
#[track_caller]
fn exact(field: Field, binary: &[u8], count: u64) {
    if !any_level() {
        return;
    }
    assert_eq!(scan(binary, &wide()).counted.get(field), Some(count), "{}", field.key());
    let mut limits = wide();
    assert!(field.set(&mut limits, count));
    let report = scan(binary, &limits);
    assert!(report.fits(), "{}: {:?}", field.key(), report.findings);
    assert!(field.set(&mut limits, count - 1));
    let report = scan(binary, &limits);
    let over = |finding: &Finding| match finding {
        Finding::Over { field: one, found, limit, .. } => (*one, *found, *limit) == (field, count, count - 1),
        _ => false,
    };
    assert!(report.findings.len() == 1 && over(&report.findings[0]), "{}: {:?}", field.key(), report.findings);
}

fn repeat(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

/// LIM-1, LIM-5: components, nesting, instances, types, worlds.
#[test]
fn lim_1_lim_5_components() {
    for n in [1, 2, 5] {
        let nested = format!("(component {} {})", repeat(n - 1, |_| "(component".into()), ")".repeat(n - 1));
        exact(Field::Nesting, &wasm(&nested), n as u64);
        let beside = format!("(component {})", repeat(n, |_| "(component)".into()));
        exact(Field::Components, &wasm(&beside), n as u64 + 1);
        let made = format!("(component (component $c) {})", repeat(n, |_| "(instance (instantiate $c))".into()));
        exact(Field::Instances, &wasm(&made), n as u64);
        let types = format!("(component {})", repeat(n, |i| format!("(type (list u{}))", [8, 16, 32, 64, 8][i])));
        exact(Field::ComponentTypes, &wasm(&types), n as u64);
        // Types declared in types count too.
        let types = format!("(component (type (instance {})))", repeat(n, |_| "(type (list u8))".into()));
        exact(Field::ComponentTypes, &wasm(&types), n as u64 + 1);
        let worlds = format!("(component {})", repeat(n, |_| "(type (component))".into()));
        exact(Field::Worlds, &wasm(&worlds), n as u64 + 1);
    }
}

/// LIM-1, LIM-5: resources, interfaces, imports and exports of a component.
#[test]
fn lim_1_lim_5_imports_exports_and_resources() {
    for n in [1, 3] {
        let resources = format!("(component {})", repeat(n, |_| "(type (resource (rep i32)))".into()));
        exact(Field::ResourceTypes, &wasm(&resources), n as u64);
        let imported = format!("(component {})", repeat(n, |i| format!("(import \"r{i}\" (type (sub resource)))")));
        exact(Field::ResourceTypes, &wasm(&imported), n as u64);
        let interfaces = repeat(n, |i| format!("(import \"a:b/c{i}\" (instance))"));
        exact(Field::Interfaces, &wasm(&format!("(component {interfaces})")), n as u64);
        exact(Field::Imports, &wasm(&format!("(component {interfaces})")), n as u64);
        let exports = repeat(n, |i| format!("(export \"e{i}\" (instance $i))"));
        let component = format!("(component (component $c) (instance $i (instantiate $c)) {exports})");
        exact(Field::Exports, &wasm(&component), n as u64);
        exact(Field::Interfaces, &wasm(&component), n as u64);
        let module = format!("(module {})", repeat(n, |i| format!("(import \"m\" \"f{i}\" (func))")));
        exact(Field::Imports, &wasm(&module), n as u64);
        let module = format!("(module (func $f) {})", repeat(n, |i| format!("(export \"f{i}\" (func $f))")));
        exact(Field::Exports, &wasm(&module), n as u64);
        // Of several modules the one with most counts, not their sum.
        let core = format!("(core {}", &module[1..]);
        exact(Field::Exports, &wasm(&format!("(component {core} {core})")), n as u64);
    }
}

/// LIM-1, LIM-5: linear memory at its minimum, in sum over memories and modules.
#[test]
fn lim_1_lim_5_linear_memory() {
    exact(Field::Linear, &wasm("(module (memory 3 9))"), 3 << 16);
    exact(Field::Linear, &wasm("(component (core module (memory 1)) (core module (memory 2)))"), 3 << 16);
}

/// A line program of DWARF 2 with this many files and no code.
fn line_program(files: usize) -> Vec<u8> {
    let mut rest = vec![1, 1, 0xfb, 14, 1, 0];
    for i in 0..files {
        rest.extend(format!("file{i}.c\0").as_bytes());
        rest.extend([0, 0, 0]);
    }
    rest.push(0);
    let mut bytes = Vec::new();
    bytes.extend((rest.len() as u32 + 6).to_le_bytes());
    bytes.extend(2u16.to_le_bytes());
    bytes.extend((rest.len() as u32).to_le_bytes());
    bytes.extend(rest);
    bytes
}

/// LIM-1, LIM-5: DWARF: sections, bytes, files of line programs, and what all of it takes.
#[test]
fn lim_1_lim_5_dwarf() {
    let sections: Vec<(String, Vec<u8>)> = (1..=5).map(|n| (format!(".debug_x{n}"), vec![0; n * 10])).collect();
    for n in 1..=5 {
        let some: Vec<(&str, &[u8])> = sections[..n].iter().map(|(name, data)| (&**name, &**data)).collect();
        let bytes = some.iter().map(|(_, data)| data.len() as u64).sum();
        exact(Field::DebugSections, &with_sections(&some), n as u64);
        exact(Field::Dwarf, &with_sections(&some), bytes);
        exact(Field::DebugOverhead, &with_sections(&some), bytes);
    }
    for files in [1, 2, 300] {
        let both = [line_program(files), line_program(1)].concat();
        exact(Field::SourceFiles, &with_sections(&[(".debug_line", &both)]), files as u64 + 1);
    }
}

/// LIM-1, LIM-5: the debug level says what is kept; what is not kept is bounded by nothing.
#[test]
fn lim_1_lim_5_the_debug_level_says_what_is_kept() {
    if !any_level() {
        return;
    }
    let line = line_program(2);
    let binary = with_sections(&[(".debug_line", &line), (".debug_info", &[0; 50]), ("name", &[])]);
    for (level, sections, bytes) in [
        (DebugLevel::None, 0, 0),
        (DebugLevel::Basic, 1, line.len() as u64),
        (DebugLevel::Full, 2, line.len() as u64 + 50),
    ] {
        let report = scan(&binary, &Limits { debug_level: level, ..wide() });
        let counted = &report.counted;
        assert_eq!((counted.debug_sections_kept, counted.dwarf_bytes_kept), (sections, bytes));
        assert_eq!((counted.dwarf_sections, counted.dwarf_bytes), (2, line.len() as u64 + 50));
        let none = Limits { debug_level: level, debug_sections: 0, dwarf_bytes: 0, source_files: 0, ..wide() };
        assert_eq!(scan(&binary, &none).fits(), level == DebugLevel::None);
    }
}

/// LIM-1, LIM-5: names: how many, and bytes of one function's and one type's.
#[test]
fn lim_1_lim_5_names() {
    for n in [1usize, 4] {
        let functions = repeat(n, |i| format!("(func $f{i})"));
        exact(Field::Symbols, &wasm(&format!("(module {functions} (global $g i32 (i32.const 0)))")), n as u64 + 1);
        let locals = repeat(n, |i| format!("(local $l{i} i32)"));
        let text = format!("(module (func $abc {locals}) (func $a))");
        exact(Field::FunctionMetadata, &wasm(&text), 3 + 2 * n as u64);
        let fields = repeat(n, |i| format!("(field $f{i} i32)"));
        exact(
            Field::TypeMetadata,
            &wasm(&format!("(module (type $abcd (struct {fields})) (type $t (func)))")),
            4 + 2 * n as u64,
        );
    }
    // What cannot be read as names is no reason to refuse a module.
    let damaged = with_sections(&[("name", &[1, 200, 200, 200, 200, 200])]);
    assert!(!any_level() || scan(&damaged, &wide()).fits());
}

/// LIM-1, LIM-5: other custom sections: binary WIT, and metadata of the module that has most.
#[test]
fn lim_1_lim_5_custom_sections() {
    exact(Field::Wit, &with_sections(&[("component-type:a", &[0; 7]), ("component-type:b", &[0; 5])]), 12);
    exact(Field::ComponentMetadata, &with_sections(&[("producers", &[0; 7]), ("mine", &[0; 5])]), 12);
    let text = "(component (core module (@custom \"a\" \"12345\")) (core module (@custom \"b\" \"123\")))";
    exact(Field::ComponentMetadata, &wasm(text), 5);
}

/// LIM-1, LIM-5: what stays of a binary beside debugging is charged to components.
#[test]
fn lim_1_lim_5_component_overhead() {
    let data = vec![b'x'; 100_000];
    let binary = with_sections(&[("mine", &data), (".debug_info", &[0; 1_000])]);
    // Name and sizes of the section of DWARF stay, its data does not.
    exact(Field::ComponentOverhead, &binary, binary.len() as u64 - 1_000);
}

/// ASIL-2: the measure of a module's complexity: 1, and 1 for each trait.
#[test]
fn asil_2_lim_5_complexity_of_modules() {
    let bodies = [
        ("(func (call 1)) (func (call 2)) (func)", &[][..]),
        ("(func (call 0))", &[ModuleTrait::Recursion]),
        ("(func (call 1)) (func (call 2)) (func (return_call 0))", &[ModuleTrait::Recursion]),
        ("(import \"m\" \"f\" (func)) (func (call 0))", &[]),
        ("(import \"m\" \"f\" (func)) (func (call 1))", &[ModuleTrait::Recursion]),
        // Two callers of one function are no circle.
        ("(func (call 2)) (func (call 2)) (func)", &[]),
        ("(func (call 1) (call 1)) (func (call 2)) (func (call 3)) (func (call 1))", &[ModuleTrait::Recursion]),
        ("(table 1 funcref) (func (call_indirect (i32.const 0)))", &[ModuleTrait::IndirectCalls]),
        ("(type $t (func)) (func (call_ref $t (ref.null $t)))", &[ModuleTrait::IndirectCalls]),
        ("(memory 1) (func (drop (memory.grow (i32.const 1))))", &[ModuleTrait::Growth]),
        ("(memory 1) (func (drop (memory.size)))", &[]),
        ("(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1))))", &[ModuleTrait::Growth]),
        ("(tag) (func (throw 0))", &[ModuleTrait::Exceptions]),
        ("(type $s (struct)) (func (drop (struct.new $s)))", &[ModuleTrait::Collection]),
        ("(type $s (struct (field i32))) (func (drop (struct.get $s 0 (ref.null $s))))", &[]),
        ("(memory 1 1 shared)", &[ModuleTrait::Sharing]),
        ("(func (drop (i8x16.add (v128.const i64x2 0 0) (v128.const i64x2 0 0))))", &[]),
        ("(memory 1) (func (drop (i32.atomic.load (i32.const 0))))", &[]),
        (
            "(memory 1) (table 1 funcref) (func (drop (memory.grow (i32.const 1))) (call_indirect (i32.const 0)) (call 0))",
            &[ModuleTrait::Growth, ModuleTrait::IndirectCalls, ModuleTrait::Recursion],
        ),
    ];
    for (body, traits) in bodies {
        let binary = wasm(&format!("(module {body})"));
        let expected = traits.iter().fold(ModuleTraits::NONE, |all, one| all.with(*one));
        let report = scan(&binary, &wide());
        assert_eq!(report.traits, expected, "{body}");
        assert_eq!(report.complexity, Complexity { component: 0, module: 1 + traits.len() as u32 });
    }
}

/// ASIL-2: at load, each level refuses what is more complex than it allows, and tells both numbers.
#[test]
fn asil_2_lim_5_levels_refuse_what_is_too_complex() {
    let traits = [
        "(func $r (call $r))",
        "(func (call_indirect (i32.const 0)))",
        "(func (drop (memory.grow (i32.const 1))))",
        "(tag) (func (throw 0))",
    ];
    for level in Asil::ALL.into_iter().filter(|level| level.at_least(Asil::FLOOR)) {
        let limits = Preset::LinuxContainer.limits(1 << 30, level);
        for module in 1..=5u32 {
            let text = format!("(module (memory 1) (table 1 funcref) {})", traits[..module as usize - 1].concat());
            for component in 0..=4 {
                let binary = match component {
                    0 => wasm(&text),
                    n => wasm(&format!("{}(core {}{}", "(component ".repeat(n), &text[1..], ")".repeat(n))),
                };
                let found = Complexity { component: component as u32, module };
                let report = scan(&binary, &limits);
                assert_eq!(report.complexity, found);
                assert_eq!(report.fits(), found.fits(level), "{found:?} {}", level.name());
                if let Some(most) = Complexity::most(level).filter(|_| !report.fits()) {
                    assert_eq!(report.findings, [Finding::Complexity { found, most, level }]);
                }
            }
        }
    }
}

/// ASIL-2, ASIL-3: limits that break the rules of their level are found by the pass as well.
#[test]
fn asil_2_asil_3_lim_5_limits_themselves_are_checked() {
    let wrong = Limits { asil: Asil::D, debug_overhead: 1, ..wide() };
    let findings = scan(&wasm("(module)"), &wrong).findings;
    assert!(matches!(findings[..], [Finding::Limits(Inconsistent::DebugOverhead { most: 0, .. }), ..]), "{findings:?}");
    for level in Asil::ALL {
        let limits = Preset::LinuxContainer.limits(1 << 30, level);
        assert_eq!(scan(&wasm("(module)"), &limits).fits(), level.at_least(Asil::FLOOR), "{}", level.name());
    }
}

/// LIM-5: where the bytes cannot be read, the place is told; cut off anywhere, nothing panics.
#[test]
fn lim_5_damaged_binaries() {
    let text = "(component (core module (memory 1) (func $f (call $f)) (export \"f\" (func $f))) (type (list u8)))";
    let binary = wasm(text);
    assert!(!any_level() || scan(&binary, &wide()).fits());
    for len in 0..binary.len() {
        let _ = scan(&binary[..len], &wide());
        for bit in 0..8 {
            let mut damaged = binary.clone();
            damaged[len] ^= 1 << bit;
            let _ = scan(&damaged, &wide());
        }
    }
    let report = scan(b"\0asm\x07\0\0\0", &wide());
    assert!(
        report.findings.iter().any(|finding| matches!(finding, Finding::Malformed { offset: 4, .. })),
        "{report:?}"
    );
}

/// LIM-5: many functions, each calling the next: a chain is no circle, and takes no native stack.
#[test]
fn lim_5_long_chains_of_calls() {
    let count = 50_000;
    let chain = |last: usize| {
        let bodies = repeat(count, |i| format!("(func (call {}))", if i + 1 == count { last } else { i + 1 }));
        scan(&wasm(&format!("(module {bodies} (func))")), &wide()).traits
    };
    assert_eq!(chain(count), ModuleTraits::NONE);
    assert_eq!(chain(0), ModuleTraits::NONE.with(ModuleTrait::Recursion));
}

/// LIM-5: of an image nobody can tell what it consisted of, so that no limit lets it through.
#[test]
fn lim_5_images_are_refused() {
    let module = wasm("(module (func))");
    let image = OwnedModule::compile(&module, &LoadBudget::DEFAULT).expect("an image");
    let findings = |bytes: &[u8]| scan(bytes, &Preset::LinuxContainer.limits(1 << 30, Asil::FLOOR)).findings;
    assert_eq!((findings(&module), findings(&image)), (Vec::new(), vec![Finding::Image]));
}
