//! The check of a function's code: that every operation stays within its frame, its function and its instance, and that
//! no way through the code runs forever without spending fuel.
//!
//! One pass over the words, with a number for each of them in scratch. A frame's header, which says where to return to, is
//! written by calls alone: no operation may write its slot, and what a callee can write lies above it. Values in slots
//! are numbers that nothing relies on, so that their types need not be followed; where one would be relied on (a
//! reference that is stored or called), the operation is refused.
//!
//! Fuel is relative (`exec/drive.rs`), so that no word alone shows whether it is right. What is checked is that
//! numbers C exist, one for each operation, of which each step from one to the next charges at least the difference:
//! nothing where the code falls through and C does not sink, more than that where it branches back. So what has been
//! charged plus C never sinks, and grows in every round of a loop, with every call and with every return. C starts from
//! 0; it is raised by the fuel that the side table tells, which is free to say more than is true, and by branches
//! forwards.

use super::check::{Check, damaged};
use super::roles::{At, Role, Use, roles};
use crate::error::{Error, Reason};
use crate::module::layout::{DataEntry, ElemEntry, FuncEntry, GlobalEntry, MemoryEntry, TableEntry, TypeEntry};
use crate::ops::{self, slow};
use crate::types::ValType;

/// Bit of a word's number: an operation that is not the second half of another begins there. The others are C; where no
/// operation has been seen yet, C of branches forwards to it plus one, 0 for none.
const BEGINS: u32 = 1 << 31;
/// C stays below this.
const MOST_FUEL: u64 = 1 << 30;
/// Greatest end of an access that is added to a 32-bit address in 64 bits.
const MOST_END: u64 = 1 << 33;

/// A function under check.
struct Code<'c, 'a> {
    check: &'c Check<'a>,
    words: &'a [u64],
    /// Word of the first operation in the module's code.
    first: u32,
    /// Slots of a frame, and the one of its header.
    frame: u64,
    header: u64,
    states: &'c mut [u32],
}

/// An operation, or one half of a pair.
#[derive(Clone, Copy)]
struct Place {
    /// Its first word, and that of the whole operation.
    at: u32,
    start: u32,
    /// The word behind the whole operation.
    end: u32,
    /// C where the whole operation begins.
    fuel: u64,
}

/// What an operation leads to.
#[derive(Clone, Copy)]
struct Next {
    falls: bool,
    /// C behind it.
    fuel: u64,
}

/// How many words an operation at `at` has; `word` reads one.
pub(super) fn length(op: u16, at: u32, word: impl Fn(u32) -> Result<u64, Reason>) -> Result<u32, Reason> {
    let words = |op: u16| ops::OP_WORDS.get(op as usize).copied().unwrap_or(0) as u32;
    let (mut last, mut before) = (op, 0);
    if let Some(pair) = op.checked_sub(ops::FUSED) {
        let (first, second) = ops::HALVES.get(pair as usize / 2).copied().ok_or(Reason::ImageDamaged)?;
        (last, before) = (second + pair % 2, words(first));
        // A number that fills a gap between pairs has no second half.
        if words(op) != 0 && words(op) != before + words(last) {
            return Err(Reason::ImageDamaged);
        }
    }
    match words(last) {
        0 if matches!(last, ops::BR_TABLE_S | ops::BR_TABLE_A) => {
            let cases = (word(at.saturating_add(before))? >> 32) as u32;
            cases.checked_add(2 + before).ok_or(Reason::ImageDamaged)
        }
        0 => Err(Reason::ImageFeature),
        n => Ok(before + n),
    }
}

impl Check<'_> {
    /// Checks a function of the module's own; `states` has a number for each of its words at least. The function's place
    /// in the code was checked with the tables.
    pub(super) fn function(&self, func: &FuncEntry, states: &mut [u32]) -> Result<(), Error> {
        let words = self.module().code().get(func.code as usize..).and_then(|code| code.get(..func.words as usize));
        let meta = self.module().code().get((func.code as usize).wrapping_sub(1)).copied();
        let (Some(words), Some(meta), Some(states)) = (words, meta, states.get_mut(..func.words as usize)) else {
            return Err(Error::new(Reason::ImageDamaged));
        };
        let (frame, header) = (meta as u16 as u64, (meta >> 16) as u16 as u64);
        states.fill(0);
        let mut code = Code { check: self, words, first: func.code, frame, header, states };
        code.run(func)
    }
}

