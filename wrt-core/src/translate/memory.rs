//! Loads, stores, and the operators behind the slow door: bulk memory, tables, growth.

use super::emit::{INT, Src, What, class, small};
use super::immediate::Immediate;
use super::stack::{Operand, Place};
use super::{MISMATCH, Translator};
use crate::binary::Stop;
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::Build;
use crate::ops::{self, Operator, Special, slow};
use crate::types::{ValType, address};

/// Whether there are memories in this build that not every operation can reach.
const ANY: bool = Proposals::MEMORY64.is_built() || Proposals::MULTI_MEMORY.is_built() || Proposals::THREADS.is_built();

/// How an access finds its bytes.
pub(super) enum Reach {
    /// Memory 0, 32-bit addresses; offset plus width fits a field.
    Near(u16),
    /// The same, but it does not fit.
    Far(u64),
    /// Any memory, any address type, shared or not.
    Any(u64),
}

/// An address that is a sum, as the operation takes it over.
struct Sum {
    load: u16,
    /// The forms with a slot's value and with an immediate; 0 where only loads have one.
    store: [u16; 2],
    x: u16,
    y: u16,
    word: Option<u64>,
}

impl Translator {
    /// Checks alignment, memory and offset; gives the address type.
    #[cfg_attr(feature = "large-loop", inline(always))]
    pub(super) fn mem_arg(&self, b: &Build, imm: &Immediate, width: u32) -> Result<(ValType, Reach), Stop> {
        let memory = b.memory(imm.b)?;
        let (is64, shared) = (memory.is64, memory.shared != 0);
        // `imm.a` is below 64, so the shift does not overflow.
        if 1u64 << imm.a > width as u64 {
            return Err(Stop::bad(Reason::AlignmentTooLarge));
        }
        if address(is64) == ValType::I32 && imm.x > u32::MAX as u64 {
            return Err(Stop::bad(Reason::OffsetOutOfRange));
        }
        let end = imm.x.saturating_add(width as u64);
        let reach = if ANY && (is64 != 0 || imm.b != 0 || shared) {
            Reach::Any(end)
        } else {
            u16::try_from(end).map_or(Reach::Far(end), Reach::Near)
        };
        Ok((address(is64), reach))
    }

    /// If the address is the sum computed just now, takes its operation back for the access to add.
    #[inline]
    fn take_sum(&mut self, b: &mut Build, addr: &Operand, reach: &Reach, width: u32, store: bool) -> Option<Sum> {
        if self.last.what == What::Sum && self.last.made(addr, b) {
            self.take_last_sum(b, reach, width, store)
        } else {
            None
        }
    }

    #[inline(never)]
    fn take_last_sum(&mut self, b: &mut Build, reach: &Reach, width: u32, store: bool) -> Option<Sum> {
        let last = self.last;
        let end = match *reach {
            Reach::Near(end) => end as u32,
            Reach::Far(end) => u32::try_from(end).ok()?,
            Reach::Any(_) => return None,
        };
        let bare = end == width;
        let (load, store, y, word) = match last.form {
            ops::BINARY_SS if bare => (ops::LOAD_P, [ops::STORE_PS, ops::STORE_PI], last.y, None),
            ops::BINARY_SI if bare => (ops::LOAD_I, [ops::STORE_IS, ops::STORE_II], last.y, None),
            ops::BINARY_SI | ops::BINARY_SW => {
                (ops::LOAD_J, [ops::STORE_JS, ops::STORE_JI], 0, Some(last.bits & 0xffff_ffff | (end as u64) << 32))
            }
            _ if store => return None,
            // The slot is field 2 there.
            ops::BINARY_AS if end <= u16::MAX as u32 => {
                self.take_back(b, last.at);
                self.forget_last();
                return Some(Sum { load: ops::LOAD_Q, store: [0; 2], x: last.y, y: end as u16, word: None });
            }
            ops::BINARY_AI | ops::BINARY_AW => {
                (ops::LOAD_R, [0; 2], 0, Some(last.bits & 0xffff_ffff | (end as u64) << 32))
            }
            _ => return None,
        };
        self.take_back(b, last.at);
        self.forget_last();
        Some(Sum { load, store, x: last.x, y, word })
    }

