//! How failures are told: to a person with what to do next, to a program as JSON, to a shell as
//! an exit code.

use crate::exit;
use crate::names::{Names, shown};
use crate::print::tell;
use crate::size::grouped;
use serde_json::{Map, Value as Json, json};
use wrt_core::{Error, Frame, NO_FUNC, Proposals, Reason, Status};
use wrt_host::source::{SourceLine, Sources};

/// One line of a backtrace.
#[derive(Debug)]
pub struct Line {
    func: u32,
    name: Option<String>,
    func_offset: u32,
    module_offset: u64,
    /// Where it comes from, of functions that were inlined the innermost first.
    source: Vec<SourceLine>,
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    /// One word for programs.
    kind: &'static str,
    message: String,
    hint: Option<String>,
    code: u8,
    more: Box<More>,
}

/// What goes beyond a message; apart, so that a failure is cheap to pass on.
#[derive(Debug, Default)]
struct More {
    facts: Map<String, Json>,
    backtrace: Vec<Line>,
    omitted: usize,
}

impl Failure {
    /// A failure with exit code 1.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Failure { kind, message, hint: None, code: exit::REFUSED, more: Box::default() }
    }
    /// A mistake on the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure::new("usage", message).code(exit::USAGE)
    }
    /// Whether the guest ended itself, so that there is nothing to say but its exit code.
    pub fn is_exit(&self) -> bool {
        self.kind == "exit"
    }
    /// The same with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    /// The same with the flag that it comes from.
    pub fn of(mut self, flag: &str) -> Self {
        self.message = format!("{flag}: {}", self.message);
        self
    }
    /// The same with another exit code.
    pub fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }
    /// The same with a fact for programs.
    pub fn fact(mut self, key: &str, value: Json) -> Self {
        self.more.facts.insert(key.into(), value);
        self
    }
    /// The same with the frames that were active, innermost first; `total` counts those left out too.
    pub fn backtrace(mut self, frames: &[Frame], total: usize, names: &Names, sources: Option<&Sources<'_>>) -> Self {
        self.more.omitted = total.saturating_sub(frames.len());
        self.more.backtrace = frames
            .iter()
            .map(|f| Line {
                func: f.func,
                name: names.get(f.func),
                func_offset: f.func_offset,
                module_offset: f.module_offset,
                source: sources.map_or_else(Vec::new, |sources| sources.at(f.module_offset)),
            })
            .collect();
        self
    }

    /// A failure that the engine reports.
    pub fn from_engine(error: &Error, names: &Names) -> Self {
        let status = error.status();
        let (kind, code) = match status {
            Status::Malformed => ("malformed", exit::REFUSED),
            Status::Invalid => ("invalid", exit::REFUSED),
            Status::Unsupported => ("unsupported", exit::REFUSED),
            Status::Budget => ("limit", exit::REFUSED),
            Status::Link => ("link", exit::REFUSED),
            Status::Arena => ("memory", exit::REFUSED),
            Status::NotFound => ("not-found", exit::REFUSED),
            Status::Trap => ("trap", exit::TRAP),
            // The guest's own exit code. A process can show eight bits: one that has more is shown as the greatest, so
            // that none looks like success that is not.
            Status::Exit => ("exit", u8::try_from(error.detail).unwrap_or(u8::MAX)),
            _ => ("error", exit::REFUSED),
        };
        let mut message = error.message.to_string_lossy().into_owned();
        if error.reason == Reason::ProposalOff {
            message = format!("the module uses the proposal {}, which is off", Proposals(error.detail as u32).name());
        }
        if error.func != NO_FUNC {
            message += &format!(", in {}", names.describe(error.func));
        }
        if error.offset != 0 {
            message += &format!(", at offset {:#x}", error.offset);
        }
        let mut failure = Failure::new(kind, message).code(code);
        failure.hint = advice(error);
        let mut facts = Map::new();
        facts.insert("status".into(), json!(status.name().to_string_lossy()));
        facts.insert("reason".into(), json!(error.reason.name()));
        facts.insert("offset".into(), json!(error.offset));
        if error.func != NO_FUNC {
            facts.insert("function".into(), json!(error.func));
            facts.insert("name".into(), json!(names.get(error.func)));
        }
        facts.insert("need".into(), json!(error.need));
        facts.insert("detail".into(), json!(error.detail));
        failure.more.facts = facts;
        failure
    }

    /// Whether a module was refused for a proposal that is off.
    pub fn is_of_proposal(&self) -> bool {
        self.more.facts.get("reason").is_some_and(|reason| reason == Reason::ProposalOff.name())
    }
    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        self.code
    }

    /// Says it to a person, on standard error.
    pub fn print(&self) {
        let mut lines = self.message.lines();
        tell!("wrtd: {}: {}", self.kind, lines.next().unwrap_or_default());
        for line in lines {
            tell!("{line}");
        }
        for line in &self.more.backtrace {
            let name = line.name.as_deref().unwrap_or("(no name)");
            tell!("    at {name} (function {}, +{:#x}), offset {:#x}", line.func, line.func_offset, line.module_offset);
            for (place, inlined) in line.source.iter().zip((0..line.source.len()).rev()) {
                tell!("        {}{}", place_of(place), if inlined > 0 { ", inlined" } else { "" });
            }
        }
        if self.more.omitted > 0 {
            tell!("    … and {} more", grouped(self.more.omitted as u64));
        }
        if let Some(hint) = &self.hint {
            tell!("hint: {hint}");
        }
    }

    /// Says it to a program.
    pub fn to_json(&self) -> Json {
        let mut object = self.more.facts.clone();
        object.insert("kind".into(), json!(self.kind));
        object.insert("message".into(), json!(self.message));
        object.insert("exit_code".into(), json!(self.code));
        if let Some(hint) = &self.hint {
            object.insert("hint".into(), json!(hint));
        }
        if !self.more.backtrace.is_empty() {
            let source =
                |s: &SourceLine| json!({ "function": s.function, "file": s.file, "line": s.line, "column": s.column });
            let line = |l: &Line| {
                let source = l.source.iter().map(source).collect::<Vec<_>>();
                json!({
                    "function": l.func,
                    "name": l.name,
                    "function_offset": l.func_offset,
                    "offset": l.module_offset,
                    "source": source,
                })
            };
            object.insert("backtrace".into(), self.more.backtrace.iter().map(line).collect());
            object.insert("frames_omitted".into(), json!(self.more.omitted));
        }
        Json::Object(object)
    }
}

