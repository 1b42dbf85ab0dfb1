//! The bound on a task's stack: the longest path over the calls that the translator recorded.
//!
//! Owns the walk over the graph of calls. Its nodes are the functions and, for indirect calls, the
//! canonical types: a call through a table leads to a type's node, and from there to every function
//! of that type that a table may hold. The walk is a loop over entries in scratch, each of which
//! knows where it was entered from; so it needs no native stack, and its time is linear in
//! functions, types and calls. Knows nothing of frames but their size in slots.

use crate::arena::round_up;
use crate::error::Reason;
use crate::exec::TASK_HEADER_BYTES;
use crate::module::build::{Build, CallEdge, EDGE_FRAME, EDGE_INDIRECT};
use crate::module::layout::FUNC_REFERENCED;

/// A function or a type on the walk.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Node {
    /// Slots from this node's frame on to the end of the deepest chain below it.
    slots: u64,
    state: u32,
    /// Node from which this one was entered, plus 1; 0 for the walk's first.
    parent: u32,
    /// Functions: the next call to look at. Types: the function to look at, plus 1.
    cursor: u32,
    /// Next function of the same type that a table may hold, plus 1; for types, the first.
    link: u32,
}

const NEW: u32 = 0;
const OPEN: u32 = 1;
const DONE: u32 = 2;

/// Bytes that a task needs for the deepest chain of calls; 0 when calls recur. Uses scratch, and
/// changes the build's peak.
pub(super) fn stack_bound(b: &mut Build) -> Result<u64, Reason> {
    let funcs = b.header.funcs.len;
    let nodes = funcs as u64 + b.header.types.len as u64;
    b.set_scratch_zeroed(nodes * size_of::<Node>() as u64)?;
    prepare(b);
    let mut slots = 0;
    for func in b.header.imported_funcs..funcs {
        // The rest can be reached from these only, or not at all.
        let is_root = b.func(func).is_ok_and(|f| f.flags & FUNC_REFERENCED != 0) || func == b.header.start;
        if !is_root {
            continue;
        }
        match walk(b, func) {
            Some(below) => slots = slots.max(below),
            None => return Ok(0),
        }
    }
    Ok(round_up(slots.saturating_mul(8).saturating_add(TASK_HEADER_BYTES)))
}

/// Chains the functions that tables may hold to their types, and gives imports their slots: room for
/// parameters and results in turn.
fn prepare(b: &mut Build) {
    for at in 0..b.header.funcs.len {
        let Ok(func) = b.func(at) else { return };
        if at < b.header.imported_funcs
            && let Ok(ty) = b.type_entry(func.ty)
        {
            edit(b, at, |n| n.slots = ty.params.max(ty.results) as u64);
        }
        if func.flags & FUNC_REFERENCED == 0 {
            continue;
        }
        let ty = b.header.funcs.len + func.ty;
        let first = node(b, ty).link;
        edit(b, at, |n| n.link = first);
        edit(b, ty, |n| n.link = at + 1);
    }
}

fn node(b: &mut Build, at: u32) -> Node {
    b.scratch_entries::<Node>().get(at as usize).copied().unwrap_or_default()
}

fn edit(b: &mut Build, at: u32, change: impl FnOnce(&mut Node)) {
    if let Some(n) = b.scratch_entries::<Node>().get_mut(at as usize) {
        change(n);
    }
}

fn call(b: &Build, at: u32) -> Option<CallEdge> {
    b.edges().get(at as usize).copied()
}

/// Marks a node as being on the path.
fn enter(b: &mut Build, at: u32, parent: u32) {
    let funcs = b.header.funcs.len;
    let cursor = if at < funcs {
        // Calls are recorded function by function, in the order of their bodies.
        b.edges().partition_point(|e| e.caller < at) as u32
    } else {
        node(b, at).link
    };
    edit(b, at, |n| {
        n.state = OPEN;
        n.parent = parent;
        n.cursor = cursor;
    });
}

/// Slots of the deepest chain from a function on; `None` when it comes back to where it was.
fn walk(b: &mut Build, start: u32) -> Option<u64> {
    let funcs = b.header.funcs.len;
    if node(b, start).state == NEW {
        enter(b, start, 0);
    }
    let mut at = start;
    while node(b, at).state == OPEN {
        let here = node(b, at);
        let (target, base) = if at >= funcs {
            match here.cursor {
                0 => (None, 0),
                func => (Some(func - 1), 0),
            }
        } else {
            match call(b, here.cursor).filter(|e| e.caller == at) {
                None => (None, 0),
                Some(e) if e.callee == EDGE_FRAME => {
                    edit(b, at, |n| {
                        n.slots = n.slots.max(e.base as u64);
                        n.cursor += 1;
                    });
                    continue;
                }
                Some(e) if e.callee & EDGE_INDIRECT != 0 => (Some(funcs + (e.callee & !EDGE_INDIRECT)), e.base as u64),
                Some(e) => (Some(e.callee), e.base as u64),
            }
        };
        let Some(target) = target else {
            edit(b, at, |n| n.state = DONE);
            if here.parent == 0 {
                break;
            }
            at = here.parent - 1;
            continue;
        };
        let below = node(b, target);
        match below.state {
            OPEN => return None,
            NEW => {
                enter(b, target, at + 1);
                at = target;
            }
            _ => {
                let next = if at >= funcs { below.link } else { here.cursor + 1 };
                edit(b, at, |n| {
                    n.slots = n.slots.max(base.saturating_add(below.slots));
                    n.cursor = next;
                });
            }
        }
    }
    Some(node(b, start).slots)
}
