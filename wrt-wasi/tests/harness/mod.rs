//! A guest that does what a test says: one exported function for each function of WASI, and a memory.
//!
//! The module is made of the table of functions; the host is in memory. What is lent is leaked: a test ends soon.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod disk;

use core::cell::RefCell;
use core::fmt::Write as _;
use disk::{Disk, Fuse};
use std::collections::VecDeque;
use std::rc::Rc;
use wrt_core::{
    Arena, Block, FuncType, Instance, InstanceConfig, LoadBudget, Module, Outcome, Reason, RunBudget, Status, Task,
    ValType, Value,
};
use wrt_wasi::{
    ClockId, Clocks, Errno, FileType, Function, Host, Interest, Random, Ready, ReceiveFlags, Resumed, ShutdownFlags,
    Slot, Sockets, Stream, Streams, Version, Waits, Wasi,
};

/// What stands at the other end of the standard streams and of time.
#[derive(Default)]
pub struct World {
    /// Pieces that standard input gives, one at a time; at the end, `Again` where it is open.
    pub input: VecDeque<Vec<u8>>,
    pub input_open: bool,
    pub written: [Vec<u8>; 2],
    pub time: u64,
    /// Until when the guest wanted to wait, and for how many things.
    pub waits: Vec<(Option<u64>, usize)>,
    /// Whether waiting is over at once, with time gone on.
    pub blocks: bool,
    /// What sockets receive and have sent.
    pub received: VecDeque<Vec<u8>>,
    pub sent: Vec<u8>,
}

pub struct TestHost {
    pub args: Vec<Vec<u8>>,
    pub vars: Vec<Vec<u8>>,
    pub disk: Disk,
    pub parts: Parts,
}

/// Clocks, randomness, streams and sockets.
#[derive(Clone)]
pub struct Parts {
    pub world: Rc<RefCell<World>>,
    pub fuse: Fuse,
}

impl TestHost {
    pub fn new() -> Self {
        let disk = Disk::new(true);
        let parts = Parts { world: Rc::default(), fuse: disk.fuse.clone() };
        TestHost { args: vec![], vars: vec![], disk, parts }
    }
}

impl Clocks for Parts {
    fn now(&mut self, clock: ClockId) -> Option<u64> {
        let start = if clock == ClockId::Realtime { 1_000_000 } else { 0 };
        matches!(clock, ClockId::Realtime | ClockId::Monotonic).then(|| start + self.world.borrow().time)
    }
    fn resolution(&mut self, clock: ClockId) -> Option<u64> {
        self.now(clock).map(|_| 5)
    }
}

impl Random for Parts {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Errno> {
        self.fuse.burn()?;
        bytes.fill(0xa5);
        Ok(())
    }
}

impl Streams for Parts {
    fn read(&mut self, _stream: Stream, bytes: &mut [u8]) -> Result<usize, Errno> {
        self.fuse.burn()?;
        let mut world = self.world.borrow_mut();
        let Some(piece) = world.input.front_mut() else {
            return if world.input_open { Err(Errno::Again) } else { Ok(0) };
        };
        let count = piece.len().min(bytes.len());
        bytes[..count].copy_from_slice(&piece[..count]);
        piece.drain(..count);
        if piece.is_empty() {
            world.input.pop_front();
        }
        Ok(count)
    }
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<usize, Errno> {
        self.fuse.burn()?;
        self.world.borrow_mut().written[usize::from(stream == Stream::Stderr)].extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn is_terminal(&mut self, stream: Stream) -> bool {
        stream == Stream::Stderr
    }
    fn ready(&mut self, stream: Stream, _write: bool) -> Result<Ready, Errno> {
        self.fuse.burn()?;
        let world = self.world.borrow();
        match (stream, world.input.front()) {
            (Stream::Stdin, Some(piece)) => Ok(Ready { bytes: piece.len() as u64, hangup: false }),
            (Stream::Stdin, None) if world.input_open => Err(Errno::Again),
            (Stream::Stdin, None) => Ok(Ready { bytes: 0, hangup: true }),
            _ => Ok(Ready { bytes: 512, hangup: false }),
        }
    }
}

impl Sockets for Parts {
    type Socket = u8;

