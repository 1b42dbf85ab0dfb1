//! What a module's imports are given: from mappings, instances, WASI, and what stands in them.

use crate::errors;
use crate::func::{Func, must_be_of};
use crate::host;
use crate::instance::Instance;
use crate::memory::Memory;
use crate::module::{Module, bounds, describe};
use crate::store::{Held, Store};
use crate::tag::Tag;
use crate::things::{Global, Table};
use crate::values;
use crate::wasi::{Wasi, World};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use wrt_core::{Error, ExternType, Import, Reason};
use wrt_host::store::{Given, Item};

/// An item of a mapping.
fn lookup<'py>(mapping: &Bound<'py, PyAny>, key: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Ok(dict) = mapping.cast::<PyDict>() {
        return dict.get_item(key);
    }
    if mapping.contains(key)? { mapping.get_item(key).map(Some) } else { Ok(None) }
}

/// The namespace of this name, among the imports that were given.
fn namespace<'py>(given: Option<&Bound<'py, PyAny>>, module: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(given) = given else { return Ok(None) };
    lookup(given, module).map_err(|e| {
        let said = e.to_string();
        PyTypeError::new_err(format!(
            "imports: expected a mapping of mappings, such as {{\"env\": {{\"f\": f}}}} ({said})"
        ))
    })
}

/// What stands for an import, and the store that it belongs to.
fn named<'py>(space: &Bound<'py, PyAny>, import: &Import<'_>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Ok(instance) = space.cast::<Instance>() {
        return instance.get().export(space.py(), import.name);
    }
    lookup(space, import.name).map_err(|_| {
        let kind = space.get_type();
        PyTypeError::new_err(format!(
            "imports[{:?}]: expected a mapping, an Instance or a Wasi, not {kind}",
            import.module
        ))
    })
}

/// The item of a store that a Python object is.
fn item_of(value: &Bound<'_, PyAny>) -> Option<(Py<Store>, Item, &'static str)> {
    macro_rules! one {
        ($($class:ident)*) => { $(if let Ok(known) = value.cast::<$class>() {
            let this = known.get();
            return Some((this.store.clone_ref(value.py()), Item::$class(this.place), stringify!($class)));
        })* };
    }
    one!(Func Memory Table Global Tag);
    None
}

