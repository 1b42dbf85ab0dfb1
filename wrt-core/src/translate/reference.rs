//! Operators on references: null, comparison, calls through them, branches on them.
//!
//! A reference is one slot, 0 being null whatever it refers to. Calls share the forms of calls
//! through tables, without the table and without the check that validation has made needless.

use super::emit::Src;
use super::immediate::Immediate;
use super::stack::{Local, Opener, Operand, Place, UNSET};
use super::{Translator, Types};
use crate::binary::Stop;
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::{Build, CallEdge, EDGE_INDIRECT};
use crate::module::layout::TypeEntry;
use crate::module::valtype::built;
use crate::ops::{self, Special};
use crate::types::ValType;

/// Opcode of the comparison that references share with integers.
const I64_EQ: u8 = 0x51;

impl Translator {
    pub(super) fn reference(&mut self, b: &mut Build, special: Special, imm: &Immediate) -> Result<(), Stop> {
        built(Proposals::FUNCTION_REFERENCES)?;
        match special {
            Special::RefEq => {
                self.check_top(b, Types::Many(&[ValType::EQREF; 2]))?;
                let eq = ops::plain(I64_EQ).ok_or(Stop::bad(Reason::Internal))?;
                if self.dead {
                    return self.skip(b, &[ValType::BOT; 2], Some(ValType::I32));
                }
                // To the comparison, references are numbers of 64 bits.
                self.widen_top(b, Types::Many(&[ValType::I64; 2]));
                self.binary(b, eq, ValType::I64, ValType::I32)
            }
            Special::RefAsNonNull => self.as_non_null(b),
            Special::BrOnNull => self.br_on_null(b, imm.a),
            Special::BrOnNonNull => self.br_on_non_null(b, imm.a),
            Special::CallRef => self.call_ref(b, imm.a),
            Special::ReturnCallRef => self.return_call_ref(b, imm.a),
            _ => Err(Stop::bad(Reason::Internal)),
        }
    }

    fn as_non_null(&mut self, b: &mut Build) -> Result<(), Stop> {
        let mut o = self.pop_ref(b)?;
        o.ty = o.ty.non_null();
        if self.dead {
            return self.push(b, o.ty, Place::Temp, 0);
        }
        self.mark(b)?;
        match self.src(&o) {
            Src::Acc => self.emit(b, ops::NON_NULL_A, 0, 0, 0)?,
            _ => {
                let slot = self.slot_of(b, &o)?;
                o = in_slot(o);
                self.emit(b, ops::NON_NULL_S, 0, slot, 0)?
            }
        };
        self.restore(b, o)
    }

    /// Emits the first word of a branch that is taken when the reference in `slot` is null, or is not, to a
    /// loop's label (`back`) or forwards.
    fn branch_on_null(&mut self, b: &mut Build, slot: u16, null: bool, back: bool) -> Result<(), Stop> {
        self.forget_last();
        self.emit(b, back as u16 + if null { ops::BR_Z64_S } else { ops::BR_NZ64_S }, 0, slot, 0)?;
        Ok(())
    }

    /// Emits the branch to label `depth` with the `n` topmost operands, taken when the reference in
    /// `slot` is null or is not.
    fn branch_with(&mut self, b: &mut Build, depth: u32, n: u32, slot: u16, null: bool) -> Result<(), Stop> {
        let c = self.s.control(depth)?;
        self.settle_top(b, n)?;
        if c.opener != Opener::Function && !self.must_move(&c, n) {
            self.branch_on_null(b, slot, null, c.opener == Opener::Loop)?;
            return self.label_word(b, depth);
        }
        // Not taken, it skips the moves and the branch.
        self.branch_on_null(b, slot, !null, false)?;
        let skip = b.push_word(0)?;
        let held = self.held;
        self.jump(b, depth, n)?;
        self.held = held;
        super::control::end_skip(b, skip);
        Ok(())
    }

    fn br_on_null(&mut self, b: &mut Build, depth: u32) -> Result<(), Stop> {
        let o = self.pop_ref(b)?;
        let c = self.s.control(depth)?;
        let types = super::control::label_types(b, &c)?;
        let n = types.len();
        self.check_top(b, types)?;
        if self.dead {
            self.retype_top(b, c.ty, c.opener == Opener::Loop, n)?;
            return self.push(b, o.ty.non_null(), Place::Temp, 0);
        }
        self.widen_top(b, types);
        let slot = self.slot_of(b, &o)?;
        let o = in_slot(o);
        self.branch_with(b, depth, n, slot, true)?;
        self.restore(b, Operand { ty: o.ty.non_null(), ..o })
    }

