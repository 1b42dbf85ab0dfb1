//! Element and data segments and the data count (specification sections 5.5.12 to 5.5.14).
//!
//! Owns what stands in a segment and the rules for it. Knows nothing of how instances apply them.

use crate::arena::edit;
use crate::binary::{Reader, Stop};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::driver::{Driver, State};
use crate::module::expr::ExprOf;
use crate::module::layout::{
    ConstExpr, ConstKind, DataEntry, ELEM_EXPR, ELEM_GLOBAL, ELEM_NULL, EXPRESSIONS, ElemEntry, ElemExpr,
    FUNC_DECLARED, FUNC_REFERENCED, SegmentMode, Span,
};
use crate::module::spaces::put;
use crate::module::valtype::ref_type;
use crate::types::{ValType, address};

/// Bits of an element segment's flags. The second bit names a table in active segments and tells
/// declarative from passive ones otherwise.
const ELEM_NOT_ACTIVE: u32 = 1;
const ELEM_EXPLICIT: u32 = 2;
const ELEM_EXPRS: u32 = 4;

impl Driver<'_> {
    pub(super) fn begin_elems(&mut self, count: u32) -> Result<(), Stop> {
        self.check_limit(count as u64, self.b.budget.max_segments, Reason::LimitSegments)?;
        self.b.header.elems = self.b.alloc_table::<ElemEntry>(count)?;
        Ok(())
    }

    pub(super) fn elem(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let flags = r.u32()?;
        if flags > (ELEM_NOT_ACTIVE | ELEM_EXPLICIT | ELEM_EXPRS) {
            return Err(Reason::MalformedElemKind.into());
        }
        if flags != 0 {
            self.require(Proposals::BULK_MEMORY)?;
        }
        let explicit = flags & ELEM_EXPLICIT != 0;
        self.elem_flags = flags;
        self.elem = ElemEntry {
            offset: ConstExpr::ZERO,
            items: Span::EMPTY,
            ty: if flags & ELEM_EXPRS != 0 { ValType::FUNCREF } else { ValType::FUNCREF.non_null() },
            mode: SegmentMode::Active,
            table: 0,
            reserved: 0,
        };
        if flags & ELEM_NOT_ACTIVE != 0 {
            self.elem.mode = if explicit { SegmentMode::Declared } else { SegmentMode::Passive };
            self.state = State::ElemKind;
            return Ok(());
        }
        if explicit {
            self.elem.table = r.u32()?;
        }
        let at = address(self.b.table(self.elem.table)?.is64);
        self.begin_expr(ExprOf::ElemOffset, at, r.offset());
        Ok(())
    }

    /// The offset of an active segment is read.
    pub(super) fn elem_offset(&mut self, offset: ConstExpr) -> Result<(), Stop> {
        self.elem.offset = offset;
        if self.elem_flags & ELEM_EXPLICIT != 0 {
            self.state = State::ElemKind;
            return Ok(());
        }
        self.begin_elem_items()
    }

    pub(super) fn elem_kind(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        self.elem.ty = if self.elem_flags & ELEM_EXPRS != 0 {
            ref_type(&mut self.b, r)?
        } else if r.byte()? == 0 {
            ValType::FUNCREF.non_null()
        } else {
            return Err(Reason::MalformedElemKind.into());
        };
        self.begin_elem_items()
    }

    fn begin_elem_items(&mut self) -> Result<(), Stop> {
        if self.elem.mode == SegmentMode::Active {
            let table = self.b.table(self.elem.table)?.ty;
            if !self.b.matches(self.elem.ty, table) {
                return Err(Reason::TypeMismatch.into());
            }
        }
        self.state = State::ElemCount;
        Ok(())
    }

    pub(super) fn elem_count(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let count = r.u32()?;
        self.check_room(r, count)?;
        self.elem.items = self.b.alloc_table::<u32>(count)?;
        self.parts_left = count;
        self.part = 0;
        self.state = State::ElemItems;
        Ok(())
    }

    /// As many function indices as there are bytes for, or the next expression.
    pub(super) fn elem_items(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        if self.elem_flags & ELEM_EXPRS != 0 && self.parts_left != 0 {
            self.begin_expr(ExprOf::ElemItem, self.elem.ty, r.offset());
            return Ok(());
        }
        let mut first = true;
        while self.parts_left != 0 {
            let at = (r.pos(), r.offset());
            let read = r.u32().and_then(|func| {
                self.b.flag_func(func, FUNC_DECLARED | FUNC_REFERENCED)?;
                Ok(func)
            });
            match read {
                Ok(func) => self.put_elem_item(func),
                Err(Stop::SHORT) if !first => {
                    r.seek(at.0);
                    return Ok(());
                }
                Err(stop) => {
                    self.fault = Some(at.1);
                    return Err(stop);
                }
            }
            first = false;
        }
        let elems = self.b.header.elems;
        put(&mut self.b, elems, self.index, self.elem);
        self.next_item();
        Ok(())
    }

    fn put_elem_item(&mut self, item: u32) {
        put(&mut self.b, self.elem.items, self.part, item);
        self.part += 1;
        self.parts_left -= 1;
    }

    /// An item that is an expression is read.
    pub(super) fn elem_item(&mut self, init: ConstExpr) -> Result<(), Stop> {
        let item = match init.kind {
            ConstKind::Func => init.value as u32,
            ConstKind::Global => ELEM_GLOBAL | init.value as u32,
            ConstKind::Value => ELEM_NULL,
            ConstKind::Expr if EXPRESSIONS => self.add_elem_expr(init)?,
            ConstKind::Expr => return Err(Reason::Internal.into()),
        };
        self.put_elem_item(item);
        self.state = State::ElemItems;
        Ok(())
    }

    /// Keeps an expression that each instance evaluates; returns the item that stands for it.
    fn add_elem_expr(&mut self, init: ConstExpr) -> Result<u32, Stop> {
        let span = self.b.alloc_table::<ElemExpr>(1)?;
        put(&mut self.b, span, 0, ElemExpr { init, ty: self.elem.ty, next: 0 });
        if self.b.header.elem_exprs == 0 {
            self.b.header.elem_expr = span.off;
        } else {
            edit(self.b.entries_mut::<ElemExpr>(self.last_elem_expr), 0, |last| last.next = span.off);
        }
        self.last_elem_expr = span;
        let number = self.b.header.elem_exprs;
        self.check_limit(number as u64, ELEM_EXPR, Reason::LimitSegments)?;
        self.b.header.elem_exprs = number + 1;
        Ok(ELEM_EXPR | number)
    }

    pub(super) fn data_count(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let count = r.u32()?;
        self.check_limit(count as u64, self.b.budget.max_segments, Reason::LimitSegments)?;
        self.b.data_count = Some(count);
        self.next_item();
        Ok(())
    }

    pub(super) fn begin_datas(&mut self, count: u32) -> Result<(), Stop> {
        if self.b.data_count.is_some_and(|declared| declared != count) {
            return Err(Reason::DataCount.into());
        }
        self.check_limit(count as u64, self.b.budget.max_segments, Reason::LimitSegments)?;
        self.b.header.datas = self.b.alloc_table::<DataEntry>(count)?;
        Ok(())
    }

    pub(super) fn data(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let flags = r.u32()?;
        self.data = DataEntry { offset: ConstExpr::ZERO, bytes: Span::EMPTY, mode: SegmentMode::Active, memory: 0 };
        match flags {
            0 => {}
            1 => {
                self.require(Proposals::BULK_MEMORY)?;
                self.data.mode = SegmentMode::Passive;
                self.state = State::DataLength;
                return Ok(());
            }
            2 => {
                self.require(Proposals::BULK_MEMORY)?;
                self.data.memory = r.u32()?;
            }
            _ => return Err(Reason::MalformedDataFlags.into()),
        }
        let at = address(self.b.memory(self.data.memory)?.is64);
        self.begin_expr(ExprOf::DataOffset, at, r.offset());
        Ok(())
    }

    /// The offset of an active data segment is read.
    pub(super) fn data_offset(&mut self, offset: ConstExpr) {
        self.data.offset = offset;
        self.state = State::DataLength;
    }

    pub(super) fn data_length(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let len = r.u32()?;
        self.check_room(r, len)?;
        let off = if self.text.is_some() { r.offset() } else { self.b.alloc(len as u64, 1)? };
        self.data.bytes = Span { off, len };
        let datas = self.b.header.datas;
        put(&mut self.b, datas, self.index, self.data);
        self.parts_left = len;
        self.part = 0;
        self.state = State::DataBytes;
        Ok(())
    }

    pub(super) fn data_bytes(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let chunk = r.take(self.parts_left as usize);
        if chunk.is_empty() && self.parts_left != 0 {
            return Err(Stop::SHORT);
        }
        if self.text.is_none() {
            self.b.write_bytes(self.data.bytes.off + self.part, chunk);
        }
        self.part += chunk.len() as u32;
        self.parts_left -= chunk.len() as u32;
        if self.parts_left == 0 {
            self.next_item();
        }
        Ok(())
    }
}
