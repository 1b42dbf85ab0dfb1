//! Safety profiles: which mechanisms a safety level switches on, and what the levels demand of budgets.
//!
//! Owns the one table of mechanisms and levels, from which the documentation is made. The mechanisms that watch a run
//! are in `supervise` (slices, checkpoints, two tasks that do the same; it holds calls of the host back by an interceptor, so that
//! builds without interceptors do not have it) and `guard` (patterns around lent regions).
//! Values and `const fn` here; knows nothing of where levels come from.

mod guard;
mod report;
#[cfg(feature = "interceptors")]
mod supervise;

pub use guard::Guard;
pub use report::{Fault, Part, Place, Stop, Watched};
#[cfg(feature = "interceptors")]
pub use supervise::{Disturbance, MAX_HOST_VALUES, MAX_MEMBERS, Supervisor, Terms, unwatched_spans};

use crate::budget::{LoadBudget, Proposals, RunBudget};
use crate::limits::Asil;

macro_rules! mechanisms {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $from:expr, $does:literal, $shows:literal;)*) => {
        /// Something that finds or prevents a fault, and can be seen to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Mechanism { $(#[doc = $does] $name,)* }

        impl Mechanism {
            /// Every mechanism, in the order of the table.
            pub const ALL: &'static [Mechanism] = &[$(Mechanism::$name,)*];

            /// A few words that name it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Mechanism::$name => $text,)* }
            }
            /// The least level that has it; `None` where it cannot be switched off.
            #[must_use]
            pub const fn least(self) -> Option<Asil> {
                match self { $(Mechanism::$name => $from,)* }
            }
            /// One sentence on what it does.
            #[must_use]
            pub const fn does(self) -> &'static str {
                match self { $(Mechanism::$name => $does,)* }
            }
            /// The test that shows it.
            #[must_use]
            pub const fn shown_by(self) -> &'static str {
                match self { $(Mechanism::$name => $shows,)* }
            }
        }
    };
}

mechanisms! {
    CanonicalNan = "canonical NaN", None,
        "Every operator that computes a NaN gives the canonical one, so that results are the same bits on every target.",
        "asil_1_nan_is_canonical_at_every_level";
    CheckedAccess = "checked access", None,
        "Every access to memories and tables is compared with their lengths; one outside is a trap.",
        "asil_1_access_is_checked_at_every_level";
    BoundedStack = "bounded stack", None,
        "Frames lie in a region of fixed size; a call that does not fit is a trap. Native stack does not grow with calls.",
        "asil_1_the_stack_is_bounded_at_every_level";
    Fuel = "fuel", None,
        "Every operator is counted; a run ends when its grant is spent.",
        "asil_1_fuel_is_exact_at_every_level";
    CallDepth = "bounded recursion", Some(Asil::A),
        "Calls nest no deeper than `Profile::MAX_CALL_DEPTH`, whatever a run's budget asks for.",
        "asil_1_recursion_is_bounded_from_a_on";
    DebugRules = "debug rules", Some(Asil::A),
        "Nothing is kept for a debugger unless the limits ask for it by name, and no more than the level allows.",
        "asil_1_debug_rules_hold_from_a_on";
    NoGrowth = "no growth", Some(Asil::B),
        "Memories keep the size that they begin with, and so do tables that declare no maximum: growing them answers -1.",
        "asil_1_nothing_grows_from_b_on";
    FixedPools = "fixed pools", Some(Asil::B),
        "No more is reserved for an instance than its plan names: its memories' minimum, its tables' minimum or declared maximum.",
        "asil_1_pools_are_fixed_from_b_on";
    Checksums = "checksums", Some(Asil::B),
        "Code, tables of the module and what binds the instance are summed step by step at checkpoints, and whole before results are given out.",
        "asil_1_checksums_find_changes_from_b_on";
    Guards = "guard patterns", Some(Asil::B),
        "A pattern before and behind each lent region is looked at at checkpoints.",
        "asil_1_guards_find_writes_from_b_on";
    Complexity = "complexity", Some(Asil::B),
        "A module more complex than the level allows is refused.",
        "asil_1_complexity_is_bounded_from_b_on";
    AllowedProposals = "allowed proposals", Some(Asil::C),
        "Modules that use threads, collected objects, exceptions or typed references are refused.",
        "asil_1_proposals_are_restricted_from_c_on";
    Redundancy = "redundant execution", Some(Asil::D),
        "Two tasks over two copies of module, instance and memory run in slices of the same fuel and are compared after each, before each call of the host and before results are given out.",
        "asil_1_two_tasks_are_compared_at_d";
    ShadowControl = "shadow control data", Some(Asil::D),
        "Return addresses and targets of indirect calls exist twice, in the frames and tables of both tasks, and are compared.",
        "asil_5_return_addresses_and_indirect_targets_have_a_shadow";
    DebugOff = "debug off", Some(Asil::D),
        "Nothing is kept for a debugger.",
        "asil_1_debugging_is_off_at_d";
}

