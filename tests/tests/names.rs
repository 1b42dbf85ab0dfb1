//! What custom sections say of a module: names and hints, against the oracle's reading of them.

use wasmparser::{KnownCustom, Name, Parser, Payload};
use wrt_core::{BranchHint, LoadBudget, Module, Proposals};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

const NAMED: &str = r#"(module $mod
  (import "m" "f" (func $imported (param i32)))
  (func $first (param $p i32) (result i32) (local $x i64) (local $y f32)
    (@metadata.code.branch_hint "\00") (if (local.get $p) (then (nop)))
    (block $b (@metadata.code.branch_hint "\01") (br_if $b (local.get $p)))
    (local.get $p))
  (func $plain)
  (func $last (param $q i32) (block (@metadata.code.branch_hint "\01") (br_if 0 (local.get $q)))))"#;

fn hints(module: Module<'_>) -> Vec<BranchHint> {
    module.branch_hints().collect()
}

/// What the oracle reads: the module's name, locals' names by function and index, hints.
type Told = (Option<Vec<u8>>, Vec<(u32, u32, Vec<u8>)>, Vec<BranchHint>);

fn oracle(wasm: &[u8]) -> Told {
    let mut told: Told = (None, Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(Payload::CustomSection(section)) = payload else { continue };
        match section.as_known() {
            KnownCustom::Name(names) => {
                for name in names.into_iter().flatten() {
                    match name {
                        Name::Module { name, .. } => told.0 = Some(name.as_bytes().to_vec()),
                        Name::Local(funcs) => {
                            for func in funcs.into_iter().flatten() {
                                for local in func.names.into_iter().flatten() {
                                    told.1.push((func.index, local.index, local.name.as_bytes().to_vec()));
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
            KnownCustom::BranchHints(funcs) => {
                for func in funcs.into_iter().flatten() {
                    for hint in func.hints.into_iter().flatten() {
                        told.2.push(BranchHint { func: func.func, offset: hint.func_offset, likely: hint.taken });
                    }
                }
            }
            _ => {}
        }
    }
    told
}

/// RUN-5: the module's name, the names of locals and the hints are those that the oracle reads; locals'
/// names where the module was lent whole.
#[test]
fn run_5_names_and_hints_are_the_oracles() {
    let wasm = encode(NAMED);
    let (name, locals, expected) = oracle(&wasm);
    assert!(name.is_some() && locals.len() == 4 && expected.len() == 3, "the text says so: {name:?} {locals:?}");
    for feed in Feed::ALL {
        let pool = Pool::new();
        let wasm = pool.keep(wasm.clone());
        let module = engine::load(&pool, wasm, &engine::load_budget(), feed).expect("a module");
        assert_eq!(module.module_name(), name.as_deref(), "{feed:?}");
        assert_eq!(hints(module), expected, "{feed:?}");
        for (func, local, name) in &locals {
            let kept = if feed == Feed::Whole { Some(&**name) } else { None };
            assert_eq!(module.local_name(*func, *local), kept, "{feed:?}");
        }
        assert_eq!(module.local_name(9, 0), None);
        let off = Proposals::ALL.without(Proposals::BRANCH_HINTING);
        let budget = LoadBudget { proposals: off, ..engine::load_budget() };
        let module = engine::load(&pool, wasm, &budget, feed).expect("a module");
        assert_eq!(hints(module), [], "{feed:?}: the proposal is off");
        assert_eq!(module.module_name(), name.as_deref(), "{feed:?}");
    }
}

/// CORE-1: a section of hints that is not as it should be is as if it were not there, whichever byte is
/// wrong; the module is valid all the same.
#[test]
fn core_1_malformed_hints_are_no_error() {
    let module = |payload: &[u8]| {
        let mut wasm = encode("(module (import \"\" \"\" (func)) (func) (func))");
        let name = b"metadata.code.branch_hint";
        let at = wasm.windows(2).position(|w| w == [10, 7]).expect("a code section");
        let mut section = vec![0, (1 + name.len() + payload.len()) as u8, name.len() as u8];
        section.extend_from_slice(name);
        section.extend_from_slice(payload);
        wasm.splice(at..at, section);
        wasm
    };
    let read = |payload: &[u8]| {
        let wasm = module(payload);
        let read = Feed::ALL.map(|feed| {
            let pool = Pool::new();
            let wasm = pool.keep(wasm.clone());
            hints(engine::load(&pool, wasm, &engine::load_budget(), feed).expect("a valid module"))
        });
        assert_eq!(read[0], read[1], "{payload:02x?}");
        read[0].clone()
    };
    let sound = [2, 1, 2, 3, 1, 0, 5, 1, 1, 2, 1, 4, 1, 1];
    let hint = |func, offset, likely| BranchHint { func, offset, likely };
    assert_eq!(read(&sound), [hint(1, 3, false), hint(1, 5, true), hint(2, 4, true)]);
    assert_eq!(oracle(&module(&sound)).2, read(&sound));
    for (at, byte, why) in [
        (1, 0, "an imported function"),
        (1, 2, "functions that do not ascend"),
        (9, 3, "a function that is not there"),
        (6, 3, "offsets that do not ascend"),
        (4, 2, "a hint of two bytes"),
        (8, 2, "a value that is neither"),
        (0, 1, "more than was announced"),
        (0, 3, "less than was announced"),
    ] {
        let mut payload = sound;
        payload[at] = byte;
        assert_eq!(read(&payload), [], "{why}");
    }
    for end in 0..sound.len() {
        assert_eq!(read(&sound[..end]), [], "cut off at {end}");
    }
}