    #[inline(never)]
    pub(super) fn load(
        &mut self,
        b: &mut Build,
        op: &Operator,
        ty: ValType,
        width: u32,
        imm: &Immediate,
    ) -> Result<(), Stop> {
        let (at, reach) = self.mem_arg(b, imm, width)?;
        if self.dead {
            return self.skip(b, &[at], Some(ty));
        }
        let Some(addr) = self.pop_num(at) else { return Err(MISMATCH) };
        let from = self.src(&addr);
        let constant = match (from, &reach) {
            (Src::Const(a), Reach::Near(_) | Reach::Far(_)) => u32::try_from(a + imm.x + width as u64).ok(),
            _ => None,
        };
        if let Some(sum) = self.take_sum(b, &addr, &reach, width, false) {
            self.mark(b)?;
            self.spill(b, class(ty));
            let at = self.emit(b, op.base + sum.load, 0, sum.x, sum.y)?;
            if let Some(word) = sum.word {
                b.push_word(word)?;
            }
            return self.push_acc(b, ty, at);
        }
        let (form, x, y, wide) = match (constant, from, reach) {
            (Some(end), ..) => (ops::LOAD_K, end as u16, (end >> 16) as u16, None),
            (_, Src::Acc, Reach::Near(end)) => (ops::LOAD_A, 0, end, None),
            (_, Src::Slot(x), Reach::Near(end)) => (ops::LOAD_S, x, end, None),
            (_, _, Reach::Near(end)) => (ops::LOAD_S, self.slot_of(b, &addr)?, end, None),
            (_, _, Reach::Far(end)) => (ops::LOAD_W, self.slot_of(b, &addr)?, 0, Some(end)),
            (_, _, Reach::Any(end)) => (ops::LOAD_X, self.slot_of(b, &addr)?, field(imm.b)?, Some(end)),
        };
        self.mark(b)?;
        self.spill(b, class(ty));
        let at = self.emit(b, op.base + form, 0, x, y)?;
        if let Some(end) = wide {
            b.push_word(end)?;
        }
        self.push_acc(b, ty, at)
    }

    #[inline(never)]
    pub(super) fn store(
        &mut self,
        b: &mut Build,
        op: &Operator,
        ty: ValType,
        width: u32,
        imm: &Immediate,
    ) -> Result<(), Stop> {
        let (at, reach) = self.mem_arg(b, imm, width)?;
        if self.dead {
            return self.skip(b, &[at, ty], None);
        }
        let (Some(value), Some(addr)) = (self.pop_num(ty), self.pop_num(at)) else { return Err(MISMATCH) };
        let (from, to) = (self.src(&value), self.src(&addr));
        let v = match from {
            Src::Slot(v) => Some((false, v)),
            Src::Const(bits) => small_bits(ty, bits).map(|v| (true, v)),
            Src::Acc => None,
        };
        if let Some((imm, v)) = v
            && let Some(sum) = self.take_sum(b, &addr, &reach, width, true)
        {
            let [slot, small] = sum.store;
            self.mark(b)?;
            self.emit(b, op.base + if imm { small } else { slot }, v, sum.x, sum.y)?;
            if let Some(word) = sum.word {
                b.push_word(word)?;
            }
            return Ok(());
        }
        let end = match reach {
            Reach::Near(end) => end,
            Reach::Far(end) => {
                let constant = match to {
                    Src::Const(a) => u32::try_from(a + end).ok(),
                    _ => None,
                };
                if let Some(end) = constant {
                    return self.store_at(b, op, ty, &value, end);
                }
                return self.store_wide(b, op, ops::STORE_W, &value, &addr, 0, end);
            }
            Reach::Any(end) => return self.store_wide(b, op, ops::STORE_X, &value, &addr, field(imm.b)?, end),
        };
        if let Src::Const(a) = to {
            return match u32::try_from(a + end as u64) {
                Ok(end) => self.store_at(b, op, ty, &value, end),
                Err(_) => self.store_wide(b, op, ops::STORE_W, &value, &addr, 0, end as u64),
            };
        }
        let (form, v, x) = match (to, from) {
            (Src::Slot(x), Src::Slot(v)) => (ops::STORE_SS, v, x),
            (Src::Acc, Src::Acc) if class(ty) != INT => (ops::STORE_AA, 0, 0),
            (Src::Acc, Src::Acc) if value.place == Place::Acc => (ops::STORE_SA, 0, self.slot_of(b, &addr)?),
            (Src::Acc, Src::Acc) => (ops::STORE_AS, self.slot_of(b, &value)?, 0),
            (Src::Acc, Src::Slot(v)) => (ops::STORE_AS, v, 0),
            (Src::Acc, Src::Const(bits)) => match small_bits(ty, bits) {
                Some(v) => (ops::STORE_AI, v, 0),
                None => (ops::STORE_AS, self.slot_of(b, &value)?, 0),
            },
            (_, Src::Acc) => (ops::STORE_SA, 0, self.slot_of(b, &addr)?),
            (_, Src::Slot(v)) => (ops::STORE_SS, v, self.slot_of(b, &addr)?),
            (_, Src::Const(bits)) => match small_bits(ty, bits) {
                Some(v) => (ops::STORE_SI, v, self.slot_of(b, &addr)?),
                None => {
                    let v = self.slot_of(b, &value)?;
                    (ops::STORE_SS, v, self.slot_of(b, &addr)?)
                }
            },
        };
        self.mark(b)?;
        self.emit(b, op.base + form, v, x, end)?;
        Ok(())
    }

