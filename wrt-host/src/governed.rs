//! Modules and instances that are held to limits: what they need is taken from a tree of budgets before they
//! are made, and given back when they are dropped.
//!
//! Owns which bytes are charged to whom. Knows nothing of where the limits come from.

use crate::memories::memory_types;
use crate::owned::{HostImport, OwnedInstance, OwnedModule, Settings};
use crate::scan::{Finding, Report, scan};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wrt_core::limits::{Amounts, Asil, Budget, BudgetTree, Kind, Limits, Refusal, Slot, Spent};
use wrt_core::{Error, Frame, LoadBudget, Outcome, RunBudget};

/// Why a module or an instance is refused. Nothing stays taken.
#[derive(Clone, Debug)]
pub enum Denied {
    /// The pass over the binary says that it does not fit.
    Scan(Vec<Finding>),
    /// A share of the budget, or one of the counts, does not suffice.
    Share(Refusal),
    /// The engine refuses it.
    Engine(Error),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Denied::Share(refusal)
    }
}
impl From<Error> for Denied {
    fn from(error: Error) -> Self {
        Denied::Engine(error)
    }
}

/// One runtime under limits. Clones share it.
#[derive(Clone, Debug)]
pub struct Governor(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    tree: Mutex<BudgetTree<Vec<Slot>>>,
    runtime: Budget,
}

impl Shared {
    fn tree(&self) -> MutexGuard<'_, BudgetTree<Vec<Slot>>> {
        // The tree changes nothing before it has checked everything, so that a panic elsewhere leaves it whole.
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Governor {
    /// A runtime that may use all that the limits allow.
    ///
    /// # Errors
    /// [`Refusal::Limits`] where the limits do not hold together.
    pub fn new(limits: &Limits) -> Result<Self, Refusal> {
        // One for the platform, one for the runtime, and as many as may be open.
        let slots = 2 + limits.components as usize + limits.instances as usize;
        let mut tree = BudgetTree::new(vec![Slot::EMPTY; slots], limits)?;
        // The runtime's share follows the platform's, which may change: it holds what was asked for so far.
        let runtime = tree.open(tree.platform(), Amounts::ZERO)?;
        Ok(Governor(Arc::new(Shared { tree: Mutex::new(tree), runtime })))
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        *self.0.tree().limits()
    }
    /// Puts other limits in force; see [`BudgetTree::update_limits`]. More components or instances than at
    /// the beginning find no slot.
    ///
    /// # Errors
    /// Those of [`BudgetTree::update_limits`].
    pub fn update_limits(&self, limits: &Limits) -> Result<(), Refusal> {
        self.0.tree().update_limits(limits)
    }
    /// Puts another safety level in force; see [`BudgetTree::set_asil`].
    ///
    /// # Errors
    /// Those of [`BudgetTree::set_asil`].
    pub fn set_asil(&self, level: Asil) -> Result<(), Refusal> {
        self.0.tree().set_asil(level)
    }
    /// What all modules and instances have taken, now and at the peak.
    #[must_use]
    pub fn spent(&self) -> Option<Spent> {
        let tree = self.0.tree();
        tree.spent(tree.platform()).ok()
    }

    /// Looks through a module, plans it, takes what it needs, and loads it. `base` is lowered to the limits.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn load(&self, wasm: impl Into<Arc<[u8]>>, base: &LoadBudget) -> Result<Arc<GovernedModule>, Denied> {
        let wasm: Arc<[u8]> = wasm.into();
        let limits = self.limits();
        let report = scan(&wasm, &limits);
        if !report.fits() {
            return Err(Denied::Scan(report.findings));
        }
        let budget = limits.load_budget(*base);
        let plan = OwnedModule::plan_of(&wasm, &budget)?;
        let debug = report.counted.debug_bytes;
        // The binary stays, because names and segments are borrowed from it.
        let component = (wasm.len() as u64 - debug).saturating_add(plan.module);
        let needs = Amounts { component, debug, ..Amounts::ZERO };
        // Held while it loads, so that nobody else is given it.
        let scratch = Amounts::of(Kind::Component, plan.load_scratch);
        let node = {
            let mut tree = self.0.tree();
            let both = sum(needs, scratch);
            grow(&mut tree, self.0.runtime, both)?;
            let node = tree.open_component(self.0.runtime, both, report.complexity);
            let node = node.and_then(|node| tree.take(node, both).map(|()| node));
            shrink(&mut tree, self.0.runtime);
            Node { shared: self.0.clone(), budget: node?, above: None }
        };
        let module = OwnedModule::load(wasm, &budget)?;
        node.give(scratch);
        Ok(Arc::new(GovernedModule { module, report, node }))
    }

