//! The programs: how they are built, where they lie, and what their native twins say.
//! It knows nothing of the engine.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Names of the programs that `build.sh` makes.
pub const PROGRAMS: [&str; 5] = ["lua", "lua-guarded", "sqlite", "zlib", "bzip2"];

/// One call of a program's exports.
#[derive(Clone, Debug)]
pub enum Step {
    /// `run(n)`
    Run(i32),
    /// `eval` of a file's bytes
    Eval(PathBuf),
}

/// The repository's root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where `build.sh` puts the programs.
#[must_use]
pub fn directory() -> PathBuf {
    std::env::var_os("WRT_PROGRAMS").map_or_else(|| root().join("target/programs"), PathBuf::from)
}

/// One of the scripts that programs are fed with.
#[must_use]
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name)
}

/// One of the committed guests.
///
/// # Panics
/// When the file cannot be read.
#[must_use]
pub fn guest(name: &str) -> Vec<u8> {
    let path = root().join("examples/guests/wasm").join(name).with_extension("wasm");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Builds the program unless it is built, and gives its bytes.
///
/// # Errors
/// Why it cannot be had on this machine, in one sentence.
///
/// # Panics
/// When a compiler that is there fails.
pub fn build(name: &str) -> Result<Vec<u8>, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("build.sh");
    let output = Command::new(&script)
        .arg(name)
        .output()
        .map_err(|error| format!("skipped {name}, because {} does not run: {error}", script.display()))?;
    let log = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {
            let path = directory().join(name).with_extension("wasm");
            std::fs::read(&path).map_err(|error| format!("skipped {name}, because {}: {error}", path.display()))
        }
        Some(3) => Err(log.lines().last().unwrap_or_default().to_owned()),
        _ => panic!("build.sh {name} failed:\n{log}"),
    }
}

/// What the native twin prints for these steps.
///
/// # Panics
/// When the twin does not run.
#[must_use]
pub fn native(name: &str, steps: &[Step]) -> Vec<u8> {
    let mut command = Command::new(directory().join(name).with_extension("native"));
    for step in steps {
        match step {
            Step::Run(n) => command.arg("run").arg(n.to_string()),
            Step::Eval(path) => command.arg("eval").arg(path),
        };
    }
    command.output().unwrap_or_else(|error| panic!("the native twin of {name}: {error}")).stdout
}
