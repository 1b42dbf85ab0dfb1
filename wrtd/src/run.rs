//! `wrtd run`: lends memory, loads, instantiates, calls one function, says how it went.

use crate::calls::HostCalls;
use crate::choice::{Choice, INITIALIZE, arguments, choose, missing_imports};
use crate::cli::{LimitSources, RunArgs};
use crate::fixed::Arenas;
use crate::names::Names;
use crate::pace::{End, Pace};
use crate::print::say;
use crate::profile::Sampler;
use crate::progress::Progress;
use crate::report::Failure;
use crate::runs::Runs;
use crate::size::grouped;
use crate::tape::{Ended, Facts, Tape};
use crate::usage::{self, After, Hottest, Safety};
use crate::wasi::Guest;
use crate::{exit, flame, limits, logging, proposals, source, values, wasi};
use serde_json::{Value as Json, json};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use wrt_core::limits::{Asil, DebugLevel};
use wrt_core::safety::{Mechanism, Profile, Stop, Terms};
use wrt_core::{Error, ExternType, Module, Reason, RunBudget, ValType, Value};
use wrt_host::source::Sources;
use wrt_host::{Denied, Governor, HostImport, OwnedInstance, OwnedModule, Settings, WatchedInstance, has_fixed_tables};

/// Frames of a backtrace that are shown.
const FRAMES: usize = 32;
/// Frames that are counted at most.
const COUNTED: usize = 1 << 20;

/// What a run came to.
struct Run {
    results: Vec<(Value, ValType)>,
    function: Option<String>,
}

/// Why a run ended, for a person.
fn stop(wasm: &[u8], stop: &Stop) -> Failure {
    match stop {
        // A guest that ends itself is no mistake of a function's: nobody asks for names, which take a pass over the module.
        Stop::Error(error) if error.reason == Reason::GuestExit => Failure::from_engine(error, &Names::default()),
        Stop::Error(error) => Failure::from_engine(error, &Names::read(wasm)),
        Stop::Fault(fault) => Failure::new("fault", fault.to_string())
            .code(exit::FAULT)
            .fact("mechanism", json!(fault.by.name()))
            .fact("part", json!(fault.part.name()))
            .fact("task", json!(fault.lane))
            .fact("at", json!(fault.at))
            .hint("no result was given out; run it again, and if this comes again, do not trust the memory of this machine"),
    }
}

/// Runs the command; the result is the exit code.
pub fn run(args: &RunArgs, sources: &LimitSources) -> u8 {
    let written = [("--json-file", &args.json_file), ("--record", &args.wasi.record), ("--profile", &args.profile)];
    for (option, path) in written.into_iter().filter_map(|(option, path)| path.as_deref().map(|path| (option, path))) {
        if let Err(failure) = source::keep(&args.module, option, path) {
            return told(&failure, args.json);
        }
    }
    // Made first: who cannot have it learns so before the guest has done anything.
    let report = match args.json_file.as_deref().map(Report::create).transpose() {
        Ok(report) => report,
        Err(failure) => return told(&failure, args.json),
    };
    let mut after = None;
    let result = execute(args, sources, &mut after);
    let object = (args.json || report.is_some()).then(|| to_json(&result, after.as_ref()));
    let unwritten = match (report, &object) {
        (Some(report), Some(object)) => report.write(object).err(),
        _ => None,
    };
    let mut code = match result {
        Ok(run) if !args.json => {
            for (value, ty) in &run.results {
                say!("{}", values::show(*value, *ty));
            }
            exit::DONE
        }
        Ok(_) => exit::DONE,
        Err(failure) => {
            // A program that exits has said what it wants on its own streams.
            if !(args.json || args.wasi.wasi && failure.is_exit()) {
                failure.print();
            }
            failure.exit_code()
        }
    };
    if args.json {
        object.iter().for_each(|object| say!("{object}"));
    } else if args.memory_profile
        && let Some(after) = &after
    {
        usage::print(after);
    }
    if let Some(failure) = unwritten {
        failure.print();
        code = code.max(failure.exit_code());
    }
    code
}

/// Says why nothing was done; the result is the exit code.
fn told(failure: &Failure, as_json: bool) -> u8 {
    if as_json {
        say!("{}", json!({ "status": "failed", "error": failure.to_json() }));
    } else {
        failure.print();
    }
    failure.exit_code()
}

