//! Real programs and small guests as wrt's users would run them: in lent memory, against host functions, with fuel.
//!
//! `programs` builds and lists what there is to run and asks the native twin for the right output; `host` is what the
//! programs import; `machine` lends the memory and drives the run. None of them knows how the engine works inside.

pub mod host;
pub mod machine;
pub mod programs;
pub mod region;
