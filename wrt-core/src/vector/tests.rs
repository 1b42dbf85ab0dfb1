//! What is computed in another way than lane by lane, against the definition; over special values and
//! random ones.

use super::*;
use crate::float;

/// Zeros, ones, limits of every width, infinities, NaNs of both kinds and signs, subnormal numbers,
/// halves, and numbers around those from which on there are no fractions.
fn special() -> Vec<u64> {
    let mut all =
        vec![0, 1, 0x80, 0x8080_8080_8080_8080, 0x8000_8000_8000_8000, 0x7fff_ffff_ffff_ffff, u64::MAX, 1 << 63];
    for v in [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 3.5, f32::MAX, f32::MIN_POSITIVE, f32::INFINITY, 8_388_607.5] {
        for v in [v, -v] {
            all.push(v.to_bits() as u64 | (v.to_bits() as u64) << 32);
            all.push((v as f64).to_bits());
        }
    }
    for near in [1.0f64, 8_388_608.0, 2_147_483_648.0, 4_294_967_296.0, 4_503_599_627_370_496.0, 9.2e18] {
        for v in [near, near.next_up(), near.next_down(), near - 0.5, near + 0.5] {
            all.extend([v.to_bits(), (-v).to_bits()]);
            all.push((v as f32).to_bits() as u64 | ((-v as f32).to_bits() as u64) << 32);
        }
    }
    for nan in [0x7fc0_0000u64, 0x7f80_0001, 0xffc0_0000, 0xffbf_ffff, 1, 0x8000_0001] {
        all.push(nan | nan << 32);
    }
    all.extend([0x7ff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0xfff8_0000_0000_0000, 0xfff7_ffff_ffff_ffff]);
    all
}

/// Every special value beside its successor in the list.
fn special_vectors() -> Vec<V128> {
    special().windows(2).map(|w| V128::from_halves(w[0], w[1])).collect()
}

/// Special vectors, and 6000 random ones.
fn vectors() -> Vec<V128> {
    special_vectors().into_iter().chain(random_vectors(6000)).collect()
}

/// Random bits; numbers with few digits before the point; the same, wider. The sequence is always the same.
fn random_vectors(count: usize) -> impl Iterator<Item = V128> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    let near = |bits: u64| (bits >> 40) as f32 / 65_536.0 - 128.0;
    (0..count).map(move |i| match i % 3 {
        0 => V128::from_halves(random(), random()),
        1 => V128::from_f32s([near(random()), near(random()), near(random()), near(random())]),
        _ => V128::from_f64s([near(random()) as f64, near(random()) as f64]),
    })
}

#[test]
fn core_7_rounding_is_that_of_scalars() {
    type Both<T> = (fn(V128) -> V128, fn(T) -> T);
    let of32: [Both<f32>; 5] = [
        (f32x4_nearest, float::nearest32),
        (f32x4_floor, float::floor32),
        (f32x4_ceil, float::ceil32),
        (f32x4_trunc, float::trunc32),
        (f32x4_sqrt, float::sqrt32),
    ];
    let of64: [Both<f64>; 5] = [
        (f64x2_nearest, float::nearest64),
        (f64x2_floor, float::floor64),
        (f64x2_ceil, float::ceil64),
        (f64x2_trunc, float::trunc64),
        (f64x2_sqrt, float::sqrt64),
    ];
    for v in special_vectors().into_iter().chain(random_vectors(100_000)) {
        for (n, (vector, scalar)) in of32.iter().enumerate() {
            assert_eq!(vector(v), V128::from_f32s(v.f32s().map(scalar)), "{n}: {:?}", v.f32s());
        }
        for (n, (vector, scalar)) in of64.iter().enumerate() {
            assert_eq!(vector(v), V128::from_f64s(v.f64s().map(scalar)), "{n}: {:?}", v.f64s());
        }
    }
}

#[test]
fn extremes_are_those_of_scalars() {
    let (all, special) = (vectors(), special_vectors());
    let pairs = special.iter().flat_map(|a| special.iter().map(move |b| (*a, *b)));
    for (a, b) in pairs.chain(all.windows(2).map(|w| (w[0], w[1]))) {
        let each32 = |f: fn(f32, f32) -> f32| {
            let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (a.f32s(), b.f32s());
            V128::from_f32s([f(a0, b0), f(a1, b1), f(a2, b2), f(a3, b3)])
        };
        let each64 = |f: fn(f64, f64) -> f64| {
            let ([a0, a1], [b0, b1]) = (a.f64s(), b.f64s());
            V128::from_f64s([f(a0, b0), f(a1, b1)])
        };
        assert_eq!(f32x4_min(a, b), each32(float::min32), "{a:?} {b:?}");
        assert_eq!(f32x4_max(a, b), each32(float::max32), "{a:?} {b:?}");
        assert_eq!(f64x2_min(a, b), each64(float::min64), "{a:?} {b:?}");
        assert_eq!(f64x2_max(a, b), each64(float::max64), "{a:?} {b:?}");
    }
}

#[test]
fn masks_are_the_signs_of_the_lanes() {
    fn mask(signs: impl Iterator<Item = bool>) -> u32 {
        signs.enumerate().map(|(i, negative)| (negative as u32) << i).sum()
    }
    for v in vectors() {
        assert_eq!(i8x16_bitmask(v), mask(v.i8s().iter().map(|&l| l < 0)), "{v:?}");
        assert_eq!(i16x8_bitmask(v), mask(v.i16s().iter().map(|&l| l < 0)), "{v:?}");
        assert_eq!(i32x4_bitmask(v), mask(v.i32s().iter().map(|&l| l < 0)), "{v:?}");
        assert_eq!(i64x2_bitmask(v), mask(v.i64s().iter().map(|&l| l < 0)), "{v:?}");
    }
}

