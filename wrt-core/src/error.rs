//! Error values: what went wrong, where in the module, and what would have sufficed.
//!
//! Owns the stable numbers of [`Status`] and [`Reason`]. Knows nothing of arenas, modules or
//! execution: every other room may import this one.

use core::ffi::CStr;

/// Function index used when an [`Error`] belongs to no function.
pub const NO_FUNC: u32 = u32::MAX;

/// What a call came to. The numbers are the C ABI's `wrt_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Status {
    /// Finished.
    Ok = 0,
    /// A host call has not completed; see `Task::complete`.
    Pending = 1,
    /// The run budget is spent; run again to continue.
    Fuel = 2,
    /// An interrupt request was seen; run again to continue.
    Interrupted = 3,
    /// An argument is out of its domain (null, misaligned, wrong count).
    Arg = -1,
    /// The object is not in the state that the call needs.
    State = -2,
    /// A handle does not name a live object.
    Handle = -3,
    /// A struct size or an ABI version is unknown.
    Version = -4,
    /// An arena is too small; `Error::need` is the size in bytes that would have sufficed so far.
    Arena = -5,
    /// The module asks for more than the budget; `Error::need` is what it asks for.
    Budget = -6,
    /// The bytes do not follow the binary format (specification chapter 5).
    Malformed = -7,
    /// The module does not validate (specification chapter 3).
    Invalid = -8,
    /// The module uses a proposal that is off or not built in.
    Unsupported = -9,
    /// An import is missing or has another type (specification section 4.5.3).
    Link = -10,
    /// Argument or result types do not match the function's type.
    Type = -11,
    /// An access lies outside a memory or table.
    Bounds = -12,
    /// No export has that name.
    NotFound = -13,
    /// The guest trapped; `Error::reason` says why.
    Trap = -14,
    /// The guest ended itself; the exit code is in `Error::detail`.
    Exit = -15,
}

impl Status {
    /// The name as spelled in the C header, for messages.
    #[must_use]
    pub const fn name(self) -> &'static CStr {
        match self {
            Status::Ok => c"WRT_OK",
            Status::Pending => c"WRT_PENDING",
            Status::Fuel => c"WRT_FUEL",
            Status::Interrupted => c"WRT_INTERRUPTED",
            Status::Arg => c"WRT_E_ARG",
            Status::State => c"WRT_E_STATE",
            Status::Handle => c"WRT_E_HANDLE",
            Status::Version => c"WRT_E_VERSION",
            Status::Arena => c"WRT_E_ARENA",
            Status::Budget => c"WRT_E_BUDGET",
            Status::Malformed => c"WRT_E_MALFORMED",
            Status::Invalid => c"WRT_E_INVALID",
            Status::Unsupported => c"WRT_E_UNSUPPORTED",
            Status::Link => c"WRT_E_LINK",
            Status::Type => c"WRT_E_TYPE",
            Status::Bounds => c"WRT_E_BOUNDS",
            Status::NotFound => c"WRT_E_NOT_FOUND",
            Status::Trap => c"WRT_E_TRAP",
            Status::Exit => c"WRT_E_EXIT",
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $num:literal, $status:ident, $text:literal;)*) => {
        /// Why something failed, as a stable number (`WRT_REASON_*`, below 100 `WRT_TRAP_*`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Reason { $($(#[$doc])* #[doc = $text] $name = $num,)* }

        impl Reason {
            /// Every reason, in the order of their numbers.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];

            /// The reason of a trap by its number; any other number is an internal error.
            pub(crate) fn from_trap(number: u16) -> Reason {
                match number {
                    $($num if $num < 100 => Reason::$name,)*
                    _ => Reason::Internal,
                }
            }
            /// The reason's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Reason::$name => stringify!($name),)* }
            }
        }

        /// What goes with each reason: a table, because the code of a `match` would be four times as long.
        static ABOUT: &[(Reason, Status, &CStr)] = &[$((Reason::$name, Status::$status, {
            // The literal and its NUL are one constant, so this cannot fail at run time.
            match CStr::from_bytes_with_nul(concat!($text, "\0").as_bytes()) {
                Ok(t) => t,
                Err(_) => c"",
            }
        }),)*];
    };
}

impl Reason {
    const fn about(self) -> (Status, &'static CStr) {
        let mut i = 0;
        while i < ABOUT.len() {
            if ABOUT[i].0 as u16 == self as u16 {
                return (ABOUT[i].1, ABOUT[i].2);
            }
            i += 1;
        }
        (Status::Trap, c"")
    }
    /// One sentence for a person: ASCII, static.
    #[must_use]
    pub const fn message(self) -> &'static CStr {
        self.about().1
    }
    /// The status that this reason comes with.
    #[must_use]
    pub const fn status(self) -> Status {
        self.about().0
    }
}

