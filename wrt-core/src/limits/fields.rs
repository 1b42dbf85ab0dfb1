//! The structure itself: one list of fields, from which names, units and the places of enforcement come.

use super::{Asil, DebugLevel};

/// What a field counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// How many.
    Count,
    /// Percent of the total.
    Percent,
    /// 0 for QM, 1 to 4 for A to D.
    Asil,
    /// 0 for none, 1 for basic, 2 for full.
    DebugLevel,
    /// 0 for no, 1 for yes.
    Switch,
}

/// Who refuses what exceeds a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforced {
    /// [`Limits::check`], before anything else: the value bounds other values.
    Check,
    /// The budget tree ([`super::BudgetTree`]), when memory is taken or a node is opened.
    Tree,
    /// The pass over a binary, before it is loaded.
    Scan,
    /// The engine, through [`Limits::load_budget`] and [`Limits::run_budget`], and the tree.
    Engine,
    /// Whoever reads a backtrace in `wrt-host`.
    Trace,
    /// Nobody yet: what it bounds does not exist in this build. The requirement that brings it.
    Later(&'static str),
}

/// A value that a field can have, as a number and back.
trait Amount: Copy {
    fn number(self) -> u64;
    fn from_number(number: u64) -> Option<Self>;
}
macro_rules! integers {
    ($($ty:ty),*) => {$(impl Amount for $ty {
        fn number(self) -> u64 {
            self.into()
        }
        fn from_number(number: u64) -> Option<Self> {
            number.try_into().ok()
        }
    })*};
}
integers!(u64, u32, u8);
impl Amount for bool {
    fn number(self) -> u64 {
        self.into()
    }
    fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}
impl Amount for Asil {
    fn number(self) -> u64 {
        self as u64
    }
    fn from_number(number: u64) -> Option<Self> {
        Asil::ALL.into_iter().find(|level| *level as u64 == number)
    }
}
impl Amount for DebugLevel {
    fn number(self) -> u64 {
        self as u64
    }
    fn from_number(number: u64) -> Option<Self> {
        DebugLevel::ALL.into_iter().find(|level| *level as u64 == number)
    }
}

macro_rules! limits {
    ($($(#[$doc:meta])* $field:ident: $ty:ty = $variant:ident, $key:literal, $unit:ident, $enforced:expr;)*) => {
        /// Everything that is bounded. [`Field`] names the fields for programs; each field's place of
        /// enforcement is [`Field::enforced`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Limits { $($(#[$doc])* pub $field: $ty,)* }

        /// The name of one field of [`Limits`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Field { $($(#[$doc])* $variant,)* }

        impl Field {
            /// Every field, in the structure's order.
            pub const ALL: &'static [Field] = &[$(Field::$variant,)*];

            /// The name in a configuration file and on a command line. In capitals, with underscores and
            /// behind `WRTD_`, it is the name of the environment variable.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Field::$variant => $key,)* }
            }
            /// What is counted.
            #[must_use]
            pub const fn unit(self) -> Unit {
                match self { $(Field::$variant => Unit::$unit,)* }
            }
            /// Who refuses what exceeds it.
            #[must_use]
            pub const fn enforced(self) -> Enforced {
                match self { $(Field::$variant => $enforced,)* }
            }
            /// The value in `limits` as a number, in the field's unit.
            #[must_use]
            pub fn get(self, limits: &Limits) -> u64 {
                match self { $(Field::$variant => limits.$field.number(),)* }
            }
            /// Sets the value in `limits`; `false`, with nothing changed, where the field cannot have it.
            #[must_use]
            pub fn set(self, limits: &mut Limits, number: u64) -> bool {
                match self {
                    $(Field::$variant => match <$ty>::from_number(number) {
                        Some(value) => {
                            limits.$field = value;
                            true
                        }
                        None => false,
                    },)*
                }
            }
            /// The field of this name, as [`Field::key`] spells it.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|field| field.key() == key)
            }
        }
    };
}

