//! Modules and instances that own the memory they were lent.
//!
//! The engine's handles borrow; a command line or a garbage-collected language wants values that
//! keep what they need. Owns the order in which those are made and dropped, and the sizes of the
//! regions where the caller names none. Knows nothing of how values are shown to a person.

use crate::arena::MappedArena;
use crate::memories::{MemoryType, memory_types};
use core::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use wrt_core::safety::Guard;
use wrt_core::{
    Arena, Caller, Crossing, Error, Extern, ExternType, Frame, Func, FuncType, Hooks, HostError, HostFunc, HostResult,
    Import, Imports, Instance, InstanceConfig, Interceptor, LoadBudget, Loader, Module, Outcome, PendingCall, Plan,
    Reason, RunBudget, Status, Task, Usage, Value, Verdict,
};

/// A host function as an owned instance keeps it: it gets the parameters in the slots and leaves
/// its results there.
pub type Closure = Box<dyn Fn(&mut Caller, &mut [Value]) -> HostResult>;

/// A host function under the two names by which a module imports it.
pub struct HostImport {
    /// Name of the module that is imported from.
    pub module: String,
    /// Name of the function.
    pub name: String,
    /// What is called.
    pub call: Closure,
}

impl core::fmt::Debug for HostImport {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "HostImport({:?}.{:?})", self.module, self.name)
    }
}

/// How much memory an instance is lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of the task's region, in which frames live.
    pub stack_bytes: u64,
    /// Bytes to which linear memories may grow, in sum; `None` for what the module declares.
    pub max_memory_bytes: Option<u64>,
    /// Bytes of the heap region, in which exceptions and objects lie; only what is used takes memory. 0 for none.
    pub heap_bytes: u64,
    /// Patterns stand before and behind each region, to be looked at by a [`crate::WatchedInstance`].
    pub guarded: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { stack_bytes: 64 << 20, max_memory_bytes: None, heap_bytes: 64 << 20, guarded: false }
    }
}

/// A loaded module with its arena and its bytes. May be shared between threads.
#[derive(Debug)]
pub struct OwnedModule {
    // Declared first, so that the handle goes before what it points into.
    module: Module<'static>,
    plan: OnceLock<Plan>,
    budget: LoadBudget,
    wasm: Arc<[u8]>,
    _arena: MappedArena,
}

fn out_of_memory(_: io::Error) -> Error {
    Error::new(Reason::ArenaTooSmall)
}

/// Address space in bytes that suffices for nearly every module of this size; only what is used takes memory.
fn room(wasm: &[u8]) -> u64 {
    (16 << 20) + 16 * wasm.len() as u64
}

/// Runs `f` with a region, made larger for as long as the engine asks for more.
fn with_room<T>(wasm: &[u8], mut f: impl FnMut(MappedArena) -> Result<T, Error>) -> Result<T, Error> {
    let mut bytes = room(wasm);
    loop {
        match f(MappedArena::reserve(bytes).map_err(out_of_memory)?) {
            Err(e) if e.status() == Status::Arena && e.need > bytes => bytes = e.need.saturating_mul(2),
            other => return other,
        }
    }
}

