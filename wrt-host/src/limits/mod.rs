//! Where limits come from: the order of the sources, and who set what.
//!
//! Call before command line before environment before configuration file before what the platform offers
//! before preset. Owns the names of variables and keys, and how values are written. Knows nothing of how
//! limits are enforced.

mod config;
mod platform;
#[cfg(test)]
mod tests;

pub use platform::{Live, discover};

use crate::size;
use core::fmt;
use std::collections::BTreeMap;
use wrt_core::limits::{Asil, DebugLevel, Field, Inconsistent, Limits, Preset, Unit};
use wrt_platform::Offer;

/// Who set a value. The order is that of precedence, the strongest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The program, by a call.
    Call,
    /// The command line.
    CommandLine,
    /// An environment variable, by its name.
    Environment(String),
    /// A configuration file.
    File {
        /// Its path.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
    },
    /// The platform: the call or file that says so, and where it was.
    Platform(String),
    /// The preset, or its share of the total.
    Preset(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Call => write!(f, "call"),
            Source::CommandLine => write!(f, "command line"),
            Source::Environment(name) => write!(f, "environment, {name}"),
            Source::File { path, line, column } => write!(f, "{path}:{line}:{column}"),
            Source::Platform(what) => write!(f, "platform, {what}"),
            Source::Preset(what) => write!(f, "preset {what}"),
        }
    }
}

impl Source {
    /// One word for programs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Source::Call => "call",
            Source::CommandLine => "command-line",
            Source::Environment(_) => "environment",
            Source::File { .. } => "file",
            Source::Platform(_) => "platform",
            Source::Preset(_) => "preset",
        }
    }
}

/// Why limits cannot be made out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitsError {
    /// A value that is no value of its field, a name that is none, a file that cannot be read.
    Source {
        /// Who said it.
        source: Source,
        /// What is wrong, for a person.
        message: String,
    },
    /// The values do not hold together.
    Inconsistent {
        /// How.
        why: Inconsistent,
        /// Who set the values that have a part in it, in words.
        hint: String,
    },
}

impl fmt::Display for LimitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LimitsError::Source { source, message } => write!(f, "{source}: {message}"),
            LimitsError::Inconsistent { why, hint } => write!(f, "{}; {hint}", inconsistent(why)),
        }
    }
}

impl core::error::Error for LimitsError {}

/// In words, how limits do not hold together.
#[must_use]
pub fn inconsistent(why: &Inconsistent) -> String {
    match why {
        Inconsistent::Shares { need, total } => {
            format!("linear memory, overheads and reserve need {need} bytes, and the total is {total}")
        }
        Inconsistent::Stack { need, left } => {
            format!("a task's region of {need} bytes does not fit into the {left} that the other shares leave")
        }
        Inconsistent::Percent(percent) => format!("a reserve of {percent} % is more than the whole"),
        Inconsistent::BelowFloor { asked, floor } => {
            format!("level {} is below {}, the least that this build accepts", asked.name(), floor.name())
        }
        Inconsistent::DebugOverhead { need, most, level } => {
            format!(
                "{need} bytes for debugging are more than the {most} that level {} and the preset allow",
                level.name()
            )
        }
        Inconsistent::Debugging(Asil::D) => "level D allows no debugging".into(),
        Inconsistent::Debugging(level) => {
            format!("debugging at level {} needs {} = true", level.name(), Field::SafetyDebug.key())
        }
    }
}

/// The name of the environment variable that sets a field.
#[must_use]
pub fn variable(field: Field) -> String {
    format!("{PREFIX}{}", field.key().to_uppercase().replace('-', "_"))
}

/// How every variable's name begins.
const PREFIX: &str = "WRTD_";
/// Variables that set no field: the preset, a configuration file, the name of a variable of the downward API.
pub const PRESET_VARIABLE: &str = "WRTD_PRESET";
/// See [`PRESET_VARIABLE`].
pub const CONFIG_VARIABLE: &str = "WRTD_CONFIG";
/// See [`PRESET_VARIABLE`].
pub const MEMORY_VARIABLE: &str = "WRTD_MEMORY_VARIABLE";

