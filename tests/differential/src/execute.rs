//! The plan of a run that every engine carries out alike: which functions are called, with which arguments.
//! Must not know any engine.

use crate::generate::Random;
use crate::host::Offer;
use crate::shape::Shape;
use crate::{code, wrap};
use wasmparser::{ExternalKind, ValType};

/// Calls of a run at most, looks at everything not counted.
const CALLS: usize = 24;
/// Calls between two looks at everything.
const BETWEEN: usize = 3;

/// One call of an exported function.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    /// Types of the parameters.
    pub params: Vec<ValType>,
    /// Types of the results.
    pub results: Vec<ValType>,
    /// Bits of the arguments; references are null.
    pub args: Vec<u64>,
}

/// What is done with a module, and which of its exports are looked at from outside.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub offer: Offer,
    pub calls: Vec<Call>,
    pub memories: Vec<String>,
    pub globals: Vec<String>,
    pub tables: Vec<String>,
}

/// Reads the exports of a valid module and draws arguments for its functions.
#[must_use]
pub fn script(wasm: &[u8], offer: Offer, random: &mut Random) -> Option<Script> {
    let shape = Shape::read(wasm)?;
    let mut script = Script { offer, ..Script::default() };
    let mut everything = None;
    for (name, kind, index) in &shape.exports {
        match kind {
            ExternalKind::Func => {
                let ty = shape.func_type(*shape.funcs.get(*index as usize)?)?;
                // Functions of other types have a wrapper of numbers alone.
                if !ty.params().iter().chain(ty.results()).all(|ty| code::is_simple(*ty)) {
                    continue;
                }
                let args = ty.params().iter().map(|ty| argument(*ty, random)).collect();
                let (params, results) = (ty.params().to_vec(), ty.results().to_vec());
                let call = Call { name: name.clone(), params, results, args };
                if name == wrap::EVERYTHING {
                    everything = Some(call);
                } else {
                    script.calls.push(call);
                }
            }
            ExternalKind::Memory => script.memories.push(name.clone()),
            ExternalKind::Global => {
                let ty = shape.globals.get(*index as usize)?.content_type;
                if code::is_simple(ty) {
                    script.globals.push(name.clone());
                }
            }
            ExternalKind::Table => {
                let ty = shape.tables.get(*index as usize)?.element_type;
                if code::is_simple(ValType::Ref(ty)) {
                    script.tables.push(name.clone());
                }
            }
            _ => {}
        }
    }
    // Functions and their wrappers by turns, in an order that the case draws.
    for last in (1..script.calls.len()).rev() {
        script.calls.swap(last, random.below(last + 1));
    }
    script.calls.truncate(CALLS);
    if let Some(everything) = everything {
        let calls = core::mem::take(&mut script.calls);
        for calls in calls.chunks(BETWEEN) {
            script.calls.extend_from_slice(calls);
            script.calls.push(everything.clone());
        }
    }
    Some(script)
}

/// An argument: often a number at an edge. Floats are never NaN, so that no payload comes from outside.
fn argument(ty: ValType, random: &mut Random) -> u64 {
    const INTEGERS: [u64; 10] =
        [0, 1, 2, u64::MAX, i32::MIN as u32 as u64, i32::MAX as u64, i64::MIN as u64, i64::MAX as u64, 64, 65_535];
    const FLOATS: [f64; 10] =
        [0.0, -0.0, 1.0, -1.5, f64::INFINITY, f64::NEG_INFINITY, 4294967296.0, -2147483649.0, 1e-310, 1e300];
    let pick = random.below(14);
    let word = random.word();
    match ty {
        ValType::I32 => INTEGERS.get(pick).copied().unwrap_or(word) & 0xffff_ffff,
        ValType::I64 | ValType::V128 => INTEGERS.get(pick).copied().unwrap_or(word),
        ValType::F32 => u64::from((FLOATS.get(pick).copied().unwrap_or((word as i32).into()) as f32).to_bits()),
        ValType::F64 => FLOATS.get(pick).copied().unwrap_or(word as i64 as f64).to_bits(),
        _ => 0,
    }
}
