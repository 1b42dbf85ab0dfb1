//! What operations do with the fields of their words, as `isa/roles.rs` reads it off their bodies.
//!
//! Owns the reading of the generated lists. Knows nothing of what is allowed.

#[path = "../../isa/role_list.rs"]
mod role_list;

include!(concat!(env!("OUT_DIR"), "/roles.rs"));

/// Numbers one after the other, as names.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $each:ident)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($(#[$of])* $each),* }

        impl $name {
            const ALL: &'static [$name] = &[$($name::$each),*];

            fn of(number: u16) -> Option<Self> {
                Self::ALL.get(number as usize).copied()
            }
        }
    };
}

role_list::with_roles!(numbered);

/// One role of an operation: what, with which field, and the number that goes with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub(super) role: Role,
    pub(super) at: At,
    pub(super) n: u32,
}

/// The roles of an operation that is no pair; none for a number that is no operation's.
pub(super) fn roles(op: u16) -> impl Iterator<Item = Use> {
    // A number without a list is as good as one that is refused.
    let refused = USES.get(..0);
    let list = FIRST_USE.get(op as usize).map_or(refused, |&first| USES.get(first as usize..));
    let known = FIRST_USE.get(op as usize).is_some();
    let unknown = (!known).then_some(Use { role: Role::Refused, at: At::None, n: 0 });
    let uses = list.unwrap_or(&[]).iter().map_while(|&word| match Role::of(word & 31) {
        Some(Role::End) => None,
        role => Some(Use {
            role: role.unwrap_or(Role::Refused),
            at: At::of(word >> 5 & 31).unwrap_or(At::None),
            n: (word >> 10) as u32,
        }),
    });
    unknown.into_iter().chain(uses)
}
