//! Status numbers, their names, and what this build of the library is.
//!
//! Owns the constants that the header spells; each is checked against `wrt-core`'s enum when the
//! crate is compiled.

use crate::reasons::spelling;
use core::ffi::c_char;
use wrt_core::{Proposals, Status};

/// What a call came to: 0 done, above 0 not finished, below 0 an error. An integer, so that its
/// width does not depend on the compiler.
pub type wrt_status = i32;

/// Finished.
pub const WRT_OK: wrt_status = 0;
/// A host call has not completed: wrt_task_complete, then wrt_task_run.
pub const WRT_PENDING: wrt_status = 1;
/// The run budget is spent; wrt_task_run continues.
pub const WRT_FUEL: wrt_status = 2;
/// wrt_task_interrupt was seen; wrt_task_run continues.
pub const WRT_INTERRUPTED: wrt_status = 3;
/// An argument is out of its domain: null, misaligned, impossible count.
pub const WRT_E_ARG: wrt_status = -1;
/// The object is not in the state that the call needs.
pub const WRT_E_STATE: wrt_status = -2;
/// A handle does not name a live object of its kind.
pub const WRT_E_HANDLE: wrt_status = -3;
/// A struct_size, a flag or an ABI version is unknown to this library.
pub const WRT_E_VERSION: wrt_status = -4;
/// An arena is too small; wrt_error.need is the size in bytes that suffices.
pub const WRT_E_ARENA: wrt_status = -5;
/// The module asks for more than the budget; wrt_error.need is what it asks for.
pub const WRT_E_BUDGET: wrt_status = -6;
/// The bytes do not follow the binary format (specification chapter 5).
pub const WRT_E_MALFORMED: wrt_status = -7;
/// The module does not validate (specification chapter 3).
pub const WRT_E_INVALID: wrt_status = -8;
/// The module uses a proposal that is off or not built in.
pub const WRT_E_UNSUPPORTED: wrt_status = -9;
/// An import is missing or has another type; wrt_error.detail is the import's number.
pub const WRT_E_LINK: wrt_status = -10;
/// Argument or result types, or a signature, do not match.
pub const WRT_E_TYPE: wrt_status = -11;
/// An access lies outside a memory or table.
pub const WRT_E_BOUNDS: wrt_status = -12;
/// Nothing has that name or index.
pub const WRT_E_NOT_FOUND: wrt_status = -13;
/// The guest trapped; wrt_error.reason says why.
pub const WRT_E_TRAP: wrt_status = -14;
/// The guest ended itself; its exit code is in wrt_error.detail.
pub const WRT_E_EXIT: wrt_status = -15;

/// Every status, to look numbers up.
const ALL: [Status; 19] = [
    Status::Ok,
    Status::Pending,
    Status::Fuel,
    Status::Interrupted,
    Status::Arg,
    Status::State,
    Status::Handle,
    Status::Version,
    Status::Arena,
    Status::Budget,
    Status::Malformed,
    Status::Invalid,
    Status::Unsupported,
    Status::Link,
    Status::Type,
    Status::Bounds,
    Status::NotFound,
    Status::Trap,
    Status::Exit,
];

const _: () = {
    let spelled = [
        WRT_OK,
        WRT_PENDING,
        WRT_FUEL,
        WRT_INTERRUPTED,
        WRT_E_ARG,
        WRT_E_STATE,
        WRT_E_HANDLE,
        WRT_E_VERSION,
        WRT_E_ARENA,
        WRT_E_BUDGET,
        WRT_E_MALFORMED,
        WRT_E_INVALID,
        WRT_E_UNSUPPORTED,
        WRT_E_LINK,
        WRT_E_TYPE,
        WRT_E_BOUNDS,
        WRT_E_NOT_FOUND,
        WRT_E_TRAP,
        WRT_E_EXIT,
    ];
    let mut i = 0;
    while i < spelled.len() {
        assert!(spelled[i] == ALL[i] as i32);
        i += 1;
    }
};

