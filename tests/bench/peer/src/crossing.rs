//! The ways over the boundary between embedder and guest, and the guest that has them. Must not know any runtime.

/// One way, or the loop that is subtracted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The embedder calls a function without parameters, results and body.
    Empty,
    /// The embedder calls a function of two numbers with one result.
    Add,
    /// The guest calls a function of the host in a loop.
    Host,
    /// The same loop without the call.
    Bare,
}

impl Way {
    pub const ALL: [Self; 4] = [Self::Empty, Self::Add, Self::Host, Self::Bare];

    /// Its name in requests and on command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Add => "add",
            Self::Host => "host",
            Self::Bare => "bare",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }

    /// What crossing `times` times gives, computed here.
    #[must_use]
    pub fn expected(self, times: i32) -> i32 {
        match self {
            Self::Empty | Self::Bare => 0,
            Self::Add => (0..times).fold(0, i32::wrapping_add),
            Self::Host => (0..times).fold(0, |x, _| step(x)),
        }
    }
}

const GUEST: &str = r#"(module
  (import "host" "step" (func $step (param i32) (result i32)))
  (func (export "empty"))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "host") (param $n i32) (result i32)
    (local $x i32)
    (loop
      (local.set $x (call $step (local.get $x)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "bare") (param $n i32) (result i32)
    (local $x i32)
    (loop
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))"#;

/// The module that every runtime gets.
pub fn guest() -> Result<Vec<u8>, String> {
    wat::parse_str(GUEST).map_err(|e| e.to_string())
}

/// The function of the host, which its guest imports as `host` `step`.
#[must_use]
pub fn step(x: i32) -> i32 {
    x.wrapping_add(1)
}

/// Adds the numbers below `times` by `add`, one after the other.
pub fn sum<E>(times: i32, add: impl FnMut(i32, i32) -> Result<i32, E>) -> Result<i32, E> {
    (0..times).try_fold(0, add)
}

/// An instance of the guest. Each method crosses `times` times, in the fastest way that the runtime offers for a
/// signature known beforehand; what can be looked up once is looked up before the first crossing.
pub trait Crossings {
    fn empty(&mut self, times: i32) -> Result<(), String>;

    /// Returns what [`sum`] does.
    fn add(&mut self, times: i32) -> Result<i32, String>;

    /// Calls the export `host` with `times`.
    fn host(&mut self, times: i32) -> Result<i32, String>;

    /// Calls the export `bare` with `times`.
    fn bare(&mut self, times: i32) -> Result<i32, String>;

    /// Crosses in this way.
    fn cross(&mut self, way: Way, times: i32) -> Result<i32, String> {
        match way {
            Way::Empty => self.empty(times).map(|()| 0),
            Way::Add => self.add(times),
            Way::Host => self.host(times),
            Way::Bare => self.bare(times),
        }
    }
}
