//! Builds with `WRT_CHECKED=1` in the environment: every access of an operation to code, slots, cells and memory is compared with
//! what the run at hand was lent, and one outside panics.
//!
//! For tests that run what may be damaged, on one thread; other builds have nothing of this.

use core::sync::atomic::{AtomicUsize, Ordering};

/// What accesses are compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lent {
    /// The code words of the instance's module.
    Code = 0,
    /// The slots of the task.
    Stack = 1,
    /// The instance itself: cells of globals, addresses of tables and memories.
    Instance = 2,
    /// Memory 0, and the memory that was accessed last through its entry.
    Memory = 3,
    Other = 4,
    /// The cell of the imported global that was accessed last.
    Cell = 5,
}

static RANGES: [[AtomicUsize; 2]; 6] = [const { [const { AtomicUsize::new(0) }; 2] }; 6];

/// Notes what is lent from now on: from `base` on so many bytes.
pub(crate) fn lend<T>(what: Lent, base: *const T, bytes: usize) {
    let [from, to] = &RANGES[what as usize];
    from.store(base.addr(), Ordering::Relaxed);
    to.store(base.addr() + bytes, Ordering::Relaxed);
}

/// Panics unless so many bytes from `at` on lie within one of these.
#[track_caller]
pub(crate) fn check<T>(of: &[Lent], at: *const T, bytes: usize) {
    let inside = |what: &Lent| {
        let [from, to] = RANGES[*what as usize].each_ref().map(|bound| bound.load(Ordering::Relaxed));
        from <= at.addr() && at.addr() + bytes <= to
    };
    assert!(of.iter().any(inside), "{bytes} bytes at {at:?} lie in none of {of:?}: {RANGES:x?}");
}