reasons! {
    None = 0, Ok, "no error";
    // ---- traps (1..99) ----
    Unreachable = 1, Trap, "unreachable executed";
    IntegerDivideByZero = 2, Trap, "integer divide by zero";
    IntegerOverflow = 3, Trap, "integer overflow";
    InvalidConversionToInteger = 4, Trap, "invalid conversion to integer";
    OutOfBoundsMemory = 5, Trap, "out of bounds memory access";
    OutOfBoundsTable = 6, Trap, "out of bounds table access";
    UndefinedElement = 7, Trap, "undefined element";
    UninitializedElement = 8, Trap, "uninitialized element";
    IndirectCallTypeMismatch = 9, Trap, "indirect call type mismatch";
    StackExhausted = 10, Trap, "call stack exhausted: the task's stack region or max_call_depth is used up";
    NullReference = 11, Trap, "null reference";
    HostTrap = 12, Trap, "trap raised by a host function";
    OutOfBoundsArray = 14, Trap, "out of bounds array access";
    CastFailure = 15, Trap, "cast failure";
    UnalignedAtomic = 30, Trap, "unaligned atomic";
    ExpectedSharedMemory = 31, Trap, "expected shared memory";
    WaitForever = 32, Trap, "an atomic wait without a timeout, and nobody is there who could end it";
    Internal = 13, Trap, "internal invariant broken; this is a defect of the engine";
    UncaughtException = 20, Trap, "an exception that nothing catches";
    HeapExhausted = 21, Trap, "no room is left in the heap region";
    CallRefused = 40, Trap, "call refused by an interceptor";
    // ---- binary format (100..199) ----
    UnexpectedEnd = 100, Malformed, "unexpected end of the module, section or function body";
    BadMagic = 101, Malformed, "magic header not detected: not a WebAssembly module";
    BadVersion = 102, Malformed, "unknown binary version";
    IntegerTooLong = 103, Malformed, "integer representation too long";
    IntegerTooLarge = 104, Malformed, "integer too large";
    MalformedSectionId = 105, Malformed, "malformed section id";
    SectionOrder = 106, Malformed, "section out of order or given twice";
    SectionSize = 107, Malformed, "section size mismatch";
    FunctionCodeCount = 108, Malformed, "function and code section have inconsistent lengths";
    DataCount = 109, Malformed, "data count and data section have inconsistent lengths";
    DataCountRequired = 110, Malformed, "data count section required";
    MalformedUtf8 = 111, Malformed, "malformed UTF-8 encoding";
    MalformedValType = 112, Malformed, "malformed value type";
    MalformedTypeForm = 113, Malformed, "malformed type form";
    MalformedImportKind = 114, Malformed, "malformed import kind";
    MalformedExportKind = 115, Malformed, "malformed export kind";
    MalformedMutability = 116, Malformed, "malformed mutability";
    MalformedLimits = 117, Malformed, "malformed limits flags";
    MalformedElemKind = 118, Malformed, "malformed element kind or segment flags";
    MalformedDataFlags = 119, Malformed, "malformed data segment flags";
    MalformedMemarg = 120, Malformed, "malformed memop flags";
    MalformedReserved = 121, Malformed, "zero byte expected";
    IllegalOpcode = 122, Malformed, "illegal opcode";
    EndExpected = 123, Malformed, "END opcode expected";
    TooManyLocalsMalformed = 124, Malformed, "too many locals: their count does not fit 32 bits";
    MisplacedElse = 126, Malformed, "ELSE without IF";
    MalformedPageSize = 140, Malformed, "invalid custom page size";
    ComponentNotModule = 125, Malformed, "this is a component, not a core module";
    MalformedCatch = 130, Malformed, "malformed catch clause, or one that is misplaced";
    ImageMagic = 150, Malformed, "not an image";
    ImageChecksum = 151, Malformed, "the image is damaged: its checksum is not that of its bytes";
    ImageDamaged = 152, Malformed, "the image is damaged: what stands there no build of the engine writes";
    // ---- validation (200..299) ----
    TypeMismatch = 200, Invalid, "type mismatch";
    UnknownType = 201, Invalid, "unknown type";
    UnknownFunction = 202, Invalid, "unknown function";
    UnknownTable = 203, Invalid, "unknown table";
    UnknownMemory = 204, Invalid, "unknown memory";
    UnknownGlobal = 205, Invalid, "unknown global";
    UnknownLocal = 206, Invalid, "unknown local";
    UnknownLabel = 207, Invalid, "unknown label";
    UnknownElemSegment = 208, Invalid, "unknown elem segment";
    UnknownDataSegment = 209, Invalid, "unknown data segment";
    AlignmentTooLarge = 210, Invalid, "alignment must not be larger than natural";
    OffsetOutOfRange = 211, Invalid, "offset out of range";
    GlobalIsImmutable = 212, Invalid, "global is immutable";
    ConstantExpressionRequired = 213, Invalid, "constant expression required";
    DuplicateExport = 214, Invalid, "duplicate export name";
    StartFunction = 215, Invalid, "start function must have type () -> ()";
    LimitsMinOverMax = 216, Invalid, "size minimum must not be greater than maximum";
    MemorySize = 217, Invalid, "memory size must be at most the address type's range";
    TableSize = 218, Invalid, "table size must be at most the address type's range";
    UndeclaredFunctionReference = 219, Invalid, "undeclared function reference";
    InvalidResultArity = 220, Invalid, "invalid result arity";
    Supertype = 221, Invalid, "sub type does not match its super type, or names more than one";
    TypeKind = 222, Invalid, "the type is of another kind: a function, structure or array type is expected";
    UninitializedLocal = 223, Invalid, "uninitialized local";
    FieldAccess = 224, Invalid, "unknown field, or a field that is immutable, packed or not packed";
    InvalidLaneIndex = 225, Invalid, "invalid lane index";
    UnknownTag = 230, Invalid, "unknown tag";
    TagResult = 231, Invalid, "non-empty tag result type";
    RethrowLabel = 232, Invalid, "invalid rethrow label: it is no catch clause's";
    InvalidPageSize = 240, Invalid, "invalid custom page size";
    SharedMemoryMaximum = 241, Invalid, "shared memory must have maximum";
    AtomicAlignment = 242, Invalid, "atomic alignment must be natural";
    // ---- proposals (300..399) ----
    ProposalOff = 300, Unsupported, "the module uses a proposal that is off; Error::detail is its bit in Proposals";
    ProposalUnknown = 301, Unsupported, "the module uses a feature that this build does not have";
    ImageFeature = 302, Unsupported, "images hold no references outside of tables, no exceptions, no objects and no types that name types";
    NotBuilt = 303, Unsupported, "this build of the library does not have what is asked for";
    // ---- load budget (400..499): need is what the module asks for ----
    LimitTypes = 400, Budget, "more types than LoadBudget::max_types";
    LimitFunctions = 401, Budget, "more functions than LoadBudget::max_functions";
    LimitImports = 402, Budget, "more imports than LoadBudget::max_imports";
    LimitExports = 403, Budget, "more exports than LoadBudget::max_exports";
    LimitGlobals = 404, Budget, "more globals than LoadBudget::max_globals";
    LimitTables = 405, Budget, "more tables than LoadBudget::max_tables";
    LimitMemories = 406, Budget, "more memories than LoadBudget::max_memories";
    LimitSegments = 407, Budget, "more segments than LoadBudget::max_segments";
    LimitParams = 408, Budget, "more parameters than LoadBudget::max_params";
    LimitResults = 409, Budget, "more results than LoadBudget::max_results";
    LimitLocals = 410, Budget, "more locals than LoadBudget::max_locals";
    LimitBlockDepth = 411, Budget, "blocks nest deeper than LoadBudget::max_block_depth";
    LimitOperands = 412, Budget, "more operands on the stack than LoadBudget::max_operands";
    LimitBodyBytes = 413, Budget, "a function body is longer than LoadBudget::max_body_bytes";
    LimitTableElements = 414, Budget, "a table has more elements than LoadBudget::max_table_elements";
    LimitMemoryBytes = 415, Budget, "memories are larger at least than LoadBudget::max_memory_bytes";
    LimitFrame = 416, Budget, "a function needs more than 65535 frame slots";
    LimitConstDepth = 417, Budget, "a constant expression nests deeper than the engine evaluates";
    LimitFields = 419, Budget, "more fields of a structure than LoadBudget::max_fields";
    LimitModuleBytes = 418, Budget, "the module needs more than 4 GiB of arena";
    LimitTags = 430, Budget, "more tags than LoadBudget::max_tags";
    // ---- arenas, handles, arguments (500..599) ----
    ArenaTooSmall = 500, Arena, "the arena is too small; need is the size in bytes that would have sufficed";
    ArenaMisaligned = 501, Arg, "the arena's base is not a multiple of 16 (WRT_ARENA_ALIGN)";
    NullPointer = 502, Arg, "a required pointer is null";
    StructSize = 503, Version, "struct_size is not one that this library knows";
    BadHandle = 504, Handle, "the handle does not name a live object";
    ArgumentCount = 505, Type, "the number of arguments or results is not that of the function's type";
    SignatureMismatch = 506, Type, "the signature is not that of the function's type";
    ExportNotFound = 507, NotFound, "no export has that name";
    ExportKind = 508, Type, "the export is of another kind";
    NotRunnable = 509, State, "the task has nothing to run";
    AlreadyRunning = 510, State, "the task is running or already started";
    NotPending = 511, State, "the task does not wait for a host call";
    NotFinished = 512, State, "the task has not finished";
    BadSignature = 513, Arg, "a signature string is not of the form (iIfFvrR)results";
    HostMemoryBounds = 514, Bounds, "the access lies outside the linear memory";
    UnknownIndex = 515, NotFound, "no object has that index";
    MemoryRegion = 516, Arena, "the lent linear memory is smaller than the module's minimum; need is that minimum in bytes";
    ForeignGroup = 517, Link, "instances of different groups cannot be linked; name one in the other's linked list";
    LoaderFinished = 518, State, "the loader has ended already; make another";
    TableRegion = 519, Bounds, "the access lies outside the table";
    GlobalAccess = 520, Type, "the global is immutable or of another type";
    ReferenceUnknown = 521, Type, "the number is neither null nor a reference to a function of the group";
    ImpossibleSize = 530, Arg, "a count, size or address that no object can have; need is the most if there is a limit";
    UnknownFlags = 531, Version, "a flag is set that this library does not know";
    ImageVersion = 534, Version, "the image was made for another build of the engine: make it again";
    ImageMisaligned = 535, Arg, "the image does not begin on a multiple of 16 bytes (WRT_ARENA_ALIGN)";
    ImageBorrows = 536, State, "the module borrows from its WebAssembly bytes: load it in pieces to make an image";
    GrowRefused = 532, Budget, "the memory or table cannot grow so far";
    NotStarted = 522, State, "the instance's start function runs in another task, or has trapped";
    HeapRegion = 540, Arena, "the group has no heap region, or one that is too small; need is the least in bytes";
    SchedulerFull = 560, Arena, "the scheduler has no place for another task; need is the size in bytes of one that has";
    AlreadyScheduled = 561, State, "the task is in the scheduler already";
    NotWatchable = 570, State, "a run is watched only over tasks that have not begun, in groups of at most four instances without shared memory; two tasks only without heap";
    ReplayDiverged = 562, State, "the run does not follow the decisions that were written down";
    // ---- linking (600..699) ----
    UnknownImport = 600, Link, "unknown import";
    IncompatibleImport = 601, Link, "incompatible import type";
    // ---- guest exit ----
    GuestExit = 700, Exit, "the guest ended itself";
}