/// The same with the region lent.
fn with_scratch<T>(wasm: &[u8], f: impl Fn(&mut Arena<'_>) -> Result<T, Error>) -> Result<T, Error> {
    with_room(wasm, |mut region| f(&mut region.lend()))
}

impl OwnedModule {
    /// What loading and running the module will need; see [`Module::plan`], or [`Module::plan_image`] for an image.
    ///
    /// # Errors
    /// Those of [`Module::plan`] and [`Module::plan_image`].
    pub fn plan_of(wasm: &[u8], budget: &LoadBudget) -> Result<Plan, Error> {
        if Module::is_image(wasm) {
            return Self::load_image(wasm.into(), budget)?.plan().copied();
        }
        with_scratch(wasm, |scratch| Module::plan(wasm, budget, scratch))
    }

    /// Checks the module; see [`Module::validate`], or [`Module::from_image`] for an image.
    ///
    /// # Errors
    /// Those of [`Module::validate`] and [`Module::from_image`].
    pub fn validate(wasm: &[u8], budget: &LoadBudget) -> Result<(), Error> {
        if Module::is_image(wasm) {
            return Self::load_image(wasm.into(), budget).map(|_| ());
        }
        with_scratch(wasm, |scratch| Module::validate(wasm, budget, scratch))
    }

    /// Loads, in one pass, into address space of which what is not used is given back; an image is copied once, to where it
    /// is aligned.
    ///
    /// # Errors
    /// Those of [`Module::load`] and [`Module::from_image`]; [`Reason::ArenaTooSmall`] without a need where the system has no
    /// address space left.
    pub fn load(wasm: impl Into<Arc<[u8]>>, budget: &LoadBudget) -> Result<Arc<OwnedModule>, Error> {
        let wasm: Arc<[u8]> = wasm.into();
        if Module::is_image(&wasm) {
            return Self::load_image(wasm, budget).map(Arc::new);
        }
        match with_room(&wasm, |region| Self::load_into(region, wasm.clone(), budget)) {
            // Little address space, so that no region was had: exactly what is needed may still be there.
            Err(e) if e.reason == Reason::ArenaTooSmall && e.need == 0 => {
                let plan = Self::plan_of(&wasm, budget)?;
                let need = plan.module.saturating_add(plan.load_scratch);
                Self::load_into(MappedArena::reserve(need).map_err(out_of_memory)?, wasm, budget)
            }
            other => other,
        }
    }

    fn load_into(mut arena: MappedArena, wasm: Arc<[u8]>, budget: &LoadBudget) -> Result<Arc<OwnedModule>, Error> {
        // SAFETY: the bytes are behind an `Arc` that the new value keeps, and are never written.
        let bytes: &'static [u8] = unsafe { &*core::ptr::from_ref::<[u8]>(&wasm) };
        // SAFETY: the mapping is kept by the new value, beside the only handle into it.
        let mut lent = unsafe { arena.lend_unbounded(arena.len()) };
        let module = Module::load(&mut lent, bytes, budget)?;
        let used = arena.len() - lent.remaining();
        // SAFETY: what the load did not keep was scratch.
        unsafe { arena.shrink_to(used) };
        Ok(Arc::new(OwnedModule { module, plan: OnceLock::new(), budget: *budget, wasm, _arena: arena }))
    }

    fn load_image(image: Arc<[u8]>, budget: &LoadBudget) -> Result<OwnedModule, Error> {
        let arena = MappedArena::reserve(image.len() as u64).map_err(out_of_memory)?;
        // SAFETY: the mapping is kept by the new value, and written before anything refers to it.
        let bytes: &'static [u8] = unsafe {
            let base = arena.lend_unbounded(image.len()).base();
            base.copy_from_nonoverlapping(image.as_ptr(), image.len());
            core::slice::from_raw_parts(base, image.len())
        };
        let plan = Module::plan_image(bytes, budget)?;
        let mut scratch = MappedArena::reserve(plan.load_scratch).map_err(out_of_memory)?;
        let module = Module::from_image(bytes, budget, &mut scratch.lend())?;
        Ok(OwnedModule { module, plan: plan.into(), budget: *budget, wasm: image, _arena: arena })
    }

    /// The image of a module in the binary format; see [`Module::write_image`]. It is loaded again to see that it is
    /// one that can be.
    ///
    /// # Errors
    /// Those of [`Module::plan`] and [`Module::from_image`].
    pub fn compile(wasm: &[u8], budget: &LoadBudget) -> Result<Vec<u8>, Error> {
        let plan = with_scratch(wasm, |scratch| {
            let mut loader = Loader::planning(scratch, budget);
            loader.feed(wasm)?;
            loader.finish_plan()
        })?;
        let mut arena = MappedArena::reserve(plan.module.saturating_add(plan.load_scratch)).map_err(out_of_memory)?;
        let mut lent = arena.lend();
        let mut loader = Loader::new(&mut lent, budget);
        loader.feed(wasm)?;
        let module = loader.finish()?;
        let mut image = vec![0; usize::try_from(module.image_size()).map_err(|_| Reason::LimitModuleBytes)?];
        module.write_image(&plan, &mut image)?;
        Self::validate(&image, budget)?;
        Ok(image)
    }

    /// The same as an image for every build of the engine's sources; see [`Module::make_portable`].
    ///
    /// # Errors
    /// Those of [`OwnedModule::compile`].
    pub fn compile_portable(wasm: &[u8], budget: &LoadBudget) -> Result<Vec<u8>, Error> {
        let mut image = Self::compile(wasm, budget)?;
        // An image begins on a page there.
        let mut arena = MappedArena::reserve(image.len() as u64).map_err(out_of_memory)?;
        let lent = arena.bytes_mut();
        let Some(aligned) = lent.get_mut(..image.len()) else { return Err(Reason::Internal.into()) };
        aligned.copy_from_slice(&image);
        Module::make_portable(aligned, budget)?;
        image.copy_from_slice(aligned);
        Ok(image)
    }

    /// The handle.
    #[must_use]
    pub fn module(&self) -> Module<'_> {
        self.module
    }
    /// What loading and running it needs: worked out when it is first asked for, which takes about as long as loading.
    ///
    /// # Errors
    /// [`Reason::ArenaTooSmall`] where the system has no address space left for that.
    pub fn plan(&self) -> Result<&Plan, Error> {
        if let Some(plan) = self.plan.get() {
            return Ok(plan);
        }
        let plan = Self::plan_of(&self.wasm, &self.budget)?;
        Ok(self.plan.get_or_init(|| plan))
    }
    /// The memories that the module defines.
    pub(crate) fn memories(&self) -> Vec<MemoryType> {
        if !Module::is_image(&self.wasm) {
            return memory_types(&self.wasm);
        }
        let bytes = |ty: wrt_core::MemoryType| {
            let bytes = |pages: u64| pages.saturating_mul(ty.page_size());
            let max = (ty.limits.max != u64::MAX).then(|| bytes(ty.limits.max));
            MemoryType { min: bytes(ty.limits.min), max, is64: ty.is64 }
        };
        self.module.own_memories().map(bytes).collect()
    }
    /// The binary, or the image.
    #[must_use]
    pub fn wasm(&self) -> &[u8] {
        &self.wasm
    }
}

