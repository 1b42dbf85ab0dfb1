//! `--no-std`: modules in fixed arenas, as a program without an operating system lends them.
//!
//! Owns how large each arena is: what the plan says, to the byte, allocated once before anything is loaded. Nothing is
//! reserved beyond it and nothing grows: a linear memory has its declared maximum, or what `--max-memory` says, from
//! the start, and where neither is given, its minimum.

use crate::size::grouped;
use wrt_core::{
    ARENA_ALIGN, Arena, Error, Extern, ExternType, Frame, Func, HostFunc, Import, Imports, Instance, InstanceConfig,
    LoadBudget, Module, Outcome, Plan, Reason, RunBudget, Task, Usage, Value,
};
use wrt_host::{HostImport, OwnedModule, Settings, memory_types};

/// Bytes of linear memory that are allocated at most: more is asked for by name.
const MOST_MEMORY: u64 = 1 << 30;

/// The arenas before anything is put into them.
#[derive(Debug)]
pub struct Arenas {
    plan: Plan,
    settings: Settings,
    /// An image, with room to begin where it must.
    image: Region,
    module: Region,
    rest: Rest,
}

/// What an instance needs.
#[derive(Debug)]
pub struct Rest {
    instance: Region,
    stack: Region,
    heap: Region,
    memories: Vec<Region>,
    ceiling: u64,
}

/// Bytes to lend, zero at first, the first of them where an arena may begin.
#[derive(Debug, Default)]
struct Region {
    bytes: Vec<u8>,
    from: usize,
    len: usize,
}

impl Region {
    /// So many bytes; an error where the system has not that much memory.
    fn new(len: u64) -> Result<Self, Error> {
        let none = || Error::new(Reason::ArenaTooSmall).need(len);
        let len = usize::try_from(len).map_err(|_| none())?;
        let whole = len.checked_add(ARENA_ALIGN).ok_or_else(none)?;
        // Asked for first, because memory of zeros that cannot be had ends the process.
        Vec::<u8>::new().try_reserve_exact(whole).map_err(|_| none())?;
        let bytes = vec![0; whole];
        let from = bytes.as_ptr().align_offset(ARENA_ALIGN);
        Ok(Region { bytes, from, len })
    }
    fn bytes(&self) -> &[u8] {
        self.bytes.get(self.from..self.from + self.len).unwrap_or(&[])
    }
    fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.from..self.from + self.len).unwrap_or(&mut [])
    }
    fn arena(&mut self) -> Result<Arena<'_>, Error> {
        Arena::from_bytes(self.bytes_mut())
    }
    fn said(&self) -> String {
        grouped(self.len as u64)
    }
}

impl Arenas {
    /// Plans a module and allocates what it needs. `settings.stack_bytes` counts where calls recurse, so that the plan
    /// has no bound for the task's region.
    ///
    /// # Errors
    /// Those of [`OwnedModule::plan_of`]; [`Reason::MemoryRegion`] with the bytes that are needed where
    /// `settings.max_memory_bytes` is less, or where more than a gigabyte would be needed and nobody has set it;
    /// [`Reason::ArenaTooSmall`] where the system has not that much memory.
    pub fn of(wasm: &[u8], budget: &LoadBudget, settings: &Settings) -> Result<Self, Error> {
        let plan = OwnedModule::plan_of(wasm, budget)?;
        let mut image = Region::default();
        let types = if Module::is_image(wasm) {
            image = Region::new(wasm.len() as u64)?;
            image.bytes_mut().copy_from_slice(wasm);
            image_memories(image.bytes(), budget)?
        } else {
            memory_types(wasm).iter().map(|memory| (memory.min, memory.max)).collect()
        };
        let minimum = types.iter().map(|(min, _)| *min).fold(0, u64::saturating_add);
        let bound = settings.max_memory_bytes;
        if minimum > bound.unwrap_or(u64::MAX) {
            return Err(Error::new(Reason::MemoryRegion).need(minimum));
        }
        // Without a maximum nobody says how much is enough: the minimum, or all that may be had.
        let ceilings =
            types.iter().map(|(min, max)| max.or(bound).unwrap_or(*min).min(bound.unwrap_or(u64::MAX)).max(*min));
        let ceilings: Vec<u64> = ceilings.collect();
        let ceiling = ceilings.iter().copied().fold(0, u64::saturating_add);
        if bound.is_none() && ceiling > MOST_MEMORY.max(minimum) {
            return Err(Error::new(Reason::MemoryRegion).need(ceiling));
        }
        let heap = if plan.heap_min == 0 { 0 } else { settings.heap_bytes };
        Ok(Arenas {
            plan,
            settings: *settings,
            image,
            module: Region::new(plan.module.saturating_add(plan.load_scratch))?,
            rest: Rest {
                instance: Region::new(plan.instance)?,
                stack: Region::default(),
                heap: Region::new(heap)?,
                memories: ceilings.into_iter().map(Region::new).collect::<Result<_, _>>()?,
                ceiling,
            },
        })
    }

