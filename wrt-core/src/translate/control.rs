//! Blocks and branches: labels, the words that wait for them, and the fuel between them.
//!
//! A branch's last word holds, once its target is known, the distance to it in bytes from the word
//! before (most often the branch's first) and the fuel that taking it settles: C(source) - C(target),
//! where C counts the fuel of the operators since the function's start or the last call, in the
//! order of the text. Until then it links to the branch before that waits for the same label, next
//! to C(source).

use super::emit::{Src, What};
use super::stack::{BlockType, Control, Opener, Operand, Place};
use super::{MISMATCH, Translator, Types};
use crate::binary::Stop;
use crate::error::Reason;
use crate::module::build::Build;
use crate::ops::{self, Special};
use crate::types::ValType;

/// A branch table whose labels are still to come.
#[derive(Clone, Copy)]
pub(super) struct Labels {
    /// How many.
    pub(super) left: u64,
    /// Byte offset of the table's first word, 0 in dead code, and its entries.
    at: u32,
    count: u64,
    /// Values that every label takes.
    arity: u32,
    /// The label before, whose type was checked, and the one before that needed a stub.
    checked: u32,
    stubbed: u32,
    /// Words of stubs so far.
    stub_words: u64,
}

impl Labels {
    pub(super) const NONE: Self =
        Labels { left: 0, at: 0, count: 0, arity: 0, checked: u32::MAX, stubbed: u32::MAX, stub_words: 0 };
}

/// Upper half of a table word that waits for its stub, next to the label's depth. A word that waits
/// for a label holds a cost there, which is never as large; that of a branch back may be -1, but
/// then its lower half, the distance, has the bit that [`STUB_MASK`] adds.
const STUB: u64 = (u32::MAX as u64) << 32;
const STUB_MASK: u64 = STUB | 1 << 31;

/// The types that a branch to `c` takes.
pub(super) fn label_types<'t>(b: &'t Build, c: &Control) -> Result<Types<'t>, Stop> {
    if let Some(ty) = c.ty.single() {
        return Ok(if c.opener == Opener::Loop { Types::Many(&[]) } else { Types::One(ty) });
    }
    let (params, results) = block_types(b, c.ty)?;
    Ok(if c.opener == Opener::Loop { params } else { results })
}

/// Parameter and result types of a block type.
fn block_types(b: &Build, ty: BlockType) -> Result<(Types<'_>, Types<'_>), Stop> {
    if let Some(ty) = ty.single() {
        return Ok((Types::Many(&[]), Types::One(ty)));
    }
    match ty.type_index() {
        Some(index) => {
            let entry = b.func_type(index)?;
            let (params, results) = b.signature(&entry);
            Ok((Types::Many(params), Types::Many(results)))
        }
        None => Ok((Types::Many(&[]), Types::Many(&[]))),
    }
}

/// The branch whose last word is at `skip` goes here, and settles nothing.
pub(super) fn end_skip(b: &mut Build, skip: u32) {
    b.set_word(skip, (b.end() - skip + 8) as u64);
}

impl Translator {
    // ---- blocks ----

    pub(super) fn block(&mut self, b: &mut Build, special: Special, ty: BlockType) -> Result<(), Stop> {
        let (opener, cond) = match special {
            Special::Loop => (Opener::Loop, None),
            Special::If => (Opener::If, Some(())),
            _ => (Opener::Block, None),
        };
        let cond = match cond {
            Some(()) if self.dead => self.skip(b, &[ValType::I32], None).map(|()| None)?,
            Some(()) => match self.pop_num(ValType::I32) {
                None => return Err(MISMATCH),
                cond => cond,
            },
            None => None,
        };
        let n = self.enter_block(b, ty)?;
        let results = self.block_results(b, ty)?;
        let mut c = Control::new(opener, ty, n as u16, results as u16);
        self.blocks += 1;
        c.number = self.blocks;
        c.height = self.s.operands() - n;
        c.slot = if n == 0 { self.next_slot } else { self.s.operand(c.height).slot as u32 };
        if !self.dead {
            if let Some(cond) = cond {
                self.branch_on(b, &cond, false, false)?;
                c.otherwise = self.waiting_word(b, 0)?;
            }
            if opener == Opener::Loop {
                self.forget_accumulators();
                self.safepoint(b)?;
                c.label = b.end();
                c.cost = self.cost;
                self.at_label();
            }
        }
        self.forget_last();
        self.height = c.height;
        self.unreachable = false;
        self.s.push_control(b, c)
    }

