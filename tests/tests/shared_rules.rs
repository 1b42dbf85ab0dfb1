//! Shared memories, who waits at them, and instances that are copied elsewhere: through the embedder's side of each.
//!
//! Expectations follow from the programs and from what was written before.

use core::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};
use wrt_core::{
    Extern, Instance, InstanceConfig, Limits, MemoryType, Module, PAGE_SIZE, Reason, SharedMemory, Value, Wait,
    WaitRequest, Waited, Waiter, backends,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;
use wrt_tests::region::Region;

/// Waits at its place for what the place may hold, and wakes who waits there.
const GUEST: &str = r#"(module
  (import "env" "memory" (memory 1 4 shared))
  (func (export "wait") (param $expected i32) (param $timeout i64) (result i32)
    (memory.atomic.wait32 (i32.const 128) (local.get $expected) (local.get $timeout)))
  (func (export "notify") (param $n i32) (result i32) (memory.atomic.notify (i32.const 128) (local.get $n))))"#;

fn module<'p>(pool: &'p Pool, text: &str) -> (Module<'p>, &'p [u8]) {
    let wasm = pool.keep(encode(text));
    (engine::load(pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module"), wasm)
}

fn instance<'p>(pool: &'p Pool, text: &str) -> Instance<'p> {
    let (module, wasm) = module(pool, text);
    engine::instantiate(pool, module, wasm, &(), &[]).expect("an instance")
}

fn shared(min: u64, max: u64) -> MemoryType {
    MemoryType { shared: true, ..MemoryType::new(Limits { min, max }) }
}

fn memory<'p>(pool: &'p Pool, ty: MemoryType, waiter: Option<&'p Waiter<'p>>) -> Result<SharedMemory<'p>, Reason> {
    let (mut header, mut region) = (pool.arena(SharedMemory::BYTES as u64), pool.arena(4 * PAGE_SIZE));
    SharedMemory::new(&mut header, &mut region, ty, false, waiter).map_err(|e| e.reason)
}

/// API-1: what the embedder writes into a shared memory that an instance defines it reads there, up to the end.
#[test]
fn api_1_the_embedder_writes_shared_memories() {
    let pool = Pool::new();
    let made = instance(&pool, "(module (memory 1 1 shared))");
    for (addr, bytes) in [(8, b"abc".as_slice()), (0, b"0123456789abcdef!"), (PAGE_SIZE - 5, b"ended"), (77, b"")] {
        made.memory_write(0, addr, bytes).expect("in bounds");
        let mut read = vec![0; bytes.len()];
        made.memory_read(0, addr, &mut read).expect("in bounds");
        assert_eq!(read, bytes, "{addr}");
    }
    let refused = made.memory_write(0, PAGE_SIZE - 4, b"ended").map_err(|e| e.reason);
    assert_eq!(refused, Err(Reason::HostMemoryBounds));
}

/// CORE-1: `memory.copy` and `memory.fill` between a memory that is shared and one that is not, in both directions.
#[test]
fn core_1_bytes_are_copied_between_shared_and_other_memories() {
    let pool = Pool::new();
    let text = r#"(module (memory $own 1) (memory $shared 1 1 shared) (data (memory $own) (i32.const 0) "abcdefgh")
      (func (export "there") (memory.copy $shared $own (i32.const 4) (i32.const 1) (i32.const 3)))
      (func (export "back") (memory.copy $own $shared (i32.const 16) (i32.const 3) (i32.const 5))))"#;
    let made = instance(&pool, text);
    let stack = Region::new(1 << 12);
    for &backend in backends() {
        for name in ["there", "back"] {
            engine::call(&stack, made, name, &[], backend).expect("in bounds");
        }
        let mut bytes = [[0; 8]; 2];
        made.memory_read(1, 2, &mut bytes[0]).expect("in bounds");
        made.memory_read(0, 15, &mut bytes[1]).expect("in bounds");
        assert_eq!(
            bytes.map(|b| b.escape_ascii().to_string()),
            [r"\x00\x00bcd\x00\x00\x00", r"\x00\x00bcd\x00\x00\x00"]
        );
        made.memory_write(1, 0, &[0; 32]).expect("in bounds");
        made.memory_write(0, 8, &[0; 32]).expect("in bounds");
    }
}

/// API-1: a shared memory says whether it has bytes, and of what type it is at present.
#[test]
fn api_1_a_shared_memory_says_what_it_is() {
    let pool = Pool::new();
    let made = memory(&pool, shared(0, 2), None).expect("a memory");
    assert!(made.is_empty());
    assert_eq!(made.grow(1), Some(0));
    assert!(!made.is_empty());
    assert_eq!((made.len(), made.memory_type()), (PAGE_SIZE, shared(1, 2)));
    let shown = format!("{made:?}");
    assert!(shown.starts_with("SharedMemory") && shown.contains("shared: true"), "{shown}");
    assert!(shown.contains(&format!("{:?}", made.memory_type())), "{shown}");
}

