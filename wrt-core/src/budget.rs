//! Budgets and what they report: what a module may ask for, what a run may spend, what a plan
//! predicts, what a run used.
//!
//! Plain values with the defaults a host would want. Knows nothing of how they are enforced.

/// The proposals that a module may use, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposals(pub u32);

impl Proposals {
    /// Sign-extension operators.
    pub const SIGN_EXTENSION: Self = Self(1 << 0);
    /// Non-trapping float-to-integer conversions.
    pub const SATURATING_FLOAT_TO_INT: Self = Self(1 << 1);
    /// Multiple results and block parameters.
    pub const MULTI_VALUE: Self = Self(1 << 2);
    /// `funcref`, `externref` and table operators.
    pub const REFERENCE_TYPES: Self = Self(1 << 3);
    /// Bulk memory and table operators, passive segments.
    pub const BULK_MEMORY: Self = Self(1 << 4);
    /// Import and export of mutable globals.
    pub const MUTABLE_GLOBALS: Self = Self(1 << 5);
    /// `return_call`, `return_call_indirect`.
    pub const TAIL_CALL: Self = Self(1 << 6);
    /// Integer arithmetic in constant expressions.
    pub const EXTENDED_CONST: Self = Self(1 << 7);
    /// More than one memory.
    pub const MULTI_MEMORY: Self = Self(1 << 8);
    /// 64-bit memories and tables.
    pub const MEMORY64: Self = Self(1 << 9);
    /// 128-bit vectors.
    pub const SIMD: Self = Self(1 << 10);
    /// Relaxed vector operators, here with one result everywhere.
    pub const RELAXED_SIMD: Self = Self(1 << 11);
    /// Tags, `throw`, `throw_ref`, `try_table`.
    pub const EXCEPTION_HANDLING: Self = Self(1 << 12);
    /// References to functions of a known type, references without null.
    pub const FUNCTION_REFERENCES: Self = Self(1 << 13);
    /// Structures, arrays, `i31`, recursive types and subtypes.
    pub const GC: Self = Self(1 << 14);
    /// `try`, `catch`, `catch_all`, `delegate`, `rethrow`: the first form of [`Self::EXCEPTION_HANDLING`],
    /// which must be on as well. By switch.
    pub const LEGACY_EXCEPTIONS: Self = Self(1 << 15);
    /// Shared memories and atomic operators. By switch.
    pub const THREADS: Self = Self(1 << 16);
    /// Memories whose page size is one byte. By switch.
    pub const CUSTOM_PAGE_SIZES: Self = Self(1 << 17);
    /// 128-bit integer arithmetic in halves. By switch.
    pub const WIDE_ARITHMETIC: Self = Self(1 << 18);
    /// Custom sections with hints for branches are checked and kept. By switch.
    pub const BRANCH_HINTING: Self = Self(1 << 19);

    /// Every proposal that there is code for.
    pub const ALL: Self = Self((1 << 20) - 1);
    /// Those of them that this build has. What its features leave out is off, whatever a budget says.
    pub const BUILT: Self = include!(concat!(env!("OUT_DIR"), "/built.rs"));
    /// WebAssembly 3.0.
    pub const WASM_3: Self = Self((1 << 15) - 1);

    /// Whether every bit of `other` is set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    /// This without `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    /// Whether this build has it.
    #[must_use]
    pub(crate) const fn is_built(self) -> bool {
        Self::BUILT.has(self)
    }
    /// The name of the lowest bit that is set, as the proposals' repositories spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0.trailing_zeros() {
            0 => "sign-extension-ops",
            1 => "nontrapping-float-to-int-conversions",
            2 => "multi-value",
            3 => "reference-types",
            4 => "bulk-memory-operations",
            5 => "mutable-global",
            6 => "tail-call",
            7 => "extended-const",
            8 => "multi-memory",
            9 => "memory64",
            10 => "simd",
            11 => "relaxed-simd",
            12 => "exception-handling",
            13 => "function-references",
            14 => "gc",
            15 => "legacy-exceptions",
            16 => "threads",
            17 => "custom-page-sizes",
            18 => "wide-arithmetic",
            19 => "branch-hinting",
            _ => "unknown",
        }
    }
    /// The proposal of this name, as [`Proposals::name`] spells it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        (0..20).map(|bit| Self(1 << bit)).find(|one| one.name() == name)
    }
}

