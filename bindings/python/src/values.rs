//! Values between Python and the engine.
//!
//! Numbers pass unchanged: integers at their full width, floats with their bits, not-a-numbers included. What a
//! reference refers to is known to a store alone.

use crate::func::Func;
use crate::store::Held;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyTuple, PyType};
use pyo3::{IntoPyObjectExt, ffi};
use wrt_core::{FuncType, Plan, Reference, Usage, ValType, Value};
use wrt_host::store::Store as Engine;

/// An object or exception of a guest: can be given back to the guest, and nothing else. It may be kept only until a
/// guest of its store runs again, since objects move and end then.
#[pyclass(frozen, module = "wrt", eq, hash)]
#[derive(PartialEq, Eq, Hash)]
pub struct Ref {
    value: u64,
    /// "struct", "array", "exception" or "i31".
    #[pyo3(get)]
    kind: &'static str,
    /// The number of an "i31", the length of an "array"; else None.
    #[pyo3(get)]
    number: Option<i64>,
}

#[pymethods]
impl Ref {
    fn __repr__(&self) -> String {
        match self.number {
            Some(number) => format!("<wrt.Ref: {} {number}>", self.kind),
            None => format!("<wrt.Ref: {}>", self.kind),
        }
    }
}

fn does_not_fit(value: &Bound<'_, PyAny>, ty: ValType) -> PyErr {
    PyOverflowError::new_err(format!("{value} does not fit {}", ty.name()))
}

fn expected(what: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let given = value.get_type().name().map(|n| n.to_string()).unwrap_or_default();
    PyTypeError::new_err(format!("expected {what}, not {given}"))
}

/// An integer of at most 64 bits, signed or unsigned, as its bits read as signed.
#[inline]
fn integer(value: &Bound<'_, PyAny>, ty: ValType) -> PyResult<i64> {
    // SAFETY: the object lives; the interpreter is attached.
    if unsafe { ffi::PyLong_Check(value.as_ptr()) } != 0 {
        let mut overflow = 0;
        // SAFETY: as above, and it is an integer, so that nothing is raised.
        let n = unsafe { ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &mut overflow) };
        if overflow == 0 {
            return Ok(n);
        }
        let wide = if ty == ValType::I64 { value.extract::<u64>().ok() } else { None };
        return wide.map(|n| n as i64).ok_or_else(|| does_not_fit(value, ty));
    }
    // numpy's integers, and whatever else is one.
    if value.hasattr("__index__")? && !value.is_instance_of::<PyType>() {
        let index = value.call_method0("__index__")?;
        if index.is_instance_of::<PyInt>() {
            return integer(&index, ty);
        }
    }
    Err(expected(&format!("an integer that fits {}", ty.name()), value))
}

#[inline]
fn float(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    if let Ok(float) = value.cast_exact::<PyFloat>() {
        // SAFETY: it is a float.
        return Ok(unsafe { ffi::PyFloat_AsDouble(float.as_ptr()) });
    }
    value.extract::<f64>().map_err(|_| expected("a number", value))
}

/// The nearest `f32`. A not-a-number keeps sign, kind and the upper bits of its payload.
fn narrow(wide: f64) -> f32 {
    if !wide.is_nan() {
        return wide as f32;
    }
    let bits = wide.to_bits();
    let payload = (bits >> 29) as u32 & 0x007f_ffff;
    let payload = if payload == 0 { 1 << 22 } else { payload };
    f32::from_bits((((bits >> 63) as u32) << 31) | 0x7f80_0000 | payload)
}

/// The same number as an `f64`, not-a-numbers included.
fn widen(narrow: f32) -> f64 {
    if !narrow.is_nan() {
        return narrow.into();
    }
    let bits = u64::from(narrow.to_bits());
    f64::from_bits(((bits >> 31) << 63) | 0x7ff0_0000_0000_0000 | ((bits & 0x007f_ffff) << 29))
}

