//! What a supervisor sees of an instance: what stays as it is, where it differs from its twin, and what a call of the
//! host changed.
//!
//! Owns which bytes of an instance and its module are fixed, and the comparison with a twin. A seal keeps the offsets
//! by which it finds everything itself, so that damaged ones are found and not followed. Knows nothing of when that is
//! done, or of what follows from it.

use crate::checksum::Sums;
use crate::module::Module;
use crate::module::layout::{DataEntry, GlobalEntry, MODULE_SHARED_MEMORY, SegmentMode};
use crate::runtime::instance::Instance;
use crate::runtime::layout::{ImportBinding, InstanceHeader, MemInst, TableInst};
use crate::runtime::ops;
use crate::types::ValType;
use core::mem::offset_of;

/// Bytes of a header.
const HEADER: usize = size_of::<InstanceHeader>();
/// Fields of the header that change while the instance is used.
const CHANGING: [(usize, usize); 4] = [
    (offset_of!(InstanceHeader, next_type), 4),
    (offset_of!(InstanceHeader, flags), 4),
    (offset_of!(InstanceHeader, tasks), 8),
    (offset_of!(InstanceHeader, left_over), 4),
];

/// A run of bytes that stay as they are.
#[derive(Clone, Copy, Debug)]
struct Run {
    base: *const u8,
    len: usize,
}

impl Run {
    const EMPTY: Self = Run { base: core::ptr::null(), len: 0 };

    /// Up to `most` of the bytes from `from` on.
    ///
    /// # Safety
    /// The run can be read.
    unsafe fn part<'a>(self, from: usize, most: usize) -> &'a [u8] {
        let len = self.len.saturating_sub(from).min(most);
        if len == 0 {
            return &[];
        }
        // SAFETY: within the run, which can be read.
        unsafe { core::slice::from_raw_parts(self.base.add(from), len) }
    }
}

/// How far the pass over a module has come.
#[derive(Clone, Copy, Debug)]
struct Pass {
    run: usize,
    at: usize,
    sums: Sums,
}

impl Pass {
    const START: Self = Pass { run: 0, at: 0, sums: Sums::START };
}

/// The sums over a module's bytes, and over those that its passive segments borrow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModuleSeal {
    runs: [Run; 2],
    /// Where the code words begin and end.
    code: (usize, usize),
    whole: Sums,
    pass: Pass,
}

impl ModuleSeal {
    fn of(module: Module<'_>) -> Self {
        let header = module.header();
        let mut borrowed = Run::EMPTY;
        if header.borrowed != 0 {
            // One run from the first of them to the end of the last.
            for data in module.entries::<DataEntry>(header.datas) {
                let bytes = module.text(data.bytes);
                if data.mode != SegmentMode::Passive || bytes.is_empty() {
                    continue;
                }
                let (from, to) = (bytes.as_ptr(), bytes.as_ptr().wrapping_add(bytes.len()));
                if borrowed.len == 0 {
                    borrowed = Run { base: from, len: bytes.len() };
                    continue;
                }
                let end = borrowed.base.wrapping_add(borrowed.len).max(to);
                let base = borrowed.base.min(from);
                borrowed = Run { base, len: end.addr() - base.addr() };
            }
        }
        let runs = [Run { base: module.base(), len: header.size as usize }, borrowed];
        let code = (header.code.off as usize, header.code.off as usize + header.code.len as usize * size_of::<u64>());
        let mut seal = ModuleSeal { runs, code, whole: Sums::START, pass: Pass::START };
        while seal.advance(usize::MAX) {}
        seal.whole = seal.pass.sums;
        seal.pass = Pass::START;
        seal
    }

    /// Sums up to `most` bytes (a multiple of eight) more; false at the end.
    fn advance(&mut self, most: usize) -> bool {
        let Some(run) = self.runs.get(self.pass.run) else { return false };
        // SAFETY: the module, and what it borrows, live as long as the seal.
        let bytes = unsafe { run.part(self.pass.at, most) };
        self.pass.sums.bytes(bytes);
        self.pass.at += bytes.len();
        if self.pass.at >= run.len {
            // An empty run behind it is at its end, too.
            let next = self.pass.run + 1;
            let empty = self.runs.get(next).is_some_and(|run| run.len == 0);
            (self.pass.run, self.pass.at) = (next + empty as usize, 0);
        }
        true
    }

