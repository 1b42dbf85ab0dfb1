//! Function bodies: decoding, validation and translation, operator by operator, in one pass.
//!
//! Owns the translator's state and its public face to the loader. There is no intermediate form:
//! operands are described lazily (`stack.rs`), operations are emitted as operators arrive
//! (`emit.rs`, `value.rs`, `call.rs`), branches are threaded through the words that wait for their target
//! (`control.rs`). Validation follows the algorithm of the specification's appendix 7.3. Knows
//! nothing of sections, instances or execution.

mod atomic;
mod call;
mod control;
mod emit;
mod handlers;
pub(crate) mod immediate;
mod legacy;
mod memory;
mod object;
mod reference;
mod side;
mod stack;
mod value;
mod vector;
mod wide;

use crate::binary::{Reader, Stop};
use crate::error::Reason;
use crate::module::build::{Build, CallEdge, EDGE_FRAME};
use crate::module::layout::{FUNC_HANDLES, FUNC_UNRESOLVED, FuncEntry, Span};
use crate::ops::{self, Kind, Special};
use crate::types::ValType;
use control::Labels;
use emit::{Copied, Last, Step};
use handlers::{Clauses, Records};
use immediate::Immediate;
use stack::{BlockType, Control, Opener, Operand, Place, Scratch};

/// What most operators say where an operand is missing or of another type.
const MISMATCH: Stop = Stop::bad(Reason::TypeMismatch);

/// No slot, no operand.
const NONE: u32 = u32::MAX;

/// The translator of one module's function bodies, one after the other.
pub(crate) struct Translator {
    s: Scratch,
    /// Function at hand.
    func: u32,
    /// Module offset of its body.
    body: u32,
    /// Byte offset of code word 0, and of the function's first word.
    code: u32,
    first: u32,
    /// Fuel of the operators since the function's start or the last call.
    cost: u32,
    /// What follows cannot be reached: nothing is emitted.
    dead: bool,
    /// Of the innermost block: operands below it, polymorphic stack.
    height: u32,
    unreachable: bool,
    /// Slot of the next operand, and the most slots so far.
    next_slot: u32,
    max_slot: u32,
    /// Slots of the parameters, behind which lies the header.
    params: u32,
    results: u32,
    result_slots: u32,
    /// Per register class: the operand that is in the accumulator only, as index, or `NONE`.
    pending: [u32; 3],
    /// Per register class: the slot whose value the accumulator holds too, or `NONE`.
    held: [u32; 3],
    /// Per register class: byte offset behind the operation that computed what is pending.
    produced: [u32; 3],
    /// The comparison emitted last.
    last: Last,
    /// The sum assigned to a local last.
    step: Step,
    copied: Copied,
    /// Byte offsets of the operations emitted last since something branched here, the last one in the lowest 32 bits; 0
    /// for none.
    recent: u128,
    /// Operands that the collector traces.
    refs: u32,
    /// Operands below this index are not in locals.
    unflushed: u32,
    side: side::SideState,
    /// Labels of a branch table still to come.
    labels: Labels,
    /// Clauses of a `try_table` still to come, and the records of those that are complete.
    clauses: Clauses,
    records: Records,
    /// Blocks opened so far: the number of the newest.
    blocks: u32,
    /// Module offset of the operator at hand.
    at: u32,
}

impl Translator {
    pub(crate) const fn new() -> Self {
        Translator {
            s: Scratch::new(),
            func: 0,
            body: 0,
            code: 0,
            first: 0,
            cost: 0,
            dead: false,
            height: 0,
            unreachable: false,
            next_slot: 0,
            max_slot: 0,
            params: 0,
            results: 0,
            result_slots: 0,
            pending: [NONE; 3],
            held: [NONE; 3],
            produced: [0; 3],
            last: Last::NONE,
            step: Step::NONE,
            copied: Copied::NONE,
            recent: 0,
            refs: 0,
            unflushed: 0,
            side: side::SideState::NEW,
            labels: Labels::NONE,
            clauses: Clauses::NONE,
            records: Records::NONE,
            blocks: 0,
            at: 0,
        }
    }

