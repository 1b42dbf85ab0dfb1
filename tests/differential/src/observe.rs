//! What can be seen of a run from outside, and when two runs are the same. Must not know any engine.

/// Why a run trapped, as far as engines tell reasons apart alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    Unreachable,
    DivideByZero,
    IntegerOverflow,
    Conversion,
    Memory,
    /// A table access or an indirect call past the table's end.
    Table,
    NullCall,
    CallType,
    /// A null reference where there must be an object.
    Null,
    Cast,
    Array,
    Other,
}

/// How an instantiation or a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the bits of its results; a reference counts as 0 or 1 for null or not, a vector is folded.
    Done(Vec<u64>),
    Trap(Trap),
    /// With an exception that nothing caught.
    Exception,
    /// Out of fuel or of stack: how far it came depends on the engine, so that nothing after it is compared.
    Unfinished,
    /// The engine does not take it, and says why.
    Refused(String),
}

/// What a run left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Size and hash of each exported memory.
    pub memories: Vec<(String, u64, u64)>,
    /// Bits of each exported global.
    pub globals: Vec<(String, u64)>,
    /// Size of each exported table, and a hash over which elements are null.
    pub tables: Vec<(String, u64, u64)>,
    /// The log of host calls.
    pub host: u64,
}

/// One step of a run: what was done, how it ended, what it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub what: String,
    pub ending: Ending,
    pub state: State,
}

/// The first difference of two runs; `None` when they agree as far as they can be compared.
#[must_use]
pub fn difference(a: &[Step], b: &[Step]) -> Option<String> {
    for (a, b) in a.iter().zip(b) {
        if a.ending == Ending::Unfinished || b.ending == Ending::Unfinished {
            return None;
        }
        if a != b {
            return Some(format!("{}:\n  {:?}\n  {:?}\n  {:?}\n  {:?}", a.what, a.ending, b.ending, a.state, b.state));
        }
    }
    let short = if a.len() < b.len() { a } else { b };
    let ended = short.last().is_none_or(|step| step.ending == Ending::Unfinished);
    (a.len() != b.len() && !ended).then(|| format!("{} steps against {}", a.len(), b.len()))
}

/// The vector that stands for a number, as argument or as answer of a host function.
#[must_use]
pub fn vector(bits: u64) -> u128 {
    u128::from(bits) | u128::from(bits.rotate_left(20) ^ 0x0123_4567_89ab_cdef) << 64
}

/// The number that a vector counts as, wherever one is observed.
#[must_use]
pub fn fold(vector: u128) -> u64 {
    let (low, high) = (vector as u64, (vector >> 64) as u64);
    low.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ high.rotate_left(29)
}

/// A hash over bytes, eight at a time.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let fold = |h: u64, w: u64| (h ^ w).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let h = words.iter().fold(bytes.len() as u64, |h, w| fold(h, u64::from_le_bytes(*w)));
    rest.iter().fold(h, |h, b| fold(h, u64::from(*b)))
}

/// A hash over which of a table's elements are null.
pub fn hash_nulls(nulls: impl Iterator<Item = bool>) -> u64 {
    nulls.fold(1, |h: u64, null| (h ^ u64::from(null)).wrapping_mul(0x0100_0000_01b3).rotate_left(7))
}
