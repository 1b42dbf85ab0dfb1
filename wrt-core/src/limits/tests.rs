//! Tests of the limits: that they hold together, that presets have the published proportions, and that
//! the tree keeps its sums, against a model that adds everything up anew.

use super::*;
use proptest::prelude::*;

/// The level to test with: QM, or the least that the build accepts.
const LEAST: Asil = Asil::FLOOR;

fn at_floor(bytes: u64) -> Limits {
    Preset::LinuxContainer.limits(bytes, LEAST)
}

/// LIM-1: names are distinct, each leads back to its field, and what is set is read.
#[test]
fn lim_1_every_field_can_be_named_set_and_read() {
    let mut limits = at_floor(1 << 30);
    for (at, field) in Field::ALL.iter().enumerate() {
        assert_eq!(Field::from_key(field.key()), Some(*field));
        assert!(Field::ALL[..at].iter().all(|other| other.key() != field.key()), "{}", field.key());
        for value in [0, 1] {
            assert!(field.set(&mut limits, value), "{}", field.key());
            assert_eq!(field.get(&limits), value, "{}", field.key());
        }
    }
    assert!(Field::ALL.iter().all(|field| field.get(&limits) == 1), "no two fields are one");
    for (field, too_large) in
        [(Field::Asil, 5), (Field::DebugLevel, 3), (Field::SafetyDebug, 2), (Field::SafetyReserve, 256)]
    {
        assert!(!field.set(&mut limits, too_large));
        assert_eq!(field.get(&limits), 1, "nothing is changed");
    }
}

/// LIM-1: what the engine enforces is handed to it, and nothing is raised.
#[test]
fn lim_1_budgets_of_the_engine_follow() {
    let limits = Limits { linear_bytes: 3 << 16, imports: 2, exports: 1, ..at_floor(1 << 30) };
    let load = limits.load_budget(LoadBudget::DEFAULT);
    assert_eq!((load.max_memory_bytes, load.max_imports, load.max_exports), (3 << 16, 2, 1));
    assert_eq!(limits.run_budget(RunBudget::default()).max_memory_bytes, 3 << 16);
    let tight = LoadBudget { max_memory_bytes: 1, max_imports: 0, max_exports: 0, ..LoadBudget::DEFAULT };
    assert_eq!(limits.load_budget(tight), tight);
}

/// LIM-1: shares, stack, reserve and debugging that do not fit are refused, each by name.
#[test]
fn lim_1_limits_that_do_not_hold_together_are_refused() {
    let good = at_floor(1 << 30);
    assert_eq!(good.check(), Ok(()));
    let need = (1 << 30) + good.component_overhead + good.debug_overhead + good.reserve_bytes();
    let wrong = Limits { linear_bytes: 1 << 30, ..good };
    assert_eq!(wrong.check(), Err(Inconsistent::Shares { need, total: 1 << 30 }));
    let left = good.runtime_bytes().expect("shares that fit");
    assert_eq!(Limits { stack_bytes: left, ..good }.check(), Ok(()));
    let wrong = Limits { stack_bytes: left + 1, ..good };
    assert_eq!(wrong.check(), Err(Inconsistent::Stack { need: left + 1, left }));
    assert_eq!(Limits { safety_reserve: 101, ..good }.check(), Err(Inconsistent::Percent(101)));
    assert!(matches!(Limits { linear_bytes: u64::MAX, ..good }.check(), Err(Inconsistent::Shares { .. })));
    let wrong = Limits { debug_level: DebugLevel::Full, asil: Asil::D, debug_overhead: 0, ..good };
    assert_eq!(wrong.check(), Err(Inconsistent::Debugging(Asil::D)));
    // The switch is what lets a level above QM and below D have debugging.
    if LEAST < Asil::D {
        let wrong = Limits { debug_level: DebugLevel::Basic, asil: Asil::C, debug_overhead: 1, ..good };
        assert_eq!(wrong.check(), Err(Inconsistent::Debugging(Asil::C)));
        assert_eq!(Limits { safety_debug: true, ..wrong }.check(), Ok(()));
    }
}