    /// To a constant address; `end` is one past the last byte.
    fn store_at(&mut self, b: &mut Build, op: &Operator, ty: ValType, value: &Operand, end: u32) -> Result<(), Stop> {
        let (form, v) = match self.src(value) {
            Src::Acc => (ops::STORE_KA, 0),
            Src::Slot(v) => (ops::STORE_KS, v),
            Src::Const(bits) => match small_bits(ty, bits) {
                Some(v) => (ops::STORE_KI, v),
                None => (ops::STORE_KS, self.slot_of(b, value)?),
            },
        };
        self.mark(b)?;
        self.emit_n(b, op.base + form, v, end)?;
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of one operation")]
    fn store_wide(
        &mut self,
        b: &mut Build,
        op: &Operator,
        form: u16,
        value: &Operand,
        addr: &Operand,
        memory: u16,
        end: u64,
    ) -> Result<(), Stop> {
        let v = self.slot_of(b, value)?;
        let x = self.slot_of(b, addr)?;
        self.mark(b)?;
        self.emit(b, op.base + form, v, x, memory)?;
        b.push_word(end)?;
        Ok(())
    }

    /// Operators that go through the slow door: operands in consecutive slots, one result at most.
    pub(super) fn slow(&mut self, b: &mut Build, special: Special, imm: &Immediate) -> Result<(), Stop> {
        use ValType as V;
        let none = V::BOT;
        // Function of `slow.rs`, indices, operand types from the first on, result.
        let (id, x, y, z, operands, result) = match special {
            Special::MemorySize => {
                let at = address(b.memory(imm.a)?.is64);
                let page_log2 = b.memory(imm.a)?.page_log2 as u16;
                let memory = field(imm.a)?;
                if self.dead {
                    return self.push(b, at, Place::Temp, 0);
                }
                self.spill(b, INT);
                return self.push_int_result(b, at, |t, b, slot| t.emit(b, ops::MEMORY_SIZE, slot, page_log2, memory));
            }
            Special::MemoryGrow => {
                let at = address(b.memory(imm.a)?.is64);
                (slow::MEMORY_GROW, imm.a, 0, 0, [at, none, none], at)
            }
            Special::MemoryFill => {
                let at = address(b.memory(imm.a)?.is64);
                (slow::MEMORY_FILL, imm.a, 0, 0, [at, V::I32, at], none)
            }
            Special::MemoryCopy => {
                let (d, s) = (b.memory(imm.a)?.is64, b.memory(imm.b)?.is64);
                (slow::MEMORY_COPY, imm.a, imm.b, 0, [address(d), address(s), address(d & s)], none)
            }
            Special::MemoryInit => {
                let at = address(b.memory(imm.b)?.is64);
                data_segment(b, imm.a)?;
                (slow::MEMORY_INIT, imm.b, 0, imm.a, [at, V::I32, V::I32], none)
            }
            Special::DataDrop => {
                data_segment(b, imm.a)?;
                (slow::DATA_DROP, 0, 0, imm.a, [none; 3], none)
            }
            Special::TableGet => {
                let t = b.table(imm.a)?;
                (slow::TABLE_GET, imm.a, 0, 0, [address(t.is64), none, none], t.ty)
            }
            Special::TableSet => {
                let t = b.table(imm.a)?;
                (slow::TABLE_SET, imm.a, 0, 0, [address(t.is64), t.ty, none], none)
            }
            Special::TableGrow => {
                let t = b.table(imm.a)?;
                (slow::TABLE_GROW, imm.a, 0, 0, [t.ty, address(t.is64), none], address(t.is64))
            }
            Special::TableSize => {
                let t = b.table(imm.a)?;
                (slow::TABLE_SIZE, imm.a, 0, 0, [none; 3], address(t.is64))
            }
            Special::TableFill => {
                let t = b.table(imm.a)?;
                (slow::TABLE_FILL, imm.a, 0, 0, [address(t.is64), t.ty, address(t.is64)], none)
            }
            Special::TableCopy => {
                let (d, s) = (b.table(imm.a)?, b.table(imm.b)?);
                if !b.matches(s.ty, d.ty) {
                    return Err(Stop::bad(Reason::TypeMismatch));
                }
                (slow::TABLE_COPY, imm.a, imm.b, 0, [address(d.is64), address(s.is64), address(d.is64 & s.is64)], none)
            }
            Special::TableInit => {
                let t = b.table(imm.b)?;
                if !b.matches(b.elem_type(imm.a)?, t.ty) {
                    return Err(Stop::bad(Reason::TypeMismatch));
                }
                (slow::TABLE_INIT, imm.b, 0, imm.a, [address(t.is64), V::I32, V::I32], none)
            }
            Special::ElemDrop => {
                b.elem_type(imm.a)?;
                (slow::ELEM_DROP, 0, 0, imm.a, [none; 3], none)
            }
            Special::RefFunc => {
                if !b.is_declared(imm.a)? {
                    return Err(Stop::bad(Reason::UndeclaredFunctionReference));
                }
                (slow::REF_FUNC, 0, 0, imm.a, [none; 3], V::defined(b.func(imm.a)?.ty, false))
            }
            _ => return Err(Stop::bad(Reason::Internal)),
        };
        let mut count = 0;
        let mut popped = [Operand::bottom(0); 3];
        for (ty, o) in operands.iter().zip(popped.iter_mut()).rev() {
            if *ty != none {
                *o = self.pop(b, *ty)?;
                count += 1;
            }
        }
        if self.dead {
            return if result == none { Ok(()) } else { self.push(b, result, Place::Temp, 0) };
        }
        for o in popped.iter().take(count) {
            self.settle(b, o)?;
        }
        let base = self.next_slot as u16;
        // A slot for the result even where there is no operand.
        self.max_slot = self.max_slot.max(self.next_slot + 1);
        let (x, y) = (field(x)?, field(y)?);
        self.spill(b, INT);
        for o in popped.iter().take(count) {
            // The steps work on the operands' slots themselves.
            self.forget_slot(o.slot);
        }
        self.safepoint(b)?;
        self.list_popped(b, popped.get(..count).unwrap_or(&[]))?;
        self.emit(b, ops::SLOW, base, x, y)?;
        b.push_word(id as u64 | (z as u64) << 32)?;
        if result == none {
            return Ok(());
        }
        self.push(b, result, Place::Temp, 0)?;
        self.hold(ValType::I64, base);
        Ok(())
    }
}

/// Memory and table indices stand in a field.
pub(super) fn field(index: u32) -> Result<u16, Stop> {
    u16::try_from(index).map_err(|_| Stop::bad(Reason::LimitMemories))
}

/// A float constant as immediate: its bits, if they are a small number (zero above all).
fn small_bits(ty: ValType, bits: u64) -> Option<u16> {
    match ty {
        ValType::F32 => small(ValType::I32, bits),
        ValType::F64 => small(ValType::I64, bits),
        other => small(other, bits),
    }
}

pub(super) fn data_segment(b: &Build, index: u32) -> Result<(), Stop> {
    match b.data_count {
        None => Err(Stop::bad(Reason::DataCountRequired)),
        Some(count) if index < count => Ok(()),
        Some(_) => Err(Stop::bad(Reason::UnknownDataSegment)),
    }
}
