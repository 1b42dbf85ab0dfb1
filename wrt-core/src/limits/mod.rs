//! Limits: one structure with everything that is bounded, where each bound is enforced, and whether a
//! set of limits holds together.
//!
//! Plain values. Owns names and units of the fields, the safety levels and the least level of this build,
//! and what the engine's budgets become under given limits. Knows nothing of where values come from: the
//! order of sources is `wrt-host`'s, discovery is `wrt-platform`'s.

mod complexity;
mod fields;
mod preset;
mod tree;

#[cfg(test)]
mod tests;

pub use complexity::{Complexity, ComponentShape, DebugRule, ModuleTrait, ModuleTraits};
pub use fields::{Enforced, Field, Limits, Unit};
pub use preset::{Preset, Proportions};
pub use tree::{Amounts, Budget, BudgetTree, Kind, Level, Refusal, Slot, Spent};

use crate::budget::{LoadBudget, RunBudget};

/// Safety levels, least first. A level is a set of rules that this software follows; it says nothing of
/// whether the system that uses it meets a standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Asil {
    /// Quality management: no rule beyond the limits.
    Qm = 0,
    /// Level A.
    A = 1,
    /// Level B.
    B = 2,
    /// Level C.
    C = 3,
    /// Level D.
    D = 4,
}

impl Asil {
    /// The least level that this build accepts: set by the features `safety-asil-b`, `-c` and `-d`, the
    /// highest of them where several are on.
    pub const FLOOR: Asil = if cfg!(feature = "safety-asil-d") {
        Asil::D
    } else if cfg!(feature = "safety-asil-c") {
        Asil::C
    } else if cfg!(feature = "safety-asil-b") {
        Asil::B
    } else {
        Asil::Qm
    };

    /// Every level, least first.
    pub const ALL: [Asil; 5] = [Asil::Qm, Asil::A, Asil::B, Asil::C, Asil::D];

    /// Whether this level is `other` or a higher one.
    #[must_use]
    pub const fn at_least(self, other: Asil) -> bool {
        self as u8 >= other as u8
    }
    /// `QM`, `A`, `B`, `C` or `D`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Asil::Qm => "QM",
            Asil::A => "A",
            Asil::B => "B",
            Asil::C => "C",
            Asil::D => "D",
        }
    }
    /// The level of this name; upper and lower case are the same.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(name))
    }
}

/// How much is kept of what a debugger reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DebugLevel {
    /// Nothing: debug sections and names are passed over and cost nothing.
    None = 0,
    /// Names and lines.
    Basic = 1,
    /// Every debug section.
    Full = 2,
}

impl DebugLevel {
    /// Every level, least first.
    pub const ALL: [DebugLevel; 3] = [DebugLevel::None, DebugLevel::Basic, DebugLevel::Full];

    /// `none`, `basic` or `full`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DebugLevel::None => "none",
            DebugLevel::Basic => "basic",
            DebugLevel::Full => "full",
        }
    }
    /// The level of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(name))
    }
}

/// Why limits do not hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inconsistent {
    /// The shares are more than there is.
    Shares {
        /// Linear memory, component and debug overhead, and reserve, in bytes.
        need: u64,
        /// The total, in bytes.
        total: u64,
    },
    /// The region of one task is larger than what is left for the runtime.
    Stack {
        /// Bytes of a task's region.
        need: u64,
        /// Bytes that the other shares leave.
        left: u64,
    },
    /// The reserve is more than the whole.
    Percent(u8),
    /// The level is below the least that this build accepts.
    BelowFloor {
        /// The level asked for.
        asked: Asil,
        /// [`Asil::FLOOR`].
        floor: Asil,
    },
    /// The safety level allows less debug overhead.
    DebugOverhead {
        /// Bytes asked for.
        need: u64,
        /// Bytes that the level allows.
        most: u64,
        /// The level.
        level: Asil,
    },
    /// Debugging is on at a safety level that forbids it, or above QM without [`Limits::safety_debug`].
    Debugging(Asil),
}

impl Limits {
    /// Bytes held back: the reserve's percentage of the total, rounded up.
    #[must_use]
    pub const fn reserve_bytes(&self) -> u64 {
        let percent = if self.safety_reserve > 100 { 100 } else { self.safety_reserve as u64 };
        // In two parts, so that no product leaves 64 bits.
        self.total_bytes / 100 * percent + (self.total_bytes % 100 * percent).div_ceil(100)
    }
    /// Bytes for the runtime itself, tasks' regions included: what the other shares leave, so that the
    /// shares are the total exactly. `None` where they are more than the total.
    #[must_use]
    pub const fn runtime_bytes(&self) -> Option<u64> {
        match self.shares_without_runtime() {
            Some(shares) => self.total_bytes.checked_sub(shares),
            None => None,
        }
    }
    const fn shares_without_runtime(&self) -> Option<u64> {
        let Some(sum) = self.linear_bytes.checked_add(self.component_overhead) else { return None };
        let Some(sum) = sum.checked_add(self.debug_overhead) else { return None };
        sum.checked_add(self.reserve_bytes())
    }

