//! shows: clocks, sleep and hashing with random keys through Rust's standard library
//! sees: stdout slept true
//! grant: none
use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

fn main() {
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(5));
    println!("slept {}", start.elapsed() >= Duration::from_millis(5));
    println!("after 2001 {}", SystemTime::UNIX_EPOCH.elapsed().unwrap() > Duration::from_secs(1_000_000_000));
    let map: HashMap<_, _> = (0..100).map(|n| (n, n * n)).collect();
    println!("{}", map.values().sum::<i32>());
}
