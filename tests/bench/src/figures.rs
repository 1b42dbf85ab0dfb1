//! The figures of a run: tables for a person, JSON for a program. Must not know how they came about.

use std::fmt::Write;

/// Seconds of one runtime in one program.
#[derive(Clone, Debug)]
pub struct Cell {
    pub runtime: String,
    pub minimum: f64,
    pub median: f64,
}

/// One program or module with its figures, one for each runtime that could do it.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    pub cells: Vec<Cell>,
    /// Bytes of the code section, for the load section.
    pub code_bytes: usize,
}

impl Row {
    pub fn minimum(&self, runtime: &str) -> Option<f64> {
        self.cells.iter().find(|cell| cell.runtime == runtime).map(|cell| cell.minimum)
    }
}

/// Nanoseconds of one crossing in one runtime.
#[derive(Clone, Debug)]
pub struct Crossing {
    pub runtime: String,
    /// The embedder calls an empty function.
    pub empty: f64,
    /// The embedder calls a function of two numbers with one result.
    pub add: f64,
    /// The guest calls a function of the host; the loop around the call is subtracted.
    pub host: f64,
    /// One round of that loop.
    pub bare: f64,
}

impl Crossing {
    fn figures(&self) -> [(&'static str, f64); 4] {
        [("empty", self.empty), ("add", self.add), ("host", self.host), ("bare", self.bare)]
    }
}

/// Bytes that each runtime took at most for one run of a program.
#[derive(Clone, Debug)]
pub struct Memory {
    pub name: String,
    pub bytes: Vec<(String, u64)>,
}

impl Memory {
    fn of(&self, runtime: &str) -> Option<u64> {
        self.bytes.iter().find(|(name, _)| name == runtime).map(|(_, bytes)| *bytes)
    }
}

/// What wrt says of its own memory after a run, in bytes.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub name: String,
    pub module: u64,
    pub instance: u64,
    pub linear: u64,
    pub stack: u64,
    /// Given back when the load ends.
    pub scratch: u64,
    /// The part of the module that is translated code.
    pub code: u64,
    /// The module's code section, as it came.
    pub section: u64,
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Figures {
    pub programs: Vec<Row>,
    pub load: Vec<Row>,
    pub crossings: Vec<Crossing>,
    pub memory: Vec<Memory>,
    pub accounts: Vec<Account>,
}

/// The runtime that the others are compared with: wrt, or the first peer where wrt took no part.
pub fn base(runtimes: &[String]) -> &str {
    runtimes.iter().find(|name| *name == "wrt").or(runtimes.first()).map_or("wrt", String::as_str)
}

impl Figures {
    /// Geometric mean over the programs that both could do, of the runtime's time over the base's: > 1 where the base is
    /// faster. With it the number of programs.
    pub fn geomean(&self, runtime: &str, base: &str) -> Option<(f64, usize)> {
        let mut sum = 0.0;
        let mut count = 0;
        for row in &self.programs {
            if let (Some(time), Some(of_base)) = (row.minimum(runtime), row.minimum(base)) {
                sum += (time / of_base).ln();
                count += 1;
            }
        }
        (count > 0).then(|| ((sum / count as f64).exp(), count))
    }

    /// The table of run times as ratios.
    pub fn run_table(&self, runtimes: &[String]) -> String {
        let base = base(runtimes);
        let mut out = format!("\nRun: seconds of {base}, then each runtime's time over it (> 1: {base} is faster)\n");
        let _ = write!(out, "{:<14}{:>12}", "program", base);
        for runtime in runtimes.iter().filter(|name| *name != base) {
            let _ = write!(out, "{runtime:>20}");
        }
        out.push('\n');
        for row in &self.programs {
            let of_base = row.minimum(base);
            let _ = write!(out, "{:<14}{:>12}", row.name, of_base.map_or("-".into(), |s| format!("{s:.4}")));
            for runtime in runtimes.iter().filter(|name| *name != base) {
                let ratio = row.minimum(runtime).zip(of_base).map(|(time, of_base)| time / of_base);
                let _ = write!(out, "{:>20}", ratio.map_or("-".into(), |r| format!("{r:.3}")));
            }
            out.push('\n');
        }
        let _ = write!(out, "{:<14}{:>12}", "geometric mean", "");
        for runtime in runtimes.iter().filter(|name| *name != base) {
            let mean = self.geomean(runtime, base).map(|(ratio, count)| {
                let partial = if count < self.programs.len() { format!(" ({count})") } else { String::new() };
                format!("{ratio:.3}{partial}")
            });
            let _ = write!(out, "{:>20}", mean.unwrap_or("-".into()));
        }
        out.push_str("\n\nSpread: median over minimum of the rounds, worst program: ");
        for (i, runtime) in runtimes.iter().enumerate() {
            let cells = self.programs.iter().flat_map(|row| &row.cells).filter(|cell| cell.runtime == *runtime);
            let worst = cells.map(|cell| cell.median / cell.minimum).fold(1.0, f64::max);
            let _ = write!(out, "{}{runtime} {worst:.2}", if i == 0 { "" } else { ", " });
        }
        out.push('\n');
        out
    }

    /// The table of load speeds.
    pub fn load_table(&self, runtimes: &[String]) -> String {
        let mut out = String::from("\nLoad: MB of code section per second, validated and translated\n");
        let _ = write!(out, "{:<20}{:>10}", "module", "code MB");
        let timed = |runtime: &&String| self.load.iter().any(|row| row.minimum(runtime).is_some());
        for runtime in runtimes.iter().filter(timed) {
            let _ = write!(out, "{runtime:>20}");
        }
        out.push('\n');
        for row in &self.load {
            let megabytes = row.code_bytes as f64 / 1e6;
            let _ = write!(out, "{:<20}{megabytes:>10.3}", row.name);
            for runtime in runtimes.iter().filter(timed) {
                let speed = row.minimum(runtime).map(|seconds| format!("{:.1}", megabytes / seconds));
                let _ = write!(out, "{:>20}", speed.unwrap_or("-".into()));
            }
            out.push('\n');
        }
        out
    }

