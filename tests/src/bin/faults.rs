//! `./dev faults`: flips bits while guests run, and counts what came of it.
//!
//! Everything follows from the seed. For each injection a guest, a moment (in fuel), a place and a bit are drawn; the run
//! is compared with the one that was left alone. Fails when at level D a fault in code or control data led to a wrong
//! result that nobody reported.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Instant;
use wrt_core::limits::Asil;
use wrt_tests::engine::Pool;
use wrt_tests::faults::child::{self, Shared, Told};
use wrt_tests::faults::rig::{Injection, Rig};
use wrt_tests::faults::{Fate, LEVELS, Subject, Tally, Where, subjects};
use wrt_tests::smith::Random;

/// Fuel that no guest needs.
const PLENTY: u64 = 1 << 24;

struct Options {
    injections: u64,
    seed: u64,
    levels: Vec<Asil>,
    only: Option<Where>,
    /// This injection alone, told in words.
    one: Option<u64>,
    out: String,
}

const USAGE: &str =
    "usage: faults [--injections N] [--seed S] [--profile QM|B|C|D]... [--place NAME] [--one I] [--out FILE]";

fn options() -> Result<Options, String> {
    let mut made = Options {
        injections: 300,
        seed: 1,
        levels: Vec::new(),
        only: None,
        one: None,
        out: "target/evidence/faults.json".into(),
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg} needs a value\n{USAGE}"))?;
        let number = || value.parse::<u64>().map_err(|e| format!("{arg} {value}: {e}"));
        match arg.as_str() {
            "--injections" => made.injections = number()?,
            "--seed" => made.seed = number()?,
            "--one" => made.one = Some(number()?),
            "--profile" => {
                made.levels.push(Asil::from_name(&value).ok_or_else(|| format!("no profile {value}\n{USAGE}"))?);
            }
            "--place" => {
                let names = || Where::all().map(Where::name).collect::<Vec<_>>().join(", ");
                let place = Where::all().find(|place| place.name() == value);
                made.only = Some(place.ok_or_else(|| format!("no place {value:?}; there are: {}", names()))?);
            }
            "--out" => made.out = value,
            _ => return Err(format!("no option {arg}\n{USAGE}")),
        }
    }
    if made.levels.is_empty() {
        made.levels = LEVELS.to_vec();
    }
    Ok(made)
}

/// The run of a guest that is left alone.
fn alone(shared: &Shared, rig: &mut Rig<'_>, subject: &Subject) -> Told {
    let told = child::run(shared, rig, PLENTY, None);
    assert!(told.is_whole(), "{} does not end by itself: {}", subject.name, told.describe());
    told
}

/// A campaign at one level.
fn campaign(options: &Options, level: Asil, subjects: &[Subject]) -> Tally {
    let pools: Vec<Pool> = subjects.iter().map(|_| Pool::new()).collect();
    let mut rigs: Vec<Rig<'_>> = pools.iter().zip(subjects).map(|(pool, s)| Rig::new(pool, s, level)).collect();
    let shared = Shared::new(options.one.is_some());
    let golden: Vec<Told> = rigs.iter_mut().zip(subjects).map(|(rig, s)| alone(&shared, rig, s)).collect();
    let mut tally = Tally::default();
    for i in 0..options.injections {
        let mut random = Random::new(options.seed.wrapping_mul(1_000_003).wrapping_add(i));
        let k = random.below(subjects.len());
        let (Some(rig), Some(golden), Some(subject)) = (rigs.get_mut(k), golden.get(k), subjects.get(k)) else {
            continue;
        };
        if options.one.is_some_and(|one| one != i) {
            continue;
        }
        let at = random.below(golden.fuel.max(1) as usize) as u64;
        let injection = Injection { at, random, only: options.only };
        let told = child::run(&shared, rig, golden.fuel * 4 + 100_000, Some(injection));
        // A run that crashed as it was disturbed has told where all the same. One that was not disturbed, because the
        // place has no bytes in this guest, counts for nothing.
        let Some(place) = told.place else { continue };
        let fate = told.fate(golden);
        if options.one.is_some() || (fate == Fate::Wrong && level == Asil::D) {
            let name = child::place(place).map_or("?", Where::name);
            println!("injection {i}: {}, fuel {at}, {name}: {fate:?}", subject.name);
            println!("    left alone: {}\n    disturbed:  {}", golden.describe(), told.describe());
        }
        tally.add(place, fate);
    }
    tally
}

