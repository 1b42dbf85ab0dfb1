//! The native half of the Node package: modules, stores and tasks, with values as bits in one buffer that both halves
//! share. What JavaScript sees is in `lib/`; that half never gets an address, only small numbers.
//!
//! Owns what needs no store: loading, checking, planning and the text format. `shared` is the buffer and the way back
//! into JavaScript, `cell` and `store` instances and what they share, `entry` the short way into a guest, `task` calls that can
//! stop, `memory` bytes that JavaScript sees, `report` errors as objects. Nothing here is global: each thread of Node
//! has an addon of its own.

mod cell;
mod entry;
mod memory;
mod module;
mod report;
mod shared;
mod store;
mod task;
mod wasi;

use module::{NativeModule, options};
use napi::bindgen_prelude::*;
use napi_derive::napi;
use report::NativePlan;
use shared::NativeShared;
use std::sync::Arc;
use wrt_host::OwnedModule;

/// Whether the module is one; its error is left for `lastError`.
#[napi]
pub fn validate(shared: &NativeShared, wasm: &[u8], proposals: u32) -> bool {
    shared.0.keep(OwnedModule::validate(wasm, &options(proposals, 0)), None).is_some()
}

/// What a module needs; nothing where it is refused.
#[napi]
pub fn plan(shared: &NativeShared, wasm: &[u8], proposals: u32, reserve: u32) -> Option<NativePlan> {
    let plan = shared.0.keep(OwnedModule::plan_of(wasm, &options(proposals, reserve)), None)?;
    Some(report::plan(&plan))
}

/// A module; nothing where it is refused.
#[napi]
pub fn load(shared: &NativeShared, wasm: &[u8], proposals: u32, reserve: u32) -> Option<NativeModule> {
    let loaded = OwnedModule::load(Arc::<[u8]>::from(wasm), &options(proposals, reserve));
    shared.0.keep(loaded, None).map(|inner| NativeModule { inner })
}

/// The image of a module; nothing where it is refused.
#[napi]
pub fn compile_image(shared: &NativeShared, wasm: &[u8], proposals: u32, portable: bool) -> Option<Buffer> {
    let budget = options(proposals, 0);
    let image = match portable {
        true => OwnedModule::compile_portable(wasm, &budget),
        false => OwnedModule::compile(wasm, &budget),
    };
    shared.0.keep(image, None).map(Buffer::from)
}

/// The binary of a module in the text format.
#[napi]
pub fn wat(text: String) -> Result<Buffer> {
    wat::parse_str(text).map(Buffer::from).map_err(|e| Error::from_reason(e.to_string()))
}
