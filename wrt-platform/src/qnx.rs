//! QNX: the system's memory in the system page, and resource limits.
//!
//! The system page is described in *Building Embedded Systems*, "System Page" (`<sys/syspage.h>`): a
//! section is found by its offset, section `asinfo` lists parts of the address space with names in section
//! `strings`, and `sysram` is memory that the system manages (*System Architecture*, "Seeding of typed
//! memory regions"). `_syspage_ptr` is documented in the C library reference, and so is getrlimit().

use crate::posix::{Resources, resource_limits};
use crate::{Found, Offer};

/// `<sys/resource.h>`: RLIMIT_AS is RLIMIT_VMEM.
const RESOURCES: Resources = Resources { address_space: 6, data: 2, stack: 3, infinity: u64::MAX - 2 };

/// Where the sections are noted in the page; two releases have two layouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Software Development Platform 7.0 and 7.1.
    Sdp7,
    /// Software Development Platform 8.0.
    Sdp8,
}

impl Layout {
    /// The layout of the target that is compiled for.
    pub const OWN: Layout = if cfg!(target_env = "nto80") { Layout::Sdp8 } else { Layout::Sdp7 };

    /// Offsets of the notes on `asinfo` and `strings`.
    const fn notes(self) -> (usize, usize) {
        match self {
            Layout::Sdp7 => (12, 48),
            Layout::Sdp8 => (200, 32),
        }
    }
}

/// Bytes of a `struct asinfo_entry`: two addresses, four short numbers, a pointer, a spare word.
const ENTRY: usize = if size_of::<usize>() == 8 { 40 } else { 32 };

unsafe extern "C" {
    static _syspage_ptr: *const u8;
}

/// What the system offers to this process.
#[must_use]
pub fn discover() -> Offer {
    let mut offer = Offer::NOTHING;
    // SAFETY: the C library sets the pointer before the program starts, or leaves it null.
    let page = unsafe { _syspage_ptr };
    if page.is_null() {
        offer.fail();
    } else {
        // SAFETY: the page is mapped for reading for as long as the process lives; its second short number
        // is its size in bytes.
        let page = unsafe {
            let size = page.add(2).cast::<u16>().read_unaligned();
            core::slice::from_raw_parts(page, size.into())
        };
        match system_ram(page, Layout::OWN) {
            Some(bytes) => offer.memory(Found::new(bytes, "asinfo sysram")),
            None => offer.fail(),
        }
    }
    resource_limits(&RESOURCES, &mut offer);
    offer
}

/// Bytes of all entries that are named `sysram`, in the bytes of a system page; `None` where there are
/// none, or a section lies outside the page.
#[must_use]
pub fn system_ram(page: &[u8], layout: Layout) -> Option<u64> {
    let (asinfo, strings) = layout.notes();
    let entries = section(page, asinfo)?;
    let names = section(page, strings)?;
    let stride = match layout {
        Layout::Sdp7 => ENTRY,
        Layout::Sdp8 => short(page, asinfo + 4)?.into(),
    };
    if stride < 24 {
        return None;
    }
    let mut sum = None;
    for entry in entries.chunks_exact(stride) {
        let (start, end, name) = (long(entry, 0)?, long(entry, 8)?, short(entry, 18)?);
        let named = names.get(usize::from(name)..).is_some_and(|rest| rest.starts_with(b"sysram\0"));
        if named {
            // The end is the last byte.
            let bytes = end.checked_sub(start)?.checked_add(1)?;
            sum = Some(sum.unwrap_or(0u64).checked_add(bytes)?);
        }
    }
    sum
}

/// The section whose offset and size are noted at `at`.
fn section(page: &[u8], at: usize) -> Option<&[u8]> {
    let (from, len) = (usize::from(short(page, at)?), usize::from(short(page, at + 2)?));
    page.get(from..from + len)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|raw| u16::from_ne_bytes(*raw))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|raw| u64::from_ne_bytes(*raw))
}
