//! Code as a person reads it: the operations of a function, and the table of operators.
//!
//! Reads what `translate` wrote, by the same table. Knows nothing of running it.

use crate::budget::Proposals;
use crate::module::Module;
use crate::module::layout::FuncEntry;
use crate::ops;
use core::fmt;

/// One operator of WebAssembly that this build has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorInfo {
    /// Name in the text format; `select_t` for `select` with a type.
    pub name: &'static str,
    /// The prefix byte, if there is one.
    pub prefix: Option<u8>,
    /// The opcode, behind the prefix if there is one.
    pub code: u32,
    /// The proposal that must be on, as the proposals' repositories spell it; empty for version 1.
    pub proposal: &'static str,
    /// Fuel of one execution, elements of bulk operators excluded.
    pub fuel: u8,
    /// Whether executing it may trap.
    pub traps: bool,
}

/// Every operator, in the order of the opcodes.
pub fn operators() -> impl Iterator<Item = OperatorInfo> {
    ops::OPERATORS.iter().filter(|op| Proposals::BUILT.has(op.proposal)).map(|op| OperatorInfo {
        name: op.name,
        prefix: (op.prefix != 0xff).then_some(op.prefix),
        code: op.code,
        proposal: if op.proposal.0 == 0 { "" } else { op.proposal.name() },
        fuel: op.fuel,
        traps: op.traps,
    })
}

/// A function's code as text: one line per operation.
#[derive(Clone, Copy, Debug)]
pub struct Disassembly<'a> {
    module: Module<'a>,
    entry: FuncEntry,
}

impl<'a> Module<'a> {
    /// The translated code of a function; `None` for an import or an unknown index.
    ///
    /// A line holds the word offset from the function's start, the operation, and the fields of its
    /// words; operands are frame slots unless the operation's name says otherwise.
    #[must_use]
    pub fn disassemble(self, func: u32) -> Option<Disassembly<'a>> {
        let entry = *self.entries::<FuncEntry>(self.header().funcs).get(func as usize)?;
        (entry.code != 0).then_some(Disassembly { module: self, entry })
    }
}

impl Disassembly<'_> {
    fn word(&self, at: u32) -> u64 {
        self.module.code().get((self.entry.code + at) as usize).copied().unwrap_or(0)
    }
}

impl fmt::Display for Disassembly<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut at = 0;
        while at < self.entry.words {
            let word = self.word(at);
            let op = word as u16 as usize;
            let name = ops::OP_NAMES.get(op).copied().unwrap_or("?");
            let mut words = ops::OP_WORDS.get(op).copied().unwrap_or(1) as u32;
            if words == 0 {
                words = if op == ops::CATCH as usize {
                    // A record: its clauses follow, and right behind them what the first one leads to.
                    (self.word(at.saturating_add(3)) as u32).saturating_sub(self.entry.code).saturating_sub(at)
                } else {
                    // A branch table: its entries follow, the default last. It may be the second half of a pair.
                    let half = ops::HALVES.get(op.wrapping_sub(ops::FUSED as usize) / 2);
                    let before =
                        half.and_then(|(first, _)| ops::OP_WORDS.get(*first as usize)).copied().unwrap_or(0) as u32;
                    before + 2 + (self.word(at.saturating_add(before)) >> 32) as u32
                };
            }
            write!(f, "{at:5} {name:<20} {} {} {}", word >> 16 & 0xffff, word >> 32 & 0xffff, word >> 48)?;
            for further in 1..words {
                let word = self.word(at.saturating_add(further));
                write!(f, "  [{} {}]", word as u32 as i32, (word >> 32) as i32)?;
            }
            f.write_str("\n")?;
            at = at.saturating_add(words.max(1));
        }
        Ok(())
    }
}
