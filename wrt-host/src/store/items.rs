//! What instances of a store export and share: names for it, access to it, and things of the host's own.
//!
//! A place is the instance that defines something and its index there, so that equal places are the same thing, however
//! it was reached.

use super::{Given, Store, define, kind_of};
use crate::arena::MappedArena;
use crate::owned::{Closure, OwnedModule};
use wrt_core::{
    Error, ExternKind, ExternType, FuncType, HeapUsage, Limits, LoadBudget, MemoryType, MemoryView, Proposals, Reason,
    Reference, Tag, ValType, Value,
};

/// The instance that defines something, and its index there, imports first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Number of the instance in its store.
    pub instance: u32,
    /// Index in the index space of its kind.
    pub index: u32,
}

impl Place {
    /// A function of the host, which no instance defines.
    pub(super) const NOWHERE: Place = Place { instance: u32::MAX, index: u32::MAX };
}

/// Something that can be exported and imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// A function.
    Func(Place),
    /// A table.
    Table(Place),
    /// A memory.
    Memory(Place),
    /// A global.
    Global(Place),
    /// A tag of exceptions.
    Tag(Place),
}

impl Item {
    fn new(kind: ExternKind, place: Place) -> Item {
        match kind {
            ExternKind::Func => Item::Func(place),
            ExternKind::Table => Item::Table(place),
            ExternKind::Memory => Item::Memory(place),
            ExternKind::Global => Item::Global(place),
            ExternKind::Tag => Item::Tag(place),
        }
    }
    /// Which kind it is of.
    #[must_use]
    pub fn kind(self) -> ExternKind {
        match self {
            Item::Func(_) => ExternKind::Func,
            Item::Table(_) => ExternKind::Table,
            Item::Memory(_) => ExternKind::Memory,
            Item::Global(_) => ExternKind::Global,
            Item::Tag(_) => ExternKind::Tag,
        }
    }
    /// Where it is defined.
    #[must_use]
    pub fn place(self) -> Place {
        match self {
            Item::Func(p) | Item::Table(p) | Item::Memory(p) | Item::Global(p) | Item::Tag(p) => p,
        }
    }
}

impl Store {
    /// The place that defines index `index` of a kind in an instance. A function of the host counts as defined where it
    /// is imported.
    fn definition(&self, kind: ExternKind, instance: u32, index: u32) -> Place {
        let members = self.members.borrow();
        let imported =
            members.get(instance as usize).and_then(Option::as_ref).and_then(|m| m.imported.get(kind as usize));
        match imported.and_then(|list| list.get(index as usize)) {
            Some(place) if *place != Place::NOWHERE => *place,
            _ => Place { instance, index },
        }
    }

