//! `wrtd plan`: what a module needs, known before it runs.

use crate::cli::PlanArgs;
use crate::names::Names;
use crate::print::say;
use crate::report::Failure;
use crate::size::grouped;
use crate::{proposals, source};
use serde_json::{Value as Json, json};
use wrt_core::Plan;
use wrt_host::OwnedModule;

/// Runs the command; the result is the exit code.
pub fn run(args: &PlanArgs) -> u8 {
    match plan(args) {
        Ok(plan) if args.json => say!("{}", to_json(&plan)),
        Ok(plan) => print(&plan),
        Err(failure) if args.json => {
            say!("{}", json!({ "error": failure.to_json() }));
            return failure.exit_code();
        }
        Err(failure) => {
            failure.print();
            return failure.exit_code();
        }
    }
    0
}

fn plan(args: &PlanArgs) -> Result<Plan, Failure> {
    let wasm = source::read(&args.module)?;
    OwnedModule::plan_of(&wasm, &proposals::budget(&args.enable, &args.disable))
        .map_err(|e| Failure::from_engine(&e, &Names::read(&wasm)))
}

/// A plan for programs; the keys are the fields of the C struct.
pub fn to_json(plan: &Plan) -> Json {
    json!({
        "load_scratch": plan.load_scratch,
        "module": plan.module,
        "instance": plan.instance,
        "table_max": plan.table_max,
        "stack_min": plan.stack_min,
        "memory_min": plan.memory_min,
        "memory_max": plan.memory_max,
        "heap_min": plan.heap_min,
    })
}

fn print(plan: &Plan) {
    let line = |what: &str, bytes: u64, note: &str| say!("{what:<14}{:>15} bytes  {note}", grouped(bytes));
    line("module", plan.module, "stays as long as the module is used");
    line("load scratch", plan.load_scratch, "more while loading, in the same arena; given back");
    line(
        "instance",
        plan.instance,
        &format!("for each instance; {} of them tables at their ceiling", grouped(plan.table_max)),
    );
    if plan.stack_min == 0 {
        say!("{:<14}{:>15}        calls recurse, so that no bound exists: choose one", "stack", "any");
    } else {
        line("stack", plan.stack_min, "at least, for the deepest chain of calls");
    }
    if plan.heap_min != 0 {
        line("heap, least", plan.heap_min, "for types, tags and what the module starts with; what it makes is beyond");
    }
    line("memory, least", plan.memory_min, "linear memories at their minimum");
    if plan.memory_max == 0 && plan.memory_min == 0 {
        return;
    }
    if plan.memory_max == 0 {
        say!("{:<14}{:>15}        no maximum is declared: what is lent is the ceiling", "memory, most", "open");
    } else {
        line("memory, most", plan.memory_max, "linear memories at their declared maximum");
    }
}
