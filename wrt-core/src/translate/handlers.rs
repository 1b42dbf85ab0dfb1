//! Exceptions: throwing them, blocks that handle them, and what the driver reads to find a handler.
//!
//! Nothing is done when a body that handles exceptions is entered. At its end stands a *record*, an
//! operation that code which falls off the body passes over, with the code of the handlers behind it:
//!
//! ```text
//! CATCH     slot of the payload, words to pass over   DELEGATE   depth
//!           body's first word | end                              body's first word | end
//!           next record | depth                                  next record | depth
//!           target | tag and kind      for each clause
//! ```
//!
//! Places are word offsets in the code. The records of a function are in the order of their bodies'
//! ends, so that the innermost body around a place comes first; the first one stands in the word behind
//! the side table. The depth is the number of blocks around the body: a delegate passes over the records
//! of bodies that are deeper than its own number. A clause's target is a *landing*: the driver has put
//! the payload into slots, and the landing branches to the clause's label. The fuel count starts anew
//! there, as behind a call. `exec/flight.rs` reads all this.

use super::Translator;
use super::control::label_types;
use super::stack::{BlockType, Control, Opener, Operand, Place};
use crate::binary::{Reader, Stop};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::Build;
use crate::module::valtype::built;
use crate::ops::{self, catch};
use crate::types::ValType;

/// A `try_table` whose clauses are still to come.
#[derive(Clone, Copy)]
pub(super) struct Clauses {
    /// How many.
    pub(super) left: u32,
    /// How many stand on the operand stack.
    kept: u32,
    ty: BlockType,
    /// Parameters of the block: they are put back behind the clauses.
    params: u32,
}

impl Clauses {
    pub(super) const NONE: Self = Clauses { left: 0, kept: 0, ty: BlockType::EMPTY, params: 0 };
}

/// The records of the function at hand.
#[derive(Clone, Copy)]
pub(super) struct Records {
    /// Byte offsets of the first one and the last one, 0 for none.
    first: u32,
    last: u32,
}

impl Records {
    pub(super) const NONE: Self = Records { first: 0, last: 0 };
}

impl Translator {
    // ---- throwing ----

    /// Throws an exception of tag `tag` with the topmost operands.
    pub(super) fn throw(&mut self, b: &mut Build, tag: u32) -> Result<(), Stop> {
        built(Proposals::EXCEPTION_HANDLING)?;
        let ty = b.tag_type(tag)?;
        let base = self.arguments(b, &ty)?;
        if !self.dead {
            self.before_call(b);
            self.safepoint(b)?;
            self.list_values(b, &ty, base)?;
            self.emit(b, ops::THROW, base, 0, 0)?;
            b.push_word(tag as u64 | (self.cost as u64) << 32)?;
        }
        self.end_path(b);
        Ok(())
    }

    /// Throws the exception that the topmost operand refers to.
    pub(super) fn throw_ref(&mut self, b: &mut Build) -> Result<(), Stop> {
        built(Proposals::EXCEPTION_HANDLING)?;
        let o = self.pop(b, ValType::EXNREF)?;
        if !self.dead {
            let slot = self.slot_of(b, &o)?;
            self.emit_throw_ref(b, slot)?;
        }
        self.end_path(b);
        Ok(())
    }

    pub(super) fn emit_throw_ref(&mut self, b: &mut Build, slot: u16) -> Result<(), Stop> {
        self.before_call(b);
        self.mark(b)?;
        self.emit(b, ops::THROW_REF, slot, 0, 0)?;
        b.push_word((self.cost as u64) << 32)?;
        Ok(())
    }

    // ---- try_table ----

    /// Begins a `try_table` with so many clauses.
    pub(super) fn try_table(&mut self, b: &mut Build, ty: BlockType, clauses: u32) -> Result<(), Stop> {
        built(Proposals::EXCEPTION_HANDLING)?;
        let n = self.enter_block(b, ty)?;
        self.drop_to(b, self.s.operands() - n);
        self.clauses = Clauses { left: clauses, kept: 0, ty, params: n };
        if clauses == 0 { self.open_try_table(b) } else { Ok(()) }
    }

    /// Reads one clause and keeps it on the operand stack, below the block's operands.
    pub(super) fn read_clause(&mut self, b: &mut Build, r: &mut Reader<'_>) -> Result<(), Stop> {
        built(Proposals::EXCEPTION_HANDLING)?;
        let kind = match r.byte()? {
            kind @ 0..=3 => kind as u32,
            _ => return Err(Stop::bad(Reason::MalformedCatch)),
        };
        let all = kind & catch::ALL != 0;
        let tag = if all { 0 } else { r.u32()? };
        let label = r.u32()?;
        let c = self.s.control(label)?;
        let carried = if all { 0 } else { b.tag_type(tag)?.params as u32 };
        let wanted = label_types(b, &c)?;
        let count = carried + (kind & catch::REF);
        let mut same = wanted.len() == count;
        let mut i = 0;
        while i < count {
            let ty = if i == carried { ValType::EXNREF.non_null() } else { tag_param(b, tag, i)? };
            same &= b.matches(ty, wanted.get(i));
            i += 1;
        }
        if !same {
            return Err(Stop::bad(Reason::TypeMismatch));
        }
        if !self.dead {
            let clause = (tag << catch::SHIFT | kind) as u64 | (label as u64) << 32;
            self.s.push_operand(b, Operand::new(ValType::BOT, self.next_slot, Place::Const, clause))?;
            self.clauses.kept += 1;
        }
        self.clauses.left -= 1;
        if self.clauses.left == 0 { self.open_try_table(b) } else { Ok(()) }
    }

