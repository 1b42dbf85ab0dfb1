//! An instance, and JavaScript functions as its imports.

use crate::module::{NativeModule, signature};
use crate::report::{self, NativeError, NativeUsage};
use napi::bindgen_prelude::*;
use napi_derive::napi;
use wrt_core::{Completion, Error, HostError, Outcome, Reason, RunBudget, Value};
use wrt_host::{HostImport, OwnedInstance, Settings};

/// Frames that an error carries at most.
const FRAMES: usize = 256;

/// A JavaScript function: parameters as bits to results as bits; nothing where it threw.
type Adapter = FunctionRef<BigUint64Array, Option<BigUint64Array>>;

/// A function that a module imports.
#[napi(object, object_to_js = false)]
pub struct NativeFunction {
    pub module: String,
    pub name: String,
    pub call: Adapter,
}

/// An instance with its task.
#[napi]
pub struct NativeInstance {
    owned: OwnedInstance,
    max_depth: u32,
}

/// An instance, or why not.
#[napi(object, object_from_js = false)]
pub struct Instantiated {
    pub value: Option<NativeInstance>,
    pub error: Option<NativeError>,
}

/// Bits of results, or why not.
#[napi(object)]
pub struct Ran {
    pub value: Option<BigUint64Array>,
    pub error: Option<NativeError>,
}

/// A text, or why not.
#[napi(object)]
pub struct Text {
    pub value: Option<String>,
    pub error: Option<NativeError>,
}

/// Bytes, or why not.
#[napi(object)]
pub struct Bytes {
    pub value: Option<Buffer>,
    pub error: Option<NativeError>,
}

/// A number, or why not.
#[napi(object)]
pub struct Number {
    pub value: Option<f64>,
    pub error: Option<NativeError>,
}

fn bits(n: Option<BigInt>) -> Option<u64> {
    n.map(|n| n.get_u64().1)
}

/// Makes an instance.
#[napi]
pub fn instantiate(
    env: Env,
    module: &NativeModule,
    functions: Vec<NativeFunction>,
    memory: Option<BigInt>,
    stack: Option<BigInt>,
    max_depth: u32,
) -> Instantiated {
    let host = functions.into_iter().map(|f| bind(env, f)).collect();
    let defaults = Settings::default();
    let settings = Settings {
        stack_bytes: bits(stack).unwrap_or(defaults.stack_bytes),
        max_memory_bytes: bits(memory),
        ..defaults
    };
    match OwnedInstance::new(module.inner.clone(), host, &settings) {
        Ok(owned) => Instantiated { value: Some(NativeInstance { owned, max_depth }), error: None },
        Err(e) => {
            let mut error = report::error(&e, Some(module.inner.module()));
            let import = u32::try_from(e.detail).ok().and_then(|i| module.inner.module().import(i));
            if let (Reason::UnknownImport | Reason::IncompatibleImport, Some(import)) = (e.reason, import) {
                error.message = format!("{}: {}.{}", error.message, import.module, import.name);
            }
            Instantiated { value: None, error: Some(error) }
        }
    }
}

/// Two words for each value, the low one first.
fn words(values: &[Value]) -> Vec<u64> {
    values.iter().flat_map(|v| [v.bits(), (v.v128() >> 64) as u64]).collect()
}

fn values(words: &[u64]) -> impl Iterator<Item = Value> {
    let (pairs, _) = words.as_chunks::<2>();
    pairs.iter().map(|[low, high]| Value::from_v128(u128::from(*low) | u128::from(*high) << 64))
}

fn bind(env: Env, function: NativeFunction) -> HostImport {
    let NativeFunction { module, name, call } = function;
    HostImport {
        module,
        name,
        call: Box::new(move |_, slots| {
            let threw = HostError::trap(0, c"an imported JavaScript function threw");
            let parameters = words(slots);
            let function = call.borrow_back(&env).map_err(|_| threw)?;
            let results = function.call(BigUint64Array::new(parameters)).map_err(|_| threw)?.ok_or(threw)?;
            for (slot, result) in slots.iter_mut().zip(values(results.as_ref())) {
                *slot = result;
            }
            Ok(Completion::Done)
        }),
    }
}

