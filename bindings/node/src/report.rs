//! Errors, plans and usage as plain objects.

use napi::bindgen_prelude::BigInt;
use napi_derive::napi;
use wrt_core::{Error, ExternType, Frame, Module, NO_FUNC, Plan, Reason, Status, Usage};

/// What went wrong.
#[napi(object)]
pub struct NativeError {
    pub message: String,
    pub status: String,
    pub reason: String,
    pub offset: f64,
    pub func: Option<u32>,
    pub need: f64,
    pub detail: BigInt,
    pub frames: Vec<NativeFrame>,
}

/// One active call.
#[napi(object)]
pub struct NativeFrame {
    pub name: Option<String>,
    pub instance: u32,
    pub func: u32,
    pub func_offset: u32,
    pub offset: f64,
}

/// What a module needs.
#[napi(object)]
pub struct NativePlan {
    pub load_scratch: BigInt,
    pub module: BigInt,
    pub instance: BigInt,
    pub table_max: BigInt,
    pub stack_min: BigInt,
    pub memory_min: BigInt,
    pub memory_max: BigInt,
    pub heap_min: BigInt,
}

/// What a call has used.
#[napi(object)]
pub struct NativeUsage {
    pub fuel_used: BigInt,
    pub call_depth_peak: u32,
    pub stack_peak: BigInt,
    pub memory_bytes: BigInt,
}

/// An error with the function's name, where the module is at hand.
pub fn error(e: &Error, module: Option<Module<'_>>) -> NativeError {
    let mut message = e.message.to_string_lossy().into_owned();
    if e.func != NO_FUNC {
        message += &match module.and_then(|m| function_name(m, e.func)) {
            Some(name) => format!(", in {name} (function {})", e.func),
            None => format!(", in function {}", e.func),
        };
    }
    if e.offset != 0 {
        message += &format!(", at offset {:#x}", e.offset);
    }
    if e.need != 0 {
        message += &format!("; {} would do", e.need);
    }
    NativeError {
        message,
        status: e.status().name().to_string_lossy().into_owned(),
        reason: reason_name(e.reason),
        offset: e.offset as f64,
        func: if e.func == NO_FUNC { None } else { Some(e.func) },
        need: e.need as f64,
        detail: e.detail.into(),
        frames: Vec::new(),
    }
}

/// An error that no reason stands for: a budget that is spent, a call that waits.
pub fn stopped(status: Status, message: String) -> NativeError {
    NativeError {
        message,
        status: status.name().to_string_lossy().into_owned(),
        reason: String::new(),
        offset: 0.0,
        func: None,
        need: 0.0,
        detail: 0u64.into(),
        frames: Vec::new(),
    }
}

/// The name as the C header spells it: `WRT_TRAP_UNREACHABLE`.
pub fn reason_name(reason: Reason) -> String {
    let mut out = String::from(if (reason as u16) < 100 { "WRT_TRAP" } else { "WRT_REASON" });
    for c in reason.name().chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// An active call; the module is that of its instance.
pub fn frame(f: &Frame, module: Option<Module<'_>>) -> NativeFrame {
    NativeFrame {
        name: module.and_then(|m| function_name(m, f.func)),
        instance: f.instance,
        func: f.func,
        func_offset: f.func_offset,
        offset: f.module_offset as f64,
    }
}

/// A plan.
pub fn plan(p: &Plan) -> NativePlan {
    NativePlan {
        load_scratch: p.load_scratch.into(),
        module: p.module.into(),
        instance: p.instance.into(),
        table_max: p.table_max.into(),
        stack_min: p.stack_min.into(),
        memory_min: p.memory_min.into(),
        memory_max: p.memory_max.into(),
        heap_min: p.heap_min.into(),
    }
}

/// Usage.
pub fn usage(u: &Usage) -> NativeUsage {
    NativeUsage {
        fuel_used: u.fuel_used.into(),
        call_depth_peak: u.call_depth_peak,
        stack_peak: u.stack_peak.into(),
        memory_bytes: u.memory_bytes.into(),
    }
}

/// The function's name: the name section's, else the export's.
fn function_name(module: Module<'_>, func: u32) -> Option<String> {
    if let Some(name) = module.func_name(func) {
        return Some(String::from_utf8_lossy(name).into_owned());
    }
    let exported = |e: &wrt_core::Export<'_>| e.index == func && matches!(e.ty, ExternType::Func(_));
    (0..module.export_count()).filter_map(|i| module.export(i)).find(exported).map(|e| e.name.to_owned())
}