    /// What an instance exports, in the order of the binary: the names are those of its module's exports.
    #[must_use]
    pub fn exports(&self, instance: u32) -> Vec<Item> {
        let Some(module) = self.module(instance) else { return Vec::new() };
        let module = module.module();
        let item = |e: wrt_core::Export<'_>| {
            let kind = kind_of(&e.ty);
            Item::new(kind, self.definition(kind, instance, e.index))
        };
        (0..module.export_count()).filter_map(|e| module.export(e)).map(item).collect()
    }

    /// What an instance exports by a name.
    #[must_use]
    pub fn export(&self, instance: u32, name: &str) -> Option<Item> {
        let module = self.module(instance)?;
        let export = module.module().find_export(name)?;
        let kind = kind_of(&export.ty);
        Some(Item::new(kind, self.definition(kind, instance, export.index)))
    }

    /// The type of a function, parameters then results.
    #[must_use]
    pub fn func_type(&self, func: Place) -> Option<(Vec<ValType>, Vec<ValType>)> {
        let module = self.module(func.instance)?;
        module.module().func_type(func.index).map(|ty| (ty.params.to_vec(), ty.results.to_vec()))
    }

    /// The parameters of a tag's type.
    #[must_use]
    pub fn tag_type(&self, tag: Place) -> Option<Vec<ValType>> {
        self.module(tag.instance)?.module().tag_type(tag.index).map(|ty| ty.params.to_vec())
    }

    fn exported<T>(&self, place: Place, pick: impl Fn(&ExternType<'_>) -> Option<T>) -> Result<T, Error> {
        let module = self.module(place.instance).ok_or(Reason::UnknownIndex)?;
        let module = module.module();
        let found = (0..module.export_count())
            .filter_map(|e| module.export(e))
            .find_map(|e| if e.index == place.index { pick(&e.ty) } else { None });
        Ok(found.ok_or(Reason::UnknownIndex)?)
    }

    /// The type of a memory, as it was declared.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`], also for one that is not exported.
    pub fn memory_type(&self, memory: Place) -> Result<MemoryType, Error> {
        self.exported(memory, |ty| if let ExternType::Memory(ty) = ty { Some(*ty) } else { None })
    }

    /// The type of a table's elements, its limits as declared, and whether its index type is `i64`.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`], also for one that is not exported.
    pub fn table_type(&self, table: Place) -> Result<(ValType, Limits, bool), Error> {
        self.exported(table, |ty| {
            if let ExternType::Table(ty, limits, is64) = ty { Some((*ty, *limits, *is64)) } else { None }
        })
    }

    /// The type of a global, and whether it is mutable.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`], also for one that is not exported.
    pub fn global_type(&self, global: Place) -> Result<(ValType, bool), Error> {
        self.exported(global, |ty| if let ExternType::Global(ty, mutable) = ty { Some((*ty, *mutable)) } else { None })
    }

    /// A memory as it is now. Its bytes are there as long as the store; a guest may write to them whenever it runs.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn memory(&self, memory: Place) -> Result<MemoryView, Error> {
        self.instance(memory.instance)?.memory(memory.index)
    }
    /// Copies from a memory.
    ///
    /// # Errors
    /// [`Reason::HostMemoryBounds`], with nothing copied; [`Reason::UnknownIndex`].
    pub fn memory_read(&self, memory: Place, addr: u64, dst: &mut [u8]) -> Result<(), Error> {
        self.instance(memory.instance)?.memory_read(memory.index, addr, dst)
    }
    /// Copies to a memory.
    ///
    /// # Errors
    /// [`Reason::HostMemoryBounds`], with nothing copied; [`Reason::UnknownIndex`].
    pub fn memory_write(&self, memory: Place, addr: u64, src: &[u8]) -> Result<(), Error> {
        self.instance(memory.instance)?.memory_write(memory.index, addr, src)
    }
    /// Grows a memory; the pages before, or `None` where it cannot.
    #[must_use]
    pub fn memory_grow(&self, memory: Place, pages: u64) -> Option<u64> {
        self.instance(memory.instance).ok()?.memory_grow(memory.index, pages)
    }

    /// Elements of a table now.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn table_len(&self, table: Place) -> Result<u64, Error> {
        self.instance(table.instance)?.table_len(table.index)
    }
    /// An element of a table.
    ///
    /// # Errors
    /// [`Reason::TableRegion`], [`Reason::UnknownIndex`].
    pub fn table_get(&self, table: Place, elem: u64) -> Result<Value, Error> {
        self.instance(table.instance)?.table_get(table.index, elem)
    }
    /// Sets an element of a table.
    ///
    /// # Errors
    /// [`Reason::TableRegion`], [`Reason::UnknownIndex`], [`Reason::ReferenceUnknown`].
    pub fn table_set(&self, table: Place, elem: u64, value: Value) -> Result<(), Error> {
        self.instance(table.instance)?.table_set(table.index, elem, value)
    }
    /// Grows a table; the elements before, or `None` where it cannot.
    #[must_use]
    pub fn table_grow(&self, table: Place, n: u64, value: Value) -> Option<u64> {
        self.instance(table.instance).ok()?.table_grow(table.index, n, value)
    }

    /// Value and type of a global.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn global_get(&self, global: Place) -> Result<(Value, ValType), Error> {
        self.instance(global.instance)?.global_get(global.index)
    }
    /// Sets a global.
    ///
    /// # Errors
    /// [`Reason::GlobalAccess`], [`Reason::UnknownIndex`].
    pub fn global_set(&self, global: Place, value: Value) -> Result<(), Error> {
        self.instance(global.instance)?.global_set(global.index, value)
    }

    /// Makes an exception of a tag; it lasts until a guest runs on without holding it.
    ///
    /// # Errors
    /// Those of [`wrt_core::Instance::exception`].
    pub fn exception_new(&self, tag: Place, values: &[Value]) -> Result<Value, Error> {
        self.instance(tag.instance)?.exception(Tag { instance: tag.instance, index: tag.index }, values)
    }
    /// The tag of an exception, where it is defined.
    #[must_use]
    pub fn exception_tag(&self, exception: Value) -> Option<Place> {
        let tag = self.first()?.exception_tag(exception)?;
        Some(Place { instance: tag.instance, index: tag.index })
    }
    /// What an exception carries.
    ///
    /// # Errors
    /// [`Reason::ReferenceUnknown`].
    pub fn exception_values(&self, exception: Value) -> Result<Vec<Value>, Error> {
        let first = self.first().ok_or(Reason::ReferenceUnknown)?;
        let mut values = vec![Value::ZERO; first.exception_values(exception, &mut [])?];
        first.exception_values(exception, &mut values)?;
        Ok(values)
    }
    /// The function that a reference is to; `None` for null.
    #[must_use]
    pub fn func_of(&self, value: Value) -> Option<Place> {
        match self.first()?.reference(value, ValType::FUNCREF).ok()? {
            Reference::Func(f) => {
                let place = Place { instance: f.instance, index: f.index };
                Some(self.definition(ExternKind::Func, place.instance, place.index))
            }
            _ => None,
        }
    }
    /// What a reference is to; see [`wrt_core::Instance::reference`].
    ///
    /// # Errors
    /// Those of [`wrt_core::Instance::reference`].
    pub fn reference(&self, value: Value, ty: ValType) -> Result<Reference, Error> {
        self.first().ok_or(Reason::ReferenceUnknown)?.reference(value, ty)
    }
    /// A reference to a function.
    #[must_use]
    pub fn func_ref(func: Place) -> Value {
        wrt_core::Func { instance: func.instance, index: func.index }.to_value()
    }
    /// What the heap holds; `None` where there is none.
    #[must_use]
    pub fn heap_usage(&self) -> Option<HeapUsage> {
        self.first()?.heap_usage()
    }

    fn first(&self) -> Option<wrt_core::Instance<'static>> {
        self.members.borrow().iter().flatten().map(|m| m.instance).next()
    }

    /// An instance of a module of one definition, and the place of its one export.
    fn define(&self, wasm: Option<Vec<u8>>, given: Option<Closure>) -> Result<Place, Error> {
        self.define_with(wasm, given, 0)
    }

    /// The same, with elements that a table without a maximum may grow to.
    fn define_with(&self, wasm: Option<Vec<u8>>, given: Option<Closure>, reserve: u32) -> Result<Place, Error> {
        let wasm = wasm.ok_or(Reason::MalformedValType)?;
        let budget = LoadBudget { proposals: Proposals::ALL, table_reserve: reserve, ..LoadBudget::default() };
        let module = OwnedModule::load(wasm, &budget)?;
        let mut given = given;
        let instance = self.instantiate(&module, |_| given.take().map(Given::Host))?;
        Ok(Place { instance, index: 0 })
    }

    /// A function of the host, which instances of this store can import and tables can hold.
    ///
    /// # Errors
    /// Those of [`Store::instantiate`]; [`Reason::MalformedValType`] for a type that only a module can name.
    pub fn define_func(&self, params: &[ValType], results: &[ValType], call: Closure) -> Result<Place, Error> {
        self.define(define::func(FuncType { params, results }), Some(call))
    }
    /// A memory of its own. Where [`super::StoreSettings::max_memory_bytes`] is less than its maximum, growth ends there.
    ///
    /// # Errors
    /// Those of [`Store::instantiate`] and of validation.
    pub fn define_memory(&self, ty: MemoryType) -> Result<Place, Error> {
        self.define(Some(define::memory(ty)), None)
    }
    /// The same over bytes that are there already and stay: a region whose first pages, as many as the type's minimum, may
    /// have been written, and whose rest is zero. The memory can grow to the end of the region. Gives the region back
    /// where it cannot be made.
    ///
    /// # Errors
    /// Those of [`Store::define_memory`].
    pub fn define_memory_in(&self, ty: MemoryType, region: MappedArena) -> Result<Place, (Error, Option<MappedArena>)> {
        *self.ready.borrow_mut() = Some(region);
        self.define_memory(ty).map_err(|error| (error, self.ready.borrow_mut().take()))
    }
    /// A table of its own, with nulls.
    ///
    /// # Errors
    /// Those of [`Store::instantiate`] and of validation; [`Reason::MalformedValType`] as for functions.
    pub fn define_table(&self, ty: ValType, limits: Limits, is64: bool) -> Result<Place, Error> {
        self.define(define::table(ty, limits, is64), None)
    }
    /// The same, which may grow to `reserve` elements where the limits name no maximum.
    ///
    /// # Errors
    /// Those of [`Store::define_table`].
    pub fn define_table_reserving(
        &self,
        ty: ValType,
        limits: Limits,
        is64: bool,
        reserve: u32,
    ) -> Result<Place, Error> {
        self.define_with(define::table(ty, limits, is64), None, reserve)
    }
    /// A global of its own.
    ///
    /// # Errors
    /// Those of [`Store::instantiate`] and of validation; [`Reason::MalformedValType`] as for functions;
    /// [`Reason::GlobalAccess`] for a reference that this store does not have.
    pub fn define_global(&self, ty: ValType, mutable: bool, value: Value) -> Result<Place, Error> {
        let place = self.define(define::global(ty, mutable, value), None)?;
        if ty.is_ref() && value.ref_() != 0 {
            self.instance(place.instance)?.global_define(place.index, value)?;
        }
        Ok(place)
    }
    /// A tag of its own.
    ///
    /// # Errors
    /// Those of [`Store::instantiate`]; [`Reason::MalformedValType`] as for functions.
    pub fn define_tag(&self, params: &[ValType]) -> Result<Place, Error> {
        self.define(define::tag(params), None)
    }
}
