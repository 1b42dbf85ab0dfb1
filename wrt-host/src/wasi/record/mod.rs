//! Runs that are recorded, and replayed without the world that they ran in.
//!
//! A recording is JSON, one object in each line. The first has the format's version, what the embedder says of the run
//! (module, function, limits), arguments, variables and the names of directories. Each line after it is a question that
//! a call of the guest asked of the outside world, in words (`in` the call, `ask`, and of what), and the answer: `is`, or
//! `err` with the name of an error. The last one says how the run ended. So two recordings can be compared line by line,
//! and one that was cut short is good up to where it was cut.
//!
//! `ask` has the questions, `wire` the answers, `lines` reads a recording, `recording` writes one; `recorder` and
//! `replayer` are the two hosts. What `wrt-wasi` does by itself (descriptors, rights, places in files) is not recorded:
//! it happens again.

mod ask;
mod lines;
mod recorder;
mod recording;
mod replay;
mod replayer;
mod wire;

pub(super) use recorder::Recorder;
pub use recording::Recording;
pub use replay::{Departure, Difference, Replay};
pub(super) use replayer::Replayer;

/// The format of what is written and read here.
const VERSION: u64 = 1;
/// Bytes of a line at most, so that what reads it needs no more memory. Data moves in pieces that are much smaller;
/// arguments and variables are what this bounds.
const LONGEST: usize = 16 << 20;
