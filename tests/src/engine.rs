//! The engine as the tests drive it: planned to the byte, loaded whole or byte by byte, run in
//! either back end.
//!
//! Owns the choice of regions and budgets. Every load here goes through a plan first and then gets
//! exactly what the plan asked for, so that each test that loads a module also shows MEM-3.

use crate::region::Region;
use std::cell::RefCell;
use wrt_core::{
    Arena, Backend, Error, Func, Imports, Instance, InstanceConfig, LoadBudget, Loader, Module, Outcome, PAGE_SIZE,
    Plan, Proposals, Reason, RunBudget, Task, ValType, Value,
};

/// Bytes of the stack region of a task.
pub const STACK: usize = 1 << 20;
/// Bytes of the heap region of a group.
pub const HEAP: u64 = 1 << 20;
/// Fuel that no terminating test program comes near.
pub const PLENTY: u64 = 1 << 30;
/// Address space for the scratch of plans.
const SCRATCH: usize = 1 << 32;
/// Bytes that a memory may grow to where its declared maximum allows it.
const RESERVE: u64 = 65_536 * PAGE_SIZE;

/// How the bytes of a module reach the loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// In one piece, borrowed.
    Whole,
    /// One byte at a time, copied where needed.
    Bytes,
    /// One byte at a time, then written as an image that runs where it lies, in memory that cannot be written; a module
    /// that no image holds runs as it was loaded.
    Image,
    /// The same as an image for builds without pairs of operations.
    Portable,
}

impl Feed {
    /// Both ways of feeding.
    pub const ALL: [Feed; 2] = [Feed::Whole, Feed::Bytes];
}

/// Regions and module bytes that live as long as everything made in them.
#[derive(Default)]
pub struct Pool {
    regions: RefCell<Vec<Region>>,
    texts: RefCell<Vec<Box<[u8]>>>,
}

impl Pool {
    /// A pool with nothing in it.
    #[must_use]
    pub fn new() -> Pool {
        Pool::default()
    }

    /// A fresh, zeroed, watched arena of exactly `len` bytes (rounded up to 16).
    pub fn arena(&self, len: u64) -> Arena<'_> {
        let region = Region::new(usize::try_from(len).expect("a size of this machine"));
        // SAFETY: the region is pushed to the pool, which keeps its mapping until the pool is dropped,
        // and it is handed out here alone.
        let arena = unsafe { region.arena() };
        self.regions.borrow_mut().push(region);
        arena
    }

    /// The bytes in memory that cannot be written, pushed against its end.
    pub fn read_only(&self, bytes: &[u8]) -> &[u8] {
        let mut region = Region::new(bytes.len());
        let mut padded = bytes.to_vec();
        padded.resize(region.len(), 0);
        region.put(&padded);
        region.protect();
        let lent: *const [u8] = region.bytes();
        self.regions.borrow_mut().push(region);
        // SAFETY: the mapping stays as it is until the pool is dropped, and nobody can write it.
        unsafe { &*lent }
    }

    /// Keeps the bytes for as long as the pool lives.
    pub fn keep(&self, bytes: Vec<u8>) -> &[u8] {
        let bytes = bytes.into_boxed_slice();
        let at: *const [u8] = &raw const *bytes;
        self.texts.borrow_mut().push(bytes);
        // SAFETY: boxed bytes do not move, are never written, and are dropped with the pool.
        unsafe { &*at }
    }
}

/// The load budget of the tests: the default with every proposal, and room for tables to grow.
#[must_use]
pub fn load_budget() -> LoadBudget {
    LoadBudget { proposals: Proposals::ALL, table_reserve: 2_000, ..LoadBudget::DEFAULT }
}

thread_local! {
    static PLANNING: Region = Region::new(SCRATCH);
}

/// Runs `f` with a large scratch arena and panics when `f` leaves it smaller.
fn with_scratch<T>(f: impl FnOnce(&mut Arena<'_>) -> T) -> T {
    PLANNING.with(|region| {
        // SAFETY: the region lives as long as the thread; nested use does not occur, since `f` only
        // plans.
        let mut arena = unsafe { region.arena() };
        let before = (arena.base(), arena.remaining());
        let out = f(&mut arena);
        assert_eq!(before, (arena.base(), arena.remaining()), "a plan changed its scratch arena");
        out
    })
}

/// The plan of a module fed in this way.
///
/// # Errors
/// Those of `Module::plan`.
pub fn plan(wasm: &[u8], budget: &LoadBudget, feed: Feed) -> Result<Plan, Error> {
    with_scratch(|scratch| match feed {
        Feed::Whole => Module::plan(wasm, budget, scratch),
        Feed::Bytes | Feed::Image | Feed::Portable => {
            let mut loader = Loader::planning(scratch, budget);
            for byte in wasm {
                loader.feed(core::slice::from_ref(byte))?;
            }
            loader.finish_plan()
        }
    })
}

/// Loads a module fed in this way into this arena.
///
/// # Errors
/// Those of `Module::load`.
pub fn load_into<'a>(
    arena: &mut Arena<'a>,
    wasm: &'a [u8],
    budget: &LoadBudget,
    feed: Feed,
) -> Result<Module<'a>, Error> {
    match feed {
        Feed::Whole => Module::load(arena, wasm, budget),
        Feed::Bytes | Feed::Image | Feed::Portable => {
            let mut loader = Loader::new(arena, budget);
            for byte in wasm {
                loader.feed(core::slice::from_ref(byte))?;
            }
            loader.finish()
        }
    }
}