    /// Whether the limits hold together: shares within the total, a task's region within the runtime's
    /// share, the level not below [`Asil::FLOOR`], debugging within what the level allows.
    ///
    /// # Errors
    /// The first rule that is broken, with what was asked for and what there is.
    pub const fn check(&self) -> Result<(), Inconsistent> {
        if !self.asil.at_least(Asil::FLOOR) {
            return Err(Inconsistent::BelowFloor { asked: self.asil, floor: Asil::FLOOR });
        }
        if self.safety_reserve > 100 {
            return Err(Inconsistent::Percent(self.safety_reserve));
        }
        let most = DebugRule::most_bytes(self.asil);
        if self.debug_overhead > most {
            return Err(Inconsistent::DebugOverhead { need: self.debug_overhead, most, level: self.asil });
        }
        let debugging = !matches!(self.debug_level, DebugLevel::None);
        if debugging && (most == 0 || (self.asil.at_least(Asil::A) && !self.safety_debug)) {
            return Err(Inconsistent::Debugging(self.asil));
        }
        match self.runtime_bytes() {
            Some(left) if self.stack_bytes > left => Err(Inconsistent::Stack { need: self.stack_bytes, left }),
            Some(_) => Ok(()),
            None => {
                let need = match self.shares_without_runtime() {
                    Some(need) => need,
                    None => u64::MAX,
                };
                Err(Inconsistent::Shares { need, total: self.total_bytes })
            }
        }
    }

    /// The same limits at another safety level, with debugging cut to what that level allows.
    #[must_use]
    pub const fn at_level(mut self, level: Asil) -> Self {
        let most = DebugRule::most_bytes(level);
        self.asil = level;
        if self.debug_overhead > most {
            self.debug_overhead = most;
        }
        if most == 0 || (level.at_least(Asil::A) && !self.safety_debug) {
            self.debug_level = DebugLevel::None;
        }
        self
    }

    /// What the loader may accept: `base` with every bound that the limits lower.
    #[must_use]
    pub const fn load_budget(&self, base: LoadBudget) -> LoadBudget {
        LoadBudget {
            max_memory_bytes: least(base.max_memory_bytes, self.linear_bytes),
            max_imports: least(base.max_imports as u64, self.imports as u64) as u32,
            max_exports: least(base.max_exports as u64, self.exports as u64) as u32,
            ..base
        }
    }
    /// What a run may spend: `base` with every bound that the limits lower.
    #[must_use]
    pub const fn run_budget(&self, base: RunBudget) -> RunBudget {
        RunBudget { max_memory_bytes: least(base.max_memory_bytes, self.linear_bytes), ..base }
    }
}

const fn least(a: u64, b: u64) -> u64 {
    if a < b { a } else { b }
}

/// Fails the build where constant limits do not hold together, or a constant complexity is more than
/// their safety level allows.
///
/// ```
/// use wrt_core::limits::{Asil, Complexity, Limits, Preset};
/// const LIMITS: Limits = Preset::QnxSafety.limits(64 << 20, Asil::D);
/// wrt_core::limits_hold!(LIMITS);
/// wrt_core::limits_hold!(LIMITS, Complexity { component: 1, module: 2 });
/// ```
///
/// Debug overhead at level D:
/// ```compile_fail,E0080
/// use wrt_core::limits::{Asil, Limits, Preset};
/// const LIMITS: Limits = Limits { debug_overhead: 1, ..Preset::QnxSafety.limits(64 << 20, Asil::D) };
/// wrt_core::limits_hold!(LIMITS);
/// ```
///
/// A module of complexity 3 at level D:
/// ```compile_fail,E0080
/// use wrt_core::limits::{Asil, Complexity, Limits, Preset};
/// const LIMITS: Limits = Preset::QnxSafety.limits(64 << 20, Asil::D);
/// wrt_core::limits_hold!(LIMITS, Complexity { component: 1, module: 3 });
/// ```
#[macro_export]
macro_rules! limits_hold {
    ($limits:expr) => {
        const _: () = assert!($limits.check().is_ok(), "the limits do not hold together");
    };
    ($limits:expr, $complexity:expr) => {
        $crate::limits_hold!($limits);
        const _: () = assert!($complexity.fits($limits.asil), "more complex than the safety level allows");
    };
}
