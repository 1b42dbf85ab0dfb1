//! What may be typed: commands, options, and the text of `--help`.

use crate::config::{self, Setting};
use crate::report::Failure;
use crate::wasi::WasiArgs;
use crate::{exit, proposals, size};
use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use core::time::Duration;
use std::ffi::OsString;
use std::path::PathBuf;
use wrt_core::Proposals;
use wrt_core::limits::Asil;
use wrt_host::limits::CONFIG_VARIABLE;

/// Runs WebAssembly modules in memory and with fuel that are known beforehand.
#[derive(Parser, Debug)]
#[command(name = "wrtd", version, about = ABOUT, after_help = exit::help())]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const ABOUT: &str = "Runs WebAssembly modules in memory and with fuel that are known beforehand";

/// How the names of variables begin that set options of `wrtd run`: the option's name in capitals follows.
const PREFIX: &str = "WRTD_";

/// Reads the command line, the environment and the configuration file, in this order of strength; ends the process
/// where the command line is wrong or asks for help.
///
/// # Errors
/// What is wrong with the configuration file.
pub fn parse() -> Result<Cli, Failure> {
    let arguments = with_command(std::env::args_os().collect());
    let asks = arguments.get(1).and_then(|first| first.to_str());
    let help = matches!(asks, None | Some("-h" | "--help")) || (asks == Some("help") && arguments.len() == 2);
    let command = match asks {
        Some("-h") => short(),
        _ if help => documented(),
        _ => with_environment(Cli::command()),
    };
    let mut matches = match command.clone().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) if error.kind() == ErrorKind::InvalidUtf8 => return Err(not_utf8(&arguments)),
        Err(error) => error.exit(),
    };
    if let Some(("run", run)) = matches.subcommand()
        && let Some(path) = run.get_one::<String>("config").cloned().or_else(|| std::env::var(CONFIG_VARIABLE).ok())
    {
        let settings = config::read(&path)?;
        if !settings.is_empty() {
            let command = command.mut_subcommand("run", |run| {
                settings
                    .into_iter()
                    .fold(run, |run, Setting { id, values }| run.mut_arg(id, |arg| arg.default_values(values)))
            });
            matches = command.get_matches_from(&arguments);
        }
    }
    Cli::from_arg_matches(&matches).map_err(|error| error.exit())
}

/// Which argument, or variable, is no text.
fn not_utf8(arguments: &[OsString]) -> Failure {
    let found = match arguments.iter().find(|argument| argument.to_str().is_none()) {
        Some(argument) => format!("the argument {argument:?}"),
        None => {
            let wrong = |(name, value): &(OsString, OsString)| {
                name.to_str().is_some_and(|name| name.starts_with(PREFIX)) && value.to_str().is_none()
            };
            let found = std::env::vars_os().find(wrong);
            found.map_or("an argument".into(), |(name, _)| format!("the variable {}", name.display()))
        }
    };
    Failure::usage(format!("{found} is not UTF-8")).hint("rename the file, or give it on standard input as -")
}

/// The same arguments with `run` in front where no command is named: `wrtd MODULE`.
fn with_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let own = |first: &str| {
        ["-h", "--help", "-V", "--version", "help"].contains(&first)
            || Cli::command().get_subcommands().any(|command| command.get_name() == first)
    };
    if arguments.get(1).is_some_and(|first| !first.to_str().is_some_and(own)) {
        arguments.insert(1, "run".into());
    }
    arguments
}

/// The command line as it is told to a person: with `run`'s options, which may be given without `run`.
pub fn documented() -> clap::Command {
    let command = Cli::command().subcommand_required(false).args_conflicts_with_subcommands(true);
    let command = LimitSources::augment_args(RunArgs::augment_args(with_environment(command)));
    // `wrtd run --help` shows each variable; here their rule must do, so that the whole fits on two screens.
    let command = environment(command.about(ABOUT).subcommand_negates_reqs(true)).mut_args(|arg| arg.hide_env(true));
    command.after_help(format!("{VARIABLES}\n\n{}", exit::help()))
}

/// What `wrtd -h` leaves out: everything but these, which a day needs.
const DAILY: [&str; 16] = [
    "module",
    "args",
    "invoke",
    "fuel",
    "max_memory",
    "timeout",
    "memory_profile",
    "profile",
    "json",
    "wasi",
    "wasi_fs",
    "wasi_env",
    "wasi_stdin",
    "config",
    "help",
    "version",
];