/// The file of `--json-file`.
struct Report<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> Report<'a> {
    fn failed(path: &Path, why: &std::io::Error) -> Failure {
        Failure::new("write", format!("--json-file: cannot write {}: {why}", path.display()))
    }
    fn create(path: &'a Path) -> Result<Self, Failure> {
        File::create(path).map(|file| Report { path, file }).map_err(|why| Self::failed(path, &why))
    }
    fn write(mut self, object: &Json) -> Result<(), Failure> {
        writeln!(self.file, "{object}").map_err(|why| Self::failed(self.path, &why))
    }
}

fn execute(args: &RunArgs, sources: &LimitSources, after: &mut Option<After>) -> Result<Run, Failure> {
    let loading = Progress::begin(format!("loading {}", args.module));
    let load = tracing::info_span!("load", module = args.module).entered();
    // The bytes once, for the module that keeps them and for what is read of them here.
    let wasm: Arc<[u8]> = source::read(&args.module)?.into();
    let failed = |wasm: &[u8], e: &Error| Failure::from_engine(e, &Names::read(wasm));
    let base = proposals::budget(&args.enable, &args.disable);
    let denied = |why| limits::denied(why, &wasm);
    let governor = match limits::for_run(sources)? {
        Some(_) if args.no_std => {
            return Err(Failure::usage("with --no-std the plan is the only limit").hint(
                "leave out --no-std, or limits: from the command line, the environment and the configuration file",
            ));
        }
        Some(held) => Some(Governor::new(&held.limits).map_err(|why| denied(Denied::Share(why)))?),
        None => None,
    };
    let profile = Profile::of(governor.as_ref().map_or(Asil::Qm, |governor| governor.limits().asil));
    let budget = profile.load_budget(base);
    let mut settings = Settings { stack_bytes: args.stack, max_memory_bytes: args.max_memory, ..Settings::default() };
    let mut arenas = match args.no_std {
        true => Some(Arenas::of(&wasm, &budget, &settings).map_err(|e| failed(&wasm, &e))?),
        false => None,
    };
    let governed = match &governor {
        Some(governor) => Some(governor.load(wasm.clone(), &budget).map_err(|why| by_level(denied(why), &profile))?),
        None => None,
    };
    let owned = match (&governed, &arenas) {
        (Some(governed), _) => Some(governed.module().clone()),
        (None, Some(_)) => None,
        (None, None) => Some(OwnedModule::load(wasm.clone(), &budget).map_err(|e| failed(&wasm, &e))?),
    };
    let mut arenas_said = None;
    // Working the plan out takes as long as loading.
    let reported = args.json || args.json_file.is_some() || args.memory_profile;
    let (module, plan, room) = match (&owned, &mut arenas) {
        (Some(owned), _) => {
            let plan = if reported { Some(*owned.plan().map_err(|e| failed(&wasm, &e))?) } else { None };
            (owned.module(), plan, None)
        }
        (None, Some(arenas)) => {
            let plan = *arenas.plan();
            let (module, room) = arenas.load(&wasm, &budget).map_err(|e| failed(&wasm, &e))?;
            settings.stack_bytes = room.stack_bytes();
            arenas_said = Some(room.describe());
            (module, Some(plan), Some(room))
        }
        (None, None) => return Err(Failure::new("error", "no module was loaded")),
    };
    drop((load, loading));
    let Choice { initialize, function: called } = choose(module, args)?;
    // What stands behind the module is the guest's, unless a function with a type of its own was named.
    let is_command = args.wasi.wasi && args.invoke.is_none();
    let (for_guest, for_function) =
        if is_command { (args.args.as_slice(), &[][..]) } else { (&[][..], args.args.as_slice()) };
    let arguments = match &called {
        Some((name, ty)) => arguments(name, *ty, for_function)?,
        None => Vec::new(),
    };
    if let Some(governor) = &governor {
        let limits = governor.limits();
        settings.stack_bytes = settings.stack_bytes.min(limits.stack_bytes);
        let most = settings.max_memory_bytes.unwrap_or(u64::MAX).min(limits.linear_bytes);
        settings.max_memory_bytes = Some(most.min(profile.memory_ceiling(most, module.memory_min())));
        settings.guarded = profile.has(Mechanism::Guards);
    }
    let spend = RunBudget {
        max_call_depth: args.max_depth,
        fuel: args.fuel.unwrap_or(u64::MAX),
        max_memory_bytes: settings.max_memory_bytes.unwrap_or(u64::MAX),
    };
    let mut spend = profile.run_budget(spend, spend.max_memory_bytes);
    // In fixed arenas it is what the plan says where that is less, which changes nothing that a guest can see.
    let stack = if args.no_std { args.stack } else { settings.stack_bytes };
    let facts = Facts::new(&wasm, called, &arguments, &spend).with("stack", stack.to_string());
    let tape = Tape::begin(args.wasi.record.as_deref(), args.wasi.replay.as_deref(), &facts)?;
    let guest = Guest { path: &args.module, args: for_guest, wasm: &wasm, module, json: args.json };
    let wasi = args.wasi.grant(&guest, &tape)?;
    let host: Vec<HostImport> = match &wasi {
        Some(wasi) => wasi.imports(module).map_err(|e| wasi::incompatible(module, &e))?,
        None => Vec::new(),
    };
    missing_imports(module, &host)?;
    let host = logging::host_calls(host);
    let calls = HostCalls::default();
    let host = if reported { calls.counted(host) } else { host };
    // An instance in fixed arenas borrows them, the others own them.
    let (lent, host) = if args.no_std { (host, Vec::new()) } else { (Vec::new(), host) };

    let instantiate = tracing::info_span!("instantiate").entered();
    let mut interval = 0;
    let mut runs = match (&governor, &governed, &owned, room) {
        (Some(governor), Some(governed), _, _) => {
            let first = governor.instantiate(governed, host, &settings).map_err(denied)?;
            if profile.is_watched() {
                let mut twin = None;
                if profile.has(Mechanism::Redundancy) {
                    // A copy of its own: a fault in one is not in the other.
                    let copy = governor.load(wasm.as_ref(), &budget).map_err(denied)?;
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
        (_, _, _, Some(room)) => Runs::Fixed(room.instantiate(module, &lent).map_err(|e| failed(&wasm, &e))?),
        (_, _, Some(owned), None) => {
            Runs::Free(OwnedInstance::new(owned.clone(), host, &settings).map_err(|e| failed(&wasm, &e))?)
        }
        (_, _, None, None) => return Err(Failure::new("error", "no module was loaded")),
    };
    drop(instantiate);
    let mut results = vec![Value::ZERO; called.map_or(0, |(_, ty)| ty.results.len())];
    let mut pace = Pace::begin(args.timeout);
    if let Some(wasi) = &wasi {
        pace.end_waits_of(wasi);
    }
    pace.end_as_recorded(tape.ended_at());
    let running = tracing::info_span!("run", function = called.map(|(name, _)| name)).entered();
    let samples = args.profile.is_some() || args.memory_profile;
    let mut sampler = samples.then(|| Sampler::new(args.profile_interval));
    let mut outcome = Ok(End::Done);
    if initialize {
        outcome = call(&pace, &mut runs, Some(INITIALIZE), &[], &mut spend, sampler.as_mut());
        if let Some(sampler) = &mut sampler {
            sampler.finish(&runs, first_function(module, Some(INITIALIZE)));
        }
    }
    if outcome == Ok(End::Done) && (called.is_some() || !initialize) {
        outcome = call(&pace, &mut runs, called.map(|(name, _)| name), &arguments, &mut spend, sampler.as_mut());
    }
    if outcome == Ok(End::Done)
        && !results.is_empty()
        && let Err(why) = runs.results(&mut results)
    {
        outcome = Err(why);
    }
    drop(running);
    let types = called.map_or(&[][..], |(_, ty)| ty.results);
    let same = tape.finish(&mut outcome, || Ended {
        fuel_used: runs.usage().fuel_used,
        results: &results,
        types,
        state_hash: runs.state_hash(),
    });
    let names = || Names::read(&wasm);
    let hottest = match &mut sampler {
        Some(sampler) => {
            sampler.finish(&runs, first_function(module, called.map(|(name, _)| name)));
            let names = names();
            if let Some(path) = &args.profile {
                write_profile(path, &args.module, sampler, &names)?;
            }
            let (interval, samples) = (sampler.interval(), sampler.samples());
            Some(Hottest { interval, samples, functions: sampler.hottest(&names) })
        }
        None => None,
    };
    *after = Some(After {
        plan,
        usage: runs.usage(),
        host_calls: calls.count(),
        reserved: runs.memory_reserved(),
        stack: settings.stack_bytes,
        state_hash: (args.json || args.json_file.is_some()).then(|| runs.state_hash()),
        safety: governor.as_ref().map(|_| Safety {
            profile,
            watched: match &runs {
                Runs::Watched(watched) => Some((interval, watched.watched())),
                _ => None,
            },
        }),
        arenas: arenas_said,
        hottest,
    });
    let stopped = |failure: Failure| {
        let frames = runs.backtrace(COUNTED);
        let shown = frames.get(..frames.len().min(FRAMES)).unwrap_or(&[]);
        // Where limits leave out DWARF, it is not read either.
        let debugs = governor.as_ref().is_none_or(|governor| governor.limits().debug_level != DebugLevel::None);
        let sources = debugs.then(|| Sources::read(&wasm)).flatten();
        failure.backtrace(shown, frames.len(), &names(), sources.as_ref())
    };
    same.map_err(stopped)?;
    match outcome {
        Ok(End::Done) => {}
        Err(Stop::Error(error)) if wasi.is_some() && error.reason == Reason::GuestExit && error.detail == 0 => {}
        Ok(End::Fuel) => {
            let used = grouped(runs.usage().fuel_used);
            return Err(stopped(
                Failure::new("fuel", format!("out of fuel after {used} instructions")).code(exit::FUEL),
            )
            .hint("raise --fuel, or leave it out to run without a bound"));
        }
        Ok(End::Time) => {
            let used = grouped(runs.usage().fuel_used);
            return Err(stopped(
                Failure::new("timeout", format!("out of time after {used} instructions")).code(exit::TIME),
            )
            .hint("raise --timeout; where the bound should be the same on every machine, use --fuel"));
        }
        Ok(End::Stopped | End::Pending | End::AsRecorded) => {
            return Err(stopped(Failure::new("stopped", "the run was stopped from outside").code(exit::STOPPED)));
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
    Ok(Run {
        results: results.into_iter().zip(types.iter().copied()).collect(),
        function: called.map(|(name, _)| name.to_owned()),
    })
}

/// Calls a function, or the start function alone; what it used is taken from the budget.
fn call(
    pace: &Pace,
    runs: &mut Runs<'_>,
    name: Option<&str>,
    arguments: &[Value],
    spend: &mut RunBudget,
    sampler: Option<&mut Sampler>,
) -> Result<End, Stop> {
    match name {
        Some(name) => runs.start(runs.export_func(name)?, arguments)?,
        None if runs.is_started() => return Ok(End::Done),
        None => runs.start_instance()?,
    }
    pace.run(runs, spend, sampler)
}

/// Index of the function that runs first, as far as it is known by name.
fn first_function(module: Module<'_>, called: Option<&str>) -> Option<u32> {
    let Some(name) = called else { return module.start() };
    module.find_export(name).filter(|export| matches!(export.ty, ExternType::Func(_))).map(|export| export.index)
}

/// Writes the flame graph, or its stacks where the file's name does not end in `.svg`.
fn write_profile(path: &Path, module: &str, sampler: &Sampler, names: &Names) -> Result<(), Failure> {
    let stacks = sampler.folded(names);
    let text = if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("svg")) {
        flame::svg(&format!("{module}: instructions, sampled each {}", grouped(sampler.interval())), &stacks)
    } else {
        flame::folded(&stacks)
    };
    std::fs::write(path, text)
        .map_err(|e| Failure::new("write", format!("--profile: cannot write {}: {e}", path.display())))
}

/// What a refusal under a level says besides.
fn by_level(failure: Failure, profile: &Profile) -> Failure {
    if profile.has(Mechanism::AllowedProposals) && failure.is_of_proposal() {
        return failure.hint(format!("level {} allows no more; compile without it", profile.level().name()));
    }
    failure
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
        usage::enter(after, map);
    }
    object
}
