//! Runs a corpus of operations, in lent memory, and writes down everything that can be seen of each.
//!
//! The same code on every target: the host links it for the reference, the device for all others. It
//! knows the corpus's form (`form.rs`) and the engine, not what results should be. `no_std`; corpus
//! and outcomes pass through two functions of the platform's.
#![no_std]

pub mod form;
mod guest;
mod journey;

use crate::form::{Batch, Cursor, FIXED, Flags, Kind, LEGS, MAGIC, Tag, head, place};
use crate::guest::{Host, Links};
use wrt_core::{
    Arena, Backend, Block, Collection, Error, Frame, Func, HostFunc, Instance, InstanceConfig, LoadBudget, Module,
    Outcome, Proposals, RunBudget, Task, Value, backends,
};

/// Frames that may be active at once.
pub const DEPTH: u32 = 300;
/// Bytes of one linear memory's region: three pages.
const MEMORY: usize = 3 << 16;
/// Bytes of the largest chunk.
const CHUNK: usize = 1 << 20;
/// Bytes for the modules of a chunk, loaded or being loaded.
const MODULES: usize = 1 << 20;
/// Bytes for the instances of a chunk.
const INSTANCES: usize = 64 << 10;
/// Bytes of the task's region.
const STACK: usize = 256 << 10;
/// Bytes of the heap of a chunk's group.
const HEAP: usize = 256 << 10;
/// Most parameters and results of a function that is called.
pub const VALUES: usize = 16;

/// Blocks that [`run`] wants to be lent.
pub const BLOCKS: usize = (CHUNK + MODULES + INSTANCES + 4 * MEMORY + STACK + HEAP) / size_of::<Block>();

/// Why a corpus cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Its bytes are not in the form that this runner knows.
    Form,
    /// Too little memory was lent, or a chunk is too large.
    Room,
    /// The engine refuses what the corpus needs.
    Engine(Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Broken::Engine(error)
    }
}

/// The platform: where the corpus comes from, where outcomes go.
pub struct Platform<'p> {
    /// Fills the buffer with the next bytes of the corpus; false when there are not as many.
    pub read: &'p mut dyn FnMut(&mut [u8]) -> bool,
    /// Takes the next bytes of the outcomes.
    pub write: &'p mut dyn FnMut(&[u8]),
}

/// The lent memory, divided.
struct Lent<'l> {
    chunk: &'l mut [Block],
    modules: &'l mut [Block],
    regions: Regions<'l>,
}

/// What each run of a chunk starts anew in.
struct Regions<'l> {
    instances: &'l mut [Block],
    memories: &'l mut [Block],
    stack: &'l mut [Block],
    heap: &'l mut [Block],
}

impl<'l> Lent<'l> {
    fn divide(lent: &'l mut [Block]) -> Option<Lent<'l>> {
        let unit = size_of::<Block>();
        let (chunk, rest) = lent.split_at_mut_checked(CHUNK / unit)?;
        let (modules, rest) = rest.split_at_mut_checked(MODULES / unit)?;
        let (instances, rest) = rest.split_at_mut_checked(INSTANCES / unit)?;
        let (memories, rest) = rest.split_at_mut_checked(4 * MEMORY / unit)?;
        let (stack, rest) = rest.split_at_mut_checked(STACK / unit)?;
        let (heap, _) = rest.split_at_mut_checked(HEAP / unit)?;
        Some(Lent { chunk, modules, regions: Regions { instances, memories, stack, heap } })
    }
}

/// Runs the whole corpus, every chunk in every back end that this build has; or the legs of journeys (`journey.rs`), if
/// it begins with their word.
///
/// # Errors
/// Why the rest cannot be run; what was written before it stands.
pub fn run(platform: &mut Platform<'_>, lent: &mut [Block]) -> Result<(), Broken> {
    let mut lent = Lent::divide(lent).ok_or(Broken::Room)?;
    let mut start = [0; 8];
    if !(platform.read)(&mut start) {
        return Err(Broken::Form);
    }
    let mut start = Cursor::new(&start);
    let magic = start.u32()?;
    let chunks = start.u32()?;
    if magic == LEGS {
        return journey::legs(platform, &mut lent, chunks);
    }
    if magic != MAGIC {
        return Err(Broken::Form);
    }
    let mut out = Out { write: platform.write, chunk: 0, backend: 0, records: 0 };
    let mut about = Words::default();
    about.add(usize::BITS.into());
    about.add(backends().len() as u64);
    out.record(Tag::About, 0, &about);
    for number in 0..chunks {
        let mut length = [0; 4];
        if !(platform.read)(&mut length) {
            return Err(Broken::Form);
        }
        let length = u32::from_le_bytes(length) as usize;
        let body = bytes_of(lent.chunk).get_mut(..length).ok_or(Broken::Room)?;
        if !(platform.read)(body) {
            return Err(Broken::Form);
        }
        out.chunk = number;
        chunk(body, lent.modules, &mut lent.regions, &mut out)?;
    }
    let mut end = Words::default();
    end.add(out.records);
    out.record(Tag::End, 0, &end);
    Ok(())
}

fn bytes_of(blocks: &mut [Block]) -> &mut [u8] {
    // SAFETY: a block is sixteen bytes, every value of which is one.
    unsafe { core::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast(), size_of_val(blocks)) }
}

