//! How long discovery and the pass over a binary take: `limits-bench [--discover-only] [MODULE...]`.
//!
//! A measurement, no test. Each number is the least and the median of many runs on this machine. Without
//! modules, one is made: 1 MiB of code with calls, loads and branches, and names.

use std::process::ExitCode;
use std::time::Instant;
use wrt_core::limits::{Asil, Limits, Preset};
use wrt_host::limits::{Resolver, discover};
use wrt_host::scan::scan;

/// Least and median of `runs` runs, in microseconds.
fn time(runs: usize, mut run: impl FnMut()) -> (f64, f64) {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times.first().copied().unwrap_or(0.0), times.get(runs / 2).copied().unwrap_or(0.0))
}

/// A module of about `bytes`: functions that add up memory, branch, and call the next one.
fn typical(bytes: usize) -> Vec<u8> {
    let one = |i: usize| {
        format!(
            "(func $function_number_{i} (param i32 i64) (result i32) (local i32) \
             (block (loop (br_if 1 (i32.ge_u (local.get 2) (local.get 0))) \
             (local.set 2 (i32.add (local.get 2) (i32.load offset=16 (i32.and (local.get 2) (i32.const 65532))))) \
             (i64.store offset=1024 (i32.const 8) (i64.mul (local.get 1) (i64.extend_i32_u (local.get 2)))) (br 0))) \
             (if (result i32) (i32.eqz (local.get 2)) (then (call {} (i32.const 77777) (i64.const -1))) \
             (else (call_indirect (type 0) (local.get 0) (local.get 1) (i32.const 0)))))\n",
            i + 1
        )
    };
    // About a hundred bytes each, names included.
    let count = bytes / 104;
    let functions: String = (0..count).map(one).collect();
    let text = format!(
        "(module (type (func (param i32 i64) (result i32))) (memory 1) (table 1 funcref)\n{functions}\
         (func (param i32 i64) (result i32) (i32.const 0)))"
    );
    wat::parse_str(&text).unwrap_or_default()
}

fn main() -> ExitCode {
    let mut paths: Vec<String> = std::env::args().skip(1).collect();
    let discover_only = paths.first().is_some_and(|first| first == "--discover-only");
    if discover_only {
        // Once, so that a trace of the process shows what it takes.
        println!("{:?}", discover());
        return ExitCode::SUCCESS;
    }
    let (least, median) = time(1_000, || {
        core::hint::black_box(discover());
    });
    println!("discover: least {least:.0} us, median {median:.0} us");
    let mut resolver = Resolver::new();
    resolver.platform(discover());
    let (least, median) = time(1_000, || {
        let _ = core::hint::black_box(resolver.resolve());
    });
    println!("resolve:  least {least:.0} us, median {median:.0} us");
    let limits: Limits = Preset::LinuxContainer.limits(8 << 30, Asil::FLOOR);
    let mut binaries = Vec::new();
    if paths.is_empty() {
        binaries.push(("made here".to_owned(), typical(1 << 20)));
    }
    for path in paths.drain(..) {
        match std::fs::read(&path) {
            Ok(bytes) => binaries.push((path, bytes)),
            Err(e) => {
                eprintln!("{path}: {e}");
                return ExitCode::FAILURE;
            }
        }
    }
    for (name, binary) in binaries {
        let report = scan(&binary, &limits);
        let (least, median) = time(50, || {
            core::hint::black_box(scan(&binary, &limits));
        });
        let rate = binary.len() as f64 / median;
        println!(
            "scan:     least {:.2} ms, median {:.2} ms, {rate:.0} MB/s: {name}, {} bytes, {}",
            least / 1e3,
            median / 1e3,
            binary.len(),
            if report.fits() { "fits" } else { "does not fit" }
        );
    }
    ExitCode::SUCCESS
}