/// LIM-4: the published shares, of the published sizes; the parts are the whole to the byte.
#[test]
fn lim_4_presets_have_the_published_proportions() {
    let published = [
        (Preset::LinuxContainer, 512 << 20, [68, 10, 10, 8, 4], 256, 1_024),
        (Preset::QnxSafety, 64 << 20, [50, 12, 3, 12, 23], 16, 64),
        (Preset::Embedded, 32 << 10, [62, 12, 3, 12, 11], 4, 8),
    ];
    for (preset, bytes, percent, components, instances) in published {
        let limits = preset.limits(bytes, Asil::Qm);
        assert_eq!(preset.typical_bytes(), bytes);
        let of = |part: u64| bytes as f64 * part as f64 / 100.0;
        let parts = [
            limits.linear_bytes,
            limits.component_overhead,
            limits.debug_overhead,
            limits.runtime_bytes().expect("shares that fit"),
            limits.reserve_bytes(),
        ];
        assert_eq!(parts.iter().sum::<u64>(), bytes, "{}", preset.name());
        // Rounding takes less than a byte of each share and gives it to the runtime.
        for (part, percent) in parts.iter().zip(percent) {
            assert!((*part as f64 - of(percent)).abs() < 4.0, "{}: {part} of {percent} %", preset.name());
        }
        assert_eq!((limits.components, limits.instances), (components, instances));
        assert_eq!(percent.iter().sum::<u64>(), 100);
        assert_eq!(Preset::from_name(preset.name()), Some(preset));
    }
    assert_eq!(Preset::Embedded.limits(32 << 10, Asil::Qm).breakpoints, 10);
}

/// LIM-4: the safety factors of QNX, and only of QNX.
#[test]
fn lim_4_the_safety_factor_is_applied_to_the_memory_offered() {
    let factors = [(Asil::Qm, 1.0), (Asil::A, 0.9), (Asil::B, 0.7), (Asil::C, 0.5), (Asil::D, 0.3)];
    for (level, factor) in factors {
        for bytes in [64u64 << 20, 1, 9, 12_345_678_901] {
            let total = Preset::QnxSafety.limits(bytes, level).total_bytes;
            assert_eq!(total, (bytes as f64 * factor + 1e-6).floor() as u64, "{bytes} at {}", level.name());
            assert_eq!(Preset::LinuxContainer.limits(bytes, level).total_bytes, bytes);
        }
    }
}

/// LIM-4: on microcontrollers debugging gets at most 5 % of the RAM, whoever asks for more.
#[test]
fn lim_4_embedded_debugging_stays_within_five_percent() {
    let good = Preset::Embedded.limits(32 << 10, LEAST);
    assert_eq!(Preset::Embedded.check(&good), Ok(()));
    let most = (32 << 10) * 5 / 100;
    assert!(good.debug_overhead <= most);
    let wrong = Limits { debug_overhead: most + 1, linear_bytes: 0, ..good };
    let refused = Err(Inconsistent::DebugOverhead { need: most + 1, most, level: LEAST });
    assert_eq!(Preset::Embedded.check(&wrong), refused);
}

/// LIM-4: presets of every size and level hold together.
#[test]
fn lim_4_presets_hold_together_at_every_size() {
    for preset in Preset::ALL {
        for level in Asil::ALL.into_iter().filter(|level| *level >= LEAST) {
            for bytes in [0, 1, 99, 100, 101, 32 << 10, 1 << 40, u64::MAX - 1, u64::MAX] {
                let limits = preset.limits(bytes, level);
                assert_eq!(preset.check(&limits), Ok(()), "{} {bytes} {}", preset.name(), level.name());
            }
        }
    }
}