/// API-1: types that no shared memory has are refused, each rule by a type that breaks no other.
#[test]
fn api_1_types_of_no_shared_memory_are_refused() {
    let pool = Pool::new();
    let large = MemoryType { is64: true, page_log2: 0, ..shared(0, 1) };
    for (ty, takes) in [
        (shared(1, 2), true),
        (large, true),
        (MemoryType { shared: false, ..shared(1, 2) }, false),
        (shared(2, 1), false),
        (shared(0, 65_537), false),
        (shared(0, u64::MAX), false),
        // As many bytes as there are addresses, but that number says that there is no maximum.
        (MemoryType { limits: Limits { min: 0, max: u64::MAX }, ..large }, false),
        (MemoryType { page_log2: 12, ..shared(1, 2) }, false),
    ] {
        let made = memory(&pool, ty, None).map(|made| made.memory_type());
        assert_eq!(made, if takes { Ok(ty) } else { Err(Reason::ImpossibleSize) }, "{ty:?}");
    }
}

/// What two functions of C were asked.
#[derive(Default)]
struct Asked {
    waits: AtomicU32,
    notifies: AtomicU32,
}

/// Says of the first wait that it was woken, of the second that the value is another, of the third that its time is
/// over.
unsafe extern "C" fn wait(user: *mut c_void, request: *const WaitRequest) -> i32 {
    // SAFETY: the engine passes what `from_raw` was given, and a request of its own.
    let (asked, request) = unsafe { (&*user.cast_const().cast::<Asked>(), &*request) };
    assert!(request.holds());
    let n = asked.waits.fetch_add(1, Ordering::Relaxed);
    [Waited::Woken, Waited::NotEqual, Waited::TimedOut][n as usize % 3] as i32
}

/// Wakes all but one.
unsafe extern "C" fn notify(user: *mut c_void, place: usize, count: u32) -> u32 {
    // SAFETY: as for `wait`.
    let asked = unsafe { &*user.cast_const().cast::<Asked>() };
    assert_eq!(place % 4, 0);
    asked.notifies.fetch_add(1, Ordering::Relaxed);
    count - 1
}

/// API-1, CORE-1: two functions as C has them wait and notify for a guest; each answer is the operator's result.
#[test]
fn api_1_functions_of_c_wait_for_guests() {
    for &backend in backends() {
        let asked = Asked::default();
        // SAFETY: both functions may be called from any thread with what they are given, which outlives the memory.
        let waiter = unsafe { Waiter::from_raw(wait, notify, (&raw const asked).cast_mut().cast()) };
        assert_eq!(format!("{waiter:?}"), "Waiter { .. }");
        let pool = Pool::new();
        let lent = memory(&pool, shared(1, 4), Some(&waiter)).expect("a memory");
        let (module, wasm) = module(&pool, GUEST);
        let imports = [("env", "memory", Extern::SharedMemory(lent))];
        let made = engine::instantiate(&pool, module, wasm, &imports, &[]).expect("an instance");
        let stack = Region::new(1 << 12);
        let call = |name, args: &[Value]| {
            let returned = engine::call(&stack, made, name, args, backend).expect("no trap");
            returned.values[0].0.i32()
        };
        let args = [Value::from_i32(0), Value::from_i64(-1)];
        assert_eq!([0, 1, 2].map(|_| call("wait", &args)), [0, 1, 2]);
        // Nobody is asked where the value is another at once.
        assert_eq!(call("wait", &[Value::from_i32(9), Value::from_i64(-1)]), 1);
        assert_eq!(call("notify", &[Value::from_i32(5)]), 4);
        assert_eq!(call("notify", &[Value::from_i32(0)]), 0);
        assert_eq!(lent.notify(128, 3), Ok(2));
        assert_eq!((asked.waits.into_inner(), asked.notifies.into_inner()), (3, 2));
    }
}

/// Says that every value is another by now.
struct Late;

impl Wait for Late {
    fn wait(&self, _: &WaitRequest) -> Waited {
        Waited::NotEqual
    }
    fn notify(&self, _: usize, _: u32) -> u32 {
        0
    }
}

/// MEM-7: a snapshot has no address in it: it does not depend on where the instance lies, nor on who waits there.
#[test]
fn mem_7_a_snapshot_of_a_shared_memory_has_no_address() {
    let waiter = Waiter::new(&Late);
    let pool = Pool::new();
    let (module, _) = module(&pool, "(module (memory 1 2 shared) (global (mut i64) (i64.const 7)))");
    let snapshot = |waiter| {
        let config = InstanceConfig {
            memories: &mut [pool.arena(2 * PAGE_SIZE)],
            zeroed: true,
            waiter,
            ..InstanceConfig::default()
        };
        let made = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
        let mut bytes = vec![0xaa; module.instance_size() as usize];
        assert_eq!(made.snapshot(&mut bytes), Ok(bytes.len()));
        bytes
    };
    let without = snapshot(None);
    assert!(without == snapshot(Some(&waiter)), "the waiter stands in it");
    assert!(without == snapshot(None), "an address stands in it");
}

