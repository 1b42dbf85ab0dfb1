//! How much memory the platform offers.
//!
//! One room for each platform. Linux is read from text files through [`linux::Files`]; the others are thin
//! layers over calls that their vendors document, declared here and linked only where something of the
//! room is called. Owns which sources count and that the least of them holds. Needs `core` alone, allocates
//! nothing, starts no process, and knows nothing of what the memory is for.
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]

pub mod bare;
pub mod linux;
pub mod macos;
mod posix;
pub mod qnx;
mod text;
pub mod tock;
pub mod vxworks;
pub mod zephyr;

pub use text::Text;

/// A number of bytes, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The number.
    pub bytes: u64,
    /// The call or the file it comes from, as the platform's documentation names it.
    pub from: &'static str,
    /// Where that was, for files: the directory, its end where it is too long to keep.
    pub at: Text,
}

impl Found {
    /// A number from a call.
    #[must_use]
    pub const fn new(bytes: u64, from: &'static str) -> Self {
        Found { bytes, from, at: Text::EMPTY }
    }
}

/// What a platform offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Memory in bytes: the least of what the sources say. `None` where none of them says anything.
    pub memory: Option<Found>,
    /// Stack of a thread in bytes, where the platform bounds it.
    pub stack: Option<Found>,
    /// Flash in bytes, where the platform says so.
    pub flash: Option<Found>,
    /// Sources that were there and could not be understood, or calls that failed.
    pub failed: u32,
}

impl Offer {
    /// Nothing is known.
    pub const NOTHING: Offer = Offer { memory: None, stack: None, flash: None, failed: 0 };

    /// Enters what one source says of memory; the least holds.
    pub const fn memory(&mut self, found: Found) {
        match self.memory {
            Some(known) if known.bytes <= found.bytes => {}
            _ => self.memory = Some(found),
        }
    }
    /// Enters what one source says of the stack; the least holds.
    pub const fn stack(&mut self, found: Found) {
        match self.stack {
            Some(known) if known.bytes <= found.bytes => {}
            _ => self.stack = Some(found),
        }
    }
    /// Enters that a source gave no answer that can be understood.
    pub const fn fail(&mut self) {
        self.failed = self.failed.saturating_add(1);
    }
}
