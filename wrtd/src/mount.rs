//! What `--wasi-fs` grants: directories of the system, directories in memory, copies, and the module's own files.
//!
//! Owns the words of the option and how a mount is made of them. A directory of the system that is called like one of
//! the kinds is reached with `./` before its name.

use crate::report::Failure;
use crate::size;
use std::io;
use std::path::Path;
use std::sync::Arc;
use wrt_host::wasi::{Access, EmbeddedFiles, MemoryLimits, MemoryTree, WasiBuilder};

/// What a value of the option says.
#[derive(Debug, PartialEq, Eq)]
pub enum Mount<'t> {
    Host { host: &'t str, guest: &'t str, access: Access },
    Memory { guest: &'t str, limits: MemoryLimits },
    Copy { host: &'t str, guest: &'t str, access: Access, limits: MemoryLimits },
    Embedded { guest: &'t str },
}

fn wrong<T>(text: &str, why: &str) -> Result<T, Failure> {
    Err(Failure::usage(format!("--wasi-fs {text}: {why}")))
}

/// Host directory, its name for the guest, and what may be done there.
fn directory<'t>(text: &str, paths: &'t str, example: &str) -> Result<(&'t str, &'t str, Access), Failure> {
    let (paths, access) = match paths.strip_suffix(":ro") {
        Some(paths) => (paths, Access::ReadOnly),
        None => (paths, Access::ReadWrite),
    };
    let (host, guest) = paths.split_once(':').unwrap_or((paths, paths));
    if host.is_empty() || guest.is_empty() {
        return wrong(text, &format!("expected HOST, HOST:GUEST, HOST:ro or HOST:GUEST:ro, such as {example}"));
    }
    Ok((host, guest, access))
}

/// Reads a value of the option.
///
/// # Errors
/// What cannot be understood, with the option.
pub fn parse(text: &str) -> Result<Mount<'_>, Failure> {
    let (head, rest) = match text.split_once(':') {
        Some((head, rest)) => (head, Some(rest)),
        None => (text, None),
    };
    let (kind, bytes) = match head.split_once('=') {
        Some((kind, bytes)) => (kind, Some(bytes)),
        None => (head, None),
    };
    if !matches!(kind, "mem" | "copy" | "embedded") {
        let (host, guest, access) = directory(text, text, "./data:/data:ro")?;
        return Ok(Mount::Host { host, guest, access });
    }
    let elsewhere = format!("a directory of the system that is called {kind} is ./{text}");
    let limits = match bytes.map(size::bytes) {
        None => MemoryLimits::default(),
        Some(_) if kind == "embedded" => return wrong(text, &format!("embedded files have no bound; {elsewhere}")),
        Some(Ok(bytes)) => MemoryLimits::of_bytes(bytes),
        Some(Err(why)) => return wrong(text, &format!("{why}, such as {kind}=16M; {elsewhere}")),
    };
    match (kind, rest.filter(|rest| !rest.is_empty())) {
        ("copy", Some(rest)) => {
            let (host, guest, access) = directory(text, rest, "copy:./data:/data")?;
            Ok(Mount::Copy { host, guest, access, limits })
        }
        ("mem", Some(guest)) if guest.ends_with(":ro") => wrong(
            text,
            "an empty directory that may only be read is of no use; leave out :ro, or use copy:HOST:GUEST:ro",
        ),
        ("mem", Some(guest)) => Ok(Mount::Memory { guest, limits }),
        ("embedded", Some(guest)) => match guest.strip_suffix(":ro").unwrap_or(guest) {
            "" => wrong(text, "expected the guest's name of the directory, such as embedded:/data"),
            guest => Ok(Mount::Embedded { guest }),
        },
        ("copy", None) => {
            wrong(text, &format!("expected copy:HOST[:GUEST][:ro], such as copy:./data:/data; {elsewhere}"))
        }
        (_, None) | (_, Some(_)) => {
            wrong(text, &format!("expected the guest's name of the directory, such as {kind}:/data; {elsewhere}"))
        }
    }
}

