//! The run section as a drawing: geometric means as bars, each program's ratios as marks, on one logarithmic scale.
//! Writes plain SVG that follows the reader's light or dark setting. Must not know how the figures came about.

use crate::figures::{Figures, base};
use std::fmt::Write;

/// Places along the width, in pixels: where the scale begins and ends, and the whole.
const LEFT: f64 = 170.0;
const RIGHT: f64 = 840.0;
const WIDTH: f64 = 880.0;
/// Heights of a row of each part, and of what stands above them.
const BAR: f64 = 24.0;
const PROGRAM: f64 = 20.0;
const HEAD: f64 = 58.0;
const BETWEEN: f64 = 60.0;

/// Colours that stand out from white and from near black alike.
const COLOURS: [&str; 7] = ["#3b82c4", "#d97706", "#2f9e6e", "#a05cc8", "#d9483b", "#1295a8", "#8f7f2f"];

const STYLE: &str = "\
<style>
  .ground { fill: #ffffff; } text { fill: #1f2328; font: 13px sans-serif; } .dim { fill: #59636e; font-size: 12px; }
  .title { font-size: 15px; font-weight: bold; } .grid { stroke: #d1d9e0; } .one { stroke: #1f2328; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } text { fill: #e6edf3; } .dim { fill: #9198a1; } .grid { stroke: #30363d; }
    .one { stroke: #e6edf3; }
  }
</style>
";

/// A logarithmic scale with the round numbers on it.
struct Scale {
    ticks: Vec<f64>,
}

impl Scale {
    fn over(ratios: impl Iterator<Item = f64>) -> Self {
        let (low, high) = ratios.fold((1.0f64, 1.0f64), |(low, high), ratio| (low.min(ratio), high.max(ratio)));
        let round: Vec<f64> = (-4..5).flat_map(|e| [1.0, 2.0, 5.0].map(|n| n * 10f64.powi(e))).collect();
        let first = round.iter().rposition(|tick| *tick <= low).unwrap_or(0);
        let last = round.iter().position(|tick| *tick >= high).unwrap_or(round.len() - 1);
        // At least one step on either side of 1, so that the scale has a length.
        let one = round.iter().position(|tick| *tick == 1.0).unwrap_or(first);
        Self { ticks: round[first.min(one - 1)..=last.max(one + 1)].to_vec() }
    }

    fn x(&self, ratio: f64) -> f64 {
        let (low, high) = (self.ticks[0].ln(), self.ticks[self.ticks.len() - 1].ln());
        LEFT + (ratio.ln() - low) / (high - low) * (RIGHT - LEFT)
    }
}

/// The drawing; `None` where there is nothing to compare.
pub fn svg(figures: &Figures, runtimes: &[String]) -> Option<String> {
    let base = base(runtimes);
    let means: Vec<(usize, &str, f64, usize)> = runtimes
        .iter()
        .filter(|name| *name != base)
        .enumerate()
        .filter_map(|(i, name)| figures.geomean(name, base).map(|(ratio, count)| (i, name.as_str(), ratio, count)))
        .collect();
    let ratio = |row: &crate::figures::Row, name: &str| Some(row.minimum(name)? / row.minimum(base)?);
    let all = figures.programs.iter().flat_map(|row| means.iter().filter_map(move |(_, name, ..)| ratio(row, name)));
    let scale = Scale::over(all);
    if means.is_empty() {
        return None;
    }
    let bars_end = HEAD + means.len() as f64 * BAR;
    let programs = bars_end + BETWEEN;
    let bottom = programs + figures.programs.len() as f64 * PROGRAM;
    let height = bottom + 34.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
        role=\"img\">\n<title>Run time of each runtime over that of {base}</title>\n{STYLE}\
        <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n\
        <text class=\"title\" x=\"16\" y=\"24\">Run time over {base}'s, geometric mean</text>\n\
        <text class=\"dim\" x=\"16\" y=\"42\">right of 1: {base} is faster; in parentheses: programs, where not all ran</text>\n\
        <text class=\"title\" x=\"16\" y=\"{:.1}\">Each program</text>\n",
        bars_end + 42.0,
    );
    for (from, to) in [(HEAD, bars_end), (programs, bottom)] {
        grid(&mut out, &scale, from, to);
    }
    for (row, (i, name, mean, count)) in means.iter().enumerate() {
        let y = HEAD + (row as f64 + 0.5) * BAR;
        let (from, to) = (scale.x(mean.min(1.0)), scale.x(mean.max(1.0)));
        let partial = if *count < figures.programs.len() { format!(" ({count})") } else { String::new() };
        // The number stands on the side of 1 where the bar is not, so that it never leaves the drawing.
        let (x, anchor) = if *mean < 1.0 { (to + 6.0, "start") } else { (from - 6.0, "end") };
        let _ = writeln!(
            out,
            "<text x=\"36\" y=\"{:.1}\">{}</text>\n<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"14\" \
            fill=\"{}\"/>\n<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{mean:.2}{partial}</text>",
            y + 4.5,
            escape(name),
            y - 7.0,
            to - from,
            COLOURS[i % COLOURS.len()],
            y + 4.5,
        );
        mark(&mut out, *i, 22.0, y);
    }
    for (row, program) in figures.programs.iter().enumerate() {
        let y = programs + (row as f64 + 0.5) * PROGRAM;
        let _ = writeln!(out, "<text x=\"36\" y=\"{:.1}\">{}</text>", y + 4.5, escape(&program.name));
        for (i, name, ..) in &means {
            if let Some(ratio) = ratio(program, name) {
                mark(&mut out, *i, scale.x(ratio), y);
            }
        }
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// Lines at the round numbers, and the numbers below them.
fn grid(out: &mut String, scale: &Scale, from: f64, to: f64) {
    for tick in &scale.ticks {
        let (x, class) = (scale.x(*tick), if *tick == 1.0 { "one" } else { "grid" });
        let _ = writeln!(
            out,
            "<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{from:.1}\" x2=\"{x:.1}\" y2=\"{to:.1}\"/>\n\
            <text class=\"dim\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick}</text>",
            to + 15.0,
        );
    }
}

/// The mark of the runtime with this number: colour and shape together are its own.
fn mark(out: &mut String, number: usize, x: f64, y: f64) {
    let colour = COLOURS[number % COLOURS.len()];
    let shape = match number % 4 {
        0 => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\""),
        1 => format!("<path d=\"M{x:.1} {:.1}l5 5l-5 5l-5-5z\"", y - 5.0),
        2 => format!("<rect x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\"", x - 4.0, y - 4.0),
        _ => format!("<path d=\"M{x:.1} {:.1}l5 9h-10z\"", y - 5.0),
    };
    let _ = writeln!(out, "{shape} fill=\"{colour}\" fill-opacity=\"0.85\"/>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
