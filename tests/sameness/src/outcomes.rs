//! Outcomes as the host reads them, and the first difference of two.
//!
//! Knows the form of records and the corpus that they belong to; what engine or target wrote them it
//! does not know.

use crate::corpus::{Batch, Corpus};
use crate::values::text;
use std::collections::BTreeSet;
use wasm_encoder::ValType;
use wrt_core::Reason;
use wrt_sameness_runner::form::{FIXED, Flags, Kind, Tag};

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it tells.
    pub tag: Tag,
    /// Number of the back end.
    pub backend: u8,
    /// Number of the chunk.
    pub chunk: u32,
    /// Batch and call, for a call.
    pub at: (u32, u32),
    /// The rest.
    pub words: Vec<u64>,
}

/// Reads the records of a file.
///
/// # Errors
/// When the file ends before its last record, or has another form.
pub fn read(bytes: &[u8]) -> Result<Vec<Record>, String> {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut words = words.iter().map(|w| u64::from_le_bytes(*w));
    let mut records = Vec::new();
    while let Some(head) = words.next() {
        let tag = Tag::of((head >> 16) as u8).ok_or(format!("record {} has an unknown tag", records.len()))?;
        let (backend, chunk) = ((head >> 24) as u8, (head >> 32) as u32);
        let count = usize::from(head as u16);
        let mut all: Vec<u64> = words.by_ref().take(count).collect();
        if all.len() != count || count == 0 {
            break;
        }
        let at = all.remove(0);
        records.push(Record { tag, backend, chunk, at: ((at >> 32) as u32, at as u32), words: all });
    }
    match records.last() {
        Some(last) if rest.is_empty() && last.tag == Tag::End && last.words == [records.len() as u64 - 1] => {
            Ok(records)
        }
        _ => Err(format!("the run ended early, behind {} records", records.len())),
    }
}

/// What two runs have in common.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    /// Calls of one operator each.
    pub operations: usize,
    /// Stops and ends of guests' calls.
    pub stops: usize,
    /// Plans and states.
    pub others: usize,
    /// Differences: how many, and the first few in full.
    pub different: usize,
    /// See `different`.
    pub shown: Vec<String>,
    /// Operators and guests in which they are.
    pub names: BTreeSet<String>,
}

/// Differences that are shown in full.
const SHOWN: usize = 5;

/// Compares the records of a back end with those of another of the reference's.
#[must_use]
pub fn compare(corpus: &Corpus, reference: (&[Record], u8), run: (&[Record], u8)) -> Agreement {
    let of = |(records, backend): (&'_ [Record], u8)| -> Vec<Record> {
        let compared = |r: &&Record| match r.tag {
            Tag::Module => true,
            Tag::Stop | Tag::Call | Tag::State => r.backend == backend,
            Tag::About | Tag::Backend | Tag::End | Tag::Bytes => false,
        };
        records.iter().filter(compared).cloned().collect()
    };
    let (reference, run) = (of(reference), of(run));
    let mut agreement = Agreement::default();
    for (a, b) in reference.iter().zip(&run) {
        let same_place = (a.tag, a.chunk, a.at) == (b.tag, b.chunk, b.at);
        if same_place && a.words == b.words {
            let operator = corpus.chunks.get(a.chunk as usize).is_some_and(|c| c.operator);
            match a.tag {
                Tag::Call if operator => agreement.operations += 1,
                Tag::Call | Tag::Stop => agreement.stops += 1,
                _ => agreement.others += 1,
            }
            continue;
        }
        agreement.different += 1;
        agreement.names.extend(corpus.chunks.get(a.chunk as usize).map(|chunk| chunk.name.clone()));
        if agreement.shown.len() < SHOWN {
            agreement.shown.push(describe(corpus, a, b));
        }
        if !same_place {
            // What follows belongs to other calls.
            return agreement;
        }
    }
    if reference.len() != run.len() {
        agreement.different += 1;
        agreement.shown.push(format!("{} records against {}", reference.len(), run.len()));
    }
    agreement
}

/// A difference in words: operator, operands, both results.
fn describe(corpus: &Corpus, a: &Record, b: &Record) -> String {
    let Some(chunk) = corpus.chunks.get(a.chunk as usize) else { return format!("{a:?}\n{b:?}") };
    let Some(batch) = chunk.batches.get(a.at.0 as usize).filter(|_| matches!(a.tag, Tag::Call | Tag::Stop)) else {
        return format!("{} ({:?})\n    {:x?}\n    {:x?}", chunk.name, a.tag, a.words, b.words);
    };
    let operands: Vec<String> = batch
        .calls
        .get(a.at.1 as usize)
        .map(|call| batch.params.iter().zip(call).map(|(ty, bits)| text(*ty, *bits)).collect())
        .unwrap_or_default();
    format!(
        "{} [{}] of {}\n    reference: {}\n    here:      {}",
        chunk.name,
        batch.label,
        operands.join(", "),
        outcome(batch, a),
        outcome(batch, b)
    )
}

/// A call's record in words.
#[must_use]
pub fn outcome(batch: &Batch, record: &Record) -> String {
    let word = |at: usize| record.words.get(at).copied().unwrap_or(0);
    let (kind, reason) = (word(0) as u8, (word(0) >> 8) as u16);
    let mut said = match kind {
        k if k == Kind::Trap as u8 => {
            let name = Reason::ALL.iter().find(|r| **r as u16 == reason).map_or("?", |r| r.name());
            format!("trap {name} in function {} at {:#x}", word(1) >> 32, word(1) as u32)
        }
        k if k == Kind::Done as u8 => results(batch, record).join(", "),
        _ => format!("stop {kind}"),
    };
    said += &format!("; fuel {}, depth {}, stack {}", word(2), word(0) >> 32, word(3));
    for at in FIXED..first_result(batch.flags, record) {
        said += &format!(", {:016x}", word(at));
    }
    said
}

/// Where results begin: behind what flags ask for; the rest of a call that did not finish.
fn first_result(flags: Flags, record: &Record) -> usize {
    // Results of guests are not told from state hashes; both are shown as they are.
    if flags == Flags::NONE { FIXED } else { record.words.len() }
}

/// The results of a finished call of an operator, each with its type.
#[must_use]
pub fn result_words<'r>(batch: &Batch, record: &'r Record) -> &'r [u64] {
    record.words.get(first_result(batch.flags, record)..).unwrap_or(&[])
}

fn results(batch: &Batch, record: &Record) -> Vec<String> {
    let mut rest = result_words(batch, record).iter().copied();
    let mut one = |ty: &ValType| {
        let low = u128::from(rest.next()?);
        let high = if *ty == ValType::V128 { u128::from(rest.next()?) } else { 0 };
        Some(text(*ty, low | high << 64))
    };
    batch.results.iter().map_while(&mut one).collect()
}
