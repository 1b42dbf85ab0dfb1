//! What custom sections say of a module beyond the names of its functions: its own name, the names
//! of locals, hints for branches.
//!
//! Read lazily, from text that the loader kept without looking into it: a custom section cannot make
//! a module invalid (specification section 5.5.3), so what is malformed here is as if it were not
//! there. Knows nothing of loading.

use crate::binary::{Reader, Stop};
use crate::module::Module;
use crate::module::layout::{Extras, FuncEntry, Span, TextSpan};

/// A hint which way a branch mostly goes (branch hinting proposal, section *metadata.code.branch_hint*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchHint {
    /// Function index, imports first.
    pub func: u32,
    /// Byte offset of the `br_if` or `if` from the start of the function's body. That such an operator
    /// stands there is not checked.
    pub offset: u32,
    /// Whether the condition mostly holds.
    pub likely: bool,
}

/// The hints of a module, by ascending function and offset.
#[derive(Clone, Debug)]
pub struct BranchHints<'a> {
    bytes: &'a [u8],
    /// Functions and hints of the function at hand still to come.
    funcs: u32,
    left: u32,
    /// Least indices that may come next, so that both ascend.
    func: u32,
    next_func: u32,
    next_offset: u32,
    /// Functions of the module, and how many of them are imported.
    count: u32,
    imported: u32,
}

impl<'a> BranchHints<'a> {
    const NONE: Self =
        BranchHints { bytes: &[], funcs: 0, left: 0, func: 0, next_func: 0, next_offset: 0, count: 0, imported: 0 };

    /// Reads the next hint; `None` at the end, an error where the section is not as it should be.
    fn step(&mut self) -> Result<Option<BranchHint>, Stop> {
        let mut r = Reader::new(self.bytes, 0);
        while self.left == 0 {
            if self.funcs == 0 {
                return if r.left() == 0 { Ok(None) } else { Err(Stop::SHORT) };
            }
            self.funcs -= 1;
            self.func = r.u32()?;
            if self.func < self.next_func.max(self.imported) || self.func >= self.count {
                return Err(Stop::SHORT);
            }
            self.next_func = self.func + 1;
            self.next_offset = 0;
            self.left = r.u32()?;
        }
        self.left -= 1;
        let offset = r.u32()?;
        let (size, value) = (r.u32()?, r.byte()?);
        if offset < self.next_offset || size != 1 || value > 1 {
            return Err(Stop::SHORT);
        }
        self.next_offset = offset.saturating_add(1);
        self.bytes = r.take(r.left());
        Ok(Some(BranchHint { func: self.func, offset, likely: value == 1 }))
    }
}

impl Iterator for BranchHints<'_> {
    type Item = BranchHint;

    fn next(&mut self) -> Option<BranchHint> {
        self.step().ok().flatten()
    }
}

impl<'a> Module<'a> {
    fn extras(self) -> Extras {
        let off = self.header().extras();
        let span = Span { off, len: u32::from(off != 0) };
        self.entries::<Extras>(span).first().copied().unwrap_or(Extras::NONE)
    }

    /// The module's own name in the name section, as bytes that the section alone vouches for.
    #[must_use]
    pub fn module_name(self) -> Option<&'a [u8]> {
        let mut r = self.reader(self.extras().module_name);
        name(&mut r)
    }

    /// The name of a local (parameters first) in the name section, as bytes that the section alone
    /// vouches for. Kept for modules that were lent whole.
    #[must_use]
    pub fn local_name(self, func: u32, local: u32) -> Option<&'a [u8]> {
        let mut r = self.reader(self.extras().local_names);
        let funcs = r.u32().ok()?;
        for _ in 0..funcs {
            let of = r.u32().ok()?;
            let locals = r.u32().ok()?;
            for _ in 0..locals {
                let index = r.u32().ok()?;
                let name = name(&mut r)?;
                if (of, index) == (func, local) {
                    return Some(name);
                }
            }
        }
        None
    }

    /// The hints for branches, where [`crate::Proposals::BRANCH_HINTING`] was on and the section is
    /// well-formed: functions of the module's own and offsets in ascending order. None otherwise.
    /// They change nothing of how the module runs.
    #[must_use]
    pub fn branch_hints(self) -> BranchHints<'a> {
        let header = self.header();
        let count = self.entries::<FuncEntry>(header.funcs).len() as u32;
        let mut r = self.reader(self.extras().hints);
        let Ok(funcs) = r.u32() else { return BranchHints::NONE };
        let bytes = r.take(r.left());
        let hints = BranchHints { bytes, funcs, count, imported: header.imported_funcs, ..BranchHints::NONE };
        let mut all = hints.clone();
        loop {
            match all.step() {
                Ok(Some(_)) => {}
                Ok(None) => return hints,
                Err(_) => return BranchHints::NONE,
            }
        }
    }

    fn reader(self, span: TextSpan) -> Reader<'a> {
        Reader::new(self.text(span), 0)
    }
}

/// The next bytes behind their length.
fn name<'a>(r: &mut Reader<'a>) -> Option<&'a [u8]> {
    let len = r.u32().ok()? as usize;
    let name = r.take(len);
    (name.len() == len).then_some(name)
}
