//! The state of an instance, and of a call that is stopped, as bytes: to go on later, elsewhere, or twice.
//!
//! Owns the form of those bytes. What is in them is the engine's own ([`wrt_core::Instance::snapshot`],
//! [`wrt_core::Task::snapshot`]).

use super::{Given, Parts, Store, TaskId};
use crate::owned::OwnedModule;
use std::sync::Arc;
use wrt_core::{Error, Import, Instance, InstanceConfig, Module, Reason, Task};

const MAGIC: &[u8; 8] = b"wrtsnap1";

/// A linear memory: how far it may grow, how long it is, and its bytes up to the last that is not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Memory {
    ceiling: u64,
    len: u64,
    bytes: Vec<u8>,
}

/// The state of an instance that is linked to no other, and of one of its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Says which module it is of: a hash of its bytes.
    module: u64,
    instance: Vec<u8>,
    task: Vec<u8>,
    memories: Vec<Memory>,
    heap: Vec<u8>,
    heap_bytes: u64,
}

/// FNV-1a, so that damage and mistakes are found. No protection against who means harm.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// The bytes from `base` on, up to the last of `len` that is not zero.
///
/// # Safety
/// `len` bytes can be read there, and nobody writes to them.
unsafe fn used(base: *const u8, len: u64) -> Vec<u8> {
    // SAFETY: as the caller vouches.
    let all = unsafe { core::slice::from_raw_parts(base, len as usize) };
    let zero = [0; 4096];
    // Whole pages first: most of a heap was never used.
    let pages = all.chunks(4096).rposition(|page| Some(page) != zero.get(..page.len())).map_or(0, |last| last + 1);
    let near = all.get(..pages.saturating_mul(4096).min(all.len())).unwrap_or(all);
    let end = near.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    near.get(..end).unwrap_or(near).to_vec()
}

/// Reads what [`Snapshot::to_bytes`] wrote.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(n).ok()?)?;
        self.0 = rest;
        Some(taken)
    }
    fn number(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }
    fn bytes(&mut self) -> Option<Vec<u8>> {
        let n = self.number()?;
        self.take(n).map(<[u8]>::to_vec)
    }
    fn snapshot(&mut self) -> Option<Snapshot> {
        let module = self.number()?;
        let (instance, task) = (self.bytes()?, self.bytes()?);
        let count = self.number()?;
        let memory = |r: &mut Self| Some(Memory { ceiling: r.number()?, len: r.number()?, bytes: r.bytes()? });
        let memories = (0..count).map_while(|_| memory(self)).collect::<Vec<_>>();
        let (heap_bytes, heap) = (self.number()?, self.bytes()?);
        (memories.len() as u64 == count).then_some(Snapshot { module, instance, task, memories, heap, heap_bytes })
    }
}

impl Snapshot {
    /// The snapshot as bytes, for a file or another process. They are to be trusted as the program itself is: read back,
    /// values of stopped calls are taken as they are.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        let number = |out: &mut Vec<u8>, n: u64| out.extend_from_slice(&n.to_le_bytes());
        let bytes = |out: &mut Vec<u8>, b: &[u8]| {
            number(out, b.len() as u64);
            out.extend_from_slice(b);
        };
        number(&mut out, self.module);
        bytes(&mut out, &self.instance);
        bytes(&mut out, &self.task);
        number(&mut out, self.memories.len() as u64);
        for memory in &self.memories {
            number(&mut out, memory.ceiling);
            number(&mut out, memory.len);
            bytes(&mut out, &memory.bytes);
        }
        number(&mut out, self.heap_bytes);
        bytes(&mut out, &self.heap);
        let sum = sum(&out);
        number(&mut out, sum);
        out
    }

    /// A snapshot of bytes that [`Snapshot::to_bytes`] gave.
    ///
    /// # Errors
    /// [`Reason::ImageMagic`] for bytes that are none; [`Reason::ImageChecksum`] for damaged ones.
    pub fn from_bytes(bytes: &[u8]) -> Result<Snapshot, Error> {
        let Some((body, end)) = bytes.split_last_chunk::<8>().filter(|(body, _)| body.starts_with(MAGIC)) else {
            return Err(Reason::ImageMagic.into());
        };
        if sum(body) != u64::from_le_bytes(*end) {
            return Err(Reason::ImageChecksum.into());
        }
        let mut reader = Reader(body.get(MAGIC.len()..).unwrap_or(&[]));
        let read = reader.snapshot().filter(|s| reader.0.is_empty() && s.is_sane());
        read.ok_or_else(|| Reason::ImageDamaged.into())
    }

    fn is_sane(&self) -> bool {
        self.memories.iter().all(|m| m.bytes.len() as u64 <= m.len && m.len <= m.ceiling)
            && self.heap.len() as u64 <= self.heap_bytes
    }

    /// Whether a call was stopped when it was taken.
    #[must_use]
    pub fn has_task(&self) -> bool {
        !self.task.is_empty()
    }

    /// Bytes that memory `k` of the module's own is to be reserved.
    pub(super) fn ceiling(&self, k: usize) -> u64 {
        self.memories.get(k).map_or(0, |m| m.ceiling)
    }

    /// Bytes of the heap's region.
    pub(super) fn heap_bytes(&self) -> u64 {
        self.heap_bytes
    }

    /// Makes the instance of its bytes, in fresh regions.
    pub(super) fn place(
        &self,
        parts: &Parts,
        module: Module<'static>,
        config: InstanceConfig<'_, 'static>,
    ) -> Result<Instance<'static>, Error> {
        let copy = |region: &super::Region, bytes: &[u8]| {
            if bytes.len() as u64 > region.len() {
                return Err(Error::new(Reason::BadHandle));
            }
            // SAFETY: the region has that many bytes, and nothing was made in it.
            unsafe { region.base().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) }
            Ok(())
        };
        if self.instance.len() as u64 != module.instance_size() || self.memories.len() != parts.memories.len() {
            return Err(Reason::BadHandle.into());
        }
        copy(&parts.own, &self.instance)?;
        for (region, memory) in parts.memories.iter().zip(&self.memories) {
            copy(region, &memory.bytes)?;
            if !config.zeroed {
                let rest = memory.len as usize - memory.bytes.len();
                // SAFETY: the region is `ceiling` bytes at least, and `len` is no more.
                unsafe { region.base().add(memory.bytes.len()).write_bytes(0, rest) }
            }
        }
        if let Some(heap) = &parts.heap {
            copy(heap, &self.heap)?;
            if !config.zeroed {
                // SAFETY: what was copied is no more than the region.
                unsafe { heap.base().add(self.heap.len()).write_bytes(0, heap.len() as usize - self.heap.len()) }
            }
        }
        // SAFETY: the region has the bytes of an instance, which nobody else uses.
        unsafe { Instance::relocate(parts.own.base(), module, config) }
    }
}

