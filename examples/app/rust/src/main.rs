//! The small application in Rust: a control function runs as a guest, with fuel that is granted call by call. Signals
//! come from a CSV file; bad modules are told from good ones.
//!
//! `wrt-app [DIRECTORY OF THE GUESTS [CSV FILE]]`
use core::{cell::Cell, error::Error};
use std::{fs, path::Path, rc::Rc};
use wrt_core::{Completion, LoadBudget, Outcome, Reason, RunBudget, Value};
use wrt_host::{HostImport, OwnedInstance, OwnedModule, Settings};

const TICK_FUEL: u64 = 200;
const TRIAL_FUEL: u64 = 10_000;
/// In fac.wasm, the `i64.mul` of `fac`; made an `i32.mul`, its operands have the wrong type.
const FAC_MUL: usize = 95;
const I32_MUL: u8 = 0x6c;

/// What the host functions see of the world.
#[derive(Default)]
struct Plant {
    measured: Cell<f32>,
    output: Cell<f32>,
    reports: Cell<u32>,
}

/// What the ticks came to.
#[derive(Default)]
struct Summary {
    rows: u32,
    settled: u32,
    fuel: u64,
    state: u64,
}

fn import(name: &str, call: impl Fn(&mut [Value]) + 'static) -> HostImport {
    let call = Box::new(move |_: &mut _, slots: &mut [Value]| {
        call(slots);
        Ok(Completion::Done)
    });
    HostImport { module: "env".into(), name: name.into(), call }
}

fn budget(fuel: u64) -> RunBudget {
    RunBudget { fuel, ..RunBudget::default() }
}

/// A reason's name as the C interface has it.
fn c_name(reason: Reason) -> String {
    let mut name = String::from(if (reason as u16) < 100 { "WRT_TRAP" } else { "WRT_REASON" });
    for letter in reason.name().chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

fn plot(output: f32) -> String {
    let mut columns = *b"....................|....................";
    columns[((f64::from(output).clamp(-10.0, 10.0) * 2.0 + 0.5).floor() + 20.0) as usize] = b'#';
    String::from_utf8_lossy(&columns).into_owned()
}

fn control(directory: &Path, csv: &Path) -> Result<Summary, Box<dyn Error>> {
    let wasm = fs::read(directory.join("control.wasm"))?;
    let plan = OwnedModule::plan_of(&wasm, &LoadBudget::default())?;
    println!(
        "plan: module {}, instance {}, memory {}, stack {}",
        plan.module, plan.instance, plan.memory_min, plan.stack_min
    );

    let plant = Rc::new(Plant::default());
    let (sensed, driven, told) = (plant.clone(), plant.clone(), plant.clone());
    let imports = vec![
        import("sense", move |slots| slots[0] = Value::from_f32(sensed.measured.get())),
        import("actuate", move |slots| driven.output.set(slots[1].f32())),
        import("report", move |_| told.reports.set(told.reports.get() + 1)),
    ];
    let module = OwnedModule::load(wasm, &LoadBudget::default())?;
    let instance = OwnedInstance::new(module, imports, &Settings::default())?;
    let gains = [1.5, 4.0, 0.004, 10.0].map(Value::from_f32);
    instance.call("configure", &gains, &budget(TICK_FUEL))?;

    let mut sum = Summary::default();
    for line in fs::read_to_string(csv)?.lines().skip(1) {
        let row = line.split(',').map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        let [time, target, measured] = row[..] else { return Err(format!("not three columns: {line}").into()) };
        plant.measured.set(measured as f32);
        instance.call("aim", &[Value::from_f32(target as f32)], &budget(TICK_FUEL))?;
        let before = instance.usage().fuel_used;
        let output = instance.call("tick", &[], &budget(TICK_FUEL))?[0].f32();
        let fuel = instance.usage().fuel_used - before;
        println!("{time:.2}  {:+.3}  {fuel}  |{}|", plant.output.get(), plot(output));
        sum.rows += 1;
        sum.fuel += fuel;
        sum.settled += u32::from((target - measured).abs() < 0.05);
    }
    sum.state = instance.state_hash();
    Ok(sum)
}

/// Tries modules that cannot be trusted: each ends in a line, none of them ends the program.
fn survive(directory: &Path) -> Result<(), Box<dyn Error>> {
    let control = fs::read(directory.join("control.wasm"))?;
    let mut fac = fs::read(directory.join("fac.wasm"))?;
    fac[FAC_MUL] = I32_MUL;
    for (name, wasm) in [("cut off", &control[..control.len() / 2]), ("damaged", &fac)] {
        if let Err(error) = OwnedModule::load(wasm, &LoadBudget::default()) {
            println!("{name}: {} at byte {}", c_name(error.reason), error.offset);
        }
    }

    // trap.wasm does what its parameter says: 9 never returns, 0 executes unreachable.
    let module = OwnedModule::load(fs::read(directory.join("trap.wasm"))?, &LoadBudget::default())?;
    let instance = OwnedInstance::new(module, vec![], &Settings::default())?;
    let run = instance.export_func("run")?;
    instance.start(run, &[Value::from_i32(9)])?;
    if instance.run(&budget(TRIAL_FUEL))? == Outcome::Fuel {
        println!("endless: out of fuel after {}", instance.usage().fuel_used);
    }
    instance.reset();
    if let Err(trap) = instance.call("run", &[Value::from_i32(0)], &budget(TRIAL_FUEL)) {
        let frames = instance.backtrace(1);
        let name = frames.first().and_then(|frame| instance.module().module().func_name(frame.func));
        println!("trap: {} in function {}", c_name(trap.reason), String::from_utf8_lossy(name.unwrap_or(b"?")));
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let mut arguments = std::env::args_os().skip(1);
    let directory = arguments.next().map_or(root.join("examples/guests/wasm"), Into::into);
    let csv = arguments.next().map_or(root.join("examples/app/signals.csv"), Into::into);
    let Summary { rows, settled, fuel, state } = control(&directory, &csv)?;
    survive(&directory)?;
    println!("settled {settled} of {rows} rows, {fuel} fuel, state {state:016x}");
    Ok(())
}
