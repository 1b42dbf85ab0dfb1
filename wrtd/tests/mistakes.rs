//! What is wrong at the command line is told by the name of its flag or file, with a documented exit code, and nothing
//! panics: wrong words, wrong numbers, wrong files.

mod common;

use common::{Dir, code, command, err, out, root, wrtd, wrtd_bytes};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output, Stdio};

/// Runs `wrtd` in a folder, with nothing on standard input.
fn within(dir: &Dir, args: &[&OsStr]) -> Output {
    let folder = dir.path("");
    command(&[]).args(args).current_dir(folder).stdin(Stdio::null()).output().expect("wrtd starts")
}

fn files(name: &str) -> Dir {
    let dir = Dir::new(name);
    dir.file("ok.wat", "(module (memory 1 2) (func (export \"f\")))");
    dir.file("start.wat", "(module (func (export \"_start\")))");
    dir.file("empty.wasm", "");
    dir.file("no-module.wasm", "hello");
    dir.file("cut.wasm", b"\0asm\x01\0\0\0\x01\x7f");
    dir.file("no-text.wat", b"\xff(module)");
    dir.file("bad.wat", "(module (func (nonsense)))");
    dir.file("wrong.toml", "[run]\nfeul = 1\n");
    std::fs::create_dir_all(dir.path("folder")).expect("a folder");
    dir
}

/// Command lines, their exit codes, and what is named.
const MISTAKES: &[(&str, i32, &str)] = &[
    // Words.
    ("--nonsense", 2, "--nonsense"),
    ("ok.wat --nonsense", 2, "--nonsense"),
    ("run", 2, "<MODULE>"),
    ("plan", 2, "<MODULE>"),
    ("validate", 2, "<MODULES>"),
    ("inspect", 2, "<MODULE>"),
    ("compile", 2, "<MODULE>"),
    ("completion", 2, "<SHELL>"),
    ("completion csh", 2, "csh"),
    ("config", 2, "--schema"),
    ("plna ok.wat", 1, "wrtd -h lists the commands"),
    ("ok.wat --json --json", 2, "--json"),
    ("ok.wat --fuel", 2, "--fuel"),
    ("plan ok.wat more", 2, "more"),
    // Numbers.
    ("ok.wat --fuel -1", 2, "--fuel"),
    ("ok.wat --fuel 1e3", 2, "--fuel"),
    ("ok.wat --fuel 99999999999999999999", 2, "--fuel"),
    ("ok.wat --stack 99999999T", 2, "--stack"),
    ("ok.wat --stack 16777215T", 1, "--stack"),
    ("ok.wat --max-memory 1X", 2, "--max-memory"),
    ("ok.wat --max-memory 1K", 1, "--max-memory 65536"),
    ("ok.wat --max-depth 5G", 2, "--max-depth"),
    ("ok.wat --timeout 5", 2, "--timeout"),
    ("ok.wat --timeout=-5s", 2, "--timeout"),
    ("ok.wat --timeout 99999999999999999999h", 2, "--timeout"),
    ("ok.wat --profile-interval 0", 2, "--profile-interval"),
    ("--wasi --wasi-random-seed=-1 start.wat", 2, "--wasi-random-seed"),
    ("--wasi --wasi-random-seed 18446744073709551616 start.wat", 2, "18446744073709551615"),
    ("ok.wat 1", 2, "f () takes no argument"),
    // Names.
    ("ok.wat --invoke g", 1, "`g` for --invoke"),
    ("ok.wat --enable nonsense", 2, "--enable"),
    ("ok.wat --disable nonsense", 2, "--disable"),
    ("ok.wat --set nonsense", 1, "--set"),
    ("ok.wat --set nonsense=1", 1, "--set"),
    ("ok.wat --set max-linear=x", 1, "--set"),
    ("ok.wat --preset nonsense", 1, "--preset"),
    ("ok.wat --asil-level E", 2, "--asil-level"),
    ("ok.wat --memory-variable NOT_THERE", 1, "--memory-variable"),
    ("limits --set nonsense", 1, "--set"),
    ("limits --preset nonsense", 1, "--preset"),
    ("--wasi --wasi-version preview0 start.wat", 2, "--wasi-version"),
    ("--wasi --wasi-clock sun start.wat", 2, "--wasi-clock"),
    ("--wasi --wasi-env NOT_THERE start.wat", 2, "--wasi-env NOT_THERE"),
    ("--wasi --wasi-env =1 start.wat", 1, "--wasi-env =1"),
    ("--wasi --wasi-fs : start.wat", 2, "--wasi-fs :"),
    ("--wasi --wasi-fs folder: start.wat", 2, "--wasi-fs folder:"),
    ("--wasi ok.wat", 1, "--invoke"),
    // What does not go together.
    ("ok.wat --no-std --asil-level B", 2, "--no-std"),
    ("ok.wat --wasi-arg x", 2, "--wasi"),
    ("ok.wat --wasi-fs .", 2, "--wasi"),
    ("--wasi --wasi-fs folder --wasi-fs folder start.wat", 2, "--wasi-fs folder"),
    ("--wasi --wasi-fs folder:/a --wasi-fs .:/a:ro start.wat", 2, "--wasi-fs .:/a:ro"),
    ("compile ok.wat -o ok.wat", 2, "ok.wat"),
    ("compile ok.wat -o ./folder/../ok.wat", 2, "-o"),
    ("compile -", 2, "-o"),
    // Files.
    ("none.wasm", 1, "none.wasm"),
    ("folder", 1, "folder"),
    ("ok.wat/x", 1, "ok.wat/x"),
    ("empty.wasm", 1, "empty.wasm is empty"),
    ("-", 1, "standard input is empty"),
    ("no-module.wasm", 1, "expected a binary module"),
    ("/dev/zero", 1, "expected a binary module"),
    ("cut.wasm", 1, "offset"),
    ("no-text.wat", 1, "no-text.wat is not UTF-8"),
    ("bad.wat", 1, "bad.wat:1:"),
    ("plan folder", 1, "folder"),
    ("inspect empty.wasm", 1, "empty.wasm"),
    ("validate ok.wat none.wasm", 1, "none.wasm"),
    ("limits empty.wasm", 1, "empty.wasm"),
    ("compile none.wasm", 1, "none.wasm"),
    ("compile ok.wat -o folder", 1, "folder"),
    ("compile ok.wat -o none/x.wrti", 1, "none/x.wrti"),
    ("ok.wat --profile folder", 1, "--profile: cannot write folder"),
    ("ok.wat --json-file folder", 1, "--json-file: cannot write folder"),
    ("ok.wat --config none.toml", 1, "none.toml"),
    ("ok.wat --config folder", 1, "folder"),
    ("ok.wat --config wrong.toml", 1, "wrong.toml:2:1"),
    ("config none.toml", 1, "none.toml"),
    ("config wrong.toml", 1, "is fuel meant?"),
    ("man ok.wat", 1, "ok.wat"),
    ("--wasi --wasi-fs none start.wat", 1, "--wasi-fs none"),
    ("--wasi --wasi-fs ok.wat start.wat", 1, "--wasi-fs ok.wat"),
    ("--wasi --wasi-stdin none start.wat", 1, "--wasi-stdin none"),
    ("--wasi --wasi-stdin folder start.wat", 1, "--wasi-stdin folder"),
];