    /// Emits what every module's code starts with. Once, before the first body.
    pub(crate) fn emit_prelude(&mut self, b: &mut Build) -> Result<(), Stop> {
        self.code = b.alloc(0, 16)?;
        b.header.code = Span { off: self.code, len: 0 };
        b.push_word(ops::LEAVE as u64)?;
        b.header.code.len = 1;
        Ok(())
    }

    /// Starts the body of function `func` at module offset `body`.
    pub(crate) fn begin(&mut self, b: &mut Build, func: u32, body: u32) -> Result<(), Stop> {
        self.s.clear(b)?;
        self.func = func;
        self.body = body;
        let entry = b.func(func)?;
        self.blocks = 0;
        let ty = b.type_entry(entry.ty)?;
        self.params = ty.param_slots as u32;
        self.results = ty.results as u32;
        self.result_slots = ty.result_slots as u32;
        let mut i = 0;
        while i < ty.params as u32 {
            let param = b.signature(&ty).0.get(i as usize).copied().unwrap_or(ValType::I32);
            self.s.add_locals(b, 1, param, 0)?;
            i += 1;
        }
        self.s.add_header();
        Ok(())
    }

    /// Declares `count` locals of type `ty`.
    pub(crate) fn locals(&mut self, b: &mut Build, count: u32, ty: ValType) -> Result<(), Stop> {
        let set_in = if ty.is_defaultable() { 0 } else { stack::UNSET };
        self.s.add_locals(b, count, ty, set_in)
    }

    /// Ends the declarations: operators follow.
    pub(crate) fn locals_done(&mut self, b: &mut Build) -> Result<(), Stop> {
        // Parameters, the header slot, locals.
        // Locals are zeroed by twos.
        let fixed = self.s.local_slots();
        let zeroed = fixed + (fixed - self.params - 1) % 2;
        if zeroed > u16::MAX as u32 {
            b.need = fixed as u64;
            return Err(Stop::bad(Reason::LimitFrame));
        }
        self.s.open(b)?;
        b.push_word(0)?;
        self.first = b.end();
        self.next_slot = fixed;
        self.max_slot = zeroed.max(self.result_slots);
        self.cost = 0;
        self.dead = false;
        self.height = 0;
        self.unreachable = false;
        self.unflushed = 0;
        self.refs = 0;
        self.labels = Labels::NONE;
        self.clauses = Clauses::NONE;
        self.records = Records::NONE;
        self.forget_accumulators();
        self.at_label();
        self.side = side::SideState::NEW;
        let entry = b.func(self.func)?;
        let mut control = Control::new(Opener::Function, BlockType::index(entry.ty), 0, self.results as u16);
        control.slot = fixed;
        self.s.push_control(b, control)?;
        self.resolve_calls(b, entry);
        self.list_locals(b)
    }

