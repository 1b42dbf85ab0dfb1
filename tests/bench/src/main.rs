//! `wrt-bench`: compares wrt with other WebAssembly runtimes in one interleaved run and prints ratios.
//! Owns the order of the whole; each runtime is behind a trait in a file of its own.

mod chart;
mod figures;
mod measure;
mod options;
mod programs;
mod runtimes;

use figures::Figures;
use options::Options;
use programs::Program;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use wrt_bench_peer::{ONCE_HELP, Process, Seat, Work, once};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some((_, words)) = words.split_first().filter(|(verb, _)| *verb == "once") {
        return match once(runtimes::all(), words) {
            Ok(answer) => {
                println!("{answer}");
                ExitCode::SUCCESS
            }
            Err(e) => {
                eprintln!("wrt-bench: {e}");
                ExitCode::from(2)
            }
        };
    }
    let outcome = match Options::read(words.into_iter()) {
        Ok(Some(options)) => bench(&options),
        Ok(None) => {
            print!("{}{ONCE_HELP}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(e) => Err(e),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("wrt-bench: {e}");
            ExitCode::from(2)
        }
    }
}

/// Runs everything; false when a result differed or a runtime failed.
fn bench(options: &Options) -> Result<bool, String> {
    let mut seats = seats(options);
    let programs = programs::all(options);
    if programs.is_empty() {
        return Err(format!("no programs in {}", options.kernels.display()));
    }
    if options.calibrate {
        return calibrate(&mut seats, &programs);
    }
    let names: Vec<String> = seats.iter().map(|seat| seat.name().to_owned()).collect();
    let mut figures = Figures::default();
    let mut complaints = Vec::new();
    if options.run {
        for program in &programs {
            eprintln!("{} ({})", program.name, program.work);
            let (row, mut new) = measure::program(&mut seats, program, options.rounds);
            figures.programs.push(row);
            complaints.append(&mut new);
        }
        print!("{}", figures.run_table(&names));
    }
    if options.load {
        for (name, path) in load_modules(options) {
            eprintln!("load {name}");
            let (row, mut new) = measure::load(&mut seats, &name, &path, options.rounds.min(5))?;
            figures.load.push(row);
            complaints.append(&mut new);
        }
        print!("{}", figures.load_table(&names));
    }
    if options.crossings {
        eprintln!("crossings");
        let (rows, mut new) = measure::crossings(&mut seats, options.rounds);
        figures.crossings = rows;
        complaints.append(&mut new);
        print!("{}", figures.crossings_table(&names));
    }
    if options.memory {
        for program in &programs {
            eprintln!("memory {}", program.name);
            let (row, mut new) = measure::memory(&seats, program);
            figures.memory.push(row);
            complaints.append(&mut new);
            #[cfg(feature = "wrt")]
            if let Work::Run(n) = program.work {
                match runtimes::account(program, n) {
                    Ok(account) => figures.accounts.push(account),
                    Err(e) => complaints.push(format!("{}: wrt gives no account: {e}", program.name)),
                }
            }
        }
        print!("{}{}", figures.memory_table(&names), figures.account_table());
    }
    if let Some(path) = &options.json {
        std::fs::write(path, figures.json(&names)).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    if let Some(path) = &options.svg {
        let drawing = chart::svg(&figures, &names).ok_or("there is nothing to draw: --svg needs the run section")?;
        std::fs::write(path, drawing).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    for complaint in &complaints {
        println!("! {complaint}");
    }
    // A peer that cannot do a program is told of; only wrt has to do all of them.
    Ok(!complaints.iter().any(|complaint| complaint.contains(": wrt ") || complaint.contains("native twin")))
}

/// The runtimes of this process and of the worker, as far as they were asked for.
fn seats(options: &Options) -> Vec<Seat> {
    let mut seats: Vec<Seat> = runtimes::all().into_iter().map(Seat::local).collect();
    match &options.worker {
        Some(path) => match Process::start(path) {
            Ok((process, names)) => {
                let process = Rc::new(process);
                seats.extend(names.into_iter().map(|name| Seat::Remote { name, process: Rc::clone(&process) }));
            }
            Err(e) => eprintln!("! wasmtime is left out: {e}"),
        },
        None => eprintln!("! wasmtime is left out: no --worker was given"),
    }
    if !options.runtimes.is_empty() {
        seats.retain(|seat| options.runtimes.iter().any(|name| name == seat.name()));
    }
    seats
}

/// The modules of the load section: those that are there for it alone, and the three biggest programs.
fn load_modules(options: &Options) -> Vec<(String, PathBuf)> {
    let mut modules = by_size(&[&options.kernels, &options.programs]);
    modules.truncate(3);
    modules.append(&mut by_size(&[&options.modules]));
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    modules.into_iter().map(|path| (name(&path), path)).collect()
}

/// The modules in these folders, the biggest one first.
fn by_size(folders: &[&PathBuf]) -> Vec<PathBuf> {
    let mut modules: Vec<(u64, PathBuf)> = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "wasm") {
                modules.push((entry.metadata().map_or(0, |m| m.len()), path));
            }
        }
    }
    modules.sort();
    modules.into_iter().rev().map(|(_, path)| path).collect()
}

/// Prints for each program the work of a tenth of a second with wasmi: what the tables of work are made from.
fn calibrate(seats: &mut [Seat], programs: &[Program]) -> Result<bool, String> {
    const WANTED: f64 = 0.1;
    let seat = seats.iter_mut().find(|seat| seat.name() == "wasmi").ok_or("calibration needs wasmi")?;
    for program in programs {
        if let Err(e) = seat.prepare(&program.wasm.to_string_lossy(), program.work) {
            eprintln!("{}: {e}", program.name);
            continue;
        }
        let mut n = 1;
        loop {
            let timed = match seat.run(Work::Run(n)) {
                Ok(timed) => timed,
                Err(e) => {
                    eprintln!("{}: {e}", program.name);
                    break;
                }
            };
            if timed.seconds >= WANTED / 5.0 || n > i32::MAX / 8 {
                let exact = (f64::from(n) * WANTED / timed.seconds).max(1.0);
                let digit = 10f64.powf((exact.log10() - 1.0).floor()).max(1.0);
                let full = ((exact / digit).round() * digit) as i32;
                println!("{} {} {full}", program.name, (full / 10).max(1));
                break;
            }
            n *= 2;
        }
    }
    Ok(true)
}
