//! `wrt-differential`: runs many cases from a seed, writes what fails as a `.wasm` file, and says how many there were.
//! Owns the command line; must not know any engine.

use std::path::PathBuf;
use std::process::ExitCode;
use wrt_differential::case::{self, Bench};
use wrt_differential::generate::Random;
use wrt_differential::{Checks, Failure, Oracle, Tally, check};

const HELP: &str = "\
wrt-differential: compares wrt with wasmparser and other engines on generated modules, and with itself

  --cases N      cases (default 10000)
  --seed S       the first case's seed; the others follow (default 1)
  --checks A,B   accept, execute, slices, load (default all)
  --oracle NAME  wasmi, wasmtime where it was built in, or nobody (default wasmi)
  --module FILE  instead of generated modules, this one, with arguments drawn from each case's seed
  --jobs N       threads (default 1)
  --out DIR      where failing modules are written (default target/differential)
  --keep-going   does not stop at the first failing case
";

struct Options {
    cases: u64,
    seed: u64,
    checks: Checks,
    module: Option<Vec<u8>>,
    jobs: u64,
    out: PathBuf,
    keep_going: bool,
}

fn main() -> ExitCode {
    match options(std::env::args().skip(1)) {
        Ok(Some(options)) => run(&options),
        Ok(None) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("wrt-differential: {e}");
            ExitCode::from(2)
        }
    }
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        cases: 10_000,
        seed: 1,
        checks: Checks::ALL,
        module: None,
        jobs: 1,
        out: "target/differential".into(),
        keep_going: false,
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|e| format!("{text}: {e}"));
        match arg.as_str() {
            "--help" | "-h" => return Ok(None),
            "--cases" => options.cases = number(value()?)?,
            "--seed" => options.seed = number(value()?)?,
            "--module" => {
                let path = value()?;
                options.module = Some(std::fs::read(&path).map_err(|e| format!("{path}: {e}"))?);
            }
            "--jobs" => options.jobs = number(value()?)?.clamp(1, 64),
            "--out" => options.out = value()?.into(),
            "--keep-going" => options.keep_going = true,
            "--checks" => {
                let names = value()?;
                let names: Vec<&str> = names.split(',').collect();
                let has = |name| names.contains(&name);
                options.checks.accept = has("accept");
                options.checks.execute = has("execute");
                options.checks.slices = has("slices");
                options.checks.load = has("load");
            }
            "--oracle" => options.checks.oracle = oracle(&value()?)?,
            _ => return Err(format!("unknown argument {arg}; --help lists all")),
        }
    }
    Ok(Some(options))
}

fn oracle(name: &str) -> Result<Oracle, String> {
    match name {
        "nobody" => Ok(Oracle::Nobody),
        "wasmi" => Ok(Oracle::Wasmi),
        #[cfg(feature = "wasmtime")]
        "wasmtime" => Ok(Oracle::Wasmtime),
        #[cfg(not(feature = "wasmtime"))]
        "wasmtime" => Err("wasmtime is not in this build: cargo run --features wasmtime ...".into()),
        other => Err(format!("no oracle {other}")),
    }
}

fn run(options: &Options) -> ExitCode {
    // Thread k takes every `jobs`-th seed from the k-th on, so that the cases do not depend on the number of threads.
    let results: Vec<(Tally, u64)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.jobs).map(|k| scope.spawn(move || worker(options, k))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or((Tally::default(), 1))).collect()
    });
    let mut tally = Tally::default();
    let mut failed = 0;
    for (part, failures) in &results {
        tally.add(part);
        failed += failures;
    }
    println!(
        "{} modules ({} skipped), {} calls compared ({} trapped), {} runs given up, {} in which the oracle alone differs, {} damaged modules \
         accepted and {} refused, {failed} failed",
        tally.modules,
        tally.skipped,
        tally.calls,
        tally.traps,
        tally.unfinished,
        tally.oracle_defects,
        tally.damaged_accepted,
        tally.damaged_refused,
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn worker(options: &Options, first: u64) -> (Tally, u64) {
    let mut bench = Bench::default();
    let mut tally = Tally::default();
    let mut failed = 0;
    for case in (first..options.cases).step_by(options.jobs as usize) {
        let seed = options.seed.wrapping_add(case);
        let checked = match &options.module {
            Some(wasm) => {
                let random = &mut Random::new(seed);
                case::valid(wasm, options.checks, &mut bench, &mut tally, random)
                    .map_err(|what| Failure { wasm: wasm.clone(), what })
            }
            None => check(seed, options.checks, &mut bench, &mut tally),
        };
        let Err(failure) = checked else { continue };
        failed += 1;
        let path = options.out.join(format!("seed-{seed}.wasm"));
        let written = std::fs::create_dir_all(&options.out).and_then(|()| std::fs::write(&path, &failure.wasm));
        println!("seed {seed}: {}", failure.what);
        match written {
            Ok(()) => println!("  the module is {}", path.display()),
            Err(e) => println!("  the module was not written: {}: {e}", path.display()),
        }
        if !options.keep_going {
            break;
        }
    }
    (tally, failed)
}