impl Code<'_, '_> {
    fn error(&self, at: u32, reason: Reason) -> Error {
        self.check.code_error(self.first.saturating_add(at), reason)
    }

    fn run(&mut self, func: &FuncEntry) -> Result<(), Error> {
        let mut side = Side::of(self.check, func)?;
        let (mut at, mut flow) = (0, Some(0));
        while (at as usize) < self.words.len() {
            match self.step(at, flow, &mut side) {
                Ok((end, next)) => (at, flow) = (end, next.falls.then_some(next.fuel)),
                Err(reason) => return Err(self.error(at, reason)),
            }
        }
        // Nothing falls off the end, and the side table speaks of the function alone.
        if flow.is_some() || !side.is_read(self.words.len() as u32)? {
            return Err(self.error(at, Reason::ImageDamaged));
        }
        Ok(())
    }

    fn word(&self, at: u32) -> Result<u64, Reason> {
        self.words.get(at as usize).copied().ok_or(Reason::ImageDamaged)
    }

    fn op(&self, at: u32) -> Result<u16, Reason> {
        self.word(at).map(|word| word as u16)
    }

    /// The operation at `at`, which is reached with C `flow` from the one before, if it is: where it ends, and what is
    /// behind it.
    fn step(&mut self, at: u32, flow: Option<u64>, side: &mut Side<'_>) -> Result<(u32, Next), Reason> {
        let op = self.op(at)?;
        let end = at.checked_add(self.length(op, at)?).filter(|&end| end as usize <= self.words.len());
        let end = end.ok_or(Reason::ImageDamaged)?;
        // Nothing has branched into the middle of it.
        let inside = self.states.get(at as usize + 1..end as usize).ok_or(Reason::ImageDamaged)?;
        if inside.iter().any(|&state| state != 0) {
            return Err(Reason::ImageDamaged);
        }
        let state = self.states.get_mut(at as usize).ok_or(Reason::ImageDamaged)?;
        let branched = (*state as u64).saturating_sub(1);
        let fuel = flow.unwrap_or(0).max(branched).max(side.fuel_at(at)?);
        if fuel >= MOST_FUEL {
            return Err(Reason::ImageDamaged);
        }
        *state = BEGINS | fuel as u32;
        // The halves of a pair, the last one first; what is first of a pair may be a pair.
        let mut op = op;
        let mut next = None;
        while let Some(pair) = op.checked_sub(ops::FUSED) {
            let (first, second) = ops::HALVES.get(pair as usize / 2).copied().ok_or(Reason::ImageDamaged)?;
            let before = ops::OP_WORDS.get(first as usize).copied().unwrap_or(0);
            let second_at = at + before as u32;
            if self.op(second_at)? != ops::SECOND | before as u16 {
                return Err(Reason::ImageDamaged);
            }
            let half = self.half(second + pair % 2, Place { at: second_at, start: at, end, fuel })?;
            next = next.or(Some(half));
            op = first;
        }
        let half = self.half(op, Place { at, start: at, end, fuel })?;
        Ok((end, next.unwrap_or(half)))
    }

    /// How many words an operation at `at` has.
    fn length(&self, op: u16, at: u32) -> Result<u32, Reason> {
        length(op, at, |at| self.word(at))
    }

    /// The number in a field or a further word.
    fn number(&self, at: u32, which: At) -> Result<u64, Reason> {
        let word = |n: u32| self.word(at.saturating_add(n));
        Ok(match which {
            At::None => 0,
            At::F1 => word(0)? >> 16 & 0xffff,
            At::F2 => word(0)? >> 32 & 0xffff,
            At::F3 => word(0)? >> 48,
            At::N23 => word(0)? >> 32,
            At::W1 => word(1)?,
            At::W1Low => word(1)? & 0xffff_ffff,
            At::W1High => word(1)? >> 32,
            At::W1F0 => word(1)? & 0xffff,
            At::W1F1 => word(1)? >> 16 & 0xffff,
            At::W2 => word(2)?,
            At::W2Low => word(2)? & 0xffff_ffff,
            At::W2F0 => word(2)? & 0xffff,
            At::W2F1 => word(2)? >> 16 & 0xffff,
        })
    }

