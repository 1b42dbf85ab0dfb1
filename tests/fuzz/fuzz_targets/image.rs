//! Images that somebody has changed who knows how they are made: refused, or run within what they were lent. What the
//! fuzzer changes are fields of code words and of tables, mostly, and the checksum is right again afterwards.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use wrt_core::Module;

#[path = "../../src/damage.rs"]
mod damage;
#[path = "../../src/region.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod region;

/// Bytes before the module in an image, and where the header says how many bytes it has.
const HEADER: usize = 64;
const AT_SIZE: usize = 16;
/// Where the module's header says where the code lies, and how many words there are.
const AT_CODE: usize = HEADER + 128;
/// Bytes of both headers.
const HEADERS: usize = HEADER + 176;

fuzz_target!(|bytes: &[u8]| {
    let mut image = bytes.to_vec();
    repair(&mut image);
    let _ = damage::exercise(&image);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut dice = Dice(u64::from(seed) | 1 << 32);
    let size = if dice.below(8) == 0 { fuzzer_mutate(data, size, max_size) } else { size };
    if let Some(image) = data.get_mut(..size) {
        for _ in 0..=dice.below(4) {
            change(image, &mut dice);
        }
        repair(image);
    }
    size
});

/// Makes the header say what is true.
fn repair(image: &mut [u8]) {
    let len = (image.len() & !15) as u64;
    if let Some(size) = image.get_mut(AT_SIZE..AT_SIZE + 8) {
        size.copy_from_slice(&len.to_le_bytes());
    }
    Module::seal_image(image);
}

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 >> 29
    }
    fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.next() as usize % n }
    }
}

fn u32_at(image: &[u8], at: usize) -> usize {
    image.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b) as usize)
}

/// Changes one field: of a code word, of a header, or of anything.
fn change(image: &mut [u8], dice: &mut Dice) {
    let (code, words) = (HEADER.saturating_add(u32_at(image, AT_CODE)), u32_at(image, AT_CODE + 4));
    let end = code.saturating_add(words.saturating_mul(8));
    let (from, to) = match dice.below(10) {
        0 => (HEADER, HEADERS),
        1..=3 => (HEADERS, image.len()),
        _ if end <= image.len() && code < end => (code, end),
        _ => (HEADER, image.len()),
    };
    let width = [1, 2, 2, 2, 4, 4, 8][dice.below(7)];
    let mut place = |dice: &mut Dice| from + dice.below(to.saturating_sub(from) / width) * width;
    let (at, other) = (place(dice), place(dice));
    let (Some(old), Some(there)) = (read(image, at, width), read(image, other, width)) else { return };
    let new = match dice.below(9) {
        0 => there,
        1 => 0,
        2 => u64::MAX,
        3 => old.wrapping_add(1),
        4 => old.wrapping_sub(1),
        5 => old ^ 1 << dice.below(width * 8),
        6 => dice.below(32) as u64,
        7 => old.wrapping_add(8 * dice.below(32) as u64).wrapping_sub(128),
        _ => dice.next(),
    };
    write(image, at, width, new);
    // Two that changed places.
    if dice.below(8) == 0 {
        write(image, other, width, old);
    }
}

fn read(image: &[u8], at: usize, width: usize) -> Option<u64> {
    let bytes = image.get(at..at.checked_add(width)?)?;
    Some(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
}

fn write(image: &mut [u8], at: usize, width: usize, value: u64) {
    for (place, byte) in image.iter_mut().skip(at).take(width).zip(value.to_le_bytes()) {
        *place = byte;
    }
}
