//! Whether sibling calls are sibling calls in this very build.
//!
//! The compiler makes the jumps of the tail back end, but does not promise them. This runs a chain
//! of operations of several kinds and compares the native stack's address at its end with that at
//! the end of an empty one. Where it moved, the loop is used instead.

/// Whether the tail back end may be used.
#[cfg(wrt_tail)]
pub(super) fn passed() -> bool {
    use super::dispatch;
    use super::regs::Ctx;
    use crate::ops;

    /// Operations in the chain; each takes at most two words.
    const CHAIN: usize = 320;
    let kinds = [
        ops::CONST_U32 as u64,
        ops::COPY as u64,
        ops::SET_A as u64,
        ops::SET_FA as u64,
        ops::BR_NZ_A as u64,
        ops::GLOBAL_GET as u64,
        ops::CHARGE as u64,
    ];
    let mut code = [0u64; 2 * CHAIN + 1];
    let mut slots = [0u64; 2];
    let mut cell = 0u64;
    let mut end = 0;
    for (at, kind) in (0..CHAIN).zip(kinds.iter().cycle()) {
        let _ = at;
        if let Some(word) = code.get_mut(end) {
            *word = *kind;
        }
        end += if *kind == ops::BR_NZ_A as u64 { 2 } else { 1 };
    }
    if let Some(word) = code.get_mut(end) {
        *word = ops::LEAVE as u64;
    }
    let mut run = |from: usize| {
        let mut ctx = Ctx::empty();
        let ctx = &raw mut ctx;
        // SAFETY: the operations touch slot 0, cell 0 and the code alone.
        unsafe {
            (*ctx).globals = &raw mut cell;
            (*ctx).code = code.as_ptr();
            (*ctx).ip = code.as_ptr().add(from);
            (*ctx).fp = slots.as_mut_ptr();
            (*ctx).top = slots.as_mut_ptr();
            dispatch::run_tail(ctx, core::ptr::null_mut());
            (*ctx).native
        }
    };
    run(end) == run(0)
}

/// There is no tail back end to be tested.
#[cfg(not(wrt_tail))]
pub(super) fn passed() -> bool {
    false
}
