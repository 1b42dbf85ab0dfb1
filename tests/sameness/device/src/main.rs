//! The runner as a program of its own, without the standard library.
//!
//! Owns the buffers between the runner and the platform's files. `linux.rs` and `board.rs` know their
//! platform: how it starts, its files, the memory that can be lent, how to end.
#![no_std]
#![no_main]

#[cfg(target_os = "none")]
mod board;
#[cfg(target_os = "none")]
use board as platform;
#[cfg(not(target_os = "none"))]
mod linux;
#[cfg(not(target_os = "none"))]
use linux as platform;

use core::fmt::{self, Write};
use wrt_core::Block;
use wrt_sameness_runner::{Broken, Platform, run};

/// Bytes of each buffer.
const BUFFER: usize = 32 << 10;

/// What the platform prints on its error output.
struct Message;

impl Write for Message {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        platform::complain(text.as_bytes());
        Ok(())
    }
}

/// Runs the corpus of one open file into another; the exit code.
fn go(corpus: platform::File, outcomes: platform::File, lent: &mut [Block]) -> i32 {
    let (mut input, mut at, mut filled) = ([0u8; BUFFER], 0, 0);
    let mut read = |mut into: &mut [u8]| {
        while !into.is_empty() {
            if at == filled {
                at = 0;
                filled = corpus.read(&mut input);
            }
            let ready = input.get(at..filled).unwrap_or(&[]);
            let count = ready.len().min(into.len());
            let Some((head, tail)) = into.split_at_mut_checked(count).filter(|_| count > 0) else { return false };
            head.copy_from_slice(ready.get(..count).unwrap_or(&[]));
            at += count;
            into = tail;
        }
        true
    };
    let (mut output, mut used) = ([0u8; BUFFER], 0);
    let mut write = |bytes: &[u8]| {
        for piece in bytes.chunks(BUFFER) {
            if used + piece.len() > BUFFER {
                outcomes.write(output.get(..used).unwrap_or(&[]));
                used = 0;
            }
            if let Some(place) = output.get_mut(used..used + piece.len()) {
                place.copy_from_slice(piece);
                used += piece.len();
            }
        }
    };
    let result = run(&mut Platform { read: &mut read, write: &mut write }, lent);
    outcomes.write(output.get(..used).unwrap_or(&[]));
    match result {
        Ok(()) => 0,
        Err(Broken::Engine(error)) => {
            let _ = writeln!(Message, "the engine refuses what the corpus needs: {error}");
            1
        }
        Err(Broken::Form) => {
            let _ = writeln!(Message, "the corpus has an unknown form");
            1
        }
        Err(Broken::Room) => {
            let _ = writeln!(Message, "the corpus needs more memory");
            1
        }
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(Message, "{info}");
    platform::exit(1)
}
