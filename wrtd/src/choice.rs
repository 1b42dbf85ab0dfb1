//! Which function is called, with which arguments, and what the module would need from outside.

use crate::cli::RunArgs;
use crate::names::shown;
use crate::report::Failure;
use crate::size::grouped;
use crate::values;
use serde_json::{Value as Json, json};
use wrt_core::{ExternType, FuncType, Import, Module, Value};
use wrt_host::HostImport;

/// Lines of a list that is shown to a person, and entries of one for a program: a module may have a hundred thousand.
const LINES: usize = 32;
const ENTRIES: usize = 1_000;

/// A list for a person, of which what is too much is counted.
fn listed(count: usize, lines: impl Iterator<Item = String>) -> String {
    let mut lines: Vec<String> = lines.take(LINES).collect();
    if count > LINES {
        lines.push(format!("    … and {} more", grouped((count - LINES) as u64)));
    }
    lines.join("\n")
}

/// The exported functions with their types.
fn functions<'a>(module: Module<'a>) -> Vec<(&'a str, FuncType<'a>)> {
    let function = |i| match module.export(i) {
        Some(e) => match e.ty {
            ExternType::Func(ty) => Some((e.name, ty)),
            _ => None,
        },
        None => None,
    };
    (0..module.export_count()).filter_map(function).collect()
}

/// Which function to call: the one named, else `_start`, else the only one; `None` where the module
/// exports no function, so that instantiating it (and its start function) is all there is to do.
pub fn choose<'a>(module: Module<'a>, args: &RunArgs) -> Result<Option<(&'a str, FuncType<'a>)>, Failure> {
    let all = functions(module);
    let find = |name: &str| all.iter().find(|(n, _)| *n == name).copied();
    let list = || listed(all.len(), all.iter().map(|(n, ty)| format!("    {} {}", shown(n), values::signature(*ty))));
    let names = || {
        let entries = all.iter().take(ENTRIES);
        Json::from_iter(entries.map(|(n, ty)| json!({ "name": n, "type": values::signature(*ty) })))
    };
    if let Some(name) = &args.invoke {
        return match find(name) {
            Some(found) => Ok(Some(found)),
            None if all.is_empty() => {
                Err(Failure::new("not-found", format!("no function `{name}`: the module exports none")))
            }
            None => Err(Failure::new("not-found", format!("no function `{name}` is exported; there are\n{}", list()))
                .fact("functions", names())),
        };
    }
    if let Some(start) = find("_start") {
        return Ok(Some(start));
    }
    if args.wasi.wasi {
        let why = "the module exports no _start, which is what a program of WASI begins with";
        return Err(Failure::new("not-found", why).hint("name a function with --invoke, or link it as a command"));
    }
    match all.as_slice() {
        [] if args.args.is_empty() => Ok(None),
        [] => Err(Failure::usage("arguments are given, but the module exports no function")),
        [one] => Ok(Some(*one)),
        [first, ..] => {
            let (name, ty) = first;
            let types: String = ty.params.iter().map(|ty| format!(" {}", ty.name().to_uppercase())).collect();
            Err(Failure::new("not-found", format!("which function? Choose one with --invoke NAME\n{}", list()))
                .fact("functions", names())
                .hint(format!("such as: wrtd {} --invoke {}{types}", args.module, shown(name))))
        }
    }
}

/// The arguments as the function's type wants them.
pub fn arguments(name: &str, ty: FuncType<'_>, given: &[String]) -> Result<Vec<Value>, Failure> {
    if given.len() != ty.params.len() {
        let text = format!("{name} {} takes {}, {} given", values::signature(ty), count(ty.params.len()), given.len());
        return Err(Failure::usage(text));
    }
    let parsed = given.iter().zip(ty.params).zip(1..).map(|((text, ty), n)| {
        values::parse(text, *ty).map_err(|e| Failure::usage(format!("argument {n} of {name}: {e}")))
    });
    parsed.collect()
}

fn count(n: usize) -> String {
    match n {
        0 => "no argument".into(),
        1 => "one argument".into(),
        n => format!("{n} arguments"),
    }
}

/// Refuses a module that imports anything that is not provided, with the whole list.
pub fn missing_imports(module: Module<'_>, provided: &[HostImport]) -> Result<(), Failure> {
    let is_provided = |i: &Import<'_>| provided.iter().any(|p| p.module == i.module && p.name == i.name);
    let imports: Vec<_> =
        (0..module.import_count()).filter_map(|i| module.import(i)).filter(|i| !is_provided(i)).collect();
    if imports.is_empty() {
        return Ok(());
    }
    let describe = |ty: &ExternType<'_>| match ty {
        ExternType::Func(ty) => format!("function {}", values::signature(*ty)),
        ExternType::Table(..) => "table".into(),
        ExternType::Memory(..) => "memory".into(),
        ExternType::Global(ty, _) => format!("global {}", ty.name()),
        ExternType::Tag(ty) => format!("tag {}", values::signature(*ty)),
    };
    let line = |i: &Import<'_>| format!("    {}.{}: {}", shown(i.module), shown(i.name), describe(&i.ty));
    let lines = listed(imports.len(), imports.iter().map(line));
    let entries = imports.iter().take(ENTRIES);
    let facts = entries.map(|i| json!({ "module": i.module, "name": i.name, "type": describe(&i.ty) })).collect();
    let hint = if imports.iter().any(|i| i.module.starts_with("wasi_")) {
        "WASI preview 1 has no such function; compile the module for wasi_snapshot_preview1"
    } else {
        "run the module from a program (C, Python, Node) that provides them"
    };
    let text = format!("the module imports what the command line does not provide\n{lines}");
    Err(Failure::new("link", text).hint(hint).fact("imports", facts))
}
