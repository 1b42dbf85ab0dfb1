//! Atomic operators: accesses to memory, fences, waiting and notifying.
//!
//! Operands are read from slots, results go to the slot where the operands' own began. A wait is
//! translated as a call of the embedder: it settles its fuel, and nothing is left in accumulators.

use super::Translator;
use super::emit::INT;
use super::immediate::Immediate;
use super::memory::field;
use super::stack::{Operand, Place};
use crate::binary::Stop;
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::Build;
use crate::module::valtype::built;
use crate::ops::{self, Operator};
use crate::types::{ValType, address};

/// Most operands of an atomic access behind its address.
const OPERANDS: usize = 2;

impl Translator {
    /// Checks memory, alignment (which must be the natural one) and offset; gives the address type.
    fn atomic_arg(b: &Build, imm: &Immediate, width: u32) -> Result<ValType, Stop> {
        let is64 = b.memory(imm.b)?.is64;
        // `imm.a` is below 64, so the shift does not overflow.
        if 1u64 << imm.a != width as u64 {
            return Err(Stop::bad(Reason::AtomicAlignment));
        }
        if is64 == 0 && imm.x > u32::MAX as u64 {
            return Err(Stop::bad(Reason::OffsetOutOfRange));
        }
        Ok(address(is64))
    }

    /// An access with these operands behind its address.
    pub(super) fn atomic(
        &mut self,
        b: &mut Build,
        op: &Operator,
        operands: &[ValType],
        result: Option<ValType>,
        width: u32,
        imm: &Immediate,
    ) -> Result<(), Stop> {
        built(Proposals::THREADS)?;
        self.atomic_op(b, op.base, operands, result, width, imm)
    }

    pub(super) fn atomic_notify(&mut self, b: &mut Build, imm: &Immediate) -> Result<(), Stop> {
        built(Proposals::THREADS)?;
        self.atomic_op(b, ops::ATOMIC_NOTIFY, &[ValType::I32], Some(ValType::I32), 4, imm)
    }

    fn atomic_op(
        &mut self,
        b: &mut Build,
        op: u16,
        operands: &[ValType],
        result: Option<ValType>,
        width: u32,
        imm: &Immediate,
    ) -> Result<(), Stop> {
        let at = Self::atomic_arg(b, imm, width)?;
        let mut popped = [Operand::bottom(0); OPERANDS];
        for (o, ty) in popped.iter_mut().zip(operands).rev() {
            *o = self.pop(b, *ty)?;
        }
        let addr = self.pop(b, at)?;
        if self.dead {
            return result.map_or(Ok(()), |ty| self.push(b, ty, Place::Temp, 0));
        }
        let mut slots = [0u16; OPERANDS];
        for (slot, o) in slots.iter_mut().zip(&popped).take(operands.len()) {
            *slot = self.slot_of(b, o)?;
        }
        let x = self.slot_of(b, &addr)?;
        let [v, w] = slots;
        let base = self.next_slot as u16;
        self.mark(b)?;
        if result.is_some() {
            self.spill(b, INT);
        }
        self.emit(b, op, if result.is_some() { base } else { v }, x, field(imm.b)?)?;
        b.push_word(imm.x.saturating_add(width as u64))?;
        if let Some(ty) = result {
            if !operands.is_empty() {
                b.push_word(v as u64 | (w as u64) << 16)?;
            }
            self.push(b, ty, Place::Temp, 0)?;
            self.hold(ty, base);
        }
        Ok(())
    }

    pub(super) fn atomic_fence(&mut self, b: &mut Build) -> Result<(), Stop> {
        built(Proposals::THREADS)?;
        if !self.dead {
            self.emit(b, ops::ATOMIC_FENCE, 0, 0, 0)?;
        }
        Ok(())
    }

    /// `memory.atomic.wait32` and `wait64`: address, expected value, nanoseconds.
    pub(super) fn atomic_wait(&mut self, b: &mut Build, expected: ValType, imm: &Immediate) -> Result<(), Stop> {
        built(Proposals::THREADS)?;
        let width = if expected == ValType::I32 { 4 } else { 8 };
        let at = Self::atomic_arg(b, imm, width)?;
        for ty in [ValType::I64, expected, at] {
            let o = self.pop(b, ty)?;
            if !self.dead {
                self.settle(b, &o)?;
            }
        }
        if self.dead {
            return self.push(b, ValType::I32, Place::Temp, 0);
        }
        let base = self.next_slot as u16;
        self.before_call(b);
        self.safepoint(b)?;
        let back = self.word_of(b.end()) + 3;
        self.emit_n(b, ops::ATOMIC_WAIT, base, back)?;
        b.push_word(field(imm.b)? as u64 | (width as u64) << 16 | (self.cost as u64) << 32)?;
        b.push_word(imm.x)?;
        self.reset_cost();
        self.push(b, ValType::I32, Place::Temp, 0)?;
        self.hold(ValType::I32, base);
        Ok(())
    }
}