    /// What the loader said.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
    /// Loads the module, from the same bytes, into its arena.
    ///
    /// # Errors
    /// Those of [`Module::load`] and [`Module::from_image`].
    pub fn load<'a>(&'a mut self, wasm: &'a [u8], budget: &LoadBudget) -> Result<(Module<'a>, Room<'a>), Error> {
        let mut arena = self.module.arena()?;
        let module = if self.image.len == 0 {
            Module::load(&mut arena, wasm, budget)?
        } else {
            Module::from_image(self.image.bytes(), budget, &mut arena)?
        };
        let most = self.settings.stack_bytes;
        let stack = if self.plan.stack_min == 0 { most } else { self.plan.stack_min.min(most) };
        self.rest.stack = Region::new(stack)?;
        let module_bytes = self.plan.module.saturating_add(self.plan.load_scratch);
        Ok((module, Room { rest: &mut self.rest, settings: self.settings, module_bytes }))
    }
}

/// What an image's memories declare, in bytes.
fn image_memories(image: &[u8], budget: &LoadBudget) -> Result<Vec<(u64, Option<u64>)>, Error> {
    let mut scratch = Region::new(Module::plan_image(image, budget)?.load_scratch)?;
    let module = Module::from_image(image, budget, &mut scratch.arena()?)?;
    let bytes = |ty: wrt_core::MemoryType| {
        let bytes = |pages: u64| pages.saturating_mul(ty.page_size());
        (bytes(ty.limits.min), (ty.limits.max != u64::MAX).then(|| bytes(ty.limits.max)))
    };
    Ok(module.own_memories().map(bytes).collect())
}

/// The arenas of an instance to be made.
pub struct Room<'a> {
    rest: &'a mut Rest,
    settings: Settings,
    module_bytes: u64,
}

impl<'a> Room<'a> {
    /// How large the arenas are, for a person.
    pub fn describe(&self) -> String {
        let rest = &self.rest;
        format!(
            "module {}, instance {}, stack {}, heap {}, linear memory {} bytes",
            grouped(self.module_bytes),
            rest.instance.said(),
            rest.stack.said(),
            rest.heap.said(),
            grouped(rest.ceiling)
        )
    }
    /// Bytes of the task's region.
    pub fn stack_bytes(&self) -> u64 {
        self.rest.stack.len as u64
    }

    /// Makes the instance and its task. `host` is what imports are resolved from.
    ///
    /// # Errors
    /// Those of [`Instance::new`] and [`Task::new`].
    pub fn instantiate(self, module: Module<'a>, host: &'a [HostImport]) -> Result<FixedInstance<'a>, Error> {
        let Rest { instance, stack, heap, memories, ceiling } = self.rest;
        let mut memories: Vec<Arena<'a>> = memories.iter_mut().map(Region::arena).collect::<Result<_, _>>()?;
        let config = InstanceConfig {
            imports: &Bound(host),
            memories: &mut memories,
            zeroed: true,
            memory_ceiling: self.settings.max_memory_bytes.unwrap_or(0),
            heap: if heap.len == 0 { None } else { Some(heap.arena()?) },
            ..InstanceConfig::default()
        };
        let instance = Instance::new(&mut instance.arena()?, module, config)?;
        let task = Task::new(&mut stack.arena()?, instance)?;
        Ok(FixedInstance { task, instance, ceiling: *ceiling })
    }
}

/// Host functions by their names.
struct Bound<'a>(&'a [HostImport]);

impl<'a> Imports<'a> for Bound<'a> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>> {
        let ExternType::Func(_) = import.ty else {
            return None;
        };
        let found = self.0.iter().find(|host| host.module == import.module && host.name == import.name)?;
        Some(Extern::Host(HostFunc::new(&found.call)))
    }
}

/// An instance with its task in arenas that somebody else owns.
#[derive(Debug)]
pub struct FixedInstance<'a> {
    task: Task<'a>,
    instance: Instance<'a>,
    ceiling: u64,
}

impl FixedInstance<'_> {
    pub fn export_func(&self, name: &str) -> Result<Func, Error> {
        self.instance.export_func(name, None)
    }
    pub fn is_started(&self) -> bool {
        self.instance.is_started()
    }
    pub fn usage(&self) -> Usage {
        self.task.usage()
    }
    pub fn memory_reserved(&self) -> u64 {
        self.ceiling
    }
    pub fn state_hash(&self) -> u64 {
        self.instance.state_hash()
    }
    pub fn backtrace(&self, limit: usize) -> Vec<Frame> {
        let deepest = (self.task.usage().call_depth_peak as usize).saturating_add(1);
        let mut frames = vec![Frame::default(); limit.min(deepest)];
        let shown = self.task.backtrace(&mut frames);
        frames.truncate(shown);
        frames
    }
    pub fn start(&self, func: Func, arguments: &[Value]) -> Result<(), Error> {
        self.task.start(func, arguments)
    }
    pub fn start_instance(&self) -> Result<(), Error> {
        self.task.start_instance()
    }
    pub fn run(&self, budget: &RunBudget) -> Result<Outcome, Error> {
        self.task.run(budget)
    }
    pub fn results(&self, out: &mut [Value]) -> Result<usize, Error> {
        self.task.results(out)
    }
}
