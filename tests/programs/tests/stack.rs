//! The plan's stack bound against runs: a task of just that size never exhausts its stack where calls do not recurse.

use wrt_core::{
    Caller, Completion, Extern, HostFunc, HostResult, Instance, InstanceConfig, LoadBudget, Module, RunBudget, Task,
    Value,
};
use wrt_programs::machine::plan;
use wrt_programs::region::Region;

/// Ways to reach a host function of four parameters, each as a module's only one.
/// `run` is of another type than the host function, or the bound must take it for a callee of its own indirect call.
const WAYS: [&str; 6] = [
    r#"(export "run" (func $h))"#,
    r#"(func (export "run") (result i64) (call $h ARGS))"#,
    r#"(func (export "run") (result i64) (return_call $h ARGS))"#,
    r#"(func (export "run") (result i64) (call_indirect (type $t) ARGS (i32.const 0)))"#,
    r#"(func (export "run") (result i64) (return_call_indirect (type $t) ARGS (i32.const 0)))"#,
    r#"(func $below (type $t) (call $h (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
       (func (export "run") (result i64) (local i64) (i64.add (i64.const 1) (call $below ARGS)))"#,
];
const ARGS: &str = "(i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)";

// MEM-3, RUN-4
#[test]
fn planned_stacks_are_enough_for_host_calls() {
    for way in WAYS {
        let way = way.replace("ARGS", ARGS);
        let text = format!(
            r#"(module (type $t (func (param i64 i64 i64 i64) (result i64)))
                 (import "env" "sum" (func $h (type $t)))
                 (table 1 funcref) (elem (i32.const 0) $h) {way})"#
        );
        let wasm = wat::parse_str(&text).expect("the text is well-formed");
        let plan = plan(&wasm).expect("the module loads");
        let sum = |_: &mut Caller, slots: &mut [Value]| -> HostResult {
            slots[0] = Value::from_i64(slots.iter().map(|slot| slot.i64()).sum());
            Ok(Completion::Done)
        };
        let imports = [("env", "sum", Extern::Host(HostFunc::new(&sum)))];
        let (mut code, mut data) = (Region::new(plan.module + plan.load_scratch), Region::new(plan.instance));
        let mut stack = Region::new(plan.stack_min);
        let module = Module::load(&mut code.lend(), &wasm, &LoadBudget::default()).expect("the plan is enough");
        let config = InstanceConfig { imports: &imports, ..Default::default() };
        let instance = Instance::new(&mut data.lend(), module, config).expect("the module links");
        let task = Task::new(&mut stack.lend(), instance).expect("the stack is enough");
        let run = instance.export_func("run", None).expect("the export is there");
        let params = instance.func_type(run).expect("it is a function").params.len();
        let args = &[1, 2, 3, 4].map(Value::from_i64)[..params];
        let mut results = [Value::from_i64(0)];
        task.call(run, args, &mut results, &RunBudget::default()).unwrap_or_else(|error| panic!("{way}: {error:?}"));
        assert!(results[0].i64() >= 10, "{way}");
        assert!(task.usage().stack_peak <= plan.stack_min, "{way}");
    }
}