    /// The table of crossings.
    pub fn crossings_table(&self, runtimes: &[String]) -> String {
        let base = base(runtimes);
        let of_base = self.crossings.iter().find(|crossing| crossing.runtime == base);
        let mut out = format!(
            "\nCrossings: nanoseconds of one call, and over {base}'s (> 1: {base} is faster)\n\
            empty, add: the embedder calls () -> () and (i32, i32) -> i32; host: a guest's loop calls i32 -> i32, without \
            its bare loop\n{:<20}",
            "runtime"
        );
        for way in ["empty", "add", "host", "bare loop"] {
            let _ = write!(out, "{way:>10}{:>8}", "");
        }
        out.push('\n');
        for crossing in &self.crossings {
            let _ = write!(out, "{:<20}", crossing.runtime);
            for (i, (_, time)) in crossing.figures().into_iter().enumerate() {
                let ratio = of_base.map(|of_base| format!("{:.2}", time / of_base.figures()[i].1));
                let _ = write!(out, "{time:>10.1}{:>8}", ratio.unwrap_or("-".into()));
            }
            out.push('\n');
        }
        out
    }

    /// The table of the memory that runs take.
    pub fn memory_table(&self, runtimes: &[String]) -> String {
        let mut out = String::from("\nMemory: KiB that become resident for one run in a fresh process, at most\n");
        let _ = write!(out, "{:<14}", "program");
        for runtime in runtimes {
            let _ = write!(out, "{runtime:>20}");
        }
        out.push('\n');
        for row in &self.memory {
            let _ = write!(out, "{:<14}", row.name);
            for runtime in runtimes {
                let _ = write!(out, "{:>20}", row.of(runtime).map_or("-".into(), |bytes| (bytes >> 10).to_string()));
            }
            out.push('\n');
        }
        out
    }

    /// The table of what wrt says of its own memory.
    pub fn account_table(&self) -> String {
        let mut out = String::from(
            "\nwrt's own account: bytes of each arena in use after the run, of the load's scratch, and of translated code \
            over the code section\n",
        );
        let heads = ["module", "instance", "linear memory", "stack", "load scratch", "code", "code section", "ratio"];
        let _ = write!(out, "{:<14}", "program");
        for head in heads {
            let _ = write!(out, "{head:>14}");
        }
        out.push('\n');
        for row in &self.accounts {
            let _ = write!(out, "{:<14}", row.name);
            for bytes in [row.module, row.instance, row.linear, row.stack, row.scratch, row.code, row.section] {
                let _ = write!(out, "{bytes:>14}");
            }
            let _ = writeln!(out, "{:>14.2}", row.code as f64 / row.section.max(1) as f64);
        }
        out
    }

    /// The figures as JSON; names are those of files and runtimes and are escaped.
    pub fn json(&self, runtimes: &[String]) -> String {
        let base = base(runtimes);
        let rows = |rows: &[Row]| {
            let rows = rows.iter().map(|row| {
                let cells = row.cells.iter().map(|cell| format!("{}: {:e}", quote(&cell.runtime), cell.minimum));
                format!("    {}: {{{}}}", quote(&row.name), cells.collect::<Vec<_>>().join(", "))
            });
            rows.collect::<Vec<_>>().join(",\n")
        };
        // Ratios to another runtime would be mistaken for ratios to wrt.
        let means = runtimes.iter().filter(|name| *name != base && base == "wrt").filter_map(|runtime| {
            self.geomean(runtime, base).map(|(ratio, _)| format!("    {}: {ratio:.4}", quote(runtime)))
        });
        let calls =
            self.crossings.iter().map(|crossing| format!("    {}: {:.2}", quote(&crossing.runtime), crossing.empty));
        let crossings = self.crossings.iter().map(|crossing| {
            let figures = crossing.figures().map(|(way, time)| format!("{}: {time:.2}", quote(way)));
            format!("    {}: {{{}}}", quote(&crossing.runtime), figures.join(", "))
        });
        let memory = self.memory.iter().map(|row| {
            let bytes = row.bytes.iter().map(|(runtime, bytes)| format!("{}: {bytes}", quote(runtime)));
            format!("    {}: {{{}}}", quote(&row.name), bytes.collect::<Vec<_>>().join(", "))
        });
        let accounts = self.accounts.iter().map(|row| {
            format!(
                "    {}: {{\"module\": {}, \"instance\": {}, \"linear_memory\": {}, \"stack\": {}, \
                \"load_scratch\": {}, \"code\": {}, \"code_section\": {}}}",
                quote(&row.name),
                row.module,
                row.instance,
                row.linear,
                row.stack,
                row.scratch,
                row.code,
                row.section
            )
        });
        let sections = [
            ("programs", rows(&self.programs)),
            ("geomean_vs_wrt", means.collect::<Vec<_>>().join(",\n")),
            ("load", rows(&self.load)),
            ("call", calls.collect::<Vec<_>>().join(",\n")),
            ("crossings_ns", crossings.collect::<Vec<_>>().join(",\n")),
            ("memory", memory.collect::<Vec<_>>().join(",\n")),
            ("wrt_account_bytes", accounts.collect::<Vec<_>>().join(",\n")),
        ];
        let sections = sections.map(|(name, rows): (&str, String)| format!("  {}: {{\n{rows}\n  }}", quote(name)));
        format!("{{\n{}\n}}\n", sections.join(",\n"))
    }
}

fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