/// Nothing went wrong that `wrtd` did not know of: it ended by itself, said what it had to say, and did not panic.
fn is_orderly(output: &Output, what: &dyn core::fmt::Debug) {
    assert!(output.status.code().is_some_and(|code| code != 101), "{what:?}: {}", output.status);
    assert!(
        !err(output).contains("panicked") && !err(output).contains("please report it"),
        "{what:?}: {}",
        err(output)
    );
}

#[test]
fn cli_2_every_mistake_names_its_flag_or_file() {
    let dir = files("mistakes");
    for (line, expected, named) in MISTAKES {
        let args: Vec<&OsStr> = line.split(' ').map(OsStr::new).collect();
        let output = within(&dir, &args);
        is_orderly(&output, line);
        assert_eq!(code(&output), *expected, "wrtd {line}: {}", err(&output));
        assert!(err(&output).contains(named), "wrtd {line} does not name {named}: {}", err(&output));
    }
    // An image that was to replace its module has not.
    assert!(std::fs::read(dir.path("ok.wat")).is_ok_and(|text| text.starts_with(b"(module")));
}

/// Bytes that are no text, in every place where a word may stand.
#[test]
fn cli_2_what_is_no_text_is_told() {
    let dir = files("no-text");
    let odd = OsStr::from_bytes(b"odd\xff.wat");
    std::fs::copy(dir.path("ok.wat"), std::path::Path::new(&dir.path("")).join(odd)).expect("a file");
    for before in [
        "",
        "run",
        "plan",
        "validate",
        "compile",
        "inspect",
        "limits",
        "config",
        "run ok.wat --invoke",
        "run ok.wat --set",
        "run ok.wat --config",
        "run --wasi start.wat",
        "run --wasi --wasi-fs",
        "run --wasi --wasi-arg",
        "run --wasi --wasi-env",
        "run ok.wat --fuel",
    ] {
        let args: Vec<&OsStr> =
            before.split(' ').filter(|word| !word.is_empty()).map(OsStr::new).chain([odd]).collect();
        let output = within(&dir, &args);
        is_orderly(&output, &args);
        assert_eq!(code(&output), 2, "{args:?}: {}", err(&output));
        // Where it stands for a number, the number is what is wrong.
        assert!(err(&output).contains(r#"the argument "odd\xFF.wat" is not UTF-8"#), "{args:?}: {}", err(&output));
    }
    // Names of files that are written may be anything.
    let output = within(&dir, &[OsStr::new("ok.wat"), OsStr::new("--json-file"), odd]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let output = command(&[&dir.path("ok.wat")]).env("WRTD_FUEL", odd).output().expect("wrtd starts");
    assert!(code(&output) == 2 && err(&output).contains("the variable WRTD_FUEL"), "{}", err(&output));
}

/// Files that are no ordinary files.
#[test]
fn cli_2_files_of_other_kinds() {
    let dir = files("kinds");
    let fifo = dir.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo starts").success());
    for command_name in ["run", "plan", "inspect", "validate"] {
        let writer = {
            let fifo = fifo.clone();
            std::thread::spawn(move || std::fs::write(fifo, "(module (func (export \"f\")))"))
        };
        let output = wrtd(&[command_name, &fifo]);
        assert_eq!(code(&output), 0, "{command_name}: {}", err(&output));
        writer.join().expect("a thread").expect("wrtd reads");
    }
    // Standard input that is closed is one that is empty.
    let closed = format!("exec '{}' - <&-", env!("CARGO_BIN_EXE_wrtd"));
    let output = Command::new("sh").args(["-c", &closed]).output().expect("sh starts");
    assert!(code(&output) == 1 && err(&output).contains("standard input is empty"), "{}", err(&output));
    // All three.
    let closed = format!("exec '{}' '{}' <&- >&- 2>&-", env!("CARGO_BIN_EXE_wrtd"), dir.path("ok.wat"));
    assert_eq!(code(&Command::new("sh").args(["-c", &closed]).output().expect("sh starts")), 0);
    // Who may read everything is not refused.
    let locked = dir.file("locked.wasm", "(module)");
    assert!(Command::new("chmod").args(["000", &locked]).status().expect("chmod starts").success());
    let output = wrtd(&[&locked]);
    match std::fs::read(&locked) {
        Ok(_) => eprintln!("not shown: an unreadable file, because root reads it"),
        Err(_) => assert!(code(&output) == 1 && err(&output).contains("locked.wasm: Permission"), "{}", err(&output)),
    }
}

/// A xorshift generator, for words and bytes that nobody chose.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % n
    }
}

/// The codes of docs/wrtd.md that are numbers.
fn documented() -> BTreeSet<i32> {
    let page = std::fs::read_to_string(root().join("docs/wrtd.md")).expect("docs/wrtd.md");
    page.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok()).collect()
}

