//! A flame graph as an SVG picture, or its stacks as text.
//!
//! Owns how it is drawn: a box for each function in each stack that led to it, as wide as the fuel that was used in
//! it; the function that was called first lies at the bottom. The picture needs no script: a browser shows numbers
//! where the mouse rests. The text has a line for each stack, `a;b;c FUEL`, as other tools for flame graphs read it.

use crate::size::grouped;
use core::fmt::Write;
use std::collections::BTreeMap;

/// Width of the picture, in its own units.
const WIDTH: f64 = 1200.0;
/// Height of a box.
const ROW: f64 = 17.0;
/// Room for the title, and around the boxes.
const HEAD: f64 = 40.0;
const MARGIN: f64 = 10.0;
/// Boxes that would be narrower are left out.
const NARROWEST: f64 = 0.1;
/// Width of a letter of the font, about.
const LETTER: f64 = 7.0;

/// A function where it was called from one stack.
#[derive(Default)]
struct Node {
    fuel: u64,
    callees: BTreeMap<String, Node>,
}

impl Node {
    fn add(&mut self, stack: &[String], fuel: u64) {
        let mut node = self;
        node.fuel += fuel;
        for name in stack {
            node = node.callees.entry(name.clone()).or_default();
            node.fuel += fuel;
        }
    }
}

/// A box that waits to be drawn.
struct Open<'n> {
    name: &'n str,
    node: &'n Node,
    depth: usize,
    left: f64,
}

/// The picture of these stacks, the outermost function first.
pub fn svg(title: &str, stacks: &[(Vec<String>, u64)]) -> String {
    let mut root = Node::default();
    for (stack, fuel) in stacks {
        root.add(stack, *fuel);
    }
    let deepest = stacks.iter().map(|(stack, _)| stack.len()).max().unwrap_or(0);
    let height = HEAD + (deepest as f64 + 1.0) * ROW + MARGIN;
    let scale = (WIDTH - 2.0 * MARGIN) / root.fuel.max(1) as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" \
         font-family=\"monospace\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fffdf5\"/>\n\
         <text x=\"{}\" y=\"24\" font-size=\"15\" text-anchor=\"middle\">{}</text>\n",
        WIDTH / 2.0,
        escape(title)
    );
    let mut open = vec![Open { name: "all", node: &root, depth: 0, left: MARGIN }];
    while let Some(Open { name, node, depth, left }) = open.pop() {
        let width = node.fuel as f64 * scale;
        if width < NARROWEST {
            continue;
        }
        let top = height - MARGIN - (depth as f64 + 1.0) * ROW;
        let share = node.fuel as f64 * 100.0 / root.fuel.max(1) as f64;
        let _ = writeln!(
            out,
            "<g><title>{}: {} instructions, {share:.2} %</title>\
             <rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{}\" rx=\"1\" fill=\"{}\"/>{}</g>",
            escape(name),
            grouped(node.fuel),
            ROW - 1.0,
            colour(name),
            label(name, left, top, width)
        );
        let mut at = left;
        for (name, node) in &node.callees {
            open.push(Open { name, node, depth: depth + 1, left: at });
            at += node.fuel as f64 * scale;
        }
    }
    out + "</svg>\n"
}

/// The stacks as text.
pub fn folded(stacks: &[(Vec<String>, u64)]) -> String {
    // What separates stands in no name.
    let plain = |name: &String| name.replace([';', '\n'], ":");
    let line = |(stack, fuel): &(Vec<String>, u64)| {
        format!("{} {fuel}\n", stack.iter().map(plain).collect::<Vec<_>>().join(";"))
    };
    stacks.iter().map(line).collect()
}

/// As much of the name as there is room for.
fn label(name: &str, left: f64, top: f64, width: f64) -> String {
    let room = ((width - 6.0) / LETTER) as usize;
    if room < 3 {
        return String::new();
    }
    let shown = if name.chars().count() <= room {
        name.to_owned()
    } else {
        name.chars().take(room - 2).collect::<String>() + ".."
    };
    format!("<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", left + 3.0, top + ROW - 5.0, escape(&shown))
}

/// A warm colour that depends on the name alone.
fn colour(name: &str) -> String {
    let hash = name.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("rgb({},{},{})", 205 + hash % 50, 80 + (hash >> 8) % 130, (hash >> 16) % 60)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_as_wide_as_their_fuel() {
        let stacks = [(vec!["a".into()], 25), (vec!["a".into(), "b<int>".into()], 75)];
        let picture = svg("t", &stacks);
        assert!(picture.contains("<title>all: 100 instructions, 100.00 %</title>"), "{picture}");
        assert!(picture.contains("<title>b&lt;int&gt;: 75 instructions, 75.00 %</title>"), "{picture}");
        assert!(picture.contains(&format!("width=\"{:.1}\"", (WIDTH - 2.0 * MARGIN) * 0.75)), "{picture}");
        assert_eq!(folded(&stacks), "a 25\na;b<int> 75\n");
    }

    #[test]
    fn what_is_too_narrow_to_be_seen_is_left_out() {
        let stacks = [(vec!["a".into()], 1_000_000), (vec!["b".into()], 1)];
        assert!(svg("t", &stacks).contains("<title>a:") && !svg("t", &stacks).contains("<title>b:"));
    }
}