/// The same on one screen.
fn short() -> clap::Command {
    let hide = |arg: Arg| {
        let hidden = !DAILY.contains(&arg.get_id().as_str());
        arg.hide(hidden)
    };
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("Print help; --help prints all");
    let help = help.help_heading(None::<&str>);
    documented().disable_help_flag(true).arg(help).mut_args(hide).after_help(MORE)
}

const MORE: &str = "\
wrtd --help shows every option, variables and exit codes; wrtd COMMAND --help
those of a command.";

const VARIABLES: &str = "\
Options of run are also set by variables (WRTD_MAX_MEMORY=1M) and in the file
of --config; a flag is stronger than a variable, a variable than the file.";

/// With the variables of `run`'s options.
fn with_environment(command: clap::Command) -> clap::Command {
    command.mut_subcommand("run", environment)
}

/// Gives each option of `run` the variable that bears its name.
fn environment(command: clap::Command) -> clap::Command {
    let ids: Vec<_> = run_options().iter().map(|arg| arg.get_id().clone()).collect();
    command.mut_args(|arg| {
        if !ids.contains(arg.get_id()) {
            return arg;
        }
        let arg = match arg.get_action() {
            ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()),
            _ => arg,
        };
        let name = variable(&arg);
        arg.env(name).hide_env_values(true)
    })
}

/// The options of `wrtd run` that a variable or the configuration file may set: those with a name.
pub fn run_options() -> Vec<Arg> {
    let command = RunArgs::augment_args(clap::Command::new("run"));
    command.get_arguments().filter(|arg| arg.get_long().is_some()).cloned().collect()
}

/// The name of an option's variable.
fn variable(arg: &Arg) -> String {
    format!("{PREFIX}{}", arg.get_long().unwrap_or_default().to_uppercase().replace('-', "_"))
}

/// The names of the variables of `run`'s options, which set no limits.
pub fn run_variables() -> Vec<String> {
    run_options().iter().map(variable).collect()
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a function of a module (also: wrtd MODULE)
    Run(Box<RunCommand>),
    /// Say how much memory a module needs, without running it
    Plan(PlanArgs),
    /// Check modules against the specification and the limits
    Validate(ValidateArgs),
    /// Say what is in a module or component, without running it
    Inspect(InspectArgs),
    /// Translate a module into an image, which runs where it lies
    Compile(CompileArgs),
    /// Put a directory into a module, for the guest to read
    Embed(EmbedArgs),
    /// Say which limits hold and who set them, or whether modules fit
    Limits(LimitsArgs),
    /// Check a configuration file, or print the schema of such files
    Config(ConfigArgs),
    /// Print a script that completes wrtd's commands in a shell
    Completion(CompletionArgs),
    /// Print the manual page, or write those of all commands
    Man(ManArgs),
}

#[derive(Args, Debug)]
pub struct RunArgs {
    /// The module: a .wasm, .wat or .wrti file, or - for standard input
    pub module: String,
    /// Arguments of the function, as its type asks: -1, 0x1f, 1.5, nan, inf; of the program with
    /// --wasi (after -- where one starts with a minus sign and is no number)
    #[arg(allow_negative_numbers = true)]
    pub args: Vec<String>,
    /// The exported function to call; else _start, else the only function that is exported
    #[arg(long, value_name = "NAME", visible_alias = "function")]
    pub invoke: Option<String>,
    /// Instructions that may be executed, such as 10K
    #[arg(long, value_name = "N", value_parser = size::count)]
    pub fuel: Option<u64>,
    /// Bytes to which linear memories may grow, in sum, such as 64K or 16M
    #[arg(long, value_name = "BYTES", value_parser = size::bytes, visible_alias = "memory")]
    pub max_memory: Option<u64>,
    /// Bytes for the frames of calls
    #[arg(long, value_name = "BYTES", value_parser = size::bytes, default_value = "64M")]
    pub stack: u64,
    /// Calls that may be active
    #[arg(long, value_name = "N", value_parser = size::depth, default_value = "100000")]
    pub max_depth: u32,
    /// End the guest after so much time, such as 500ms, 2s or 1.5m, and say where it was
    #[arg(long, value_name = "TIME", value_parser = size::duration)]
    pub timeout: Option<Duration>,
    /// Say what it took: fuel, memory, hot functions
    #[arg(long)]
    pub memory_profile: bool,
    /// Write a flame graph of the fuel that functions use (.svg), or its stacks
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Instructions between samples
    #[arg(long, value_name = "N", value_parser = size::interval, default_value = "10K")]
    pub profile_interval: u64,
    /// Run in fixed arenas of the planned sizes, as without an operating system
    #[arg(long)]
    pub no_std: bool,
    /// Allow proposals that are off: threads, ...
    #[arg(long, value_name = "PROPOSAL", value_parser = proposals::parse, value_delimiter = ',')]
    pub enable: Vec<Proposals>,
    /// Refuse proposals, such as memory64
    #[arg(long, value_name = "PROPOSAL", value_parser = proposals::parse, value_delimiter = ',')]
    pub disable: Vec<Proposals>,
    /// Say everything as one JSON object; the guest prints on standard error then
    #[arg(long)]
    pub json: bool,
    /// Write that object into a file, print as without
    #[arg(long, value_name = "FILE")]
    pub json_file: Option<PathBuf>,
    #[command(flatten)]
    pub wasi: WasiArgs,
}

