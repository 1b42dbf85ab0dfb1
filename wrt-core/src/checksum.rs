//! A checksum that finds every change of one bit or two.
//!
//! Two sums over words of eight bytes, modulo 2^64 - 1: of the words, and of the first sum's values, so that a word
//! counts as often as there are words from it on. A change of one bit changes the first sum by a power of two, which
//! is no multiple of the modulus. Two changed bits leave the first sum as it was only where they are the same bit of
//! two words, one set and one cleared; then the second changes by the distance of the words times a power of two,
//! again no multiple. Whatever changes in a single word is found, but for all zeros that become all ones. It costs two
//! additions for eight bytes and no table, where a cyclic code that finds the same needs either a table or eight
//! steps for a byte. Knows nothing of what is summed.

/// The sums so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    words: u64,
    weighted: u64,
}

/// Both, modulo 2^64 - 1.
#[inline(always)]
fn add(a: u64, b: u64) -> u64 {
    let (sum, carry) = a.overflowing_add(b);
    // With a carry, the sum is not the greatest number.
    sum.wrapping_add(carry as u64)
}

impl Sums {
    /// The sums over nothing.
    pub(crate) const START: Self = Sums { words: 1, weighted: 0 };

    /// One word more.
    #[inline(always)]
    pub(crate) fn word(&mut self, word: u64) {
        self.words = add(self.words, word);
        self.weighted = add(self.weighted, self.words);
    }

    /// Further bytes, the last word filled up with zeros.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            for (to, from) in last.iter_mut().zip(rest) {
                *to = *from;
            }
            self.word(u64::from_le_bytes(last));
        }
    }

    /// The sums over these bytes.
    #[cfg(test)]
    fn of(bytes: &[u8]) -> Self {
        let mut sums = Sums::START;
        sums.bytes(bytes);
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ASIL-4: each change of one bit and of two bits is found, in every place of a few hundred bytes.
    #[test]
    fn asil_4_every_change_of_one_bit_or_two_is_found() {
        for fill in [0u8, 0xff, 0x5a] {
            let mut bytes: Vec<u8> = (0..45u8).map(|i| fill ^ i.wrapping_mul(fill)).collect();
            let whole = Sums::of(&bytes);
            let flip = |bytes: &mut [u8], bit: usize| bytes[bit / 8] ^= 1 << (bit % 8);
            for first in 0..bytes.len() * 8 {
                flip(&mut bytes, first);
                assert_ne!(Sums::of(&bytes), whole, "bit {first}");
                for second in 0..first {
                    flip(&mut bytes, second);
                    assert_ne!(Sums::of(&bytes), whole, "bits {first} and {second}");
                    flip(&mut bytes, second);
                }
                flip(&mut bytes, first);
            }
            assert_eq!(Sums::of(&bytes), whole);
        }
    }

    /// The one change of a single word that is not found is the one that the description names.
    #[test]
    fn zeros_that_become_ones_are_not_found() {
        assert_eq!(Sums::of(&[0; 16]), Sums::of(&[[0; 8], [0xff; 8]].concat()));
        assert_ne!(Sums::of(&[0; 16]), Sums::of(&[[0; 8], [0xfe; 8]].concat()));
    }
}
