//! The class by which JavaScript makes and reaches instances, and what they share.
//!
//! Results that are not small numbers come through the shared buffer; errors are left for `lastError`.

use crate::cell::StoreCell;
use crate::entry::NativeEntry;
use crate::memory::{MemCell, NativeMemory};
use crate::module::{NativeModule, numbers};
use crate::report::{self, NativeUsage};
use crate::shared::{NativeShared, VALUES, word};
use crate::task::NativeTask;
use crate::wasi::NativeWasi;
use napi::bindgen_prelude::*;
use napi_derive::napi;
use std::rc::Rc;
use wrt_core::{ExternKind, HostError, Limits, Reference, RunBudget, Status, Usage, ValType, Value};
use wrt_host::store::{Given, Item, Place, Snapshot, Store, StoreSettings};

fn item(kind: ExternKind, place: Place) -> Item {
    match kind {
        ExternKind::Func => Item::Func(place),
        ExternKind::Table => Item::Table(place),
        ExternKind::Memory => Item::Memory(place),
        ExternKind::Global => Item::Global(place),
        ExternKind::Tag => Item::Tag(place),
    }
}

/// Types by their numbers.
fn types(numbers: &[u32]) -> Vec<ValType> {
    numbers.iter().map(|n| ValType(*n)).collect()
}

/// What an import is given, as JavaScript says it.
const HOST: u32 = 1;
const ITEM: u32 = 2;
const WASI: u32 = 3;

/// A store.
#[napi]
pub struct NativeStore(pub(crate) Rc<StoreCell>);

#[napi]
impl NativeStore {
    /// An empty store; `lent` is memory that all of it lies in, and stays with it.
    #[napi(constructor)]
    pub fn new(
        env: Env,
        shared: &NativeShared,
        stack: BigInt,
        memory: Option<BigInt>,
        heap: BigInt,
        lent: Option<Object>,
    ) -> Result<Self> {
        let settings = StoreSettings {
            stack_bytes: stack.get_u64().1,
            max_memory_bytes: memory.map(|n| n.get_u64().1),
            heap_bytes: heap.get_u64().1,
        };
        let store = match lent {
            None => Store::new(settings),
            Some(lent) => Store::new_in(settings, crate::memory::lend(&env, &lent)?),
        };
        Ok(NativeStore(Rc::new(StoreCell::new(shared.0.clone(), store))))
    }

