//! Operators on structures, arrays and `i31`, and casts (specification sections 3.4.3 to 3.4.6).
//!
//! Accesses become one operation each, with the field's offset or the element's size in a further
//! word. What allocates goes through the slow door with its operands in consecutive slots, which
//! stay on the operand stack until the collector's list is written.

use super::emit::INT;
use super::immediate::Immediate;
use super::reference::in_slot;
use super::stack::{Opener, Operand, Place};
use super::{Translator, Types};
use crate::binary::Stop;
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::Build;
use crate::module::layout::{FieldEntry, FieldType, TypeEntry};
use crate::module::object::cast_word;
use crate::module::valtype::built;
use crate::ops::{self, Special, slow};
use crate::subtype::{TypeKind, hierarchy};
use crate::types::ValType;

/// The operation of a group that starts with the narrowest access; `signed` for packed fields.
fn get_op(ty: FieldType, signed: bool, base: u16) -> u16 {
    // Pairs of operations: 8 signed and not, 16 signed and not, 32, 64, then 128 alone.
    base + match (ty.bytes(), signed) {
        (1, true) => 0,
        (1, false) => 2,
        (2, true) => 4,
        (2, false) => 6,
        (4, _) => 8,
        (8, _) => 10,
        _ => 12,
    }
}

fn set_op(ty: FieldType, base: u16) -> u16 {
    base + ty.bytes().trailing_zeros() as u16
}

fn bad<T>(reason: Reason) -> Result<T, Stop> {
    Err(Stop::bad(reason))
}

impl Translator {
    pub(super) fn object(&mut self, b: &mut Build, special: Special, imm: &Immediate) -> Result<(), Stop> {
        built(Proposals::GC)?;
        match special {
            Special::StructNew => self.struct_new(b, imm.a, false),
            Special::StructNewDefault => self.struct_new(b, imm.a, true),
            Special::StructGet | Special::StructGetS | Special::StructGetU => {
                let (ty, field) = self.field(b, imm)?;
                let signed = check_packed(field.ty, special == Special::StructGet, special == Special::StructGetS)?;
                let object = self.pop(b, ValType::defined(ty, true))?;
                let op = get_op(field.ty, signed, ops::FIELD_GET_8S);
                self.get(b, op, field.ty.unpacked(), &object, None, field.offset as u64)
            }
            Special::StructSet => {
                let (ty, field) = self.field(b, imm)?;
                if !field.ty.is_mutable() {
                    return bad(Reason::FieldAccess);
                }
                let value = self.pop(b, field.ty.unpacked())?;
                let object = self.pop(b, ValType::defined(ty, true))?;
                self.set(b, set_op(field.ty, ops::FIELD_SET_8), &value, &object, None, field.offset as u64)
            }
            Special::ArrayGet | Special::ArrayGetS | Special::ArrayGetU => {
                let (ty, element) = self.element(b, imm.a)?;
                let signed = check_packed(element, special == Special::ArrayGet, special == Special::ArrayGetS)?;
                let index = self.pop(b, ValType::I32)?;
                let object = self.pop(b, ValType::defined(ty, true))?;
                let op = get_op(element, signed, ops::ELEMENT_GET_8S);
                self.get(b, op, element.unpacked(), &object, Some(&index), element.bytes() as u64)
            }
            Special::ArraySet => {
                let (ty, element) = self.mutable_element(b, imm.a)?;
                let value = self.pop(b, element.unpacked())?;
                let index = self.pop(b, ValType::I32)?;
                let object = self.pop(b, ValType::defined(ty, true))?;
                self.set(b, set_op(element, ops::ELEMENT_SET_8), &value, &object, Some(&index), element.bytes() as u64)
            }
            Special::ArrayLen => self.on_ref(b, ValType::ARRAYREF, ValType::I32, ops::ARRAY_LEN, true),
            Special::RefI31 => self.on_ref(b, ValType::I32, ValType::I31REF.non_null(), ops::REF_I31, false),
            Special::I31GetS => self.on_ref(b, ValType::I31REF, ValType::I32, ops::I31_GET_S, true),
            Special::I31GetU => self.on_ref(b, ValType::I31REF, ValType::I32, ops::I31_GET_U, true),
            Special::AnyConvertExtern => self.convert(b, ValType::EXTERNREF, ValType::ANYREF),
            Special::ExternConvertAny => self.convert(b, ValType::ANYREF, ValType::EXTERNREF),
            Special::RefTest | Special::RefTestNull => self.ref_test(b, imm.ty, special == Special::RefTestNull),
            Special::RefCast | Special::RefCastNull => self.ref_cast(b, imm.ty, special == Special::RefCastNull),
            Special::BrOnCast => self.br_on_cast(b, imm, true),
            Special::BrOnCastFail => self.br_on_cast(b, imm, false),
            other => self.array_bulk(b, other, imm),
        }
    }

