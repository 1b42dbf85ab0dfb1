//! shows: arguments, environment and standard streams as Rust's standard library gives them
//! sees: stdout ["one", "two words"]
//! sees: stderr to standard error
//! sees: end exit 5
//! arg: one
//! arg: two words
//! env: WORD=yes
//! env: EMPTY=
//! stdin: first\nsecond\n
use std::io::BufRead;

fn main() {
    println!("{:?}", std::env::args().skip(1).collect::<Vec<_>>());
    println!("{:?}", std::env::vars().collect::<Vec<_>>());
    for line in std::io::stdin().lock().lines() {
        println!("line `{}`", line.unwrap());
    }
    eprintln!("to standard error");
    std::process::exit(5);
}
