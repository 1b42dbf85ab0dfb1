//! The executor's registers and the few functions through which operations touch code words, frame
//! slots and linear memory.
//!
//! Everything unchecked in the executor passes through here. What keeps it in bounds is said once:
//! code words come from the translator alone; their slot fields lie below the function's frame
//! size, and a frame is entered only if it lies within the task's stack; branch targets lie within
//! the function; accesses to memory are compared with its length first.

use super::state::TaskHeader;
use crate::budget::Proposals;
use crate::module::layout::FuncEntry;
use crate::runtime::layout::{InstanceHeader, MemInst, TableInst};
use crate::runtime::{ops, racy, shared};
use crate::vector::V128;
#[cfg(wrt_tail)]
use core::mem::MaybeUninit;

#[cfg(wrt_checked)]
use super::bounds::{self, Lent};

/// In builds with `WRT_CHECKED=1`: so many bytes lie within what was lent.
macro_rules! checked {
    ($($what:ident)|+, $at:expr, $bytes:expr) => {
        #[cfg(wrt_checked)]
        bounds::check(&[$(Lent::$what),+], $at, $bytes);
    };
}

/// Instruction pointer: the code word at hand.
pub(super) type Ip = *const u64;
/// Frame pointer: slot 0 of the frame at hand.
pub(super) type Fp = *mut u64;

/// What operations need beyond the registers. Lives on the driver's stack for one slice.
#[repr(C)]
pub(crate) struct Ctx {
    /// Bytes of memory 0 of the instance at hand, when its addresses are 32 bits wide and no other
    /// thread can let it grow.
    pub(crate) mem_len: u64,
    /// What is left of the slice.
    pub(crate) fuel: i64,
    /// The loop's label that was gone back to last.
    pub(crate) label: Ip,
    /// Functions by which the tail back end goes where a table leads, one for each of `notes`; null where it never ran.
    pub(crate) stubs: *const (),
    /// Word 0 of the code.
    pub(crate) code: *const u64,
    /// Cells of the defined globals.
    pub(crate) globals: *mut u64,
    /// End of the frame that was entered last, or is too big; at a stop, where the accumulator's value lies.
    pub(crate) top: *mut u64,
    /// Greatest frame end reached so far.
    pub(crate) high_water: *mut u64,
    /// Calls that may be nested before they are deeper than ever: never negative at a stop.
    pub(crate) slack: i64,
    /// Calls that may be nested beyond these.
    pub(crate) depth_mark: i64,
    /// Number of the instance in its group.
    pub(crate) id: u32,
    /// Memories of the instance.
    pub(crate) memory_count: u32,
    /// Bytes to which the linear memories of an instance may grow, in sum.
    pub(crate) memory_limit: u64,
    /// `Reason` of a trap.
    pub(crate) reason: u16,
    pub(crate) funcs: *const FuncEntry,
    pub(crate) tables: *const u64,
    pub(crate) memories: *const u64,
    pub(crate) imported_globals: *const u64,
    pub(crate) inst: *mut InstanceHeader,
    /// Base of the group's heap; null where there is none.
    pub(crate) heap: *mut u8,
    /// The task that runs.
    pub(crate) task: *mut TaskHeader,
    /// End of the task's stack.
    pub(crate) stack_end: *mut u64,
    // ---- where the run stopped ----
    pub(crate) ip: Ip,
    pub(crate) fp: Fp,
    /// Address on the native stack where the tail back end stopped.
    pub(crate) native: usize,
    /// Frames that may be active at once.
    pub(crate) max_depth: i64,
    /// Where cases of branch tables and calls through tables have led to last.
    #[cfg(wrt_tail)]
    pub(crate) notes: MaybeUninit<[Ip; crate::ops::NOTES]>,
}

impl Ctx {
    /// Calls that may still be nested.
    pub(crate) fn depth(&self) -> i64 {
        self.depth_mark + self.slack
    }

