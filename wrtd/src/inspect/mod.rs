//! `wrtd inspect`: what is in a binary, without running it: sections, imports and exports with their types, the
//! proposals that it needs, how complex it is, and how much of it has names.
//!
//! Owns the order of the report. What a binary holds is read in `read`.

mod read;

use crate::cli::InspectArgs;
use crate::print::{out, say};
use crate::report::Failure;
use crate::size::grouped;
use crate::source;
use core::fmt::Write;
use read::{Contents, Item};
use serde_json::{Value as Json, json};
use wrt_core::limits::{Asil, Preset};
use wrt_core::{LoadBudget, Module, Proposals};
use wrt_host::OwnedModule;
use wrt_host::scan::{Report, scan};

/// Modules and components around a section, as far as they are shown by its place in the line.
const DEEPEST: usize = 16;

/// A binary, looked at from every side.
struct Inspected {
    bytes: usize,
    contents: Contents,
    /// Proposals without which the module is refused; `None` for what the engine does not take at all.
    proposals: Option<Vec<&'static str>>,
    /// Why the engine does not take it.
    refused: Option<String>,
    report: Report,
}

/// Runs the command; the result is the exit code.
pub fn run(args: &InspectArgs) -> u8 {
    match source::read(&args.module).and_then(|wasm| inspect(&wasm)) {
        Ok(found) if args.json => say!("{}", to_json(&args.module, &found)),
        Ok(found) => out(format_args!("{}", text(&args.module, &found))),
        Err(failure) if args.json => {
            say!("{}", json!({ "module": args.module, "error": failure.to_json() }));
            return failure.exit_code();
        }
        Err(failure) => {
            failure.print();
            return failure.exit_code();
        }
    }
    crate::exit::DONE
}

fn inspect(wasm: &[u8]) -> Result<Inspected, Failure> {
    if Module::is_image(wasm) {
        return Err(Failure::new("unsupported", "an image has no sections any more")
            .hint("inspect the module that it was made from; `wrtd plan` takes images, too"));
    }
    let contents = read::contents(wasm).map_err(|error| {
        let (message, offset) = (error.message(), error.offset());
        Failure::new("malformed", format!("{message}, at offset {offset:#x}"))
            .fact("offset", json!(offset))
            .hint("the file may be cut short, or use a proposal that nobody here knows; see `wrtd validate`")
    })?;
    let (mut proposals, mut refused) = (None, None);
    if !contents.component {
        match OwnedModule::validate(wasm, &with(Proposals::ALL)) {
            Ok(()) => proposals = Some(used(wasm)),
            Err(error) => refused = Some(format!("{}, at offset {:#x}", error.message.to_string_lossy(), error.offset)),
        }
    }
    // What is counted does not depend on what is allowed.
    let limits = Preset::LinuxContainer.limits(Preset::LinuxContainer.typical_bytes(), Asil::FLOOR);
    Ok(Inspected { bytes: wasm.len(), contents, proposals, refused, report: scan(wasm, &limits) })
}

fn with(proposals: Proposals) -> LoadBudget {
    LoadBudget { proposals, ..LoadBudget::DEFAULT }
}

/// The proposals that cannot be turned off: the engine is asked again without them.
fn used(wasm: &[u8]) -> Vec<&'static str> {
    let all = (0..u32::BITS).map(|bit| Proposals(1 << bit)).filter(|one| Proposals::ALL.has(*one));
    let mut needed = Vec::new();
    needed_of(wasm, &all.collect::<Vec<_>>(), &mut needed);
    needed
}

/// Those of some proposals without which, one at a time, the module is refused. Where it is not without all of them,
/// none is needed; else each half is looked at, so that large modules are read a few times and not once for each.
fn needed_of(wasm: &[u8], some: &[Proposals], needed: &mut Vec<&'static str>) {
    let without = some.iter().fold(Proposals::ALL, |rest, one| rest.without(*one));
    if some.is_empty() || OwnedModule::validate(wasm, &with(without)).is_ok() {
        return;
    }
    match some {
        [one] => needed.push(one.name()),
        _ => {
            let (first, second) = some.split_at(some.len() / 2);
            needed_of(wasm, first, needed);
            needed_of(wasm, second, needed);
        }
    }
}

