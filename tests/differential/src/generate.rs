//! Modules to compare on: from `wasm-smith`, with the proposals that all sides have, and such modules damaged.
//! Must not know any engine.

use crate::{host, wrap};
use arbitrary::{Result, Unstructured};
use wasm_smith::{Config, MemoryOffsetChoices, Module};
use wasmparser::{Operator, Parser, Payload};
use wrt_core::Proposals;

/// A repeatable stream of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.word() % bound as u64) as usize
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend_from_slice(&self.word().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

/// Most bytes of one generated memory: small, so that a whole memory can be compared after each call.
pub const MEMORY_BYTES: u64 = 3 << 16;
/// Most memories of a module.
pub const MEMORIES: usize = 4;

/// The settings of the generator: which proposals, drawn one by one, and sizes that keep a case short.
fn config(u: &mut Unstructured<'_>, proposals: Proposals) -> Result<Config> {
    // Mostly everything is on; now and then a proposal is off, so that modules of older kinds occur as well.
    let mut on = |proposal| -> Result<bool> { Ok(!u.ratio(1, 8)? && proposals.has(proposal)) };
    let mut config = Config {
        bulk_memory_enabled: on(Proposals::BULK_MEMORY)?,
        reference_types_enabled: on(Proposals::REFERENCE_TYPES)?,
        multi_value_enabled: on(Proposals::MULTI_VALUE)?,
        saturating_float_to_int_enabled: on(Proposals::SATURATING_FLOAT_TO_INT)?,
        sign_extension_ops_enabled: on(Proposals::SIGN_EXTENSION)?,
        tail_call_enabled: on(Proposals::TAIL_CALL)?,
        extended_const_enabled: on(Proposals::EXTENDED_CONST)?,
        memory64_enabled: on(Proposals::MEMORY64)?,
        simd_enabled: on(Proposals::SIMD)?,
        exceptions_enabled: on(Proposals::EXCEPTION_HANDLING)?,
        gc_enabled: on(Proposals::GC.with(Proposals::FUNCTION_REFERENCES))?,
        custom_page_sizes_enabled: on(Proposals::CUSTOM_PAGE_SIZES)?,
        wide_arithmetic_enabled: on(Proposals::WIDE_ARITHMETIC)?,
        relaxed_simd_enabled: on(Proposals::RELAXED_SIMD)?,
        ..Config::default()
    };
    config.allow_floats = !u.ratio(1, 8)?;
    config.relaxed_simd_enabled &= config.simd_enabled && u.ratio(1, 4)?;
    config.threads_enabled = proposals.has(Proposals::THREADS) && u.ratio(1, 6)?;
    config.shared_everything_threads_enabled = false;
    // Each of these is written in terms of those before it.
    config.gc_enabled &= config.reference_types_enabled && config.bulk_memory_enabled && config.multi_value_enabled;
    config.exceptions_enabled &= config.reference_types_enabled && config.multi_value_enabled;
    config.canonicalize_nans = true;
    config.export_everything = true;
    config.generate_custom_sections = u.ratio(1, 8)?;
    config.disallow_traps = u.ratio(1, 4)?;
    config.max_instructions = if u.ratio(1, 8)? { 1_000 } else { u.int_in_range(4..=150)? };
    config.max_funcs = u.int_in_range(1..=16)?;
    config.min_funcs = 1;
    config.max_types = 16;
    config.max_tags = 5;
    config.max_globals = 10;
    config.max_tables = if config.reference_types_enabled { 4 } else { 1 };
    config.max_memories = u.int_in_range(0..=MEMORIES)?;
    config.max_memory32_bytes = MEMORY_BYTES;
    config.max_memory64_bytes = u128::from(MEMORY_BYTES);
    // A declared maximum makes growth fail at the same size in every engine.
    config.memory_max_size_required = true;
    config.table_max_size_required = true;
    config.max_table_elements = 200;
    config.max_element_segments = 8;
    config.max_elements = 20;
    config.max_data_segments = 8;
    config.max_nesting_depth = 10;
    config.memory_offset_choices = MemoryOffsetChoices(90, 8, 2);
    config.limit_arrays_in_const_exprs = true;
    config.min_uleb_size = if u.ratio(1, 16)? { 5 } else { 1 };
    // What there is to import uses these proposals, and the generator does not see that it must not.
    let all =
        config.reference_types_enabled && config.memory64_enabled && config.multi_value_enabled && config.simd_enabled;
    let all = all.then_some(host::Offer { exceptions: config.exceptions_enabled, gc: config.gc_enabled });
    config.max_imports = if all.is_some() { u.int_in_range(0..=10)? } else { 0 };
    config.available_imports = all.map(|offer| host::available_imports(offer).to_vec());
    Ok(config)
}

/// Whether a function body of the module has such an operator.
fn has_operator(wasm: &[u8], is_such: impl Fn(&Operator<'_>) -> bool) -> bool {
    Parser::new(0).parse_all(wasm).any(|payload| {
        let Ok(Payload::CodeSectionEntry(body)) = payload else { return false };
        body.get_operators_reader().is_ok_and(|operators| operators.into_iter().flatten().any(|op| is_such(&op)))
    })
}

/// Whether the module waits for another thread: there is none, and engines do not wait alike.
#[must_use]
pub fn waits(wasm: &[u8]) -> bool {
    use Operator::{MemoryAtomicWait32, MemoryAtomicWait64};
    has_operator(wasm, |op| matches!(op, MemoryAtomicWait32 { .. } | MemoryAtomicWait64 { .. }))
}

/// Whether the module has relaxed operators for which engines choose different results, each of them allowed: a
/// product and a sum rounded once or twice, a sum of products that wraps or saturates.
fn leaves_a_choice(wasm: &[u8]) -> bool {
    use Operator as O;
    has_operator(wasm, |op| {
        matches!(
            op,
            O::F32x4RelaxedMadd
                | O::F32x4RelaxedNmadd
                | O::F64x2RelaxedMadd
                | O::F64x2RelaxedNmadd
                | O::I16x8RelaxedDotI8x16I7x16S
                | O::I32x4RelaxedDotI8x16I7x16AddS
        )
    })
}

/// What a module that counts its own steps may do between two looks at it.
const STEPS: u32 = 2_500;

/// A valid module that uses these proposals at most, as far as these bytes reach; `None` when they do not reach for
/// one that can be compared. Everything in it can be called and seen with numbers alone.
#[must_use]
pub fn module(bytes: &[u8], proposals: Proposals) -> Option<Vec<u8>> {
    let mut u = Unstructured::new(bytes);
    let config = config(&mut u, proposals).ok()?;
    // Most modules count their own steps and trap when there are too many: every engine ends them at the same place.
    let bounded = !u.ratio(1, 4).ok()?;
    let mut used = proposals;
    if !config.gc_enabled {
        used = used.without(Proposals::GC);
    }
    if !config.exceptions_enabled {
        used = used.without(Proposals::EXCEPTION_HANDLING);
    }
    let mut module = Module::new(config, &mut u).ok()?;
    let fuel = if bounded { Some((module.ensure_termination(STEPS).ok()?, STEPS as i32)) } else { None };
    let wasm = Some(module.to_bytes()).filter(|wasm| !leaves_a_choice(wasm))?;
    Some(wrap::wrap(&wasm, used, fuel).unwrap_or(wasm))
}

/// The module with one to four places damaged.
#[must_use]
pub fn damage(wasm: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = wasm.to_vec();
    for _ in 0..1 + random.below(4) {
        if bytes.len() < 9 {
            break;
        }
        // The first eight bytes say that it is a module; damage there teaches little.
        let first = if random.below(32) == 0 { 0 } else { 8 };
        let at = first + random.below(bytes.len() - first);
        match random.below(8) {
            0..=2 => bytes[at] ^= 1 << random.below(8),
            3 => bytes[at] = random.word() as u8,
            // Bytes that mean something in many places.
            4 => bytes[at] = *[0x00, 0x01, 0x0b, 0x40, 0x7b, 0x7f, 0xfc, 0xfd].get(random.below(8)).unwrap_or(&0),
            5 => {
                bytes.remove(at);
            }
            6 => bytes.insert(at, random.word() as u8),
            _ => bytes.truncate(at),
        }
    }
    bytes
}
