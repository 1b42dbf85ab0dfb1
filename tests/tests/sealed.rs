//! ASIL-4: what a watch seals of instances and modules, byte by byte: which change is a fault, by which mechanism, and
//! which instances are no twins.

use wrt_core::safety::{Fault, Mechanism, Part, Place, Stop, Supervisor, Terms};
use wrt_core::{
    Caller, Completion, Error, Extern, HostFunc, HostResult, Import, Imports, Instance, InstanceConfig, Limits,
    MemoryType, Module, Outcome, PAGE_SIZE, Reason, RunBudget, SharedMemory, Task,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// Calls the host after a few words of code; has names and data of its own.
const GUEST: &str = r#"(module
  (import "h" "f" (func $f))
  (memory 1 2) (global $g (export "unmistakable") (mut i32) (i32.const 0)) (data $d "some data of its own")
  (func (export "run") (global.set $g (i32.const 5)) (call $f)))"#;

/// One slice up to the call of the host; sums of modules come around late.
const TERMS: Terms = Terms { interval: 1 << 20, sum_step: 8, ..Terms::DEFAULT };

fn nothing(_: &mut Caller, _: &mut [wrt_core::Value]) -> HostResult {
    Ok(Completion::Done)
}

/// Every import is this.
struct Only<'p>(Extern<'p>);

impl<'p> Imports<'p> for Only<'p> {
    fn resolve(&self, _: &Import<'_>) -> Option<Extern<'p>> {
        Some(self.0)
    }
}

fn load<'p>(pool: &'p Pool, text: &str, feed: Feed) -> Module<'p> {
    engine::load(pool, pool.keep(encode(text)), &engine::load_budget(), feed).expect("a module")
}

/// A task in an instance of its own, whose memory may have so many pages.
fn task_with<'p>(pool: &'p Pool, module: Module<'p>, import: Extern<'p>, pages: u64) -> Task<'p> {
    let config = InstanceConfig {
        imports: &Only(import),
        memories: &mut [pool.arena(pages * PAGE_SIZE)],
        zeroed: true,
        ..InstanceConfig::default()
    };
    let instance = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
    Task::new(&mut pool.arena(1 << 13), instance).expect("a task")
}

fn task<'p>(pool: &'p Pool, text: &str, feed: Feed) -> Task<'p> {
    task_with(pool, load(pool, text, feed), Extern::Host(HostFunc::new(&nothing)), 2)
}

/// Two of them, each with a copy of the module, watched.
fn twins<'p>(pool: &'p Pool, text: &str, feed: Feed) -> Supervisor<'p> {
    Supervisor::lockstep(task(pool, text, feed), task(pool, text, feed), TERMS).expect("twins")
}

fn start(supervisor: &mut Supervisor<'_>) {
    let run = supervisor.task().instance().export_func("run", None).expect("run");
    supervisor.start(run, &[]).expect("start");
}

/// Mechanism, part, and the task that is damaged or 0 for both.
fn fault<T: core::fmt::Debug>(ended: Result<T, Stop>) -> (Mechanism, Part, u8) {
    match ended {
        Err(Stop::Fault(Fault { by, part, lane, .. })) => (by, part, lane),
        other => panic!("{other:?}"),
    }
}

/// The spans of a place that are there, in the instance of one task.
fn spans<'s>(supervisor: &'s Supervisor<'_>, lane: u8, place: Place) -> impl Iterator<Item = (*mut u8, usize)> + 's {
    let spans = supervisor.spans(lane, 0).expect("the first instance");
    spans.into_iter().filter(move |(p, base, _)| *p == place && !base.is_null()).map(|(_, base, len)| (base, len))
}

/// Turns a bit.
fn turn(base: *mut u8, at: usize, bit: u8) {
    // SAFETY: callers name a byte of a span, which lives, and which nobody reads meanwhile.
    unsafe {
        let byte = base.add(at);
        byte.write_volatile(byte.read_volatile() ^ 1 << bit);
    }
}