/// ASIL-2: the rules of the levels, and where they end.
#[test]
fn asil_2_levels_bound_complexity_and_debugging() {
    let rules = [(Asil::D, 1, 2, 0), (Asil::C, 2, 3, 1 << 20), (Asil::B, 3, 4, 16 << 20)];
    for (level, component, module, debug) in rules {
        assert!(Complexity { component, module }.fits(level));
        assert!(!Complexity { component: component + 1, module }.fits(level));
        assert!(!Complexity { component, module: module + 1 }.fits(level));
        assert_eq!(DebugRule::most_bytes(level), debug);
        let limits = Limits { safety_debug: true, ..Preset::LinuxContainer.limits(1 << 30, level) };
        if level >= LEAST {
            assert_eq!(Limits { debug_overhead: debug, ..limits }.check(), Ok(()));
            let wrong = Limits { debug_overhead: debug + 1, ..limits };
            assert_eq!(wrong.check(), Err(Inconsistent::DebugOverhead { need: debug + 1, most: debug, level }));
        }
    }
    for level in [Asil::Qm, Asil::A] {
        assert!(Complexity { component: u32::MAX, module: u32::MAX }.fits(level));
        assert_eq!(DebugRule::most_bytes(level), u64::MAX);
    }
}

/// ASIL-2: each trait adds one to a module's complexity, and none twice.
#[test]
fn asil_2_each_trait_counts_once() {
    let mut traits = ModuleTraits::NONE;
    for (at, one) in ModuleTrait::ALL.into_iter().enumerate() {
        assert_eq!(traits.complexity() as usize, at + 1);
        assert!(!traits.has(one));
        traits = traits.with(one).with(one);
        assert!(traits.has(one));
    }
    assert_eq!(traits.complexity(), 7);
}

/// ASIL-3: below the least level of the build nothing is accepted, neither at first nor later.
#[test]
fn asil_3_no_level_below_the_floor_of_the_build() {
    for level in Asil::ALL {
        let limits = Preset::LinuxContainer.limits(1 << 30, level);
        let mut slots = [Slot::EMPTY];
        let made = BudgetTree::new(&mut slots[..], &limits);
        if level >= Asil::FLOOR {
            assert_eq!(made.expect("a level that the build accepts").limits().asil, level);
        } else {
            let refused = Inconsistent::BelowFloor { asked: level, floor: Asil::FLOOR };
            assert_eq!(made.expect_err("a level below the floor"), Refusal::Limits(refused));
            let limits = at_floor(1 << 30);
            let mut tree = BudgetTree::new(&mut slots[..], &limits).expect("limits at the floor");
            assert_eq!(tree.set_asil(level), Err(Refusal::Limits(refused)));
            assert_eq!(tree.limits(), &limits);
        }
    }
    let expected =
        match (cfg!(feature = "safety-asil-d"), cfg!(feature = "safety-asil-c"), cfg!(feature = "safety-asil-b")) {
            (true, _, _) => Asil::D,
            (_, true, _) => Asil::C,
            (_, _, true) => Asil::B,
            _ => Asil::Qm,
        };
    assert_eq!(Asil::FLOOR, expected);
}

/// A tree with one runtime that has everything, one component and one instance with half of what is above.
fn small(slots: &mut [Slot]) -> (BudgetTree<&mut [Slot]>, [Budget; 4]) {
    let mut tree = BudgetTree::new(slots, &at_floor(1 << 20)).expect("a tree");
    let platform = tree.platform();
    let all = tree.spent(platform).expect("the root").share;
    let half = |a: Amounts| Amounts {
        linear: a.linear / 2,
        component: a.component / 2,
        debug: a.debug / 2,
        runtime: a.runtime / 2,
    };
    let runtime = tree.open(platform, all).expect("a runtime");
    let component = tree.open_component(runtime, half(all), Complexity::default()).expect("a component");
    let instance = tree.open(component, half(half(all))).expect("an instance");
    (tree, [platform, runtime, component, instance])
}

/// MEM-5: N bytes are given, N + 1 refused before anything is taken, and the refusal says what is left.
#[test]
fn mem_5_a_share_is_exact() {
    let mut slots = [Slot::EMPTY; 4];
    let (mut tree, [.., instance]) = small(&mut slots);
    let share = tree.spent(instance).expect("open").share.linear;
    let before = tree.spent(instance);
    let refused = Refusal::Share { kind: Kind::Linear, need: share + 1, left: share };
    assert_eq!(tree.take(instance, Amounts::of(Kind::Linear, share + 1)), Err(refused));
    // The other kinds would have fitted.
    let both = Amounts { linear: share + 1, runtime: 1, ..Amounts::ZERO };
    assert_eq!(tree.take(instance, both), Err(refused));
    assert_eq!(tree.spent(instance), before, "nothing was taken");
    assert_eq!(tree.take(instance, Amounts::of(Kind::Linear, share)), Ok(()));
    let refused = Refusal::Share { kind: Kind::Linear, need: 1, left: 0 };
    assert_eq!(tree.take(instance, Amounts::of(Kind::Linear, 1)), Err(refused));
}

