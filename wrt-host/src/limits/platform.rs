//! What this machine offers: the layer between `wrt-platform` and the operating system's files and calls.

#[cfg(target_os = "linux")]
use std::fs::File;
use wrt_platform::Offer;

/// The files of this system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Live;

#[cfg(target_os = "linux")]
impl wrt_platform::linux::Files for Live {
    type File = File;
    fn open(&mut self, path: &[u8]) -> Option<File> {
        use std::os::unix::ffi::OsStrExt;
        File::open(std::ffi::OsStr::from_bytes(path)).ok()
    }
    fn read(&mut self, file: &mut File, buffer: &mut [u8]) -> Option<usize> {
        use std::io::Read;
        file.read(buffer).ok()
    }
}

/// What this machine offers to this process; nothing where the system is none that is known.
#[must_use]
pub fn discover() -> Offer {
    #[cfg(target_os = "linux")]
    return wrt_platform::linux::discover(&mut Live);
    #[cfg(target_os = "macos")]
    return wrt_platform::macos::discover();
    #[cfg(target_os = "nto")]
    return wrt_platform::qnx::discover();
    #[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "nto")))]
    Offer::NOTHING
}
