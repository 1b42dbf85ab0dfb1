//! The host function signatures that runtimes with statically typed host functions can offer.

/// Calls `$with!(P1, P2, … => R)` for the first listed signature that equals the import `$import`, and evaluates
/// `$other` when none does.
macro_rules! with_shape {
    ($import:expr, $with:ident, $other:expr) => {{
        use wrt_bench_peer::Ty::{F64, I32, I64};
        match (&$import.params[..], &$import.results[..]) {
            ([], []) => $with!( => ()),
            ([I32], []) => $with!(i32 => ()),
            ([I32, I32], []) => $with!(i32, i32 => ()),
            ([], [I32]) => $with!( => i32),
            ([I32], [I32]) => $with!(i32 => i32),
            ([I32, I32], [I32]) => $with!(i32, i32 => i32),
            ([I32, I32, I32], []) => $with!(i32, i32, i32 => ()),
            ([I32, I32, I32], [I32]) => $with!(i32, i32, i32 => i32),
            ([I32, I32, I32, I32], [I32]) => $with!(i32, i32, i32, i32 => i32),
            ([I32, I32, I32, I32, I32], [I32]) => $with!(i32, i32, i32, i32, i32 => i32),
            ([I32, I32, I32, I32, I32, I32], [I32]) => $with!(i32, i32, i32, i32, i32, i32 => i32),
            ([I32, I32, I32, I32, I32, I32, I32], [I32]) => $with!(i32, i32, i32, i32, i32, i32, i32 => i32),
            ([I32, I32, I32, I32, I32, I64, I64, I32, I32], [I32]) => {
                $with!(i32, i32, i32, i32, i32, i64, i64, i32, i32 => i32)
            }
            ([I32, I32, I32, I64, I32], [I32]) => $with!(i32, i32, i32, i64, i32 => i32),
            ([I32, I32, I32, I32, I64, I64, I32], [I32]) => $with!(i32, i32, i32, i32, i64, i64, i32 => i32),
            ([I32, I64], [I32]) => $with!(i32, i64 => i32),
            ([I32, I64, I64], [I32]) => $with!(i32, i64, i64 => i32),
            ([I32, I64, I64, I32], [I32]) => $with!(i32, i64, i64, i32 => i32),
            ([I32, I64, I32], [I32]) => $with!(i32, i64, i32 => i32),
            ([I32, I64, I32, I32], [I32]) => $with!(i32, i64, i32, i32 => i32),
            ([], [I64]) => $with!( => i64),
            ([F64], [F64]) => $with!(f64 => f64),
            ([F64, F64], [F64]) => $with!(f64, f64 => f64),
            _ => $other,
        }
    }};
}
pub(super) use with_shape;

/// The stub's answer as a result of the host function.
pub(super) trait Answer: Copy + Send + Sync + 'static {
    fn answer(value: i64) -> Self;
}

impl Answer for () {
    fn answer(_: i64) -> Self {}
}

impl Answer for i32 {
    fn answer(value: i64) -> Self {
        value as i32
    }
}

impl Answer for i64 {
    fn answer(value: i64) -> Self {
        value
    }
}

impl Answer for f64 {
    fn answer(value: i64) -> Self {
        value as f64
    }
}

/// The parameters of a host function as numbers.
#[cfg(feature = "wasm3")]
pub(super) trait Numbers {
    fn numbers(self) -> Vec<i64>;
}

#[cfg(feature = "wasm3")]
macro_rules! numbers {
    (one $($ty:ty)*) => {$(
        impl Numbers for $ty {
            fn numbers(self) -> Vec<i64> {
                vec![self as i64]
            }
        }
    )*};
    ($($p:ident)*) => {
        impl<$($p: Numbers),*> Numbers for ($($p,)*) {
            #[allow(non_snake_case, reason = "the variables are named as their types")]
            fn numbers(self) -> Vec<i64> {
                let ($($p,)*) = self;
                [$($p.numbers()),*].concat()
            }
        }
    };
}
#[cfg(feature = "wasm3")]
mod all {
    use super::Numbers;

    numbers!(one i32 i64 f64);
    numbers!(A B);
    numbers!(A B C);
    numbers!(A B C D);
    numbers!(A B C D E);
    numbers!(A B C D E F);
    numbers!(A B C D E F G);
    numbers!(A B C D E F G H);
    numbers!(A B C D E F G H I);

    impl Numbers for () {
        fn numbers(self) -> Vec<i64> {
            Vec::new()
        }
    }
}
