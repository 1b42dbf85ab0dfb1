//! aarch64 Linux by its system calls alone, so that no C library for the target is needed:
//! `wrt-sameness-device CORPUS OUTCOMES`.

use core::arch::{asm, global_asm};
use core::cell::UnsafeCell;
use core::ffi::c_char;
use wrt_core::Block;
use wrt_sameness_runner::BLOCKS;

// A process starts with its arguments on the stack: their number, then their addresses.
global_asm!(".global _start", "_start:", "mov x29, xzr", "mov x30, xzr", "mov x0, sp", "bl start",);

const OPENAT: usize = 56;
const READ: usize = 63;
const WRITE: usize = 64;
const EXIT: usize = 93;
/// Relative to the folder at hand.
const AT_FDCWD: usize = -100isize as usize;
const O_RDONLY: usize = 0;
const O_WRONLY_CREAT_TRUNC: usize = 0o1 | 0o100 | 0o1000;

/// Calls the system.
///
/// # Safety
/// The arguments are what the call takes.
unsafe fn system(number: usize, args: [usize; 4]) -> isize {
    let [a, b, c, d] = args;
    let answer: usize;
    // SAFETY: the number is taken in x8, arguments in x0 to x3, the answer comes in x0.
    unsafe {
        asm!("svc 0", in("x8") number, inout("x0") a => answer, in("x1") b, in("x2") c, in("x3") d, options(nostack));
    }
    answer as isize
}

/// An open file.
pub(crate) struct File(usize);

impl File {
    /// # Safety
    /// `path` is a C string.
    unsafe fn open(path: *const c_char, flags: usize) -> File {
        // SAFETY: folder, path, flags, mode.
        let file = unsafe { system(OPENAT, [AT_FDCWD, path.expose_provenance(), flags, 0o644]) };
        if file < 0 {
            complain(b"cannot open the files\n");
            exit(2);
        }
        File(file as usize)
    }
    /// Reads at most as many bytes as fit; 0 at the end.
    pub(crate) fn read(&self, into: &mut [u8]) -> usize {
        // SAFETY: file, buffer, length.
        unsafe { system(READ, [self.0, into.as_mut_ptr().expose_provenance(), into.len(), 0]) }.max(0) as usize
    }
    /// Writes all bytes, or ends the program.
    pub(crate) fn write(&self, mut from: &[u8]) {
        while !from.is_empty() {
            // SAFETY: file, buffer, length.
            let count = unsafe { system(WRITE, [self.0, from.as_ptr().expose_provenance(), from.len(), 0]) };
            match from.get(count.max(0) as usize..) {
                Some(rest) if count > 0 => from = rest,
                _ => {
                    complain(b"cannot write the outcomes\n");
                    exit(1);
                }
            }
        }
    }
}

/// Prints on the error output.
pub(crate) fn complain(text: &[u8]) {
    // SAFETY: file, buffer, length.
    unsafe { system(WRITE, [2, text.as_ptr().expose_provenance(), text.len(), 0]) };
}

/// Ends the program.
pub(crate) fn exit(code: i32) -> ! {
    loop {
        // SAFETY: the exit code.
        unsafe { system(EXIT, [code as usize, 0, 0, 0]) };
    }
}

struct Memory(UnsafeCell<[Block; BLOCKS]>);
// SAFETY: `start` alone uses it, once, on the only thread.
unsafe impl Sync for Memory {}
static MEMORY: Memory = Memory(UnsafeCell::new([Block::ZERO; BLOCKS]));

#[unsafe(no_mangle)]
extern "C" fn start(stack: *const usize) -> ! {
    // SAFETY: the number of arguments stands first, their addresses behind it.
    if unsafe { stack.read() } != 3 {
        complain(b"usage: wrt-sameness-device CORPUS OUTCOMES\n");
        exit(2);
    }
    // SAFETY: as above; each argument is a C string.
    let (corpus, outcomes) = unsafe {
        let argument = |index: usize| stack.cast::<*const c_char>().add(1 + index).read();
        (File::open(argument(1), O_RDONLY), File::open(argument(2), O_WRONLY_CREAT_TRUNC))
    };
    // SAFETY: this is the only use.
    let lent = unsafe { &mut *MEMORY.0.get() };
    exit(crate::go(corpus, outcomes, lent))
}
