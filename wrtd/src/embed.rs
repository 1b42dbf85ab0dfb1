//! `wrtd embed`: a directory put into a module, for the guest to read.

use crate::cli::EmbedArgs;
use crate::print::say;
use crate::report::Failure;
use crate::size::grouped;
use crate::source;
use serde_json::json;
use std::sync::Arc;
use wrt_host::wasi::{EMBEDDED_SECTION, EmbedError, EmbeddedFiles, MemoryLimits, MemoryTree, embed};

/// What was embedded.
struct Done {
    files: usize,
    bytes: u64,
    module: usize,
}

/// Runs the command; the result is the exit code.
pub fn run(args: &EmbedArgs) -> u8 {
    match put(args) {
        Ok(done) => say(args, &done),
        Err(failure) if args.json => {
            say!("{}", json!({ "error": failure.to_json() }));
            return failure.exit_code();
        }
        Err(failure) => {
            failure.print();
            return failure.exit_code();
        }
    }
    0
}

fn put(args: &EmbedArgs) -> Result<Done, Failure> {
    let wasm: Arc<[u8]> = source::read(&args.module)?.into();
    let failed = |error: EmbedError| Failure::new("embed", format!("{}: {error}", args.module));
    // A section that is damaged can be replaced as one that is not.
    if !args.replace && EmbeddedFiles::find(&wasm).map_err(failed)?.is_some() {
        let why = format!("{} has embedded files already, in the section {EMBEDDED_SECTION}", args.module);
        return Err(Failure::new("embed", why).hint("add --replace to put these in their place"));
    }
    let dir = args.dir.display();
    let limits = MemoryLimits { bytes: args.limit, names: u64::MAX };
    let tree = MemoryTree::copy_of(&args.dir, limits).map_err(|error| {
        let full = error.kind() == std::io::ErrorKind::StorageFull;
        let failure = Failure::new("embed", format!("cannot embed {dir}: {error}"));
        if full { failure.hint("raise --limit, such as --limit 1G, or leave files out") } else { failure }
    })?;
    if let Some((path, target)) = tree.links_leading_out().first() {
        let why = format!("cannot embed {dir}: the link {path} leads out of it, to {target}");
        return Err(Failure::new("embed", why).hint("replace the link by what it leads to, or remove it"));
    }
    let out: Arc<[u8]> = embed(&wasm, &tree).map_err(failed)?.into();
    // What was written is what will be read.
    let Some(embedded) = EmbeddedFiles::find(&out).map_err(failed)? else {
        return Err(Failure::new("error", "the files did not reach the module"));
    };
    std::fs::write(&args.output, &out)
        .map_err(|e| Failure::new("write", format!("cannot write {}: {e}", args.output.display())))?;
    let sizes = embedded.files();
    let bytes = sizes.iter().filter_map(|path| embedded.size(path).ok()).sum();
    Ok(Done { files: sizes.len(), bytes, module: out.len() })
}

fn say(args: &EmbedArgs, Done { files, bytes, module }: &Done) {
    let output = args.output.display();
    if args.json {
        say!("{}", json!({ "module": output.to_string(), "files": files, "bytes": bytes, "module_bytes": module }));
    } else {
        let (files, bytes, module) = (grouped(*files as u64), grouped(*bytes), grouped(*module as u64));
        say!(
            "{output}: {module} bytes; embedded files: {files}, with {bytes} bytes; --wasi-fs embedded:GUEST grants them"
        );
    }
}