/// A field's value as people write it.
///
/// # Errors
/// What was expected instead, for a person.
pub fn parse(field: Field, text: &str) -> Result<u64, String> {
    let number = match field.unit() {
        Unit::Bytes => size::bytes(text)?,
        Unit::Count => size::count(text)?,
        Unit::Percent => text.trim_end_matches('%').trim().parse().map_err(|_| "expected a percentage, such as 23")?,
        Unit::Asil => Asil::from_name(text).ok_or("expected QM, A, B, C or D")? as u64,
        Unit::DebugLevel => DebugLevel::from_name(text).ok_or("expected none, basic or full")? as u64,
        Unit::Switch => match text {
            "true" | "yes" | "on" | "1" => 1,
            "false" | "no" | "off" | "0" => 0,
            _ => return Err("expected true or false".into()),
        },
    };
    fits(field, number)
}

/// The number, if the field can have it.
fn fits(field: Field, number: u64) -> Result<u64, String> {
    let mut probe = Preset::LinuxContainer.limits(0, Asil::FLOOR);
    if field.set(&mut probe, number) { Ok(number) } else { Err(format!("{number} is too large")) }
}

/// A field's value as it is shown, with its unit.
#[must_use]
pub fn show(field: Field, number: u64) -> String {
    match field.unit() {
        Unit::Bytes => format!("{number} bytes"),
        Unit::Count => number.to_string(),
        Unit::Percent => format!("{number} %"),
        Unit::Asil => Asil::ALL.iter().find(|level| **level as u64 == number).map_or("?", |l| l.name()).into(),
        Unit::DebugLevel => {
            DebugLevel::ALL.iter().find(|level| **level as u64 == number).map_or("?", |l| l.name()).into()
        }
        Unit::Switch => if number == 0 { "false" } else { "true" }.into(),
    }
}

/// Collects what the sources say.
#[derive(Clone, Debug, Default)]
pub struct Resolver {
    values: BTreeMap<Field, (Source, u64)>,
    preset: Option<(Source, Preset)>,
    memory_variable: Option<(Source, String)>,
    offer: Offer,
}

/// Limits, and who set each of them.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The limits. They hold together.
    pub limits: Limits,
    /// The preset that fills what nobody set.
    pub preset: Preset,
    /// What the platform offers.
    pub offer: Offer,
    /// Who set each field, in the order of [`Field::ALL`].
    pub sources: Vec<(Field, Source)>,
    /// What a person should know, though it is no error.
    pub warnings: Vec<String>,
}

impl Resolver {
    /// Nobody has said anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a value; one from a stronger source stays.
    fn enter(&mut self, field: Field, number: u64, source: Source) {
        match self.values.get(&field) {
            Some((known, _)) if *known < source => {}
            _ => {
                self.values.insert(field, (source, number));
            }
        }
    }
    fn enter_preset(&mut self, preset: Preset, source: Source) {
        match &self.preset {
            Some((known, _)) if *known < source => {}
            _ => self.preset = Some((source, preset)),
        }
    }
    fn enter_text(&mut self, field: Field, text: &str, source: Source) -> Result<(), LimitsError> {
        match parse(field, text) {
            Ok(number) => {
                self.enter(field, number, source);
                Ok(())
            }
            Err(why) => Err(LimitsError::Source { source, message: format!("{} = {text}: {why}", field.key()) }),
        }
    }