/// What was counted, as one object.
fn json(level: Asil, tally: &Tally) -> String {
    let mut places = String::new();
    for (number, fates) in &tally.0 {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for (fate, count) in fates {
            let name = match fate {
                Fate::Detected(_) => "detected",
                Fate::Trapped => "trapped",
                Fate::Masked => "masked",
                Fate::Wrong => "wrong",
                Fate::Crashed => "crashed",
                Fate::Timeout => "timeout",
            };
            *sums.entry(name).or_default() += count;
        }
        let sums: Vec<String> = sums.iter().map(|(name, n)| format!("\"{name}\": {n}")).collect();
        let name = child::place(*number).map_or("?", Where::name);
        let comma = if places.is_empty() { "" } else { "," };
        write!(places, "{comma}\n      \"{name}\": {{ {} }}", sums.join(", ")).expect("a string");
    }
    let by: Vec<String> = tally.mechanisms().iter().map(|(name, n)| format!("\"{name}\": {n}")).collect();
    format!(
        "    \"{}\": {{\n      \"detected_by\": {{ {} }},\n      \"wrong_in_code_or_control_data\": {},\n      \"places\": {{{places}\n      }}\n    }}",
        level.name(),
        by.join(", "),
        tally.wrong_in_control(),
    )
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let subjects = subjects();
    let started = Instant::now();
    let (mut objects, mut sums, mut failed) = (Vec::new(), [0u64; 6], false);
    for &level in &options.levels {
        let begun = Instant::now();
        let tally = campaign(&options, level, &subjects);
        println!("profile {}, seed {}, {} guests:\n", level.name(), options.seed, subjects.len());
        println!("{}", tally.table());
        let by: Vec<String> = tally.mechanisms().iter().map(|(name, n)| format!("{name} {n}")).collect();
        println!("detected by: {}", if by.is_empty() { "nobody".into() } else { by.join(", ") });
        println!("took {:.1} s\n", begun.elapsed().as_secs_f64());
        let of = |is: &dyn Fn(Fate) -> bool| tally.count(|_| true, is);
        let counts = [
            of(&|_| true),
            of(&|fate| matches!(fate, Fate::Detected(_) | Fate::Trapped)),
            of(&|fate| fate == Fate::Masked),
            of(&|fate| fate == Fate::Wrong),
            of(&|fate| fate == Fate::Crashed),
            of(&|fate| fate == Fate::Timeout),
        ];
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
        if level == Asil::D && tally.wrong_in_control() != 0 {
            println!("D: {} wrong in code or control data", tally.wrong_in_control());
            failed = true;
        }
        objects.push(json(level, &tally));
    }
    let text = format!(
        "{{\n  \"seed\": {},\n  \"injections_asked\": {},\n  \"seconds\": {:.1},\n  \"profiles\": {{\n{}\n  }}\n}}\n",
        options.seed,
        options.injections,
        started.elapsed().as_secs_f64(),
        objects.join(",\n")
    );
    if let Some(parent) = std::path::Path::new(&options.out).parent() {
        let _ = std::fs::create_dir_all(parent);
    }
    if let Err(error) = std::fs::write(&options.out, text) {
        eprintln!("{}: {error}", options.out);
        return ExitCode::from(2);
    }
    let [all, detected, masked, wrong, crashed, timeout] = sums;
    println!(
        "{all} injected: {detected} detected, {masked} masked, {wrong} wrong, {crashed} crashed, {timeout} timed out"
    );
    ExitCode::from(u8::from(failed))
}