    /// Settles what is on the stack before a block of type `ty`; returns how many parameters it has.
    pub(super) fn enter_block(&mut self, b: &mut Build, ty: BlockType) -> Result<u32, Stop> {
        let (params, _) = block_types(b, ty)?;
        let n = params.len();
        self.check_top(b, params)?;
        if self.dead {
            self.retype_top(b, ty, true, n)?;
        } else {
            self.widen_top(b, params);
            self.flush(b)?;
            self.settle_top(b, n)?;
        }
        Ok(n)
    }

    /// How many results a block of type `ty` has.
    pub(super) fn block_results(&self, b: &Build, ty: BlockType) -> Result<u32, Stop> {
        block_types(b, ty).map(|(_, results)| results.len())
    }

    /// In dead code: makes the topmost operands those of a block's parameters.
    pub(super) fn retype_top(&mut self, b: &mut Build, ty: BlockType, params: bool, n: u32) -> Result<(), Stop> {
        let there = (self.s.operands() - self.height).min(n);
        self.drop_to(b, self.s.operands() - there);
        self.push_types(b, ty, params, n)
    }

    /// Pushes operands of a block's parameter or result types, each in its own slot.
    pub(super) fn push_types(&mut self, b: &mut Build, ty: BlockType, params: bool, n: u32) -> Result<(), Stop> {
        let mut i = 0;
        while i < n {
            let (p, r) = block_types(b, ty)?;
            let one = if params { p.get(i) } else { r.get(i) };
            self.push(b, one, Place::Temp, 0)?;
            i += 1;
        }
        Ok(())
    }

    /// Puts the `n` topmost operands into their own slots.
    #[inline]
    pub(super) fn settle_top(&mut self, b: &mut Build, n: u32) -> Result<(), Stop> {
        if n == 0 { Ok(()) } else { self.settle_each(b, n) }
    }

    fn settle_each(&mut self, b: &mut Build, n: u32) -> Result<(), Stop> {
        let top = self.s.operands();
        let mut i = 0;
        while i < n {
            i += 1;
            self.settle_at(b, top.wrapping_sub(i))?;
        }
        Ok(())
    }

    /// Exactly the block's results are on the stack.
    pub(super) fn check_end(&self, b: &Build, c: &Control) -> Result<(), Stop> {
        let (_, results) = block_types(b, c.ty)?;
        if self.s.operands() - self.height > results.len() {
            return Err(Stop::bad(Reason::TypeMismatch));
        }
        self.check_top(b, results)
    }

    pub(super) fn otherwise(&mut self, b: &mut Build) -> Result<(), Stop> {
        let mut c = self.s.control(0)?;
        if c.opener != Opener::If {
            return Err(Stop::bad(Reason::MisplacedElse));
        }
        self.check_end(b, &c)?;
        if !self.dead {
            self.settle_top(b, c.results as u32)?;
            self.emit_br(b, false)?;
            c.label = self.waiting_word(b, c.label)?;
        }
        self.dead = c.otherwise == 0;
        self.resolve(b, c.otherwise);
        c.otherwise = 0;
        c.opener = Opener::Else;
        self.blocks += 1;
        c.number = self.blocks;
        c.unreachable = false;
        self.unreachable = false;
        self.s.set_control(0, c);
        self.drop_to(b, c.height);
        self.next_slot = c.slot;
        self.forget_accumulators();
        self.at_label();
        self.push_types(b, c.ty, true, c.params as u32)
    }

