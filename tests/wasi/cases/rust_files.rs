//! shows: Rust's standard library writes, reads, lists, renames and removes
//! sees: stdout read back: hello
//! file: a.txt one
//! dir: sub
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};

fn main() -> std::io::Result<()> {
    fs::write("/sub/new.txt", "hello")?;
    println!("read back: {}", fs::read_to_string("/sub/new.txt")?);
    let mut file = fs::OpenOptions::new().read(true).write(true).open("/a.txt")?;
    file.seek(SeekFrom::End(0))?;
    file.write_all(b", two")?;
    file.rewind()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    println!("{text}, {} bytes", file.metadata()?.len());
    let mut names: Vec<_> = fs::read_dir("/")?.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    println!("{names:?}");
    fs::rename("/sub/new.txt", "/moved.txt")?;
    fs::remove_dir("/sub")?;
    fs::create_dir_all("/deep/er/still")?;
    fs::copy("/a.txt", "/deep/er/copy.txt")?;
    Ok(())
}
