//! Images that are built by hand of real ones: what each rule of the check refuses, and what it takes.
//!
//! An image is written of a module's text, changed where its bytes are known, and sealed anew, so that nothing but the
//! rule in question can refuse it.

use wrt_core::{ARENA_ALIGN, Arena, Instance, InstanceConfig, Module, Reason, Value};
use wrt_tests::engine::{self, Aligned, Feed, Pool};
use wrt_tests::guests::{encode, guest_budget};

/// Bytes before the module in an image, and where the header says how many bytes the image has.
const HEADER: usize = 64;
const AT_SIZE: usize = 16;

/// The image of a module.
fn image_of(text: &str) -> Vec<u8> {
    let (wasm, budget, pool) = (encode(text), guest_budget(), Pool::new());
    let plan = engine::plan(&wasm, &budget, Feed::Bytes).expect("a plan");
    let module = engine::load(&pool, &wasm, &budget, Feed::Bytes).expect("a module");
    engine::write_image(module, &plan)
}

/// Puts bytes in the place of others that stand once in an image, and seals it.
fn replaced(mut image: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let places: Vec<usize> = (HEADER..image.len()).filter(|&at| image[at..].starts_with(old)).collect();
    assert_eq!(places.len(), 1, "{old:02x?} stands at {places:?}");
    image[places[0]..][..new.len()].copy_from_slice(new);
    Module::seal_image(&mut image);
    image
}

/// Whether the check takes an image.
fn checked(image: &[u8]) -> Result<(), Reason> {
    engine::image(&Pool::new(), image, &guest_budget()).map(|_| ()).map_err(|e| e.reason)
}

/// An instance of an image, without memories.
fn instance<'p>(pool: &'p Pool, image: &[u8]) -> Result<Instance<'p>, Reason> {
    let module = engine::image(pool, image, &guest_budget()).map_err(|e| e.reason)?;
    let made = Instance::new(&mut pool.arena(module.instance_size()), module, InstanceConfig::default());
    made.map_err(|e| e.reason)
}

fn global(instance: Instance<'_>, name: &str) -> u64 {
    instance.global_get(instance.export_global(name).expect("a global")).expect("its value").0.bits()
}

