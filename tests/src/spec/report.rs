//! All modes of a script put together and held against the list; the closing sums.
//!
//! Owns the judgement: a directive passes when it passes in every mode with the same fuel. Knows
//! nothing of how scripts are run.

use crate::spec::list::{Excuse, List};
use crate::spec::script::{self, Outcome, Record};
use crate::spec::{Mode, Script};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Stack of the threads that parse scripts: the parser of the tests recurses.
const PARSER_STACK: usize = 256 << 20;

/// Sums over directives, and what to print.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// As the suite says, in every mode.
    pub passed: usize,
    /// Not so and not listed, or listed wrongly.
    pub failed: usize,
    /// Excused by the list.
    pub skipped: usize,
    /// About the text format alone.
    pub text: usize,
    /// One line for each failure.
    pub failures: Vec<String>,
    /// One line for each refusal in other words than the suite's.
    pub wording: Vec<String>,
    /// Lines that would make the list fit.
    pub suggestions: Vec<String>,
}

impl Summary {
    fn add(&mut self, other: Summary) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.text += other.text;
        self.failures.extend(other.failures);
        self.wording.extend(other.wording);
        self.suggestions.extend(other.suggestions);
    }
    fn fail(&mut self, line: String) {
        self.failed += 1;
        self.failures.push(line);
    }
}

/// Runs scripts in all modes on `threads` threads; the sums do not depend on their number.
#[must_use]
pub fn run(scripts: &[Script], modes: &[Mode], list: &List, threads: usize) -> Summary {
    let next = AtomicUsize::new(0);
    let parts: Mutex<Vec<(usize, Summary)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let worker = || {
                while let Some((i, script)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    scripts.get(i).map(|s| (i, s))
                } {
                    let part = one(script, modes, list);
                    parts.lock().expect("a worker").push((i, part));
                }
            };
            std::thread::Builder::new().stack_size(PARSER_STACK).spawn_scoped(scope, worker).expect("a thread");
        }
    });
    let mut parts = parts.into_inner().expect("the workers");
    parts.sort_by_key(|(i, _)| *i);
    let mut sum = Summary::default();
    for (_, part) in parts {
        sum.add(part);
    }
    for name in list.keys() {
        if scripts.len() > 1 && !scripts.iter().any(|s| s.name == *name) {
            sum.fail(format!("{name}: listed, but there is no such script"));
        }
    }
    sum
}

/// Runs one script in all modes and judges it.
fn one(script: &Script, modes: &[Mode], list: &List) -> Summary {
    let mut sum = Summary::default();
    let mut runs = Vec::new();
    for mode in modes {
        if std::env::var_os("WRT_SPEC_TRACE").is_some() {
            eprintln!("{} {mode:?}", script.name);
        }
        match script::run(script, *mode) {
            Ok(run) => runs.push(run),
            Err(e) => {
                sum.fail(format!("{}: {mode:?}: {e}", script.name));
                return sum;
            }
        }
    }
    let Some(((first, hashes), others)) = runs.split_first() else {
        sum.fail(format!("{}: no back end is built in", script.name));
        return sum;
    };
    let mut records = first.clone();
    for ((other, other_hashes), mode) in others.iter().zip(modes.iter().skip(1)) {
        for (record, other) in records.iter_mut().zip(other) {
            merge(record, other, *mode);
        }
        if hashes != other_hashes {
            sum.fail(format!("{}: the final states differ in {mode:?}", script.name));
        }
    }
    judge(&mut sum, script, &records, list);
    sum
}

/// Folds another mode's record in: anything but agreement is a failure.
fn merge(record: &mut Record, other: &Record, mode: Mode) {
    let kind = std::mem::discriminant::<Outcome>;
    if kind(&record.outcome) != kind(&other.outcome) {
        record.outcome = Outcome::Fail(format!("{:?}, but in {mode:?} {:?}", record.outcome, other.outcome));
    } else if record.outcome == Outcome::Pass && record.fuel != other.fuel {
        let (a, b) = (record.fuel, other.fuel);
        record.outcome = Outcome::Fail(format!("fuel {a}, but in {mode:?} {b}"));
    }
}

