//! Operators on vectors, and the moves of values that may be vectors.
//!
//! A vector lies in two slots, the low half first: its own, or a local's. No accumulator holds it, so
//! that its operation says at once where the result goes; an assignment to a local right behind tells
//! it otherwise.

use super::Translator;
use super::emit::{Copied, Last, Src, What, class};
use super::immediate::Immediate;
use super::memory::{Reach, field};
use super::stack::{Operand, Place};
use crate::binary::Stop;
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::Build;
use crate::module::valtype::built;
use crate::ops::{self, Imm, Operator};
use crate::types::ValType;

/// Bits that no lane of a shuffle has, in eight lanes.
const NO_LANE: u64 = 0xe0e0_e0e0_e0e0_e0e0;

/// Checks the lanes among the immediates.
fn check_lanes(op: &Operator, lanes: u32, imm: &Immediate) -> Result<(), Stop> {
    let fits = match op.imm {
        Imm::Lanes => (imm.x | imm.y) & NO_LANE == 0,
        Imm::Lane | Imm::MemArgLane => imm.y < lanes as u64,
        _ => true,
    };
    if fits { Ok(()) } else { Err(Stop::bad(Reason::InvalidLaneIndex)) }
}

impl Translator {
    /// Copies a value of type `ty` from slot to slot.
    pub(super) fn copy(&mut self, b: &mut Build, ty: ValType, to: u16, from: u16) -> Result<(), Stop> {
        let before = self.copied;
        if self.held_in(ty, from) {
            // Nothing has to be read.
            let op = [ops::SET_A, ops::SET_FS, ops::SET_FA].get(class(ty)).copied().unwrap_or(ops::SET_A);
            self.emit(b, op, to, 0, 0)?;
        } else if ty == ValType::V128 {
            self.emit(b, ops::COPY_128, to, from, 0)?;
        } else if before.end != 0 && before.end == b.end() {
            // The copy right before takes this one along.
            self.take_back(b, before.end - 8);
            self.emit(b, ops::COPY_2, before.to, before.from, to)?;
            b.push_word(from as u64)?;
            self.copied = Copied::NONE;
        } else {
            self.emit(b, ops::COPY, to, from, 0)?;
            self.copied = Copied { end: b.end(), to, from };
        }
        self.forget_value(ty, to);
        Ok(())
    }

    /// The slots of a value of type `ty` are overwritten by other means than an accumulator's.
    pub(super) fn forget_value(&mut self, ty: ValType, slot: u16) {
        self.forget_slot(slot);
        if ty == ValType::V128 {
            self.forget_slot(slot.wrapping_add(1));
        }
    }

    /// Slots of the `n` topmost operands, and the first of them.
    pub(super) fn top_slots(&self, n: u32) -> (u16, u16) {
        if n == 0 {
            return (self.next_slot as u16, 0);
        }
        let from = self.s.operand(self.s.operands().wrapping_sub(n)).slot;
        (from, (self.next_slot as u16).wrapping_sub(from))
    }

    /// Pushes the vector that the operation at `at` wrote to `slot`, the next one.
    fn push_vector(&mut self, b: &mut Build, at: u32, slot: u16) -> Result<(), Stop> {
        self.forget_value(ValType::V128, slot);
        self.last = Last { what: What::Vector, at, end: b.end(), form: 0, x: slot, y: 0, bits: 0 };
        self.push(b, ValType::V128, Place::Temp, 0)
    }

    /// Tells the operation emitted last to write `slot` instead, if it computed the vector `o`.
    pub(super) fn redirect(&mut self, b: &mut Build, o: &Operand, slot: u16) -> bool {
        let last = self.last;
        let made = last.what == What::Vector && last.end == b.end();
        if !made || o.ty != ValType::V128 || o.place != Place::Temp || o.slot != last.x {
            return false;
        }
        let word = b.word(last.at);
        b.set_word(last.at, (word & !(0xffff << 16)) | (slot as u64) << 16);
        self.forget_value(ValType::V128, slot);
        self.forget_last();
        true
    }

    pub(super) fn vector_const(&mut self, b: &mut Build, imm: &Immediate) -> Result<(), Stop> {
        built(Proposals::SIMD)?;
        if self.dead {
            return self.push(b, ValType::V128, Place::Temp, 0);
        }
        let slot = self.next_slot as u16;
        let at = self.emit(b, ops::CONST_128, slot, 0, 0)?;
        b.push_word(imm.x)?;
        b.push_word(imm.y)?;
        self.push_vector(b, at, slot)
    }

    /// An operator whose operands and result are in slots, but for a result that is a scalar.
    pub(super) fn vector(
        &mut self,
        b: &mut Build,
        op: &Operator,
        (operands, to, lanes): (&[ValType], ValType, u32),
        imm: &Immediate,
    ) -> Result<(), Stop> {
        built(Proposals::SIMD)?;
        check_lanes(op, lanes, imm)?;
        let mut popped = [Operand::bottom(0); 3];
        for (ty, o) in operands.iter().zip(popped.iter_mut()).rev() {
            *o = self.pop(b, *ty)?;
        }
        if self.dead {
            return self.push(b, to, Place::Temp, 0);
        }
        let [first, second, third] = &popped;
        let x = self.slot_of(b, first)?;
        let (mut form, mut y, mut further) = (ops::VECTOR_S, 0, None);
        match (op.imm, operands) {
            (Imm::Lane, [_]) => y = imm.y as u16,
            (Imm::None, [ValType::V128, ValType::I32]) if second.place == Place::Const => {
                // A shift takes its count modulo the lanes' width, of which there are 64 bits at most.
                form = ops::VECTOR_I;
                y = second.val as u16 & 63;
            }
            (_, [_]) => {}
            _ => y = self.slot_of(b, second)?,
        }
        match (op.imm, operands) {
            (Imm::Lane, [_, _]) => further = Some(imm.y),
            (_, [_, _, _]) => further = Some(self.slot_of(b, third)? as u64),
            (Imm::Lanes, _) => further = Some(imm.x),
            _ => {}
        }
        if to != ValType::V128 {
            self.spill(b, class(to));
            let at = self.emit(b, op.base, 0, x, y)?;
            return self.push_acc(b, to, at);
        }
        let slot = self.next_slot as u16;
        let at = self.emit(b, op.base + form, slot, x, y)?;
        if let Some(word) = further {
            b.push_word(word)?;
        }
        if op.imm == Imm::Lanes {
            b.push_word(imm.y)?;
        }
        self.push_vector(b, at, slot)
    }

