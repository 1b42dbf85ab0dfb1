//! Names and types that hash alike and are not the same, custom sections that come twice, and sizes that no module has.
//!
//! The pairs were found by search: hashes are FNV-1a of 32 bits, over names, and over what a type says. What is
//! expected follows from the text alone.

use wasmparser::{Parser, Payload};
use wrt_core::{
    Extern, ExternType, Import, Imports, Instance, InstanceConfig, LoadBudget, Module, Proposals, Reason, Task, Value,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// Names of equal hash.
const PAIRS: [(&str, &str); 2] = [("costarring", "liquid"), ("declinate", "macallums")];

fn load<'p>(pool: &'p Pool, wasm: &'p [u8], feed: Feed) -> Module<'p> {
    engine::load(pool, wasm, &engine::load_budget(), feed).expect("a module")
}

/// CORE-1: names that hash alike are different names: what is exported under one is not found under the other, and both
/// may be exported; the same name may not.
#[test]
fn core_1_names_that_hash_alike_are_different() {
    for ((one, other), feed) in PAIRS.into_iter().flat_map(|pair| Feed::ALL.map(|feed| (pair, feed))) {
        let pool = Pool::new();
        let single = pool.keep(encode(&format!(r#"(module (func (export "{one}")))"#)));
        let module = load(&pool, single, feed);
        assert!(module.find_export(one).is_some());
        assert_eq!(module.find_export(other).map(|e| e.index), None, "{one}, {other}");
        let both = format!(r#"(module (func) (func (export "{one}")) (func (export "{other}")))"#);
        let both = pool.keep(encode(&both));
        let module = load(&pool, both, feed);
        let found = [one, other].map(|name| module.find_export(name).map(|e| (e.name, e.index)));
        assert_eq!(found, [Some((one, 1)), Some((other, 2))]);
        let twice = encode(&format!(r#"(module (func (export "{one}")) (func (export "{other}")))"#));
        // The second name becomes the first, where they have equal lengths.
        if one.len() == other.len() {
            let at = twice.windows(other.len()).position(|w| w == other.as_bytes()).expect("the name");
            let mut twice = twice;
            twice[at..at + one.len()].copy_from_slice(one.as_bytes());
            let refused = engine::plan(&twice, &engine::load_budget(), feed).map(|_| ()).map_err(|e| e.reason);
            assert_eq!(refused, Err(Reason::DuplicateExport));
        }
    }
}

/// What stands before two types that hash alike, and the two, `$a` and `$b`.
const ALIKE: [(&str, &str, &str); 3] = [
    // A group of two, and one type: other lengths.
    (
        "(type (func))",
        "(rec (type $a (func (param f32 i32) (result f64 f32)))
              (type (func (param i32 i64 f64) (result f32 f32 i32))))",
        "(type $b (func (param i32 i64 i64 f64 f64 i32) (result f64 i32 i32 f32 i32)))",
    ),
    // Other counts.
    (
        "",
        "(type $a (func (param f32 i32 i32 f32 i32 i32 f32 i64 f64) (result f32 f32)))",
        "(type $b (func (param i32 f32 i32 f32 i32 f32) (result f32 i32 i64 i32)))",
    ),
    // Other values.
    (
        "(type (func))",
        "(type $a (func (param i32 (ref null 0) (ref 0) i32 (ref 0) i32 i32 (ref 0) (ref 0) (ref null 0) (ref null 0)
                               (ref null 0) (ref 0) (ref 0))))",
        "(type $b (func (param (ref null 0) i32 (ref null 0) (ref 0) i32 i32 i32 i32 (ref 0) i32 i32 (ref null 0)
                               (ref null 0) i32)))",
    ),
];

/// CORE-1: types that hash alike and say something else stay apart: a function has the type that its text gives it, and
/// is not of the other one.
#[test]
fn core_1_types_that_hash_alike_are_different() {
    for ((before, a, b), feed) in ALIKE.into_iter().flat_map(|types| Feed::ALL.map(|feed| (types, feed))) {
        let text = format!(
            r#"(module {before} {a} {b}
              (func $f (export "f") (type $b) unreachable)
              (func (export "is_a") (result i32) (ref.test (ref $a) (ref.func $f)))
              (func (export "is_b") (result i32) (ref.test (ref $b) (ref.func $f))))"#
        );
        let pool = Pool::new();
        let wasm = pool.keep(encode(&text));
        let module = load(&pool, wasm, feed);
        // The oracle: how many parameters and results each type has that a function of the module has.
        let mut types = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            if let Ok(Payload::TypeSection(section)) = payload {
                for group in section.into_iter().flatten() {
                    types.extend(group.into_types().map(|ty| {
                        let ty = ty.unwrap_func();
                        (ty.params().len(), ty.results().len())
                    }));
                }
            }
        }
        let b = types.len() - 2;
        let Some(ExternType::Func(ty)) = module.find_export("f").map(|e| e.ty) else { panic!("{text}") };
        assert_eq!(types[b], (ty.params.len(), ty.results.len()), "{types:?}");
        let instance = Instance::new(&mut pool.arena(module.instance_size()), module, InstanceConfig::default());
        let instance = instance.expect("an instance");
        let answers = ["is_a", "is_b"].map(|name| {
            let task = Task::new(&mut pool.arena(1 << 12), instance).expect("a task");
            let mut results = [Value::ZERO];
            let func = instance.export_func(name, None).expect("an export");
            task.call(func, &[], &mut results, &wrt_core::RunBudget::default()).expect("no trap");
            results[0].i32()
        });
        assert_eq!(answers, [0, 1], "{text}");
    }
}

