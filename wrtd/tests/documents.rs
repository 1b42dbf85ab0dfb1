//! What `wrtd` says of itself: completions, manual pages, help.

mod common;

use common::{Dir, code, err, out, wrtd};

/// The commands and the long options that `--help` lists.
fn words_of_help() -> Vec<String> {
    let help = out(&wrtd(&["--help"]));
    // An option begins its line; what follows may mention others.
    let options = help.lines().filter_map(|line| line.split_whitespace().find(|word| word.len() > 2));
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
        "source {script}; COMP_WORDS=(wrtd run --memory-p); COMP_CWORD=2; _wrtd wrtd --memory-p run; echo \"${{COMPREPLY[@]}}\""
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
