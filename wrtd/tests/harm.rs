//! What a module's author puts into it does not decide how much is said of it, nor whether `wrtd` lives.

mod common;

use common::{Dir, code, err, json, out, wrtd, wrtd_bytes, wrtd_text};
use core::fmt::Write;

/// Characters that a name may fill, with room for what stands around it.
const ENOUGH: usize = 4_000;

#[test]
fn cli_2_a_long_name_is_cut_wherever_it_is_shown() {
    let name = "n".repeat(100_000);
    let trapping = format!("(module (func (export \"{name}\") (unreachable)))");
    let recursive = format!("(module (func (export \"_start\") (call 1)) (func (export \"{name}\") (call 1)))");
    let importing = format!("(module (import \"{name}\" \"{name}\" (func)) (func (export \"_start\")))");
    for text in [&trapping, &recursive, &importing] {
        let done = wrtd_text(text, &["run", "-"]);
        assert!(code(&done) > 0, "{}", err(&done));
        assert!(err(&done).chars().count() < ENOUGH * 8, "{}", err(&done).len());
    }
    let said = err(&wrtd_text(&trapping, &["run", "-"]));
    assert!(said.contains("nnn…"), "{said}");
    // A name that is not too long stays as it is.
    let short = "s".repeat(200);
    let said = err(&wrtd_text(&format!("(module (func (export \"{short}\") (unreachable)))"), &["run", "-"]));
    assert!(said.contains(&format!("in {short} (function 0)")), "{said}");
}

#[test]
fn cli_2_long_lists_are_cut_and_counted() {
    let (mut imports, mut exports) = (String::new(), String::new());
    for k in 0..2_000 {
        let _ = write!(imports, "(import \"env\" \"f{k}\" (func))");
        let _ = write!(exports, "(func (export \"f{k}\"))");
    }
    for inside in [imports, exports] {
        let text = format!("(module {inside})");
        let done = wrtd_text(&text, &["run", "-"]);
        assert_eq!(code(&done), 1);
        assert!(err(&done).contains("f31") && !err(&done).contains("f32"), "{}", err(&done));
        assert!(err(&done).contains("… and 1,968 more"), "{}", err(&done));
        let said = json(&wrtd_text(&text, &["run", "-", "--json"]));
        let list = ["imports", "functions"].iter().find_map(|key| said["error"][key].as_array()).expect("a list");
        assert_eq!(list.len(), 1_000);
    }
}

#[test]
fn cli_2_an_error_in_a_text_does_not_repeat_all_of_it() {
    let done = wrtd_text(&format!("(module {}", "(func ".repeat(10_000)), &["validate", "-"]);
    assert_eq!(code(&done), 1);
    assert!(err(&done).chars().count() < ENOUGH, "{}", err(&done).len());
}

#[test]
fn cli_1_inspect_counts_the_sections_that_it_does_not_list() {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    for _ in 0..10_005 {
        wasm.extend(b"\0\x02\x01c");
    }
    let said = json(&wrtd_bytes(&wasm, &["inspect", "-", "--json"]));
    assert_eq!((said["sections"].as_array().map(Vec::len), &said["sections_omitted"]), (Some(10_000), &5.into()));
    let text = out(&wrtd_bytes(&wasm, &["inspect", "-"]));
    assert!(text.contains("… and 5 more"), "{}", text.len());
}

#[test]
fn wasi_1_a_function_that_is_imported_twice_is_one() {
    let import = "(import \"wasi_snapshot_preview1\" \"sched_yield\" (func (result i32)))";
    let text =
        format!("(module {import} {import} (memory (export \"memory\") 1) (func (export \"_start\") (drop (call 1))))");
    let done = wrtd_text(&text, &["run", "--wasi", "-"]);
    assert_eq!((code(&done), err(&done)), (0, String::new()));
}

/// A guest writes into a file until that fails, and exits with the number of the error.
#[cfg(unix)]
#[test]
fn wasi_4_a_file_that_reaches_its_limit_ends_the_write_and_not_the_process() {
    let dir = Dir::new("limit");
    let module = dir.file(
        "guest.wat",
        r#"(module
          (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 2)
          (data (i32.const 0) "full")
          (func (export "_start") (local $errno i32)
            (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 1)
              (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 8)))
            (i32.store (i32.const 20) (i32.const 65536))
            (loop $again
              (local.set $errno (call $write (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i32.const 24)))
              (br_if $again (i32.eqz (local.get $errno))))
            (call $exit (local.get $errno))))"#,
    );
    let granted = dir.path("");
    let script = "ulimit -f 64; exec \"$0\" run --wasi --fuel 10M --wasi-fs \"$1:/\" \"$2\"";
    let done = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_wrtd"), &granted, &module])
        .output()
        .expect("a shell");
    assert_eq!(code(&done), i32::from(wrt_wasi::Errno::Fbig.number()), "{}", err(&done));
    assert_eq!(wrtd(&["validate", &module]).status.code(), Some(0));
}
