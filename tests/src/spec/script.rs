//! One script in one mode: its directives in order, each with what came of it.
//!
//! Owns the store of a script (named instances, registered names, the current instance) and the
//! `spectest` module. Knows nothing of lists of what is not covered.

use crate::engine::{self, Feed, Pool, STACK};
use crate::region::Region;
use crate::spec::{Mode, Script, reasons, values};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wast::lexer::Lexer;
use wast::parser::{ParseBuffer, parse};
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, Wat};
use wrt_core::{
    Caller, Completion, Error, Extern, HostFunc, HostResult, Import, Imports, Instance, LoadBudget, Module, Proposals,
    Reason, ValType, Value,
};

/// What came of a directive.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// As the suite says.
    Pass,
    /// Not as the suite says.
    Fail(String),
    /// Not judged: it uses, or depends on a module that uses, what this build refuses by name.
    Skip(String),
    /// Concerns the text format alone: the parser of the tests refused it, the engine saw nothing.
    Text,
}

/// A directive and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Line in the script, from 1 on.
    pub line: usize,
    /// The directive's keyword.
    pub what: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// Fuel that it used; the same in every mode.
    pub fuel: u64,
    /// The engine refused rightly but in other words than the suite's: text, then the engine's.
    pub wording: Option<(String, String)>,
}

/// The functions of `spectest` and their signatures.
const PRINTS: [(&str, &str); 7] = [
    ("print", "()"),
    ("print_i32", "(i)"),
    ("print_i64", "(I)"),
    ("print_f32", "(f)"),
    ("print_f64", "(F)"),
    ("print_i32_f32", "(if)"),
    ("print_f64_f64", "(FF)"),
];

/// The rest of `spectest`.
const SPECTEST: &str = r#"(module
  (global (export "global_i32") i32 (i32.const 666))
  (global (export "global_i64") i64 (i64.const 666))
  (global (export "global_f32") f32 (f32.const 666.6))
  (global (export "global_f64") f64 (f64.const 666.6))
  (table (export "table") 10 20 funcref)
  (table (export "table64") i64 10 20 funcref)
  (memory (export "memory") 1 2)
  (memory (export "shared_memory") 1 2 shared))"#;

/// `spectest`'s functions print nothing: the suite judges results alone.
fn silent(_: &mut Caller, _: &mut [Value]) -> HostResult {
    Ok(Completion::Done)
}

/// An instance of the script, or why it is not there.
#[derive(Clone, Copy)]
enum Slot<'p> {
    Live(Instance<'p>),
    /// Its module was refused by name.
    Unsupported,
    /// It should be there.
    Failed,
}

/// Ends a directive early with its outcome.
type Step<T> = Result<T, Outcome>;

fn fail<T>(why: impl Into<String>) -> Step<T> {
    Err(Outcome::Fail(why.into()))
}
fn skip<T>(why: impl Into<String>) -> Step<T> {
    Err(Outcome::Skip(why.into()))
}

/// A refusal as an outcome of a directive that wanted the module.
fn refusal(e: Error) -> Outcome {
    if e.reason == Reason::ProposalUnknown { Outcome::Skip(show(&e)) } else { Outcome::Fail(show(&e)) }
}

fn show(e: &Error) -> String {
    format!("{}: {e}", e.reason.name())
}

/// Names to instances, for imports.
struct Linker<'s, 'p> {
    registered: &'s HashMap<String, Slot<'p>>,
}

impl<'p> Imports<'p> for Linker<'_, 'p> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'p>> {
        if import.module == "spectest"
            && let Some((_, sig)) = PRINTS.iter().find(|(name, _)| *name == import.name)
        {
            return Some(Extern::Host(HostFunc::new(&silent).with_sig(sig)));
        }
        let Slot::Live(instance) = self.registered.get(import.module)? else { return None };
        let module = instance.module();
        let index = (0..module.export_count()).find(|&i| module.export(i).is_some_and(|e| e.name == import.name))?;
        Some(Extern::Instance(*instance, index))
    }
}

/// The store of a script.
struct Store<'p> {
    pool: &'p Pool,
    stack: &'p Region,
    mode: Mode,
    budget: LoadBudget,
    closed: bool,
    spectest: Option<Instance<'p>>,
    current: Slot<'p>,
    instances: HashMap<String, Slot<'p>>,
    registered: HashMap<String, Slot<'p>>,
    definitions: HashMap<String, &'p [u8]>,
    last_definition: Option<&'p [u8]>,
    live: Vec<Instance<'p>>,
    fuel: u64,
    wording: Option<(String, String)>,
}

