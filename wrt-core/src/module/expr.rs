//! Constant expressions (specification sections 3.4.15 and 5.4.13): read, validated, folded.
//!
//! Owns the types on the expression's stack while its operators arrive. One operator alone becomes
//! a value, a global or a function; more are kept as text, which instances evaluate. Where the
//! module is fed in pieces, that text is copied. Knows nothing of what the value is for.

use crate::binary::{Reader, Stop};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::driver::{Driver, State};
use crate::module::layout::{CONST_DEPTH, ConstExpr, ConstKind, EXPRESSIONS, FUNC_DECLARED, FUNC_REFERENCED};
use crate::module::object;
use crate::module::valtype::built;
use crate::ops::{Kind, Special};
use crate::subtype::TypeKind;
use crate::translate::immediate;
use crate::types::ValType;

/// What the value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExprOf {
    Table,
    Global,
    ElemOffset,
    ElemItem,
    DataOffset,
}

/// Most bytes of an operator: a prefix, a code and a vector or two indices.
const LONGEST_OPERATOR: usize = 32;

/// An expression at hand.
pub(super) struct Expr {
    of: ExprOf,
    expected: ValType,
    /// Offset in the module of its first byte.
    start: u32,
    /// Operators so far.
    operators: u32,
    depth: usize,
    stack: [ValType; CONST_DEPTH],
    /// What the first operator alone comes to.
    first: ConstExpr,
    /// Bytes of the first operator, kept until a second shows that they must be copied.
    held: [u8; LONGEST_OPERATOR],
    held_len: usize,
    copy: u32,
}

impl Expr {
    pub(super) const fn new() -> Self {
        Expr {
            of: ExprOf::Global,
            expected: ValType::BOT,
            start: 0,
            operators: 0,
            depth: 0,
            stack: [ValType::BOT; CONST_DEPTH],
            first: ConstExpr::ZERO,
            held: [0; LONGEST_OPERATOR],
            held_len: 0,
            copy: 0,
        }
    }
}

/// What an operator does to the types on the stack.
enum Effect {
    /// Puts a value of this type, known or not.
    Push(ValType, ConstExpr),
    /// Takes two of this type and puts one.
    Binary(ValType),
    /// Takes what it needs from the stack (done) and puts a value of this type, made at run time.
    Made(ValType),
    End,
}

fn value(bits: u64) -> ConstExpr {
    ConstExpr { value: bits, kind: ConstKind::Value, reserved: 0 }
}

