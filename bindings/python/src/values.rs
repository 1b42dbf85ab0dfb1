//! Values, plans and usage between Python and the engine.

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use wrt_core::{FuncType, Plan, Usage, ValType, Value};

/// A Python value as an argument or result of the given type. Integers may be signed or unsigned.
pub fn from_python(value: &Bound<'_, PyAny>, ty: ValType) -> PyResult<Value> {
    let range = |_| PyOverflowError::new_err(format!("{} does not fit {}", value, ty.name()));
    match ty {
        ValType::I32 => {
            let n: i128 = integer(value, ty)?;
            let n = i32::try_from(n).or_else(|_| u32::try_from(n).map(|u| u as i32)).map_err(range)?;
            Ok(Value::from_i32(n))
        }
        ValType::I64 => {
            let n: i128 = integer(value, ty)?;
            let n = i64::try_from(n).or_else(|_| u64::try_from(n).map(|u| u as i64)).map_err(range)?;
            Ok(Value::from_i64(n))
        }
        ValType::F32 => Ok(Value::from_f32(value.extract::<f64>()? as f32)),
        ValType::F64 => Ok(Value::from_f64(value.extract()?)),
        // A vector is the number whose lowest bits are lane 0.
        ValType::V128 => Ok(Value::from_v128(value.extract()?)),
        _ if value.is_none() => Ok(Value::ZERO),
        _ => Ok(Value::from_ref(value.extract()?)),
    }
}

/// An integer that fits 128 bits by way of Python's own conversion.
fn integer(value: &Bound<'_, PyAny>, ty: ValType) -> PyResult<i128> {
    if let Ok(n) = value.extract::<i64>() {
        return Ok(n.into());
    }
    if let Ok(n) = value.extract::<u64>() {
        return Ok(n.into());
    }
    let text = format!("expected an integer that fits {}, not {}", ty.name(), value.get_type().name()?);
    if value.is_instance_of::<pyo3::types::PyInt>() {
        return Err(PyOverflowError::new_err(format!("{value} does not fit {}", ty.name())));
    }
    Err(PyTypeError::new_err(text))
}

/// A value of the engine's as a Python value; integers are signed, null is None.
pub fn to_python<'py>(py: Python<'py>, value: Value, ty: ValType) -> PyResult<Bound<'py, PyAny>> {
    Ok(match ty {
        ValType::I32 => value.i32().into_pyobject(py)?.into_any(),
        ValType::I64 => value.i64().into_pyobject(py)?.into_any(),
        ValType::F32 => value.f32().into_pyobject(py)?.into_any(),
        ValType::F64 => value.f64().into_pyobject(py)?.into_any(),
        ValType::V128 => value.v128().into_pyobject(py)?.into_any(),
        _ if value.ref_() == 0 => py.None().into_bound(py),
        _ => value.ref_().into_pyobject(py)?.into_any(),
    })
}

/// No value, one, or a tuple of them.
pub fn results<'py>(py: Python<'py>, values: &[Value], types: &[ValType]) -> PyResult<Bound<'py, PyAny>> {
    let all = values.iter().zip(types).map(|(v, ty)| to_python(py, *v, *ty)).collect::<PyResult<Vec<_>>>()?;
    match all.as_slice() {
        [] => Ok(py.None().into_bound(py)),
        [one] => Ok(one.clone()),
        _ => Ok(PyTuple::new(py, all)?.into_any()),
    }
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

/// A function type as the text format writes it.
pub fn signature(ty: FuncType<'_>) -> String {
    let list = |types: &[ValType]| types.iter().map(|t| t.name()).collect::<Vec<_>>().join(", ");
    match ty.results {
        [] => format!("({})", list(ty.params)),
        [one] => format!("({}) -> {}", list(ty.params), one.name()),
        many => format!("({}) -> ({})", list(ty.params), list(many)),
    }
}
