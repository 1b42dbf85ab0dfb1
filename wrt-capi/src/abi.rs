//! The structs of the C ABI, field by field as `include/wrt.h` declares them.
//!
//! Owns their layout. A struct that begins with `struct_size` may grow at its end: `sizes` keeps every
//! size that was ever published. Knows nothing of what the functions do with them.

use crate::shared::wrt_waiter;
use crate::status::wrt_status;
use core::ffi::{c_char, c_void};

/// Raised when a program compiled against an older header would misbehave.
pub const WRT_ABI_VERSION: u32 = 1;
/// Alignment in bytes of every arena's base.
pub const WRT_ARENA_ALIGN: u32 = 16;

const _: () = assert!(WRT_ARENA_ALIGN as usize == wrt_core::ARENA_ALIGN);

/// Borrowed bytes. ptr may be NULL when len is 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_bytes {
    /// The first byte.
    pub ptr: *const u8,
    /// How many.
    pub len: usize,
}

impl wrt_bytes {
    pub(crate) const EMPTY: Self = wrt_bytes { ptr: core::ptr::null(), len: 0 };

    pub(crate) fn of(bytes: &[u8]) -> Self {
        wrt_bytes { ptr: bytes.as_ptr(), len: bytes.len() }
    }
}

/// Memory lent by the caller, as a cursor: base is the first byte not yet taken, a multiple of
/// WRT_ARENA_ALIGN; size counts the bytes from there. Constructors take from the front; on failure
/// the cursor is unchanged. Nothing is freed one by one: to release, assign a saved copy back,
/// newest first. Bytes beyond the cursor may be used as scratch by any call that is given the arena.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_arena {
    /// First byte not yet taken.
    pub base: *mut c_void,
    /// Bytes from there on.
    pub size: usize,
}

/// A number or reference; its type is that of the parameter, result, global or table it meets.
#[repr(C)]
#[derive(Clone, Copy)]
pub union wrt_value {
    /// i32
    pub i32: i32,
    /// i64
    pub i64: i64,
    /// f32
    pub f32: f32,
    /// f64
    pub f64: f64,
    /// funcref or externref; 0 is null. An externref is any number of the embedder's, a funcref one
    /// that the library gave.
    pub r#ref: u64,
    /// v128
    pub v128: [u8; 16],
}

const _: () = assert!(size_of::<wrt_value>() == size_of::<wrt_core::Value>());
const _: () = assert!(align_of::<wrt_value>() == align_of::<wrt_core::Value>());

/// What went wrong, where, and what would have sufficed. Start with WRT_ERROR_INIT. Every function
/// that takes one accepts NULL, and writes it on success too.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_error {
    /// sizeof(wrt_error)
    pub struct_size: u32,
    /// What the call returned.
    pub status: wrt_status,
    /// Stable number WRT_TRAP_* or WRT_REASON_*.
    pub reason: u32,
    /// Function index, imports first, or UINT32_MAX.
    pub func: u32,
    /// Byte offset in the module where the item that failed starts.
    pub offset: u64,
    /// Bytes or count that would have sufficed; 0 where none applies.
    pub need: u64,
    /// Proposal bit, exit code, the host function's own number, or number of the import.
    pub detail: u64,
    /// One sentence: static, ASCII, NUL-terminated, never NULL.
    pub message: *const c_char,
}

/// What a module may ask for; start with wrt_load_budget_default. Exceeding a field gives
/// WRT_E_BUDGET and a reason WRT_REASON_LIMIT_*.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_load_budget {
    /// sizeof(wrt_load_budget)
    pub struct_size: u32,
    /// WRT_PROPOSAL_* that are on.
    pub proposals: u32,
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
    /// Element segments and data segments, each.
    pub max_segments: u32,
    /// Parameters of a function or block.
    pub max_params: u32,
    /// Results of a function or block.
    pub max_results: u32,
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
    /// Written as 0, not read.
    pub reserved: u32,
    /// Bytes of the module's own memories at their minimum, in sum.
    pub max_memory_bytes: u64,
    /// Elements reserved for a table that declares no maximum; 0 reserves its minimum alone.
    pub table_reserve: u32,
    /// Written as 0, not read.
    pub reserved2: u32,
    /// Tags, imports included.
    pub max_tags: u32,
    /// Fields of a structure type.
    pub max_fields: u32,
}

/// What one run may spend.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_run_budget {
    /// sizeof(wrt_run_budget)
    pub struct_size: u32,
    /// Frames that may be active at once; one more is WRT_TRAP_STACK_EXHAUSTED.
    pub max_call_depth: u32,
    /// Fuel of this run, one per WebAssembly operator; UINT64_MAX = unmetered.
    pub fuel: u64,
    /// Bytes to which linear memories may grow in sum; beyond it memory.grow gives -1.
    pub max_memory_bytes: u64,
}

