//! The tree of budgets: platform, runtimes, components, instances.
//!
//! Owns who was promised how much and how much is taken, now and at the peak. A node's share is set aside
//! in its parent when the node is opened, so that taking from a node asks nobody else, and the shares of
//! all nodes are never more than there is. The nodes lie in slots that the caller lends. Knows nothing of
//! what the bytes are used for; nothing here is called while a guest runs.

use super::{Asil, Complexity, Field, Inconsistent, Limits};

/// What memory is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Linear memories.
    Linear = 0,
    /// Components beside linear memory: translated modules, and what instances need.
    Component = 1,
    /// What a debugger reads.
    Debug = 2,
    /// The runtime, tasks' regions included.
    Runtime = 3,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Kind; 4] = [Kind::Linear, Kind::Component, Kind::Debug, Kind::Runtime];

    /// The limit that bounds the platform's share of this kind.
    #[must_use]
    pub const fn field(self) -> Field {
        match self {
            Kind::Linear => Field::Linear,
            Kind::Component => Field::ComponentOverhead,
            Kind::Debug => Field::DebugOverhead,
            Kind::Runtime => Field::Total,
        }
    }
}

/// Bytes of each [`Kind`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// See [`Kind::Linear`].
    pub linear: u64,
    /// See [`Kind::Component`].
    pub component: u64,
    /// See [`Kind::Debug`].
    pub debug: u64,
    /// See [`Kind::Runtime`].
    pub runtime: u64,
}

impl Amounts {
    /// Nothing.
    pub const ZERO: Self = Self { linear: 0, component: 0, debug: 0, runtime: 0 };

    /// Bytes of one kind and nothing else.
    #[must_use]
    pub const fn of(kind: Kind, bytes: u64) -> Self {
        let mut one = Self::ZERO;
        match kind {
            Kind::Linear => one.linear = bytes,
            Kind::Component => one.component = bytes,
            Kind::Debug => one.debug = bytes,
            Kind::Runtime => one.runtime = bytes,
        }
        one
    }
    /// Bytes of one kind.
    #[must_use]
    pub const fn get(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Linear => self.linear,
            Kind::Component => self.component,
            Kind::Debug => self.debug,
            Kind::Runtime => self.runtime,
        }
    }
    /// Bytes of all kinds; `u64::MAX` where that is more than a number holds.
    #[must_use]
    pub const fn sum(&self) -> u64 {
        self.linear.saturating_add(self.component).saturating_add(self.debug).saturating_add(self.runtime)
    }

    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Amounts {
            linear: f(self.linear, other.linear),
            component: f(self.component, other.component),
            debug: f(self.debug, other.debug),
            runtime: f(self.runtime, other.runtime),
        }
    }
    // Sums stay below shares that were checked, and differences above zero; saturation is never reached.
    fn plus(self, other: Self) -> Self {
        self.zip(other, u64::saturating_add)
    }
    fn minus(self, other: Self) -> Self {
        self.zip(other, u64::saturating_sub)
    }
    /// The first kind of which `self` has more than `other`.
    fn exceeds(&self, other: &Self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| self.get(*kind) > other.get(*kind))
    }
}

/// Where a node stands in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Level {
    /// The root: what the machine, or the part of it that was set aside, offers.
    Platform = 0,
    /// One runtime.
    Runtime = 1,
    /// A component, or a core module that is loaded by itself.
    Component = 2,
    /// An instance of it.
    Instance = 3,
}

impl Level {
    const fn below(self) -> Option<Level> {
        match self {
            Level::Platform => Some(Level::Runtime),
            Level::Runtime => Some(Level::Component),
            Level::Component => Some(Level::Instance),
            Level::Instance => None,
        }
    }
}