    /// Sets a field by a call; a value that the field cannot have is refused.
    ///
    /// # Errors
    /// [`LimitsError::Source`].
    pub fn call(&mut self, field: Field, number: u64) -> Result<(), LimitsError> {
        let source = Source::Call;
        match fits(field, number) {
            Ok(number) => {
                self.enter(field, number, source);
                Ok(())
            }
            Err(why) => Err(LimitsError::Source { source, message: format!("{}: {why}", field.key()) }),
        }
    }
    /// Chooses the preset by a call.
    pub fn call_preset(&mut self, preset: Preset) {
        self.enter_preset(preset, Source::Call);
    }
    /// Sets what the command line says: `KEY=VALUE`, or `preset=NAME`.
    ///
    /// # Errors
    /// [`LimitsError::Source`].
    pub fn command_line(&mut self, setting: &str) -> Result<(), LimitsError> {
        let source = Source::CommandLine;
        match setting.split_once('=') {
            Some(("preset", name)) => self.preset_named(name.trim(), source),
            Some((key, value)) => match Field::from_key(key.trim()) {
                Some(field) => self.enter_text(field, value.trim(), source),
                None => Err(LimitsError::Source { source, message: unknown(key.trim()) }),
            },
            None => Err(LimitsError::Source { source, message: format!("{setting}: expected KEY=VALUE") }),
        }
    }
    /// Names the variable of the downward API on the command line.
    pub fn command_line_memory_variable(&mut self, name: &str) {
        self.memory_variable = Some((Source::CommandLine, name.into()));
    }
    /// Reads the variables that begin with `WRTD_`.
    ///
    /// # Errors
    /// [`LimitsError::Source`]: a value that is none, or a variable of that kind that sets nothing, because
    /// a misspelt limit is no limit.
    pub fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) -> Result<(), LimitsError> {
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let source = Source::Environment(name.clone());
            let key = rest.to_lowercase().replace('_', "-");
            match (name.as_str(), Field::from_key(&key)) {
                (CONFIG_VARIABLE, _) => {}
                (PRESET_VARIABLE, _) => self.preset_named(&value, source)?,
                (MEMORY_VARIABLE, _) => {
                    if self.memory_variable.is_none() {
                        self.memory_variable = Some((source, value));
                    }
                }
                (_, Some(field)) => self.enter_text(field, &value, source)?,
                (_, None) => return Err(LimitsError::Source { source, message: unknown(&key) }),
            }
        }
        Ok(())
    }
    /// Reads a configuration file's text; `path` is for messages.
    ///
    /// # Errors
    /// [`LimitsError::Source`] with the line and column.
    pub fn file(&mut self, path: &str, text: &str) -> Result<(), LimitsError> {
        config::read(self, path, text, &[])
    }
    /// The same of a file that a program reads other tables from, which are passed over.
    ///
    /// # Errors
    /// [`LimitsError::Source`] with the line and column.
    pub fn file_among(&mut self, path: &str, text: &str, others: &[&str]) -> Result<(), LimitsError> {
        config::read(self, path, text, others)
    }
    /// Takes note of what the platform offers.
    pub fn platform(&mut self, offer: Offer) {
        self.offer = offer;
    }
    /// Enters the memory that a variable of the downward API names, if one was named; `get` reads a variable.
    /// To be called after [`Resolver::platform`].
    ///
    /// # Errors
    /// [`LimitsError::Source`] where the variable is not set or is no number of bytes.
    pub fn downward_api(&mut self, get: impl Fn(&str) -> Option<String>) -> Result<(), LimitsError> {
        let Some((source, name)) = self.memory_variable.clone() else { return Ok(()) };
        let wrong = |message: String| LimitsError::Source { source: source.clone(), message };
        let value = get(&name).ok_or_else(|| wrong(format!("the variable {name} is not set")))?;
        let bytes = wrt_platform::linux::downward_api(value.as_bytes())
            .ok_or_else(|| wrong(format!("{name} = {value}: expected bytes as a decimal number (divisor 1)")))?;
        self.offer.memory(wrt_platform::Found {
            bytes,
            from: "downward API",
            at: wrt_platform::Text::new(name.as_bytes()),
        });
        Ok(())
    }

    fn preset_named(&mut self, name: &str, source: Source) -> Result<(), LimitsError> {
        match Preset::from_name(name) {
            Some(preset) => {
                self.enter_preset(preset, source);
                Ok(())
            }
            None => {
                let names: Vec<&str> = Preset::ALL.iter().map(|preset| preset.name()).collect();
                Err(LimitsError::Source {
                    source,
                    message: format!("{name} is no preset; expected one of {}", names.join(", ")),
                })
            }
        }
    }

    /// Whether nobody has set anything: no value, no preset, no variable of the downward API.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.preset.is_none() && self.memory_variable.is_none()
    }

    /// The value that one of the sources above the platform has set.
    #[must_use]
    pub fn set(&self, field: Field) -> Option<u64> {
        self.values.get(&field).map(|(_, number)| *number)
    }

    /// Makes limits of it all.
    ///
    /// # Errors
    /// [`LimitsError::Inconsistent`].
    pub fn resolve(&self) -> Result<Resolved, LimitsError> {
        let preset = self.preset.as_ref().map_or(Preset::LinuxContainer, |(_, preset)| *preset);
        let name = preset.name();
        let asil = self.set(Field::Asil).and_then(|n| Asil::ALL.into_iter().find(|level| *level as u64 == n));
        let asil = asil.unwrap_or(Asil::FLOOR);
        let mut warnings = Vec::new();
        if self.offer.failed > 0 {
            warnings.push(format!("{} of the platform's answers could not be understood", self.offer.failed));
        }
        // What somebody asks for is planned with whole; what is offered, with the safety factor.
        let factor = preset.safety_factor(asil);
        let factored =
            if factor == 10 { String::new() } else { format!(", times 0.{factor} at level {}", asil.name()) };
        let (mut limits, total) = match (self.set(Field::Total), &self.offer.memory) {
            (Some(total), offered) => {
                if let Some(offered) = offered.filter(|offered| offered.bytes < total) {
                    warnings.push(format!(
                        "{} is {total} bytes, and the platform offers {} ({})",
                        Field::Total.key(),
                        offered.bytes,
                        offered.from
                    ));
                }
                (preset.limits_of(total, asil), None)
            }
            (None, Some(found)) => {
                let at = if found.at.is_empty() { String::new() } else { format!(" at {}", found.at) };
                let said = format!("{}{at}: {} bytes{factored}", found.from, found.bytes);
                (preset.limits(found.bytes, asil), Some(Source::Platform(said)))
            }
            (None, None) => {
                let said = format!("{name}{factored}");
                (preset.limits(preset.typical_bytes(), asil), Some(Source::Preset(said)))
            }
        };
        let mut sources = Vec::new();
        for field in Field::ALL {
            let source = match self.values.get(field) {
                Some((source, number)) => {
                    // Was checked when it was entered.
                    let _ = field.set(&mut limits, *number);
                    source.clone()
                }
                None if *field == Field::Total => total.clone().unwrap_or(Source::Preset(name.into())),
                None => Source::Preset(share(preset, *field)),
            };
            sources.push((*field, source));
        }
        if let Err(why) = preset.check(&limits) {
            let said: Vec<String> = sources
                .iter()
                .filter(|(field, source)| *field == Field::Total || !matches!(source, Source::Preset(_)))
                .map(|(field, source)| format!("{} by {source}", field.key()))
                .collect();
            return Err(LimitsError::Inconsistent { why, hint: format!("set: {}", said.join(", ")) });
        }
        Ok(Resolved { limits, preset, offer: self.offer, sources, warnings })
    }
}