    pub(super) fn end(&mut self, b: &mut Build) -> Result<(), Stop> {
        let mut c = self.s.control(0)?;
        self.check_end(b, &c)?;
        if matches!(c.opener, Opener::Catch | Opener::CatchAll) {
            self.end_clause(b, &mut c)?;
        }
        if c.opener == Opener::If {
            // Without `else` the parameters are the results.
            let (params, results) = block_types(b, c.ty)?;
            let same =
                params.len() == results.len() && (0..params.len()).all(|i| b.matches(params.get(i), results.get(i)));
            if !same {
                return Err(Stop::bad(Reason::TypeMismatch));
            }
        }
        if c.opener == Opener::Function {
            if !self.dead {
                self.emit_return(b, c.results as u32)?;
            }
            self.s.pop_control();
            return Ok(());
        }
        let used = c.opener != Opener::Loop && (c.label != 0 || c.otherwise != 0);
        let handles = c.opener == Opener::TryTable && c.clauses != 0;
        if used || self.dead || handles {
            if !self.dead {
                self.settle_top(b, c.results as u32)?;
                self.flush(b)?;
            }
            if handles {
                self.end_try_table(b, &mut c)?;
            }
            self.drop_to(b, c.height);
            self.next_slot = c.slot;
            self.push_types(b, c.ty, false, c.results as u32)?;
            if used {
                self.resolve(b, c.label);
                self.resolve(b, c.otherwise);
                self.dead = false;
                self.forget_accumulators();
            }
        }
        if !used && !self.dead {
            self.widen_top(b, block_types(b, c.ty)?.1);
        }
        if used || handles {
            self.at_label();
        }
        self.forget_last();
        self.s.pop_control();
        let outer = self.s.control(0)?;
        self.height = outer.height;
        self.unreachable = outer.unreachable;
        Ok(())
    }

    // ---- words that wait ----

    /// Emits a branch's last word, waiting for a label whose newest waiting word is `before`.
    #[inline]
    fn waiting_word(&mut self, b: &mut Build, before: u32) -> Result<u32, Stop> {
        b.push_word(before as u64 | (self.cost as u64) << 32)
    }

    /// Every word of the list that starts at `at` branches to what is emitted next.
    fn resolve(&mut self, b: &mut Build, mut at: u32) {
        let here = b.end();
        while at != 0 && !b.counting() {
            let word = b.word(at);
            let fuel = ((word >> 32) as u32).wrapping_sub(self.cost);
            b.set_word(at, (here - at + 8) as u64 | (fuel as u64) << 32);
            at = word as u32;
        }
    }

    /// Emits a branch's last word for label `depth`.
    pub(super) fn label_word(&mut self, b: &mut Build, depth: u32) -> Result<(), Stop> {
        let c = self.s.control(depth)?;
        if c.opener == Opener::Loop {
            let at = b.end();
            let back = c.label.wrapping_sub(at).wrapping_add(8);
            b.push_word(back as u64 | (self.cost.wrapping_sub(c.cost) as u64) << 32)?;
            return Ok(());
        }
        let label = self.waiting_word(b, c.label)?;
        self.s.set_label(depth, label);
        Ok(())
    }

    // ---- branches ----

    /// If `cond` compares the 32-bit accumulator with something else: where the comparison begins, its first form (of
    /// the inverse, unless `when`), and what it compares with.
    fn compared(&self, b: &Build, cond: &Operand, when: bool) -> Option<(u32, u16, Src)> {
        let last = self.last;
        let zero = |when: bool| ops::plain(if when { 0x46 } else { 0x47 }).map(|op| op.base);
        if !last.made(cond, b) {
            let local = cond.place == Place::Local && self.src(cond) == Src::Acc;
            return if local { Some((b.end(), zero(!when)?, Src::Const(0))) } else { None };
        }
        let with = match last.form {
            ops::BINARY_AS => Src::Slot(last.y),
            ops::BINARY_AI => Src::Const(last.y as i16 as i32 as u32 as u64),
            _ => Src::Const(last.bits),
        };
        match last.what {
            What::Compare(base, inverse, true)
                if matches!(last.form, ops::BINARY_AS | ops::BINARY_AI | ops::BINARY_AW) =>
            {
                Some((last.at, if when { base } else { inverse }, with))
            }
            What::Zero32 if last.form == ops::UNARY_A => Some((last.at, zero(when)?, Src::Const(0))),
            _ => None,
        }
    }