    /// One call more is nested.
    pub(super) fn descend(&mut self) {
        if self.slack > 0 {
            self.slack -= 1;
        } else {
            self.depth_mark -= 1;
        }
    }

    /// A context of nothing.
    pub(super) fn empty() -> Self {
        Ctx {
            mem_len: 0,
            fuel: 0,
            label: core::ptr::null(),
            stubs: core::ptr::null(),
            code: core::ptr::null(),
            globals: core::ptr::null_mut(),
            top: core::ptr::null_mut(),
            high_water: core::ptr::null_mut(),
            slack: 0,
            depth_mark: 0,
            id: 0,
            memory_count: 0,
            memory_limit: 0,
            reason: 0,
            funcs: core::ptr::null(),
            tables: core::ptr::null(),
            memories: core::ptr::null(),
            imported_globals: core::ptr::null(),
            inst: core::ptr::null_mut(),
            heap: core::ptr::null_mut(),
            task: core::ptr::null_mut(),
            stack_end: core::ptr::null_mut(),
            ip: core::ptr::null(),
            fp: core::ptr::null_mut(),
            native: 0,
            max_depth: 0,
            #[cfg(wrt_tail)]
            notes: MaybeUninit::uninit(),
        }
    }
}

// ---- code words: four 16-bit fields, the operation in field 0 ----

macro_rules! fields {
    ($($f:ident $i:ident $n:literal)*) => {$(
        #[inline(always)]
        pub(super) unsafe fn $f(ip: Ip) -> usize {
            checked!(Code, ip, 8);
            // SAFETY: `ip` is a code word of the translator (see the module's comment).
            unsafe { *ip.cast::<u16>().add($n) as usize }
        }
        #[inline(always)]
        #[allow(dead_code, reason = "not every field holds an immediate")]
        pub(super) unsafe fn $i(ip: Ip) -> i16 {
            checked!(Code, ip, 8);
            // SAFETY: as above.
            unsafe { *ip.cast::<i16>().add($n) }
        }
    )*};
}
fields! { f0 i0 0 f1 i1 1 f2 i2 2 f3 i3 3 }

/// Fields 2 and 3 as one number.
#[inline(always)]
pub(super) unsafe fn n23(ip: Ip) -> u32 {
    checked!(Code, ip, 8);
    // SAFETY: `ip` is a code word of the translator.
    unsafe { *ip.cast::<u32>().add(1) }
}

/// The `n`-th word from `ip` on.
#[inline(always)]
pub(super) unsafe fn word(ip: Ip, n: usize) -> u64 {
    checked!(Code, ip.wrapping_add(n), 8);
    // SAFETY: the operation at `ip` has that many words.
    unsafe { *ip.add(n) }
}

/// The halves of the `n`-th word from `ip` on, the lower first: each is one load, and none needs a shift.
#[inline(always)]
pub(super) unsafe fn halves(ip: Ip, n: usize) -> (i32, i32) {
    checked!(Code, ip.wrapping_add(n), 8);
    // SAFETY: the operation at `ip` has that many words.
    unsafe {
        let at = ip.add(n).cast::<i32>();
        (*at, *at.add(1))
    }
}

// ---- slots ----

#[inline(always)]
pub(super) unsafe fn slot(fp: Fp, n: usize) -> u64 {
    checked!(Stack, fp.wrapping_add(n), 8);
    // SAFETY: slot fields lie below the frame's size.
    unsafe { *fp.add(n) }
}

#[inline(always)]
pub(super) unsafe fn set(fp: Fp, n: usize, v: u64) {
    checked!(Stack, fp.wrapping_add(n), 8);
    // SAFETY: slot fields lie below the frame's size.
    unsafe { *fp.add(n) = v }
}

/// A frame's header: the return word and the distance to the caller's frame. Written and read as two halves,
/// because a processor forwards what was stored to a load of the same width.
#[inline(always)]
pub(super) unsafe fn header(fp: Fp, n: usize) -> (u32, u32) {
    checked!(Stack, fp.wrapping_add(n), 8);
    // SAFETY: slot fields lie below the frame's size.
    unsafe {
        let at = fp.add(n).cast::<u32>();
        (*at, *at.add(1))
    }
}

