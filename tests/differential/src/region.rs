//! Memory to lend to the engine, with canaries behind each region. Must not know modules.

use wrt_core::{Arena, Block};

/// What stands in every block that the engine was not lent.
const CANARY: Block = Block([0xc5; 16]);

/// A region that can be lent again and again.
pub struct Region {
    blocks: Vec<Block>,
}

impl Region {
    /// A region of so many bytes, rounded up to whole blocks.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { blocks: vec![CANARY; bytes.div_ceil(16)] }
    }

    /// The region as an arena; what stood in it stays.
    pub fn arena(&mut self) -> Arena<'_> {
        Arena::new(&mut self.blocks)
    }

    /// The first `bytes` of the region as an arena, which may be no whole number of blocks; `None` where the engine
    /// does not take such an arena or the region is smaller.
    pub fn arena_of(&mut self, bytes: usize) -> Option<Arena<'_>> {
        if bytes > self.blocks.len() * 16 {
            return None;
        }
        // SAFETY: the bytes belong to the region, are initialised, and are borrowed mutably for the arena's life.
        unsafe { Arena::from_raw(self.blocks.as_mut_ptr().cast(), bytes) }.ok()
    }

    /// Fills the region with canaries.
    pub fn paint(&mut self) {
        self.blocks.fill(CANARY);
    }

    /// Whether every byte from `from` on is still a canary.
    #[must_use]
    pub fn intact_from(&self, from: usize) -> bool {
        let whole = from.div_ceil(16);
        let partial = from % 16;
        if partial != 0 && self.blocks.get(from / 16).is_some_and(|b| b.0[partial..] != CANARY.0[partial..]) {
            return false;
        }
        self.blocks.get(whole..).is_none_or(|blocks| blocks.iter().all(|b| b.0 == CANARY.0))
    }
}
