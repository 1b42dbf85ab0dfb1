//! Lends memory to one program, drives its exports and accounts for what it used.
//!
//! A guarded call runs on a task of its own: when the topmost task parks in `guard`, the machine starts `invoke` on the
//! next stack and completes the parked call once that task has returned or escaped. So a guest's protected calls nest
//! on the machine's list of tasks, not on the native stack.

use crate::host::{ESCAPED, FAILED, Host, ended_by};
use crate::programs::Step;
use crate::region::Region;
use wrt_core::{
    Arena, Backend, Caller, Error, Extern, Frame, HostFunc, Instance, InstanceConfig, LoadBudget, Module, Outcome,
    Plan, Reason, RunBudget, Status, Task, Value,
};

/// What the host lends and grants.
#[derive(Clone, Copy, Debug)]
pub struct Lent {
    /// Which back end runs.
    pub backend: Backend,
    /// Bytes for the linear memory, which may grow so far.
    pub memory: u64,
    /// Bytes for the stack of the first task.
    pub stack: u64,
    /// Bytes for the stack of each guarded call.
    pub guarded_stack: u64,
    /// Guarded calls that may be nested.
    pub guarded_depth: u32,
    /// Fuel granted each time a task runs; it is granted again until the program is done or `fuel` is spent.
    pub slice: u64,
    /// Fuel granted in all.
    pub fuel: u64,
}

impl Default for Lent {
    fn default() -> Self {
        Lent {
            backend: Backend::Auto,
            memory: 16 << 20,
            stack: 256 << 10,
            guarded_stack: 256 << 10,
            guarded_depth: 220,
            slice: u64::MAX,
            fuel: u64::MAX,
        }
    }
}

/// Why a run ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A trap, or another error of the engine.
    Error(Error),
    /// The fuel granted in all is spent.
    OutOfFuel,
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Ended::Error(error)
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the program printed, with a line `= RESULT` after each step.
    pub output: Vec<u8>,
    /// What the plan said before anything was lent.
    pub plan: Plan,
    /// Fuel used by all tasks.
    pub fuel: u64,
    /// Most bytes that the first task's stack held.
    pub stack_peak: u64,
    /// Bytes of linear memory at the end.
    pub memory: u64,
    /// Hash of the instance's state at the end.
    pub hash: u64,
    /// Host calls made.
    pub host_calls: u64,
    /// Most guarded calls nested.
    pub guarded_peak: usize,
    /// Times a task stopped because its slice was spent.
    pub stops: u64,
    /// Why the run ended early, if it did.
    pub ended: Option<Ended>,
    /// Functions on the stack at that moment, innermost first.
    pub backtrace: Vec<String>,
}

/// Scratch that is enough to plan any program here.
const SCRATCH: u64 = 32 << 20;

/// What the bytes need, from the bytes alone.
///
/// # Errors
/// Those of [`Module::plan`].
pub fn plan(wasm: &[u8]) -> Result<Plan, Error> {
    Module::plan(wasm, &LoadBudget::default(), &mut Region::new(SCRATCH).lend())
}

/// Loads the program into exactly what its plan asks for and takes the steps.
///
/// # Errors
/// Whatever keeps the program from being loaded and instantiated. What ends it later is in the report.
pub fn execute(wasm: &[u8], steps: &[Step], lent: &Lent) -> Result<Report, Error> {
    let plan = plan(wasm)?;
    let host = Host::default();
    let print = |caller: &mut Caller, slots: &mut [Value]| host.print(caller, slots);
    let fail = |caller: &mut Caller, slots: &mut [Value]| host.fail(caller, slots);
    let guard = |caller: &mut Caller, slots: &mut [Value]| host.guard(caller, slots);
    let escape = |caller: &mut Caller, slots: &mut [Value]| host.escape(caller, slots);
    let imports = [
        ("env", "print", Extern::Host(HostFunc::new(&print).with_sig("(ii)"))),
        ("env", "fail", Extern::Host(HostFunc::new(&fail).with_sig("(ii)"))),
        ("env", "guard", Extern::Host(HostFunc::new(&guard).with_sig("(iii)i"))),
        ("env", "escape", Extern::Host(HostFunc::new(&escape).with_sig("()"))),
    ];

    let mut code = Region::new(plan.module + plan.load_scratch);
    let mut data = Region::new(plan.instance);
    let mut memory = Region::new(lent.memory);
    let mut stack = Region::new(lent.stack);
    let mut guarded = Region::new(lent.guarded_stack * u64::from(lent.guarded_depth));

    let module = Module::load(&mut code.lend(), wasm, &LoadBudget::default())?;
    let config =
        InstanceConfig { imports: &imports, memories: &mut [memory.lend()], zeroed: true, ..Default::default() };
    let instance = Instance::new(&mut data.lend(), module, config)?;
    let mut machine = Machine {
        instance,
        host: &host,
        lent,
        tasks: vec![Task::new(&mut stack.lend(), instance)?],
        spare: guarded.lend_each(lent.guarded_stack as usize).collect(),
        idle: Vec::new(),
        fuel: 0,
        stops: 0,
        guarded_peak: 0,
    };
    machine.tasks[0].set_backend(lent.backend);
    let ended = machine.take(steps).err();
    let backtrace = ended.map_or_else(Vec::new, |_| machine.backtrace());
    let usage = machine.tasks[0].usage();
    Ok(Report {
        plan,
        fuel: machine.fuel,
        stack_peak: usage.stack_peak,
        memory: instance.memory_bytes(),
        hash: instance.state_hash(),
        host_calls: host.calls.get(),
        guarded_peak: machine.guarded_peak,
        stops: machine.stops,
        ended,
        backtrace,
        output: host.output.take(),
    })
}

