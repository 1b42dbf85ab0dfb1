//! Emission: words of code, where operands come from, what the accumulators hold.
//!
//! The rule of the accumulators: an operand that is `Place::Acc` is in the accumulator of its class
//! and nowhere else. Before an operation writes that accumulator, the operation that computed the
//! operand is told to write the operand's own slot too (`spill`), by setting its lowest bit and its
//! first field; no word is added for that.

use super::stack::{Operand, Place};
use super::{NONE, Translator};
use crate::arena::set;
use crate::binary::Stop;
use crate::module::build::Build;
use crate::ops;
use crate::types::ValType;

/// Where an operand is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Src {
    Slot(u16),
    Acc,
    Const(u64),
}

/// What the operation emitted last computed, as far as another can take it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Nothing,
    /// The sum of two 32-bit integers.
    Sum,
    /// What begins a chain: [`ops::Operator::begins`].
    First(u8),
    /// A comparison: first forms of it and of its inverse, 0 where NaN leaves it without one; whether it is of 32-bit
    /// integers.
    Compare(u16, u16, bool),
    /// A vector, in slot `x`.
    Vector,
    /// A comparison with zero, 32 bits.
    Zero32,
    /// A comparison with zero, 64 bits.
    Zero64,
}

/// The operation emitted last that another may take over, while nothing follows it.
#[derive(Clone, Copy)]
pub(super) struct Last {
    pub(super) what: What,
    /// Byte offsets of its word and of what would follow.
    pub(super) at: u32,
    pub(super) end: u32,
    /// Distance of its form from the operator's first, and its operand fields.
    pub(super) form: u16,
    pub(super) x: u16,
    pub(super) y: u16,
    /// A constant operand.
    pub(super) bits: u64,
}

impl Last {
    pub(super) const NONE: Self = Last { what: What::Nothing, at: 0, end: 0, form: 0, x: 0, y: 0, bits: 0 };

    /// Whether `o` is what that operation computed, and nothing was emitted since.
    #[inline]
    pub(super) fn made(&self, o: &Operand, b: &Build) -> bool {
        self.what != What::Nothing && o.place == Place::Acc && self.at as u64 == o.val && self.end == b.end()
    }
}

/// Fields of an operation's first word: its number, and the slot that it writes.
const OP: usize = 0;
const SLOT: usize = 1;

/// Where the pair begins whose second half is at `at`, if it is one.
fn before_second(b: &Build, at: u32) -> Option<u32> {
    if !ops::PAIRS {
        return None;
    }
    let op = b.field(at, OP);
    (op >= ops::SECOND).then(|| at - (op - ops::SECOND) as u32 * 8)
}

/// Where the second half is of the pair whose words begin at `first`, if one begins there.
fn second_of(b: &Build, first: u32) -> Option<u32> {
    if !ops::PAIRS {
        return None;
    }
    let pair = b.field(first, OP).checked_sub(ops::FUSED)?;
    let (one, _) = *ops::HALVES.get(pair as usize / 2)?;
    Some(first + ops::OP_WORDS.get(one as usize).copied().unwrap_or(0) as u32 * 8)
}

/// Makes a pair of the operation `op`, just emitted at `at`, and the one right before it, which is at `first`, if there
/// is one of both. No word moves, so that where code is counted nothing has to be done.
#[inline(never)]
fn fuse(b: &mut Build, op: u16, mut first: u32, at: u32) {
    let mut before = b.field(first, OP);
    if before >= ops::SECOND {
        // What comes before is a pair already.
        first -= (before - ops::SECOND) as u32 * 8;
        before = b.field(first, OP);
    }
    let before = before as usize;
    let number = ops::FIRSTS.get(before).copied().unwrap_or(0) as usize;
    let words = ops::OP_WORDS.get(before).copied().unwrap_or(0);
    if number == 0 || first + words as u32 * 8 != at {
        return;
    }
    // In ascending order, and with an end that no operation has as number.
    let mut row = ops::PARTNERS_OF.get(number - 1).copied().unwrap_or(0) as usize;
    while let Some(&(second, pair)) = ops::PARTNERS.get(row) {
        if second == op {
            b.set_field(first, OP, pair);
            b.set_field(at, OP, ops::SECOND | words as u16);
        }
        if second >= op {
            return;
        }
        row += 1;
    }
}

/// Register classes: integers and references, f32, f64.
pub(super) const INT: usize = 0;
pub(super) const F32: usize = 1;
pub(super) const ALL: [usize; 3] = [0, 1, 2];

