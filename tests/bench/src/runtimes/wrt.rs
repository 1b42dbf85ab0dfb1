//! wrt as it is meant to be used: exact fuel counted, every access checked, memory lent. Must not know what is measured.

#[path = "wrt_program.rs"]
mod whole;

use crate::figures::Account;
use crate::programs::Program;
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use wrt_bench_peer::{Crossings, Guest, Program as Whole, Runtime, step, stub_result, sum};
use wrt_core::{
    Arena, Backend, Caller, Completion, Error, Extern, ExternType, Func, HostFunc, HostResult, Import, Imports,
    Instance, InstanceConfig, LoadBudget, Module, Outcome, RunBudget, Task, ValType, Value,
};

/// Bytes lent for the guest's stack and for each linear memory's ceiling; pages that are not used are never committed.
const STACK_BYTES: usize = 16 << 20;
const MEMORY_BYTES: usize = 512 << 20;

/// More than any program spends, so that fuel is counted but never runs out.
const BUDGET: RunBudget = RunBudget { max_call_depth: 100_000, fuel: u64::MAX / 4, max_memory_bytes: u64::MAX };

/// By one of its back ends: the one with sibling calls is `wrt`, the loop is `wrt-loop`.
pub struct Wrt(pub Backend);

/// Alignment of arenas. With a greater one the host's allocator would write every zero of a zeroed region itself, and so
/// commit pages that nothing uses.
const ALIGN: usize = 16;

/// Bytes from the host's allocator, lent as an arena.
struct Region {
    base: *mut u8,
    layout: Layout,
}

impl Region {
    /// Bytes as they come.
    fn new(bytes: usize) -> Self {
        Self::by(alloc, bytes)
    }

    /// Zeros, for a linear memory.
    fn zeroed(bytes: usize) -> Self {
        Self::by(alloc_zeroed, bytes)
    }

    fn by(allocate: unsafe fn(Layout) -> *mut u8, bytes: usize) -> Self {
        let layout = Layout::from_size_align(bytes.max(ALIGN), ALIGN).expect("a sane size");
        // SAFETY: the layout is not empty.
        let base = unsafe { allocate(layout) };
        assert!(!base.is_null(), "out of memory");
        Self { base, layout }
    }

    /// The region as an arena.
    ///
    /// # Safety
    /// The region outlives `'a`, and no other arena is made of it in that time.
    unsafe fn arena<'a>(&self) -> Arena<'a> {
        // SAFETY: the caller vouches for the lifetime; the bytes are aligned and valid.
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

type Answer = dyn Fn(&mut Caller, &mut [Value]) -> HostResult;

struct Stub(Box<Answer>);

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

/// The one import of the guest of the crossings.
struct Step;

impl Imports<'static> for Step {
    fn resolve(&self, _: &Import<'_>) -> Option<Extern<'static>> {
        Some(Extern::Host(HostFunc::new(&host_step)))
    }
}

fn host_step(_: &mut Caller, slots: &mut [Value]) -> HostResult {
    if let Some(slot) = slots.first_mut() {
        *slot = Value::from_i32(step(slot.i32()));
    }
    Ok(Completion::Done)
}

/// A task with everything that it was lent; the fields are dropped in this order.
struct Started {
    task: Task<'static>,
    _lent: [Region; 2],
    _stubs: Box<Stubs>,
    _wasm: Box<[u8]>,
}

struct Ready {
    started: Started,
    run: Func,
    narrow: bool,
}

struct Crossing {
    started: Started,
    empty: Func,
    add: Func,
    host: Func,
    bare: Func,
}

/// Starts an instance with these imports, or with stubs.
fn start(bytes: &[u8], imports: Option<&'static dyn Imports<'static>>) -> Result<Started, Error> {
    let wasm: Box<[u8]> = bytes.into();
    // SAFETY: `Started` keeps the bytes for as long as the handles that borrow them.
    let lent: &'static [u8] = unsafe { std::slice::from_raw_parts(wasm.as_ptr(), wasm.len()) };
    let budget = LoadBudget::default();
    // One region for everything but linear memory, each part behind the one before.
    let region = Region::new(load_bytes(bytes) + STACK_BYTES);
    // SAFETY: `Started` keeps every region for as long as the handles; each is made into one arena.
    let mut arena: Arena<'static> = unsafe { region.arena() };
    let module = Module::load(&mut arena, lent, &budget)?;
    let stubs = Box::new(Stubs::new(module));
    // SAFETY: `Started` keeps the boxed stubs for as long as the handles.
    let bound: Bound<'static> = Bound(unsafe { &*std::ptr::from_ref(&*stubs) });
    let memory_region = Region::zeroed(MEMORY_BYTES);
    // SAFETY: as above.
    let memory = unsafe { memory_region.arena() };
    let (instance, task) = begin(module, imports.unwrap_or(&bound), &mut arena, memory)?;
    if let Ok(init) = instance.export_func("_initialize", None) {
        task.call(init, &[], &mut [], &BUDGET)?;
    }
    Ok(Started { task, _lent: [region, memory_region], _stubs: stubs, _wasm: wasm })
}

/// An instance that has started, and a task for it with what it leaves of `own`.
fn begin<'a>(
    module: Module<'a>,
    imports: &dyn Imports<'a>,
    own: &mut Arena<'a>,
    memory: Arena<'a>,
) -> Result<(Instance<'a>, Task<'a>), Error> {
    let config = InstanceConfig {
        imports,
        linked: &[],
        memories: &mut [memory],
        zeroed: true,
        memory_ceiling: 0,
        heap: None,
        waiter: None,
    };
    let instance = Instance::new(own, module, config)?;
    let task = Task::new(own, instance)?;
    task.start_instance()?;
    task.run(&BUDGET)?;
    Ok((instance, task))
}

fn ready(bytes: &[u8]) -> Result<Ready, Error> {
    let started = start(bytes, None)?;
    let instance = started.task.instance();
    let run = instance.export_func("run", None)?;
    let narrow = instance.func_type(run).is_some_and(|ty| ty.results.iter().next() == Some(&ValType::I32));
    Ok(Ready { started, run, narrow })
}

fn cross(bytes: &[u8]) -> Result<Crossing, Error> {
    let started = start(bytes, Some(&Step))?;
    let instance = started.task.instance();
    Ok(Crossing {
        empty: instance.export_func("empty", None)?,
        add: instance.export_func("add", None)?,
        host: instance.export_func("host", None)?,
        bare: instance.export_func("bare", None)?,
        started,
    })
}

/// More than a load can need: the plan would tell exactly, at the price of a second pass.
fn load_bytes(wasm: &[u8]) -> usize {
    wasm.len() * 8 + (4 << 20)
}

/// Runs a program and says what wrt reports of its memory.
pub fn account(program: &Program, n: i32) -> Result<Account, String> {
    let wasm = std::fs::read(&program.wasm).map_err(|e| format!("{}: {e}", program.wasm.display()))?;
    let region = Region::new(load_bytes(&wasm));
    // SAFETY: the region outlives the arena, which ends with this call.
    let mut arena = unsafe { region.arena() };
    let plan = Module::plan(&wasm, &LoadBudget::default(), &mut arena).map_err(text)?;
    let mut ready = ready(&wasm).map_err(text)?;
    ready.run(n)?;
    let task = ready.started.task;
    let (module, usage) = (task.instance().module(), task.usage());
    Ok(Account {
        name: program.name.clone(),
        module: module.size().into(),
        instance: module.instance_size(),
        linear: usage.memory_bytes,
        stack: usage.stack_peak,
        scratch: plan.load_scratch,
        code: u64::from(module.code_words()) * 8,
        section: wrt_bench_peer::Module::read(&wasm)?.code.len() as u64,
    })
}

fn text(error: Error) -> String {
    format!("{error:?}")
}

impl Runtime for Wrt {
    fn name(&self) -> &str {
        if self.0 == Backend::Loop { "wrt-loop" } else { "wrt" }
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        let ready = ready(wasm).map_err(text)?;
        ready.started.task.set_backend(self.0);
        Ok(Box::new(ready))
    }