/// MEM-5: use and peaks are those of the whole subtree, at every level; closing gives back.
#[test]
fn mem_5_use_is_seen_at_every_level() {
    let mut slots = [Slot::EMPTY; 4];
    let (mut tree, nodes) = small(&mut slots);
    let taken = Amounts { linear: 100, component: 20, debug: 0, runtime: 3 };
    tree.take(nodes[3], taken).expect("bytes");
    tree.take(nodes[1], Amounts::of(Kind::Runtime, 5)).expect("bytes");
    assert_eq!(tree.spent(nodes[3]).expect("open").now, taken);
    assert_eq!(tree.spent(nodes[2]).expect("open").now, taken);
    for above in &nodes[..2] {
        assert_eq!(tree.spent(*above).expect("open").now, Amounts { runtime: 8, ..taken });
    }
    assert_eq!(tree.close(nodes[2]), Err(Refusal::Open));
    assert_eq!(tree.close(nodes[3]), Ok(()));
    assert_eq!(tree.close(nodes[3]), Err(Refusal::Handle));
    assert_eq!(tree.spent(nodes[3]), Err(Refusal::Handle));
    let root = tree.spent(nodes[0]).expect("open");
    assert_eq!(root.now, Amounts::of(Kind::Runtime, 5));
    assert_eq!((root.peak, root.peak_sum), (Amounts { runtime: 8, ..taken }, 128));
    assert_eq!(tree.close(nodes[0]), Err(Refusal::Root));
    assert_eq!(
        tree.give(nodes[1], Amounts::of(Kind::Runtime, 6)),
        Err(Refusal::NotTaken { kind: Kind::Runtime, taken: 5, given: 6 })
    );
    assert_eq!(tree.instances(), 0);
}

/// MEM-5: the levels stand in their order, and slots can run out.
#[test]
fn mem_5_levels_have_an_order() {
    let mut slots = [Slot::EMPTY; 4];
    let (mut tree, nodes) = small(&mut slots);
    assert_eq!(tree.open(nodes[3], Amounts::ZERO), Err(Refusal::Level(Level::Instance)));
    assert_eq!(tree.open(nodes[1], Amounts::ZERO), Err(Refusal::Level(Level::Runtime)));
    let component = tree.open_component(nodes[0], Amounts::ZERO, Complexity::default());
    assert_eq!(component, Err(Refusal::Level(Level::Platform)));
    assert_eq!(tree.open(nodes[2], Amounts::ZERO), Err(Refusal::Slots));
    assert_eq!(BudgetTree::new(&mut [][..], &at_floor(1)).expect_err("no room"), Refusal::Slots);
}

/// LIM-1: total memory, counts of components and instances, and the size of a task's region.
#[test]
fn lim_1_the_tree_enforces_counts_stack_and_reserve() {
    let limits = Limits { components: 1, instances: 2, stack_bytes: 1_000, ..at_floor(1 << 20) };
    let mut slots = [Slot::EMPTY; 8];
    let mut tree = BudgetTree::new(&mut slots[..], &limits).expect("a tree");
    let platform = tree.platform();
    let share = tree.spent(platform).expect("open").share;
    // The reserve is nobody's: the shares and it are the total.
    assert_eq!(share.sum() + limits.reserve_bytes(), limits.total_bytes);
    for kind in Kind::ALL {
        let need = share.get(kind) + 1;
        let refused = Refusal::Share { kind, need, left: need - 1 };
        assert_eq!(tree.open(platform, Amounts::of(kind, need)), Err(refused));
    }
    let runtime = tree.open(platform, share).expect("a runtime");
    let component = tree.open_component(runtime, share, Complexity::default()).expect("a component");
    let refused = Refusal::Limit { field: Field::Components, need: 2, most: 1 };
    assert_eq!(tree.open_component(runtime, Amounts::ZERO, Complexity::default()), Err(refused));
    let instance = tree.open(component, Amounts::of(Kind::Runtime, 2_000)).expect("an instance");
    tree.open(component, Amounts::ZERO).expect("an instance");
    let refused = Refusal::Limit { field: Field::Instances, need: 3, most: 2 };
    assert_eq!(tree.open(component, Amounts::ZERO), Err(refused));
    let refused = Refusal::Limit { field: Field::Stack, need: 1_001, most: 1_000 };
    assert_eq!(tree.take_stack(instance, 1_001), Err(refused));
    assert_eq!(tree.take_stack(instance, 1_000), Ok(()));
    assert_eq!(tree.spent(instance).expect("open").now.runtime, 1_000);
}

