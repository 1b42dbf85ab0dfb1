//! Constant expressions: the initial values of globals and tables, the offsets and items of segments
//! (specification section 3.4.13, *constant expressions*).
//!
//! The loader has validated them and folded those of one operator; the rest are read again from the
//! module's text, on a stack of fixed depth, through the one table of operators. Knows nothing of what the values are for.

use crate::binary::Reader;
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::layout::{
    CONST_DEPTH, ConstExpr, ConstKind, ELEM_EXPR, ELEM_GLOBAL, ELEM_NULL, EXPRESSIONS, FieldType, Span,
};
use crate::ops::{self, Kind, Special};
use crate::runtime::access::{at, clean, func_ref, global, load, module_of};
use crate::runtime::heap::{self, OUTSIDE};
use crate::runtime::layout::InstanceHeader;
use crate::runtime::value::Value;
use crate::subtype::TypeKind;
use crate::types::ValType;

/// The value of a constant expression of type `ty`.
///
/// # Errors
/// [`Reason::HeapRegion`] where it makes an object that finds no room.
///
/// # Safety
/// `inst` is live, its imports are bound, and the globals that the expression names are initialised.
pub(crate) unsafe fn eval(inst: *mut InstanceHeader, expr: &ConstExpr, ty: ValType) -> Result<Value, Reason> {
    // SAFETY: as the caller vouches.
    let value = unsafe {
        match expr.kind {
            ConstKind::Value => Value::from_bits(expr.value),
            ConstKind::Global => global_value(inst, expr.value as u32),
            ConstKind::Func => Value::from_bits(func_ref(inst, expr.value as u32)),
            ConstKind::Expr if !EXPRESSIONS => return Err(Reason::Internal),
            ConstKind::Expr => {
                let text = Span { off: expr.value as u32, len: (expr.value >> 32) as u32 };
                // What is no constant expression, the loader refused.
                run(inst, module_of(inst).text(text)).ok_or(Reason::HeapRegion)?
            }
        }
    };
    Ok(clean(ty, value))
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
        } else if EXPRESSIONS && item & ELEM_EXPR != 0 {
            at::<u64>(inst, (*inst).elem_cells).add((item & !ELEM_EXPR) as usize).read()
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
    /// Pops a value into a field or an element.
    ///
    /// # Safety
    /// There is room for it at `to`.
    unsafe fn store(&mut self, to: *mut u8, ty: FieldType) -> Option<()> {
        // SAFETY: as the caller vouches.
        unsafe {
            let bytes = self.pop()?.v128().to_le_bytes();
            to.copy_from_nonoverlapping(bytes.as_ptr(), ty.bytes() as usize);
        }
        Some(())
    }
    /// Replaces the two topmost operands by what `f` makes of them.
    fn binary(&mut self, f: impl FnOnce(u64, u64) -> u64) -> Option<()> {
        let right = self.pop()?.bits();
        let left = self.pop()?.bits();
        self.push(f(left, right))
    }
}

/// Evaluates the text of an expression; `None` where an object finds no room.
unsafe fn run(inst: *mut InstanceHeader, text: &[u8]) -> Option<Value> {
    let mut r = Reader::new(text, 0);
    let mut stack = Operands { cells: [Value::ZERO; CONST_DEPTH], len: 0 };
    loop {
        let code = r.byte().ok()?;
        let op = if ops::is_prefix(code) { ops::prefixed(code, r.u32().ok()?)? } else { ops::plain(code)? };
        let special = match op.kind {
            Kind::Special(special) => special,
            // i32 results are cleaned by whoever takes them; wrapping needs no upper bits.
            _ => {
                stack.binary(match op.name.get(4..)? {
                    "add" => u64::wrapping_add,
                    "sub" => u64::wrapping_sub,
                    _ => u64::wrapping_mul,
                })?;
                continue;
            }
        };
        // SAFETY: as the caller vouches; the loader checked indices and types.
        unsafe {
            match special {
                Special::End => return stack.pop(),
                Special::GlobalGet => stack.push_value(global_value(inst, r.u32().ok()?))?,
                Special::V128Const => stack.push_value(Value::from_v128(u128::from_le_bytes(r.array().ok()?)))?,
                Special::I32Const => stack.push(r.s32().ok()? as u32 as u64)?,
                Special::I64Const => stack.push(r.s64().ok()? as u64)?,
                Special::F32Const => stack.push(u32::from_le_bytes(r.array().ok()?) as u64)?,
                Special::F64Const => stack.push(u64::from_le_bytes(r.array().ok()?))?,
                Special::RefNull => {
                    r.s33().ok()?;
                    stack.push(0)?;
                }
                Special::RefFunc => stack.push(func_ref(inst, r.u32().ok()?))?,
                Special::RefI31 => {
                    let v = stack.pop()?.bits();
                    stack.push((v << 1 | 1) & u32::MAX as u64)?;
                }
                Special::AnyConvertExtern | Special::ExternConvertAny => {
                    let v = stack.pop()?.bits();
                    stack.push(if v == 0 { 0 } else { v ^ OUTSIDE })?;
                }
                _ => make(inst, special, &mut r, &mut stack)?,
            }
        }
    }
}

/// Makes a structure or an array.
unsafe fn make(inst: *mut InstanceHeader, special: Special, r: &mut Reader<'_>, stack: &mut Operands) -> Option<()> {
    if !Proposals::GC.is_built() {
        return None;
    }
    // SAFETY: as for `run`; an object has room for what is written to it.
    unsafe {
        let module = module_of(inst);
        let heap = heap::of(inst);
        let index = module.type_entry(r.u32().ok()?)?.canon;
        let ty = module.type_entry(index)?;
        let fields = module.fields(ty);
        let desc = heap::desc_in(inst, index);
        if heap.is_null() || desc == 0 {
            return None;
        }
        let object = if ty.kind == TypeKind::Struct {
            let object = heap::alloc(heap, desc, ty.bytes as u64)?;
            if special == Special::StructNew {
                for f in fields.iter().rev() {
                    stack.store(heap::payload(heap, object).add(f.offset as usize), f.ty)?;
                }
            }
            object
        } else {
            let element = fields.first()?.ty;
            let len = if special == Special::ArrayNewFixed { r.u32().ok()? } else { stack.pop()?.bits() as u32 };
            let object = heap::alloc_array(heap, desc, len)?;
            let place = |i: u32| heap::elements(heap, object).add(i as usize * ty.bytes as usize);
            match special {
                Special::ArrayNewFixed => {
                    for i in (0..len).rev() {
                        stack.store(place(i), element)?;
                    }
                }
                Special::ArrayNew if len == 0 => {
                    stack.pop()?;
                }
                Special::ArrayNew => {
                    stack.store(place(0), element)?;
                    for i in 1..len {
                        place(i).copy_from_nonoverlapping(place(0), ty.bytes as usize);
                    }
                }
                _ => {}
            }
            object
        };
        stack.push(object as u64)
    }
}