    /// Emits the first word of a branch that is taken when `cond` is not zero (`when`) or is zero, to a
    /// loop's label (`back`) or forwards.
    fn branch_on(&mut self, b: &mut Build, cond: &Operand, when: bool, back: bool) -> Result<(), Stop> {
        let last = self.last;
        if let Some((end, base, with)) = self.compared(b, cond, when)
            && self.take_step(b, end, base + back as u16, with)?
        {
            return Ok(());
        }
        if last.made(cond, b) {
            let op = match last.what {
                What::Zero32 | What::Zero64 => {
                    let wide = last.what == What::Zero64;
                    let acc = last.form == ops::UNARY_A;
                    // Being equal to zero is "when": the branch on the value itself is the inverse.
                    Some(match (when, wide, acc) {
                        (true, false, false) => ops::BR_Z_S,
                        (true, false, true) => ops::BR_Z_A,
                        (true, true, false) => ops::BR_Z64_S,
                        (true, true, true) => ops::BR_Z64_A,
                        (false, false, false) => ops::BR_NZ_S,
                        (false, false, true) => ops::BR_NZ_A,
                        (false, true, false) => ops::BR_NZ64_S,
                        (false, true, true) => ops::BR_NZ64_A,
                    })
                }
                What::Compare(base, inverse, _) => {
                    let form = match last.form {
                        ops::BINARY_SS => Some(ops::BRANCH_SS),
                        ops::BINARY_SI => Some(ops::BRANCH_SI),
                        ops::BINARY_AS => Some(ops::BRANCH_AS),
                        ops::BINARY_AI => Some(ops::BRANCH_AI),
                        ops::BINARY_SW => Some(ops::BRANCH_SW),
                        ops::BINARY_AW => Some(ops::BRANCH_AW),
                        _ => None,
                    };
                    form.map(|form| match (when, inverse) {
                        (true, _) => base + form,
                        (false, 0) => base + form + ops::BRANCH_NOT,
                        (false, inverse) => inverse + form,
                    })
                }
                What::Nothing | What::Sum | What::First(_) | What::Vector => None,
            };
            if let Some(op) = op {
                self.take_back(b, last.at);
                self.emit(b, op + back as u16, 0, last.x, last.y)?;
                if matches!(last.what, What::Compare(..)) && matches!(last.form, ops::BINARY_SW | ops::BINARY_AW) {
                    b.push_word(last.bits)?;
                }
                self.forget_last();
                return Ok(());
            }
        }
        self.forget_last();
        if self.src(cond) == Src::Acc {
            self.emit(b, back as u16 + if when { ops::BR_NZ_A } else { ops::BR_Z_A }, 0, 0, 0)?;
        } else {
            let slot = self.slot_of(b, cond)?;
            self.emit(b, back as u16 + if when { ops::BR_NZ_S } else { ops::BR_Z_S }, 0, slot, 0)?;
        }
        Ok(())
    }

    /// Whether the `n` topmost operands would have to move to be where label `c` wants them.
    pub(super) fn must_move(&self, c: &Control, n: u32) -> bool {
        n != 0 && self.s.operand(self.s.operands() - n).slot as u32 != c.slot
    }

    /// Emits the moves and the branch to label `depth` with the `n` topmost operands.
    pub(super) fn jump(&mut self, b: &mut Build, depth: u32, n: u32) -> Result<(), Stop> {
        let c = self.s.control(depth)?;
        if c.opener == Opener::Function {
            return self.emit_return(b, n);
        }
        self.move_top(b, c.slot, n)?;
        self.emit_br(b, c.opener == Opener::Loop)?;
        self.label_word(b, depth)
    }

