//! Compares wrt with independent engines on generated modules, and with itself: whole against piecewise loading, one
//! back end against the other, one run against many fuel slices.
//!
//! Owns the generator's settings and what counts as equal. Nothing here is wrt's own idea of the right answer: accept
//! or refuse comes from `wasmparser`, results come from `wasmi` or `wasmtime`, and the rest is wrt against wrt.
#![allow(missing_docs, reason = "a tool of the tests: names say what fields hold")]

pub mod accept;
pub mod case;
pub mod code;
pub mod execute;
#[path = "../../src/features.rs"]
pub mod features;
pub mod generate;
pub mod host;
pub mod load;
pub mod observe;
pub mod on_wasmi;
#[cfg(feature = "wasmtime")]
pub mod on_wasmtime;
pub mod on_wrt;
pub mod region;
pub mod shape;
pub mod slices;
pub mod wrap;

pub use case::{Checks, Failure, Oracle, Tally, check};
