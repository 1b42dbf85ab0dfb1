//! Loading against itself, for any bytes: whole and in pieces, with exactly the planned bytes and with one byte less,
//! and nothing touched that was not lent. Must not know how modules are run.

use crate::region::Region;
use wrt_core::{Error, LoadBudget, Loader, Module, Plan, Proposals, Reason, Status};

/// The budget of these checks: every proposal, and small tables so that a plan stays small.
fn budget() -> LoadBudget {
    LoadBudget { proposals: Proposals::ALL, max_table_elements: 1 << 20, ..LoadBudget::DEFAULT }
}

/// What can be asked of a module without running it.
fn facts(module: Module<'_>) -> Vec<String> {
    let mut facts =
        vec![format!("{} words, start {:?}, {}", module.code_words(), module.start(), module.instance_size())];
    facts.extend((0..module.import_count()).map(|i| format!("{:?}", module.import(i))));
    facts.extend((0..module.export_count()).map(|i| format!("{:?}", module.export(i))));
    facts.extend((0..module.func_count()).map(|i| format!("{:?} {:?}", module.func_type(i), module.func_name(i))));
    facts
}

/// Where and why a load failed: the part of the error that must not depend on how the bytes came.
fn place(error: Error) -> (Reason, u64, u32) {
    (error.reason, error.offset, error.func)
}

/// How the bytes are given to the loader.
#[derive(Clone, Copy, Debug)]
enum Feed {
    Whole,
    Pieces(usize),
}

/// Loads within the first `lent` bytes of the region and checks what the arena must look like afterwards.
fn load(region: &mut Region, lent: usize, wasm: &[u8], feed: Feed) -> Result<Result<Vec<String>, Error>, String> {
    region.paint();
    let (result, size, taken) = {
        let mut arena = region.arena_of(lent).ok_or("the region is too small for the check")?;
        let before = (arena.base(), arena.remaining());
        let result = match feed {
            Feed::Whole => Module::load(&mut arena, wasm, &budget()),
            Feed::Pieces(size) => {
                let mut loader = Loader::new(&mut arena, &budget());
                let fed = wasm.chunks(size.max(1)).try_for_each(|piece| loader.feed(piece));
                fed.and_then(|()| loader.finish())
            }
        };
        if result.is_err() && before != (arena.base(), arena.remaining()) {
            return Err(format!("{feed:?}: a failed load changed the arena"));
        }
        (result.map(facts), result.map(|m| m.size() as usize), before.1 - arena.remaining())
    };
    if let Ok(size) = size
        && size != taken
    {
        return Err(format!("{feed:?}: the module says {size} bytes, the arena gave {taken}"));
    }
    if !region.intact_from(lent) {
        return Err(format!("{feed:?}: bytes behind the {lent} that were lent have changed"));
    }
    Ok(result)
}

fn plan(region: &mut Region, wasm: &[u8], feed: Feed) -> Result<Result<Plan, Error>, String> {
    let mut scratch = region.arena();
    let before = (scratch.base(), scratch.remaining());
    let plan = match feed {
        Feed::Whole => Module::plan(wasm, &budget(), &mut scratch),
        Feed::Pieces(size) => {
            let mut loader = Loader::planning(&mut scratch, &budget());
            let fed = wasm.chunks(size.max(1)).try_for_each(|piece| loader.feed(piece));
            fed.and_then(|()| loader.finish_plan())
        }
    };
    if before != (scratch.base(), scratch.remaining()) {
        return Err(format!("{feed:?}: planning changed the scratch arena"));
    }
    Ok(plan)
}

/// Checks everything about loading these bytes; an error tells what does not hold.
///
/// `region` is the room to load in; modules that need more than it has are only checked for a clean refusal.
pub fn check(wasm: &[u8], region: &mut Region, bytes: usize) -> Result<(), String> {
    // The last kilobyte is never lent: it holds the canaries of a load that may use all the rest.
    let lent = bytes.saturating_sub(1024);
    let whole = load(region, lent, wasm, Feed::Whole)?;
    for size in [1, 7] {
        let pieces = load(region, lent, wasm, Feed::Pieces(size))?;
        match (&whole, &pieces) {
            (Ok(a), Ok(b)) if a != b => return Err(format!("pieces of {size} load another module: {a:?} {b:?}")),
            (Ok(_), Ok(_)) => {}
            // A streamed load copies names and data, and so may run out of arena where a whole one does not.
            (_, Err(e)) if e.status() == Status::Arena => {}
            (Err(a), Err(b)) if place(*a) == place(*b) => {}
            (a, b) => return Err(format!("whole {:?}, pieces of {size} {:?}", outcome(a), outcome(b))),
        }
    }
    for feed in [Feed::Whole, Feed::Pieces(1)] {
        match (plan(region, wasm, feed)?, &whole) {
            (Ok(plan), Ok(_)) => exact(region, lent, wasm, &plan, feed)?,
            (Err(a), Err(b)) if place(a) == place(*b) => {}
            (Err(e), _) if e.status() == Status::Arena => {}
            (_, Err(e)) if e.status() == Status::Arena => {}
            (plan, load) => return Err(format!("{feed:?}: plan {plan:?}, load {:?}", outcome(load))),
        }
    }
    Ok(())
}

/// MEM-3: the planned bytes are enough, and one byte less is not and says so.
fn exact(region: &mut Region, lent: usize, wasm: &[u8], plan: &Plan, feed: Feed) -> Result<(), String> {
    let need = (plan.module + plan.load_scratch) as usize;
    if need > lent {
        return Ok(());
    }
    if let Err(e) = load(region, need, wasm, feed)? {
        return Err(format!("{feed:?}: {need} bytes were planned and are not enough: {e:?}"));
    }
    match load(region, need - 1, wasm, feed)? {
        Err(e) if e.status() == Status::Arena && e.need == need as u64 => Ok(()),
        other => Err(format!("{feed:?}: with {} of {need} bytes: {:?}", need - 1, outcome(&other))),
    }
}

fn outcome(result: &Result<Vec<String>, Error>) -> Result<usize, Error> {
    result.as_ref().map(Vec::len).map_err(|e| *e)
}
