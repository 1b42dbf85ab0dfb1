//! What a build leaves out is refused by its reason and at its place; what is in it is taken.
//!
//! One text for each way into a proposal, with the bytes of the item at which it is refused. Whether this build has the
//! proposal decides what is expected; where it has it, the budget leaves it out, and the place must be the same. So the
//! same tests hold for the whole engine and for one without features:
//! `cargo test -p wrt-tests --no-default-features --test built`.

use wasmparser::Validator;
use wrt_core::{
    Backend, Caller, Completion, Error, Extern, HostFunc, HostResult, Import, Imports, Instance, LoadBudget, Proposals,
    Reason, Task, Value, backends,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::features;
use wrt_tests::guests::{encode, guest_budget, guests};
use wrt_tests::region::Region;
use wrt_tests::stops::{self, Rig};

/// A way into a proposal: the module, and the item at which it is refused.
struct Way {
    proposal: Proposals,
    text: &'static str,
    /// Bytes that stand once in the module. The item begins at the first of them.
    item: &'static [u8],
}

const fn way(proposal: Proposals, item: &'static [u8], text: &'static str) -> Way {
    Way { proposal, text, item }
}

const WAYS: &[Way] = &[
    // Types of vectors, wherever types stand.
    way(Proposals::SIMD, &[0x7b, 0x00], "(module (type (func (param v128))))"),
    way(Proposals::SIMD, &[0x01, 0x7b, 0x0b], "(module (func (local v128)))"),
    way(Proposals::SIMD, &[0x02, 0x7b], "(module (func (block (result v128) unreachable) drop))"),
    way(Proposals::SIMD, &[0x7b, 0x00, 0xfd], "(module (global v128 (v128.const i64x2 0 0)))"),
    way(Proposals::SIMD, &[0xfd, 0x0c], "(module (func (drop (v128.const i64x2 0 0))))"),
    way(Proposals::SIMD, &[0xfd, 0x00], "(module (memory 1) (func (drop (v128.load (i32.const 0)))))"),
    way(Proposals::RELAXED_SIMD, &[0xfd, 0x80, 0x02], "(module (func unreachable i8x16.relaxed_swizzle drop))"),
    // Types that have a shape, or name others.
    way(Proposals::GC, &[0x5f, 0x00], "(module (type (struct)))"),
    way(Proposals::GC, &[0x5e, 0x7f, 0x00], "(module (type (array i32)))"),
    way(Proposals::GC, &[0x4e, 0x02], "(module (rec (type (func)) (type (func))))"),
    way(Proposals::GC, &[0x50, 0x00, 0x60], "(module (type (sub (func))))"),
    way(Proposals::GC, &[0x6d, 0x00], "(module (type (func (param eqref))))"),
    way(Proposals::GC, &[0xfb, 0x1c], "(module (func (drop (ref.i31 (i32.const 1)))))"),
    way(Proposals::GC, &[0xd3], "(module (func unreachable ref.eq drop))"),
    way(Proposals::FUNCTION_REFERENCES, &[0x14, 0x00], "(module (type $t (func)) (func unreachable (call_ref $t)))"),
    way(Proposals::FUNCTION_REFERENCES, &[0xd4], "(module (func unreachable ref.as_non_null drop))"),
    way(Proposals::FUNCTION_REFERENCES, &[0xd5, 0x00], "(module (func unreachable (br_on_null 0) drop))"),
    way(Proposals::FUNCTION_REFERENCES, &[0x64, 0x70, 0x00], "(module (type (func (param (ref func)))))"),
    way(Proposals::FUNCTION_REFERENCES, &[0x40, 0x00, 0x70], "(module (table 1 funcref (ref.null func)))"),
    // Exceptions, in both forms.
    way(Proposals::EXCEPTION_HANDLING, &[0x0d, 0x03, 0x01], "(module (tag))"),
    way(Proposals::EXCEPTION_HANDLING, &[0x04, 0x00, 0x00], r#"(module (import "a" "b" (tag)))"#),
    way(Proposals::EXCEPTION_HANDLING, &[0x69, 0x00], "(module (type (func (param exnref))))"),
    way(Proposals::EXCEPTION_HANDLING, &[0x1f, 0x40], "(module (func (try_table)))"),
    way(Proposals::EXCEPTION_HANDLING, &[0x0a, 0x0b], "(module (func unreachable throw_ref))"),
    way(Proposals::LEGACY_EXCEPTIONS, &[0x06, 0x40], "(module (func try catch_all end))"),
    way(Proposals::THREADS, &[0x03, 0x01, 0x01], "(module (memory 1 1 shared))"),
    way(Proposals::THREADS, &[0xfe, 0x03], "(module (func atomic.fence))"),
    way(Proposals::THREADS, &[0xfe, 0x10], "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))"),
    way(Proposals::WIDE_ARITHMETIC, &[0xfc, 0x13], "(module (func unreachable i64.add128 drop drop))"),
    // More memories than one, and addresses of 64 bits.
    way(Proposals::MULTI_MEMORY, &[0x02, 0x00, 0x01, 0x00], "(module (memory 1) (memory 2))"),
    way(Proposals::MEMORY64, &[0x04, 0x01], "(module (memory i64 1))"),
    way(Proposals::MEMORY64, &[0x70, 0x04, 0x01], "(module (table i64 1 funcref))"),
    way(Proposals::TAIL_CALL, &[0x12, 0x00], "(module (func return_call 0))"),
    way(Proposals::TAIL_CALL, &[0x13, 0x00], "(module (table 1 funcref) (func (return_call_indirect (i32.const 0))))"),
    way(
        Proposals::FUNCTION_REFERENCES,
        &[0x15, 0x00],
        "(module (type $t (func)) (func unreachable (return_call_ref $t)))",
    ),
    way(Proposals::EXTENDED_CONST, &[0x6a], "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))"),
];

/// The module of a way, and where its item begins.
fn module(way: &Way) -> (Vec<u8>, u64) {
    let wasm = encode(way.text);
    let places: Vec<usize> = (0..wasm.len()).filter(|&at| wasm[at..].starts_with(way.item)).collect();
    assert_eq!(places.len(), 1, "{}: {:02x?} stands at {places:?} of {wasm:02x?}", way.text, way.item);
    (wasm, places[0] as u64)
}

/// CORE-1: what a proposal brings is refused where the build does not have it as where the budget leaves it out: by the
/// proposal's bit, at the item, whole and bytewise.
#[test]
fn core_1_what_is_not_built_is_refused_at_its_place() {
    let every = engine::load_budget();
    for way in WAYS {
        let (wasm, place) = module(way);
        let said = |e: Error| (e.reason, e.detail, e.offset);
        let expected = Err((Reason::ProposalOff, u64::from(way.proposal.0), place));
        let without = LoadBudget { proposals: Proposals::ALL.without(way.proposal), ..every };
        for feed in Feed::ALL {
            let off = engine::plan(&wasm, &without, feed).map(|_| ()).map_err(said);
            assert_eq!(off, expected, "{}, left out by the budget: {wasm:02x?}", way.text);
            let on = engine::plan(&wasm, &every, feed).map(|_| ()).map_err(said);
            let built = Proposals::BUILT.has(way.proposal);
            assert_eq!(on, if built { Ok(()) } else { expected }, "{}, {feed:?}: {wasm:02x?}", way.text);
        }
    }
}

/// CORE-1: every proposal that a build can leave out is left out without features, and only then.
#[test]
fn core_1_features_decide_what_is_built() {
    let ways = WAYS.iter().fold(Proposals(0), |all, way| all.with(way.proposal));
    if cfg!(feature = "full") {
        assert_eq!(Proposals::BUILT, Proposals::ALL);
    }
    assert_eq!(
        Proposals::ALL.without(Proposals::BUILT).without(ways),
        Proposals(0),
        "a proposal without a way into it"
    );
}

/// MEM-2: guests need, do and cost in this build what they do in every other one; a guest that asks for what is not
/// built is refused when it is loaded, and one of two modules when they are linked.
#[test]
fn mem_2_guests_run_as_in_every_other_build() {
    let committed = include_str!("../guests/expected.txt");
    let built = features::features(Proposals::BUILT);
    let (rig, other) = (Rig::new(), Rig::new());
    let (mut ran, mut refused, mut unlinked) = (0, 0, 0);
    for guest in guests() {
        let encoded = guest.plain();
        let modules = encoded.library.iter().map(|(_, wasm)| wasm).chain([&encoded.main]);
        let mut whole = true;
        for wasm in modules {
            let plan = engine::plan(wasm, &guest_budget(), Feed::Whole);
            let valid = Validator::new_with_features(built).validate_all(wasm);
            assert_eq!(plan.is_ok(), valid.is_ok(), "{}: {plan:?}", guest.name);
            if let Err(e) = plan {
                assert_eq!(e.reason, Reason::ProposalOff, "{}: {e:?}", guest.name);
                assert!(!Proposals::BUILT.has(Proposals(e.detail as u32)), "{}: {e:?}", guest.name);
                whole = false;
            }
        }
        if !whole {
            refused += 1;
            continue;
        }
        if encoded.library.is_some() && !cfg!(feature = "full") {
            unlinked += 1;
            continue;
        }
        ran += 1;
        for feed in Feed::ALL {
            let pool = Pool::new();
            let loaded = encoded.load(&pool, feed);
            let start = format!("{} {feed:?}: ", guest.name);
            let line = committed.lines().find(|line| line.starts_with(&start)).expect("a line for each guest");
            for &backend in backends() {
                let end = stops::run_whole(&rig, &loaded, backend);
                let result = end.result.as_ref().map_or_else(|e| e.reason.name().into(), |r| format!("{r:x?}"));
                let numbers = format!(
                    "{start}fuel {} depth {} stack {} result {result} states {:x?} ",
                    end.fuel, end.depth, end.stack, end.hashes
                );
                assert!(line.starts_with(&numbers), "{numbers}\n{line}");
                assert_eq!(stops::run(&rig, &loaded, backend, |_| 37, |_| {}), end, "{start}in slices");
                let prepare = |task: Task<'_>, _: Instance<'_>| task.set_backend(backend);
                let [first, second] = stops::run_moved(&rig, &other, &loaded, prepare, end.fuel / 2).expect("a stop");
                assert_eq!((&first, &second), (&end, &end), "{start}moved");
            }
        }
    }
    println!("{ran} ran, {refused} refused, {unlinked} of two modules");
    assert!(ran >= 10 && (cfg!(feature = "full") || refused >= 10 && unlinked >= 1), "{ran} {refused} {unlinked}");
}

const IMPORTER: &str = r#"(module
  (import "h" "f" (func $f (param i32) (result i32)))
  (import "l" "g" (func $g (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) (call $g (call $f (local.get 0)))))"#;

/// Imports of a host function and of another instance's export.
struct Two<'a>(Option<Instance<'a>>);

fn increment(_: &mut Caller, slots: &mut [Value]) -> HostResult {
    let slot = slots.first_mut().expect("a parameter");
    *slot = Value::from_i32(slot.i32() + 1);
    Ok(Completion::Done)
}

impl<'a> Imports<'a> for Two<'a> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>> {
        match self.0 {
            Some(library) if import.module == "l" => Some(Extern::Instance(library, 0)),
            _ => Some(Extern::Host(HostFunc::new(&increment).with_sig("(i)i"))),
        }
    }
}