#[inline(always)]
pub(super) unsafe fn set_header(at: Fp, word: u32, delta: u32) {
    checked!(Stack, at, 8);
    // SAFETY: as above.
    unsafe {
        let at = at.cast::<u32>();
        *at = word;
        *at.add(1) = delta;
    }
}

/// The vector in slots `n` and `n + 1`.
#[inline(always)]
pub(super) unsafe fn vector_at(fp: Fp, n: usize) -> V128 {
    checked!(Stack | Instance | Cell, fp.wrapping_add(n), 16);
    // SAFETY: slot fields lie below the frame's size, and a vector's second slot does too.
    unsafe { V128::read(fp.add(n)) }
}

#[inline(always)]
pub(super) unsafe fn set_vector(fp: Fp, n: usize, v: V128) {
    checked!(Stack | Instance | Cell, fp.wrapping_add(n), 16);
    // SAFETY: as above.
    unsafe { v.write(fp.add(n)) }
}

/// The same pointer, about which the optimiser knows nothing: so it does not unroll the loop that
/// steps it, which would take more registers than a handler has.
#[inline(always)]
#[cfg_attr(wrt_tail, allow(clippy::pointers_in_nomem_asm_block, reason = "the address is all that passes"))]
fn opaque(at: Fp) -> Fp {
    #[cfg(wrt_tail)]
    {
        let mut at = at;
        // SAFETY: no instruction is emitted.
        unsafe { core::arch::asm!("/* {0} */", inout(reg) at, options(pure, nomem, nostack, preserves_flags)) }
        at
    }
    #[cfg(not(wrt_tail))]
    at
}

/// Moves `n` slots to a lower place.
#[inline(always)]
pub(super) unsafe fn copy_slots(to: Fp, from: Fp, n: usize) {
    let (mut to, mut from, end) = (to, from, from.wrapping_add(n));
    while from != end {
        // Volatile keeps this a loop: as a call of `memmove` it would make every handler that
        // contains it save its registers.
        checked!(Stack, from, 8);
        checked!(Stack, to, 8);
        // SAFETY: both runs lie within the frame's size.
        unsafe { to.write_volatile(*from) };
        to = to.wrapping_add(1);
        from = opaque(from.wrapping_add(1));
    }
}

/// Zeroes `n` slots, an even number.
#[inline(always)]
pub(super) unsafe fn zero_slots(at: Fp, n: usize) {
    let (mut at, end) = (at, at.wrapping_add(n));
    while at != end {
        checked!(Stack, at, 16);
        // SAFETY: the locals of the frame that is entered, which lies within the stack.
        unsafe {
            // A pointer that the optimiser cannot follow keeps this a loop of two slots a step; elsewhere volatile does.
            #[cfg(wrt_tail)]
            at.cast::<[u64; 2]>().write([0; 2]);
            #[cfg(not(wrt_tail))]
            {
                at.write_volatile(0);
                at.wrapping_add(1).write_volatile(0);
            }
        }
        at = opaque(at.wrapping_add(2));
    }
}

// ---- linear memory: `at` is a byte address whose access was compared with the length ----

