//! How long discovery and the pass over a binary take: `limits-bench [--discover-only] [MODULE...]`.
//!
//! A measurement, no test: least and median of many runs on this machine, and the median of processor time. Without
//! modules, one is made: 1 MiB of code with calls, loads and branches, and names.

use std::process::ExitCode;
use std::time::Instant;
use wrt_core::limits::{Asil, Limits, Preset};
use wrt_host::limits::{Resolver, discover};
use wrt_host::scan::scan;

/// What many runs took, in microseconds.
struct Times {
    /// The shortest by the clock.
    least: f64,
    /// Half of them were shorter by the clock.
    median: f64,
    /// Half of them took less of the processor, which does not depend on who else uses the machine.
    processor: f64,
}

/// Seconds of processor time that this thread has had.
fn processor() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

fn time(runs: usize, mut run: impl FnMut()) -> Times {
    let mut times: Vec<(f64, f64)> = (0..runs)
        .map(|_| {
            let (start, before) = (Instant::now(), processor());
            run();
            ((processor() - before) * 1e6, start.elapsed().as_secs_f64() * 1e6)
        })
        .collect();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let processor = times.get(runs / 2).map_or(0.0, |time| time.0);
    times.sort_by(|a, b| a.1.total_cmp(&b.1));
    let at = |index: usize| times.get(index).map_or(0.0, |time| time.1);
    Times { least: at(0), median: at(runs / 2), processor }
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
    let show = |what: &str, t: Times| {
        println!("{what} least {:.0} us, median {:.0} us, processor {:.0} us", t.least, t.median, t.processor);
    };
    let discovery = || {
        core::hint::black_box(discover());
    };
    show("discover:", time(1_000, discovery));
    let mut resolver = Resolver::new();
    resolver.platform(discover());
    let resolve = || {
        let _ = core::hint::black_box(resolver.resolve());
    };
    show("resolve: ", time(1_000, resolve));
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
        let t = time(100, || {
            core::hint::black_box(scan(&binary, &limits));
        });
        println!(
            "scan:     least {:.2} ms, median {:.2} ms, processor {:.2} ms, {:.0} MB/s: {name}, {} bytes, {}",
            t.least / 1e3,
            t.median / 1e3,
            t.processor / 1e3,
            binary.len() as f64 / t.processor,
            binary.len(),
            if report.fits() { "fits" } else { "does not fit" }
        );
    }
    ExitCode::SUCCESS
}