fn vector(value: &Bound<'_, PyAny>) -> PyResult<u128> {
    if let Ok(bytes) = value.extract::<&[u8]>() {
        let bytes: [u8; 16] = bytes
            .try_into()
            .map_err(|_| PyValueError::new_err(format!("a v128 has 16 bytes, and {} are given", bytes.len())))?;
        return Ok(u128::from_le_bytes(bytes));
    }
    if !value.is_instance_of::<PyInt>() {
        return Err(expected("an integer or 16 bytes for v128", value));
    }
    if let Ok(n) = value.extract::<u128>() {
        return Ok(n);
    }
    value.extract::<i128>().map(|n| n as u128).map_err(|_| does_not_fit(value, ValType::V128))
}

/// A Python value as one of the given type. Integers may be signed or unsigned.
#[inline]
pub fn from_python(held: &Held<'_>, value: &Bound<'_, PyAny>, ty: ValType) -> PyResult<Value> {
    Ok(match ty {
        ValType::I32 => {
            let n = integer(value, ty)?;
            if n < i32::MIN.into() || n > u32::MAX.into() {
                return Err(does_not_fit(value, ty));
            }
            Value::from_i32(n as i32)
        }
        ValType::I64 => Value::from_i64(integer(value, ty)?),
        ValType::F64 => Value::from_f64(float(value)?),
        ValType::F32 => Value::from_f32(narrow(float(value)?)),
        ValType::V128 => Value::from_v128(vector(value)?),
        _ => reference(held, value, ty)?,
    })
}

fn is_extern(ty: ValType) -> bool {
    matches!(ty.nullable(), ValType::EXTERNREF | ValType::NULLEXTERNREF)
}

fn reference(held: &Held<'_>, value: &Bound<'_, PyAny>, ty: ValType) -> PyResult<Value> {
    if value.is_none() {
        return Ok(Value::ZERO);
    }
    if let Ok(known) = value.cast::<Ref>() {
        return Ok(Value::from_ref(known.get().value));
    }
    if is_extern(ty) {
        return Ok(Value::from_ref(held.inner.intern(value)));
    }
    if let Ok(func) = value.cast::<Func>() {
        func.get().must_be_of(held)?;
        return Ok(Engine::func_ref(func.get().place));
    }
    Err(expected(&format!("a wrt.Func, a wrt.Ref or None for {}", ty.name()), value))
}

/// A number as a Python value; `None` for what is no number.
#[inline(always)]
pub fn number<'py>(py: Python<'py>, value: Value, ty: ValType) -> Option<Bound<'py, PyAny>> {
    macro_rules! object {
        ($number:expr) => {{
            let Ok(object) = $number.into_pyobject(py);
            Some(object.into_any())
        }};
    }
    match ty {
        ValType::I32 => object!(value.i32()),
        ValType::I64 => object!(value.i64()),
        ValType::F64 => object!(value.f64()),
        ValType::F32 => object!(widen(value.f32())),
        _ => None,
    }
}

/// A value of the engine's as a Python value; integers are signed, null is None.
#[inline(always)]
pub fn to_python<'py>(py: Python<'py>, held: &Held<'_>, value: Value, ty: ValType) -> PyResult<Bound<'py, PyAny>> {
    match number(py, value, ty) {
        Some(number) => Ok(number),
        None if ty == ValType::V128 => value.v128().into_bound_py_any(py),
        None => referent(py, held, value, ty),
    }
}

#[inline(never)]
fn referent<'py>(py: Python<'py>, held: &Held<'_>, value: Value, ty: ValType) -> PyResult<Bound<'py, PyAny>> {
    if value.ref_() == 0 {
        return Ok(py.None().into_bound(py));
    }
    let known = |kind, number| Ref { value: value.ref_(), kind, number }.into_bound_py_any(py);
    // A type that a module names is a function's, a structure's or an array's; the function is tried first.
    let ty = if ty.index().is_some() {
        if held.engine.func_of(value).is_some() { ValType::FUNCREF } else { ValType::ANYREF }
    } else {
        ty.nullable()
    };
    match held.engine.reference(value, ty).map_err(|e| crate::errors::raise(py, &e))? {
        Reference::Null => Ok(py.None().into_bound(py)),
        Reference::I31(n) => known("i31", Some(n.into())),
        Reference::Struct => known("struct", None),
        Reference::Array(len) => known("array", Some(len.into())),
        Reference::Exception => known("exception", None),
        Reference::Func(_) => match held.engine.func_of(value) {
            Some(place) => Func::of(py, held, held.inner.me(py), place, place.instance)?.into_bound_py_any(py),
            None => Ok(py.None().into_bound(py)),
        },
        Reference::Host(number) => match held.inner.interned(py, number) {
            Some(object) => Ok(object),
            None => number.into_bound_py_any(py),
        },
    }
}

