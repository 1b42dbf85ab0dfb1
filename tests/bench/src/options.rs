//! The command line of the benchmark. Must not know how anything is measured.

use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
wrt-bench: compares wrt with other WebAssembly runtimes in one interleaved run

  --quick            fewer rounds and a tenth of the work
  --json FILE        writes the figures as JSON as well
  --svg FILE         draws the run section
  --rounds N         rounds over all runtimes for each program (default 7, quick 3)
  --only A,B         these programs and sections alone; sections are run, load,
                     crossings and memory
  --runtimes A,B     these runtimes alone
  --kernels DIR      NAME.wasm and NAME.native of the kernels (default target/kernels)
  --programs DIR     NAME.wasm of the real programs (default target/programs)
  --modules DIR      NAME.wasm of modules that are loaded and not run (default
                     target/modules); a runtime that takes seconds loads each once
  --extra DIR        NAME.wasm of further programs: with an export `_start`, and imports of
                     WASI preview 1 or none. Each run makes an instance and calls
                     `_start`; stand-ins answer for the system, output is thrown away.
                     Runtimes without modules apart from instances (silverfir,
                     spacewasm, wasm3) load in every run as well
  --worker FILE      the worker process with wasmtime
  --no-load          leaves the load section out
  --no-run           leaves the run section out
  --no-crossings     leaves the crossings section out
  --no-memory        leaves the memory section out
  --calibrate        prints the work for which each program takes a tenth of a second, and ends

--json writes {\"programs\": {NAME: {RUNTIME: seconds}}, \"geomean_vs_wrt\": {RUNTIME: ratio},
\"load\": {MODULE: {RUNTIME: seconds}}, \"call\": {RUNTIME: nanoseconds}, \"memory\": {NAME:
{RUNTIME: bytes}}} and more; a ratio above 1 says that wrt is faster, a call is that of an
empty function by the embedder.

Counted instead of timed, where the machine is shared (needs valgrind):
tests/bench/instructions.py (programs), loading.py (what loads consist of), crossings.py
(calls), pairs.py (operations).

Or, in place of all that, one thing done by one runtime of this process:

";

/// What `--only` may name besides programs.
const SECTIONS: [&str; 4] = ["run", "load", "crossings", "memory"];

/// The options as given.
#[derive(Debug, Default)]
pub struct Options {
    pub quick: bool,
    pub json: Option<PathBuf>,
    pub svg: Option<PathBuf>,
    pub rounds: u32,
    pub only: Vec<String>,
    pub runtimes: Vec<String>,
    pub kernels: PathBuf,
    pub programs: PathBuf,
    pub modules: PathBuf,
    pub extra: Option<PathBuf>,
    pub worker: Option<PathBuf>,
    pub load: bool,
    pub run: bool,
    pub crossings: bool,
    pub memory: bool,
    pub calibrate: bool,
}

impl Options {
    /// Reads the arguments; `Ok(None)` after `--help`.
    pub fn read(mut args: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            kernels: "../../target/kernels".into(),
            programs: "../../target/programs".into(),
            modules: "../../target/modules".into(),
            load: true,
            run: true,
            crossings: true,
            memory: true,
            ..Self::default()
        };
        let mut rounds = None;
        let mut sections = Vec::new();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                "--help" | "-h" => return Ok(None),
                "--quick" => options.quick = true,
                "--json" => options.json = Some(value()?.into()),
                "--svg" => options.svg = Some(value()?.into()),
                "--rounds" => rounds = Some(value()?.parse::<u32>().map_err(|e| format!("--rounds: {e}"))?),
                "--only" => {
                    (sections, options.only) = list(&value()?).into_iter().partition(|a| SECTIONS.contains(&&**a))
                }
                "--runtimes" => options.runtimes = list(&value()?),
                "--kernels" => options.kernels = value()?.into(),
                "--programs" => options.programs = value()?.into(),
                "--modules" => options.modules = value()?.into(),
                "--extra" => options.extra = Some(folder(value()?)?),
                "--worker" => options.worker = Some(value()?.into()),
                "--no-load" => options.load = false,
                "--no-run" => options.run = false,
                "--no-crossings" => options.crossings = false,
                "--no-memory" => options.memory = false,
                "--calibrate" => options.calibrate = true,
                _ => return Err(format!("unknown argument {arg}; --help lists all")),
            }
        }
        // Programs named alone are run, loaded and weighed; the crossings have a program of their own.
        let named = |section: &str| sections.iter().any(|name| name == section);
        if !sections.is_empty() || !options.only.is_empty() {
            let programs = sections.is_empty();
            options.run &= named("run") || programs;
            options.load &= named("load") || programs;
            options.memory &= named("memory") || programs;
            options.crossings &= named("crossings");
        }
        options.rounds = rounds.unwrap_or(if options.quick { 3 } else { 7 }).max(1);
        Ok(Some(options))
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

/// A folder with modules in it: without any, a run would look as if it had measured them.
fn folder(name: String) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(&name).map_err(|e| format!("--extra {name}: {e}"))?;
    let found = entries.flatten().any(|entry| entry.path().extension().is_some_and(|e| e == "wasm"));
    if found { Ok(name.into()) } else { Err(format!("--extra {name}: there is no .wasm in it")) }
}