    /// Emits the moves of the `n` topmost operands, settled where there are several, to `slot` and behind.
    pub(super) fn move_top(&mut self, b: &mut Build, slot: u32, n: u32) -> Result<(), Stop> {
        let top = self.s.operands();
        if n == 1 {
            let o = self.s.operand(top - 1);
            self.move_to(b, &o, slot as u16)?;
        } else if n > 1 {
            let (from, slots) = self.top_slots(n);
            if from as u32 != slot {
                self.emit(b, ops::COPY_N, slot as u16, from, slots)?;
            }
        }
        Ok(())
    }

    pub(super) fn br(&mut self, b: &mut Build, depth: u32) -> Result<(), Stop> {
        let c = self.s.control(depth)?;
        let types = label_types(b, &c)?;
        let n = types.len();
        self.check_top(b, types)?;
        if !self.dead {
            if n > 1 {
                self.settle_top(b, n)?;
            }
            self.jump(b, depth, n)?;
        }
        self.end_path(b);
        Ok(())
    }

    pub(super) fn br_if(&mut self, b: &mut Build, depth: u32) -> Result<(), Stop> {
        let cond = if self.dead {
            self.skip(b, &[ValType::I32], None)?;
            Operand::bottom(0)
        } else {
            let Some(cond) = self.pop_num(ValType::I32) else { return Err(MISMATCH) };
            cond
        };
        let c = self.s.control(depth)?;
        let types = label_types(b, &c)?;
        let n = types.len();
        self.check_top(b, types)?;
        if self.dead {
            return self.retype_top(b, c.ty, c.opener == Opener::Loop, n);
        }
        self.widen_top(b, types);
        if c.opener != Opener::Function && !self.must_move(&c, n) {
            self.settle_top(b, n)?;
            self.branch_on(b, &cond, true, c.opener == Opener::Loop)?;
            return self.label_word(b, depth);
        }
        // Not taken, it skips the moves and the branch.
        if n > 1 {
            self.settle_top(b, n)?;
        } else if n == 1 {
            self.leave_accumulator(b);
        }
        self.branch_on(b, &cond, false, false)?;
        let skip = b.push_word(0)?;
        let held = self.held;
        self.jump(b, depth, n)?;
        self.held = held;
        end_skip(b, skip);
        Ok(())
    }

    /// The topmost operand, if it is in an accumulator only, gets its slot.
    fn leave_accumulator(&mut self, b: &mut Build) {
        let top = self.s.operands().wrapping_sub(1);
        let mut o = self.s.operand(top);
        if o.place == Place::Acc {
            self.patch(b, o.val as u32, o.slot);
            self.set_pending(o.ty, super::NONE);
            self.hold(o.ty, o.slot);
            o.place = Place::Temp;
            self.s.set_operand(top, o);
        }
    }

    pub(super) fn br_table(&mut self, b: &mut Build, count: u32, first: u32) -> Result<(), Stop> {
        let index = self.pop(b, ValType::I32)?;
        let c = self.s.control(first)?;
        let arity = label_types(b, &c)?.len();
        self.labels = Labels { left: count as u64 + 1, count: count as u64 + 1, arity, ..Labels::NONE };
        if !self.dead {
            self.check_top(b, label_types(b, &c)?)?;
            self.settle_top(b, arity)?;
            if self.src(&index) == Src::Acc {
                let plus = self.take_addend(b, &index);
                self.emit_n(b, ops::BR_TABLE_A, plus, count)?;
            } else {
                let slot = self.slot_of(b, &index)?;
                self.emit_n(b, ops::BR_TABLE_S, slot, count)?;
            }
            self.forget_last();
            self.labels.at = b.end();
        }
        self.table_label(b, first)
    }

    /// The small constant that the operation emitted last adds to the accumulator to make `o`, and does nothing
    /// else: that operation is taken back. 0 where there is none.
    fn take_addend(&mut self, b: &mut Build, o: &Operand) -> u16 {
        let last = self.last;
        if last.what != What::Sum || last.form != ops::BINARY_AI || !last.made(o, b) {
            return 0;
        }
        self.take_back(b, last.at);
        self.forget_last();
        last.y
    }

