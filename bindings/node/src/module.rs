//! A loaded module.

use crate::report::{self, NativePlan};
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use std::sync::Arc;
use wrt_core::{ExternType, FuncType};
use wrt_host::OwnedModule;

/// A loaded module.
#[napi]
pub struct NativeModule {
    pub(crate) inner: Arc<OwnedModule>,
}

/// An import.
#[napi(object)]
pub struct NativeImport {
    pub module: String,
    pub name: String,
    pub kind: String,
    pub signature: String,
}

/// An export.
#[napi(object)]
pub struct NativeExport {
    pub name: String,
    pub kind: String,
    pub signature: String,
}

#[napi]
impl NativeModule {
    /// The binary that it was loaded from.
    #[napi]
    pub fn wasm(&self) -> Buffer {
        self.inner.wasm().into()
    }
    /// What it needs.
    #[napi]
    pub fn plan(&self) -> NativePlan {
        report::plan(self.inner.plan())
    }
    /// Its imports.
    #[napi]
    pub fn imports(&self) -> Vec<NativeImport> {
        let module = self.inner.module();
        let import = |i| {
            let import = module.import(i)?;
            let (kind, signature) = describe(&import.ty);
            Some(NativeImport { module: import.module.into(), name: import.name.into(), kind: kind.into(), signature })
        };
        (0..module.import_count()).filter_map(import).collect()
    }
    /// Its exports.
    #[napi]
    pub fn exports(&self) -> Vec<NativeExport> {
        let module = self.inner.module();
        let export = |i| {
            let export = module.export(i)?;
            let (kind, signature) = describe(&export.ty);
            Some(NativeExport { name: export.name.into(), kind: kind.into(), signature })
        };
        (0..module.export_count()).filter_map(export).collect()
    }
}

fn describe(ty: &ExternType<'_>) -> (&'static str, String) {
    match ty {
        ExternType::Func(ty) => ("func", signature(*ty)),
        ExternType::Table(..) => ("table", String::new()),
        ExternType::Memory(..) => ("memory", String::new()),
        ExternType::Global(ty, _) => ("global", char::from(ty.letter()).into()),
        ExternType::Tag(ty) => ("tag", signature(*ty)),
    }
}

/// A function type in the letters of the C ABI: `(iI)f`.
pub fn signature(ty: FuncType<'_>) -> String {
    let letters = |types: &[wrt_core::ValType]| types.iter().map(|t| char::from(t.letter())).collect::<String>();
    format!("({}){}", letters(ty.params), letters(ty.results))
}
