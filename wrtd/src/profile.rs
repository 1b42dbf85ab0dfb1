//! Where a guest spends its fuel: samples at the ends of slices, and what is made of them.
//!
//! Owns the sums. A sample is the backtrace where a slice of fuel ended, and weighs what was used since the last one,
//! so that the same run gives the same profile on every machine. What is used behind the last sample counts for the
//! function that was called first. How a flame graph is drawn is in `flame`.

use crate::names::Names;
use crate::runs::Runs;
use std::collections::BTreeMap;

/// Frames of a sample that are kept, the innermost ones.
const DEEPEST: usize = 512;

/// Collects samples.
#[derive(Debug)]
pub struct Sampler {
    interval: u64,
    used: u64,
    samples: u64,
    /// Fuel by stack, the outermost function first; `None` stands for the frames that were not kept.
    stacks: BTreeMap<Vec<Option<u32>>, u64>,
}

/// Fuel of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hot {
    /// Its name, or its number.
    pub name: String,
    /// What it used itself.
    pub own: u64,
    /// What it and those that it called used.
    pub total: u64,
}

impl Sampler {
    /// Takes a sample each `interval` instructions.
    pub fn new(interval: u64) -> Self {
        Sampler { interval: interval.max(1), used: 0, samples: 0, stacks: BTreeMap::new() }
    }
    /// Instructions between samples.
    pub fn interval(&self) -> u64 {
        self.interval
    }
    /// Samples so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Takes a sample of what has stopped.
    pub fn sample(&mut self, runs: &Runs<'_>) {
        let frames = runs.backtrace(DEEPEST + 1);
        let mut stack: Vec<Option<u32>> = frames.iter().take(DEEPEST).map(|frame| Some(frame.func)).collect();
        if frames.len() > DEEPEST {
            stack.push(None);
        }
        stack.reverse();
        self.samples += 1;
        self.add(stack, runs.usage().fuel_used);
    }
    /// Ends the profile: the rest belongs to the functions that are active still, or to the one that was called first.
    pub fn finish(&mut self, runs: &Runs<'_>, called: Option<u32>) {
        let frames = runs.backtrace(DEEPEST + 1);
        if frames.is_empty() {
            self.add(vec![called], runs.usage().fuel_used);
        } else {
            self.sample(runs);
        }
    }
    fn add(&mut self, stack: Vec<Option<u32>>, used: u64) {
        let weight = used.saturating_sub(self.used);
        self.used = used;
        if weight > 0 {
            *self.stacks.entry(stack).or_default() += weight;
        }
    }

    /// The stacks with the names of their functions, the outermost first, and their fuel.
    pub fn folded(&self, names: &Names) -> Vec<(Vec<String>, u64)> {
        let name = |func: &Option<u32>| func.map_or("(deeper)".into(), |func| names.label(func));
        self.stacks.iter().map(|(stack, fuel)| (stack.iter().map(name).collect(), *fuel)).collect()
    }

    /// The functions by the fuel that they used themselves, most first.
    pub fn hottest(&self, names: &Names) -> Vec<Hot> {
        let mut all = BTreeMap::<Option<u32>, (u64, u64)>::new();
        for (stack, fuel) in &self.stacks {
            if let Some(innermost) = stack.last() {
                all.entry(*innermost).or_default().0 += fuel;
            }
            let mut active = stack.clone();
            active.sort_unstable();
            active.dedup();
            for func in active {
                all.entry(func).or_default().1 += fuel;
            }
        }
        let name = |func: Option<u32>| func.map_or("(deeper)".into(), |func| names.label(func));
        let mut list: Vec<Hot> =
            all.into_iter().map(|(func, (own, total))| Hot { name: name(func), own, total }).collect();
        list.sort_by(|a, b| b.own.cmp(&a.own).then(b.total.cmp(&a.total)).then(a.name.cmp(&b.name)));
        list
    }
}
