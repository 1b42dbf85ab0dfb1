//! WASI on a board: a UART is the console, a tree of files lies in flash, a counter is the time. No operating system, no
//! allocator; what a board's program would add is a start-up file.

use wrt_core::{Arena, Block, Instance, InstanceConfig, LoadBudget, Module, Outcome, RunBudget, Task};
use wrt_wasi::{
    ClockId, Clocks, DirEntry, Errno, FileStat, FileType, Files, Host, NoSockets, Open, Opened, Random, Slot, Stream,
    Streams, Wasi,
};

/// Files in flash: path and contents. A handle is a number in this list.
static FILES: [(&str, &[u8]); 2] = [("motd", b"hello from flash\n"), ("version", b"1.0\n")];

struct Board {
    ticks: u64,
    uart: fn(u8),
    sockets: NoSockets,
}

fn regular(file: usize) -> FileStat {
    let size = FILES.get(file).map_or(0, |(_, bytes)| bytes.len() as u64);
    FileStat { ino: file as u64 + 1, size, nlink: 1, ..FileStat::of(FileType::RegularFile) }
}

impl Clocks for Board {
    fn now(&mut self, clock: ClockId) -> Option<u64> {
        self.ticks += 1;
        (clock == ClockId::Monotonic).then_some(self.ticks * 1_000_000)
    }
    fn resolution(&mut self, clock: ClockId) -> Option<u64> {
        (clock == ClockId::Monotonic).then_some(1_000_000)
    }
}
impl Random for Board {
    fn fill(&mut self, _bytes: &mut [u8]) -> Result<(), Errno> {
        Err(Errno::Notsup)
    }
}
impl Streams for Board {
    fn read(&mut self, _stream: Stream, _bytes: &mut [u8]) -> Result<usize, Errno> {
        Ok(0)
    }
    fn write(&mut self, _stream: Stream, bytes: &[u8]) -> Result<usize, Errno> {
        bytes.iter().for_each(|&byte| (self.uart)(byte));
        Ok(bytes.len())
    }
}
impl Files for Board {
    type File = usize;
    type Dir = ();
    fn preopen(&mut self, number: u32) -> Option<()> {
        (number == 0).then_some(())
    }
    fn preopen_name(&self, number: u32) -> Option<&str> {
        (number == 0).then_some("/")
    }
    fn open(&mut self, (): &(), path: &str, how: Open) -> Result<Opened<Self>, Errno> {
        let file = FILES.iter().position(|(name, _)| *name == path).ok_or(Errno::Noent)?;
        if how.write { Err(Errno::Rofs) } else { Ok(Opened::File(file)) }
    }
    fn stat_at(&mut self, (): &(), path: &str, _follow: bool) -> Result<FileStat, Errno> {
        FILES.iter().position(|(name, _)| *name == path).map(regular).ok_or(Errno::Noent)
    }
    fn dir_stat(&mut self, (): &()) -> Result<FileStat, Errno> {
        Ok(FileStat::of(FileType::Directory))
    }
    fn stat(&mut self, file: &usize) -> Result<FileStat, Errno> {
        Ok(regular(*file))
    }
    fn read_at(&mut self, file: &usize, bytes: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let rest = FILES.get(*file).and_then(|(_, all)| all.get(offset as usize..)).unwrap_or(&[]);
        Ok(bytes.iter_mut().zip(rest).map(|(to, from)| *to = *from).count())
    }
    fn entry(&mut self, (): &mut (), number: u64, room: &mut [u8]) -> Result<Option<DirEntry>, Errno> {
        let Some((name, _)) = FILES.get(number as usize) else { return Ok(None) };
        let name_len = room.iter_mut().zip(name.bytes()).map(|(to, from)| *to = from).count();
        Ok(Some(DirEntry { ino: number + 1, filetype: FileType::RegularFile, name_len }))
    }
}
#[rustfmt::skip]
impl Host for Board {
    type Clocks = Self; type Random = Self; type Streams = Self; type Files = Self; type Sockets = NoSockets;
    fn clocks(&mut self) -> &mut Self { self }
    fn random(&mut self) -> &mut Self { self }
    fn streams(&mut self) -> &mut Self { self }
    fn files(&mut self) -> &mut Self { self }
    fn sockets(&mut self) -> &mut NoSockets { &mut self.sockets }
}

/// Runs a program's `_start` in these arrays.
fn run(wasm: &[u8], uart: fn(u8)) -> Result<Outcome, wrt_core::Error> {
    let (mut code, mut own, mut stack) = ([Block::ZERO; 4096], [Block::ZERO; 1024], [Block::ZERO; 256]);
    let mut memory = vec![Block::ZERO; 4096];
    let mut memories = [Arena::new(&mut memory)];
    let mut slots = [const { Slot::EMPTY }; 8];
    let mut scratch = [0; 128];
    let board = Board { ticks: 0, uart, sockets: NoSockets };
    let Ok(wasi) = Wasi::new(board, (&mut slots[..], &mut scratch[..])) else {
        return Err(wrt_core::Error::new(wrt_core::Reason::ArenaTooSmall));
    };
    let functions = wasi.functions();
    let module = Module::load(&mut Arena::new(&mut code), wasm, &LoadBudget::default())?;
    let config = InstanceConfig {
        imports: &&functions,
        linked: &[],
        memories: &mut memories,
        zeroed: true,
        memory_ceiling: 0,
        heap: None,
        waiter: None,
    };
    let instance = Instance::new(&mut Arena::new(&mut own), module, config)?;
    let task = Task::new(&mut Arena::new(&mut stack), instance)?;
    task.start(instance.export_func("_start", Some("()"))?, &[])?;
    task.run(&RunBudget { max_call_depth: 16, fuel: 100_000, max_memory_bytes: 1 << 16 })
}

/// Opens `motd` beneath descriptor 3, reads it, and writes it to descriptor 1.
const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "motd")
  (data (i32.const 16) "\40\00\00\00\40\00\00\00")
  (func (export "_start")
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
    (drop (call $read (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i32.const 20)))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))))"#;

fn main() {
    let wasm = wat::parse_str(GUEST).expect("the guest is well formed");
    println!("{:?}", run(&wasm, |byte| print!("{}", byte as char)));
}

#[test]
fn wasi_5_a_board_provides_streams_files_and_time() {
    static SENT: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());
    let wasm = wat::parse_str(GUEST).expect("the guest is well formed");
    assert_eq!(run(&wasm, |byte| SENT.lock().expect("one thread").push(byte)), Ok(Outcome::Done));
    assert_eq!(*SENT.lock().expect("one thread"), FILES[0].1);
}
