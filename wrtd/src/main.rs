//! The command line: runs, plans, checks and translates WebAssembly modules, and says which limits hold.
//!
//! Owns the order of things: read the command line, do what it says, say how it went, end with the
//! exit code. Each command has a room of its own; none of them ends the process.

mod cli;
mod compile;
mod limits;
mod names;
mod plan;
mod proposals;
mod report;
mod run;
mod size;
mod source;
mod validate;
mod values;
mod wasi;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let code = match (cli.command, cli.run) {
        (Some(Command::Run(args)), _) => run::run(&args.run, &args.limits),
        (None, Some(args)) => run::run(&args, &cli.limits),
        (Some(Command::Plan(args)), _) => plan::run(&args),
        (Some(Command::Validate(args)), _) => validate::run(&args),
        (Some(Command::Compile(args)), _) => compile::run(&args),
        (Some(Command::Limits(args)), _) => limits::run(&args),
        // The parser asks for one of the two.
        (None, None) => report::EXIT_USAGE,
    };
    ExitCode::from(code)
}
