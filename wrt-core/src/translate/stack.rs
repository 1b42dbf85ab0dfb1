//! The scratch of the function at hand: locals, side table under construction, control stack and
//! operand stack.
//!
//! All four lie at the tail of the region that the module grows in, in this order from its end:
//!
//! ```text
//! … module → |            free            | operands ← controls ← side ← locals |end
//! ```
//!
//! Locals are fixed once they are declared. Controls and the side table double when full, which
//! moves what lies below them; so entries are addressed by index, never by address. Operands come
//! last because they grow and shrink with every operator. Knows what entries look like, nothing of
//! what operators do.

use crate::binary::Stop;
use crate::error::Reason;
use crate::module::build::Build;
use crate::types::ValType;

/// Where an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Place {
    /// In its own slot.
    Temp,
    /// In a local: low half of `val` is its index, high half the operand below that is in the same
    /// local (index plus one).
    Local,
    /// A constant: `val` are its bits.
    Const,
    /// In the accumulator of its class only; `val` is the byte offset of the operation that
    /// computed it and may still be told to write a slot too.
    Acc,
}

/// One operand.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Operand {
    pub(super) ty: ValType,
    /// Slot that is the operand's own.
    pub(super) slot: u16,
    pub(super) place: Place,
    pub(super) reserved: u8,
    pub(super) val: u64,
}

impl Operand {
    pub(super) fn new(ty: ValType, slot: u32, place: Place, val: u64) -> Self {
        Operand { ty, slot: slot as u16, place, reserved: 0, val }
    }
    /// What unreachable code pops from an empty stack.
    pub(super) fn bottom(slot: u32) -> Self {
        Operand::new(ValType::BOT, slot, Place::Temp, 0)
    }
}

/// What opened a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Opener {
    Function,
    Block,
    Loop,
    If,
    Else,
    TryTable,
    /// `try`, before its first clause.
    Try,
    /// The same in a clause: the operand below its height is a reference to the exception.
    Catch,
    CatchAll,
}

/// A block's type: no value, one result, or a type index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockType(u32);

impl BlockType {
    pub(super) const EMPTY: Self = BlockType(u32::MAX);
    const ONE: u32 = 1 << 31;
    pub(super) fn result(ty: ValType) -> Self {
        BlockType(Self::ONE | ty.0)
    }
    pub(super) fn index(index: u32) -> Self {
        BlockType(index)
    }
    /// Type of the only result, if the type is of that form.
    pub(super) fn single(self) -> Option<ValType> {
        (self != Self::EMPTY && self.0 & Self::ONE != 0).then_some(ValType(self.0 & !Self::ONE))
    }
    /// The type index, if the type is of that form.
    pub(super) fn type_index(self) -> Option<u32> {
        (self.0 & Self::ONE == 0).then_some(self.0)
    }
}

/// One entry of the control stack.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Control {
    pub(super) opener: Opener,
    /// The rest of the block is unreachable: the operand stack is polymorphic.
    pub(super) unreachable: bool,
    pub(super) params: u16,
    pub(super) results: u16,
    reserved: u16,
    pub(super) ty: BlockType,
    /// Operands below the block's parameters.
    pub(super) height: u32,
    /// Slot of the block's first parameter and result.
    pub(super) slot: u32,
    /// Loop: byte offset of its first word. Others: the last branch word that waits for the end
    /// (byte offset, 0 for none); each links to the one before.
    pub(super) label: u32,
    /// If: the branch word that waits for `else`.
    pub(super) otherwise: u32,
    /// Loop: fuel between the function's start and the label.
    pub(super) cost: u32,
    /// What handles exceptions: the body's first code word, 0 in dead code.
    pub(super) first: u32,
    /// `try_table`: how many clauses lie on the operand stack below the block's height. A clause of
    /// `try`: the code word behind the body.
    pub(super) clauses: u32,
    /// Number among the function's blocks, each branch of an `if` counting as one.
    pub(super) number: u32,
}

