//! SpaceWasm: WebAssembly 1.0 for spacecraft, fuel counted by instruction of its own. Must not know what is measured.

use spacewasm::{
    AllocError, Allocator, CodeBuilder, CompilerOptions, Engine, ExportDesc, HostFunction, HostFunctionBreak,
    HostModule, HostName, HostValList, InnerVec, Interpreter, InterpreterResult, InterpreterRunner, Memory, Module,
    ModuleRef, Rc, Ref, ValType, Value, Vec as Fixed, WasmMemoryAllocator, WasmRef, WasmStream,
};
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::ops::ControlFlow;
use std::ptr::NonNull;
use wrt_bench_peer::{Bytes, Crossings, Guest, Import, Preview1, Program, Runtime, Ty, step, stub_result, sum};

/// Words of four bytes for the guest's stack.
const STACK_WORDS: usize = 1 << 20;
/// Pages of 512 bytes for translated code; only the table of their addresses is taken at once.
const CODE_PAGES: usize = 1 << 16;
/// Blocks within each other, and operands on the stack, that the translator has room for.
const MAX_CONTROL_FRAMES: usize = 512;
const MAX_STACK_DEPTH: usize = 1024;

/// The host's allocator, for what the runtime needs and for linear memories.
struct System;

// SAFETY: the host's allocator keeps the contract, and a null is told as an error.
unsafe impl Allocator for System {
    unsafe fn alloc(&self, layout: Layout) -> Result<*mut u8, AllocError> {
        // SAFETY: the caller vouches for the layout.
        let base = unsafe { alloc(layout) };
        if base.is_null() { Err(AllocError::AllocationFailed) } else { Ok(base) }
    }

    unsafe fn dealloc(&self, base: *mut u8, layout: Layout) {
        // SAFETY: the caller vouches for both.
        unsafe { dealloc(base, layout) }
    }
}

spacewasm::global_allocator!(System, System);

impl WasmMemoryAllocator for System {
    fn allocate(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        // SAFETY: the runtime asks for no empty memory.
        NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(AllocError::AllocationFailed)
    }

    fn reallocate(&self, base: NonNull<u8>, old: Layout, new: Layout) -> Result<NonNull<u8>, AllocError> {
        // SAFETY: `base` came from `allocate` with the old layout.
        let grown = unsafe { realloc(base.as_ptr(), old, new.size()) };
        NonNull::new(grown).ok_or(AllocError::AllocationFailed)
    }

    fn deallocate(&self, base: NonNull<u8>, layout: Layout) {
        // SAFETY: `base` came from `allocate` with this layout.
        unsafe { dealloc(base.as_ptr(), layout) }
    }
}

/// A module's bytes, given in one piece.
struct Whole(Vec<u8>, bool);

impl WasmStream for Whole {
    fn read(&mut self) -> Result<Option<InnerVec<u8>>, u8> {
        if std::mem::replace(&mut self.1, true) {
            return Ok(None);
        }
        // SAFETY: the bytes live as long as the stream, and the piece does not own them.
        Ok(Some(unsafe { InnerVec::from_raw_parts(self.0.as_mut_ptr(), self.0.len(), self.0.len()) }))
    }

    fn return_(&mut self, _: InnerVec<u8>) {}
}

struct Ready {
    engine: Engine,
    code: CodeBuilder,
    module: ModuleRef,
}

struct Running(Ready, WasmRef, ValType);

struct Crossing {
    ready: Ready,
    empty: WasmRef,
    add: WasmRef,
    host: WasmRef,
    bare: WasmRef,
}

fn text(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

fn list(types: &[Ty]) -> Result<HostValList, String> {
    let spelled = types.iter().map(|ty| match ty {
        Ty::I32 => 'i',
        Ty::I64 => 'I',
        Ty::F32 => 'f',
        Ty::F64 => 'd',
    });
    HostValList::try_new(&spelled.collect::<String>()).map_err(text)
}

/// The memory of a program that is run whole.
struct Lent<'m>(&'m Memory);

impl Bytes for Lent<'_> {
    fn read(&self, at: u32, into: &mut [u8]) -> bool {
        self.0.load(at as usize, into.len()).map(|bytes| into.copy_from_slice(bytes)).is_ok()
    }

    fn write(&mut self, at: u32, from: &[u8]) -> bool {
        self.0.store(at as usize, from).is_ok()
    }
}

