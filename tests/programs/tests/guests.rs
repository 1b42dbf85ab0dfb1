//! The committed guests: that they are what their sources say, and that wrt runs them as an independent engine does.

use core::cell::{Cell, RefCell};
use wrt_core::{
    Arena, Backend, Caller, Completion, Error, Extern, HostFunc, HostResult, Instance, InstanceConfig, LoadBudget,
    Module, Outcome, Reason, RunBudget, Status, Task, Value, backends,
};
use wrt_programs::machine::plan;
use wrt_programs::programs::{guest, root};
use wrt_programs::region::Region;

/// The committed files of the text guests are the conversion of their sources, byte for byte; `build.sh --check` does
/// the same for C and Rust where their compilers are.
#[test]
fn text_guests_match_their_sources() {
    for entry in std::fs::read_dir(root().join("examples/guests/wat")).expect("the sources are there") {
        let path = entry.expect("a folder's entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a plain name");
        let bytes = wat::parse_file(&path).expect("the source is well-formed");
        assert!(bytes == guest(name), "{name}.wasm is not what its source gives; run examples/guests/build.sh");
    }
}

/// The world that a guest senses and acts on; the same for both engines.
#[derive(Default)]
struct World {
    level: Cell<f32>,
    drive: Cell<f32>,
    sensed: Cell<u32>,
    reports: RefCell<Vec<(i32, u32)>>,
}

impl World {
    /// A sluggish plant with a disturbance that needs no library function, so that it is the same everywhere.
    fn sense(&self) -> f32 {
        self.sensed.set(self.sensed.get() + 1);
        let disturbance = (self.sensed.get().wrapping_mul(2_654_435_761) >> 20) as f32 / 4096.0;
        self.level.set(self.level.get() + 0.05 * (self.drive.get() - self.level.get()));
        self.level.get() + disturbance * 0.01 + if self.sensed.get().is_multiple_of(97) { 4.0 } else { 0.0 }
    }

    fn report(&self, tick: i32, value: f32) {
        self.reports.borrow_mut().push((tick, value.to_bits()));
    }
}

/// What a guest did: its result or the name of its trap, and what its world saw.
#[derive(Debug, PartialEq)]
struct Seen {
    result: Result<Vec<u64>, Option<Reason>>,
    level: u32,
    reports: Vec<(i32, u32)>,
}

/// Runs on wrt; `pending` leaves every `ask` pending and completes it from outside, `slice` stops the run that often.
fn on_wrt(name: &str, export: &str, args: &[Value], backend: Backend, slice: u64, pending: bool) -> (Seen, u64) {
    let wasm = guest(name);
    let plan = plan(&wasm).expect("the guest loads");
    let world = World::default();
    let asked = Cell::new(0);
    let sense = |_: &mut Caller, slots: &mut [Value]| -> HostResult {
        slots[0] = Value::from_f32(world.sense());
        Ok(Completion::Done)
    };
    let actuate = |_: &mut Caller, slots: &mut [Value]| -> HostResult {
        world.drive.set(slots[1].f32());
        Ok(Completion::Done)
    };
    let report = |_: &mut Caller, slots: &mut [Value]| -> HostResult {
        world.report(slots[0].i32(), slots[1].f32());
        Ok(Completion::Done)
    };
    let ask = |_: &mut Caller, slots: &mut [Value]| -> HostResult {
        asked.set(slots[0].i32());
        slots[0] = Value::from_i32(answer(slots[0].i32()));
        Ok(if pending { Completion::Pending } else { Completion::Done })
    };
    let imports = [
        ("env", "sense", Extern::Host(HostFunc::new(&sense).with_sig("(i)f"))),
        ("env", "actuate", Extern::Host(HostFunc::new(&actuate).with_sig("(if)"))),
        ("env", "report", Extern::Host(HostFunc::new(&report).with_sig("(if)"))),
        ("env", "ask", Extern::Host(HostFunc::new(&ask).with_sig("(i)i"))),
    ];
    // The plan names every byte, but for the stack of a guest that recurses.
    let mut code = Region::new(plan.module + plan.load_scratch);
    let mut data = Region::new(plan.instance);
    let mut memory = Region::new(plan.memory_max.max(plan.memory_min));
    let mut stack = Region::new(if plan.stack_min == 0 { 65_536 } else { plan.stack_min });
    let module = Module::load(&mut code.lend(), &wasm, &LoadBudget::default()).expect("the plan is enough");
    let mut memories: Vec<Arena<'_>> = vec![memory.lend()];
    let config = InstanceConfig { imports: &imports, memories: &mut memories, ..Default::default() };
    let instance = Instance::new(&mut data.lend(), module, config).expect("the guest links");
    let task = Task::new(&mut stack.lend(), instance).expect("the stack is enough");
    task.set_backend(backend);
    task.start(instance.export_func(export, None).expect("the export is there"), args).expect("the arguments fit");
    let result = loop {
        match task.run(&RunBudget { fuel: slice, ..RunBudget::default() }) {
            Ok(Outcome::Done) => {
                let mut results = [Value::from_i64(0); 4];
                let count = task.results(&mut results).expect("the task is done");
                break Ok(results[..count].iter().map(|value| value.bits()).collect());
            }
            Ok(Outcome::Pending) => {
                task.complete(Status::Ok as i32, &[Value::from_i32(answer(asked.get()))]).expect("a call is pending");
            }
            Ok(Outcome::Fuel | Outcome::Interrupted) => {}
            Err(error) => break Err(Some(error.reason)),
        }
    };
    let seen = Seen { result, level: world.level.get().to_bits(), reports: world.reports.take() };
    (seen, task.usage().fuel_used)
}

