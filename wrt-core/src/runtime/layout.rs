//! The layout of an instance in its arena.
//!
//! Fixed-width fields, offsets from the instance's base. Pointers stand in binding words only
//! (marked so): they are rebuilt when a snapshot is restored and are no part of a hash.

use crate::arena::round_up;
use crate::budget::Proposals;
use crate::module::layout::{MODULE_SHARED_MEMORY, ModuleHeader, TableEntry};

/// First bytes of an instance.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub(crate) struct InstanceHeader {
    /// Address of the [`crate::module::layout::ModuleHeader`]. Binding.
    pub(crate) module: u64,
    /// Address of the next instance of the group, 0 at its end. Binding.
    pub(crate) next: u64,
    /// Address of the group's first instance. Binding.
    pub(crate) root: u64,
    /// Of the group's first instance: address of the group's heap, 0 where it has none. Binding.
    pub(crate) heap: u64,
    /// `u32` numbers in the group of the module's types, see `typing.rs`.
    pub(crate) types: u32,
    /// First instance of a group: the next number for a type.
    pub(crate) next_type: u32,
    /// [`INSTANCE_TOKEN`] while the instance lives.
    pub(crate) token: u32,
    /// Number in the group, from 0 on: the upper half of function references.
    pub(crate) id: u32,
    /// Bits `INSTANCE_*`.
    pub(crate) flags: u32,
    /// Bytes of the whole instance, this header included.
    pub(crate) size: u32,
    /// `u64` cells of the defined globals.
    pub(crate) globals: u32,
    /// [`TableInst`] of the defined tables.
    pub(crate) tables: u32,
    /// [`MemInst`] of the defined memories.
    pub(crate) memories: u32,
    /// `u8` per element segment, 1 when dropped.
    pub(crate) elems_dropped: u32,
    /// `u8` per data segment, 1 when dropped.
    pub(crate) datas_dropped: u32,
    /// `u64` addresses of imported globals' cells. Binding, like the next three.
    pub(crate) global_ptrs: u32,
    /// `u64` addresses of every [`TableInst`] of the index space.
    pub(crate) table_ptrs: u32,
    /// `u64` addresses of every [`MemInst`] of the index space.
    pub(crate) memory_ptrs: u32,
    /// [`ImportBinding`] of the imported functions.
    pub(crate) import_funcs: u32,
    /// Bytes from `global_ptrs` on that are binding words.
    pub(crate) binding_bytes: u32,
    /// Address of the first task of the group that has something under way; of the first instance only. Binding.
    pub(crate) tasks: u64,
    /// `u32` descriptors in the heap of the module's structure and array types.
    pub(crate) descs: u32,
    /// `u64` values of the expressions in element segments.
    pub(crate) elem_cells: u32,
    /// `u32` per tag of the index space: its identity, see [`crate::runtime::heap`].
    pub(crate) tags: u32,
    /// First instance of a group: the exception that a run has left over, 0 for none.
    pub(crate) left_over: u32,
    /// Zero: fills the header up to its alignment.
    pub(crate) unused: [u32; 2],
}

impl MemInst {
    /// Whether other threads may have the memory, too.
    #[inline(always)]
    pub(crate) fn is_shared(&self) -> bool {
        Proposals::THREADS.is_built() && self.shared != 0
    }
}

/// Where the parts of an instance lie: byte offsets from its base.
///
/// Plan and creation both count with it, so that they cannot differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    pub(crate) globals: u64,
    pub(crate) tables: u64,
    /// Elements of the first defined table; those of the others follow in order.
    pub(crate) elements: u64,
    pub(crate) memories: u64,
    pub(crate) tags: u64,
    pub(crate) elems_dropped: u64,
    pub(crate) datas_dropped: u64,
    pub(crate) types: u64,
    pub(crate) descs: u64,
    pub(crate) elem_cells: u64,
    pub(crate) global_ptrs: u64,
    pub(crate) table_ptrs: u64,
    pub(crate) memory_ptrs: u64,
    pub(crate) import_funcs: u64,
    /// First byte behind the binding words.
    pub(crate) end: u64,
    /// Bytes of the whole, a multiple of 16.
    pub(crate) size: u64,
}