/// One function of the system for such a program.
fn system_function(import: &Import, system: &Preview1) -> Result<HostFunction, String> {
    let (system, called, answers) = (system.clone(), import.name.clone(), !import.results.is_empty());
    let name = HostName::try_from_str(&import.name).map_err(|_| format!("the name {} is too long", import.name))?;
    let (params, results) = (list(&import.params)?, list(&import.results)?);
    HostFunction::try_new(name, params, results, move |engine, args| {
        let args: Vec<i64> = args
            .iter()
            .map(|arg| match arg {
                Value::I32(v) => (*v).into(),
                Value::I64(v) => *v,
                _ => 0,
            })
            .collect();
        // There is one module.
        match system.call(&called, &args, &mut Lent(engine.store.get_memory(ModuleRef(0)))) {
            Some(answer) => ControlFlow::Continue(answers.then_some(Value::I32(answer))),
            None => ControlFlow::Break(HostFunctionBreak::Trap),
        }
    })
    .map_err(text)
}

fn stub(import: &Import) -> Result<HostFunction, String> {
    let answer = stub_result(&import.module, &import.name);
    let value = import.results.first().map(|ty| match ty {
        Ty::I32 => Value::I32(answer as i32),
        Ty::I64 => Value::I64(answer),
        Ty::F32 => Value::F32(answer as f32),
        Ty::F64 => Value::F64(answer as f64),
    });
    let name = HostName::try_from_str(&import.name).map_err(|_| format!("the name {} is too long", import.name))?;
    let (params, results) = (list(&import.params)?, list(&import.results)?);
    HostFunction::try_new(name, params, results, move |_, _| ControlFlow::Continue(value)).map_err(text)
}

/// A host module of these functions.
fn module(name: &str, functions: Vec<HostFunction>) -> Result<HostModule, String> {
    let name = HostName::try_from_str(name).map_err(|_| format!("the name {name} is too long"))?;
    let mut own = Fixed::new(functions.len()).map_err(text)?;
    for function in functions {
        own.try_push(function).map_err(text)?;
    }
    Ok(HostModule {
        name,
        globals: Fixed::new(0).map_err(text)?,
        functions: own,
        memory: Fixed::new(0).map_err(text)?,
        table: Fixed::new(0).map_err(text)?,
    })
}

fn stubs(wasm: &[u8]) -> Result<Vec<HostModule>, String> {
    host_modules(wasm, stub)
}