    fn open_try_table(&mut self, b: &mut Build) -> Result<(), Stop> {
        let Clauses { kept, ty, params, .. } = self.clauses;
        self.open_try(b, Opener::TryTable, ty, params, kept)
    }

    /// Opens a block that handles exceptions, its parameters being off the stack.
    pub(super) fn open_try(
        &mut self,
        b: &mut Build,
        opener: Opener,
        ty: BlockType,
        params: u32,
        clauses: u32,
    ) -> Result<(), Stop> {
        let results = self.block_results(b, ty)?;
        let mut c = Control::new(opener, ty, params as u16, results as u16);
        self.blocks += 1;
        c.number = self.blocks;
        c.height = self.s.operands();
        c.slot = self.next_slot;
        c.clauses = clauses;
        c.first = if self.dead { 0 } else { self.word_of(b.end()) };
        self.push_types(b, ty, true, params)?;
        self.at_label();
        self.height = c.height;
        self.unreachable = false;
        self.s.push_control(b, c)
    }

    /// The body of `c`, the innermost block, is complete, its operands settled: emits its record and the
    /// landings, and takes operands and clauses off the stack.
    pub(super) fn end_try_table(&mut self, b: &mut Build, c: &mut Control) -> Result<(), Stop> {
        built(Proposals::EXCEPTION_HANDLING)?;
        let (dead, cost, clauses) = (self.dead, self.cost, c.clauses);
        self.drop_to(b, c.height);
        self.next_slot = c.slot;
        let end = self.word_of(b.end());
        let record = self.record(b, ops::CATCH, c.slot, (c.first, end))?;
        let table = b.end();
        let mut i = 0;
        while i < clauses {
            b.push_word(0)?;
            i += 1;
        }
        self.dead = false;
        i = 0;
        while i < clauses {
            let clause = self.s.operand(c.height - clauses + i).val;
            let (what, label) = (clause as u32, (clause >> 32) as u32);
            b.set_word(table + i * 8, self.word_of(b.end()) as u64 | (what as u64) << 32);
            self.forget_accumulators();
            let n = self.push_payload(b, what)?;
            self.land(b)?;
            self.jump(b, label + 1, n)?;
            self.drop_to(b, c.height);
            self.next_slot = c.slot;
            i += 1;
        }
        self.pass_over(b, record);
        self.dead = dead;
        self.cost = cost;
        self.forget_accumulators();
        c.height -= clauses;
        self.drop_to(b, c.height);
        Ok(())
    }

    /// Pushes what a clause puts on the stack; returns how many operands.
    pub(super) fn push_payload(&mut self, b: &mut Build, what: u32) -> Result<u32, Stop> {
        let tag = what >> catch::SHIFT;
        let carried = if what & catch::ALL != 0 { 0 } else { b.tag_type(tag)?.params as u32 };
        let mut i = 0;
        while i < carried {
            let ty = tag_param(b, tag, i)?;
            self.push(b, ty, Place::Temp, 0)?;
            i += 1;
        }
        if what & catch::REF != 0 {
            self.push(b, ValType::EXNREF, Place::Temp, 0)?;
        }
        Ok(carried + (what & catch::REF))
    }

    /// A landing is emitted next, its payload being on the stack: a run may stop there, too.
    pub(super) fn land(&mut self, b: &mut Build) -> Result<(), Stop> {
        self.reset_cost();
        self.safepoint(b)
    }

    // ---- records ----

    /// Emits the record of the innermost block, whose body lies between these words.
    pub(super) fn record(&mut self, b: &mut Build, op: u16, slot: u32, body: (u32, u32)) -> Result<u32, Stop> {
        let at = b.end();
        let (place, depth) = (self.word_of(at), self.s.controls() - 1);
        self.emit(b, op, slot as u16, 0, 0)?;
        b.push_word(body.0 as u64 | (body.1 as u64) << 32)?;
        b.push_word((depth as u64) << 32)?;
        if self.records.first == 0 {
            self.records.first = at;
        } else {
            let link = self.records.last + 16;
            b.set_word(link, b.word(link) | place as u64);
        }
        self.records.last = at;
        Ok(at)
    }

    /// Code that falls off the body of the record at `at` goes on here.
    fn pass_over(&mut self, b: &mut Build, at: u32) {
        let words = (b.end() - at) / 8;
        b.set_word(at, b.word(at) | (words as u64) << 32);
    }

    /// Writes where the first record is behind the side table. True when there is one.
    pub(super) fn write_records(&mut self, b: &mut Build) -> Result<bool, Stop> {
        if self.records.first == 0 {
            return Ok(false);
        }
        b.push_word(self.word_of(self.records.first) as u64)?;
        Ok(true)
    }
}

/// The type of value `i` that exceptions of tag `tag` carry.
fn tag_param(b: &Build, tag: u32, i: u32) -> Result<ValType, Stop> {
    let ty = b.tag_type(tag)?;
    Ok(b.signature(&ty).0.get(i as usize).copied().unwrap_or(ValType::BOT))
}
