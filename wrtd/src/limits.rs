//! `wrtd limits`: which limits hold and who set them; whether modules and components fit them.

use crate::cli::{LimitSources, LimitsArgs};
use crate::exit;
use crate::names::Names;
use crate::print::{say, tell};
use crate::report::Failure;
use crate::size::grouped;
use crate::{cli, config, source};
use serde_json::{Value as Json, json};
use wrt_core::limits::{Asil, Complexity, Enforced, Field, Limits, Refusal, Unit};
use wrt_host::Denied;
use wrt_host::limits::{CONFIG_VARIABLE, LimitsError, Resolved, Resolver, discover, show};
use wrt_host::scan::{Report, scan};

/// Runs the command; the result is the exit code.
pub fn run(args: &LimitsArgs) -> u8 {
    let resolved = match collect(&args.sources).and_then(|resolver| resolver.resolve().map_err(failed)) {
        Ok(resolved) => resolved,
        Err(failure) if args.json => {
            say!("{}", json!({ "error": failure.to_json() }));
            return failure.exit_code();
        }
        Err(failure) => {
            failure.print();
            return failure.exit_code();
        }
    };
    if args.modules.is_empty() {
        if args.json {
            say!("{}", to_json(&resolved));
        } else {
            print(&resolved, args.explain);
        }
        return 0;
    }
    let mut list = Vec::new();
    let mut worst = 0;
    for path in &args.modules {
        let result = source::read(path).map(|wasm| scan(&wasm, &resolved.limits));
        let code = match &result {
            Ok(report) if report.fits() => 0,
            Ok(_) => exit::REFUSED,
            Err(failure) => failure.exit_code(),
        };
        worst = worst.max(code);
        match result {
            Ok(report) if args.json => list.push(report_json(path, &report, &resolved.limits)),
            Ok(report) => print_report(path, &report, &resolved.limits, args.explain),
            Err(failure) if args.json => {
                list.push(json!({ "module": path, "fits": false, "error": failure.to_json() }))
            }
            Err(failure) => failure.print(),
        }
    }
    if args.json {
        say!("{}", Json::Array(list));
    }
    worst
}

/// The limits that a run is held to: none unless somebody sets one, so that a run without limits is the
/// same on every machine.
pub fn for_run(args: &LimitSources) -> Result<Option<Resolved>, Failure> {
    let resolver = collect(args)?;
    if resolver.is_empty() { Ok(None) } else { resolver.resolve().map(Some).map_err(failed) }
}

/// Why a module or an instance is refused, with advice.
pub fn denied(denied: Denied, wasm: &[u8]) -> Failure {
    match denied {
        Denied::Engine(error) => Failure::from_engine(&error, &Names::read(wasm)),
        Denied::Scan(findings) => {
            let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
            Failure::new("limit", said.join("; ")).hint("wrtd limits --explain MODULE says what was counted")
        }
        Denied::Share(refusal) => {
            Failure::new("limit", refused(&refusal)).hint("wrtd limits --explain says who set what")
        }
    }
}

/// In words, why the tree of budgets refuses.
fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Share { kind, need, left } => {
            format!("{} bytes are needed and {} are left of {}", grouped(*need), grouped(*left), kind.field().key())
        }
        Refusal::Limit { field, need, most } => format!("{} is {most}, and {need} would be needed", field.key()),
        other => format!("the budget refuses it: {other:?}"),
    }
}

/// Asks every source.
fn collect(args: &LimitSources) -> Result<Resolver, Failure> {
    let mut resolver = Resolver::new();
    for setting in &args.set {
        resolver.command_line(setting).map_err(|why| failed_by("--set", why))?;
    }
    if let Some(level) = args.asil_level {
        resolver
            .command_line(&format!("{}={}", Field::Asil.key(), level.name()))
            .map_err(|why| failed_by("--asil-level", why))?;
    }
    if let Some(preset) = &args.preset {
        resolver.command_line(&format!("preset={preset}")).map_err(|why| failed_by("--preset", why))?;
    }
    if let Some(name) = &args.memory_variable {
        resolver.command_line_memory_variable(name);
    }
    let others = cli::run_variables();
    // What is not UTF-8 names no limit and holds none.
    let variables =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    resolver.environment(variables.filter(|(name, _)| !others.contains(name))).map_err(failed)?;
    let config = args.config.clone().or_else(|| std::env::var(CONFIG_VARIABLE).ok());
    if let Some(path) = config {
        enter_file(&mut resolver, &path)?;
    }
    if !args.no_platform {
        resolver.platform(discover());
    }
    let downward = resolver.downward_api(|name| std::env::var(name).ok());
    match &args.memory_variable {
        Some(_) => downward.map_err(|why| failed_by("--memory-variable", why))?,
        None => downward.map_err(failed)?,
    }
    Ok(resolver)
}

/// Enters what a file says of limits.
fn enter_file(resolver: &mut Resolver, path: &str) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::new("limits", format!("cannot read {path}: {e}")))?;
    resolver.file_among(path, &text, &[config::TABLE]).map_err(failed)
}

/// Whether what a file says of limits can be understood.
///
/// # Errors
/// What is wrong, with line and column.
pub fn check_file(path: &str) -> Result<(), Failure> {
    enter_file(&mut Resolver::new(), path)
}

fn failed_by(flag: &str, error: LimitsError) -> Failure {
    failed(error).of(flag)
}

