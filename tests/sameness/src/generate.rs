//! Makes the corpus: for every operator that the engine lists, functions around it and operands.
//!
//! Each operator stands in several functions, so that its operands come from where the translator may
//! take them: frame slots, accumulators, constants; and its result goes to a result, or to a branch.

use crate::corpus::{Batch, Chunk, Corpus};
use crate::guests;
use crate::shape::{self, Around, Func, Shape, get};
use crate::values::{Lanes, Random, random, special};
use std::collections::HashSet;
use wasm_encoder::{Encode, ValType};
use wrt_core::LoadBudget;
use wrt_sameness_runner::form::Flags;
use wrt_tests::engine::{Feed, plan};

/// Of the random operands.
const SEED: u64 = 7;
/// Special values, the first of each list, of which all pairs are tried.
const CROSSED: usize = 30;
/// Pairs of any special values.
const PAIRS: usize = 900;
/// Pairs of vectors, accesses to memory with a value, and triples of anything.
const SAMPLED: usize = 400;

/// Where an operator's operands come from, and where its result goes.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// All from parameters.
    Slots,
    /// This one from an operation that precedes.
    Behind(usize),
    /// This one is this constant.
    Constant(usize, u128),
    /// From parameters; the result decides a branch.
    Branch,
    /// All but the first from an operation that precedes, and the result to one that follows.
    Between,
}

/// Calls of every operator of the table that takes and gives numbers and vectors, and guests for the others.
#[must_use]
pub fn corpus() -> Corpus {
    let mut corpus = Corpus { chunks: Vec::new(), proposals: shape::PROPOSALS.0 };
    let mut stream = Random::new(SEED);
    for op in wrt_core::operators() {
        corpus.chunks.extend(shape::shapes(&op).iter().map(|shape| chunk(op.name, shape, &mut stream)));
    }
    corpus.chunks.extend(guests::chunks());
    corpus
}

/// Which modules of the corpus the engine refuses, in words.
#[must_use]
pub fn refused(corpus: &Corpus) -> String {
    let budget = LoadBudget { proposals: shape::PROPOSALS, ..LoadBudget::DEFAULT };
    let mut names = Vec::new();
    for chunk in &corpus.chunks {
        for (_, wasm) in &chunk.modules {
            if let Err(error) = plan(wasm, &budget, Feed::Whole) {
                let labels: Vec<&str> = chunk.batches.iter().map(|batch| batch.label.as_str()).collect();
                names.push(format!("{} {:?} [{}]: {error}", chunk.name, chunk.around, labels.join("; ")));
            }
        }
    }
    format!("refused modules: {names:#?}")
}

fn chunk(name: &str, shape: &Shape, stream: &mut Random) -> Chunk {
    let lanes = Lanes::of(name);
    let mut forms = vec![Form::Slots];
    for (at, ty) in shape.params.iter().enumerate() {
        forms.push(Form::Behind(at));
        let values = special(*ty, &lanes);
        let few = if *ty == ValType::V128 { 2 } else { 6 };
        forms.extend((0..few).map(|_| Form::Constant(at, stream.one_of(&values))));
    }
    if shape.params.len() > 1 {
        forms.push(Form::Between);
    }
    if shape.results == [ValType::I32] {
        forms.push(Form::Branch);
    }
    let mut funcs = Vec::new();
    let mut batches = Vec::new();
    for form in forms {
        let calls = operands(shape, &form, &lanes, stream);
        let (func, results) = func(shape, &form);
        batches.push(Batch {
            label: format!("{} {form:?}", shape.label).trim().to_lowercase(),
            export: format!("f{}", funcs.len()),
            slice: 0,
            flags: Flags::NONE,
            params: shape.params.clone(),
            results,
            calls,
        });
        funcs.push(func);
    }
    let modules = vec![(String::new(), shape::module(shape.around, &funcs))];
    let unshared = match shape.around {
        Around::All { memory64, shared: true } => Some(shape::module(Around::All { memory64, shared: false }, &funcs)),
        _ => None,
    };
    Chunk { name: name.to_string(), operator: true, around: shape.around, modules, unshared, batches }
}

/// The operands of a function's calls.
fn operands(shape: &Shape, form: &Form, lanes: &[Lanes], stream: &mut Random) -> Vec<Vec<u128>> {
    let lists: Vec<Vec<u128>> = shape.params.iter().map(|ty| special(*ty, lanes)).collect();
    let mut calls = Vec::new();
    let whole = *form == Form::Slots;
    let crossed = whole && !shape.address && !shape.params.contains(&ValType::V128);
    match lists.as_slice() {
        [] => calls.push(Vec::new()),
        [list] => calls.extend(list.iter().map(|v| vec![*v])),
        // Floats and integers with each other; vectors have too many, but their lanes do not.
        [a, b] if crossed => {
            let (first, second) = (a.iter().take(CROSSED), b.iter().take(CROSSED));
            calls.extend(first.flat_map(|x| second.clone().map(|y| vec![*x, *y])));
            calls.extend((0..PAIRS).map(|_| vec![stream.one_of(a), stream.one_of(b)]));
        }
        [_, _] if whole && shape.params == [ValType::V128; 2] => {
            calls.extend(lanes.iter().flat_map(|lanes| lanes.pairs(CROSSED)).map(|(x, y)| vec![x, y]));
        }
        _ => {}
    }
    let more = match (whole, lists.len()) {
        (_, 0) => 0,
        (true, 1) => 200,
        (true, 2) if crossed => 150,
        (true, _) => SAMPLED,
        (false, _) => 60,
    };
    for _ in 0..more {
        let one = |(ty, list): (&ValType, &Vec<u128>)| {
            if stream.below(2) == 0 { stream.one_of(list) } else { random(*ty, list, lanes, stream) }
        };
        calls.push(shape.params.iter().zip(&lists).map(one).collect());
    }
    for call in &mut calls {
        if let Form::Constant(at, value) = form
            && let Some(operand) = call.get_mut(*at)
        {
            *operand = *value;
        }
    }
    let mut seen = HashSet::new();
    calls.retain(|call| seen.insert(call.clone()));
    // An address is mostly one that memory has.
    if shape.address && !matches!(form, Form::Constant(0, _)) {
        for (at, call) in calls.iter_mut().enumerate() {
            if at % 3 != 0
                && let Some(address) = call.first_mut()
            {
                // Every other of these is one that atomic operators take, too.
                *address &= if at % 2 == 0 { 0xffff } else { 0xf8 };
            }
        }
    }
    calls
}

