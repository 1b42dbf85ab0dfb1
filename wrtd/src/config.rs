//! The configuration file's table `[run]`, and `wrtd config`, which says what may stand in the file.
//!
//! Owns how a value of TOML becomes what would stand on the command line. Keys are the long names of `wrtd run`'s
//! options, and each value is read by the parser of its option, so that the file cannot mean anything else than the
//! command line. The table `[limits]` is `wrt-host`'s.

use crate::cli::{self, ConfigArgs};
use crate::exit;
use crate::print::say;
use crate::report::Failure;
use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value as Json, json};
use toml::de::{DeTable, DeValue};
use wrt_core::limits::{Field, Preset, Unit};
use wrt_host::limits::{nearest, place};

/// The table that is read here; `[limits]` is the other one.
pub const TABLE: &str = "run";

/// What a file sets an option to.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The option's id.
    pub id: String,
    /// One value, or those of an option that may be given more than once.
    pub values: Vec<String>,
}

/// What kind of value an option takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Switch,
    /// A number, or one with a suffix as text.
    Number,
    Text,
}

fn kind(arg: &Arg) -> Kind {
    if !arg.get_action().takes_values() {
        return Kind::Switch;
    }
    let named = |name: &str| arg.get_value_names().is_some_and(|names| names.iter().any(|n| n.as_str() == name));
    if named("N") || named("BYTES") { Kind::Number } else { Kind::Text }
}

/// Whether an option may be given more than once.
fn is_list(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// Reads the table `[run]` of a file.
///
/// # Errors
/// With file, line and column: what is no TOML, a key that is no option and the one that is nearest, a value of another
/// type, or one that the option does not take.
pub fn read(path: &str) -> Result<Vec<Setting>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::new("config", format!("cannot read {path}: {e}")))?;
    settings(path, &text)
}

fn settings(path: &str, text: &str) -> Result<Vec<Setting>, Failure> {
    let wrong = |at: usize, message: String| {
        let (line, column) = place(text, at);
        Failure::new("config", format!("{path}:{line}:{column}: {message}"))
            .hint("wrtd config --schema says what may stand in the file")
    };
    let whole =
        DeTable::parse(text).map_err(|e| wrong(e.span().map_or(0, |span| span.start), e.message().to_owned()))?;
    // Whoever reads the limits speaks about other tables.
    let Some(run) = whole.get_ref().get(TABLE) else { return Ok(Vec::new()) };
    let Some(table) = run.get_ref().as_table() else { return Ok(Vec::new()) };
    let options = cli::run_options();
    let long = |arg: &Arg| arg.get_long().unwrap_or_default().to_owned();
    let mut out = Vec::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let found =
            options.iter().find(|arg| long(arg) == name || arg.get_all_aliases().is_some_and(|a| a.contains(&name)));
        let Some(arg) = found else {
            let names: Vec<String> = options.iter().map(long).collect();
            let near = nearest(name, names.iter().map(String::as_str));
            let near = near.map(|near| format!("; is {near} meant?")).unwrap_or_default();
            return Err(wrong(key.span().start, format!("{name} is no option of wrtd run{near}")));
        };
        let values = match value.get_ref() {
            DeValue::Array(list) if is_list(arg) => list.iter().map(|one| (one.span().start, one.get_ref())).collect(),
            one => vec![(value.span().start, one)],
        };
        let mut texts = Vec::new();
        for (at, value) in values {
            let text = as_text(arg, value).map_err(|expected| {
                wrong(at, format!("{name}: expected {expected}, not a value of type {}", value.type_str()))
            })?;
            check(arg, &text).map_err(|why| wrong(at, format!("{name}: {why}")))?;
            texts.push(text);
        }
        out.push(Setting { id: arg.get_id().to_string(), values: texts });
    }
    Ok(out)
}

