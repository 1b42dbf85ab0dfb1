//! The small programs that tests stop and continue (`tests/guests`) give what another engine makes of them.
#![cfg(feature = "wasmtime")]

use wrt_core::{Collection, Proposals};
use wrt_differential::generate::Random;
use wrt_differential::host::Offer;
use wrt_differential::observe::{Ending, difference};
use wrt_differential::on_wrt::{Lent, Settings};
use wrt_differential::shape::Shape;
use wrt_differential::{accept, execute, on_wasmtime, on_wrt, wrap};

/// The guests by name, encoded.
fn guests() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).expect("the guests") {
        let path = file.expect("a guest").path();
        if path.extension().is_none_or(|e| e != "wat") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a text");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let buffer = wast::parser::ParseBuffer::new(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let wat = wast::parser::parse::<wast::Wat<'_>>(&buffer);
        let wasm = wat.and_then(|mut wat| wat.encode()).unwrap_or_else(|e| panic!("{name}: {e}"));
        all.push((name, wasm));
    }
    all.sort();
    all
}

/// CORE-7, RUN-2: results, globals and memories of every guest, in both back ends.
#[test]
fn core_7_guests_give_what_another_engine_gives() {
    let mut lent = Lent::default();
    let mut compared = 0;
    for (name, wasm) in guests() {
        let wide = Proposals((1 << 19) - 1);
        assert_eq!(accept::oracle(&wasm, wide), accept::Oracle::Accepts, "{name}");
        if Shape::read(&wasm).is_some_and(|shape| shape.sections.iter().any(|(id, _)| *id == 2)) {
            println!("{name}: not run, because it imports something");
            continue;
        }
        let built_in = accept::oracle(&wasm, Proposals::ALL) == accept::Oracle::Accepts;
        let used = if built_in { Proposals::ALL } else { wide };
        let wrapped = wrap::wrap(&wasm, used, None).unwrap_or(wasm);
        let mut script = execute::script(&wrapped, Offer::default(), &mut Random::new(1)).expect("its exports");
        for call in &mut script.calls {
            if call.params.len() == 1 {
                call.args = vec![10];
            }
        }
        let theirs = on_wasmtime::run(&wrapped, &script);
        // The first form of exceptions is one that the other engine reads and does not run.
        if theirs.iter().any(|step| matches!(&step.ending, Ending::Refused(why) if why.contains("legacy_exceptions"))) {
            println!("{name}: not compared, because the other engine does not have what it uses");
            continue;
        }
        for step in &theirs {
            assert!(!matches!(step.ending, Ending::Refused(_)), "{name}: {} {:?}", step.what, step.ending);
            println!("{name}: {} {:x?}", step.what, step.ending);
        }
        if !built_in {
            println!("{name}: not compared, because this build does not have what it uses");
            continue;
        }
        for (&backend, collection) in
            wrt_core::backends().iter().flat_map(|b| [Collection::Automatic, Collection::Always].map(|c| (b, c)))
        {
            let settings = Settings { backend, pieces: false, slices: None, collection };
            let mine = on_wrt::run(&wrapped, &script, &mut lent, settings);
            assert_eq!(difference(&mine.steps, &theirs), None, "{name} {backend:?} {collection:?}");
        }
        compared += 1;
    }
    println!("{compared} guests compared");
    assert!(compared >= 15, "{compared}");
}
