//! Calls: arguments into consecutive slots, the words that name the callee, and calls that wait for its place.
//!
//! A call settles the fuel since the one before, and the count starts anew behind it.

use super::Translator;
use super::emit::ALL;
use super::stack::Place;
use crate::binary::Stop;
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::{Build, CallEdge, EDGE_INDIRECT};
use crate::module::layout::{FUNC_UNRESOLVED, Span, TypeEntry};
use crate::module::valtype::built;
use crate::ops;
use crate::types::ValType;

impl Translator {
    /// Pops the arguments of a call into consecutive slots; returns the first one.
    pub(super) fn arguments(&mut self, b: &mut Build, ty: &TypeEntry) -> Result<u16, Stop> {
        let mut i = ty.params as u32;
        while i > 0 {
            i -= 1;
            let want = b.signature(ty).0.get(i as usize).copied().unwrap_or(ValType::BOT);
            let o = self.pop(b, want)?;
            if !self.dead {
                self.settle(b, &o)?;
            }
        }
        Ok(self.next_slot as u16)
    }

    /// After a call: the results are where the arguments were.
    pub(super) fn call_results(&mut self, b: &mut Build, ty: &TypeEntry) -> Result<(), Stop> {
        let base = self.next_slot;
        let first = self.s.operands();
        let mut i = 0;
        while i < ty.results as u32 {
            let span = Span { off: ty.vals + (ty.params as u32 + i) * size_of::<ValType>() as u32, len: 1 };
            let one = b.entries::<ValType>(span).first().copied().unwrap_or(ValType::BOT);
            self.push(b, one, Place::Temp, 0)?;
            if i == 0 && !self.dead {
                self.hold(one, base as u16);
                if super::emit::class(one) != super::emit::INT {
                    self.forget_slot(base as u16);
                }
            }
            i += 1;
        }
        if self.dead {
            return Ok(());
        }
        let top = self.s.operands();
        self.list_refs(b, first, top, true)
    }

    /// Before a call: no operand is in an accumulator, for the callee uses them.
    pub(super) fn before_call(&mut self, b: &mut Build) {
        for class in ALL {
            self.spill(b, class);
        }
        self.forget_last();
    }

    /// The words that every call carries behind its first one are `place | fuel`.
    fn callee_word(&mut self, b: &mut Build, func: u32) -> Result<(), Stop> {
        let mut entry = b.func(func)?;
        let mut place = entry.code;
        if entry.code == 0 || entry.code & FUNC_UNRESOLVED != 0 {
            // Threaded through the calls that wait, until the function's place is known.
            place = entry.code & !FUNC_UNRESOLVED;
            entry.code = FUNC_UNRESOLVED | self.word_of(b.end());
            b.set_func(func, entry);
        }
        b.push_word(place as u64 | (self.cost as u64) << 32)?;
        Ok(())
    }

    pub(super) fn call(&mut self, b: &mut Build, func: u32) -> Result<(), Stop> {
        let ty = b.type_entry(b.func(func)?.ty)?;
        let base = self.arguments(b, &ty)?;
        if !self.dead {
            self.before_call(b);
            self.safepoint(b)?;
            let back = self.word_of(b.end()) + 2;
            if func < b.header.imported_funcs {
                self.emit_n(b, ops::CALL_IMPORT, base, back)?;
                b.push_word(func as u64 | (self.cost as u64) << 32)?;
            } else {
                self.emit_n(b, ops::CALL, base, back)?;
                self.callee_word(b, func)?;
            }
            b.edge(CallEdge { caller: self.func, callee: func, base: base as u32 })?;
            self.reset_cost();
        }
        self.call_results(b, &ty)
    }

