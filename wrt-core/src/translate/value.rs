//! Operators on values: numeric operators, locals, globals, constants, selection, references.

use super::emit::{F32, INT, Last, Src, What, class, small};
use super::immediate::Immediate;
use super::stack::{Local, Operand, Place};
use super::{MISMATCH, NONE, Translator};
use crate::binary::Stop;
use crate::error::Reason;
use crate::module::build::Build;
use crate::ops::{self, Kind, Operator, Special};
use crate::types::ValType;

/// Opcode of the addition that addresses are made with.
const I32_ADD: u32 = 0x6a;

/// The form of a binary operation: the first form of the operator, the distance of this one from it, the operand fields,
/// and the further word.
struct Form {
    base: u16,
    form: u16,
    x: u16,
    y: u16,
    wide: Option<u64>,
}

impl Translator {
    pub(super) fn unary(
        &mut self,
        b: &mut Build,
        op: &'static Operator,
        from: ValType,
        to: ValType,
    ) -> Result<(), Stop> {
        if self.dead {
            return self.skip(b, &[from], Some(to));
        }
        let Some(a) = self.pop_num(from) else { return Err(MISMATCH) };
        self.unary_of(b, op, a, to)
    }

    /// The same for an operand that was popped.
    #[inline]
    fn unary_of(&mut self, b: &mut Build, op: &'static Operator, a: Operand, to: ValType) -> Result<(), Stop> {
        let (form, x) = match self.src(&a) {
            Src::Acc => (ops::UNARY_A, 0),
            Src::Slot(s) => (ops::UNARY_S, s),
            Src::Const(_) => (ops::UNARY_S, self.slot_of(b, &a)?),
        };
        if op.traps {
            self.mark(b)?;
        }
        self.spill(b, class(to));
        let at = self.emit(b, op.base + form, 0, x, 0)?;
        let what = match (op.prefix, op.code) {
            (0xff, 0x45) => What::Zero32,
            (0xff, 0x50) => What::Zero64,
            _ => What::Nothing,
        };
        self.last = Last { what, at, end: b.end(), form, x, y: 0, bits: 0 };
        self.push_acc(b, to, at)
    }

    /// The same bits under another type. No code, unless the value is in another class' accumulator.
    pub(super) fn retype(&mut self, b: &mut Build, from: ValType, to: ValType) -> Result<(), Stop> {
        let a = self.pop(b, from)?;
        if self.dead {
            return self.push(b, to, Place::Temp, 0);
        }
        match a.place {
            Place::Acc if class(from) == class(to) => self.push_acc_again(b, to, a.val as u32),
            Place::Acc => {
                self.slot_of(b, &a)?;
                self.push(b, to, Place::Temp, 0)
            }
            Place::Local => self.push_local(b, to, a.val as u32),
            place => self.push(b, to, place, a.val),
        }
    }

    pub(super) fn binary(
        &mut self,
        b: &mut Build,
        op: &'static Operator,
        ty: ValType,
        to: ValType,
    ) -> Result<(), Stop> {
        if self.dead {
            return self.skip(b, &[ty, ty], Some(to));
        }
        let (Some(right), Some(left)) = (self.pop_num(ty), self.pop_num(ty)) else { return Err(MISMATCH) };
        if op.ends != 0
            && let Some(at) = self.take_first(b, op, ty, &left, &right)?
        {
            return self.push_acc(b, to, at);
        }
        let (from_left, from_right) = (self.src(&left), self.src(&right));
        let int = class(ty) == INT;
        let plain = |form, x, y| Form { base: op.base, form, x, y, wide: None };
        // What most operands are takes no more than a look.
        let immediate = if let (Src::Const(bits), true) = (from_right, int) { small(ty, bits) } else { None };
        let form = match (from_left, from_right, immediate) {
            (Src::Slot(x), Src::Slot(y), _) => plain(ops::BINARY_SS, x, y),
            (Src::Acc, Src::Slot(y), _) => plain(ops::BINARY_AS, 0, y),
            (Src::Slot(x), _, Some(y)) => plain(ops::BINARY_SI, x, y),
            (Src::Acc, _, Some(y)) => plain(ops::BINARY_AI, 0, y),
            _ => self.binary_form(b, op, ty, [&left, &right], [from_left, from_right])?,
        };
        let Form { base, form, x, y, wide } = form;
        if op.traps {
            self.mark(b)?;
        }
        self.spill(b, class(to));
        let at = self.emit(b, base + form, 0, x, y)?;
        if let Some(bits) = wide {
            b.push_word(bits)?;
        }
        if matches!(op.kind, Kind::Compare(_)) {
            let inverse = if base == op.base { op.inverse } else { op.swapped_inverse };
            let bits = wide.unwrap_or(0);
            self.last =
                Last { what: What::Compare(base, inverse, ty == ValType::I32), at, end: b.end(), form, x, y, bits };
        } else if op.code == I32_ADD && op.prefix == 0xff {
            let bits = wide.unwrap_or(y as i16 as i32 as u32 as u64);
            self.last = Last { what: What::Sum, at, end: b.end(), form, x, y, bits };
        } else if op.begins != 0 && (op.begins > ops::BY_CONSTANT) == matches!(form, ops::BINARY_AI | ops::BINARY_SI) {
            self.last = Last { what: What::First(op.begins), at, end: b.end(), form, x, y, bits: 0 };
        }
        self.push_acc(b, to, at)
    }

