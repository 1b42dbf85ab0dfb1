//! Images that may be damaged: loaded, and run as far as they go, in memory that is watched on both sides.
//!
//! Owns what is done with an image whatever stands in it. Whoever reads or writes out of bounds faults at an inaccessible
//! page, or, in a build with `WRT_CHECKED=1`, panics at any byte that is not lent.

use crate::region::Region;
use wrt_core::{
    Arena, Backend, Caller, Completion, Error, Extern, ExternType, Frame, HostFunc, HostResult, Import, Imports,
    Instance, InstanceConfig, LoadBudget, Module, PAGE_SIZE, RunBudget, Task, Value, backends,
};

/// Bytes of a task's region: small, so that its end is near.
const STACK: u64 = 4 << 10;
/// Fuel of a call.
const FUEL: u64 = 3_000;
/// Exports that are called.
const CALLS: u32 = 8;

/// What a damaged image may ask for.
pub const BUDGET: LoadBudget =
    LoadBudget { max_memory_bytes: 4 << 20, max_table_elements: 1 << 12, ..LoadBudget::DEFAULT };

/// Every import of a function is one that does nothing.
struct Nothing;

fn nothing(_: &mut Caller, _: &mut [Value]) -> HostResult {
    Ok(Completion::Done)
}

impl<'a> Imports<'a> for Nothing {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>> {
        matches!(import.ty, ExternType::Func(_)).then(|| Extern::Host(HostFunc::new(&nothing)))
    }
}

/// Loads an image and, if the engine takes it, asks it everything and calls its exports.
///
/// # Errors
/// Why the engine refuses it.
pub fn exercise(image: &[u8]) -> Result<(), Error> {
    let mut lent = Region::new(image.len());
    let mut padded = image.to_vec();
    padded.resize(lent.len(), 0);
    lent.put(&padded);
    lent.protect();
    let plan = Module::plan_image(lent.bytes(), &BUDGET)?;
    let scratch = Region::new(plan.load_scratch as usize);
    let module = Module::from_image(lent.bytes(), &BUDGET, &mut arena(&scratch))?;
    ask(module);
    for &backend in backends() {
        run(module, backend);
    }
    Ok(())
}

/// The whole region as an arena.
fn arena<'a>(region: &Region) -> Arena<'a> {
    // SAFETY: each region here is lent once, and outlives everything that is made in it: handles are dropped with the
    // function that made the region.
    unsafe { region.arena() }
}

/// Everything that can be asked of a module.
fn ask(module: Module<'_>) {
    let _ = (module.module_name(), module.branch_hints().count(), module.start(), module.heap_min());
    for i in 0..module.import_count() {
        let _ = module.import(i).map(|import| (import.module.chars().count(), import.name.chars().count()));
    }
    for i in 0..module.export_count() {
        if let Some(export) = module.export(i) {
            let _ = module.find_export(export.name).map(|found| found.index);
        }
    }
    for func in 0..module.func_count() {
        let _ = (module.func_name(func), module.local_name(func, 0), module.func_type(func));
        let _ = module.disassemble(func).map(|code| code.to_string().len());
    }
}

fn run(module: Module<'_>, backend: Backend) {
    let sizes = [module.memory_min() + PAGE_SIZE, module.instance_size(), STACK];
    let [memory, inside, stack] = sizes.map(|bytes| Region::new(bytes as usize));
    let mut memories = [arena(&memory)];
    let config = InstanceConfig {
        imports: &Nothing,
        linked: &[],
        memories: &mut memories,
        zeroed: true,
        memory_ceiling: 0,
        waiter: None,
        heap: None,
    };
    let Ok(instance) = Instance::new(&mut arena(&inside), module, config) else { return };
    let Ok(task) = Task::new(&mut arena(&stack), instance) else { return };
    task.set_backend(backend);
    for i in 0..module.export_count().min(CALLS) {
        let Some(export) = module.export(i) else { continue };
        let ExternType::Func(ty) = export.ty else { continue };
        let Ok(func) = instance.export_func(export.name, None) else { continue };
        let args: Vec<Value> = ty.params.iter().map(|_| Value::from_i32(3)).collect();
        if task.start(func, &args).is_err() {
            continue;
        }
        // In several runs, so that stops of every kind are met.
        for fuel in [1, 40, FUEL] {
            let ended = task.run(&RunBudget { max_call_depth: 64, fuel, max_memory_bytes: u64::MAX });
            let mut frames = [Frame::default(); 4];
            let _ = (task.backtrace(&mut frames), task.usage(), task.results(&mut [Value::ZERO; 8]));
            if ended.is_err() || ended == Ok(wrt_core::Outcome::Done) {
                break;
            }
        }
        task.reset();
    }
    let _ = instance.state_hash();
}
