//! An interceptor that counts calls by the function that is called.

use core::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wrt_core::{Crossing, HostError, Interceptor, Value, Verdict};

/// Calls made and returned, by name.
#[derive(Clone, Default)]
pub struct CallCounter {
    // By numbers, which cost nothing to tell; names are looked up once.
    calls: Rc<RefCell<BTreeMap<(u32, u32), Count>>>,
}

/// What is known of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Name of the import that it was first called through; empty for a call of the embedder.
    pub name: String,
    /// How often it was called, and how often it returned.
    pub called: u64,
    /// Those that did not trap.
    pub returned: u64,
}

impl CallCounter {
    /// The counts, by instance and function.
    pub fn counts(&self) -> Vec<Count> {
        self.calls.borrow().values().cloned().collect()
    }
}

impl Interceptor for CallCounter {
    fn before(&self, call: &Crossing, _: &mut [Value]) -> Result<Verdict, HostError> {
        let mut calls = self.calls.borrow_mut();
        let count = calls.entry((call.instance(), call.func())).or_insert_with(|| Count {
            name: call.import().map_or(String::new(), |i| format!("{}.{}", i.module, i.name)),
            ..Count::default()
        });
        count.called += 1;
        Ok(Verdict::Proceed)
    }
    fn after(&self, call: &Crossing, _: &mut [Value]) -> Result<(), HostError> {
        if let Some(count) = self.calls.borrow_mut().get_mut(&(call.instance(), call.func())) {
            count.returned += 1;
        }
        Ok(())
    }
}
