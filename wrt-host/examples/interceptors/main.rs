//! Four interceptors around a controller's calls of its host: a logger, a counter, a firewall, and an
//! injector of faults. `cargo run -p wrt-host --example interceptors`

mod counter;
mod faults;
mod firewall;
mod logger;

use core::cell::Cell;
use counter::CallCounter;
use faults::FaultInjector;
use firewall::Firewall;
use logger::Logger;
use std::sync::Arc;
use wrt_core::{Caller, Completion, Error, Interceptor, LoadBudget, Outcome, RunBudget, Value};
use wrt_host::{Closure, HostImport, OwnedInstance, OwnedModule, Settings};

/// `sense(channel) -> f32`, `actuate(channel, f32)`, `report(tick, f32)`; see `guests/c/control.c`.
const CONTROLLER: &[u8] = include_bytes!("../../../examples/guests/wasm/control.wasm");

/// The controller with a plant that follows its actuator slowly.
fn controller(interceptor: Option<Box<dyn Interceptor>>) -> Result<OwnedInstance, Error> {
    let plant = std::rc::Rc::new(Cell::new(0.0f32));
    let import = |name: &str, call: Closure| HostImport { module: "env".into(), name: name.into(), call };
    let (sensed, driven) = (plant.clone(), plant);
    let host = vec![
        import(
            "sense",
            Box::new(move |_: &mut Caller, slots| {
                slots.iter_mut().take(1).for_each(|slot| *slot = Value::from_f32(sensed.get()));
                Ok(Completion::Done)
            }),
        ),
        import(
            "actuate",
            Box::new(move |_: &mut Caller, slots| {
                if let [_, value] = slots {
                    driven.set(driven.get() + 0.05 * (value.f32() - driven.get()));
                }
                Ok(Completion::Done)
            }),
        ),
        import("report", Box::new(|_: &mut Caller, _| Ok(Completion::Done))),
    ];
    let module: Arc<OwnedModule> = OwnedModule::load(CONTROLLER, &LoadBudget::DEFAULT)?;
    let mut made = OwnedInstance::new(module, host, &Settings { stack_bytes: 1 << 16, ..Settings::default() })?;
    made.set_interceptor(interceptor);
    Ok(made)
}

/// Runs `n` ticks; calls that are delayed go on at once. Returns the guest's result and the delays.
fn run(controller: &OwnedInstance, n: i32) -> Result<(i32, u32), Error> {
    controller.start(controller.export_func("run")?, &[Value::from_i32(n)])?;
    let mut delays = 0;
    loop {
        match controller.run(&RunBudget::default())? {
            Outcome::Done => break,
            Outcome::Pending => {
                delays += 1;
                controller.proceed()?;
            }
            Outcome::Fuel | Outcome::Interrupted => {}
        }
    }
    let mut result = [Value::ZERO];
    controller.results(&mut result)?;
    Ok((result.map(Value::i32)[0], delays))
}

fn main() -> Result<(), Error> {
    let logger = Logger::default();
    run(&controller(Some(Box::new(logger.clone())))?, 2)?;
    println!("Two ticks, written down:\n{}", logger.text());

    let counter = CallCounter::default();
    run(&controller(Some(Box::new(counter.clone())))?, 100)?;
    println!("A hundred ticks, counted:");
    for count in counter.counts() {
        println!("  {:>4} of {:<12}", count.called, if count.name.is_empty() { "run" } else { &count.name });
    }

    let firewall = Firewall::new(&[("env", "sense"), ("env", "actuate")]);
    let refused = run(&controller(Some(Box::new(firewall)))?, 100);
    println!("\nBehind a firewall without `report`: {}", refused.map_or_else(|e| e.to_string(), |_| "done".into()));

    println!("\nWith faults:");
    for seed in 1..=3 {
        let injector = FaultInjector::seeded(seed, 150, 10);
        let end = run(&controller(Some(Box::new(injector)))?, 100);
        let said =
            end.map_or_else(|e| format!("{e}, call {}", e.detail), |(n, d)| format!("{n} ticks settled, {d} delays"));
        println!("  seed {seed}: {said}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_core::Reason;

    fn plain(n: i32) -> i32 {
        run(&controller(None).expect("a controller"), n).expect("a result").0
    }

    /// RUN-7: the log has every call once before and once after, and changes nothing.
    #[test]
    fn the_logger_writes_every_call() {
        let logger = Logger::default();
        let made = controller(Some(Box::new(logger.clone()))).expect("a controller");
        assert_eq!(run(&made, 20), Ok((plain(20), 0)));
        let text = logger.text();
        for (name, calls) in [("env.sense", 20), ("env.actuate", 20), ("env.report", 2)] {
            for arrow in ["->", "<-"] {
                assert_eq!(text.matches(&format!("{arrow} {name} ")).count(), calls, "{text}");
            }
        }
        assert!(text.lines().next_back().is_some_and(|l| l.starts_with("<- function")));
    }

    /// RUN-7: counts are those of the log.
    #[test]
    fn the_counter_counts() {
        let counter = CallCounter::default();
        let made = controller(Some(Box::new(counter.clone()))).expect("a controller");
        assert_eq!(run(&made, 100), Ok((plain(100), 0)));
        let calls: Vec<_> = counter.counts().into_iter().map(|c| (c.name, c.called, c.returned)).collect();
        let expected = [("env.sense", 100), ("env.actuate", 100), ("env.report", 7), ("", 1)];
        assert_eq!(calls.len(), expected.len());
        for (name, n) in expected {
            assert!(calls.contains(&(name.to_owned(), n, n)), "{calls:?}");
        }
    }

    /// RUN-7: what is on the list is called, what is not ends the run with the firewall's own words.
    #[test]
    fn the_firewall_refuses() {
        let with =
            |list: &[(&str, &str)]| run(&controller(Some(Box::new(Firewall::new(list)))).expect("a controller"), 30);
        assert_eq!(with(&[("env", "*")]), Ok((plain(30), 0)));
        for list in [&[("env", "sense"), ("env", "actuate")][..], &[("other", "*")], &[]] {
            let error = with(list).expect_err("a refusal");
            assert_eq!(error.reason, Reason::CallRefused);
            assert_eq!(error.message, c"the firewall does not let the guest call this import");
        }
    }

    /// RUN-7: the n-th call fails and no other; the same seed gives the same faults; delays alone change
    /// nothing.
    #[test]
    fn faults_are_injected() {
        for n in [1, 2, 50, 207] {
            let end = run(&controller(Some(Box::new(FaultInjector::nth(n)))).expect("a controller"), 100);
            assert_eq!(end.map_err(|e| (e.reason, e.detail)), Err((Reason::CallRefused, n)));
        }
        let end = run(&controller(Some(Box::new(FaultInjector::nth(208)))).expect("a controller"), 100);
        assert_eq!(end, Ok((plain(100), 0)));
        let seeded = |seed, fail, delay| {
            let injector = FaultInjector::seeded(seed, fail, delay);
            run(&controller(Some(Box::new(injector))).expect("a controller"), 100)
        };
        let ends: Vec<_> = (0..8).map(|seed| seeded(seed, 100, 5)).collect();
        assert_eq!(ends, (0..8).map(|seed| seeded(seed, 100, 5)).collect::<Vec<_>>());
        assert!(ends.iter().any(|e| *e != ends[0]), "seeds differ");
        let (result, delays) = seeded(1, 0, 3).expect("a result");
        assert!(result == plain(100) && delays > 20, "{delays}");
    }
}
