//! What the embedder gives for an import, and whether that matches the import's type.
//!
//! Owns [`Imports`] and the matching of external types (specification section 3.3, *matching*).
//! Knows nothing of how an instance stores what it was given.

use crate::error::Reason;
use crate::module::Import;
use crate::runtime::host::HostFunc;
use crate::runtime::instance::Instance;
use crate::runtime::shared::SharedMemory;
use crate::runtime::signature;
use crate::types::{ExternType, Limits, MemoryType};

/// What an import is resolved to (specification section 4.2.11, *external values*).
#[derive(Clone, Copy, Debug)]
pub enum Extern<'a> {
    /// A function of the embedder.
    Host(HostFunc<'a>),
    /// The export of this number of another instance: a function, table, memory, global or tag.
    Instance(Instance<'a>, u32),
    /// A shared memory: the embedder's, or that of an instance which may run in another thread.
    SharedMemory(SharedMemory<'a>),
}

/// Resolves imports by name.
///
/// Asked once for each import, in the module's order, while an instance is made.
pub trait Imports<'a> {
    /// What the import is to be bound to; `None` where there is nothing of that name.
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>>;
}

/// Resolves nothing: for modules without imports.
impl<'a> Imports<'a> for () {
    fn resolve(&self, _import: &Import<'_>) -> Option<Extern<'a>> {
        None
    }
}

/// Module name, name, and what stands under them; the first match counts.
impl<'a> Imports<'a> for &[(&str, &str, Extern<'a>)] {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>> {
        self.iter().find(|(module, name, _)| *module == import.module && *name == import.name).map(|(_, _, e)| *e)
    }
}

/// The same for an array.
impl<'a, const N: usize> Imports<'a> for [(&str, &str, Extern<'a>); N] {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>> {
        self.as_slice().resolve(import)
    }
}

/// Whether a function of the embedder can stand for an import of this type.
///
/// # Errors
/// [`Reason::IncompatibleImport`]; [`Reason::BadSignature`] for a signature of another form.
pub(crate) fn match_host(import: &ExternType<'_>, host: &HostFunc<'_>) -> Result<(), Reason> {
    let ExternType::Func(ty) = import else {
        return Err(Reason::IncompatibleImport);
    };
    match host.sig().map(|sig| signature::check(sig, ty)) {
        None | Some(Ok(())) => Ok(()),
        Some(Err(Reason::SignatureMismatch)) => Err(Reason::IncompatibleImport),
        Some(Err(other)) => Err(other),
    }
}

/// Limits match when those given lie within those asked for; `given.min` is the size at present.
pub(crate) fn match_limits(import: Limits, given: Limits) -> bool {
    // `u64::MAX` stands for no maximum, so that one comparison covers both cases.
    given.min >= import.min && given.max <= import.max
}

/// Tables match by index type and limits, and by their elements' type.
pub(crate) fn match_table(import: (Limits, bool), given: (Limits, bool)) -> bool {
    import.1 == given.1 && match_limits(import.0, given.0)
}

/// Memories match by address type, page size, whether they are shared, and limits.
pub(crate) fn match_memory(import: &MemoryType, given: &MemoryType) -> bool {
    import.is64 == given.is64
        && import.page_log2 == given.page_log2
        && import.shared == given.shared
        && match_limits(import.limits, given.limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        let l = |min, max| Limits { min, max };
        let none = u64::MAX;
        assert!(match_limits(l(1, none), l(1, none)));
        assert!(match_limits(l(1, none), l(2, 3)));
        assert!(match_limits(l(1, 3), l(1, 3)));
        assert!(!match_limits(l(1, 3), l(1, 4)));
        assert!(!match_limits(l(1, 3), l(1, none)));
        assert!(!match_limits(l(2, none), l(1, none)));
    }
}
