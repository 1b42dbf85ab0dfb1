//! Names and custom sections.
//!
//! Owns the reading of length-prefixed UTF-8 names in pieces (specification section 5.2.4), where
//! they are kept, and the search for what is kept of custom sections. What a malformed one holds is
//! not an error: it is passed over. Knows nothing of what the names are for.

use crate::binary::{Reader, Stop};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::driver::{Driver, State};
use crate::module::layout::{Extras, HASH_START, Span, hash_bytes};
use crate::module::spaces::put;

/// Whose name is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum NameOf {
    #[default]
    Custom,
    ImportModule,
    ImportField,
    Export,
}

/// A name at hand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Name {
    pub(super) of: NameOf,
    /// Where its bytes lie, in the text or copied.
    pub(super) span: Span,
    /// Offset in the module of its first byte.
    pub(super) at: u32,
    /// FNV-1a over its bytes.
    pub(super) hash: u32,
    left: u32,
    utf8: Utf8,
    /// Every byte so far is that of "name", or of the section of branch hints.
    is_name: bool,
    is_hints: bool,
}

const NAME_SECTION: &[u8] = b"name";
const HINT_SECTION: &[u8] = b"metadata.code.branch_hint";
/// Subsections of the name section.
const MODULE_NAME: u8 = 0;
const FUNCTION_NAMES: u8 = 1;
const LOCAL_NAMES: u8 = 2;

impl Driver<'_> {
    /// Goes on with a name.
    pub(super) fn begin_name(&mut self, of: NameOf) {
        self.name.of = of;
        self.state = State::NameLength;
    }

    pub(super) fn begin_custom(&mut self) {
        self.begin_name(NameOf::Custom);
    }

    pub(super) fn name_length(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let len = r.u32()?;
        self.check_room(r, len)?;
        let of = self.name.of;
        let off = if self.text.is_some() || of == NameOf::Custom { r.offset() } else { self.b.alloc(len as u64, 1)? };
        self.name = Name {
            of,
            span: Span { off, len },
            at: r.offset(),
            hash: HASH_START,
            left: len,
            utf8: Utf8::default(),
            is_name: len as usize == NAME_SECTION.len(),
            is_hints: len as usize == HINT_SECTION.len(),
        };
        self.state = State::NameBytes;
        Ok(())
    }

    pub(super) fn name_bytes(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let at = r.offset();
        let chunk = r.take(self.name.left as usize);
        if chunk.is_empty() && self.name.left != 0 {
            return Err(Stop::SHORT);
        }
        if let Err(bad) = self.name.utf8.feed(chunk) {
            self.fault = Some(at + bad as u32);
            return Err(Reason::MalformedUtf8.into());
        }
        let done = self.name.span.len - self.name.left;
        match self.name.of {
            NameOf::Custom => {
                let is = |section: &[u8]| section.get(done as usize..).unwrap_or(&[]).starts_with(chunk);
                self.name.is_name &= is(NAME_SECTION);
                self.name.is_hints &= is(HINT_SECTION);
            }
            _ => {
                self.name.hash = hash_bytes(self.name.hash, chunk);
                if self.text.is_none() {
                    self.b.write_bytes(self.name.span.off + done, chunk);
                }
            }
        }
        self.name.left -= chunk.len() as u32;
        if self.name.left != 0 {
            return Ok(());
        }
        if !self.name.utf8.is_complete() {
            self.fault = Some(r.offset());
            return Err(Reason::MalformedUtf8.into());
        }
        match self.name.of {
            NameOf::Custom => {
                let wanted = self.name.is_name && self.b.header.names.len == 0;
                self.state = if wanted { State::Subsection } else { State::Custom };
                if self.name.is_hints && self.b.budget.proposals.has(Proposals::BRANCH_HINTING) {
                    self.begin_hints(r)?;
                }
            }
            NameOf::ImportModule => {
                self.import.module = self.name.span;
                self.begin_name(NameOf::ImportField);
            }
            NameOf::ImportField => {
                self.import.name = self.name.span;
                self.state = State::ImportDesc;
            }
            NameOf::Export => self.export_named()?,
        }
        Ok(())
    }

    /// Passes over the rest of a custom section.
    pub(super) fn custom(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let left = self.limit.saturating_sub(r.offset());
        if left == 0 {
            self.end_section();
        } else if r.take(left as usize).is_empty() {
            return Err(Stop::SHORT);
        }
        Ok(())
    }

    /// The head of one subsection of the name section.
    pub(super) fn subsection(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let start = r.pos();
        let whole = r.end_offset() == self.limit;
        match read_subsection(r) {
            Ok((kind, size)) if self.check_room(r, size).is_ok() => {
                let whole = self.text.is_some();
                self.name.is_name = match kind {
                    FUNCTION_NAMES => self.b.header.names.len == 0,
                    MODULE_NAME => self.extras.module_name.len == 0 && size != 0,
                    LOCAL_NAMES => self.extras.local_names.len == 0 && size != 0 && whole,
                    _ => false,
                };
                if self.name.is_name {
                    let at = r.offset();
                    match kind {
                        FUNCTION_NAMES => self.b.header.names = self.keep(at, size)?,
                        MODULE_NAME => {
                            self.make_extras()?;
                            self.extras.module_name = self.keep(at, size)?;
                        }
                        _ => {
                            self.make_extras()?;
                            self.extras.local_names = self.keep(at, size)?;
                        }
                    }
                    self.write_extras();
                }
                self.parts_left = size;
                self.part = 0;
                self.state = State::SubsectionBytes;
            }
            Err(Stop::SHORT) if !whole => return Err(Stop::SHORT),
            // The section ends here, or is not as it should be: which is no error.
            _ => {
                r.seek(start);
                self.state = State::Custom;
            }
        }
        Ok(())
    }

    /// The payload of a subsection, kept or passed over.
    pub(super) fn subsection_bytes(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let chunk = r.take(self.parts_left as usize);
        if chunk.is_empty() && self.parts_left != 0 {
            return Err(Stop::SHORT);
        }
        if self.name.is_name && self.text.is_none() {
            self.b.write_bytes(self.name.span.off + self.part, chunk);
        }
        self.part += chunk.len() as u32;
        self.parts_left -= chunk.len() as u32;
        if self.parts_left == 0 {
            self.state = State::Subsection;
        }
        Ok(())
    }
}