    /// Looks at up to `most` bytes more of the pass; begins anew behind its end. Returns how many, and whether the
    /// pass, where it ended, found what was sealed.
    pub(crate) fn step(&mut self, most: usize) -> (u64, bool) {
        let before = self.pass;
        self.advance(most.max(8) & !7);
        let run = self.runs.get(before.run).map_or(0, |run| run.len);
        let seen = if self.pass.run == before.run { self.pass.at - before.at } else { run - before.at };
        if self.pass.run < self.runs.len() {
            return (seen as u64, true);
        }
        let holds = self.pass.sums == self.whole;
        self.pass = Pass::START;
        (seen as u64, holds)
    }

    /// Looks at everything at once; returns how many bytes, and whether they are those that were sealed.
    pub(crate) fn whole(&self) -> (u64, bool) {
        let mut pass = ModuleSeal { pass: Pass::START, ..*self };
        while pass.advance(usize::MAX) {}
        (self.bytes(), pass.pass.sums == self.whole)
    }

    /// Bytes that are sealed.
    pub(crate) fn bytes(&self) -> u64 {
        self.runs.iter().map(|run| run.len as u64).sum()
    }

    /// Byte of the module where it differs from its twin's, code words apart; and how many bytes were compared.
    pub(crate) fn tables_differ(&self, other: &ModuleSeal) -> (u64, Option<u64>) {
        let (Some(a), Some(b)) = (self.runs.first(), other.runs.first()) else { return (0, None) };
        let (from, to) = self.code;
        let mut seen = 0;
        // Behind the address of borrowed bytes, which is each one's own.
        for (from, to) in [(8, from), (to, a.len.min(b.len))] {
            let len = to.saturating_sub(from);
            // SAFETY: both modules live as long as the seals.
            let (a, b) = unsafe { (a.part(from, len), b.part(from, len)) };
            seen += a.len() as u64;
            if a != b {
                let at = a.iter().zip(b).position(|(x, y)| x != y).unwrap_or(0);
                return (seen, Some((from + at) as u64));
            }
        }
        (seen, None)
    }

    /// Byte of the module where it differs from its twin's, where it does. The address of borrowed bytes is its own.
    pub(crate) fn differs(&self, other: &ModuleSeal) -> Option<u64> {
        let (Some(a), Some(b)) = (self.runs.first(), other.runs.first()) else { return None };
        if a.len != b.len {
            return Some(0);
        }
        // SAFETY: both modules live as long as the seals.
        let (a, b) = unsafe { (a.part(8, a.len), b.part(8, b.len)) };
        if a == b { None } else { a.iter().zip(b).position(|(x, y)| x != y).map(|at| at as u64 + 8) }
    }
}

/// What of an instance stays as it is, and what is needed to find the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seal {
    inst: *mut InstanceHeader,
    header: InstanceHeader,
    fields: [u8; HEADER],
    globals: Run,
    imported_globals: usize,
    tables: usize,
    memories: usize,
    size: usize,
    /// Nothing writes the tables.
    fixed_tables: bool,
    sums: Sums,
    pub(crate) module: ModuleSeal,
}

/// Where two instances differ: the byte of the instance, or a byte of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Differs {
    /// Flags, globals, lengths and elements of tables, lengths of memories.
    State(u64),
    /// The number of the memory among those that the instance defines, and the address.
    Memory(u32, u64),
}

/// The header's bytes without what changes.
///
/// # Safety
/// A header can be read.
unsafe fn fields(inst: *const InstanceHeader) -> [u8; HEADER] {
    // SAFETY: as the caller vouches; a header is integers without padding.
    let mut bytes: [u8; HEADER] = unsafe { inst.cast::<[u8; HEADER]>().read() };
    for (at, len) in CHANGING {
        if let Some(field) = bytes.get_mut(at..at + len) {
            field.fill(0);
        }
    }
    bytes
}