fn judge(sum: &mut Summary, script: &Script, records: &[Record], list: &List) {
    let entries = list.get(&script.name).map_or(&[][..], Vec::as_slice);
    let any = entries.iter().any(|e| matches!(e.excuse, Excuse::Any(_)));
    let unsupported = entries.iter().any(|e| matches!(e.excuse, Excuse::Unsupported(_)));
    let (mut skips, mut fails) = (0, 0);
    for record in records {
        let place = format!("{}:{}: {}", script.name, record.line, record.what);
        if let Some((text, said)) = &record.wording {
            sum.wording.push(format!("{place}: \"{text}\", the engine says {said}"));
        }
        let listed = entries.iter().any(|e| e.excuse == Excuse::Line(record.line));
        match &record.outcome {
            Outcome::Text => sum.text += 1,
            Outcome::Pass if listed => sum.fail(format!("{place}: listed as not covered, but it passes")),
            Outcome::Pass => sum.passed += 1,
            Outcome::Skip(_) | Outcome::Fail(_) if listed => sum.skipped += 1,
            Outcome::Skip(why) => {
                skips += 1;
                if any || unsupported {
                    sum.skipped += 1;
                } else {
                    sum.fail(format!("{place}: not covered and not listed: {why}"));
                }
            }
            Outcome::Fail(why) => {
                fails += 1;
                if any {
                    sum.skipped += 1;
                } else {
                    sum.fail(format!("{place}: {why}"));
                }
            }
        }
    }
    for entry in entries {
        let (listed, found) = match entry.excuse {
            Excuse::Line(line) if records.iter().any(|r| r.line == line) => continue,
            Excuse::Line(_) => (1, 0),
            Excuse::Unsupported(n) => (n, skips),
            Excuse::Any(n) => (n, skips + fails),
        };
        if listed != found || found == 0 {
            sum.fail(format!("{}: {listed} directives are listed as not covered, there are {found}", script.name));
        }
    }
    if fails > 0 {
        sum.suggestions.push(format!("{} any {} ", script.name, skips + fails));
    } else if skips > 0 {
        sum.suggestions.push(format!("{} unsupported {skips} ", script.name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::list;
    use wrt_core::Proposals;

    fn judged(list: &str, outcomes: &[Outcome]) -> (usize, usize, usize) {
        let script = Script { name: "a/b.wast".into(), text: "", proposals: Proposals::ALL, closed: false };
        let record = |(i, outcome): (usize, &Outcome)| Record {
            line: i + 1,
            what: "assert_return",
            outcome: outcome.clone(),
            fuel: 0,
            wording: None,
        };
        let records: Vec<Record> = outcomes.iter().enumerate().map(record).collect();
        let mut sum = Summary::default();
        judge(&mut sum, &script, &records, &list::parse(list).expect("a list"));
        (sum.passed, sum.failed, sum.skipped)
    }

    #[test]
    fn the_list_can_only_shrink() {
        let (pass, skip, fail) = (Outcome::Pass, Outcome::Skip(String::new()), Outcome::Fail(String::new()));
        let two_of_three = [pass.clone(), skip.clone(), skip.clone()];
        assert_eq!(judged("a/b.wast unsupported 2 x", &two_of_three), (1, 0, 2));
        // Not listed, listed for more, listed for fewer: each fails.
        assert_eq!(judged("", &two_of_three), (1, 2, 0));
        assert_eq!(judged("a/b.wast unsupported 3 x", &two_of_three), (1, 1, 2));
        assert_eq!(judged("a/b.wast unsupported 1 x", &two_of_three), (1, 1, 2));
        // A listed script that passes, a listed line that passes, a line that is not there.
        assert_eq!(judged("a/b.wast any 1 x", std::slice::from_ref(&pass)), (1, 1, 0));
        assert_eq!(judged("a/b.wast:1 x", std::slice::from_ref(&pass)), (0, 1, 0));
        assert_eq!(judged("a/b.wast:9 x", std::slice::from_ref(&pass)), (1, 1, 0));
        // What is refused by name may be excused; what is wrong may not, unless its entry says `any`.
        assert_eq!(judged("a/b.wast unsupported 1 x", &[skip, fail.clone()]), (0, 1, 1));
        assert_eq!(judged("a/b.wast any 1 x", std::slice::from_ref(&fail)), (0, 0, 1));
        assert_eq!(judged("a/b.wast:1 x", &[fail]), (0, 0, 1));
    }
}