    /// Checks the table and the type of an indirect call, pops the index and gives its slot.
    fn indirect(&mut self, b: &mut Build, ty: u32, table: u32) -> Result<(TypeEntry, Option<u16>), Stop> {
        let t = b.table(table)?;
        if !b.matches(t.ty, ValType::FUNCREF) {
            return Err(Stop::bad(Reason::TypeMismatch));
        }
        let at = crate::types::address(t.is64);
        let entry = b.func_type(ty)?;
        let index = self.pop(b, at)?;
        let slot = if self.dead { None } else { Some(self.slot_of(b, &index)?) };
        Ok((entry, slot))
    }

    pub(super) fn call_indirect(&mut self, b: &mut Build, ty: u32, table: u32) -> Result<(), Stop> {
        let (entry, index) = self.indirect(b, ty, table)?;
        let base = self.arguments(b, &entry)?;
        if let Some(index) = index {
            self.before_call(b);
            self.safepoint(b)?;
            let back = self.word_of(b.end()) + 3;
            self.emit(b, ops::CALL_INDIRECT, base, index, super::memory::field(table)?)?;
            b.push_word(entry.canon as u64 | (self.cost as u64) << 32)?;
            b.push_word(back as u64)?;
            b.edge(CallEdge { caller: self.func, callee: EDGE_INDIRECT | entry.canon, base: base as u32 })?;
            self.reset_cost();
        }
        self.call_results(b, &entry)
    }

    /// A tail call returns what its callee returns.
    pub(super) fn check_tail(&self, b: &Build, ty: &TypeEntry) -> Result<(), Stop> {
        let own = b.type_entry(b.func(self.func)?.ty)?;
        let (wanted, given) = (b.signature(&own).1, b.signature(ty).1);
        if wanted.len() != given.len() || !given.iter().zip(wanted).all(|(&g, &w)| b.matches(g, w)) {
            return Err(Stop::bad(Reason::TypeMismatch));
        }
        Ok(())
    }

    pub(super) fn return_call(&mut self, b: &mut Build, func: u32) -> Result<(), Stop> {
        built(Proposals::TAIL_CALL)?;
        let ty = b.type_entry(b.func(func)?.ty)?;
        self.check_tail(b, &ty)?;
        let base = self.arguments(b, &ty)?;
        if !self.dead {
            self.before_call(b);
            self.safepoint(b)?;
            let header = self.params as u16;
            if func < b.header.imported_funcs {
                self.emit(b, ops::RETURN_CALL_IMPORT, base, ty.param_slots, header)?;
                b.push_word(func as u64 | (self.cost as u64) << 32)?;
                // The host reads the arguments where they lie; only a callee of the module's own takes over the frame.
                b.edge(CallEdge { caller: self.func, callee: func, base: base as u32 })?;
            } else {
                self.emit(b, ops::RETURN_CALL, base, ty.param_slots, header)?;
                self.callee_word(b, func)?;
                b.edge(CallEdge { caller: self.func, callee: func, base: 0 })?;
            }
            self.reset_cost();
        }
        self.end_path(b);
        Ok(())
    }

    pub(super) fn return_call_indirect(&mut self, b: &mut Build, ty: u32, table: u32) -> Result<(), Stop> {
        built(Proposals::TAIL_CALL)?;
        let (entry, index) = self.indirect(b, ty, table)?;
        self.check_tail(b, &entry)?;
        let base = self.arguments(b, &entry)?;
        if let Some(index) = index {
            self.before_call(b);
            self.safepoint(b)?;
            self.emit(b, ops::RETURN_CALL_INDIRECT, base, index, super::memory::field(table)?)?;
            b.push_word(entry.canon as u64 | (self.cost as u64) << 32)?;
            b.push_word(entry.param_slots as u64 | (self.params as u64) << 16)?;
            // As above, where the table may hold a function of the host.
            let base = if b.header.imported_funcs == 0 { 0 } else { base as u32 };
            b.edge(CallEdge { caller: self.func, callee: EDGE_INDIRECT | entry.canon, base })?;
            self.reset_cost();
        }
        self.end_path(b);
        Ok(())
    }
}
