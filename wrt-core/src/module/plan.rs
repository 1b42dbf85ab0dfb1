//! What a module needs, told from a load that was counted.
//!
//! Owns the sums of a [`Plan`]. Knows nothing of how the numbers came about.

use crate::arena::round_up;
use crate::budget::Plan;
use crate::error::Error;
use crate::module::Module;
use crate::module::driver::Driver;
use crate::module::layout::{MemoryEntry, ModuleHeader, TableEntry};
use crate::module::stack_bound::stack_bound;

impl Driver<'_> {
    /// The plan, after [`Driver::complete`].
    pub(super) fn plan(&mut self) -> Result<Plan, Error> {
        let (module, peak) = (self.b.end() as u64, self.b.peak());
        let header = self.b.header;
        let (tables, memories) = (self.b.entries(header.tables), self.b.entries(header.memories));
        let mut plan = Plan { load_scratch: peak - module, module, ..needs(&header, tables, memories) };
        plan.stack_min = stack_bound(&mut self.b).map_err(|stop| self.error(stop, 0))?;
        Ok(plan)
    }
}

impl Module<'_> {
    /// What instances of the module need.
    pub(crate) fn needs(self) -> Plan {
        let header = self.header();
        needs(header, self.entries(header.tables), self.entries(header.memories))
    }
}

/// What instances of a module with these tables and memories need, imports included; nothing of a load or a stack.
fn needs(header: &ModuleHeader, tables: &[TableEntry], memories: &[MemoryEntry]) -> Plan {
    let tables = tables.get(header.imported_tables as usize..).unwrap_or(&[]);
    let memories = memories.get(header.imported_memories as usize..).unwrap_or(&[]);
    Plan {
        instance: crate::runtime::layout::instance_size(header, tables),
        table_max: table_bytes(tables),
        heap_min: heap_min(header),
        memory_min: memory_min(memories),
        memory_max: memory_max(memories),
        ..Plan::default()
    }
}

/// Least bytes of a heap that serves the module alone; 0 when it needs none.
pub(super) fn heap_min(header: &ModuleHeader) -> u64 {
    if header.heap_min == 0 { 0 } else { round_up(header.heap_min as u64 + crate::module::object::HEAP_HEADER_BYTES) }
}

/// Bytes of the elements of the module's own tables at their ceilings.
pub(super) fn table_bytes(tables: &[TableEntry]) -> u64 {
    tables.iter().fold(0, |sum: u64, t| sum.saturating_add(t.ceiling.saturating_mul(8)))
}

/// Bytes of the module's own memories at their minimum, each rounded up to what an arena gives.
pub(super) fn memory_min(memories: &[MemoryEntry]) -> u64 {
    memories.iter().fold(0, |sum: u64, m| sum.saturating_add(round_up(m.bytes(m.min))))
}

/// Bytes of the module's own memories at their maximum; 0 when one declares none.
fn memory_max(memories: &[MemoryEntry]) -> u64 {
    if memories.iter().any(|m| m.max == u64::MAX) {
        return 0;
    }
    memories.iter().fold(0, |sum: u64, m| sum.saturating_add(round_up(m.bytes(m.max))))
}