impl Driver<'_> {
    /// Goes on with a constant expression that starts at this offset.
    pub(super) fn begin_expr(&mut self, of: ExprOf, expected: ValType, start: u32) {
        self.expr.of = of;
        self.expr.expected = expected;
        self.expr.start = start;
        self.expr.operators = 0;
        self.expr.depth = 0;
        self.state = State::Expr;
    }

    pub(super) fn expr_operator(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let start = r.pos();
        match self.const_operator(r)? {
            Effect::Push(ty, alone) => {
                self.const_push(ty)?;
                if self.expr.operators == 0 {
                    self.expr.first = alone;
                }
            }
            Effect::Binary(ty) => {
                self.const_pop(ty)?;
                self.const_pop(ty)?;
                self.expr.depth += 1;
            }
            Effect::Made(ty) => {
                self.const_push(ty)?;
                self.expr.first = ConstExpr { kind: ConstKind::Expr, ..ConstExpr::ZERO };
            }
            Effect::End => {
                self.const_pop(self.expr.expected)?;
                if self.expr.depth != 0 {
                    return Err(Reason::TypeMismatch.into());
                }
                return self.end_expr(r, start);
            }
        }
        if EXPRESSIONS && self.text.is_none() {
            self.keep_text(r.since(start))?;
        }
        self.expr.operators = self.expr.operators.saturating_add(1);
        Ok(())
    }

    fn const_push(&mut self, ty: ValType) -> Result<(), Stop> {
        let depth = self.expr.depth;
        match self.expr.stack.get_mut(depth) {
            Some(place) => *place = ty,
            None => {
                self.b.need = depth as u64 + 1;
                return Err(Reason::LimitConstDepth.into());
            }
        }
        self.expr.depth = depth + 1;
        Ok(())
    }

    fn const_pop(&mut self, expected: ValType) -> Result<(), Stop> {
        let top = self.expr.depth.checked_sub(1).ok_or(Stop::bad(Reason::TypeMismatch))?;
        match self.expr.stack.get(top) {
            Some(&ty) if self.b.matches(ty, expected) => {
                self.expr.depth = top;
                Ok(())
            }
            _ => Err(Reason::TypeMismatch.into()),
        }
    }

    /// Copies an operator behind those before it, once there are two.
    fn keep_text(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.expr.operators == 0 {
            if let Some(held) = self.expr.held.get_mut(..bytes.len()) {
                held.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
            }
            self.expr.held_len = bytes.len();
            return Ok(());
        }
        if self.expr.operators == 1 {
            // The first of the two, or the end behind a single one that is not known.
            let copy = self.b.alloc(self.expr.held_len as u64, 1)?;
            self.expr.copy = copy;
            self.b.write_bytes(copy, self.expr.held.get(..self.expr.held_len).unwrap_or(&[]));
        }
        let at = self.b.alloc(bytes.len() as u64, 1)?;
        self.b.write_bytes(at, bytes);
        Ok(())
    }

    fn end_expr(&mut self, r: &Reader<'_>, start: usize) -> Result<(), Stop> {
        let expr = if !EXPRESSIONS || self.expr.operators == 1 && self.expr.first.kind != ConstKind::Expr {
            self.expr.first
        } else {
            let len = r.offset() - self.expr.start;
            let off = if self.text.is_some() {
                self.expr.start
            } else {
                self.keep_text(r.since(start))?;
                self.expr.copy
            };
            ConstExpr { value: off as u64 | (len as u64) << 32, kind: ConstKind::Expr, reserved: 0 }
        };
        match self.expr.of {
            ExprOf::Table => self.table_init(expr),
            ExprOf::Global => self.global_init(expr),
            ExprOf::ElemOffset => self.elem_offset(expr)?,
            ExprOf::ElemItem => self.elem_item(expr)?,
            ExprOf::DataOffset => self.data_offset(expr),
        }
        Ok(())
    }

    fn const_operator(&mut self, r: &mut Reader<'_>) -> Result<Effect, Stop> {
        let mut imm = immediate::Immediate::NONE;
        let code = r.byte()?;
        let op = immediate::read(&mut self.b, r, code, &mut imm)?;
        if !op.constant {
            return Err(Reason::ConstantExpressionRequired.into());
        }
        let special = match op.kind {
            Kind::Binary(ty) => {
                self.require(Proposals::EXTENDED_CONST)?;
                return Ok(Effect::Binary(ty));
            }
            Kind::Special(special) => special,
            _ => return Err(Reason::Internal.into()),
        };
        Ok(match special {
            Special::End => Effect::End,
            Special::GlobalGet => {
                let ty = self.const_global(imm.a)?;
                Effect::Push(ty, ConstExpr { value: imm.a as u64, kind: ConstKind::Global, reserved: 0 })
            }
            Special::I32Const => Effect::Push(ValType::I32, value(imm.x)),
            Special::I64Const => Effect::Push(ValType::I64, value(imm.x)),
            Special::F32Const => Effect::Push(ValType::F32, value(imm.x)),
            Special::F64Const => Effect::Push(ValType::F64, value(imm.x)),
            // As long as an expression, it stays text.
            Special::V128Const => {
                built(Proposals::SIMD)?;
                Effect::Made(ValType::V128)
            }
            Special::RefNull => Effect::Push(imm.ty, value(0)),
            Special::RefFunc => {
                self.b.flag_func(imm.a, FUNC_DECLARED | FUNC_REFERENCED)?;
                let ty = ValType::defined(self.b.func(imm.a)?.ty, false);
                Effect::Push(ty, ConstExpr { value: imm.a as u64, kind: ConstKind::Func, reserved: 0 })
            }
            Special::RefI31 => {
                built(Proposals::GC)?;
                self.const_pop(ValType::I32)?;
                Effect::Made(ValType::I31REF.non_null())
            }
            Special::AnyConvertExtern => Effect::Made(self.const_convert(ValType::EXTERNREF, ValType::ANYREF)?),
            Special::ExternConvertAny => Effect::Made(self.const_convert(ValType::ANYREF, ValType::EXTERNREF)?),
            _ => Effect::Made(self.const_object(special, imm.a, imm.b)?),
        })
    }

    /// Between the hierarchies `any` and `extern`; null stays null.
    fn const_convert(&mut self, from: ValType, to: ValType) -> Result<ValType, Stop> {
        built(Proposals::GC)?;
        let top = self.expr.depth.wrapping_sub(1);
        let nullable = self.expr.stack.get(top).is_none_or(|ty| ty.is_nullable());
        self.const_pop(from)?;
        Ok(if nullable { to } else { to.non_null() })
    }

    /// A structure or an array: pops what it is made of.
    fn const_object(&mut self, special: Special, ty: u32, count: u32) -> Result<ValType, Stop> {
        built(Proposals::GC)?;
        let is_struct = matches!(special, Special::StructNew | Special::StructNewDefault);
        let entry = self.b.type_entry_of(ty, if is_struct { TypeKind::Struct } else { TypeKind::Array })?;
        let default = matches!(special, Special::StructNewDefault | Special::ArrayNewDefault);
        if default && self.b.fields(&entry).iter().any(|f| !f.ty.unpacked().is_defaultable()) {
            return Err(Reason::FieldAccess.into());
        }
        let field = |d: &Self, i: u32| d.b.fields(&entry).get(i as usize).map_or(ValType::BOT, |f| f.ty.unpacked());
        let mut bytes = entry.bytes as u64;
        match special {
            Special::StructNew => {
                for i in (0..entry.params as u32).rev() {
                    let want = field(self, i);
                    self.const_pop(want)?;
                }
            }
            Special::ArrayNew | Special::ArrayNewDefault => {
                self.const_pop(ValType::I32)?;
                // Its length is known at run time only.
                bytes = object::array_bytes(entry.bytes, 0);
                if !default {
                    let want = field(self, 0);
                    self.const_pop(want)?;
                }
            }
            Special::ArrayNewFixed => {
                bytes = object::array_bytes(entry.bytes, count);
                for _ in 0..count {
                    let want = field(self, 0);
                    self.const_pop(want)?;
                }
            }
            _ => {}
        }
        self.b.add_heap(object::block_bytes(bytes) as u64);
        Ok(ValType::defined(entry.canon, false))
    }

    /// The type of a global that a constant expression may read: immutable, and known by now.
    fn const_global(&mut self, index: u32) -> Result<ValType, Stop> {
        let imported = self.b.header.imported_globals;
        let (ty, mutable) = match self.expr.of {
            // Tables come before the globals that the module defines (specification section 3.4.14).
            ExprOf::Table => self.imported_global(index)?,
            ExprOf::Global if index >= imported + self.index => return Err(Reason::UnknownGlobal.into()),
            _ => {
                let entry = *self.b.global(index)?;
                if index >= imported {
                    self.require(Proposals::EXTENDED_CONST)?;
                }
                (entry.ty, entry.mutable != 0)
            }
        };
        if mutable { Err(Reason::ConstantExpressionRequired.into()) } else { Ok(ty) }
    }
}
