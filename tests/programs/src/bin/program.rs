//! Runs a program in lent memory and prints what it needed: `program NAME (run N | eval FILE)... [--fuel N]`.
//!
//! NAME is one of the real programs, which are built first, or a path to a `.wasm` that imports no more than they do.

use std::process::ExitCode;
use wrt_programs::machine::{Ended, Lent, execute};
use wrt_programs::programs::{PROGRAMS, Step, build};

const USAGE: &str = "usage: program NAME (run N | eval FILE)... [--fuel N] [--memory BYTES] [--slice N]";

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn start() -> Result<ExitCode, String> {
    let mut args = std::env::args().skip(1);
    let name = args.next().ok_or(USAGE)?;
    let (mut steps, mut lent) = (Vec::new(), Lent::default());
    while let Some(arg) = args.next() {
        let value = args.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{value} is not a number\n{USAGE}"));
        match arg.as_str() {
            "run" => steps.push(Step::Run(i32::try_from(number()?).map_err(|error| error.to_string())?)),
            "eval" => steps.push(Step::Eval(value.into())),
            "--fuel" => lent.fuel = number()?,
            "--memory" => lent.memory = number()?,
            "--slice" => lent.slice = number()?,
            _ => return Err(USAGE.into()),
        }
    }
    let wasm = if PROGRAMS.contains(&name.as_str()) {
        build(&name)?
    } else {
        std::fs::read(&name).map_err(|error| format!("{name}: {error}"))?
    };
    let report = execute(&wasm, &steps, &lent)
        .map_err(|error| format!("{name}: {} (needs {} bytes)", error.message.to_string_lossy(), error.need))?;
    print!("{}", String::from_utf8_lossy(&report.output));
    let plan = report.plan;
    eprintln!(
        "plan     module {} + {} while loading, instance {}, memory {} to {}",
        plan.module, plan.load_scratch, plan.instance, plan.memory_min, plan.memory_max
    );
    eprintln!("fuel     {} in {} stops, {} host calls", report.fuel, report.stops, report.host_calls);
    eprintln!("peak     stack {}, memory {}, state hash {:016x}", report.stack_peak, report.memory, report.hash);
    match report.ended {
        None => return Ok(ExitCode::SUCCESS),
        Some(Ended::OutOfFuel) => eprintln!("ended    out of fuel"),
        Some(Ended::Error(error)) => {
            eprintln!("ended    {} ({})", error.message.to_string_lossy(), error.reason.name())
        }
    }
    for frame in &report.backtrace {
        eprintln!("         in {frame}");
    }
    Ok(ExitCode::FAILURE)
}
