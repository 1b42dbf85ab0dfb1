//! The code section: function bodies and their local declarations (specification section 5.5.13).
//!
//! Owns the frame around the operators: sizes, counts, where a body ends. The operators themselves
//! are the translator's.

use crate::binary::{Reader, Stop};
use crate::error::{NO_FUNC, Reason};
use crate::module::driver::{Driver, State};
use crate::module::valtype::val_type;

impl Driver<'_> {
    /// Begins the code, once: after the tables that it refers to, before everything else.
    pub(super) fn ensure_code(&mut self) -> Result<(), Stop> {
        if self.code_begun {
            return Ok(());
        }
        self.code_begun = true;
        let off = self.b.alloc(0, 8)?;
        self.b.header.code.off = off;
        self.b.begin_code();
        self.translator.emit_prelude(&mut self.b)?;
        self.note_code_end();
        Ok(())
    }

    pub(super) fn note_code_end(&mut self) {
        self.b.header.code.len = (self.b.end() - self.b.header.code.off) / 8;
    }

    pub(super) fn body(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let size = r.u32()?;
        self.check_room(r, size)?;
        self.func = self.b.header.imported_funcs + self.index;
        self.check_limit(size as u64, self.b.budget.max_body_bytes, Reason::LimitBodyBytes)?;
        let func = self.b.func(self.func)?;
        self.params = self.b.type_entry(func.ty)?.params as u64;
        self.locals = 0;
        self.limit = r.offset() + size;
        self.translator.begin(&mut self.b, self.func, r.offset())?;
        self.state = State::LocalGroupCount;
        Ok(())
    }

    pub(super) fn local_group_count(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let count = r.u32()?;
        self.check_room(r, count)?;
        self.parts_left = count;
        self.state = State::LocalGroups;
        Ok(())
    }

    pub(super) fn local_groups(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let most = self.b.budget.max_locals;
        if self.parts_left == 0 {
            // Refused here only, so that `need` is the whole count, and a count that breaks the
            // binary format is told first.
            self.check_limit(self.params + self.locals, most, Reason::LimitLocals)?;
            self.translator.locals_done(&mut self.b)?;
            self.state = State::Operators;
            return Ok(());
        }
        let count = r.u32()?;
        let ty = val_type(&mut self.b, r)?;
        self.locals += count as u64;
        if self.locals > u32::MAX as u64 {
            return Err(Reason::TooManyLocalsMalformed.into());
        }
        if count != 0 && self.params + self.locals <= most as u64 {
            self.translator.locals(&mut self.b, count, ty)?;
        }
        self.parts_left -= 1;
        Ok(())
    }

    pub(super) fn operators(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        match self.translator.operators(&mut self.b, r) {
            Ok(true) => {
                if r.offset() != self.limit {
                    self.fault = Some(r.offset());
                    return Err(Reason::SectionSize.into());
                }
                self.func = NO_FUNC;
                self.limit = self.section_end;
                self.next_item();
                Ok(())
            }
            Ok(false) if r.pos() != 0 => Ok(()),
            Ok(false) => Err(Stop::SHORT),
            Err(stop) => {
                self.fault = Some(r.offset());
                Err(stop)
            }
        }
    }
}
