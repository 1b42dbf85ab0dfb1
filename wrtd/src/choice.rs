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

/// What is called, in this order.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// `_initialize`, which a reactor of WASI expects before any other of its functions.
    pub initialize: bool,
    /// The function; `None` where instantiating the module, and what is above, is all there is to do.
    pub function: Option<(&'a str, FuncType<'a>)>,
}

/// What a command of WASI begins with, and a reactor.
const START: &str = "_start";
pub const INITIALIZE: &str = "_initialize";

/// Which function to call: the one named, else `_start`, else the only one; of a reactor behind `_initialize`.
pub fn choose<'a>(module: Module<'a>, args: &RunArgs) -> Result<Choice<'a>, Failure> {
    let all = functions(module);
    let find = |name: &str| all.iter().find(|(n, _)| *n == name).copied();
    let is_plain = |ty: FuncType<'_>| ty.params.is_empty() && ty.results.is_empty();
    if args.wasi.wasi {
        if find(START).is_some() && find(INITIALIZE).is_some() {
            let why = "the module exports both _start and _initialize, so that it is neither command nor reactor";
            return Err(Failure::new("link", why).hint("link it as one of them (clang: -mexec-model=)"));
        }
        if let Some((name, ty)) = [START, INITIALIZE].into_iter().filter_map(find).find(|(_, ty)| !is_plain(*ty)) {
            let why = format!(
                "the module exports {name} {}, which WASI has without arguments and results",
                values::signature(ty)
            );
            return Err(Failure::new("link", why).hint("give the function another name, or leave out --wasi"));
        }
    }
    let reactor = find(START).is_none() && find(INITIALIZE).is_some_and(|(_, ty)| is_plain(ty));
    // What is called before the others is not what is meant by them.
    let others: Vec<_> = all.iter().copied().filter(|(name, _)| !(reactor && *name == INITIALIZE)).collect();
    let list = || {
        let lines = others.iter().map(|(n, ty)| format!("    {} {}", shown(n), values::signature(*ty)));
        listed(others.len(), lines)
    };
    let names = || {
        let entries = others.iter().take(ENTRIES);
        Json::from_iter(entries.map(|(n, ty)| json!({ "name": n, "type": values::signature(*ty) })))
    };
    let chosen = |function| Ok(Choice { initialize: reactor, function });
    if let Some(name) = &args.invoke {
        return match find(name) {
            Some(found) if reactor && name == INITIALIZE => Ok(Choice { initialize: false, function: Some(found) }),
            Some(found) => chosen(Some(found)),
            None if others.is_empty() => {
                Err(Failure::new("not-found", format!("no function `{name}` for --invoke: the module exports none")))
            }
            None => {
                let why = format!("no function `{name}` for --invoke is exported; there are\n{}", list());
                Err(Failure::new("not-found", why).fact("functions", names()))
            }
        };
    }
    if let Some(start) = find(START) {
        return chosen(Some(start));
    }
    if args.wasi.wasi && !(reactor && others.is_empty()) {
        let why = match list() {
            none if none.is_empty() => {
                "the module exports no _start, which is what a program of WASI begins with".into()
            }
            list => format!("the module exports no _start, which is what a program of WASI begins with, but\n{list}"),
        };
        return Err(Failure::new("not-found", why)
            .fact("functions", names())
            .hint("name a function with --invoke, or link it as a command"));
    }
    match others.as_slice() {
        [] if args.args.is_empty() => chosen(None),
        [] => Err(Failure::usage("arguments are given, but the module exports no function")),
        [one] => chosen(Some(*one)),
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
