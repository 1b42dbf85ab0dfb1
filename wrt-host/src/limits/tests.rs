//! Tests of the order of sources and of what is said where something is wrong.

use super::*;
use wrt_platform::Found;

fn resolved(resolver: &Resolver) -> Resolved {
    resolver.resolve().unwrap_or_else(|e| panic!("{e}"))
}
fn source(resolved: &Resolved, field: Field) -> &Source {
    &resolved.sources.iter().find(|(one, _)| *one == field).expect("every field has a source").1
}

/// LIM-2: for every field and every pair of sources, the stronger one holds, in whatever order they speak.
#[test]
fn lim_2_the_stronger_source_holds() {
    type Say = fn(&mut Resolver, Field, u64);
    fn text(field: Field, number: u64) -> String {
        show(field, number).replace(" bytes", "").replace(" %", "")
    }
    let speakers: [(&str, Say); 4] = [
        ("call", |r, field, n| r.call(field, n).expect("a value")),
        ("command-line", |r, field, n| {
            r.command_line(&format!("{}={}", field.key(), text(field, n))).expect("a value")
        }),
        ("environment", |r, field, n| r.environment([(variable(field), text(field, n))]).expect("a value")),
        ("file", |r, field, n| {
            let value = if field.unit() == Unit::Switch { text(field, n) } else { format!("\"{}\"", text(field, n)) };
            r.file("f.toml", &format!("[limits]\n{} = {value}\n", field.key())).expect("a value");
        }),
    ];
    for field in Field::ALL {
        for strong in 0..4 {
            for weak in strong + 1..4 {
                for order in [[strong, weak], [weak, strong]] {
                    let mut resolver = Resolver::new();
                    for at in order {
                        speakers[at].1(&mut resolver, *field, u64::from(at == strong));
                    }
                    assert_eq!(resolver.set(*field), Some(1), "{} over {}", speakers[strong].0, speakers[weak].0);
                    let (source, _) = &resolver.values[field];
                    assert_eq!(source.kind(), speakers[strong].0, "{}", field.key());
                }
            }
        }
    }
}

/// LIM-2: the platform is stronger than the preset and weaker than a file.
#[test]
fn lim_2_the_platform_stands_between_file_and_preset() {
    let mut resolver = Resolver::new();
    let preset = resolved(&resolver);
    assert_eq!(preset.limits, Preset::LinuxContainer.limits(512 << 20, Asil::FLOOR));
    assert_eq!(source(&preset, Field::Total).kind(), "preset");
    resolver.platform(Offer { memory: Some(Found::new(1 << 30, "memory.max")), ..Offer::NOTHING });
    let platform = resolved(&resolver);
    assert_eq!(platform.limits, Preset::LinuxContainer.limits(1 << 30, Asil::FLOOR));
    assert_eq!(source(&platform, Field::Total).to_string(), "platform, memory.max: 1073741824 bytes");
    resolver.file("wrt.toml", "[limits]\n\nmax-mem = \"2G\"\n").expect("a file");
    let file = resolved(&resolver);
    assert_eq!(file.limits.total_bytes, 2 << 30);
    assert_eq!(source(&file, Field::Total), &Source::File { path: "wrt.toml".into(), line: 3, column: 11 });
    assert_eq!(file.warnings.len(), 1, "more than the platform offers: {:?}", file.warnings);
}

/// LIM-2: the named variables.
#[test]
fn lim_2_environment_variables() {
    let mut resolver = Resolver::new();
    let variables =
        [("PATH", "/bin"), ("WRTD_MAX_MEM", "256M"), ("WRTD_ASIL_LEVEL", "d"), ("WRTD_PRESET", "qnx-safety")];
    resolver.environment(variables.map(|(name, value)| (name.into(), value.into()))).expect("variables");
    let found = resolved(&resolver);
    assert_eq!((found.limits.total_bytes, found.limits.asil, found.preset), (256 << 20, Asil::D, Preset::QnxSafety));
    assert_eq!(source(&found, Field::Total).to_string(), "environment, WRTD_MAX_MEM");
    // What is offered is planned with by the safety factor, what is asked for is not.
    resolver.values.remove(&Field::Total);
    resolver.platform(Offer { memory: Some(Found::new(100 << 20, "asinfo")), ..Offer::NOTHING });
    assert_eq!(resolved(&resolver).limits.total_bytes, 30 << 20);
    for (name, value) in
        [("WRTD_MAX_MEN", "1"), ("WRTD_MAX_MEM", "much"), ("WRTD_PRESET", "mainframe"), ("WRTD_MAX_NESTING", "5000M")]
    {
        let error = Resolver::new().environment([(name.into(), value.into())]).expect_err("no such thing");
        assert!(error.to_string().starts_with(&format!("environment, {name}: ")), "{error}");
    }
    let error = Resolver::new().environment([("WRTD_MAX_MEN".into(), "1".into())]).expect_err("misspelt");
    assert!(error.to_string().contains("max-mem meant?"), "{error}");
}