/// CORE-8: a table whose elements are a function from the start is taken from an image, and each of them is the function.
#[test]
fn core_8_tables_of_one_function_lie_in_images() {
    let image = image_of(r#"(module (func $f (export "f")) (table (export "t") 2 funcref (ref.func $f)))"#);
    let pool = Pool::new();
    let instance = instance(&pool, &image).expect("an instance");
    let table = instance.export_table("t").expect("a table");
    let elements = [0, 1].map(|elem| instance.table_get(table, elem).expect("an element"));
    assert_eq!(elements[0], elements[1]);
    assert_ne!(elements[0], Value::ZERO, "it is not null");
    assert_eq!(instance.table_len(table), Ok(2));
}

/// CORE-8: constant expressions of 64 bits are evaluated from an image.
#[test]
fn core_8_expressions_of_64_bits_lie_in_images() {
    let image = image_of(r#"(module (global (export "g") i64 (i64.add (i64.const 1) (i64.const 0x100000002))))"#);
    let pool = Pool::new();
    assert_eq!(global(instance(&pool, &image).expect("an instance"), "g"), 0x1_0000_0003);
}

/// CORE-8: an expression that names a global that is not there, or an operator that no expression has, is refused.
#[test]
fn core_8_expressions_name_what_is_there() {
    let image =
        image_of(r#"(module (import "h" "g" (global i32)) (global i32 (i32.add (global.get 0) (i32.const 7))))"#);
    assert_eq!(checked(&image), Ok(()));
    let old = [0x23, 0x00, 0x41, 0x07, 0x6a, 0x0b];
    for global in [1, 5, 0x7f] {
        let new = [0x23, global, 0x41, 0x07, 0x6a, 0x0b];
        assert_eq!(checked(&replaced(image.clone(), &old, &new)), Err(Reason::ImageFeature), "{global}");
    }
    // unreachable, in the place of i32.add.
    let new = [0x23, 0x00, 0x41, 0x07, 0x00, 0x0b];
    assert_eq!(checked(&replaced(image, &old, &new)), Err(Reason::ImageFeature));
}

/// CORE-8: constants of floats may stand in an expression, which makes numbers; one without what it adds is refused
/// when an instance is made.
#[test]
fn core_8_expressions_are_numbers() {
    let vector = image_of("(module (global v128 (v128.const i64x2 0x1122334455667788 0x99aabbccddeeff00)))");
    let mut old = vec![0xfd, 0x0c];
    old.extend(0x1122_3344_5566_7788_u64.to_le_bytes());
    old.extend(0x99aa_bbcc_ddee_ff00_u64.to_le_bytes());
    old.push(0x0b);
    let mut floats = vec![0x43, 0, 0, 0, 0, 0x44];
    floats.extend([0; 8]);
    floats.push(0x0b);
    floats.resize(old.len(), 0);
    assert_eq!(checked(&replaced(vector.clone(), &old, &floats)), Ok(()));
    // Without an end.
    for cut in [[0x43, 0x43, 0x43].as_slice(), &[0x44]] {
        let mut open: Vec<u8> = cut.iter().copied().cycle().take(old.len()).collect();
        open[old.len() - 1] = 0x44;
        assert_eq!(checked(&replaced(vector.clone(), &old, &open)), Err(Reason::ImageFeature), "{open:02x?}");
    }
    let sum = image_of("(module (global i32 (i32.add (i32.const 1) (i32.const 2))))");
    let old = [0x41, 0x01, 0x41, 0x02, 0x6a, 0x0b];
    assert!(instance(&Pool::new(), &sum).is_ok());
    let empty = replaced(sum, &old, &[0x6a, 0x6a, 0x41, 0x02, 0x6a, 0x0b]);
    assert!(instance(&Pool::new(), &empty).is_err(), "nothing is there to add");
}

/// CORE-8: a side table that says of a place that more fuel was spent than any function may have in a row is refused.
#[test]
fn core_8_side_tables_tell_a_bounded_fuel() {
    let image = image_of(
        r#"(module (memory 1) (func (export "f") (param i32) (result i32)
             (i32.load (i32.add (i32.load (local.get 0)) (i32.load offset=4 (local.get 0))))))"#,
    );
    assert_eq!(checked(&image), Ok(()));
    // An entry of a length of its own, that says how much more fuel the next place costs: nothing, or 2^32 - 1.
    let with = |at: usize, fuel: [u8; 5]| {
        let mut image = image.clone();
        image[at] = 0x0f;
        image[at + 1..at + 6].copy_from_slice(&fuel);
        image[at + 6] = 0;
        Module::seal_image(&mut image);
        checked(&image)
    };
    let places = HEADER..image.len() - 7;
    let refused = places.filter(|&at| {
        with(at, [0x80, 0x80, 0x80, 0x80, 0x00]) == Ok(())
            && with(at, [0xff, 0xff, 0xff, 0xff, 0x0f]) == Err(Reason::ImageDamaged)
    });
    assert!(refused.count() > 0, "no place where it is the fuel that is refused");
}

/// CORE-8: an image that does not begin on a multiple of 16 bytes is refused, by every way to it.
#[test]
fn core_8_images_are_aligned() {
    let image = image_of(r#"(module (func (export "f") (result i32) (i32.const 1)))"#);
    let mut lent = Aligned::of(&[&[0; ARENA_ALIGN], image.as_slice()].concat());
    for shift in 0..=ARENA_ALIGN {
        let bytes = lent.bytes();
        bytes.copy_within(ARENA_ALIGN.., ARENA_ALIGN);
        bytes[shift..shift + image.len()].copy_from_slice(&image);
        let lent = &bytes[shift..shift + image.len()];
        let mut room = [wrt_core::Block::ZERO; 64];
        let loaded = Module::from_image(lent, &guest_budget(), &mut Arena::new(&mut room)).map(|_| ());
        let planned = Module::plan_image(lent, &guest_budget()).map(|_| ());
        let fits = shift % ARENA_ALIGN == 0;
        let expected = if fits { Ok(()) } else { Err(Reason::ImageMisaligned) };
        assert_eq!(loaded.map_err(|e| e.reason), expected, "{shift}");
        assert_eq!(planned.map_err(|e| e.reason), expected, "{shift}");
    }
}

/// CORE-8: an image says how long it is: as long as both headers at least, a multiple of 16, and no more than there is.
#[test]
fn core_8_images_have_a_length_that_can_be() {
    let image = image_of(r#"(module (func (export "f") (result i32) (i32.const 1)))"#);
    let len = image.len() as u64;
    let seen = |size: u64| {
        let mut image = Aligned::of(&image);
        image.bytes()[AT_SIZE..AT_SIZE + 8].copy_from_slice(&size.to_le_bytes());
        Module::plan_image(image.bytes(), &guest_budget()).map(|_| ()).map_err(|e| (e.reason, e.offset))
    };
    assert_eq!(seen(len), Ok(()));
    // Nothing of a module, or less than its header; not a multiple of 16.
    for size in [0, 16, 48, 63, 64, 80, len - 8, len - 1] {
        assert_eq!(seen(size), Err((Reason::ImageDamaged, AT_SIZE as u64)), "{size}");
    }
    assert_eq!(seen(len + 16), Err((Reason::UnexpectedEnd, len)));
}