/// Sign-extension operators.
pub const WRT_PROPOSAL_SIGN_EXTENSION: u32 = 1;
/// Float-to-integer conversions that saturate.
pub const WRT_PROPOSAL_SATURATING_FLOAT_TO_INT: u32 = 2;
/// Multiple results and block parameters.
pub const WRT_PROPOSAL_MULTI_VALUE: u32 = 4;
/// funcref, externref and table operators.
pub const WRT_PROPOSAL_REFERENCE_TYPES: u32 = 8;
/// Bulk memory and table operators, passive segments.
pub const WRT_PROPOSAL_BULK_MEMORY: u32 = 16;
/// Import and export of mutable globals.
pub const WRT_PROPOSAL_MUTABLE_GLOBALS: u32 = 32;
/// return_call and return_call_indirect.
pub const WRT_PROPOSAL_TAIL_CALL: u32 = 64;
/// Integer arithmetic in constant expressions.
pub const WRT_PROPOSAL_EXTENDED_CONST: u32 = 128;
/// More than one memory.
pub const WRT_PROPOSAL_MULTI_MEMORY: u32 = 256;
/// 64-bit memories and tables.
pub const WRT_PROPOSAL_MEMORY64: u32 = 512;
/// Tags, throw, throw_ref, try_table.
pub const WRT_PROPOSAL_EXCEPTION_HANDLING: u32 = 4096;
/// try, catch, catch_all, delegate, rethrow; needs WRT_PROPOSAL_EXCEPTION_HANDLING too.
pub const WRT_PROPOSAL_LEGACY_EXCEPTIONS: u32 = 32768;
/// Shared memories and atomic operators. Off by default.
pub const WRT_PROPOSAL_THREADS: u32 = 1 << 16;
/// Memories whose pages are bytes. Off by default.
pub const WRT_PROPOSAL_CUSTOM_PAGE_SIZES: u32 = 1 << 17;
/// 128-bit integer arithmetic in halves. Off by default.
pub const WRT_PROPOSAL_WIDE_ARITHMETIC: u32 = 1 << 18;
/// Hints for branches are checked and kept. Off by default.
pub const WRT_PROPOSAL_BRANCH_HINTING: u32 = 1 << 19;

const _: () = {
    assert!(WRT_PROPOSAL_SIGN_EXTENSION == Proposals::SIGN_EXTENSION.0);
    assert!(WRT_PROPOSAL_SATURATING_FLOAT_TO_INT == Proposals::SATURATING_FLOAT_TO_INT.0);
    assert!(WRT_PROPOSAL_MULTI_VALUE == Proposals::MULTI_VALUE.0);
    assert!(WRT_PROPOSAL_REFERENCE_TYPES == Proposals::REFERENCE_TYPES.0);
    assert!(WRT_PROPOSAL_BULK_MEMORY == Proposals::BULK_MEMORY.0);
    assert!(WRT_PROPOSAL_MUTABLE_GLOBALS == Proposals::MUTABLE_GLOBALS.0);
    assert!(WRT_PROPOSAL_TAIL_CALL == Proposals::TAIL_CALL.0);
    assert!(WRT_PROPOSAL_EXTENDED_CONST == Proposals::EXTENDED_CONST.0);
    assert!(WRT_PROPOSAL_MULTI_MEMORY == Proposals::MULTI_MEMORY.0);
    assert!(WRT_PROPOSAL_MEMORY64 == Proposals::MEMORY64.0);
    assert!(WRT_PROPOSAL_EXCEPTION_HANDLING == Proposals::EXCEPTION_HANDLING.0);
    assert!(WRT_PROPOSAL_LEGACY_EXCEPTIONS == Proposals::LEGACY_EXCEPTIONS.0);
    assert!(WRT_PROPOSAL_THREADS == Proposals::THREADS.0);
    assert!(WRT_PROPOSAL_CUSTOM_PAGE_SIZES == Proposals::CUSTOM_PAGE_SIZES.0);
    assert!(WRT_PROPOSAL_WIDE_ARITHMETIC == Proposals::WIDE_ARITHMETIC.0);
    assert!(WRT_PROPOSAL_BRANCH_HINTING == Proposals::BRANCH_HINTING.0);
};

/// The ABI that this library speaks; compare with WRT_ABI_VERSION before the first other call.
#[unsafe(no_mangle)]
pub extern "C" fn wrt_abi_version() -> u32 {
    crate::abi::WRT_ABI_VERSION
}

/// What this library was built with: WRT_PROPOSAL_* in the lower 32 bits, WRT_FEATURE_* above.
#[unsafe(no_mangle)]
pub extern "C" fn wrt_features() -> u64 {
    u64::from(Proposals::BUILT.0) | crate::task::backend_features()
}

/// The name of a status, such as "WRT_E_TRAP"; "unknown status" for other numbers. Static, never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn wrt_status_name(s: wrt_status) -> *const c_char {
    ALL.iter().find(|known| **known as i32 == s).map_or(c"unknown status", |known| known.name()).as_ptr()
}

/// The name of a reason, such as "WRT_TRAP_UNREACHABLE"; "unknown reason" for other numbers. Static,
/// never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn wrt_reason_name(reason: u32) -> *const c_char {
    spelling(reason).unwrap_or(c"unknown reason").as_ptr()
}