/// The halves of a vector are the words of its slots, whatever the machine's order of bytes.
#[test]
fn slots_hold_the_low_half_first() {
    let v = V128::from_bytes(core::array::from_fn(|i| i as u8));
    let mut words = [0u64; 2];
    // SAFETY: two words.
    unsafe { v.write(words.as_mut_ptr()) };
    assert_eq!(words, [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908]);
    assert_eq!((v.low(), v.high()), (words[0], words[1]));
    // SAFETY: two words.
    assert_eq!(unsafe { V128::read(words.as_ptr()) }, v);
    assert_eq!(V128::from_u16s(v.u16s()), v);
    assert_eq!(v.u32s()[1], 0x0706_0504);
}

/// The lanes as the specification sees them: as numbers.
fn numbers(v: V128, width: u32, signed: bool) -> Vec<i64> {
    let bits = u128::from_le_bytes(v.bytes());
    let lane = |i: u32| ((bits >> (i * width)) as u64) << (64 - width);
    (0..128 / width)
        .map(|i| if signed { lane(i) as i64 >> (64 - width) } else { (lane(i) >> (64 - width)) as i64 })
        .collect()
}

/// A vector of lanes that hold the numbers, modulo their width.
fn vector(numbers: impl Iterator<Item = i64>, width: u32) -> V128 {
    let lane = |v: i64| (v as u64 & (!0 >> (64 - width))) as u128;
    V128::from_bytes(numbers.enumerate().fold(0, |all, (i, v)| all | lane(v) << (i as u32 * width)).to_le_bytes())
}

/// Operators of lanes of another width than the result's.
#[test]
fn core_7_widening_is_that_of_the_definition() {
    type One = fn(V128) -> V128;
    type Two = fn(V128, V128) -> V128;
    // Width and sign of the operands' lanes; extension and multiplication of the low and of the high half.
    let halves: [(u32, bool, [One; 2], [Two; 2]); 6] = [
        (
            8,
            true,
            [i16x8_extend_low_i8x16_s, i16x8_extend_high_i8x16_s],
            [i16x8_extmul_low_i8x16_s, i16x8_extmul_high_i8x16_s],
        ),
        (
            8,
            false,
            [i16x8_extend_low_i8x16_u, i16x8_extend_high_i8x16_u],
            [i16x8_extmul_low_i8x16_u, i16x8_extmul_high_i8x16_u],
        ),
        (
            16,
            true,
            [i32x4_extend_low_i16x8_s, i32x4_extend_high_i16x8_s],
            [i32x4_extmul_low_i16x8_s, i32x4_extmul_high_i16x8_s],
        ),
        (
            16,
            false,
            [i32x4_extend_low_i16x8_u, i32x4_extend_high_i16x8_u],
            [i32x4_extmul_low_i16x8_u, i32x4_extmul_high_i16x8_u],
        ),
        (
            32,
            true,
            [i64x2_extend_low_i32x4_s, i64x2_extend_high_i32x4_s],
            [i64x2_extmul_low_i32x4_s, i64x2_extmul_high_i32x4_s],
        ),
        (
            32,
            false,
            [i64x2_extend_low_i32x4_u, i64x2_extend_high_i32x4_u],
            [i64x2_extmul_low_i32x4_u, i64x2_extmul_high_i32x4_u],
        ),
    ];
    let sums: [(u32, bool, One); 4] = [
        (8, true, i16x8_extadd_pairwise_i8x16_s),
        (8, false, i16x8_extadd_pairwise_i8x16_u),
        (16, true, i32x4_extadd_pairwise_i16x8_s),
        (16, false, i32x4_extadd_pairwise_i16x8_u),
    ];
    let special = special_vectors();
    let random: Vec<V128> = random_vectors(100_001).collect();
    let pairs = special.iter().flat_map(|a| special.iter().map(move |b| (*a, *b)));
    for (a, b) in pairs.chain(random.windows(2).map(|w| (w[0], w[1]))) {
        for (width, signed, extend, extmul) in &halves {
            let (x, y) = (numbers(a, *width, *signed), numbers(b, *width, *signed));
            // Of 32 bits without a sign a product needs the 64th bit; modulo the width it is there.
            let products: Vec<i64> = x.iter().zip(&y).map(|(x, y)| x.wrapping_mul(*y)).collect();
            let half = x.len() / 2;
            for (i, lanes) in [0..half, half..2 * half].into_iter().enumerate() {
                let wide = |all: &[i64]| vector(all[lanes.clone()].iter().copied(), 2 * width);
                assert_eq!(extend[i](a), wide(&x), "{width} {signed} {i}: {a:?}");
                assert_eq!(extmul[i](a, b), wide(&products), "{width} {signed} {i}: {a:?} {b:?}");
            }
        }
        for (width, signed, extadd) in &sums {
            let sums = vector(numbers(a, *width, *signed).chunks(2).map(|pair| pair[0] + pair[1]), 2 * width);
            assert_eq!(extadd(a), sums, "{width} {signed}: {a:?}");
        }
        let products: Vec<i64> = numbers(a, 16, true).iter().zip(numbers(b, 16, true)).map(|(x, y)| x * y).collect();
        assert_eq!(
            i32x4_dot_i16x8_s(a, b),
            vector(products.chunks(2).map(|pair| pair[0] + pair[1]), 32),
            "{a:?} {b:?}"
        );
    }
}
