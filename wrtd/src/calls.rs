//! How often a guest has called the host.
//!
//! Owns the count. Calls that an interceptor or a safety level holds back count once, when they are made.

use core::cell::Cell;
use std::rc::Rc;
use wrt_host::HostImport;

/// A count that goes on while the guest runs.
#[derive(Clone, Debug, Default)]
pub struct HostCalls(Rc<Cell<u64>>);

impl HostCalls {
    /// Calls so far.
    pub fn count(&self) -> u64 {
        self.0.get()
    }
    /// The same functions, each call of which is counted.
    pub fn counted(&self, imports: Vec<HostImport>) -> Vec<HostImport> {
        let one = |HostImport { module, name, call }: HostImport| {
            let count = self.0.clone();
            let call: wrt_host::Closure = Box::new(move |caller, slots| {
                count.set(count.get().saturating_add(1));
                call(caller, slots)
            });
            HostImport { module, name, call }
        };
        imports.into_iter().map(one).collect()
    }
}