/// No value, one, or a tuple of them.
#[inline(always)]
pub fn results<'py>(
    py: Python<'py>,
    held: &Held<'_>,
    values: &[Value],
    types: &[ValType],
) -> PyResult<Bound<'py, PyAny>> {
    match (values, types) {
        ([], _) | (_, []) => Ok(py.None().into_bound(py)),
        ([value, ..], [ty]) => to_python(py, held, *value, *ty),
        _ => Ok(tuple(py, held, values, types)?.into_any()),
    }
}

/// All values as a tuple.
pub fn tuple<'py>(
    py: Python<'py>,
    held: &Held<'_>,
    values: &[Value],
    types: &[ValType],
) -> PyResult<Bound<'py, PyTuple>> {
    let all = values.iter().zip(types).map(|(v, ty)| to_python(py, held, *v, *ty)).collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(py, all)
}

/// `wrt.Plan`.
pub fn plan<'py>(py: Python<'py>, p: &Plan) -> PyResult<Bound<'py, PyAny>> {
    let fields =
        (p.load_scratch, p.module, p.instance, p.table_max, p.stack_min, p.memory_min, p.memory_max, p.heap_min);
    py.import("wrt._values")?.getattr("Plan")?.call1(fields)
}

/// `wrt.Usage`.
pub fn usage<'py>(py: Python<'py>, u: &Usage) -> PyResult<Bound<'py, PyAny>> {
    let fields = (u.fuel_used, u.call_depth_peak, u.stack_peak, u.memory_bytes);
    py.import("wrt._values")?.getattr("Usage")?.call1(fields)
}

/// `wrt.FuncType`.
pub fn func_type<'py>(py: Python<'py>, params: &[ValType], results: &[ValType]) -> PyResult<Bound<'py, PyAny>> {
    let names = |types: &[ValType]| PyTuple::new(py, types.iter().map(|ty| ty.name()));
    py.import("wrt._values")?.getattr("FuncType")?.call1((names(params)?, names(results)?))
}

/// The type of this name in the text format.
pub fn val_type(name: &str) -> PyResult<ValType> {
    const NAMED: [ValType; 12] = [
        ValType::I32,
        ValType::I64,
        ValType::F32,
        ValType::F64,
        ValType::V128,
        ValType::FUNCREF,
        ValType::EXTERNREF,
        ValType::ANYREF,
        ValType::EQREF,
        ValType::I31REF,
        ValType::STRUCTREF,
        ValType::EXNREF,
    ];
    NAMED.into_iter().find(|ty| ty.name() == name).ok_or_else(|| {
        PyValueError::new_err(format!("{name:?} is no type; expected i32, i64, f32, f64, v128, funcref or externref"))
    })
}

/// Types by their names.
pub fn val_types(names: &[String]) -> PyResult<Vec<ValType>> {
    names.iter().map(|name| val_type(name)).collect()
}

/// A function type as messages write it.
pub fn signature(ty: FuncType<'_>) -> String {
    let list = |types: &[ValType]| types.iter().map(|t| t.name()).collect::<Vec<_>>().join(", ");
    match ty.results {
        [] => format!("({})", list(ty.params)),
        [one] => format!("({}) -> {}", list(ty.params), one.name()),
        many => format!("({}) -> ({})", list(ty.params), list(many)),
    }
}

/// Bytes as Python has them.
pub fn bytes<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyBytes> {
    PyBytes::new(py, bytes)
}