impl Control {
    pub(super) fn new(opener: Opener, ty: BlockType, params: u16, results: u16) -> Self {
        Control {
            opener,
            unreachable: false,
            params,
            results,
            reserved: 0,
            ty,
            height: 0,
            slot: 0,
            label: 0,
            otherwise: 0,
            cost: 0,
            clauses: 0,
            first: 0,
            number: 0,
        }
    }
}

/// One local.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Local {
    pub(super) ty: ValType,
    /// Topmost operand that is in this local (index plus one), 0 for none.
    pub(super) head: u32,
    /// Its slot; a vector's first.
    pub(super) slot: u32,
    /// A local without default: number of the block in which it was set last, or [`UNSET`].
    pub(super) set_in: u32,
}

/// Value of [`Local::set_in`]: not at all.
pub(super) const UNSET: u32 = u32::MAX;

const LOCAL: u64 = size_of::<Local>() as u64;
const CONTROL: u64 = size_of::<Control>() as u64;
const OPERAND: u64 = size_of::<Operand>() as u64;
/// Bytes of operands that are added at a time.
const OPERAND_STEP: u64 = 256;

/// The four parts and their geometry.
pub(super) struct Scratch {
    /// One past the last byte, and one past the last byte of each part but the first: where they are is asked for
    /// with every operator, and changes when a part grows.
    end: *mut u8,
    side_end: *mut u8,
    control_end: *mut u8,
    operand_end: *mut u8,
    locals: u32,
    /// Slots of the locals and the header.
    local_slots: u32,
    /// Bytes of side table, and room for them.
    side: u64,
    side_room: u64,
    /// Control entries, and bytes of room for them.
    controls: u32,
    control_room: u64,
    /// Operands, and how many fit.
    operands: u32,
    operand_cap: u32,
    operand_room: u64,
}

impl Scratch {
    pub(super) const fn new() -> Self {
        Scratch {
            end: core::ptr::null_mut(),
            side_end: core::ptr::null_mut(),
            control_end: core::ptr::null_mut(),
            operand_end: core::ptr::null_mut(),
            locals: 0,
            local_slots: 0,
            side: 0,
            side_room: 0,
            controls: 0,
            control_room: 0,
            operands: 0,
            operand_cap: 0,
            operand_room: 0,
        }
    }

    fn local_bytes(&self) -> u64 {
        (self.locals as u64 * LOCAL + 15) & !15
    }
    fn total(&self) -> u64 {
        self.local_bytes() + self.side_room + self.control_room + self.operand_room
    }

    /// Starts with nothing.
    pub(super) fn clear(&mut self, b: &mut Build) -> Result<(), Stop> {
        *self = Scratch::new();
        b.set_scratch(0)?;
        Ok(())
    }

    fn reserve(&mut self, b: &mut Build) -> Result<(), Stop> {
        let total = self.total();
        let low = b.set_scratch(total)?;
        self.end = low.wrapping_add(total as usize);
        self.side_end = self.end.wrapping_sub(self.local_bytes() as usize);
        self.control_end = self.side_end.wrapping_sub(self.side_room as usize);
        self.operand_end = self.control_end.wrapping_sub(self.control_room as usize);
        Ok(())
    }

    // ---- locals ----

    /// Adds `count` locals; only before [`Scratch::open`].
    pub(super) fn add_locals(&mut self, b: &mut Build, count: u32, ty: ValType, set_in: u32) -> Result<(), Stop> {
        let first = self.locals;
        self.locals = first.saturating_add(count);
        self.reserve(b)?;
        let mut i = first;
        while i < self.locals {
            // SAFETY: room for `locals` entries was reserved below `end`.
            unsafe { self.local_at(i).write(Local { ty, head: 0, slot: self.local_slots, set_in }) };
            self.local_slots = self.local_slots.saturating_add(ty.slots());
            i += 1;
        }
        Ok(())
    }