    /// Consumes as many whole operators as the reader holds. True after the body's last `end`;
    /// false when the reader ran out, which then stands at the first incomplete item.
    pub(crate) fn operators(&mut self, b: &mut Build, r: &mut Reader<'_>) -> Result<bool, Stop> {
        let mut imm = Immediate::NONE;
        let mut listing = true;
        loop {
            while listing && (self.labels.left | self.clauses.left as u64) != 0 {
                match self.listed(b, r) {
                    Ok(()) => {}
                    Err(Stop::SHORT) => return Ok(false),
                    Err(stop) => return Err(stop),
                }
            }
            listing = false;
            let start = r.pos();
            self.at = r.offset();
            let Ok(code) = r.byte() else { return Ok(false) };
            let mut ended = false;
            // Operators on locals and `i32.const` (specification sections 5.4.4 and 5.4.7) with an immediate of one byte
            // are most of a program.
            let done = if ops::SHORT_WAYS
                && matches!(code, 0x20..=0x22 | 0x41)
                && let Some(immediate) = r.small()
            {
                // Each costs 1, as the table says.
                self.cost += !self.dead as u32;
                match code {
                    0x20 => self.local_get(b, immediate as u32),
                    0x21 => self.local_set(b, immediate as u32, false),
                    0x22 => self.local_set(b, immediate as u32, true),
                    // Seven bits with a sign.
                    _ => {
                        let value = ((immediate << 1) as i8 >> 1) as i32 as u32;
                        self.push_num(b, ValType::I32, Place::Const, value as u64)
                    }
                }
            } else {
                let op = match immediate::read(b, r, code, &mut imm) {
                    Err(Stop::SHORT) => {
                        r.seek(start);
                        return Ok(false);
                    }
                    Err(stop) => {
                        const OF_OPERATOR: [Stop; 3] = [
                            Stop::bad(Reason::IllegalOpcode),
                            Stop::bad(Reason::ProposalUnknown),
                            Stop::bad(Reason::ProposalOff),
                        ];
                        if OF_OPERATOR.contains(&stop) {
                            r.seek(start);
                        }
                        return Err(stop);
                    }
                    Ok(op) => op,
                };
                if !self.dead {
                    self.cost += op.fuel as u32;
                }
                match op.kind {
                    Kind::Unary(from, to) => self.unary(b, op, from, to),
                    Kind::Binary(ty) => self.binary(b, op, ty, ty),
                    Kind::Compare(ty) => self.binary(b, op, ty, ValType::I32),
                    Kind::Load(ValType::V128, width) => self.vector_load(b, op, width, &imm),
                    Kind::Store(ValType::V128, width) => self.vector_store(b, op, width, &imm),
                    Kind::Load(ty, width) => self.load(b, op, ty, width, &imm),
                    Kind::Store(ty, width) => self.store(b, op, ty, width, &imm),
                    Kind::Retype(from, to) => self.retype(b, from, to),
                    Kind::Vector(operands, to, lanes) => self.vector(b, op, (operands, to, lanes), &imm),
                    Kind::LoadLane(width) => self.lane_access(b, op, width, &imm, true),
                    Kind::StoreLane(width) => self.lane_access(b, op, width, &imm, false),
                    Kind::AtomicLoad(ty, width) => self.atomic(b, op, &[], Some(ty), width, &imm),
                    Kind::AtomicStore(ty, width) => self.atomic(b, op, &[ty], None, width, &imm),
                    Kind::AtomicRmw(ty, width) => self.atomic(b, op, &[ty], Some(ty), width, &imm),
                    Kind::AtomicCmpxchg(ty, width) => self.atomic(b, op, &[ty, ty], Some(ty), width, &imm),
                    Kind::Special(Special::End) => {
                        let done = self.end(b);
                        ended = self.s.controls() == 0;
                        done
                    }
                    // The prefix of structures, arrays and casts.
                    Kind::Special(special) if op.prefix == 0xfb => self.object(b, special, &imm),
                    Kind::Special(special) => {
                        listing = matches!(special, Special::BrTable | Special::TryTable);
                        self.special(b, special, &imm)
                    }
                }
            };
            if let Err(stop) = done {
                r.seek(start);
                return Err(stop);
            }
            if ended {
                return self.finish(b).map(|()| true);
            }
        }
    }

    /// Consumes one of the items of a list inside an operator: a label of a branch table, a clause of `try_table`.
    #[inline(never)]
    fn listed(&mut self, b: &mut Build, r: &mut Reader<'_>) -> Result<(), Stop> {
        let start = r.pos();
        self.at = r.offset();
        let done = if self.labels.left != 0 {
            match r.u32() {
                Ok(label) => self.table_label(b, label),
                Err(Stop::SHORT) => Err(Stop::SHORT),
                Err(stop) => return Err(stop),
            }
        } else {
            self.read_clause(b, r)
        };
        if done.is_err() {
            r.seek(start);
        }
        done
    }

    /// The function is complete: writes its metadata, its side table and its entry.
    fn finish(&mut self, b: &mut Build) -> Result<(), Stop> {
        let mut entry = b.func(self.func)?;
        let locals = (self.s.local_slots() - self.params - 1).next_multiple_of(2);
        let meta = self.max_slot as u64 | (self.params as u64) << 16 | (locals as u64) << 32;
        b.set_word(self.first - 8, meta);
        if b.end() - self.first > i32::MAX as u32 {
            // A branch could not say how far it goes.
            return Err(Stop::bad(Reason::LimitBodyBytes));
        }
        entry.words = (b.end() - self.first) / 8;
        entry.side = self.s.side_len();
        entry.body = self.body;
        self.write_side(b)?;
        if self.write_records(b)? {
            entry.flags |= FUNC_HANDLES;
        }
        b.set_func(self.func, entry);
        b.header.code.len = (b.end() - self.code) / 8;
        self.s.clear(b)?;
        b.edge(CallEdge { caller: self.func, callee: EDGE_FRAME, base: self.max_slot })?;
        Ok(())
    }

