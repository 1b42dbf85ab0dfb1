//! A guest run under a schedule of grants, and everything that can be seen at its end.
//!
//! Owns the regions, which are used again and dirtied before each run, so that nothing depends on
//! memory that happens to be zero. Knows the guests, not what they should compute: ends are only
//! ever compared with each other.

use crate::counted;
use crate::guests::{Encoded, Host, Lender, Loaded};
use crate::region::Region;
use std::cell::RefCell;
use wrt_core::{
    Arena, Backend, Caller, Completion, Error, Frame, Func, HostResult, Instance, NO_FUNC, Outcome, PAGE_SIZE, Reason,
    RunBudget, Task, Value,
};

/// Frames that a guest may have at once: enough for all but the one that recurses without end.
pub const DEPTH: u32 = 300;
/// Bytes of a task's region.
const STACK: usize = 256 << 10;
/// Bytes of the heap.
const HEAP: usize = 256 << 10;
/// Runs that a schedule may take.
const RUNS: usize = 1_000_000;

/// Everything that can be seen when a guest has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Bits of the results, or the trap.
    pub result: Result<Vec<u64>, Error>,
    /// Backtrace of the trap.
    pub backtrace: Vec<Frame>,
    /// Operators charged.
    pub fuel: u64,
    /// Most frames at once.
    pub depth: u32,
    /// Most bytes of the task's region at once.
    pub stack: u64,
    /// State hashes of the instances.
    pub hashes: Vec<u64>,
    /// Sum of the instances' own counters, where they have them.
    pub counted: Option<u64>,
}

/// What a driver is told at each stop.
pub struct Stop<'a> {
    /// The stopped task.
    pub task: Task<'a>,
    /// Why it stopped: `Fuel` or `Interrupted`.
    pub outcome: Outcome,
    /// What the run was granted, and what the task had used before it.
    pub grant: (u64, u64),
}

/// Regions for one guest at a time.
pub struct Rig {
    instances: Vec<RefCell<Region>>,
    memories: Vec<Vec<RefCell<Region>>>,
    heap: RefCell<Region>,
    stack: RefCell<Region>,
}

impl Rig {
    /// Regions for two instances with two memories each.
    #[must_use]
    pub fn new() -> Rig {
        let memory = || RefCell::new(Region::new(3 * PAGE_SIZE as usize));
        Rig {
            instances: (0..2).map(|_| RefCell::new(Region::new(16 << 10))).collect(),
            memories: (0..2).map(|_| vec![memory(), memory()]).collect(),
            heap: RefCell::new(Region::new(HEAP)),
            stack: RefCell::new(Region::new(STACK)),
        }
    }

    /// The bytes lent for linear memories.
    #[must_use]
    pub fn memories(&self) -> Vec<Vec<u8>> {
        self.memories.iter().flatten().map(|region| region.borrow().bytes().to_vec()).collect()
    }

    /// Every region, in a fixed order.
    fn regions(&self) -> impl Iterator<Item = &RefCell<Region>> {
        self.instances.iter().chain(self.memories.iter().flatten()).chain([&self.heap, &self.stack])
    }

    /// A copy of every lent byte.
    fn bytes(&self) -> Vec<Vec<u8>> {
        self.regions().map(|region| region.borrow().bytes().to_vec()).collect()
    }

    /// Overwrites every lent byte with the copies.
    fn put_back(&self, bytes: &[Vec<u8>]) {
        for (region, bytes) in self.regions().zip(bytes) {
            region.borrow_mut().put(bytes);
        }
    }
}

impl Rig {
    /// The same with so many bytes for the task.
    #[must_use]
    pub fn with_stack(bytes: usize) -> Rig {
        Rig { stack: RefCell::new(Region::new(bytes)), ..Rig::new() }
    }