/// Words in any order: always an exit code that is documented, and never a panic.
#[test]
fn cli_2_words_in_any_order_end_orderly() {
    let dir = files("any");
    let codes = documented();
    assert!(codes.len() >= 8, "{codes:?}");
    let help = out(&wrtd(&["run", "--help"]));
    let mut words: Vec<OsString> =
        help.split([' ', '\n', ',', '[', ']']).filter(|word| word.starts_with("--")).map(Into::into).collect();
    let more = "run plan validate inspect compile limits config ok.wat start.wat cut.wasm bad.wat wrong.toml \
        folder none - -- -o 0 1 -1 64K 1ms nan f =1 A=1 .:/a:ro threads max-linear=64K B embedded deterministic";
    words.extend(more.split_whitespace().map(Into::into));
    words.extend([OsStr::from_bytes(b"\xff").to_owned(), OsString::new(), "ü=\u{1F600}".into()]);
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for _ in 0..150 {
        let args: Vec<&OsStr> = (0..=chance.below(6)).map(|_| words[chance.below(words.len())].as_os_str()).collect();
        let output = within(&dir, &args);
        is_orderly(&output, &args);
        assert!(codes.contains(&code(&output)), "{args:?}: {}", code(&output));
    }
}

/// Modules that are damaged: refused, trapped or run, but never a panic.
#[test]
fn cli_2_damaged_modules_end_orderly() {
    let whole = std::fs::read(root().join("examples/guests/wasm/control.wasm")).expect("a guest");
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    let codes = documented();
    for round in 0..60 {
        let mut bytes = whole.clone();
        for _ in 0..=chance.below(3) {
            let at = chance.below(bytes.len());
            bytes[at] = chance.below(256) as u8;
        }
        if round % 4 == 0 {
            bytes.truncate(chance.below(bytes.len()));
        }
        let args = [
            &["-", "--fuel", "10K"][..],
            &["inspect", "-"],
            &["limits", "-", "--no-platform"],
            &["plan", "-", "--json"],
        ][round % 4];
        let output = wrtd_bytes(&bytes, args);
        is_orderly(&output, &(round, args));
        assert!(codes.contains(&code(&output)), "{round} {args:?}: {}", code(&output));
    }
}

/// CLI-2: what is written never takes the place of the module, by whichever name and option.
#[test]
fn cli_2_the_module_is_not_written_over() {
    let dir = Dir::new("over");
    let text = std::fs::read(root().join("examples/wasi/hello.wat")).expect("an example");
    let module = dir.file("m.wat", &text);
    let link = dir.path("link");
    std::os::unix::fs::symlink(&module, &link).expect("a link");
    for other in [&module, &link] {
        let runs = ["--record", "--json-file", "--profile"].map(|option| vec!["run", "--wasi", option, other, &module]);
        for args in runs.iter().chain(&[vec!["compile", &module, "-o", other]]) {
            let output = wrtd(args);
            assert_eq!(code(&output), 2, "{args:?}: {}", err(&output));
            assert!(err(&output).contains("would replace the module"), "{args:?}: {}", err(&output));
            assert!(std::fs::read(&module).expect("it is there") == text, "{args:?} has changed the module");
        }
    }
}