    /// Makes an instance; for each import of the module three numbers: what it is given, and two for where that is.
    /// Its number, or -1.
    #[napi]
    pub fn instantiate(
        &self,
        module: &NativeModule,
        given: Uint32Array,
        wasi: Option<&NativeWasi>,
        snapshot: Option<&NativeSnapshot>,
    ) -> f64 {
        let cell = &self.0;
        let made = || {
            let mut hosts = wasi.map(|wasi| wasi.imports(module.inner.module())).transpose()?.unwrap_or_default();
            let mut next = given.as_ref().chunks_exact(3);
            let resolve = |import: &wrt_core::Import<'_>| match next.next() {
                Some(&[HOST, function, _]) => Some(Given::Host(cell.closure(function))),
                Some(&[ITEM, instance, index]) => {
                    Some(Given::Item(item(kind_of(&import.ty), Place { instance, index })))
                }
                Some(&[WASI, ..]) => {
                    let found = hosts.iter_mut().find(|h| h.module == import.module && h.name == import.name)?;
                    // A module may import a function twice; the second needs one of its own.
                    let call = core::mem::replace(&mut found.call, Box::new(|_, _| Err(HostError::trap(0, c"moved"))));
                    let call = Rc::new(call);
                    let again = call.clone();
                    found.call = Box::new(move |caller, slots| again(caller, slots));
                    Some(Given::Host(Box::new(move |caller, slots| call(caller, slots))))
                }
                _ => None,
            };
            match snapshot {
                None => cell.store.instantiate(&module.inner, resolve).map(|instance| (instance, None)),
                Some(snapshot) => cell.store.restore(&module.inner, &snapshot.0, resolve),
            }
        };
        match made() {
            Ok((instance, task)) => {
                cell.let_go();
                cell.handed.set(task);
                cell.weigh_again();
                f64::from(instance)
            }
            Err(e) => {
                let mut error = report::error(&e, Some(module.inner.module()));
                let import = u32::try_from(e.detail).ok().and_then(|i| module.inner.module().import(i));
                if let (Status::Link, Some(import)) = (e.status(), import) {
                    error.message = format!("{}: {}.{}", error.message, import.module, import.name);
                }
                cell.shared.set_error(error);
                -1.0
            }
        }
    }

    /// Sets what calls of an instance's functions may spend where they do not say.
    #[napi]
    pub fn set_budget(&self, instance: u32, fuel: Option<BigInt>, depth: u32) {
        let fuel = fuel.map_or(u64::MAX, |n| n.get_u64().1);
        let budget = RunBudget { fuel, max_call_depth: depth, max_memory_bytes: u64::MAX };
        self.0.main(instance, |main| main.budget = budget);
    }

    /// Where the exports of an instance are defined, in the module's order, two numbers each.
    #[napi]
    pub fn exports(&self, instance: u32) -> Uint32Array {
        let places = self.0.store.exports(instance);
        Uint32Array::new(places.iter().flat_map(|e| [e.place().instance, e.place().index]).collect())
    }

    /// The short way into a function.
    #[napi]
    pub fn entry(&self, instance: u32, index: u32) -> Option<NativeEntry> {
        crate::entry::make(&self.0, Place { instance, index })
    }

    /// The parameters and results of a function, as numbers.
    #[napi]
    pub fn func_type(&self, instance: u32, index: u32) -> Vec<Vec<u32>> {
        let ty = self.0.store.func_type(Place { instance, index });
        ty.map_or_else(Vec::new, |(params, results)| vec![numbers(&params), numbers(&results)])
    }

    /// The task that the last call has left behind.
    #[napi]
    pub fn take_task(&self) -> Option<NativeTask> {
        self.0.handed.take().map(|id| NativeTask::of(self.0.clone(), id))
    }
    /// A task for the functions of an instance.
    #[napi]
    pub fn task(&self, instance: u32) -> Option<NativeTask> {
        let id = self.0.shared.keep(self.0.store.task(instance), None)?;
        Some(NativeTask::of(self.0.clone(), id))
    }

    /// What the last call of an instance's function has used.
    #[napi]
    pub fn usage(&self, instance: u32) -> NativeUsage {
        let (task, usage) = self.0.main(instance, |main| (main.task, main.usage));
        let own = || {
            let none = Usage::default();
            let usage = task.map_or(none, |task| self.0.store.usage(task));
            if task.is_some() { usage } else { Usage { memory_bytes: self.memory_bytes(instance), ..usage } }
        };
        report::usage(&usage.unwrap_or_else(own))
    }
    fn memory_bytes(&self, instance: u32) -> u64 {
        let lengths = (0..).map_while(|index| self.0.store.memory(Place { instance, index }).ok());
        lengths.map(|view| view.len).sum()
    }

    /// A hash of globals, tables and memories.
    #[napi]
    pub fn state_hash(&self, instance: u32) -> BigInt {
        self.0.store.state_hash(instance).unwrap_or(0).into()
    }
    /// Bytes of the lent memory that are taken.
    #[napi]
    pub fn lent_taken(&self) -> f64 {
        self.0.store.lent_taken() as f64
    }

    /// A function of the host's; its place as one number, or -1.
    #[napi]
    pub fn define_func(&self, params: Vec<u32>, results: Vec<u32>, function: u32) -> f64 {
        let cell = &self.0;
        cell.place(cell.store.define_func(&types(&params), &types(&results), cell.closure(function)))
    }
    /// A table of nulls, which may grow to `reserve` elements where it names no maximum.
    #[napi]
    pub fn define_table(&self, ty: u32, minimum: f64, maximum: Option<f64>, is64: bool, reserve: u32) -> f64 {
        let limits = Limits { min: minimum as u64, max: maximum.map_or(u64::MAX, |n| n as u64) };
        self.0.place(self.0.store.define_table_reserving(ValType(ty), limits, is64, reserve))
    }
    /// A global with the first value of the shared buffer.
    #[napi]
    pub fn define_global(&self, ty: u32, mutable: bool) -> f64 {
        self.0.place(self.0.store.define_global(ValType(ty), mutable, self.0.shared.first()))
    }
    /// A tag.
    #[napi]
    pub fn define_tag(&self, params: Vec<u32>) -> f64 {
        self.0.place(self.0.store.define_tag(&types(&params)))
    }
    /// A memory that JavaScript had before.
    #[napi]
    pub fn define_memory(&self, memory: &NativeMemory) -> f64 {
        self.0.place(MemCell::bind(&memory.0, &self.0))
    }
    /// A memory of an instance.
    #[napi]
    pub fn memory(&self, instance: u32, index: u32) -> Option<NativeMemory> {
        let place = Place { instance, index };
        self.0.store.memory(place).ok()?;
        Some(NativeMemory(Rc::new(MemCell::of(self.0.clone(), place))))
    }

    /// Reads a global into the shared buffer; its type, 0 where there is none.
    #[napi]
    pub fn global_get(&self, instance: u32, index: u32) -> u32 {
        let read = self.0.store.global_get(Place { instance, index });
        self.0.shared.keep(read, None).map_or(0, |(value, ty)| {
            self.0.shared.write(&[value]);
            ty.0
        })
    }
    /// Sets a global to the first value of the shared buffer.
    #[napi]
    pub fn global_set(&self, instance: u32, index: u32) -> bool {
        self.0.done(self.0.store.global_set(Place { instance, index }, self.0.shared.first()))
    }

    /// Elements of a table; -1 where there is none.
    #[napi]
    pub fn table_len(&self, instance: u32, index: u32) -> f64 {
        self.0.store.table_len(Place { instance, index }).map_or(-1.0, |n| n as f64)
    }
    /// Reads an element into the shared buffer.
    #[napi]
    pub fn table_get(&self, instance: u32, index: u32, element: f64) -> bool {
        let read = self.0.store.table_get(Place { instance, index }, element as u64);
        self.0.shared.keep(read, None).map(|value| self.0.shared.write(&[value])).is_some()
    }
    /// Sets an element to the first value of the shared buffer.
    #[napi]
    pub fn table_set(&self, instance: u32, index: u32, element: f64) -> bool {
        self.0.done(self.0.store.table_set(Place { instance, index }, element as u64, self.0.shared.first()))
    }
    /// Grows a table by copies of the first value of the shared buffer; the elements before, or -1.
    #[napi]
    pub fn table_grow(&self, instance: u32, index: u32, more: f64) -> f64 {
        let grown = self.0.store.table_grow(Place { instance, index }, more as u64, self.0.shared.first());
        grown.map_or(-1.0, |old| old as f64)
    }

    /// Makes an exception of a tag with values of the shared buffer; 0 where it cannot be made.
    #[napi]
    pub fn exception(&self, instance: u32, index: u32, count: u32) -> u32 {
        let mut values = vec![Value::ZERO; (count as usize).min(VALUES)];
        self.0.shared.read(&mut values);
        let made = self.0.store.exception_new(Place { instance, index }, &values);
        self.0.shared.keep(made, None).map_or(0, |exception| exception.ref_() as u32)
    }
    /// Leaves tag and values of an exception in the shared buffer.
    #[napi]
    pub fn exception_read(&self, exception: u32) -> bool {
        self.0.tell_exception(Value::from_ref(exception.into()))
    }
    /// The parameters of a tag's type.
    #[napi]
    pub fn tag_type(&self, instance: u32, index: u32) -> Vec<u32> {
        self.0.store.tag_type(Place { instance, index }).map_or_else(Vec::new, |params| numbers(&params))
    }

    /// What the first value of the shared buffer refers to: 0 nothing, 1 an integer, 2 an object, 3 a function, 4 a value of
    /// the host's, 5 an exception, -1 what is none. Its number is left in the buffer, the place of a function in its head.
    #[napi]
    pub fn reference(&self, ty: u32) -> i32 {
        let (shared, value) = (&self.0.shared, self.0.shared.first());
        match self.0.store.reference(value, ValType(ty)) {
            Ok(Reference::Null) => 0,
            Ok(Reference::I31(n)) => {
                shared.write(&[Value::from_i32(n)]);
                1
            }
            Ok(Reference::Struct | Reference::Array(_)) => 2,
            Ok(Reference::Func(_)) => match self.0.store.func_of(value) {
                Some(place) => {
                    shared.set_word(word::INSTANCE, place.instance as i32);
                    shared.set_word(word::INDEX, place.index as i32);
                    3
                }
                None => -1,
            },
            Ok(Reference::Host(n)) => {
                shared.write(&[Value::from_bits(n)]);
                4
            }
            Ok(Reference::Exception) => 5,
            Err(_) => -1,
        }
    }
    /// Leaves a reference to a function in the shared buffer.
    #[napi]
    pub fn func_ref(&self, instance: u32, index: u32) {
        self.0.shared.write(&[Store::func_ref(Place { instance, index })]);
    }

    /// State of an instance that is linked to no other, and of a stopped task of it.
    #[napi]
    pub fn snapshot(&self, instance: u32, task: Option<&NativeTask>) -> Option<NativeSnapshot> {
        let taken = self.0.store.snapshot(instance, task.map(NativeTask::id));
        self.0.shared.keep(taken, None).map(NativeSnapshot)
    }
}

fn kind_of(ty: &wrt_core::ExternType<'_>) -> ExternKind {
    use wrt_core::ExternType as T;
    match ty {
        T::Func(_) => ExternKind::Func,
        T::Table(..) => ExternKind::Table,
        T::Memory(_) => ExternKind::Memory,
        T::Global(..) => ExternKind::Global,
        T::Tag(_) => ExternKind::Tag,
    }
}

/// The state of an instance.
#[napi]
pub struct NativeSnapshot(Snapshot);

#[napi]
impl NativeSnapshot {
    /// As bytes.
    #[napi]
    pub fn to_bytes(&self) -> Buffer {
        self.0.to_bytes().into()
    }
    /// Whether a call was stopped when it was taken.
    #[napi]
    pub fn has_task(&self) -> bool {
        self.0.has_task()
    }
}

/// A snapshot of bytes; nothing where they are none.
#[napi]
pub fn snapshot_from_bytes(shared: &NativeShared, bytes: &[u8]) -> Option<NativeSnapshot> {
    shared.0.keep(Snapshot::from_bytes(bytes), None).map(NativeSnapshot)
}
