//! The C spelling of `wrt-core`'s reasons: `WRT_TRAP_*` below 100, `WRT_REASON_*` above.
//!
//! Made from [`Reason::ALL`] when the crate is compiled, so that the library's names, the header's
//! constants (the header tool includes this file) and the engine's list cannot differ.

use core::ffi::CStr;
use wrt_core::Reason;

/// Bytes of the longest spelling, its NUL included.
const WIDTH: usize = 48;
const COUNT: usize = Reason::ALL.len();

struct Spelled {
    number: u16,
    text: [u8; WIDTH],
    len: usize,
}

/// Appends `piece`; out of bounds stops the compilation, since this runs in constants only.
const fn put(mut to: Spelled, piece: &[u8]) -> Spelled {
    let mut i = 0;
    while i < piece.len() {
        to.text[to.len] = piece[i];
        to.len += 1;
        i += 1;
    }
    to
}

const fn spell(reason: Reason) -> Spelled {
    let number = reason as u16;
    let empty = Spelled { number, text: [0; WIDTH], len: 0 };
    let mut out = if number > 0 && number < 100 { put(empty, b"WRT_TRAP_") } else { put(empty, b"WRT_REASON_") };
    let name = reason.name().as_bytes();
    let mut i = 0;
    while i < name.len() {
        if i > 0 && name[i].is_ascii_uppercase() && !name[i - 1].is_ascii_uppercase() {
            out = put(out, b"_");
        }
        out = put(out, &[name[i].to_ascii_uppercase()]);
        i += 1;
    }
    put(out, b"\0")
}

static TABLE: [Spelled; COUNT] = {
    let mut table = [const { Spelled { number: 0, text: [0; WIDTH], len: 0 } }; COUNT];
    let mut i = 0;
    while i < COUNT {
        table[i] = spell(Reason::ALL[i]);
        i += 1;
    }
    table
};

/// The spelling of the reason with this number, if there is one.
pub(crate) fn spelling(number: u32) -> Option<&'static CStr> {
    let entry = TABLE.iter().find(|e| u32::from(e.number) == number)?;
    CStr::from_bytes_until_nul(&entry.text).ok()
}
