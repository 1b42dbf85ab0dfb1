//! Images: what runs from one is what runs from the WebAssembly module, and what is not as it should be is refused.

use std::collections::BTreeSet;
use wrt_core::{Collection, Module, Reason, backends};
use wrt_tests::damage;
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::{Encoded, guest_budget, guests};
use wrt_tests::spec::{Mode, Script, list, report, scripts};
use wrt_tests::stops::{self, Rig};

/// The image of a module, and its plan.
fn image_of(wasm: &[u8]) -> (Vec<u8>, wrt_core::Plan) {
    let budget = guest_budget();
    let plan = engine::plan(wasm, &budget, Feed::Bytes).expect("a plan");
    let pool = Pool::new();
    let module = engine::load(&pool, wasm, &budget, Feed::Bytes).expect("a module");
    (engine::write_image(module, &plan), plan)
}

/// The modules of a guest.
fn modules(guest: &Encoded) -> impl Iterator<Item = &Vec<u8>> {
    guest.library.iter().map(|(_, wasm)| wasm).chain([&guest.main])
}

/// Guests of which some module makes use of what no image holds.
const REFUSED: &[&str] = &[
    "tables",
    "exceptions",
    "thrown",
    "legacy",
    "references",
    "referring",
    "trap_reference",
    "gc_list",
    "gc_tree",
    "gc_arrays",
    "gc_casts",
    "gc_closures",
    "gc_linked",
    "trap_cast",
    "trap_null",
    "throwing",
    "throwing_linked",
    "trap_uncaught",
    // Grows a table by a function.
    "wide",
];

/// CORE-8: every guest runs from read-only images as from its modules, in every back end: results, traps with their
/// places, fuel, depth, stack and final states.
#[test]
fn core_8_images_run_as_their_modules_do() {
    let rig = Rig::new();
    let mut refused = BTreeSet::new();
    for guest in guests() {
        let encoded = guest.plain();
        let budget = guest_budget();
        let holds = |wasm: &Vec<u8>| {
            let loaded = engine::image(&Pool::new(), &image_of(wasm).0, &budget).map(|_| ());
            match loaded {
                Ok(()) => true,
                Err(e) => {
                    assert_eq!(e.reason, Reason::ImageFeature, "{}: {e:?}", guest.name);
                    false
                }
            }
        };
        if !modules(&encoded).all(holds) {
            refused.insert(guest.name);
        }
        let pool = Pool::new();
        let (bytes, image) = (encoded.load(&pool, Feed::Bytes), encoded.load(&pool, Feed::Image));
        let portable = encoded.load(&pool, Feed::Portable);
        for &backend in backends() {
            let end = stops::run_whole(&rig, &bytes, backend);
            assert_eq!(end, stops::run_whole(&rig, &image, backend), "{}: {backend:?}", guest.name);
            assert_eq!(end, stops::run_whole(&rig, &portable, backend), "{}: {backend:?}, portable", guest.name);
            let sliced = stops::run(&rig, &image, backend, |_| 7, |_| {});
            assert_eq!(end, sliced, "{}: {backend:?} in slices", guest.name);
        }
    }
    assert_eq!(refused, REFUSED.iter().copied().collect(), "guests that no image holds");
}

/// CORE-8: the official suite passes from images, with the fuel and the final states that it has from modules. Builds
/// that are not optimised take a sample of the scripts.
#[test]
fn core_8_the_suite_passes_from_images() {
    let sample = if cfg!(debug_assertions) { 9 } else { 1 };
    let scripts: Vec<Script> = scripts().into_iter().step_by(sample).collect();
    let mode = |backend, feed| Mode { backend, feed, collection: Collection::Automatic };
    let images = backends().iter().map(|&backend| mode(backend, Feed::Image));
    let modes: Vec<Mode> = images.chain([Feed::Bytes, Feed::Portable].map(|feed| mode(backends()[0], feed))).collect();
    let mut list = list::parse(include_str!("../spec/not-covered.txt")).expect("the list");
    list.retain(|name, _| scripts.iter().any(|s| s.name == *name));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let sum = report::run(&scripts, &modes, &list, threads);
    let shown: Vec<&String> = sum.failures.iter().take(50).collect();
    assert!(sum.failed == 0, "{} failed: {shown:#?}", sum.failed);
    assert!(sum.passed > 20_000 / sample / 2, "{} passed", sum.passed);
}

/// CORE-8: a portable image is changed where there are pairs, once, and is refused in place of one when it was damaged.
#[test]
fn core_8_a_portable_image_has_no_pairs() {
    let mut changed = 0;
    for (name, image) in images() {
        let mut portable = engine::Aligned::of(&image);
        Module::make_portable(portable.bytes(), &guest_budget()).expect("an image");
        let once = portable.bytes().to_vec();
        Module::make_portable(portable.bytes(), &guest_budget()).expect("an image");
        assert!(once == portable.bytes(), "{name}: changed twice");
        // Behind the header, whose identity and checksum are others.
        changed += usize::from(once[64..] != image[64..]);
        let mut damaged = engine::Aligned::of(&image);
        damaged.bytes()[image.len() / 2] ^= 1;
        let refused = Module::make_portable(damaged.bytes(), &guest_budget()).expect_err("a changed image");
        assert_eq!(refused.reason, Reason::ImageChecksum, "{name}");
    }
    assert!(changed > 10, "{changed} images have pairs");
}

