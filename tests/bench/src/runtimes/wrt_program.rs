//! wrt with programs that are run whole: the module is loaded once, each run lends memory to an instance of its own.
//! Must not know what is measured.

use super::{BUDGET, Bound, MEMORY_BYTES, Region, STACK_BYTES, Stub, Stubs, begin, load_bytes, text};
use wrt_bench_peer::{Bytes, Preview1, Program};
use wrt_core::{Arena, Caller, Completion, Error, HostError, LoadBudget, Module, Outcome, Value};

/// A loaded module; the fields are dropped in this order.
pub(super) struct Loaded {
    module: Module<'static>,
    _lent: Region,
    _wasm: Box<[u8]>,
}

pub(super) fn load(bytes: &[u8]) -> Result<Loaded, Error> {
    let wasm: Box<[u8]> = bytes.into();
    let region = Region::new(load_bytes(bytes));
    // SAFETY: `Loaded` keeps the bytes for as long as the module that borrows them.
    let lent: &'static [u8] = unsafe { std::slice::from_raw_parts(wasm.as_ptr(), wasm.len()) };
    // SAFETY: `Loaded` keeps the region for as long as the module; this is its only arena.
    let mut arena: Arena<'static> = unsafe { region.arena() };
    let module = Module::load(&mut arena, lent, &LoadBudget::default())?;
    Ok(Loaded { module, _lent: region, _wasm: wasm })
}

/// Memory 0 of the guest that calls.
struct Memory<'c>(&'c Caller);

impl Bytes for Memory<'_> {
    fn read(&self, at: u32, into: &mut [u8]) -> bool {
        self.0.read(at.into(), into).is_ok()
    }

    fn write(&mut self, at: u32, from: &[u8]) -> bool {
        self.0.write(at.into(), from).is_ok()
    }
}

/// The stand-ins for the imports, in their order.
fn stubs(module: Module<'_>, system: &Preview1) -> Stubs {
    let imports = (0..module.import_count()).filter_map(|i| module.import(i));
    let stubs = imports.map(|import| {
        let (system, name) = (system.clone(), import.name.to_owned());
        Stub(Box::new(move |caller: &mut Caller, slots: &mut [Value]| {
            // A number of fewer bits is in the low ones.
            let args: Vec<i64> = slots.iter().map(|slot| slot.i64()).collect();
            match system.call(&name, &args, &mut Memory(caller)) {
                Some(answer) => {
                    if let Some(slot) = slots.first_mut() {
                        *slot = Value::from_i32(answer);
                    }
                    Ok(Completion::Done)
                }
                None => Err(HostError::exit(0)),
            }
        }))
    });
    Stubs(stubs.collect())
}

/// Makes an instance in these regions and runs it to the end of `_start`.
fn run<'a>(module: Module<'a>, stubs: &'a Stubs, mut own: Arena<'a>, memory: Arena<'a>) -> Result<Outcome, Error> {
    let (instance, task) = begin(module, &Bound(stubs), &mut own, memory)?;
    task.call(instance.export_func("_start", None)?, &[], &mut [], &BUDGET)
}

impl Program for Loaded {
    fn start(&mut self) -> Result<i64, String> {
        let system = Preview1::default();
        let stubs = stubs(self.module, &system);
        let own = Region::new(self.module.instance_size() as usize + STACK_BYTES);
        let memory = Region::zeroed(MEMORY_BYTES);
        // SAFETY: the regions outlive the instance and the task, which `run` does not let out; one arena each.
        let ended = unsafe { run(self.module, &stubs, own.arena(), memory.arena()) };
        system.outcome(match ended {
            Ok(Outcome::Done) => Ok(()),
            Ok(other) => Err(format!("stopped: {other:?}")),
            Err(e) => Err(text(e)),
        })
    }
}
