//! Builds each mock as a library of its own.

fn main() {
    for name in ["macos", "qnx", "zephyr", "tock", "vxworks", "bare"] {
        println!("cargo::rerun-if-changed=c/{name}.c");
        // Only the test of that name links it.
        cc::Build::new()
            .file(format!("c/{name}.c"))
            .warnings(true)
            .warnings_into_errors(true)
            .std("c11")
            .cargo_metadata(false)
            .compile(&format!("mock_{name}"));
    }
    println!("cargo::rustc-link-search=native={}", std::env::var("OUT_DIR").expect("cargo sets it"));
}