    /// Checks every role of an operation.
    fn half(&mut self, op: u16, place: Place) -> Result<Next, Reason> {
        let mut next = Next { falls: false, fuel: place.fuel };
        // What a return settles, where it is one; of a call, whose type the callee has.
        let mut settled = None;
        let mut callee = None;
        for one in roles(op) {
            let v = self.number(place.at, one.at)?;
            let right = match one.role {
                Role::Refused if one.n == 1 => return Err(Reason::ProposalOff),
                Role::Refused => return Err(Reason::ImageFeature),
                Role::Falls => {
                    next.falls = true;
                    true
                }
                Role::ReturnFuel => {
                    settled = Some(settled.unwrap_or(0) + v);
                    true
                }
                Role::Charge => {
                    next.fuel = place.fuel.saturating_sub(v);
                    true
                }
                Role::CallFuel => {
                    // A call costs something, so that calls alone come to an end.
                    next.fuel = 0;
                    v >= place.fuel.max(1)
                }
                Role::Forward | Role::Back => {
                    let branch = self.word(place.at.saturating_add(one.n))?;
                    self.branch(place, place.at + one.n - 1, branch, one.role == Role::Back)?;
                    true
                }
                Role::Cases => {
                    // The index of the last case.
                    for case in 0..=v as u32 {
                        let branch = self.word(place.at.saturating_add(1).saturating_add(case))?;
                        self.branch(place, place.at + case, branch, branch as i32 <= 0)?;
                    }
                    true
                }
                Role::Return => v == self.first as u64 + place.end as u64,
                Role::Callee | Role::Import | Role::Type => {
                    callee = self.callee(one.role, v);
                    callee.is_some()
                }
                _ => self.is_right(one, v, place.at)?,
            };
            if !right {
                return Err(Reason::ImageDamaged);
            }
        }
        let settles = settled.is_none_or(|settled| settled >= place.fuel);
        let fits = match callee {
            Some(ty) => self.fits(&ty, place.at, next.falls)?,
            None => true,
        };
        if settles && fits { Ok(next) } else { Err(Reason::ImageDamaged) }
    }

    /// The type of what a call names: the word of a function of the module's own, an import, or the type itself.
    fn callee(&self, role: Role, v: u64) -> Option<TypeEntry> {
        let module = self.check.module();
        let header = module.header();
        let (funcs, imported) = (module.entries::<FuncEntry>(header.funcs), header.imported_funcs as usize);
        let types = module.entries::<TypeEntry>(header.types);
        let of = |func: &FuncEntry| types.get(func.ty as usize).copied();
        match role {
            Role::Callee => {
                let own = funcs.get(imported..)?;
                of(own.get(own.binary_search_by_key(&v, |f| f.code as u64).ok()?)?)
            }
            Role::Import => of(funcs.get(..imported)?.get(v as usize)?),
            _ => types.get(v as usize).filter(|ty| ty.canon as u64 == v).copied(),
        }
    }

    /// Whether a call of this type leaves the frame's header alone: arguments lie above it, in the frame, and so do the
    /// results, which for a tail call are the caller's.
    fn fits(&self, ty: &TypeEntry, at: u32, returns: bool) -> Result<bool, Reason> {
        let base = self.number(at, At::F1)?;
        let slots = ty.param_slots.max(if returns { ty.result_slots } else { 0 });
        Ok(base > self.header && self.in_frame(base, slots as u64))
    }

