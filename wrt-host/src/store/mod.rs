//! A store: instances that may be linked to one another, and everything that they need to live.
//!
//! What [`crate::OwnedInstance`] is for one instance, a [`Store`] is for several, and for memories, tables, globals, tags
//! and functions that the host makes itself: for languages whose objects have no lifetimes. Things are named by small
//! numbers ([`Item`], [`TaskId`]) that only mean something in their store. All of a store is released together.
//!
//! Owns which instance defines what, and the order in which things are made and dropped. `region` is where the parts
//! lie, `define` the modules that host's things are made of, `items` the access to them, `task` calls, `snapshot` the
//! state of an instance as bytes. Knows nothing of how values are shown in a language.

mod define;
mod items;
mod region;
mod snapshot;
mod task;
#[cfg(test)]
mod tests;

pub use items::{Item, Place};
pub use region::Lent;
pub use snapshot::Snapshot;
pub use task::{Interrupter, TaskId};

use crate::arena::MappedArena;
use crate::memories::MemoryType as Declared;
use crate::owned::{Closure, OwnedModule};
use core::cell::{Cell, RefCell};
use region::{Region, Source};
use std::sync::Arc;
use wrt_core::{
    Arena, Error, Extern, ExternKind, ExternType, HostFunc, Import, Imports, Instance, InstanceConfig, Module, Reason,
    Status,
};

/// How much memory the parts of a store take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// Bytes of each task's region, in which frames live. A call from within a host function takes a task of its own.
    pub stack_bytes: u64,
    /// Bytes to which the memories of one instance may grow, in sum; `None` for what its module declares.
    pub max_memory_bytes: Option<u64>,
    /// Bytes of the heap region, in which exceptions and objects lie; taken when the first instance needs one.
    pub heap_bytes: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        StoreSettings { stack_bytes: 16 << 20, max_memory_bytes: None, heap_bytes: 64 << 20 }
    }
}

/// What an import is given.
pub enum Given {
    /// A function of the host.
    Host(Closure),
    /// Something of the same store.
    Item(Item),
}

impl core::fmt::Debug for Given {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Given::Host(_) => f.write_str("Host"),
            Given::Item(item) => f.debug_tuple("Item").field(item).finish(),
        }
    }
}

/// One instance of a store, with what it keeps.
struct Member {
    instance: Instance<'static>,
    module: Arc<OwnedModule>,
    /// What was imported, by the kind's number and in the order of the index space: the places that define it.
    imported: [Vec<Place>; 5],
}

/// A host function. A raw pointer, because handles point to it while the list grows.
struct Host(*mut Closure);

impl Drop for Host {
    fn drop(&mut self) {
        // SAFETY: made by `Box::into_raw` in `Store::bind`; the store drops it after the handles.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// Instances that may be linked to one another. Belongs to one thread at a time.
pub struct Store {
    // Declared first, so that the handles go before what they point into.
    tasks: RefCell<Vec<task::Slot>>,
    /// By number; `None` where an instance did not come about but has left references behind.
    members: RefCell<Vec<Option<Member>>>,
    /// Modules of instances that are no members.
    kept: RefCell<Vec<Arc<OwnedModule>>>,
    hosts: RefCell<Vec<Host>>,
    regions: RefCell<Vec<Region>>,
    heap: RefCell<Option<Region>>,
    /// A region that the next memory is to lie in.
    ready: RefCell<Option<MappedArena>>,
    settings: StoreSettings,
    source: Source,
}

impl core::fmt::Debug for Store {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Store").field("instances", &self.members.borrow().len()).finish_non_exhaustive()
    }
}

/// Resolved imports, in the module's order.
struct Resolved {
    given: Vec<Option<Extern<'static>>>,
    next: Cell<usize>,
}

impl Imports<'static> for Resolved {
    fn resolve(&self, _import: &Import<'_>) -> Option<Extern<'static>> {
        // Asked once for each import, in order.
        let k = self.next.get();
        self.next.set(k + 1);
        self.given.get(k).copied().flatten()
    }
}

/// Regions of an instance that is being made.
struct Parts {
    own: Region,
    memories: Vec<Region>,
    heap: Option<Region>,
}

impl Parts {
    fn lend(&self) -> Result<(Arena<'static>, Vec<Arena<'static>>, Option<Arena<'static>>), Error> {
        // SAFETY: the regions go into the store, each is lent once, and they are dropped after the handles.
        unsafe {
            let memories = self.memories.iter().map(|r| r.lend()).collect::<Result<_, _>>()?;
            Ok((self.own.lend()?, memories, self.heap.as_ref().map(|r| r.lend()).transpose()?))
        }
    }
}

impl Store {
    /// An empty store whose parts lie in address space of the system.
    #[must_use]
    pub fn new(settings: StoreSettings) -> Store {
        Store::over(settings, Source::Mapped)
    }

