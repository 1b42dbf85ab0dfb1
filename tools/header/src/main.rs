//! Writes `include/wrt.h` from the C ABI crate; with `--check`, says whether it is stale.
//!
//! Owns the shape of the header: its preamble, the constants that no Rust item stands for, and the
//! checks that nothing but plain C comments came through. The declarations and their comments are
//! the crate's own, printed by cbindgen.

#[path = "../../../wrt-capi/src/reasons.rs"]
mod reasons;

use core::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the header begins with.
const PREAMBLE: &str = include_str!("preamble.h");
/// What stands behind the constants and before the declarations.
const INITIALISERS: &str = "\
/* An error to begin with. */
#define WRT_ERROR_INIT { sizeof(wrt_error), 0, 0, 0, 0, 0, 0, \"\" }
";

/// Items of the crate that the header does not declare: one is spelled by the preamble, the others
/// are no part of the interface.
const NOT_DECLARED: [&str; 6] =
    ["WRT_ABI_VERSION", "wrt_a_panic_can_be_reached", "wrt_prove_alloc", "wrt_prove_panic", "malloc", "free"];

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = root.join("include/wrt.h");
    let header = match generate(&root) {
        Ok(text) => text,
        Err(message) => {
            eprintln!("header: {message}");
            return ExitCode::FAILURE;
        }
    };
    if std::env::args().any(|a| a == "--check") {
        return check(&target, &header);
    }
    match std::fs::write(&target, header) {
        Ok(()) => {
            println!("wrote include/wrt.h");
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("header: {}: {e}", target.display());
            ExitCode::FAILURE
        }
    }
}

fn check(target: &PathBuf, header: &str) -> ExitCode {
    let committed = std::fs::read_to_string(target).unwrap_or_default();
    if committed == header {
        println!("include/wrt.h is up to date");
        return ExitCode::SUCCESS;
    }
    let differs = committed.lines().zip(header.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| committed.lines().count().min(header.lines().count()));
    eprintln!("include/wrt.h is stale from line {} on:", line + 1);
    eprintln!("  committed: {}", committed.lines().nth(line).unwrap_or("(end)"));
    eprintln!("  generated: {}", header.lines().nth(line).unwrap_or("(end)"));
    eprintln!("run: cargo run -p wrt-header");
    ExitCode::FAILURE
}

/// The header's text.
fn generate(root: &Path) -> Result<String, String> {
    let mut config = cbindgen::Config {
        language: cbindgen::Language::C,
        cpp_compat: true,
        style: cbindgen::Style::Both,
        documentation: true,
        documentation_style: cbindgen::DocumentationStyle::C,
        documentation_length: cbindgen::DocumentationLength::Full,
        usize_is_size_t: true,
        no_includes: true,
        tab_width: 4,
        line_length: 110,
        ..Default::default()
    };
    config.export.exclude = NOT_DECLARED.map(String::from).to_vec();
    config.function.args = cbindgen::Layout::Auto;
    let mut raw = Vec::new();
    cbindgen::Builder::new()
        .with_config(config)
        .with_src(root.join("wrt-capi/src/lib.rs"))
        .generate()
        .map_err(|e| e.to_string())?
        .write(&mut raw);
    let body = String::from_utf8(raw).map_err(|e| e.to_string())?;
    let body = tidy(&body)?;
    if let Some(line) = body.lines().find(|l| l.starts_with("extern ") && !l.starts_with("extern \"C\"")) {
        return Err(format!("not ours to declare: {line}"));
    }
    let mut out = fill(PREAMBLE)?;
    out.push_str(&reason_constants());
    out.push('\n');
    out.push_str(body.trim());
    out.push_str("\n\n");
    out.push_str(INITIALISERS);
    out.push_str("\n#endif /* WRT_H */\n");
    Ok(out)
}

/// The preamble with the package's version.
fn fill(preamble: &str) -> Result<String, String> {
    let mut parts = env!("CARGO_PKG_VERSION").split('.');
    let mut out = preamble.to_owned();
    for name in ["@MAJOR@", "@MINOR@", "@PATCH@"] {
        out = out.replace(name, parts.next().ok_or("the package's version has fewer than three parts")?);
    }
    Ok(out)
}

