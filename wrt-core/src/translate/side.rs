//! The side table: for every place where a run may stop, the module offset and the exact fuel.
//!
//! A function's side table follows its code. An entry is: one byte `r ccc ffff` (bit 7: the fuel
//! count starts anew; code words since the entry before, 7 meaning that a LEB128 follows; fuel
//! since the entry before, 15 meaning the same), the two LEB128 where needed, and the bytes of
//! module text since the entry before as LEB128.
//!
//! Where another task or an allocation may come in between, the collector needs to know which slots
//! hold references. A list of them is an entry of no words, no fuel and no text (two bytes 0), then
//! the number of slots times two, then each slot's distance from the one before times two; the lowest
//! bit says of the number that the slots hold results, which are there once the call has returned,
//! and of a slot that it is of the hierarchy `extern`. The first list of a function, before any
//! entry, is that of its locals; the others follow the entry that they belong to. Written here, read
//! by `exec/place.rs`.

use super::Translator;
use super::stack::{Operand, Place};
use crate::binary::Stop;
use crate::module::build::Build;
use crate::module::layout::TypeEntry;
use crate::types::ValType;

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
    #[inline(never)]
    pub(super) fn mark(&mut self, b: &mut Build) -> Result<(), Stop> {
        let SideState { word, cost, text, reset } = self.side;
        let now =
            SideState { word: (b.end() - self.first) / 8, cost: self.cost, text: self.at - self.body, reset: false };
        self.side = now;
        let words = now.word - word;
        let cost = if reset { now.cost } else { now.cost - cost };
        let text = now.text - text;
        let first = (reset as u8) << 7 | (words.min(7) as u8) << 4 | cost.min(15) as u8;
        if words < 7 && cost < 15 && text < 0x80 && self.s.push_side_in_room([first, text as u8]) {
            return Ok(());
        }
        self.mark_long(b, first, [words, cost, text])
    }

    #[inline(never)]
    fn mark_long(&mut self, b: &mut Build, first: u8, [words, cost, text]: [u32; 3]) -> Result<(), Stop> {
        self.s.push_side(b, first)?;
        if words >= 7 {
            self.leb(b, words)?;
        }
        if cost >= 15 {
            self.leb(b, cost)?;
        }
        self.leb(b, text)
    }

    /// The same where other code may run before the operation is done: an allocation, a call, a loop.
    pub(super) fn safepoint(&mut self, b: &mut Build) -> Result<(), Stop> {
        self.mark(b)?;
        let top = self.s.operands();
        self.list_refs(b, 0, top, false)
    }

    /// Lists the references among the operands from index `from` to `to`, if there are any.
    pub(super) fn list_refs(&mut self, b: &mut Build, from: u32, to: u32, behind: bool) -> Result<(), Stop> {
        if self.refs == 0 {
            return Ok(());
        }
        let is_there = |o: &Operand| if o.place == Place::Temp { b.traced(o.ty) } else { None };
        let count = (from..to).filter(|&i| is_there(&self.s.operand(i)).is_some()).count() as u32;
        if count == 0 {
            return Ok(());
        }
        self.begin_list(b, count, behind)?;
        let mut last = 0;
        for i in from..to {
            let o = self.s.operand(i);
            if o.place == Place::Temp
                && let Some(how) = b.traced(o.ty)
            {
                self.leb(b, (o.slot as u32 - last) << 1 | how as u32)?;
                last = o.slot as u32;
            }
        }
        Ok(())
    }

    /// Lists the references among operands that were popped and are in their slots.
    pub(super) fn list_popped(&mut self, b: &mut Build, popped: &[Operand]) -> Result<(), Stop> {
        for o in popped {
            if let Some(how) = b.traced(o.ty) {
                self.begin_list(b, 1, false)?;
                self.leb(b, (o.slot as u32) << 1 | how as u32)?;
            }
        }
        Ok(())
    }

    /// Lists the references among values of a type's parameters that lie in slots from `base` on.
    pub(super) fn list_values(&mut self, b: &mut Build, ty: &TypeEntry, base: u16) -> Result<(), Stop> {
        let mut slot = base as u32;
        for i in 0..ty.params as usize {
            let param = b.signature(ty).0.get(i).copied().unwrap_or(ValType::BOT);
            if let Some(how) = b.traced(param) {
                self.begin_list(b, 1, false)?;
                self.leb(b, slot << 1 | how as u32)?;
            }
            slot += param.slots();
        }
        Ok(())
    }

    fn begin_list(&mut self, b: &mut Build, count: u32, behind: bool) -> Result<(), Stop> {
        self.s.push_side(b, 0)?;
        self.s.push_side(b, 0)?;
        self.leb(b, count << 1 | behind as u32)
    }

    /// Lists the locals that are references; before any other entry.
    pub(super) fn list_locals(&mut self, b: &mut Build) -> Result<(), Stop> {
        let is_ref = |i: u32| self.s.local(i).and_then(|l| b.traced(l.ty));
        let count = (0..self.s.local_count()).filter(|&i| is_ref(i).is_some()).count() as u32;
        if count == 0 {
            return Ok(());
        }
        self.begin_list(b, count, false)?;
        let mut last = 0;
        for i in 0..self.s.local_count() {
            let Some(how) = self.s.local(i).and_then(|l| b.traced(l.ty)) else { continue };
            let slot = self.local_slot(i) as u32;
            self.leb(b, (slot - last) << 1 | how as u32)?;
            last = slot;
        }
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
            let word = self.s.side_word(i);
            b.push_word(word)?;
            i += 8;
        }
        Ok(())
    }
}
