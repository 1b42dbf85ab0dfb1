//! Nothing recurses on the native stack: the worst nestings end well on 64 KB of it.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, Encode, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction as I, Module as Wasm, TypeSection, ValType,
};
use wrt_core::{
    Arena, Backend, Error, Instance, InstanceConfig, LoadBudget, Loader, Module, Outcome, Reason, RunBudget, Task,
    Value, backends,
};
use wrt_tests::region::Region;

/// Native stack of the thread that calls the engine.
const NATIVE: usize = 64 << 10;

/// A module of one function `() -> i32`, exported as `run`.
fn module_of(body: Function) -> Vec<u8> {
    module_with(vec![body], None)
}

/// A module of functions `() -> i32`, the first exported as `run`, and a global where one is given.
fn module_with(bodies: Vec<Function>, global: Option<ConstExpr>) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I32]);
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for body in &bodies {
        functions.function(0);
        code.function(body);
    }
    let mut globals = GlobalSection::new();
    if let Some(init) = &global {
        globals.global(GlobalType { val_type: ValType::I32, mutable: false, shared: false }, init);
    }
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, 0);
    let mut wasm = Wasm::new();
    wasm.section(&types).section(&functions).section(&globals).section(&exports).section(&code);
    wasm.finish()
}

fn body(instructions: impl IntoIterator<Item = I<'static>>) -> Function {
    let mut f = Function::new([]);
    for i in instructions {
        f.instruction(&i);
    }
    f.instruction(&I::End);
    f
}

/// Runs `f` on a thread with little native stack.
fn on_small_stack<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(NATIVE).spawn_scoped(scope, f).expect("a thread").join().expect("an end")
    })
}

/// Plans, loads (whole and bytewise) and runs `run` in every back end, each engine call on the
/// small stack.
fn ends(wasm: &[u8], budget: &LoadBudget) -> Result<i32, Error> {
    let scratch = Region::new(1 << 30);
    let stack = Region::new(8 << 20);
    let plan = on_small_stack(|| {
        // SAFETY: one arena at a time over the region; plans leave nothing behind.
        let mut arena = unsafe { scratch.arena() };
        Module::plan(wasm, budget, &mut arena)
    });
    let fed = on_small_stack(|| {
        // SAFETY: as above.
        let mut arena: Arena<'_> = unsafe { scratch.arena() };
        let mut loader = Loader::planning(&mut arena, budget);
        wasm.iter().try_for_each(|b| loader.feed(core::slice::from_ref(b))).and_then(|()| loader.finish_plan())
    });
    assert_eq!(plan.err(), fed.err(), "whole and bytewise");
    let plan = plan?;
    let lent = Region::new((plan.module + plan.load_scratch) as usize);
    let own = Region::new(plan.instance as usize);
    let mut last = None;
    for &backend in backends() {
        let result = on_small_stack(|| -> Result<i32, Error> {
            // SAFETY: the regions outlive everything made in them here; one arena each.
            let (mut lent, mut own, mut stack) = unsafe { (lent.arena(), own.arena(), stack.arena()) };
            let module = Module::load(&mut lent, wasm, budget)?;
            let config = InstanceConfig {
                imports: &(),
                linked: &[],
                memories: &mut [],
                zeroed: true,
                memory_ceiling: 0,
                heap: None,
                waiter: None,
            };
            let instance = Instance::new(&mut own, module, config)?;
            run(&mut stack, instance, backend)
        });
        if let Some(last) = last {
            assert_eq!(result, last, "{backend:?}");
        }
        last = Some(result);
    }
    last.expect("a back end")
}

fn run<'a>(stack: &mut Arena<'a>, instance: Instance<'a>, backend: Backend) -> Result<i32, Error> {
    let task = Task::new(stack, instance)?;
    task.set_backend(backend);
    task.start(instance.export_func("run", Some("()i"))?, &[])?;
    while task.run(&RunBudget { fuel: 1 << 16, ..RunBudget::default() })? != Outcome::Done {}
    let mut results = [Value::default()];
    task.results(&mut results)?;
    Ok(results.first().copied().unwrap_or_default().i32())
}

fn nested(depth: usize, open: &I<'static>, inner: &[I<'static>]) -> Vec<u8> {
    let mut f = Function::new([]);
    for _ in 0..depth {
        if matches!(open, I::If(_)) {
            f.instruction(&I::I32Const(1));
        }
        f.instruction(open);
    }
    for i in inner {
        f.instruction(i);
    }
    for _ in 0..depth {
        f.instruction(&I::End);
    }
    f.instruction(&I::I32Const(7)).instruction(&I::End);
    module_of(f)
}

