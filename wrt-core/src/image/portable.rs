//! Images for every build of the engine: pairs of operations are made two again.
//!
//! Owns the walk over the operations of an image to change them. Which pairs there are depends on the features of a build;
//! all other operations have the same numbers everywhere, and words do not move.

use super::code::length;
use super::{AT_CHECKSUM, AT_IDENTITY, HEADER, UNCOVERED, checksum, open, put, roles, tables};
use crate::budget::LoadBudget;
use crate::error::{Error, Reason};
use crate::module::Module;
use crate::module::layout::FuncEntry;
use crate::ops;

/// Bytes of a code word.
const WORD: usize = size_of::<u64>();

/// The words of a function, in an image that is being changed.
struct Words<'a>(&'a mut [u8]);

impl Words<'_> {
    fn get(&self, at: u32) -> Result<u64, Reason> {
        let word = self.0.get(at as usize * WORD..).and_then(|bytes| bytes.first_chunk().copied());
        word.map(u64::from_le_bytes).ok_or(Reason::ImageDamaged)
    }

    /// Writes an operation's number.
    fn set_op(&mut self, at: u32, op: u16) {
        put(self.0, at as usize * WORD, &op.to_le_bytes());
    }

    /// Makes two operations of every pair.
    fn split(&mut self) -> Result<(), Reason> {
        let words = (self.0.len() / WORD) as u32;
        let mut at = 0;
        while at < words {
            let whole = self.get(at)? as u16;
            let length = length(whole, at, |at| self.get(at))?;
            // What is first of a pair may be a pair.
            let mut op = whole;
            while let Some(pair) = op.checked_sub(ops::FUSED) {
                let (first, second) = ops::HALVES.get(pair as usize / 2).copied().ok_or(Reason::ImageDamaged)?;
                let before = ops::OP_WORDS.get(first as usize).copied().unwrap_or(0);
                // A pair has the bit of its second half, which has the slot.
                self.set_op(at.saturating_add(before as u32), second + pair % 2);
                op = first;
            }
            self.set_op(at, op);
            at = at.saturating_add(length.max(1));
        }
        Ok(())
    }
}

impl Module<'_> {
    /// Changes an image so that every build of the same sources takes it, also one whose features have no pairs of
    /// operations, such as those for boards. Where there are pairs, it runs slower than one that has them; results, fuel,
    /// stops and plans are the same. `image` begins on a multiple of 16 bytes and is checked as [`Module::plan_image`]
    /// does, its code only as far as it is changed: who takes the image checks it in full.
    ///
    /// # Errors
    /// Those of [`Module::plan_image`]; [`Reason::ImageDamaged`] or [`Reason::ImageFeature`] for code that is none, and the
    /// image is then refused by everybody.
    pub fn make_portable(image: &mut [u8], budget: &LoadBudget) -> Result<(), Error> {
        let mut index = tables(open(image)?, budget)?.module().header().imported_funcs as usize;
        // What is half changed is no image.
        put(image, 0, &[0; super::MAGIC.len()]);
        while let Some((at, bytes)) = place(image, index) {
            let words = image.get_mut(at..at.saturating_add(bytes)).unwrap_or(&mut []);
            Words(words).split().map_err(|reason| Error::new(reason).at(at as u64).in_func(index as u32))?;
            index += 1;
        }
        put(image, 0, &super::MAGIC);
        put(image, AT_IDENTITY, &roles::PORTABLE.to_le_bytes());
        let size = super::u64_at(image, super::AT_SIZE).unwrap_or(0) as usize;
        let sum = checksum(image.get(UNCOVERED..size).unwrap_or(&[]));
        put(image, AT_CHECKSUM, &sum.to_le_bytes());
        Ok(())
    }
}

/// Where the code of a function lies in the image, and how many bytes it has.
fn place(image: &[u8], index: usize) -> Option<(usize, usize)> {
    // SAFETY: `make_portable` had header and tables checked, and changes neither.
    let module = unsafe { Module::from_base(image.get(HEADER..)?.as_ptr()) };
    let header = module.header();
    let func = module.entries::<FuncEntry>(header.funcs).get(index)?;
    Some((HEADER + header.code.off as usize + func.code as usize * WORD, func.words as usize * WORD))
}