    /// Copies every byte of instances, memories and heap from `from`, and the first `stack` bytes of the task.
    fn take_over(&self, from: &Rig, stack: usize) {
        for (to, from) in self.regions().zip(from.regions()) {
            if !std::ptr::eq(to, &self.stack) {
                to.borrow_mut().put(from.borrow().bytes());
            }
        }
        let mut to = self.stack.borrow_mut();
        to.fill(0xcc);
        to.put(from.stack.borrow().bytes().get(..stack).expect("the task's bytes"));
    }
}

impl Default for Rig {
    fn default() -> Self {
        Self::new()
    }
}

/// A run's use of a rig, of which every byte is dirtied first unless it holds copies to go on from. Making one ends the
/// use by any run before.
struct Use<'r> {
    rig: &'r Rig,
    holds_copies: bool,
}

impl Use<'_> {
    fn of<'p>(&self, region: &RefCell<Region>, bytes: Option<u64>) -> Arena<'p> {
        let mut region = region.borrow_mut();
        if !self.holds_copies {
            region.fill(0xcc);
        }
        // SAFETY: who makes a use drops every handle before it returns, and the rig outlives it.
        unsafe { bytes.map_or_else(|| region.arena(), |bytes| region.arena_of(bytes as usize)) }
    }
}

impl<'p> Lender<'p> for Use<'_> {
    fn instance(&self, k: usize, bytes: u64) -> Arena<'p> {
        self.of(self.rig.instances.get(k).expect("two instances"), Some(bytes))
    }
    fn memories(&self, k: usize) -> Vec<Arena<'p>> {
        self.rig.memories.get(k).expect("two instances").iter().map(|region| self.of(region, None)).collect()
    }
    fn heap(&self) -> Arena<'p> {
        self.of(&self.rig.heap, None)
    }
    fn zeroed(&self) -> bool {
        false
    }
}

/// Runs a guest. `grants` says, from the fuel used so far, what the next run may spend; `at_stop`
/// sees each stop and may change the task's back end or interrupt it.
///
/// # Panics
/// When the engine refuses what a guest must be able to do, or the schedule does not end.
pub fn run(
    rig: &Rig,
    guest: &Loaded<'_>,
    backend: Backend,
    grants: impl FnMut(u64) -> u64,
    at_stop: impl FnMut(&Stop<'_>),
) -> End {
    run_prepared(rig, guest, |task, _| task.set_backend(backend), grants, at_stop)
}

/// The same; `prepare` sees the task, which has not run yet, and the instance whose `run` it calls. A call
/// that an interceptor delays is let go at once.
///
/// # Panics
/// As [`run`].
pub fn run_prepared(
    rig: &Rig,
    guest: &Loaded<'_>,
    prepare: impl FnOnce(Task<'_>, Instance<'_>),
    grants: impl FnMut(u64) -> u64,
    at_stop: impl FnMut(&Stop<'_>),
) -> End {
    with_started(rig, guest, prepare, |started| started.finish(grants, at_stop))
}

/// Runs a guest until it has spent `fuel`, keeps a copy of every lent byte, and runs on to the end; then puts
/// the bytes back and runs to the end again. `None` where the guest ends before.
///
/// # Panics
/// As [`run`].
pub fn run_twice(
    rig: &Rig,
    guest: &Loaded<'_>,
    prepare: impl FnOnce(Task<'_>, Instance<'_>),
    fuel: u64,
) -> Option<[End; 2]> {
    with_started(rig, guest, prepare, |started| {
        let mut bytes = None;
        let grants = |used: u64| if used < fuel { fuel - used } else { u64::MAX };
        let first = started.finish(grants, |stop| {
            if stop.task.usage().fuel_used >= fuel && bytes.is_none() {
                bytes = Some(rig.bytes());
            }
        });
        let bytes = bytes?;
        rig.put_back(&bytes);
        let second = started.finish(|_| u64::MAX, |stop| panic!("stopped without a bound: {:?}", stop.outcome));
        Some([first, second])
    })
}

/// Runs a guest until it has spent `fuel`, copies what it then uses into `other`'s regions, and runs on to the end; then
/// goes on from the copies, and only them, in `other`. `None` where the guest ends before.
///
/// # Panics
/// As [`run`].
pub fn run_moved(
    rig: &Rig,
    other: &Rig,
    guest: &Loaded<'_>,
    prepare: impl FnOnce(Task<'_>, Instance<'_>),
    fuel: u64,
) -> Option<[End; 2]> {
    let mut moved = None;
    let first = with_started(rig, guest, prepare, |started| {
        let grants = |used: u64| if used < fuel { fuel - used } else { u64::MAX };
        started.finish(grants, |stop| {
            if stop.task.usage().fuel_used >= fuel && moved.is_none() {
                other.take_over(rig, stop.task.usage().stack_peak as usize);
                moved = Some(stop.task.backend());
            }
        })
    });
    let backend = moved?;
    for region in rig.regions() {
        region.borrow_mut().fill(0xcc);
    }
    let second = with_made(&Use { rig: other, holds_copies: true }, guest, |started| {
        started.task.set_backend(backend);
        started.finish(|_| u64::MAX, |stop| panic!("stopped without a bound: {:?}", stop.outcome))
    });
    Some([first, second])
}

/// A guest whose call of `run` was started.
struct Started<'a> {
    host: &'a Host,
    instances: &'a [Instance<'a>],
    task: Task<'a>,
    func: Func,
}