    /// One label of a branch table; the last one is the default and ends it.
    pub(super) fn table_label(&mut self, b: &mut Build, depth: u32) -> Result<(), Stop> {
        let mut c = self.s.control(depth)?;
        if depth != self.labels.checked {
            let types = label_types(b, &c)?;
            if types.len() != self.labels.arity {
                return Err(Stop::bad(Reason::TypeMismatch));
            }
            self.check_top(b, types)?;
            self.labels.checked = depth;
        }
        let n = self.labels.arity;
        if !self.dead {
            if c.opener != Opener::Function && !self.must_move(&c, n) {
                self.label_word(b, depth)?;
            } else {
                b.push_word(STUB | depth as u64)?;
                if depth != self.labels.stubbed {
                    self.labels.stubbed = depth;
                    let back = c.opener == Opener::Function;
                    let charge = back && n > 0 && self.return_charges(self.top_slots(n).1);
                    self.labels.stub_words += if back { 1 + charge as u64 } else { 3 };
                }
                if b.counting() && c.opener != Opener::Function && c.label == 0 {
                    // The stub would have been the first to wait for the label.
                    c.label = self.labels.at;
                    self.s.set_control(depth, c);
                }
            }
        }
        self.labels.left -= 1;
        if self.labels.left == 0 {
            if !self.dead {
                self.stubs(b)?;
            }
            self.end_path(b);
        }
        Ok(())
    }

    /// Emits the stubs of a branch table: the moves that its labels need.
    fn stubs(&mut self, b: &mut Build) -> Result<(), Stop> {
        let labels = self.labels;
        if labels.stub_words == 0 {
            return Ok(());
        }
        if b.counting() {
            b.alloc(labels.stub_words * 8, 8)?;
            return Ok(());
        }
        let (mut before, mut stub) = (u32::MAX, 0);
        let mut i = 0;
        while i < labels.count {
            let at = labels.at + i as u32 * 8;
            let word = b.word(at);
            if word & STUB_MASK == STUB {
                let depth = word as u32;
                if depth != before {
                    before = depth;
                    stub = b.end();
                    self.jump(b, depth, labels.arity)?;
                }
                b.set_word(at, (stub - at + 8) as u64);
            }
            i += 1;
        }
        Ok(())
    }

    /// Whether returning what is in `slots` slots needs a word that charges the fuel.
    fn return_charges(&self, slots: u16) -> bool {
        slots > 1 || self.cost > u16::MAX as u32
    }

    /// Emits the return with the `n` topmost operands.
    fn emit_return(&mut self, b: &mut Build, n: u32) -> Result<(), Stop> {
        let header = self.params as u16;
        if n == 0 {
            self.emit_n(b, ops::RET, header, self.cost)?;
            return Ok(());
        }
        let mut fuel = self.cost as u16;
        let top = self.s.operands();
        if n > 1 {
            self.settle_top(b, n)?;
        }
        let (_, slots) = self.top_slots(n);
        if self.return_charges(slots) {
            self.emit_n(b, ops::CHARGE, 0, self.cost)?;
            fuel = 0;
        }
        if n > 1 {
            let (from, slots) = self.top_slots(n);
            self.emit(b, ops::RET_N, header, from, slots)?;
            return Ok(());
        }
        let o = self.s.operand(top - 1);
        if o.ty.is_vector() {
            let from = self.slot_of(b, &o)?;
            self.emit(b, ops::RET_N, header, from, slots)?;
            return Ok(());
        }
        let (op, src) = match self.src(&o) {
            Src::Acc => (
                match super::emit::class(o.ty) {
                    super::emit::INT => ops::RET_A,
                    super::emit::F32 => ops::RET_FS,
                    _ => ops::RET_FA,
                },
                0,
            ),
            Src::Slot(s) => (ops::RET_S, s),
            Src::Const(bits) => match u16::try_from(bits) {
                Ok(v) => (ops::RET_U, v),
                Err(_) => (ops::RET_S, self.slot_of(b, &o)?),
            },
        };
        self.emit(b, op, header, src, fuel)?;
        Ok(())
    }
}
