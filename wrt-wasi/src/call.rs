//! One call: its parameters, and what it works on.
//!
//! Each room of functions adds its own to [`Call`].

use crate::host::Host;
use crate::memory::{Answer, Guest, UNKNOWN};
use crate::names::Version;
use crate::table::Slot;
use wrt_core::Value;

/// Parameters of the function that has most.
const MOST_PARAMS: usize = 9;

/// The parameters of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args([u64; MOST_PARAMS]);

impl Args {
    pub(crate) fn new(slots: &[Value]) -> Self {
        let mut args = [0; MOST_PARAMS];
        for (to, from) in args.iter_mut().zip(slots) {
            *to = from.bits();
        }
        Args(args)
    }
    pub(crate) fn u64(&self, k: usize) -> u64 {
        self.0.get(k).copied().unwrap_or(0)
    }
    pub(crate) fn u32(&self, k: usize) -> u32 {
        self.u64(k) as u32
    }
    /// Flags or an enumeration: a trap where the number has no meaning.
    pub(crate) fn valid<T>(&self, k: usize, from: impl FnOnce(u32) -> Option<T>) -> Answer<T> {
        from(self.u32(k)).ok_or(UNKNOWN)
    }
}

/// When a call began to wait, by both clocks in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    pub(crate) realtime: u64,
    pub(crate) monotonic: u64,
}

/// What a call works on.
pub(crate) struct Call<'c, 'i, H: Host> {
    pub(crate) host: &'c mut H,
    pub(crate) slots: &'c mut [Slot<H>],
    pub(crate) scratch: &'c mut [u8],
    pub(crate) guest: &'c Guest<'i>,
    pub(crate) version: Version,
    pub(crate) since: &'c mut Option<Since>,
}
