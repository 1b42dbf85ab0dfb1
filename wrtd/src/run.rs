//! `wrtd run`: lends memory, loads, instantiates, calls one function, says how it went.

use crate::cli::{LimitSources, RunArgs};
use crate::names::Names;
use crate::report::{EXIT_FUEL, Failure};
use crate::size::grouped;
use crate::{limits, plan, proposals, source, values};
use serde_json::{Value as Json, json};
use wrt_core::{Error, ExternType, FuncType, Module, Outcome, Reason, RunBudget, Usage, ValType, Value};
use wrt_host::{Denied, Governor, OwnedInstance, OwnedModule, Settings};

/// Frames of a backtrace that are shown.
const FRAMES: usize = 32;
/// Frames that are counted at most.
const COUNTED: usize = 1 << 20;

/// What a run came to.
struct Run {
    results: Vec<(Value, ValType)>,
    function: Option<String>,
}

/// What is known after a run, also after one that failed.
struct After {
    plan: wrt_core::Plan,
    usage: Usage,
    reserved: u64,
    stack: u64,
}

/// Runs the command; the result is the exit code.
pub fn run(args: &RunArgs, sources: &LimitSources) -> u8 {
    let mut after = None;
    let result = execute(args, sources, &mut after);
    let after = after.as_ref();
    if args.json {
        println!("{}", to_json(&result, after));
        return result.err().map_or(0, |f| f.exit_code());
    }
    if let Ok(run) = &result {
        for (value, ty) in &run.results {
            println!("{}", values::show(*value, *ty));
        }
    }
    let code = result.err().map_or(0, |failure| {
        failure.print();
        failure.exit_code()
    });
    if args.memory_profile
        && let Some(after) = after
    {
        profile(after);
    }
    code
}

fn execute(args: &RunArgs, sources: &LimitSources, after: &mut Option<After>) -> Result<Run, Failure> {
    let wasm = source::read(&args.module)?;
    let failed = |wasm: &[u8], e: &Error| Failure::from_engine(e, &Names::read(wasm));
    let budget = proposals::budget(&args.enable, &args.disable);
    let denied = |why| limits::denied(why, &wasm);
    let governor = match limits::for_run(sources)? {
        Some(held) => Some(Governor::new(&held.limits).map_err(|why| denied(Denied::Share(why)))?),
        None => None,
    };
    let governed = match &governor {
        Some(governor) => Some(governor.load(wasm.as_slice(), &budget).map_err(denied)?),
        None => None,
    };
    let module = match &governed {
        Some(governed) => governed.module().clone(),
        None => OwnedModule::load(wasm.as_slice(), &budget).map_err(|e| failed(&wasm, &e))?,
    };
    let called = choose(module.module(), args)?;
    let arguments = match &called {
        Some((name, ty)) => arguments(name, *ty, &args.args)?,
        None => Vec::new(),
    };
    missing_imports(module.module())?;

    let mut settings = Settings { stack_bytes: args.stack, max_memory_bytes: args.max_memory, ..Settings::default() };
    let (held, free);
    let owned: &OwnedInstance = match (&governor, &governed) {
        (Some(governor), Some(governed)) => {
            let limits = governor.limits();
            settings.stack_bytes = settings.stack_bytes.min(limits.stack_bytes);
            let most = settings.max_memory_bytes.unwrap_or(u64::MAX);
            settings.max_memory_bytes = Some(most.min(limits.linear_bytes));
            held = governor.instantiate(governed, Vec::new(), &settings).map_err(denied)?;
            held.instance()
        }
        _ => {
            free = OwnedInstance::new(module.clone(), Vec::new(), &settings).map_err(|e| failed(&wasm, &e))?;
            &free
        }
    };
    let spend = RunBudget {
        max_call_depth: args.max_depth,
        fuel: args.fuel.unwrap_or(u64::MAX),
        max_memory_bytes: settings.max_memory_bytes.unwrap_or(u64::MAX),
    };
    let mut results = vec![Value::ZERO; called.map_or(0, |(_, ty)| ty.results.len())];
    let ready = match called {
        Some((name, _)) => owned.export_func(name).and_then(|f| owned.start(f, &arguments)).map(|()| true),
        None if owned.is_started() => Ok(false),
        None => owned.start_instance().map(|()| true),
    };
    let outcome = match ready {
        Ok(true) => owned.run(&spend),
        Ok(false) => Ok(Outcome::Done),
        Err(e) => Err(e),
    };
    *after = Some(After {
        plan: *module.plan(),
        usage: owned.usage(),
        reserved: owned.memory_reserved(),
        stack: settings.stack_bytes,
    });
    let stopped = |failure: Failure| {
        let frames = owned.backtrace(COUNTED);
        failure.backtrace(frames.get(..frames.len().min(FRAMES)).unwrap_or(&[]), frames.len(), &Names::read(&wasm))
    };
    match outcome {
        Ok(Outcome::Done) => {
            if !results.is_empty() {
                owned.results(&mut results).map_err(|e| failed(&wasm, &e))?;
            }
        }
        Ok(Outcome::Fuel) => {
            let used = grouped(owned.usage().fuel_used);
            return Err(stopped(
                Failure::new("fuel", format!("out of fuel after {used} instructions")).code(EXIT_FUEL),
            )
            .hint("raise --fuel, or leave it out to run without a bound"));
        }
        Ok(Outcome::Pending | Outcome::Interrupted) => {
            return Err(stopped(Failure::new("stopped", "the run was stopped from outside")));
        }
        Err(e) => {
            let failure = failed(&wasm, &e);
            return Err(if e.reason == Reason::GuestExit { failure } else { stopped(failure) });
        }
    }
    let types = called.map_or(&[][..], |(_, ty)| ty.results);
    Ok(Run {
        results: results.into_iter().zip(types.iter().copied()).collect(),
        function: called.map(|(name, _)| name.to_owned()),
    })
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
fn choose<'a>(module: Module<'a>, args: &RunArgs) -> Result<Option<(&'a str, FuncType<'a>)>, Failure> {
    let all = functions(module);
    let find = |name: &str| all.iter().find(|(n, _)| *n == name).copied();
    let list = || {
        let lines: Vec<String> =
            all.iter().map(|(n, ty)| format!("    {} {}", n.escape_debug(), values::signature(*ty))).collect();
        lines.join("\n")
    };
    let names = || Json::from_iter(all.iter().map(|(n, ty)| json!({ "name": n, "type": values::signature(*ty) })));
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
    match all.as_slice() {
        [] if args.args.is_empty() => Ok(None),
        [] => Err(Failure::usage("arguments are given, but the module exports no function")),
        [one] => Ok(Some(*one)),
        _ => Err(Failure::new("not-found", format!("which function? Choose one with --invoke NAME\n{}", list()))
            .fact("functions", names())),
    }
}