    /// The form of a binary operation for operands that stand at these sources, the left one first.
    #[inline(never)]
    fn binary_form(
        &mut self,
        b: &mut Build,
        op: &Operator,
        ty: ValType,
        [left, right]: [&Operand; 2],
        [from_left, from_right]: [Src; 2],
    ) -> Result<Form, Stop> {
        // A constant or the accumulator goes where there is a form for it.
        let swappable = op.swapped != 0;
        let swap = swappable
            && match (from_left, from_right) {
                (Src::Const(_), Src::Const(_)) => false,
                (Src::Const(_), _) => true,
                (Src::Slot(_), Src::Acc) => true,
                (Src::Acc, Src::Acc) => right.place == Place::Acc,
                _ => false,
            };
        let (base, left, right, mut from_left, from_right) = if swap {
            (op.swapped, right, left, from_right, from_left)
        } else {
            (op.base, left, right, from_left, from_right)
        };
        if let Src::Const(_) = from_left {
            from_left = Src::Slot(self.slot_of(b, left)?);
        }
        let int = class(ty) == INT;
        let (form, x, y, wide) = match (from_left, from_right) {
            (Src::Acc, Src::Acc) if right.place == Place::Acc => (ops::BINARY_SA, self.slot_of(b, left)?, 0, None),
            (Src::Acc, Src::Acc) => (ops::BINARY_AS, 0, self.slot_of(b, right)?, None),
            (Src::Acc, Src::Slot(y)) => (ops::BINARY_AS, 0, y, None),
            (Src::Slot(x), Src::Acc) if swappable => {
                // Only where the operands could not be swapped above: read the slot instead.
                (ops::BINARY_SS, x, self.slot_of(b, right)?, None)
            }
            (Src::Slot(x), Src::Acc) => (ops::BINARY_SA, x, 0, None),
            (Src::Slot(x), Src::Slot(y)) => (ops::BINARY_SS, x, y, None),
            (left, Src::Const(bits)) => {
                let (x, si, sw) = match left {
                    Src::Slot(x) => (x, ops::BINARY_SI, ops::BINARY_SW),
                    _ => (0, ops::BINARY_AI, ops::BINARY_AW),
                };
                match small(ty, bits) {
                    Some(y) if int => (si, x, y, None),
                    _ => (sw, x, 0, Some(bits)),
                }
            }
            (Src::Const(_), _) => return Err(Stop::bad(Reason::Internal)),
        };
        Ok(Form { base, form, x, y, wide })
    }

    /// If one operand of `op` was computed just now by an operator that goes with it, and the other one is in a slot:
    /// takes that operation back and emits one for both, whose place it returns.
    fn take_first(
        &mut self,
        b: &mut Build,
        op: &Operator,
        ty: ValType,
        left: &Operand,
        right: &Operand,
    ) -> Result<Option<u32>, Stop> {
        let last = self.last;
        let What::First(begins) = last.what else { return Ok(None) };
        let (other, order) = if last.made(right, b) {
            (left, 0)
        } else if last.made(left, b) {
            (right, if op.swapped == 0 { ops::CHAIN_LEFT } else { 0 })
        } else {
            return Ok(None);
        };
        let row = ops::CHAINS.get(begins as usize - 1);
        let base = row.and_then(|row| row.get(op.ends as usize - 1)).copied().unwrap_or(0);
        let Src::Slot(z) = self.src(other) else { return Ok(None) };
        let (form, x, y) = match last.form {
            ops::BINARY_AS | ops::BINARY_AI => (ops::CHAIN_A, last.y, None),
            ops::BINARY_SS => (ops::CHAIN_S, last.x, Some(last.y as u64)),
            ops::BINARY_SI => (ops::CHAIN_S, last.x, Some(last.y as i16 as i64 as u64)),
            _ => return Ok(None),
        };
        if base == 0 {
            return Ok(None);
        }
        self.take_back(b, last.at);
        self.forget_last();
        self.spill(b, class(ty));
        let at = self.emit(b, base + order + form, 0, z, x)?;
        if let Some(y) = y {
            b.push_word(y)?;
        }
        Ok(Some(at))
    }

