//! The bound on a task's stack: the longest path over the calls that the translator recorded.
//!
//! Owns the walk over the graph of calls. Its nodes are the functions and, for indirect calls, the
//! canonical types: a call through a table leads to a type's node, and from there to every function
//! of that type that a table may hold. The walk is a loop over entries in scratch, each of which
//! knows where it was entered from; so it needs no native stack, and its time is linear in
//! functions, types and calls. Knows nothing of frames but their size in slots.

use crate::arena::{self, round_up};
use crate::binary::Stop;
use crate::exec::state::RECORD_SLOTS;
use crate::module::build::{Build, CallEdge, EDGE_FRAME, EDGE_INDIRECT};
use crate::module::layout::{FUNC_REFERENCED, TypeEntry};

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
pub(super) fn stack_bound(b: &mut Build) -> Result<u64, Stop> {
    let funcs = b.header.funcs.len;
    let nodes = funcs as u64 + b.header.types.len as u64;
    b.set_scratch_zeroed(nodes * size_of::<Node>() as u64)?;
    prepare(b);
    let (mut slots, mut first, mut from_start) = (0, 0, 0);
    for at in 0..funcs {
        // The rest can be reached from these only, or not at all.
        let Ok(func) = b.func(at) else { continue };
        let is_start = at == b.header.start;
        if func.flags & FUNC_REFERENCED == 0 && !is_start {
            continue;
        }
        match walk(b, at) {
            Some(below) => slots = slots.max(below),
            None => return Ok(0),
        }
        if is_start {
            from_start = walk(b, at).unwrap_or(0) + RECORD_SLOTS as u64;
        }
        first = first.max(b.type_entry(func.ty).map_or(0, |ty| ty.param_slots.max(ty.result_slots) as u64));
    }
    // A start function that nobody has run yet runs above the arguments of the first call.
    if from_start != 0 {
        slots = slots.max(first + from_start);
    }
    Ok(round_up(slots.saturating_mul(8).saturating_add(crate::exec::state::TASK_HEADER_BYTES)))
}

/// Slots that a call to the host takes from its first argument on: room for parameters and results in
/// turn, and behind it the same again as values, of two slots each.
fn host_slots(ty: &TypeEntry) -> u64 {
    let (slots, values) = (ty.param_slots.max(ty.result_slots), ty.params.max(ty.results));
    slots as u64 + 2 * values as u64
}