    fn filetype(&mut self, _socket: &u8) -> FileType {
        FileType::SocketStream
    }
    fn accept(&mut self, socket: &u8) -> Result<u8, Errno> {
        self.fuse.burn()?;
        Ok(socket + 1)
    }
    fn receive(&mut self, _socket: &u8, bytes: &mut [u8], how: ReceiveFlags) -> Result<usize, Errno> {
        self.fuse.burn()?;
        let mut world = self.world.borrow_mut();
        let Some(piece) = world.received.front() else { return Err(Errno::Again) };
        let count = piece.len().min(bytes.len());
        bytes[..count].copy_from_slice(&piece[..count]);
        if !how.has(ReceiveFlags::PEEK) {
            world.received.pop_front();
        }
        Ok(count)
    }
    fn send(&mut self, _socket: &u8, bytes: &[u8]) -> Result<usize, Errno> {
        self.fuse.burn()?;
        self.world.borrow_mut().sent.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn shutdown(&mut self, _socket: &u8, _how: ShutdownFlags) -> Result<(), Errno> {
        self.fuse.burn()
    }
    fn ready(&mut self, _socket: &u8, _write: bool) -> Result<Ready, Errno> {
        Err(Errno::Again)
    }
}

impl Host for TestHost {
    type Clocks = Parts;
    type Random = Parts;
    type Streams = Parts;
    type Files = Disk;
    type Sockets = Parts;

    fn clocks(&mut self) -> &mut Parts {
        &mut self.parts
    }
    fn random(&mut self) -> &mut Parts {
        &mut self.parts
    }
    fn streams(&mut self) -> &mut Parts {
        &mut self.parts
    }
    fn files(&mut self) -> &mut Disk {
        &mut self.disk
    }
    fn sockets(&mut self) -> &mut Parts {
        &mut self.parts
    }
    fn argument(&self, number: usize) -> Option<&[u8]> {
        self.args.get(number).map(Vec::as_slice)
    }
    fn variable(&self, number: usize) -> Option<&[u8]> {
        self.vars.get(number).map(Vec::as_slice)
    }
    fn wait(&mut self, until: Option<u64>, what: &mut dyn Iterator<Item = Interest<'_, Self>>) -> Waits {
        let mut world = self.parts.world.borrow_mut();
        world.waits.push((until, what.count()));
        match until {
            Some(until) if world.blocks => {
                world.time = world.time.max(until);
                Waits::Over
            }
            _ => Waits::Parked,
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Errno(Errno),
    /// A trap with this detail.
    Trap(u64),
    Exit(u64),
    Waits,
}

pub const OK: End = End::Errno(Errno::Success);

pub struct Guest {
    pub wasi: &'static Wasi<TestHost, (Vec<Slot<TestHost>>, Vec<u8>)>,
    pub world: Rc<RefCell<World>>,
    pub open: Rc<core::cell::Cell<usize>>,
    pub fuse: Fuse,
    instance: Instance<'static>,
    pub task: Task<'static>,
}

fn arena(bytes: usize) -> Arena<'static> {
    let blocks: Vec<Block> = vec![Block::ZERO; bytes / size_of::<Block>()];
    Arena::new(blocks.leak())
}

/// A module with a page of memory that exports a caller of every function that the version has.
pub fn wat(version: Version) -> String {
    let word = |letter: char| if letter == 'i' { " i32" } else { " i64" };
    let (mut imports, mut funcs) = (String::new(), String::new());
    for function in Function::ALL {
        if Function::find(version.module(), function.name()).is_none() {
            continue;
        }
        let (name, sig) = (function.name(), function.signature());
        let (params, results) = sig[1..].split_once(')').expect("a signature");
        let mut ty: String = params.chars().map(|c| format!("(param{})", word(c))).collect();
        ty.extend(results.chars().map(|c| format!("(result{})", word(c))));
        let gets: String = (0..params.len()).map(|k| format!("(local.get {k})")).collect();
        let _ = writeln!(imports, "(import \"{}\" \"{name}\" (func ${name} {ty}))", version.module());
        let _ = writeln!(funcs, "(func (export \"{name}\") {ty} {gets} (call ${name}))");
    }
    format!("(module {imports} (memory (export \"memory\") 1) {funcs})")
}

impl Guest {
    pub fn new(host: TestHost) -> Self {
        Self::with(host, Version::Preview1, 16)
    }
    pub fn with(host: TestHost, version: Version, slots: usize) -> Self {
        let (world, open, fuse) = (host.parts.world.clone(), host.disk.open.clone(), host.parts.fuse.clone());
        let slots = (0..slots).map(|_| Slot::EMPTY).collect();
        let wasi = Box::leak(Box::new(Wasi::new(host, (slots, vec![0; 256])).expect("slots for the streams")));
        let functions = &*Box::leak(Box::new(wasi.functions()));
        let bytes: &'static [u8] = wat::parse_str(wat(version)).expect("a module").leak();
        let module = Module::load(&mut arena(1 << 17), bytes, &LoadBudget::default()).expect("loads");
        let mut memories = [arena(1 << 16)];
        let config = InstanceConfig {
            imports: &functions,
            linked: &[],
            memories: &mut memories,
            zeroed: true,
            memory_ceiling: 0,
            heap: None,
            waiter: None,
        };
        let instance = Instance::new(&mut arena(1 << 15), module, config).expect("links");
        let task = Task::new(&mut arena(1 << 15), instance).expect("a task");
        Guest { wasi, world, open, fuse, instance, task }
    }