/// Why the tree refuses. Nothing was taken or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The share of the node that was asked is spent or promised.
    Share {
        /// Of which kind.
        kind: Kind,
        /// Bytes asked for.
        need: u64,
        /// Bytes left.
        left: u64,
    },
    /// One of the limits is reached.
    Limit {
        /// Which.
        field: Field,
        /// What it would have to be.
        need: u64,
        /// What it is.
        most: u64,
    },
    /// A limit was to be lowered below what is in use, a share below what is taken or promised.
    InUse {
        /// Which limit; for a node's share, the one that bounds its kind.
        field: Field,
        /// What is in use.
        used: u64,
        /// What was asked for.
        asked: u64,
    },
    /// More was to be given back than was taken.
    NotTaken {
        /// Of which kind.
        kind: Kind,
        /// Bytes taken.
        taken: u64,
        /// Bytes to be given back.
        given: u64,
    },
    /// The binary is more complex than the safety level allows.
    Complexity {
        /// How complex it is.
        found: Complexity,
        /// The level.
        level: Asil,
    },
    /// The limits do not hold together.
    Limits(Inconsistent),
    /// No slot is left; lend more.
    Slots,
    /// The node stands at a level that has none below it, or not the kind that was asked for.
    Level(Level),
    /// Nodes below it are open, so that it cannot be closed.
    Open,
    /// The root cannot be closed, and its share is changed by changing the limits.
    Root,
    /// The handle names no open node.
    Handle,
}

/// A handle: names a node until it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    index: u32,
    generation: u32,
}

/// What a node has and uses, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Where the node stands.
    pub level: Level,
    /// What it may use.
    pub share: Amounts,
    /// What it has promised to the nodes below it.
    pub promised: Amounts,
    /// What it has taken itself.
    pub own: Amounts,
    /// What it and all nodes below it have taken.
    pub now: Amounts,
    /// The most that `now` has been, each kind by itself.
    pub peak: Amounts,
    /// The most that the sum of `now` has been.
    pub peak_sum: u64,
}

/// Room for one node, lent by the caller.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// `None` where the slot is free.
    level: Option<Level>,
    generation: u32,
    parent: u32,
    children: u32,
    /// The largest task's region that was taken.
    stack: u64,
    complexity: Complexity,
    spent: Spent,
}

impl Slot {
    /// A free slot.
    pub const EMPTY: Slot = Slot {
        level: None,
        generation: 0,
        parent: 0,
        children: 0,
        stack: 0,
        complexity: Complexity { component: 0, module: 0 },
        spent: Spent {
            level: Level::Platform,
            share: Amounts::ZERO,
            promised: Amounts::ZERO,
            own: Amounts::ZERO,
            now: Amounts::ZERO,
            peak: Amounts::ZERO,
            peak_sum: 0,
        },
    };
}

/// The tree. Belongs to one thread at a time.
///
/// `S` holds the slots: a slice that is lent, or whatever else owns some.
#[derive(Debug)]
pub struct BudgetTree<S> {
    slots: S,
    limits: Limits,
    components: u32,
    instances: u32,
}

/// The share of the platform of each kind under `limits`, which have been checked.
fn shares(limits: &Limits) -> Amounts {
    Amounts {
        linear: limits.linear_bytes,
        component: limits.component_overhead,
        debug: limits.debug_overhead,
        runtime: limits.runtime_bytes().unwrap_or(0),
    }
}

impl<S: AsRef<[Slot]> + AsMut<[Slot]>> BudgetTree<S> {
    /// A tree with its root, in slots that are overwritten: one for the root and one for each node
    /// that is open at a time.
    ///
    /// # Errors
    /// [`Refusal::Limits`]; [`Refusal::Slots`] where not one slot is lent.
    pub fn new(mut slots: S, limits: &Limits) -> Result<Self, Refusal> {
        limits.check().map_err(Refusal::Limits)?;
        slots.as_mut().fill(Slot::EMPTY);
        let root = slots.as_mut().first_mut().ok_or(Refusal::Slots)?;
        root.level = Some(Level::Platform);
        root.spent.share = shares(limits);
        Ok(BudgetTree { slots, limits: *limits, components: 0, instances: 0 })
    }

