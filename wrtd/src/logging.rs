//! What `RUST_LOG` asks for, on standard error: spans for loading, instantiating and running, and calls of the host.
//!
//! Owns where records go. Without the variable there are none, and nothing is spent on them.

use crate::print::tell;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;
use wrt_host::HostImport;

/// The variable, and the part of it that calls of the host are recorded under.
const VARIABLE: &str = "RUST_LOG";
const HOST: &str = "wrtd::host";

/// Begins to record, if the environment asks for it.
pub fn begin() {
    let Ok(directives) = std::env::var(VARIABLE) else { return };
    let filter = match EnvFilter::try_new(&directives) {
        Ok(filter) => filter,
        Err(why) => {
            tell!("wrtd: warning: {VARIABLE}={directives}: {why}; expected such as info, or wrtd=debug");
            return;
        }
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Told with a panic where standard error takes nothing.
        .log_internal_errors(false)
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .finish();
    // Nobody else sets one.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// The same functions of the host, each call of which is recorded if somebody listens at level debug.
pub fn host_calls(imports: Vec<HostImport>) -> Vec<HostImport> {
    if !tracing::enabled!(target: HOST, tracing::Level::DEBUG) {
        return imports;
    }
    let recorded = |HostImport { module, name, call }: HostImport| {
        let label = format!("{module}.{name}");
        let call: wrt_host::Closure = Box::new(move |caller, slots| {
            let span = tracing::debug_span!(target: HOST, "host_call", function = label, from = caller.func());
            let _entered = span.enter();
            let result = call(caller, slots);
            match &result {
                Ok(completion) => tracing::debug!(target: HOST, ?completion, "returned"),
                Err(error) => {
                    tracing::debug!(target: HOST, status = ?error.status, detail = error.detail, "ended the run")
                }
            }
            result
        });
        HostImport { module, name, call }
    };
    imports.into_iter().map(recorded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use wrt_core::{Completion, LoadBudget, RunBudget, Value};
    use wrt_host::{OwnedInstance, OwnedModule, Settings};

    /// Where records go in a test.
    #[derive(Clone, Default)]
    struct Said(Arc<Mutex<Vec<u8>>>);

    impl Write for Said {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("one thread").write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn said(level: &str) -> (i32, String) {
        let said = Said::default();
        let writer = said.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(level))
            .with_writer(move || writer.clone())
            .with_span_events(FmtSpan::NEW)
            .finish();
        let result = tracing::subscriber::with_default(subscriber, || {
            let text = r#"(module (import "env" "twice" (func $twice (param i32) (result i32)))
                (func (export "f") (result i32) (call $twice (i32.const 21))))"#;
            let module =
                OwnedModule::load(wat::parse_str(text).expect("text"), &LoadBudget::DEFAULT).expect("a module");
            let twice = HostImport {
                module: "env".into(),
                name: "twice".into(),
                call: Box::new(|_, slots| {
                    slots[0] = Value::from_i32(slots[0].i32() * 2);
                    Ok(Completion::Done)
                }),
            };
            let instance =
                OwnedInstance::new(module, host_calls(vec![twice]), &Settings::default()).expect("an instance");
            let f = instance.export_func("f").expect("exported");
            instance.start(f, &[]).expect("a call");
            instance.run(&RunBudget::default()).expect("a run");
            let mut results = [Value::ZERO];
            instance.results(&mut results).expect("a result");
            results[0].i32()
        });
        (result, String::from_utf8(said.0.lock().expect("one thread").clone()).expect("UTF-8"))
    }

    #[test]
    fn cli_1_calls_of_the_host_are_recorded_at_level_debug() {
        let (result, records) = said("debug");
        assert_eq!(result, 42);
        assert!(records.contains("host_call{function=\"env.twice\"") && records.contains("returned"), "{records}");
        assert_eq!(said("info"), (42, String::new()));
    }
}
