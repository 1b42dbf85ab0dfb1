//! Which task is next: the policies, on entries alone.
//!
//! Owns the order of tasks and the bound on waiting. Must not know how tasks run or where entries
//! lie.

use super::state::{Entry, flag};

/// How the next task is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The greatest priority; among equals the one that has waited longest, so that they take
    /// turns. A task's priority counts as greater by one for every `ageing` decisions that it has
    /// waited, so that none starves; with 0 it stays as it is.
    Priority {
        /// Decisions of waiting that count as one level of priority; 0 for none.
        ageing: u32,
    },
    /// The earliest deadline; among equals the one that has waited longest. Tasks without a
    /// deadline come last.
    EarliestDeadline,
}

/// The place of the task to run next among those that wait; `decisions` were made before.
pub(super) fn choose(policy: Policy, entries: &[Entry], decisions: u64) -> Option<usize> {
    let waiting = entries.iter().enumerate().filter(|(_, e)| e.task != 0 && e.flags & flag::WAITING != 0);
    // Of equals, the first is kept: that with the least place.
    let best = match policy {
        Policy::Priority { ageing } => waiting.min_by_key(|(_, e)| {
            let level = level(e, ageing, decisions);
            (u64::MAX - level, e.since)
        }),
        Policy::EarliestDeadline => waiting.min_by_key(|(_, e)| (e.deadline, e.since)),
    };
    best.map(|(place, _)| place)
}

/// What a priority counts as after waiting.
fn level(entry: &Entry, ageing: u32, decisions: u64) -> u64 {
    (entry.priority as u64).saturating_add(entry.waited(decisions).checked_div(ageing as u64).unwrap_or(0))
}

/// Decisions that the task at `place` may wait at most, as long as no task with a greater priority
/// than those at hand is added and it stays ready; `None` where there is no bound.
///
/// With ageing `a`, `n` tasks, and greatest priority `p` above its own `q`: when it has waited
/// `a * (p - q)` decisions it counts for as much as any task that is chosen from then on will at any
/// later time, and has waited longer than that. So each of the others is chosen once more at most:
/// `a * (p - q) + n - 1`. Equals wait for `n - 1`, with ageing or without.
pub(super) fn wait_bound(policy: Policy, entries: &[Entry], place: usize) -> Option<u64> {
    let Policy::Priority { ageing } = policy else { return None };
    let own = entries.get(place)?.priority as u64;
    let tasks = || entries.iter().filter(|e| e.task != 0);
    let others = tasks().count().saturating_sub(1) as u64;
    let most = tasks().map(|e| e.priority as u64).max()?;
    if ageing == 0 && most != own {
        return None;
    }
    Some((ageing as u64).saturating_mul(most.saturating_sub(own)).saturating_add(others))
}