/// What a module may ask for when it is loaded. Exceeding a field is [`crate::Status::Budget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadBudget {
    /// Proposals that are on.
    pub proposals: Proposals,
    /// Types.
    pub max_types: u32,
    /// Functions, imports included.
    pub max_functions: u32,
    /// Imports of every kind.
    pub max_imports: u32,
    /// Exports.
    pub max_exports: u32,
    /// Globals, imports included.
    pub max_globals: u32,
    /// Tables, imports included.
    pub max_tables: u32,
    /// Memories, imports included.
    pub max_memories: u32,
    /// Element and data segments, each.
    pub max_segments: u32,
    /// Parameters of a function or block.
    pub max_params: u32,
    /// Results of a function or block.
    pub max_results: u32,
    /// Fields of a structure.
    pub max_fields: u32,
    /// Locals of a function, parameters included.
    pub max_locals: u32,
    /// Nesting of blocks in a function.
    pub max_block_depth: u32,
    /// Operands on a function's stack.
    pub max_operands: u32,
    /// Bytes of one function body.
    pub max_body_bytes: u32,
    /// Elements of one table at its minimum; also the most that a declared maximum reserves.
    pub max_table_elements: u32,
    /// Elements reserved for a table that declares no maximum, where its minimum is smaller.
    /// 0 reserves the minimum alone, so that such a table cannot grow.
    pub table_reserve: u32,
    /// Bytes of all memories at their minimum, imports excluded.
    pub max_memory_bytes: u64,
    /// Tags, imports included.
    pub max_tags: u32,
}

impl LoadBudget {
    /// Generous bounds for a host; each refuses nothing that real compilers emit.
    pub const DEFAULT: Self = Self {
        proposals: Proposals::WASM_3,
        max_types: 65_536,
        max_functions: 1_000_000,
        max_imports: 100_000,
        max_exports: 100_000,
        max_globals: 100_000,
        max_tables: 1_000,
        max_memories: 100,
        max_segments: 100_000,
        max_params: 1_000,
        max_results: 1_000,
        max_fields: 10_000,
        max_locals: 50_000,
        max_block_depth: 65_536,
        max_operands: 65_536,
        max_body_bytes: 8 << 20,
        max_table_elements: 10_000_000,
        table_reserve: 0,
        max_memory_bytes: 4 << 30,
        max_tags: 100_000,
    };
}

impl Default for LoadBudget {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What one run may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunBudget {
    /// Frames that may be active at once.
    pub max_call_depth: u32,
    /// WebAssembly operators that may be executed; `u64::MAX` means unmetered.
    pub fuel: u64,
    /// Bytes to which linear memories may grow, in sum over the instance; growth past it gives -1.
    pub max_memory_bytes: u64,
}

impl Default for RunBudget {
    fn default() -> Self {
        Self { max_call_depth: 100_000, fuel: u64::MAX, max_memory_bytes: u64::MAX }
    }
}

/// What a module needs, exactly, before it is loaded. All sizes in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Needed in the module's arena during the load beyond `module`; given back when it ends.
    pub load_scratch: u64,
    /// Taken from the module's arena by the loaded module.
    pub module: u64,
    /// Taken from the instance's arena, tables at their ceilings included.
    pub instance: u64,
    /// The part of `instance` that table elements take.
    pub table_max: u64,
    /// Least task region for the deepest chain of calls inside the module; 0 when calls recurse,
    /// so that no bound exists.
    pub stack_min: u64,
    /// Least region for the group's heap, where this module is the only one of the group: the heap's
    /// own bytes, what describes the module's types and tags, and the objects that its constant
    /// expressions make, each array whose length is computed counted as empty. 0 when nothing of the
    /// module needs a heap. What the code makes is beyond it.
    pub heap_min: u64,
    /// Linear memories at their minimum, each rounded up to 16, imports excluded.
    pub memory_min: u64,
    /// Linear memories at their declared maximum, rounded as well, imports excluded; 0 when one declares none.
    pub memory_max: u64,
}

/// What a task has used since it was made or reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Most frames active at once.
    pub call_depth_peak: u32,
    /// WebAssembly operators executed, bulk elements included.
    pub fuel_used: u64,
    /// Most bytes of the task's region in use at once, its header included.
    pub stack_peak: u64,
    /// Bytes of the instance's linear memories now.
    pub memory_bytes: u64,
}