/// The function of the library under the one name that there is.
struct Library<'p>(Instance<'p>);

impl<'p> Imports<'p> for Library<'p> {
    fn resolve(&self, _: &Import<'_>) -> Option<Extern<'p>> {
        Some(Extern::Instance(self.0, 0))
    }
}

/// RUN-6: a function of another instance is not taken for one of a type that hashes as its own does, whichever of the
/// two is imported.
#[test]
fn run_6_functions_of_types_that_hash_alike_are_not_linked() {
    for (before, a, b) in ALIKE {
        for (given, wanted) in [("$a", "$a"), ("$b", "$b"), ("$a", "$b"), ("$b", "$a")] {
            let types = |name| format!("{before} {}", if name == "$a" { a } else { b });
            let library = format!(r#"(module {} (func (export "f") (type {given}) unreachable))"#, types(given));
            let main = format!(r#"(module {} (import "l" "f" (func (type {wanted}))))"#, types(wanted));
            let pool = Pool::new();
            let [library, main] = [library, main].map(|text| {
                let wasm = pool.keep(encode(&text));
                (load(&pool, wasm, Feed::Whole), wasm)
            });
            let library = engine::instantiate(&pool, library.0, library.1, &(), &[]).expect("the library");
            let linked = engine::instantiate(&pool, main.0, main.1, &Library(library), &[]);
            let expected = if given == wanted { Ok(()) } else { Err(Reason::IncompatibleImport) };
            assert_eq!(linked.map(|_| ()).map_err(|e| e.reason), expected, "{given} for {wanted}: {a} {b}");
        }
    }
}

/// RUN-5: of two sections of branch hints the first one counts that has anything in it, wherever the second one stands.
#[test]
fn run_5_the_first_hints_count() {
    let hinted = |first: &str, second: &str| {
        format!(
            r#"(module {} {} (func (param i32) (block (br_if 0 (local.get 0))))
              (func (param i32) (if (local.get 0) (then))))"#,
            section(first),
            section(second)
        )
    };
    fn section(bytes: &str) -> String {
        format!(r#"(@custom "metadata.code.branch_hint" (after import) "{bytes}")"#)
    }
    // One function, its index, one hint: at an offset, of one byte, taken or not.
    let (taken, not) = (r"\01\00\01\05\01\01", r"\01\01\01\03\01\00");
    for feed in Feed::ALL {
        let pool = Pool::new();
        let read = |first: &str, second: &str| {
            let wasm = pool.keep(encode(&hinted(first, second)));
            let module = engine::load(&pool, wasm, &engine::load_budget(), feed).expect("a module");
            module.branch_hints().map(|hint| (hint.func, hint.offset, hint.likely)).collect::<Vec<_>>()
        };
        assert_eq!(read(taken, not), [(0, 5, true)], "{feed:?}");
        assert_eq!(read(not, taken), [(1, 3, false)], "{feed:?}");
        assert_eq!(read("", taken), [(0, 5, true)], "{feed:?}");
        assert_eq!(read(taken, ""), [(0, 5, true)], "{feed:?}");
    }
}

/// MEM-3: a section that declares more entries than a module can have bytes is refused where they are counted, before
/// anything of them is read or taken.
#[test]
fn mem_3_a_count_that_no_module_holds_is_refused() {
    // One passive segment of functions, 2^30 of them, in a section of 0xf0000000 bytes.
    let wasm: &[u8] = &[
        0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic and version
        0x09, 0x80, 0x80, 0x80, 0x80, 0x0f, // elements
        0x01, 0x01, 0x00, // one, passive, of functions
        0x80, 0x80, 0x80, 0x80, 0x04,
    ];
    for feed in Feed::ALL {
        let refused = engine::plan(wasm, &LoadBudget { proposals: Proposals::ALL, ..LoadBudget::DEFAULT }, feed);
        let refused = refused.map(|_| ()).map_err(|e| (e.reason, e.offset));
        assert_eq!(refused, Err((Reason::LimitModuleBytes, 0x11)), "{feed:?}");
    }
}

/// MEM-3: a plan for which its own scratch is too small says of what size it needs more than that, and never of more
/// than suffices; who follows what it says comes to its end.
#[test]
fn mem_3_a_plan_says_what_scratch_it_needs() {
    let wasm = encode(&format!("(module (func $f) (func {}))", "(call 0)".repeat(10)));
    let pool = Pool::new();
    let sizes: Vec<_> = (0..1 << 12)
        .step_by(16)
        .map(|size| {
            let planned = Module::plan(&wasm, &LoadBudget::DEFAULT, &mut pool.arena(size));
            (size, planned.map_err(|e| (e.reason, e.need)))
        })
        .take_while({
            let mut ended = false;
            move |(_, planned)| !std::mem::replace(&mut ended, planned.is_ok())
        })
        .collect();
    let (enough, planned) = sizes.last().expect("a size");
    assert!(planned.is_ok() && sizes.len() > 3, "{sizes:?}");
    for (size, planned) in &sizes[..sizes.len() - 1] {
        let (reason, need) = planned.expect_err("too small");
        assert_eq!(reason, Reason::ArenaTooSmall, "{size}");
        assert!(need > *size && need <= *enough, "{need} with {size}, of {enough}");
    }
    let mut size = 0;
    let mut steps = 0;
    while let Err(e) = Module::plan(&wasm, &LoadBudget::DEFAULT, &mut pool.arena(size)) {
        size = e.need;
        steps += 1;
    }
    assert_eq!(size.next_multiple_of(16), *enough);
    assert!(steps > 1, "more than one step, or none says too little");
}
