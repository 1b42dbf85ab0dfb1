//! `wrtd validate`: whether modules follow the specification and the limits.

use crate::cli::ValidateArgs;
use crate::names::Names;
use crate::print::say;
use crate::report::Failure;
use crate::{proposals, source};
use serde_json::json;
use wrt_core::LoadBudget;
use wrt_host::OwnedModule;

/// Runs the command; the result is the exit code.
pub fn run(args: &ValidateArgs) -> u8 {
    let budget = proposals::budget(&args.enable, &args.disable);
    let mut worst = 0;
    let mut list = Vec::new();
    for path in &args.modules {
        let result = validate(path, &budget);
        worst = worst.max(result.as_ref().err().map_or(0, Failure::exit_code));
        match result {
            _ if args.json => {
                let error = result.err().map(|f| f.to_json());
                list.push(json!({ "module": path, "valid": error.is_none(), "error": error }));
            }
            Ok(()) => say!("{path}: valid"),
            Err(failure) => {
                say!("{path}: refused");
                failure.print();
            }
        }
    }
    if args.json {
        say!("{}", serde_json::Value::Array(list));
    }
    worst
}

fn validate(path: &str, budget: &LoadBudget) -> Result<(), Failure> {
    let wasm = source::read(path)?;
    OwnedModule::validate(&wasm, budget).map_err(|e| Failure::from_engine(&e, &Names::read(&wasm)))
}