    #[inline]
    fn push_local(&mut self, b: &mut Build, ty: ValType, index: u32) -> Result<(), Stop> {
        let head = self.s.local(index).map_or(0, |l| l.head);
        let place = self.s.operands();
        self.s.set_local_head(index, place + 1);
        self.push_num(b, ty, Place::Local, index as u64 | (head as u64) << 32)
    }

    /// Operands that are in local `index` get slots of their own, before it is overwritten.
    fn preserve(&mut self, b: &mut Build, index: u32, head: u32) -> Result<(), Stop> {
        let mut at = head;
        while at != 0 {
            let mut o = self.s.operand(at - 1);
            let next = (o.val >> 32) as u32;
            self.copy(b, o.ty, o.slot, self.local_slot(index))?;
            o.place = Place::Temp;
            o.val = 0;
            self.s.set_operand(at - 1, o);
            at = next;
        }
        self.s.set_local_head(index, 0);
        Ok(())
    }

    pub(super) fn local_get(&mut self, b: &mut Build, index: u32) -> Result<(), Stop> {
        let local = self.s.local(index).ok_or(Stop::bad(Reason::UnknownLocal))?;
        if self.dead || !local.ty.is_num() {
            return self.local_get_any(b, index, local);
        }
        self.push_local(b, local.ty, index)
    }

    #[inline(never)]
    fn local_get_any(&mut self, b: &mut Build, index: u32, local: Local) -> Result<(), Stop> {
        if !self.is_set(&local) {
            return Err(Stop::bad(Reason::UninitializedLocal));
        }
        if self.dead { self.push(b, local.ty, Place::Temp, 0) } else { self.push_local(b, local.ty, index) }
    }

    pub(super) fn local_set(&mut self, b: &mut Build, index: u32, tee: bool) -> Result<(), Stop> {
        let local = self.s.local(index).ok_or(Stop::bad(Reason::UnknownLocal))?;
        let ty = local.ty;
        if self.dead || !ty.is_num() {
            let o = self.pop(b, ty)?;
            self.note_set(index, &local);
            return match (self.dead, tee) {
                (true, true) => self.push(b, ty, Place::Temp, 0),
                (true, false) => Ok(()),
                (false, _) => self.assign(b, index, ty, &o, tee),
            };
        }
        let Some(o) = self.pop_num(ty) else { return Err(MISMATCH) };
        self.assign(b, index, ty, &o, tee)
    }

    /// Assigns `o`, which was popped, to a local.
    #[inline]
    fn assign(&mut self, b: &mut Build, index: u32, ty: ValType, o: &Operand, tee: bool) -> Result<(), Stop> {
        // `local.get x; local.set x` and the like change nothing.
        let same = o.place == Place::Local && o.val as u32 == index;
        if !same {
            let slot = self.local_slot(index);
            // Read after the pop: the operand itself may have been the local's topmost.
            let head = self.s.local(index).map_or(0, |l| l.head);
            self.preserve(b, index, head)?;
            // The operation that computed the value may write the local itself only if nothing that
            // could read the local's old value was emitted since.
            let direct = head == 0 && self.produced.get(class(ty)).copied() == Some(b.end());
            match o.place {
                Place::Acc if direct => {
                    self.patch(b, o.val as u32, slot);
                    self.note_step(o.val as u32, slot);
                    self.forget_slot(slot);
                    self.hold(ty, slot);
                }
                Place::Acc => {
                    let op = match class(ty) {
                        INT => ops::SET_A,
                        F32 => ops::SET_FS,
                        _ => ops::SET_FA,
                    };
                    self.emit(b, op, slot, 0, 0)?;
                    self.forget_slot(slot);
                    self.hold(ty, slot);
                }
                _ if head == 0 && self.redirect(b, o, slot) => {}
                _ => self.move_to(b, o, slot)?,
            }
        }
        match (tee, o.place) {
            (false, _) => Ok(()),
            (true, Place::Const) => self.push(b, ty, Place::Const, o.val),
            (true, _) => self.push_local(b, ty, index),
        }
    }