    /// A branch: its word says how far it goes from word `from` on, in bytes, and what it charges.
    fn branch(&mut self, place: Place, from: u32, word: u64, back: bool) -> Result<(), Reason> {
        let (distance, cost) = (word as i32, (word >> 32) as i32 as i64);
        let target = from as i64 + (distance >> 3) as i64;
        let charged = place.fuel as i64 - cost;
        let range = if back { 0..=place.start as i64 } else { place.end as i64..=self.words.len() as i64 - 1 };
        if distance & 7 != 0 || !range.contains(&target) {
            return Err(Reason::ImageDamaged);
        }
        let Some(state) = self.states.get_mut(target as usize) else { return Err(Reason::ImageDamaged) };
        if back {
            let begins = *state & BEGINS != 0;
            if begins && (*state & !BEGINS) as i64 > charged { Ok(()) } else { Err(Reason::ImageDamaged) }
        } else {
            let fuel = charged.max(0) as u64;
            if fuel >= MOST_FUEL {
                return Err(Reason::ImageDamaged);
            }
            *state = (*state).max(fuel as u32 + 1);
            Ok(())
        }
    }

    /// Whether `n` slots from `first` on lie in the frame.
    fn in_frame(&self, first: u64, n: u64) -> bool {
        first <= self.frame && n <= self.frame - first
    }

    /// The same where they are written, so that the header is not among them.
    fn may_write(&self, first: u64, n: u64) -> bool {
        self.in_frame(first, n) && !(first..first + n).contains(&self.header)
    }

    /// Whether `v`, which has this role in the operation at `at`, is what it must be.
    fn is_right(&self, one: Use, v: u64, at: u32) -> Result<bool, Reason> {
        let module = self.check.module();
        let header = module.header();
        let n = one.n as u64;
        let field = |which| self.number(at, which);
        Ok(match one.role {
            Role::Read => self.in_frame(v, n),
            Role::Write => self.may_write(v, n),
            Role::Result => n <= self.frame,
            // Where nothing was added, the body adds the width itself.
            Role::AccessEnd => one.at == At::None || v >= n,
            Role::FarEnd => (n..=MOST_END).contains(&v),
            Role::Memory => v < header.memories.len as u64,
            Role::Table => self.is_table(v, ValType::FUNCREF),
            Role::PageLog2 => {
                let memory = module.entries::<MemoryEntry>(header.memories).get(field(At::F3)? as usize);
                memory.is_some_and(|m| m.page_log2 as u64 == v)
            }
            Role::CellRead | Role::CellWrite => {
                let own = module.entries::<GlobalEntry>(header.globals).get(header.imported_globals as usize..);
                let own = own.unwrap_or(&[]);
                let at = own.partition_point(|g| g.cell as u64 <= v).wrapping_sub(1);
                own.get(at).is_some_and(|g| g.cell as u64 == v && is_cell(g, n, one.role == Role::CellWrite))
            }
            Role::ImportedRead | Role::ImportedWrite => {
                let global = module.entries::<GlobalEntry>(header.globals).get(v as usize);
                v < header.imported_globals as u64
                    && global.is_some_and(|g| is_cell(g, n, one.role == Role::ImportedWrite))
            }
            Role::Header => v == self.header,
            // What a callee writes lies above the header; `fits` looks at the rest.
            Role::Base => v > self.header && v <= self.frame,
            Role::Move => {
                let (to, from) = (field(At::F1)?, field(At::F2)?);
                self.may_write(to, v) && self.in_frame(from, v)
            }
            Role::ReturnMove => self.in_frame(0, v) && self.in_frame(field(At::F2)?, v),
            Role::TailMove => self.in_frame(0, v) && self.in_frame(field(At::F1)?, v),
            Role::Slow => self.is_slow(v, at)?,
            Role::Wait => field(At::W1F0)? < header.memories.len as u64 && matches!(field(At::W1F1)?, 4 | 8),
            // Those that `half` knows.
            _ => false,
        })
    }

    fn is_table(&self, index: u64, of: ValType) -> bool {
        let module = self.check.module();
        module.entries::<TableEntry>(module.header().tables).get(index as usize).is_some_and(|t| t.ty == of)
    }

