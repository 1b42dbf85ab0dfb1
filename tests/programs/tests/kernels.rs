//! The benchmark's kernels on wrt against their native twins: what is measured elsewhere is shown right here.

use std::process::Command;
use wrt_core::{Instance, InstanceConfig, LoadBudget, Module, Outcome, RunBudget, Task, Value, backends};
use wrt_programs::machine::plan;
use wrt_programs::programs::root;
use wrt_programs::region::Region;

/// Work for each kernel, in its own unit.
const WORK: [i32; 3] = if cfg!(debug_assertions) { [0, 1, 2] } else { [0, 7, 20] };

// RUN-1, RUN-2, CORE-7, MEM-1
#[test]
fn kernels_match_their_native_twins() {
    let folder = root().join("tests/bench/programs");
    let built = Command::new(folder.join("build.sh")).output().expect("the build script runs");
    if built.status.code() == Some(3) {
        println!("{}", String::from_utf8_lossy(&built.stderr));
        return;
    }
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let list = std::fs::read_to_string(folder.join("programs.txt")).expect("the list is there");
    let out = root().join("target/kernels");
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split_whitespace().next().expect("a name");
        let wasm = std::fs::read(out.join(name).with_extension("wasm")).expect("the kernel is built");
        let work = WORK.map(|n| n.to_string());
        let twin = Command::new(out.join(name).with_extension("native")).args(&work).output().expect("the twin runs");
        let expected: Vec<u32> =
            String::from_utf8_lossy(&twin.stdout).lines().map(|line| line.parse().expect("a number")).collect();
        let mut fuels = Vec::new();
        for &backend in backends() {
            for slice in [u64::MAX, 99_991] {
                let plan = plan(&wasm).expect("the kernel loads");
                let mut code = Region::new(plan.module + plan.load_scratch);
                let mut data = Region::new(plan.instance);
                let mut memory = Region::new(plan.memory_min);
                let mut stack = Region::new(64 << 10);
                let module = Module::load(&mut code.lend(), &wasm, &LoadBudget::default()).expect("the plan is enough");
                let config = InstanceConfig { memories: &mut [memory.lend()], ..Default::default() };
                let instance = Instance::new(&mut data.lend(), module, config).expect("the kernel imports nothing");
                let task = Task::new(&mut stack.lend(), instance).expect("the stack is enough");
                task.set_backend(backend);
                let run = instance.export_func("run", Some("(i)i")).expect("the entry is there");
                let results: Vec<u32> = WORK
                    .iter()
                    .map(|&n| {
                        task.start(run, &[Value::from_i32(n)]).expect("the argument fits");
                        let budget = RunBudget { fuel: slice, ..RunBudget::default() };
                        while !matches!(task.run(&budget).expect("no kernel traps"), Outcome::Done) {}
                        let mut result = [Value::from_i32(0)];
                        task.results(&mut result).expect("the task is done");
                        result[0].i32() as u32
                    })
                    .collect();
                assert_eq!(results, expected, "{name} on {backend:?} in slices of {slice}");
                fuels.push((task.usage().fuel_used, instance.state_hash()));
            }
        }
        assert!(fuels.windows(2).all(|pair| pair[0] == pair[1]), "{name}: {fuels:?}");
        println!("{name}: fuel {:?}", fuels.first());
    }
}