impl Driver<'_> {
    /// Keeps the next `size` bytes, at offset `at` of the text: lent ones where they are, others in a
    /// place of their own, which is noted as that of the name at hand.
    fn keep(&mut self, at: u32, size: u32) -> Result<Span, Stop> {
        let off = if self.text.is_some() { at } else { self.b.alloc(size as u64, 1)? };
        self.name.span = Span { off, len: size };
        Ok(self.name.span)
    }

    /// Makes room for the [`Extras`], once.
    fn make_extras(&mut self) -> Result<(), Stop> {
        if self.b.header.extras() == 0 {
            self.b.header.flags |= self.b.alloc(size_of::<Extras>() as u64, 16)?;
        }
        Ok(())
    }

    fn write_extras(&mut self) {
        let off = self.b.header.extras();
        if off != 0 {
            put(&mut self.b, Span { off, len: 1 }, 0, self.extras);
        }
    }

    /// The first section of branch hints that has anything in it is kept.
    fn begin_hints(&mut self, r: &Reader<'_>) -> Result<(), Stop> {
        let size = self.limit.saturating_sub(r.offset());
        if self.extras.hints.len != 0 || size == 0 {
            return Ok(());
        }
        self.make_extras()?;
        self.extras.hints = self.keep(r.offset(), size)?;
        self.write_extras();
        self.part = 0;
        self.state = State::Hints;
        Ok(())
    }

    /// The payload of the section of branch hints.
    pub(super) fn hints(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let left = self.name.span.len - self.part;
        let chunk = r.take(left as usize);
        if chunk.is_empty() && left != 0 {
            return Err(Stop::SHORT);
        }
        if self.text.is_none() {
            self.b.write_bytes(self.name.span.off + self.part, chunk);
        }
        self.part += chunk.len() as u32;
        if self.part == self.name.span.len {
            self.end_section();
        }
        Ok(())
    }
}

fn read_subsection(r: &mut Reader<'_>) -> Result<(u8, u32), Stop> {
    Ok((r.byte()?, r.u32()?))
}

/// UTF-8 validation over pieces (Unicode 15, table 3-7).
#[derive(Clone, Copy, Debug, Default)]
struct Utf8 {
    /// Continuation bytes still to come.
    need: u8,
    /// Bounds of the next continuation byte.
    low: u8,
    high: u8,
}

impl Utf8 {
    /// Takes the next bytes; on refusal returns the position of the byte that is wrong.
    fn feed(&mut self, bytes: &[u8]) -> Result<(), usize> {
        for (i, &b) in bytes.iter().enumerate() {
            if self.need == 0 {
                let (need, low, high) = match b {
                    0x00..=0x7f => continue,
                    0xc2..=0xdf => (1, 0x80, 0xbf),
                    0xe0 => (2, 0xa0, 0xbf),
                    0xed => (2, 0x80, 0x9f),
                    0xe1..=0xef => (2, 0x80, 0xbf),
                    0xf0 => (3, 0x90, 0xbf),
                    0xf1..=0xf3 => (3, 0x80, 0xbf),
                    0xf4 => (3, 0x80, 0x8f),
                    _ => return Err(i),
                };
                *self = Utf8 { need, low, high };
            } else if b < self.low || b > self.high {
                return Err(i);
            } else {
                *self = Utf8 { need: self.need - 1, low: 0x80, high: 0xbf };
            }
        }
        Ok(())
    }

    fn is_complete(self) -> bool {
        self.need == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Utf8;

    /// Every sequence of up to three bytes, and those of four by their boundary bytes, against the
    /// standard library, in one piece and byte by byte.
    #[test]
    fn utf8_is_that_of_the_standard_library() {
        let check = |bytes: &[u8]| {
            let mut whole = Utf8::default();
            let mut pieces = Utf8::default();
            let a = whole.feed(bytes).is_ok() && whole.is_complete();
            let b = bytes.iter().all(|&b| pieces.feed(&[b]).is_ok()) && pieces.is_complete();
            let expected = core::str::from_utf8(bytes).is_ok();
            assert_eq!((a, b), (expected, expected), "{bytes:x?}");
        };
        let edges = [0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xec, 0xed, 0xee, 0xef];
        let edges: Vec<u8> = edges.into_iter().chain([0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff]).collect();
        check(&[]);
        for a in 0..=255u8 {
            check(&[a]);
            for b in 0..=255u8 {
                check(&[a, b]);
                for &c in &edges {
                    check(&[a, b, c]);
                    if edges.contains(&b) && a >= 0x7f {
                        edges.iter().for_each(|&d| check(&[a, b, c, d]));
                    }
                }
            }
        }
    }
}