    /// Takes what an instance needs and makes it. `settings` say how large the task's region and, if the
    /// module needs one, the heap are, and bound linear memories, which are charged with what they may grow
    /// to.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn instantiate(
        &self,
        module: &Arc<GovernedModule>,
        host: Vec<HostImport>,
        settings: &Settings,
    ) -> Result<GovernedInstance, Denied> {
        self.make(module, settings, |loaded, settings| OwnedInstance::new(loaded, host, settings))
    }

    /// The same with the functions of the host that `first` has; see [`OwnedInstance::twin`].
    ///
    /// # Errors
    /// [`Denied`].
    pub fn instantiate_twin(
        &self,
        module: &Arc<GovernedModule>,
        first: &GovernedInstance,
        settings: &Settings,
    ) -> Result<GovernedInstance, Denied> {
        self.make(module, settings, |loaded, settings| first.instance.twin(loaded, settings))
    }

    fn make(
        &self,
        module: &Arc<GovernedModule>,
        settings: &Settings,
        new: impl FnOnce(Arc<OwnedModule>, &Settings) -> Result<OwnedInstance, Error>,
    ) -> Result<GovernedInstance, Denied> {
        let plan = module.module.plan()?;
        let declared: u64 = memory_types(module.module.wasm()).iter().map(|memory| memory.ceiling()).sum();
        let linear = declared.min(settings.max_memory_bytes.unwrap_or(u64::MAX));
        let heap = if plan.heap_min == 0 { 0 } else { settings.heap_bytes };
        let own = Amounts { linear, component: plan.instance.saturating_add(heap), ..Amounts::ZERO };
        let needs = sum(own, Amounts::of(Kind::Runtime, settings.stack_bytes));
        let node = {
            let mut tree = self.0.tree();
            grow(&mut tree, self.0.runtime, needs)?;
            let opened = grow(&mut tree, module.node.budget, needs).and_then(|()| {
                let node = tree.open(module.node.budget, needs)?;
                let taken = tree.take(node, own).and_then(|()| tree.take_stack(node, settings.stack_bytes));
                if taken.is_err() {
                    tree.close(node)?;
                }
                taken.map(|()| node)
            });
            shrink(&mut tree, module.node.budget);
            shrink(&mut tree, self.0.runtime);
            opened?
        };
        let node = Node { shared: self.0.clone(), budget: node, above: Some(module.node.budget) };
        let settings = Settings { heap_bytes: heap, max_memory_bytes: Some(linear), ..*settings };
        let instance = new(module.module.clone(), &settings)?;
        Ok(GovernedInstance { instance, node, module: module.clone() })
    }
}

/// A node of the tree, closed when it is dropped.
#[derive(Debug)]
struct Node {
    shared: Arc<Shared>,
    budget: Budget,
    /// The component's node, for an instance.
    above: Option<Budget>,
}

impl Node {
    /// Gives back a part of what was taken.
    fn give(&self, amounts: Amounts) {
        let mut tree = self.shared.tree();
        // It was taken, so that it can be given back.
        let _ = tree.give(self.budget, amounts);
        shrink(&mut tree, self.budget);
        shrink(&mut tree, self.shared.runtime);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let mut tree = self.shared.tree();
        // What lies below it was dropped before it.
        let _ = tree.close(self.budget);
        if let Some(above) = self.above {
            shrink(&mut tree, above);
        }
        shrink(&mut tree, self.shared.runtime);
    }
}

