//! Which operators of the one table are compared, and how: by calls of their own, or in guests.
//!
//! Owns the list of those that only guests can show. An operator that is in neither place is a fault, and
//! so is one that leaves its place, or that its guests do not reach: none is lost in silence.

use crate::corpus::{Chunk, Corpus};
use crate::outcomes::read;
use crate::run_here;
use crate::shape::PROPOSALS;
use std::collections::{BTreeMap, BTreeSet};
use wrt_core::{LoadBudget, Reason};
use wrt_sameness_runner::form::{Kind, Tag};
use wrt_tests::engine::{Feed, plan};

/// What operators have in common, and their names.
type Group = (&'static str, &'static str);

/// Operators that take or give other things than numbers and vectors, and what these are.
const IN_GUESTS: [Group; 5] = [
    ("labels", "unreachable block loop if else end br br_table return"),
    ("exceptions", "try catch catch_all delegate rethrow try_table throw throw_ref"),
    ("other functions", "return_call return_call_indirect call_ref return_call_ref"),
    (
        "references",
        "select_t table.get table.set table.grow table.fill ref.null ref.is_null ref.func ref.eq ref.as_non_null \
         br_on_null br_on_non_null",
    ),
    (
        "objects",
        "struct.new struct.new_default struct.get struct.get_s struct.get_u struct.set array.new array.new_default \
         array.new_fixed array.new_data array.new_elem array.get array.get_s array.get_u array.set array.len \
         array.fill array.copy array.init_data array.init_elem ref.test ref.test_null ref.cast ref.cast_null \
         br_on_cast br_on_cast_fail any.convert_extern extern.convert_any ref.i31 i31.get_s i31.get_u",
    ),
];

/// Operators that nothing shows, and why.
const NOT_COMPARED: [Group; 0] = [];

/// The names of all groups.
fn names(groups: &[Group]) -> Vec<&'static str> {
    groups.iter().flat_map(|(_, names)| names.split_whitespace()).collect()
}

/// Those that begin or end a body rather than do something: the operator behind them tells for them, too.
const STRUCTURE: [&str; 10] =
    ["block", "loop", "if", "else", "end", "try", "catch", "catchall", "delegate", "trytable"];

/// What became of every operator.
#[derive(Debug, Default)]
pub struct Coverage {
    /// In words, by lines.
    pub lines: Vec<String>,
    /// What is wrong with it.
    pub faults: Vec<String>,
}

/// Looks every operator of the table up.
///
/// # Errors
/// When the guests cannot be run with operators replaced.
pub fn coverage(corpus: &Corpus) -> Result<Coverage, String> {
    let mut coverage = Coverage::default();
    let mut alone: BTreeMap<&str, usize> = BTreeMap::new();
    let called: BTreeSet<&str> = corpus
        .chunks
        .iter()
        .filter(|chunk| chunk.operator && chunk.batches.iter().any(|batch| !batch.calls.is_empty()))
        .map(|chunk| chunk.name.as_str())
        .collect();
    let (in_guests, not_compared) = (names(&IN_GUESTS), names(&NOT_COMPARED));
    let known: BTreeSet<&str> = wrt_core::operators().map(|op| op.name).collect();
    for op in wrt_core::operators() {
        let own = called.contains(op.name);
        let places = [own, in_guests.contains(&op.name), not_compared.contains(&op.name)];
        match places.iter().filter(|place| **place).count() {
            0 => coverage.faults.push(format!("{} is lost: it has no calls and is not listed", op.name)),
            1 if own => {
                *alone.entry(if op.proposal.is_empty() { "version 1" } else { op.proposal }).or_default() += 1;
            }
            1 => {}
            _ => coverage.faults.push(format!("{} has calls of its own and is listed, or is listed twice", op.name)),
        }
    }
    let reached = reached(corpus)?;
    let unreached = in_guests.iter().filter(|name| !reached.contains(&plain(name)));
    coverage.faults.extend(unreached.map(|name| format!("{name} is reached in no guest")));
    let unknown = in_guests.iter().chain(&not_compared).filter(|name| !known.contains(**name));
    coverage.faults.extend(unknown.map(|name| format!("{name} is listed and not in the table")));
    let by_proposal: Vec<String> = alone.iter().map(|(proposal, count)| format!("{proposal} {count}")).collect();
    coverage.lines.push(format!(
        "operators of the table: {}; compared by calls of their own: {} ({})",
        known.len(),
        alone.values().sum::<usize>(),
        by_proposal.join(", ")
    ));
    coverage.lines.push(format!("compared in guests alone: {}", in_guests.len()));
    coverage.lines.extend(IN_GUESTS.map(|(what, names)| format!("  with {what}: {names}")));
    coverage.lines.push(format!("not compared: {}", not_compared.len()));
    coverage.lines.extend(NOT_COMPARED.map(|(why, names)| format!("  {why}: {names}")));
    Ok(coverage)
}