/// Makes instances and a task in the rig's regions and hands them on.
fn with_started<T>(
    rig: &Rig,
    guest: &Loaded<'_>,
    prepare: impl FnOnce(Task<'_>, Instance<'_>),
    then: impl FnOnce(&Started<'_>) -> T,
) -> T {
    with_made(&Use { rig, holds_copies: false }, guest, |started| {
        prepare(started.task, *started.instances.last().expect("an instance"));
        started.task.start(started.func, &[guest.arg]).expect("the call of run");
        then(started)
    })
}

/// Makes instances and a task of the copies that the rig's regions hold, if they hold any, and hands them on.
fn with_made<T>(on: &Use<'_>, guest: &Loaded<'_>, then: impl FnOnce(&Started<'_>) -> T) -> T {
    let host = Host::default();
    let later = |_: &mut Caller, slots: &mut [Value]| -> HostResult {
        host.asked.set(slots.first().expect("a parameter").i64());
        Ok(Completion::Pending)
    };
    // The handles made here share the lifetime of the loaded modules; none leaves this function.
    let later = &raw const later;
    // SAFETY: the closure outlives every use: instances are dead when this function returns.
    let later = unsafe { &*later };
    let instances = guest.instantiate_by(on, later, |arena, module, config| match on.holds_copies {
        // SAFETY: the arena begins with a copy of a stopped guest's bytes.
        true => unsafe { Instance::relocate(arena.base(), module, config) },
        false => Instance::new(arena, module, config),
    });
    let instances = instances.unwrap_or_else(|e| panic!("instantiate: {e:?}"));
    let main = *instances.last().expect("an instance");
    let mut stack = on.of(&on.rig.stack, None);
    // SAFETY: as above.
    let task = if on.holds_copies { unsafe { Task::relocate(&mut stack, main) } } else { Task::new(&mut stack, main) };
    let task = task.expect("a task");
    let func = main.export_func("run", None).expect("run");
    then(&Started { host: &host, instances: &instances, task, func })
}

impl Started<'_> {
    /// Runs to the end.
    fn finish(&self, mut grants: impl FnMut(u64) -> u64, mut at_stop: impl FnMut(&Stop<'_>)) -> End {
        let Started { host, instances, task, func } = *self;
        let main = *instances.last().expect("an instance");
        let mut runs = 0;
        let result = loop {
            runs += 1;
            assert!(runs < RUNS, "the schedule does not end: {:?}", task.usage());
            let used = task.usage().fuel_used;
            let fuel = grants(used);
            match task.run(&RunBudget { fuel, max_call_depth: DEPTH, ..RunBudget::default() }) {
                Ok(Outcome::Done) => {
                    let count = main.func_type(func).expect("its type").results.len();
                    let mut values = vec![Value::default(); count];
                    assert_eq!(task.results(&mut values), Ok(count));
                    break Ok(values.iter().map(|v| v.bits()).collect());
                }
                Ok(Outcome::Pending) => {
                    let call = task.pending().expect("a pending call can be asked for");
                    if call.delayed {
                        task.proceed().expect("a delayed call can go on");
                    } else {
                        host.complete(task);
                    }
                }
                Ok(outcome) => at_stop(&Stop { task, outcome, grant: (fuel, used) }),
                Err(e) => break Err(e),
            }
        };
        let usage = task.usage();
        let mut frames = [Frame::default(); DEPTH as usize + 8];
        let mut backtrace = Vec::new();
        if result.is_err() {
            let count = task.backtrace(&mut frames);
            backtrace.extend(frames.into_iter().take(count));
        }
        End {
            result,
            backtrace,
            fuel: usage.fuel_used,
            depth: usage.call_depth_peak,
            stack: usage.stack_peak,
            hashes: instances.iter().map(|i| i.state_hash()).collect(),
            counted: counters(instances),
        }
    }
}

fn counters(instances: &[Instance<'_>]) -> Option<u64> {
    instances
        .iter()
        .map(|i| {
            let index = i.export_global(counted::COUNTER).ok()?;
            Some(i.global_get(index).ok()?.0.bits())
        })
        .sum()
}

/// Runs a guest in one go.
#[must_use]
pub fn run_whole(rig: &Rig, guest: &Loaded<'_>, backend: Backend) -> End {
    run(rig, guest, backend, |_| u64::MAX, |stop| panic!("stopped without a bound: {:?}", stop.outcome))
}

/// The name of the operator that stands at an offset of a module, as `wasmparser` has it.
#[must_use]
pub fn operator_at(wasm: &[u8], offset: u64) -> Option<String> {
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        let Ok(wasmparser::Payload::CodeSectionEntry(body)) = payload else { continue };
        for item in body.get_operators_reader().ok()?.into_iter_with_offsets() {
            let (op, at) = item.ok()?;
            if at == offset {
                return Some(format!("{op:?}").split([' ', '{']).next().unwrap_or("").to_string());
            }
        }
    }
    None
}

/// Operators of the longest body of the guest, and whether any of them costs more for more data.
#[must_use]
pub fn longest_body(guest: &Encoded) -> (u64, bool) {
    let mut longest = 0;
    let mut bulk = false;
    for wasm in guest.library.iter().map(|(_, w)| w).chain([&guest.main]) {
        for payload in wasmparser::Parser::new(0).parse_all(wasm) {
            let Ok(wasmparser::Payload::CodeSectionEntry(body)) = payload else { continue };
            let mut count = 0;
            for op in body.get_operators_reader().into_iter().flatten().flatten() {
                count += 1;
                let name = format!("{op:?}");
                let many = ["Fill", "Copy", "Init", "Grow"];
                bulk |= name.starts_with("ArrayNew");
                bulk |= ["Memory", "Table", "Array"].iter().any(|p| name.starts_with(p))
                    && many.iter().any(|m| name.contains(m));
            }
            longest = longest.max(count);
        }
    }
    (longest, bulk)
}

/// A trap without its offset in one module's bytes: what a rewritten module shares with the plain.
///
/// # Errors
/// The trap's reason, and whether it names a function.
pub fn reason(end: &End) -> Result<Vec<u64>, (Reason, bool)> {
    end.result.clone().map_err(|e| (e.reason, e.func != NO_FUNC))
}