/// Kind by kind, both together.
fn sum(a: Amounts, b: Amounts) -> Amounts {
    Amounts {
        linear: a.linear.saturating_add(b.linear),
        component: a.component.saturating_add(b.component),
        debug: a.debug.saturating_add(b.debug),
        runtime: a.runtime.saturating_add(b.runtime),
    }
}

/// Gives a node room for more, out of its parent's.
fn grow(tree: &mut BudgetTree<Vec<Slot>>, node: Budget, more: Amounts) -> Result<(), Refusal> {
    let spent = tree.spent(node)?;
    tree.resize(node, sum(sum(spent.own, spent.promised), more))
}

/// Gives back what a node neither uses nor has promised, and what the one above it then does not.
fn shrink(tree: &mut BudgetTree<Vec<Slot>>, node: Budget) {
    if let Ok(spent) = tree.spent(node) {
        // Less than now is always granted.
        let _ = tree.resize(node, sum(spent.own, spent.promised));
    }
}

/// A module whose memory is charged.
#[derive(Debug)]
pub struct GovernedModule {
    // Declared first, so that memory goes before its charge.
    module: Arc<OwnedModule>,
    report: Report,
    node: Node,
}

impl GovernedModule {
    /// The module.
    #[must_use]
    pub fn module(&self) -> &Arc<OwnedModule> {
        &self.module
    }
    /// What the pass over its binary has found.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
    /// What it and its instances have taken, now and at the peak.
    #[must_use]
    pub fn spent(&self) -> Option<Spent> {
        self.node.shared.tree().spent(self.node.budget).ok()
    }
}

/// An instance whose memory is charged. Belongs to one thread.
#[derive(Debug)]
pub struct GovernedInstance {
    // Declared in the order of dropping: memory, its charge, and the charge above that.
    instance: OwnedInstance,
    node: Node,
    module: Arc<GovernedModule>,
}

impl GovernedInstance {
    /// The instance, to start calls and read results.
    #[must_use]
    pub fn instance(&self) -> &OwnedInstance {
        &self.instance
    }
    /// The module.
    #[must_use]
    pub fn module(&self) -> &Arc<GovernedModule> {
        &self.module
    }
    /// What it has taken.
    #[must_use]
    pub fn spent(&self) -> Option<Spent> {
        self.node.shared.tree().spent(self.node.budget).ok()
    }
    /// Runs or continues what was made ready, under the limits in force.
    ///
    /// # Errors
    /// Those of [`OwnedInstance::run`].
    pub fn run(&self, budget: &RunBudget) -> Result<Outcome, Error> {
        let limits = *self.node.shared.tree().limits();
        self.instance.run(&limits.run_budget(*budget))
    }
    /// The frames active where the task stopped, innermost first, no more than [`Limits::stack_trace`].
    #[must_use]
    pub fn stack_trace(&self) -> Vec<Frame> {
        let most = self.node.shared.tree().limits().stack_trace;
        self.instance.backtrace(most as usize)
    }
}

