//! A line on standard error while loading takes long, if a person sits there.
//!
//! Owns how long one waits without being told. Where standard error is no terminal, nothing is written.

use core::time::Duration;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

/// How often the line is written; before the first time nothing is.
const INTERVAL: Duration = Duration::from_secs(1);
/// Begins the line anew and clears it.
const CLEAR: &str = "\r\x1b[K";

/// Tells of something that takes long, until it is dropped.
pub struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Begins to wait.
    pub fn begin(what: String) -> Self {
        if !std::io::stderr().is_terminal() {
            return Progress(None);
        }
        let (ended, waiting) = channel();
        let begun = Instant::now();
        let tell = move || {
            let mut told = false;
            while waiting.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                eprint!("{CLEAR}{what} … {} s", begun.elapsed().as_secs());
                let _ = std::io::stderr().flush();
                told = true;
            }
            if told {
                eprint!("{CLEAR}");
            }
        };
        // Without a thread there is no line, which is no reason not to load.
        let thread = std::thread::Builder::new().name("progress".into()).spawn(tell);
        Progress(thread.ok().map(|thread| (ended, thread)))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((ended, thread)) = self.0.take() {
            drop(ended);
            let _ = thread.join();
        }
    }
}