    /// Leaves a slot free between the parameters and the other locals.
    pub(super) fn add_header(&mut self) {
        self.local_slots = self.local_slots.saturating_add(1);
    }
    /// Slots of the locals and the header.
    pub(super) fn local_slots(&self) -> u32 {
        self.local_slots
    }

    /// Makes room for the other parts.
    pub(super) fn open(&mut self, b: &mut Build) -> Result<(), Stop> {
        self.side_room = 64;
        self.control_room = 4 * CONTROL;
        self.operand_room = OPERAND_STEP;
        self.operand_cap = ((OPERAND_STEP / OPERAND) as u32).min(b.budget.max_operands);
        self.reserve(b)
    }

    fn local_at(&self, i: u32) -> *mut Local {
        self.end.wrapping_sub((i as usize + 1) * LOCAL as usize).cast()
    }
    pub(super) fn local_count(&self) -> u32 {
        self.locals
    }
    /// A local, if there is one of that index.
    #[inline]
    pub(super) fn local(&self, i: u32) -> Option<Local> {
        if i >= self.locals {
            return None;
        }
        // SAFETY: index below `locals`.
        Some(unsafe { self.local_at(i).read() })
    }
    /// A local without default has a value from here to the end of the block with this number.
    pub(super) fn set_local_in(&mut self, i: u32, block: u32) {
        if i < self.locals {
            // SAFETY: index below `locals`.
            unsafe { (*self.local_at(i)).set_in = block }
        }
    }
    #[inline]
    pub(super) fn set_local_head(&mut self, i: u32, head: u32) {
        if i < self.locals {
            // SAFETY: index below `locals`.
            unsafe { (*self.local_at(i)).head = head }
        }
    }

    // ---- side table ----

    /// Appends a byte.
    pub(super) fn push_side(&mut self, b: &mut Build, byte: u8) -> Result<(), Stop> {
        if self.side == self.side_room {
            let more = self.side_room;
            self.side_room += more;
            self.reserve(b)?;
            self.shift(self.control_room + self.operand_room, more);
        }
        // SAFETY: `side < side_room`, which is reserved below the locals.
        unsafe { self.side_at(self.side).write(byte) };
        self.side += 1;
        Ok(())
    }
    /// Appends two bytes if there is room for them at hand.
    #[inline]
    pub(super) fn push_side_in_room(&mut self, two: [u8; 2]) -> bool {
        if self.side + 2 > self.side_room {
            return false;
        }
        let [first, second] = two;
        // SAFETY: `side + 1 < side_room`, which is reserved below the locals.
        unsafe {
            self.side_at(self.side).write(first);
            self.side_at(self.side + 1).write(second);
        }
        self.side += 2;
        true
    }
    pub(super) fn side_len(&self) -> u32 {
        self.side as u32
    }
    /// Eight bytes of the side table from this index on, the first one lowest; 0 past its end.
    pub(super) fn side_word(&self, i: u32) -> u64 {
        let last = i as u64 + 7;
        if last < self.side {
            // SAFETY: the indices are below `side`; later bytes lie lower.
            return u64::from_be_bytes(unsafe { self.side_at(last).cast::<[u8; 8]>().read() });
        }
        let mut word = 0;
        let mut at = self.side;
        while at > i as u64 {
            at -= 1;
            // SAFETY: index below `side`.
            word = word << 8 | unsafe { self.side_at(at).read() } as u64;
        }
        word
    }
    fn side_at(&self, i: u64) -> *mut u8 {
        self.side_end.wrapping_sub(1 + i as usize)
    }

    /// Moves the lowest `bytes` of the old layout down by `by`.
    fn shift(&mut self, bytes: u64, by: u64) {
        let low = self.end.wrapping_sub(self.total() as usize);
        // SAFETY: `by` more bytes were reserved below; the run lay right above them.
        unsafe { core::ptr::copy(low.add(by as usize), low, bytes as usize) }
    }

    // ---- controls ----