/// Turns a bit of the one place where these bytes stand.
fn turn_in(supervisor: &Supervisor<'_>, lane: u8, place: Place, needle: &[u8]) {
    let mut found = 0;
    for (base, len) in spans(supervisor, lane, place) {
        // SAFETY: a span can be read; nobody writes it meanwhile.
        let bytes = unsafe { std::slice::from_raw_parts(base, len) };
        if let Some(at) = bytes.windows(needle.len()).position(|bytes| bytes == needle) {
            found += 1;
            turn(base, at, 2);
        }
    }
    assert_eq!(found, 1, "{needle:?} in {place:?}");
}

/// ASIL-4: before a call of the host the tables of both modules are compared, on either side of the code; without a
/// change they are the same.
#[test]
fn asil_4_a_call_of_the_host_finds_tables_that_differ() {
    for needle in [None, Some(b"unmistakable".as_slice()), Some(b"some data of its own")] {
        let pool = Pool::new();
        let mut twins = twins(&pool, GUEST, Feed::Bytes);
        start(&mut twins);
        if let Some(needle) = needle {
            turn_in(&twins, 2, Place::Tables, needle);
        }
        let ended = twins.run(&RunBudget::default());
        match needle {
            None => assert_eq!(ended, Ok(Outcome::Done)),
            Some(_) => assert_eq!(fault(ended), (Mechanism::Redundancy, Part::Module, 0), "{needle:?}"),
        }
    }
}

/// ASIL-4: modules of which nothing follows the code are compared, too.
#[test]
fn asil_4_modules_may_end_with_their_code() {
    let mut bare = 0;
    for words in 0..8 {
        let sets = "(global.set $g (i32.add (global.get $g) (i32.const 70000)))".repeat(words);
        let text = format!(
            r#"(module (import "h" "f" (func $f)) (global $g (mut i32) (i32.const 0))
                 (func (export "run") {sets} (call $f)))"#
        );
        for feed in Feed::ALL {
            let pool = Pool::new();
            let mut twins = twins(&pool, &text, feed);
            bare += usize::from(spans(&twins, 1, Place::Tables).any(|(_, len)| len == 0));
            start(&mut twins);
            assert_eq!(twins.run(&RunBudget::default()), Ok(Outcome::Done), "{words}, {feed:?}");
            assert_eq!(twins.verify(), Ok(()), "{words}, {feed:?}");
        }
    }
    assert!(bare > 0, "something follows the code of each");
}

/// ASIL-4: a length of a memory that is another in one of two instances is a difference of their states.
#[test]
fn asil_4_lengths_of_memories_are_compared() {
    let pool = Pool::new();
    let mut twins = twins(&pool, GUEST, Feed::Bytes);
    let (base, len) = spans(&twins, 2, Place::Bindings).next().expect("bindings");
    // SAFETY: the span can be read.
    let bytes = unsafe { std::slice::from_raw_parts(base, len) };
    let length = PAGE_SIZE.to_le_bytes();
    let at = bytes.windows(8).position(|bytes| bytes == length).expect("the length of the memory");
    assert_eq!(twins.verify(), Ok(()));
    // Two pages in the place of one, and back.
    turn(base, at + 2, 0);
    turn(base, at + 2, 1);
    assert_eq!(fault(twins.verify()), (Mechanism::Redundancy, Part::State, 0));
}

