//! The reference against an independent engine, wasmi, call by call.
//!
//! So that targets are not compared with a reference that is wrong itself. Fuel, stack and state hash
//! have no counterpart there; results and traps do.

use crate::corpus::{Chunk, Corpus, words};
use crate::outcomes::{Record, outcome};
use crate::values::text;
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::ValType;
use wasmi::{Config, Engine, F32, F64, Instance, Linker, Module, Store, TrapCode, Val};
use wrt_core::Reason;
use wrt_sameness_runner::form::{FIXED, Flags, Kind, Tag};

/// What the oracle said.
#[derive(Default)]
pub struct Verdict {
    /// Calls that ended alike.
    pub agreed: usize,
    /// Calls of what the oracle does not have or ends otherwise for a reason of its own.
    pub without: usize,
    /// These, by their proposal or as guests.
    pub unknown: BTreeMap<&'static str, BTreeSet<String>>,
    /// Calls of relaxed operators in which the oracle makes the other choice, and which end as this
    /// machine's numbers say.
    pub computed: usize,
    /// Calls that ended otherwise.
    pub different: Vec<String>,
}

impl Verdict {
    /// Notes that these calls have no answer.
    fn pass_over(&mut self, chunk: &Chunk, calls: usize) {
        let proposal = wrt_core::operators().find(|op| op.name == chunk.name).map(|op| op.proposal);
        let of = match proposal {
            Some("") => "version 1",
            Some(proposal) => proposal,
            None => "guests",
        };
        let name = chunk.name.strip_prefix("guest ").unwrap_or(&chunk.name);
        self.without += calls;
        self.unknown.entry(of).or_default().insert(name.to_string());
    }
}

/// What relaxed multiplication with addition gives where both are rounded, as in the deterministic profile;
/// computed lane by lane by this machine. The oracle rounds once, which the specification allows, too.
fn rounded_twice(name: &str, operands: &[u128]) -> Option<u128> {
    let [a, b, c] = operands else { return None };
    let f32s = |sign: f32| {
        let lane = |k: u32| {
            let of = |v: &u128| f32::from_bits((v >> (k * 32)) as u32);
            let sum = sign * of(a) * of(b) + of(c);
            u128::from(if sum.is_nan() { 0x7fc0_0000 } else { sum.to_bits() }) << (k * 32)
        };
        (0..4).map(lane).sum()
    };
    let f64s = |sign: f64| {
        let lane = |k: u32| {
            let of = |v: &u128| f64::from_bits((v >> (k * 64)) as u64);
            let sum = sign * of(a) * of(b) + of(c);
            u128::from(if sum.is_nan() { 0x7ff8_0000_0000_0000 } else { sum.to_bits() }) << (k * 64)
        };
        (0..2).map(lane).sum()
    };
    match name {
        "f32x4.relaxed_madd" => Some(f32s(1.0)),
        "f32x4.relaxed_nmadd" => Some(f32s(-1.0)),
        "f64x2.relaxed_madd" => Some(f64s(1.0)),
        "f64x2.relaxed_nmadd" => Some(f64s(-1.0)),
        _ => None,
    }
}

/// Traps that both engines tell apart.
fn trap(code: TrapCode) -> Option<Reason> {
    Some(match code {
        TrapCode::UnreachableCodeReached => Reason::Unreachable,
        TrapCode::MemoryOutOfBounds => Reason::OutOfBoundsMemory,
        TrapCode::TableOutOfBounds => Reason::OutOfBoundsTable,
        TrapCode::IndirectCallToNull => Reason::UninitializedElement,
        TrapCode::IntegerDivisionByZero => Reason::IntegerDivideByZero,
        TrapCode::IntegerOverflow => Reason::IntegerOverflow,
        TrapCode::BadConversionToInteger => Reason::InvalidConversionToInteger,
        TrapCode::BadSignature => Reason::IndirectCallTypeMismatch,
        _ => return None,
    })
}

fn value(ty: &wasmi::ValType, word: u64) -> Val {
    match ty {
        wasmi::ValType::I32 => Val::I32(word as i32),
        wasmi::ValType::I64 => Val::I64(word as i64),
        wasmi::ValType::F32 => Val::F32(F32::from_bits(word as u32)),
        wasmi::ValType::F64 => Val::F64(F64::from_bits(word)),
        other => Val::default_for_ty(*other),
    }
}

fn bits(value: &Val) -> u128 {
    match value {
        Val::I32(v) => u128::from(*v as u32),
        Val::I64(v) => u128::from(*v as u64),
        Val::F32(v) => v.to_bits().into(),
        Val::F64(v) => v.to_bits().into(),
        Val::V128(v) => v.as_u128(),
        _ => 0,
    }
}

