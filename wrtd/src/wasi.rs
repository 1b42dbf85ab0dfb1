//! What the command line grants a guest of WASI.
//!
//! Owns the options and what they mean. Nothing is granted that was not named, apart from writing to standard output
//! and to the standard stream of errors.

use crate::mount;
use crate::report::Failure;
use crate::size;
use crate::tape::Tape;
use clap::Args;
use core::time::Duration;
use serde_json::json;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use wrt_core::{Error, Module};
use wrt_host::wasi::{Clock, DETERMINISTIC_START, Input, Output, Wasi};

#[derive(Args, Debug)]
#[command(next_help_heading = "WASI")]
pub struct WasiArgs {
    /// Provide WASI, and run _start where no function is named
    #[arg(long)]
    pub wasi: bool,
    /// The version of WASI: preview1
    #[arg(long, value_name = "VERSION", default_value = "preview1", value_parser = version)]
    pub wasi_version: String,
    /// Grant a directory, mem:GUEST, copy:HOST or embedded:GUEST (may be given more than once)
    #[arg(long, value_name = "HOST[:GUEST][:ro]", requires = "wasi")]
    pub wasi_fs: Vec<String>,
    /// Set a guest's variable, or pass one on (may be given more than once)
    #[arg(long, value_name = "NAME[=VALUE]", requires = "wasi")]
    pub wasi_env: Vec<String>,
    /// Add an argument behind the program's name (may be given more than once)
    #[arg(long, value_name = "ARG", requires = "wasi", allow_hyphen_values = true)]
    pub wasi_arg: Vec<String>,
    /// Where standard input comes from: a file, or - or inherit for that of wrtd; else it is empty
    #[arg(long, value_name = "FILE", requires = "wasi", allow_hyphen_values = true)]
    pub wasi_stdin: Option<String>,
    /// Which time the guest sees: real, or deterministic, the same in every run
    #[arg(long, value_name = "CLOCK", requires = "wasi", default_value = "real", value_parser = ["real", "deterministic"])]
    pub wasi_clock: String,
    /// Round clocks down to so much, such as 1us or 100ms
    #[arg(long, value_name = "TIME", requires = "wasi", value_parser = size::resolution)]
    pub wasi_clock_resolution: Option<Duration>,
    /// Give the guest randomness that is the same in every run with this number
    #[arg(long, value_name = "N", requires = "wasi", value_parser = seed)]
    pub wasi_random_seed: Option<u64>,
    /// Keep what the outside world answers
    #[arg(long, value_name = "FILE", requires = "wasi", conflicts_with = "replay")]
    pub record: Option<PathBuf>,
    /// Run again by such a file alone, and compare
    #[arg(long, value_name = "FILE", requires = "wasi", conflicts_with_all = GRANTS)]
    pub replay: Option<PathBuf>,
}

/// What a replay has from its recording.
const GRANTS: [&str; 7] =
    ["wasi_fs", "wasi_env", "wasi_arg", "wasi_stdin", "wasi_clock", "wasi_clock_resolution", "wasi_random_seed"];

/// The versions that there are.
fn version(text: &str) -> Result<String, String> {
    match text {
        "preview1" => Ok(text.into()),
        "preview2" | "preview3" => Err(format!("{text} is not provided; components need it, core modules preview1")),
        _ => Err("expected preview1".into()),
    }
}

/// A number of 64 bits.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a number from 0 to {}", u64::MAX))
}

/// Who is granted something.
pub struct Guest<'a> {
    /// The file that the module was read from.
    pub path: &'a str,
    /// Arguments that stand behind it.
    pub args: &'a [String],
    /// The bytes of the module.
    pub wasm: &'a Arc<[u8]>,
    pub module: Module<'a>,
    /// Whether standard output is for the report.
    pub json: bool,
}

/// What an option could not do, and why.
pub fn failed(option: &str, what: &str, error: &std::io::Error) -> Failure {
    Failure::new("wasi", format!("{option} {what}: {error}")).fact("option", json!(option))
}

/// An import that has the name of a function of WASI and another type.
pub fn incompatible(module: Module<'_>, error: &Error) -> Failure {
    let import = u32::try_from(error.detail).ok().and_then(|number| module.import(number));
    let name = import.map_or(String::new(), |import| format!("{}.{}", import.module, import.name));
    let why = format!("the module imports {name} with another type than that of WASI preview 1");
    Failure::new("link", why).hint("compile the module for WASI preview 1 without extensions of other runtimes")
}