impl Parts {
    /// The parts of an instance of this module; `tables` are the tables that it defines.
    pub(crate) fn of(header: &ModuleHeader, tables: &[TableEntry]) -> Self {
        let defined_memories = header.memories.len.saturating_sub(header.imported_memories);
        let mut end = size_of::<InstanceHeader>() as u64;
        let mut take = |count: u32, each: usize| self::take(&mut end, count, each as u32);
        let globals = take(header.global_cells, 8);
        let table_insts = take(tables.len() as u32, size_of::<TableInst>());
        let elements = take(0, 8);
        let ceilings = tables.iter().fold(0u64, |sum, t| sum.saturating_add(t.ceiling));
        end = end.saturating_add(ceilings.saturating_mul(8));
        let mut take = |count: u32, each: usize| self::take(&mut end, count, each as u32);
        let memories = take(defined_memories, size_of::<MemInst>());
        // Behind the memories, where one of them is shared: the address of the `Waiter`. Binding.
        take((header.flags & MODULE_SHARED_MEMORY != 0) as u32, 8);
        let tags = take(header.tags.len, 4);
        let elems_dropped = take(header.elems.len, 1);
        let datas_dropped = take(header.datas.len, 1);
        // What comes next is aligned to 8, as what came before the tags was.
        let odd = header.tags.len.wrapping_mul(4).wrapping_add(header.elems.len).wrapping_add(header.datas.len);
        take(odd.wrapping_neg() & 7, 1);
        let types = take(header.types.len, 4);
        let descs = take(header.types.len, 4);
        let elem_cells = take(header.elem_exprs, 8);
        let global_ptrs = take(header.imported_globals, 8);
        let table_ptrs = take(header.tables.len, 8);
        let memory_ptrs = take(header.memories.len, 8);
        let import_funcs = take(header.imported_funcs, size_of::<ImportBinding>());
        Parts {
            globals,
            tables: table_insts,
            elements,
            memories,
            tags,
            elems_dropped,
            datas_dropped,
            types,
            descs,
            elem_cells,
            global_ptrs,
            table_ptrs,
            memory_ptrs,
            import_funcs,
            end,
            size: round_up(end),
        }
    }
}

/// Takes room for so many entries behind `end`; returns where it begins. A sum that is too large saturates.
#[inline(never)]
fn take(end: &mut u64, count: u32, each: u32) -> u64 {
    let at = *end;
    *end = at.saturating_add(count as u64 * each as u64);
    at
}

/// Bytes that an instance takes from its arena; `tables` are the tables that the module defines.
pub(crate) fn instance_size(header: &ModuleHeader, tables: &[TableEntry]) -> u64 {
    Parts::of(header, tables).size
}

// The same on every target: natural alignment throughout, no padding.
const _: () = assert!(size_of::<InstanceHeader>() == 128);
const _: () = assert!(size_of::<TableInst>() == 40);
const _: () = assert!(size_of::<MemInst>() == 48);
const _: () = assert!(size_of::<ImportBinding>() == 24);

/// `InstanceHeader::token` of a live instance: "WRTi".
pub(crate) const INSTANCE_TOKEN: u32 = u32::from_le_bytes(*b"WRTi");
/// The start function has not begun; the first task that calls the instance runs it.
pub(crate) const INSTANCE_START_PENDING: u32 = 1;
/// The lent linear memory was zero already, so that growth need not clear it.
pub(crate) const INSTANCE_MEMORY_ZEROED: u32 = 2;

/// The start function has begun in some task and not ended.
pub(crate) const INSTANCE_STARTING: u32 = 4;
/// The start function trapped: the instance is not to be called.
pub(crate) const INSTANCE_START_FAILED: u32 = 8;
/// Any of these: the start function has not run to its end.
pub(crate) const INSTANCE_NOT_STARTED: u32 = INSTANCE_START_PENDING | INSTANCE_STARTING | INSTANCE_START_FAILED;