/// LIM-2: errors in a file name its line.
#[test]
fn lim_2_errors_in_a_file_name_the_line() {
    let cases = [
        ("[limits]\nmax-mem = 1\nmax-men = 2\n", 3),
        ("[limits]\n\n\nmax-mem = \"x\"\n", 4),
        ("[limits]\nmax-mem = -1\n", 2),
        ("[limits]\nmax-mem = 18446744073709551616\n", 2),
        ("[limits]\nmax-nesting = 4294967296\n", 2),
        ("[limits]\nmax-mem = 1.5\n", 2),
        ("[limits]\nsafety-debug = 1\n", 2),
        ("[limits]\nasil-level = 4\n", 2),
        ("[limits]\nasil-level = \"E\"\n", 2),
        ("[limits]\npreset = \"none\"\n", 2),
        ("[limits]\nmax-mem = 1\nmax-mem = 2\n", 3),
        ("# one\nlimits = 1\n", 2),
        ("\n[other]\nx = 1\n", 2),
        ("[limits]\nmax-mem = \n", 2),
        ("[limits\n", 1),
    ];
    for (text, line) in cases {
        let error = Resolver::new().file("a/wrt.toml", text).expect_err(text);
        assert!(error.to_string().starts_with(&format!("a/wrt.toml:{line}:")), "{text:?}: {error}");
    }
    // The column is that of the key in its line.
    let error = Resolver::new().file("wrt.toml", "[limits]\n  max-lienar = 1\n").expect_err("no limit");
    assert_eq!(error.to_string(), "wrt.toml:2:3: max-lienar is no limit; is max-linear meant?");
    let error = Resolver::new().file_among("wrt.toml", "[rum]\n", &["run"]).expect_err("no table");
    assert!(
        error.to_string().starts_with("wrt.toml:1:2: ") && error.to_string().ends_with("is [run] meant?"),
        "{error}"
    );
    Resolver::new().file_among("wrt.toml", "[run]\nfuel = 1\n", &["run"]).expect("somebody else's");
}

/// LIM-2: every kind of value in a file.
#[test]
fn lim_2_values_in_a_file() {
    let text = "[limits]\npreset = \"embedded\"\nmax-mem = 0x8000\nmax-linear = \"16K\"\nsafety-reserve = 11\n\
        asil-level = \"QM\"\ndebug-level = \"full\"\nsafety-debug = true\nmax-imports = 1_000\n";
    let mut resolver = Resolver::new();
    resolver.file("wrt.toml", text).expect("a file");
    if Asil::FLOOR > Asil::Qm {
        return;
    }
    let limits = resolved(&resolver).limits;
    let expected = Limits {
        linear_bytes: 16 << 10,
        safety_reserve: 11,
        debug_level: DebugLevel::Full,
        safety_debug: true,
        imports: 1_000,
        ..Preset::Embedded.limits(32 << 10, Asil::Qm)
    };
    assert_eq!(limits, expected);
}

/// LIM-2: values that do not hold together are refused, and who set them is said.
#[test]
fn lim_2_what_does_not_hold_together_is_refused() {
    let mut resolver = Resolver::new();
    resolver.command_line("max-linear=600M").expect("a value");
    let error = resolver.resolve().expect_err("more than 512 MiB");
    assert!(matches!(error, LimitsError::Inconsistent { why: Inconsistent::Shares { .. }, .. }));
    assert!(error.to_string().contains("max-linear by command line"), "{error}");
    resolver.call(Field::Total, 2 << 30).expect("a value");
    assert_eq!(resolved(&resolver).limits.linear_bytes, 600 << 20);
    // LIM-4: the bound of the preset holds whoever sets the value.
    let mut resolver = Resolver::new();
    resolver.call_preset(Preset::Embedded);
    resolver.call(Field::DebugOverhead, (32 << 10) * 5 / 100 + 1).expect("a value");
    let error = resolver.resolve().expect_err("more than 5 %");
    assert!(matches!(error, LimitsError::Inconsistent { why: Inconsistent::DebugOverhead { .. }, .. }), "{error}");
}

/// LIM-2: a level below the least of the build is refused from every source.
#[test]
fn lim_2_asil_3_the_floor_holds_for_every_source() {
    for level in Asil::ALL {
        let mut resolver = Resolver::new();
        resolver.command_line(&format!("asil-level={}", level.name())).expect("a level");
        assert_eq!(resolver.resolve().is_ok(), level >= Asil::FLOOR, "{}", level.name());
    }
}

/// LIM-3: the variable of the downward API is the one that the user names, and the least number holds.
#[test]
fn lim_3_kubernetes_the_variable_is_the_users() {
    let pod = |name: &str| (name == "POD_MEMORY").then(|| "268435456".to_owned());
    let mut resolver = Resolver::new();
    resolver.platform(Offer { memory: Some(Found::new(1 << 30, "MemAvailable")), ..Offer::NOTHING });
    resolver.downward_api(pod).expect("none is named");
    assert_eq!(resolved(&resolver).limits.total_bytes, 1 << 30);
    resolver.environment([(MEMORY_VARIABLE.into(), "POD_MEMORY".into())]).expect("a name");
    resolver.downward_api(pod).expect("a number");
    let found = resolved(&resolver);
    assert_eq!(found.limits.total_bytes, 256 << 20);
    assert!(source(&found, Field::Total).to_string().contains("downward API at POD_MEMORY"));
    for value in [None, Some("256Mi")] {
        let error = resolver.downward_api(|_| value.map(ToOwned::to_owned)).expect_err("no number");
        assert!(error.to_string().contains("POD_MEMORY"), "{error}");
    }
    // The command line's name is stronger.
    resolver.command_line_memory_variable("OTHER");
    assert!(resolver.downward_api(pod).is_err());
}

/// LIM-3: this machine says something, and it is what a second look says, memory apart.
#[cfg(target_os = "linux")]
#[test]
fn lim_3_linux_through_the_host() {
    let (first, second) = (discover(), discover());
    assert!(first.memory.is_some());
    assert_eq!((first.stack, first.failed), (second.stack, 0));
}
