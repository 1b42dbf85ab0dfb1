//! shows: the kinds of error that Rust's standard library makes of errnos
//! sees: stdout NotFound
//! sees: end exit 1
//! file: a.txt one
//! dir: full/sub
use std::fs::{self, File, OpenOptions};
use std::io::{Error, Result};

fn show<T>(what: &str, result: Result<T>) {
    println!("{what}: {:?}", result.map(|_| ()).map_err(|error: Error| (error.kind(), error.raw_os_error())));
}

fn main() -> Result<()> {
    show("open", File::open("/missing"));
    show("below a file", File::open("/a.txt/b"));
    show("create anew", OpenOptions::new().write(true).create_new(true).open("/a.txt"));
    show("directory", fs::create_dir("/a.txt"));
    show("not empty", fs::remove_dir("/full"));
    show("not a link", fs::read_link("/a.txt"));
    show("without grant", fs::read("../outside"));
    File::open("/missing").map(|_| ())
}