/// What a module needs, in bytes: exact, not an estimate.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_plan {
    /// sizeof(wrt_plan)
    pub struct_size: u32,
    /// Written as 0.
    pub reserved: u32,
    /// Needed in the module's arena during the load beyond module, and given back.
    pub load_scratch: usize,
    /// Taken from the module's arena.
    pub module: usize,
    /// Taken from the instance's arena, tables at their ceilings included.
    pub instance: usize,
    /// The part of instance that table elements take.
    pub table_max: usize,
    /// Least stack arena for the deepest chain of calls; 0 = calls recurse, no bound exists.
    pub stack_min: usize,
    /// Linear memories at their minimum.
    pub memory_min: u64,
    /// Linear memories at their declared maximum; 0 when one declares none.
    pub memory_max: u64,
    /// Least heap region for a group of an instance of this module alone: what describes its types and
    /// tags, and the objects that its constant expressions make. 0 = none is needed. What the code makes
    /// is beyond it.
    pub heap_min: u64,
}

/// What a task has used since it was made or reset.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_usage {
    /// sizeof(wrt_usage)
    pub struct_size: u32,
    /// Most frames active at once.
    pub call_depth_peak: u32,
    /// Operators executed, bulk elements included.
    pub fuel_used: u64,
    /// Most bytes of the stack arena in use at once.
    pub stack_peak: u64,
    /// Bytes of the instance's linear memories now.
    pub memory_bytes: u64,
}

/// A module: validated, translated, immutable. Any number of threads may share it.
pub struct wrt_module {
    _opaque: (),
}

/// An instance. It and its tasks are used by one thread at a time.
pub struct wrt_instance {
    _opaque: (),
}

/// One call stack, running or stopped.
pub struct wrt_task {
    _opaque: (),
}

/// The guest's side of one host call, valid until the host function returns. Only NULL is told from a
/// handle here: pass on what the host function was given.
pub struct wrt_caller {
    _opaque: (),
}

/// A memory that threads share. It and the functions for it may be used by any thread, also at the same time.
pub struct wrt_shared_memory {
    _opaque: (),
}

/// A module being loaded piece by piece.
pub struct wrt_loader {
    _opaque: (),
}

/// A function of an instance.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_func {
    /// Number of the instance in its group.
    pub instance: u32,
    /// Index of the function, imports first.
    pub index: u32,
}

/// A tag of an instance: what exceptions of one kind have in common.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_tag {
    /// Number of the instance in its group.
    pub instance: u32,
    /// Index of the tag, imports first.
    pub index: u32,
}

/// A function of the embedder that a guest may call. slots holds the parameters on entry and takes
/// the results. Returns WRT_OK; WRT_PENDING to park the task until wrt_task_complete; the result of
/// wrt_caller_trap, wrt_caller_exit or wrt_caller_throw to end the call; every other value is a trap.
pub type wrt_host_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, caller: *mut wrt_caller, slots: *mut wrt_value) -> wrt_status>;

/// A host function with its name and signature. sig is "(" parameters ")" results, one letter
/// each: i i32, I i64, f f32, F f64, v v128, r funcref, R externref; NULL fits every type.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_host_func {
    /// Name of the import.
    pub name: *const c_char,
    /// Signature, checked against the import's type.
    pub sig: *const c_char,
    /// The function.
    pub r#fn: wrt_host_fn,
}

/// Host functions under one module name, with their user data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_host_module {
    /// Module name of the imports.
    pub name: *const c_char,
    /// Its functions.
    pub funcs: *const wrt_host_func,
    /// How many.
    pub nfuncs: usize,
    /// Passed to each of them; what it points to must outlive the instance, as must the functions.
    pub user: *mut c_void,
}

/// An instance whose exports satisfy imports of this module name.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_named_instance {
    /// Module name of the imports.
    pub name: *const c_char,
    /// The instance that exports them; it must outlive the importing one.
    pub instance: *mut wrt_instance,
}

/// A shared memory that satisfies the import of this name; other imports of the name are not its.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_named_memory {
    /// Module name of the import.
    pub module: *const c_char,
    /// Its name.
    pub name: *const c_char,
    /// The memory; it must outlive the instance.
    pub memory: *const wrt_shared_memory,
}

/// The lent linear memory is all zeros already, so that nothing need clear it.
pub const WRT_MEMORY_ZEROED: u32 = 1;
/// Memories that one instance may be lent separately (wrt_instance_config.nmemories).
pub const WRT_MAX_LENT_MEMORIES: u32 = 16;
/// Instances that one instance may be linked to (wrt_instance_config.nlinked).
pub const WRT_MAX_LINKED: u32 = 64;

