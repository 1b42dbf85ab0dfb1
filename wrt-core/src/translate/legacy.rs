//! The operators of the first exception proposal: `try`, `catch`, `catch_all`, `delegate`, `rethrow`.
//!
//! They use the records that `handlers.rs` describes: one for each clause, whose landing is the clause's
//! own code, and one for a delegate. A clause keeps a reference to its exception in the block's first
//! slot, below what the exception carries, for `rethrow`.

use super::Translator;
use super::stack::{BlockType, Control, Opener, Place};
use crate::binary::Stop;
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::Build;
use crate::module::valtype::built;
use crate::ops::{self, catch};
use crate::types::ValType;

impl Translator {
    pub(super) fn legacy_try(&mut self, b: &mut Build, ty: BlockType) -> Result<(), Stop> {
        built(Proposals::LEGACY_EXCEPTIONS)?;
        let n = self.enter_block(b, ty)?;
        self.drop_to(b, self.s.operands() - n);
        self.open_try(b, Opener::Try, ty, n, 0)
    }

    /// Begins a clause for exceptions of a tag, or of every tag.
    pub(super) fn clause(&mut self, b: &mut Build, tag: Option<u32>) -> Result<(), Stop> {
        built(Proposals::LEGACY_EXCEPTIONS)?;
        let mut c = self.s.control(0)?;
        if !matches!(c.opener, Opener::Try | Opener::Catch) {
            return Err(Stop::bad(Reason::MalformedCatch));
        }
        let what = match tag {
            Some(tag) => {
                b.tag_type(tag)?;
                tag << catch::SHIFT | catch::REF | catch::FIRST
            }
            None => catch::ALL | catch::REF | catch::FIRST,
        };
        self.check_end(b, &c)?;
        let end = self.word_of(b.end());
        if !self.dead {
            let n = c.results as u32;
            if n > 1 {
                self.settle_top(b, n)?;
            }
            self.jump(b, 0, n)?;
            c.label = self.s.control(0)?.label;
        }
        if c.opener == Opener::Try {
            c.clauses = end;
        } else {
            // Without the reference of the clause before.
            c.height -= 1;
        }
        self.drop_to(b, c.height);
        self.next_slot = c.slot;
        self.dead = c.first == 0;
        if !self.dead {
            self.record(b, ops::CATCH, c.slot, (c.first, c.clauses))?;
            let landing = self.word_of(b.end()) + 1;
            b.push_word(landing as u64 | (what as u64) << 32)?;
        }
        self.forget_accumulators();
        self.at_label();
        self.push(b, ValType::EXNREF, Place::Temp, 0)?;
        c.opener = if tag.is_some() { Opener::Catch } else { Opener::CatchAll };
        self.blocks += 1;
        c.number = self.blocks;
        c.height = self.s.operands();
        c.unreachable = false;
        self.height = c.height;
        self.unreachable = false;
        self.s.set_control(0, c);
        self.push_payload(b, what & !catch::REF)?;
        if !self.dead {
            self.land(b)?;
            // A word of its own, so that the place of a loop's label behind it is another one.
            self.emit_n(b, ops::CHARGE, 0, 0)?;
        }
        Ok(())
    }

    /// A clause's code is complete: its results go where the block's belong.
    pub(super) fn end_clause(&mut self, b: &mut Build, c: &mut Control) -> Result<(), Stop> {
        built(Proposals::LEGACY_EXCEPTIONS)?;
        if !self.dead {
            let n = c.results as u32;
            if n > 1 {
                self.settle_top(b, n)?;
            }
            self.move_top(b, c.slot, n)?;
            self.flush(b)?;
        }
        self.drop_to(b, c.height - 1);
        self.next_slot = c.slot;
        c.height -= 1;
        self.push_types(b, c.ty, false, c.results as u32)
    }

    /// Ends a `try` whose exceptions are handled as if they were thrown in the block of label `label`.
    pub(super) fn delegate(&mut self, b: &mut Build, label: u32) -> Result<(), Stop> {
        built(Proposals::LEGACY_EXCEPTIONS)?;
        let c = self.s.control(0)?;
        if c.opener != Opener::Try {
            return Err(Stop::bad(Reason::MalformedCatch));
        }
        self.check_end(b, &c)?;
        // The label is one of those around the block.
        let outer = label.saturating_add(1);
        self.s.control(outer)?;
        if c.first != 0 {
            let end = self.word_of(b.end());
            let record = self.record(b, ops::DELEGATE, 0, (c.first, end))?;
            let depth = self.s.controls() - 1 - outer;
            b.set_word(record, b.word(record) | (depth as u64) << 32);
        }
        self.end(b)
    }

    /// Throws again what the clause of label `label` has caught.
    pub(super) fn rethrow(&mut self, b: &mut Build, label: u32) -> Result<(), Stop> {
        built(Proposals::LEGACY_EXCEPTIONS)?;
        let c = self.s.control(label)?;
        if !matches!(c.opener, Opener::Catch | Opener::CatchAll) {
            return Err(Stop::bad(Reason::RethrowLabel));
        }
        if !self.dead {
            self.emit_throw_ref(b, c.slot as u16)?;
        }
        self.end_path(b);
        Ok(())
    }
}
