//! `wrtd run`: lends memory, loads, instantiates, calls one function, says how it went.

use crate::cli::{LimitSources, RunArgs};
use crate::names::Names;
use crate::report::{EXIT_FAULT, EXIT_FUEL, Failure};
use crate::size::grouped;
use crate::{limits, plan, proposals, source, values};
use serde_json::{Value as Json, json};
use wrt_core::limits::Asil;
use wrt_core::safety::{Mechanism, Profile, Stop, Terms, Watched};
use wrt_core::{Error, ExternType, Func, FuncType, Import, Module, Outcome, Reason, RunBudget, Usage, ValType, Value};
use wrt_host::{
    Denied, GovernedInstance, Governor, HostImport, OwnedInstance, OwnedModule, Settings, WatchedInstance,
    has_fixed_tables,
};

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
    safety: Option<Safety>,
}

/// Under which safety level it ran, where limits held.
struct Safety {
    profile: Profile,
    /// Operators between checkpoints, and what was looked at, where the run was watched.
    watched: Option<(u64, Watched)>,
}

/// An instance that runs by itself, or is watched.
enum Runs {
    Free(OwnedInstance),
    Held(GovernedInstance),
    Watched(Box<WatchedInstance<GovernedInstance>>),
}

impl Runs {
    fn instance(&self) -> &OwnedInstance {
        match self {
            Runs::Free(instance) => instance,
            Runs::Held(held) => held.instance(),
            Runs::Watched(watched) => watched.instance(),
        }
    }
    fn start(&mut self, func: Func, arguments: &[Value]) -> Result<(), Stop> {
        match self {
            Runs::Watched(watched) => watched.start(func, arguments),
            other => Ok(other.instance().start(func, arguments)?),
        }
    }
    fn start_instance(&mut self) -> Result<(), Stop> {
        match self {
            Runs::Watched(watched) => watched.start_instance(),
            other => Ok(other.instance().start_instance()?),
        }
    }
    fn run(&mut self, budget: &RunBudget) -> Result<Outcome, Stop> {
        match self {
            Runs::Watched(watched) => watched.run(budget),
            other => Ok(other.instance().run(budget)?),
        }
    }
    fn results(&mut self, out: &mut [Value]) -> Result<usize, Stop> {
        match self {
            Runs::Watched(watched) => watched.results(out),
            other => Ok(other.instance().results(out)?),
        }
    }
}