/// Chains the functions that tables may hold to their types, and gives imports their slots.
fn prepare(b: &mut Build) {
    for at in 0..b.header.funcs.len {
        let Ok(func) = b.func(at) else { return };
        if at < b.header.imported_funcs
            && let Ok(ty) = b.type_entry(func.ty)
        {
            edit(b, at, |n| n.slots = host_slots(&ty));
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
    arena::edit(b.scratch_entries::<Node>(), at as usize, change);
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
                // A call through a table that reaches no function traps without a frame.
                let reaches = target < funcs || below.link != 0;
                let slots = if reaches { base.saturating_add(below.slots) } else { 0 };
                edit(b, at, |n| {
                    n.slots = n.slots.max(slots);
                    n.cursor = next;
                });
            }
        }
    }
    Some(node(b, start).slots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::Block;
    use crate::budget::LoadBudget;
    use crate::module::layout::{FuncEntry, ModuleHeader};
    use crate::module::spaces::put;

    /// A random module's calls, as far as the bound is concerned.
    struct Calls {
        imports: u32,
        types: Vec<TypeEntry>,
        funcs: Vec<FuncEntry>,
        edges: Vec<CallEdge>,
    }

    /// The definition, by recursion: the deepest of what follows; `None` on a cycle.
    fn deepest(calls: &Calls, at: u32, path: &mut Vec<u32>) -> Option<u64> {
        if at < calls.imports {
            let ty = calls.types[calls.funcs[at as usize].ty as usize];
            let values = ty.params.max(ty.results) as u64;
            return Some(ty.param_slots.max(ty.result_slots) as u64 + 2 * values);
        }
        if path.contains(&at) {
            return None;
        }
        path.push(at);
        let mut most = 0;
        for e in calls.edges.iter().filter(|e| e.caller == at) {
            if e.callee == EDGE_FRAME {
                most = most.max(e.base as u64);
            } else if e.callee & EDGE_INDIRECT != 0 {
                for (to, func) in calls.funcs.iter().enumerate() {
                    if func.flags & FUNC_REFERENCED != 0 && func.ty == e.callee & !EDGE_INDIRECT {
                        most = most.max(e.base as u64 + deepest(calls, to as u32, path)?);
                    }
                }
            } else {
                most = most.max(e.base as u64 + deepest(calls, e.callee, path)?);
            }
        }
        path.pop();
        Some(most)
    }

    fn expected(calls: &Calls) -> u64 {
        let mut most = 0;
        for (at, func) in calls.funcs.iter().enumerate() {
            if func.flags & FUNC_REFERENCED != 0 {
                match deepest(calls, at as u32, &mut Vec::new()) {
                    Some(slots) => most = most.max(slots),
                    None => return 0,
                }
            }
        }
        round_up(most * 8 + crate::exec::state::TASK_HEADER_BYTES)
    }

    fn computed(calls: &Calls) -> u64 {
        let mut region = vec![Block::ZERO; 1 << 12];
        // SAFETY: the region outlives the build and is used by nothing else.
        let mut b =
            unsafe { Build::new(region.as_mut_ptr().cast(), size_of_val(&region[..]), &LoadBudget::DEFAULT, true) };
        b.alloc(size_of::<ModuleHeader>() as u64, 16).unwrap();
        b.header.types = b.alloc_table::<TypeEntry>(calls.types.len() as u32).unwrap();
        b.header.funcs = b.alloc_table::<FuncEntry>(calls.funcs.len() as u32).unwrap();
        b.header.imported_funcs = calls.imports;
        let (types, funcs) = (b.header.types, b.header.funcs);
        for (i, &ty) in calls.types.iter().enumerate() {
            put(&mut b, types, i as u32, ty);
        }
        for (i, &func) in calls.funcs.iter().enumerate() {
            put(&mut b, funcs, i as u32, func);
        }
        b.alloc(0, 8).unwrap();
        b.begin_code();
        for &e in &calls.edges {
            b.edge(e).unwrap();
        }
        stack_bound(&mut b).unwrap()
    }

    /// MEM-3: over random graphs of calls the walk gives what the definition by recursion gives.
    #[test]
    fn bound_is_that_of_the_definition() {
        let mut state = 0x1234_5678_9abc_def1u64;
        let mut random = move |n: u32| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 20) as u32 % n
        };
        let mut cycles = 0;
        for _ in 0..3000 {
            let types: Vec<TypeEntry> = (0..3)
                .map(|canon| TypeEntry {
                    params: random(9) as u16,
                    results: random(9) as u16,
                    param_slots: random(18) as u16,
                    result_slots: random(18) as u16,
                    canon,
                    ..TypeEntry::default()
                })
                .collect();
            let count = 1 + random(9);
            let imports = random(count);
            let funcs: Vec<FuncEntry> = (0..count)
                .map(|_| FuncEntry { ty: random(3), flags: random(2) * FUNC_REFERENCED, ..FuncEntry::default() })
                .collect();
            let mut edges = Vec::new();
            let downwards = random(4) != 0;
            for caller in imports..count {
                for _ in 0..random(4) {
                    let callee = match random(5) {
                        0 => EDGE_INDIRECT | random(3),
                        _ if downwards => random(caller + 1).min(caller.saturating_sub(1)),
                        _ => random(count),
                    };
                    if callee != caller || !downwards {
                        edges.push(CallEdge { caller, callee, base: random(20) });
                    }
                }
                edges.push(CallEdge { caller, callee: EDGE_FRAME, base: random(40) });
            }
            let calls = Calls { imports, types, funcs, edges };
            let bound = computed(&calls);
            cycles += (bound == 0) as u32;
            assert_eq!(bound, expected(&calls));
        }
        assert!((300..2700).contains(&cycles), "{cycles}");
    }
}