    // ---- types ----

    fn field(&self, b: &Build, imm: &Immediate) -> Result<(u32, FieldEntry), Stop> {
        let entry = b.type_entry_of(imm.a, TypeKind::Struct)?;
        let field = b.fields(&entry).get(imm.b as usize).copied().ok_or(Stop::bad(Reason::FieldAccess))?;
        Ok((entry.canon, field))
    }

    fn element(&self, b: &Build, ty: u32) -> Result<(u32, FieldType), Stop> {
        let entry = b.type_entry_of(ty, TypeKind::Array)?;
        let field = b.fields(&entry).first().copied().ok_or(Stop::bad(Reason::Internal))?;
        Ok((entry.canon, field.ty))
    }

    fn mutable_element(&self, b: &Build, ty: u32) -> Result<(u32, FieldType), Stop> {
        let (ty, element) = self.element(b, ty)?;
        if element.is_mutable() { Ok((ty, element)) } else { bad(Reason::FieldAccess) }
    }

    // ---- accesses ----

    /// Emits a read of `ty` from `object`; `word` is the offset, or an element's size.
    fn get(
        &mut self,
        b: &mut Build,
        op: u16,
        ty: ValType,
        object: &Operand,
        index: Option<&Operand>,
        word: u64,
    ) -> Result<(), Stop> {
        if self.dead {
            return self.push(b, ty, Place::Temp, 0);
        }
        let index = index.map(|i| self.slot_of(b, i)).transpose()?.unwrap_or(0);
        let object = self.slot_of(b, object)?;
        self.mark(b)?;
        if ty.is_vector() {
            let to = self.next_slot as u16;
            self.emit(b, op, to, object, index)?;
            b.push_word(word)?;
            self.forget_slot(to);
            self.forget_slot(to + 1);
            return self.push(b, ty, Place::Temp, 0);
        }
        self.spill(b, INT);
        self.push_int_result(b, ty, |t, b, slot| {
            let at = t.emit(b, op, slot, object, index)?;
            b.push_word(word)?;
            Ok(at)
        })
    }

    /// Emits a write of `value` to `object`.
    fn set(
        &mut self,
        b: &mut Build,
        op: u16,
        value: &Operand,
        object: &Operand,
        index: Option<&Operand>,
        word: u64,
    ) -> Result<(), Stop> {
        if self.dead {
            return Ok(());
        }
        let value = self.slot_of(b, value)?;
        let index = index.map(|i| self.slot_of(b, i)).transpose()?.unwrap_or(0);
        let object = self.slot_of(b, object)?;
        self.mark(b)?;
        self.emit(b, op, value, object, index)?;
        b.push_word(word)?;
        Ok(())
    }

    /// Emits an operation from one slot to the integer accumulator.
    fn on_ref(&mut self, b: &mut Build, from: ValType, to: ValType, op: u16, traps: bool) -> Result<(), Stop> {
        let o = self.pop(b, from)?;
        if self.dead {
            return self.push(b, to, Place::Temp, 0);
        }
        let slot = self.slot_of(b, &o)?;
        if traps {
            self.mark(b)?;
        }
        self.spill(b, INT);
        let at = self.emit(b, op, 0, slot, 0)?;
        self.push_acc(b, to, at)
    }