/// Host functions as an instance keeps them.
struct Bound(Vec<HostImport>);

impl Imports<'static> for &'static Bound {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'static>> {
        let ExternType::Func(_) = import.ty else {
            return None;
        };
        let found = self.0.iter().find(|h| h.module == import.module && h.name == import.name)?;
        Some(Extern::Host(HostFunc::new(&found.call)))
    }
}

/// An instance with one task, and everything that both need to live. Belongs to one thread.
pub struct OwnedInstance {
    // Declared first, so that the handles go before what they point into.
    task: Task<'static>,
    instance: Instance<'static>,
    module: Arc<OwnedModule>,
    hooks: Option<HookOwner>,
    host: Rc<HostOwner>,
    guards: Cell<Vec<Guard<'static>>>,
    reserved: u64,
    _regions: Vec<MappedArena>,
}

impl core::fmt::Debug for OwnedInstance {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("OwnedInstance").field("instance", &self.instance).finish_non_exhaustive()
    }
}

/// Frees the host functions. A raw pointer, because handles point to them while this value moves.
struct HostOwner(*mut Bound);

impl Drop for HostOwner {
    fn drop(&mut self) {
        // SAFETY: made by `Box::into_raw` in `OwnedInstance::new`; nothing that points into it lives.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// An interceptor of any kind.
struct Boxed(Box<dyn Interceptor>);

impl Interceptor for Boxed {
    fn before(&self, call: &Crossing, slots: &mut [Value]) -> Result<Verdict, HostError> {
        self.0.before(call, slots)
    }
    fn after(&self, call: &Crossing, slots: &mut [Value]) -> Result<(), HostError> {
        self.0.after(call, slots)
    }
}

/// Frees the interceptor. A raw pointer for the same reason as in [`HostOwner`].
struct HookOwner(*mut Boxed);

impl Drop for HookOwner {
    fn drop(&mut self) {
        // SAFETY: made by `Box::into_raw` in `OwnedInstance::set_interceptor`; the task no longer asks it.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

impl OwnedInstance {
    /// Reserves what the plan says and the settings allow, and instantiates. A start function does
    /// not run here; the first call runs it, with that call's fuel.
    ///
    /// # Errors
    /// Those of [`Instance::new`]; [`Reason::MemoryRegion`] with the minimum as need where the
    /// settings allow less; [`Reason::ArenaTooSmall`] without a need where the system has no
    /// address space left.
    pub fn new(module: Arc<OwnedModule>, host: Vec<HostImport>, settings: &Settings) -> Result<Self, Error> {
        let owner = HostOwner(Box::into_raw(Box::new(Bound(host))));
        Self::make(module, Rc::new(owner), settings)
    }

    /// Another instance with the same functions of the host, for a [`crate::WatchedInstance`]: of a second copy of the
    /// module, best loaded from a second copy of its bytes, in regions of its own.
    ///
    /// # Errors
    /// Those of [`OwnedInstance::new`].
    pub fn twin(&self, module: Arc<OwnedModule>, settings: &Settings) -> Result<Self, Error> {
        Self::make(module, self.host.clone(), settings)
    }

    fn make(module: Arc<OwnedModule>, owner: Rc<HostOwner>, settings: &Settings) -> Result<Self, Error> {
        let bound = settings.max_memory_bytes.unwrap_or(u64::MAX);
        let minimum = module.module.memory_min();
        if minimum > bound {
            return Err(Error::new(Reason::MemoryRegion).need(minimum));
        }
        let reserve = |bytes: u64| {
            let guards = if settings.guarded { Guard::BYTES } else { 0 };
            MappedArena::reserve(bytes.saturating_add(guards)).map_err(out_of_memory)
        };
        let mut regions = vec![
            reserve(module.module.instance_size())?,
            reserve(settings.stack_bytes)?,
            reserve(settings.heap_bytes)?,
        ];
        let fixed = regions.len();
        let mut reserved = 0u64;
        for memory in module.memories() {
            let ceiling = memory.ceiling().min(bound).max(memory.min);
            regions.push(reserve(ceiling)?);
            reserved = reserved.saturating_add(ceiling);
        }
        let mut guards = Vec::new();
        let mut lend = |i: usize| -> Option<Arena<'static>> {
            let region = regions.get(i)?;
            // SAFETY: the regions go into the new value, each is lent once, and they are dropped after the handles.
            let mut whole = unsafe { region.lend_unbounded(region.len()) };
            if !settings.guarded {
                return Some(whole);
            }
            let (guard, within) = Guard::around(&mut whole).ok()?;
            guards.push(guard);
            Some(within)
        };
        let mut memories: Vec<Arena<'static>> = (fixed..regions.len()).filter_map(&mut lend).collect();
        let (Some(mut own), Some(mut stack)) = (lend(0), lend(1)) else {
            return Err(Error::new(Reason::Internal));
        };
        let heap = if settings.heap_bytes == 0 { None } else { lend(2) };
        // SAFETY: the functions live until the new value is dropped, after the handles.
        let imports: &'static Bound = unsafe { &*owner.0 };
        let config = InstanceConfig {
            imports: &imports,
            linked: &[],
            memories: &mut memories,
            zeroed: true,
            memory_ceiling: settings.max_memory_bytes.unwrap_or(0),
            heap,
            waiter: None,
        };
        let instance = Instance::new(&mut own, module.module, config)?;
        let task = Task::new(&mut stack, instance)?;
        Ok(OwnedInstance {
            task,
            instance,
            module,
            hooks: None,
            host: owner,
            guards: Cell::new(guards),
            reserved,
            _regions: regions,
        })
    }

    /// The instance, for who reads and writes its memory while a call waits.
    #[cfg(feature = "wasi")]
    pub(crate) fn handle(&self) -> Instance<'static> {
        self.instance
    }
    /// The task, for a supervisor that lives no longer than this value.
    pub(crate) fn task(&self) -> Task<'static> {
        self.task
    }
    /// The guards of the regions, where they have any and nobody has taken them.
    pub(crate) fn take_guards(&self) -> Vec<Guard<'static>> {
        self.guards.take()
    }

