//! What the tests of the command line share: starting `wrtd`, reading what it says, files that go away.
#![allow(dead_code, reason = "no test uses everything")]

use serde_json::Value as Json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// `wrtd` with no variable of its own and no filter for records.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wrtd"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("WRTD_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command.args(args);
    command
}

pub fn wrtd(args: &[&str]) -> Output {
    command(args).output().expect("wrtd starts")
}

/// Runs `wrtd` with bytes on standard input; `-` in `args` names them.
pub fn wrtd_bytes(bytes: &[u8], args: &[&str]) -> Output {
    let mut command = command(args);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wrtd starts");
    // Where the command line is wrong, it ends without reading.
    if let Err(why) = child.stdin.take().expect("piped").write_all(bytes) {
        assert_eq!(why.kind(), std::io::ErrorKind::BrokenPipe);
    }
    child.wait_with_output().expect("wrtd ends")
}

pub fn wrtd_text(text: &str, args: &[&str]) -> Output {
    wrtd_bytes(text.as_bytes(), args)
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("no signal ends wrtd")
}

pub fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {} {}", out(output), err(output)))
}

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").to_path_buf()
}

/// A folder that is removed in the end.
pub struct Dir(PathBuf);

impl Dir {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wrtd-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Dir(path)
    }
    /// The path of a file in it.
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }
    /// The path of a file in it that holds these bytes.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("a file for the test");
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
