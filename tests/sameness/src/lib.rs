//! Whether every target computes the same: makes a corpus of operations, runs it here, holds the
//! result against an independent engine, and compares what other targets made of it.
//!
//! Owns the corpus and the comparison. How the other targets are built and emulated is `run.sh`'s.

pub mod corpus;
pub mod coverage;
pub mod generate;
pub mod guests;
pub mod journey;
pub mod oracle;
pub mod outcomes;
pub mod prove;
pub mod shape;
pub mod values;

use wrt_core::Block;
use wrt_sameness_runner::{BLOCKS, Broken, Platform, run};

/// Runs an encoded corpus on this machine, in this build.
///
/// # Errors
/// Those of the runner.
pub fn run_here(corpus: &[u8]) -> Result<Vec<u8>, Broken> {
    let mut lent = vec![Block::ZERO; BLOCKS];
    let mut rest = corpus;
    let mut outcomes = Vec::new();
    let mut read = |into: &mut [u8]| {
        let Some((first, tail)) = rest.split_at_checked(into.len()) else { return false };
        into.copy_from_slice(first);
        rest = tail;
        true
    };
    let mut write = |bytes: &[u8]| outcomes.extend_from_slice(bytes);
    run(&mut Platform { read: &mut read, write: &mut write }, &mut lent)?;
    Ok(outcomes)
}
