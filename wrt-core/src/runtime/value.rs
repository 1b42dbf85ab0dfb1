//! A WebAssembly value as it crosses the boundary between guest and embedder.
//!
//! Sixteen bytes with the layout of the C ABI's `wrt_value`, the value in the low bytes. Knows
//! neither its type (the function, global or table that it meets does) nor any instance.

/// A number or reference (specification section 4.2.1), untyped.
///
/// The bytes above those of the value are not looked at when the value is used.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Value([u64; 2]);

impl Value {
    /// Zero of every number type, and the null reference.
    pub const ZERO: Self = Self([0; 2]);

    /// From an `i32`.
    #[must_use]
    pub const fn from_i32(v: i32) -> Self {
        Self([v as u32 as u64, 0])
    }
    /// As an `i32`.
    #[must_use]
    pub const fn i32(self) -> i32 {
        self.bits() as i32
    }
    /// From an `i64`.
    #[must_use]
    pub const fn from_i64(v: i64) -> Self {
        Self([v as u64, 0])
    }
    /// As an `i64`.
    #[must_use]
    pub const fn i64(self) -> i64 {
        self.bits() as i64
    }
    /// From an `f32`, its bits unchanged.
    #[must_use]
    pub const fn from_f32(v: f32) -> Self {
        Self([v.to_bits() as u64, 0])
    }
    /// As an `f32`.
    #[must_use]
    pub const fn f32(self) -> f32 {
        f32::from_bits(self.bits() as u32)
    }
    /// From an `f64`, its bits unchanged.
    #[must_use]
    pub const fn from_f64(v: f64) -> Self {
        Self([v.to_bits(), 0])
    }
    /// As an `f64`.
    #[must_use]
    pub const fn f64(self) -> f64 {
        f64::from_bits(self.bits())
    }
    /// From a reference: 0 is null; an `externref` is any number of the embedder's, a `funcref` a
    /// number that this engine gave.
    #[must_use]
    pub const fn from_ref(v: u64) -> Self {
        Self([v, 0])
    }
    /// As a reference.
    #[must_use]
    pub const fn ref_(self) -> u64 {
        self.bits()
    }
    /// From a `v128`: lane 0 of bytes in the low bits.
    #[must_use]
    pub const fn from_v128(v: u128) -> Self {
        Self([v as u64, (v >> 64) as u64])
    }
    /// As a `v128`.
    #[must_use]
    pub const fn v128(self) -> u128 {
        let [low, high] = self.0;
        low as u128 | (high as u128) << 64
    }
    /// The low eight bytes.
    #[must_use]
    pub const fn bits(self) -> u64 {
        let [low, _] = self.0;
        low
    }
    /// From the low eight bytes.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self([bits, 0])
    }
}

impl core::fmt::Debug for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Value({:#x})", self.v128())
    }
}
