//! A module under construction: where its bytes go, what it has taken, what it would take.
//!
//! Owns the lent region during a load. The module grows from the front, the scratch of the
//! function at hand from the tail; `peak` is the least region for which the two never met. In
//! *counting* mode code and everything behind it is counted but not stored: so plans are made, and
//! so a load whose region turned out too small finds out what would have sufficed. Knows the
//! layout of tables, but nothing of sections or operators.

use crate::arena::{round_up, set};
use crate::binary::Stop;
use crate::budget::{LoadBudget, Proposals};
use crate::error::Reason;
use crate::module::layout::{
    FUNC_DECLARED, FieldEntry, FuncEntry, GlobalEntry, MemoryEntry, ModuleHeader, Span, TableEntry, TagEntry, TypeEntry,
};
use crate::module::object::{self, Traced};
use crate::subtype::{self, TypeKind, TypeSpace};
use crate::types::ValType;

/// One call from a function to another, recorded for the stack bound of a plan.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct CallEdge {
    pub(crate) caller: u32,
    /// Function index, or [`EDGE_INDIRECT`] plus a canonical type index.
    pub(crate) callee: u32,
    /// Slots between the caller's frame and the callee's.
    pub(crate) base: u32,
}

/// Value of [`CallEdge::callee`]: not a call; `base` is the size of the caller's frame in slots.
pub(crate) const EDGE_FRAME: u32 = u32::MAX;

/// Bit of [`CallEdge::callee`]: any function of that type that a table may hold.
pub(crate) const EDGE_INDIRECT: u32 = 1 << 31;

/// Most bytes of a module, and of a region that is made use of.
const MOST: u32 = !15;

/// A module under construction.
pub(crate) struct Build {
    base: *mut u8,
    /// Bytes at hand, a multiple of 16, at most 4 GiB - 16.
    size: u32,
    /// Bytes of the module so far, stored or counted: at most [`MOST`].
    end: u32,
    /// Bytes at the front that hold something.
    stored: u32,
    /// Bytes at the tail that the function at hand uses.
    scratch: u32,
    /// Greatest `end + scratch` before the last change of the scratch; see [`Build::peak`].
    peak: u64,
    /// Where code starts: what lies before is needed to the end of the load.
    code_start: u32,
    /// Greatest `end` that a word may be appended up to without a further look: the room in front of the scratch, 0
    /// where code is counted.
    word_room: u32,
    /// Code and what follows is counted only.
    counting: bool,
    /// A plan is being made: calls are recorded, `peak` speaks of a later load.
    planning: bool,
    /// While the type section is read: bytes of hash buckets at the region's end, and the entries
    /// that lie below them. Their number is known only at the section's end.
    typing: Option<(u32, u32)>,
    /// One past the last type of the recursion group at hand.
    pub(crate) typing_end: u32,
    /// Calls recorded behind `stored` (plans only).
    edges: u32,
    /// The header to be written at the end.
    pub(crate) header: ModuleHeader,
    /// What the module may ask for.
    pub(crate) budget: LoadBudget,
    /// What would have sufficed, set before a [`Reason`] of a limit is returned.
    pub(crate) need: u64,
    /// `Error::detail`, set before a reason that explains itself by it is returned.
    pub(crate) detail: u64,
    /// The data count section's value, if there was one.
    pub(crate) data_count: Option<u32>,
}

impl Build {
    /// Starts a module at the front of `base..base + size` (16-aligned).
    ///
    /// # Safety
    /// The region is valid for reads and writes and nobody else's while `Build` is used.
    pub(crate) unsafe fn new(base: *mut u8, size: usize, budget: &LoadBudget, planning: bool) -> Self {
        let size = size.min(MOST as usize) as u32 & !15;
        Build {
            base,
            size,
            end: 0,
            stored: 0,
            scratch: 0,
            peak: 0,
            code_start: 0,
            word_room: size,
            counting: false,
            planning,
            typing: None,
            typing_end: 0,
            edges: 0,
            header: ModuleHeader::EMPTY,
            budget: LoadBudget { proposals: budget.proposals.and(Proposals::BUILT), ..*budget },
            need: 0,
            detail: 0,
            data_count: None,
        }
    }

