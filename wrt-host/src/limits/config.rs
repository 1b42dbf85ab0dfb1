//! The configuration file: TOML, one table `limits` with a key for each field and `preset`.

use super::{LimitsError, Resolver, Source, fits, unknown};
use core::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wrt_core::limits::{Field, Unit};

/// Enters what the text of a file says.
pub(super) fn read(into: &mut Resolver, path: &str, text: &str) -> Result<(), LimitsError> {
    let at = |span: &Range<usize>| {
        let before = text.get(..span.start.min(text.len())).unwrap_or(text);
        Source::File { path: path.into(), line: 1 + before.bytes().filter(|byte| *byte == b'\n').count() }
    };
    let wrong = |span: &Range<usize>, message: String| LimitsError::Source { source: at(span), message };
    let whole = DeTable::parse(text).map_err(|e| wrong(&e.span().unwrap_or(0..0), e.message().to_owned()))?;
    for (key, value) in whole.get_ref() {
        let (DeValue::Table(limits), "limits") = (value.get_ref(), key.get_ref().as_ref()) else {
            return Err(wrong(&key.span(), format!("expected the table [limits], not {}", key.get_ref())));
        };
        for (key, value) in limits {
            enter(into, key.get_ref(), value, at(&value.span())).map_err(|message| wrong(&key.span(), message))?;
        }
    }
    Ok(())
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