    fn control_at(&self, i: u32) -> *mut Control {
        self.control_end.wrapping_sub((i as usize + 1) * CONTROL as usize).cast()
    }
    pub(super) fn controls(&self) -> u32 {
        self.controls
    }
    pub(super) fn push_control(&mut self, b: &mut Build, c: Control) -> Result<(), Stop> {
        // The function's own label does not count as nesting.
        if self.controls > b.budget.max_block_depth {
            b.need = self.controls as u64;
            return Err(Stop::bad(Reason::LimitBlockDepth));
        }
        if (self.controls as u64 + 1) * CONTROL > self.control_room {
            let more = self.control_room;
            self.control_room += more;
            self.reserve(b)?;
            self.shift(self.operand_room, more);
        }
        // SAFETY: room for one more entry was made sure of.
        unsafe { self.control_at(self.controls).write(c) };
        self.controls += 1;
        Ok(())
    }
    pub(super) fn pop_control(&mut self) {
        self.controls = self.controls.saturating_sub(1);
    }
    /// The control entry that label `depth` names.
    #[inline]
    pub(super) fn control(&self, depth: u32) -> Result<Control, Stop> {
        if depth >= self.controls {
            return Err(Stop::bad(Reason::UnknownLabel));
        }
        // SAFETY: index below `controls`.
        Ok(unsafe { self.control_at(self.controls - 1 - depth).read() })
    }
    /// Sets [`Control::label`] alone.
    #[inline]
    pub(super) fn set_label(&mut self, depth: u32, label: u32) {
        if depth < self.controls {
            // SAFETY: index below `controls`.
            unsafe { (*self.control_at(self.controls - 1 - depth)).label = label }
        }
    }
    pub(super) fn set_control(&mut self, depth: u32, c: Control) {
        if depth < self.controls {
            // SAFETY: index below `controls`.
            unsafe { self.control_at(self.controls - 1 - depth).write(c) }
        }
    }

    // ---- operands ----

    #[inline]
    fn operand_at(&self, i: u32) -> *mut Operand {
        self.operand_end.wrapping_sub((i as usize + 1) * OPERAND as usize).cast()
    }
    #[inline]
    pub(super) fn operands(&self) -> u32 {
        self.operands
    }
    /// Pushes an operand if there is room for it at hand.
    #[inline]
    pub(super) fn push_in_room(&mut self, o: Operand) -> bool {
        if self.operands >= self.operand_cap {
            return false;
        }
        // SAFETY: `operands < operand_cap`, for which there is room.
        unsafe { self.operand_at(self.operands).write(o) };
        self.operands += 1;
        true
    }
    #[inline]
    pub(super) fn push_operand(&mut self, b: &mut Build, o: Operand) -> Result<(), Stop> {
        if !self.push_in_room(o) {
            self.more_operands(b)?;
            self.push_in_room(o);
        }
        Ok(())
    }
    #[cold]
    fn more_operands(&mut self, b: &mut Build) -> Result<(), Stop> {
        if self.operands >= b.budget.max_operands {
            b.need = self.operands as u64 + 1;
            return Err(Stop::bad(Reason::LimitOperands));
        }
        let room = (self.operands as u64 + 1) * OPERAND;
        if room > self.operand_room {
            self.operand_room += OPERAND_STEP;
            self.reserve(b)?;
        }
        self.operand_cap = ((self.operand_room / OPERAND) as u32).min(b.budget.max_operands);
        Ok(())
    }
    /// The operand with this index from the bottom.
    #[inline]
    pub(super) fn operand(&self, i: u32) -> Operand {
        if i >= self.operands {
            return Operand::bottom(0);
        }
        // SAFETY: index below `operands`.
        unsafe { self.operand_at(i).read() }
    }
    #[inline]
    pub(super) fn set_operand(&mut self, i: u32, o: Operand) {
        if i < self.operands {
            // SAFETY: index below `operands`.
            unsafe { self.operand_at(i).write(o) }
        }
    }
    /// Drops the operands from index `n` on.
    #[inline]
    pub(super) fn truncate_operands(&mut self, n: u32) {
        if n < self.operands {
            self.operands = n;
        }
    }
}
