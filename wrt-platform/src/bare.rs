//! Bare metal: what the linker script leaves free, or a table of regions.
//!
//! Symbols: picolibc's linker script brackets what is left of the RAM with `__heap_start` and `__heap_end`
//! (picolibc documentation, "Using Picolibc", "Linking"). With another script, pass its own symbols
//! to [`between`], or a table of regions to [`regions`].

use crate::{Found, Offer};
use core::ffi::c_char;

unsafe extern "C" {
    static __heap_start: c_char;
    static __heap_end: c_char;
}

/// A part of the address space: its first byte, and the first behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The first byte.
    pub start: usize,
    /// The first byte behind it.
    pub end: usize,
}

/// What picolibc's linker script leaves free.
#[must_use]
pub fn picolibc() -> Offer {
    between((&raw const __heap_start).addr(), (&raw const __heap_end).addr())
}

/// What lies between the addresses of two symbols of the linker script.
#[must_use]
pub const fn between(start: usize, end: usize) -> Offer {
    let mut offer = Offer::NOTHING;
    match end.checked_sub(start) {
        Some(bytes) => offer.memory(Found::new(bytes as u64, "linker symbols")),
        None => offer.fail(),
    }
    offer
}

/// What the regions of a table have together. A region that ends before it begins, or overlaps with
/// another one, makes the table no offer.
#[must_use]
pub fn regions(table: &[Region]) -> Offer {
    let mut offer = Offer::NOTHING;
    let good = |at: usize, one: &Region| {
        let overlaps = |other: &Region| one.start < other.end && other.start < one.end;
        one.start <= one.end && !table.iter().skip(at + 1).any(overlaps)
    };
    if table.iter().enumerate().all(|(at, one)| good(at, one)) {
        // Parts of one address space that do not overlap are no more than it.
        let bytes = table.iter().map(|one| (one.end - one.start) as u64).sum();
        offer.memory(Found::new(bytes, "region table"));
    } else {
        offer.fail();
    }
    offer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(table: &[(usize, usize)]) -> Option<u64> {
        let table: Vec<Region> = table.iter().map(|&(start, end)| Region { start, end }).collect();
        let offer = regions(&table);
        assert_eq!(offer.failed, u32::from(offer.memory.is_none()));
        offer.memory.map(|found| found.bytes)
    }

    /// LIM-3: a table of regions counts each byte once, or is refused.
    #[test]
    fn lim_3_bare_metal_region_tables() {
        assert_eq!(bytes(&[]), Some(0));
        assert_eq!(bytes(&[(0x2000_0000, 0x2001_0000)]), Some(0x1_0000));
        assert_eq!(bytes(&[(0x2000_0000, 0x2001_0000), (0x1000_0000, 0x1000_4000)]), Some(0x1_4000));
        assert_eq!(bytes(&[(0, 8), (8, 16)]), Some(16), "regions may touch");
        assert_eq!(bytes(&[(0, usize::MAX)]), Some(usize::MAX as u64));
        assert_eq!(bytes(&[(8, 7)]), None, "ends before it begins");
        assert_eq!(bytes(&[(0, 9), (8, 16)]), None, "overlaps");
        assert_eq!(bytes(&[(0, 16), (20, 24), (4, 8)]), None, "lies inside");
    }

    /// LIM-3: symbols in the wrong order are no offer.
    #[test]
    fn lim_3_bare_metal_linker_symbols() {
        assert_eq!(between(0x2000_0000, 0x2000_8000).memory.map(|found| found.bytes), Some(0x8000));
        assert_eq!(between(4, 4).memory.map(|found| found.bytes), Some(0));
        assert_eq!(between(5, 4), Offer { failed: 1, ..Offer::NOTHING });
    }
}
