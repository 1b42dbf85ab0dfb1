//! A bare board with a debugger attached (semihosting): a Cortex-M3 or M4F, as QEMU's `mps2-an385` and `mps2-an386` are,
//! or a RISC-V of 32 bits, as its `virt` is.
//!
//! Owns the start, the vector table, and the calls by which the debugger opens `corpus` and
//! `outcomes` in its own folder. Memory is laid out by `board.x` and `virt.x`.

use core::arch::{asm, global_asm};
use core::ffi::c_void;
use wrt_core::Block;
use wrt_sameness_runner::BLOCKS;

// The floating-point unit, where there is one, is off at reset (CPACR, ARMv7-M B3.2.20); code that uses it comes after.
#[cfg(target_arch = "arm")]
global_asm!(
    ".section .vectors, \"a\"",
    ".word __stack_top",
    ".word reset",
    ".rept 14",
    ".word fault",
    ".endr",
    ".section .text.start, \"ax\"",
    ".thumb_func",
    ".global reset",
    "reset:",
    "ldr r0, =0xe000ed88",
    "ldr r1, [r0]",
    "orr r1, r1, #0xf00000",
    "str r1, [r0]",
    "dsb",
    "isb",
    "bl start",
    ".thumb_func",
    "fault:",
    "bl stopped",
    ".ltorg",
);

// The emulator begins at the first byte of memory; traps go to what `mtvec` names (Privileged Architecture, 3.1.7).
#[cfg(target_arch = "riscv32")]
global_asm!(
    ".section .vectors, \"ax\"",
    ".global reset",
    "reset:",
    "la sp, __stack_top",
    "la t0, fault",
    "csrw mtvec, t0",
    "call start",
    ".balign 4",
    "fault:",
    "la sp, __stack_top",
    "call stopped",
);

unsafe extern "C" {
    static mut __lent: c_void;
    static __lent_end: c_void;
}

const SYS_OPEN: usize = 0x01;
const SYS_WRITE0: usize = 0x04;
const SYS_WRITE: usize = 0x05;
const SYS_READ: usize = 0x06;
const SYS_EXIT_EXTENDED: usize = 0x20;
/// Binary reading and binary writing, as `fopen` has them.
const RB: usize = 1;
const WB: usize = 5;
/// ADP_Stopped_ApplicationExit
const APPLICATION_EXIT: usize = 0x20026;

/// Calls the debugger.
///
/// # Safety
/// `block` is what the operation takes.
unsafe fn debugger(operation: usize, block: *const c_void) -> usize {
    let answer;
    #[cfg(target_arch = "arm")]
    // SAFETY: the debugger takes the operation in r0, its block in r1, and answers in r0.
    unsafe {
        asm!("bkpt 0xab", inout("r0") operation => answer, in("r1") block, options(nostack));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: the same in a0 and a1; the three instructions, none of them compressed, are the sign (RISC-V
    // Semihosting, chapter 2).
    unsafe {
        asm!(
            ".balign 16",
            ".option push",
            ".option norvc",
            "slli x0, x0, 0x1f",
            "ebreak",
            "srai x0, x0, 7",
            ".option pop",
            inout("a0") operation => answer, in("a1") block, options(nostack),
        );
    }
    answer
}

/// An open file of the debugger's.
pub(crate) struct File(usize);

impl File {
    fn open(name: &core::ffi::CStr, mode: usize) -> File {
        let block = [name.as_ptr().addr(), mode, name.count_bytes()];
        // SAFETY: name, mode, length of the name.
        let file = unsafe { debugger(SYS_OPEN, block.as_ptr().cast()) };
        if file == usize::MAX {
            complain(b"cannot open the files\n");
            exit(2);
        }
        File(file)
    }
    /// Reads at most as many bytes as fit; 0 at the end.
    pub(crate) fn read(&self, into: &mut [u8]) -> usize {
        let block = [self.0, into.as_mut_ptr().expose_provenance(), into.len()];
        // SAFETY: file, buffer, length; the answer is how many bytes were not read.
        into.len() - unsafe { debugger(SYS_READ, block.as_ptr().cast()) }.min(into.len())
    }
    /// Writes all bytes, or ends the program.
    pub(crate) fn write(&self, from: &[u8]) {
        let block = [self.0, from.as_ptr().expose_provenance(), from.len()];
        // SAFETY: file, buffer, length; the answer is how many bytes were not written.
        if unsafe { debugger(SYS_WRITE, block.as_ptr().cast()) } != 0 {
            complain(b"cannot write the outcomes\n");
            exit(1);
        }
    }
}

/// Prints on the debugger's console.
pub(crate) fn complain(text: &[u8]) {
    for piece in text.chunks(63) {
        let mut line = [0u8; 64];
        for (to, from) in line.iter_mut().zip(piece) {
            *to = *from;
        }
        // SAFETY: a string that ends in zero.
        unsafe { debugger(SYS_WRITE0, line.as_ptr().cast()) };
    }
}

/// Ends the emulation.
pub(crate) fn exit(code: i32) -> ! {
    let block = [APPLICATION_EXIT, code as usize];
    // SAFETY: reason and code.
    unsafe { debugger(SYS_EXIT_EXTENDED, block.as_ptr().cast()) };
    loop {
        core::hint::spin_loop();
    }
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    #[cfg(feature = "flush-to-zero")]
    // SAFETY: bit 24 of the unit's control register (ARMv7-M A2.5.3) changes results alone.
    unsafe {
        asm!("vmsr fpscr, {0}", in(reg) 1 << 24, options(nomem, nostack));
    }
    let base = (&raw mut __lent).cast::<Block>();
    let room = ((&raw const __lent_end).addr() - base.addr()) / size_of::<Block>();
    if room < BLOCKS {
        complain(b"the board has too little memory\n");
        exit(2);
    }
    // SAFETY: the linker script keeps this memory for this use, which is the only one; every bit
    // pattern is a block.
    let lent = unsafe { core::slice::from_raw_parts_mut(base, BLOCKS) };
    exit(crate::go(File::open(c"corpus", RB), File::open(c"outcomes", WB), lent))
}

#[unsafe(no_mangle)]
extern "C" fn stopped() -> ! {
    complain(b"a fault of the processor\n");
    exit(3)
}