fn failed(error: LimitsError) -> Failure {
    let hint = match &error {
        LimitsError::Source { .. } => "wrtd limits --explain lists every limit by its name",
        LimitsError::Inconsistent { .. } => "raise max-mem, or lower what it is divided into",
    };
    Failure::new("limits", error.to_string()).hint(hint)
}

/// Who refuses what is more, in a few words.
fn enforced(field: Field) -> String {
    match field.enforced() {
        Enforced::Check => "checked with the other limits".into(),
        Enforced::Tree => "tree of budgets".into(),
        Enforced::Scan => "pass over the binary".into(),
        Enforced::Engine => "engine, and pass over the binary".into(),
        Enforced::Trace => "stack traces of the host".into(),
        Enforced::Later(id) => format!("nothing yet; comes with {id}"),
    }
}

fn value(field: Field, number: u64) -> String {
    match field.unit() {
        Unit::Bytes | Unit::Count => grouped(number),
        _ => show(field, number),
    }
}

fn print(resolved: &Resolved, explain: bool) {
    for warning in &resolved.warnings {
        tell!("wrtd: warning: {warning}");
    }
    for (field, source) in &resolved.sources {
        let (key, value) = (field.key(), value(*field, field.get(&resolved.limits)));
        let unit = if field.unit() == Unit::Bytes { "bytes" } else { "" };
        if explain {
            say!("{key:<24}{value:>20} {unit:<6} {source}; enforced by: {}", enforced(*field));
        } else {
            say!("{}", format!("{key:<24}{value:>20} {unit}").trim_end());
        }
    }
    let limits = &resolved.limits;
    let derived = [("runtime share", limits.runtime_bytes().unwrap_or(0)), ("reserve", limits.reserve_bytes())];
    for (what, bytes) in derived {
        say!(
            "{what:<24}{:>20} bytes{}",
            grouped(bytes),
            if explain { "  what the others leave, computed" } else { "" }
        );
    }
    if explain {
        explain_rest(resolved);
    }
}

/// What is no limit but belongs to the picture: the platform's own bounds, and the rules of the level.
fn explain_rest(resolved: &Resolved) {
    say!();
    let offer = &resolved.offer;
    for (what, found) in [("memory", &offer.memory), ("native stack", &offer.stack), ("flash", &offer.flash)] {
        if let Some(found) = found {
            say!("platform offers {what}: {} bytes, by {} {}", grouped(found.bytes), found.from, found.at);
        }
    }
    let level = resolved.limits.asil;
    match Complexity::most(level) {
        Some(most) => say!(
            "level {} allows complexity {} of a component and {} of a module; the build's least level is {}",
            level.name(),
            most.component,
            most.module,
            Asil::FLOOR.name()
        ),
        None => say!(
            "level {} sets no bound to complexity; the build's least level is {}",
            level.name(),
            Asil::FLOOR.name()
        ),
    }
}

fn to_json(resolved: &Resolved) -> Json {
    let limits = resolved.sources.iter().map(|(field, source)| {
        let number = field.get(&resolved.limits);
        let value = match field.unit() {
            Unit::Bytes | Unit::Count | Unit::Percent => json!(number),
            Unit::Switch => json!(number != 0),
            Unit::Asil | Unit::DebugLevel => json!(show(*field, number)),
        };
        let later = match field.enforced() {
            Enforced::Later(id) => Some(id),
            _ => None,
        };
        json!({ "key": field.key(), "value": value, "source": source.kind(), "said_by": source.to_string(),
            "enforced": later.is_none(), "enforced_by": enforced(*field) })
    });
    let offer = &resolved.offer;
    json!({
        "preset": resolved.preset.name(),
        "limits": limits.collect::<Vec<_>>(),
        "runtime_bytes": resolved.limits.runtime_bytes(),
        "reserve_bytes": resolved.limits.reserve_bytes(),
        "platform_memory": offer.memory.map(|found| found.bytes),
        "platform_stack": offer.stack.map(|found| found.bytes),
        "least_asil_level": Asil::FLOOR.name(),
        "warnings": resolved.warnings,
    })
}

fn print_report(path: &str, report: &Report, limits: &Limits, explain: bool) {
    say!("{path}: {}", if report.fits() { "fits" } else { "does not fit" });
    for finding in &report.findings {
        say!("  {finding}");
    }
    let traits = report.trait_names();
    let traits = if traits.is_empty() { String::new() } else { format!(" (1, and 1 each for {})", traits.join(", ")) };
    let Complexity { component, module } = report.complexity;
    say!("  complexity: component {component}, module {module}{traits}");
    if explain {
        for field in Field::ALL {
            if let Some(found) = report.counted.get(*field) {
                say!("  {:<24}{:>16} of {:>16}", field.key(), grouped(found), grouped(field.get(limits)));
            }
        }
    }
}

fn report_json(path: &str, report: &Report, limits: &Limits) -> Json {
    let counted = Field::ALL.iter().filter_map(|field| {
        let found = report.counted.get(*field)?;
        Some(json!({ "key": field.key(), "found": found, "limit": field.get(limits) }))
    });
    json!({
        "module": path,
        "fits": report.fits(),
        "findings": report.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "component_complexity": report.complexity.component,
        "module_complexity": report.complexity.module,
        "traits": report.trait_names(),
        "counted": counted.collect::<Vec<_>>(),
    })
}
