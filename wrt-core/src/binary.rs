//! Bytes to values: the cursor over a piece of a module and the LEB128 readings of the
//! specification's section 5.2.
//!
//! Stateless but for the cursor. A value that is cut off by the end of the piece at hand reads as
//! [`Stop::SHORT`]; the driver then waits for more bytes and reads the whole item again, so that
//! whole and piecewise loading are the same code. Knows nothing of sections or operators.

use crate::error::Reason;
use core::num::NonZeroU32;

/// Why a reading ended without a value: a number in one register, beside the 0 of a reading that did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop(NonZeroU32);

impl Stop {
    /// The piece ends inside the item; more bytes may complete it.
    pub(crate) const SHORT: Stop = Stop(NonZeroU32::MAX);

    /// The bytes are wrong: where the driver says (`Driver::fault`), else at the item's start.
    #[inline(always)]
    pub(crate) const fn bad(reason: Reason) -> Stop {
        match NonZeroU32::new(reason as u32) {
            Some(number) => Stop(number),
            None => Stop::SHORT,
        }
    }

    /// What is wrong with the bytes; `None` where there are too few.
    #[cold]
    pub(crate) fn reason(self) -> Option<Reason> {
        Reason::ALL.iter().copied().find(|&reason| reason as u32 == self.0.get())
    }
}

impl From<Reason> for Stop {
    #[inline(always)]
    fn from(reason: Reason) -> Self {
        Stop::bad(reason)
    }
}