impl Seal {
    /// The seal of an instance as it is. `fixed_tables` says that nothing writes its tables' elements from now on.
    /// `None` where it shares memory with other threads, or a memory of somebody outside of the group.
    pub(crate) fn of(instance: Instance<'_>, fixed_tables: bool) -> Option<Seal> {
        let module = instance.module();
        let header = module.header();
        if header.flags & MODULE_SHARED_MEMORY != 0 {
            return None;
        }
        let inst = instance.header;
        let globals = module.entries::<GlobalEntry>(header.globals);
        // SAFETY: the instance lives; its header's offsets are those of its layout.
        unsafe {
            for k in 0..header.imported_memories {
                let mem = ops::memory(inst, k)?;
                if (*mem).shared != 0 || (*mem).owner == 0 {
                    return None;
                }
            }
            let mut seal = Seal {
                inst,
                header: inst.read(),
                fields: fields(inst),
                globals: Run { base: globals.as_ptr().cast(), len: globals.len() },
                imported_globals: header.imported_globals as usize,
                tables: header.tables.len.saturating_sub(header.imported_tables) as usize,
                memories: header.memories.len.saturating_sub(header.imported_memories) as usize,
                size: (*inst).size as usize,
                fixed_tables,
                sums: Sums::START,
                module: ModuleSeal::of(module),
            };
            seal.sums = seal.sum();
            Some(seal)
        }
    }

    /// The bytes of the instance from offset `from` to `to`.
    unsafe fn bytes<'a>(&self, from: u32, to: u32) -> &'a [u8] {
        let from = (from as usize).min(self.size);
        let len = (to as usize).min(self.size).saturating_sub(from);
        // SAFETY: within the instance, which lives; nobody writes it while the slice is looked at.
        unsafe { core::slice::from_raw_parts(self.inst.cast::<u8>().add(from), len) }
    }

    fn table(&self, k: usize) -> *mut TableInst {
        self.inst.cast::<u8>().wrapping_add(self.header.tables as usize).cast::<TableInst>().wrapping_add(k)
    }
    fn memory(&self, k: usize) -> *mut MemInst {
        self.inst.cast::<u8>().wrapping_add(self.header.memories as usize).cast::<MemInst>().wrapping_add(k)
    }
    /// Offsets behind the tables' headers, and behind the memories'.
    fn ends(&self) -> (u32, u32) {
        let tables = self.header.tables + (self.tables * size_of::<TableInst>()) as u32;
        (tables, self.header.memories + (self.memories * size_of::<MemInst>()) as u32)
    }

    /// The sums over what stays as it is, the header apart.
    unsafe fn sum(&self) -> Sums {
        let mut sums = Sums::START;
        let (tables, memories) = self.ends();
        // SAFETY: the instance lives, and the seal's offsets are those of its layout.
        unsafe {
            for k in 0..self.tables {
                let t = TableInst { len: 0, ..self.table(k).read() };
                sums.word(t.elements as u64 | (t.ty as u64) << 32);
                sums.word(t.max);
                sums.word(t.ceiling);
                sums.word(t.is64 as u64 | (t.reserved as u64) << 32);
                if self.fixed_tables {
                    sums.word(self.table(k).read().len);
                }
            }
            if self.fixed_tables {
                sums.bytes(self.bytes(tables, self.header.memories));
            }
            for k in 0..self.memories {
                let m = self.memory(k).read();
                for word in [m.base, m.ceiling, m.max, m.owner, m.is64 as u64] {
                    sums.word(word);
                }
                sums.word(u64::from_le_bytes([m.zeroed, m.shared, m.page_log2, m.reserved, 0, 0, 0, 0]));
            }
            sums.bytes(self.bytes(memories, self.header.elems_dropped));
            sums.bytes(self.bytes(self.header.types, self.size as u32));
            let cells = self.bytes(self.header.globals, self.header.tables).as_chunks::<8>().0;
            let entries: &[GlobalEntry] = if self.globals.len == 0 {
                &[]
            } else {
                core::slice::from_raw_parts(self.globals.base.cast(), self.globals.len)
            };
            for entry in entries.iter().skip(self.imported_globals).filter(|entry| entry.mutable == 0) {
                for cell in cells.iter().skip(entry.cell as usize).take(if entry.ty == ValType::V128 { 2 } else { 1 }) {
                    sums.word(u64::from_le_bytes(*cell));
                }
            }
        }
        sums
    }