    /// The root.
    #[must_use]
    pub fn platform(&self) -> Budget {
        Budget { index: 0, generation: self.slots.as_ref().first().map_or(0, |slot| slot.generation) }
    }
    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
    /// Components open now.
    #[must_use]
    pub fn components(&self) -> u32 {
        self.components
    }
    /// Instances open now.
    #[must_use]
    pub fn instances(&self) -> u32 {
        self.instances
    }

    fn slot(&self, budget: Budget) -> Result<&Slot, Refusal> {
        match self.slots.as_ref().get(budget.index as usize) {
            Some(slot) if slot.level.is_some() && slot.generation == budget.generation => Ok(slot),
            _ => Err(Refusal::Handle),
        }
    }
    fn slot_mut(&mut self, budget: Budget) -> Result<&mut Slot, Refusal> {
        self.slot(budget)?;
        self.slots.as_mut().get_mut(budget.index as usize).ok_or(Refusal::Handle)
    }

    /// What a node has, uses and has used at most. Reads four numbers; costs a run nothing.
    ///
    /// # Errors
    /// [`Refusal::Handle`].
    pub fn spent(&self, budget: Budget) -> Result<Spent, Refusal> {
        Ok(self.slot(budget)?.spent)
    }

    /// Opens a node below another one and sets its share aside there: a runtime below the platform,
    /// an instance below a component.
    ///
    /// # Errors
    /// [`Refusal::Share`] where the parent has less left; [`Refusal::Limit`] where there are as many
    /// instances as may be; [`Refusal::Level`] below an instance, and below a runtime
    /// ([`BudgetTree::open_component`]); [`Refusal::Slots`]; [`Refusal::Handle`].
    pub fn open(&mut self, parent: Budget, share: Amounts) -> Result<Budget, Refusal> {
        let level = self.slot(parent)?.spent.level;
        match level.below() {
            Some(below) if below != Level::Component => self.open_at(parent, below, share, Complexity::default()),
            _ => Err(Refusal::Level(level)),
        }
    }

    /// Opens a component below a runtime and sets its share aside there. `complexity` is that of the
    /// binary it comes from.
    ///
    /// # Errors
    /// Those of [`BudgetTree::open`]; [`Refusal::Complexity`].
    pub fn open_component(
        &mut self,
        runtime: Budget,
        share: Amounts,
        complexity: Complexity,
    ) -> Result<Budget, Refusal> {
        let level = self.slot(runtime)?.spent.level;
        if level != Level::Runtime {
            return Err(Refusal::Level(level));
        }
        if !complexity.fits(self.limits.asil) {
            return Err(Refusal::Complexity { found: complexity, level: self.limits.asil });
        }
        self.open_at(runtime, Level::Component, share, complexity)
    }

    fn open_at(
        &mut self,
        parent: Budget,
        level: Level,
        share: Amounts,
        complexity: Complexity,
    ) -> Result<Budget, Refusal> {
        fits(&self.slot(parent)?.spent, share)?;
        let counted = match level {
            Level::Component => Some((Field::Components, self.components, self.limits.components)),
            Level::Instance => Some((Field::Instances, self.instances, self.limits.instances)),
            Level::Platform | Level::Runtime => None,
        };
        if let Some((field, open, most)) = counted
            && open >= most
        {
            return Err(Refusal::Limit { field, need: u64::from(open) + 1, most: most.into() });
        }
        let (index, slot) =
            self.slots.as_mut().iter_mut().enumerate().find(|(_, slot)| slot.level.is_none()).ok_or(Refusal::Slots)?;
        // A slot with this index cannot be named by a handle of 32 bits.
        let index = u32::try_from(index).map_err(|_| Refusal::Slots)?;
        let generation = slot.generation;
        *slot = Slot { level: Some(level), generation, parent: parent.index, complexity, ..Slot::EMPTY };
        slot.spent.level = level;
        slot.spent.share = share;
        let above = self.slot_mut(parent)?;
        above.spent.promised = above.spent.promised.plus(share);
        above.children = above.children.saturating_add(1);
        match level {
            Level::Component => self.components = self.components.saturating_add(1),
            Level::Instance => self.instances = self.instances.saturating_add(1),
            Level::Platform | Level::Runtime => {}
        }
        Ok(Budget { index, generation })
    }

