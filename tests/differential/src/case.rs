//! One case: a seed becomes a module, the module goes through the checks. Owns what is checked and how cases are
//! counted; must not know any engine.

use crate::generate::{self, Random};
use crate::on_wrt::{Lent, Settings};
use crate::region::Region;
use crate::{accept, execute, load, observe, on_wasmi, on_wrt, slices};

/// Which checks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// Accept or refuse, against `wasmparser`.
    pub accept: bool,
    /// Results, traps and state, against `wasmi`.
    pub execute: bool,
    /// Back ends, fuel slices and piecewise loading, against each other.
    pub slices: bool,
    /// Plans and piecewise loading of valid and damaged modules.
    pub load: bool,
}

impl Checks {
    /// All of them.
    pub const ALL: Self = Self { accept: true, execute: true, slices: true, load: true };
}

/// A case that failed: the module and what does not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    pub wasm: Vec<u8>,
    pub what: String,
}

/// What the cases amounted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub modules: u64,
    /// Damaged modules that both sides accept, and that at least one refuses.
    pub damaged_accepted: u64,
    pub damaged_refused: u64,
    /// Calls that both sides ran to an end, and among them those that trapped.
    pub calls: u64,
    pub traps: u64,
    /// Runs in which wasmi differs from wrt, and wasmtime does not.
    pub oracle_defects: u64,
    /// Runs given up because one side was out of fuel or stack.
    pub unfinished: u64,
}

impl Tally {
    /// Adds the counts of other cases.
    pub fn add(&mut self, other: &Self) {
        self.modules += other.modules;
        self.damaged_accepted += other.damaged_accepted;
        self.damaged_refused += other.damaged_refused;
        self.calls += other.calls;
        self.traps += other.traps;
        self.oracle_defects += other.oracle_defects;
        self.unfinished += other.unfinished;
    }
}

/// Everything that a case borrows; reused from case to case.
pub struct Bench {
    lent: Lent,
    scratch: Region,
    loading: Region,
}

/// Bytes of the region in which loads are checked.
const LOADING: usize = 1 << 20;

impl Default for Bench {
    fn default() -> Self {
        Self { lent: Lent::default(), scratch: Region::new(16 << 20), loading: Region::new(LOADING) }
    }
}

/// Checks the case of this seed.
pub fn check(seed: u64, checks: Checks, bench: &mut Bench, tally: &mut Tally) -> Result<(), Failure> {
    let mut random = Random::new(seed);
    let length = 512 + random.below(8 << 10);
    let bytes = random.bytes(length);
    let Some(wasm) = generate::module(&bytes) else { return Ok(()) };
    tally.modules += 1;
    valid(&wasm, checks, bench, tally, &mut random).map_err(|what| Failure { wasm: wasm.clone(), what })?;
    for _ in 0..4 {
        let damaged = generate::damage(&wasm, &mut random);
        any(&damaged, checks, bench, tally).map_err(|what| Failure { wasm: damaged, what })?;
    }
    Ok(())
}

/// Checks a module that is valid and imports only what there is to import.
pub fn valid(
    wasm: &[u8],
    checks: Checks,
    bench: &mut Bench,
    tally: &mut Tally,
    random: &mut Random,
) -> Result<(), String> {
    if checks.accept && !accept::check(wasm, &mut bench.scratch)? {
        return Ok(());
    }
    if checks.load {
        load::check(wasm, &mut bench.loading, LOADING)?;
    }
    if !checks.execute && !checks.slices {
        return Ok(());
    }
    let script = execute::script(wasm, random).ok_or("the exports cannot be read")?;
    if checks.execute && !accept::has_threads(wasm) {
        // Either back end is compared, by turns; `slices` compares them with one another.
        let backends = wrt_core::backends();
        let backend = backends.get(random.below(backends.len().max(1))).copied().unwrap_or(wrt_core::Backend::Auto);
        let mine = on_wrt::run(wasm, &script, &mut bench.lent, Settings { backend, pieces: false, slices: None }).steps;
        // wasmi 2.0.0 panics on some valid modules; there is nothing to compare with then.
        let Ok(theirs) = std::panic::catch_unwind(|| on_wasmi::run(wasm, &script)) else {
            tally.oracle_defects += 1;
            return Ok(());
        };
        if let Some(difference) = observe::difference(&mine, &theirs) {
            let what = format!("wrt {backend:?}, then wasmi: {difference}");
            return match third_opinion(wasm, &script, &mine) {
                None => Err(what),
                Some(Ok(())) => {
                    tally.oracle_defects += 1;
                    Ok(())
                }
                Some(Err(other)) => Err(format!("{what}\nand wrt, then wasmtime: {other}")),
            };
        }
        for (a, b) in mine.iter().zip(&theirs).skip(1) {
            use observe::Ending::{Trap, Unfinished};
            match (&a.ending, &b.ending) {
                (Unfinished, _) | (_, Unfinished) => tally.unfinished += 1,
                (Trap(_), _) => (tally.calls, tally.traps) = (tally.calls + 1, tally.traps + 1),
                _ => tally.calls += 1,
            }
        }
    }
    if checks.slices {
        slices::check(wasm, &script, &mut bench.lent, random)?;
    }
    Ok(())
}

/// Whether wasmtime agrees with wrt; `None` where this build does not have it.
#[cfg(feature = "wasmtime")]
fn third_opinion(wasm: &[u8], script: &execute::Script, mine: &[observe::Step]) -> Option<Result<(), String>> {
    Some(observe::difference(mine, &crate::on_wasmtime::run(wasm, script)).map_or(Ok(()), Err))
}

#[cfg(not(feature = "wasmtime"))]
fn third_opinion(_: &[u8], _: &execute::Script, _: &[observe::Step]) -> Option<Result<(), String>> {
    None
}

/// Checks bytes that may or may not be a module.
pub fn any(bytes: &[u8], checks: Checks, bench: &mut Bench, tally: &mut Tally) -> Result<(), String> {
    if checks.accept {
        if accept::check(bytes, &mut bench.scratch)? {
            tally.damaged_accepted += 1;
        } else {
            tally.damaged_refused += 1;
        }
    }
    if checks.load {
        load::check(bytes, &mut bench.loading, LOADING)?;
    }
    Ok(())
}
