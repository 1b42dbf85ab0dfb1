//! The operands: values at which results go wrong if they do, and random ones from a fixed seed.
//!
//! Knows the types of numbers and vectors, no operator.

use wasm_encoder::ValType;

/// The types whose values are passed as bits.
pub const TYPES: [ValType; 5] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];

/// A stream of numbers (splitmix64).
pub struct Random(u64);

impl Random {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }
    /// The next number.
    #[must_use]
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    /// A number below `bound`.
    #[must_use]
    pub fn below(&mut self, bound: usize) -> usize {
        (self.word() % bound.max(1) as u64) as usize
    }
    /// One of a list.
    #[must_use]
    pub fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

fn push(list: &mut Vec<u128>, value: u128) {
    if !list.contains(&value) {
        list.push(value);
    }
}

/// Zero, ones, alternating bits, powers of two and their neighbours, edges of a page.
fn integers(bits: u32) -> Vec<u128> {
    let mask = u128::MAX >> (128 - bits);
    let mut list = vec![0, 1, mask, mask - 1, mask >> 1, (mask >> 1) + 1, (mask >> 1) + 2];
    for pattern in [0x5555_5555_5555_5555u128, 0xaaaa_aaaa_aaaa_aaaa, 0x0123_4567_89ab_cdef, 0xff00_ff00_ff00_ff00] {
        push(&mut list, pattern & mask);
    }
    for power in [3, 4, 5, 7, 8, 15, 16, 23, 24, 31, 32, 52, 53, 63] {
        if power < bits {
            for value in [(1u128 << power) - 1, 1 << power, (1 << power) + 1] {
                push(&mut list, value);
                push(&mut list, value.wrapping_neg() & mask);
            }
        }
    }
    for edge in [0xfff0, 0xfff8, 0xfffc, 0xfffe] {
        push(&mut list, edge);
    }
    list
}

/// Zeros, infinities, NaNs quiet and signalling with payloads, subnormal and extreme numbers, halves,
/// and the neighbours of all bounds of conversions; each with both signs.
fn floats(exponent: u32, fraction: u32) -> Vec<u128> {
    let sign = 1u128 << (exponent + fraction);
    let infinity = ((1u128 << exponent) - 1) << fraction;
    let bias = (1i64 << (exponent - 1)) - 1;
    let quiet = 1u128 << (fraction - 1);
    let of = |power: i64, part: u128| ((bias + power) as u128) << fraction | part;
    let mut list = vec![0, infinity, infinity | quiet, infinity | 1, infinity | quiet | 0x1234, infinity | (quiet - 1)];
    list.extend([infinity | quiet | (quiet - 1), 1, 2, quiet, (quiet << 1) - 1, quiet << 1, (quiet << 1) + 1]);
    list.extend([infinity - 1, infinity - 2, of(bias, 0)]);
    for power in [-bias + 1 + i64::from(fraction), -126, -127, -149, -150, -2, -1, 0, 1, 2, 3] {
        if power > -bias {
            list.extend([
                of(power, 0),
                of(power, 1),
                of(power, quiet),
                of(power, quiet | 1),
                of(power, (quiet << 1) - 1),
            ]);
        }
    }
    // Halfway between neighbours of the narrower type, and one to either side.
    if fraction == 52 {
        for power in [0, 5, 127, -126, -140, -149] {
            for part in [1u128 << 28, (1 << 28) + 1, (1 << 28) - 1, 3 << 28, ((1 << 52) - 1) ^ ((1 << 28) - 1)] {
                list.push(of(power, part));
            }
        }
    }
    // Integers with one, none and half a place behind the point, and the bounds of conversions.
    for power in [i64::from(fraction) - 1, i64::from(fraction), i64::from(fraction) + 1, 7, 8, 15, 16, 31, 32, 63, 64] {
        list.extend([of(power, 0), of(power, 1), of(power - 1, (quiet << 1) - 1), of(power, quiet)]);
        if power + 1 < i64::from(fraction) {
            let last = 1u128 << (i64::from(fraction) - power);
            list.extend([of(power, last), of(power, last >> 1), of(power - 1, (quiet << 1) - last)]);
        }
    }
    let mut all = Vec::new();
    for value in list {
        push(&mut all, value);
        push(&mut all, value | sign);
    }
    all
}

/// What a vector is divided into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes {
    name: &'static str,
    bits: usize,
    float: bool,
}

const LANES: [Lanes; 6] = [
    Lanes { name: "i8x16", bits: 8, float: false },
    Lanes { name: "i16x8", bits: 16, float: false },
    Lanes { name: "i32x4", bits: 32, float: false },
    Lanes { name: "i64x2", bits: 64, float: false },
    Lanes { name: "f32x4", bits: 32, float: true },
    Lanes { name: "f64x2", bits: 64, float: true },
];