    /// Whether what stays as it is does, the module apart; the byte of the header where it does not, or the size of the
    /// header for what lies behind. And how many bytes were looked at.
    pub(crate) fn holds(&self) -> (u64, Result<(), u64>) {
        // SAFETY: the instance lives.
        unsafe {
            let now = fields(self.inst);
            if now != self.fields {
                let at = now.iter().zip(&self.fields).position(|(x, y)| x != y).unwrap_or(0);
                return (HEADER as u64, Err(at as u64));
            }
            let end = if self.sum() == self.sums { Ok(()) } else { Err(HEADER as u64) };
            (self.fixed_bytes(), end)
        }
    }

    /// Bytes that stay as they are.
    fn fixed_bytes(&self) -> u64 {
        let (tables, _) = self.ends();
        let elements = if self.fixed_tables { 0 } else { self.header.memories.saturating_sub(tables) };
        (self.size as u64).saturating_sub(elements as u64)
    }

    /// Where what changes in the instance differs from its twin, memories apart.
    pub(crate) fn differs(&self, other: &Seal) -> Option<Differs> {
        // SAFETY: both instances live, and have the same layout, which their seals hold.
        unsafe {
            for (at, len) in CHANGING {
                let (a, b) = (self.bytes(at as u32, (at + len) as u32), other.bytes(at as u32, (at + len) as u32));
                // Its address is each one's own.
                if a != b && at != offset_of!(InstanceHeader, tasks) {
                    return Some(Differs::State(at as u64));
                }
            }
            let h = &self.header;
            let (tables, _) = self.ends();
            for (from, to) in [(h.globals, tables), (tables, h.memories), (h.elems_dropped, h.types)] {
                let (a, b) = (self.bytes(from, to), other.bytes(from, to));
                if a != b {
                    let at = a.iter().zip(b).position(|(x, y)| x != y).unwrap_or(0);
                    return Some(Differs::State(from as u64 + at as u64));
                }
            }
            for k in 0..self.memories {
                if self.memory(k).read().len != other.memory(k).read().len {
                    let at = self.header.memories as usize + k * size_of::<MemInst>() + offset_of!(MemInst, len);
                    return Some(Differs::State(at as u64));
                }
            }
        }
        None
    }

    /// Whether both are instances of the same layout, under the same number, with memories of the same sizes elsewhere.
    pub(crate) fn same_layout(&self, other: &Seal) -> bool {
        let same = InstanceHeader {
            module: self.header.module,
            next: self.header.next,
            root: self.header.root,
            heap: self.header.heap,
            ..other.header
        };
        // SAFETY: both headers are copies; they are integers without padding.
        let equal = unsafe { fields(&raw const same) == self.fields };
        let memory = |seal: &Seal, k: usize| {
            // SAFETY: the instance lives, and defines so many memories.
            unsafe { seal.memory(k).read() }
        };
        equal
            && self.inst != other.inst
            && (0..self.memories).all(|k| {
                let (a, b) = (memory(self, k), memory(other, k));
                a.ceiling == b.ceiling && a.max == b.max && a.base != b.base
            })
    }

    /// Bytes of the memories that the instance defines.
    pub(crate) fn memory_bytes(&self) -> u64 {
        // SAFETY: the instance lives, and defines so many memories.
        (0..self.memories).map(|k| unsafe { self.memory(k).read().len }).fold(0, u64::saturating_add)
    }

    /// Bytes of the instance that may change.
    pub(crate) fn changing_bytes(&self) -> u64 {
        self.header.memories.saturating_sub(self.header.globals) as u64
    }

    /// Bytes of a memory that the instance defines, as far as it reaches; `None` behind the last memory. Its base and
    /// ceiling are those that the seal holds, if it does.
    unsafe fn contents<'a>(&self, k: usize) -> Option<&'a mut [u8]> {
        if k >= self.memories {
            return None;
        }
        // SAFETY: the region lives as long as the instance; nobody else uses it meanwhile.
        unsafe {
            let m = self.memory(k).read();
            let len = m.len.min(m.ceiling) as usize;
            if len == 0 {
                return Some(&mut []);
            }
            Some(core::slice::from_raw_parts_mut(ops::memory_base(self.memory(k)), len))
        }
    }