    /// Closes a node: gives back what it has taken, and its share to its parent. The handle is dead.
    ///
    /// # Errors
    /// [`Refusal::Open`] while nodes below it are open; [`Refusal::Root`]; [`Refusal::Handle`].
    pub fn close(&mut self, budget: Budget) -> Result<(), Refusal> {
        let slot = *self.slot(budget)?;
        if slot.spent.level == Level::Platform {
            return Err(Refusal::Root);
        }
        if slot.children > 0 {
            return Err(Refusal::Open);
        }
        self.settle(budget, slot.spent.own, false);
        let above = self.slots.as_mut().get_mut(slot.parent as usize).ok_or(Refusal::Handle)?;
        above.spent.promised = above.spent.promised.minus(slot.spent.share);
        above.children = above.children.saturating_sub(1);
        match slot.spent.level {
            Level::Component => self.components = self.components.saturating_sub(1),
            Level::Instance => self.instances = self.instances.saturating_sub(1),
            Level::Platform | Level::Runtime => {}
        }
        *self.slot_mut(budget)? = Slot { generation: slot.generation.wrapping_add(1), ..Slot::EMPTY };
        Ok(())
    }

    /// Takes memory from a node's share: all of it, or nothing.
    ///
    /// # Errors
    /// [`Refusal::Share`] with the first kind of which too little is left; [`Refusal::Handle`].
    pub fn take(&mut self, budget: Budget, amounts: Amounts) -> Result<(), Refusal> {
        fits(&self.slot(budget)?.spent, amounts)?;
        self.settle(budget, amounts, true);
        Ok(())
    }

    /// Takes a task's region from a node's share of the runtime's memory.
    ///
    /// # Errors
    /// [`Refusal::Limit`] where the region is larger than [`Limits::stack_bytes`]; those of
    /// [`BudgetTree::take`].
    pub fn take_stack(&mut self, budget: Budget, bytes: u64) -> Result<(), Refusal> {
        let most = self.limits.stack_bytes;
        if bytes > most {
            return Err(Refusal::Limit { field: Field::Stack, need: bytes, most });
        }
        self.take(budget, Amounts::of(Kind::Runtime, bytes))?;
        let slot = self.slot_mut(budget)?;
        slot.stack = slot.stack.max(bytes);
        Ok(())
    }

    /// Gives back what was taken from a node.
    ///
    /// # Errors
    /// [`Refusal::NotTaken`] where that is more than was taken; [`Refusal::Handle`].
    pub fn give(&mut self, budget: Budget, amounts: Amounts) -> Result<(), Refusal> {
        let taken = self.slot(budget)?.spent.own;
        if let Some(kind) = amounts.exceeds(&taken) {
            return Err(Refusal::NotTaken { kind, taken: taken.get(kind), given: amounts.get(kind) });
        }
        self.settle(budget, amounts, false);
        Ok(())
    }

    /// Enters what was taken from a node, or given back to it, there and in every node above it.
    fn settle(&mut self, budget: Budget, amounts: Amounts, taken: bool) {
        let mut at = budget.index;
        let mut first = true;
        // From instance to platform there are four nodes.
        for _ in 0..=Level::Instance as u8 {
            let Some(slot) = self.slots.as_mut().get_mut(at as usize) else { return };
            let spent = &mut slot.spent;
            let change = if taken { Amounts::plus } else { Amounts::minus };
            if first {
                spent.own = change(spent.own, amounts);
                first = false;
            }
            spent.now = change(spent.now, amounts);
            spent.peak = spent.peak.zip(spent.now, u64::max);
            spent.peak_sum = spent.peak_sum.max(spent.now.sum());
            if spent.level == Level::Platform {
                return;
            }
            at = slot.parent;
        }
    }