/// `WRT_TRAP_*` and `WRT_REASON_*`, each with the engine's sentence.
fn reason_constants() -> String {
    let mut out = String::from("/* wrt_error.reason: traps below 100, then everything else */\n");
    for reason in wrt_core::Reason::ALL {
        let number = *reason as u16;
        let name = reasons::spelling(u32::from(number)).unwrap_or_default().to_string_lossy();
        // The engine's sentences name its own structs.
        let text = reason.message().to_string_lossy();
        let text = text.replace("LoadBudget::", "wrt_load_budget.").replace("Error::", "wrt_error.");
        let _ = writeln!(out, "#define {name:<44} {number:<4} /* {text} */");
    }
    out
}

/// Makes plain C of what cbindgen printed, and refuses what is none.
fn tidy(body: &str) -> Result<String, String> {
    let mut out = String::new();
    let plain: Vec<String> = body.lines().map(untagged).collect();
    let mut lines = plain.iter().map(String::as_str).peekable();
    while let Some(line) = lines.next() {
        if !matches!(line.trim(), "/*" | "/**") {
            put_line(&mut out, &parenthesised(line));
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let said: Vec<&str> = lines.by_ref().map(str::trim).take_while(|l| *l != "*/").collect();
        if let Some(markup) = said.iter().find(|l| l.contains('`') || l.starts_with('#')) {
            return Err(format!("Rust markup in a C comment: {markup}"));
        }
        let declared = lines.peek().copied().unwrap_or_default();
        match said.as_slice() {
            [one] if declared.starts_with("#define ") => {
                put_define(&mut out, &parenthesised(declared), one);
                lines.next();
                // Constants stand without blank lines between them.
                lines.next_if(|l| l.is_empty());
            }
            [one] if declared.starts_with("    ") && declared.ends_with(';') && declared.len() + one.len() < 100 => {
                let _ = writeln!(out, "{declared:<44} /* {one} */");
                lines.next();
            }
            [one] => put_line(&mut out, &format!("{indent}/* {one} */")),
            many => {
                for (i, text) in many.iter().enumerate() {
                    let begin = if i == 0 { "/*" } else { " *" };
                    let end = if i + 1 == many.len() { " */" } else { "" };
                    let _ = writeln!(out, "{indent}{begin} {text}{end}");
                }
            }
        }
    }
    Ok(out)
}

/// A line, but never two empty ones in a row.
fn put_line(out: &mut String, line: &str) {
    if line.is_empty() && out.ends_with("\n\n") {
        return;
    }
    if !line.starts_with("#define") && !line.is_empty() && last_line(out).starts_with("#define") {
        out.push('\n');
    }
    out.push_str(line);
    out.push('\n');
}

/// A constant with its comment behind it; constants with another prefix begin a paragraph.
fn put_define(out: &mut String, define: &str, said: &str) {
    let last = last_line(out);
    if last.starts_with("#define") && family(last) != family(define) {
        out.push('\n');
    }
    let (name, value) = define.trim_start_matches("#define ").split_once(' ').unwrap_or((define, ""));
    let _ = writeln!(out, "#define {name:<36} {value:<5} /* {said} */");
}

/// The second word of a constant's name; the statuses, which share none, are one family.
fn family(define: &str) -> &str {
    let word = define.split('_').nth(1).unwrap_or_default().split(' ').next().unwrap_or_default();
    if matches!(word, "OK" | "PENDING" | "FUEL" | "INTERRUPTED") { "E" } else { word }
}

/// Types by their typedef's name wherever they are used.
fn untagged(line: &str) -> String {
    let line = line.trim_end();
    if line.starts_with("typedef struct ") || line.starts_with("typedef union ") {
        return line.to_owned();
    }
    line.replace("struct wrt_", "wrt_").replace("union wrt_", "wrt_")
}

fn last_line(out: &str) -> &str {
    out.lines().next_back().unwrap_or_default()
}

/// A negative constant in parentheses, so that it stays one operand wherever it is used.
fn parenthesised(line: &str) -> String {
    match line.strip_prefix("#define ").and_then(|rest| rest.split_once(' ')) {
        Some((name, value)) if value.starts_with('-') => format!("#define {name} ({value})"),
        _ => line.to_owned(),
    }
}