/// The store of the first thing among the imports that has one.
pub fn store_of(module: &Module, given: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Py<Store>>> {
    let (module, Some(given)) = (module.inner.module(), given) else { return Ok(None) };
    for import in (0..module.import_count()).filter_map(|i| module.import(i)) {
        let Some(space) = namespace(Some(given), import.module)? else { continue };
        if let Ok(instance) = space.cast::<Instance>() {
            return Ok(Some(instance.get().store.clone_ref(space.py())));
        }
        if space.cast::<Wasi>().is_ok() {
            continue;
        }
        if let Some(value) = named(&space, &import)?
            && let Some((store, ..)) = item_of(&value)
        {
            return Ok(Some(store));
        }
    }
    Ok(None)
}

/// What each import is given, in order; what is missing is for the engine to refuse.
pub fn all(
    py: Python<'_>,
    held: &Held<'_>,
    module: &Module,
    given: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<Option<Given>>> {
    let inner = module.inner.module();
    let mut worlds: BTreeMap<usize, World> = BTreeMap::new();
    let mut all = Vec::new();
    for import in (0..inner.import_count()).filter_map(|i| inner.import(i)) {
        let one = match namespace(given, import.module)? {
            None => None,
            Some(space) => match space.cast::<Wasi>() {
                Ok(wasi) => {
                    let key = wasi.as_ptr() as usize;
                    let world = match worlds.entry(key) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(place) => place.insert(wasi.get().link(py, held, &module.inner)?),
                    };
                    world.take(&import)
                }
                Err(_) => match named(&space, &import)? {
                    Some(value) => Some(item(py, held, &import, &value)?),
                    None => None,
                },
            },
        };
        all.push(one);
    }
    Ok(all)
}

/// What one import is given.
fn item(py: Python<'_>, held: &Held<'_>, import: &Import<'_>, value: &Bound<'_, PyAny>) -> PyResult<Given> {
    if let Some((store, item, what)) = item_of(value) {
        must_be_of(&store, held, what)?;
        return Ok(Given::Item(item));
    }
    match import.ty {
        ExternType::Func(ty) if value.is_callable() => {
            let name = format!("{}.{}", import.module, import.name);
            Ok(Given::Host(host::closure(held.inner, value, name, (ty.params.to_vec(), ty.results.to_vec()))))
        }
        // A plain value serves where nobody can tell the difference.
        ExternType::Global(ty, false) if !value.is_callable() => {
            let number = values::from_python(held, value, ty)?;
            let place = held.engine.define_global(ty, false, number).map_err(|e| errors::raise(py, &e))?;
            Ok(Given::Item(Item::Global(place)))
        }
        _ => {
            let (kind, ty) = describe(&import.ty);
            let given = value.get_type();
            let (module, name) = (import.module, import.name);
            Err(PyTypeError::new_err(format!("{module}.{name}: the guest needs a {kind} {ty}, and {given} is given")))
        }
    }
}

/// The refusal of an instance; names the import that is missing or does not fit.
pub fn refused(
    py: Python<'_>,
    held: &Held<'_>,
    error: &Error,
    module: &Module,
    given: Option<&Bound<'_, PyAny>>,
) -> PyErr {
    let import = u32::try_from(error.detail).ok().and_then(|i| module.inner.module().import(i));
    let Some(import) = import else { return errors::raise_in(py, error, Some(&module.inner)) };
    let (kind, ty) = describe(&import.ty);
    let needs = format!("{}.{}: the guest needs a {kind} {ty}", import.module, import.name);
    let text = match error.reason {
        Reason::UnknownImport => {
            let what = match namespace(given, import.module) {
                Ok(Some(space)) => match names(&space) {
                    Some(names) => format!("imports[{:?}] has {names}", import.module),
                    None => format!("imports[{:?}] does not have it", import.module),
                },
                _ => format!("imports has no {:?}", import.module),
            };
            format!("unknown import {needs}, and {what}")
        }
        Reason::IncompatibleImport => {
            let value = namespace(given, import.module).ok().flatten().and_then(|s| named(&s, &import).ok().flatten());
            let what = value.as_ref().and_then(item_of).and_then(|(_, item, _)| type_of(held, item));
            format!("incompatible import {needs}, and {} is given", what.unwrap_or_else(|| "something else".into()))
        }
        _ => return errors::raise_in(py, error, Some(&module.inner)),
    };
    errors::raise_saying(py, error, &text)
}

/// The names in a mapping, if there are some.
fn names(space: &Bound<'_, PyAny>) -> Option<String> {
    let names: Vec<String> =
        space.call_method0("keys").ok()?.try_iter().ok()?.filter_map(|n| n.ok()?.extract().ok()).collect();
    if names.is_empty() { None } else { Some(names.join(", ")) }
}

/// Kind and type of something in a store.
fn type_of(held: &Held<'_>, item: Item) -> Option<String> {
    let engine = &held.engine;
    Some(match item {
        Item::Func(place) => {
            let (params, results) = engine.func_type(place)?;
            format!("a func {}", values::signature(wrt_core::FuncType { params: &params, results: &results }))
        }
        Item::Memory(place) => {
            let ty = engine.memory_type(place).ok()?;
            let pages = engine.memory(place).ok()?.len >> ty.page_log2;
            format!("a memory {} with {pages} pages", bounds(&ty.limits))
        }
        Item::Table(place) => {
            let (ty, limits, _) = engine.table_type(place).ok()?;
            format!("a table {} {} with {} elements", bounds(&limits), ty.name(), engine.table_len(place).ok()?)
        }
        Item::Global(place) => {
            let (ty, mutable) = engine.global_type(place).ok()?;
            if mutable { format!("a global (mut {})", ty.name()) } else { format!("a global {}", ty.name()) }
        }
        Item::Tag(_) => "a tag of another type".into(),
    })
}