    /// An empty store all of whose parts lie in memory that is lent. [`StoreSettings`] say how large each is; a memory
    /// without a declared maximum takes what `max_memory_bytes` allows, else its minimum.
    #[must_use]
    pub fn new_in(settings: StoreSettings, lent: Lent) -> Store {
        Store::over(settings, Source::Lent(lent))
    }

    fn over(settings: StoreSettings, source: Source) -> Store {
        Store {
            tasks: RefCell::default(),
            members: RefCell::default(),
            kept: RefCell::default(),
            hosts: RefCell::default(),
            regions: RefCell::default(),
            heap: RefCell::default(),
            ready: RefCell::default(),
            settings,
            source,
        }
    }

    /// What it was made with.
    #[must_use]
    pub fn settings(&self) -> &StoreSettings {
        &self.settings
    }

    /// Bytes of the lent memory that are taken; 0 for a store in address space of the system.
    #[must_use]
    pub fn lent_taken(&self) -> u64 {
        match &self.source {
            Source::Mapped => 0,
            Source::Lent(lent) => lent.taken(),
        }
    }

    /// Makes an instance; `resolve` is asked for each import, in the module's order. Returns its number. A start function
    /// does not run here; the first call of a function of the instance runs it, with that call's fuel, or
    /// [`Store::start_instance`].
    ///
    /// # Errors
    /// Those of [`Instance::new`]; [`Reason::MemoryRegion`] with the minimum as need where the settings allow less;
    /// [`Reason::ArenaTooSmall`]; [`Reason::UnknownIndex`] with the number of the import as detail for an item that this
    /// store does not have.
    pub fn instantiate(
        &self,
        module: &Arc<OwnedModule>,
        mut resolve: impl FnMut(&Import<'_>) -> Option<Given>,
    ) -> Result<u32, Error> {
        self.place(module, &mut resolve, None)
    }

    /// The same; with a snapshot, the instance goes on as it was.
    fn place(
        &self,
        module: &Arc<OwnedModule>,
        resolve: &mut dyn FnMut(&Import<'_>) -> Option<Given>,
        from: Option<&Snapshot>,
    ) -> Result<u32, Error> {
        let mark = self.source.mark();
        let mut imported: [Vec<Place>; 5] = Default::default();
        let mut hosts = Vec::new();
        let handle = module_handle(module);
        let given = (0..handle.import_count())
            .map(|k| {
                let Some(import) = handle.import(k) else { return Ok(None) };
                self.bind(&import, resolve(&import), &mut imported, &mut hosts).map_err(|e| e.detail(k.into()))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let parts = self.parts(module, from)?;
        let made = self.make(handle, &parts, Resolved { given, next: Cell::new(0) }, from);
        let kept = match &made {
            Ok(_) => true,
            // Earlier segments may have left references to it in tables of others.
            Err(error) => error.status() == Status::Trap && !self.members.borrow().is_empty(),
        };
        if !kept {
            // SAFETY: nothing that lives lies in the parts, which go now.
            unsafe { self.source.give_back(mark) };
            return made.map(|i| i.id());
        }
        let mut regions = self.regions.borrow_mut();
        regions.extend(parts.memories.into_iter().chain([parts.own]));
        match parts.heap {
            Some(heap) if made.is_ok() => *self.heap.borrow_mut() = Some(heap),
            unused => regions.extend(unused),
        }
        drop(regions);
        self.hosts.borrow_mut().extend(hosts);
        match made {
            Ok(instance) => {
                let mut members = self.members.borrow_mut();
                // One that has only left references behind has a number as well.
                while members.len() < instance.id() as usize {
                    members.push(None);
                }
                members.push(Some(Member { instance, module: module.clone(), imported }));
                Ok(instance.id())
            }
            Err(error) => {
                self.kept.borrow_mut().push(module.clone());
                Err(error)
            }
        }
    }

    fn make(
        &self,
        module: Module<'static>,
        parts: &Parts,
        imports: Resolved,
        from: Option<&Snapshot>,
    ) -> Result<Instance<'static>, Error> {
        let (mut own, mut memories, heap) = parts.lend()?;
        let root = self.members.borrow().iter().flatten().map(|m| m.instance).next();
        let config = InstanceConfig {
            imports: &imports,
            linked: root.as_slice(),
            memories: &mut memories,
            zeroed: self.source.is_zeroed(),
            // The regions are whole pages of the system; what is to be bounded is the sum.
            memory_ceiling: self.settings.max_memory_bytes.unwrap_or(0),
            heap,
            waiter: None,
        };
        match from {
            None => Instance::new(&mut own, module, config),
            Some(snapshot) => snapshot.place(parts, module, config),
        }
    }

    /// Reserves what the plan says and the settings allow.
    fn parts(&self, module: &OwnedModule, from: Option<&Snapshot>) -> Result<Parts, Error> {
        let bound = self.settings.max_memory_bytes.unwrap_or(u64::MAX);
        let minimum = module.module().memory_min();
        if minimum > bound {
            return Err(Error::new(Reason::MemoryRegion).need(minimum));
        }
        let mark = self.source.mark();
        let reserve = || {
            let own = self.source.reserve(module.module().instance_size())?;
            let wants_heap = module.module().heap_min() > 0 && self.heap.borrow().is_none();
            let heap = wants_heap
                .then(|| self.source.reserve(from.map_or(self.settings.heap_bytes, Snapshot::heap_bytes)))
                .transpose()?;
            let ceiling = |(k, memory): (usize, &Declared)| match from {
                Some(snapshot) => snapshot.ceiling(k),
                None => self.ceiling(memory, bound),
            };
            let declared = module.memories();
            let reserve = |m| match self.ready.borrow_mut().take() {
                Some(region) => Ok(Region::Mapped(region.into())),
                None => self.source.reserve(ceiling(m)),
            };
            let memories = declared.iter().enumerate().map(reserve).collect::<Result<_, _>>()?;
            Ok(Parts { own, memories, heap })
        };
        // SAFETY: nothing was made in what was reserved.
        reserve().inspect_err(|_: &Error| unsafe { self.source.give_back(mark) })
    }

    fn ceiling(&self, memory: &Declared, bound: u64) -> u64 {
        let lent = !self.source.is_zeroed();
        let most = if lent && memory.max.is_none() && bound == u64::MAX { memory.min } else { memory.ceiling() };
        most.min(bound).min(self.source.remaining().max(memory.min)).max(memory.min)
    }

    /// What an import is bound to; notes which place defines it.
    fn bind(
        &self,
        import: &Import<'_>,
        given: Option<Given>,
        imported: &mut [Vec<Place>; 5],
        hosts: &mut Vec<Host>,
    ) -> Result<Option<Extern<'static>>, Error> {
        let kind = kind_of(&import.ty);
        let mut note = |place| imported.get_mut(kind as usize).into_iter().for_each(|list| list.push(place));
        match given {
            None => Ok(None),
            Some(Given::Host(closure)) => {
                note(Place::NOWHERE);
                let host = Host(Box::into_raw(Box::new(closure)));
                // SAFETY: the function lives until the store is dropped, after the handles.
                let function: &'static Closure = unsafe { &*host.0 };
                hosts.push(host);
                Ok(Some(Extern::Host(HostFunc::new(function))))
            }
            Some(Given::Item(item)) => {
                let place = item.place();
                note(place);
                let members = self.members.borrow();
                let member = members.get(place.instance as usize).and_then(Option::as_ref);
                let member = member.ok_or(Reason::UnknownIndex)?;
                let module = module_handle(&member.module);
                let exported = (0..module.export_count()).find(|e| {
                    module.export(*e).is_some_and(|e| e.index == place.index && kind_of(&e.ty) == item.kind())
                });
                match exported {
                    Some(number) => Ok(Some(Extern::Instance(member.instance, number))),
                    None => Err(Reason::UnknownIndex.into()),
                }
            }
        }
    }

    /// The module of an instance.
    #[must_use]
    pub fn module(&self, instance: u32) -> Option<Arc<OwnedModule>> {
        self.members.borrow().get(instance as usize)?.as_ref().map(|m| m.module.clone())
    }

    /// The handle of an instance.
    fn instance(&self, number: u32) -> Result<Instance<'static>, Error> {
        let members = self.members.borrow();
        members
            .get(number as usize)
            .and_then(Option::as_ref)
            .map(|m| m.instance)
            .ok_or_else(|| Reason::UnknownIndex.into())
    }

    /// The number of instances, those that the host's own things are made of included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.borrow().len()
    }

    /// Whether nothing was made yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A hash of an instance's globals, tables and memories; see [`Instance::state_hash`].
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn state_hash(&self, instance: u32) -> Result<u64, Error> {
        Ok(self.instance(instance)?.state_hash())
    }
}

/// The module's handle, for as long as somebody keeps the module: the store does.
fn module_handle(module: &Arc<OwnedModule>) -> Module<'static> {
    let handle = module.module();
    // SAFETY: the handle lies in what the `Arc` owns, and every instance made of it keeps the `Arc` beside it.
    unsafe { core::mem::transmute::<Module<'_>, Module<'static>>(handle) }
}

fn kind_of(ty: &ExternType<'_>) -> ExternKind {
    match ty {
        ExternType::Func(_) => ExternKind::Func,
        ExternType::Table(..) => ExternKind::Table,
        ExternType::Memory(_) => ExternKind::Memory,
        ExternType::Global(..) => ExternKind::Global,
        ExternType::Tag(_) => ExternKind::Tag,
    }
}