struct Machine<'h, 'a> {
    instance: Instance<'a>,
    host: &'h Host,
    lent: &'h Lent,
    /// The first task and, above it, one for each guarded call that is running.
    tasks: Vec<Task<'a>>,
    /// Stacks on which no task has been made yet.
    spare: Vec<Arena<'a>>,
    /// Tasks that have come to their end and may be used again.
    idle: Vec<Task<'a>>,
    fuel: u64,
    stops: u64,
    guarded_peak: usize,
}

impl<'a> Machine<'_, 'a> {
    fn take(&mut self, steps: &[Step]) -> Result<(), Ended> {
        if self.instance.module().find_export("_initialize").is_some() {
            self.call("_initialize", "()", &[])?;
        }
        for step in steps {
            let result = match step {
                Step::Run(n) => self.call("run", "(i)i", &[Value::from_i32(*n)])?,
                Step::Eval(path) => {
                    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                    let length = Value::from_i32(i32::try_from(text.len()).expect("a script is not that long"));
                    let address = self.call("buffer", "(i)i", &[length])? as u32;
                    let memory = self.instance.export_memory("memory")?;
                    self.instance.memory_write(memory, u64::from(address), &text)?;
                    self.call("eval", "(i)i", &[length])?
                }
            };
            self.host.output.borrow_mut().extend(format!("= {result}\n").bytes());
        }
        Ok(())
    }

    /// Calls an export on the first task and gives its result, 0 where it has none.
    fn call(&mut self, name: &str, sig: &str, args: &[Value]) -> Result<i32, Ended> {
        let first = self.tasks[0];
        first.start(self.instance.export_func(name, Some(sig))?, args)?;
        self.drive()?;
        let mut result = [Value::from_i32(0)];
        first.results(&mut result)?;
        Ok(result[0].i32())
    }

    /// Runs the topmost task until only the first is left and it is done.
    fn drive(&mut self) -> Result<(), Ended> {
        loop {
            let Some(&top) = self.tasks.last() else { return Ok(()) };
            let grant = self.lent.slice.min(self.lent.fuel - self.fuel.min(self.lent.fuel));
            let before = top.usage().fuel_used;
            let outcome = top.run(&RunBudget { fuel: grant, ..RunBudget::default() });
            self.fuel += top.usage().fuel_used - before;
            match outcome {
                Ok(Outcome::Done) if self.tasks.len() == 1 => return Ok(()),
                Ok(Outcome::Done) => self.leave_guarded(0)?,
                Ok(Outcome::Pending) => self.enter_guarded()?,
                Ok(Outcome::Fuel) if self.fuel < self.lent.fuel => self.stops += 1,
                Ok(Outcome::Fuel | Outcome::Interrupted) => return Err(Ended::OutOfFuel),
                Err(error) if ended_by(&error, ESCAPED) && self.tasks.len() > 1 => self.leave_guarded(1)?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn enter_guarded(&mut self) -> Result<(), Error> {
        let call = self.host.guarded.take().ok_or(Error::new(Reason::HostTrap))?;
        let invoke = self.instance.export_func("invoke", Some("(iii)"))?;
        let task = match self.idle.pop() {
            Some(task) => task,
            None => {
                let mut stack = self.spare.pop().ok_or(Error::new(Reason::StackExhausted))?;
                Task::new(&mut stack, self.instance)?
            }
        };
        task.set_backend(self.lent.backend);
        task.start(invoke, &call)?;
        self.tasks.push(task);
        self.guarded_peak = self.guarded_peak.max(self.tasks.len() - 1);
        Ok(())
    }

    fn leave_guarded(&mut self, result: i32) -> Result<(), Error> {
        if let Some(ended) = self.tasks.pop() {
            ended.reset();
            self.idle.push(ended);
        }
        match self.tasks.last() {
            Some(waiting) => waiting.complete(Status::Ok as i32, &[Value::from_i32(result)]),
            None => Ok(()),
        }
    }

    fn backtrace(&self) -> Vec<String> {
        let Some(top) = self.tasks.last() else { return Vec::new() };
        let mut frames = [Frame::default(); 32];
        let count = top.backtrace(&mut frames).min(frames.len());
        let module = self.instance.module();
        frames[..count]
            .iter()
            .map(|frame| match module.func_name(frame.func) {
                Some(name) => String::from_utf8_lossy(name).into_owned(),
                None => format!("func {}", frame.func),
            })
            .collect()
    }
}

/// Whether the program gave up by itself, which its native twin does too.
#[must_use]
pub fn gave_up(report: &Report) -> bool {
    matches!(&report.ended, Some(Ended::Error(error)) if ended_by(error, FAILED))
}