/// MEM-7: behind the contents of a memory that was moved stands nothing, be the region said to be clear or not, be the
/// memory shared or not; when it grows, the page is zero.
#[test]
fn mem_7_moved_memories_grow_by_zeros() {
    let pool = Pool::new();
    for text in ["(module (memory 1 2 shared))", "(module (memory 1 2))"] {
        let (module, _) = module(&pool, text);
        let region = Region::new(2 * PAGE_SIZE as usize);
        // SAFETY: the region outlives the instance, and is lent once.
        let mut memories = [unsafe { region.arena() }];
        let config = InstanceConfig { memories: &mut memories, zeroed: true, ..InstanceConfig::default() };
        let made = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
        made.memory_write(0, PAGE_SIZE - 6, b"at end").expect("in bounds");
        let mut bytes = vec![0; module.instance_size() as usize];
        made.snapshot(&mut bytes).expect("room");
        for (zeroed, filled) in [(false, 0xaa), (true, 0)] {
            let (mut own, mut other) = (Region::new(bytes.len()), Region::new(2 * PAGE_SIZE as usize));
            own.put(&bytes);
            other.fill(filled);
            other.put(&region.bytes()[..PAGE_SIZE as usize]);
            // SAFETY: both regions are lent once, and outlive what is made in them.
            let moved = unsafe {
                let config = InstanceConfig { memories: &mut [other.arena()], zeroed, ..InstanceConfig::default() };
                Instance::relocate(own.arena().base(), module, config).expect("the same instance")
            };
            assert_eq!(moved.state_hash(), made.state_hash(), "{text}, {zeroed}");
            assert_eq!(moved.memory_grow(0, 1), Some(1), "{text}, {zeroed}");
            let mut read = vec![0xff; PAGE_SIZE as usize + 6];
            moved.memory_read(0, PAGE_SIZE - 6, &mut read).expect("in bounds");
            assert!(read.starts_with(b"at end"), "{text}, {zeroed}");
            assert!(read[6..].iter().all(|&byte| byte == 0), "{text}, {zeroed}");
        }
    }
}

/// MEM-7: of a group that is moved the first heap counts: a region that a later instance brings along is left alone.
#[test]
fn mem_7_a_moved_group_keeps_its_heap() {
    let text = r#"(module (type $s (struct (field i32))) (global $s (mut (ref null $s)) (ref.null $s))
      (func (export "put") (param i32) (global.set $s (struct.new $s (local.get 0))))
      (func (export "get") (result i32) (struct.get $s 0 (global.get $s))))"#;
    let pool = Pool::new();
    let (module, _) = module(&pool, text);
    let size = module.instance_size();
    let heap = Region::new(1 << 12);
    // SAFETY: the region is lent once, and outlives the instances.
    let config = InstanceConfig { heap: Some(unsafe { heap.arena() }), ..InstanceConfig::default() };
    let first = Instance::new(&mut pool.arena(size), module, config).expect("the first");
    let config = InstanceConfig { linked: &[first], ..InstanceConfig::default() };
    let second = Instance::new(&mut pool.arena(size), module, config).expect("the second");
    let stack = Region::new(1 << 12);
    let backend = backends()[0];
    for (instance, n) in [(first, 11), (second, 22)] {
        engine::call(&stack, instance, "put", &[Value::from_i32(n)], backend).expect("room");
    }
    let get = |instance| engine::call(&stack, instance, "get", &[], backend).expect("it is there").values[0].0.i32();
    let copy = |instance: Instance<'_>| {
        let mut bytes = vec![0; size as usize];
        instance.snapshot(&mut bytes).expect("room");
        let mut own = Region::new(bytes.len());
        own.put(&bytes);
        own
    };
    let (a, b, mut lent) = (copy(first), copy(second), Region::new(1 << 12));
    lent.put(heap.bytes());
    let mut brought = Region::new(256);
    brought.fill(0x5a);
    // SAFETY: each region is lent once, and outlives what is made in it.
    let (moved_first, moved_second) = unsafe {
        let config = InstanceConfig { heap: Some(lent.arena()), ..InstanceConfig::default() };
        let moved_first = Instance::relocate(a.arena().base(), module, config).expect("the first");
        let linked = [moved_first];
        let config = InstanceConfig { heap: Some(brought.arena()), linked: &linked, ..InstanceConfig::default() };
        (moved_first, Instance::relocate(b.arena().base(), module, config).expect("the second"))
    };
    assert_eq!((get(moved_first), get(moved_second)), (11, 22));
    assert_eq!(moved_second.heap_usage().map(|u| u.used), first.heap_usage().map(|u| u.used));
    assert_eq!(moved_second.state_hash(), second.state_hash());
    assert!(brought.bytes().iter().all(|&byte| byte == 0x5a), "it was written");
}