    fn load(&mut self, wasm: &[u8]) -> Option<Result<(), String>> {
        // Both back ends run the same code.
        if self.0 == Backend::Loop {
            return None;
        }
        let region = Region::new(load_bytes(wasm));
        // SAFETY: the region outlives the arena, which ends with this call.
        let mut arena = unsafe { region.arena() };
        Some(Module::load(&mut arena, wasm, &LoadBudget::default()).map(drop).map_err(text))
    }

    fn crossings(&mut self, wasm: &[u8]) -> Result<Box<dyn Crossings>, String> {
        let crossing = cross(wasm).map_err(text)?;
        crossing.started.task.set_backend(self.0);
        Ok(Box::new(crossing))
    }

    fn program(&mut self, wasm: &[u8]) -> Result<Box<dyn Whole>, String> {
        Ok(Box::new(whole::load(wasm).map_err(text)?))
    }
}

impl Guest for Ready {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        let mut results = [Value::default()];
        match self.started.task.call(self.run, &[Value::from_i32(n)], &mut results, &BUDGET).map_err(text)? {
            Outcome::Done if self.narrow => Ok(results[0].i32().into()),
            Outcome::Done => Ok(results[0].i64()),
            other => Err(format!("stopped: {other:?}")),
        }
    }
}

/// Calls a function that returns one `i32`.
fn call(task: Task<'_>, func: Func, args: &[Value]) -> Result<i32, String> {
    let mut results = [Value::default()];
    match task.call(func, args, &mut results, &BUDGET).map_err(text)? {
        Outcome::Done => Ok(results[0].i32()),
        other => Err(format!("stopped: {other:?}")),
    }
}

impl Crossings for Crossing {
    fn empty(&mut self, times: i32) -> Result<(), String> {
        let task = self.started.task;
        (0..times).try_for_each(|_| match task.call(self.empty, &[], &mut [], &BUDGET).map_err(text)? {
            Outcome::Done => Ok(()),
            other => Err(format!("stopped: {other:?}")),
        })
    }

    fn add(&mut self, times: i32) -> Result<i32, String> {
        let task = self.started.task;
        sum(times, |a, b| call(task, self.add, &[Value::from_i32(a), Value::from_i32(b)]))
    }

    fn host(&mut self, times: i32) -> Result<i32, String> {
        call(self.started.task, self.host, &[Value::from_i32(times)])
    }

    fn bare(&mut self, times: i32) -> Result<i32, String> {
        call(self.started.task, self.bare, &[Value::from_i32(times)])
    }
}
