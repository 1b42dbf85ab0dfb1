//! Time and randomness: those of the system, or the same in every run.

use super::errno::errno;
use core::cell::Cell;
use core::time::Duration;
use rustix::time::{ClockId as OsClock, Timespec, clock_getres, clock_gettime};
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;
use wrt_wasi::{ClockId, Clocks, Errno, Random};

/// When deterministic time begins, in nanoseconds since 1970-01-01T00:00:00Z: 2024-01-01T00:00:00Z.
pub const DETERMINISTIC_START: u64 = 1_704_067_200 * 1_000_000_000;

/// Which time a guest sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// That of the system.
    Real,
    /// One of its own, the same in every run: it begins at this value (nanoseconds since 1970-01-01T00:00:00Z), goes on
    /// by a nanosecond with each unit of fuel, and jumps where the guest waits for it.
    Deterministic(u64),
}

/// The clocks of one guest. A clone shows the same time.
#[derive(Clone)]
pub(super) struct Time {
    clock: Clock,
    /// Nanoseconds of which readings are a multiple, 1 or more.
    resolution: u64,
    /// Fuel that the guest had used when it made the call that is answered now.
    fuel: Rc<Cell<u64>>,
    /// Fuel of tasks before it, since one that was reset counts anew and time does not go back.
    before: Rc<Cell<u64>>,
    /// Nanoseconds of deterministic time that were waited.
    waited: Rc<Cell<u64>>,
}

fn nanoseconds(time: Timespec) -> Option<u64> {
    let seconds = u64::try_from(time.tv_sec).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(u64::try_from(time.tv_nsec).ok()?)
}

fn os(clock: ClockId) -> OsClock {
    match clock {
        ClockId::Realtime => OsClock::Realtime,
        ClockId::Monotonic => OsClock::Monotonic,
        ClockId::ProcessCpu => OsClock::ProcessCPUTime,
        ClockId::ThreadCpu => OsClock::ThreadCPUTime,
    }
}

impl Time {
    /// Readings are rounded down to a multiple of `resolution`.
    pub(super) fn new(clock: Clock, resolution: u64) -> Self {
        Time { clock, resolution: resolution.max(1), fuel: Rc::default(), before: Rc::default(), waited: Rc::default() }
    }
    /// A call begins, when the guest has used so much fuel.
    pub(super) fn call_begins(&self, fuel: u64) {
        if fuel < self.fuel.get() {
            self.before.set(self.before.get().saturating_add(self.fuel.get()));
        }
        self.fuel.set(fuel);
    }
    /// What the clock shows before it is rounded.
    fn exact(&self, clock: ClockId) -> Option<u64> {
        let Clock::Deterministic(start) = self.clock else { return nanoseconds(clock_gettime(os(clock))) };
        let worked = self.before.get().saturating_add(self.fuel.get());
        let passed = worked.saturating_add(self.waited.get());
        Some(match clock {
            ClockId::Realtime => start.saturating_add(passed),
            ClockId::Monotonic => passed,
            // Who waits takes no time of the processor.
            ClockId::ProcessCpu | ClockId::ThreadCpu => worked,
        })
    }
    /// How long it is until the monotonic clock, as the guest reads it, shows this or more.
    fn nanoseconds_until(&self, until: u64) -> u64 {
        let shown = until.checked_next_multiple_of(self.resolution).unwrap_or(u64::MAX);
        shown.saturating_sub(self.exact(ClockId::Monotonic).unwrap_or(0))
    }
    /// Goes on to a value of the monotonic clock, where time is the guest's own.
    pub(super) fn skip_to(&mut self, until: u64) -> bool {
        if self.clock != Clock::Real {
            self.waited.set(self.waited.get().saturating_add(self.nanoseconds_until(until)));
        }
        self.clock != Clock::Real
    }
    /// What the guest's wall clock shows, for times of files.
    pub(super) fn stamp(&self) -> u64 {
        self.exact(ClockId::Realtime).unwrap_or(0)
    }
    /// How long it is until the monotonic clock shows this.
    pub(super) fn left(&self, until: u64) -> Duration {
        Duration::from_nanos(self.nanoseconds_until(until))
    }
}

impl Clocks for Time {
    fn now(&mut self, clock: ClockId) -> Option<u64> {
        // At its end a clock shows that, so that nobody waits in vain for a time that is not a multiple.
        self.exact(clock).map(|now| if now == u64::MAX { now } else { now - now % self.resolution })
    }
    fn resolution(&mut self, clock: ClockId) -> Option<u64> {
        let least = match self.clock {
            Clock::Real => nanoseconds(clock_getres(os(clock)))?,
            Clock::Deterministic(_) => 1,
        };
        Some(least.max(self.resolution))
    }
}

/// Where random bytes come from.
pub(super) enum Source {
    /// The system.
    System(File),
    /// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014), with bytes of the last
    /// number that were not given out.
    Seeded { state: u64, left: [u8; 8], count: usize },
}

impl Source {
    pub(super) fn new(seed: Option<u64>) -> io::Result<Self> {
        match seed {
            None => Ok(Source::System(File::open("/dev/urandom")?)),
            Some(state) => Ok(Source::Seeded { state, left: [0; 8], count: 0 }),
        }
    }
}

impl Random for Source {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Errno> {
        match self {
            Source::System(file) => file.read_exact(bytes).map_err(errno),
            Source::Seeded { state, left, count } => {
                // Byte by byte, so that the bytes do not depend on how many are asked for at once.
                for byte in bytes {
                    if *count == 0 {
                        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                        let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                        *left = (z ^ (z >> 31)).to_be_bytes();
                        *count = left.len();
                    }
                    *count -= 1;
                    *byte = left[*count];
                }
                Ok(())
            }
        }
    }
}
