//! Journeys of guests: here for a while, then on another target from the bytes of the stop, then here again to the end,
//! which must be that of a guest that stayed.
//!
//! Owns which guests travel and when they stop. The form of a leg is the runner's.

use crate::corpus::{number, string};
use crate::outcomes::{Record, read};
use crate::run_here;
use crate::shape::PROPOSALS;
use wrt_sameness_runner::form::{LEGS, Tag};
use wrt_tests::guests::GUESTS;

/// Eighths of a guest's fuel after which it leaves; it comes back a quarter later.
const LEAVES_AFTER: [u64; 3] = [1, 3, 5];

/// A guest that travels.
struct Traveller {
    name: &'static str,
    /// Everything of a leg before the fuel.
    head: Vec<u8>,
}

fn travellers() -> Vec<Traveller> {
    let of = |guest: &'static wrt_tests::guests::Guest| {
        let encoded = guest.plain();
        let mut head = PROPOSALS.0.to_le_bytes().to_vec();
        let library = encoded.library.map(|(name, wasm)| (name.to_string(), wasm));
        let modules: Vec<_> = library.into_iter().chain([(String::new(), encoded.main)]).collect();
        number(&mut head, modules.len());
        for (name, wasm) in &modules {
            string(&mut head, name.as_bytes());
            string(&mut head, wasm);
        }
        string(&mut head, b"run");
        head.extend((guest.arg as u32).to_le_bytes());
        Traveller { name: guest.name, head }
    };
    GUESTS.iter().map(of).collect()
}

/// One leg: the guest, the fuel to spend, the bytes to go on from.
struct Leg<'t> {
    traveller: &'t Traveller,
    fuel: u64,
    bytes: Option<Vec<Vec<u8>>>,
}