/// Plans a module in both ways, compares what they say, and loads it in one of them into exactly
/// the bytes that the plan names.
///
/// # Errors
/// Why the engine refuses the module.
///
/// # Panics
/// When the two ways differ in their refusal, or the plan is not exact (CORE-5, MEM-3).
pub fn load<'p>(pool: &'p Pool, wasm: &'p [u8], budget: &LoadBudget, feed: Feed) -> Result<Module<'p>, Error> {
    let whole = plan(wasm, budget, Feed::Whole);
    let bytes = plan(wasm, budget, Feed::Bytes);
    match (&whole, &bytes) {
        (Err(w), Err(b)) => {
            assert_eq!(w, b, "whole and bytewise feeding are refused differently");
            return Err(*w);
        }
        (Ok(w), Ok(b)) => {
            let same = |p: &Plan| (p.instance, p.table_max, p.stack_min, p.memory_min, p.memory_max);
            assert_eq!(same(w), same(b), "whole and bytewise feeding plan differently");
        }
        _ => panic!("accepted in one way and refused in the other: whole {whole:?}, bytewise {bytes:?}"),
    }
    let plan = if feed == Feed::Whole { whole? } else { bytes? };
    let mut arena = pool.arena(plan.module + plan.load_scratch);
    let before = arena.remaining() as u64;
    let module = load_into(&mut arena, wasm, budget, feed)
        .unwrap_or_else(|e| panic!("planned {plan:?} and then refused {feed:?} with {e:?}"));
    assert_eq!(before - arena.remaining() as u64, plan.module, "the module takes what its plan says");
    assert_eq!(u64::from(module.size()), plan.module, "size() is what the plan says");
    assert_eq!(module.instance_size(), plan.instance, "instance_size() is what the plan says");
    if matches!(feed, Feed::Whole | Feed::Bytes) {
        return Ok(module);
    }
    let mut bytes = Aligned::of(&write_image(module, &plan));
    if feed == Feed::Portable {
        match Module::make_portable(bytes.bytes(), budget) {
            Err(e) if e.reason == Reason::ImageFeature => return Ok(module),
            done => done.unwrap_or_else(|e| panic!("the image of a module cannot be changed: {e:?}")),
        }
    }
    match image(pool, bytes.bytes(), budget) {
        Err(e) if e.reason == Reason::ImageFeature => Ok(module),
        image => {
            Ok(image.unwrap_or_else(|e| panic!("the image of a module is refused: {e:?} {}", code_at(module, &e))))
        }
    }
}

/// Bytes that begin where an image must.
#[derive(Debug)]
pub struct Aligned {
    blocks: Vec<u128>,
    len: usize,
}

impl Aligned {
    /// A copy.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let block = |part: &[u8]| {
            let mut whole = [0; 16];
            whole[..part.len()].copy_from_slice(part);
            u128::from_ne_bytes(whole)
        };
        Aligned { blocks: bytes.chunks(16).map(block).collect(), len: bytes.len() }
    }
    /// The bytes.
    pub fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the blocks are that many bytes, all written, and borrowed for as long.
        unsafe { core::slice::from_raw_parts_mut(self.blocks.as_mut_ptr().cast(), self.len) }
    }
}

/// The code of the function that an error names.
fn code_at(module: Module<'_>, error: &Error) -> String {
    module.disassemble(error.func).map_or(String::new(), |code| code.to_string())
}

/// The image of a module that was loaded in pieces.
///
/// # Panics
/// When it cannot be written, or has not the size that the module names.
#[must_use]
pub fn write_image(module: Module<'_>, plan: &Plan) -> Vec<u8> {
    let mut bytes = vec![0xcc; usize::try_from(module.image_size()).expect("a size of this machine")];
    let written = module.write_image(plan, &mut bytes).expect("a module that borrows nothing");
    assert_eq!(written, bytes.len(), "image_size() is what is written");
    bytes
}