/// `v128.not`, which with itself leaves a vector as it was.
const NOT: [u8; 2] = [0xfd, 0x4d];

/// Operators that leave a value of the type as it was.
fn identity(ty: ValType) -> Vec<u8> {
    match ty {
        ValType::I32 => vec![0x41, 0, 0x73],
        ValType::I64 => vec![0x42, 0, 0x85],
        ValType::F32 => vec![0x8c, 0x8c],
        ValType::F64 => vec![0x9a, 0x9a],
        _ => [NOT, NOT].concat(),
    }
}

fn constant(body: &mut Vec<u8>, ty: ValType, bits: u128) {
    match ty {
        ValType::I32 => {
            body.push(0x41);
            (bits as i32).encode(body);
        }
        ValType::I64 => {
            body.push(0x42);
            (bits as i64).encode(body);
        }
        ValType::F32 => {
            body.push(0x43);
            body.extend((bits as u32).to_le_bytes());
        }
        ValType::F64 => {
            body.push(0x44);
            body.extend((bits as u64).to_le_bytes());
        }
        _ => {
            body.extend([0xfd, 12]);
            body.extend(bits.to_le_bytes());
        }
    }
}

/// A function around an operator, and the results of the operator that it shows. A vector comes and
/// goes as two `i64`, the lower half first.
fn func(shape: &Shape, form: &Form) -> (Func, Vec<ValType>) {
    let halves = |types: &[ValType]| -> Vec<ValType> {
        types
            .iter()
            .flat_map(|ty| {
                vec![if *ty == ValType::V128 { ValType::I64 } else { *ty }; 1 + usize::from(*ty == ValType::V128)]
            })
            .collect()
    };
    let params = halves(&shape.params);
    let mut body = Vec::new();
    if *form == Form::Branch {
        body.extend([0x02, 0x40]);
    }
    let mut next = 0;
    for (at, ty) in shape.params.iter().enumerate() {
        if let Form::Constant(which, bits) = form
            && *which == at
        {
            constant(&mut body, *ty, *bits);
        } else {
            get(&mut body, next);
            if *ty == ValType::V128 {
                // i64x2.splat, then i64x2.replace_lane 1
                body.extend([0xfd, 18]);
                get(&mut body, next + 1);
                body.extend([0xfd, 30, 1]);
            }
            if *form == Form::Behind(at) || *form == Form::Between && at > 0 {
                body.extend(identity(*ty));
            }
        }
        next += 1 + u32::from(*ty == ValType::V128);
    }
    body.extend(&shape.bytes);
    let mut results = shape.results.clone();
    let mut locals = Vec::new();
    if *form == Form::Branch {
        // br_if 0, i32.const 7, return, end, i32.const 9
        body.extend([0x0d, 0, 0x41, 7, 0x0f, 0x0b, 0x41, 9]);
        return (Func { params, results: results.clone(), locals, body }, results);
    }
    if let (Form::Between, [result]) = (form, results.as_slice()) {
        body.extend(identity(*result));
    }
    if results.contains(&ValType::V128) {
        locals.clone_from(&results);
        let first = params.len() as u32;
        for local in (first..first + results.len() as u32).rev() {
            body.push(0x21);
            local.encode(&mut body);
        }
        for (local, ty) in (first..).zip(&results) {
            for half in 0..=u8::from(*ty == ValType::V128) {
                get(&mut body, local);
                if *ty == ValType::V128 {
                    // i64x2.extract_lane
                    body.extend([0xfd, 29, half]);
                }
            }
        }
    }
    if shape.address && !matches!(form, Form::Constant(0, _)) {
        for half in 0..2u8 {
            window(&mut body, shape.around, half);
            results.push(ValType::I64);
        }
    }
    (Func { params, results: halves(&results), locals, body }, results)
}

/// Half of the sixteen bytes of memory around the first parameter.
fn window(body: &mut Vec<u8>, around: Around, half: u8) {
    get(body, 0);
    if matches!(around, Around::All { memory64: true, .. }) {
        body.push(0x42);
        0xfff0i64.encode(body);
        body.push(0x83);
    } else {
        body.push(0x41);
        0xfff0i32.encode(body);
        body.push(0x71);
    }
    // i64.load
    body.extend([0x29, 0, 8 * half]);
}