/// A place in a source, as editors take it: `FILE:LINE:COLUMN`, with the function.
fn place_of(place: &SourceLine) -> String {
    let function = place.function.as_deref().map_or_else(|| "?".into(), shown);
    let Some(file) = place.file.as_deref().map(shown) else { return format!("in {function}") };
    match (place.line, place.column) {
        (0, _) => format!("in {function} at {file}"),
        (line, 0) => format!("in {function} at {file}:{line}"),
        (line, column) => format!("in {function} at {file}:{line}:{column}"),
    }
}

/// What to do about it, where something can be done.
fn advice(error: &Error) -> Option<String> {
    Some(match error.reason {
        Reason::BadMagic => "expected a binary module (.wasm) or text that starts with `(module` (.wat)".into(),
        Reason::ComponentNotModule => {
            "extract the core module from the component, or build without componentizing".into()
        }
        Reason::UnexpectedEnd => "the file may be cut short; compare its size with the original".into(),
        Reason::ProposalUnknown => "compile for WebAssembly 2.0".into(),
        Reason::ProposalOff => format!("give --enable {} to let it", Proposals(error.detail as u32).name()),
        Reason::StackExhausted => "raise --stack or --max-depth if the recursion is meant to be that deep".into(),
        Reason::MemoryRegion => format!("give --max-memory {} or more", error.need),
        Reason::ArenaTooSmall => {
            "the system has no address space left: see `ulimit -v`, or lower --stack or --max-memory".into()
        }
        Reason::LimitMemoryBytes | Reason::LimitTableElements => {
            format!("the module asks for {} from the start; compile it with a smaller minimum", grouped(error.need))
        }
        Reason::Internal => "please report it, with the module".into(),
        _ => return None,
    })
}
