//! A hash over the state of an instance, for comparing runs, builds and targets.
//!
//! Owns the order in which state is read. No pointer takes part, so that equal states hash equally
//! wherever they lie.

use crate::module::layout::GlobalEntry;
use crate::runtime::access::{at, clean};
use crate::runtime::heap;
use crate::runtime::instance::Instance;
use crate::runtime::layout::{InstanceHeader, MemInst, TableInst};
use crate::runtime::ops;
use crate::runtime::racy;

struct Fnv(u64);

impl Fnv {
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
    }
    fn word(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.byte(byte);
        }
    }
}

impl Instance<'_> {
    /// FNV-1a, 64 bits, over what the instance defines and can change: globals; tables with their
    /// lengths; dropped flags of element and data segments; memories with their lengths. Words
    /// are taken in little-endian order. Of a group's first instance: the heap, too. What it imports counts for the instance that defines it.
    #[must_use]
    pub fn state_hash(self) -> u64 {
        // SAFETY: the instance lives.
        unsafe { state_hash(self.header) }
    }
}

unsafe fn state_hash(inst: *mut InstanceHeader) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    // SAFETY: the layout has a place for everything that the module defines.
    unsafe {
        let module = ops::module_of(inst);
        let header = module.header();
        let own = header.imported_globals..module.entries::<GlobalEntry>(header.globals).len() as u32;
        for (entry, cell) in own.filter_map(|index| ops::global(inst, index)) {
            let (value, cells) = ops::load(entry.ty, cell);
            let value = clean(entry.ty, value).v128();
            hash.word(value as u64);
            if cells == 2 {
                hash.word((value >> 64) as u64);
            }
        }
        for k in 0..header.tables.len.saturating_sub(header.imported_tables) {
            let t = at::<TableInst>(inst, (*inst).tables).add(k as usize);
            hash.word((*t).len);
            for i in 0..(*t).len {
                hash.word(ops::table_elements(t).add(i as usize).read());
            }
        }
        for i in 0..header.elems.len {
            hash.byte(at::<u8>(inst, (*inst).elems_dropped).add(i as usize).read());
        }
        for i in 0..header.datas.len {
            hash.byte(at::<u8>(inst, (*inst).datas_dropped).add(i as usize).read());
        }
        for k in 0..header.memories.len.saturating_sub(header.imported_memories) {
            let mem = at::<MemInst>(inst, (*inst).memories).add(k as usize);
            let len = ops::memory_len(mem);
            hash.word(len);
            let base = ops::memory_base(mem);
            for i in 0..len {
                let at = base.add(i as usize);
                hash.byte(if (*mem).is_shared() { racy::read8(at) } else { at.read() });
            }
        }
        // The heap is the group's: it counts for the first instance.
        let heap = heap::of(inst);
        if (*inst).id == 0 && !heap.is_null() {
            for i in heap::HEAP_HEADER_BYTES..(*heap).frontier as u64 {
                hash.byte(heap.cast::<u8>().add(i as usize).read());
            }
        }
    }
    hash.0
}
