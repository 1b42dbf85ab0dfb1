//! From requirement to test: collects the ids that tests name and makes the table of them.
//!
//! Owns where tests are looked for and how an id is recognised: `AREA-n` in a test's text, or a test
//! function whose name starts with `area_n_`. The ids themselves stand in `docs/requirements.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Areas of requirements, as they stand before the number.
const AREAS: [&str; 11] = ["CORE", "MEM", "RUN", "LIM", "ASIL", "WASI", "COMP", "DBG", "CLI", "API", "SPEED"];
/// Folders in which tests are looked for.
const FOLDERS: [&str; 11] = [
    "wrt-core",
    "wrt-wasi",
    "wrt-platform",
    "wrt-host",
    "wrt-capi",
    "wrtd",
    "tests",
    "bindings",
    "examples",
    "cmake",
    "include",
];
/// Kinds of files that hold tests.
const KINDS: [&str; 11] = ["rs", "c", "h", "cpp", "hpp", "py", "js", "mjs", "ts", "sh", "cmake"];

/// An id: area and number. Ordered as the areas are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(usize, u32);

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", AREAS.get(self.0).unwrap_or(&"?"), self.1)
    }
}

/// What is known about one id.
pub type Known = BTreeMap<Id, bool>;
/// Where ids are shown: file, and test function where one is named.
pub type Shown = BTreeMap<Id, BTreeSet<String>>;

/// The repository that holds this crate.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").to_path_buf()
}

/// The ids in a text, in order.
#[must_use]
pub fn ids(text: &str) -> Vec<Id> {
    let mut found = Vec::new();
    for (area, name) in AREAS.iter().enumerate() {
        for (mark, same) in [(format!("{name}-"), true), (format!("fn {}_", name.to_lowercase()), false)] {
            for (at, _) in text.match_indices(&mark) {
                let before = text.get(..at).and_then(|t| t.chars().next_back());
                if same && before.is_some_and(|c| c.is_alphanumeric() || "-_".contains(c)) {
                    continue;
                }
                let rest = text.get(at + mark.len()..).unwrap_or("");
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                if !same && rest.get(digits.len()..).is_none_or(|r| !r.starts_with('_')) {
                    continue;
                }
                if let Ok(number) = digits.parse() {
                    found.push(Id(area, number));
                }
            }
        }
    }
    found
}

/// The ids of `docs/requirements.txt`, and whether each must be shown now.
///
/// # Panics
/// When the file is missing or a line is neither `id now` nor `id later`.
#[must_use]
pub fn known() -> Known {
    let path = root().join("docs/requirements.txt");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut known = Known::new();
    for line in text.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let (id, when) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        let now = match when.trim() {
            "now" => true,
            "later" => false,
            _ => panic!("docs/requirements.txt: {line}"),
        };
        let id = ids(id).first().copied().unwrap_or_else(|| panic!("docs/requirements.txt: {line}"));
        known.insert(id, now);
    }
    known
}

/// The ids that tests show.
///
/// # Panics
/// When a source file cannot be read.
#[must_use]
pub fn shown() -> Shown {
    let root = root();
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let mut shown = Shown::new();
    for file in files {
        let name = file.strip_prefix(&root).expect("a file of the repository").to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{name}: {e}"));
        for (id, test) in tests_of(&name, &text) {
            shown.entry(id).or_default().insert(test);
        }
    }
    shown
}

fn collect(dir: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
        if path.is_dir() {
            if !matches!(name, "target" | "node_modules" | "build" | ".venv" | "__pycache__") && !name.starts_with('.')
            {
                collect(&path, into);
            }
        } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| KINDS.contains(&e)) {
            into.push(path);
        }
    }
}

/// Ids with the test that shows each. In a library's own sources only what stands behind
/// `#[cfg(test)]` is a test; elsewhere only folders and files with `test` in their names hold any.
fn tests_of(name: &str, text: &str) -> Vec<(Id, String)> {
    let is_test = name.split('/').any(|part| part.contains("test") || part.contains("spec"));
    let in_source = name.contains("/src/") && !name.starts_with("tests/");
    let text = match (in_source, is_test) {
        (true, _) if name.ends_with("tests.rs") => text,
        (true, _) => text.split_once("#[cfg(test)]").map_or("", |(_, tests)| tests),
        (false, true) => text,
        (false, false) => "",
    };
    // The collector's own sources and helpers name ids without being tests.
    if name.starts_with("tests/src/") && !text.contains("#[test]") {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        for id in ids(line) {
            // A comment speaks of the next function; at the top of a file, of the whole file.
            let next = lines.iter().skip(at).take(12).find_map(|l| function(l));
            let whole = line.trim_start().starts_with("//!");
            found.push((
                id,
                match next {
                    Some(test) if name.ends_with(".rs") && !whole => format!("{name}: {test}"),
                    _ => name.to_string(),
                },
            ));
        }
    }
    found
}

/// The function that a line of Rust defines.
fn function(line: &str) -> Option<&str> {
    let rest = line.trim_start().trim_start_matches("pub ").strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

/// The table, as `docs/requirements.md` has it.
#[must_use]
pub fn table(known: &Known, shown: &Shown) -> String {
    let mut out = String::from(
        "# Requirements and the tests that show them\n\n\
         Made from `docs/requirements.txt` and the sources of the tests by `WRT_BLESS=1 cargo test -p wrt-tests \
         --test requirements`.\n\n| Requirement | Shown by |\n|---|---|\n",
    );
    for (id, now) in known {
        let tests = match shown.get(id) {
            Some(tests) => tests.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join("<br>"),
            None if *now => "**no test**".into(),
            None => "not at this stage".into(),
        };
        writeln!(out, "| {id} | {tests} |").expect("a string");
    }
    out
}