/// Loads the modules of a chunk and runs its calls in each back end.
fn chunk(body: &[u8], modules: &mut [Block], regions: &mut Regions<'_>, out: &mut Out<'_>) -> Result<(), Broken> {
    out.backend = 0;
    let mut cursor = Cursor::new(body);
    let (library, main) = load(&mut cursor, modules, out)?;
    for (number, backend) in backends().iter().enumerate() {
        out.backend = number as u8;
        in_backend(*backend, library, main, cursor, regions, out)?;
    }
    Ok(())
}

/// A module and the name under which another one imports from it.
type Library<'m> = Option<(&'m str, Module<'m>)>;

/// Loads the modules that the cursor stands at, and writes down what each needs.
fn load<'m>(
    cursor: &mut Cursor<'m>,
    modules: &'m mut [Block],
    out: &mut Out<'_>,
) -> Result<(Library<'m>, Module<'m>), Broken> {
    let budget = LoadBudget { proposals: Proposals(cursor.u32()?), ..LoadBudget::DEFAULT };
    let count = cursor.u32()?;
    let mut arena = Arena::new(modules);
    let mut library = None;
    let mut main = None;
    for index in 0..count {
        let name = cursor.string()?;
        let wasm = cursor.bytes()?;
        let plan = Module::plan(wasm, &budget, &mut arena)?;
        let module = Module::load(&mut arena, wasm, &budget)?;
        let mut words = Words::default();
        words.add(guest::code_digest(module));
        for number in [
            plan.module,
            plan.load_scratch,
            plan.instance,
            plan.table_max,
            plan.stack_min,
            plan.heap_min,
            plan.memory_min,
            plan.memory_max,
        ] {
            words.add(number);
        }
        out.record(Tag::Module, place(index, 0), &words);
        // The last is the one that is called; one before it is imported under its name.
        if index + 1 == count {
            main = Some(module);
        } else if library.replace((name, module)).is_some() {
            return Err(Broken::Form);
        }
    }
    Ok((library, main.ok_or(Broken::Form)?))
}

impl Regions<'_> {
    /// What is not zeroed must not depend on what it held.
    fn dirty(&mut self) {
        for region in [&mut *self.instances, &mut *self.memories, &mut *self.stack, &mut *self.heap] {
            bytes_of(region).fill(guest::FILL);
        }
    }
}

