//! What is said on standard output and standard error.
//!
//! Owns what happens where nobody listens: who reads no further, as `head` does, is no mistake; output that is lost for
//! another reason, such as a full disk, is one, which the exit code tells. Nothing here panics, unlike `println!`.

use core::fmt::Arguments;
use core::sync::atomic::{AtomicBool, Ordering};
use std::io::{ErrorKind, Write};

/// Whether output was lost that somebody wanted.
static LOST: AtomicBool = AtomicBool::new(false);

/// Says a line on standard output.
macro_rules! say {
    () => { $crate::print::out(format_args!("\n")) };
    ($($text:tt)*) => { $crate::print::out(format_args!("{}\n", format_args!($($text)*))) };
}
/// Tells a line on standard error.
macro_rules! tell {
    ($($text:tt)*) => { $crate::print::err(format_args!("{}\n", format_args!($($text)*))) };
}
pub(crate) use {say, tell};

/// Writes to standard output.
pub fn out(text: Arguments<'_>) {
    // At once, so that neither the guest nor a line's half comes between.
    let text = text.to_string();
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    if let Err(why) = written
        && why.kind() != ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        tell!("wrtd: write: cannot write to standard output: {why}");
    }
}

/// Writes to standard error. Where that fails, nobody is left who could be told.
pub fn err(text: Arguments<'_>) {
    let text = text.to_string();
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Whether standard output could not take what was said.
pub fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}