    fn global_get(&mut self, b: &mut Build, index: u32) -> Result<(), Stop> {
        let g = b.global(index)?;
        let (ty, cell) = (g.ty, g.cell);
        if self.dead {
            return self.push(b, ty, Place::Temp, 0);
        }
        if ty.is_vector() {
            return self.vector_global_get(b, index < b.header.imported_globals, cell);
        }
        let op = if index < b.header.imported_globals { ops::GLOBAL_GET_IMPORTED } else { ops::GLOBAL_GET };
        // `n23` is the cell, so that field 1 stays free for the slot.
        self.spill(b, INT);
        self.push_int_result(b, ty, |t, b, slot| t.emit_n(b, op, slot, cell))
    }

    /// Emits an operation that computes 64 bits in the integer accumulator, and pushes its result.
    /// Results of other classes go to their slot at once.
    pub(super) fn push_int_result(
        &mut self,
        b: &mut Build,
        ty: ValType,
        emit: impl FnOnce(&mut Self, &mut Build, u16) -> Result<u32, Stop>,
    ) -> Result<(), Stop> {
        if class(ty) == INT {
            let at = emit(self, b, 0)?;
            return self.push_acc(b, ty, at);
        }
        let slot = self.next_slot as u16;
        let at = emit(self, b, slot)?;
        self.patch(b, at, slot);
        self.forget_slot(slot);
        self.push(b, ty, Place::Temp, 0)
    }

    fn global_set(&mut self, b: &mut Build, index: u32) -> Result<(), Stop> {
        let g = b.global(index)?;
        let (ty, cell, mutable) = (g.ty, g.cell, g.mutable != 0);
        if !mutable {
            return Err(Stop::bad(Reason::GlobalIsImmutable));
        }
        let o = self.pop(b, ty)?;
        if self.dead {
            return Ok(());
        }
        let imported = index < b.header.imported_globals;
        if !imported && class(ty) == INT && self.src(&o) == Src::Acc {
            self.emit_n(b, ops::GLOBAL_SET_A, 0, cell)?;
            return Ok(());
        }
        let slot = self.slot_of(b, &o)?;
        let op = match (ty.is_vector(), imported) {
            (true, true) => ops::GLOBAL_SET_128_IMPORTED,
            (true, false) => ops::GLOBAL_SET_128,
            (false, true) => ops::GLOBAL_SET_IMPORTED,
            (false, false) => ops::GLOBAL_SET_S,
        };
        self.emit_n(b, op, slot, cell)?;
        Ok(())
    }

    fn select(&mut self, b: &mut Build, ty: Option<ValType>) -> Result<(), Stop> {
        let cond = self.pop(b, ValType::I32)?;
        let (y, x) = match ty {
            Some(ty) => (self.pop(b, ty)?, self.pop(b, ty)?),
            None => {
                let y = self.pop(b, ValType::BOT)?;
                let x = self.pop(b, y.ty)?;
                if y.ty.is_ref() || x.ty.is_ref() {
                    return Err(Stop::bad(Reason::TypeMismatch));
                }
                (y, x)
            }
        };
        let ty = ty.unwrap_or(if x.ty == ValType::BOT { y.ty } else { x.ty });
        if self.dead {
            return self.push(b, ty, Place::Temp, 0);
        }
        if ty.is_vector() {
            return self.vector_select(b, &cond, &x, &y);
        }
        let imm = |o: &Operand| if o.place == Place::Const { small(ValType::I64, o.val) } else { None };
        let (xi, yi) = (imm(&x), imm(&y));
        let fx = match xi {
            Some(v) => v,
            None => self.slot_of(b, &x)?,
        };
        let fy = match yi {
            Some(v) => v,
            None => self.slot_of(b, &y)?,
        };
        let acc = self.src(&cond) == Src::Acc;
        let op = match (acc, xi.is_some(), yi.is_some()) {
            (true, false, false) => ops::SELECT_A_SS,
            (true, false, true) => ops::SELECT_A_SI,
            (true, true, false) => ops::SELECT_A_IS,
            (true, true, true) => ops::SELECT_A_II,
            (false, false, false) => ops::SELECT_S_SS,
            (false, false, true) => ops::SELECT_S_SI,
            (false, true, false) => ops::SELECT_S_IS,
            (false, true, true) => ops::SELECT_S_II,
        };
        let cond = if acc { None } else { Some(self.slot_of(b, &cond)?) };
        self.spill(b, INT);
        self.push_int_result(b, ty, |t, b, slot| {
            let at = t.emit(b, op, slot, fx, fy)?;
            if let Some(cond) = cond {
                b.push_word(cond as u64)?;
            }
            Ok(at)
        })
    }

