//! The sizes that the structs of the C ABI have had, and what stands for fields that older ones lack.
//!
//! Owns [`Versioned`]: every size that was ever published stays in its list. How structs are read and
//! written by it is in `boundary`.

use crate::abi::{
    wrt_arena, wrt_bytes, wrt_error, wrt_extern, wrt_func, wrt_instance_config, wrt_load_budget, wrt_pending, wrt_plan,
    wrt_run_budget, wrt_usage,
};

use crate::heap::{wrt_heap_usage, wrt_reference};
use crate::hooks::wrt_crossing_info;
use crate::sched::{wrt_sched_config, wrt_sched_ran, wrt_sched_report, wrt_sched_terms};
use crate::shared::wrt_shared_config;

/// A struct that begins with its size.
///
/// # Safety
/// The type is `repr(C)`, its first field is `struct_size: u32`, and [`Versioned::EMPTY`] with any
/// prefix replaced by the caller's bytes is a valid value.
pub(crate) unsafe trait Versioned: Copy {
    /// Sizes that were published, in order; the last is that of the type.
    const SIZES: &'static [usize];
    /// What fields stand for that a shorter struct does not have.
    const EMPTY: Self;
}

macro_rules! versioned {
    ($($ty:ident: [$($older:expr),*], $empty:expr;)*) => { $(
        // SAFETY: `repr(C)`, `struct_size` first (checked below); every field is an integer, a
        // pointer or a struct of such, so that any bytes are valid.
        unsafe impl Versioned for $ty {
            const SIZES: &'static [usize] = &[$($older,)* size_of::<$ty>()];
            const EMPTY: Self = $empty;
        }
        const _: () = assert!(core::mem::offset_of!($ty, struct_size) == 0);
    )* };
}

versioned! {
    wrt_error: [], wrt_error {
        struct_size: 0, status: 0, reason: 0, func: u32::MAX, offset: 0, need: 0, detail: 0, message: c"".as_ptr(),
    };
    // Published shapes ended before `table_reserve` and before `max_tags`.
    wrt_load_budget: [
        core::mem::offset_of!(wrt_load_budget, table_reserve), core::mem::offset_of!(wrt_load_budget, max_tags)
    ], wrt_load_budget {
        struct_size: 0, proposals: 0, max_types: 0, max_functions: 0, max_imports: 0, max_exports: 0,
        max_globals: 0, max_tables: 0, max_memories: 0, max_segments: 0, max_params: 0, max_results: 0,
        max_locals: 0, max_block_depth: 0, max_operands: 0, max_body_bytes: 0, max_table_elements: 0,
        reserved: 0, max_memory_bytes: 0, table_reserve: 0, reserved2: 0,
        max_tags: wrt_core::LoadBudget::DEFAULT.max_tags, max_fields: wrt_core::LoadBudget::DEFAULT.max_fields,
    };
    wrt_run_budget: [], wrt_run_budget { struct_size: 0, max_call_depth: 0, fuel: 0, max_memory_bytes: 0 };
    // The first published shape ended before `heap_min`.
    wrt_plan: [core::mem::offset_of!(wrt_plan, heap_min)], wrt_plan {
        struct_size: 0, reserved: 0, load_scratch: 0, module: 0, instance: 0, table_max: 0, stack_min: 0,
        memory_min: 0, memory_max: 0, heap_min: 0,
    };
    wrt_usage: [], wrt_usage { struct_size: 0, call_depth_peak: 0, fuel_used: 0, stack_peak: 0, memory_bytes: 0 };
    // Published shapes ended before `memories`, before `heap` and before `shared`.
    wrt_instance_config: [
        core::mem::offset_of!(wrt_instance_config, memories), core::mem::offset_of!(wrt_instance_config, heap),
        core::mem::offset_of!(wrt_instance_config, shared)
    ], wrt_instance_config {
        struct_size: 0, flags: 0, hosts: core::ptr::null(), nhosts: 0, linked: core::ptr::null(), nlinked: 0,
        memory: wrt_arena { base: core::ptr::null_mut(), size: 0 }, memory_ceiling: 0,
        memories: core::ptr::null(), nmemories: 0,
        heap: wrt_arena { base: core::ptr::null_mut(), size: 0 },
        shared: core::ptr::null(), nshared: 0, waiter: core::ptr::null(),
    };
    wrt_heap_usage: [], wrt_heap_usage {
        struct_size: 0, reserved: 0, used: 0, peak: 0, capacity: 0, free: 0, collections: 0,
    };
    wrt_reference: [], wrt_reference {
        struct_size: 0, kind: 0, i31: 0, len: 0, func: wrt_func { instance: u32::MAX, index: u32::MAX }, host: 0,
    };
    wrt_shared_config: [], wrt_shared_config {
        struct_size: 0, flags: 0, min: 0, max: 0, page_size: 0, reserved: 0,
        memory: wrt_arena { base: core::ptr::null_mut(), size: 0 }, waiter: core::ptr::null(),
    };
    wrt_extern: [], wrt_extern {
        struct_size: 0, kind: 0, index: 0, flags: 0, value_type: 0, page_size: 0,
        module: wrt_bytes::EMPTY, name: wrt_bytes::EMPTY, min: 0, max: 0,
    };
    // The first published shape ended before `delayed`.
    wrt_pending: [core::mem::offset_of!(wrt_pending, delayed)], wrt_pending {
        struct_size: 0, instance: 0, func: 0, nresults: 0, module: wrt_bytes::EMPTY, name: wrt_bytes::EMPTY,
        delayed: 0, reserved: 0,
    };
    wrt_crossing_info: [], wrt_crossing_info {
        struct_size: 0, kind: 0, flags: 0, caller: u32::MAX, instance: 0, func: 0, nparams: 0, nresults: 0,
        depth: 0, reserved: 0,
    };
    wrt_sched_config: [], wrt_sched_config {
        struct_size: 0, flags: 0, max_tasks: 0, trace: 0, policy: 0, ageing: 0, slice: core::ptr::null(),
    };
    wrt_sched_terms: [], wrt_sched_terms { struct_size: 0, priority: 0, deadline: u64::MAX, slice: 0 };
    wrt_sched_ran: [], wrt_sched_ran {
        struct_size: 0, id: u32::MAX, status: 0, reason: 0, fuel: 0, detail: 0, pending: 0, reserved: 0,
    };
    wrt_sched_report: [], wrt_sched_report {
        struct_size: 0, last: 0, reason: 0, missed: 0, fuel: 0, slices: 0, longest_wait: 0, wait_bound: 0,
    };
}
