//! The memory that a runtime takes for one run: what becomes resident in a process that does nothing else.
//! Must not know any runtime.
//!
//! Counted is every page that the process gained between having only the runtime's engine and the end of the run, at
//! its peak: heap, stacks, linear memory, generated code, and the module's own bytes. Reserved address space that nothing
//! touched does not count, whoever reserved it. The executable's own pages do not count either: they are made
//! resident beforehand.

use crate::{Seat, Work};

/// Runs the module at `path` once and returns the peak in bytes and what the guest returned.
pub fn peak(seat: &mut Seat, path: &str, work: Work) -> Result<(u64, i64), String> {
    settle()?;
    let before = status("VmRSS:")?;
    seat.prepare(path, work)?;
    let result = seat.run(work)?.result;
    let after = status("VmHWM:")?;
    Ok((after.saturating_sub(before), result))
}

/// Bytes in a line of the process's status.
#[cfg(target_os = "linux")]
fn status(key: &str) -> Result<u64, String> {
    let text = std::fs::read_to_string("/proc/self/status").map_err(|e| format!("/proc/self/status: {e}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(key)).ok_or_else(|| format!("no {key} is told"))?;
    let kilobytes = line.trim().trim_end_matches("kB").trim();
    kilobytes.parse::<u64>().map(|n| n << 10).map_err(|e| format!("{kilobytes}: {e}"))
}

/// Makes every page of mapped files resident, small pages the rule, and the peak what it is now.
#[cfg(target_os = "linux")]
fn settle() -> Result<(), String> {
    // SAFETY: the call changes nothing but how later pages of this process are made.
    unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) };
    let maps = std::fs::read_to_string("/proc/self/maps").map_err(|e| format!("/proc/self/maps: {e}"))?;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights), Some(path)) = (words.next(), words.next(), words.nth(3)) else { continue };
        let Some((from, to)) = range.split_once('-') else { continue };
        if !rights.starts_with('r') || !path.starts_with('/') {
            continue;
        }
        let parse = |text| usize::from_str_radix(text, 16).map_err(|e| format!("{text}: {e}"));
        let (from, to) = (parse(from)?, parse(to)?);
        // SAFETY: the advice reads pages that are mapped and changes none. Where the kernel does not know it, the
        // pages that the run needs count as the run's.
        unsafe { libc::madvise(from as *mut libc::c_void, to - from, libc::MADV_POPULATE_READ) };
    }
    std::fs::write("/proc/self/clear_refs", "5").map_err(|e| format!("/proc/self/clear_refs: {e}"))
}

#[cfg(not(target_os = "linux"))]
fn status(_: &str) -> Result<u64, String> {
    Err("only Linux tells what a process has resident".into())
}

#[cfg(not(target_os = "linux"))]
fn settle() -> Result<(), String> {
    Ok(())
}
