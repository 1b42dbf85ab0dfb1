//! An interceptor that writes every call down: who calls what with which values, and what came back.

use core::cell::RefCell;
use core::fmt::Write as _;
use std::rc::Rc;
use wrt_core::{Crossing, CrossingKind, HostError, Interceptor, ValType, Value, Verdict};

/// Writes a line before and after each call.
#[derive(Clone, Default)]
pub struct Logger {
    text: Rc<RefCell<String>>,
}

impl Logger {
    /// What was written so far.
    pub fn text(&self) -> String {
        self.text.borrow().clone()
    }

    fn line(&self, arrow: &str, call: &Crossing, types: &[ValType], values: &[Value]) {
        let name = match (call.kind(), call.import()) {
            (CrossingKind::Root, _) => format!("function {}", call.func()),
            (_, Some(import)) => format!("{}.{}", import.module, import.name),
            (_, None) => format!("function {} of instance {}", call.func(), call.instance()),
        };
        let shown: Vec<String> = types.iter().zip(values).map(|(&ty, &value)| show(ty, value)).collect();
        let indent = "  ".repeat(call.depth() as usize);
        // Writing to a string does not fail.
        let _ = writeln!(self.text.borrow_mut(), "{indent}{arrow} {name} ({})", shown.join(", "));
    }
}

fn show(ty: ValType, value: Value) -> String {
    match ty {
        ValType::I32 => value.i32().to_string(),
        ValType::I64 => value.i64().to_string(),
        ValType::F32 => value.f32().to_string(),
        ValType::F64 => value.f64().to_string(),
        _ => format!("{value:?}"),
    }
}

impl Interceptor for Logger {
    fn before(&self, call: &Crossing, slots: &mut [Value]) -> Result<Verdict, HostError> {
        if let Some(ty) = call.ty() {
            self.line("->", call, ty.params, slots);
        }
        Ok(Verdict::Proceed)
    }
    fn after(&self, call: &Crossing, slots: &mut [Value]) -> Result<(), HostError> {
        if let Some(ty) = call.ty() {
            self.line("<-", call, ty.results, slots);
        }
        Ok(())
    }
}
