//! shows: a panic of a Rust program says where, and ends in a trap
//! sees: stderr index out of bounds
//! sees: end trap
//! grant: none
fn main() {
    let numbers: Vec<i32> = std::env::args().map(|argument| argument.len() as i32).collect();
    println!("before");
    println!("{}", numbers[numbers.len() + 3]);
}