/// The modules that `wasm` imports from, with their functions as `make` has them.
fn host_modules(
    wasm: &[u8],
    make: impl Fn(&Import) -> Result<HostFunction, String>,
) -> Result<Vec<HostModule>, String> {
    let imports = wrt_bench_peer::Module::read(wasm)?.imports;
    let mut names: Vec<&str> = imports.iter().map(|import| import.module.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let functions = |name| imports.iter().filter(|import| import.module == name).map(&make).collect::<Result<_, _>>();
    names.iter().map(|&name| module(name, functions(name)?)).collect()
}

impl Ready {
    fn new(wasm: &[u8], hosts: Vec<HostModule>) -> Result<Self, String> {
        let mut own = Fixed::new(hosts.len()).map_err(text)?;
        for host in hosts {
            own.try_push(host).map_err(text)?;
        }
        let mut engine = Engine::new(STACK_WORDS, 1, own).map_err(text)?;
        let options =
            CompilerOptions { allow_memory_grow: true, max_backpatch_iterations: None, max_code_pages: CODE_PAGES };
        let mut code = CodeBuilder::new(options).map_err(text)?;
        let memories = Rc::new(System).map_err(text)?.into_wasm_memory_allocator();
        let mut stream = Whole(wasm.to_vec(), false);
        let module = Module::new::<MAX_CONTROL_FRAMES, MAX_STACK_DEPTH>(
            "main",
            &mut stream,
            &mut engine.store,
            &mut code,
            memories,
        );
        let module = engine.push_module(module.map_err(text)?).map_err(text)?;
        let mut ready = Self { engine, code, module };
        if let Some(start) = ready.engine.module_start(module) {
            ready.call(start, &[])?;
        }
        Ok(ready)
    }

    fn find(&self, name: &str) -> Result<WasmRef, String> {
        let module = &self.engine.store.modules()[usize::from(self.module.0)];
        let export = module.exports.iter().find(|export| export.name == name);
        let Some(ExportDesc::Func(index)) = export.map(|export| &export.desc) else {
            return Err(format!("no export {name}"));
        };
        match module.get_func_ref(*index) {
            Some(Ref::Module(index)) => Ok(WasmRef { module: self.module, index }),
            other => Err(format!("{name} is not a function of the module: {other:?}")),
        }
    }

    fn result_type(&self, func: &WasmRef) -> Option<ValType> {
        let module = &self.engine.store.modules()[usize::from(self.module.0)];
        let func = &module.functions[usize::from(func.index)];
        module.types[func.ty.0 as usize].returns.first().copied()
    }

    fn call(&mut self, func: WasmRef, args: &[Value]) -> Result<(), String> {
        self.engine.invoke(func, args).map_err(text)?;
        match Interpreter.run(self.code.pages(), &mut self.engine, usize::MAX) {
            InterpreterResult::Finished => Ok(()),
            other => Err(text(other)),
        }
    }

    fn result(&self, ty: ValType) -> Result<Value, String> {
        self.engine.result.map(|raw| raw.to_value(ty)).ok_or_else(|| "there is no result".into())
    }

    /// Calls a function that returns one `i32`; there are no typed calls.
    fn number(&mut self, func: WasmRef, args: &[Value]) -> Result<i32, String> {
        self.call(func, args)?;
        match self.result(ValType::I32)? {
            Value::I32(v) => Ok(v),
            _ => Err("the result is not an i32".into()),
        }
    }
}

pub struct SpaceWasm;

/// The bytes of a module that is run whole: a module does not exist without an engine and its memory.
struct WholeBytes(Vec<u8>);

impl Program for WholeBytes {
    fn start(&mut self) -> Result<i64, String> {
        let system = Preview1::default();
        let mut ready = Ready::new(&self.0, host_modules(&self.0, |import| system_function(import, &system))?)?;
        let start = ready.find("_start")?;
        system.outcome(ready.call(start, &[]))
    }
}

impl Runtime for SpaceWasm {
    fn name(&self) -> &str {
        "spacewasm"
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        let mut ready = Ready::new(wasm, stubs(wasm)?)?;
        if let Ok(init) = ready.find("_initialize") {
            ready.call(init, &[])?;
        }
        let run = ready.find("run")?;
        let ty = ready.result_type(&run).ok_or("`run` has no result")?;
        Ok(Box::new(Running(ready, run, ty)))
    }

    /// Translates into a store, so that there is an instance as well.
    fn load(&mut self, wasm: &[u8]) -> Option<Result<(), String>> {
        Some(stubs(wasm).and_then(|hosts| Ready::new(wasm, hosts)).map(drop))
    }

    fn program(&mut self, wasm: &[u8]) -> Result<Box<dyn Program>, String> {
        Ok(Box::new(WholeBytes(wasm.to_vec())))
    }

    fn crossings(&mut self, wasm: &[u8]) -> Result<Box<dyn Crossings>, String> {
        let one = HostValList::try_new("i").map_err(text)?;
        let function = HostFunction::try_new(HostName::new("step"), one, one, |_, args| match args {
            [Value::I32(x)] => ControlFlow::Continue(Some(Value::I32(step(*x)))),
            _ => ControlFlow::Continue(None),
        });
        let ready = Ready::new(wasm, vec![module("host", vec![function.map_err(text)?])?])?;
        Ok(Box::new(Crossing {
            empty: ready.find("empty")?,
            add: ready.find("add")?,
            host: ready.find("host")?,
            bare: ready.find("bare")?,
            ready,
        }))
    }
}

impl Guest for Running {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        let Self(ready, run, ty) = self;
        ready.call(*run, &[Value::I32(n)])?;
        match ready.result(*ty)? {
            Value::I32(v) => Ok(v.into()),
            Value::I64(v) => Ok(v),
            _ => Err("the result of `run` is not an integer".into()),
        }
    }
}

impl Crossings for Crossing {
    fn empty(&mut self, times: i32) -> Result<(), String> {
        (0..times).try_for_each(|_| self.ready.call(self.empty, &[]))
    }

    fn add(&mut self, times: i32) -> Result<i32, String> {
        sum(times, |a, b| self.ready.number(self.add, &[Value::I32(a), Value::I32(b)]))
    }

    fn host(&mut self, times: i32) -> Result<i32, String> {
        self.ready.number(self.host, &[Value::I32(times)])
    }

    fn bare(&mut self, times: i32) -> Result<i32, String> {
        self.ready.number(self.bare, &[Value::I32(times)])
    }
}
