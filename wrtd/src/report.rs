//! How failures are told: to a person with what to do next, to a program as JSON, to a shell as
//! an exit code.

use crate::names::Names;
use crate::size::grouped;
use serde_json::{Map, Value as Json, json};
use wrt_core::{Error, Frame, NO_FUNC, Proposals, Reason, Status};

/// The module cannot be read, is refused, cannot be linked, or has no such function.
pub const EXIT_REFUSED: u8 = 1;
/// The command line is wrong.
pub const EXIT_USAGE: u8 = 2;
/// Out of fuel; what `timeout` ends with.
pub const EXIT_FUEL: u8 = 124;
/// A safety mechanism found a fault.
pub const EXIT_FAULT: u8 = 125;
/// Trap; what a shell reports for an aborted process.
pub const EXIT_TRAP: u8 = 134;

/// One line of a backtrace.
#[derive(Debug)]
pub struct Line {
    func: u32,
    name: Option<String>,
    func_offset: u32,
    module_offset: u64,
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
        Failure { kind, message, hint: None, code: EXIT_REFUSED, more: Box::default() }
    }
    /// A mistake on the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure::new("usage", message).code(EXIT_USAGE)
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
    pub fn backtrace(mut self, frames: &[Frame], total: usize, names: &Names) -> Self {
        self.more.omitted = total.saturating_sub(frames.len());
        self.more.backtrace = frames
            .iter()
            .map(|f| Line {
                func: f.func,
                name: names.get(f.func),
                func_offset: f.func_offset,
                module_offset: f.module_offset,
            })
            .collect();
        self
    }

    /// A failure that the engine reports.
    pub fn from_engine(error: &Error, names: &Names) -> Self {
        let status = error.status();
        let (kind, code) = match status {
            Status::Malformed => ("malformed", EXIT_REFUSED),
            Status::Invalid => ("invalid", EXIT_REFUSED),
            Status::Unsupported => ("unsupported", EXIT_REFUSED),
            Status::Budget => ("limit", EXIT_REFUSED),
            Status::Link => ("link", EXIT_REFUSED),
            Status::Arena => ("memory", EXIT_REFUSED),
            Status::NotFound => ("not-found", EXIT_REFUSED),
            Status::Trap => ("trap", EXIT_TRAP),
            // The guest's own exit code, of which a process can show the low eight bits.
            Status::Exit => ("exit", error.detail as u8),
            _ => ("error", EXIT_REFUSED),
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
        eprintln!("wrtd: {}: {}", self.kind, lines.next().unwrap_or_default());
        for line in lines {
            eprintln!("{line}");
        }
        for line in &self.more.backtrace {
            let name = line.name.as_deref().unwrap_or("(no name)");
            eprintln!(
                "    at {name} (function {}, +{:#x}), offset {:#x}",
                line.func, line.func_offset, line.module_offset
            );
        }
        if self.more.omitted > 0 {
            eprintln!("    … and {} more", grouped(self.more.omitted as u64));
        }
        if let Some(hint) = &self.hint {
            eprintln!("hint: {hint}");
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
            let line = |l: &Line| json!({ "function": l.func, "name": l.name, "function_offset": l.func_offset, "offset": l.module_offset });
            object.insert("backtrace".into(), self.more.backtrace.iter().map(line).collect());
            object.insert("frames_omitted".into(), json!(self.more.omitted));
        }
        Json::Object(object)
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
        Reason::ArenaTooSmall => "the system has no address space left: see `ulimit -v`, or lower --max-memory".into(),
        Reason::LimitMemoryBytes | Reason::LimitTableElements => {
            format!("the module asks for {} from the start; compile it with a smaller minimum", grouped(error.need))
        }
        Reason::Internal => "please report it, with the module".into(),
        _ => return None,
    })
}
