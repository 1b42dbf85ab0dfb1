//! Generates, from the one table of operations, what the translator and both back ends include.

#![allow(clippy::std_instead_of_core, clippy::alloc_instead_of_core, reason = "runs on the build host")]

mod atomic;
mod chain;
mod emit;
mod features;
mod folded;
mod forms;
mod fused;
mod fused_pairs;
mod imm;
mod object;
mod role_list;
mod roles;
mod special;
mod table;
mod vector;
mod wide;

use std::{env, fs, path::Path};

fn main() {
    println!("cargo:rerun-if-changed=isa");
    println!("cargo:rustc-check-cfg=cfg(wrt_tail)");
    println!("cargo:rustc-check-cfg=cfg(wrt_checked)");
    // Compares every access with what was lent: see `src/exec/bounds.rs`.
    println!("cargo:rerun-if-env-changed=WRT_CHECKED");
    if env::var_os("WRT_CHECKED").is_some() {
        println!("cargo:rustc-cfg=wrt_checked");
    }
    let var = |name: &str| env::var(name).unwrap_or_default();
    let arch = var("CARGO_CFG_TARGET_ARCH");
    // Sibling calls are made by the optimiser: only where it runs, and only where a target has
    // enough argument registers for the executor's state.
    let optimised =
        matches!(var("OPT_LEVEL").as_str(), "2" | "3" | "s") && env::var("CARGO_CFG_DEBUG_ASSERTIONS").is_err();
    let registers = matches!(arch.as_str(), "x86_64" | "aarch64");
    if optimised && registers && !features::has("loop-only") {
        println!("cargo:rustc-cfg=wrt_tail");
    }
    let abi = if arch == "x86_64" { "sysv64" } else { "C" };
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let isa = forms::Isa::build();
    // What an image consists of besides operations.
    let layouts = ["src/module/layout.rs", "src/translate/side.rs", "src/ops.rs"].map(|file| {
        println!("cargo:rerun-if-changed={file}");
        fs::read_to_string(file).expect("the package has its sources")
    });
    let (portable, identity) = roles::identities(&isa, &layouts);
    let roles = format!(
        "/// Another number where operations or layouts are others.\npub(super) const IDENTITY: u64 = {identity:#x};\n\
         /// The same without the pairs.\npub(super) const PORTABLE: u64 = {portable:#x};\n{}",
        roles::generated(&isa)
    );
    for (file, text) in [
        ("operators.rs", emit::operators(&isa)),
        ("tail.rs", emit::tail(&isa, abi)),
        ("looped.rs", if features::has("large-loop") { emit::looped(&isa) } else { folded::looped(&isa) }),
        ("apart.rs", emit::apart(&isa)),
        ("built.rs", features::proposals()),
        ("roles.rs", roles),
    ] {
        fs::write(Path::new(&out).join(file), text).expect("OUT_DIR is writable");
    }
}