/// CORE-3: ten thousand nested blocks, loops and ifs.
#[test]
fn core_3_deep_nesting_of_blocks() {
    for open in [I::Block(BlockType::Empty), I::Loop(BlockType::Empty), I::If(BlockType::Empty)] {
        let inner = if matches!(open, I::Loop(_)) { vec![I::Nop] } else { vec![I::Br(9_999)] };
        let wasm = nested(10_000, &open, &inner);
        assert_eq!(ends(&wasm, &LoadBudget::DEFAULT), Ok(7), "{open:?}");
        let tight = LoadBudget { max_block_depth: 9_000, ..LoadBudget::DEFAULT };
        let error = ends(&wasm, &tight).expect_err("a refusal");
        assert_eq!(error.reason, Reason::LimitBlockDepth, "{open:?}: {error:?}");
    }
}

/// CORE-3: a body of one megabyte, and the budget that refuses it.
#[test]
fn core_3_a_large_body() {
    let mut code = vec![I::I32Const(0)];
    code.extend((0..350_000).flat_map(|i| [I::I32Const(i % 60), I::I32Add]));
    let wasm = module_of(body(code));
    assert!(wasm.len() > 1 << 20);
    let sum = (0..350_000).map(|i| i % 60).sum();
    assert_eq!(ends(&wasm, &LoadBudget::DEFAULT), Ok(sum));
    let tight = LoadBudget { max_body_bytes: 1 << 20, ..LoadBudget::DEFAULT };
    let error = ends(&wasm, &tight).expect_err("a refusal");
    assert_eq!(error.reason, Reason::LimitBodyBytes);
    assert!(error.need > 1 << 20, "{error:?}");
}

/// CORE-3: as many operands on the stack as the budget allows, and one more.
#[test]
fn core_3_a_deep_operand_stack() {
    for (count, fits) in [(60_000, true), (65_536, true), (65_537, false)] {
        let mut code = vec![I::I32Const(1); count];
        code.extend(vec![I::I32Add; count - 1]);
        match ends(&module_of(body(code)), &LoadBudget::DEFAULT) {
            Ok(sum) => assert!(fits && sum == count as i32, "{count}"),
            // A frame has 65,535 slots, fewer than operands may be asked for.
            Err(e) => {
                assert!(matches!(e.reason, Reason::LimitOperands | Reason::LimitFrame) && count > 65_000, "{e:?}")
            }
        }
    }
}

/// CORE-3: a `br_table` with a million entries.
#[test]
fn core_3_a_long_br_table() {
    let labels: Vec<u32> = (0..1_000_000).map(|i| u32::from(i % 3 == 0)).collect();
    let mut f = Function::new([]);
    for i in [
        I::Block(BlockType::Empty),
        I::Block(BlockType::Empty),
        I::I32Const(999_998),
        I::BrTable(labels.into(), 1),
        I::End,
        I::I32Const(22),
        I::Return,
        I::End,
        I::I32Const(11),
        I::End,
    ] {
        f.instruction(&i);
    }
    // 999,998 is not a multiple of three: label 0, behind which 22 is returned.
    assert_eq!(ends(&module_of(f), &LoadBudget::DEFAULT), Ok(22));
}

/// CORE-3, RUN-4: recursion to the end of the task's region, by all kinds of calls.
#[test]
fn core_3_guest_recursion_to_the_limit() {
    let error = ends(&module_of(body([I::Call(0)])), &LoadBudget::DEFAULT).expect_err("a trap");
    assert_eq!(error.reason, Reason::StackExhausted, "{error:?}");
    // A chain of ten thousand functions, which the plan's stack bound follows.
    let chain: Vec<Function> = (1..10_000).map(|i| body([I::Call(i)])).chain([body([I::I32Const(5)])]).collect();
    assert_eq!(ends(&module_with(chain, None), &LoadBudget::DEFAULT), Ok(5));
}

/// CORE-3: constant expressions, long and deep.
#[test]
fn core_3_deep_constant_expressions() {
    let global = |code: &[I<'static>]| {
        let mut bytes = Vec::new();
        for i in code {
            i.encode(&mut bytes);
        }
        module_with(vec![body([I::GlobalGet(0)])], Some(ConstExpr::raw(bytes)))
    };
    let long: Vec<I> =
        [I::I32Const(1)].into_iter().chain((0..100_000).flat_map(|_| [I::I32Const(1), I::I32Add])).collect();
    assert_eq!(ends(&global(&long), &LoadBudget::DEFAULT), Ok(100_001));
    let deep: Vec<I> = vec![I::I32Const(1); 10_000].into_iter().chain(vec![I::I32Add; 9_999]).collect();
    match ends(&global(&deep), &LoadBudget::DEFAULT) {
        Ok(sum) => assert_eq!(sum, 10_000),
        Err(e) => assert_eq!(e.reason, Reason::LimitConstDepth, "{e:?}"),
    }
}
