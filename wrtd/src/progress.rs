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
        if std::io::stderr().is_terminal() { Self::tell(what, INTERVAL, std::io::stderr()) } else { Progress(None) }
    }

    /// Tells `out`, each `interval` anew.
    fn tell(what: String, interval: Duration, mut out: impl Write + Send + 'static) -> Self {
        let (ended, waiting) = channel();
        let begun = Instant::now();
        let tell = move || {
            let mut told = false;
            while waiting.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                // Where nobody reads it, nothing is lost.
                let _ = write!(out, "{CLEAR}{what} … {} s", begun.elapsed().as_secs());
                let _ = out.flush();
                told = true;
            }
            if told {
                let _ = write!(out, "{CLEAR}");
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Screen {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("no thread panics").clone()).expect("UTF-8")
        }
    }
    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no thread panics").write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn cli_2_what_takes_long_is_told_and_taken_back() {
        let screen = Screen::default();
        let progress = Progress::tell("loading x".into(), Duration::ZERO, screen.clone());
        while !screen.text().contains(" s") {
            std::thread::yield_now();
        }
        drop(progress);
        let text = screen.text();
        assert!(text.starts_with("\r\x1b[Kloading x … ") && text.ends_with(CLEAR), "{text:?}");
    }

    #[test]
    fn cli_2_what_ends_soon_is_not_told() {
        let screen = Screen::default();
        drop(Progress::tell("loading x".into(), Duration::MAX, screen.clone()));
        assert_eq!(screen.text(), "");
    }
}