impl WasiArgs {
    /// What is granted to this module, which gets `args` behind those of `--wasi-arg`; `None` without `--wasi`. With
    /// `json` standard output is for that alone: what the guest writes there goes to standard error.
    ///
    /// # Errors
    /// What cannot be opened or read, with its name; a module that imports WASI without `--wasi`.
    pub fn grant(&self, guest: &Guest<'_>, tape: &Tape) -> Result<Option<Wasi>, Failure> {
        let &Guest { path, args, wasm, module, json } = guest;
        if !self.wasi {
            return if Wasi::is_imported_by(module) {
                let why = "the module imports WASI, which is not provided unless asked for";
                let hint = "add --wasi; what the guest may use is granted by --wasi-fs, --wasi-env, --wasi-arg and \
                            --wasi-stdin";
                Err(Failure::new("link", why).hint(hint))
            } else {
                Ok(None)
            };
        }
        let name =
            if path == "-" { "-".into() } else { Path::new(path).file_name().unwrap_or_default().to_string_lossy() };
        let stdout = if json {
            let stderr = std::io::stderr().as_fd().try_clone_to_owned();
            Output::File(Rc::new(stderr.map_err(|e| failed("--wasi", "standard error", &e))?.into()))
        } else {
            Output::Inherit
        };
        if let Tape::Replay(replay, file) = tape {
            if let Some(arg) = args.first() {
                let why = format!("--replay {}: the recording has the guest's arguments", file.display());
                return Err(Failure::usage(why).hint(format!("leave out `{arg}` and what follows")));
            }
            let wasi = Wasi::replay(replay, stdout, Output::Inherit);
            return wasi.map(Some).map_err(|e| failed("--replay", &file.to_string_lossy(), &e));
        }
        let mut builder = Wasi::builder().blocks(true).stdout(stdout).stderr(Output::Inherit);
        builder = builder.arg(&name).map_err(|e| failed("module", &name, &e))?;
        for arg in &self.wasi_arg {
            builder = builder.arg(arg).map_err(|e| failed("--wasi-arg", arg, &e))?;
        }
        for arg in args {
            builder = builder.arg(arg).map_err(|e| failed("argument", arg, &e))?;
        }
        for var in &self.wasi_env {
            let (name, value) = match var.split_once('=') {
                Some((name, value)) => (name, value.to_owned()),
                None => match std::env::var(var) {
                    Ok(value) => (var.as_str(), value),
                    Err(e) => return Err(Failure::usage(format!("--wasi-env {var}: {e}; give NAME=VALUE"))),
                },
            };
            builder = builder.var(name, &value).map_err(|e| failed("--wasi-env", var, &e))?;
        }
        let mut names = Vec::new();
        for text in &self.wasi_fs {
            let mount = mount::parse(text)?;
            if names.contains(&mount.guest()) {
                let why = format!("--wasi-fs {text}: the guest has a directory {} already", mount.guest());
                return Err(Failure::usage(why).hint("give it another name, such as HOST:/data"));
            }
            names.push(mount.guest());
            builder = mount.grant(text, wasm, builder)?;
        }
        match self.wasi_stdin.as_deref() {
            None => {}
            Some("-" | "inherit") => builder = builder.stdin(Input::Inherit),
            Some(file) => {
                let opened = File::open(file).map_err(|e| failed("--wasi-stdin", file, &e))?;
                if opened.metadata().is_ok_and(|found| found.is_dir()) {
                    return Err(failed("--wasi-stdin", file, &std::io::ErrorKind::IsADirectory.into()));
                }
                builder = builder.stdin(Input::File(opened));
            }
        }
        if self.wasi_clock == "deterministic" {
            builder = builder.clock(Clock::Deterministic(DETERMINISTIC_START));
        }
        if let Some(seed) = self.wasi_random_seed {
            builder = builder.seed(seed);
        }
        if let Some(resolution) = self.wasi_clock_resolution {
            builder = builder.clock_resolution(resolution);
        }
        if let Tape::Record(recording, _) = tape {
            builder = builder.record(recording.clone());
        }
        builder.build().map(Some).map_err(|e| failed("--wasi", "", &e))
    }
}
