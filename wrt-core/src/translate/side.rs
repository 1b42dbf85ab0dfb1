//! The side table: for every place where a run may stop, the module offset and the exact fuel.
//!
//! A function's side table follows its code. An entry is: one byte `r ccc ffff` (bit 7: the fuel
//! count starts anew; code words since the entry before, 7 meaning that a LEB128 follows; fuel
//! since the entry before, 15 meaning the same), the two LEB128 where needed, and the bytes of
//! module text since the entry before as LEB128. Written here, read by `exec/place.rs`.

use super::Translator;
use crate::binary::Stop;
use crate::module::build::Build;

/// What the entry before said.
#[derive(Clone, Copy, Debug)]
pub(super) struct SideState {
    word: u32,
    cost: u32,
    text: u32,
    /// The fuel count was reset since.
    reset: bool,
}

impl SideState {
    pub(super) const NEW: Self = SideState { word: 0, cost: 0, text: 0, reset: false };
}

impl Translator {
    /// The operation about to be emitted may stop here, with the operator at hand executed.
    pub(super) fn mark(&mut self, b: &mut Build) -> Result<(), Stop> {
        let word = (b.end() as u32 - self.first) / 8;
        let text = self.at - self.body;
        let state = self.side;
        let words = word - state.word;
        let cost = if state.reset { self.cost } else { self.cost - state.cost };
        let first = (state.reset as u8) << 7 | (words.min(7) as u8) << 4 | cost.min(15) as u8;
        self.s.push_side(b, first)?;
        if words >= 7 {
            self.leb(b, words)?;
        }
        if cost >= 15 {
            self.leb(b, cost)?;
        }
        self.leb(b, text - state.text)?;
        self.side = SideState { word, cost: self.cost, text, reset: false };
        Ok(())
    }

    /// A call settles its fuel: the count starts anew behind it.
    pub(super) fn reset_cost(&mut self) {
        self.cost = 0;
        self.side.reset = true;
    }

    fn leb(&mut self, b: &mut Build, mut v: u32) -> Result<(), Stop> {
        while v >= 0x80 {
            self.s.push_side(b, v as u8 | 0x80)?;
            v >>= 7;
        }
        self.s.push_side(b, v as u8)
    }

    /// Writes the side table behind the code.
    pub(super) fn write_side(&mut self, b: &mut Build) -> Result<(), Stop> {
        let mut i = 0;
        while i < self.s.side_len() {
            let mut word = [0u8; 8];
            for byte in &mut word {
                *byte = self.s.side_byte(i);
                i += 1;
            }
            b.push_word(u64::from_le_bytes(word))?;
        }
        Ok(())
    }
}
