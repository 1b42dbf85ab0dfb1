//! The house: inside `wrt-core`, imports run one way and files are rooms, not halls.

use std::path::{Path, PathBuf};

/// Most lines a file may have.
const MOST_LINES: usize = 800;
/// Lines above which a file is named in the report.
const MANY_LINES: usize = 400;

fn core() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").join("wrt-core/src")
}

fn rust_files(dir: &Path, into: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    for path in entries.map(|e| e.expect("an entry").path()) {
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// The rooms in import order, as the documentation at the top of `lib.rs` names them: each word in
/// backticks between "import order" and the end of that documentation that is a path of modules.
fn rooms() -> Vec<String> {
    let text = std::fs::read_to_string(core().join("lib.rs")).expect("lib.rs");
    let doc: String = text.lines().map_while(|l| l.strip_prefix("//!")).collect::<Vec<_>>().join(" ");
    let (_, order) = doc.split_once("order:").expect("lib.rs names the import order");
    order
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|w| w.chars().all(|c| c.is_ascii_lowercase() || "_:".contains(c)))
        .map(ToString::to_string)
        .collect()
}

/// The room that a path of modules belongs to: the one that names most of it.
fn room_of(rooms: &[String], path: &str) -> Option<usize> {
    let inside = |room: &str| path == room || path.strip_prefix(room).is_some_and(|rest| rest.starts_with("::"));
    let (at, _) = rooms.iter().enumerate().filter(|(_, r)| inside(r)).max_by_key(|(_, r)| r.len())?;
    Some(at)
}

/// Module paths that a file names behind `crate::`, tests and comments left out.
fn imports(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or("");
    let code: String = code.lines().map(|l| l.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    code.split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect())
        .collect()
}

/// Every import of `wrt-core` goes to a room that comes earlier, or to the same room.
#[test]
fn imports_of_the_core_run_one_way() {
    let rooms = rooms();
    assert!(rooms.len() >= 8, "{rooms:?}");
    let mut files = Vec::new();
    rust_files(&core(), &mut files);
    let mut upward = Vec::new();
    for file in files {
        let inner = file.strip_prefix(core()).expect("a file of the core").with_extension("");
        let mut path = inner.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "::");
        if path == "lib" || path.ends_with("tests") {
            continue;
        }
        if let Some(dir) = path.strip_suffix("::mod") {
            path = dir.to_string();
        }
        let own = room_of(&rooms, &path).unwrap_or_else(|| panic!("{path} stands in no room of lib.rs"));
        let text = std::fs::read_to_string(&file).expect("a source file");
        for import in imports(&text) {
            match room_of(&rooms, &import) {
                Some(at) if at <= own => {}
                // Names that lib.rs re-exports at the root have no room: a file inside names the room.
                other => upward.push(format!(
                    "{path} (in {}) imports {import} (in {})",
                    rooms.get(own).expect("a room"),
                    other.and_then(|i| rooms.get(i)).map_or("no room", String::as_str)
                )),
            }
        }
    }
    assert!(upward.is_empty(), "imports run one way:\n{}", upward.join("\n"));
}

/// The check itself bites: an upward import is seen, one in a comment or in tests is not.
#[test]
fn upward_imports_are_seen() {
    let rooms: Vec<String> = ["low", "low::inner", "high"].map(String::from).to_vec();
    let text =
        "use crate::high::Thing; // crate::low\nfn f() { crate::low::inner::g() }\n#[cfg(test)]\nuse crate::high::T;";
    assert_eq!(imports(text), ["high::Thing", "low::inner::g"]);
    assert_eq!(room_of(&rooms, "high::Thing"), Some(2));
    assert_eq!(room_of(&rooms, "low::inner::g"), Some(1));
    assert_eq!(room_of(&rooms, "low::other"), Some(0));
    assert_eq!(room_of(&rooms, "lowest"), None);
}

/// Files stay short enough to be read; the longest are named.
#[test]
fn files_are_rooms() {
    let root = core();
    let root = root.parent().and_then(Path::parent).expect("the repository");
    let mut files = Vec::new();
    for dir in ["wrt-core", "wrt-capi", "wrt-platform", "wrt-host", "wrt-wasi", "wrtd", "tests", "examples"] {
        if root.join(dir).is_dir() {
            rust_files(&root.join(dir), &mut files);
        }
    }
    let mut long = Vec::new();
    for file in files {
        let inner = file.strip_prefix(root).expect("a file of the repository").to_path_buf();
        if inner.components().any(|c| c.as_os_str() == "target" || c.as_os_str() == "node_modules") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source file");
        let lines = text.lines().count();
        if lines > MANY_LINES {
            println!("{lines} lines: {}", inner.display());
        }
        if lines > MOST_LINES {
            long.push(format!("{} has {lines} lines", inner.display()));
        }
        if !text.starts_with("//!") {
            long.push(format!("{} does not open with what it owns (//!)", inner.display()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}
