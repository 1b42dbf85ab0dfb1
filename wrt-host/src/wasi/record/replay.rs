//! Follows a recording: which line is next, whether the guest asks what it asked then, and where it first did not.

use super::ask::{self, Question};
use super::lines::{Damage, Head, Line, Lines, Said};
use super::recording::{Written, object};
use super::wire::Answer;
use core::cell::RefCell;
use core::fmt;
use serde_json::{Map, Value as Json};
use std::fs::File;
use std::io;
use std::path::Path;
use std::rc::Rc;
use wrt_wasi::{Errno, Stream};

/// Characters of a recorded text that are shown before and behind the place where it differs.
const SHOWN_BEFORE: usize = 40;
const SHOWN: usize = 200;

/// A recording that a run is compared with; see [`super::super::Wasi::replay`]. A clone is the same replay, which can be
/// run once.
#[derive(Clone)]
pub struct Replay(Rc<RefCell<Player>>);

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").finish_non_exhaustive()
    }
}

struct Player {
    lines: Lines,
    head: Head,
    end: Option<Map<String, Json>>,
    /// The line that is to be answered next; `None` where the recording ends.
    next: Result<Option<Line>, Damage>,
    within: &'static str,
    calls: u64,
    written: Written,
    departure: Option<Departure>,
}

/// What is not the same for a recording and the run that is to be compared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is, such as `module`.
    pub name: String,
    /// What the recording says of it.
    pub recorded: Option<String>,
    /// What it is now.
    pub now: Option<String>,
}

/// Where a replay first left its recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The guest asked for something else.
    Asked {
        /// Number of the guest's call of WASI, from 1.
        call: u64,
        /// Line of the recording.
        line: u64,
        /// The question there, or that the run had ended.
        recorded: String,
        /// The guest's question.
        asked: String,
    },
    /// The recording was cut off, and the guest goes on.
    Cut {
        /// Number of the guest's call of WASI, from 1.
        call: u64,
        /// Line that is missing.
        line: u64,
        /// The guest's question.
        asked: String,
    },
    /// The line is not what is written there.
    Damaged {
        /// Line of the recording.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The guest ended, and had asked more then.
    Ended {
        /// Line of the recording.
        line: u64,
        /// The question there.
        recorded: String,
    },
    /// The run ended in another way.
    End {
        /// Line of the recording.
        line: u64,
        /// What differs.
        what: Difference,
    },
}

impl Departure {
    /// Line of the recording, the first being 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        match self {
            Departure::Asked { line, .. }
            | Departure::Cut { line, .. }
            | Departure::Damaged { line, .. }
            | Departure::Ended { line, .. }
            | Departure::End { line, .. } => *line,
        }
    }
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Departure::Asked { call, line, recorded, asked } => {
                let (recorded, asked) = around(recorded, asked);
                write!(f, "line {line}, call {call} of the guest\n    recorded {recorded}\n    asked    {asked}")
            }
            Departure::Cut { call, line, asked } => {
                let (asked, _) = around(asked, "");
                write!(
                    f,
                    "the recording was cut off before line {line}, call {call} of the guest\n    asked    {asked}"
                )
            }
            Departure::Damaged { line, why } => write!(f, "line {line}: {why}"),
            Departure::Ended { line, recorded } => {
                let (recorded, _) = around(recorded, "");
                write!(f, "line {line}, where the guest has ended\n    recorded {recorded}")
            }
            Departure::End { line, what } => {
                let show = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
                let (recorded, now) = (show(&what.recorded), show(&what.now));
                let (recorded, now) = around(&recorded, &now);
                write!(f, "line {line}, {} at the end\n    recorded {recorded}\n    now      {now}", what.name)
            }
        }
    }
}

/// Two texts from a little before where they differ.
fn around(one: &str, two: &str) -> (String, String) {
    let same = one.chars().zip(two.chars()).take_while(|(a, b)| a == b).count();
    let from = if same > SHOWN_BEFORE * 2 { same - SHOWN_BEFORE } else { 0 };
    let part = |text: &str| {
        let shown: String = text.chars().skip(from).take(SHOWN).collect();
        let before = if from > 0 { "…" } else { "" };
        let behind = if text.chars().nth(from + SHOWN).is_some() { "…" } else { "" };
        format!("{before}{shown}{behind}")
    };
    (part(one), part(two))
}

fn text(within: &str, question: &Map<String, Json>) -> String {
    let rest = question.iter().filter(|(name, _)| *name != "ask");
    let ask = question.get("ask").cloned().unwrap_or_default();
    let head = [("in", within.into()), ("ask", ask)];
    object(head.into_iter().chain(rest.map(|(name, value)| (name.as_str(), value.clone()))))
}

impl Line {
    fn text(&self) -> String {
        match &self.said {
            Said::Answer { within, question, .. } => text(within, question),
            Said::End(_) => "the end of the run".into(),
        }
    }
}

/// The first fact that two sides do not share.
fn differing(recorded: &Map<String, Json>, now: &[(&str, &str)]) -> Option<Difference> {
    let show = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    let other = now.iter().find(|(name, value)| recorded.get(*name).is_none_or(|recorded| recorded != value));
    if let Some((name, value)) = other {
        let (name, now) = ((*name).to_owned(), Some((*value).to_owned()));
        return Some(Difference { recorded: recorded.get(&name).map(show), name, now });
    }
    let (name, value) = recorded.iter().find(|(name, _)| !now.iter().any(|(known, _)| known == name))?;
    Some(Difference { name: name.clone(), recorded: Some(show(value)), now: None })
}

