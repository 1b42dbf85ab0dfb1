//! The Node addon: the engine in bits, numbers and plain objects.
//!
//! Owns the boundary to Node; the package's JavaScript half has the language's values, the classes
//! and the errors, which come to it as objects rather than exceptions.

mod instance;
mod module;
mod report;

use module::NativeModule;
use napi::bindgen_prelude::*;
use napi_derive::napi;
use report::{NativeError, NativePlan};
use wrt_core::LoadBudget;
use wrt_host::OwnedModule;

/// Nothing, or why not.
#[napi(object)]
pub struct Checked {
    pub error: Option<NativeError>,
}

/// A plan, or why not.
#[napi(object)]
pub struct Planned {
    pub value: Option<NativePlan>,
    pub error: Option<NativeError>,
}

/// A module, or why not.
#[napi(object, object_from_js = false)]
pub struct Loaded {
    pub value: Option<NativeModule>,
    pub error: Option<NativeError>,
}

/// Checks a module.
#[napi]
pub fn validate(wasm: &[u8]) -> Checked {
    let error = OwnedModule::validate(wasm, &LoadBudget::default()).err().map(|e| report::error(&e, None));
    Checked { error }
}

/// Plans a module.
#[napi]
pub fn plan(wasm: &[u8]) -> Planned {
    match OwnedModule::plan_of(wasm, &LoadBudget::default()) {
        Ok(plan) => Planned { value: Some(report::plan(&plan)), error: None },
        Err(e) => Planned { value: None, error: Some(report::error(&e, None)) },
    }
}

/// Loads a module.
#[napi]
pub fn load(wasm: Uint8Array) -> Loaded {
    match OwnedModule::load(wasm.to_vec(), &LoadBudget::default()) {
        Ok(inner) => Loaded { value: Some(NativeModule { inner }), error: None },
        Err(e) => Loaded { value: None, error: Some(report::error(&e, None)) },
    }
}