/// The preset's name, with its share where the field is one.
fn share(preset: Preset, field: Field) -> String {
    let part = preset.proportions();
    let percent = match field {
        Field::Linear => part.linear,
        Field::ComponentOverhead => part.components,
        Field::DebugOverhead => part.debug,
        Field::Stack => return format!("{}, a quarter of the runtime's share", preset.name()),
        _ => return preset.name().into(),
    };
    format!("{}, {percent} % of {}", preset.name(), Field::Total.key())
}

/// That a key is unknown, and which one is meant, where one is near.
fn unknown(key: &str) -> String {
    let near = Field::ALL.iter().map(|field| field.key()).filter(|known| {
        let same = known.bytes().zip(key.bytes()).take_while(|(a, b)| a == b).count();
        same >= 5 && known.len().abs_diff(key.len()) <= 3
    });
    let mut near: Vec<&str> = near.collect();
    if near.is_empty() {
        near.extend(nearest(key, Field::ALL.iter().map(|field| field.key())));
    }
    match near.as_slice() {
        [] => format!("{key} is no limit"),
        near => format!("{key} is no limit; is {} meant?", near.join(" or ")),
    }
}

/// The word that somebody may have meant: the one that the fewest letters tell apart, three at most and less than half.
#[must_use]
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let far = |known: &str| strsim::damerau_levenshtein(word, known);
    let most = 3.min(word.chars().count() / 2);
    known.map(|known| (far(known), known)).filter(|(far, _)| *far <= most).min().map(|(_, known)| known)
}

/// Line and column of a byte of a text, both from 1; a column is a character.
#[must_use]
pub fn place(text: &str, at: usize) -> (usize, usize) {
    config::place(text, at)
}
