//! Signature strings: `"(iI)f"` for a function from i32 and i64 to f32.
//!
//! Owns their grammar and their comparison with a function type. Knows nothing of instances.

use crate::error::Reason;
use crate::types::{FuncType, ValType};

/// Checks that `sig` spells `ty`: the parameters' letters in parentheses, then the results'.
///
/// # Errors
/// [`Reason::BadSignature`] when `sig` is not of that form, [`Reason::SignatureMismatch`] when it
/// spells another type.
pub(crate) fn check(sig: &str, ty: &FuncType<'_>) -> Result<(), Reason> {
    let inner = sig.as_bytes().strip_prefix(b"(").ok_or(Reason::BadSignature)?;
    let close = inner.iter().position(|&b| b == b')').ok_or(Reason::BadSignature)?;
    let (params, rest) = inner.split_at_checked(close).ok_or(Reason::BadSignature)?;
    let results = rest.strip_prefix(b")").ok_or(Reason::BadSignature)?;
    // The whole form is looked at before the type, so that a bad string is bad for every type.
    if !params.iter().chain(results).all(|&b| ValType::from_letter(b).is_some()) {
        return Err(Reason::BadSignature);
    }
    if spells(params, ty.params) && spells(results, ty.results) { Ok(()) } else { Err(Reason::SignatureMismatch) }
}

fn spells(letters: &[u8], types: &[ValType]) -> bool {
    letters.len() == types.len() && letters.iter().zip(types).all(|(&l, &t)| ValType::from_letter(l) == Some(t))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let ty = FuncType { params: &[ValType::I32, ValType::I64], results: &[ValType::F32] };
        assert_eq!(check("(iI)f", &ty), Ok(()));
        for other in ["()", "(iI)", "(i)f", "(iI)ff", "(Ii)f", "(iIf)"] {
            assert_eq!(check(other, &ty), Err(Reason::SignatureMismatch), "{other}");
        }
        for bad in ["", "(", ")", "iI", "(iI", "iI)f", "(iI)f ", "(x)f", "(iI)(f)", "((iI)f"] {
            assert_eq!(check(bad, &ty), Err(Reason::BadSignature), "{bad}");
        }
        let all = [ValType::F32, ValType::F64, ValType::FUNCREF, ValType::EXTERNREF];
        assert_eq!(check("(fFrR)fFrR", &FuncType { params: &all, results: &all }), Ok(()));
    }
}
