//! Limits, budgets and plain values at their edges: what stands at a bound, or is the same written in two ways.
//!
//! Expectations follow from the documentation of each item, or from a second way to the same value.

use std::collections::BTreeSet;
use wrt_core::limits::{
    Amounts, Asil, BudgetTree, Complexity, ComponentShape, DebugLevel, Inconsistent, Limits, ModuleTrait, ModuleTraits,
    Preset, Slot,
};
use wrt_core::{ExternType, LoadBudget, MemoryType, Value};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// The least level that this build accepts.
const LEAST: Asil = Asil::FLOOR;

fn good() -> Limits {
    Preset::LinuxContainer.limits(1 << 30, LEAST)
}

/// LIM-1: a reserve of more than the whole counts as the whole.
#[test]
fn lim_1_a_reserve_is_at_most_the_whole() {
    let limits = good();
    for percent in [100, 101, u8::MAX] {
        let all = Limits { safety_reserve: percent, ..limits };
        assert_eq!(all.reserve_bytes(), limits.total_bytes, "{percent}");
    }
    assert!(Limits { safety_reserve: 99, ..limits }.reserve_bytes() < limits.total_bytes);
}

/// LIM-1: shares whose sum leaves 64 bits are refused as more than any total, whichever share it is that leaves them.
#[test]
fn lim_1_shares_beyond_every_number_are_refused() {
    let limits = Limits { asil: LEAST, debug_overhead: 0, component_overhead: 0, ..good() };
    let total = limits.total_bytes;
    let refused = |limits: Limits| (limits.check(), limits.runtime_bytes());
    let expected = (Err(Inconsistent::Shares { need: u64::MAX, total }), None);
    assert_eq!(refused(Limits { linear_bytes: u64::MAX, component_overhead: 1, ..limits }), expected);
    if LEAST == Asil::Qm {
        assert_eq!(refused(Limits { linear_bytes: 1, debug_overhead: u64::MAX, ..limits }), expected);
    }
    assert_eq!(refused(Limits { linear_bytes: u64::MAX, safety_reserve: 1, ..limits }), expected);
}

/// ASIL-2: debugging that the switch allows is kept at every level that leaves memory to it, and at no other.
#[test]
fn asil_2_the_switch_keeps_debugging_at_a_higher_level() {
    for level in Asil::ALL {
        for allowed in [false, true] {
            let limits = Limits { safety_debug: allowed, debug_level: DebugLevel::Full, ..good() };
            let kept = level == Asil::Qm || allowed && level != Asil::D;
            let expected = if kept { DebugLevel::Full } else { DebugLevel::None };
            assert_eq!(limits.at_level(level).debug_level, expected, "{level:?}, {allowed}");
        }
    }
}

/// ASIL-2: each trait has a name of its own and adds one to a module's complexity; a component's is how deeply it nests.
#[test]
fn asil_2_complexity_is_counted() {
    let names: BTreeSet<&str> = ModuleTrait::ALL.map(ModuleTrait::name).into();
    assert_eq!(names.len(), ModuleTrait::ALL.len(), "{names:?}");
    let mut traits = ModuleTraits::NONE;
    for (n, one) in ModuleTrait::ALL.into_iter().enumerate() {
        assert!(!traits.has(one), "{}", one.name());
        traits = traits.with(one);
        assert_eq!((traits.has(one), traits.complexity()), (true, n as u32 + 2), "{}", one.name());
    }
    for depth in [0, 1, 3, 4] {
        let component = ComponentShape { depth }.complexity();
        assert_eq!(component, depth);
        assert_eq!(Complexity { component, module: 1 }.fits(Asil::B), depth <= 3);
    }
}

/// MEM-5: a tree counts the components that are open, each once.
#[test]
fn mem_5_a_tree_counts_open_components() {
    let mut slots = [Slot::EMPTY; 8];
    let mut tree = BudgetTree::new(&mut slots[..], &good()).expect("limits that hold together");
    let share = Amounts { component: 1 << 10, ..Amounts::ZERO };
    let runtime = tree.open(tree.platform(), Amounts { component: 2 << 10, ..Amounts::ZERO }).expect("a runtime");
    assert_eq!(tree.components(), 0);
    let simple = Complexity { component: 1, module: 1 };
    let first = tree.open_component(runtime, share, simple).expect("a component");
    let second = tree.open_component(runtime, share, simple).expect("a component");
    assert_eq!((tree.components(), tree.instances()), (2, 0));
    tree.close(first).expect("it is open");
    assert_eq!(tree.components(), 1);
    assert!(tree.close(first).is_err(), "it is closed");
    assert_eq!(tree.components(), 1);
    tree.close(second).expect("it is open");
    assert_eq!(tree.components(), 0);
}

/// MEM-3: a budget for loading that nobody chose is the published one.
#[test]
fn mem_3_the_default_budget_is_the_published_one() {
    assert_eq!(LoadBudget::default(), LoadBudget::DEFAULT);
}

/// API-1: the type of a memory that is made of its limits alone is that of a memory of the text with these limits.
#[test]
fn api_1_a_memory_of_limits_is_a_plain_memory() {
    let limits = wrt_core::Limits { min: 1, max: 2 };
    let pool = Pool::new();
    for (text, same) in [
        (r#"(module (memory (export "m") 1 2))"#, true),
        (r#"(module (memory (export "m") i64 1 2))"#, false),
        (r#"(module (memory (export "m") 1 2 shared))"#, false),
        (r#"(module (memory (export "m") 1 2 (pagesize 1)))"#, false),
        (r#"(module (memory (export "m") 1 3))"#, false),
    ] {
        let wasm = pool.keep(encode(text));
        let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
        let Some(ExternType::Memory(ty)) = module.find_export("m").map(|export| export.ty) else {
            panic!("{text} exports a memory")
        };
        assert_eq!(ty == MemoryType::new(limits), same, "{text}");
    }
}

/// API-1: a number that became a value is read from it, bit by bit.
#[test]
fn api_1_floats_come_back_as_they_were() {
    for x in [-1.5f32, 0.0, -0.0, f32::MIN_POSITIVE, f32::INFINITY, f32::from_bits(0x7fa0_0001)] {
        let value = Value::from_f32(x);
        assert_eq!((value.f32().to_bits(), value.bits()), (x.to_bits(), u64::from(x.to_bits())));
    }
    for x in [-1.5f64, 0.0, -0.0, f64::MIN_POSITIVE, f64::INFINITY, f64::from_bits(0x7ff4_0000_0000_0001)] {
        let value = Value::from_f64(x);
        assert_eq!((value.f64().to_bits(), value.bits()), (x.to_bits(), x.to_bits()));
    }
}