macro_rules! access {
    ($($read:ident $write:ident $ty:ty;)*) => {$(
        #[inline(always)]
        pub(super) unsafe fn $read(mem: *const u8, at: u64) -> $ty {
            checked!(Memory | Other, mem.wrapping_add(at as usize), size_of::<$ty>());
            // SAFETY: the caller compared the end of the access with the memory's length.
            <$ty>::from_le(unsafe { mem.add(at as usize).cast::<$ty>().read_unaligned() })
        }
        #[inline(always)]
        pub(super) unsafe fn $write(mem: *mut u8, at: u64, v: $ty) {
            checked!(Memory | Other, mem.wrapping_add(at as usize), size_of::<$ty>());
            // SAFETY: the caller compared the end of the access with the memory's length.
            unsafe { mem.add(at as usize).cast::<$ty>().write_unaligned(v.to_le()) }
        }
    )*};
}
#[inline(always)]
pub(super) unsafe fn read128(mem: *const u8, at: u64) -> V128 {
    checked!(Memory, mem.wrapping_add(at as usize), 16);
    // SAFETY: the caller compared the end of the access with the memory's length.
    V128::from_bytes(unsafe { mem.add(at as usize).cast::<[u8; 16]>().read() })
}
#[inline(always)]
pub(super) unsafe fn read_half(mem: *const u8, at: u64) -> [u8; 8] {
    checked!(Memory, mem.wrapping_add(at as usize), 8);
    // SAFETY: the caller compared the end of the access with the memory's length.
    unsafe { mem.add(at as usize).cast::<[u8; 8]>().read() }
}
#[inline(always)]
pub(super) unsafe fn write128(mem: *mut u8, at: u64, v: V128) {
    checked!(Memory, mem.wrapping_add(at as usize), 16);
    // SAFETY: the caller compared the end of the access with the memory's length.
    unsafe { mem.add(at as usize).cast::<[u8; 16]>().write(v.bytes()) }
}

access! { read8 write8 u8; read16 write16 u16; read32 write32 u32; read64 write64 u64; }

// ---- any memory: others may access a shared one at the same time ----

macro_rules! any_access {
    ($($load:ident $store:ident $read:ident $write:ident $ty:ty;)*) => {$(
        #[inline(always)]
        pub(super) unsafe fn $load(mi: *mut MemInst, at: u64) -> $ty {
            // SAFETY: the caller compared the end of the access with the memory's length.
            unsafe {
                lend_other(mi);
                let mem = (*mi).base as *const u8;
                if (*mi).shared != 0 { racy::$read(mem.add(at as usize)) } else { $read(mem, at) }
            }
        }
        #[inline(always)]
        pub(super) unsafe fn $store(mi: *mut MemInst, at: u64, v: $ty) {
            // SAFETY: the caller compared the end of the access with the memory's length.
            unsafe {
                lend_other(mi);
                let mem = (*mi).base as *mut u8;
                if (*mi).shared != 0 { racy::$write(mem.add(at as usize), v) } else { $write(mem, at, v) }
            }
        }
    )*};
}
/// In builds with `WRT_CHECKED=1`: the bytes of a memory that is about to be accessed.
#[inline(always)]
unsafe fn lend_other(mi: *mut MemInst) {
    #[cfg(wrt_checked)]
    // SAFETY: the memory is live.
    unsafe {
        bounds::lend(Lent::Other, (*mi).base as *const u8, shared::bound(mi) as usize);
    }
    let _ = mi;
}

any_access! {
    load8 store8 read8 write8 u8; load16 store16 read16 write16 u16;
    load32 store32 read32 write32 u32; load64 store64 read64 write64 u64;
}

/// `N` bytes of any memory.
#[inline(always)]
unsafe fn load_bytes<const N: usize>(mi: *mut MemInst, at: u64) -> [u8; N] {
    // SAFETY: the caller compared the end of the access with the memory's length.
    unsafe {
        let from = mem_at(mi, at);
        checked!(Other, from, N);
        if (*mi).shared == 0 {
            return from.cast::<[u8; N]>().read();
        }
        let mut bytes = [0; N];
        racy::copy(from, bytes.as_mut_ptr(), N);
        bytes
    }
}
#[inline(always)]
pub(super) unsafe fn load128(mi: *mut MemInst, at: u64) -> V128 {
    // SAFETY: as for `load_bytes`.
    V128::from_bytes(unsafe { load_bytes(mi, at) })
}
#[inline(always)]
pub(super) unsafe fn load_half(mi: *mut MemInst, at: u64) -> [u8; 8] {
    // SAFETY: as for `load_bytes`.
    unsafe { load_bytes(mi, at) }
}
#[inline(always)]
pub(super) unsafe fn store128(mi: *mut MemInst, at: u64, v: V128) {
    // SAFETY: the caller compared the end of the access with the memory's length.
    unsafe {
        let to = mem_at(mi, at);
        checked!(Other, to, 16);
        if (*mi).shared == 0 {
            to.cast::<[u8; 16]>().write(v.bytes());
        } else {
            racy::copy(v.bytes().as_ptr(), to, 16);
        }
    }
}