/// Register class of a type; no accumulator has that of vectors.
#[inline]
pub(super) fn class(ty: ValType) -> usize {
    // The codes of `i64`, `f32`, `f64` and `v128` follow each other downwards.
    let below = ValType::I64.0.wrapping_sub(ty.0);
    if below <= 3 { below as usize } else { INT }
}

/// A constant as a 16-bit immediate, if it is one.
#[inline]
pub(super) fn small(ty: ValType, bits: u64) -> Option<u16> {
    let v = if ty == ValType::I32 { bits as u32 as i32 as i64 } else { bits as i64 };
    i16::try_from(v).ok().map(|v| v as u16)
}

/// A sum of two 32-bit integers that was assigned to a local: what a branch right behind may take over.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// Byte offsets of its word and of what follows.
    pub(super) at: u32,
    pub(super) end: u32,
    /// Slots of the local and of the left operand.
    pub(super) slot: u16,
    x: u16,
    /// The right operand: a slot or a constant.
    y: u16,
    constant: bool,
}

/// The copy of one slot emitted last.
#[derive(Clone, Copy)]
pub(super) struct Copied {
    /// Byte offset of what follows it, 0 for none.
    pub(super) end: u32,
    pub(super) to: u16,
    pub(super) from: u16,
}

impl Copied {
    pub(super) const NONE: Self = Copied { end: 0, to: 0, from: 0 };
}

impl Step {
    pub(super) const NONE: Self = Step { at: 0, end: 0, slot: 0, x: 0, y: 0, constant: false };
}

/// The bits of [`Translator::recent`]: three operations.
const RECENT: u128 = u128::MAX >> 32;

impl Translator {
    /// Something may branch to what is emitted next: nothing before it can be taken over by it, or be a pair with it.
    pub(super) fn at_label(&mut self) {
        self.recent = 0;
        self.forget_last();
    }

    /// Nothing that was emitted may be taken over any more.
    pub(super) fn forget_last(&mut self) {
        // The rest of what is noted means nothing then.
        self.last.what = What::Nothing;
        self.step.end = 0;
        self.copied.end = 0;
    }

    /// The operation at `at` was told to write `slot`, a local's: notes it if it is a sum that a branch can take over.
    pub(super) fn note_step(&mut self, at: u32, slot: u16) {
        let last = self.last;
        if last.what == What::Sum && last.at == at && matches!(last.form, ops::BINARY_SI | ops::BINARY_SS) {
            let constant = last.form == ops::BINARY_SI;
            self.step = Step { at, end: last.end, slot, x: last.x, y: last.y, constant };
        }
    }

    /// If the sum of the step right before `end`, which is in the accumulator, is what a branch compares with `with`:
    /// takes back everything from the step on and emits all but the branch word of one operation for both. `base` is
    /// the first form of the comparison.
    pub(super) fn take_step(&mut self, b: &mut Build, end: u32, base: u16, with: Src) -> Result<bool, Stop> {
        let step = self.step;
        let (form, word) = match (with, step.constant) {
            (Src::Slot(slot), true) => (ops::LATCH_SIS, slot as u64),
            (Src::Slot(slot), false) => (ops::LATCH_SSS, slot as u64),
            (Src::Const(bits), true) => (ops::LATCH_SIW, bits & 0xffff_ffff),
            (Src::Const(bits), false) => (ops::LATCH_SSW, bits & 0xffff_ffff),
            (Src::Acc, _) => return Ok(false),
        };
        if step.end == 0 || step.end != end {
            return Ok(false);
        }
        self.take_back(b, step.at);
        self.emit(b, base + form, step.slot, step.x, step.y)?;
        b.push_word(word)?;
        self.forget_last();
        self.hold(ValType::I32, step.slot);
        Ok(true)
    }

    /// Emits the first word of a branch that is always taken, to a loop's label (`back`) or forwards, with the step
    /// right before it if there is one.
    pub(super) fn emit_br(&mut self, b: &mut Build, back: bool) -> Result<(), Stop> {
        let step = self.step;
        if step.constant && step.end == b.end() {
            self.take_back(b, step.at);
            self.emit(b, ops::ADD_BR + back as u16, step.slot, step.x, step.y)?;
        } else {
            self.emit(b, ops::BR + back as u16, 0, 0, 0)?;
        }
        self.forget_last();
        Ok(())
    }

