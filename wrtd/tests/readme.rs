//! The shell commands of README.md and docs/wrtd.md as they stand there: they run, and print what a comment behind them
//! says.

mod common;

use common::{code, command, err, out, root, wrtd};

/// The lines of a page's blocks of shell that begin with `wrtd`, each with the comment behind it.
fn commands(page: &str) -> Vec<(Vec<String>, Option<String>)> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if let (true, Some(rest)) = (inside, line.strip_prefix("wrtd ")) {
            let (words, said) = rest.split_once("  #").map_or((rest, None), |(words, said)| (words, Some(said.trim())));
            found.push((words.split_whitespace().map(str::to_owned).collect(), said.map(str::to_owned)));
        }
    }
    found
}

#[test]
fn cli_1_the_commands_of_the_readme_do_what_they_say() {
    let page = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let all = commands(&page);
    assert!(all.len() >= 3, "{all:?}");
    for (words, said) in all {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = command(&words).current_dir(root()).output().expect("wrtd starts");
        assert_eq!(code(&output), 0, "{words:?}: {}", err(&output));
        if let Some(said) = said {
            assert_eq!(out(&output), said, "{words:?}");
        }
    }
}

/// What is shown with a module that is not here is understood at least: nothing is wrong with the command line itself.
#[test]
fn cli_1_the_commands_of_the_page_are_understood() {
    let page = std::fs::read_to_string(root().join("docs/wrtd.md")).expect("docs/wrtd.md");
    let all = commands(&page);
    assert!(!all.is_empty());
    for (words, _) in all {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = wrtd(&words);
        assert!([0, 1].contains(&code(&output)), "{words:?}: {}", err(&output));
    }
}

#[test]
fn cli_1_the_example_of_wasi_greets() {
    let hello = root().join("examples/wasi/hello.wat");
    let hello = hello.to_str().expect("UTF-8");
    for mode in [&[][..], &["--no-std"]] {
        let output = wrtd(&[&["--wasi", hello, "you"], mode].concat());
        assert_eq!((code(&output), out(&output).as_str()), (0, "hello, you"), "{}", err(&output));
        let output = wrtd(&[&["--wasi", hello], mode].concat());
        assert_eq!((code(&output), err(&output).as_str()), (2, "usage: hello NAME\n"));
    }
    let many = "x".repeat(5000);
    assert_eq!(code(&wrtd(&["--wasi", hello, &many])), 2, "more than there is room for");
}