    /// The function's place is known: sets it in its entry and in the calls that wait for it.
    fn resolve_calls(&mut self, b: &mut Build, mut entry: FuncEntry) {
        let place = self.word_of(self.first);
        if entry.code & FUNC_UNRESOLVED != 0 && !b.counting() {
            let mut site = entry.code & !FUNC_UNRESOLVED;
            while site != 0 {
                let at = self.code + site * 8;
                let word = b.word(at);
                b.set_word(at, word & !0xffff_ffff | place as u64);
                site = word as u32;
            }
        }
        entry.code = place;
        b.set_func(self.func, entry);
    }

    /// Word offset in the code of a byte offset in the module.
    fn word_of(&self, at: u32) -> u32 {
        (at - self.code) / 8
    }

    // ---- operands, as the validation algorithm speaks of them ----

    /// Pushes an operand that has its own slot, as most operators do: a number where everything has room, without a
    /// call.
    #[cfg_attr(feature = "large-loop", inline(always))]
    fn push_num(&mut self, b: &mut Build, ty: ValType, place: Place, val: u64) -> Result<(), Stop> {
        let slot = self.next_slot;
        if ty.is_num() && slot < self.max_slot && self.s.push_in_room(Operand::new(ty, slot, place, val)) {
            self.next_slot = slot + 1;
            return Ok(());
        }
        self.push(b, ty, place, val)
    }

    /// Pushes an operand that has its own slot.
    #[inline(never)]
    fn push(&mut self, b: &mut Build, ty: ValType, place: Place, val: u64) -> Result<(), Stop> {
        let slot = self.next_slot;
        self.next_slot += ty.slots();
        if self.next_slot > self.max_slot {
            self.note_slots(b)?;
        }
        self.refs += b.traced(ty).is_some() as u32;
        self.s.push_operand(b, Operand::new(ty, slot, place, val))
    }

    /// The frame is larger than ever in this function.
    #[cold]
    fn note_slots(&mut self, b: &mut Build) -> Result<(), Stop> {
        if self.next_slot > u16::MAX as u32 {
            b.need = self.next_slot as u64;
            return Err(Stop::bad(Reason::LimitFrame));
        }
        self.max_slot = self.next_slot;
        Ok(())
    }

    /// Pops an operand of the number type `want` where code can be reached, without a call; `None` where it is missing
    /// or of another type.
    #[cfg_attr(feature = "large-loop", inline(always))]
    fn pop_num(&mut self, want: ValType) -> Option<Operand> {
        let top = self.s.operands();
        let o = self.s.operand(top.wrapping_sub(1));
        if top == self.height || o.ty != want {
            return None;
        }
        self.drop_num(top - 1, &o);
        Some(o)
    }

    /// An operator on numbers where code cannot be reached: pops operands of these types, the last one first, and pushes
    /// one of type `result`, if there is one.
    #[inline(never)]
    fn skip(&mut self, b: &mut Build, operands: &[ValType], result: Option<ValType>) -> Result<(), Stop> {
        for &want in operands.iter().rev() {
            self.pop(b, want)?;
        }
        match result {
            Some(ty) => self.push(b, ty, Place::Temp, 0),
            None => Ok(()),
        }
    }

    /// Pops an operand of type `want`.
    #[inline(never)]
    fn pop(&mut self, b: &Build, want: ValType) -> Result<Operand, Stop> {
        let top = self.s.operands();
        if top == self.height {
            return self.pop_none();
        }
        let o = self.s.operand(top - 1);
        if o.ty != want && want != ValType::BOT && !b.matches(o.ty, want) {
            return Err(Stop::bad(Reason::TypeMismatch));
        }
        self.drop_top(b, &o);
        Ok(o)
    }