fn answer(question: i32) -> i32 {
    question.wrapping_mul(question) ^ 5
}

/// Runs on wasmi.
fn on_wasmi(name: &str, export: &str, args: &[wasmi::Val]) -> Seen {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, guest(name)).expect("the guest loads");
    let mut store = wasmi::Store::new(&engine, World::default());
    let mut linker = wasmi::Linker::<World>::new(&engine);
    type Host<'c> = wasmi::Caller<'c, World>;
    linker.func_wrap("env", "sense", |host: Host<'_>, _: i32| host.data().sense()).expect("a new name");
    linker
        .func_wrap("env", "actuate", |host: Host<'_>, _: i32, value: f32| host.data().drive.set(value))
        .expect("a new name");
    linker
        .func_wrap("env", "report", |host: Host<'_>, tick: i32, value: f32| host.data().report(tick, value))
        .expect("a new name");
    linker.func_wrap("env", "ask", |_: Host<'_>, question: i32| answer(question)).expect("a new name");
    let instance = linker.instantiate_and_start(&mut store, &module).expect("the guest links");
    let func = instance.get_func(&store, export).expect("the export is there");
    let mut results = vec![wasmi::Val::I32(0); func.ty(&store).results().len()];
    let result = match func.call(&mut store, args, &mut results) {
        Ok(()) => Ok(results
            .iter()
            .map(|value| match value {
                wasmi::Val::I32(value) => u64::from(*value as u32),
                wasmi::Val::I64(value) => *value as u64,
                wasmi::Val::F32(value) => u64::from(value.to_bits()),
                other => panic!("no guest returns {other:?}"),
            })
            .collect()),
        Err(error) => Err(error.as_trap_code().map(reason_of)),
    };
    let world = store.data();
    Seen { result, level: world.level.get().to_bits(), reports: world.reports.take() }
}

fn reason_of(code: wasmi::TrapCode) -> Reason {
    use wasmi::TrapCode;
    match code {
        TrapCode::UnreachableCodeReached => Reason::Unreachable,
        TrapCode::MemoryOutOfBounds => Reason::OutOfBoundsMemory,
        TrapCode::TableOutOfBounds => Reason::UndefinedElement,
        TrapCode::IndirectCallToNull => Reason::UninitializedElement,
        TrapCode::IntegerDivisionByZero => Reason::IntegerDivideByZero,
        TrapCode::IntegerOverflow => Reason::IntegerOverflow,
        TrapCode::BadConversionToInteger => Reason::InvalidConversionToInteger,
        TrapCode::StackOverflow => Reason::StackExhausted,
        TrapCode::BadSignature => Reason::IndirectCallTypeMismatch,
        other => panic!("no guest ends by {other:?}"),
    }
}

/// Both engines, every back end, whole and in slices, with answers at once and pending: all the same.
fn compare(name: &str, export: &str, args: &[i64], wide: bool) {
    let ours: Vec<Value> =
        args.iter().map(|&arg| if wide { Value::from_i64(arg) } else { Value::from_i32(arg as i32) }).collect();
    let theirs: Vec<wasmi::Val> =
        args.iter().map(|&arg| if wide { wasmi::Val::I64(arg) } else { wasmi::Val::I32(arg as i32) }).collect();
    let expected = on_wasmi(name, export, &theirs);
    let mut fuel = None;
    for &backend in backends() {
        for (slice, pending) in [(u64::MAX, false), (u64::MAX, true), (101, false), (101, true), (7, true)] {
            let (seen, used) = on_wrt(name, export, &ours, backend, slice, pending);
            let what = format!("{name}.{export}{args:?} on {backend:?} in slices of {slice}, pending {pending}");
            assert_eq!(seen, expected, "{what}");
            assert_eq!(*fuel.get_or_insert(used), used, "{what}: fuel");
        }
    }
}

// RUN-1, RUN-2, RUN-6, MEM-1: the controller and the sensor see and do the same in both engines
#[test]
fn controller_and_sensor() {
    for n in [0, 1, 500] {
        compare("control", "run", &[n], false);
        compare("sensor", "run", &[n], false);
    }
    compare("control", "tick", &[], false);
}

// RUN-1, RUN-2
#[test]
fn checksums_and_factorials() {
    compare("crc", "run", &[2], false);
    compare("crc", "crc", &[9], false);
    compare("fac", "run", &[40], false);
    compare("fac", "fac", &[20], true);
    compare("fac", "fac_loop", &[20], true);
    compare("fac", "fac_div", &[20, 1_000_007], true);
}

// RUN-2, RUN-6: a guest cannot tell whether its host answered at once
#[test]
fn pending_answers() {
    compare("host", "run", &[50], false);
}

// RUN-4, RUN-5: every trap has its reason, and the backtrace names the chain of calls
#[test]
fn traps() {
    for kind in (0..=11).filter(|&kind| kind != 9) {
        compare("trap", "run", &[kind], false);
    }
}

// MEM-4: memory grows to its ceiling, then the guest is told -1
#[test]
fn growth() {
    for n in [0, 10, 63, 64, 1000] {
        compare("grow", "run", &[n], false);
    }
    compare("grow", "sum", &[], false);
}

// RUN-5
#[test]
fn a_trap_names_its_frames() {
    let wasm = guest("trap");
    let names = |kind: i32| -> Result<Vec<String>, Error> {
        let plan = plan(&wasm)?;
        let (mut code, mut data) = (Region::new(plan.module + plan.load_scratch), Region::new(plan.instance));
        let (mut memory, mut stack) = (Region::new(plan.memory_max), Region::new(4096));
        let module = Module::load(&mut code.lend(), &wasm, &LoadBudget::default())?;
        let config = InstanceConfig { memories: &mut [memory.lend()], ..Default::default() };
        let instance = Instance::new(&mut data.lend(), module, config)?;
        let task = Task::new(&mut stack.lend(), instance)?;
        task.start(instance.export_func("run", Some("(i)i"))?, &[Value::from_i32(kind)])?;
        let outcome = task.run(&RunBudget { fuel: 1000, ..RunBudget::default() });
        assert!(matches!(outcome, Err(_) | Ok(Outcome::Fuel)), "{kind}");
        let mut frames = [wrt_core::Frame::default(); 8];
        let count = task.backtrace(&mut frames).min(8);
        Ok(frames[..count]
            .iter()
            .map(|frame| String::from_utf8_lossy(module.func_name(frame.func).unwrap_or_default()).into_owned())
            .collect())
    };
    for kind in (0..=9).filter(|&kind| kind != 8) {
        assert_eq!(names(kind).expect("the guest loads"), ["inner", "middle", "outer"], "kind {kind}");
    }
    assert_eq!(names(8).expect("the guest loads"), ["deeper"; 8]);
}