/// The arguments as the function's type wants them.
fn arguments(name: &str, ty: FuncType<'_>, given: &[String]) -> Result<Vec<Value>, Failure> {
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

/// Refuses a module that imports anything, with the whole list: the command line provides nothing.
fn missing_imports(module: Module<'_>) -> Result<(), Failure> {
    let imports: Vec<_> = (0..module.import_count()).filter_map(|i| module.import(i)).collect();
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
    let lines: Vec<String> = imports
        .iter()
        .map(|i| format!("    {}.{}: {}", i.module.escape_debug(), i.name.escape_debug(), describe(&i.ty)))
        .collect();
    let facts =
        imports.iter().map(|i| json!({ "module": i.module, "name": i.name, "type": describe(&i.ty) })).collect();
    let hint = if imports.iter().any(|i| i.module.starts_with("wasi_")) {
        "this build has no WASI; run the module from a program that provides these functions"
    } else {
        "run the module from a program (C, Python, Node) that provides them"
    };
    let text = format!("the module imports what the command line does not provide\n{}", lines.join("\n"));
    Err(Failure::new("link", text).hint(hint).fact("imports", facts))
}

fn profile(after: &After) {
    let Usage { call_depth_peak, fuel_used, stack_peak, memory_bytes } = after.usage;
    let line = |what: &str, used: u64, of: u64, unit: &str| {
        eprintln!("{what:<14}{:>15} of {:>15} {unit}", grouped(used), grouped(of));
    };
    eprintln!("{:<14}{:>15} instructions", "fuel", grouped(fuel_used));
    eprintln!("{:<14}{:>15} calls active at most", "depth", grouped(call_depth_peak.into()));
    line("stack", stack_peak, after.stack, "bytes at the peak");
    line("memory", memory_bytes, after.reserved, "bytes, ceiling reserved");
    line("module", after.plan.module, after.plan.module + after.plan.load_scratch, "bytes, as planned");
    line("instance", after.plan.instance, after.plan.instance, "bytes, as planned");
}

fn to_json(result: &Result<Run, Failure>, after: Option<&After>) -> Json {
    let mut object = match result {
        Ok(run) => json!({
            "status": "done",
            "function": run.function,
            "results": run.results.iter().map(|(v, ty)| values::to_json(*v, *ty)).collect::<Vec<_>>(),
        }),
        Err(failure) => json!({ "status": "failed", "error": failure.to_json() }),
    };
    if let (Some(map), Some(after)) = (object.as_object_mut(), after) {
        let usage = json!({
            "fuel_used": after.usage.fuel_used,
            "call_depth_peak": after.usage.call_depth_peak,
            "stack_peak": after.usage.stack_peak,
            "memory_bytes": after.usage.memory_bytes,
            "memory_reserved": after.reserved,
        });
        map.insert("usage".into(), usage);
        map.insert("plan".into(), plan::to_json(&after.plan));
    }
    object
}