/// Instances of the modules and a task, made in the regions or, where they hold copies of others, of these; `then` gets
/// them.
fn with_world<T>(
    library: Library<'_>,
    main: Module<'_>,
    regions: &mut Regions<'_>,
    copies: bool,
    then: impl FnOnce(&Run<'_, '_>) -> Result<T, Broken>,
) -> Result<T, Broken> {
    let host = Host::default();
    let later = host.later();
    let Regions { instances, memories, stack, heap } = regions;
    let mut arena = Arena::new(instances);
    let mut copy = arena.base();
    let mut regions = memories.chunks_exact_mut(MEMORY / size_of::<Block>()).map(Arena::new);
    let [Some(a), Some(b), Some(c), Some(d)] = core::array::from_fn(|_| regions.next()) else {
        return Err(Broken::Room);
    };
    let (mut first, mut second) = ([a, b], [c, d]);
    // A group's first instance brings its heap.
    let mut heap = Some(Arena::new(heap));
    let mut links = Links { later: HostFunc::new(&later).with_sig("(I)I"), library: None };
    if let Some((name, module)) = library {
        let config =
            InstanceConfig { imports: &links, memories: &mut second, heap: heap.take(), ..InstanceConfig::default() };
        let instance = made(&mut arena, copies.then_some(&mut copy), module, config)?;
        links.library = Some((name, instance));
    }
    let config =
        InstanceConfig { imports: &links, memories: &mut first, heap: heap.take(), ..InstanceConfig::default() };
    let instance = made(&mut arena, copies.then_some(&mut copy), main, config)?;
    let group = [links.library.map(|(_, instance)| instance), Some(instance)];
    let mut stack = Arena::new(stack);
    // SAFETY: the region begins with a copy of a stopped task's bytes.
    let task = if copies { unsafe { Task::relocate(&mut stack, instance)? } } else { Task::new(&mut stack, instance)? };
    then(&Run { task, group, host: &host })
}

/// An instance in the arena or, where there is one, of the copy.
fn made<'i>(
    arena: &mut Arena<'i>,
    copy: Option<&mut *mut u8>,
    module: Module<'i>,
    config: InstanceConfig<'_, 'i>,
) -> Result<Instance<'i>, Error> {
    let Some(copy) = copy else { return Instance::new(arena, module, config) };
    let raw = *copy;
    *copy = raw.wrapping_add(module.instance_size() as usize);
    // SAFETY: the arena's region begins with copies of the bytes of instances of these modules, one behind the other, and
    // nothing is made in the arena.
    unsafe { Instance::relocate(raw, module, config) }
}

fn in_backend(
    backend: Backend,
    library: Library<'_>,
    main: Module<'_>,
    mut cursor: Cursor<'_>,
    regions: &mut Regions<'_>,
    out: &mut Out<'_>,
) -> Result<(), Broken> {
    regions.dirty();
    with_world(library, main, regions, false, |run| {
        let Run { task, .. } = *run;
        let instance = task.instance();
        let mut about = Words::default();
        // Whether the self test lets the fastest back end be used.
        about.add(task.backend() as u64);
        task.set_backend(backend);
        about.add(task.backend() as u64);
        out.record(Tag::Backend, 0, &about);
        for batch in 0..cursor.u32()? {
            let how = Batch::read(&mut cursor)?;
            let func = instance.export_func(how.export, None)?;
            let when = if how.flags.has(Flags::COLLECT) { Collection::Always } else { Collection::Automatic };
            instance.set_collection(when);
            for call in 0..how.calls {
                let mut args = [Value::ZERO; VALUES];
                let args = args.get_mut(..how.args as usize).ok_or(Broken::Form)?;
                for arg in &mut *args {
                    *arg = Value::from_bits(cursor.u64()?);
                }
                run.call(func, args, &how, place(batch, call), out)?;
            }
        }
        let mut words = Words::default();
        run.hashes(&mut words);
        out.record(Tag::State, 0, &words);
        Ok(())
    })
}

/// What calls have in common.
struct Run<'r, 'i> {
    task: Task<'i>,
    group: [Option<Instance<'i>>; 2],
    host: &'r Host,
}

impl Run<'_, '_> {
    /// Calls a function in slices of fuel, to its end, and writes down each stop.
    fn call(&self, func: Func, args: &[Value], how: &Batch<'_>, at: u64, out: &mut Out<'_>) -> Result<(), Broken> {
        self.task.reset();
        self.task.start(func, args)?;
        let fuel = if how.slice == 0 { u64::MAX } else { how.slice.into() };
        while !self.go_on(fuel, how.flags, at, out)? {}
        Ok(())
    }