    /// Whether code is counted rather than stored.
    #[inline]
    pub(crate) fn counting(&self) -> bool {
        self.counting
    }
    /// Whether this is a plan.
    pub(crate) fn planning(&self) -> bool {
        self.planning
    }
    /// Least size in bytes of a region in which the load so far succeeds.
    pub(crate) fn peak(&self) -> u64 {
        self.peak.max(self.peak_with(self.scratch as u64))
    }
    /// Bytes of a region in which the module so far and a scratch of this size just fit.
    fn peak_with(&self, scratch: u64) -> u64 {
        // The end is at most `MOST`.
        ((self.end + 15) & !15) as u64 + scratch
    }
    /// Bytes of the module so far.
    pub(crate) fn end(&self) -> u32 {
        self.end
    }

    /// Notes that the code section begins; in a plan nothing is stored from here on.
    pub(crate) fn begin_code(&mut self) {
        self.code_start = self.stored;
        self.counting |= self.planning;
        self.set_word_room();
    }

    /// Takes `bytes` at the end of the module, aligned to `align` (a power of two up to 16), zeroed
    /// where stored. Returns the byte offset from the module's base.
    pub(crate) fn alloc(&mut self, bytes: u64, align: u32) -> Result<u32, Stop> {
        let start = (self.end + align - 1) & !(align - 1);
        let end = bytes.saturating_add(start as u64);
        if end > MOST as u64 {
            return Err(Stop::bad(Reason::LimitModuleBytes));
        }
        self.end = end as u32;
        self.peak = self.peak();
        if !self.counting && self.peak_with(self.scratch as u64) > self.size as u64 {
            // Before the code nothing can be left out: what follows depends on it.
            if self.code_start == 0 {
                self.need = self.peak;
                return Err(Stop::bad(Reason::ArenaTooSmall));
            }
            self.start_counting();
        }
        if !self.counting {
            // SAFETY: `start..end` lies within the region (checked above) and in front of the scratch.
            unsafe { self.base.add(self.stored as usize).write_bytes(0, (self.end - self.stored) as usize) };
            self.stored = self.end;
        }
        Ok(start)
    }

    /// Gives the code's room up: from here on the load only finds out what it would have needed.
    #[cold]
    fn start_counting(&mut self) {
        self.counting = true;
        self.stored = self.code_start;
        self.set_word_room();
    }

    fn set_word_room(&mut self) {
        self.word_room = if self.counting { 0 } else { self.size.saturating_sub(self.scratch) };
    }

    /// Whether a load that was counted to its end failed for want of room.
    pub(crate) fn too_small(&self) -> bool {
        self.counting && !self.planning
    }

    /// Makes the scratch `bytes` large (rounded up to 16) and returns its lowest address. Its end
    /// is the region's end; contents stay where they are, seen from the end.
    pub(crate) fn set_scratch(&mut self, bytes: u64) -> Result<*mut u8, Stop> {
        let scratch = round_up(bytes);
        self.peak = self.peak().max(self.peak_with(scratch));
        if self.held() + scratch > self.size as u64 {
            if !self.counting && self.code_start != 0 {
                self.start_counting();
            }
            let least = self.held() + scratch;
            if least > self.size as u64 {
                self.need = if self.planning { least } else { self.peak };
                return Err(Stop::bad(Reason::ArenaTooSmall));
            }
        }
        self.scratch = scratch as u32;
        self.set_word_room();
        Ok(self.base.wrapping_add((self.size - self.scratch) as usize))
    }

    /// The same, filled with zeros.
    pub(crate) fn set_scratch_zeroed(&mut self, bytes: u64) -> Result<(), Stop> {
        let low = self.set_scratch(bytes)?;
        // SAFETY: the scratch lies within the region, behind what is stored (`set_scratch` checked).
        unsafe { low.write_bytes(0, self.scratch as usize) };
        Ok(())
    }

    /// The scratch as entries, from its lowest address on; it was zeroed or written as such.
    pub(crate) fn scratch_entries<T: Copy>(&mut self) -> &mut [T] {
        let count = self.scratch as usize / size_of::<T>().max(1);
        if count == 0 {
            return &mut [];
        }
        let low = self.base.wrapping_add((self.size - self.scratch) as usize);
        // SAFETY: the scratch lies within the region, 16-aligned as the region's size is; entry types
        // are valid as zeros; `&mut self` makes the borrow exclusive.
        unsafe { core::slice::from_raw_parts_mut(low.cast(), count) }
    }

