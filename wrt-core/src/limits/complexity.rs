//! The measure of complexity, and what each safety level allows.
//!
//! Owns the definition. The pass over a binary that takes the measure is in `wrt-host`.
//!
//! *Module*: 1, and 1 more for each trait ([`ModuleTrait`]) by which something about the module is known
//! only when it runs. *Component*: how deeply components nest, 1 for a component without others inside;
//! 0 for a core module.

use super::Asil;

/// Something about a module that is known only when it runs; each adds 1 to its complexity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ModuleTrait {
    /// Which function is called: the code calls through tables or references.
    IndirectCalls = 0,
    /// How deep calls nest: functions call each other in a circle.
    Recursion = 1,
    /// How much memory is used: the code has `memory.grow` or `table.grow`.
    Growth = 2,
    /// Where execution goes on: the code throws or catches exceptions.
    Exceptions = 3,
    /// What lives: the code makes structures or arrays, which a collector frees.
    Collection = 4,
    /// Who else writes: a memory is shared.
    Sharing = 5,
}

impl ModuleTrait {
    /// Every trait, in the order of their numbers.
    pub const ALL: [ModuleTrait; 6] = [
        ModuleTrait::IndirectCalls,
        ModuleTrait::Recursion,
        ModuleTrait::Growth,
        ModuleTrait::Exceptions,
        ModuleTrait::Collection,
        ModuleTrait::Sharing,
    ];

    /// One or two words for a person.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ModuleTrait::IndirectCalls => "indirect calls",
            ModuleTrait::Recursion => "recursion",
            ModuleTrait::Growth => "growth",
            ModuleTrait::Exceptions => "exceptions",
            ModuleTrait::Collection => "collection",
            ModuleTrait::Sharing => "shared memory",
        }
    }
}

/// A set of [`ModuleTrait`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModuleTraits(u8);

impl ModuleTraits {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// With one more.
    #[must_use]
    pub const fn with(self, one: ModuleTrait) -> Self {
        Self(self.0 | 1 << one as u8)
    }
    /// Whether it is among them.
    #[must_use]
    pub const fn has(self, one: ModuleTrait) -> bool {
        self.0 & (1 << one as u8) != 0
    }
    /// The module's complexity: 1 and the number of traits.
    #[must_use]
    pub const fn complexity(self) -> u32 {
        1 + self.0.count_ones()
    }
}

/// What a component's complexity is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComponentShape {
    /// Components around the innermost one, itself included; 0 for a core module.
    pub depth: u32,
}

impl ComponentShape {
    /// The component's complexity.
    #[must_use]
    pub const fn complexity(self) -> u32 {
        self.depth
    }
}

/// How complex a binary is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Complexity {
    /// Of the component, see [`ComponentShape`]; 0 for a core module.
    pub component: u32,
    /// Of its most complex module, see [`ModuleTraits`]; 0 where there is none.
    pub module: u32,
}

impl Complexity {
    /// The most that a level allows; `None` where it allows anything.
    #[must_use]
    pub const fn most(level: Asil) -> Option<Complexity> {
        match level {
            Asil::Qm | Asil::A => None,
            Asil::B => Some(Complexity { component: 3, module: 4 }),
            Asil::C => Some(Complexity { component: 2, module: 3 }),
            Asil::D => Some(Complexity { component: 1, module: 2 }),
        }
    }
    /// Whether the level allows it.
    #[must_use]
    pub const fn fits(self, level: Asil) -> bool {
        match Self::most(level) {
            Some(most) => self.component <= most.component && self.module <= most.module,
            None => true,
        }
    }
}

/// How much memory a level lets debugging take.
#[derive(Clone, Copy, Debug)]
pub struct DebugRule;

impl DebugRule {
    /// Bytes; `u64::MAX` where the level sets no bound.
    #[must_use]
    pub const fn most_bytes(level: Asil) -> u64 {
        match level {
            Asil::Qm | Asil::A => u64::MAX,
            Asil::B => 16 << 20,
            Asil::C => 1 << 20,
            Asil::D => 0,
        }
    }
}
