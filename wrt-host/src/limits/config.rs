//! The configuration file: TOML, one table `limits` with a key for each field and `preset`. Other tables that a program
//! reads are passed over.

use super::{LimitsError, Resolver, Source, fits, nearest, unknown};
use core::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wrt_core::limits::{Field, Unit};

/// Enters what the text of a file says. `others` are tables that are somebody else's.
pub(super) fn read(into: &mut Resolver, path: &str, text: &str, others: &[&str]) -> Result<(), LimitsError> {
    let at = |span: &Range<usize>| {
        let (line, column) = place(text, span.start);
        Source::File { path: path.into(), line, column }
    };
    let wrong = |span: &Range<usize>, message: String| LimitsError::Source { source: at(span), message };
    let whole = DeTable::parse(text).map_err(|e| wrong(&e.span().unwrap_or(0..0), e.message().to_owned()))?;
    for (key, value) in whole.get_ref() {
        let limits = match (key.get_ref().as_ref(), value.get_ref()) {
            ("limits", DeValue::Table(limits)) => limits,
            (name, DeValue::Table(_)) if others.contains(&name) => continue,
            (name, _) => {
                let tables = others.iter().copied().chain(["limits"]);
                let what = match value.get_ref() {
                    DeValue::Table(_) => format!("the table [{name}]"),
                    other => format!("{name}, which is of type {}", other.type_str()),
                };
                let near =
                    nearest(name, tables.clone()).map(|near| format!("; is [{near}] meant?")).unwrap_or_default();
                let tables: Vec<String> = tables.map(|table| format!("[{table}]")).collect();
                return Err(wrong(
                    &key.span(),
                    format!("expected the table {}, not {what}{near}", tables.join(" or ")),
                ));
            }
        };
        for (key, value) in limits {
            enter(into, key.get_ref(), value, at(&value.span())).map_err(|message| wrong(&key.span(), message))?;
        }
    }
    Ok(())
}

/// Line and column of a byte, both from 1; a column is a character.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or(before);
    (1 + before.bytes().filter(|byte| *byte == b'\n').count(), 1 + line.chars().count())
}

/// Enters one key; an error is in words.
fn enter(into: &mut Resolver, key: &str, value: &Spanned<DeValue<'_>>, source: Source) -> Result<(), String> {
    if key == "preset" {
        let name = value.get_ref().as_str().ok_or("preset: expected a name")?;
        return into.preset_named(name, source).map_err(bare);
    }
    let field = Field::from_key(key).ok_or_else(|| unknown(key))?;
    match value.get_ref() {
        DeValue::String(text) => into.enter_text(field, text, source).map_err(bare),
        DeValue::Boolean(on) if field.unit() == Unit::Switch => {
            into.enter(field, u64::from(*on), source);
            Ok(())
        }
        DeValue::Integer(number) if matches!(field.unit(), Unit::Bytes | Unit::Count | Unit::Percent) => {
            let parsed = u64::from_str_radix(number.as_str(), number.radix());
            let parsed = parsed.map_err(|_| format!("{key}: {} is no number of that kind", number.as_str()))?;
            into.enter(field, fits(field, parsed).map_err(|why| format!("{key}: {why}"))?, source);
            Ok(())
        }
        other => Err(format!("{key}: a value of type {} does not fit", other.type_str())),
    }
}

/// The message alone: the place is said once.
fn bare(error: LimitsError) -> String {
    match error {
        LimitsError::Source { message, .. } => message,
        inconsistent => inconsistent.to_string(),
    }
}
