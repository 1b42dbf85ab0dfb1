//! The command line: runs, plans and checks WebAssembly modules.
//!
//! Owns the order of things: read the command line, do what it says, say how it went, end with the
//! exit code. Each command has a room of its own; none of them ends the process.

mod cli;
mod names;
mod plan;
mod report;
mod run;
mod size;
mod source;
mod validate;
mod values;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let code = match cli.command {
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Plan(args)) => plan::run(&args),
        Some(Command::Validate(args)) => validate::run(&args),
        None => run::run(&cli.run),
    };
    ExitCode::from(code)
}
