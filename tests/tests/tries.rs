//! The first form of exception handling against node's engine, where node is installed.

use std::path::Path;
use std::process::Command;
use wrt_core::{LoadBudget, Proposals, Value, backends};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;
use wrt_tests::region::Region;
use wrt_tests::{smith, tries};

/// Runs each module's `run` for sixteen numbers; prints a line for each: results, the global `seen`.
const DRIVER: &str = r#"
const fs = require('fs');
for (const file of process.argv.slice(1)) {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(file)), {});
  const results = [];
  for (let x = 0; x < 16; x++) results.push(instance.exports.run(x), instance.exports.seen.value);
  console.log(results.join(' '));
}"#;

fn in_node(wasms: &[Vec<u8>]) -> Option<Vec<String>> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tries");
    std::fs::create_dir_all(&dir).expect("a directory");
    let mut command = Command::new("node");
    command.args(["-e", DRIVER, "--"]);
    for (i, wasm) in wasms.iter().enumerate() {
        let path = dir.join(format!("{i}.wasm"));
        std::fs::write(&path, wasm).expect("a file");
        command.arg(path);
    }
    let output = command.output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).lines().map(String::from).collect())
}

/// CORE-7: programs of `try`, `catch`, `delegate` and `rethrow` do what they do in node, in every back
/// end, fed whole or bytewise, with the same fuel.
#[test]
fn core_7_legacy_exceptions_are_handled_as_node_does() {
    let count = smith::cases(300);
    let wasms: Vec<Vec<u8>> = (0..count).map(|seed| encode(&tries::program(seed))).collect();
    let Some(expected) = in_node(&wasms) else {
        eprintln!("skipped: node is not installed");
        return;
    };
    assert_eq!(expected.len(), wasms.len(), "a line for each module");
    let budget =
        LoadBudget { proposals: Proposals::WASM_3.with(Proposals::LEGACY_EXCEPTIONS), ..engine::load_budget() };
    let stack = Region::new(engine::STACK);
    let (mut uncaught, mut different) = (0, std::collections::BTreeSet::new());
    for (seed, (wasm, expected)) in wasms.iter().zip(&expected).enumerate() {
        let mut fuels = Vec::new();
        for feed in Feed::ALL {
            for &backend in backends() {
                let pool = Pool::new();
                let module = engine::load(&pool, wasm, &budget, feed).unwrap_or_else(|e| panic!("case {seed}: {e:?}"));
                let instance = engine::instantiate(&pool, module, wasm, &(), &[]).expect("an instance");
                let seen = instance.export_global("seen").expect("a global");
                let (mut mine, mut fuel) = (Vec::new(), Vec::new());
                for x in 0..16 {
                    let run = engine::call(&stack, instance, "run", &[Value::from_i32(x)], backend)
                        .unwrap_or_else(|e| panic!("case {seed}: {e:?}"));
                    mine.push(run.values[0].0.i32().to_string());
                    mine.push(instance.global_get(seen).expect("a global").0.i32().to_string());
                    uncaught += u32::from(run.values[0].0.i32() == -1);
                    fuel.push(run.fuel);
                }
                assert_eq!(
                    &mine.join(" "),
                    expected,
                    "case {seed}, {feed:?} {backend:?}:\n{}",
                    tries::program(seed as u64)
                );
                fuels.push(fuel);
            }
        }
        different.insert(expected);
        assert!(fuels.windows(2).all(|w| w[0] == w[1]), "case {seed}: {fuels:?}");
    }
    assert!(uncaught > 100 && different.len() > wasms.len() / 2, "{uncaught} {}", different.len());
}