    fn convert(&mut self, b: &mut Build, from: ValType, to: ValType) -> Result<(), Stop> {
        let o = self.pop(b, from)?;
        let to = if o.ty.is_nullable() { to } else { to.non_null() };
        self.restore_any(b, &o)?;
        self.on_ref(b, ValType::BOT, to, ops::CONVERT, false)
    }

    /// Pushes back what was popped just now, in dead code too.
    fn restore_any(&mut self, b: &mut Build, o: &Operand) -> Result<(), Stop> {
        if self.dead { self.push(b, o.ty, Place::Temp, 0) } else { self.restore(b, *o) }
    }

    // ---- allocation and bulk operators ----

    /// The `n` topmost operands go to their slots, and are roots while the operation works on them.
    fn ready(&mut self, b: &mut Build, n: u32) -> Result<(), Stop> {
        if self.dead {
            return Ok(());
        }
        if self.s.operands() - self.height < n {
            return bad(Reason::TypeMismatch);
        }
        self.settle_top(b, n)?;
        self.spill(b, INT);
        self.safepoint(b)
    }

    /// The operands on top, of these types, go to the slow door; the result replaces them.
    fn through_door(
        &mut self,
        b: &mut Build,
        id: u32,
        ty: u32,
        z: u32,
        operands: Types<'_>,
        result: ValType,
    ) -> Result<(), Stop> {
        let n = operands.len();
        self.ready(b, n)?;
        let mut i = n;
        while i > 0 {
            i -= 1;
            self.pop(b, operands.get(i))?;
        }
        self.door(b, id, ty, z, result)
    }

    fn struct_new(&mut self, b: &mut Build, ty: u32, default: bool) -> Result<(), Stop> {
        let entry = b.type_entry_of(ty, TypeKind::Struct)?;
        let result = ValType::defined(entry.canon, false);
        if default {
            if b.fields(&entry).iter().any(|f| !f.ty.unpacked().is_defaultable()) {
                return bad(Reason::FieldAccess);
            }
            return self.through_door(b, slow::STRUCT_NEW, entry.canon, 1, Types::Many(&[]), result);
        }
        // One by one, for fields are not value types.
        let n = entry.params as u32;
        self.fields_through_door(b, &entry, n, result)
    }

    fn fields_through_door(&mut self, b: &mut Build, entry: &TypeEntry, n: u32, result: ValType) -> Result<(), Stop> {
        let field = |b: &Build, i: u32| b.fields(entry).get(i as usize).map_or(ValType::BOT, |f| f.ty.unpacked());
        self.ready(b, n)?;
        let mut i = n;
        while i > 0 {
            i -= 1;
            let ty = field(b, i);
            self.pop(b, ty)?;
        }
        self.door(b, slow::STRUCT_NEW, entry.canon, 0, result)
    }

    /// Emits the operation for operands that were settled, listed and popped.
    fn door(&mut self, b: &mut Build, id: u32, ty: u32, z: u32, result: ValType) -> Result<(), Stop> {
        let base = self.next_slot;
        if !self.dead {
            self.max_slot = self.max_slot.max(base + 1);
            self.emit(b, ops::SLOW, base as u16, ty as u16, (ty >> 16) as u16)?;
            b.push_word(id as u64 | (z as u64) << 32)?;
            self.held = [super::NONE; 3];
            self.forget_last();
        }
        if result == ValType::BOT {
            return Ok(());
        }
        self.push(b, result, Place::Temp, 0)?;
        if !self.dead {
            self.hold(ValType::I64, base as u16);
        }
        Ok(())
    }