/// A cursor over the bytes at hand.
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
    pos: usize,
    /// Offset in the module of `bytes[0]`.
    origin: u32,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8], origin: u32) -> Self {
        Reader { bytes, pos: 0, origin }
    }
    /// Offset in the module of the next byte.
    #[inline]
    pub(crate) fn offset(&self) -> u32 {
        self.origin.wrapping_add(self.pos as u32)
    }
    /// Position in the piece of the next byte.
    #[inline]
    pub(crate) fn pos(&self) -> usize {
        self.pos
    }
    /// Goes back (or forward) to a position that [`Reader::pos`] gave.
    #[inline]
    pub(crate) fn seek(&mut self, pos: usize) {
        self.pos = pos;
    }
    /// Bytes at hand from here on.
    #[inline]
    pub(crate) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.pos)
    }
    /// The next byte.
    #[inline(always)]
    pub(crate) fn byte(&mut self) -> Result<u8, Stop> {
        self.next().map(|b| b as u8)
    }
    /// The same in a register's width, which calls hand back without memory.
    #[inline]
    fn next(&mut self) -> Result<u32, Stop> {
        match self.bytes.get(self.pos) {
            Some(&b) => {
                self.pos += 1;
                Ok(b as u32)
            }
            None => Err(Stop::SHORT),
        }
    }
    /// Up to `n` of the next bytes.
    pub(crate) fn take(&mut self, n: usize) -> &'b [u8] {
        let n = n.min(self.left());
        let taken = self.bytes.get(self.pos..self.pos + n).unwrap_or(&[]);
        self.pos += taken.len();
        taken
    }
    /// The bytes from a position that [`Reader::pos`] gave up to here.
    pub(crate) fn since(&self, pos: usize) -> &'b [u8] {
        self.bytes.get(pos..self.pos).unwrap_or(&[])
    }
    /// Offset in the module of the first byte not at hand.
    pub(crate) fn end_offset(&self) -> u32 {
        self.origin.wrapping_add(self.bytes.len() as u32)
    }
    /// Exactly `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let bytes = self.bytes.get(self.pos..).and_then(|rest| rest.first_chunk::<N>());
        match bytes {
            Some(&a) => {
                self.pos += N;
                Ok(a)
            }
            None => Err(Stop::SHORT),
        }
    }
    /// `u32` as unsigned LEB128.
    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, Stop> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(first as u32);
        }
        self.unsigned(first, 32).map(|v| v as u32)
    }
    /// The next byte if it is below 0x80: a LEB128 of one byte, as most are.
    #[inline]
    pub(crate) fn small(&mut self) -> Option<u8> {
        let &b = self.bytes.get(self.pos)?;
        if b >= 0x80 {
            return None;
        }
        self.pos += 1;
        Some(b)
    }
    /// `u64` as unsigned LEB128.
    #[inline]
    pub(crate) fn u64(&mut self) -> Result<u64, Stop> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(first as u64);
        }
        self.unsigned(first, 64)
    }
    /// `s32` as signed LEB128.
    #[inline]
    pub(crate) fn s32(&mut self) -> Result<i32, Stop> {
        match self.signed_byte() {
            Some(v) => Ok(v as i32),
            None => self.signed(32).map(|v| v as i32),
        }
    }
    /// `s33` as signed LEB128: block types and heap types.
    #[inline]
    pub(crate) fn s33(&mut self) -> Result<i64, Stop> {
        match self.signed_byte() {
            Some(v) => Ok(v),
            None => self.signed(33),
        }
    }
    /// `s64` as signed LEB128.
    #[inline]
    pub(crate) fn s64(&mut self) -> Result<i64, Stop> {
        match self.signed_byte() {
            Some(v) => Ok(v),
            None => self.signed(64),
        }
    }

    /// A signed LEB128 of one byte, as most are.
    #[inline]
    fn signed_byte(&mut self) -> Option<i64> {
        self.small().map(|b| ((b << 1) as i8 >> 1) as i64)
    }

    fn unsigned(&mut self, first: u8, bits: u32) -> Result<u64, Stop> {
        let mut value = (first & 0x7f) as u64;
        let mut shift = 7;
        loop {
            let b = self.byte()?;
            let left = bits - shift;
            if left < 7 {
                if b & 0x80 != 0 {
                    return Err(Stop::bad(Reason::IntegerTooLong));
                }
                if b >> left != 0 {
                    return Err(Stop::bad(Reason::IntegerTooLarge));
                }
            }
            value |= ((b & 0x7f) as u64) << shift;
            if b & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    fn signed(&mut self, bits: u32) -> Result<i64, Stop> {
        let mut value: i64 = 0;
        let mut shift = 0;
        loop {
            let b = self.byte()?;
            let left = bits - shift;
            if left < 8 {
                if b & 0x80 != 0 {
                    return Err(Stop::bad(Reason::IntegerTooLong));
                }
                // The unused bits must repeat the sign bit.
                let rest = ((b << 1) as i8) >> left;
                if rest != 0 && rest != -1 {
                    return Err(Stop::bad(Reason::IntegerTooLarge));
                }
            }
            value |= ((b & 0x7f) as i64) << shift;
            shift += 7;
            if b & 0x80 == 0 {
                if shift < 64 {
                    value = (value << (64 - shift)) >> (64 - shift);
                }
                return Ok(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against a second reading: every pattern of up to three bytes, and of longer ones by their
    /// last two, as far as the value fits.
    #[test]
    fn signed_is_that_of_the_definition() {
        let define = |bytes: &[u8]| {
            let mut value = 0i128;
            for (i, &b) in bytes.iter().enumerate() {
                value |= ((b & 0x7f) as i128) << (7 * i);
            }
            let bits = 7 * bytes.len();
            if value >> (bits - 1) & 1 == 1 { value - (1 << bits) } else { value }
        };
        for prefix in 0..9usize {
            for a in 0x80..=0xffu8 {
                for b in 0..0x80u8 {
                    let mut bytes = vec![0xa5; prefix];
                    bytes.extend([a, b]);
                    let value = define(&bytes);
                    let s32 = (bytes.len() <= 5).then(|| i32::try_from(value).ok()).flatten();
                    let s64 = (bytes.len() <= 10).then(|| i64::try_from(value).ok()).flatten();
                    let s33 = (bytes.len() <= 5 && (-(1i128 << 32)..1 << 32).contains(&value)).then_some(value as i64);
                    assert_eq!(Reader::new(&bytes, 0).s32().ok(), s32, "{bytes:x?}");
                    assert_eq!(Reader::new(&bytes, 0).s33().ok(), s33, "{bytes:x?}");
                    assert_eq!(Reader::new(&bytes, 0).s64().ok(), s64, "{bytes:x?}");
                    assert_eq!(Reader::new(&[b], 0).s64().ok(), i64::try_from(define(&[b])).ok());
                }
            }
        }
    }

    #[test]
    fn signed_bounds() {
        let read = |b: &[u8]| Reader::new(b, 0).s32();
        assert_eq!(read(&[0x7f]), Ok(-1));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x07]), Ok(i32::MAX));
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x78]), Ok(i32::MIN));
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x70]), Err(Stop::bad(Reason::IntegerTooLarge)));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x4f]), Err(Stop::bad(Reason::IntegerTooLarge)));
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x80]), Err(Stop::bad(Reason::IntegerTooLong)));
        let read = |b: &[u8]| Reader::new(b, 0).s64();
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]), Ok(i64::MIN));
        let read = |b: &[u8]| Reader::new(b, 0).u32();
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Ok(u32::MAX));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x1f]), Err(Stop::bad(Reason::IntegerTooLarge)));
    }
}