limits! {
    /// Bytes of memory in all.
    total_bytes: u64 = Total, "max-mem", Bytes, Enforced::Tree;
    /// Bytes of linear memories, in sum.
    linear_bytes: u64 = Linear, "max-linear", Bytes, Enforced::Engine;
    /// Bytes of one task's region, in which frames lie. Part of the runtime's share.
    stack_bytes: u64 = Stack, "max-stack", Bytes, Enforced::Tree;
    /// Components (a core module that is loaded by itself is one) at a time.
    components: u32 = Components, "max-components", Count, Enforced::Tree;
    /// Instances at a time.
    instances: u32 = Instances, "max-instances", Count, Enforced::Tree;
    /// Types that a component declares, in sum over the components inside it; core modules have
    /// their own bound in [`crate::LoadBudget`].
    component_types: u32 = ComponentTypes, "max-component-types", Count, Enforced::Scan;
    /// How deeply components nest in a binary; 1 for a component without others inside.
    nesting: u32 = Nesting, "max-nesting", Count, Enforced::Scan;
    /// Resource types that a component declares or imports.
    resource_types: u32 = ResourceTypes, "max-resource-types", Count, Enforced::Scan;
    /// Resources alive in one instance.
    instance_resources: u32 = InstanceResources, "max-instance-resources", Count, Enforced::Later("COMP-1");
    /// Resources alive in all.
    resources: u32 = Resources, "max-resources", Count, Enforced::Later("COMP-1");
    /// Bytes of WIT in its binary form (custom sections `component-type`) in a binary.
    wit_bytes: u64 = Wit, "max-wit", Bytes, Enforced::Scan;
    /// Worlds in a binary: components, and component types that it declares.
    worlds: u32 = Worlds, "max-worlds", Count, Enforced::Scan;
    /// Interfaces in a binary: instances that components, and component types that they declare,
    /// import or export.
    interfaces: u32 = Interfaces, "max-interfaces", Count, Enforced::Scan;
    /// Imports of one component or module.
    imports: u32 = Imports, "max-imports", Count, Enforced::Engine;
    /// Exports of one component or module.
    exports: u32 = Exports, "max-exports", Count, Enforced::Engine;
    /// How deeply calls from component to component nest.
    cross_calls: u32 = CrossCalls, "max-cross-calls", Count, Enforced::Later("COMP-3");
    /// Sections of DWARF that the debug level keeps.
    debug_sections: u32 = DebugSections, "max-debug-sections", Count, Enforced::Scan;
    /// Bytes of DWARF that the debug level keeps.
    dwarf_bytes: u64 = Dwarf, "max-dwarf", Bytes, Enforced::Scan;
    /// Names in the name section, unless the debug level is none.
    symbols: u32 = Symbols, "max-symbols", Count, Enforced::Scan;
    /// Entries of the file tables in the line programs, unless the debug level is none.
    source_files: u32 = SourceFiles, "max-source-files", Count, Enforced::Scan;
    /// Breakpoints set at a time.
    breakpoints: u32 = Breakpoints, "max-breakpoints", Count, Enforced::Later("DBG-2");
    /// Frames in a stack trace.
    stack_trace: u32 = StackTrace, "max-stack-trace", Count, Enforced::Trace;
    /// Memory inspectors at a time.
    memory_inspectors: u32 = MemoryInspectors, "max-memory-inspectors", Count, Enforced::Later("DBG-2");
    /// Watched variables at a time.
    watches: u32 = Watches, "max-watches", Count, Enforced::Later("DBG-2");
    /// Bytes of custom sections of one component or module, DWARF and binary WIT excepted.
    component_metadata: u64 = ComponentMetadata, "max-component-metadata", Bytes, Enforced::Scan;
    /// Bytes of names that the name section gives one function, its locals and labels included.
    function_metadata: u64 = FunctionMetadata, "max-function-metadata", Bytes, Enforced::Scan;
    /// Bytes of names that the name section gives one type, its fields included.
    type_metadata: u64 = TypeMetadata, "max-type-metadata", Bytes, Enforced::Scan;
    /// Breakpoints on source lines set at a time.
    source_breakpoints: u32 = SourceBreakpoints, "max-source-breakpoints", Count, Enforced::Later("DBG-2");
    /// The safety level.
    asil: Asil = Asil, "asil-level", Asil, Enforced::Scan;
    /// How much is kept for a debugger.
    debug_level: DebugLevel = DebugLevel, "debug-level", DebugLevel, Enforced::Scan;
    /// Whether debugging is allowed at a safety level above QM at all.
    safety_debug: bool = SafetyDebug, "safety-debug", Switch, Enforced::Check;
    /// Bytes for components beside linear memory: translated modules, and what instances need.
    component_overhead: u64 = ComponentOverhead, "component-overhead", Bytes, Enforced::Tree;
    /// Bytes for what a debugger reads.
    debug_overhead: u64 = DebugOverhead, "debug-overhead", Bytes, Enforced::Tree;
    /// Percent of the total that nobody is given.
    safety_reserve: u8 = SafetyReserve, "safety-reserve", Percent, Enforced::Tree;
}