    fn array_bulk(&mut self, b: &mut Build, special: Special, imm: &Immediate) -> Result<(), Stop> {
        const I32: ValType = ValType::I32;
        const NONE: ValType = ValType::BOT;
        let array = |index: u32| ValType::defined(index, true);
        match special {
            Special::ArrayNew | Special::ArrayNewDefault => {
                let (ty, element) = self.element(b, imm.a)?;
                let result = ValType::defined(ty, false);
                if special == Special::ArrayNew {
                    let types = [element.unpacked(), I32];
                    return self.through_door(b, slow::ARRAY_NEW, ty, 0, Types::Many(&types), result);
                }
                if !element.unpacked().is_defaultable() {
                    return bad(Reason::FieldAccess);
                }
                self.through_door(b, slow::ARRAY_NEW_DEFAULT, ty, 0, Types::One(I32), result)
            }
            Special::ArrayNewFixed => {
                let (ty, element) = self.element(b, imm.a)?;
                self.ready(b, imm.b)?;
                let mut left = imm.b;
                while left > 0 && !(self.unreachable && self.s.operands() == self.height) {
                    self.pop(b, element.unpacked())?;
                    left -= 1;
                }
                self.door(b, slow::ARRAY_NEW_FIXED, ty, imm.b, ValType::defined(ty, false))
            }
            Special::ArrayNewData => {
                let (ty, element) = self.element(b, imm.a)?;
                super::memory::data_segment(b, imm.b)?;
                if element.unpacked().is_ref() {
                    return bad(Reason::FieldAccess);
                }
                let result = ValType::defined(ty, false);
                self.through_door(b, slow::ARRAY_NEW_DATA, ty, imm.b, Types::Many(&[I32, I32]), result)
            }
            Special::ArrayNewElem => {
                let (ty, element) = self.element(b, imm.a)?;
                if !b.matches(b.elem_type(imm.b)?, element.unpacked()) {
                    return bad(Reason::TypeMismatch);
                }
                let result = ValType::defined(ty, false);
                self.through_door(b, slow::ARRAY_NEW_ELEM, ty, imm.b, Types::Many(&[I32, I32]), result)
            }
            Special::ArrayFill => {
                let (ty, element) = self.mutable_element(b, imm.a)?;
                let types = [array(ty), I32, element.unpacked(), I32];
                self.through_door(b, slow::ARRAY_FILL, 0, 0, Types::Many(&types), NONE)
            }
            Special::ArrayCopy => {
                let (to, element) = self.mutable_element(b, imm.a)?;
                let (from, source) = self.element(b, imm.b)?;
                let same = if element.is_packed() || source.is_packed() {
                    element.storage() == source.storage()
                } else {
                    b.matches(source.unpacked(), element.unpacked())
                };
                if !same {
                    return bad(Reason::TypeMismatch);
                }
                let types = [array(to), I32, array(from), I32, I32];
                self.through_door(b, slow::ARRAY_COPY, 0, 0, Types::Many(&types), NONE)
            }
            Special::ArrayInitData => {
                let (ty, element) = self.mutable_element(b, imm.a)?;
                super::memory::data_segment(b, imm.b)?;
                if element.unpacked().is_ref() {
                    return bad(Reason::FieldAccess);
                }
                let types = [array(ty), I32, I32, I32];
                self.through_door(b, slow::ARRAY_INIT_DATA, 0, imm.b, Types::Many(&types), NONE)
            }
            Special::ArrayInitElem => {
                let (ty, element) = self.mutable_element(b, imm.a)?;
                if !b.matches(b.elem_type(imm.b)?, element.unpacked()) {
                    return bad(Reason::TypeMismatch);
                }
                let types = [array(ty), I32, I32, I32];
                self.through_door(b, slow::ARRAY_INIT_ELEM, 0, imm.b, Types::Many(&types), NONE)
            }
            _ => bad(Reason::Internal),
        }
    }

    // ---- casts ----