/// CORE-8: an image says of itself what the plan of its module says.
#[test]
fn core_8_the_plan_of_an_image_is_that_of_its_module() {
    for guest in guests().filter(|guest| !REFUSED.contains(&guest.name)) {
        for wasm in modules(&guest.plain()) {
            let (image, plan) = image_of(wasm);
            let pool = Pool::new();
            let lent = pool.read_only(&image);
            let of_image = Module::plan_image(lent, &guest_budget()).expect("a plan");
            let wanted = wrt_core::Plan { module: 0, load_scratch: of_image.load_scratch, ..plan };
            assert_eq!(of_image, wanted, "{}", guest.name);
        }
    }
}

/// CORE-8: the same bytes come of the same module, wherever it was loaded.
#[test]
fn core_8_an_image_does_not_depend_on_where_it_was_made() {
    for guest in guests() {
        for wasm in modules(&guest.plain()) {
            assert!(image_of(wasm).0 == image_of(wasm).0, "{}", guest.name);
        }
    }
}

/// Whether every access of an operation is compared with what was lent.
const CHECKED: bool = option_env!("WRT_CHECKED").is_some();

/// The guests' own images, without those that no image can be made of.
fn images() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let guests = guests().filter(|guest| !REFUSED.contains(&guest.name));
    guests.map(|guest| (guest.name, image_of(&guest.plain().main).0))
}

/// CORE-8: any bit that is turned is seen, and so is any end that comes too early.
#[test]
fn core_8_accidents_are_seen() {
    let mut seen = BTreeSet::new();
    for (name, image) in images() {
        assert_eq!(damage::exercise(&image), Ok(()), "{name}");
        let step = if cfg!(debug_assertions) { 61 } else { 7 };
        for bit in (0..image.len() * 8).step_by(step) {
            let refused = damage::exercise(&turned(&image, bit)).expect_err("a bit that was turned");
            seen.insert(refused.reason.name());
        }
        for len in (0..image.len()).step_by(16) {
            let refused = damage::exercise(&image[..len]).map_err(|e| e.reason).expect_err("an end that is too early");
            let named = [Reason::ImageMagic, Reason::ImageVersion, Reason::UnexpectedEnd].contains(&refused);
            assert!(named, "{name}: {refused:?} at {len}");
        }
    }
    let expected = ["ImageChecksum", "ImageMagic", "ImageVersion", "UnexpectedEnd"];
    assert_eq!(seen, expected.into(), "what a turned bit comes to");
}

fn turned(image: &[u8], bit: usize) -> Vec<u8> {
    let mut image = image.to_vec();
    image[bit / 8] ^= 1 << (bit % 8);
    image
}

/// CORE-8: an image that was changed by somebody who knows the checksum is refused, or runs within what it was lent:
/// bits of every guest's image turned. Who goes beyond faults at an inaccessible page; with `WRT_CHECKED=1` in the
/// environment of the build, at any byte. With `WRT_EVERY=1` when it runs, every bit is turned.
#[test]
fn core_8_changed_images_stay_within_bounds() {
    let (mut refused, mut ran) = (0, 0);
    let step = match (std::env::var_os("WRT_EVERY").is_some(), cfg!(debug_assertions)) {
        (true, _) => 1,
        (false, false) => 5,
        (false, true) => 61,
    };
    for (_, image) in images() {
        for bit in (0..image.len() * 8).step_by(step) {
            let mut image = turned(&image, bit);
            Module::seal_image(&mut image);
            match damage::exercise(&image) {
                Ok(()) => ran += 1,
                Err(_) => refused += 1,
            }
        }
    }
    println!("{refused} changed images refused, {ran} run");
    // Immediates and constants may be others; most of the rest may not.
    assert!(refused > 1_000 && ran > 1_000, "{refused} refused, {ran} run");
}

/// CORE-8: the same for images of which several fields were changed, each as a seed says.
#[test]
fn core_8_changed_fields_stay_within_bounds() {
    let seeds = match (CHECKED, cfg!(debug_assertions)) {
        (true, _) => 10_000,
        (false, false) => 2_000,
        (false, true) => 300,
    };
    let (mut refused, mut ran) = (0, 0);
    for (_, image) in images() {
        for seed in 0..seeds {
            let mut image = image.clone();
            damage::change(&mut image, seed);
            match damage::exercise(&image) {
                Ok(()) => ran += 1,
                Err(_) => refused += 1,
            }
        }
    }
    println!("{refused} changed images refused, {ran} run");
    assert!(refused > 1_000 && ran > 1_000, "{refused} refused, {ran} run");
}

/// CORE-8: what a module borrows cannot be written, and too little room names what suffices.
#[test]
fn core_8_an_image_is_made_of_a_module_that_borrows_nothing() {
    let wasm = wrt_tests::guests::encode("(module (memory 1) (data \"x\") (func (export \"f\")))");
    let (pool, budget) = (Pool::new(), guest_budget());
    let plan = engine::plan(&wasm, &budget, Feed::Whole).expect("a plan");
    let whole = engine::load(&pool, &wasm, &budget, Feed::Whole).expect("a module");
    let mut room = vec![0; whole.image_size() as usize];
    assert_eq!(whole.write_image(&plan, &mut room).map_err(|e| e.reason), Err(Reason::ImageBorrows));
    let pieces = engine::load(&pool, &wasm, &budget, Feed::Bytes).expect("a module");
    let size = pieces.image_size();
    let mut room = vec![0; size as usize - 1];
    let refused = pieces.write_image(&plan, &mut room).expect_err("too little room");
    assert_eq!((refused.reason, refused.need), (Reason::ArenaTooSmall, size));
}