impl Lanes {
    /// The lanes that an operator's name speaks of; all where it speaks of none.
    #[must_use]
    pub fn of(operator: &str) -> Vec<Lanes> {
        let named: Vec<Lanes> = LANES.into_iter().filter(|lanes| operator.contains(lanes.name)).collect();
        if named.is_empty() { LANES.to_vec() } else { named }
    }

    /// The special values of one lane.
    #[must_use]
    pub fn special(self) -> Vec<u128> {
        match (self.float, self.bits) {
            (false, bits) => integers(bits as u32),
            (true, 32) => floats(8, 23),
            (true, _) => floats(11, 52),
        }
    }

    /// Vectors of these lanes; zero where the last is not full.
    fn pack(self, values: &[u128]) -> Vec<u128> {
        let pack = |lanes: &[u128]| (0..).zip(lanes).fold(0, |v, (k, lane)| v | lane << (k * self.bits));
        values.chunks(128 / self.bits).map(pack).collect()
    }

    /// Pairs of vectors, in whose lanes each of the first `crossed` special values meets each.
    #[must_use]
    pub fn pairs(self, crossed: usize) -> Vec<(u128, u128)> {
        let list: Vec<u128> = self.special().into_iter().take(crossed).collect();
        let first: Vec<u128> = list.iter().flat_map(|x| list.iter().map(move |_| *x)).collect();
        let second: Vec<u128> = list.iter().flat_map(|_| list.clone()).collect();
        self.pack(&first).into_iter().zip(self.pack(&second)).collect()
    }
}

/// The special values of a type; of vectors, in such lanes.
#[must_use]
pub fn special(ty: ValType, lanes: &[Lanes]) -> Vec<u128> {
    match ty {
        ValType::I32 => integers(32),
        ValType::I64 => integers(64),
        ValType::F32 => floats(8, 23),
        ValType::F64 => floats(11, 52),
        _ => vectors(lanes),
    }
}

/// Vectors of special lanes: each list turned so that all lanes differ, and neighbours in the list in
/// every other lane.
fn vectors(lanes: &[Lanes]) -> Vec<u128> {
    let mut all = vec![0, u128::MAX];
    for lanes in lanes {
        let (list, count) = (lanes.special(), 128 / lanes.bits);
        for (at, first) in list.iter().enumerate() {
            let turned = |k: usize| if k == 0 { *first } else { list[(at + k * 7) % list.len()] };
            let other = list[(at + 1) % list.len()];
            let every_other = |k: usize| if k.is_multiple_of(2) { *first } else { other };
            for vector in [(0..count).map(turned).collect::<Vec<_>>(), (0..count).map(every_other).collect()] {
                lanes.pack(&vector).into_iter().for_each(|vector| push(&mut all, vector));
            }
        }
    }
    all
}

/// Random bits, or a special value, or for floats a number of middling size; of vectors, often special
/// values chosen lane by lane.
#[must_use]
pub fn random(ty: ValType, special: &[u128], lanes: &[Lanes], random: &mut Random) -> u128 {
    if random.below(4) == 0 {
        return random.one_of(special);
    }
    if ty == ValType::V128 && random.below(3) != 0 {
        let lanes = random.one_of(lanes);
        let list = lanes.special();
        let values: Vec<u128> = (0..128 / lanes.bits).map(|_| random.one_of(&list)).collect();
        return lanes.pack(&values).first().copied().unwrap_or(0);
    }
    let bits = u128::from(random.word());
    match ty {
        ValType::I32 => bits as u32 as u128 >> random.below(32),
        ValType::I64 => bits >> random.below(64),
        ValType::F32 if random.below(2) == 0 => bits as u32 as u128 & 0x8fff_ffff | 0x3000_0000,
        ValType::F32 => bits as u32 as u128,
        ValType::F64 if random.below(2) == 0 => bits & 0x80ff_ffff_ffff_ffff | 0x3f00_0000_0000_0000,
        ValType::F64 => bits,
        _ => bits | u128::from(random.word()) << 64,
    }
}

/// A value as a person reads it.
#[must_use]
pub fn text(ty: ValType, bits: u128) -> String {
    match ty {
        ValType::I32 => format!("i32 {bits:#x} ({})", bits as i32),
        ValType::I64 => format!("i64 {bits:#x} ({})", bits as i64),
        ValType::F32 => format!("f32 {bits:#010x} ({:e})", f32::from_bits(bits as u32)),
        ValType::F64 => format!("f64 {bits:#018x} ({:e})", f64::from_bits(bits as u64)),
        _ => format!("v128 {bits:#034x}"),
    }
}
