//! A module as JavaScript holds it, and types as it reads them.

use crate::report::{self, NativePlan};
use crate::shared::NativeShared;
use napi::bindgen_prelude::*;
use napi_derive::napi;
use std::sync::Arc;
use wrt_core::{ExternType, FuncType, LoadBudget, Proposals, ValType};
use wrt_host::OwnedModule;

/// A budget with further proposals on, and elements that tables without a maximum may grow to.
pub fn options(proposals: u32, reserve: u32) -> LoadBudget {
    let proposals = Proposals(proposals).and(Proposals::ALL).with(Proposals::WASM_3);
    LoadBudget { proposals, table_reserve: reserve, ..LoadBudget::default() }
}

/// The number of a proposal by its name; nothing where there is none.
#[napi]
pub fn proposal(name: String) -> Option<u32> {
    Proposals::from_name(&name).map(|proposal| proposal.0)
}

/// A loaded module.
#[napi]
pub struct NativeModule {
    pub(crate) inner: Arc<OwnedModule>,
}

/// The type of an import or export: which fields are there depends on the kind.
#[napi(object)]
pub struct NativeExtern {
    pub module: String,
    pub name: String,
    pub kind: String,
    pub signature: String,
    /// Parameters, results, or the one type of a global or table, as numbers.
    pub params: Vec<u32>,
    pub results: Vec<u32>,
    pub mutable: bool,
    pub minimum: f64,
    pub maximum: Option<f64>,
    pub shared: bool,
    pub is64: bool,
    /// Binary logarithm of the bytes in a page.
    pub page: u32,
}

#[napi]
impl NativeModule {
    /// The binary that it was loaded from.
    #[napi]
    pub fn wasm(&self) -> Buffer {
        self.inner.wasm().into()
    }
    /// What it needs; nothing where that cannot be worked out, with the error left behind.
    #[napi]
    pub fn plan(&self, shared: &NativeShared) -> Option<NativePlan> {
        shared.0.keep(self.inner.plan(), None).map(report::plan)
    }
    /// Its imports.
    #[napi]
    pub fn imports(&self) -> Vec<NativeExtern> {
        let module = self.inner.module();
        let import = |i| module.import(i).map(|import| describe(import.module, import.name, &import.ty));
        (0..module.import_count()).filter_map(import).collect()
    }
    /// Its exports.
    #[napi]
    pub fn exports(&self) -> Vec<NativeExtern> {
        let module = self.inner.module();
        let export = |i| module.export(i).map(|export| describe("", export.name, &export.ty));
        (0..module.export_count()).filter_map(export).collect()
    }
}

pub fn numbers(types: &[ValType]) -> Vec<u32> {
    types.iter().map(|ty| ty.0).collect()
}

fn describe(module: &str, name: &str, ty: &ExternType<'_>) -> NativeExtern {
    let mut out = NativeExtern {
        module: module.into(),
        name: name.into(),
        kind: String::new(),
        signature: String::new(),
        params: Vec::new(),
        results: Vec::new(),
        mutable: false,
        minimum: 0.0,
        maximum: None,
        shared: false,
        is64: false,
        page: 16,
    };
    let mut bounds = |limits: &wrt_core::Limits| {
        out.minimum = limits.min as f64;
        out.maximum = (limits.max != u64::MAX).then_some(limits.max as f64);
    };
    let kind = match ty {
        ExternType::Func(ty) => {
            (out.signature, out.params, out.results) = (signature(*ty), numbers(ty.params), numbers(ty.results));
            "function"
        }
        ExternType::Table(ty, limits, is64) => {
            bounds(limits);
            (out.params, out.is64) = (vec![ty.0], *is64);
            "table"
        }
        ExternType::Memory(ty) => {
            bounds(&ty.limits);
            (out.shared, out.is64, out.page) = (ty.shared, ty.is64, u32::from(ty.page_log2));
            "memory"
        }
        ExternType::Global(ty, mutable) => {
            (out.params, out.mutable, out.signature) = (vec![ty.0], *mutable, char::from(ty.letter()).into());
            "global"
        }
        ExternType::Tag(ty) => {
            (out.signature, out.params) = (signature(*ty), numbers(ty.params));
            "tag"
        }
    };
    out.kind = kind.into();
    out
}

/// A function type in the letters of the C ABI: `(iI)f`.
fn signature(ty: FuncType<'_>) -> String {
    let letters = |types: &[ValType]| types.iter().map(|t| char::from(t.letter())).collect::<String>();
    format!("({}){}", letters(ty.params), letters(ty.results))
}
