//! What a binary's own memories declare, so that each can be given a region of the right size.
//!
//! Reads the memory section alone, of a module that the engine has accepted already.

use wasmparser::{Parser, Payload};
use wrt_core::PAGE_SIZE;

/// Limits of one linear memory (specification section 2.3.11), in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryType {
    /// Bytes at the start.
    pub min: u64,
    /// Bytes at most, where a maximum is declared.
    pub max: Option<u64>,
    /// Whether addresses are 64 bits wide.
    pub is64: bool,
}

impl MemoryType {
    /// The bytes to reserve where nobody sets a bound: the maximum, 4 GiB where none is declared,
    /// 64 GiB where more is; never less than the minimum. The same on every machine, so that growth
    /// fails at the same size everywhere.
    #[must_use]
    pub fn ceiling(&self) -> u64 {
        self.max.unwrap_or(1 << 32).min(64 << 30).max(self.min)
    }
}

/// The memories that the module defines, imports excluded; what cannot be read is left out.
#[must_use]
pub fn memory_types(wasm: &[u8]) -> Vec<MemoryType> {
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::MemorySection(section)) => {
                let bytes = |m: &wasmparser::MemoryType| {
                    let page = m.page_size_log2.map_or(PAGE_SIZE, |log2| 1u64.checked_shl(log2).unwrap_or(PAGE_SIZE));
                    let bytes = |pages: u64| pages.saturating_mul(page);
                    MemoryType { min: bytes(m.initial), max: m.maximum.map(bytes), is64: m.memory64 }
                };
                return section.into_iter().flatten().map(|m| bytes(&m)).collect();
            }
            Ok(Payload::CodeSectionStart { .. }) | Err(_) => break,
            Ok(_) => {}
        }
    }
    Vec::new()
}
