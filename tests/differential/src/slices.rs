//! wrt against itself: each back end, in one go and in slices of fuel, loaded whole and byte by byte; results, state and
//! fuel must be the same. Must not know the other engine.

use crate::execute::Script;
use crate::generate::Random;
use crate::observe::{Ending, difference};
use crate::on_wrt::{Lent, Run, Settings, run};

/// Runs the script in every way and compares each with the first; an error tells of a difference.
pub fn check(wasm: &[u8], script: &Script, lent: &mut Lent, random: &Random) -> Result<(), String> {
    let mut first: Option<Run> = None;
    for &backend in wrt_core::backends() {
        for (pieces, slices) in [(false, None), (true, Some(random.clone()))] {
            let settings = Settings { backend, pieces, slices };
            let name = format!("{settings:?}");
            let other = run(wasm, script, lent, settings);
            let Some(first) = &first else {
                first = Some(other);
                continue;
            };
            if let Some(difference) = difference(&first.steps, &other.steps) {
                return Err(format!("{name}: {difference}"));
            }
            let steps = first.steps.iter().zip(&other.steps).zip(first.fuel.iter().zip(&other.fuel));
            for ((a, b), (fuel, other_fuel)) in steps {
                if a.ending == Ending::Unfinished || b.ending == Ending::Unfinished {
                    break;
                }
                if fuel != other_fuel {
                    return Err(format!("{name}: {}: {fuel} fuel against {other_fuel}", a.what));
                }
            }
        }
    }
    Ok(())
}
