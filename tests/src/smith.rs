//! Modules to load: generated ones, and damaged ones.
//!
//! Owns the seeds and the choice of features; both follow from a number alone, so that a case can
//! be named and made again.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};
use wasmparser::{Parser, Payload, TypeRef, Validator, WasmFeatures};
use wrt_core::{LoadBudget, Proposals};

/// A small generator of numbers (xorshift64*), for reproducible cases.
pub struct Random(u64);

impl Random {
    /// Starts from a case number.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.number() % n as u64) as usize
    }
}

/// The number of generated cases: `WRT_CASES`, or `default`.
#[must_use]
pub fn cases(default: u64) -> u64 {
    std::env::var("WRT_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Everything that this build has: the budget of tests over modules that use all of it.
pub const EVERYTHING: LoadBudget = LoadBudget { proposals: Proposals::ALL, ..LoadBudget::DEFAULT };

/// Whether this build has the proposal.
#[must_use]
pub const fn has(proposal: Proposals) -> bool {
    Proposals::ALL.has(proposal)
}

/// The features of the oracle that correspond to `Proposals::ALL`.
#[must_use]
pub fn features() -> WasmFeatures {
    crate::features::features(Proposals::ALL)
}

/// What the oracle says of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Valid with the engine's proposals.
    Valid,
    /// Valid in 3.0, by a rule that the oracle ties to a proposal which the engine does not have in
    /// full: tables with initialisers, globals of the module itself in constant expressions.
    ValidInThree,
    /// Not valid.
    Refused,
}

/// Asks the oracle. Imports of functions of exactly one type it reads whether their proposal is on
/// or not; they are refused here.
#[must_use]
pub fn oracle(wasm: &[u8]) -> Verdict {
    let exact = || {
        Parser::new(0).parse_all(wasm).any(|payload| {
            let Ok(Payload::ImportSection(imports)) = payload else { return false };
            imports.into_imports().any(|i| i.is_ok_and(|i| matches!(i.ty, TypeRef::FuncExact(_))))
        })
    };
    let valid = |features| Validator::new_with_features(features).validate_all(wasm).is_ok();
    if !Parser::is_core_wasm(wasm) {
        Verdict::Refused
    } else if valid(features()) {
        if exact() { Verdict::Refused } else { Verdict::Valid }
    } else if valid(features() | WasmFeatures::FUNCTION_REFERENCES | WasmFeatures::GC) {
        Verdict::ValidInThree
    } else {
        Verdict::Refused
    }
}

/// Whether the oracle accepts the module with the engine's proposals.
#[must_use]
pub fn oracle_accepts(wasm: &[u8]) -> bool {
    oracle(wasm) == Verdict::Valid
}

/// The generated module of this number; every other one imports nothing.
#[must_use]
pub fn module(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let gc = has(Proposals::GC.with(Proposals::FUNCTION_REFERENCES));
    let config = Config {
        simd_enabled: has(Proposals::SIMD),
        relaxed_simd_enabled: has(Proposals::RELAXED_SIMD),
        // Now and then a module of the kind that most compilers still make.
        gc_enabled: gc && !seed.is_multiple_of(7),
        exceptions_enabled: has(Proposals::EXCEPTION_HANDLING) && !seed.is_multiple_of(11),
        threads_enabled: has(Proposals::THREADS) && seed.is_multiple_of(3),
        wide_arithmetic_enabled: has(Proposals::WIDE_ARITHMETIC),
        custom_page_sizes_enabled: has(Proposals::CUSTOM_PAGE_SIZES),
        max_memories: 3,
        max_tables: 3,
        max_memory32_bytes: 4 << 20,
        max_memory64_bytes: 4 << 20,
        max_table_elements: 1_000,
        max_imports: if seed.is_multiple_of(2) { 0 } else { 20 },
        max_instructions: 200 + random.below(600),
        generate_custom_sections: seed.is_multiple_of(5),
        ..Config::default()
    };
    let mut bytes = vec![0; 1_000 + random.below(6_000)];
    for chunk in bytes.chunks_mut(8) {
        let word = random.number().to_le_bytes();
        chunk.copy_from_slice(word.get(..chunk.len()).expect("at most eight"));
    }
    Module::new(config, &mut Unstructured::new(&bytes)).expect("enough bytes to make a module of").to_bytes()
}

/// The module with one small damage, chosen by the number.
#[must_use]
pub fn damage(wasm: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut out = wasm.to_vec();
    if out.len() < 9 {
        out.push(random.number() as u8);
        return out;
    }
    let at = 8 + random.below(out.len() - 8);
    match random.below(6) {
        0 | 1 => out[at] ^= 1 << random.below(8),
        2 => out[at] = random.number() as u8,
        3 => out.truncate(at),
        4 => out.insert(at, random.number() as u8),
        _ => {
            out.remove(at);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_modules_are_valid_and_repeatable() {
        for seed in 0..100 {
            let wasm = module(seed);
            assert!(oracle_accepts(&wasm), "case {seed}");
            assert_eq!(wasm, module(seed), "case {seed}");
        }
    }

    #[test]
    fn damage_is_mostly_refused_and_repeatable() {
        let wasm = module(1);
        let refused = (0..200).filter(|&n| !oracle_accepts(&damage(&wasm, n))).count();
        assert!(refused > 100, "{refused}");
        assert_eq!(damage(&wasm, 7), damage(&wasm, 7));
    }
}