/// `wrtd run`.
#[derive(Args, Debug)]
#[command(after_help = exit::help())]
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
    /// For every build of the engine's sources, those for boards among them; runs slower on this one
    #[arg(long)]
    pub portable: bool,
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
pub struct EmbedArgs {
    /// The module: a .wasm or .wat file, or - for standard input
    pub module: String,
    /// The directory: its files, directories and links
    pub dir: PathBuf,
    /// Where the module with the files goes
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Bytes in files that are embedded at most, with their names
    #[arg(long, value_name = "BYTES", value_parser = size::bytes, default_value = "64M")]
    pub limit: u64,
    /// Put the files in the place of those that are embedded already
    #[arg(long)]
    pub replace: bool,
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
pub struct InspectArgs {
    /// The module or component: a .wasm or .wat file, or - for standard input
    pub module: String,
    /// Say it as one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// The file to check (TOML: tables [run] and [limits])
    pub file: Option<String>,
    /// Print the JSON schema of the file
    #[arg(long)]
    pub schema: bool,
}

#[derive(Args, Debug)]
pub struct CompletionArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub struct ManArgs {
    /// Where the pages go, one for wrtd and one for each command; else wrtd's is printed
    pub dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct LimitsArgs {
    /// Modules or components to look through: does each fit, and why not; none to list the limits
    pub modules: Vec<String>,
    /// Say of each value who set it and who enforces it; of a module, what was counted
    #[arg(long)]
    pub explain: bool,
    /// Say it as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub sources: LimitSources,
}

/// Where limits come from, beside the environment.
#[derive(Args, Debug)]
#[command(next_help_heading = "Limits and configuration")]
pub struct LimitSources {
    /// Set a limit by its name, such as max-linear=64M or debug-level=none
    /// [env: WRTD_ and the name]
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The safety level: QM, A, B, C or D. From B on runs are watched, at D twice
    #[arg(long, value_name = "LEVEL", value_parser = asil_level)]
    pub asil_level: Option<Asil>,
    /// What fills the rest: linux-container, qnx-safety or embedded [env: WRTD_PRESET]
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// A configuration file: tables [run] and [limits] of TOML [env: WRTD_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
    /// The variable in which Kubernetes' downward API says how much memory there is
    /// [env: WRTD_MEMORY_VARIABLE]
    #[arg(long, value_name = "NAME")]
    pub memory_variable: Option<String>,
    /// Do not ask the platform for limits
    #[arg(long)]
    pub no_platform: bool,
}

/// A safety level by its name.
fn asil_level(text: &str) -> Result<Asil, String> {
    Asil::from_name(text).ok_or_else(|| "expected QM, A, B, C or D".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_core::limits::Field;

    #[test]
    fn the_command_line_is_sound() {
        with_environment(Cli::command()).debug_assert();
        documented().debug_assert();
        short().debug_assert();
    }

    #[test]
    fn cli_1_no_variable_means_two_things() {
        let limits: Vec<String> = Field::ALL.iter().map(|field| wrt_host::limits::variable(*field)).collect();
        for name in run_variables() {
            assert!(!limits.contains(&name) && name != CONFIG_VARIABLE, "{name}");
        }
    }

    #[test]
    fn run_is_what_is_meant_where_no_command_is_named() {
        let with = |args: &[&str]| with_command(args.iter().map(OsString::from).collect());
        assert_eq!(with(&["wrtd", "a.wasm"]), ["wrtd", "run", "a.wasm"]);
        assert_eq!(with(&["wrtd", "--fuel", "1", "a.wasm"]), ["wrtd", "run", "--fuel", "1", "a.wasm"]);
        for same in [&["wrtd", "plan", "a.wasm"][..], &["wrtd"], &["wrtd", "--help"], &["wrtd", "-V"]] {
            assert_eq!(with(same), same);
        }
    }
}