impl Store {
    /// The state of an instance and, where one is named, of a task of it that is stopped.
    ///
    /// # Errors
    /// [`Reason::ForeignGroup`] where the store has other instances, or things of the host's own;
    /// [`Reason::AlreadyRunning`] for a task below a host call.
    pub fn snapshot(&self, instance: u32, task: Option<TaskId>) -> Result<Snapshot, Error> {
        if self.len() != 1 {
            return Err(Reason::ForeignGroup.into());
        }
        let handle = self.instance(instance)?;
        let module = self.module(instance).ok_or(Reason::UnknownIndex)?;
        let mut own = vec![0; module.module().instance_size() as usize];
        handle.snapshot(&mut own)?;
        let mut stopped = Vec::new();
        if let Some(task) = task {
            let task = self.handle(task)?;
            stopped = vec![0; task.usage().stack_peak as usize];
            task.snapshot(&mut stopped)?;
        }
        let mut memories = Vec::new();
        for k in 0..module.module().own_memories().count() {
            let view = handle.memory(k as u32)?;
            // SAFETY: the memory is there as long as the store, and no guest runs meanwhile on this thread.
            let bytes = unsafe { used(view.base, view.len) };
            memories.push(Memory { ceiling: view.ceiling, len: view.len, bytes });
        }
        let (heap_bytes, heap) = match &*self.heap.borrow() {
            // SAFETY: as above.
            Some(region) => (region.len(), unsafe { used(region.base(), region.len()) }),
            None => (0, Vec::new()),
        };
        Ok(Snapshot { module: sum(module.wasm()), instance: own, task: stopped, memories, heap, heap_bytes })
    }

    /// Makes an instance that goes on where the snapshot was taken, as the first of this store, and the task that was
    /// stopped, if one was. The module is one of the same bytes; imports are resolved anew.
    ///
    /// # Errors
    /// [`Reason::ForeignGroup`] for a store that has instances already; [`Reason::BadHandle`] for a snapshot of another
    /// module; those of [`wrt_core::Instance::relocate`] and [`Task::relocate`].
    pub fn restore(
        &self,
        module: &Arc<OwnedModule>,
        snapshot: &Snapshot,
        mut resolve: impl FnMut(&Import<'_>) -> Option<Given>,
    ) -> Result<(u32, Option<TaskId>), Error> {
        if !self.is_empty() {
            return Err(Reason::ForeignGroup.into());
        }
        if snapshot.module != sum(module.wasm()) {
            return Err(Reason::BadHandle.into());
        }
        let instance = self.place(module, &mut resolve, Some(snapshot))?;
        if !snapshot.has_task() {
            return Ok((instance, None));
        }
        let bytes = snapshot.task.len() as u64;
        let region = self.source.reserve(self.settings.stack_bytes.max(bytes))?;
        // SAFETY: the region has that many bytes, and nothing was made in it.
        unsafe { region.base().copy_from_nonoverlapping(snapshot.task.as_ptr(), snapshot.task.len()) }
        let home = self.instance(instance)?;
        // SAFETY: the region starts with a task's bytes, and goes with the task.
        let task = unsafe { Task::relocate(&mut region.lend()?, home)? };
        Ok((instance, Some(self.adopt(task, instance, region))))
    }
}
