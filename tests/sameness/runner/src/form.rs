//! The forms of corpus and outcomes, read by the runner, written and read by the host.
//!
//! A corpus is the word `MAGIC` and the number of chunks, then each chunk with its length: proposals,
//! modules with their names (the last is the one that is called, one before it is what it imports
//! from), batches of calls. All numbers are little-endian. Outcomes are records: a head word, the
//! place of the call, further words.

use crate::Broken;

/// First word of a corpus: "same".
pub const MAGIC: u32 = u32::from_le_bytes(*b"same");

/// First word of the legs of journeys: "legs".
pub const LEGS: u32 = u32::from_le_bytes(*b"legs");

/// What a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// Width of a pointer, number of back ends.
    About = 1,
    /// The digest of a module's code, and its plan.
    Module = 2,
    /// The back end that would be chosen, and the one that was.
    Backend = 3,
    /// A call that was stopped.
    Stop = 4,
    /// A call that ended.
    Call = 5,
    /// State of the instances behind the last call of a chunk.
    State = 6,
    /// Number of records before it.
    End = 7,
    /// Bytes to go on from, behind their number.
    Bytes = 8,
}

impl Tag {
    /// The tag with this number.
    #[must_use]
    pub fn of(number: u8) -> Option<Tag> {
        [Tag::About, Tag::Module, Tag::Backend, Tag::Stop, Tag::Call, Tag::State, Tag::End, Tag::Bytes]
            .into_iter()
            .find(|tag| *tag as u8 == number)
    }
}

/// How a run of a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// With results.
    Done = 0,
    /// Stopped: the slice is spent.
    Fuel = 1,
    /// Stopped: a host call waits.
    Pending = 2,
    /// Stopped: an interrupt was seen.
    Interrupted = 3,
    /// It trapped.
    Trap = 4,
}

/// What is written down of the calls of a batch beside results, fuel and stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(pub u32);

impl Flags {
    /// Nothing.
    pub const NONE: Flags = Flags(0);
    /// A digest of the frames.
    pub const FRAMES: Flags = Flags(1);
    /// The state hash of each instance, and the use of the heap.
    pub const STATE: Flags = Flags(2);
    /// Both.
    pub const BOTH: Flags = Flags(3);
    /// Both, and the heap is collected at every allocation.
    pub const COLLECT: Flags = Flags(7);

    /// Whether every bit of `other` is set.
    #[must_use]
    pub const fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Words of a call's record before those that flags ask for.
pub const FIXED: usize = 4;

/// The head word of a record: words that follow it, tag, back end, chunk.
#[must_use]
pub const fn head(words: u16, tag: Tag, backend: u8, chunk: u32) -> u64 {
    words as u64 | (tag as u64) << 16 | (backend as u64) << 24 | (chunk as u64) << 32
}

/// The place of a call in its chunk.
#[must_use]
pub const fn place(batch: u32, call: u32) -> u64 {
    (batch as u64) << 32 | call as u64
}

/// Calls of one function.
pub struct Batch<'a> {
    /// The function's exported name.
    pub export: &'a str,
    /// Fuel of each run; 0 for no bound.
    pub slice: u32,
    /// What is written down.
    pub flags: Flags,
    /// Arguments of each call.
    pub args: u32,
    /// Number of calls, whose arguments follow as 64-bit words.
    pub calls: u32,
}

impl<'a> Batch<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Batch<'a>, Broken> {
        Ok(Batch {
            export: cursor.string()?,
            slice: cursor.u32()?,
            flags: Flags(cursor.u32()?),
            args: cursor.u32()?,
            calls: cursor.u32()?,
        })
    }
}

/// A cursor over a corpus.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Cursor { rest }
    }
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (first, rest) = self.rest.split_first_chunk::<N>().ok_or(Broken::Form)?;
        self.rest = rest;
        Ok(*first)
    }
    pub(crate) fn u32(&mut self) -> Result<u32, Broken> {
        Ok(u32::from_le_bytes(self.take()?))
    }
    pub(crate) fn u64(&mut self) -> Result<u64, Broken> {
        Ok(u64::from_le_bytes(self.take()?))
    }
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Broken> {
        let length = self.u32()? as usize;
        let (first, rest) = self.rest.split_at_checked(length).ok_or(Broken::Form)?;
        self.rest = rest;
        Ok(first)
    }
    pub(crate) fn string(&mut self) -> Result<&'a str, Broken> {
        core::str::from_utf8(self.bytes()?).map_err(|_| Broken::Form)
    }
}
