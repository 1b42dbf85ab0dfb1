//! Constant expressions: the initial values of globals and tables, the offsets and items of segments
//! (specification section 3.4.13, *constant expressions*).
//!
//! The loader has validated them and folded those of one operator; the rest are read again from the
//! module's text, on a stack of fixed depth. Knows nothing of what the values are for.

use crate::binary::Reader;
use crate::module::layout::{CONST_DEPTH, ConstExpr, ConstKind, ELEM_GLOBAL, ELEM_NULL, Span};
use crate::ops::{self, Kind, Special};
use crate::runtime::access::{clean, func_ref, global, load, module_of};
use crate::runtime::layout::InstanceHeader;
use crate::runtime::value::Value;
use crate::types::ValType;

/// The value of a constant expression of type `ty`.
///
/// # Safety
/// `inst` is live, its imports are bound, and the globals that the expression names are initialised.
pub(crate) unsafe fn eval(inst: *mut InstanceHeader, expr: &ConstExpr, ty: ValType) -> Value {
    // SAFETY: as the caller vouches.
    let value = unsafe {
        match expr.kind {
            ConstKind::Value => Value::from_bits(expr.value),
            ConstKind::Global => global_value(inst, expr.value as u32),
            ConstKind::Func => Value::from_bits(func_ref(inst, expr.value as u32)),
            ConstKind::Expr => {
                let text = Span { off: expr.value as u32, len: (expr.value >> 32) as u32 };
                run(inst, module_of(inst).text(text)).unwrap_or_default()
            }
        }
    };
    clean(ty, value)
}

/// The reference that an item of an element segment stands for.
///
/// # Safety
/// As for [`eval`].
pub(crate) unsafe fn element(inst: *mut InstanceHeader, item: u32) -> u64 {
    // SAFETY: as the caller vouches.
    unsafe {
        if item == ELEM_NULL {
            0
        } else if item & ELEM_GLOBAL != 0 {
            global_value(inst, item & !ELEM_GLOBAL).bits()
        } else {
            func_ref(inst, item)
        }
    }
}

unsafe fn global_value(inst: *mut InstanceHeader, index: u32) -> Value {
    // SAFETY: cells are part of a live instance.
    unsafe { global(inst, index).map_or(Value::ZERO, |(entry, cell)| load(entry.ty, cell).0) }
}

/// Operands of an expression under evaluation.
struct Operands {
    cells: [Value; CONST_DEPTH],
    len: usize,
}

impl Operands {
    fn push(&mut self, bits: u64) -> Option<()> {
        self.push_value(Value::from_bits(bits))
    }
    fn push_value(&mut self, value: Value) -> Option<()> {
        *self.cells.get_mut(self.len)? = value;
        self.len += 1;
        Some(())
    }
    fn pop(&mut self) -> Option<Value> {
        self.len = self.len.checked_sub(1)?;
        self.cells.get(self.len).copied()
    }
    /// Replaces the two topmost operands by what `f` makes of them.
    fn binary(&mut self, f: impl FnOnce(u64, u64) -> u64) -> Option<()> {
        let right = self.pop()?.bits();
        let left = self.pop()?.bits();
        self.push(f(left, right))
    }
}

/// `None` only for text that the loader would have refused.
unsafe fn run(inst: *mut InstanceHeader, text: &[u8]) -> Option<Value> {
    let mut r = Reader::new(text, 0);
    let mut stack = Operands { cells: [Value::ZERO; CONST_DEPTH], len: 0 };
    loop {
        match r.byte().ok()? {
            0x0b => return stack.pop(),
            // SAFETY: as the caller vouches.
            0x23 => stack.push_value(unsafe { global_value(inst, r.u32().ok()?) })?,
            0x41 => stack.push(r.s32().ok()? as u32 as u64)?,
            0x42 => stack.push(r.s64().ok()? as u64)?,
            0x43 => stack.push(u32::from_le_bytes(r.array().ok()?) as u64)?,
            0x44 => stack.push(u64::from_le_bytes(r.array().ok()?))?,
            // i32 results are cleaned by whoever takes them; wrapping needs no upper bits.
            0x6a | 0x7c => stack.binary(u64::wrapping_add)?,
            0x6b | 0x7d => stack.binary(u64::wrapping_sub)?,
            0x6c | 0x7e => stack.binary(u64::wrapping_mul)?,
            0xd0 => {
                r.s33().ok()?;
                stack.push(0)?;
            }
            0xd2 => {
                let index = r.u32().ok()?;
                // SAFETY: as the caller vouches; the loader checked the index.
                stack.push(unsafe { func_ref(inst, index) })?;
            }
            0xfd => match ops::prefixed(0xfd, r.u32().ok()?)?.kind {
                Kind::Special(Special::V128Const) => {
                    stack.push_value(Value::from_v128(u128::from_le_bytes(r.array().ok()?)))?;
                }
                _ => return None,
            },
            _ => return None,
        }
    }
}
