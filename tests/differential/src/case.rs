//! One case: a seed becomes a module, the module goes through the checks. Owns what is checked and how cases are
//! counted; must not know any engine.

use crate::generate::{self, Random};
use crate::host::Offer;
use crate::on_wrt::{Lent, Settings};
use crate::region::Region;
use crate::{accept, execute, load, observe, on_wasmi, on_wrt, slices};
use core::cell::RefCell;
use wrt_core::{Collection, Proposals};

/// Who says what a run gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oracle {
    /// Nobody: modules use all that wrt has.
    Nobody,
    /// wasmi; where it differs, wasmtime is asked too, if this build has it.
    Wasmi,
    /// wasmtime, which has more proposals and takes longer.
    #[cfg(feature = "wasmtime")]
    Wasmtime,
}

impl Oracle {
    /// What modules for this oracle may use: what both it and wrt have.
    #[must_use]
    pub const fn proposals(self) -> Proposals {
        let theirs = match self {
            Self::Nobody => Proposals::ALL,
            Self::Wasmi => on_wasmi::PROPOSALS,
            #[cfg(feature = "wasmtime")]
            Self::Wasmtime => crate::on_wasmtime::PROPOSALS,
        };
        Proposals(theirs.0 & Proposals::ALL.0)
    }
}

/// Which checks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// Accept or refuse, against `wasmparser`.
    pub accept: bool,
    /// Results, traps and state, against the oracle.
    pub execute: bool,
    /// Back ends, fuel slices and piecewise loading, against each other.
    pub slices: bool,
    /// Plans and piecewise loading of valid and damaged modules.
    pub load: bool,
    /// Whom to ask about results, and so which proposals modules use.
    pub oracle: Oracle,
}

impl Checks {
    /// All of them.
    pub const ALL: Self = Self { accept: true, execute: true, slices: true, load: true, oracle: Oracle::Wasmi };
    /// None of them.
    pub const NONE: Self = Self { accept: false, execute: false, slices: false, load: false, oracle: Oracle::Nobody };
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
    /// Generated modules that were not run, because one side does not take them.
    pub skipped: u64,
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
        self.skipped += other.skipped;
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
    let Some(wasm) = generate::module(&bytes, checks.oracle.proposals()) else { return Ok(()) };
    tally.modules += 1;
    valid(&wasm, checks, bench, tally, &mut random).map_err(|what| Failure { wasm: wasm.clone(), what })?;
    for _ in 0..4 {
        let damaged = generate::damage(&wasm, &mut random);
        any(&damaged, checks, bench, tally).map_err(|what| Failure { wasm: damaged, what })?;
    }
    Ok(())
}

/// Checks the case that these bytes make.
///
/// # Panics
/// When a check fails.
pub fn of_bytes(bytes: &[u8], checks: Checks) {
    thread_local!(static BENCH: RefCell<Bench> = RefCell::default());
    let Some(wasm) = generate::module(bytes, checks.oracle.proposals()) else { return };
    let mut random = Random::new(observe::hash(bytes));
    let mut tally = Tally::default();
    BENCH.with_borrow_mut(|bench| {
        if let Err(what) = valid(&wasm, checks, bench, &mut tally, &mut random) {
            panic!("{what}");
        }
        let damaged = generate::damage(&wasm, &mut random);
        if let Err(what) = any(&damaged, checks, bench, &mut tally) {
            panic!("damaged: {what}");
        }
    });
}

/// Checks a module that is valid and imports only what there is to import.
pub fn valid(
    wasm: &[u8],
    checks: Checks,
    bench: &mut Bench,
    tally: &mut Tally,
    random: &mut Random,
) -> Result<(), String> {
    if checks.accept {
        if !accept::check(wasm, Proposals::ALL, &mut bench.scratch)? {
            tally.skipped += 1;
            return Ok(());
        }
        // With some proposals off, what uses them is refused and nothing else.
        accept::check(wasm, accept::subset(random.word() as u32 | random.word() as u32), &mut bench.scratch)?;
    }
    if checks.load {
        load::check(wasm, &mut bench.loading, LOADING)?;
    }
    if !checks.execute && !checks.slices {
        return Ok(());
    }
    let script =
        execute::script(wasm, Offer::of(checks.oracle.proposals()), random).ok_or("the exports cannot be read")?;
    if checks.execute && !generate::waits(wasm) {
        // Either back end is compared, by turns; `slices` compares them with one another.
        let backends = wrt_core::backends();
        let backend = backends.get(random.below(backends.len().max(1))).copied().unwrap_or(wrt_core::Backend::Auto);
        let settings = Settings { backend, pieces: false, slices: None, collection: Collection::Automatic };
        let mine = on_wrt::run(wasm, &script, &mut bench.lent, settings).steps;
        let theirs = match theirs(checks.oracle, wasm, &script, &mine, backend)? {
            Some(theirs) => theirs,
            None => {
                tally.oracle_defects += 1;
                return Ok(());
            }
        };
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

/// What the oracle makes of it; `None` where it is the oracle that is wrong.
fn theirs(
    oracle: Oracle,
    wasm: &[u8],
    script: &execute::Script,
    mine: &[observe::Step],
    backend: wrt_core::Backend,
) -> Result<Option<Vec<observe::Step>>, String> {
    match oracle {
        Oracle::Nobody => Ok(Some(mine.to_vec())),
        Oracle::Wasmi => {
            // wasmi 2.0.0 panics on some valid modules; there is nothing to compare with then.
            let Ok(theirs) = std::panic::catch_unwind(|| on_wasmi::run(wasm, script)) else { return Ok(None) };
            let Some(difference) = observe::difference(mine, &theirs) else { return Ok(Some(theirs)) };
            let what = format!("wrt {backend:?}, then wasmi: {difference}");
            match third_opinion(wasm, script, mine) {
                None => Err(what),
                Some(Ok(())) => Ok(None),
                Some(Err(other)) => Err(format!("{what}\nand wrt, then wasmtime: {other}")),
            }
        }
        #[cfg(feature = "wasmtime")]
        Oracle::Wasmtime => {
            let theirs = crate::on_wasmtime::run(wasm, script);
            match observe::difference(mine, &theirs) {
                None => Ok(Some(theirs)),
                Some(difference) => Err(format!("wrt {backend:?}, then wasmtime: {difference}")),
            }
        }
    }
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
        if accept::check(bytes, Proposals::ALL, &mut bench.scratch)? {
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
