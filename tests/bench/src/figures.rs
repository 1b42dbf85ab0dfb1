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

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Figures {
    pub programs: Vec<Row>,
    pub load: Vec<Row>,
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
        let means = runtimes.iter().filter(|name| *name != base).filter_map(|runtime| {
            self.geomean(runtime, base).map(|(ratio, _)| format!("    {}: {ratio:.4}", quote(runtime)))
        });
        format!(
            "{{\n  \"programs\": {{\n{}\n  }},\n  \"geomean_vs_{base}\": {{\n{}\n  }},\n  \"load\": {{\n{}\n  }}\n}}\n",
            rows(&self.programs),
            means.collect::<Vec<_>>().join(",\n"),
            rows(&self.load),
        )
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
