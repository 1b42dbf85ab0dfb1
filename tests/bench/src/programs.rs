//! Which programs there are, how much work each does, and what its native twin computes.
//! Must not know any runtime.

use crate::options::Options;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Work for each program: the argument of `run` with which wasmi takes about a quarter of a second on a 2020s
/// desktop. Fixed, so that figures of different days can be compared.
const WORK: &str = include_str!("../work.txt");

/// One program.
#[derive(Clone, Debug)]
pub struct Program {
    pub name: String,
    pub wasm: PathBuf,
    /// The argument of `run`.
    pub work: i32,
    /// The same program as a native executable that prints `run(n)` for its argument n.
    pub native: Option<PathBuf>,
}

impl Program {
    /// What the native twin computes; `None` where there is no twin.
    pub fn expected(&self) -> Result<Option<i64>, String> {
        let Some(native) = &self.native else { return Ok(None) };
        let out = Command::new(native).arg(self.work.to_string()).output();
        let out = out.map_err(|e| format!("{}: {e}", native.display()))?;
        let text = String::from_utf8_lossy(&out.stdout);
        let line = text.lines().last().unwrap_or_default().trim();
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
    for directory in [&options.kernels, &options.programs] {
        let mut here: Vec<Program> = list(directory).filter_map(|wasm| program(&wasm, options)).collect();
        here.sort_by(|a, b| a.name.cmp(&b.name));
        found.append(&mut here);
    }
    found
}

fn list(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "wasm"))
}

fn program(wasm: &Path, options: &Options) -> Option<Program> {
    let name = wasm.file_stem()?.to_str()?.to_owned();
    if !options.only.is_empty() && !options.only.contains(&name) {
        return None;
    }
    let work = WORK.lines().find_map(|line| {
        let (program, n) = line.split_once(' ')?;
        (program == name).then(|| n.trim().parse::<i32>().ok())?
    });
    let work = match work {
        Some(n) if options.quick => (n / 8).max(1),
        Some(n) => n,
        // A program without a line of its own has no `run`, or is new: it takes part when it is calibrated.
        None if options.calibrate => 1,
        None => return None,
    };
    let native = wasm.with_extension("native");
    Some(Program { name, wasm: wasm.to_owned(), work, native: native.exists().then_some(native) })
}
