//! A lock that one thread holds as often as it wants, and that nobody waits for.
//!
//! A host function of a guest may use the store whose guest called it: that is the same thread. Another thread is told
//! that the store is busy, since it could wait for as long as a guest runs.

use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Who uses a store.
#[derive(Default)]
pub struct OwnerLock {
    /// The token of the thread that holds it; 0 for nobody.
    owner: AtomicUsize,
    /// How often the owner holds it. Only the owner looks at it.
    depth: Cell<usize>,
}

// SAFETY: `depth` is touched only by the thread whose token stands in `owner`.
unsafe impl Sync for OwnerLock {}

/// A number that no other thread has that is alive.
fn token() -> usize {
    std::thread_local! { static HERE: u8 = const { 0 } }
    HERE.with(|here| core::ptr::from_ref(here).addr())
}

impl OwnerLock {
    /// Takes the lock; false where another thread holds it. The caller is attached to the interpreter: its lock is what
    /// makes the look and the mark one step, and what orders them with those of other threads.
    #[inline]
    pub fn try_take(&self) -> bool {
        let (me, owner) = (token(), self.owner.load(Ordering::Relaxed));
        if owner != me {
            if owner != 0 {
                return false;
            }
            self.owner.store(me, Ordering::Relaxed);
        }
        self.depth.set(self.depth.get() + 1);
        true
    }

    /// Whether the owner holds it once only. For the owner to ask.
    #[inline]
    pub fn is_outermost(&self) -> bool {
        self.depth.get() == 1
    }

    /// Gives back what [`OwnerLock::try_take`] gave, on the same thread.
    #[inline]
    pub fn give_back(&self) {
        let left = self.depth.get() - 1;
        self.depth.set(left);
        if left == 0 {
            self.owner.store(0, Ordering::Relaxed);
        }
    }
}