/// Loads an image in memory of its own that is not to be written any more, with exactly the scratch that its plan names.
///
/// # Errors
/// Why the engine refuses it.
///
/// # Panics
/// When one byte less of scratch is enough, or the error does not name what is.
pub fn image<'p>(pool: &'p Pool, image: &[u8], budget: &LoadBudget) -> Result<Module<'p>, Error> {
    let lent = pool.read_only(image);
    let need = Module::plan_image(lent, budget)?.load_scratch;
    if need != 0 {
        let mut scratch = pool.arena(need - 16);
        let refused =
            Module::from_image(lent, budget, &mut scratch).map(|_| ()).expect_err("a byte less is too little");
        assert_eq!((refused.reason, refused.need), (Reason::ArenaTooSmall, need));
    }
    let mut scratch = pool.arena(need);
    let before = (scratch.base(), scratch.remaining());
    let module = Module::from_image(lent, budget, &mut scratch);
    assert_eq!(before, (scratch.base(), scratch.remaining()), "the check gives its scratch back");
    module
}

/// Minimum and maximum in bytes of the memories that the module defines.
#[must_use]
pub fn defined_memories(wasm: &[u8]) -> Vec<(u64, Option<u64>)> {
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let Ok(wasmparser::Payload::MemorySection(section)) = payload {
            found.extend(section.into_iter().flatten().map(|m| {
                let page = 1 << m.page_size_log2.unwrap_or(16);
                (m.initial * page, m.maximum.map(|pages| pages.saturating_mul(page)))
            }));
        }
    }
    found
}

/// Makes an instance in exactly the bytes that the module names, each memory in a reservation of
/// its own.
///
/// # Errors
/// Those of `Instance::new`.
pub fn instantiate<'p>(
    pool: &'p Pool,
    module: Module<'p>,
    wasm: &[u8],
    imports: &dyn Imports<'p>,
    linked: &[Instance<'p>],
) -> Result<Instance<'p>, Error> {
    let mut arena = pool.arena(module.instance_size());
    let mut memories: Vec<Arena<'p>> = defined_memories(wasm)
        .into_iter()
        .map(|(min, max)| pool.arena(min.max(max.unwrap_or(u64::MAX).min(RESERVE))))
        .collect();
    let config = InstanceConfig {
        imports,
        linked,
        memories: &mut memories,
        zeroed: true,
        memory_ceiling: 0,
        heap: Some(pool.arena(HEAP)),
        waiter: None,
    };
    let instance = Instance::new(&mut arena, module, config)?;
    assert_eq!(arena.remaining(), 0, "an instance takes all of instance_size()");
    Ok(instance)
}

/// What a finished call came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Returned {
    /// Results with their types.
    pub values: Vec<(Value, ValType)>,
    /// Fuel that the task has used.
    pub fuel: u64,
}

/// Runs the pending start function, if there is one, in a task of its own; returns its fuel.
///
/// # Errors
/// The trap of the start function.
pub fn start_instance(stack: &Region, instance: Instance<'_>, backend: Backend) -> Result<u64, Error> {
    if instance.is_started() {
        return Ok(0);
    }
    // SAFETY: the task made here is gone when this function returns, and callers use one stack
    // region for one call at a time.
    let mut arena = unsafe { stack.arena() };
    let task = Task::new(&mut arena, instance)?;
    task.set_backend(backend);
    task.start_instance()?;
    finish(task)?;
    Ok(task.usage().fuel_used)
}

/// Calls an exported function to its end.
///
/// # Errors
/// The trap, or why the call could not be made.
pub fn call(
    stack: &Region,
    instance: Instance<'_>,
    name: &str,
    args: &[Value],
    backend: Backend,
) -> Result<Returned, Error> {
    let func = instance.export_func(name, None)?;
    // SAFETY: as in `start_instance`.
    let mut arena = unsafe { stack.arena() };
    let task = Task::new(&mut arena, instance)?;
    task.set_backend(backend);
    task.start(func, args)?;
    finish(task)?;
    Ok(Returned { values: results(task, instance, func)?, fuel: task.usage().fuel_used })
}

/// Runs a started task with plenty of fuel, to its end.
///
/// # Errors
/// The trap.
///
/// # Panics
/// When the program does not end.
pub fn finish(task: Task<'_>) -> Result<(), Error> {
    match task.run(&RunBudget { fuel: PLENTY, ..RunBudget::default() })? {
        Outcome::Done => Ok(()),
        other => panic!("the program came to {other:?} with plenty of fuel"),
    }
}

/// The results of a finished task, with the types of the function that was started.
///
/// # Errors
/// Those of `Task::results`.
pub fn results(task: Task<'_>, instance: Instance<'_>, func: Func) -> Result<Vec<(Value, ValType)>, Error> {
    let types = instance.func_type(func).expect("a function that was just started").results.to_vec();
    let mut values = vec![Value::default(); types.len()];
    let n = task.results(&mut values)?;
    assert_eq!(n, types.len(), "the number of results is that of the type");
    Ok(values.into_iter().zip(types).collect())
}
