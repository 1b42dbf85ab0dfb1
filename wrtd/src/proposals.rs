//! Proposals on the command line: their names, and the budget that `--enable` and `--disable` make.

use wrt_core::{LoadBudget, Proposals};

/// A proposal that this build has, by the name of its repository.
pub fn parse(text: &str) -> Result<Proposals, String> {
    match Proposals::from_name(text) {
        Some(proposal) if Proposals::ALL.has(proposal) => Ok(proposal),
        _ => Err(format!("expected one of {}", names().join(", "))),
    }
}

/// The names of the proposals that this build has.
fn names() -> Vec<&'static str> {
    (0..u32::BITS).map(|bit| Proposals(1 << bit)).filter(|one| Proposals::ALL.has(*one)).map(Proposals::name).collect()
}

/// The default limits with the switches applied; what is both enabled and disabled is off.
pub fn budget(enable: &[Proposals], disable: &[Proposals]) -> LoadBudget {
    let on = enable.iter().fold(LoadBudget::DEFAULT.proposals, |all, one| all.with(*one));
    let proposals = disable.iter().fold(on, |all, one| all.without(*one));
    LoadBudget { proposals, ..LoadBudget::DEFAULT }
}