/// LIM-2: limits can be changed while the tree is in use, down to what is in use and not below.
#[test]
fn lim_2_lowering_below_what_is_in_use_is_refused() {
    let mut slots = [Slot::EMPTY; 4];
    let (mut tree, nodes) = small(&mut slots);
    tree.resize(nodes[1], tree.spent(nodes[1]).expect("open").promised).expect("the rest is given back");
    tree.take_stack(nodes[3], 10).expect("bytes");
    let limits = *tree.limits();
    let root = tree.spent(nodes[0]).expect("open");
    let used = root.promised;
    let exact = Limits {
        linear_bytes: used.linear,
        component_overhead: used.component,
        debug_overhead: used.debug,
        components: 1,
        instances: 1,
        stack_bytes: 10,
        ..limits
    };
    // The runtime has what the others leave; a total that leaves what it uses.
    let mut total = used.sum();
    while (Limits { total_bytes: total, ..exact }).runtime_bytes().is_none_or(|bytes| bytes < used.runtime) {
        total += 1;
    }
    let exact = Limits { total_bytes: total, ..exact };
    let in_use = |field: Field, used: u64| Err(Refusal::InUse { field, used, asked: used - 1 });
    let less = [
        (Limits { linear_bytes: used.linear - 1, ..exact }, in_use(Field::Linear, used.linear)),
        (Limits { component_overhead: used.component - 1, ..exact }, in_use(Field::ComponentOverhead, used.component)),
        (Limits { total_bytes: total - 1, ..exact }, in_use(Field::Total, used.runtime)),
        (Limits { components: 0, ..exact }, in_use(Field::Components, 1)),
        (Limits { instances: 0, ..exact }, in_use(Field::Instances, 1)),
        (Limits { stack_bytes: 9, ..exact }, in_use(Field::Stack, 10)),
    ];
    for (wrong, refused) in less {
        assert_eq!(tree.update_limits(&wrong), refused);
        assert_eq!(tree.limits(), &limits, "nothing was changed");
    }
    assert_eq!(tree.update_limits(&exact), Ok(()));
    assert_eq!(tree.limits(), &exact);
    let refused = tree.take(nodes[0], Amounts::of(Kind::Linear, 1));
    assert_eq!(refused, Err(Refusal::Share { kind: Kind::Linear, need: 1, left: 0 }), "the limits are in force");
    assert_eq!(tree.update_limits(&limits), Ok(()));
    assert_eq!(tree.take(nodes[0], Amounts::of(Kind::Linear, 1)), Ok(()));
}

/// LIM-2: a higher safety level is refused while debugging uses more than it allows, or while something
/// more complex than it allows is open.
#[test]
fn lim_2_set_asil_looks_at_what_is_in_use() {
    if LEAST > Asil::Qm {
        return;
    }
    let mut slots = [Slot::EMPTY; 4];
    let (mut tree, nodes) = small(&mut slots);
    let debug = tree.spent(nodes[1]).expect("open").share.debug;
    assert_eq!(tree.set_asil(Asil::D), Err(Refusal::InUse { field: Field::DebugOverhead, used: debug, asked: 0 }));
    for node in [nodes[3], nodes[2], nodes[1]] {
        let share = tree.spent(node).expect("open").share;
        tree.resize(node, Amounts { debug: 0, ..share }).expect("less");
    }
    assert_eq!(tree.set_asil(Asil::D), Ok(()));
    assert_eq!((tree.limits().asil, tree.limits().debug_level), (Asil::D, DebugLevel::None));
    let found = Complexity { component: 0, module: 3 };
    let refused = Refusal::Complexity { found, level: Asil::D };
    assert_eq!(tree.open_component(nodes[1], Amounts::ZERO, found), Err(refused));
    assert_eq!(tree.set_asil(Asil::Qm), Ok(()));
    tree.close(nodes[3]).expect("an instance");
    assert!(tree.open_component(nodes[1], Amounts::ZERO, found).is_ok());
    assert_eq!(tree.set_asil(Asil::D), Err(refused));
    assert_eq!(tree.limits().asil, Asil::Qm);
}