/// One table. Elements lie at this struct's own address plus `elements`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct TableInst {
    /// Byte distance from this struct to the first element (`u64` each).
    pub(crate) elements: u32,
    /// [`crate::types::ValType`]
    pub(crate) ty: u32,
    /// Elements now.
    pub(crate) len: u64,
    /// Declared maximum, `u64::MAX` if none.
    pub(crate) max: u64,
    /// Elements reserved.
    pub(crate) ceiling: u64,
    /// 1 when the index type is `i64`.
    pub(crate) is64: u32,
    pub(crate) reserved: u32,
}

/// One linear memory; sizes in bytes. All but the length stays as it is made, so that threads may share it;
/// the length is read and written by `shared` alone.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct MemInst {
    /// Address of byte 0. Binding.
    pub(crate) base: u64,
    pub(crate) len: u64,
    /// Bytes reserved: growth past it gives -1.
    pub(crate) ceiling: u64,
    /// Declared maximum in pages, `u64::MAX` if none.
    pub(crate) max: u64,
    /// 1 when the address type is `i64`.
    pub(crate) is64: u32,
    /// 1 when the region was zero already.
    pub(crate) zeroed: u8,
    /// 1 when threads may share the memory: others may access its bytes and let it grow at any time.
    pub(crate) shared: u8,
    /// Binary logarithm of the bytes in a page.
    pub(crate) page_log2: u8,
    pub(crate) reserved: u8,
    /// Address of the [`InstanceHeader`] that defines the memory; 0 for one of the embedder. Binding.
    pub(crate) owner: u64,
}

/// What an imported function is bound to.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct ImportBinding {
    /// Address of the [`crate::runtime::HostFn`]; 0 when the import is another instance's function.
    pub(crate) call: u64,
    /// User data, or the address of the other [`InstanceHeader`].
    pub(crate) user: u64,
    /// Index of the function in the other instance (never one of its imports).
    pub(crate) func: u32,
    /// [`direct`]
    pub(crate) direct: u32,
}

/// What lets a call of an import be made without a look at its type: the slots of its values, where
/// these are few, and for a function of the host numbers alone.
pub(crate) mod direct {
    use crate::types::{FuncType, ValType, slots};

    /// The other bits mean something, and the call is the host's; or another instance's.
    pub(crate) const HOST: u32 = 1 << 30;
    pub(crate) const INSTANCE: u32 = 1 << 31;
    /// Most parameters or results of such a host function.
    const MOST: usize = 7;

    /// Slots of the parameters.
    pub(crate) fn params(word: u32) -> usize {
        (word & 0xff) as usize
    }
    /// Slots of the results.
    pub(crate) fn results(word: u32) -> usize {
        (word >> 8 & 0xff) as usize
    }
    /// Whether result `i` of a host function has 32 bits.
    pub(crate) fn is_half(word: u32, i: usize) -> bool {
        word >> (16 + i) & 1 != 0
    }

    /// The word for a function of this type; 0 where it has too many values or others than numbers.
    pub(crate) fn of(ty: &FuncType<'_>, host: bool) -> u32 {
        let (params, results) = (slots(ty.params), slots(ty.results));
        if !host {
            let fits = params.max(results) < 256;
            return if fits { INSTANCE | params as u32 | (results as u32) << 8 } else { 0 };
        }
        let numbers = |types: &[ValType]| {
            types.len() <= MOST
                && types.iter().all(|ty| matches!(*ty, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64))
        };
        if !numbers(ty.params) || !numbers(ty.results) {
            return 0;
        }
        let mut word = HOST | params as u32 | (results as u32) << 8;
        for (i, ty) in ty.results.iter().enumerate() {
            word |= (matches!(*ty, ValType::I32 | ValType::F32) as u32) << (16 + i);
        }
        word
    }
}

/// A function reference as it stands in slots, globals and tables; 0 is the null reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FuncRef(pub(crate) u64);

impl FuncRef {
    pub(crate) fn new(instance: u32, func: u32) -> Self {
        FuncRef((instance as u64) << 32 | (func as u64 + 1))
    }
    pub(crate) fn is_null(self) -> bool {
        self.0 == 0
    }
    /// Number of the instance in its group.
    pub(crate) fn instance(self) -> u32 {
        (self.0 >> 32) as u32
    }
    /// Index of the function in that instance.
    pub(crate) fn func(self) -> u32 {
        (self.0 as u32).wrapping_sub(1)
    }
}
