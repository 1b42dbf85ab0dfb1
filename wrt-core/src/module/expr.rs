//! Constant expressions (specification sections 3.4.15 and 5.4.13): read, validated, folded.
//!
//! Owns the types on the expression's stack while its operators arrive. One operator alone becomes
//! a value, a global or a function; more are kept as text, which instances evaluate. Where the
//! module is fed in pieces, that text is copied. Knows nothing of what the value is for.

use crate::binary::{Reader, Stop};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::driver::{Driver, State};
use crate::module::layout::{CONST_DEPTH, ConstExpr, ConstKind, FUNC_DECLARED, FUNC_REFERENCED};
use crate::module::sections::heap_type;
use crate::ops::{self, Kind, Special};
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

/// Most bytes of an operator: a prefix, a code of five bytes and a vector.
const LONGEST_OPERATOR: usize = 24;

/// An expression at hand.
pub(super) struct Expr {
    of: ExprOf,
    expected: ValType,
    /// Offset in the module of its first byte.
    start: u64,
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

    fn pop(&mut self, expected: ValType) -> Result<(), Stop> {
        match self.depth.checked_sub(1) {
            Some(top) if self.stack.get(top) == Some(&expected) => {
                self.depth = top;
                Ok(())
            }
            _ => Err(Reason::TypeMismatch.into()),
        }
    }
}

/// What an operator does.
enum Effect {
    /// Puts a value of this type, known or not.
    Push(ValType, ConstExpr),
    /// Takes two of this type and puts one.
    Binary(ValType),
    End,
}

fn value(bits: u64) -> ConstExpr {
    ConstExpr { value: bits, kind: ConstKind::Value, reserved: 0 }
}

impl Driver<'_> {
    /// Goes on with a constant expression that starts at this offset.
    pub(super) fn begin_expr(&mut self, of: ExprOf, expected: ValType, start: u64) {
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
                let depth = self.expr.depth;
                match self.expr.stack.get_mut(depth) {
                    Some(place) => *place = ty,
                    None => {
                        self.b.need = depth as u64 + 1;
                        return Err(Reason::LimitConstDepth.into());
                    }
                }
                self.expr.depth = depth + 1;
                if self.expr.operators == 0 {
                    self.expr.first = alone;
                }
            }
            Effect::Binary(ty) => {
                self.expr.pop(ty)?;
                self.expr.pop(ty)?;
                self.expr.depth += 1;
            }
            Effect::End => {
                self.expr.pop(self.expr.expected)?;
                if self.expr.depth != 0 {
                    return Err(Reason::TypeMismatch.into());
                }
                return self.end_expr(r, start);
            }
        }
        if self.text.is_none() {
            self.keep_text(r.since(start))?;
        }
        self.expr.operators = self.expr.operators.saturating_add(1);
        Ok(())
    }

    /// Copies an operator behind those before it, once there are two.
    fn keep_text(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.expr.operators == 0 {
            if let Some(held) = self.expr.held.get_mut(..bytes.len()) {
                held.copy_from_slice(bytes);
            }
            self.expr.held_len = bytes.len();
            return Ok(());
        }
        if self.expr.operators == 1 {
            let copy = self.b.alloc(self.expr.held_len as u64, 1)?;
            self.expr.copy = copy;
            self.b.write_bytes(copy, self.expr.held.get(..self.expr.held_len).unwrap_or(&[]));
        }
        let at = self.b.alloc(bytes.len() as u64, 1)?;
        self.b.write_bytes(at, bytes);
        Ok(())
    }

    fn end_expr(&mut self, r: &Reader<'_>, start: usize) -> Result<(), Stop> {
        // A vector is as long as an expression, and stays text.
        let expr = if self.expr.operators == 1 && self.expr.first.kind != ConstKind::Expr {
            self.expr.first
        } else {
            let len = r.offset() - self.expr.start;
            let off = if self.text.is_some() {
                self.expr.start
            } else {
                self.keep_text(r.since(start))?;
                self.expr.copy as u64
            };
            ConstExpr { value: off | len << 32, kind: ConstKind::Expr, reserved: 0 }
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
        Ok(match r.byte()? {
            0x0b => Effect::End,
            0x23 => {
                let index = r.u32()?;
                let ty = self.const_global(index)?;
                Effect::Push(ty, ConstExpr { value: index as u64, kind: ConstKind::Global, reserved: 0 })
            }
            0x41 => Effect::Push(ValType::I32, value(r.s32()? as u32 as u64)),
            0x42 => Effect::Push(ValType::I64, value(r.s64()? as u64)),
            0x43 => Effect::Push(ValType::F32, value(u32::from_le_bytes(r.array()?) as u64)),
            0x44 => Effect::Push(ValType::F64, value(u64::from_le_bytes(r.array()?))),
            0x6a..=0x6c => {
                self.require(Proposals::EXTENDED_CONST)?;
                Effect::Binary(ValType::I32)
            }
            0x7c..=0x7e => {
                self.require(Proposals::EXTENDED_CONST)?;
                Effect::Binary(ValType::I64)
            }
            0xfd => {
                let code = r.u32()?;
                match ops::prefixed(0xfd, code).map(|op| op.kind) {
                    Some(Kind::Special(Special::V128Const)) => {}
                    Some(_) => return Err(Reason::ConstantExpressionRequired.into()),
                    None => return Err(Reason::IllegalOpcode.into()),
                }
                r.array::<16>()?;
                self.require(Proposals::SIMD)?;
                Effect::Push(ValType::V128, ConstExpr { value: 0, kind: ConstKind::Expr, reserved: 0 })
            }
            0xd0 => {
                let ty = heap_type(r.byte()?)?;
                self.require(Proposals::REFERENCE_TYPES)?;
                Effect::Push(ty, value(0))
            }
            0xd2 => {
                let func = r.u32()?;
                self.require(Proposals::REFERENCE_TYPES)?;
                self.b.flag_func(func, FUNC_DECLARED | FUNC_REFERENCED)?;
                let alone = ConstExpr { value: func as u64, kind: ConstKind::Func, reserved: 0 };
                Effect::Push(ValType::FUNCREF, alone)
            }
            other => return Err(not_constant(other).into()),
        })
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

/// Why an operator may not stand in a constant expression.
fn not_constant(code: u8) -> Reason {
    match code {
        // Exceptions, typed references, GC, atomics.
        0x06..=0x0a | 0x14 | 0x15 | 0x18 | 0x19 | 0x1f | 0xd3..=0xd6 | 0xfb | 0xfe => Reason::ProposalUnknown,
        0x00..=0x05 | 0x0c..=0x13 | 0x1a..=0x1c | 0x20..=0x26 | 0x28..=0xc4 | 0xd1 | 0xfc => {
            Reason::ConstantExpressionRequired
        }
        _ => Reason::IllegalOpcode,
    }
}
