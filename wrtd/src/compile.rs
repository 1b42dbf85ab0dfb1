//! `wrtd compile`: a module translated once, as an image that runs where it lies.

use crate::cli::CompileArgs;
use crate::names::Names;
use crate::print::say;
use crate::report::Failure;
use crate::size::grouped;
use crate::{proposals, source};
use serde_json::json;
use std::path::{Path, PathBuf};
use wrt_core::{LoadBudget, Plan, Reason};
use wrt_host::OwnedModule;
use wrt_host::wasi::carry;

/// Ending of the files that images are kept in.
const ENDING: &str = "wrti";

/// An image that was written.
struct Written {
    path: PathBuf,
    wasm: usize,
    image: usize,
    /// Bytes of embedded files behind the image.
    files: usize,
    plan: Plan,
}

/// Runs the command; the result is the exit code.
pub fn run(args: &CompileArgs) -> u8 {
    match compile(args) {
        Ok(written) => say(&written, args.json),
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

fn compile(args: &CompileArgs) -> Result<Written, Failure> {
    let path = match (&args.output, args.module.as_str()) {
        (Some(path), _) => path.clone(),
        (None, "-") => return Err(Failure::usage("say with -o where the image of standard input goes")),
        (None, module) => Path::new(module).with_extension(ENDING),
    };
    source::keep(&args.module, "-o", &path)?;
    let wasm = source::read(&args.module)?;
    let budget = proposals::budget(&args.enable, &args.disable);
    let (mut image, plan) = translate(&wasm, &budget, args.portable).map_err(|e| {
        let failure = Failure::from_engine(&e, &Names::read(&wasm));
        match e.reason {
            Reason::ImageFeature => failure.hint("run the module itself: `wrtd run` takes it"),
            _ => failure,
        }
    })?;
    let bytes = image.len();
    let files = carry(&wasm, &mut image).map_err(|e| {
        let failure = Failure::new("embed", format!("{}: {e}", args.module));
        failure.hint("embed the files again: wrtd embed MODULE DIR --replace -o NEW")
    })?;
    std::fs::write(&path, &image)
        .map_err(|e| Failure::new("write", format!("cannot write {}: {e}", path.display())))?;
    Ok(Written { path, wasm: wasm.len(), image: bytes, files, plan })
}

fn translate(wasm: &[u8], budget: &LoadBudget, portable: bool) -> Result<(Vec<u8>, Plan), wrt_core::Error> {
    let image =
        if portable { OwnedModule::compile_portable(wasm, budget) } else { OwnedModule::compile(wasm, budget) }?;
    let plan = OwnedModule::plan_of(&image, budget)?;
    Ok((image, plan))
}

fn say(written: &Written, json: bool) {
    let Written { path, wasm, image, files, plan } = written;
    if json {
        let plan = crate::plan::to_json(plan);
        let path = path.display().to_string();
        say!("{}", json!({ "image": path, "bytes": image, "files": files, "wasm": wasm, "plan": plan }));
    } else {
        say!(
            "{}: {} bytes from {}; {} bytes of scratch to check it, none to hold it",
            path.display(),
            grouped(*image as u64),
            grouped(*wasm as u64),
            grouped(plan.load_scratch)
        );
        if *files > 0 {
            say!("{}: {} bytes of embedded files behind it", path.display(), grouped(*files as u64));
        }
    }
}