/// What a person would write down: every open node with its parent, share and what it has taken itself.
#[derive(Clone, Default)]
struct Model {
    nodes: Vec<Option<Node>>,
}
/// Parent, level, share, taken by itself.
type Node = (Option<usize>, Level, [u64; 4], [u64; 4]);

impl Model {
    fn children(&self, of: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|i| self.nodes[*i].is_some_and(|n| n.0 == Some(of))).collect()
    }
    fn promised(&self, of: usize, kind: usize) -> u64 {
        self.children(of).iter().map(|i| self.nodes[*i].expect("open").2[kind]).sum()
    }
    fn now(&self, of: usize, kind: usize) -> u64 {
        // Four levels at most.
        let own = self.nodes[of].expect("open").3[kind];
        own + self.children(of).iter().map(|i| self.now(*i, kind)).sum::<u64>()
    }
    fn left(&self, of: usize) -> [u64; 4] {
        let (_, _, share, own) = self.nodes[of].expect("open");
        core::array::from_fn(|kind| share[kind] - own[kind] - self.promised(of, kind))
    }
}

fn numbers(a: Amounts) -> [u64; 4] {
    [a.linear, a.component, a.debug, a.runtime]
}
fn amounts([linear, component, debug, runtime]: [u64; 4]) -> Amounts {
    Amounts { linear, component, debug, runtime }
}