    pub(super) fn special(&mut self, b: &mut Build, special: Special, imm: &Immediate) -> Result<(), Stop> {
        match special {
            Special::Nop => Ok(()),
            Special::Drop => self.pop(b, ValType::BOT).map(|_| ()),
            Special::Select => self.select(b, None),
            Special::SelectT => self.select(b, Some(imm.ty)),
            Special::LocalGet => self.local_get(b, imm.a),
            Special::LocalSet => self.local_set(b, imm.a, false),
            Special::LocalTee => self.local_set(b, imm.a, true),
            Special::GlobalGet => self.global_get(b, imm.a),
            Special::GlobalSet => self.global_set(b, imm.a),
            Special::I32Const => self.push(b, ValType::I32, Place::Const, imm.x),
            Special::I64Const => self.push(b, ValType::I64, Place::Const, imm.x),
            Special::F32Const => self.push(b, ValType::F32, Place::Const, imm.x),
            Special::F64Const => self.push(b, ValType::F64, Place::Const, imm.x),
            Special::V128Const => self.vector_const(b, imm),
            Special::RefNull => self.push(b, imm.ty, Place::Const, 0),
            Special::RefIsNull => {
                let o = self.pop_ref(b)?;
                // A null reference is the number 0.
                match ops::plain(0x50) {
                    Some(_) if self.dead => self.push(b, ValType::I32, Place::Temp, 0),
                    Some(eqz) => self.unary_of(b, eqz, o, ValType::I32),
                    None => Err(Stop::bad(Reason::Internal)),
                }
            }
            Special::Unreachable => {
                if !self.dead {
                    self.mark(b)?;
                    self.emit(b, ops::UNREACHABLE, 0, 0, 0)?;
                }
                self.end_path(b);
                Ok(())
            }
            Special::Block | Special::Loop | Special::If => self.block(b, special, imm.block),
            Special::Else => self.otherwise(b),
            // Belongs to the loop over the operators, which may be over with it.
            Special::End => Err(Stop::bad(Reason::Internal)),
            Special::Br => self.br(b, imm.a),
            Special::BrIf => self.br_if(b, imm.a),
            Special::BrTable => self.br_table(b, imm.a, imm.b),
            Special::Return => self.br(b, self.s.controls() - 1),
            Special::Call => self.call(b, imm.a),
            Special::CallIndirect => self.call_indirect(b, imm.a, imm.b),
            Special::ReturnCall => self.return_call(b, imm.a),
            Special::ReturnCallIndirect => self.return_call_indirect(b, imm.a, imm.b),
            Special::Throw => self.throw(b, imm.a),
            Special::ThrowRef => self.throw_ref(b),
            Special::TryTable => self.try_table(b, imm.block, imm.a),
            Special::Try => self.legacy_try(b, imm.block),
            Special::Catch => self.clause(b, Some(imm.a)),
            Special::CatchAll => self.clause(b, None),
            Special::Delegate => self.delegate(b, imm.a),
            Special::Rethrow => self.rethrow(b, imm.a),
            Special::MemoryAtomicNotify => self.atomic_notify(b, imm),
            Special::MemoryAtomicWait32 => self.atomic_wait(b, ValType::I32, imm),
            Special::MemoryAtomicWait64 => self.atomic_wait(b, ValType::I64, imm),
            Special::AtomicFence => self.atomic_fence(b),
            Special::I64Add128 => self.wide_sum(b, ops::WIDE_ADD),
            Special::I64Sub128 => self.wide_sum(b, ops::WIDE_SUB),
            Special::I64MulWideS => self.wide_product(b, ops::WIDE_MUL_S),
            Special::I64MulWideU => self.wide_product(b, ops::WIDE_MUL_U),
            Special::RefEq
            | Special::RefAsNonNull
            | Special::BrOnNull
            | Special::BrOnNonNull
            | Special::CallRef
            | Special::ReturnCallRef => self.reference(b, special, imm),
            other => self.slow(b, other, imm),
        }
    }

    /// Pushes back what was popped just now.
    pub(super) fn restore(&mut self, b: &mut Build, o: Operand) -> Result<(), Stop> {
        match o.place {
            Place::Acc => self.push_acc_again(b, o.ty, o.val as u32),
            Place::Local => self.push_local(b, o.ty, o.val as u32),
            place => self.push(b, o.ty, place, o.val),
        }
    }

    /// What follows cannot be reached.
    pub(super) fn end_path(&mut self, b: &Build) {
        self.drop_to(b, self.height);
        if let Ok(mut c) = self.s.control(0) {
            c.unreachable = true;
            self.s.set_control(0, c);
            self.next_slot = c.slot;
        }
        self.unreachable = true;
        self.dead = true;
        self.pending = [NONE; 3];
        self.held = [NONE; 3];
    }
}
