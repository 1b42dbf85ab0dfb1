//! Modules: their layout in an arena, their construction from bytes, and what can be asked of them.

pub(crate) mod build;
pub(crate) mod layout;
