//! A corpus: chunks with their modules and calls, as the host remembers them and as bytes.

use crate::shape::Around;
use wasm_encoder::ValType;
use wrt_sameness_runner::form::{Flags, MAGIC};

/// Calls of one function.
#[derive(Clone)]
pub struct Batch {
    /// What tells it from the chunk's other batches.
    pub label: String,
    /// Exported name.
    pub export: String,
    /// Fuel of each run; 0 for no bound.
    pub slice: u32,
    /// What is written down of each call.
    pub flags: Flags,
    /// Types of the operands and results as the operator has them.
    pub params: Vec<ValType>,
    /// See `params`.
    pub results: Vec<ValType>,
    /// Operands of each call.
    pub calls: Vec<Vec<u128>>,
}

/// Modules that are instantiated together, and what is called of the last.
#[derive(Clone)]
pub struct Chunk {
    /// Operator or guest.
    pub name: String,
    /// Whether the calls are one operator each.
    pub operator: bool,
    /// What lies around an operator.
    pub around: Around,
    /// Name and bytes of each module; the last has none.
    pub modules: Vec<(String, Vec<u8>)>,
    /// The last module with a memory of its own in place of a shared one, for engines without these.
    pub unshared: Option<Vec<u8>>,
    /// The calls.
    pub batches: Vec<Batch>,
}

/// All chunks.
pub struct Corpus {
    /// In the order in which they run.
    pub chunks: Vec<Chunk>,
    /// Proposals with which modules are loaded.
    pub proposals: u32,
}

/// The 64-bit words that an operand or result crosses the boundary in.
#[must_use]
pub fn words(ty: ValType, bits: u128) -> Vec<u64> {
    if ty == ValType::V128 { vec![bits as u64, (bits >> 64) as u64] } else { vec![bits as u64] }
}

pub(crate) fn number(into: &mut Vec<u8>, value: usize) {
    into.extend(u32::try_from(value).expect("a corpus of moderate size").to_le_bytes());
}

pub(crate) fn string(into: &mut Vec<u8>, bytes: &[u8]) {
    number(into, bytes.len());
    into.extend(bytes);
}

impl Corpus {
    /// The bytes that a runner reads.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut all = MAGIC.to_le_bytes().to_vec();
        number(&mut all, self.chunks.len());
        for chunk in &self.chunks {
            let mut body = self.proposals.to_le_bytes().to_vec();
            number(&mut body, chunk.modules.len());
            for (name, wasm) in &chunk.modules {
                string(&mut body, name.as_bytes());
                string(&mut body, wasm);
            }
            number(&mut body, chunk.batches.len());
            for batch in &chunk.batches {
                string(&mut body, batch.export.as_bytes());
                number(&mut body, batch.slice as usize);
                number(&mut body, batch.flags.0 as usize);
                number(&mut body, batch.params.iter().map(|ty| words(*ty, 0).len()).sum());
                number(&mut body, batch.calls.len());
                for call in &batch.calls {
                    for (ty, bits) in batch.params.iter().zip(call) {
                        body.extend(words(*ty, *bits).iter().flat_map(|word| word.to_le_bytes()));
                    }
                }
            }
            string(&mut all, &body);
        }
        all
    }

    /// Calls of one operator each.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.chunks.iter().filter(|c| c.operator).flat_map(|c| &c.batches).map(|b| b.calls.len()).sum()
    }
}
