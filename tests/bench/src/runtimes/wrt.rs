//! wrt as it is meant to be used: exact fuel counted, every access checked, memory lent. Must not know what is measured.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use wrt_bench_peer::{Guest, Runtime, stub_result};
use wrt_core::{
    Arena, Completion, Error, Extern, ExternType, Func, HostFunc, HostResult, Import, Imports, Instance,
    InstanceConfig, LoadBudget, Module, Outcome, RunBudget, Task, ValType, Value,
};

/// Bytes lent for the guest's stack and for each linear memory's ceiling; pages that are not used are never committed.
const STACK_BYTES: usize = 16 << 20;
const MEMORY_BYTES: usize = 512 << 20;

/// More than any program spends, so that fuel is counted but never runs out.
const BUDGET: RunBudget = RunBudget { max_call_depth: 100_000, fuel: u64::MAX / 4, max_memory_bytes: u64::MAX };

pub struct Wrt;

/// Zeroed bytes from the host's allocator, lent as an arena.
struct Region {
    base: *mut u8,
    layout: Layout,
}

impl Region {
    fn new(bytes: usize) -> Self {
        let layout = Layout::from_size_align(bytes.max(16), 4096).expect("a sane size");
        // SAFETY: the layout is not empty.
        let base = unsafe { alloc_zeroed(layout) };
        assert!(!base.is_null(), "out of memory");
        Self { base, layout }
    }

    /// The region as an arena.
    ///
    /// # Safety
    /// The region outlives `'a`, and no other arena is made of it in that time.
    unsafe fn arena<'a>(&self) -> Arena<'a> {
        // SAFETY: the caller vouches for the lifetime; the bytes are aligned to a page and initialised.
        unsafe { Arena::from_raw(self.base, self.layout.size()) }.expect("the region is aligned")
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: `base` came from the allocator with this layout.
        unsafe { dealloc(self.base, self.layout) }
    }
}

/// One answer for every host function, as its result type wants it.
struct Stubs(Vec<Stub>);

struct Stub(Box<dyn Fn(&mut wrt_core::Caller, &mut [Value]) -> HostResult>);

impl Stubs {
    fn new(module: Module<'_>) -> Self {
        Self((0..module.import_count()).filter_map(|i| module.import(i)).map(|import| stub(&import)).collect())
    }
}

fn stub(import: &Import<'_>) -> Stub {
    let answer = stub_result(import.module, import.name);
    let mut value = None;
    if let ExternType::Func(ty) = import.ty {
        value = ty.results.iter().next().map(|kind| match *kind {
            ValType::I64 => Value::from_i64(answer),
            ValType::F32 => Value::from_f32(answer as f32),
            ValType::F64 => Value::from_f64(answer as f64),
            _ => Value::from_i32(answer as i32),
        });
    }
    Stub(Box::new(move |_, slots| {
        if let (Some(value), Some(slot)) = (value, slots.first_mut()) {
            *slot = value;
        }
        Ok(Completion::Done)
    }))
}

struct Bound<'s>(&'s Stubs);

impl<'s> Imports<'s> for Bound<'s> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'s>> {
        // Imports are functions alone here, so that the number in the index space is the number of the import.
        self.0.0.get(import.index as usize).map(|stub| Extern::Host(HostFunc::new(&stub.0)))
    }
}

/// What runs, with everything that it was lent; the fields are dropped in this order.
struct Ready {
    task: Task<'static>,
    run: Func,
    narrow: bool,
    _lent: Vec<Region>,
    _stubs: Box<Stubs>,
    _wasm: Box<[u8]>,
}

fn start(bytes: &[u8]) -> Result<Ready, Error> {
    let wasm: Box<[u8]> = bytes.into();
    // SAFETY: `Ready` keeps the bytes for as long as the handles that borrow them.
    let lent: &'static [u8] = unsafe { std::slice::from_raw_parts(wasm.as_ptr(), wasm.len()) };
    let budget = LoadBudget::default();
    let module_region = Region::new(load_bytes(bytes));
    // SAFETY: `Ready` keeps every region for as long as the handles; each is made into one arena.
    let mut arena = unsafe { module_region.arena::<'static>() };
    let module = Module::load(&mut arena, lent, &budget)?;
    let stubs = Box::new(Stubs::new(module));
    // SAFETY: `Ready` keeps the boxed stubs for as long as the handles.
    let bound: Bound<'static> = Bound(unsafe { &*std::ptr::from_ref(&*stubs) });
    let instance_region = Region::new(module.instance_size() as usize);
    let memory_region = Region::new(MEMORY_BYTES);
    let stack_region = Region::new(STACK_BYTES);
    // SAFETY: as above.
    let (mut arena, memory, mut stack) =
        unsafe { (instance_region.arena(), memory_region.arena(), stack_region.arena()) };
    let config = InstanceConfig {
        imports: &bound,
        linked: &[],
        memories: &mut [memory],
        zeroed: true,
        memory_ceiling: 0,
        heap: None,
        waiter: None,
    };
    let instance = Instance::new(&mut arena, module, config)?;
    let task = Task::new(&mut stack, instance)?;
    task.start_instance()?;
    task.run(&BUDGET)?;
    if let Ok(init) = instance.export_func("_initialize", None) {
        task.call(init, &[], &mut [], &BUDGET)?;
    }
    let run = instance.export_func("run", None)?;
    let narrow = instance.func_type(run).is_some_and(|ty| ty.results.iter().next() == Some(&ValType::I32));
    let lent = vec![module_region, instance_region, memory_region, stack_region];
    Ok(Ready { task, run, narrow, _lent: lent, _stubs: stubs, _wasm: wasm })
}

/// More than a load can need: the plan would tell exactly, at the price of a second pass.
fn load_bytes(wasm: &[u8]) -> usize {
    wasm.len() * 8 + (4 << 20)
}

fn text(error: Error) -> String {
    format!("{error:?}")
}

impl Runtime for Wrt {
    fn name(&self) -> &str {
        "wrt"
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        Ok(Box::new(start(wasm).map_err(text)?))
    }

    fn load(&mut self, wasm: &[u8]) -> Option<Result<(), String>> {
        let region = Region::new(load_bytes(wasm));
        // SAFETY: the region outlives the arena, which ends with this call.
        let mut arena = unsafe { region.arena() };
        Some(Module::load(&mut arena, wasm, &LoadBudget::default()).map(drop).map_err(text))
    }
}

impl Guest for Ready {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        let mut results = [Value::default()];
        match self.task.call(self.run, &[Value::from_i32(n)], &mut results, &BUDGET).map_err(text)? {
            Outcome::Done if self.narrow => Ok(results[0].i32().into()),
            Outcome::Done => Ok(results[0].i64()),
            other => Err(format!("stopped: {other:?}")),
        }
    }
}
