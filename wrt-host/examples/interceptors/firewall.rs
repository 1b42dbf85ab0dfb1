//! An interceptor that lets a guest call the imports on a list and no others.

use core::cell::RefCell;
use std::collections::BTreeMap;
use wrt_core::{Crossing, CrossingKind, HostError, Interceptor, Value, Verdict, refusal};

/// Refuses calls of imports that are not on its list.
pub struct Firewall {
    allowed: Vec<(String, String)>,
    // What was decided of an import, by its numbers.
    decided: RefCell<BTreeMap<(u32, u32), bool>>,
}

impl Firewall {
    /// Allows these imports, by module and name; `*` stands for every name.
    pub fn new(allowed: &[(&str, &str)]) -> Self {
        let own = |(module, name): &(&str, &str)| ((*module).to_owned(), (*name).to_owned());
        Firewall { allowed: allowed.iter().map(own).collect(), decided: RefCell::default() }
    }

    fn allows(&self, call: &Crossing) -> bool {
        // A call through a table or reference names no import: nobody has put it on the list.
        call.import().is_some_and(|import| {
            let fits =
                |(module, name): &(String, String)| module == import.module && (name == "*" || name == import.name);
            self.allowed.iter().any(fits)
        })
    }
}

impl Interceptor for Firewall {
    fn before(&self, call: &Crossing, _: &mut [Value]) -> Result<Verdict, HostError> {
        if call.kind() == CrossingKind::Root {
            return Ok(Verdict::Proceed);
        }
        // Between instances the same function may be called through an import and without one.
        let allowed = if call.kind() == CrossingKind::Host {
            *self.decided.borrow_mut().entry((call.instance(), call.func())).or_insert_with(|| self.allows(call))
        } else {
            self.allows(call)
        };
        if allowed {
            return Ok(Verdict::Proceed);
        }
        Err(refusal(u64::from(call.func()), c"the firewall does not let the guest call this import"))
    }
}