    /// Calls a function of WASI from within the guest.
    pub fn call(&self, name: &str, args: &[u64]) -> End {
        let func = self.instance.export_func(name, None).expect("every function is exported");
        let ty: FuncType<'_> = self.instance.func_type(func).expect("a function");
        assert_eq!(ty.params.len(), args.len(), "{name}");
        let value = |(&arg, &ty): (&u64, &ValType)| match ty {
            ValType::I32 => Value::from_i32(arg as i32),
            _ => Value::from_i64(arg as i64),
        };
        let args: Vec<Value> = args.iter().zip(ty.params).map(value).collect();
        self.task.reset();
        self.task.start(func, &args).expect("starts");
        self.go()
    }
    /// Runs on.
    pub fn go(&self) -> End {
        let budget = RunBudget { max_call_depth: 10, fuel: 1 << 20, max_memory_bytes: u64::MAX };
        match self.task.run(&budget) {
            Ok(Outcome::Done) => {
                let mut result = [Value::ZERO];
                self.task.results(&mut result).expect("a result");
                End::Errno(Errno::ALL[result[0].i32() as usize])
            }
            Ok(Outcome::Pending) => End::Waits,
            Ok(other) => panic!("{other:?}"),
            Err(e) if e.reason == Reason::GuestExit => End::Exit(e.detail),
            Err(e) => End::Trap(e.detail),
        }
    }
    /// Tries the waiting call again, and runs on where it is done.
    pub fn resume(&self) -> End {
        match self.wasi.resume(self.instance) {
            Resumed::Waits => return End::Waits,
            Resumed::Done(value) => self.task.complete(Status::Ok as i32, &[value]).expect("waits"),
            Resumed::Trap => self.task.complete(Status::Trap as i32, &[]).expect("waits"),
        }
        self.go()
    }

    pub fn put(&self, addr: u64, bytes: &[u8]) {
        self.instance.memory_write(0, addr, bytes).expect("in the memory");
    }
    pub fn get(&self, addr: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.instance.memory_read(0, addr, &mut bytes).expect("in the memory");
        bytes
    }
    pub fn u32(&self, addr: u64) -> u32 {
        u32::from_le_bytes(self.get(addr, 4).try_into().expect("four bytes"))
    }
    pub fn u64(&self, addr: u64) -> u64 {
        u64::from_le_bytes(self.get(addr, 8).try_into().expect("eight bytes"))
    }
    /// Stores vectors at an address.
    pub fn vectors(&self, at: u64, vectors: &[(u32, u32)]) {
        for (k, (addr, len)) in vectors.iter().enumerate() {
            self.put(at + 8 * k as u64, &[addr.to_le_bytes(), len.to_le_bytes()].concat());
        }
    }
    /// Stores a path at an address of its own; where it is.
    pub fn path(&self, path: &str) -> (u64, u64) {
        self.put(0x8000, path.as_bytes());
        (0x8000, path.len() as u64)
    }
    pub fn path2(&self, path: &str) -> (u64, u64) {
        self.put(0xc000, path.as_bytes());
        (0xc000, path.len() as u64)
    }

    /// Opens; flags and rights as numbers.
    pub fn open_with(&self, fd: u64, path: &str, oflags: u64, rights: u64, fdflags: u64) -> Result<u64, End> {
        let (at, len) = self.path(path);
        match self.call("path_open", &[fd, 1, at, len, oflags, rights, 0, fdflags, 0x100]) {
            OK => Ok(self.u32(0x100).into()),
            end => Err(end),
        }
    }
    /// Creates or opens a file for reading and writing.
    pub fn create(&self, path: &str) -> u64 {
        self.open_with(3, path, 1, 2 | 64, 0).expect("creates")
    }
    pub fn write(&self, fd: u64, text: &str) -> Result<u32, End> {
        self.put(0x4000, text.as_bytes());
        self.vectors(0x80, &[(0x4000, text.len() as u32)]);
        match self.call("fd_write", &[fd, 0x80, 1, 0x100]) {
            OK => Ok(self.u32(0x100)),
            end => Err(end),
        }
    }
    pub fn read(&self, fd: u64, len: u32) -> Result<Vec<u8>, End> {
        self.vectors(0x80, &[(0x5000, len)]);
        match self.call("fd_read", &[fd, 0x80, 1, 0x100]) {
            OK => Ok(self.get(0x5000, self.u32(0x100) as usize)),
            end => Err(end),
        }
    }
}