/// What a safety level switches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    level: Asil,
}

/// Proposals by which something is known only when it runs: they are off from level C on.
const REFUSED: Proposals = Proposals::THREADS
    .with(Proposals::GC)
    .with(Proposals::EXCEPTION_HANDLING)
    .with(Proposals::LEGACY_EXCEPTIONS)
    .with(Proposals::FUNCTION_REFERENCES);

impl Profile {
    /// Frames that may be active at once from level A on.
    pub const MAX_CALL_DEPTH: u32 = 1024;

    /// The profile of a level.
    #[must_use]
    pub const fn of(level: Asil) -> Self {
        Profile { level }
    }
    /// The level.
    #[must_use]
    pub const fn level(self) -> Asil {
        self.level
    }
    /// Whether a mechanism is on.
    #[must_use]
    pub const fn has(self, mechanism: Mechanism) -> bool {
        match mechanism.least() {
            None => true,
            Some(least) => self.level.at_least(least),
        }
    }
    /// Whether runs are watched at checkpoints: by sums and guards, or by a twin.
    #[must_use]
    pub const fn is_watched(self) -> bool {
        self.has(Mechanism::Checksums) || self.has(Mechanism::Redundancy)
    }

    /// What the loader may accept: `base`, less what the level refuses.
    #[must_use]
    pub const fn load_budget(self, base: LoadBudget) -> LoadBudget {
        let mut budget = base;
        if self.has(Mechanism::AllowedProposals) {
            budget.proposals = budget.proposals.without(REFUSED);
        }
        if self.has(Mechanism::FixedPools) {
            budget.table_reserve = 0;
        }
        budget
    }
    /// What a run may spend: `base`, less what the level refuses. `memory_bytes` is what the instance's memories have.
    #[must_use]
    pub const fn run_budget(self, base: RunBudget, memory_bytes: u64) -> RunBudget {
        let mut budget = base;
        if self.has(Mechanism::CallDepth) && budget.max_call_depth > Self::MAX_CALL_DEPTH {
            budget.max_call_depth = Self::MAX_CALL_DEPTH;
        }
        if self.has(Mechanism::NoGrowth) && budget.max_memory_bytes > memory_bytes {
            budget.max_memory_bytes = memory_bytes;
        }
        budget
    }
    /// Bytes to which the memories of an instance may be reserved: [`crate::InstanceConfig::memory_ceiling`]. `minimum`
    /// is [`crate::Module::memory_min`], `asked` what the embedder would reserve, 0 for no bound.
    #[must_use]
    pub const fn memory_ceiling(self, asked: u64, minimum: u64) -> u64 {
        if self.has(Mechanism::FixedPools) { minimum } else { asked }
    }
}

/// Fails the build where a level lacks a mechanism that the program relies on.
///
/// ```
/// use wrt_core::limits::Asil;
/// wrt_core::profile_has!(Asil::D, Redundancy);
/// ```
///
/// ```compile_fail,E0080
/// use wrt_core::limits::Asil;
/// wrt_core::profile_has!(Asil::C, Redundancy);
/// ```
#[macro_export]
macro_rules! profile_has {
    ($level:expr, $mechanism:ident) => {
        const _: () = assert!(
            $crate::safety::Profile::of($level).has($crate::safety::Mechanism::$mechanism),
            "the safety level does not switch this mechanism on"
        );
    };
}