/// Address of the byte `at` of a memory.
#[inline(always)]
pub(super) unsafe fn mem_at(mi: *mut MemInst, at: u64) -> *mut u8 {
    // SAFETY: the caller compared the address with the memory's length.
    unsafe {
        lend_other(mi);
        let to = ((*mi).base as *mut u8).add(at as usize);
        checked!(Other, to, 1);
        to
    }
}

/// Bytes of a memory, for the bounds of an access.
#[inline(always)]
pub(super) unsafe fn mem_len(mi: *mut MemInst) -> u64 {
    // SAFETY: the memory is live.
    unsafe { shared::bound(mi) }
}

/// Bytes of a memory, for the guest to see.
#[inline(always)]
pub(super) unsafe fn mem_size(mi: *mut MemInst) -> u64 {
    // SAFETY: the memory is live.
    unsafe { shared::len(mi) }
}

/// Notes the length of memory 0 of the instance at hand, which may have grown; returns its base.
#[inline(always)]
pub(super) unsafe fn memory_0(ctx: *mut Ctx) -> *mut u8 {
    // SAFETY: the context describes a live instance.
    unsafe {
        if (*ctx).memory_count == 0 {
            return core::ptr::NonNull::<u8>::dangling().as_ptr();
        }
        let mem = mem_inst(ctx, 0);
        (*ctx).mem_len = cached_len(mem);
        ops::memory_base(mem)
    }
}

/// [`Ctx::mem_len`] when `mi` is memory 0.
#[inline]
pub(super) unsafe fn cached_len(mi: *mut MemInst) -> u64 {
    #[cfg(wrt_checked)]
    // SAFETY: the memory is live.
    unsafe {
        bounds::lend(Lent::Memory, (*mi).base as *const u8, shared::bound(mi) as usize);
    }
    // SAFETY: the memory is live.
    unsafe { if (!Proposals::MEMORY64.is_built() || (*mi).is64 == 0) && !(*mi).is_shared() { (*mi).len } else { 0 } }
}

// ---- what an instance owns ----

#[inline(always)]
pub(super) unsafe fn mem_inst(ctx: *mut Ctx, index: usize) -> *mut MemInst {
    checked!(Instance, unsafe { (*ctx).memories.wrapping_add(index) }, 8);
    // SAFETY: the validator checked the memory index.
    unsafe { *(*ctx).memories.add(index) as usize as *mut MemInst }
}

#[inline(always)]
pub(super) unsafe fn table_inst(ctx: *mut Ctx, index: usize) -> *mut TableInst {
    checked!(Instance, unsafe { (*ctx).tables.wrapping_add(index) }, 8);
    // SAFETY: the validator checked the table index.
    unsafe { *(*ctx).tables.add(index) as usize as *mut TableInst }
}

#[inline(always)]
pub(super) unsafe fn table_element(table: *mut TableInst, index: u64) -> u64 {
    // SAFETY: the caller compared the index with the table's length.
    unsafe { *table.cast::<u8>().add((*table).elements as usize).cast::<u64>().add(index as usize) }
}

#[inline(always)]
pub(super) unsafe fn imported_global(ctx: *mut Ctx, index: usize) -> *mut u64 {
    checked!(Instance, unsafe { (*ctx).imported_globals.wrapping_add(index) }, 8);
    // SAFETY: the validator checked the global index; the cell was bound at instantiation.
    let cell = unsafe { *(*ctx).imported_globals.add(index) as usize as *mut u64 };
    #[cfg(wrt_checked)]
    bounds::lend(Lent::Cell, cell, 16);
    cell
}