/// Why a run ended, for a person.
fn stop(wasm: &[u8], stop: &Stop) -> Failure {
    match stop {
        Stop::Error(error) => Failure::from_engine(error, &Names::read(wasm)),
        Stop::Fault(fault) => Failure::new("fault", fault.to_string())
            .code(EXIT_FAULT)
            .fact("mechanism", json!(fault.by.name()))
            .fact("part", json!(fault.part.name()))
            .fact("task", json!(fault.lane))
            .fact("at", json!(fault.at))
            .hint("no result was given out; run it again, and if this comes again, do not trust the memory of this machine"),
    }
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
        // A program that exits has said what it wants on its own streams.
        if !(args.wasi.wasi && failure.is_exit()) {
            failure.print();
        }
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
    let base = proposals::budget(&args.enable, &args.disable);
    let denied = |why| limits::denied(why, &wasm);
    let governor = match limits::for_run(sources)? {
        Some(held) => Some(Governor::new(&held.limits).map_err(|why| denied(Denied::Share(why)))?),
        None => None,
    };
    let profile = Profile::of(governor.as_ref().map_or(Asil::Qm, |governor| governor.limits().asil));
    let budget = profile.load_budget(base);
    let governed = match &governor {
        Some(governor) => Some(governor.load(wasm.as_slice(), &budget).map_err(|why| by_level(denied(why), &profile))?),
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
    let wasi = args.wasi.grant(&args.module, module.module())?;
    let host = match &wasi {
        Some(wasi) => wasi.imports(module.module()).map_err(|e| failed(&wasm, &e))?,
        None => Vec::new(),
    };
    missing_imports(module.module(), &host)?;

    let mut settings = Settings { stack_bytes: args.stack, max_memory_bytes: args.max_memory, ..Settings::default() };
    let mut interval = 0;
    let mut runs = match (&governor, &governed) {
        (Some(governor), Some(governed)) => {
            let limits = governor.limits();
            settings.stack_bytes = settings.stack_bytes.min(limits.stack_bytes);
            let most = settings.max_memory_bytes.unwrap_or(u64::MAX).min(limits.linear_bytes);
            settings.max_memory_bytes = Some(most.min(profile.memory_ceiling(most, module.module().memory_min())));
            settings.guarded = profile.has(Mechanism::Guards);
            let first = governor.instantiate(governed, host, &settings).map_err(denied)?;
            if profile.is_watched() {
                let mut twin = None;
                if profile.has(Mechanism::Redundancy) {
                    // A copy of its own: a fault in one is not in the other.
                    let copy = governor.load(wasm.as_slice(), &budget).map_err(denied)?;
                    twin = Some(governor.instantiate_twin(&copy, &first, &settings).map_err(denied)?);
                }
                let terms = Terms { fixed_tables: has_fixed_tables(&wasm), ..Terms::DEFAULT };
                interval = terms.interval;
                let made = WatchedInstance::new(first, twin, profile, terms);
                Runs::Watched(Box::new(made.map_err(|why| stop(&wasm, &why))?))
            } else {
                Runs::Held(first)
            }
        }
        _ => Runs::Free(OwnedInstance::new(module.clone(), host, &settings).map_err(|e| failed(&wasm, &e))?),
    };
    let spend = RunBudget {
        max_call_depth: args.max_depth,
        fuel: args.fuel.unwrap_or(u64::MAX),
        max_memory_bytes: settings.max_memory_bytes.unwrap_or(u64::MAX),
    };
    let spend = profile.run_budget(spend, spend.max_memory_bytes);
    let mut results = vec![Value::ZERO; called.map_or(0, |(_, ty)| ty.results.len())];
    let ready = match called {
        Some((name, _)) => match runs.instance().export_func(name) {
            Ok(func) => runs.start(func, &arguments).map(|()| true),
            Err(error) => Err(error.into()),
        },
        None if runs.instance().is_started() => Ok(false),
        None => runs.start_instance().map(|()| true),
    };
    let mut outcome = match ready {
        Ok(true) => runs.run(&spend),
        Ok(false) => Ok(Outcome::Done),
        Err(e) => Err(e),
    };
    if outcome == Ok(Outcome::Done)
        && !results.is_empty()
        && let Err(why) = runs.results(&mut results)
    {
        outcome = Err(why);
    }
    let owned = runs.instance();
    *after = Some(After {
        plan: *module.plan(),
        usage: owned.usage(),
        reserved: owned.memory_reserved(),
        stack: settings.stack_bytes,
        safety: governor.as_ref().map(|_| Safety {
            profile,
            watched: match &runs {
                Runs::Watched(watched) => Some((interval, watched.watched())),
                _ => None,
            },
        }),
    });
    let stopped = |failure: Failure| {
        let frames = owned.backtrace(COUNTED);
        failure.backtrace(frames.get(..frames.len().min(FRAMES)).unwrap_or(&[]), frames.len(), &Names::read(&wasm))
    };
    match outcome {
        Ok(Outcome::Done) => {}
        Err(Stop::Error(error)) if wasi.is_some() && error.reason == Reason::GuestExit && error.detail == 0 => {}
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
        Err(why) => {
            let failure = stop(&wasm, &why);
            let plain = match &why {
                Stop::Error(error) => error.reason == Reason::GuestExit,
                // Frames that may be damaged are not followed.
                Stop::Fault(_) => true,
            };
            return Err(if plain { failure } else { stopped(failure) });
        }
    }
    let types = called.map_or(&[][..], |(_, ty)| ty.results);
    Ok(Run {
        results: results.into_iter().zip(types.iter().copied()).collect(),
        function: called.map(|(name, _)| name.to_owned()),
    })
}

/// What a refusal under a level says besides.
fn by_level(failure: Failure, profile: &Profile) -> Failure {
    if profile.has(Mechanism::AllowedProposals) && failure.is_of_proposal() {
        return failure.hint(format!("level {} allows no more; compile without it", profile.level().name()));
    }
    failure
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
    if args.wasi.wasi {
        let why = "the module exports no _start, so it is no program of WASI";
        return Err(Failure::new("not-found", why)
            .hint("choose a function with --invoke NAME")
            .fact("functions", names()));
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

/// Refuses a module that imports what is not provided, with the whole list.
fn missing_imports(module: Module<'_>, provided: &[HostImport]) -> Result<(), Failure> {
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
    let lines: Vec<String> = imports
        .iter()
        .map(|i| format!("    {}.{}: {}", i.module.escape_debug(), i.name.escape_debug(), describe(&i.ty)))
        .collect();
    let facts =
        imports.iter().map(|i| json!({ "module": i.module, "name": i.name, "type": describe(&i.ty) })).collect();
    let hint = if imports.iter().any(|i| i.module.starts_with("wasi_")) {
        "WASI preview 1 has no such function; compile the module for wasi_snapshot_preview1"
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
    let Some(safety) = &after.safety else { return };
    let on: Vec<&str> = mechanisms(&safety.profile).map(Mechanism::name).collect();
    eprintln!("{:<14}{}: {}", "level", safety.profile.level().name(), on.join(", "));
    if let Some((interval, watched)) = &safety.watched {
        eprintln!(
            "{:<14}{:>15} checkpoints, every {} instructions and at each end",
            "watched",
            grouped(watched.checkpoints),
            grouped(*interval)
        );
        eprintln!("{:<14}{:>15} bytes", "summed", grouped(watched.summed));
        if safety.profile.has(Mechanism::Redundancy) {
            eprintln!("{:<14}{:>15} bytes of each of two tasks", "compared", grouped(watched.compared));
        }
    }
}

/// What the profile has switched on.
fn mechanisms(profile: &Profile) -> impl Iterator<Item = Mechanism> {
    Mechanism::ALL.iter().copied().filter(|mechanism| profile.has(*mechanism))
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
        if let Some(safety) = &after.safety {
            let watched = safety.watched.map(|(interval, watched)| {
                json!({
                    "interval": interval,
                    "checkpoints": watched.checkpoints,
                    "bytes_summed": watched.summed,
                    "bytes_compared": watched.compared,
                    "host_calls": watched.host_calls,
                })
            });
            let on: Vec<&str> = mechanisms(&safety.profile).map(Mechanism::name).collect();
            let level = safety.profile.level().name();
            map.insert("safety".into(), json!({ "level": level, "mechanisms": on, "watched": watched }));
        }
    }
    object
}