impl core::borrow::Borrow<OwnedInstance> for GovernedInstance {
    fn borrow(&self) -> &OwnedInstance {
        &self.instance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_core::Value;
    use wrt_core::limits::{Field, Preset};

    const SETTINGS: Settings =
        Settings { stack_bytes: 64 << 10, max_memory_bytes: None, heap_bytes: 0, guarded: false };

    fn limits() -> Limits {
        Preset::LinuxContainer.limits(512 << 20, Asil::FLOOR)
    }
    fn wasm(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("a module")
    }
    const TEXT: &str = "(module (memory (export \"m\") 1 4) (func (export \"f\") (param i32) (result i32) (if (result i32) (local.get 0) (then (call 0 (i32.sub (local.get 0) (i32.const 1)))) (else (unreachable)))))";

    /// MEM-5: what is charged is what the plan says, to the byte, at each level, and it is all given back.
    #[test]
    fn mem_5_modules_and_instances_are_charged_what_they_plan() {
        let governor = Governor::new(&limits()).expect("limits");
        let zero = governor.spent().expect("open");
        let binary = wasm(TEXT);
        let module = governor.load(binary.clone(), &LoadBudget::DEFAULT).expect("a module");
        let plan = *module.module().plan().expect("a plan");
        let charged = module.spent().expect("open");
        let loaded = Amounts::of(Kind::Component, plan.module + binary.len() as u64);
        assert_eq!((charged.now, charged.share), (loaded, loaded));
        assert_eq!(charged.peak.component, loaded.component + plan.load_scratch);
        let instance = governor.instantiate(&module, Vec::new(), &SETTINGS).expect("an instance");
        let expected =
            Amounts { linear: plan.memory_max, component: plan.instance, runtime: SETTINGS.stack_bytes, debug: 0 };
        assert_eq!(instance.spent().expect("open").now, expected);
        assert_eq!(governor.spent().expect("open").now, sum(loaded, expected));
        let second = governor.instantiate(&module, Vec::new(), &SETTINGS).expect("an instance");
        assert_eq!(module.spent().expect("open").now, sum(loaded, sum(expected, expected)));
        drop((instance, module));
        assert_eq!(governor.spent().expect("open").now, sum(loaded, expected), "the second holds its module");
        drop(second);
        let end = governor.spent().expect("open");
        assert_eq!((end.now, end.promised, end.share), (zero.now, zero.promised, zero.share));
    }

    /// MEM-5, LIM-1: with N bytes an instance is made, with one byte less it is refused and nothing is taken;
    /// for linear memory, task's region, and what components need.
    #[test]
    fn mem_5_lim_1_one_byte_less_is_refused() {
        let binary = wasm(TEXT);
        let plan = OwnedModule::plan_of(&binary, &LoadBudget::DEFAULT).expect("a plan");
        let component = plan.module + binary.len() as u64 + plan.load_scratch.max(plan.instance);
        let exact = Limits {
            linear_bytes: plan.memory_max,
            component_overhead: component,
            stack_bytes: SETTINGS.stack_bytes,
            debug_overhead: 0,
            total_bytes: plan.memory_max + component + SETTINGS.stack_bytes,
            safety_reserve: 0,
            ..limits()
        };
        let make = |limits: Limits| {
            let governor = Governor::new(&limits).expect("limits");
            let before = governor.spent().expect("open").now;
            let made = governor
                .load(binary.clone(), &LoadBudget::DEFAULT)
                .and_then(|module| governor.instantiate(&module, Vec::new(), &SETTINGS));
            if made.is_err() {
                assert_eq!(governor.spent().expect("open").now, before);
            }
            made.map(|instance| instance.spent().expect("open").now)
        };
        assert!(make(exact).is_ok());
        let share = |limits: Limits, kind: Kind| match make(limits) {
            Err(Denied::Share(Refusal::Share { kind: found, need, left })) => {
                assert!(found == kind && need == left + 1)
            }
            other => panic!("{other:?}"),
        };
        share(Limits { linear_bytes: exact.linear_bytes - 1, ..exact }, Kind::Linear);
        share(Limits { component_overhead: component - 1, ..exact }, Kind::Component);
        let less = Limits { total_bytes: exact.total_bytes - 1, stack_bytes: exact.stack_bytes - 1, ..exact };
        assert!(matches!(make(less), Err(Denied::Share(Refusal::Share { kind: Kind::Runtime, .. }))));
        match make(Limits { stack_bytes: exact.stack_bytes - 1, ..exact }) {
            Err(Denied::Share(Refusal::Limit { field: Field::Stack, need, most })) => assert_eq!(need, most + 1),
            other => panic!("{other:?}"),
        }
        for (limits, field) in [
            (Limits { components: 0, ..exact }, Field::Components),
            (Limits { instances: 0, ..exact }, Field::Instances),
        ] {
            match make(limits) {
                Err(Denied::Share(Refusal::Limit { field: found, .. })) => assert_eq!(found, field),
                Err(Denied::Scan(findings)) => {
                    assert!(matches!(findings[..], [Finding::Over { field: found, .. }] if found == field))
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// LIM-1: a stack trace has no more frames than the limit, and as many where there are more.
    #[test]
    fn lim_1_stack_traces_are_bounded() {
        for most in [0, 1, 5, 11, 12] {
            let governor = Governor::new(&Limits { stack_trace: most, ..limits() }).expect("limits");
            let module = governor.load(wasm(TEXT), &LoadBudget::DEFAULT).expect("a module");
            let instance = governor.instantiate(&module, Vec::new(), &SETTINGS).expect("an instance");
            let func = instance.instance().export_func("f").expect("exported");
            instance.instance().start(func, &[Value::from_i32(10)]).expect("a call");
            assert!(instance.run(&RunBudget::default()).is_err(), "it traps eleven calls deep");
            assert_eq!(instance.stack_trace().len(), (most as usize).min(11));
        }
    }

    /// LIM-1: memory grows to the limit and not beyond, also where the limit was lowered in between.
    #[test]
    fn lim_1_growth_ends_at_the_limit() {
        let text = "(module (memory 1 4) (func (export \"f\") (param i32) (result i32) (memory.grow (i32.const 1))))";
        let governor = Governor::new(&limits()).expect("limits");
        let module = governor.load(wasm(text), &LoadBudget::DEFAULT).expect("a module");
        let settings = Settings { max_memory_bytes: Some(2 << 16), ..SETTINGS };
        let instance = governor.instantiate(&module, Vec::new(), &settings).expect("an instance");
        assert_eq!(instance.spent().expect("open").now.linear, 2 << 16);
        let grow = || {
            instance.instance().reset();
            let func = instance.instance().export_func("f").expect("exported");
            instance.instance().start(func, &[Value::from_i32(0)]).expect("a call");
            instance.run(&RunBudget::default()).expect("a run");
            let mut results = [Value::ZERO];
            instance.instance().results(&mut results).expect("a result");
            results[0].i32()
        };
        assert_eq!((grow(), grow()), (1, -1));
    }

    /// LIM-2: limits and level can be changed while modules live, but not below what they use.
    #[test]
    fn lim_2_limits_change_while_modules_live() {
        let governor = Governor::new(&limits()).expect("limits");
        let module = governor.load(wasm(TEXT), &LoadBudget::DEFAULT).expect("a module");
        let instance = governor.instantiate(&module, Vec::new(), &SETTINGS).expect("an instance");
        let used = instance.spent().expect("open").now.linear;
        let lower = |linear_bytes| governor.update_limits(&Limits { linear_bytes, ..limits() });
        assert_eq!(lower(used - 1), Err(Refusal::InUse { field: Field::Linear, used, asked: used - 1 }));
        assert_eq!(lower(used), Ok(()));
        assert!(governor.instantiate(&module, Vec::new(), &SETTINGS).is_err(), "nothing is left");
        drop(instance);
        assert_eq!(lower(used - 1), Ok(()));
        // The module calls itself: complexity 2 fits level D.
        assert_eq!(governor.set_asil(Asil::D), Ok(()));
        let indirect = "(module (table 1 1 funcref) (func $f (call_indirect (i32.const 0)) (call $f)))";
        match governor.load(wasm(indirect), &LoadBudget::DEFAULT) {
            Err(Denied::Scan(findings)) => {
                assert!(matches!(findings[..], [Finding::Complexity { level: Asil::D, .. }]))
            }
            other => panic!("{other:?}"),
        }
    }
}
