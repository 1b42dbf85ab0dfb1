//! Shows that the comparison can fail: outcomes are altered as a target that computes otherwise would
//! alter them, and each alteration must be found and named; and so must an operator that is lost.

use crate::corpus::{Chunk, Corpus};
use crate::coverage::coverage;
use crate::outcomes::{Record, compare, read};
use wrt_sameness_runner::form::Tag;

/// What is altered: its name, the records that show it, and the word.
type Alteration<'a> = (&'a str, &'a dyn Fn(&Record) -> bool, usize);

/// Alters the reference's outcomes in several ways; returns in how many.
///
/// # Errors
/// An alteration that is not found, or is not given its name.
pub fn prove(corpus: &Corpus, bytes: &[u8]) -> Result<usize, String> {
    let records = read(bytes)?;
    let of = |record: &Record| corpus.chunks.get(record.chunk as usize);
    let operator = |record: &Record| record.tag == Tag::Call && of(record).is_some_and(|c| c.operator);
    let guest = |record: &Record| record.tag == Tag::Stop && of(record).is_some_and(|c| !c.operator);
    let alterations: [Alteration<'_>; 8] = [
        // The last word is the last of the results.
        ("a result", &|r| operator(r) && of(r).is_some_and(|c| c.name == "f64.add"), usize::MAX),
        ("a lane", &|r| operator(r) && of(r).is_some_and(|c| c.name == "f32x4.relaxed_madd"), usize::MAX),
        ("fuel", &operator, 2),
        ("frames at a stop", &guest, 4),
        // Instance, state hashes of one instance or two, then the heap's size and what is in use.
        (
            "the use of a heap",
            &|r| guest(r) && of(r).is_some_and(|c| c.name == "guest gc_tree") && r.words.len() > 6,
            7,
        ),
        ("translated code", &|r| r.tag == Tag::Module, 0),
        ("the least heap", &|r| r.tag == Tag::Module && r.words.get(6).is_some_and(|least| *least != 0), 6),
        ("a state", &|r| r.tag == Tag::State, 0),
    ];
    for (what, wanted, word) in alterations {
        let mut altered = records.clone();
        let Some(record) = altered.iter_mut().rev().find(|r| r.backend == 0 && wanted(r)) else {
            return Err(format!("no record shows {what}"));
        };
        let name = of(record).map(|chunk| chunk.name.clone()).unwrap_or_default();
        let last = record.words.len().saturating_sub(1);
        if let Some(word) = record.words.get_mut(word.min(last)) {
            *word ^= 1;
        }
        let agreement = compare(corpus, (&records, 0), (&altered, 0));
        let named = agreement.shown.first().is_some_and(|shown| shown.starts_with(&name));
        if agreement.different != 1 || !named {
            return Err(format!("with {what} of {name} altered, the comparison said {agreement:?}"));
        }
    }
    let kept = |chunk: &Chunk| chunk.name != "i16x8.add_sat_s" && chunk.name != "guest objects";
    let less = Corpus { chunks: corpus.chunks.iter().filter(|c| kept(c)).cloned().collect(), ..*corpus };
    let faults = coverage(&less)?.faults;
    for lost in ["i16x8.add_sat_s is lost", "struct.get_u is reached in no guest"] {
        if !faults.iter().any(|fault| fault.starts_with(lost)) {
            return Err(format!("without an operator and a guest, the faults are {faults:?}"));
        }
    }
    if read(bytes.get(..bytes.len().saturating_sub(8)).unwrap_or(&[])).is_ok() {
        return Err("outcomes that end early are taken for whole ones".into());
    }
    Ok(alterations.len() + 3)
}