/// A value as it would stand on the command line, or what was expected.
fn as_text(arg: &Arg, value: &DeValue<'_>) -> Result<String, &'static str> {
    match (kind(arg), value) {
        (Kind::Switch, DeValue::Boolean(on)) => Ok(on.to_string()),
        (Kind::Switch, _) => Err("true or false"),
        (Kind::Number, DeValue::Integer(number)) => u64::from_str_radix(number.as_str(), number.radix())
            .map(|n| n.to_string())
            .map_err(|_| "a number from 0 on"),
        (Kind::Number | Kind::Text, DeValue::String(text)) => Ok(text.to_string()),
        (Kind::Number, _) => Err("a number, or text such as \"64K\""),
        (Kind::Text, _) => Err("text in quotes"),
    }
}

/// Whether the option takes the value, by its own parser.
fn check(arg: &Arg, text: &str) -> Result<(), String> {
    if kind(arg) == Kind::Switch {
        return Ok(());
    }
    // The parser alone: what the option goes together with is asked on the command line.
    let parser: ValueParser = arg.get_value_parser().clone();
    let alone = Arg::new("value").long("value").action(ArgAction::Set).value_parser(parser);
    let parsed = Command::new("wrtd").no_binary_name(true).arg(alone).try_get_matches_from([format!("--value={text}")]);
    parsed.map(|_| ()).map_err(|error| {
        let reason = core::error::Error::source(&error).map(ToString::to_string);
        let possible = match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(all)) => Some(format!("expected one of {}", all.join(", "))),
            _ => None,
        };
        let why = reason.or(possible).unwrap_or_else(|| error.kind().to_string());
        debug_assert!(matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue), "{error}");
        format!("{text}: {why}")
    })
}

/// Runs the command; the result is the exit code.
pub fn run(args: &ConfigArgs) -> u8 {
    if args.schema {
        say!("{:#}", schema());
        return exit::DONE;
    }
    match check_file(&args.file) {
        Ok(said) => say!("{said}"),
        Err(failure) => {
            failure.print();
            return failure.exit_code();
        }
    }
    exit::DONE
}

/// Reads a file as `wrtd run` would, and says what it sets.
fn check_file(path: &Option<String>) -> Result<String, Failure> {
    let Some(path) = path else {
        return Err(Failure::usage("name a file to check, or give --schema"));
    };
    let settings = read(path)?;
    crate::limits::check_file(path)?;
    let line = |setting: &Setting| format!("{} = {}", setting.id.replace('_', "-"), setting.values.join(", "));
    let lines: Vec<String> = settings.iter().map(line).collect();
    Ok(format!("{path}: {} options of wrtd run\n{}", lines.len(), lines.join("\n")).trim_end().to_owned())
}

/// The file's form, as JSON Schema (2020-12).
fn schema() -> Json {
    let run: Map<String, Json> = cli::run_options()
        .iter()
        .filter_map(|arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let one = match kind(arg) {
                Kind::Switch => json!({ "type": "boolean" }),
                Kind::Number => json!({ "type": ["integer", "string"], "minimum": 0 }),
                Kind::Text => json!({ "type": "string" }),
            };
            let mut form = if is_list(arg) { json!({ "type": ["array", "string"], "items": one }) } else { one };
            form.as_object_mut()?.insert("description".into(), json!(help));
            Some((arg.get_long()?.to_owned(), form))
        })
        .collect();
    let mut limits: Map<String, Json> = Field::ALL
        .iter()
        .map(|field| {
            let form = match field.unit() {
                Unit::Switch => json!({ "type": ["boolean", "string"] }),
                Unit::Bytes | Unit::Count | Unit::Percent => json!({ "type": ["integer", "string"], "minimum": 0 }),
                Unit::Asil | Unit::DebugLevel => json!({ "type": "string" }),
            };
            (field.key().to_owned(), form)
        })
        .collect();
    let presets: Vec<&str> = Preset::ALL.iter().map(|preset| preset.name()).collect();
    limits.insert("preset".into(), json!({ "type": "string", "enum": presets }));
    let table =
        |properties| json!({ "type": "object", "additionalProperties": false, "properties": Json::Object(properties) });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of wrtd (--config FILE, WRTD_CONFIG), in TOML",
        "type": "object",
        "additionalProperties": false,
        "properties": { TABLE: table(run), "limits": table(limits) },
    })
}
