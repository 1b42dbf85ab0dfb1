//! The list of what is not covered: `tests/spec/not-covered.txt`.
//!
//! Owns its format and the rule that it can only shrink: each entry says how many directives it
//! excuses, and both more and fewer fail the run.

use std::collections::BTreeMap;

/// What an entry excuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excuse {
    /// So many directives that are refused with `ProposalUnknown`, or depend on a module that is;
    /// everything else in the script is judged.
    Unsupported(usize),
    /// So many directives that do not come out as the suite says, for whatever reason.
    Any(usize),
    /// The directive on one line.
    Line(usize),
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it excuses.
    pub excuse: Excuse,
    /// Why it is not covered.
    pub reason: String,
}

/// Entries by script.
pub type List = BTreeMap<String, Vec<Entry>>;

/// Reads the list: one entry a line, `script unsupported N reason`, `script any N reason` or
/// `script:line reason`; `#` starts a comment.
///
/// # Errors
/// The first line that is none of these.
pub fn parse(text: &str) -> Result<List, String> {
    let mut list = List::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (script, entry) = entry(line).ok_or_else(|| format!("not-covered.txt:{}: {line}", number + 1))?;
        list.entry(script).or_default().push(entry);
    }
    Ok(list)
}

fn entry(line: &str) -> Option<(String, Entry)> {
    let (script, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let (script, excuse, reason) = if let Some((script, number)) = script.rsplit_once(':') {
        (script, Excuse::Line(number.parse().ok()?), rest)
    } else {
        let (kind, rest) = rest.split_once(char::is_whitespace)?;
        let (count, reason) = rest.trim_start().split_once(char::is_whitespace)?;
        let count = count.parse().ok()?;
        let excuse = match kind {
            "unsupported" => Excuse::Unsupported(count),
            "any" => Excuse::Any(count),
            _ => return None,
        };
        (script, excuse, reason)
    };
    let reason = reason.trim().to_string();
    if reason.is_empty() || !script.ends_with(".wast") {
        return None;
    }
    Some((script.to_string(), Entry { excuse, reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_and_nonsense_is_refused() {
        let list = parse("# c\na/b.wast unsupported 3 why not\na/b.wast:12 because\nc/d.wast any 1 so\n").unwrap();
        assert_eq!(list["a/b.wast"][0], Entry { excuse: Excuse::Unsupported(3), reason: "why not".into() });
        assert_eq!(list["a/b.wast"][1], Entry { excuse: Excuse::Line(12), reason: "because".into() });
        assert_eq!(list["c/d.wast"][0].excuse, Excuse::Any(1));
        for bad in ["a/b.wast", "a/b.wast any 3", "a/b.wast some 3 why", "a/b any 3 why", "a/b.wast:x why"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