/// API-1: an instance that is to be linked is refused by the number of its import where instances cannot be linked, and
/// so is a list of instances; functions of the host run in every build.
#[test]
fn api_1_links_are_refused_where_they_are_not_built() {
    let pool = Pool::new();
    let load = |text: &str| {
        let wasm = pool.keep(encode(text));
        (engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module"), wasm)
    };
    let (library, bytes) =
        load(r#"(module (func (export "g") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))"#);
    let library = engine::instantiate(&pool, library, bytes, &(), &[]).expect("an instance");
    let (main, bytes) = load(IMPORTER);
    let built = cfg!(feature = "full");
    let squared = if built { Ok(49) } else { Err((Reason::NotBuilt, 1)) };
    let listed = if built { Ok(8) } else { Err((Reason::NotBuilt, u64::MAX)) };
    for (imports, linked, expected) in
        [(Two(None), [].as_slice(), Ok(8)), (Two(Some(library)), &[], squared), (Two(None), &[library], listed)]
    {
        let made = engine::instantiate(&pool, main, bytes, &imports, linked).map_err(|e| (e.reason, e.detail));
        let stack = Region::new(1 << 14);
        let run = |instance| {
            let args = [Value::from_i32(6)];
            engine::call(&stack, instance, "run", &args, Backend::Auto).expect("a run").values[0].0.i32()
        };
        assert_eq!(made.map(run), expected);
    }
}