fn instantiate(engine: &Engine, store: &mut Store<()>, chunk: &Chunk) -> Result<Instance, wasmi::Error> {
    let mut linker: Linker<()> = Linker::new(engine);
    linker.func_wrap("host", "add", |a: i32, b: i32| a.wrapping_add(b))?;
    linker.func_wrap("host", "later", |a: i64| a.wrapping_mul(3).wrapping_add(1))?;
    linker.func_wrap("host", "poke", |mut caller: wasmi::Caller<'_, ()>, by: i32| {
        let Some(memory) = caller.get_export("memory").and_then(|e| e.into_memory()) else { return };
        let word = &mut memory.data_mut(&mut caller)[64..68];
        let sum = i32::from_le_bytes(word.try_into().expect("four bytes")).wrapping_add(by);
        word.copy_from_slice(&sum.to_le_bytes());
    })?;
    let mut instance = None;
    for (name, wasm) in &chunk.modules {
        let wasm = chunk.unshared.as_ref().unwrap_or(wasm);
        let made = linker.instantiate_and_start(&mut *store, &Module::new(engine, wasm)?)?;
        linker.instance(&mut *store, if name.is_empty() { "main" } else { name }, made)?;
        instance = Some(made);
    }
    Ok(instance.expect("a chunk has a module"))
}

/// Carries the corpus out on wasmi and compares with the reference's records.
#[must_use]
pub fn judge(corpus: &Corpus, reference: &[Record]) -> Verdict {
    let mut config = Config::default();
    config
        .wasm_simd(true)
        .wasm_relaxed_simd(true)
        .wasm_memory64(true)
        .wasm_multi_memory(true)
        .wasm_wide_arithmetic(true)
        .wasm_custom_page_sizes(true);
    let engine = Engine::new(&config);
    let mut verdict = Verdict::default();
    let mut records = reference.iter().filter(|r| r.tag == Tag::Call && r.backend == 0).peekable();
    for (number, chunk) in (0u32..).zip(&corpus.chunks) {
        let mut own = Vec::new();
        while let Some(record) = records.next_if(|r| r.chunk == number) {
            own.push(record);
        }
        // In slices the same happens, and nothing is to be compared that the whole run does not show.
        if chunk.batches.iter().all(|batch| batch.slice != 0) {
            continue;
        }
        let mut store = Store::new(&engine, ());
        let Ok(instance) = instantiate(&engine, &mut store, chunk) else {
            verdict.pass_over(chunk, own.len());
            continue;
        };
        for record in own {
            one(&mut verdict, &mut store, instance, chunk, record);
        }
    }
    verdict
}

fn one(verdict: &mut Verdict, store: &mut Store<()>, instance: Instance, chunk: &Chunk, record: &Record) {
    let batch = &chunk.batches[record.at.0 as usize];
    let call = &batch.calls[record.at.1 as usize];
    let func = instance.get_func(&*store, &batch.export).expect("the export that the reference called");
    let ty = func.ty(&*store);
    let args: Vec<u64> = batch.params.iter().zip(call).flat_map(|(ty, bits)| words(*ty, *bits)).collect();
    let args: Vec<Val> = ty.params().iter().zip(args).map(|(ty, word)| value(ty, word)).collect();
    let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    let ended = func.call(&mut *store, &args, &mut results);
    let done = record.words[0] as u8 == Kind::Done as u8;
    let reason = (record.words[0] >> 8) as u16;
    let agrees = match ended {
        Ok(()) => {
            let of = |value: &Val| (bits(value) as u64, (bits(value) >> 64) as u64);
            // Of a guest both halves of each result are written down, behind what flags ask for.
            let guest = batch.flags.has(Flags::STATE);
            let expected: Vec<u64> = if guest {
                results.iter().map(of).flat_map(|(low, high)| [low, high]).collect()
            } else {
                results.iter().map(|value| of(value).0).collect()
            };
            let words = record.words.get(FIXED..).unwrap_or(&[]);
            done && if guest { words.ends_with(&expected) } else { words == expected }
        }
        Err(error) => match error.as_trap_code().and_then(trap) {
            // How an access beyond a table is called differs.
            Some(Reason::OutOfBoundsTable) if reason == Reason::UndefinedElement as u16 => !done,
            Some(expected) => !done && expected as u16 == reason,
            // Out of stack or of something else that engines bound in their own ways.
            None => {
                verdict.pass_over(chunk, 1);
                return;
            }
        },
    };
    if agrees {
        verdict.agreed += 1;
        return;
    }
    if let Some(vector) = rounded_twice(&chunk.name, call)
        && done
        && batch.results == [ValType::V128]
        && record.words.get(FIXED..) == Some(&*words(ValType::V128, vector))
    {
        verdict.computed += 1;
        return;
    }
    let operands: Vec<String> =
        batch.params.iter().zip(call).map(|(ty, bits): (&ValType, &u128)| text(*ty, *bits)).collect();
    verdict.different.push(format!(
        "{} [{}] of {}\n    reference: {}\n    wasmi:     {:x?}",
        chunk.name,
        batch.label,
        operands.join(", "),
        outcome(batch, record),
        results.iter().map(bits).collect::<Vec<_>>()
    ));
}
