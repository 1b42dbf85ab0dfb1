//! The system interface (WASI preview 1) of a program that is run whole, from `_start` to its end: stand-ins that do
//! the same for every runtime. Nothing is read, what is written is thrown away, time passes by being asked for.
//! Must not know any runtime.

use crate::{Module, Ty};
use std::sync::{Arc, Mutex, PoisonError};

const SUCCESS: i32 = 0;
const BADF: i32 = 8;
const FAULT: i32 = 21;
const SPIPE: i32 = 70;

/// The only argument: the program's name.
const NAME: &[u8; 8] = b"program\0";
/// Nanoseconds that pass whenever the clock is read.
const TICK: u64 = 1_000_000;

/// The memory of a guest, in whatever way its runtime gives access to it; false where the bytes do not lie in it.
pub trait Bytes {
    fn read(&self, at: u32, into: &mut [u8]) -> bool;
    fn write(&mut self, at: u32, from: &[u8]) -> bool;
}

impl Bytes for [u8] {
    fn read(&self, at: u32, into: &mut [u8]) -> bool {
        let found = self.get(at as usize..).and_then(|rest| rest.get(..into.len()));
        found.map(|bytes| into.copy_from_slice(bytes)).is_some()
    }

    fn write(&mut self, at: u32, from: &[u8]) -> bool {
        let found = self.get_mut(at as usize..).and_then(|rest| rest.get_mut(..from.len()));
        found.map(|bytes| bytes.copy_from_slice(from)).is_some()
    }
}

/// What one run has seen of the system. Clones are the same.
#[derive(Clone, Default)]
pub struct Preview1(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// A hash of everything written, so that runtimes can be compared.
    written: u64,
    clock: u64,
    random: u64,
    exit: Option<i32>,
}

impl State {
    fn note(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.written = (self.written ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// One function, by the arguments as numbers; `None` for a fault of the guest's pointers.
    fn call(&mut self, name: &str, args: &[i64], memory: &mut (impl Bytes + ?Sized)) -> Option<i32> {
        let arg = |i: usize| args.get(i).copied().unwrap_or(0) as u32;
        let known = |yes: bool| yes.then_some(SUCCESS);
        match name {
            "args_sizes_get" => {
                known(memory.write(arg(0), &1u32.to_le_bytes()) && memory.write(arg(1), &8u32.to_le_bytes()))
            }
            "args_get" => known(memory.write(arg(0), &arg(1).to_le_bytes()) && memory.write(arg(1), NAME)),
            "environ_sizes_get" => known(memory.write(arg(0), &[0; 4]) && memory.write(arg(1), &[0; 4])),
            "environ_get" | "sched_yield" => Some(SUCCESS),
            "clock_res_get" => known(memory.write(arg(1), &1u64.to_le_bytes())),
            "clock_time_get" => {
                self.clock += TICK;
                known(memory.write(arg(2), &self.clock.to_le_bytes()))
            }
            "random_get" => {
                for i in 0..arg(1) {
                    self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    if !memory.write(arg(0).wrapping_add(i), &[(self.random >> 56) as u8]) {
                        return None;
                    }
                }
                Some(SUCCESS)
            }
            "fd_write" if matches!(arg(0), 1 | 2) => {
                let mut total = 0u32;
                for i in 0..arg(2) {
                    let mut vector = [0; 8];
                    known(memory.read(arg(1).wrapping_add(i.wrapping_mul(8)), &mut vector))?;
                    let [a, b, c, d, e, f, g, h] = vector;
                    let (at, len) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
                    let mut chunk = [0; 4096];
                    for from in (0..len).step_by(chunk.len()) {
                        let piece = &mut chunk[..((len - from) as usize).min(4096)];
                        known(memory.read(at.wrapping_add(from), piece))?;
                        self.note(piece);
                    }
                    total = total.wrapping_add(len);
                }
                known(memory.write(arg(3), &total.to_le_bytes()))
            }
            // The end of an empty file.
            "fd_read" if arg(0) == 0 => known(memory.write(arg(3), &[0; 4])),
            "fd_fdstat_get" if arg(0) < 3 => {
                // A character device with every right; that it could seek tells that it is no terminal.
                let mut stat = [0xff; 24];
                stat[..8].copy_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0]);
                known(memory.write(arg(1), &stat))
            }
            "fd_seek" | "fd_tell" if arg(0) < 3 => Some(SPIPE),
            // Every event has come at once.
            "poll_oneoff" => {
                for i in 0..arg(2) {
                    let (mut event, mut kind) = ([0; 32], [0]);
                    let from = arg(0).wrapping_add(i.wrapping_mul(48));
                    known(memory.read(from, &mut event[..8]) && memory.read(from.wrapping_add(8), &mut kind))?;
                    event[10] = kind[0];
                    known(memory.write(arg(1).wrapping_add(i.wrapping_mul(32)), &event))?;
                }
                known(memory.write(arg(3), &arg(2).to_le_bytes()))
            }
            _ => Some(BADF),
        }
    }
}

impl Preview1 {
    /// What the function `name` returns to its guest; `None` after `proc_exit`, when the run is to be ended.
    pub fn call(&self, name: &str, args: &[i64], memory: &mut (impl Bytes + ?Sized)) -> Option<i32> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if name == "proc_exit" {
            state.exit = Some(args.first().copied().unwrap_or(0) as i32);
            return None;
        }
        Some(state.call(name, args, memory).unwrap_or(FAULT))
    }

    /// A number for what the program did, the same in every runtime: its output and its exit code. `ended` is what
    /// the runtime says of the run, which is an error after `proc_exit`.
    pub fn outcome(&self, ended: Result<(), String>) -> Result<i64, String> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let code = match (state.exit, ended) {
            (Some(code), _) => code,
            (None, Ok(())) => 0,
            (None, Err(e)) => return Err(e),
        };
        state.note(&code.to_le_bytes());
        // Positive, so that no two of them are the same but for their signs.
        Ok((state.written >> 1) as i64)
    }
}

/// Whether the module is a program that these stand-ins are enough for.
pub fn fits(wasm: &[u8]) -> Result<(), String> {
    for import in Module::read(wasm)?.imports {
        let system = matches!(import.module.as_str(), "wasi_snapshot_preview1" | "wasi_unstable");
        if !system || !matches!(import.results[..], [] | [Ty::I32]) {
            return Err(format!("there is no stand-in for the import {} {}", import.module, import.name));
        }
    }
    Ok(())
}
