//! A stand-in for the executor.
/// Bytes of a task before its first frame.
pub(crate) const TASK_HEADER_BYTES: u64 = 256;