    /// Whether the operator behind the slow door whose operands lie from `base` on has the right indices.
    fn is_slow(&self, base: u64, at: u32) -> Result<bool, Reason> {
        let module = self.check.module();
        let header = module.header();
        let (x, y) = (self.number(at, At::F2)?, self.number(at, At::F3)?);
        let (id, z) = (self.number(at, At::W1Low)?, self.number(at, At::W1High)?);
        let memory = |i: u64| i < header.memories.len as u64;
        let table = |i: u64| module.entries::<TableEntry>(header.tables).get(i as usize).map(|t| t.ty);
        let elem = |i: u64| module.entries::<ElemEntry>(header.elems).get(i as usize).map(|e| e.ty.nullable());
        let data = |i: u64| (i as usize) < module.entries::<DataEntry>(header.datas).len();
        let (slots, right) = match id as u32 {
            slow::MEMORY_GROW => (1, memory(x)),
            slow::MEMORY_FILL => (3, memory(x)),
            slow::MEMORY_COPY => (3, memory(x) && memory(y)),
            slow::MEMORY_INIT => (3, memory(x) && data(z)),
            slow::DATA_DROP => (1, data(z)),
            slow::TABLE_GET | slow::TABLE_SIZE => (1, table(x).is_some()),
            slow::TABLE_COPY => (3, table(x).is_some() && table(x) == table(y)),
            slow::TABLE_INIT => (3, table(x).is_some() && table(x) == elem(z)),
            slow::ELEM_DROP => (1, elem(z).is_some()),
            slow::REF_FUNC => (1, z < header.funcs.len as u64),
            // A number that stands in a slot would become a reference.
            _ => return Err(Reason::ImageFeature),
        };
        Ok(right && self.may_write(base, slots))
    }
}

/// Whether a global has so many cells, and may be written where it is to be.
fn is_cell(global: &GlobalEntry, cells: u64, write: bool) -> bool {
    global.ty.slots() as u64 == cells && (!write || global.mutable != 0)
}

/// A function's side table, read along with its code (`translate/side.rs` describes it).
struct Side<'a> {
    bytes: core::slice::Iter<'a, u8>,
    /// Word and fuel of the entry at hand, not applied yet.
    word: u32,
    fuel: u64,
    waiting: bool,
    text: u32,
}

impl<'a> Side<'a> {
    fn of(check: &Check<'a>, func: &FuncEntry) -> Result<Self, Error> {
        let bytes = check.side_bytes(func).ok_or_else(damaged)?;
        Ok(Side { bytes: bytes.iter(), word: 0, fuel: 0, waiting: false, text: 0 })
    }

    fn leb(&mut self) -> u32 {
        let (mut v, mut shift) = (0u32, 0);
        // As the executor reads it: past the end stand zeros.
        loop {
            let b = self.bytes.next().copied().unwrap_or(0);
            v |= ((b & 0x7f) as u32).wrapping_shl(shift);
            shift += 7;
            if b & 0x80 == 0 || shift > 28 {
                return v;
            }
        }
    }

    /// Reads the next entry. A list of references is none that an image has.
    fn entry(&mut self) -> Result<(), Reason> {
        let Some(&first) = self.bytes.next() else { return Ok(()) };
        let words = match first >> 4 & 7 {
            7 => self.leb(),
            n => n as u32,
        };
        let more = match first & 15 {
            15 => self.leb(),
            n => n as u32,
        };
        let text = self.leb();
        if first == 0 && text == 0 {
            return Err(Reason::ImageFeature);
        }
        let before = if first & 0x80 != 0 { 0 } else { self.fuel };
        // Whoever looks a place up adds these.
        self.word = self.word.checked_add(words).ok_or(Reason::ImageDamaged)?;
        self.text = self.text.checked_add(text).ok_or(Reason::ImageDamaged)?;
        self.fuel = before + more as u64;
        self.waiting = true;
        if self.fuel < MOST_FUEL { Ok(()) } else { Err(Reason::ImageDamaged) }
    }

    /// The most fuel that the entries up to the word `at` tell which were not asked for before.
    fn fuel_at(&mut self, at: u32) -> Result<u64, Reason> {
        let mut most = 0;
        loop {
            if !self.waiting {
                self.entry()?;
            }
            if !self.waiting || self.word > at {
                return Ok(most);
            }
            self.waiting = false;
            most = most.max(self.fuel);
        }
    }

    /// Whether every entry is of a word before `end`; reads those that are left.
    fn is_read(&mut self, end: u32) -> Result<bool, Error> {
        self.fuel_at(end.wrapping_sub(1)).map_err(Error::new)?;
        Ok(!self.waiting)
    }
}
