//! What the engine's tests share: watched memory, loading in two ways, running, the official
//! suite, counters that replay fuel independently.
//!
//! Owns no expectations of its own: these come from the official suite, from `wasmparser`, or from
//! running the same program in another way. Knows the engine by its public interface only.

pub mod counted;
pub mod damage;
pub mod engine;
#[cfg(feature = "full")]
pub mod faults;
pub mod features;
pub mod guests;
pub mod region;
pub mod requirements;
pub mod smith;
pub mod spec;
pub mod stops;
pub mod tries;
