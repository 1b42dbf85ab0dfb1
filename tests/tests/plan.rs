//! Plans are exact: with the bytes they name everything succeeds, with one less it fails naming
//! them, and nothing outside the lent bytes changes.

use std::sync::atomic::{AtomicUsize, Ordering};
use wrt_core::{Instance, InstanceConfig, LoadBudget, Module, Reason, Status};
use wrt_tests::engine::{self, Feed};
use wrt_tests::region::Region;
use wrt_tests::{smith, spec::corpus};

static INSTANCES: AtomicUsize = AtomicUsize::new(0);

/// Holds a module's plan against loads with exactly so many bytes and with fewer. Whether it was
/// accepted.
fn exact(place: &str, wasm: &[u8]) -> bool {
    let budget = LoadBudget { table_reserve: 16, ..smith::EVERYTHING };
    let mut accepted = false;
    for feed in Feed::ALL {
        let Ok(plan) = engine::plan(wasm, &budget, feed) else { continue };
        accepted = true;
        let need = plan.module + plan.load_scratch;
        let region = Region::new(need as usize);
        for less in [1, 16, need / 2] {
            // SAFETY: one arena at a time; nothing made in it outlives this turn.
            let mut arena = unsafe { region.arena_of((need - less) as usize) };
            let before = (arena.base(), arena.remaining());
            let error = engine::load_into(&mut arena, wasm, &budget, feed).err();
            let error = error.unwrap_or_else(|| panic!("{place} {feed:?}: {need} bytes planned, {less} less do too"));
            assert_eq!(error.status(), Status::Arena, "{place} {feed:?}: {error:?}");
            if less <= 16 {
                assert_eq!(error.need, need, "{place} {feed:?}: names what suffices");
            } else {
                assert!(error.need > need - less && error.need <= need, "{place} {feed:?}: {error:?} of {need}");
            }
            assert_eq!(before, (arena.base(), arena.remaining()), "{place} {feed:?}: the arena is unchanged");
        }
        // SAFETY: as above.
        let mut arena = unsafe { region.arena() };
        let module = engine::load_into(&mut arena, wasm, &budget, feed);
        let module = module.unwrap_or_else(|e| panic!("{place} {feed:?}: planned {need}, then {e:?}"));
        assert_eq!(need - arena.remaining() as u64, plan.module, "{place} {feed:?}: takes what the plan says");
        instance(place, module, wasm, &plan);
        region.check();
    }
    accepted
}

/// The same for the instance, where the module imports nothing.
fn instance(place: &str, module: Module<'_>, wasm: &[u8], plan: &wrt_core::Plan) {
    assert_eq!(module.instance_size(), plan.instance, "{place}");
    assert_eq!(module.memory_min(), plan.memory_min, "{place}");
    if module.import_count() > 0 || plan.memory_min > 64 << 20 {
        return;
    }
    let attempt = |bytes: u64, memory_less: u64, heap: u64| {
        let lent_heap = Region::new(heap as usize);
        let region = Region::new(plan.instance as usize);
        // SAFETY: the region outlives the instance, which dies with this closure.
        let mut arena = unsafe { region.arena_of(bytes as usize) };
        let memories: Vec<Region> =
            engine::defined_memories(wasm).iter().map(|(min, _)| Region::new(*min as usize)).collect();
        let mut lent: Vec<_> = memories
            .iter()
            // SAFETY: as above.
            .map(|m| unsafe { m.arena_of(m.len().saturating_sub(memory_less as usize)) })
            .collect();
        let config = InstanceConfig {
            imports: &(),
            linked: &[],
            memories: &mut lent,
            zeroed: true,
            memory_ceiling: 0,
            // SAFETY: as above.
            heap: (heap != 0).then(|| unsafe { lent_heap.arena() }),
            waiter: None,
        };
        let before = (arena.base(), arena.remaining());
        let made = Instance::new(&mut arena, module, config).map(|_| ());
        let after = (arena.base(), arena.remaining());
        if made.is_err_and(|e| e.status() != Status::Trap) {
            assert_eq!(before, after, "{place}: the arena is unchanged");
        }
        made
    };
    assert_eq!(module.heap_min(), plan.heap_min, "{place}");
    match attempt(plan.instance - 1, 0, plan.heap_min) {
        Err(e) if e.reason == Reason::ArenaTooSmall => assert_eq!(e.need, plan.instance, "{place}"),
        other => panic!("{place}: {} bytes planned, one less gives {other:?}", plan.instance),
    }
    match attempt(plan.instance, 0, plan.heap_min) {
        Ok(()) => _ = INSTANCES.fetch_add(1, Ordering::Relaxed),
        // Arrays whose length is computed are beyond the plan.
        Err(e) if e.reason == Reason::HeapRegion => {
            let computed = wasm.windows(2).any(|w| matches!(w, [0xfb, 6 | 7]));
            assert!(computed, "{place}: {e:?} with {} bytes planned", plan.heap_min);
        }
        Err(e) => assert_eq!(e.status(), Status::Trap, "{place}: {e:?}"),
    }
    if plan.heap_min > 0 {
        for less in [16, plan.heap_min] {
            match attempt(plan.instance, 0, plan.heap_min - less) {
                Err(e) if e.reason == Reason::HeapRegion => assert!(e.need >= plan.heap_min, "{place}: {e:?}"),
                other => panic!("{place}: {} bytes of heap planned, {less} less give {other:?}", plan.heap_min),
            }
        }
    }
    if plan.memory_min > 0 {
        match attempt(plan.instance, 1, plan.heap_min) {
            Err(e) => assert_eq!((e.reason, e.status()), (Reason::MemoryRegion, Status::Arena), "{place}: {e:?}"),
            Ok(()) => panic!("{place}: memory of one byte less than the minimum"),
        }
    }
}

/// MEM-3, MEM-1: over every module of the official suite that the engine accepts.
#[test]
fn mem_3_every_module_of_the_suite() {
    let modules = corpus::modules();
    let accepted = modules.iter().filter(|(place, wasm)| exact(place, wasm)).count();
    println!("{accepted} of {} modules planned and loaded, {INSTANCES:?} instances", modules.len());
    assert!(accepted > 1_000, "{accepted}");
}

/// MEM-3: over generated modules, `WRT_CASES` of them.
#[test]
fn mem_3_generated_modules() {
    let cases = smith::cases(1_000);
    let accepted = (0..cases).filter(|&seed| exact(&format!("case {seed}"), &smith::module(seed))).count() as u64;
    println!("{accepted} of {cases} generated modules planned and loaded");
    assert!(accepted * 10 >= cases * 9, "{accepted} of {cases} accepted");
}