    /// The form, address slot and third field of an access, and the word with its end.
    fn address(
        &mut self,
        b: &mut Build,
        addr: &Operand,
        reach: &Reach,
        memory: u32,
    ) -> Result<(u16, u16, u16, Option<u64>), Stop> {
        Ok(match *reach {
            Reach::Near(end) if self.src(addr) == Src::Acc => (ops::VECTOR_ACCESS_A, 0, end, None),
            Reach::Near(end) => (ops::VECTOR_ACCESS_S, self.slot_of(b, addr)?, end, None),
            Reach::Far(end) | Reach::Any(end) => {
                (ops::VECTOR_ACCESS_X, self.slot_of(b, addr)?, field(memory)?, Some(end))
            }
        })
    }

    pub(super) fn vector_load(
        &mut self,
        b: &mut Build,
        op: &Operator,
        width: u32,
        imm: &Immediate,
    ) -> Result<(), Stop> {
        built(Proposals::SIMD)?;
        let (at, reach) = self.mem_arg(b, imm, width)?;
        let addr = self.pop(b, at)?;
        if self.dead {
            return self.push(b, ValType::V128, Place::Temp, 0);
        }
        let (form, x, y, wide) = self.address(b, &addr, &reach, imm.b)?;
        self.mark(b)?;
        let slot = self.next_slot as u16;
        let at = self.emit(b, op.base + form, slot, x, y)?;
        if let Some(end) = wide {
            b.push_word(end)?;
        }
        self.push_vector(b, at, slot)
    }

    pub(super) fn vector_store(
        &mut self,
        b: &mut Build,
        op: &Operator,
        width: u32,
        imm: &Immediate,
    ) -> Result<(), Stop> {
        built(Proposals::SIMD)?;
        let (at, reach) = self.mem_arg(b, imm, width)?;
        let value = self.pop(b, ValType::V128)?;
        let addr = self.pop(b, at)?;
        if self.dead {
            return Ok(());
        }
        let v = self.slot_of(b, &value)?;
        let (form, x, y, wide) = self.address(b, &addr, &reach, imm.b)?;
        self.mark(b)?;
        self.emit(b, op.base + form, v, x, y)?;
        if let Some(end) = wide {
            b.push_word(end)?;
        }
        Ok(())
    }

    /// Loads or stores one lane.
    pub(super) fn lane_access(
        &mut self,
        b: &mut Build,
        op: &Operator,
        width: u32,
        imm: &Immediate,
        load: bool,
    ) -> Result<(), Stop> {
        built(Proposals::SIMD)?;
        let (at, reach) = self.mem_arg(b, imm, width)?;
        check_lanes(op, 16u32.checked_div(width).unwrap_or(0), imm)?;
        let value = self.pop(b, ValType::V128)?;
        let addr = self.pop(b, at)?;
        if self.dead {
            return if load { self.push(b, ValType::V128, Place::Temp, 0) } else { Ok(()) };
        }
        let v = self.slot_of(b, &value)?;
        let x = self.slot_of(b, &addr)?;
        let end = match reach {
            Reach::Near(end) => end as u64,
            Reach::Far(end) | Reach::Any(end) => end,
        };
        self.mark(b)?;
        let slot = self.next_slot as u16;
        let at = self.emit(b, op.base, if load { slot } else { v }, x, field(imm.b)?)?;
        b.push_word(end)?;
        b.push_word(v as u64 | imm.y << 16)?;
        if load { self.push_vector(b, at, slot) } else { Ok(()) }
    }

    pub(super) fn vector_global_get(&mut self, b: &mut Build, imported: bool, cell: u32) -> Result<(), Stop> {
        built(Proposals::SIMD)?;
        let slot = self.next_slot as u16;
        let at =
            self.emit_n(b, if imported { ops::GLOBAL_GET_128_IMPORTED } else { ops::GLOBAL_GET_128 }, slot, cell)?;
        self.push_vector(b, at, slot)
    }

    /// `x` where `cond` is not 0, else `y`.
    pub(super) fn vector_select(
        &mut self,
        b: &mut Build,
        cond: &Operand,
        x: &Operand,
        y: &Operand,
    ) -> Result<(), Stop> {
        built(Proposals::SIMD)?;
        let (fx, fy) = (self.slot_of(b, x)?, self.slot_of(b, y)?);
        let cond = if self.src(cond) == Src::Acc { None } else { Some(self.slot_of(b, cond)?) };
        let slot = self.next_slot as u16;
        let op = if cond.is_some() { ops::SELECT_128_S } else { ops::SELECT_128_A };
        let at = self.emit(b, op, slot, fx, fy)?;
        if let Some(cond) = cond {
            b.push_word(cond as u64)?;
        }
        self.push_vector(b, at, slot)
    }
}
