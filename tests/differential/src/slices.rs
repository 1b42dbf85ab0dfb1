//! wrt against itself: each back end, in one go and in slices of fuel, loaded whole and byte by byte, with collections
//! when there is no room and at every allocation; results and state must be the same, and the fuel where the same is
//! collected. Must not know the other engine.

use crate::execute::Script;
use crate::generate::Random;
use crate::observe::{Ending, difference};
use crate::on_wrt::{Lent, Run, Settings, run};
use wrt_core::Collection;

/// Runs the script in every way and compares each with the first; an error tells of a difference.
pub fn check(wasm: &[u8], script: &Script, lent: &mut Lent, random: &Random) -> Result<(), String> {
    let mut first: Option<Run> = None;
    for collection in [Collection::Automatic, Collection::Always] {
        // The first run that collects at these times, whose fuel the others share.
        let mut alike: Option<Run> = None;
        for &backend in wrt_core::backends() {
            for (pieces, slices) in [(false, None), (true, Some(random.clone()))] {
                let settings = Settings { backend, pieces, slices, collection };
                let name = format!("{settings:?}");
                let other = run(wasm, script, lent, settings);
                if let Some(difference) = first.as_ref().and_then(|first| difference(&first.steps, &other.steps)) {
                    return Err(format!("{name}: {difference}"));
                }
                if let Some(alike) = &alike {
                    same_fuel(alike, &other).map_err(|what| format!("{name}: {what}"))?;
                }
                first.get_or_insert_with(|| other.clone());
                alike.get_or_insert(other);
            }
        }
    }
    Ok(())
}

/// As far as both runs were finished, their steps took the same fuel.
fn same_fuel(one: &Run, other: &Run) -> Result<(), String> {
    let steps = one.steps.iter().zip(&other.steps).zip(one.fuel.iter().zip(&other.fuel));
    for ((a, b), (fuel, other_fuel)) in steps {
        if a.ending == Ending::Unfinished || b.ending == Ending::Unfinished {
            break;
        }
        if fuel != other_fuel {
            return Err(format!("{}: {fuel} fuel against {other_fuel}", a.what));
        }
    }
    Ok(())
}
