//! Whether sibling calls are sibling calls in this very build.
//!
//! The compiler makes the jumps of the tail back end, but does not promise them. This runs a chain
//! of operations of several kinds and compares the native stack's address at its end with that at
//! the end of an empty one. Where it moved, the loop is used instead.

/// Whether the tail back end may be used.
#[cfg(wrt_tail)]
pub(super) fn passed() -> bool {
    measure::keeps_the_stack(super::dispatch::run_tail)
}

/// There is no tail back end to be tested.
#[cfg(not(wrt_tail))]
pub(super) fn passed() -> bool {
    false
}

#[cfg(any(wrt_tail, test))]
mod measure {
    use crate::arena::set;
    use crate::exec::regs::Ctx;
    use crate::ops;

    /// What runs operations up to a stop and notes there the native stack's address in [`Ctx::native`].
    pub(super) type Run = unsafe fn(*mut Ctx, *mut u8) -> u32;

    /// Operations in the chain; each takes at most two words.
    const CHAIN: usize = 320;

    /// The kinds of operations in the chain, in turn.
    pub(super) const KINDS: [u64; 7] = [
        ops::CONST_U32 as u64,
        ops::COPY as u64,
        ops::SET_A as u64,
        ops::SET_FA as u64,
        ops::BR_NZ_A as u64,
        ops::GLOBAL_GET as u64,
        ops::CHARGE as u64,
    ];

    /// Whether `run` has the same native stack behind the chain as behind no operation.
    pub(super) fn keeps_the_stack(run: Run) -> bool {
        let mut code = [0u64; 2 * CHAIN + 1];
        let mut slots = [0u64; 2];
        let mut cell = 0u64;
        let mut end = 0;
        for kind in KINDS.iter().cycle().take(CHAIN) {
            set(&mut code, end, *kind);
            end += words(*kind);
        }
        set(&mut code, end, ops::LEAVE as u64);
        let mut native = |from: usize| {
            let mut ctx = Ctx::empty();
            let ctx = &raw mut ctx;
            // SAFETY: the operations touch slot 0, cell 0 and the code alone.
            unsafe {
                (*ctx).globals = &raw mut cell;
                (*ctx).code = code.as_ptr();
                (*ctx).ip = code.as_ptr().add(from);
                (*ctx).fp = slots.as_mut_ptr();
                (*ctx).top = slots.as_mut_ptr();
                #[cfg(wrt_checked)]
                {
                    use crate::exec::bounds::{Lent, lend};
                    lend(Lent::Code, code.as_ptr(), size_of_val(&code));
                    lend(Lent::Stack, slots.as_ptr(), size_of_val(&slots));
                }
                run(ctx, core::ptr::null_mut());
                (*ctx).native
            }
        };
        native(end) == native(0)
    }

    /// Code words of an operation of the chain.
    pub(super) fn words(kind: u64) -> usize {
        if kind == ops::BR_NZ_A as u64 { 2 } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::measure::*;
    use crate::exec::dispatch;
    use crate::exec::regs::Ctx;
    use crate::ops;
    use core::hint::black_box;

    /// Notes where the native stack is; where it stands, an exit of the tail back end would.
    #[inline(never)]
    unsafe fn note(ctx: *mut Ctx) -> u32 {
        let here = black_box(0u8);
        // SAFETY: the self test's context lives.
        unsafe { (*ctx).native = black_box(&raw const here).addr() };
        u32::from(black_box(here))
    }

    /// Runs the chain with a native frame for each operation that `calls` names, as handlers do whose sibling calls
    /// became calls.
    unsafe fn nested(ctx: *mut Ctx, calls: fn(u64) -> bool) -> u32 {
        // SAFETY: `ip` is a word of the self test's chain, which ends with `LEAVE`.
        unsafe {
            loop {
                let kind = *(*ctx).ip;
                if kind == u64::from(ops::LEAVE) {
                    return note(ctx);
                }
                (*ctx).ip = (*ctx).ip.add(words(kind));
                if calls(kind) {
                    // Opaque, so that something is left to do behind the call.
                    return black_box(nested(ctx, calls));
                }
            }
        }
    }

    unsafe fn by_jumps(ctx: *mut Ctx, _: *mut u8) -> u32 {
        // SAFETY: as for `nested`.
        unsafe { nested(ctx, |_| false) }
    }

    unsafe fn by_calls(ctx: *mut Ctx, _: *mut u8) -> u32 {
        // SAFETY: as for `nested`.
        unsafe { nested(ctx, |_| true) }
    }

    /// One kind for each function, because a [`Run`] holds nothing.
    unsafe fn one_kind<const N: usize>(ctx: *mut Ctx, _: *mut u8) -> u32 {
        // SAFETY: as for `nested`.
        unsafe { nested(ctx, |kind| kind == KINDS[N]) }
    }

    /// CORE-3: the self test sees a native stack that grows with every operation, or with those of one kind.
    #[test]
    fn core_3_the_self_test_sees_growth() {
        assert!(keeps_the_stack(by_jumps));
        assert!(!keeps_the_stack(by_calls));
        let kinds: [Run; KINDS.len()] =
            [one_kind::<0>, one_kind::<1>, one_kind::<2>, one_kind::<3>, one_kind::<4>, one_kind::<5>, one_kind::<6>];
        for (at, run) in kinds.into_iter().enumerate() {
            assert!(!keeps_the_stack(run), "kind {at}");
        }
    }

    /// CORE-3: the chain is one: it has the words that its operations take, and neither back end leaves it before its
    /// end.
    #[test]
    fn core_3_the_chain_is_run_to_its_end() {
        unsafe fn looped(ctx: *mut Ctx, mem: *mut u8) -> u32 {
            // SAFETY: as for `nested`, and `ip` is put back to where the run began.
            unsafe {
                let from = (*ctx).ip;
                assert_eq!(dispatch::run_loop(ctx, mem), dispatch::LEAVE);
                let mut at = from;
                while *at != u64::from(ops::LEAVE) {
                    at = at.add(usize::from(ops::OP_WORDS[*at as usize]));
                }
                assert_eq!((*ctx).ip, at);
                note(ctx)
            }
        }
        assert!(keeps_the_stack(looped));
        #[cfg(wrt_tail)]
        assert!(super::passed());
    }
}
