//! An interceptor that makes host calls fail or wait, as a seed decides: the same seed, the same faults.

use core::cell::Cell;
use wrt_core::{Crossing, CrossingKind, HostError, Interceptor, Value, Verdict, refusal};

/// Makes one in so many host calls fail, and one in so many wait; 0 for none.
pub struct FaultInjector {
    state: Cell<u64>,
    calls: Cell<u64>,
    fail: u64,
    delay: u64,
    /// This very call fails, whatever the seed.
    nth: Option<u64>,
}

impl FaultInjector {
    /// Faults at random, from this seed.
    pub fn seeded(seed: u64, fail: u64, delay: u64) -> Self {
        FaultInjector { state: Cell::new(seed), calls: Cell::new(0), fail, delay, nth: None }
    }

    /// One fault: the `n`-th host call fails, counted from 1.
    #[cfg(test)]
    pub fn nth(n: u64) -> Self {
        FaultInjector { nth: Some(n), ..Self::seeded(0, 0, 0) }
    }

    /// The next number of SplitMix64.
    fn draw(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.set(state);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn one_in(&self, n: u64) -> bool {
        n != 0 && self.draw().is_multiple_of(n)
    }
}

impl Interceptor for FaultInjector {
    fn before(&self, call: &Crossing, _: &mut [Value]) -> Result<Verdict, HostError> {
        if call.kind() != CrossingKind::Host {
            return Ok(Verdict::Proceed);
        }
        self.calls.set(self.calls.get() + 1);
        if self.nth == Some(self.calls.get()) || self.one_in(self.fail) {
            return Err(refusal(self.calls.get(), c"a fault was injected here"));
        }
        Ok(if self.one_in(self.delay) { Verdict::Delay } else { Verdict::Proceed })
    }
}