    /// The module's handle.
    #[must_use]
    pub fn module(&self) -> &Arc<OwnedModule> {
        &self.module
    }
    /// Whether the start function has run; see [`Instance::is_started`].
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.instance.is_started()
    }
    /// The exported function of this name; see [`Instance::export_func`].
    ///
    /// # Errors
    /// Those of [`Instance::export_func`].
    pub fn export_func(&self, name: &str) -> Result<Func, Error> {
        self.instance.export_func(name, None)
    }
    /// The type of a function; see [`Instance::func_type`].
    #[must_use]
    pub fn func_type(&self, func: Func) -> Option<FuncType<'_>> {
        self.instance.func_type(func)
    }
    /// The exported memory of this name; see [`Instance::export_memory`].
    ///
    /// # Errors
    /// Those of [`Instance::export_memory`].
    pub fn export_memory(&self, name: &str) -> Result<u32, Error> {
        self.instance.export_memory(name)
    }
    /// Bytes in a linear memory now.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn memory_len(&self, index: u32) -> Result<u64, Error> {
        Ok(self.instance.memory(index)?.len)
    }
    /// Copies from a linear memory; see [`Instance::memory_read`].
    ///
    /// # Errors
    /// [`Reason::HostMemoryBounds`], [`Reason::UnknownIndex`].
    pub fn memory_read(&self, index: u32, addr: u64, dst: &mut [u8]) -> Result<(), Error> {
        self.instance.memory_read(index, addr, dst)
    }
    /// Copies to a linear memory; see [`Instance::memory_write`].
    ///
    /// # Errors
    /// [`Reason::HostMemoryBounds`], [`Reason::UnknownIndex`].
    pub fn memory_write(&self, index: u32, addr: u64, src: &[u8]) -> Result<(), Error> {
        self.instance.memory_write(index, addr, src)
    }
    /// Grows a linear memory by pages; `None` where it cannot.
    #[must_use]
    pub fn memory_grow(&self, index: u32, pages: u64) -> Option<u64> {
        self.instance.memory_grow(index, pages)
    }
    /// A hash of the instance's state; see [`Instance::state_hash`].
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        self.instance.state_hash()
    }

    /// Makes a call ready; see [`Task::start`].
    ///
    /// # Errors
    /// Those of [`Task::start`].
    pub fn start(&self, func: Func, args: &[Value]) -> Result<(), Error> {
        self.task.start(func, args)
    }
    /// Calls an exported function to its end: [`OwnedInstance::start`], [`OwnedInstance::run`] and
    /// [`OwnedInstance::results`] in one.
    ///
    /// # Errors
    /// Those of the three and of [`OwnedInstance::export_func`]; [`Reason::NotFinished`] where the budget was spent or a
    /// host call waits: [`OwnedInstance::run`] goes on.
    pub fn call(&self, name: &str, args: &[Value], budget: &RunBudget) -> Result<Vec<Value>, Error> {
        self.start(self.export_func(name)?, args)?;
        self.run(budget)?;
        let mut results = vec![Value::ZERO; self.results(&mut [])?];
        self.results(&mut results)?;
        Ok(results)
    }
    /// Makes the pending start function ready; see [`Task::start_instance`].
    ///
    /// # Errors
    /// Those of [`Task::start_instance`].
    pub fn start_instance(&self) -> Result<(), Error> {
        self.task.start_instance()
    }
    /// Runs or continues what was made ready; see [`Task::run`].
    ///
    /// # Errors
    /// Those of [`Task::run`].
    pub fn run(&self, budget: &RunBudget) -> Result<Outcome, Error> {
        self.task.run(budget)
    }
    /// The results of the call that has finished; see [`Task::results`].
    ///
    /// # Errors
    /// Those of [`Task::results`].
    pub fn results(&self, out: &mut [Value]) -> Result<usize, Error> {
        self.task.results(out)
    }
    /// Gives up what was made ready and counts from zero again; see [`Task::reset`].
    pub fn reset(&self) {
        self.task.reset();
    }
    /// Sets the interceptor of the instance's task, or none; see [`Task::set_hooks`].
    pub fn set_interceptor(&mut self, interceptor: Option<Box<dyn Interceptor>>) {
        let next = interceptor.map(|i| HookOwner(Box::into_raw(Box::new(Boxed(i)))));
        // SAFETY: the interceptor lives until it is replaced here, after the task was told, or until
        // the handles are gone.
        self.task.set_hooks(next.as_ref().map(|owner| Hooks::new(unsafe { &*owner.0 })));
        self.hooks = next;
    }
    /// The call that waits, if one does; see [`Task::pending`].
    #[must_use]
    pub fn pending(&self) -> Option<PendingCall> {
        self.task.pending()
    }
    /// Answers the call that waits; see [`Task::complete`].
    ///
    /// # Errors
    /// Those of [`Task::complete`].
    pub fn complete(&self, status: Status, results: &[Value]) -> Result<(), Error> {
        self.task.complete(status as i32, results)
    }
    /// Lets the call be made that the interceptor has delayed; see [`Task::proceed`].
    ///
    /// # Errors
    /// Those of [`Task::proceed`].
    pub fn proceed(&self) -> Result<(), Error> {
        self.task.proceed()
    }
    /// What the task has used since it was made or reset.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.task.usage()
    }
    /// The frames active where the task stopped, innermost first, at most `limit` of them; see
    /// [`Task::backtrace`].
    #[must_use]
    pub fn backtrace(&self, limit: usize) -> Vec<Frame> {
        // No more room than there can be frames: a caller may want all, however many there are.
        let deepest = (self.task.usage().call_depth_peak as usize).saturating_add(1);
        let mut frames = vec![Frame { instance: 0, func: 0, func_offset: 0, module_offset: 0 }; limit.min(deepest)];
        let shown = self.task.backtrace(&mut frames);
        frames.truncate(shown);
        frames
    }
    /// Address space in bytes that the linear memories have reserved.
    #[must_use]
    pub fn memory_reserved(&self) -> u64 {
        self.reserved
    }
}
