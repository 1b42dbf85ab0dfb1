//! Faults: one bit is flipped while a guest runs, and what comes of it is compared with the run that was left alone.
//!
//! Owns the guests and profiles of the campaign, and the words for what came of a fault. A run happens in a child
//! process (`child`), since a flipped bit may lead the engine anywhere; how a guest is made and driven is in `rig`.

pub mod child;
pub mod rig;

use crate::guests::{self, GUESTS};
use std::collections::BTreeMap;
use wrt_core::limits::Asil;
use wrt_core::safety::{Mechanism, Part, Place};

/// Guests of the campaign, by the names of their files, with an argument for those that are no test guests.
pub const NAMES: [&str; 16] = [
    "loops",
    "recursion",
    "indirect",
    "br_table",
    "cases",
    "memory",
    "tables",
    "host",
    "linked",
    "start",
    "tail",
    "blocks",
    "floats",
    "trap_memory",
    "control",
    "straight",
];

/// A guest: text or binary, its library, the argument of `run`.
pub struct Subject {
    /// Name of its file.
    pub name: &'static str,
    /// The module that exports `run`.
    pub main: Vec<u8>,
    /// The module that it imports from, under its name.
    pub library: Option<(&'static str, Vec<u8>)>,
    /// Argument of `run`.
    pub arg: i32,
}

/// Every guest of the campaign.
///
/// # Panics
/// When one is missing.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    let example = |name| match name {
        "control" => Some((include_bytes!("../../../examples/guests/wasm/control.wasm").to_vec(), 40)),
        _ => None,
    };
    let subject = |name: &'static str| {
        if let Some((main, arg)) = example(name) {
            return Subject { name, main, library: None, arg };
        }
        let guest = GUESTS.iter().find(|guest| guest.name == name).unwrap_or_else(|| panic!("no guest {name}"));
        let guests::Encoded { main, library, arg } = guest.plain();
        Subject { name, main, library, arg }
    };
    NAMES.into_iter().map(subject).collect()
}

/// Where a bit is flipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Where {
    /// In what the guest consists of.
    Guest(Place),
    /// In the words of the supervisor, which are not doubled.
    Supervisor,
}

impl Where {
    /// Every place, the supervisor last.
    pub fn all() -> impl Iterator<Item = Where> {
        Place::ALL.into_iter().map(Where::Guest).chain([Where::Supervisor])
    }
    /// A word or two for a person.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Where::Guest(place) => place.name(),
            Where::Supervisor => "the supervisor's own words",
        }
    }
    /// Number for a report.
    #[must_use]
    pub fn number(self) -> u32 {
        Self::all().zip(0..).find(|(place, _)| *place == self).map_or(u32::MAX, |(_, number)| number)
    }
}

/// What came of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// A mechanism reported it: its number.
    Detected(u32),
    /// The run trapped instead, and nothing wrong had left before.
    Trapped,
    /// Everything is as if nothing had happened.
    Masked,
    /// Something is wrong, and nobody said so.
    Wrong,
    /// The processor or the system stopped the process.
    Crashed,
    /// The run went beyond its bound of fuel or time.
    Timeout,
}

/// Levels of a campaign.
pub const LEVELS: [Asil; 3] = [Asil::Qm, Asil::B, Asil::D];

/// Fates counted by place.
#[derive(Default)]
pub struct Tally(pub BTreeMap<u32, BTreeMap<Fate, u64>>);

impl Tally {
    /// One more.
    pub fn add(&mut self, place: u32, fate: Fate) {
        *self.0.entry(place).or_default().entry(fate).or_default() += 1;
    }
    /// How many with a fate for which `is` holds, in a place for which `there` holds.
    pub fn count(&self, there: impl Fn(Where) -> bool, is: impl Fn(Fate) -> bool) -> u64 {
        let places = Where::all().zip(0..).filter(|(place, _)| there(*place));
        let fates = places.filter_map(|(_, number)| self.0.get(&number)).flatten();
        fates.filter(|(fate, _)| is(**fate)).map(|(_, count)| count).sum()
    }
    /// Wrong results that nobody reported, from faults in code and control data.
    #[must_use]
    pub fn wrong_in_control(&self) -> u64 {
        self.count(|place| matches!(place, Where::Guest(p) if p.is_control()), |fate| fate == Fate::Wrong)
    }
    /// The table, a line for each place.
    #[must_use]
    pub fn table(&self) -> String {
        use std::fmt::Write as _;
        let mut out = format!(
            "| {:<26} | injected | detected | trapped | masked | wrong | crashed | timeout |\n|---|---|---|---|---|---|---|---|\n",
            "place"
        );
        let mut line = |name: &str, there: &dyn Fn(Where) -> bool| {
            let of = |is: &dyn Fn(Fate) -> bool| self.count(there, is);
            let all = of(&|_| true);
            if all != 0 {
                let detected = of(&|fate| matches!(fate, Fate::Detected(_)));
                let rest = [Fate::Trapped, Fate::Masked, Fate::Wrong, Fate::Crashed, Fate::Timeout]
                    .map(|wanted| of(&|fate| fate == wanted).to_string());
                writeln!(out, "| {name:<26} | {all} | {detected} | {} |", rest.join(" | ")).expect("a string");
            }
        };
        for place in Where::all() {
            line(place.name(), &|there| there == place);
        }
        line("all", &|_| true);
        out
    }
    /// How many each mechanism detected, by its name.
    #[must_use]
    pub fn mechanisms(&self) -> Vec<(&'static str, u64)> {
        let found = |m: &Mechanism| self.count(|_| true, |fate| fate == Fate::Detected(*m as u32));
        Mechanism::ALL.iter().map(|m| (m.name(), found(m))).filter(|(_, n)| *n != 0).collect()
    }
}

/// The number of a part in reports.
#[must_use]
pub fn part_number(part: Part) -> u32 {
    Part::ALL.iter().zip(0..).find(|(p, _)| **p == part).map_or(u32::MAX, |(_, number)| number)
}