impl Replay {
    /// Opens a recording, and reads it once from end to end: it is known then how the run ended.
    ///
    /// # Errors
    /// Those of reading the file; with the number of its line, what is no line of a recording. One that was cut off is
    /// good up to there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut lines = Lines::new(File::open(path)?);
        let head = lines.head()?;
        let mut end = None;
        while let Some(Line { number, said }) = lines.next()? {
            if let Said::End(said) = said {
                end = Some(said);
                if lines.next()?.is_some() {
                    let why = "there are lines behind the end of the run; only one recording goes into a file";
                    return Err(Damage { line: number, why: why.into() }.into());
                }
            }
        }
        lines.rewind()?;
        lines.head()?;
        let next = lines.next();
        let player =
            Player { lines, head, end, next, within: "", calls: 0, written: Written::default(), departure: None };
        Ok(Replay(Rc::new(RefCell::new(player))))
    }

    /// What the recording says of its run otherwise than `run`, if anything; see [`super::Recording::new`].
    #[must_use]
    pub fn differing(&self, run: &[(&str, &str)]) -> Option<Difference> {
        differing(&self.0.borrow().head.run, run)
    }
    /// What the recording says of the end of its run; `None` where it was cut off, or says nothing of this name.
    #[must_use]
    pub fn end(&self, name: &str) -> Option<String> {
        let player = self.0.borrow();
        player.end.as_ref()?.get(name)?.as_str().map(str::to_owned)
    }
    /// Whether every question of the recording was asked, and the end of the run comes next.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        matches!(&self.0.borrow().next, Ok(Some(Line { said: Said::End(_), .. })))
    }
    /// Where the run first left the recording, if it has.
    #[must_use]
    pub fn departure(&self) -> Option<Departure> {
        self.0.borrow().departure.clone()
    }
    /// Compares how the run has ended; whether the recording goes on to its end, so that everything was compared.
    ///
    /// # Errors
    /// Where the run has left the recording.
    pub fn finish(&self, end: &[(&str, &str)]) -> Result<bool, Departure> {
        let player = self.0.borrow();
        if let Some(departure) = &player.departure {
            return Err(departure.clone());
        }
        match &player.next {
            Ok(None) => Ok(false),
            Ok(Some(line)) => match &line.said {
                Said::Answer { .. } => Err(Departure::Ended { line: line.number, recorded: line.text() }),
                Said::End(recorded) => {
                    let end = player.written.with(end);
                    let end: Vec<(&str, &str)> = end.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                    match differing(recorded, &end) {
                        Some(what) => Err(Departure::End { line: line.number, what }),
                        None => Ok(true),
                    }
                }
            },
            Err(damage) => Err(Departure::Damaged { line: damage.line, why: damage.why.clone() }),
        }
    }

    pub(super) fn head<T>(&self, of: impl FnOnce(&Head) -> T) -> T {
        of(&self.0.borrow().head)
    }
    pub(super) fn call_begins(&self, function: &'static str) {
        let mut player = self.0.borrow_mut();
        player.within = function;
        player.calls = player.calls.saturating_add(1);
    }
    /// Whether the recorded run was ended from outside before the call that began last.
    pub(super) fn ends(&self) -> bool {
        let mut player = self.0.borrow_mut();
        let question = ask::ended(player.calls);
        let asked = |line: &Line| match &line.said {
            Said::Answer { within, question: recorded, .. } => within == player.within && question.is(recorded),
            Said::End(_) => false,
        };
        let ends = matches!(&player.next, Ok(Some(line)) if asked(line));
        ends && player.answer(question, |ended| *ended).unwrap_or(false)
    }
    pub(super) fn wrote(&self, stream: Stream, bytes: usize) {
        self.0.borrow_mut().written.add(stream, bytes);
    }
    pub(super) fn has_departed(&self) -> bool {
        self.0.borrow().departure.is_some()
    }
    /// The answer that was recorded, where it `fits` the question.
    pub(super) fn answer<A: Answer>(&self, question: Question, fits: impl FnOnce(&A) -> bool) -> Result<A, Errno> {
        self.0.borrow_mut().answer(question, fits)
    }
}

impl Player {
    /// Every question that comes once the run has left the recording is answered with an error; the guest's call ends
    /// it anyway.
    fn answer<A: Answer>(&mut self, question: Question, fits: impl FnOnce(&A) -> bool) -> Result<A, Errno> {
        if self.departure.is_some() {
            return Err(Errno::Canceled);
        }
        let coming = self.lines.coming();
        let departure = match core::mem::replace(&mut self.next, Ok(None)) {
            Ok(Some(Line { number, said: Said::Answer { within, question: recorded, answer } }))
                if within == self.within && question.is(&recorded) =>
            {
                self.next = self.lines.next();
                match answer.map(|json| A::from_json(&json).filter(fits)) {
                    Ok(Some(answer)) => return Ok(answer),
                    Err(errno) => return Err(errno),
                    Ok(None) => Departure::Damaged { line: number, why: "`is` is no answer to the question".into() },
                }
            }
            Ok(Some(line)) => {
                let asked = self.asked(question);
                Departure::Asked { call: self.calls, line: line.number, recorded: line.text(), asked }
            }
            Ok(None) => Departure::Cut { call: self.calls, line: coming - 1, asked: self.asked(question) },
            Err(Damage { line, why }) => Departure::Damaged { line, why },
        };
        self.departure = Some(departure);
        Err(Errno::Canceled)
    }

    fn asked(&self, question: Question) -> String {
        let mut fields: Map<String, Json> =
            question.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        fields.insert("ask".into(), question.ask.into());
        text(self.within, &fields)
    }
}