/// ASIL-4: of a header each byte is either fixed, and then damage is found in the one instance; or it is state, and
/// then the two differ; or it is an address that each has for itself.
#[test]
fn asil_4_every_byte_of_a_header_is_accounted_for() {
    let (mut fixed, mut state, mut own) = (0, 0, 0);
    let mut size = 1;
    let mut at = 0;
    while at < size {
        let pool = Pool::new();
        let mut twins = twins(&pool, GUEST, Feed::Bytes);
        let (base, len) = spans(&twins, 2, Place::Instance).next().expect("a header");
        size = len;
        turn(base, at, 3);
        let ended = twins.verify();
        turn(base, at, 3);
        match ended {
            Ok(()) => own += 1,
            ended => match fault(ended) {
                (Mechanism::Checksums, Part::Instance, 2) => fixed += 1,
                (Mechanism::Redundancy, Part::State, 0) => state += 1,
                other => panic!("{other:?} at byte {at}"),
            },
        }
        at += 1;
    }
    // The list of tasks is an address; flags, the next number of a type and what is left over are of four bytes each.
    assert_eq!((own, state, fixed), (8, 12, size - 20));
}

/// ASIL-4: immutable globals are sealed, of one cell or of two; others are not.
#[test]
fn asil_4_immutable_globals_are_sealed() {
    let text = r#"(module (global i32 (i32.const 7)) (global v128 (v128.const i64x2 1 2))
      (global (mut i32) (i32.const 3)) (func (export "run")))"#;
    let found: Vec<bool> = (0..4)
        .map(|cell| {
            let pool = Pool::new();
            let mut alone = Supervisor::alone(task(&pool, text, Feed::Bytes), TERMS).expect("one task");
            assert_eq!(alone.verify(), Ok(()));
            let (base, len) = spans(&alone, 1, Place::Globals).next().expect("globals");
            assert_eq!(len, 4 * 8);
            turn(base, cell * 8, 0);
            match alone.verify() {
                Ok(()) => false,
                ended => {
                    assert_eq!(fault(ended), (Mechanism::Checksums, Part::Instance, 1), "{cell}");
                    true
                }
            }
        })
        .collect();
    assert_eq!(found, [true, true, true, false]);
}

/// ASIL-4: what passive segments borrow is sealed with the module, from the first of them to the last.
#[test]
fn asil_4_borrowed_data_are_sealed() {
    let text = r#"(module (memory 1) (data "abc") (data (i32.const 0) "x") (data "") (data "def")
      (func (export "run") (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 3))))"#;
    let wasm = encode(text);
    for needle in [None, Some(b"abc"), Some(b"def")] {
        let pool = Pool::new();
        let lent = pool.arena(wasm.len() as u64);
        let base = lent.base();
        // SAFETY: the pool keeps the region, which has so many bytes and is used by nobody else.
        let bytes = unsafe {
            base.copy_from(wasm.as_ptr(), wasm.len());
            std::slice::from_raw_parts(base, wasm.len())
        };
        let module = engine::load(&pool, bytes, &engine::load_budget(), Feed::Whole).expect("a module");
        let task = task_with(&pool, module, Extern::Host(HostFunc::new(&nothing)), 1);
        let mut alone = Supervisor::alone(task, TERMS).expect("one task");
        start(&mut alone);
        assert_eq!(alone.run(&RunBudget::default()), Ok(Outcome::Done));
        let mut read = [0; 3];
        alone.task().instance().memory_read(0, 0, &mut read).expect("in bounds");
        assert_eq!(&read, b"abc");
        assert_eq!(alone.verify(), Ok(()));
        if let Some(needle) = needle {
            let at = wasm.windows(3).position(|bytes| bytes == needle).expect("a segment");
            turn(base, at + 1, 0);
            assert_eq!(fault(alone.verify()), (Mechanism::Checksums, Part::Module, 1), "{needle:?}");
        }
    }
}

