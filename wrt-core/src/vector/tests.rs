//! What is computed in another way than lane by lane, against the definition; over special values and
//! random ones.

use super::*;
use crate::float;

/// Zeros, ones, limits of every width, infinities, NaNs of both kinds and signs, subnormal numbers,
/// halves, and numbers around those from which on there are no fractions.
fn special() -> Vec<u64> {
    let mut all = vec![0, 1, 0x80, 0x8080_8080_8080_8080, 0x7fff_ffff_ffff_ffff, u64::MAX, 1 << 63];
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

fn vectors() -> Vec<V128> {
    let special = special();
    let mut all: Vec<V128> = special.windows(2).map(|w| V128::from_halves(w[0], w[1])).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    for _ in 0..2000 {
        all.push(V128::from_halves(random(), random()));
        // Numbers with few digits before the point.
        let near = |bits: u64| (bits >> 40) as f32 / 65_536.0 - 128.0;
        all.push(V128::from_f32s([near(random()), near(random()), near(random()), near(random())]));
        all.push(V128::from_f64s([near(random()) as f64, near(random()) as f64]));
    }
    all
}

#[test]
fn rounding_is_that_of_scalars() {
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
    for v in vectors() {
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
    let all = vectors();
    let special = &all[..special().len() - 1];
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
