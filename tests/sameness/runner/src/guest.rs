//! What guests of the corpus import, and digests of what the engine shows.
//!
//! The host functions are those of `tests/src/guests.rs`, in `no_std`.

use core::cell::Cell;
use core::fmt::Write;
use wrt_core::{
    Caller, Completion, Error, Extern, HostFunc, HostResult, Import, Imports, Instance, Module, Reason, Task, Value,
};

/// What lent memory is filled with before it is used.
pub(crate) const FILL: u8 = 0xcc;

/// What `host.later` was asked last, to be answered when the call is completed.
#[derive(Default)]
pub(crate) struct Host {
    asked: Cell<i64>,
}

impl Host {
    /// Completes the call of `host.later` that the task waits for: for every other argument by an
    /// exception, where the guest exports a tag.
    pub(crate) fn complete(&self, task: Task<'_>) -> Result<(), Error> {
        let main = task.instance();
        match main.export_tag("tag") {
            Ok(tag) if self.asked.get() % 2 != 0 => {
                let value = Value::from_i32(self.asked.get() as i32);
                task.complete_with_exception(main.exception(tag, &[value])?)
            }
            _ => task.complete(0, &[Value::from_i64(self.asked.get().wrapping_mul(3).wrapping_add(1))]),
        }
    }

    /// `host.later`: pending until it is completed.
    pub(crate) fn later(&self) -> impl Fn(&mut Caller, &mut [Value]) -> HostResult + '_ {
        |_, slots| {
            self.asked.set(slot(slots, 0)?.i64());
            Ok(Completion::Pending)
        }
    }
}

fn slot(slots: &mut [Value], index: usize) -> Result<&mut Value, Error> {
    slots.get_mut(index).ok_or(Error::new(Reason::Internal))
}

/// `host.add`: the sum, at once.
fn add(_: &mut Caller, slots: &mut [Value]) -> HostResult {
    let sum = slot(slots, 0)?.i32().wrapping_add(slot(slots, 1)?.i32());
    *slot(slots, 0)? = Value::from_i32(sum);
    Ok(Completion::Done)
}

/// `host.poke`: adds the address to the number that stands in memory at 64.
fn poke(caller: &mut Caller, slots: &mut [Value]) -> HostResult {
    let by = slot(slots, 0)?.i32();
    let mut word = [0; 4];
    caller.read(64, &mut word)?;
    caller.write(64, &i32::from_le_bytes(word).wrapping_add(by).to_le_bytes())?;
    Ok(Completion::Done)
}

/// `host.raise`: throws an exception of the caller's exported tag with its argument, if that is no
/// multiple of three.
fn raise(caller: &mut Caller, slots: &mut [Value]) -> HostResult {
    let value = *slot(slots, 0)?;
    if value.i32() % 3 == 0 {
        return Ok(Completion::Done);
    }
    let instance = caller.instance();
    let exception = instance.exception(instance.export_tag("tag")?, &[value])?;
    Err(caller.throw(exception))
}

/// Resolves a guest's imports.
pub(crate) struct Links<'i> {
    pub(crate) later: HostFunc<'i>,
    /// The module that the guest imports from, under the name that the corpus gives it.
    pub(crate) library: Option<(&'i str, Instance<'i>)>,
}

impl<'i> Imports<'i> for Links<'i> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'i>> {
        match (import.module, import.name) {
            ("host", "add") => Some(Extern::Host(HostFunc::new(&add).with_sig("(ii)i"))),
            ("host", "poke") => Some(Extern::Host(HostFunc::new(&poke).with_sig("(i)"))),
            ("host", "raise") => Some(Extern::Host(HostFunc::new(&raise).with_sig("(i)i"))),
            ("host", "later") => Some(Extern::Host(self.later)),
            (module, name) => {
                let (library, instance) = self.library?;
                if module != library {
                    return None;
                }
                let of = instance.module();
                let index = (0..of.export_count()).find(|&i| of.export(i).is_some_and(|e| e.name == name))?;
                Some(Extern::Instance(instance, index))
            }
        }
    }
}

/// FNV-1a, 64 bits.
pub(crate) struct Digest(pub(crate) u64);

impl Default for Digest {
    fn default() -> Self {
        Digest(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    pub(crate) fn word(&mut self, word: u64) {
        self.bytes(&word.to_le_bytes());
    }
}

impl Write for Digest {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

/// A digest of the translated code of every function, as the engine prints it.
pub(crate) fn code_digest(module: Module<'_>) -> u64 {
    let mut digest = Digest::default();
    for func in 0.. {
        if module.func_type(func).is_none() {
            break;
        }
        if let Some(code) = module.disassemble(func) {
            // A digest takes whatever is written.
            let _ = write!(digest, "{func}\n{code}");
        }
    }
    digest.0
}