    /// Pops a reference of the hierarchy of `ty`.
    fn pop_of_hierarchy(&mut self, b: &mut Build, ty: ValType) -> Result<Operand, Stop> {
        let top = hierarchy(b, ty);
        let o = self.pop_ref(b)?;
        if b.matches(o.ty, top) { Ok(o) } else { bad(Reason::TypeMismatch) }
    }

    fn ref_test(&mut self, b: &mut Build, ty: ValType, null: bool) -> Result<(), Stop> {
        let o = self.pop_of_hierarchy(b, ty)?;
        if self.dead {
            return self.push(b, ValType::I32, Place::Temp, 0);
        }
        let slot = self.slot_of(b, &o)?;
        let at = self.test(b, slot, ty, null)?;
        self.push_acc(b, ValType::I32, at)
    }

    /// Emits the test of the reference in `slot`; the answer is in the accumulator.
    fn test(&mut self, b: &mut Build, slot: u16, ty: ValType, null: bool) -> Result<u32, Stop> {
        self.spill(b, INT);
        let at = self.emit(b, ops::REF_TEST, 0, slot, null as u16)?;
        b.push_word(cast_word(ty))?;
        self.forget_last();
        Ok(at)
    }

    fn ref_cast(&mut self, b: &mut Build, ty: ValType, null: bool) -> Result<(), Stop> {
        let o = self.pop_of_hierarchy(b, ty)?;
        let to = if null { ty.nullable() } else { ty.non_null() };
        if self.dead {
            return self.push(b, to, Place::Temp, 0);
        }
        let slot = self.slot_of(b, &o)?;
        self.mark(b)?;
        self.emit(b, ops::REF_CAST, 0, slot, null as u16)?;
        b.push_word(cast_word(ty))?;
        self.restore(b, Operand { ty: to, ..in_slot(o) })
    }

    fn br_on_cast(&mut self, b: &mut Build, imm: &Immediate, when: bool) -> Result<(), Stop> {
        let (from, to) = (imm.ty, imm.to);
        if !b.matches(to, from) {
            return bad(Reason::TypeMismatch);
        }
        let o = self.pop(b, from)?;
        // What is left when the cast fails: null is not, where it passes the cast.
        let rest = if to.is_nullable() { from.non_null() } else { from };
        let (taken, stays) = if when { (to, rest) } else { (rest, to) };
        let c = self.s.control(imm.a)?;
        let n = super::control::label_types(b, &c)?.len();
        if n == 0 {
            return bad(Reason::TypeMismatch);
        }
        self.restore_any(b, &Operand { ty: taken, ..o })?;
        let types = super::control::label_types(b, &c)?;
        self.check_top(b, types)?;
        if self.dead {
            self.retype_top(b, c.ty, c.opener == Opener::Loop, n)?;
        } else {
            self.widen_top(b, types);
            self.settle_top(b, n)?;
            let slot = self.s.operand(self.s.operands() - 1).slot;
            self.test(b, slot, to, to.is_nullable())?;
            if c.opener != Opener::Function && !self.must_move(&c, n) {
                let back = (c.opener == Opener::Loop) as u16;
                self.emit(b, back + if when { ops::BR_NZ_A } else { ops::BR_Z_A }, 0, 0, 0)?;
                self.label_word(b, imm.a)?;
            } else {
                self.emit(b, if when { ops::BR_Z_A } else { ops::BR_NZ_A }, 0, 0, 0)?;
                let skip = b.push_word(0)?;
                let held = self.held;
                self.jump(b, imm.a, n)?;
                self.held = held;
                super::control::end_skip(b, skip);
            }
        }
        self.pop(b, ValType::BOT)?;
        self.push(b, stays, Place::Temp, 0)
    }
}

/// A packed field is read with a sign or without one, every other as it is. True for signed.
fn check_packed(ty: FieldType, plain: bool, signed: bool) -> Result<bool, Stop> {
    if ty.is_packed() == plain { bad(Reason::FieldAccess) } else { Ok(signed) }
}