/// A name without what its spelling adds: `br_table` and `BrTable` are one.
fn plain(name: &str) -> String {
    match name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "").as_str() {
        // The text format writes as one word with an annotation what the parser has under two names.
        "typedselect" => "selectt".into(),
        "reftestnonnull" => "reftest".into(),
        "reftestnullable" => "reftestnull".into(),
        "refcastnonnull" => "refcast".into(),
        "refcastnullable" => "refcastnull".into(),
        other => other.into(),
    }
}

/// An operator of a module: name, offset, bytes.
type Site = (String, usize, usize);

/// The operators of each function of a module.
fn sites(wasm: &[u8]) -> Result<Vec<Vec<Site>>, wasmparser::BinaryReaderError> {
    let mut functions = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        let wasmparser::Payload::CodeSectionEntry(body) = payload? else { continue };
        let mut ends = body.get_operators_reader()?;
        let mut all = Vec::new();
        while !ends.eof() {
            let at = ends.original_position();
            let name = format!("{:?}", ends.read()?);
            let name = plain(name.split([' ', '{', '(']).next().unwrap_or(""));
            all.push((name, at as usize, (ends.original_position() - at) as usize));
        }
        functions.push(all);
    }
    Ok(functions)
}

/// A guest with one operator replaced by a trap, and the names that it speaks for.
struct Trapped {
    names: Vec<String>,
    /// Offset of the trap in its module.
    at: usize,
    chunk: Chunk,
}

/// Those of the listed operators that some guest reaches: where `unreachable` stands instead, it ends there.
fn reached(corpus: &Corpus) -> Result<BTreeSet<String>, String> {
    let wanted: BTreeSet<String> = names(&IN_GUESTS).into_iter().map(plain).collect();
    let budget = LoadBudget { proposals: PROPOSALS, ..LoadBudget::DEFAULT };
    let mut trapped = Vec::new();
    for chunk in corpus.chunks.iter().filter(|c| !c.operator && c.batches.iter().all(|batch| batch.slice == 0)) {
        for (index, (_, wasm)) in chunk.modules.iter().enumerate() {
            let functions = sites(wasm).map_err(|e| format!("{}: {e}", chunk.name))?;
            let mut pending = Vec::new();
            for (first, (name, at, length)) in functions.into_iter().flat_map(|f| (0..).zip(f)) {
                // What ends a function has none behind it.
                if first == 0 {
                    pending.clear();
                }
                let structure = STRUCTURE.contains(&name.as_str());
                if wanted.contains(&name) {
                    pending.push(name);
                }
                if structure || pending.is_empty() {
                    continue;
                }
                let names = core::mem::take(&mut pending);
                let mut chunk = chunk.clone();
                let module = &mut chunk.modules[index].1;
                // unreachable, then nop
                module[at..at + length].fill(0x01);
                module[at] = 0x00;
                if plan(module, &budget, Feed::Whole).is_ok() {
                    trapped.push(Trapped { names, at, chunk });
                }
            }
        }
    }
    let chunks = trapped.iter().map(|t| t.chunk.clone()).collect();
    let all = Corpus { chunks, proposals: corpus.proposals };
    let outcomes = run_here(&all.encode()).map_err(|e| format!("guests with traps: {e:?}"))?;
    let mut reached = BTreeSet::new();
    for record in read(&outcomes)?.iter().filter(|r| r.tag == Tag::Call && r.backend == 0) {
        let trap = trapped.get(record.chunk as usize).ok_or("a record of no guest")?;
        let word = |at: usize| record.words.get(at).copied().unwrap_or(0);
        let unreachable = Kind::Trap as u64 | (Reason::Unreachable as u64) << 8;
        if word(0) & 0xff_ffff == unreachable && word(1) as u32 as usize == trap.at {
            reached.extend(trap.names.iter().cloned());
        }
    }
    Ok(reached)
}