    fn br_on_non_null(&mut self, b: &mut Build, depth: u32) -> Result<(), Stop> {
        let o = self.pop_ref(b)?;
        let c = self.s.control(depth)?;
        let n = super::control::label_types(b, &c)?.len();
        let last = super::control::label_types(b, &c)?.get(n.wrapping_sub(1));
        if n == 0 || !last.is_ref() {
            return Err(Stop::bad(Reason::TypeMismatch));
        }
        if self.dead {
            self.push(b, o.ty.non_null(), Place::Temp, 0)?;
            self.check_top(b, super::control::label_types(b, &c)?)?;
            self.retype_top(b, c.ty, c.opener == Opener::Loop, n)?;
        } else {
            self.restore(b, Operand { ty: o.ty.non_null(), ..o })?;
            let types = super::control::label_types(b, &c)?;
            self.check_top(b, types)?;
            self.widen_top(b, types);
            self.settle_top(b, n)?;
            self.branch_with(b, depth, n, o.slot, false)?;
        }
        self.pop(b, ValType::BOT).map(|_| ())
    }

    // ---- calls ----

    /// Checks the type of a call through a reference, pops it and gives its slot.
    fn callee(&mut self, b: &mut Build, ty: u32) -> Result<(TypeEntry, Option<u16>), Stop> {
        let entry = b.func_type(ty)?;
        let o = self.pop(b, ValType::defined(entry.canon, true))?;
        let slot = if self.dead { None } else { Some(self.slot_of(b, &o)?) };
        Ok((entry, slot))
    }

    fn call_ref(&mut self, b: &mut Build, ty: u32) -> Result<(), Stop> {
        let (entry, callee) = self.callee(b, ty)?;
        let base = self.arguments(b, &entry)?;
        if let Some(callee) = callee {
            self.before_call(b);
            self.safepoint(b)?;
            let back = self.word_of(b.end()) + 3;
            self.emit(b, ops::CALL_FUNCREF, base, callee, 0)?;
            b.push_word((self.cost as u64) << 32)?;
            b.push_word(back as u64)?;
            b.edge(CallEdge { caller: self.func, callee: EDGE_INDIRECT | entry.canon, base: base as u32 })?;
            self.reset_cost();
        }
        self.call_results(b, &entry)
    }

    fn return_call_ref(&mut self, b: &mut Build, ty: u32) -> Result<(), Stop> {
        let (entry, callee) = self.callee(b, ty)?;
        self.check_tail(b, &entry)?;
        let base = self.arguments(b, &entry)?;
        if let Some(callee) = callee {
            self.before_call(b);
            self.safepoint(b)?;
            self.emit(b, ops::RETURN_CALL_FUNCREF, base, callee, 0)?;
            b.push_word((self.cost as u64) << 32)?;
            b.push_word(entry.param_slots as u64 | (self.params as u64) << 16)?;
            // The function may be the host's, which reads the arguments where they lie.
            let base = if b.header.imported_funcs == 0 { 0 } else { base as u32 };
            b.edge(CallEdge { caller: self.func, callee: EDGE_INDIRECT | entry.canon, base })?;
            self.reset_cost();
        }
        self.end_path(b);
        Ok(())
    }

    // ---- locals without default (specification section 3.5.2) ----

    /// Whether a local has a value here.
    #[inline(never)]
    pub(super) fn is_set(&self, local: &Local) -> bool {
        if local.ty.is_defaultable() {
            return true;
        }
        if local.set_in == UNSET {
            return false;
        }
        // Numbers of open blocks ascend from the outermost on.
        let mut depth = 0;
        while let Ok(c) = self.s.control(depth) {
            if c.number <= local.set_in {
                return c.number == local.set_in;
            }
            depth += 1;
        }
        false
    }

    /// Local `index` has a value from here to the end of the innermost block.
    pub(super) fn note_set(&mut self, index: u32, local: &Local) {
        if !self.is_set(local)
            && let Ok(c) = self.s.control(0)
        {
            self.s.set_local_in(index, c.number);
        }
    }
}

/// `o` after `slot_of` gave it a slot: an operand in its own one where it was in none.
pub(super) fn in_slot(o: Operand) -> Operand {
    match o.place {
        Place::Acc | Place::Const => Operand { place: Place::Temp, val: 0, ..o },
        Place::Temp | Place::Local => o,
    }
}
