//! Random programs in the first form of exception handling: bodies with clauses, delegates, rethrows
//! and branches nested in one another.
//!
//! Owns their grammar. Every program ends, imports nothing, and exports `run`, from a number to a
//! number, and the global `seen`, a hash over the places that were passed and what they saw there.

use crate::smith::Random;
use std::fmt::Write as _;

/// What a branch to a label must bring.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Plain,
    /// One `i32`.
    Value,
}

/// Which blocks are around the place at hand, innermost last; true for one in whose clause it stands.
struct Program<'r> {
    random: &'r mut Random,
    text: String,
    labels: Vec<(Label, bool)>,
    place: u32,
    /// Functions that may be called: those before this one.
    callable: usize,
}

/// The tags and how each one's payload is thrown and noted.
const TAGS: [(&str, &str, &str); 4] = [
    ("", "", ""),
    ("(param i32)", "(local.get $x)", "local.set $p"),
    ("(param i32 i64)", "(local.get $x) (i64.const 77)", "i32.wrap_i64 i32.add local.set $p"),
    (
        "(param f64 i32)",
        "(f64.const 2.5) (local.get $y)",
        "local.set $p i32.trunc_sat_f64_s local.get $p i32.add local.set $p",
    ),
];

/// The program of this number, as text.
#[must_use]
pub fn program(seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = String::from("(module (global $seen (export \"seen\") (mut i32) (i32.const 1))\n");
    for (i, (params, ..)) in TAGS.iter().enumerate() {
        writeln!(text, "(tag $t{i} {params})").expect("a string");
    }
    let functions = 2 + random.below(4);
    for f in 0..functions {
        let mut program = Program {
            random: &mut random,
            text: String::new(),
            labels: vec![(Label::Value, false)],
            place: 0,
            callable: f,
        };
        program.statements(4);
        program.value();
        let body = program.text;
        writeln!(text, "(func $f{f} (param $x i32) (result i32) (local $y i32) (local $p i32)\n{body})")
            .expect("a string");
    }
    // The last function for sixteen numbers, whatever it throws.
    writeln!(
        text,
        "(func (export \"run\") (param $x i32) (result i32)
          try (result i32) (call $f{} (local.get $x)) catch_all (i32.const -1) end))",
        functions - 1
    )
    .expect("a string");
    text
}

impl Program<'_> {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Something that depends on what came before.
    fn condition(&mut self) -> String {
        let of = ["$x", "$y", "$p"][self.random.below(3)];
        format!("(i32.and (local.get {of}) (i32.const {}))", 1 << self.random.below(4))
    }

    fn note(&mut self) {
        self.place += 1;
        let place = self.place;
        self.put(&format!(
            "(global.set $seen (i32.add (i32.mul (global.get $seen) (i32.const 31)) (i32.add (local.get $y) (i32.add (local.get $p) (i32.const {place})))))"
        ));
    }

    /// One `i32` on the stack.
    fn value(&mut self) {
        match self.random.below(4) {
            0 => self.put("(i32.add (local.get $x) (local.get $y))"),
            1 => self.put("(local.get $p)"),
            2 if self.callable > 0 => {
                let f = self.random.below(self.callable);
                self.put(&format!("(call $f{f} (i32.add (local.get $x) (i32.const {f})))"));
            }
            _ => {
                let n = self.random.below(100);
                self.put(&format!("(i32.const {n})"));
            }
        }
    }

    fn statements(&mut self, depth: usize) {
        for _ in 0..1 + self.random.below(4) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: usize) {
        match self.random.below(if depth == 0 { 6 } else { 12 }) {
            0 => self.note(),
            1 => {
                self.value();
                self.put("local.set $y");
            }
            2 => self.throw(),
            3 => self.branch(),
            4 => self.rethrow(),
            5 => self.put("(local.set $x (i32.add (local.get $x) (i32.const 5)))"),
            6 => self.block(depth - 1),
            7 => self.delegate(depth - 1),
            _ => self.try_catch(depth - 1),
        }
    }

    fn throw(&mut self) {
        let tag = self.random.below(TAGS.len());
        let (_, args, _) = TAGS[tag];
        let condition = self.condition();
        self.put(&format!("(if {condition} (then (throw $t{tag} {args})))"));
    }

    fn branch(&mut self) {
        let depth = self.random.below(self.labels.len());
        let (label, _) = self.labels[self.labels.len() - 1 - depth];
        let condition = self.condition();
        if label == Label::Value {
            self.value();
            self.put(&format!("{condition} br_if {depth} drop"));
        } else {
            self.put(&format!("{condition} br_if {depth}"));
        }
    }

    fn rethrow(&mut self) {
        let clauses: Vec<usize> =
            (0..self.labels.len()).filter(|&d| self.labels[self.labels.len() - 1 - d].1).collect();
        if clauses.is_empty() {
            return self.note();
        }
        let depth = clauses[self.random.below(clauses.len())] + 1;
        let condition = self.condition();
        self.put(&format!("(if {condition} (then (rethrow {depth})))"));
    }

    /// A block's type, and what is left to do with its result.
    fn open(&mut self, keyword: &str) -> Label {
        let label = if self.random.below(2) == 0 { Label::Plain } else { Label::Value };
        // Something below the block's results, too.
        if self.random.below(3) == 0 {
            self.put("(i32.const 3)");
            self.value();
            self.put("i32.mul local.set $y (local.get $y)");
        } else {
            self.put("(local.get $x)");
        }
        self.put(&format!("{keyword}{}", if label == Label::Value { " (result i32)" } else { "" }));
        self.labels.push((label, false));
        label
    }

    fn body(&mut self, label: Label, depth: usize) {
        self.statements(depth);
        if label == Label::Value {
            self.value();
        }
    }

    /// What stands below the block's result joins it.
    fn close(&mut self, label: Label) {
        self.labels.pop();
        if label == Label::Value {
            self.put("i32.add");
        }
        self.put("local.set $y");
        self.note();
    }

    fn block(&mut self, depth: usize) {
        let label = self.open("block");
        self.body(label, depth);
        self.put("end");
        self.close(label);
    }

    fn delegate(&mut self, depth: usize) {
        let label = self.open("try");
        self.body(label, depth);
        self.labels.pop();
        let to = self.random.below(self.labels.len());
        self.put(&format!("delegate {to}"));
        self.labels.push((label, false));
        self.close(label);
    }

    fn try_catch(&mut self, depth: usize) {
        let label = self.open("try");
        self.body(label, depth);
        let clauses = self.random.below(4);
        if let Some(last) = self.labels.last_mut() {
            last.1 = true;
        }
        for _ in 0..clauses {
            let tag = self.random.below(TAGS.len());
            self.put(&format!("catch $t{tag} {}", TAGS[tag].2));
            self.note();
            self.body(label, depth);
        }
        if self.random.below(2) == 0 {
            self.put("catch_all");
            self.note();
            self.body(label, depth);
        }
        self.put("end");
        self.close(label);
    }
}
