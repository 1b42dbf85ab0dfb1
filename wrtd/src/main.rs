//! The command line: runs, plans, checks and translates WebAssembly modules, and says which limits hold.
//!
//! Owns the order of things: read the command line, do what it says, say how it went, end with the
//! exit code. Each command has a room of its own; none of them ends the process.

// They panic where nobody listens; `print` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod calls;
mod choice;
mod cli;
mod compile;
mod config;
mod documents;
mod embed;
mod exit;
mod fixed;
mod flame;
mod inspect;
mod limits;
mod logging;
mod mount;
mod names;
mod pace;
mod plan;
mod print;
mod profile;
mod progress;
mod proposals;
mod report;
mod run;
mod runs;
mod size;
mod source;
mod tape;
mod usage;
mod validate;
mod values;
mod wasi;

use cli::Command;
use core::sync::atomic::AtomicBool;
use std::process::ExitCode;
use std::sync::Arc;

/// A write beyond the size that a file may have (`ulimit -f`) is an error for who writes, as on a full disk; the system
/// would end the process.
fn outlive_full_files() {
    // Whether it came does not matter: the write says so.
    let noticed = Arc::new(AtomicBool::new(false));
    if let Err(why) = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noticed) {
        tracing::warn!("a file that grows beyond its limit ends the process: {why}");
    }
}

fn main() -> ExitCode {
    logging::begin();
    outlive_full_files();
    let code = match cli::parse().map(|cli| cli.command) {
        Ok(Command::Run(args)) => run::run(&args.run, &args.limits),
        Ok(Command::Plan(args)) => plan::run(&args),
        Ok(Command::Validate(args)) => validate::run(&args),
        Ok(Command::Inspect(args)) => inspect::run(&args),
        Ok(Command::Compile(args)) => compile::run(&args),
        Ok(Command::Embed(args)) => embed::run(&args),
        Ok(Command::Limits(args)) => limits::run(&args),
        Ok(Command::Config(args)) => config::run(&args),
        Ok(Command::Completion(args)) => documents::completion(&args),
        Ok(Command::Man(args)) => documents::man(&args),
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    };
    // What was asked for and is lost was not done.
    ExitCode::from(if code == exit::DONE && print::is_lost() { exit::REFUSED } else { code })
}
