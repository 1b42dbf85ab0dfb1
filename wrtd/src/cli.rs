//! What may be typed: commands, options, and the text of `--help`.

use crate::wasi::WasiArgs;
use crate::{proposals, size};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use wrt_core::Proposals;
use wrt_core::limits::Asil;

const EXIT_CODES: &str = "\
Exit codes:
    0    done; for validate: every module is valid
    1    the module cannot be read, is refused, cannot be linked, or has no such function
    2    the command line is wrong, arguments of the function included
  124    out of fuel
  125    a mechanism of the safety level found a fault; no result is given out
  134    trap
    N    the guest ended itself with N";

/// Runs WebAssembly modules in memory and with fuel that are known beforehand.
#[derive(Parser, Debug)]
#[command(name = "wrtd", version, about, after_help = EXIT_CODES)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub run: Option<RunArgs>,
    #[command(flatten)]
    pub limits: LimitSources,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a function of a module (also: wrtd MODULE)
    Run(RunCommand),
    /// Say how much memory a module needs, without running it
    Plan(PlanArgs),
    /// Check modules against the specification and the limits
    Validate(ValidateArgs),
    /// Translate a module into an image, which runs where it lies; the other commands take images, too
    Compile(CompileArgs),
    /// Say which limits hold and who set them, or whether modules and components fit them
    Limits(LimitsArgs),
}

#[derive(Args, Debug)]
pub struct RunArgs {
    /// The module: a .wasm, .wat or .wrti file, or - for standard input
    pub module: String,
    /// Arguments of the function, as its type asks: -1, 0x1f, 1.5, nan, inf (after -- where one
    /// starts with a letter after the minus sign)
    #[arg(allow_negative_numbers = true)]
    pub args: Vec<String>,
    /// The exported function to call; else _start, else the only function that is exported
    #[arg(long, value_name = "NAME", visible_alias = "function")]
    pub invoke: Option<String>,
    /// Instructions that may be executed (K, M and G multiply by a thousand each)
    #[arg(long, value_name = "N", value_parser = size::count)]
    pub fuel: Option<u64>,
    /// Bytes to which linear memories may grow, in sum (K, M and G multiply by 1024 each)
    #[arg(long, value_name = "BYTES", value_parser = size::bytes, visible_alias = "memory")]
    pub max_memory: Option<u64>,
    /// Bytes for the frames of active calls
    #[arg(long, value_name = "BYTES", value_parser = size::bytes, default_value = "64M")]
    pub stack: u64,
    /// Calls that may be active at once
    #[arg(long, value_name = "N", value_parser = size::depth, default_value = "100000")]
    pub max_depth: u32,
    /// Say on standard error what the run took: fuel and memory, now and at the peak
    #[arg(long)]
    pub memory_profile: bool,
    /// Let the module use a proposal that is off by default: threads, custom-page-sizes,
    /// wide-arithmetic, branch-hinting, ... (may be given more than once)
    #[arg(long, value_name = "PROPOSAL", value_parser = proposals::parse)]
    pub enable: Vec<Proposals>,
    /// Refuse a module that uses a proposal, such as memory64 (may be given more than once)
    #[arg(long, value_name = "PROPOSAL", value_parser = proposals::parse)]
    pub disable: Vec<Proposals>,
    /// Say everything as one JSON object on standard output
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub wasi: WasiArgs,
}

/// `wrtd run`. Apart from [`RunArgs`], because a structure with others inside cannot be optional, which it is where
/// the sub-command is left out.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct RunCommand {
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub limits: LimitSources,
}

#[derive(Args, Debug)]
pub struct PlanArgs {
    /// The module: a .wasm or .wat file, or - for standard input
    pub module: String,
    /// Let the module use a proposal that is off by default: threads, custom-page-sizes,
    /// wide-arithmetic, branch-hinting, ... (may be given more than once)
    #[arg(long, value_name = "PROPOSAL", value_parser = proposals::parse)]
    pub enable: Vec<Proposals>,
    /// Refuse a module that uses a proposal, such as memory64 (may be given more than once)
    #[arg(long, value_name = "PROPOSAL", value_parser = proposals::parse)]
    pub disable: Vec<Proposals>,
    /// Say it as one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct CompileArgs {
    /// The module: a .wasm or .wat file, or - for standard input
    pub module: String,
    /// Where the image goes; else beside the module, with the ending .wrti
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Let the module use a proposal that is off by default: threads, custom-page-sizes,
    /// wide-arithmetic, branch-hinting, ... (may be given more than once)
    #[arg(long, value_name = "PROPOSAL", value_parser = proposals::parse)]
    pub enable: Vec<Proposals>,
    /// Refuse a module that uses a proposal, such as memory64 (may be given more than once)
    #[arg(long, value_name = "PROPOSAL", value_parser = proposals::parse)]
    pub disable: Vec<Proposals>,
    /// Say it as one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct ValidateArgs {
    /// The modules: .wasm or .wat files, or - for standard input
    #[arg(required = true)]
    pub modules: Vec<String>,
    /// Let the module use a proposal that is off by default: threads, custom-page-sizes,
    /// wide-arithmetic, branch-hinting, ... (may be given more than once)
    #[arg(long, value_name = "PROPOSAL", value_parser = proposals::parse)]
    pub enable: Vec<Proposals>,
    /// Refuse a module that uses a proposal, such as memory64 (may be given more than once)
    #[arg(long, value_name = "PROPOSAL", value_parser = proposals::parse)]
    pub disable: Vec<Proposals>,
    /// Say it as one JSON array
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct LimitsArgs {
    /// Modules or components to look through: does each fit, and why not; none to list the limits
    pub modules: Vec<String>,
    /// Say of each value who set it and who enforces it; of a module, what was counted
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub sources: LimitSources,
    /// Say it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Where limits come from, beside the environment.
#[derive(Args, Debug)]
pub struct LimitSources {
    /// Set a limit by its name, such as max-linear=64M or debug-level=none (may be given more than once)
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The safety level: QM, A, B, C or D. From B on runs are watched, at D by a second execution that is
    /// compared
    #[arg(long, value_name = "LEVEL", value_parser = asil_level)]
    pub asil_level: Option<Asil>,
    /// What fills the rest: linux-container, qnx-safety or embedded
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// A configuration file (TOML, table [limits]); else the one that WRTD_CONFIG names
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
    /// The environment variable in which Kubernetes' downward API says how much memory there is
    #[arg(long, value_name = "NAME")]
    pub memory_variable: Option<String>,
    /// Do not ask the platform, so that the answer is the same on every machine
    #[arg(long)]
    pub no_platform: bool,
}

/// A safety level by its name.
fn asil_level(text: &str) -> Result<Asil, String> {
    Asil::from_name(text).ok_or_else(|| "expected QM, A, B, C or D".into())
}