/// ASIL-4: instances whose memory others may write are not watched, be it their own or one that they import.
#[test]
fn asil_4_shared_memories_are_not_watched() {
    let pool = Pool::new();
    let refused = |task| Supervisor::alone(task, TERMS).map(|_| ());
    let not_watchable = Err(Error::new(Reason::NotWatchable));
    let nobody = Extern::Host(HostFunc::new(&nothing));
    let own = load(&pool, r#"(module (memory 1 1 shared) (func (export "run")))"#, Feed::Bytes);
    assert_eq!(refused(task_with(&pool, own, nobody, 1)), not_watchable);
    let ty = MemoryType { shared: true, ..MemoryType::new(Limits { min: 1, max: 1 }) };
    let (mut header, mut region) = (pool.arena(SharedMemory::BYTES as u64), pool.arena(PAGE_SIZE));
    let lent = SharedMemory::new(&mut header, &mut region, ty, false, None).expect("a memory");
    let importing = r#"(module (import "h" "m" (memory 1 1 shared)) (func (export "run")))"#;
    let importing = load(&pool, importing, Feed::Bytes);
    assert_eq!(refused(task_with(&pool, importing, Extern::SharedMemory(lent), 1)), not_watchable);
    let plain = load(&pool, r#"(module (memory 1 1) (func (export "run")))"#, Feed::Bytes);
    assert_eq!(refused(task_with(&pool, plain, nobody, 1)), Ok(()));
}

/// ASIL-4: memories without a byte are watched, alone and by twins.
#[test]
fn asil_4_memories_may_be_empty() {
    let text = r#"(module (import "h" "f" (func $f)) (memory 0 1) (func (export "run") (call $f)))"#;
    let pool = Pool::new();
    let alone = Supervisor::alone(task(&pool, text, Feed::Bytes), TERMS).expect("one task");
    for mut supervisor in [alone, twins(&pool, text, Feed::Bytes)] {
        start(&mut supervisor);
        assert_eq!(supervisor.run(&RunBudget::default()), Ok(Outcome::Done));
        assert_eq!(supervisor.verify(), Ok(()));
        assert_eq!(spans(&supervisor, 1, Place::Memory).map(|(_, len)| len).sum::<usize>(), 0);
    }
}

/// ASIL-4: two tasks of one instance, and instances whose memories may grow to different sizes, are no twins.
#[test]
fn asil_4_twins_have_instances_of_their_own_and_alike() {
    let pool = Pool::new();
    let host = Extern::Host(HostFunc::new(&nothing));
    let first = task(&pool, GUEST, Feed::Bytes);
    let second = Task::new(&mut pool.arena(1 << 14), first.instance()).expect("a task");
    let found = fault(Supervisor::lockstep(first, second, TERMS).map(|_| ()));
    assert_eq!(found, (Mechanism::Redundancy, Part::Instance, 0));
    let [one, two, also_two] = [1, 2, 2].map(|pages| task_with(&pool, load(&pool, GUEST, Feed::Bytes), host, pages));
    let found = fault(Supervisor::lockstep(one, two, TERMS).map(|_| ()));
    assert_eq!(found, (Mechanism::Redundancy, Part::Instance, 0));
    assert!(Supervisor::lockstep(also_two, task(&pool, GUEST, Feed::Bytes), TERMS).is_ok());
}

/// ASIL-4: twins whose imports lead to one function with different user data are told apart at the call.
#[test]
fn asil_4_twins_share_the_host_s_data() {
    // Two values of one closure.
    let add = |n: u64| {
        move |_: &mut Caller, slots: &mut [wrt_core::Value]| -> HostResult {
            assert!(slots.is_empty() && n < 3);
            Ok(Completion::Done)
        }
    };
    let (one, two) = (add(1), add(2));
    let pool = Pool::new();
    let made = |import| task_with(&pool, load(&pool, GUEST, Feed::Bytes), import, 2);
    let host = |data| Extern::Host(HostFunc::new(data));
    for (second, same) in [(&one, true), (&two, false)] {
        let mut twins = Supervisor::lockstep(made(host(&one)), made(host(second)), TERMS).expect("the same so far");
        start(&mut twins);
        let ended = twins.run(&RunBudget::default());
        if same {
            assert_eq!(ended, Ok(Outcome::Done));
        } else {
            assert_eq!(fault(ended), (Mechanism::Redundancy, Part::HostCall, 0));
        }
    }
}
