//! The active segments of an instance (specification section 4.5.4, *instantiation*, the last steps).
//!
//! Owns their order and what it means when one does not fit.

use crate::error::{Error, Reason};
use crate::module::layout::{ConstExpr, DataEntry, ElemEntry, SegmentMode};
use crate::runtime::constant;
use crate::runtime::layout::{FuncRef, InstanceHeader};
use crate::runtime::ops;
use crate::types::{ValType, address};

/// A segment that did not fit.
pub(crate) struct Stopped {
    pub(crate) error: Error,
    /// Whether an imported table refers to the instance already.
    pub(crate) shared: bool,
}

/// Applies the active element segments, then the active data segments, each in order.
///
/// # Safety
/// `inst` is live, in its group, its globals and tables initialised.
pub(crate) unsafe fn apply(inst: *mut InstanceHeader) -> Result<(), Stopped> {
    let mut shared = false;
    // SAFETY: as the caller vouches.
    unsafe {
        let module = ops::module_of(inst);
        for (i, entry) in module.entries::<ElemEntry>(module.header().elems).iter().enumerate() {
            let i = i as u32;
            if entry.mode == SegmentMode::Active {
                apply_elem(inst, i, entry).map_err(|reason| stopped(reason, i, shared))?;
                shared |= entry.table < module.header().imported_tables && names_own(inst, entry);
            }
            if entry.mode != SegmentMode::Passive {
                ops::elem_drop(inst, i);
            }
        }
        for (i, entry) in module.entries::<DataEntry>(module.header().datas).iter().enumerate() {
            let i = i as u32;
            if entry.mode == SegmentMode::Active {
                apply_data(inst, i, entry).map_err(|reason| stopped(reason, i, shared))?;
                ops::data_drop(inst, i);
            }
        }
    }
    Ok(())
}

fn stopped(reason: Reason, segment: u32, shared: bool) -> Stopped {
    Stopped { error: Error::new(reason).detail(segment as u64), shared }
}

unsafe fn apply_elem(inst: *mut InstanceHeader, i: u32, entry: &ElemEntry) -> Result<(), Reason> {
    // SAFETY: as the caller vouches.
    unsafe {
        let t = ops::table(inst, entry.table).ok_or(Reason::Internal)?;
        let dst = offset(inst, &entry.offset, (*t).is64);
        ops::table_init(inst, i, t, dst, 0, ops::elem_len(inst, i))
    }
}

unsafe fn apply_data(inst: *mut InstanceHeader, i: u32, entry: &DataEntry) -> Result<(), Reason> {
    // SAFETY: as the caller vouches.
    unsafe {
        let mem = ops::memory(inst, entry.memory).ok_or(Reason::Internal)?;
        let dst = offset(inst, &entry.offset, (*mem).is64);
        ops::memory_init(inst, i, mem, dst, 0, ops::data_len(inst, i))
    }
}

unsafe fn offset(inst: *mut InstanceHeader, expr: &ConstExpr, is64: u32) -> u64 {
    // SAFETY: as the caller vouches.
    unsafe { constant::eval(inst, expr, address(is64)).unwrap_or_default().bits() }
}

/// Whether a segment holds a reference to a function of the instance itself.
unsafe fn names_own(inst: *mut InstanceHeader, entry: &ElemEntry) -> bool {
    // SAFETY: as the caller vouches.
    unsafe {
        let module = ops::module_of(inst);
        crate::subtype::hierarchy(&module, entry.ty) == ValType::FUNCREF
            && ops::module_of(inst).entries::<u32>(entry.items).iter().any(|&item| {
                let r = FuncRef(constant::element(inst, item));
                !r.is_null() && r.instance() == (*inst).id
            })
    }
}