/// What an instance is made with. The arrays and strings are read during the call only; the waiter is lent.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_instance_config {
    /// sizeof(wrt_instance_config)
    pub struct_size: u32,
    /// WRT_MEMORY_ZEROED or 0.
    pub flags: u32,
    /// Host functions, searched before linked instances.
    pub hosts: *const wrt_host_module,
    /// How many.
    pub nhosts: usize,
    /// Other instances, at most WRT_MAX_LINKED.
    pub linked: *const wrt_named_instance,
    /// How many.
    pub nlinked: usize,
    /// Linear memory, reserved to its ceiling: its base never moves. Shared out among the module's
    /// own memories: each its minimum, then in turn its declared maximum or all that is left.
    pub memory: wrt_arena,
    /// Bytes that the memories may reach in sum; 0 = all that is lent.
    pub memory_ceiling: u64,
    /// One arena for each of the module's own memories, instead of memory; may be NULL.
    pub memories: *const wrt_arena,
    /// How many, at most WRT_MAX_LENT_MEMORIES.
    pub nmemories: usize,
    /// Where the exceptions and objects of the group lie: the first that is given counts for the whole
    /// group, and is taken whole, up to 4 GiB. A module that has tags, structures or arrays needs one of
    /// wrt_plan.heap_min bytes at least.
    pub heap: wrt_arena,
    /// Shared memories, searched before linked instances.
    pub shared: *const wrt_named_memory,
    /// How many.
    pub nshared: usize,
    /// Lets guests wait at the shared memories that the module defines; NULL for nobody. It must remain
    /// as it is while the instance lives.
    pub waiter: *const wrt_waiter,
}

/// A linear memory as it is now. base stays; len changes with growth.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_memory {
    /// Byte 0.
    pub base: *mut u8,
    /// Bytes now.
    pub len: u64,
    /// Bytes it may grow to.
    pub ceiling: u64,
}

/// One frame of a backtrace.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_frame {
    /// Function index, imports first.
    pub func: u32,
    /// Byte offset from the start of the function's body.
    pub func_offset: u32,
    /// Byte offset in the module.
    pub module_offset: u64,
    /// The function's name in the name section; empty if it has none.
    pub name: wrt_bytes,
    /// Number of the instance in its group.
    pub instance: u32,
    /// Written as 0.
    pub reserved: u32,
}

/// wrt_extern.kind: a function.
pub const WRT_EXTERN_FUNC: u32 = 0;
/// wrt_extern.kind: a table.
pub const WRT_EXTERN_TABLE: u32 = 1;
/// wrt_extern.kind: a memory.
pub const WRT_EXTERN_MEMORY: u32 = 2;
/// wrt_extern.kind: a global.
pub const WRT_EXTERN_GLOBAL: u32 = 3;
/// wrt_extern.kind: a tag of exceptions.
pub const WRT_EXTERN_TAG: u32 = 4;
/// wrt_extern.flags: the global is mutable.
pub const WRT_EXTERN_MUTABLE: u32 = 1;
/// wrt_extern.flags: the table or memory is indexed by i64.
pub const WRT_EXTERN_INDEX64: u32 = 2;

/// wrt_extern.flags: threads may share the memory.
pub const WRT_EXTERN_SHARED: u32 = 4;

/// One import or export of a module.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_extern {
    /// sizeof(wrt_extern)
    pub struct_size: u32,
    /// WRT_EXTERN_FUNC, _TABLE, _MEMORY, _GLOBAL or _TAG.
    pub kind: u32,
    /// Index in the index space of its kind.
    pub index: u32,
    /// WRT_EXTERN_MUTABLE, WRT_EXTERN_INDEX64, WRT_EXTERN_SHARED.
    pub flags: u32,
    /// Signature letter of a global's or a table element's type; 0 for others.
    pub value_type: u32,
    /// Bytes in a page of a memory; 0 for others.
    pub page_size: u32,
    /// Module name of an import; empty for an export. UTF-8, not NUL-terminated, like name.
    pub module: wrt_bytes,
    /// Name; may hold NUL bytes.
    pub name: wrt_bytes,
    /// Least pages of a memory, least elements of a table.
    pub min: u64,
    /// Most pages or elements; UINT64_MAX if none is declared.
    pub max: u64,
}

/// The host call that a task waits for, or the call that an interceptor has delayed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_pending {
    /// sizeof(wrt_pending)
    pub struct_size: u32,
    /// Number of the calling instance in its group; of the called one if a call between instances is delayed.
    pub instance: u32,
    /// Index of the function in that instance; UINT32_MAX where no function was called but
    /// the guest waits at a shared memory: complete with one i32, 0 when woken, 2 when its time is over.
    pub func: u32,
    /// Results that wrt_task_complete expects.
    pub nresults: u32,
    /// Module name of the import.
    pub module: wrt_bytes,
    /// Its name.
    pub name: wrt_bytes,
    /// 1 if an interceptor has delayed the call, so that it has not been made: see wrt_task_proceed.
    pub delayed: u32,
    /// Written as 0.
    pub reserved: u32,
}
