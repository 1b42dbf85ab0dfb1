//! Wide arithmetic: operators on 128-bit integers whose halves are two operands each.
//!
//! Owns the placing of the two results, in the slots where the operands' own began. Knows nothing
//! of other operators.

use super::Translator;
use super::emit::INT;
use super::stack::{Operand, Place};
use crate::binary::Stop;
use crate::budget::Proposals;
use crate::module::build::Build;
use crate::module::valtype::built;
use crate::types::ValType;

impl Translator {
    /// `i64.add128`, `i64.sub128`: four operands, lower halves first.
    pub(super) fn wide_sum(&mut self, b: &mut Build, op: u16) -> Result<(), Stop> {
        built(Proposals::WIDE_ARITHMETIC)?;
        let operands = self.pop_i64::<4>(b)?;
        let [x, y, z, w] = self.wide_slots(b, operands)?;
        self.wide(b, op, [x, y], Some(z as u64 | (w as u64) << 16))
    }

    /// `i64.mul_wide_s`, `i64.mul_wide_u`: two operands.
    pub(super) fn wide_product(&mut self, b: &mut Build, op: u16) -> Result<(), Stop> {
        built(Proposals::WIDE_ARITHMETIC)?;
        let operands = self.pop_i64::<2>(b)?;
        let slots = self.wide_slots(b, operands)?;
        self.wide(b, op, slots, None)
    }

    fn pop_i64<const N: usize>(&mut self, b: &Build) -> Result<[Operand; N], Stop> {
        let mut popped = [Operand::bottom(0); N];
        for o in popped.iter_mut().rev() {
            *o = self.pop(b, ValType::I64)?;
        }
        Ok(popped)
    }

    fn wide_slots<const N: usize>(&mut self, b: &mut Build, operands: [Operand; N]) -> Result<[u16; N], Stop> {
        let mut slots = [0; N];
        if !self.dead {
            for (slot, o) in slots.iter_mut().zip(&operands) {
                *slot = self.slot_of(b, o)?;
            }
        }
        Ok(slots)
    }

    fn wide(&mut self, b: &mut Build, op: u16, [x, y]: [u16; 2], further: Option<u64>) -> Result<(), Stop> {
        let base = self.next_slot as u16;
        if !self.dead {
            self.spill(b, INT);
            self.emit(b, op, base, x, y)?;
            if let Some(word) = further {
                b.push_word(word)?;
            }
            self.forget_slot(base);
        }
        self.push(b, ValType::I64, Place::Temp, 0)?;
        self.push(b, ValType::I64, Place::Temp, 0)?;
        if !self.dead {
            self.hold(ValType::I64, base.wrapping_add(1));
        }
        Ok(())
    }
}