fn text(path: &str, found: &Inspected) -> String {
    let mut out = String::new();
    let Contents { component, sections, imports, exports, memories, start, names, .. } = &found.contents;
    let kind = if *component { "component" } else { "module" };
    let _ = writeln!(out, "{path}: {kind}, {} bytes", grouped(found.bytes as u64));
    let _ = writeln!(out, "sections");
    for section in sections {
        let items = section
            .items
            .map_or(String::new(), |n| format!("  {} {}", grouped(n.into()), if n == 1 { "item" } else { "items" }));
        let indent = "  ".repeat(section.depth.min(DEEPEST));
        let line = format!(
            "  {:<32}{:>#10x}{:>15} bytes{items}",
            indent + &section.name,
            section.offset,
            grouped(section.bytes)
        );
        let _ = writeln!(out, "{line}");
    }
    if found.contents.unlisted > 0 {
        let _ = writeln!(out, "  … and {} more", grouped(found.contents.unlisted));
    }
    list(&mut out, "imports", imports);
    list(&mut out, "exports", exports);
    list(&mut out, "memories", memories);
    if let Some(start) = start {
        let _ = writeln!(out, "start: function {start}");
    }
    match (&found.proposals, &found.refused) {
        (Some(used), _) if used.is_empty() => out += "proposals: none\n",
        (Some(used), _) => out += &format!("proposals: {}\n", used.join(", ")),
        (None, Some(why)) => {
            let _ = writeln!(out, "proposals: not known, because this engine refuses the module: {why}");
        }
        (None, None) => {}
    }
    let complexity = found.report.complexity;
    let traits = found.report.trait_names();
    let traits = if traits.is_empty() { String::new() } else { format!(" (1, and 1 each for {})", traits.join(", ")) };
    let _ = writeln!(out, "complexity: component {}, module {}{traits}", complexity.component, complexity.module);
    if names.is_empty() {
        let _ = writeln!(out, "names: none");
    } else {
        let said: Vec<String> = names.iter().map(|(what, count)| format!("{what} {}", grouped(*count))).collect();
        let _ = writeln!(out, "names: {}", said.join(", "));
    }
    let counted = &found.report.counted;
    let _ = writeln!(
        out,
        "debugging: {} sections of DWARF, {} bytes",
        counted.dwarf_sections,
        grouped(counted.dwarf_bytes)
    );
    out
}

fn list(out: &mut String, what: &str, items: &[Item]) {
    let _ = writeln!(out, "{what}{}", if items.is_empty() { ": none" } else { "" });
    for item in items {
        let _ = writeln!(out, "  {}: {}", item.full_name().escape_debug(), item.ty);
    }
}

fn to_json(path: &str, found: &Inspected) -> Json {
    let Contents { component, sections, imports, exports, memories, start, names, .. } = &found.contents;
    let section = |s: &read::Section| json!({ "name": s.name, "offset": s.offset, "bytes": s.bytes, "items": s.items, "depth": s.depth });
    let item = |i: &Item| json!({ "module": i.module, "name": i.name, "type": i.ty });
    let list = |items: &[Item]| Json::from_iter(items.iter().map(item));
    json!({
        "module": path,
        "kind": if *component { "component" } else { "module" },
        "bytes": found.bytes,
        "sections": sections.iter().map(section).collect::<Vec<_>>(),
        "sections_omitted": found.contents.unlisted,
        "imports": list(imports),
        "exports": list(exports),
        "memories": list(memories),
        "start": start,
        "proposals": found.proposals,
        "refused": found.refused,
        "component_complexity": found.report.complexity.component,
        "module_complexity": found.report.complexity.module,
        "traits": found.report.trait_names(),
        "names": Json::from_iter(names.iter().map(|(what, count)| json!({ "of": what, "count": count }))),
        "dwarf_sections": found.report.counted.dwarf_sections,
        "dwarf_bytes": found.report.counted.dwarf_bytes,
    })
}