    /// Emits the first word of an operation; returns its byte offset.
    #[inline]
    pub(super) fn emit(&mut self, b: &mut Build, op: u16, f1: u16, f2: u16, f3: u16) -> Result<u32, Stop> {
        self.emit_n(b, op, f1, f2 as u32 | (f3 as u32) << 16)
    }
    /// The same with fields 2 and 3 as one number.
    #[inline(never)]
    pub(super) fn emit_n(&mut self, b: &mut Build, op: u16, f1: u16, n: u32) -> Result<u32, Stop> {
        let at = b.push_word(op as u64 | (f1 as u64) << 16 | (n as u64) << 32)?;
        let first = self.recent as u32;
        self.recent = (self.recent << 32 | at as u128) & RECENT;
        let follows = ops::FOLLOWS.get(op as usize / 64).is_some_and(|bits| bits >> (op % 64) & 1 != 0);
        if ops::PAIRS && follows && first != 0 {
            fuse(b, op, first, at);
        }
        Ok(at)
    }

    /// Makes two operations again of the pair whose words begin at `first`.
    #[cold]
    fn part(&mut self, b: &mut Build, first: u32) {
        let pair = b.field(first, OP).wrapping_sub(ops::FUSED);
        let (Some(second), Some((one, two))) = (second_of(b, first), ops::HALVES.get(pair as usize / 2).copied())
        else {
            return;
        };
        b.set_field(first, OP, one);
        b.set_field(second, OP, two + pair % 2);
    }

    /// Takes back what was emitted from the operation at `at` on.
    pub(super) fn take_back(&mut self, b: &mut Build, at: u32) {
        while let Some(first) = before_second(b, at) {
            self.part(b, first);
        }
        b.truncate(at);
        while self.recent as u32 >= at {
            self.recent >>= 32;
        }
    }

    /// Frame slot of a local: the header slot lies between parameters and the others.
    #[inline]
    pub(super) fn local_slot(&self, index: u32) -> u16 {
        self.s.local(index).map_or(0, |l| l.slot as u16)
    }

    pub(super) fn held_in(&self, ty: ValType, slot: u16) -> bool {
        self.held.get(class(ty)).copied() == Some(slot as u32)
    }

    /// Where to read `o` from, the accumulator preferred.
    #[inline]
    pub(super) fn src(&self, o: &Operand) -> Src {
        // Branches are predicted better here than a jump by the place.
        if o.place == Place::Acc {
            return Src::Acc;
        }
        if o.place == Place::Const {
            return Src::Const(o.val);
        }
        let slot = if o.place == Place::Local { self.local_slot(o.val as u32) } else { o.slot };
        if self.held_in(o.ty, slot) { Src::Acc } else { Src::Slot(slot) }
    }

    /// A slot that holds `o` (which was popped), making one if it is in none.
    pub(super) fn slot_of(&mut self, b: &mut Build, o: &Operand) -> Result<u16, Stop> {
        match o.place {
            Place::Temp => Ok(o.slot),
            Place::Local => Ok(self.local_slot(o.val as u32)),
            Place::Const => {
                self.set_const(b, o.slot, o.val)?;
                Ok(o.slot)
            }
            Place::Acc => {
                self.patch(b, o.val as u32, o.slot);
                self.hold(o.ty, o.slot);
                Ok(o.slot)
            }
        }
    }

    /// Puts `o` into its own slot.
    pub(super) fn settle(&mut self, b: &mut Build, o: &Operand) -> Result<u16, Stop> {
        let from = self.slot_of(b, o)?;
        if from != o.slot {
            self.copy(b, o.ty, o.slot, from)?;
        }
        Ok(o.slot)
    }

    /// The same for an operand that stays on the stack.
    pub(super) fn settle_at(&mut self, b: &mut Build, index: u32) -> Result<(), Stop> {
        let mut o = self.s.operand(index);
        if o.place == Place::Temp {
            return Ok(());
        }
        self.settle(b, &o)?;
        if o.place == Place::Local {
            // Operands above this one may be in the same local; their list is relinked by `flush`.
            self.unlink(index, &o);
        }
        if o.place == Place::Acc {
            self.set_pending(o.ty, NONE);
        }
        o.place = Place::Temp;
        o.val = 0;
        self.s.set_operand(index, o);
        Ok(())
    }

    /// Takes operand `index` out of its local's list.
    fn unlink(&mut self, index: u32, o: &Operand) {
        let local = o.val as u32;
        let below = (o.val >> 32) as u32;
        let mut at = self.s.local(local).map_or(0, |l| l.head);
        if at == index + 1 {
            self.s.set_local_head(local, below);
            return;
        }
        while at != 0 {
            let mut above = self.s.operand(at - 1);
            let next = (above.val >> 32) as u32;
            if next == index + 1 {
                above.val = above.val & 0xffff_ffff | (below as u64) << 32;
                self.s.set_operand(at - 1, above);
                return;
            }
            at = next;
        }
    }