/// An error as a value: small, `Copy`, no string built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// Why.
    pub reason: Reason,
    /// Function index (imports first), or [`NO_FUNC`].
    pub func: u32,
    /// Byte offset in the module where the item that failed starts; 0 where none applies.
    pub offset: u64,
    /// Bytes or count that would have sufficed; 0 where none applies.
    pub need: u64,
    /// Reason-specific: proposal bit, exit code, host detail, import index.
    pub detail: u64,
    /// One sentence; that of the reason unless a host function supplied its own.
    pub message: &'static CStr,
}

impl Error {
    /// An error with nothing but its reason.
    #[must_use]
    #[inline(never)]
    pub const fn new(reason: Reason) -> Self {
        Error { reason, func: NO_FUNC, offset: 0, need: 0, detail: 0, message: reason.message() }
    }
    /// The same with [`Error::need`] set.
    #[must_use]
    pub const fn need(mut self, need: u64) -> Self {
        self.need = need;
        self
    }
    /// The same with [`Error::offset`] set.
    #[must_use]
    pub const fn at(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }
    /// The same with [`Error::func`] set.
    #[must_use]
    pub const fn in_func(mut self, func: u32) -> Self {
        self.func = func;
        self
    }
    /// The same with [`Error::detail`] set.
    #[must_use]
    pub const fn detail(mut self, detail: u64) -> Self {
        self.detail = detail;
        self
    }
    /// The status that goes with the reason.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.reason.status()
    }
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Self {
        Error::new(reason)
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.message.to_str().unwrap_or("error"))?;
        if self.func != NO_FUNC {
            write!(f, " in function {}", self.func)?;
        }
        if self.offset != 0 {
            write!(f, " at offset {:#x}", self.offset)?;
        }
        if self.need != 0 {
            write!(f, " (needs {})", self.need)?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {}