    /// Runs until it ends or, where `fuel` is spent, stops, and writes that down; true at the end. A host call that
    /// waits is completed.
    fn go_on(&self, fuel: u64, flags: Flags, at: u64, out: &mut Out<'_>) -> Result<bool, Broken> {
        loop {
            let outcome = self.task.run(&RunBudget { max_call_depth: DEPTH, fuel, ..RunBudget::default() });
            let mut words = Words::default();
            let (tag, kind, error) = match outcome {
                Ok(Outcome::Done) => (Tag::Call, Kind::Done, None),
                Ok(Outcome::Fuel) => (Tag::Stop, Kind::Fuel, None),
                Ok(Outcome::Pending) => (Tag::Stop, Kind::Pending, None),
                Ok(Outcome::Interrupted) => (Tag::Stop, Kind::Interrupted, None),
                Err(error) => (Tag::Call, Kind::Trap, Some(error)),
            };
            let usage = self.task.usage();
            let reason = error.map_or(0, |e| e.reason as u64);
            words.add(kind as u64 | reason << 8 | u64::from(usage.call_depth_peak) << 32);
            words.add(error.map_or(0, |e| u64::from(e.func) << 32 | e.offset));
            words.add(usage.fuel_used);
            words.add(usage.stack_peak);
            if flags.has(Flags::FRAMES) {
                words.add(self.frames());
            }
            if flags.has(Flags::STATE) {
                self.hashes(&mut words);
            }
            if kind == Kind::Done {
                let mut results = [Value::ZERO; VALUES];
                let count = self.task.results(&mut results)?;
                for result in results.iter().take(count) {
                    words.add(result.bits());
                    // An operator's vectors are passed in halves.
                    if flags.has(Flags::STATE) {
                        words.add((result.v128() >> 64) as u64);
                    }
                }
            }
            out.record(tag, at, &words);
            match kind {
                Kind::Done | Kind::Trap => return Ok(true),
                Kind::Pending => self.host.complete(self.task)?,
                Kind::Fuel | Kind::Interrupted => return Ok(false),
            }
        }
    }

    /// A digest of all frames.
    fn frames(&self) -> u64 {
        let mut frames = [Frame::default(); DEPTH as usize + 8];
        let count = self.task.backtrace(&mut frames);
        let mut digest = guest::Digest::default();
        for frame in frames.iter().take(count) {
            digest.word(u64::from(frame.instance) << 32 | u64::from(frame.func));
            digest.word(u64::from(frame.func_offset) << 32 ^ frame.module_offset);
        }
        digest.0
    }

    /// Of each instance the hash of its state, in which a group's first has the blocks of the heap; and
    /// what the heap says of itself.
    fn hashes(&self, words: &mut Words) {
        for instance in self.group.iter().flatten() {
            words.add(instance.state_hash());
        }
        if let Some(heap) = self.task.instance().heap_usage() {
            for number in [heap.size, heap.used, heap.peak, heap.collections] {
                words.add(number);
            }
        }
    }
}

/// Most words of a record: what a guest's last one has, each result in two halves.
const WORDS: usize = FIXED + 1 + 2 + 4 + 2 * VALUES;

/// The words of a record.
struct Words {
    words: [u64; WORDS],
    count: usize,
}

impl Default for Words {
    fn default() -> Self {
        Words { words: [0; WORDS], count: 0 }
    }
}

impl Words {
    fn add(&mut self, word: u64) {
        if let Some(place) = self.words.get_mut(self.count) {
            *place = word;
            self.count += 1;
        }
    }
}

/// Where records go.
struct Out<'o> {
    write: &'o mut dyn FnMut(&[u8]),
    chunk: u32,
    backend: u8,
    records: u64,
}

impl Out<'_> {
    /// A record of as many bytes, filled up with zeros, behind their number.
    fn bytes(&mut self, at: u64, bytes: &[u8]) {
        let head = head(bytes.len().div_ceil(8) as u16 + 2, Tag::Bytes, self.backend, self.chunk);
        (self.write)(&head.to_le_bytes());
        (self.write)(&at.to_le_bytes());
        (self.write)(&(bytes.len() as u64).to_le_bytes());
        (self.write)(bytes);
        (self.write)([0; 8].get(..bytes.len().wrapping_neg() & 7).unwrap_or(&[]));
        self.records += 1;
    }

    fn record(&mut self, tag: Tag, at: u64, words: &Words) {
        let head = head(words.count as u16 + 1, tag, self.backend, self.chunk);
        (self.write)(&head.to_le_bytes());
        (self.write)(&at.to_le_bytes());
        for word in words.words.iter().take(words.count) {
            (self.write)(&word.to_le_bytes());
        }
        self.records += 1;
    }
}
