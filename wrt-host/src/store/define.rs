//! Modules of one definition, for a host that makes memories, tables, globals, tags and functions of its own.
//!
//! Owns their binary form (specification chapter 5). Everything in them is exported by the empty name.

use wrt_core::{FuncType, Limits, MemoryType, ValType, Value};

/// A module under construction.
struct Writer(Vec<u8>);

impl Writer {
    fn new() -> Self {
        Writer(b"\0asm\x01\0\0\0".to_vec())
    }

    /// A section whose vector has one item.
    fn section(mut self, id: u8, item: &[u8]) -> Self {
        self.0.push(id);
        leb(&mut self.0, 1 + item.len() as u64);
        self.0.push(1);
        self.0.extend_from_slice(item);
        self
    }

    /// The export of item 0 of this kind, by the empty name, and the end.
    fn export(self, kind: u8) -> Vec<u8> {
        self.section(7, &[0, kind, 0]).0
    }
}

/// An unsigned integer in LEB128.
fn leb(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// A signed integer in LEB128.
fn sleb(out: &mut Vec<u8>, mut n: i64) {
    while !(-64..64).contains(&n) {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8 & 0x7f);
}

/// A value type; `None` for one that names a type of another module.
fn val_type(out: &mut Vec<u8>, ty: ValType) -> Option<()> {
    if ty.index().is_some() {
        return None;
    }
    if ty.is_ref() && !ty.is_nullable() {
        out.push(0x64);
    }
    out.push(ty.0 as u8);
    Some(())
}

fn limits(out: &mut Vec<u8>, limits: Limits, flags: u8) {
    let bounded = limits.max != u64::MAX;
    out.push(flags | u8::from(bounded));
    leb(out, limits.min);
    if bounded {
        leb(out, limits.max);
    }
}

fn func_type(ty: FuncType<'_>) -> Option<Vec<u8>> {
    let mut out = vec![0x60];
    for types in [ty.params, ty.results] {
        leb(&mut out, types.len() as u64);
        types.iter().try_for_each(|ty| val_type(&mut out, *ty))?;
    }
    Some(out)
}

/// A module that imports a function and exports it.
pub(super) fn func(ty: FuncType<'_>) -> Option<Vec<u8>> {
    Some(Writer::new().section(1, &func_type(ty)?).section(2, &[0, 0, 0, 0]).export(0))
}

/// A module with a table whose elements are null.
pub(super) fn table(ty: ValType, bounds: Limits, is64: bool) -> Option<Vec<u8>> {
    let mut item = Vec::new();
    val_type(&mut item, ty)?;
    limits(&mut item, bounds, u8::from(is64) << 2);
    Some(Writer::new().section(4, &item).export(1))
}

/// A module with a memory that is not shared.
pub(super) fn memory(ty: MemoryType) -> Vec<u8> {
    let mut item = Vec::new();
    let small = ty.page_log2 != 16;
    limits(&mut item, ty.limits, u8::from(ty.is64) << 2 | u8::from(small) << 3);
    if small {
        item.push(ty.page_log2);
    }
    Writer::new().section(5, &item).export(2)
}

/// A module with a global; a reference is null at first: no constant expression gives one of the host's.
pub(super) fn global(ty: ValType, mutable: bool, value: Value) -> Option<Vec<u8>> {
    let mut item = Vec::new();
    val_type(&mut item, ty)?;
    item.push(u8::from(mutable));
    match ty {
        ValType::I32 => {
            item.push(0x41);
            sleb(&mut item, value.i32().into());
        }
        ValType::I64 => {
            item.push(0x42);
            sleb(&mut item, value.i64());
        }
        ValType::F32 => {
            item.push(0x43);
            item.extend_from_slice(&value.f32().to_bits().to_le_bytes());
        }
        ValType::F64 => {
            item.push(0x44);
            item.extend_from_slice(&value.f64().to_bits().to_le_bytes());
        }
        ValType::V128 => {
            item.extend_from_slice(&[0xfd, 12]);
            item.extend_from_slice(&value.v128().to_le_bytes());
        }
        // ref.null of the type's own heap type.
        _ => item.extend_from_slice(&[0xd0, ty.0 as u8]),
    }
    item.push(0x0b);
    Some(Writer::new().section(6, &item).export(3))
}

/// A module with a tag of exceptions that carry values of these types.
pub(super) fn tag(params: &[ValType]) -> Option<Vec<u8>> {
    let ty = func_type(FuncType { params, results: &[] })?;
    Some(Writer::new().section(1, &ty).section(13, &[0, 0]).export(4))
}
