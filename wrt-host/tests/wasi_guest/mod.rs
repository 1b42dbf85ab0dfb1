//! A guest that calls the functions of WASI as a test says, in a directory of its own.
#![allow(dead_code, reason = "each test file uses a part")]

use core::fmt::Write as _;
use core::sync::atomic::{AtomicU32, Ordering};
use std::fs;
use std::path::{Path, PathBuf};
use wrt_core::{LoadBudget, Outcome, Reason, RunBudget, ValType, Value};
use wrt_host::wasi::{Access, MemoryLimits, MemoryTree, Wasi, WasiBuilder};
use wrt_host::{OwnedInstance, OwnedModule, Settings};
use wrt_wasi::{Errno, Function};

/// A directory that is removed with the test: `granted` is what the guest gets, `secret` lies beside it.
pub struct Place(PathBuf);

impl Place {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("wrt-wasi-{}-{number}", std::process::id()));
        fs::create_dir_all(path.join("granted/sub")).expect("a directory");
        fs::create_dir(path.join("outside")).expect("a directory");
        fs::write(path.join("secret"), "secret").expect("a file");
        fs::write(path.join("outside/secret"), "secret").expect("a file");
        fs::write(path.join("granted/own"), "own").expect("a file");
        Place(path)
    }
    pub fn at(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }
    pub fn granted(&self) -> PathBuf {
        self.at("granted")
    }
    /// What lies outside is as it was.
    pub fn is_untouched(&self) -> bool {
        let names = |path: &Path| fs::read_dir(path).expect("readable").count();
        names(&self.0) == 3
            && names(&self.at("outside")) == 1
            && fs::read(self.at("secret")).is_ok_and(|text| text == b"secret")
            && fs::read(self.at("outside/secret")).is_ok_and(|text| text == b"secret")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Errno(Errno),
    Waits,
    Ended(Reason),
}

pub const OK: End = End::Errno(Errno::Success);

pub struct Guest {
    pub instance: OwnedInstance,
    pub wasi: Wasi,
}

fn wat() -> String {
    let word = |letter: char| if letter == 'i' { " i32" } else { " i64" };
    let (mut imports, mut funcs) = (String::new(), String::new());
    for function in Function::ALL {
        let (name, sig) = (function.name(), function.signature());
        let (params, results) = sig[1..].split_once(')').expect("a signature");
        let mut ty: String = params.chars().map(|c| format!("(param{})", word(c))).collect();
        ty.extend(results.chars().map(|c| format!("(result{})", word(c))));
        let gets: String = (0..params.len()).map(|k| format!("(local.get {k})")).collect();
        let _ = writeln!(imports, "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {ty}))");
        let _ = writeln!(funcs, "(func (export \"{name}\") {ty} {gets} (call ${name}))");
    }
    format!("(module {imports} (memory (export \"memory\") 1) {funcs})")
}

impl Guest {
    pub fn new(builder: WasiBuilder) -> Self {
        Guest::over(builder.build().expect("what is granted is there"))
    }
    pub fn over(wasi: Wasi) -> Self {
        let bytes = wat::parse_str(wat()).expect("a module");
        let module = OwnedModule::load(bytes, &LoadBudget::default()).expect("loads");
        let imports = wasi.imports(module.module()).expect("the types are those of the specification");
        let settings = Settings { stack_bytes: 1 << 16, heap_bytes: 0, ..Settings::default() };
        Guest { instance: OwnedInstance::new(module, imports, &settings).expect("links"), wasi }
    }
    /// A guest with one directory.
    pub fn of(place: &Place, access: Access) -> Self {
        Guest::new(Wasi::builder().directory(&place.granted(), "/", access).expect("opens"))
    }

    /// A guest with a copy of the directory in memory, under the same name.
    pub fn of_copy(place: &Place) -> Self {
        let tree = MemoryTree::copy_of(&place.granted(), MemoryLimits::default()).expect("a copy");
        Guest::new(Wasi::builder().memory(&tree, "/", Access::ReadWrite).expect("granted"))
    }

    pub fn call(&self, name: &str, args: &[u64]) -> End {
        let func = self.instance.export_func(name).expect("every function is exported");
        let ty = self.instance.func_type(func).expect("a function");
        assert_eq!(ty.params.len(), args.len(), "{name}");
        let value = |(&arg, &ty): (&u64, &ValType)| match ty {
            ValType::I32 => Value::from_i32(arg as i32),
            _ => Value::from_i64(arg as i64),
        };
        let args: Vec<Value> = args.iter().zip(ty.params).map(value).collect();
        self.instance.reset();
        self.instance.start(func, &args).expect("starts");
        self.go()
    }
    pub fn go(&self) -> End {
        let budget = RunBudget { max_call_depth: 10, fuel: 1 << 20, max_memory_bytes: u64::MAX };
        match self.instance.run(&budget) {
            Ok(Outcome::Done) => {
                let mut result = [Value::ZERO];
                self.instance.results(&mut result).expect("a result");
                End::Errno(Errno::ALL[result[0].i32() as usize])
            }
            Ok(Outcome::Pending) => End::Waits,
            Ok(other) => panic!("{other:?}"),
            Err(e) => End::Ended(e.reason),
        }
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
    fn text(&self, addr: u64, text: &str) -> (u64, u64) {
        self.put(addr, text.as_bytes());
        (addr, text.len() as u64)
    }
    /// Calls a function of one directory and path.
    pub fn at(&self, name: &str, path: &str) -> End {
        let (at, len) = self.text(0x4000, path);
        match name {
            "path_filestat_get" => self.call(name, &[3, 1, at, len, 0x200]),
            "path_filestat_set_times" => self.call(name, &[3, 1, at, len, 1, 2, 5]),
            "path_readlink" => self.call(name, &[3, at, len, 0x200, 100, 0x100]),
            _ => self.call(name, &[3, at, len]),
        }
    }
    /// Calls a function of two paths.
    pub fn two(&self, name: &str, one: &str, two: &str) -> End {
        let ((a, a_len), (b, b_len)) = (self.text(0x4000, one), self.text(0x8000, two));
        match name {
            "path_link" => self.call(name, &[3, 0, a, a_len, 3, b, b_len]),
            "path_symlink" => self.call(name, &[a, a_len, 3, b, b_len]),
            _ => self.call(name, &[3, a, a_len, 3, b, b_len]),
        }
    }
    /// Opens beneath a directory, following links.
    pub fn open(&self, fd: u64, path: &str, oflags: u64, rights: u64) -> Result<u64, End> {
        let (at, len) = self.text(0x4000, path);
        match self.call("path_open", &[fd, 1, at, len, oflags, rights, 0, 0, 0x100]) {
            OK => Ok(self.u32(0x100).into()),
            end => Err(end),
        }
    }
    pub fn read(&self, fd: u64) -> Result<Vec<u8>, End> {
        self.put(0x80, &[0x5000u32.to_le_bytes(), 100u32.to_le_bytes()].concat());
        match self.call("fd_read", &[fd, 0x80, 1, 0x100]) {
            OK => Ok(self.get(0x5000, self.u32(0x100) as usize)),
            end => Err(end),
        }
    }
    pub fn write(&self, fd: u64, text: &str) -> End {
        let (at, len) = self.text(0x4000, text);
        self.put(0x80, &[(at as u32).to_le_bytes(), (len as u32).to_le_bytes()].concat());
        self.call("fd_write", &[fd, 0x80, 1, 0x100])
    }
}
