//! What the code of a module does, as far as its complexity asks: traits, and who calls whom.

use wasmparser::{BinaryReaderError, FunctionBody, VisitOperator, VisitSimdOperator};
use wrt_core::limits::{ModuleTrait, ModuleTraits};

/// Direct calls between the functions of a module.
#[derive(Default)]
pub(super) struct CallGraph {
    imported: u32,
    bodies: u32,
    /// Caller and callee, both counted among the functions with bodies, in the order of callers.
    calls: Vec<(u32, u32)>,
}

impl CallGraph {
    /// Counts imported functions, whose numbers come before those with bodies.
    pub(super) fn imported(&mut self, more: u32) {
        self.imported = self.imported.saturating_add(more);
    }

    /// Reads the next body; the result is `known` and what this one adds.
    pub(super) fn body(
        &mut self,
        body: &FunctionBody<'_>,
        known: ModuleTraits,
    ) -> Result<ModuleTraits, BinaryReaderError> {
        let mut look = Look { traits: known, caller: self.bodies, graph: self };
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            operators.visit_operator(&mut look)?;
        }
        let traits = look.traits;
        self.bodies = self.bodies.saturating_add(1);
        Ok(traits)
    }

    /// Whether functions call each other in a circle: whether some are left when those that nobody calls
    /// are taken away again and again.
    pub(super) fn has_circle(&self) -> bool {
        let bodies = self.bodies as usize;
        let mut callers = vec![0u32; bodies];
        let mut first = vec![0usize; bodies + 1];
        for &(caller, callee) in &self.calls {
            if let (Some(count), Some(next)) = (callers.get_mut(callee as usize), first.get_mut(caller as usize + 1)) {
                *count += 1;
                *next += 1;
            }
        }
        let mut sum = 0;
        for at in &mut first {
            sum += *at;
            *at = sum;
        }
        // A call of a function that is not there was not counted; the loader refuses such a module.
        let calls: Vec<u32> = self.calls.iter().map(|call| call.1).filter(|callee| *callee < self.bodies).collect();
        let mut free: Vec<usize> = (0..bodies).filter(|at| callers.get(*at) == Some(&0)).collect();
        let mut taken = 0;
        while let Some(at) = free.pop() {
            taken += 1;
            let range = first.get(at).copied().unwrap_or(0)..first.get(at + 1).copied().unwrap_or(0);
            for callee in calls.get(range).unwrap_or_default() {
                if let Some(count) = callers.get_mut(*callee as usize) {
                    *count -= 1;
                    if *count == 0 {
                        free.push(*callee as usize);
                    }
                }
            }
        }
        taken < bodies
    }
}

/// Looks at operators one by one.
struct Look<'g> {
    traits: ModuleTraits,
    caller: u32,
    graph: &'g mut CallGraph,
}

impl Look<'_> {
    fn call(&mut self, function: u32) {
        if let Some(callee) = function.checked_sub(self.graph.imported) {
            self.graph.calls.push((self.caller, callee));
        }
    }
    fn note(&mut self, one: ModuleTrait) {
        self.traits = self.traits.with(one);
    }
}

/// What one operator adds, by its proposal and name.
macro_rules! look {
    ($look:ident, $proposal:ident, Call, $function:ident) => { $look.call($function) };
    ($look:ident, $proposal:ident, ReturnCall, $function:ident) => { $look.call($function) };
    ($look:ident, $proposal:ident, CallIndirect, $($arg:ident),*) => { look!(@note $look, IndirectCalls, $($arg),*) };
    ($look:ident, $proposal:ident, ReturnCallIndirect, $($arg:ident),*) => {
        look!(@note $look, IndirectCalls, $($arg),*)
    };
    ($look:ident, $proposal:ident, CallRef, $($arg:ident),*) => { look!(@note $look, IndirectCalls, $($arg),*) };
    ($look:ident, $proposal:ident, ReturnCallRef, $($arg:ident),*) => { look!(@note $look, IndirectCalls, $($arg),*) };
    ($look:ident, $proposal:ident, MemoryGrow, $($arg:ident),*) => { look!(@note $look, Growth, $($arg),*) };
    ($look:ident, $proposal:ident, TableGrow, $($arg:ident),*) => { look!(@note $look, Growth, $($arg),*) };
    ($look:ident, gc, StructNew, $($arg:ident),*) => { look!(@note $look, Collection, $($arg),*) };
    ($look:ident, gc, StructNewDefault, $($arg:ident),*) => { look!(@note $look, Collection, $($arg),*) };
    ($look:ident, gc, ArrayNew, $($arg:ident),*) => { look!(@note $look, Collection, $($arg),*) };
    ($look:ident, gc, ArrayNewDefault, $($arg:ident),*) => { look!(@note $look, Collection, $($arg),*) };
    ($look:ident, gc, ArrayNewFixed, $($arg:ident),*) => { look!(@note $look, Collection, $($arg),*) };
    ($look:ident, gc, ArrayNewData, $($arg:ident),*) => { look!(@note $look, Collection, $($arg),*) };
    ($look:ident, gc, ArrayNewElem, $($arg:ident),*) => { look!(@note $look, Collection, $($arg),*) };
    ($look:ident, exceptions, $name:ident $(, $arg:ident)*) => { look!(@note $look, Exceptions, $($arg),*) };
    ($look:ident, legacy_exceptions, $name:ident $(, $arg:ident)*) => { look!(@note $look, Exceptions, $($arg),*) };
    (@note $look:ident, $trait:ident, $($arg:ident),*) => {{
        $(let _ = $arg;)*
        $look.note(ModuleTrait::$trait);
    }};
    ($look:ident, $proposal:ident, $name:ident $(, $arg:ident)*) => {{
        $(let _ = $arg;)*
    }};
}

macro_rules! visits {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(fn $visit(&mut self $($(, $arg: $ty)*)?) {
            look!(self, $proposal, $op $($(, $arg)*)?);
        })*
    };
}

impl<'a> VisitOperator<'a> for Look<'_> {
    type Output = ();
    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }
    wasmparser::for_each_visit_operator!(visits);
}

impl VisitSimdOperator<'_> for Look<'_> {
    wasmparser::for_each_visit_simd_operator!(visits);
}