    /// Compares up to `most` bytes of the instance's memories with the twin's, from byte `from` of all of them on.
    /// Returns how many there were, and where they differ.
    pub(crate) fn memory_differs(&self, other: &Seal, from: u64, most: u64) -> (u64, Option<Differs>) {
        let (mut skip, mut left) = (from, most);
        let mut seen = 0;
        for k in 0..self.memories {
            // SAFETY: both instances live; their memories are regions of their own, of the same length by `differs`.
            let (Some(a), Some(b)) = (unsafe { self.contents(k) }, unsafe { other.contents(k) }) else { break };
            let len = a.len().min(b.len()) as u64;
            let at = skip.min(len);
            skip -= at;
            let n = (len - at).min(left);
            left -= n;
            let range = at as usize..(at + n) as usize;
            let (a, b) = (a.get(range.clone()).unwrap_or(&[]), b.get(range).unwrap_or(&[]));
            seen += n;
            if a != b {
                let place = a.iter().zip(b).position(|(x, y)| x != y).unwrap_or(0) as u64;
                return (seen, Some(Differs::Memory(k as u32, at + place)));
            }
        }
        (seen, None)
    }

    /// Gives the twin what a function of the host may have changed: globals, tables, memories and their lengths.
    pub(crate) fn copy_to(&self, other: &Seal) {
        // SAFETY: both instances live, have the same layout, and lie in regions of their own.
        unsafe {
            let h = &self.header;
            let (from, to) = (self.inst.cast::<u8>(), other.inst.cast::<u8>());
            let len = h.memories.saturating_sub(h.globals) as usize;
            to.add(h.globals as usize).copy_from_nonoverlapping(from.add(h.globals as usize), len);
            for k in 0..self.memories {
                let len = self.memory(k).read().len.min((*other.memory(k)).ceiling);
                (*other.memory(k)).len = len;
                if let (Some(a), Some(b)) = (self.contents(k), other.contents(k))
                    && a != b
                {
                    for (to, from) in b.iter_mut().zip(a) {
                        *to = *from;
                    }
                }
            }
        }
    }

    /// Whether an import of both is bound to the same function of the host with the same user data.
    pub(crate) fn same_host(&self, other: &Seal, import: u32) -> bool {
        let at = self.header.import_funcs as usize + import as usize * size_of::<ImportBinding>();
        let end = at + size_of::<ImportBinding>();
        if end > self.size || end > other.size {
            return false;
        }
        // SAFETY: within both instances, which live.
        unsafe {
            let a = self.inst.cast::<u8>().add(at).cast::<ImportBinding>().read();
            let b = other.inst.cast::<u8>().add(at).cast::<ImportBinding>().read();
            a.call == b.call && (a.call == 0 || a.user == b.user) && a.func == b.func && a.direct == b.direct
        }
    }

    /// The instance.
    pub(crate) fn header(&self) -> *mut InstanceHeader {
        self.inst
    }

    /// Where the parts lie that faults are injected into: code words, the module's tables, header, globals, tables with
    /// their elements, everything that binds, linear memory.
    pub(crate) fn spans(&self) -> [(*mut u8, usize); 8] {
        // SAFETY: the instance lives, and its module.
        unsafe {
            let module = crate::runtime::ops::module_of(self.inst);
            let base = module.base().cast_mut();
            let code = module.header().code;
            let (from, words) = (code.off as usize, code.len as usize * 8);
            let h = &self.header;
            let own = self.inst.cast::<u8>();
            let part = |from: u32, to: u32| (own.add(from as usize), to.saturating_sub(from) as usize);
            let memory = self.contents(0).map_or((core::ptr::null_mut(), 0), |m| (m.as_mut_ptr(), m.len()));
            [
                (base.add(from), words),
                (base, from),
                (base.add(from + words), (module.size() as usize).saturating_sub(from + words)),
                (own, HEADER),
                part(h.globals, h.tables),
                part(h.tables, h.memories),
                part(h.memories, self.size as u32),
                memory,
            ]
        }
    }
}