/// Runs a script in a mode; the hashes are those of its instances' final states, in order.
///
/// # Errors
/// When the script itself cannot be parsed.
pub fn run(script: &Script, mode: Mode) -> Result<(Vec<Record>, Vec<u64>), String> {
    let mut lexer = Lexer::new(script.text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(|e| e.to_string())?;
    let directives = parse::<Wast<'_>>(&buffer).map_err(|e| e.to_string())?.directives;

    let pool = Pool::new();
    let stack = Region::new(STACK);
    let budget = LoadBudget { proposals: script.proposals, ..engine::load_budget() };
    let mut store = Store {
        pool: &pool,
        stack: &stack,
        mode,
        budget,
        closed: script.closed,
        spectest: None,
        current: Slot::Failed,
        instances: HashMap::new(),
        registered: HashMap::new(),
        definitions: HashMap::new(),
        last_definition: None,
        live: Vec::new(),
        fuel: 0,
        wording: None,
    };
    store.make_spectest()?;
    let mut records = Vec::new();
    for mut directive in directives {
        let line = directive.span().linecol_in(script.text).0 + 1;
        let what = keyword(&directive);
        store.fuel = 0;
        store.wording = None;
        let ended = catch_unwind(AssertUnwindSafe(|| store.directive(&mut directive)));
        let outcome = match ended {
            Ok(Ok(())) => Outcome::Pass,
            Ok(Err(outcome)) => outcome,
            Err(panic) => Outcome::Fail(format!("panic: {}", panic_text(&panic))),
        };
        if matches!(directive, WastDirective::Module(_)) && outcome != Outcome::Pass {
            store.current = match outcome {
                Outcome::Skip(_) => Slot::Unsupported,
                _ => Slot::Failed,
            };
            if let WastDirective::Module(m) = &directive
                && let Some(id) = m.name()
            {
                store.instances.insert(id.name().to_string(), store.current);
            }
        }
        records.push(Record { line, what, outcome, fuel: store.fuel, wording: store.wording.take() });
    }
    let hashes = store.live.iter().map(|i| i.state_hash()).collect();
    Ok((records, hashes))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default()
}

fn keyword(directive: &WastDirective<'_>) -> &'static str {
    match directive {
        WastDirective::Module(_) => "module",
        WastDirective::ModuleDefinition(_) => "module definition",
        WastDirective::ModuleInstance { .. } => "module instance",
        WastDirective::AssertMalformed { .. } => "assert_malformed",
        WastDirective::AssertInvalid { .. } => "assert_invalid",
        WastDirective::AssertInvalidCustom { .. } => "assert_invalid_custom",
        WastDirective::AssertMalformedCustom { .. } => "assert_malformed_custom",
        WastDirective::Register { .. } => "register",
        WastDirective::Invoke(_) => "invoke",
        WastDirective::AssertTrap { .. } => "assert_trap",
        WastDirective::AssertReturn { .. } => "assert_return",
        WastDirective::AssertExhaustion { .. } => "assert_exhaustion",
        WastDirective::AssertUnlinkable { .. } => "assert_unlinkable",
        WastDirective::AssertException { .. } => "assert_exception",
        WastDirective::AssertSuspension { .. } => "assert_suspension",
        WastDirective::Thread(_) => "thread",
        WastDirective::Wait { .. } => "wait",
    }
}

impl<'p> Store<'p> {
    /// `spectest` as 2.0 has it, and its 64-bit table where that may be used. Scripts of versions
    /// without memory64 cannot import the latter, so leaving it in for all does no harm: it is loaded
    /// with every proposal on.
    fn make_spectest(&mut self) -> Result<(), String> {
        let buffer = ParseBuffer::new(SPECTEST).map_err(|e| e.to_string())?;
        let wasm = parse::<Wat<'_>>(&buffer).and_then(|mut w| w.encode()).map_err(|e| e.to_string())?;
        let wasm = self.pool.keep(wasm);
        let budget = LoadBudget { proposals: Proposals::ALL, ..engine::load_budget() };
        let made = engine::load(self.pool, wasm, &budget, Feed::Whole)
            .and_then(|module| engine::instantiate(self.pool, module, wasm, &(), &[]));
        let instance = made.map_err(|e| format!("spectest: {}", show(&e)))?;
        self.spectest = Some(instance);
        self.live.push(instance);
        self.registered.insert("spectest".into(), Slot::Live(instance));
        Ok(())
    }

    fn directive(&mut self, directive: &mut WastDirective<'_>) -> Step<()> {
        match directive {
            WastDirective::Module(module) => {
                let wasm = self.encode(module)?;
                let instance = self.instantiate(wasm)?;
                self.current = Slot::Live(instance);
                if let Some(id) = module.name() {
                    self.instances.insert(id.name().into(), self.current);
                }
                Ok(())
            }
            WastDirective::ModuleDefinition(module) => {
                let name = module.name().map(|id| id.name().to_string());
                let wasm = self.encode(module)?;
                self.last_definition = Some(wasm);
                if let Some(name) = name {
                    self.definitions.insert(name, wasm);
                }
                // Definitions may be larger than what anybody would instantiate.
                let budget = LoadBudget { max_table_elements: u32::MAX, max_memory_bytes: u64::MAX, ..self.budget };
                engine::load(self.pool, wasm, &budget, self.mode.feed).map(|_| ()).map_err(refusal)
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                let wasm = match module {
                    Some(id) => self.definitions.get(id.name()).copied(),
                    None => self.last_definition,
                };
                let Some(wasm) = wasm else { return fail("no such definition") };
                let made = self.instantiate(wasm);
                self.current = match &made {
                    Ok(made) => Slot::Live(*made),
                    Err(Outcome::Skip(_)) => Slot::Unsupported,
                    Err(_) => Slot::Failed,
                };
                if let Some(id) = instance {
                    self.instances.insert(id.name().into(), self.current);
                }
                made.map(|_| ())
            }
            WastDirective::Register { name, module, .. } => {
                let slot = match module {
                    Some(id) => self.instances.get(id.name()).copied().unwrap_or(Slot::Failed),
                    None => self.current,
                };
                self.registered.insert((*name).into(), slot);
                live(slot).map(|_| ())
            }
            WastDirective::Invoke(invoke) => match self.invoke(invoke)? {
                Ok(_) => Ok(()),
                Err(e) => fail(show(&e)),
            },
            WastDirective::AssertReturn { exec, results, .. } => {
                let instance = match exec {
                    WastExecute::Invoke(invoke) => self.instance(invoke.module.as_ref())?,
                    WastExecute::Get { module, .. } => self.instance(module.as_ref())?,
                    WastExecute::Wat(_) => self.instance(None)?,
                };
                let got = match self.execute(exec)? {
                    Ok(got) => got,
                    Err(e) => return fail(show(&e)),
                };
                if got.len() != results.len() {
                    return fail(format!("{} results, expected {}", got.len(), results.len()));
                }
                for (got, want) in got.iter().zip(results.iter()) {
                    match values::matches(instance, *got, want) {
                        Ok(true) => {}
                        Ok(false) => return skip("an expectation of types not built in"),
                        Err(want) => return fail(format!("got {}, expected {want}", values::show(got))),
                    }
                }
                Ok(())
            }
            WastDirective::AssertTrap { exec, message, .. } => match self.execute(exec)? {
                Ok(_) => fail(format!("no trap, expected: {message}")),
                Err(e) if reasons::trap_is(&e, message) => Ok(()),
                Err(e) => fail(format!("{}, expected: {message}", show(&e))),
            },
            WastDirective::AssertExhaustion { call, message, .. } => match self.invoke(call)? {
                Ok(_) => fail(format!("no trap, expected: {message}")),
                Err(e) if reasons::trap_is(&e, message) => Ok(()),
                Err(e) => fail(format!("{}, expected: {message}", show(&e))),
            },
            WastDirective::AssertMalformed { module, message, .. } => self.refused(module, message, false),
            WastDirective::AssertInvalid { module, message, .. } => self.refused(module, message, true),
            WastDirective::AssertMalformedCustom { module, message, .. }
            | WastDirective::AssertInvalidCustom { module, message, .. } => match self.encode(module) {
                Err(_) => Err(Outcome::Text),
                Ok(_) => fail(format!("the text was accepted, expected: {message}")),
            },
            WastDirective::AssertUnlinkable { module, message, .. } => {
                let wasm = module.encode().map_err(|e| Outcome::Fail(e.to_string()))?;
                let wasm = self.pool.keep(wasm);
                let module = self.load(wasm).map_err(refusal)?;
                match self.link(module, wasm)? {
                    Ok(_) => fail(format!("it linked, expected: {message}")),
                    Err(e) if reasons::unlinkable_as(&e, message) => Ok(()),
                    Err(e) => fail(format!("{}, expected: {message}", show(&e))),
                }
            }
            WastDirective::AssertException { exec, .. } => match self.execute(exec)? {
                Ok(_) => fail("no exception"),
                Err(e) if e.reason == Reason::UncaughtException => Ok(()),
                Err(e) => fail(show(&e)),
            },
            WastDirective::AssertSuspension { .. } | WastDirective::Thread(_) | WastDirective::Wait { .. } => {
                fail("the engine has no threads or suspensions")
            }
        }
    }

    fn encode(&self, module: &mut QuoteWat<'_>) -> Step<&'p [u8]> {
        module.encode().map(|wasm| self.pool.keep(wasm)).map_err(|e| Outcome::Fail(format!("text: {e}")))
    }

    fn load(&self, wasm: &'p [u8]) -> Result<Module<'p>, Error> {
        engine::load(self.pool, wasm, &self.budget, self.mode.feed)
    }

    /// The module must be refused.
    fn refused(&mut self, module: &mut QuoteWat<'_>, message: &str, invalid: bool) -> Step<()> {
        let Ok(wasm) = module.encode() else {
            return if invalid { fail("the text cannot be encoded") } else { Err(Outcome::Text) };
        };
        let wasm = self.pool.keep(wasm);
        match self.load(wasm) {
            Ok(_) => fail(format!("accepted, expected: {message}")),
            Err(e) if reasons::refused_as(&e, invalid, self.closed) => {
                if !reasons::worded_as(&e, message) {
                    self.wording = Some((message.into(), show(&e)));
                }
                Ok(())
            }
            Err(e) if e.reason == Reason::ProposalUnknown => skip(show(&e)),
            Err(e) => fail(format!("{}, expected: {message}", show(&e))),
        }
    }

    /// Instantiates and runs the start function.
    fn instantiate(&mut self, wasm: &'p [u8]) -> Step<Instance<'p>> {
        let module = self.load(wasm).map_err(refusal)?;
        self.link(module, wasm)?.map_err(|e| Outcome::Fail(show(&e)))
    }

    /// Instantiates; the inner error is that of linking, of active segments or of the start function.
    fn link(&mut self, module: Module<'p>, wasm: &[u8]) -> Step<Result<Instance<'p>, Error>> {
        for i in 0..module.import_count() {
            let Some(import) = module.import(i) else { return fail(format!("import {i} is not there")) };
            if let Some(slot) = self.registered.get(import.module) {
                live(*slot)?;
            }
        }
        let linked: Vec<Instance<'p>> = self.spectest.into_iter().collect();
        let linker = Linker { registered: &self.registered };
        let instance = match engine::instantiate(self.pool, module, wasm, &linker, &linked) {
            Ok(instance) => instance,
            Err(e) => return Ok(Err(e)),
        };
        self.live.push(instance);
        instance.set_collection(self.mode.collection);
        match engine::start_instance(self.stack, instance, self.mode.backend) {
            Ok(fuel) => {
                self.fuel = fuel;
                Ok(Ok(instance))
            }
            Err(e) => Ok(Err(e)),
        }
    }

    fn instance(&self, id: Option<&wast::token::Id<'_>>) -> Step<Instance<'p>> {
        live(match id {
            Some(id) => self.instances.get(id.name()).copied().unwrap_or(Slot::Failed),
            None => self.current,
        })
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Step<Result<Vec<(Value, ValType)>, Error>> {
        let instance = self.instance(invoke.module.as_ref())?;
        let Some(args) = invoke.args.iter().map(values::argument).collect::<Option<Vec<Value>>>() else {
            return skip("an argument of a type not built in");
        };
        Ok(engine::call(self.stack, instance, invoke.name, &args, self.mode.backend).map(|returned| {
            self.fuel = returned.fuel;
            returned.values
        }))
    }

    fn execute(&mut self, exec: &mut WastExecute<'_>) -> Step<Result<Vec<(Value, ValType)>, Error>> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(invoke),
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(module.as_ref())?;
                Ok(instance.export_global(global).and_then(|i| instance.global_get(i)).map(|v| vec![v]))
            }
            WastExecute::Wat(wat) => {
                let wasm = wat.encode().map_err(|e| Outcome::Fail(e.to_string()))?;
                let wasm = self.pool.keep(wasm);
                let module = self.load(wasm).map_err(refusal)?;
                Ok(self.link(module, wasm)?.map(|_| Vec::new()))
            }
        }
    }
}

fn live(slot: Slot<'_>) -> Step<Instance<'_>> {
    match slot {
        Slot::Live(instance) => Ok(instance),
        Slot::Unsupported => skip("it depends on a module that is refused by name"),
        Slot::Failed => fail("the instance is not there"),
    }
}
