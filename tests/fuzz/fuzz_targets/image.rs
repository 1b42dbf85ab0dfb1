//! Images that somebody has changed who knows how they are made: refused, or run within what they were lent. What the
//! fuzzer changes are fields of code words and of tables, mostly, and the checksum is right again afterwards.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

#[path = "../../src/damage.rs"]
mod damage;
#[path = "../../src/region.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod region;

fuzz_target!(|bytes: &[u8]| {
    let mut image = bytes.to_vec();
    damage::repair(&mut image);
    let _ = damage::exercise(&image);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = if seed.is_multiple_of(8) { fuzzer_mutate(data, size, max_size) } else { size };
    if let Some(image) = data.get_mut(..size) {
        damage::change(image, u64::from(seed));
    }
    size
});
