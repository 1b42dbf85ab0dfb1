//! A guest waits at a shared memory: `memory.atomic.wait32` and `wait64`.
//!
//! To the task this is a call of the embedder: it comes back at once, after a time in which the
//! thread slept, or with the task parked as by a host call that is pending. Knows nothing of who
//! else waits.

use super::cross::Crossed;
use super::regs::{Ctx, f1, mem_inst, mem_len, n23, word};
use super::state::{TaskHeader, index_of, phase, stop};
use super::task::PendingCall;
use crate::error::{Error, Reason};
use crate::runtime::layout::InstanceHeader;
use crate::runtime::ops;
use crate::runtime::wait::{self, WaitRequest, Waited};

/// Does the wait that the context stands at.
///
/// # Safety
/// The context stands at `ATOMIC_WAIT` in the innermost frame of the live task `t`, in code of `inst`.
pub(super) unsafe fn wait(t: *mut TaskHeader, ctx: *mut Ctx, inst: *mut InstanceHeader) -> Result<Crossed, Error> {
    // SAFETY: as the caller vouches; the translator reserved the slots, the validator checked the memory.
    unsafe {
        let ip = (*ctx).ip;
        let named = word(ip, 1);
        let (width, cost) = ((named >> 16) as u16 as u32, (named >> 32) as i64);
        let mem = mem_inst(ctx, named as u16 as usize);
        let base = (*ctx).fp.add(f1(ip));
        let (addr, expected, timeout) = (base.read(), base.add(1).read(), base.add(2).read() as i64);
        let (at, over) = addr.overflowing_add(word(ip, 2));
        if at & (width as u64 - 1) != 0 {
            return Err(Error::new(Reason::UnalignedAtomic));
        }
        if (*mem).shared == 0 {
            return Err(Error::new(Reason::ExpectedSharedMemory));
        }
        let len = mem_len(mem);
        if over || at > len || width as u64 > len - at {
            return Err(Error::new(Reason::OutOfBoundsMemory));
        }
        let request = WaitRequest::new(ops::memory_base(mem).add(at as usize), width, expected, timeout);
        let Some(waited) = wait::wait(mem, &request) else {
            return Err(Error::new(Reason::WaitForever));
        };
        (*ctx).fuel -= cost;
        (*ctx).ip = (*ctx).code.add(n23(ip) as usize);
        (*ctx).top = base;
        (*t).stop = stop::BEHIND;
        if waited == Waited::Pending {
            (*t).call_base = index_of(t, base);
            (*t).call_instance = (*inst).id;
            (*t).call_import = PendingCall::WAIT;
            (*t).call_tail = 0;
            (*t).phase = phase::PENDING;
            return Ok(Crossed::Pending);
        }
        base.write(waited as i32 as u32 as u64);
        Ok(Crossed::On)
    }
}