impl<'t> Mount<'t> {
    /// The guest's name of the directory.
    pub fn guest(&self) -> &'t str {
        match self {
            Mount::Host { guest, .. }
            | Mount::Memory { guest, .. }
            | Mount::Copy { guest, .. }
            | Mount::Embedded { guest } => guest,
        }
    }

    /// Grants what the option `text` says. The module's bytes are where embedded files are.
    ///
    /// # Errors
    /// What cannot be opened, with the option.
    pub fn grant(&self, text: &str, wasm: &Arc<[u8]>, builder: WasiBuilder) -> Result<WasiBuilder, Failure> {
        let failed = |error: io::Error| {
            let full = error.kind() == io::ErrorKind::StorageFull;
            let failure = crate::wasi::failed("--wasi-fs", text, &error);
            if full { failure.hint("give it room for more, such as copy=256M:HOST:GUEST") } else { failure }
        };
        match *self {
            Mount::Host { host, guest, access } => builder
                .directory(Path::new(host), guest, access)
                .map_err(|error| crate::wasi::failed("--wasi-fs", host, &error)),
            Mount::Memory { guest, limits } => builder.memory_directory(guest, limits).map_err(failed),
            Mount::Copy { host, guest, access, limits } => {
                let tree = MemoryTree::copy_of(Path::new(host), limits).map_err(failed)?;
                builder.memory(&tree, guest, access).map_err(failed)
            }
            Mount::Embedded { guest } => match EmbeddedFiles::find(wasm) {
                Ok(Some(files)) => builder.embedded(&files, guest).map_err(failed),
                Ok(None) => {
                    let why = format!("--wasi-fs {text}: the module has no embedded files");
                    Err(Failure::new("wasi", why)
                        .hint("put them there: wrtd embed MODULE DIR -o NEW; or grant a directory"))
                }
                Err(error) => Err(Failure::new("wasi", format!("--wasi-fs {text}: {error}"))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cli_1_mounts_are_told_apart_by_their_first_word() {
        let of = |text: &'static str| parse(text).unwrap_or_else(|_| panic!("{text} is a mount"));
        let host = |host, guest, access| Mount::Host { host, guest, access };
        assert_eq!(of("d"), host("d", "d", Access::ReadWrite));
        assert_eq!(of("d:/x:ro"), host("d", "/x", Access::ReadOnly));
        assert_eq!(of("./mem:/x"), host("./mem", "/x", Access::ReadWrite));
        assert_eq!(of("./embedded"), host("./embedded", "./embedded", Access::ReadWrite));
        assert_eq!(of("memory:/x"), host("memory", "/x", Access::ReadWrite));
        assert_eq!(of("a=b:/x"), host("a=b", "/x", Access::ReadWrite));
        assert_eq!(of("mem:/tmp"), Mount::Memory { guest: "/tmp", limits: MemoryLimits::default() });
        assert_eq!(of("mem=1M:/tmp"), Mount::Memory { guest: "/tmp", limits: MemoryLimits::of_bytes(1 << 20) });
        let limits = MemoryLimits::of_bytes(1 << 30);
        assert_eq!(of("copy=1G:d:/x:ro"), Mount::Copy { host: "d", guest: "/x", access: Access::ReadOnly, limits });
        assert_eq!(of("embedded:/data"), Mount::Embedded { guest: "/data" });
        assert_eq!(of("embedded:/data:ro"), Mount::Embedded { guest: "/data" });
        let wrong = ["", ":", "d:", ":/x", "mem", "mem:", "mem=:/x", "mem=much:/x", "mem:/x:ro", "copy", "copy:"];
        for wrong in wrong.into_iter().chain(["copy::/x", "embedded", "embedded:", "embedded=1M:/x", "embedded::ro"]) {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
