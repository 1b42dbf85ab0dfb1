//! The lattice of types: which type matches which (specification section 3.3).
//!
//! Owns the rules for value types, references and the hierarchies of heap types. Where defined types
//! lie is behind [`TypeSpace`]: a module under construction and a loaded one both are. Indices are
//! canonical, so that equal types have equal indices; chains of supertypes are no longer than
//! [`MAX_DEPTH`], which bounds every walk.

use crate::types::ValType;

/// Most supertypes that a type may have above it.
pub(crate) const MAX_DEPTH: u8 = 63;

/// What a defined type describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum TypeKind {
    #[default]
    Func = 0,
    Struct = 1,
    Array = 2,
}

/// Where defined types are looked up by their canonical index.
pub(crate) trait TypeSpace {
    /// What the type describes; functions for an index without a type.
    fn kind(&self, index: u32) -> TypeKind;
    /// The canonical index of the supertype that the type names.
    fn supertype(&self, index: u32) -> Option<u32>;
}

/// Whether the defined type `a` is `b` or below it.
pub(crate) fn is_below(space: &impl TypeSpace, a: u32, b: u32) -> bool {
    let mut at = a;
    // Chains are short by validation; the count keeps the loop bounded whatever stands there.
    for _ in 0..=MAX_DEPTH {
        if at == b {
            return true;
        }
        match space.supertype(at) {
            Some(above) => at = above,
            None => return false,
        }
    }
    false
}

/// The abstract heap type right above everything that `kind` describes.
fn top_of(kind: TypeKind) -> u32 {
    match kind {
        TypeKind::Func => ValType::FUNCREF.0,
        TypeKind::Struct => ValType::STRUCTREF.0,
        TypeKind::Array => ValType::ARRAYREF.0,
    }
}

/// Whether the abstract heap type `a` is `b` or below it; both as the code of their nullable reference.
fn is_below_abstract(a: u32, b: u32) -> bool {
    const ANY: u32 = ValType::ANYREF.0;
    const EQ: u32 = ValType::EQREF.0;
    const I31: u32 = ValType::I31REF.0;
    const STRUCT: u32 = ValType::STRUCTREF.0;
    const ARRAY: u32 = ValType::ARRAYREF.0;
    a == b
        || match b {
            ANY => matches!(ValType(a), ValType::EQREF | ValType::NULLREF) || matches!(a, I31 | STRUCT | ARRAY),
            EQ => matches!(a, I31 | STRUCT | ARRAY) || a == ValType::NULLREF.0,
            I31 | STRUCT | ARRAY => a == ValType::NULLREF.0,
            _ => {
                let of = |top: ValType, bottom: ValType| b == top.0 && a == bottom.0;
                of(ValType::FUNCREF, ValType::NULLFUNCREF)
                    || of(ValType::EXTERNREF, ValType::NULLEXTERNREF)
                    || of(ValType::EXNREF, ValType::NULLEXNREF)
            }
        }
}

/// Whether a value of type `a` may stand where one of type `b` is expected.
pub(crate) fn matches(space: &impl TypeSpace, a: ValType, b: ValType) -> bool {
    if a == b || a == ValType::BOT {
        return true;
    }
    if !a.is_ref() || !b.is_ref() || (a.is_nullable() && !b.is_nullable()) {
        return false;
    }
    matches_heap(space, a, b)
}

/// The same for the heap types of two references, whatever they say of null.
pub(crate) fn matches_heap(space: &impl TypeSpace, a: ValType, b: ValType) -> bool {
    if a == ValType::BOT_REF {
        return true;
    }
    match (a.index(), b.index()) {
        (Some(a), Some(b)) => is_below(space, a, b),
        (Some(a), None) => is_below_abstract(top_of(space.kind(a)), b.nullable().0),
        (None, Some(b)) => match space.kind(b) {
            TypeKind::Func => a.nullable() == ValType::NULLFUNCREF,
            TypeKind::Struct | TypeKind::Array => a.nullable() == ValType::NULLREF,
        },
        (None, None) => is_below_abstract(a.nullable().0, b.nullable().0),
    }
}

/// The type above all others in the hierarchy of a reference type: `any`, `func`, `extern` or `exn`.
pub(crate) fn hierarchy(space: &impl TypeSpace, ty: ValType) -> ValType {
    let tops = [ValType::ANYREF, ValType::FUNCREF, ValType::EXTERNREF, ValType::EXNREF];
    tops.into_iter().find(|&top| matches_heap(space, ty, top)).unwrap_or(ValType::ANYREF)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Type 0 is an open structure, 1 and 2 are below it, 3 is an array, 4 a function.
    struct Some5;
    impl TypeSpace for Some5 {
        fn kind(&self, index: u32) -> TypeKind {
            match index {
                0..=2 => TypeKind::Struct,
                3 => TypeKind::Array,
                _ => TypeKind::Func,
            }
        }
        fn supertype(&self, index: u32) -> Option<u32> {
            match index {
                1 => Some(0),
                2 => Some(1),
                _ => None,
            }
        }
    }

    /// Every reference type over the five types and the abstract ones.
    fn all() -> Vec<ValType> {
        let codes = (0x69..=0x74u8).filter_map(ValType::from_code);
        let defined = (0..5).map(|i| ValType::defined(i, true));
        codes.chain(defined).flat_map(|t| [t, t.non_null()]).collect()
    }

    #[test]
    fn is_a_partial_order() {
        let all = all();
        for &a in &all {
            assert!(matches(&Some5, a, a), "{a:?}");
            assert!(matches(&Some5, ValType::BOT, a));
            assert!(matches(&Some5, ValType::BOT_REF, a));
            for &b in &all {
                assert!(a == b || !(matches(&Some5, a, b) && matches(&Some5, b, a)), "{a:?} {b:?}");
                for &c in &all {
                    let both = matches(&Some5, a, b) && matches(&Some5, b, c);
                    assert!(!both || matches(&Some5, a, c), "{a:?} {b:?} {c:?}");
                }
            }
        }
    }

    /// Two types have something in common only within one hierarchy.
    #[test]
    fn hierarchies_are_apart() {
        let all = all();
        for &a in &all {
            for &b in &all {
                if hierarchy(&Some5, a) != hierarchy(&Some5, b) {
                    assert!(!matches(&Some5, a, b), "{a:?} {b:?}");
                }
            }
        }
        assert_eq!(hierarchy(&Some5, ValType::defined(2, false)), ValType::ANYREF);
        assert_eq!(hierarchy(&Some5, ValType::defined(4, false)), ValType::FUNCREF);
        assert_eq!(hierarchy(&Some5, ValType::NULLEXNREF), ValType::EXNREF);
    }
}
