//! What a run took, told to a person and to a program.

use crate::plan;
use crate::print::tell;
use crate::profile::Hot;
use crate::size::grouped;
use serde_json::{Map, Value as Json, json};
use wrt_core::safety::{Mechanism, Profile, Watched};
use wrt_core::{Plan, Usage};

/// Functions that are listed.
const HOTTEST: usize = 10;

/// What is known after a run, also after one that failed.
pub struct After {
    /// What module and instance need, where somebody wants to know.
    pub plan: Option<Plan>,
    pub usage: Usage,
    /// Calls of the host, where somebody wants to know.
    pub host_calls: u64,
    /// Bytes to which linear memories could grow.
    pub reserved: u64,
    /// Bytes of the task's region.
    pub stack: u64,
    /// A hash of the instance's state, where somebody wants it.
    pub state_hash: Option<u64>,
    pub safety: Option<Safety>,
    /// The fixed arenas, in words, where it ran in such.
    pub arenas: Option<String>,
    pub hottest: Option<Hottest>,
}

/// Under which safety level it ran, where limits held.
pub struct Safety {
    pub profile: Profile,
    /// Operators between checkpoints, and what was looked at, where the run was watched.
    pub watched: Option<(u64, Watched)>,
}

/// Where the fuel went.
pub struct Hottest {
    /// Instructions between samples.
    pub interval: u64,
    pub samples: u64,
    /// Most first.
    pub functions: Vec<Hot>,
}

/// Says it on standard error.
pub fn print(after: &After) {
    let Usage { call_depth_peak, fuel_used, stack_peak, memory_bytes } = after.usage;
    let line = |what: &str, used: u64, of: u64, unit: &str| {
        tell!("{what:<14}{:>15} of {:>15} {unit}", grouped(used), grouped(of));
    };
    tell!("{:<14}{:>15} instructions", "fuel", grouped(fuel_used));
    tell!("{:<14}{:>15} calls of the host", "host calls", grouped(after.host_calls));
    tell!("{:<14}{:>15} calls active at most", "depth", grouped(call_depth_peak.into()));
    line("stack", stack_peak, after.stack, "bytes at the peak");
    line("memory", memory_bytes, after.reserved, "bytes, ceiling reserved");
    if let Some(plan) = &after.plan {
        line("module", plan.module, plan.module + plan.load_scratch, "bytes, as planned");
        line("instance", plan.instance, plan.instance, "bytes, as planned");
    }
    if let Some(arenas) = &after.arenas {
        tell!("{:<14}{arenas}", "arenas");
    }
    if let Some(safety) = &after.safety {
        print_safety(safety);
    }
    if let Some(hottest) = &after.hottest {
        print_hottest(hottest, fuel_used);
    }
}

fn print_safety(safety: &Safety) {
    let on: Vec<&str> = mechanisms(&safety.profile).map(Mechanism::name).collect();
    tell!("{:<14}{}: {}", "level", safety.profile.level().name(), on.join(", "));
    if let Some((interval, watched)) = &safety.watched {
        tell!(
            "{:<14}{:>15} checkpoints, every {} instructions and at each end",
            "watched",
            grouped(watched.checkpoints),
            grouped(*interval)
        );
        tell!("{:<14}{:>15} bytes", "summed", grouped(watched.summed));
        if safety.profile.has(Mechanism::Redundancy) {
            tell!("{:<14}{:>15} bytes of each of two tasks", "compared", grouped(watched.compared));
        }
    }
}

fn print_hottest(hottest: &Hottest, fuel_used: u64) {
    tell!(
        "hottest functions by fuel, from {} samples, one each {} instructions",
        grouped(hottest.samples),
        grouped(hottest.interval)
    );
    let percent = |fuel: u64| fuel as f64 * 100.0 / fuel_used.max(1) as f64;
    for Hot { name, own, total } in hottest.functions.iter().take(HOTTEST) {
        tell!(
            "{:>20} {:>6.2} % itself {:>6.2} % with what it calls  {name}",
            grouped(*own),
            percent(*own),
            percent(*total)
        );
    }
}

/// What the profile has switched on.
fn mechanisms(profile: &Profile) -> impl Iterator<Item = Mechanism> {
    Mechanism::ALL.iter().copied().filter(|mechanism| profile.has(*mechanism))
}

/// Enters it into a run's object.
pub fn enter(after: &After, into: &mut Map<String, Json>) {
    let usage = json!({
        "fuel_used": after.usage.fuel_used,
        "host_calls": after.host_calls,
        "call_depth_peak": after.usage.call_depth_peak,
        "stack_peak": after.usage.stack_peak,
        "memory_bytes": after.usage.memory_bytes,
        "memory_reserved": after.reserved,
    });
    into.insert("usage".into(), usage);
    if let Some(plan) = &after.plan {
        into.insert("plan".into(), plan::to_json(plan));
    }
    if let Some(hash) = after.state_hash {
        // As text, because readers of JSON lose digits of numbers as wide as this one.
        into.insert("state_hash".into(), json!(format!("{hash:#018x}")));
    }
    if let Some(safety) = &after.safety {
        let watched = safety.watched.map(|(interval, watched)| {
            json!({
                "interval": interval,
                "checkpoints": watched.checkpoints,
                "bytes_summed": watched.summed,
                "bytes_compared": watched.compared,
                "host_calls": watched.host_calls,
            })
        });
        let on: Vec<&str> = mechanisms(&safety.profile).map(Mechanism::name).collect();
        let level = safety.profile.level().name();
        into.insert("safety".into(), json!({ "level": level, "mechanisms": on, "watched": watched }));
    }
    if let Some(hottest) = &after.hottest {
        let hot = |hot: &Hot| json!({ "name": hot.name, "own": hot.own, "total": hot.total });
        let functions = Json::from_iter(hottest.functions.iter().map(hot));
        let object = json!({ "interval": hottest.interval, "samples": hottest.samples, "functions": functions });
        into.insert("hottest".into(), object);
    }
}
