//! What `wrtd` says of itself: completions, manual pages, help.

mod common;

use common::{Dir, code, command, err, out, root, wrtd};

/// The commands and the long options that `--help` lists.
fn words_of_help() -> Vec<String> {
    let help = out(&wrtd(&["--help"]));
    // An option begins its line; what follows may mention others.
    let options = help
        .lines()
        .filter(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().find(|word| word.len() > 2));
    let options = options.filter(|word| word.starts_with("--")).map(str::to_owned);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // What goes on from the line before stands further in.
    let commands = commands.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    let commands = commands.map(str::to_owned);
    let mut words: Vec<String> = options.chain(commands).filter(|word| word.len() > 2 && word != "help").collect();
    words.sort();
    words.dedup();
    assert!(words.len() > 20, "{words:?}");
    words
}

#[test]
fn cli_1_completion_knows_every_command_and_option() {
    let words = words_of_help();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = wrtd(&["completion", shell]);
        assert_eq!(code(&output), 0, "{shell}: {}", err(&output));
        let script = out(&output);
        for word in &words {
            // fish names long options without the hyphens.
            let bare = word.trim_start_matches('-');
            assert!(script.contains(bare), "{shell} does not know {word}");
        }
    }
    let output = wrtd(&["completion", "csh"]);
    assert!(code(&output) == 2 && err(&output).contains("elvish"), "{}", err(&output));
}

/// bash itself reads the script and answers.
#[test]
fn cli_1_bash_completes() {
    if std::process::Command::new("bash").arg("--version").output().is_err() {
        eprintln!("skipped, because there is no bash");
        return;
    }
    let dir = Dir::new("completion");
    let script = dir.file("wrtd.bash", wrtd(&["completion", "bash"]).stdout);
    let ask = format!(
        "source {script}; COMP_WORDS=(wrtd run --memory-p); COMP_CWORD=2; _wrtd wrtd --memory-p run; \
         echo \"${{COMPREPLY[@]}}\""
    );
    let output = std::process::Command::new("bash").args(["-c", &ask]).output().expect("bash starts");
    assert_eq!(out(&output), "--memory-profile", "{}", err(&output));
}

#[test]
fn cli_1_manual_pages_know_every_command_and_option() {
    let page = out(&wrtd(&["man"])).replace("\\-", "-");
    for word in words_of_help() {
        assert!(page.contains(&word), "{word} is not in the manual page");
    }
    assert!(page.contains("134"), "exit codes are in the page: {page}");
    let dir = Dir::new("man");
    let output = wrtd(&["man", &dir.path("pages")]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    for name in ["wrtd.1", "wrtd-run.1", "wrtd-inspect.1", "wrtd-limits.1"] {
        let page = std::fs::read_to_string(dir.path(&format!("pages/{name}"))).expect("a page");
        let head = format!(".TH {} 1", name.trim_end_matches(".1"));
        assert!(page.replace("\\-", "-").contains(&head), "{name}: {page}");
    }
}

/// CLI-1: two screens of 60 lines, on a terminal of 80 columns and on a wider one.
#[test]
fn cli_1_help_fits_on_two_screens() {
    for columns in ["80", "100", "160"] {
        let output = command(&["--help"]).env("COLUMNS", columns).output().expect("wrtd starts");
        let lines = out(&output).lines().count();
        assert!(lines <= 120, "{lines} lines at {columns} columns");
    }
}

/// What stands between two marks of a document, and what is around it.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> (&'a str, &'a str, &'a str) {
    let from = text.find(begin).unwrap_or_else(|| panic!("{begin} is missing")) + begin.len();
    let to = from + text[from..].find(end).expect("an end");
    (&text[..from], &text[from..to], &text[to..])
}

/// CLI-2: the page has the exit codes of `--help`, which come from the one list in the program, and `--help` itself.
/// `WRT_BLESS=1` writes it anew.
#[test]
fn cli_2_the_page_says_what_help_says() {
    let output = command(&["--help"]).env("COLUMNS", "100").output().expect("wrtd starts");
    let help = out(&output);
    let (_, codes) = help.split_once("Exit codes:\n").expect("exit codes");
    let mut table = String::new();
    for line in codes.lines() {
        // A code stands in the first five columns, and what is too long goes on in the next line.
        match line.get(..7).map(str::trim) {
            Some(code) if !code.is_empty() && code.chars().all(|c| c.is_ascii_digit() || c == 'N') => {
                table += &format!("{}| {code} | {} |", if table.is_empty() { "" } else { "\n" }, line[7..].trim());
            }
            _ => {
                let whole = table.strip_suffix(" |").expect("a line before");
                table = format!("{whole} {} |", line.trim());
            }
        }
    }
    assert!(table.lines().count() >= 9, "{table}");
    let path = root().join("docs/wrtd.md");
    let page = std::fs::read_to_string(&path).expect("docs/wrtd.md");
    let (before, _, after) = between(&page, "| Code | Meaning |\n|---|---|\n", "\n\n");
    let expected = format!("{before}{table}{after}");
    let (before, _, after) = between(&expected, "```text\n", "```");
    let expected = format!("{before}{help}\n{after}");
    if std::env::var_os("WRT_BLESS").is_some() {
        std::fs::write(&path, &expected).expect("docs/wrtd.md");
    } else {
        assert!(
            page == expected,
            "docs/wrtd.md is not what wrtd says: run this test with WRT_BLESS=1, and read the change"
        );
    }
}

/// CLI-2: each code of the table that a run can be made to end with.
#[test]
fn cli_2_runs_end_with_the_documented_codes() {
    let dir = Dir::new("codes");
    let text =
        "(module (func (export \"spin\") (loop (br 0))) (func (export \"trap\") unreachable) (func (export \"ok\")))";
    let module = dir.file("guest.wat", text);
    let page = std::fs::read_to_string(root().join("docs/wrtd.md")).expect("docs/wrtd.md");
    for (args, meaning) in [
        (&["--invoke", "ok"][..], "done"),
        (&["--invoke", "nothing"], "has no such function"),
        (&["--invoke", "ok", "1"], "arguments"),
        (&["--invoke", "spin", "--timeout", "10ms"], "out of time"),
        (&["--invoke", "spin", "--fuel", "10"], "out of fuel"),
        (&["--invoke", "trap"], "trap"),
    ] {
        let code = code(&wrtd(&[&["run", module.as_str()], args].concat()));
        let line = page.lines().find(|line| line.starts_with(&format!("| {code} |")));
        assert!(line.is_some_and(|line| line.contains(meaning)), "{args:?} ends with {code}: {line:?}");
    }
}

/// CLI-2: who reads no further, as `head` does, is no mistake.
#[test]
fn cli_2_output_that_nobody_reads_is_no_mistake() {
    let module = root().join("examples/guests/wasm/fac.wasm");
    let module = module.to_str().expect("UTF-8");
    for args in [&["inspect", module][..], &["inspect", module, "--json"], &["completion", "bash"], &["man"]] {
        let mut child = command(args)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("wrtd starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("wrtd ends");
        assert_eq!((code(&output), err(&output)), (0, String::new()), "{args:?}");
    }
}