    /// Where the calls begin that are recorded.
    fn edges_at(&self) -> u32 {
        (self.stored + 7) & !7
    }
    /// Bytes that so many recorded calls take behind what is stored, and what is stored.
    fn with_edges(&self, edges: u32) -> u64 {
        self.edges_at() as u64 + edges as u64 * size_of::<CallEdge>() as u64
    }
    /// Bytes at the front that must stay as they are.
    fn held(&self) -> u64 {
        round_up(self.with_edges(self.edges))
    }

    /// Records a call for the plan's stack bound; does nothing in a load.
    pub(crate) fn edge(&mut self, edge: CallEdge) -> Result<(), Stop> {
        if !self.planning {
            return Ok(());
        }
        let at = self.edges_at();
        let least = round_up(self.with_edges(self.edges + 1)) + self.scratch as u64;
        if least > self.size as u64 {
            self.need = least;
            return Err(Stop::bad(Reason::ArenaTooSmall));
        }
        // SAFETY: the place lies behind what is stored and in front of the scratch (checked above).
        unsafe { self.base.add(at as usize).cast::<CallEdge>().add(self.edges as usize).write(edge) };
        self.edges += 1;
        Ok(())
    }

    /// The calls recorded so far.
    pub(crate) fn edges(&self) -> &[CallEdge] {
        if self.edges == 0 {
            return &[];
        }
        let at = self.edges_at();
        // SAFETY: `edge` wrote that many entries there, and nothing is stored behind `stored` since.
        unsafe { core::slice::from_raw_parts(self.base.add(at as usize).cast(), self.edges as usize) }
    }

    // ---- entries ----

    /// Whether the entries of a table were stored rather than counted. Of a table that `alloc` gave, neither size nor
    /// end exceeds 32 bits.
    #[inline]
    fn is_stored(&self, span: Span, size: usize) -> bool {
        match span.len.checked_mul(size as u32).and_then(|bytes| bytes.checked_add(span.off)) {
            Some(end) => end <= self.stored,
            None => false,
        }
    }

    /// The entries of a table, `T` being its entry type.
    #[inline]
    pub(crate) fn entries<T: Copy>(&self, span: Span) -> &[T] {
        if span.len == 0 || !self.is_stored(span, size_of::<T>()) {
            return &[];
        }
        // SAFETY: the run lies within what is stored; spans are made by `alloc` for their entry type,
        // zeroed there, and every entry type is valid as zeros.
        unsafe { core::slice::from_raw_parts(self.base.add(span.off as usize).cast(), span.len as usize) }
    }

    /// The same, to be written. Empty where the table was only counted.
    #[inline]
    pub(crate) fn entries_mut<T: Copy>(&mut self, span: Span) -> &mut [T] {
        if span.len == 0 || !self.is_stored(span, size_of::<T>()) {
            return &mut [];
        }
        // SAFETY: as for `entries`; `&mut self` makes the borrow exclusive.
        unsafe { core::slice::from_raw_parts_mut(self.base.add(span.off as usize).cast(), span.len as usize) }
    }

    /// Takes a table of `count` entries, zeroed.
    pub(crate) fn alloc_table<T: Copy>(&mut self, count: u32) -> Result<Span, Stop> {
        let off = self.alloc(count as u64 * size_of::<T>() as u64, align_of::<T>() as u32)?;
        Ok(Span { off, len: count })
    }

