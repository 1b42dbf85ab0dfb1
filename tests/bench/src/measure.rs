//! The measurement: for each program, rounds over all runtimes in turn, so that a change of the machine's speed meets
//! all of them alike. Must not know any runtime.

use crate::figures::{Cell, Crossing, Memory, Row};
use crate::programs::{Program, same};
use std::path::Path;
use std::process::Command;
use wrt_bench_peer::{Seat, Way};

/// Crossings timed at once: enough that reading the clock does not count, few enough that a round fits into the
/// quiet moments of a shared machine.
const CROSSINGS: i32 = 20_000;
/// Rounds of crossings for each round of a program: they are short.
const CROSSING_ROUNDS: u32 = 10;

/// Measures one program. The second value tells of results that differ.
pub fn program(seats: &mut [Seat], program: &Program, rounds: u32) -> (Row, Vec<String>) {
    let mut complaints = Vec::new();
    let path = program.wasm.to_string_lossy().into_owned();
    let mut expected = program.expected().unwrap_or_else(|e| {
        complaints.push(format!("{}: the native twin failed: {e}", program.name));
        None
    });
    let mut times: Vec<Option<Vec<f64>>> = Vec::new();
    for seat in seats.iter_mut() {
        times.push(match seat.prepare(&path, program.work) {
            Ok(()) => Some(Vec::new()),
            Err(e) => {
                complaints.push(format!("{}: {} cannot: {e}", program.name, seat.name()));
                None
            }
        });
    }
    for _ in 0..rounds {
        for (seat, slot) in seats.iter_mut().zip(&mut times) {
            let Some(times) = slot else { continue };
            match seat.run(program.work) {
                Ok(timed) => {
                    let wanted = *expected.get_or_insert(timed.result);
                    if same(timed.result, wanted) {
                        times.push(timed.seconds);
                    } else {
                        complaints.push(format!(
                            "{}: {} returned {}, not {wanted}",
                            program.name,
                            seat.name(),
                            timed.result
                        ));
                        *slot = None;
                    }
                }
                Err(e) => {
                    complaints.push(format!("{}: {} failed: {e}", program.name, seat.name()));
                    *slot = None;
                }
            }
        }
    }
    for seat in seats.iter_mut() {
        if let Err(e) = seat.release() {
            complaints.push(format!("{}: {}: {e}", program.name, seat.name()));
        }
    }
    (row(&program.name, seats, times, 0), complaints)
}

/// Seconds of a load from which on it is not repeated: a compiler takes half a minute for some modules, and noise does
/// not matter there.
const LONG: f64 = 2.0;

/// Measures how fast a module is validated and translated.
pub fn load(seats: &mut [Seat], name: &str, path: &Path, rounds: u32) -> Result<(Row, Vec<String>), String> {
    let wasm = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let code_bytes = wrt_bench_peer::Module::read(&wasm)?.code.len();
    let path = path.to_string_lossy();
    let mut complaints = Vec::new();
    let mut times: Vec<Option<Vec<f64>>> = vec![Some(Vec::new()); seats.len()];
    for _ in 0..rounds {
        for (seat, slot) in seats.iter_mut().zip(&mut times) {
            let Some(times) = slot else { continue };
            if times.iter().any(|&seconds| seconds > LONG) {
                continue;
            }
            match seat.load(&path) {
                Some(Ok(seconds)) => times.push(seconds),
                Some(Err(e)) => {
                    complaints.push(format!("{name}: {} does not load it: {e}", seat.name()));
                    *slot = None;
                }
                None => *slot = None,
            }
        }
    }
    Ok((row(name, seats, times, code_bytes), complaints))
}

/// Measures the crossings: for each round every way of every runtime. The second value tells of what went wrong.
pub fn crossings(seats: &mut [Seat], rounds: u32) -> (Vec<Crossing>, Vec<String>) {
    let mut complaints = Vec::new();
    let mut least: Vec<Option<[f64; Way::ALL.len()]>> = Vec::new();
    for seat in seats.iter_mut() {
        least.push(match seat.prepare_crossings() {
            Ok(()) => Some([f64::MAX; Way::ALL.len()]),
            Err(e) => {
                complaints.push(format!("crossings: {} cannot: {e}", seat.name()));
                None
            }
        });
    }
    for _ in 0..rounds * CROSSING_ROUNDS {
        for (seat, slot) in seats.iter_mut().zip(&mut least) {
            for (i, way) in Way::ALL.into_iter().enumerate() {
                let Some(least) = slot else { continue };
                let wanted = i64::from(way.expected(CROSSINGS));
                match seat.cross(way, CROSSINGS) {
                    Ok(timed) if timed.result == wanted => least[i] = least[i].min(timed.seconds),
                    Ok(timed) => {
                        let name = seat.name();
                        complaints.push(format!(
                            "crossings: {name} returned {}, not {wanted}, in {}",
                            timed.result,
                            way.name()
                        ));
                        *slot = None;
                    }
                    Err(e) => {
                        complaints.push(format!("crossings: {} failed in {}: {e}", seat.name(), way.name()));
                        *slot = None;
                    }
                }
            }
        }
    }
    for seat in seats.iter_mut() {
        if let Err(e) = seat.release() {
            complaints.push(format!("crossings: {}: {e}", seat.name()));
        }
    }
    let rows = seats.iter().zip(least).filter_map(|(seat, least)| {
        let [empty, add, host, bare] = least?.map(|seconds| seconds * 1e9 / f64::from(CROSSINGS));
        Some(Crossing { runtime: seat.name().to_owned(), empty, add, host: host - bare, bare })
    });
    (rows.collect(), complaints)
}

/// Weighs one program in each runtime, in a fresh process each. The second value tells of what went wrong.
pub fn memory(seats: &[Seat], program: &Program) -> (Memory, Vec<String>) {
    let mut complaints = Vec::new();
    let mut expected = program.expected().unwrap_or(None);
    let mut bytes = Vec::new();
    for seat in seats {
        match weigh(seat, program) {
            Ok((taken, result)) if same(result, *expected.get_or_insert(result)) => {
                bytes.push((seat.name().to_owned(), taken));
            }
            Ok((_, result)) => complaints.push(format!("{}: {} returned {result}", program.name, seat.name())),
            Err(e) => {
                let line = e.lines().next().unwrap_or_default();
                complaints.push(format!("{}: {} is not weighed: {line}", program.name, seat.name()));
            }
        }
    }
    (Memory { name: program.name.clone(), bytes }, complaints)
}

fn weigh(seat: &Seat, program: &Program) -> Result<(u64, i64), String> {
    let out = Command::new(seat.program()?)
        .args(["once", "memory", seat.name()])
        .arg(&program.wasm)
        .arg(program.work.to_string())
        .output()
        .map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&out.stdout);
    let (bytes, result) =
        text.trim().split_once(' ').ok_or_else(|| String::from_utf8_lossy(&out.stderr).into_owned())?;
    Ok((bytes.parse().map_err(|e| format!("{bytes}: {e}"))?, result.parse().map_err(|e| format!("{result}: {e}"))?))
}

fn row(name: &str, seats: &[Seat], times: Vec<Option<Vec<f64>>>, code_bytes: usize) -> Row {
    let cells = seats.iter().zip(times).filter_map(|(seat, times)| {
        let mut times = times?;
        times.sort_by(f64::total_cmp);
        Some(Cell { runtime: seat.name().to_owned(), minimum: *times.first()?, median: *times.get(times.len() / 2)? })
    });
    Row { name: name.to_owned(), cells: cells.collect(), code_bytes }
}