fn encode(legs: &[Leg<'_>]) -> Vec<u8> {
    let mut all = LEGS.to_le_bytes().to_vec();
    number(&mut all, legs.len());
    for leg in legs {
        let mut body = leg.traveller.head.clone();
        body.extend(leg.fuel.to_le_bytes());
        number(&mut body, usize::from(leg.bytes.is_some()));
        string(&mut all, &body);
        leg.bytes.iter().flatten().for_each(|bytes| string(&mut all, bytes));
    }
    all
}

/// What became of one leg: how it stopped or ended, and the bytes that it left.
#[derive(Clone, Debug, Default, PartialEq)]
struct Arrival {
    stop: Option<Record>,
    bytes: Vec<Vec<u8>>,
}

/// What became of as many legs.
fn arrivals(outcomes: &[u8], count: usize) -> Result<Vec<Arrival>, String> {
    let mut all = vec![Arrival::default(); count];
    for record in read(outcomes)? {
        let Some(arrival) = all.get_mut(record.chunk as usize) else { continue };
        match record.tag {
            Tag::Call | Tag::Stop => arrival.stop = Some(record),
            Tag::Bytes => {
                let (length, words) = record.words.split_first().ok_or("a record of no bytes")?;
                let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                bytes.truncate(*length as usize);
                arrival.bytes.push(bytes);
            }
            _ => {}
        }
    }
    Ok(all)
}

fn travel_here(legs: &[Leg<'_>]) -> Result<Vec<Arrival>, String> {
    arrivals(&run_here(&encode(legs)).map_err(|e| format!("a leg here: {e:?}"))?, legs.len())
}

/// The first legs, run here.
struct Departed {
    travellers: Vec<Traveller>,
}

impl Departed {
    fn new() -> Departed {
        Departed { travellers: travellers() }
    }

    /// How each guest ends that stays.
    fn ends(&self) -> Result<Vec<Arrival>, String> {
        let legs: Vec<_> = self.travellers.iter().map(|traveller| Leg { traveller, fuel: 0, bytes: None }).collect();
        travel_here(&legs)
    }

    /// The second legs, of the guests that do not end in the first; with each the number of the guest.
    fn second_legs(&self, ends: &[Arrival]) -> Result<(Vec<Leg<'_>>, Vec<usize>), String> {
        let mut legs = Vec::new();
        let mut whose = Vec::new();
        for (number, (traveller, end)) in self.travellers.iter().zip(ends).enumerate() {
            let fuel = end.stop.as_ref().and_then(|stop| stop.words.get(2)).copied().unwrap_or(0);
            for eighths in LEAVES_AFTER {
                legs.push((Leg { traveller, fuel: (fuel * eighths / 8).max(1), bytes: None }, (fuel / 4).max(1)));
                whose.push(number);
            }
        }
        let quarters: Vec<u64> = legs.iter().map(|(_, quarter)| *quarter).collect();
        let first: Vec<_> = legs.into_iter().map(|(leg, _)| leg).collect();
        let arrived = travel_here(&first)?;
        let mut second = Vec::new();
        let mut left = Vec::new();
        for (((leg, arrival), quarter), number) in first.iter().zip(arrived).zip(quarters).zip(whose) {
            if !arrival.bytes.is_empty() {
                second.push(Leg { traveller: leg.traveller, fuel: quarter, bytes: Some(arrival.bytes) });
                left.push(number);
            }
        }
        Ok((second, left))
    }
}

/// The legs that another target is to run.
///
/// # Errors
/// When they cannot be run here.
pub fn depart() -> Result<Vec<u8>, String> {
    let departed = Departed::new();
    let (legs, _) = departed.second_legs(&departed.ends()?)?;
    Ok(encode(&legs))
}

/// What came of journeys.
#[derive(Default)]
pub struct Journeys {
    /// Guests that came back from the other target and ended here as if they had stayed.
    pub passed: usize,
    /// Bytes that they came back with.
    pub bytes: usize,
    /// What differs.
    pub differences: Vec<String>,
}

/// Judges the outcomes that another target made of [`depart`]'s legs: each stop and the bytes of it are those of the
/// same leg here, and the guest, gone on from these bytes, ends here as if it had stayed.
///
/// # Errors
/// When the outcomes cannot be read, or a leg cannot be run here.
pub fn arrive(outcomes: &[u8]) -> Result<Journeys, String> {
    let departed = Departed::new();
    let ends = departed.ends()?;
    let (legs, whose) = departed.second_legs(&ends)?;
    let here = travel_here(&legs)?;
    let there = arrivals(outcomes, legs.len())?;
    let mut journeys = Journeys::default();
    let mut last = Vec::new();
    for (((leg, here), there), number) in legs.iter().zip(&here).zip(there).zip(&whose) {
        let name = leg.traveller.name;
        if there.stop.is_none() || there.stop != here.stop {
            journeys.differences.push(format!("{name}: {:x?} there, {:x?} here", there.stop, here.stop));
        } else if let Some(region) = (0..here.bytes.len()).find(|&i| there.bytes.get(i) != here.bytes.get(i)) {
            journeys.differences.push(format!("{name}: the bytes of region {region} differ"));
        } else if there.bytes.is_empty() {
            // It ended there, as it ends here.
            journeys.passed += 1;
        } else {
            journeys.bytes += there.bytes.iter().map(Vec::len).sum::<usize>();
            last.push((Leg { traveller: leg.traveller, fuel: 0, bytes: Some(there.bytes) }, *number));
        }
    }
    let (legs, whose): (Vec<_>, Vec<_>) = last.into_iter().unzip();
    for ((leg, arrival), number) in legs.iter().zip(travel_here(&legs)?).zip(whose) {
        let words = |arrival: &Arrival| arrival.stop.as_ref().map(|stop| (stop.tag, stop.words.clone()));
        match ends.get(number) {
            Some(end) if words(end).is_some() && words(end) == words(&arrival) => journeys.passed += 1,
            end => {
                journeys.differences.push(format!("{}: {arrival:x?} after all, {end:x?} at home", leg.traveller.name))
            }
        }
    }
    Ok(journeys)
}