    /// Copies bytes to the place that [`Build::alloc`] gave; nothing where it was only counted.
    pub(crate) fn write_bytes(&mut self, off: u32, bytes: &[u8]) {
        if off as u64 + bytes.len() as u64 > self.stored as u64 {
            return;
        }
        // SAFETY: the place lies within what is stored; `bytes` cannot overlap the lent region.
        unsafe {
            self.base.add(off as usize).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
    }

    /// Bytes at an offset; empty where they were only counted.
    pub(crate) fn bytes(&self, span: Span) -> &[u8] {
        self.entries::<u8>(span)
    }

    /// Counts bytes that an instance takes of its group's heap.
    pub(crate) fn add_heap(&mut self, bytes: u64) {
        let sum = self.header.heap_min as u64 + bytes;
        self.header.heap_min = sum.min(u32::MAX as u64) as u32;
    }

    /// Writes the finished header to the module's front.
    pub(crate) fn write_header(&mut self) {
        let header = self.header;
        set(self.entries_mut::<ModuleHeader>(Span { off: 0, len: 1 }), 0, header);
    }

    // ---- index spaces, as the validator asks for them ----

    /// The entry of a type: of the first equal one, whose indices are canonical.
    #[inline]
    pub(crate) fn type_entry(&self, index: u32) -> Result<TypeEntry, Stop> {
        let entry = self.raw_type(index)?;
        if entry.canon == index { Ok(entry) } else { self.raw_type(entry.canon) }
    }
    /// The entry of a function type.
    #[inline]
    pub(crate) fn func_type(&self, index: u32) -> Result<TypeEntry, Stop> {
        self.type_entry_of(index, TypeKind::Func)
    }
    /// The entry of a type of this kind.
    pub(crate) fn type_entry_of(&self, index: u32, kind: TypeKind) -> Result<TypeEntry, Stop> {
        let entry = self.type_entry(index)?;
        if entry.kind == kind { Ok(entry) } else { Err(Stop::bad(Reason::TypeKind)) }
    }
    /// The canonical index of a type.
    #[inline]
    pub(crate) fn resolve_type(&self, index: u32) -> Result<u32, Stop> {
        match self.typing {
            // Of the recursion group at hand, which may refer to what follows in it.
            Some((_, count)) if (count..self.typing_end).contains(&index) => Ok(index),
            _ => Ok(self.raw_type(index)?.canon),
        }
    }
    /// The entry at this index itself.
    #[inline]
    pub(crate) fn raw_type(&self, index: u32) -> Result<TypeEntry, Stop> {
        let entry = match self.typing {
            None => self.entries::<TypeEntry>(self.header.types).get(index as usize).copied(),
            Some((buckets, count)) if index < count => {
                // SAFETY: `push_type` wrote that many entries below the buckets.
                Some(unsafe { self.typing_at(buckets, index).read() })
            }
            Some(_) => None,
        };
        entry.ok_or(Stop::bad(Reason::UnknownType))
    }
    fn typing_at(&self, buckets: u32, index: u32) -> *mut TypeEntry {
        let above = buckets + (index + 1) * size_of::<TypeEntry>() as u32;
        self.base.wrapping_add((self.size - above) as usize).cast()
    }
    /// Begins the type section: entries are kept in scratch below so many hash buckets.
    pub(crate) fn begin_types(&mut self, buckets: u32) -> Result<(), Stop> {
        let bytes = round_up(buckets as u64 * size_of::<u32>() as u64);
        self.set_scratch_zeroed(bytes)?;
        self.typing = Some((bytes as u32, 0));
        Ok(())
    }
    /// Adds the entry of the next type; returns its index.
    pub(crate) fn push_type(&mut self, entry: TypeEntry) -> Result<u32, Stop> {
        let (buckets, count) = self.typing.ok_or(Stop::bad(Reason::Internal))?;
        self.set_scratch(buckets as u64 + (count as u64 + 1) * size_of::<TypeEntry>() as u64)?;
        // SAFETY: the scratch has room for one entry more (above), which is aligned to 4 as its size
        // and that of the buckets are.
        unsafe { self.typing_at(buckets, count).write(entry) };
        self.typing = Some((buckets, count + 1));
        Ok(count)
    }
    /// Replaces the entry of a type while the section is read.
    pub(crate) fn set_type(&mut self, index: u32, entry: TypeEntry) {
        if let Some((buckets, count)) = self.typing
            && index < count
        {
            // SAFETY: the index is below the number of entries; `&mut self` makes the access exclusive.
            unsafe { self.typing_at(buckets, index).write(entry) }
        }
    }
    /// How many types there are so far.
    pub(crate) fn type_count(&self) -> u32 {
        self.typing.map_or(self.header.types.len, |(_, count)| count)
    }
    /// The hash buckets of the type section.
    pub(crate) fn type_buckets(&mut self) -> &mut [u32] {
        let Some((bytes, _)) = self.typing else { return &mut [] };
        let low = self.base.wrapping_add((self.size - bytes) as usize);
        // SAFETY: the buckets were zeroed at the region's end; `&mut self` makes the borrow exclusive.
        unsafe { core::slice::from_raw_parts_mut(low.cast(), bytes as usize / size_of::<u32>()) }
    }
    /// Ends the type section: gives entries and buckets their place in the module.
    pub(crate) fn end_types(&mut self) -> Result<(), Stop> {
        let (bytes, count) = self.typing.ok_or(Stop::bad(Reason::Internal))?;
        let types = self.alloc_table::<TypeEntry>(count)?;
        for index in 0..count {
            let entry = self.raw_type(index).unwrap_or_default();
            set(self.entries_mut::<TypeEntry>(types), index as usize, entry);
        }
        let buckets = self.alloc_table::<u32>(bytes / size_of::<u32>() as u32)?;
        for i in 0..buckets.len as usize {
            let head = self.type_buckets().get(i).copied().unwrap_or(0);
            set(self.entries_mut::<u32>(buckets), i, head);
        }
        self.typing = None;
        self.header.types = types;
        self.header.type_buckets = buckets;
        self.set_scratch(0)?;
        Ok(())
    }
    /// Parameter and result types of a type entry.
    #[inline]
    pub(crate) fn signature(&self, ty: &TypeEntry) -> (&[ValType], &[ValType]) {
        let all = self.entries::<ValType>(Span { off: ty.vals, len: ty.params as u32 + ty.results as u32 });
        all.split_at_checked(ty.params as usize).unwrap_or((&[], &[]))
    }
    /// The fields of a structure, or the one of an array.
    #[inline]
    pub(crate) fn fields(&self, ty: &TypeEntry) -> &[FieldEntry] {
        let len = match ty.kind {
            TypeKind::Func => 0,
            TypeKind::Struct => ty.params as u32,
            TypeKind::Array => 1,
        };
        self.entries::<FieldEntry>(Span { off: ty.vals, len })
    }
    /// Whether a value of type `a` may stand where one of type `b` is expected.
    #[inline]
    pub(crate) fn matches(&self, a: ValType, b: ValType) -> bool {
        a == b || subtype::matches(self, a, b)
    }
    /// How values of a type are traced by the collector, if they are.
    #[inline]
    pub(crate) fn traced(&self, ty: ValType) -> Option<Traced> {
        // Most types are numbers, and that takes one comparison.
        if !ty.is_num() && ty.is_ref() { object::traced(self, ty) } else { None }
    }
    #[inline]
    pub(crate) fn func(&self, index: u32) -> Result<FuncEntry, Stop> {
        self.entries::<FuncEntry>(self.header.funcs)
            .get(index as usize)
            .copied()
            .ok_or(Stop::bad(Reason::UnknownFunction))
    }
    /// Replaces a function's entry.
    pub(crate) fn set_func(&mut self, index: u32, entry: FuncEntry) {
        let span = self.header.funcs;
        set(self.entries_mut::<FuncEntry>(span), index as usize, entry);
    }
    /// Sets flag bits of a function; unknown functions are refused.
    pub(crate) fn flag_func(&mut self, index: u32, flags: u32) -> Result<(), Stop> {
        let span = self.header.funcs;
        match self.entries_mut::<FuncEntry>(span).get_mut(index as usize) {
            Some(e) => {
                e.flags |= flags;
                Ok(())
            }
            None => Err(Stop::bad(Reason::UnknownFunction)),
        }
    }
    /// Whether code may name the function in `ref.func`.
    pub(crate) fn is_declared(&self, index: u32) -> Result<bool, Stop> {
        Ok(self.func(index)?.flags & FUNC_DECLARED != 0)
    }
    #[inline]
    pub(crate) fn table(&self, index: u32) -> Result<&TableEntry, Stop> {
        self.entries::<TableEntry>(self.header.tables).get(index as usize).ok_or(Stop::bad(Reason::UnknownTable))
    }
    #[inline]
    pub(crate) fn memory(&self, index: u32) -> Result<&MemoryEntry, Stop> {
        self.entries::<MemoryEntry>(self.header.memories).get(index as usize).ok_or(Stop::bad(Reason::UnknownMemory))
    }
    #[inline]
    pub(crate) fn global(&self, index: u32) -> Result<&GlobalEntry, Stop> {
        self.entries::<GlobalEntry>(self.header.globals).get(index as usize).ok_or(Stop::bad(Reason::UnknownGlobal))
    }
    /// The type of a tag.
    pub(crate) fn tag_type(&self, index: u32) -> Result<TypeEntry, Stop> {
        let tag =
            self.entries::<TagEntry>(self.header.tags).get(index as usize).ok_or(Stop::bad(Reason::UnknownTag))?;
        self.type_entry(tag.ty)
    }
    #[inline]
    pub(crate) fn elem_type(&self, index: u32) -> Result<ValType, Stop> {
        self.entries::<crate::module::layout::ElemEntry>(self.header.elems)
            .get(index as usize)
            .map(|e| e.ty)
            .ok_or(Stop::bad(Reason::UnknownElemSegment))
    }

    // ---- code words ----

    /// Appends one code word; returns its byte offset from the module's base.
    #[inline]
    pub(crate) fn push_word(&mut self, word: u64) -> Result<u32, Stop> {
        let at = self.end;
        let end = at + 8;
        if end > self.word_room {
            return self.push_word_slow(word);
        }
        // SAFETY: `at + 8` lies within the region and in front of the scratch, which is what `word_room` says.
        unsafe { self.base.add(at as usize).cast::<u64>().write(word) };
        self.end = end;
        self.stored = end;
        Ok(at)
    }

    #[cold]
    fn push_word_slow(&mut self, word: u64) -> Result<u32, Stop> {
        let at = self.alloc(8, 8)?;
        self.set_word(at, word);
        Ok(at)
    }

    /// Takes the words from `at` (byte offset) on back.
    pub(crate) fn truncate(&mut self, at: u32) {
        self.peak = self.peak();
        self.end = at;
        if !self.counting {
            self.stored = at;
        }
    }

    /// The word at a byte offset; 0 where it was only counted.
    #[inline]
    pub(crate) fn word(&self, at: u32) -> u64 {
        if at as u64 + 8 > self.stored as u64 {
            return 0;
        }
        // SAFETY: within what is stored; offsets of words are multiples of 8 and the base of 16.
        unsafe { self.base.add(at as usize).cast::<u64>().read() }
    }

    /// One of the four 16-bit fields of the word at a byte offset, counted from the lowest; 0 where it was only counted.
    /// A field is read and written alone, because a processor waits where it reads at once what was written in parts.
    #[inline]
    pub(crate) fn field(&self, at: u32, field: usize) -> u16 {
        if at as u64 + 8 > self.stored as u64 {
            return 0;
        }
        // SAFETY: as for `word`; a field lies within its word.
        unsafe { self.base.add(at as usize + field_offset(field)).cast::<u16>().read() }
    }

    /// Replaces a field; nothing where the word was only counted.
    #[inline]
    pub(crate) fn set_field(&mut self, at: u32, field: usize, value: u16) {
        if at as u64 + 8 > self.stored as u64 {
            return;
        }
        // SAFETY: as for `field`; `&mut self` makes the access exclusive.
        unsafe { self.base.add(at as usize + field_offset(field)).cast::<u16>().write(value) }
    }

    /// Replaces the word at a byte offset; nothing where it was only counted.
    #[inline]
    pub(crate) fn set_word(&mut self, at: u32, word: u64) {
        if at as u64 + 8 > self.stored as u64 {
            return;
        }
        // SAFETY: as for `word`; `&mut self` makes the access exclusive.
        unsafe { self.base.add(at as usize).cast::<u64>().write(word) }
    }
}

/// Byte offset of a field in its word.
const fn field_offset(field: usize) -> usize {
    let low = (field & 3) * 2;
    if cfg!(target_endian = "big") { 6 - low } else { low }
}

impl TypeSpace for Build {
    fn kind(&self, index: u32) -> TypeKind {
        if !Proposals::GC.is_built() {
            return TypeKind::Func;
        }
        self.raw_type(index).map_or(TypeKind::Func, |e| e.kind)
    }
    fn supertype(&self, index: u32) -> Option<u32> {
        if !Proposals::GC.is_built() {
            return None;
        }
        self.raw_type(index).ok()?.supertype.checked_sub(1)
    }
}