    /// Changes the share of a node.
    ///
    /// # Errors
    /// [`Refusal::InUse`] where the node has taken or promised more; [`Refusal::Share`] where the parent
    /// has less left; [`Refusal::Root`]; [`Refusal::Handle`].
    pub fn resize(&mut self, budget: Budget, share: Amounts) -> Result<(), Refusal> {
        let slot = *self.slot(budget)?;
        if slot.spent.level == Level::Platform {
            return Err(Refusal::Root);
        }
        let used = slot.spent.own.plus(slot.spent.promised);
        if let Some(kind) = used.exceeds(&share) {
            return Err(Refusal::InUse { field: kind.field(), used: used.get(kind), asked: share.get(kind) });
        }
        let above = self.slots.as_mut().get_mut(slot.parent as usize).ok_or(Refusal::Handle)?;
        let mut without = above.spent;
        without.promised = without.promised.minus(slot.spent.share);
        fits(&without, share)?;
        above.spent.promised = without.promised.plus(share);
        self.slot_mut(budget)?.spent.share = share;
        Ok(())
    }

    /// Puts other limits in force.
    ///
    /// # Errors
    /// [`Refusal::InUse`] where a limit would be lower than what is in use: what the platform's node has
    /// taken or promised, how many components and instances are open, how large a task's region is.
    /// [`Refusal::Complexity`] where an open component is more complex than the safety level allows.
    /// [`Refusal::Limits`] where the limits do not hold together.
    pub fn update_limits(&mut self, limits: &Limits) -> Result<(), Refusal> {
        limits.check().map_err(Refusal::Limits)?;
        let share = shares(limits);
        let root = self.slots.as_ref().first().ok_or(Refusal::Handle)?.spent;
        let used = root.own.plus(root.promised);
        if let Some(kind) = used.exceeds(&share) {
            return Err(Refusal::InUse { field: kind.field(), used: used.get(kind), asked: share.get(kind) });
        }
        let stack =
            self.slots.as_ref().iter().filter(|slot| slot.level.is_some()).map(|slot| slot.stack).max().unwrap_or(0);
        let lowered = [
            (Field::Components, self.components.into(), limits.components.into()),
            (Field::Instances, self.instances.into(), limits.instances.into()),
            (Field::Stack, stack, limits.stack_bytes),
        ];
        if let Some((field, used, asked)) = lowered.into_iter().find(|(_, used, asked)| used > asked) {
            return Err(Refusal::InUse { field, used, asked });
        }
        let complex = |slot: &&Slot| slot.level.is_some() && !slot.complexity.fits(limits.asil);
        if let Some(slot) = self.slots.as_ref().iter().find(complex) {
            return Err(Refusal::Complexity { found: slot.complexity, level: limits.asil });
        }
        self.limits = *limits;
        self.slots.as_mut().first_mut().ok_or(Refusal::Handle)?.spent.share = share;
        Ok(())
    }

    /// Puts another safety level in force, with debugging cut to what it allows.
    ///
    /// # Errors
    /// [`Refusal::Limits`] below [`Asil::FLOOR`]; [`Refusal::InUse`] where debugging uses more than the
    /// level allows; [`Refusal::Complexity`].
    pub fn set_asil(&mut self, level: Asil) -> Result<(), Refusal> {
        let limits = self.limits.at_level(level);
        self.update_limits(&limits)
    }
}

/// Whether a node has `amounts` left.
fn fits(spent: &Spent, amounts: Amounts) -> Result<(), Refusal> {
    let left = spent.share.minus(spent.own.plus(spent.promised));
    match amounts.exceeds(&left) {
        Some(kind) => Err(Refusal::Share { kind, need: amounts.get(kind), left: left.get(kind) }),
        None => Ok(()),
    }
}
