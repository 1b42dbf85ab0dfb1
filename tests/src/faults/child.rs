//! A run in a process of its own: a flipped bit may lead the engine to any address, and to no end.
//!
//! Owns the page that child and parent share, the bound of time, and what the parent makes of how the child ended.

use super::rig::{End, Injection, Rig, Seen};
use super::{Fate, Where};
use std::ptr::null_mut;

/// Calls of the host that are kept one by one.
const TRACE: usize = 4096;
/// Milliseconds that a run may take.
const TIME: i64 = 4000;

/// What a child tells.
#[repr(C)]
struct Page {
    /// 0 until the end; 1 done, 2 trap, 3 fault, 4 endless.
    end: u32,
    /// Number of the place where a bit was flipped, plus one.
    place: u32,
    /// Mechanism of a fault.
    by: u32,
    /// Hash over everything that can be seen: results or trap, states.
    seen: u64,
    fuel: u64,
    calls: usize,
    trace: [u64; TRACE],
}

/// What is known of a run.
#[derive(Clone)]
pub struct Told {
    /// How the child ended: by itself, or why not.
    end: Result<u32, Fate>,
    /// How the system has it.
    status: i32,
    /// Where a bit was flipped.
    pub place: Option<u32>,
    by: u32,
    seen: u64,
    /// Fuel used.
    pub fuel: u64,
    trace: Vec<u64>,
}

/// The page that a child writes.
pub struct Shared(*mut Page, bool);

impl Shared {
    /// A page; children say why they panic where they are `loud`.
    ///
    /// # Panics
    /// When the system has none.
    #[must_use]
    pub fn new(loud: bool) -> Shared {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: a fresh mapping; nothing else is touched.
        let page = unsafe { libc::mmap(null_mut(), size_of::<Page>(), protection, flags, -1, 0) };
        assert_ne!(page, libc::MAP_FAILED, "the system has no shared page");
        Shared(page.cast(), loud)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `new`, unmapped once.
        unsafe { libc::munmap(self.0.cast(), size_of::<Page>()) };
    }
}

fn hash(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0xcbf2_9ce4_8422_2325, |h, w| (h ^ w).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(31))
}

fn digest(seen: &Seen) -> (u32, u64) {
    let states = seen.states.iter().copied();
    match &seen.end {
        End::Done(values) => (1, hash(values.iter().copied().chain(states))),
        End::Trap(e) => {
            let place = [e.reason as u64, u64::from(e.func), e.offset, e.detail];
            (2, hash(place.into_iter().chain(states)))
        }
        End::Fault(_) => (3, 0),
        End::Endless => (4, 0),
    }
}

/// Runs the rig in a child process and waits for its end.
///
/// # Panics
/// When the system makes no process.
#[must_use]
pub fn run(shared: &Shared, rig: &mut Rig<'_>, bound: u64, injection: Option<Injection>) -> Told {
    let page = shared.0;
    // SAFETY: the page is this process's own until the fork.
    unsafe { page.write_bytes(0, 1) };
    // SAFETY: this process has one thread that holds locks or none; the child runs the rig and leaves without unwinding.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "the system makes no process");
    if child == 0 {
        // SAFETY: the child's own timer and streams; the page is written by the child alone until it ends.
        unsafe {
            let never = libc::timeval { tv_sec: 0, tv_usec: 0 };
            let value = libc::timeval { tv_sec: TIME / 1000, tv_usec: 0 };
            libc::setitimer(libc::ITIMER_REAL, &libc::itimerval { it_interval: never, it_value: value }, null_mut());
            if !shared.1 {
                std::panic::set_hook(Box::new(|_| {}));
            }
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let seen = rig.run(bound, injection, &mut |place| (*page).place = place.number() + 1);
                let (end, digest) = digest(&seen);
                let trace = rig.trace();
                let kept = &mut (*page).trace;
                for (to, from) in kept.iter_mut().zip(trace.iter()) {
                    *to = *from;
                }
                (*page).calls = trace.len().min(TRACE);
                (*page).seen = digest;
                (*page).fuel = seen.fuel;
                if let End::Fault(fault) = seen.end {
                    (*page).by = fault.by as u32;
                }
                (*page).end = end;
            }));
            // Who leaves in the usual way writes its counters, where the build has them.
            let counts = std::env::var_os("LLVM_PROFILE_FILE").is_some();
            let status = if done.is_ok() { 0 } else { 101 };
            if counts { libc::exit(status) } else { libc::_exit(status) }
        }
    }
    let mut status = 0;
    // SAFETY: waits for the child that was just made.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    // SAFETY: the child is gone.
    let page = unsafe { &*page };
    let end = if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0 && page.end != 0 {
        Ok(page.end)
    } else if libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGALRM {
        Err(Fate::Timeout)
    } else {
        Err(Fate::Crashed)
    };
    Told {
        end,
        status,
        place: page.place.checked_sub(1),
        by: page.by,
        seen: page.seen,
        fuel: page.fuel,
        trace: page.trace.iter().take(page.calls.min(TRACE)).copied().collect(),
    }
}

impl Told {
    /// Whether the run ended by itself, with results or a trap.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.end, Ok(1 | 2))
    }
    /// Words for a person.
    #[must_use]
    pub fn describe(&self) -> String {
        format!(
            "end {:?} (status {:#x}), seen {:#x}, fuel {}, {} calls of the host",
            self.end,
            self.status,
            self.seen,
            self.fuel,
            self.trace.len()
        )
    }

    /// What came of the fault, by comparison with the run that was left alone.
    #[must_use]
    pub fn fate(&self, alone: &Told) -> Fate {
        let begun_alike = alone.trace.starts_with(&self.trace);
        match self.end {
            Err(fate) => fate,
            // Whatever left before it was reported must have been right.
            Ok(2 | 3) if !begun_alike => Fate::Wrong,
            Ok(3) => Fate::Detected(self.by),
            Ok(4) => Fate::Timeout,
            Ok(end) if Ok(end) == alone.end && self.seen == alone.seen && self.trace == alone.trace => Fate::Masked,
            Ok(2) => Fate::Trapped,
            Ok(_) => Fate::Wrong,
        }
    }
}

/// The place with this number.
#[must_use]
pub fn place(number: u32) -> Option<Where> {
    Where::all().nth(number as usize)
}