#[derive(Clone, Debug)]
enum Act {
    Open(usize, [u64; 4]),
    Close(usize),
    Take(usize, [u64; 4]),
    Give(usize, [u64; 4]),
    Resize(usize, [u64; 4]),
    Update(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let few = prop_oneof![4 => 0u64..40, 1 => 0u64..2_000, 1 => Just(u64::MAX)];
    let four = prop::array::uniform4(few);
    let node = 0usize..12;
    prop::collection::vec(
        prop_oneof![
            3 => (node.clone(), four.clone()).prop_map(|(n, a)| Act::Open(n, a)),
            2 => node.clone().prop_map(Act::Close),
            4 => (node.clone(), four.clone()).prop_map(|(n, a)| Act::Take(n, a)),
            2 => (node.clone(), four.clone()).prop_map(|(n, a)| Act::Give(n, a)),
            2 => (node, four).prop_map(|(n, a)| Act::Resize(n, a)),
            1 => (0u64..4_000).prop_map(Act::Update),
        ],
        1..80,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    /// MEM-5: whatever is opened, taken, given back, resized, closed or updated: the tree accepts exactly
    /// what the model has room for, changes nothing when it refuses, and every sum is the model's.
    #[test]
    fn mem_5_sums_are_exact_whatever_happens(acts in acts()) {
        let limits = |total: u64| Limits { components: 3, instances: 4, ..at_floor(total) };
        let mut slots = [Slot::EMPTY; 9];
        let mut tree = BudgetTree::new(&mut slots[..], &limits(2_000)).expect("a tree");
        let mut handles = vec![tree.platform()];
        let root = numbers(tree.spent(handles[0]).expect("open").share);
        let mut model = Model { nodes: vec![Some((None, Level::Platform, root, [0; 4]))] };
        let mut peaks = [0u64; 4];
        for act in acts {
            let (node, a) = match act {
                Act::Open(n, a) | Act::Take(n, a) | Act::Give(n, a) | Act::Resize(n, a) => (n % handles.len(), a),
                Act::Close(n) => (n % handles.len(), [0; 4]),
                Act::Update(_) => (0, [0; 4]),
            };
            let Some((parent, level, share, own)) = model.nodes[node] else {
                prop_assert_eq!(tree.take(handles[node], Amounts::ZERO), Err(Refusal::Handle));
                continue;
            };
            let left = model.left(node);
            let room = a.iter().zip(left).all(|(a, left)| *a <= left);
            match act {
                Act::Open(..) => {
                    let count = |of: Level| model.nodes.iter().flatten().filter(|n| n.1 == of).count();
                    let (below, free) = match level {
                        Level::Platform => (Level::Runtime, true),
                        Level::Runtime => (Level::Component, count(Level::Component) < 3),
                        Level::Component => (Level::Instance, count(Level::Instance) < 4),
                        Level::Instance => (Level::Instance, false),
                    };
                    let slots = model.nodes.iter().flatten().count() < 9;
                    let made = if level == Level::Runtime {
                        tree.open_component(handles[node], amounts(a), Complexity::default())
                    } else {
                        tree.open(handles[node], amounts(a))
                    };
                    prop_assert_eq!(made.is_ok(), room && free && slots, "{:?}", made);
                    if let Ok(handle) = made {
                        handles.push(handle);
                        model.nodes.push(Some((Some(node), below, a, [0; 4])));
                    }
                }
                Act::Close(_) => {
                    let closed = tree.close(handles[node]);
                    prop_assert_eq!(closed.is_ok(), parent.is_some() && model.children(node).is_empty());
                    if closed.is_ok() {
                        model.nodes[node] = None;
                    }
                }
                Act::Take(..) => {
                    prop_assert_eq!(tree.take(handles[node], amounts(a)).is_ok(), room);
                    if room {
                        model.nodes[node] = Some((parent, level, share, core::array::from_fn(|k| own[k] + a[k])));
                    }
                }
                Act::Give(..) => {
                    let has = a.iter().zip(own).all(|(a, own)| *a <= own);
                    prop_assert_eq!(tree.give(handles[node], amounts(a)).is_ok(), has);
                    if has {
                        model.nodes[node] = Some((parent, level, share, core::array::from_fn(|k| own[k] - a[k])));
                    }
                }
                Act::Resize(..) => {
                    let fits = parent.is_some_and(|above| {
                        let (left, used) = (model.left(above), |k: usize| own[k] + model.promised(node, k));
                        (0..4).all(|k| a[k] >= used(k) && a[k] <= left[k] + share[k])
                    });
                    prop_assert_eq!(tree.resize(handles[node], amounts(a)).is_ok(), fits);
                    if fits {
                        model.nodes[node] = Some((parent, level, a, own));
                    }
                }
                Act::Update(total) => {
                    let next = limits(total);
                    let share = [
                        next.linear_bytes,
                        next.component_overhead,
                        next.debug_overhead,
                        next.runtime_bytes().expect("shares that fit"),
                    ];
                    let (_, _, _, own) = model.nodes[0].expect("the root");
                    let fits = (0..4).all(|k| share[k] >= own[k] + model.promised(0, k));
                    prop_assert_eq!(tree.update_limits(&next).is_ok(), fits);
                    if fits {
                        model.nodes[0] = Some((None, Level::Platform, share, own));
                    }
                }
            }
            for (at, node) in model.nodes.iter().enumerate() {
                let Some((_, level, share, own)) = node else { continue };
                let spent = tree.spent(handles[at]).expect("open");
                prop_assert_eq!(spent.level, *level);
                prop_assert_eq!(numbers(spent.share), *share);
                prop_assert_eq!(numbers(spent.own), *own);
                prop_assert_eq!(numbers(spent.promised), core::array::from_fn(|k| model.promised(at, k)));
                prop_assert_eq!(numbers(spent.now), core::array::from_fn(|k| model.now(at, k)));
                prop_assert!((0..4).all(|k| model.now(at, k) <= share[k]), "no node exceeds its share");
            }
            peaks = core::array::from_fn(|k| peaks[k].max(model.now(0, k)));
            prop_assert_eq!(numbers(tree.spent(handles[0]).expect("open").peak), peaks);
        }
    }
}