    /// Pops where the block has no operand left.
    #[cold]
    fn pop_none(&self) -> Result<Operand, Stop> {
        if self.unreachable { Ok(Operand::bottom(self.next_slot)) } else { Err(Stop::bad(Reason::TypeMismatch)) }
    }

    /// Takes the topmost operand `o` off the stack.
    fn drop_top(&mut self, b: &Build, o: &Operand) {
        self.refs -= b.traced(o.ty).is_some() as u32;
        self.drop_num(self.s.operands() - 1, o);
    }

    /// The same for one that is not traced, whose index is `top`.
    #[cfg_attr(feature = "large-loop", inline(always))]
    fn drop_num(&mut self, top: u32, o: &Operand) {
        if o.place == Place::Local {
            self.s.set_local_head(o.val as u32, (o.val >> 32) as u32);
        } else if o.place == Place::Acc {
            self.set_pending(o.ty, NONE);
        }
        self.s.truncate_operands(top);
        if self.unflushed > top {
            self.unflushed = top;
        }
        self.next_slot = o.slot as u32;
    }

    /// Takes every operand from index `n` on off the stack.
    fn drop_to(&mut self, b: &Build, n: u32) {
        while self.s.operands() > n {
            let o = self.s.operand(self.s.operands() - 1);
            self.drop_top(b, &o);
        }
    }

    /// Pops a reference of any kind; gives its type too.
    fn pop_ref(&mut self, b: &Build) -> Result<Operand, Stop> {
        let mut o = self.pop(b, ValType::BOT)?;
        if o.ty == ValType::BOT {
            o.ty = ValType::BOT_REF;
        }
        if o.ty.is_ref() { Ok(o) } else { Err(Stop::bad(Reason::TypeMismatch)) }
    }

    /// The topmost operands, which match these types, are of them from here on.
    #[inline]
    fn widen_top(&mut self, b: &Build, types: Types<'_>) {
        if types.len() != 0 {
            self.widen_each(b, types);
        }
    }

    fn widen_each(&mut self, b: &Build, types: Types<'_>) {
        let n = types.len();
        let first = self.s.operands().wrapping_sub(n);
        let mut i = 0;
        while i < n {
            let mut o = self.s.operand(first.wrapping_add(i));
            let ty = types.get(i);
            if o.ty != ty {
                self.refs += b.traced(ty).is_some() as u32;
                self.refs -= b.traced(o.ty).is_some() as u32;
                o.ty = ty;
                self.s.set_operand(first.wrapping_add(i), o);
            }
            i += 1;
        }
    }

    /// Compares the topmost operands with `types` without taking them.
    #[inline]
    fn check_top(&self, b: &Build, types: Types<'_>) -> Result<(), Stop> {
        if types.len() == 0 { Ok(()) } else { self.check_each(b, types) }
    }

    fn check_each(&self, b: &Build, types: Types<'_>) -> Result<(), Stop> {
        let there = self.s.operands() - self.height;
        let n = types.len();
        let mut i = 0;
        while i < n {
            if i >= there {
                return if self.unreachable { Ok(()) } else { Err(Stop::bad(Reason::TypeMismatch)) };
            }
            let o = self.s.operand(self.s.operands() - 1 - i);
            let want = types.get(n - 1 - i);
            if o.ty != want && !b.matches(o.ty, want) {
                return Err(Stop::bad(Reason::TypeMismatch));
            }
            i += 1;
        }
        Ok(())
    }
}

/// The types of a label, of parameters or of results: a slice, or the one type of a short form.
#[derive(Clone, Copy)]
enum Types<'a> {
    One(ValType),
    Many(&'a [ValType]),
}

impl Types<'_> {
    fn len(&self) -> u32 {
        match self {
            Types::One(_) => 1,
            Types::Many(list) => list.len() as u32,
        }
    }
    fn get(&self, i: u32) -> ValType {
        match self {
            Types::One(ty) => *ty,
            Types::Many(list) => list.get(i as usize).copied().unwrap_or(ValType::BOT),
        }
    }
}
