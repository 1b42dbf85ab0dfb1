//! Which programs there are, how much work each does, and what its native twin computes.
//! Must not know any runtime.

use crate::options::Options;
use std::path::{Path, PathBuf};
use std::process::Command;
use wrt_bench_peer::Work;

/// Name, work of a quick run, work of a full run: fixed, so that figures of different days can be compared.
const KERNELS: &str = include_str!("../programs/programs.txt");
/// The same for the real programs, which are built from Debian's sources.
const PROGRAMS: &str = include_str!("../work.txt");

/// One program.
#[derive(Clone, Debug)]
pub struct Program {
    pub name: String,
    pub wasm: PathBuf,
    pub work: Work,
    /// The same program as a native executable, with the arguments for which it prints `run(work)` on its last line.
    pub native: Option<(PathBuf, Vec<String>)>,
}

impl Program {
    /// What the native twin computes; `None` where there is no twin.
    pub fn expected(&self) -> Result<Option<i64>, String> {
        let Some((native, args)) = &self.native else { return Ok(None) };
        let out = Command::new(native).args(args).output();
        let out = out.map_err(|e| format!("{}: {e}", native.display()))?;
        let text = String::from_utf8_lossy(&out.stdout);
        let line = text.lines().last().unwrap_or_default().trim_start_matches("= ").trim();
        line.parse().map(Some).map_err(|e| format!("{} printed {line:?}: {e}", native.display()))
    }
}

/// Whether two results of `run` are the same: a native twin may print the i32 as unsigned.
#[must_use]
pub fn same(a: i64, b: i64) -> bool {
    a == b || (a as i32 == b as i32 && (narrow(a) && narrow(b)))
}

fn narrow(v: i64) -> bool {
    i32::try_from(v).is_ok() || u32::try_from(v).is_ok()
}

/// All programs that are built, those of the kernels first.
pub fn all(options: &Options) -> Vec<Program> {
    let mut found = Vec::new();
    // The twin of a kernel takes the number alone, that of a real program wants to be told what to do with it.
    for (directory, verb) in [(&options.kernels, None), (&options.programs, Some("run"))] {
        let mut here: Vec<Program> = list(directory).filter_map(|wasm| program(&wasm, verb, options)).collect();
        here.sort_by(|a, b| a.name.cmp(&b.name));
        found.append(&mut here);
    }
    if let Some(directory) = options.extra.as_deref().filter(|_| !options.calibrate) {
        let mut here: Vec<Program> = list(directory).filter_map(|wasm| whole(wasm, options)).collect();
        here.sort_by(|a, b| a.name.cmp(&b.name));
        found.append(&mut here);
    }
    found
}

/// A further program, which is run from `_start` to its end.
fn whole(wasm: PathBuf, options: &Options) -> Option<Program> {
    let name = wasm.file_stem()?.to_str()?.to_owned();
    let wanted = options.only.is_empty() || options.only.contains(&name);
    wanted.then_some(Program { name, wasm, work: Work::Start, native: None })
}

fn list(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "wasm"))
}

fn program(wasm: &Path, verb: Option<&str>, options: &Options) -> Option<Program> {
    let name = wasm.file_stem()?.to_str()?.to_owned();
    if !options.only.is_empty() && !options.only.contains(&name) {
        return None;
    }
    let work = KERNELS.lines().chain(PROGRAMS.lines()).find_map(|line| {
        let mut words = line.split_whitespace();
        let found = words.next() == Some(&name);
        let quick = words.next()?.parse::<i32>().ok()?;
        let full = words.next()?.parse::<i32>().ok()?;
        found.then_some(if options.quick { quick } else { full })
    });
    let work = match work {
        Some(n) => n,
        // A program without a line of its own has no `run`, or is new: it takes part when it is calibrated.
        None if options.calibrate => 1,
        None => return None,
    };
    let native = wasm.with_extension("native");
    let args = verb.map(str::to_owned).into_iter().chain([work.to_string()]).collect();
    Some(Program {
        name,
        wasm: wasm.to_owned(),
        work: Work::Run(work),
        native: native.exists().then_some((native, args)),
    })
}