#[napi]
impl NativeInstance {
    fn error(&self, e: &Error) -> NativeError {
        report::error(e, Some(self.owned.module().module()))
    }

    /// The signature of an exported function.
    #[napi]
    pub fn signature(&self, name: String) -> Text {
        match self.owned.export_func(&name) {
            Ok(func) => Text { value: self.owned.func_type(func).map(signature), error: None },
            Err(e) => {
                let mut error = self.error(&e);
                if e.reason == Reason::ExportNotFound {
                    error.message = format!("no function `{name}` is exported");
                }
                Text { value: None, error: Some(error) }
            }
        }
    }

    /// Makes a call ready; what was ready before is given up.
    #[napi]
    pub fn start(&self, name: String, arguments: BigUint64Array) -> Ran {
        self.owned.reset();
        let values: Vec<Value> = values(arguments.as_ref()).collect();
        let started = self.owned.export_func(&name).and_then(|func| self.owned.start(func, &values));
        Ran { value: None, error: started.err().map(|e| self.error(&e)) }
    }

    /// Runs or continues what was made ready.
    #[napi]
    pub fn run(&self, fuel: Option<BigInt>) -> Ran {
        let fuel = bits(fuel).unwrap_or(u64::MAX);
        let budget = RunBudget { max_call_depth: self.max_depth, fuel, max_memory_bytes: u64::MAX };
        let mut error = match self.owned.run(&budget) {
            Ok(Outcome::Done) => return self.results(),
            Ok(Outcome::Fuel) => report::out_of_fuel(self.owned.usage().fuel_used),
            Ok(_) => self.error(&Error::new(Reason::NotFinished)),
            Err(e) => self.error(&e),
        };
        error.frames = report::frames(&self.owned.backtrace(FRAMES), self.owned.module().module());
        Ran { value: None, error: Some(error) }
    }

    fn results(&self) -> Ran {
        let count = self.owned.results(&mut []);
        let mut out = vec![Value::ZERO; count.unwrap_or(0)];
        match self.owned.results(&mut out) {
            Ok(_) => Ran { value: Some(BigUint64Array::new(words(&out))), error: None },
            Err(e) => Ran { value: None, error: Some(self.error(&e)) },
        }
    }

    /// What the last call has used.
    #[napi]
    pub fn usage(&self) -> NativeUsage {
        report::usage(&self.owned.usage())
    }
    /// A hash of globals, tables and memories.
    #[napi]
    pub fn state_hash(&self) -> BigInt {
        self.owned.state_hash().into()
    }

    /// Copies from memory 0.
    #[napi]
    pub fn memory_read(&self, addr: Option<BigInt>, n: Option<BigInt>) -> Bytes {
        let (addr, n) = (bits(addr).unwrap_or(0), bits(n).unwrap_or(0));
        let copy = || {
            // Before the bytes are allocated, so that a wrong length costs nothing.
            let len = self.owned.memory_len(0)?;
            if addr.checked_add(n).is_none_or(|end| end > len) {
                return Err(Error::new(Reason::HostMemoryBounds));
            }
            let mut bytes = vec![0; n as usize];
            self.owned.memory_read(0, addr, &mut bytes).map(|()| bytes)
        };
        match copy() {
            Ok(bytes) => Bytes { value: Some(bytes.into()), error: None },
            Err(e) => Bytes { value: None, error: Some(self.error(&e)) },
        }
    }

    /// Copies to memory 0.
    #[napi]
    pub fn memory_write(&self, addr: Option<BigInt>, data: &[u8]) -> Number {
        let written = self.owned.memory_write(0, bits(addr).unwrap_or(0), data);
        Number { value: None, error: written.err().map(|e| self.error(&e)) }
    }

    /// Grows memory 0; the pages there were before, or -1.
    #[napi]
    pub fn memory_grow(&self, pages: Option<BigInt>) -> f64 {
        self.owned.memory_grow(0, bits(pages).unwrap_or(0)).map_or(-1.0, |old| old as f64)
    }

    /// Bytes in memory 0.
    #[napi]
    pub fn memory_length(&self) -> Number {
        match self.owned.memory_len(0) {
            Ok(len) => Number { value: Some(len as f64), error: None },
            Err(e) => Number { value: None, error: Some(self.error(&e)) },
        }
    }
}