    /// Tells the operation at `at`, which left its result in the accumulator only, to write `slot`.
    pub(super) fn patch(&mut self, b: &mut Build, at: u32, slot: u16) {
        let first = before_second(b, at).unwrap_or(at);
        while second_of(b, first).is_some_and(|second| second != at) {
            self.part(b, first);
        }
        // A pair has the bit of its second half, which has the slot.
        let bit = if second_of(b, first).is_some() { first } else { at };
        b.set_field(bit, OP, b.field(bit, OP) | 1);
        b.set_field(at, SLOT, slot);
        // An accumulator of another class may have held what was in the slot before.
        self.forget_slot(slot);
    }

    pub(super) fn set_pending(&mut self, ty: ValType, index: u32) {
        set(&mut self.pending, class(ty), index);
    }

    /// The accumulator of the type's class holds what `slot` holds.
    pub(super) fn hold(&mut self, ty: ValType, slot: u16) {
        self.forget_slot(slot);
        set(&mut self.held, class(ty), slot as u32);
    }

    /// `slot` is overwritten by other means than an accumulator's.
    #[cfg_attr(not(feature = "large-loop"), inline(never))]
    pub(super) fn forget_slot(&mut self, slot: u16) {
        for h in &mut self.held {
            if *h == slot as u32 {
                *h = NONE;
            }
        }
    }

    /// Nothing is known of the accumulators.
    pub(super) fn forget_accumulators(&mut self) {
        self.pending = [NONE; 3];
        self.held = [NONE; 3];
    }

    /// Before the accumulator of `class` is written: its operand gets a slot.
    #[inline]
    pub(super) fn spill(&mut self, b: &mut Build, class: usize) {
        let index = self.pending.get(class).copied().unwrap_or(NONE);
        if index != NONE {
            self.spill_operand(b, index);
        }
        set(&mut self.pending, class, NONE);
        set(&mut self.held, class, NONE);
    }

    #[inline(never)]
    fn spill_operand(&mut self, b: &mut Build, index: u32) {
        let mut o = self.s.operand(index);
        self.patch(b, o.val as u32, o.slot);
        o.place = Place::Temp;
        self.s.set_operand(index, o);
    }

    /// Pushes the result of the operation at `at`, just emitted, which left it in the accumulator.
    #[inline(never)]
    pub(super) fn push_acc(&mut self, b: &mut Build, ty: ValType, at: u32) -> Result<(), Stop> {
        set(&mut self.produced, class(ty), b.end());
        self.push_acc_again(b, ty, at)
    }

    /// The same for a result that was popped and is in the accumulator still.
    pub(super) fn push_acc_again(&mut self, b: &mut Build, ty: ValType, at: u32) -> Result<(), Stop> {
        let index = self.s.operands();
        self.set_pending(ty, index);
        self.push_num(b, ty, Place::Acc, at as u64)
    }

    /// Emits the load of a constant into a slot.
    pub(super) fn set_const(&mut self, b: &mut Build, slot: u16, bits: u64) -> Result<(), Stop> {
        if bits <= u32::MAX as u64 {
            self.emit_n(b, ops::CONST_U32, slot, bits as u32)?;
        } else if bits as i64 == bits as i32 as i64 {
            self.emit_n(b, ops::CONST_I32, slot, bits as u32)?;
        } else {
            self.emit_n(b, ops::CONST_64, slot, 0)?;
            b.push_word(bits)?;
        }
        self.forget_slot(slot);
        Ok(())
    }

    /// Copies `o` into `slot`.
    pub(super) fn move_to(&mut self, b: &mut Build, o: &Operand, slot: u16) -> Result<(), Stop> {
        if o.place == Place::Const {
            return self.set_const(b, slot, o.val);
        }
        let from = self.slot_of(b, o)?;
        if from != slot {
            self.copy(b, o.ty, slot, from)?;
        }
        Ok(())
    }

    /// Before a label or a block: no operand is in a local or an accumulator.
    pub(super) fn flush(&mut self, b: &mut Build) -> Result<(), Stop> {
        if self.dead {
            return Ok(());
        }
        for class in ALL {
            let kept = self.held.get(class).copied().unwrap_or(NONE);
            self.spill(b, class);
            // Spilling does not change what the accumulator holds.
            set(&mut self.held, class, kept);
        }
        let mut i = self.unflushed;
        while i < self.s.operands() {
            let mut o = self.s.operand(i);
            if o.place == Place::Local {
                self.settle(b, &o)?;
                self.s.set_local_head(o.val as u32, 0);
                o.place = Place::Temp;
                o.val = 0;
                self.s.set_operand(i, o);
            }
            i += 1;
        }
        self.unflushed = self.s.operands();
        Ok(())
    }
}
