//! Images that may be damaged: loaded, and run as far as they go, in memory that is watched on both sides.
//!
//! Owns what is done with an image whatever stands in it. Whoever reads or writes out of bounds faults at an inaccessible
//! page, or, in a build with `WRT_CHECKED=1`, panics at any byte that is not lent.

use crate::region::Region;
use wrt_core::{
    Arena, Backend, Caller, Completion, Error, Extern, ExternType, Frame, HostFunc, HostResult, Import, Imports,
    Instance, InstanceConfig, LoadBudget, Module, PAGE_SIZE, RunBudget, Task, Value, backends,
};

/// Bytes of a task's region: small, so that its end is near.
const STACK: u64 = 4 << 10;
/// Fuel of a call.
const FUEL: u64 = 3_000;
/// Exports that are called.
const CALLS: u32 = 8;

/// Bytes before the module in an image, and where the header says how many bytes it has.
const HEADER: usize = 64;
const AT_SIZE: usize = 16;
/// Where the module's header says where the code lies, and how many words there are.
const AT_CODE: usize = HEADER + 128;
/// Bytes of both headers.
const HEADERS: usize = HEADER + 176;

/// What a damaged image may ask for.
pub const BUDGET: LoadBudget =
    LoadBudget { max_memory_bytes: 4 << 20, max_table_elements: 1 << 12, ..LoadBudget::DEFAULT };

/// Every import of a function is one that does nothing.
struct Nothing;

fn nothing(_: &mut Caller, _: &mut [Value]) -> HostResult {
    Ok(Completion::Done)
}

impl<'a> Imports<'a> for Nothing {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>> {
        matches!(import.ty, ExternType::Func(_)).then(|| Extern::Host(HostFunc::new(&nothing)))
    }
}

/// Loads an image and, if the engine takes it, asks it everything and calls its exports.
///
/// # Errors
/// Why the engine refuses it.
pub fn exercise(image: &[u8]) -> Result<(), Error> {
    let mut lent = Region::new(image.len());
    let mut padded = image.to_vec();
    padded.resize(lent.len(), 0);
    lent.put(&padded);
    lent.protect();
    let plan = Module::plan_image(lent.bytes(), &BUDGET)?;
    let scratch = Region::new(plan.load_scratch as usize);
    let module = Module::from_image(lent.bytes(), &BUDGET, &mut arena(&scratch))?;
    ask(module);
    for &backend in backends() {
        run(module, backend);
    }
    Ok(())
}

/// The whole region as an arena.
fn arena<'a>(region: &Region) -> Arena<'a> {
    // SAFETY: each region here is lent once, and outlives everything that is made in it: handles are dropped with the
    // function that made the region.
    unsafe { region.arena() }
}

/// Everything that can be asked of a module.
fn ask(module: Module<'_>) {
    let _ = (module.module_name(), module.branch_hints().count(), module.start(), module.heap_min());
    for i in 0..module.import_count() {
        let _ = module.import(i).map(|import| (import.module.chars().count(), import.name.chars().count()));
    }
    for i in 0..module.export_count() {
        if let Some(export) = module.export(i) {
            let _ = module.find_export(export.name).map(|found| found.index);
        }
    }
    for func in 0..module.func_count() {
        let _ = (module.func_name(func), module.local_name(func, 0), module.func_type(func));
        let _ = module.disassemble(func).map(|code| code.to_string().len());
    }
}

fn run(module: Module<'_>, backend: Backend) {
    let sizes = [module.memory_min() + PAGE_SIZE, module.instance_size(), STACK];
    let [memory, inside, stack] = sizes.map(|bytes| Region::new(bytes as usize));
    let mut memories = [arena(&memory)];
    let config = InstanceConfig {
        imports: &Nothing,
        linked: &[],
        memories: &mut memories,
        zeroed: true,
        memory_ceiling: 0,
        waiter: None,
        heap: None,
    };
    let Ok(instance) = Instance::new(&mut arena(&inside), module, config) else { return };
    let Ok(task) = Task::new(&mut arena(&stack), instance) else { return };
    task.set_backend(backend);
    for i in 0..module.export_count().min(CALLS) {
        let Some(export) = module.export(i) else { continue };
        let ExternType::Func(ty) = export.ty else { continue };
        let Ok(func) = instance.export_func(export.name, None) else { continue };
        let args: Vec<Value> = ty.params.iter().map(|_| Value::from_i32(3)).collect();
        if task.start(func, &args).is_err() {
            continue;
        }
        // In several runs, so that stops of every kind are met.
        for fuel in [1, 40, FUEL] {
            let ended = task.run(&RunBudget { max_call_depth: 64, fuel, max_memory_bytes: u64::MAX });
            let mut frames = [Frame::default(); 4];
            let _ = (task.backtrace(&mut frames), task.usage(), task.results(&mut [Value::ZERO; 8]));
            if ended.is_err() || ended == Ok(wrt_core::Outcome::Done) {
                break;
            }
        }
        task.reset();
    }
    let _ = instance.state_hash();
}

/// Makes the header of an image say what is true.
pub fn repair(image: &mut [u8]) {
    let len = (image.len() & !15) as u64;
    if let Some(size) = image.get_mut(AT_SIZE..AT_SIZE + 8) {
        size.copy_from_slice(&len.to_le_bytes());
    }
    Module::seal_image(image);
}

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 >> 29
    }
    fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.next() as usize % n }
    }
}

fn u32_at(image: &[u8], at: usize) -> usize {
    image.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b) as usize)
}

/// Changes a few fields of an image, as a seed says: of code words mostly, of headers and tables; then repairs it.
pub fn change(image: &mut [u8], seed: u64) {
    let mut dice = Dice(seed | 1 << 32);
    for _ in 0..=dice.below(4) {
        change_one(image, &mut dice);
    }
    repair(image);
}

fn change_one(image: &mut [u8], dice: &mut Dice) {
    let (code, words) = (HEADER.saturating_add(u32_at(image, AT_CODE)), u32_at(image, AT_CODE + 4));
    let end = code.saturating_add(words.saturating_mul(8));
    let (from, to) = match dice.below(10) {
        0 => (HEADER, HEADERS),
        1..=3 => (HEADERS, image.len()),
        _ if end <= image.len() && code < end => (code, end),
        _ => (HEADER, image.len()),
    };
    let width = [1, 2, 2, 2, 4, 4, 8][dice.below(7)];
    let place = |dice: &mut Dice| from + dice.below(to.saturating_sub(from) / width) * width;
    let (at, other) = (place(dice), place(dice));
    let (Some(old), Some(there)) = (read(image, at, width), read(image, other, width)) else { return };
    let new = match dice.below(9) {
        0 => there,
        1 => 0,
        2 => u64::MAX,
        3 => old.wrapping_add(1),
        4 => old.wrapping_sub(1),
        5 => old ^ 1 << dice.below(width * 8),
        6 => dice.below(32) as u64,
        7 => old.wrapping_add(8 * dice.below(32) as u64).wrapping_sub(128),
        _ => dice.next(),
    };
    write(image, at, width, new);
    // Two that changed places.
    if dice.below(8) == 0 {
        write(image, other, width, old);
    }
}

fn read(image: &[u8], at: usize, width: usize) -> Option<u64> {
    let bytes = image.get(at..at.checked_add(width)?)?;
    Some(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
}

fn write(image: &mut [u8], at: usize, width: usize, value: u64) {
    for (place, byte) in image.iter_mut().skip(at).take(width).zip(value.to_le_bytes()) {
        *place = byte;
    }
}
