//! `wrt-sameness generate FOLDER`: writes the corpus and this machine's outcomes, checked by wasmi.
//! `wrt-sameness compare FOLDER SKIPPED NAME=FILE...`: compares the outcomes of other targets with them;
//! `SKIPPED` is how many targets could not be run, for the sum.
//! `wrt-sameness depart FOLDER`: writes what guests that stopped here go on from, as `legs`.
//! `wrt-sameness arrive NAME=FILE...`: goes on from what other targets made of these, to the end.

use std::path::Path;
use std::process::ExitCode;
use wrt_sameness::outcomes::{Record, compare, read};
use wrt_sameness::prove::prove;
use wrt_sameness::{coverage, generate, journey, oracle, run_here};
use wrt_sameness_runner::form::Tag;

/// Names of the back ends by their numbers.
const BACKENDS: [&str; 2] = ["loop", "tail"];

/// Names that are listed where others are counted.
const NAMED: usize = 24;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["generate", folder] => generate_into(Path::new(folder)),
        ["compare", folder, skipped, runs @ ..] => compare_all(Path::new(folder), skipped, runs),
        ["depart", folder] => depart(Path::new(folder)),
        ["arrive", runs @ ..] => arrive(runs),
        _ => Err("usage: wrt-sameness generate FOLDER | compare FOLDER SKIPPED NAME=FILE... | depart FOLDER | \
                  arrive NAME=FILE..."
            .into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("sameness: {message}");
            ExitCode::from(2)
        }
    }
}

fn generate_into(folder: &Path) -> Result<bool, String> {
    let corpus = generate::corpus();
    let bytes = corpus.encode();
    let outcomes = run_here(&bytes).map_err(|e| format!("the reference: {e:?}; {}", generate::refused(&corpus)))?;
    write(folder, "corpus", &bytes)?;
    write(folder, "reference", &outcomes)?;
    let guests = corpus.chunks.iter().filter(|c| !c.operator).count();
    println!("corpus: {} operations, {guests} runs of guests; {} bytes", corpus.operations(), bytes.len());
    println!("the comparison finds and names {} alterations of the outcomes", prove(&corpus, &outcomes)?);
    let records = read(&outcomes)?;
    let verdict = oracle::judge(&corpus, &records);
    println!(
        "reference: {} calls end as in wasmi, {} of relaxed operators as this machine computes them, {} otherwise",
        verdict.agreed,
        verdict.computed,
        verdict.different.len()
    );
    println!("{} calls have no answer from wasmi:", verdict.without);
    for (of, names) in &verdict.unknown {
        match names.len() {
            0..=NAMED => println!("  {of}: {}", names.iter().map(String::as_str).collect::<Vec<_>>().join(" ")),
            count => println!("  {of}: {count} operators"),
        }
    }
    for difference in verdict.different.iter().take(10) {
        println!("differs from wasmi: {difference}");
    }
    Ok(verdict.different.is_empty())
}

fn depart(folder: &Path) -> Result<bool, String> {
    let legs = journey::depart()?;
    write(folder, "legs", &legs)?;
    println!("journeys: {} bytes leave", legs.len());
    Ok(true)
}

fn arrive(runs: &[&str]) -> Result<bool, String> {
    let mut same = true;
    for run in runs {
        let (name, file) = run.split_once('=').ok_or("a run is NAME=FILE")?;
        let outcomes = std::fs::read(file).map_err(|e| format!("{file}: {e}"))?;
        let journeys = journey::arrive(&outcomes).map_err(|e| format!("{name}: {e}"))?;
        println!(
            "x86_64 to {name} and back: {} guests end as if they had stayed, {} bytes of snapshots alike; {} differ",
            journeys.passed,
            journeys.bytes,
            journeys.differences.len()
        );
        for difference in journeys.differences.iter().take(5) {
            println!("  differs: {difference}");
        }
        same &= journeys.differences.is_empty() && journeys.passed > 0;
    }
    Ok(same)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(folder.join(name), bytes).map_err(|e| format!("{name}: {e}"))
}

fn load(path: &Path) -> Result<Vec<Record>, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    read(&bytes).map_err(|e| format!("{}: {e}", path.display()))
}

fn compare_all(folder: &Path, skipped: &str, runs: &[&str]) -> Result<bool, String> {
    let corpus = generate::corpus();
    let ran = std::fs::read(folder.join("corpus")).map_err(|e| format!("corpus: {e}"))?;
    if ran != corpus.encode() {
        return Err("the corpus in the folder is another; generate it anew".into());
    }
    let reference = load(&folder.join("reference"))?;
    let coverage = coverage::coverage(&corpus)?;
    coverage.lines.iter().for_each(|line| println!("{line}"));
    coverage.faults.iter().for_each(|fault| println!("  fault: {fault}"));
    let (mut passed, mut failed) = (0, coverage.faults.len());
    let mut one = |name: &str, records: &[Record]| {
        let about = records.first().filter(|r| r.tag == Tag::About).map(|r| r.words.clone()).unwrap_or_default();
        let (width, backends) = (about.first().copied().unwrap_or(0), about.get(1).copied().unwrap_or(0));
        let chosen = records.iter().find(|r| r.tag == Tag::Backend).and_then(|r| r.words.first()).copied();
        let chosen = chosen.and_then(|number| BACKENDS.get((number as usize).wrapping_sub(1))).unwrap_or(&"?");
        println!("{name}: pointers of {width} bits, {backends} back ends, chosen by the self test: {chosen}");
        if backends == 2 && *chosen != "tail" {
            println!("  the self test of the tail back end fails");
            failed += 1;
        }
        for backend in 0..backends as u8 {
            if core::ptr::eq(records, &*reference) && backend == 0 {
                println!("  loop: the reference");
                continue;
            }
            let agreement = compare(&corpus, (&reference, 0), (records, backend));
            println!(
                "  {}: {} operations, {} stops and ends of guests, {} plans and states alike; {} differ",
                BACKENDS.get(usize::from(backend)).unwrap_or(&"?"),
                agreement.operations,
                agreement.stops,
                agreement.others,
                agreement.different
            );
            for shown in &agreement.shown {
                println!("  differs: {shown}");
            }
            if !agreement.names.is_empty() {
                let names: Vec<&str> = agreement.names.iter().map(String::as_str).collect();
                println!("  differs in: {}", names.join(" "));
            }
            let complete = agreement.operations == corpus.operations();
            if !complete && agreement.different == 0 {
                println!("  only {} of {} operations were run", agreement.operations, corpus.operations());
                failed += 1;
            }
            passed += agreement.operations + agreement.stops + agreement.others;
            failed += agreement.different;
        }
    };
    one("x86_64, native", &reference);
    for run in runs {
        let (name, file) = run.split_once('=').ok_or("a run is NAME=FILE")?;
        one(name, &load(Path::new(file))?);
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed == 0)
}
