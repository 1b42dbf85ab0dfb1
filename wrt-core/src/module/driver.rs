//! The one driver over a module's items, whole or in pieces.
//!
//! Owns the state between items: which section, how much of it is left, what the item at hand has
//! told so far. An *item* is what is read in one go and fits the loader's small carry: a section's
//! id and size, one type's form, one value type, one operator. A long run (a name, a data payload)
//! is a state that takes whatever bytes there are. Each step reads its item to the end before it
//! changes anything, so that an item cut off by the end of a piece is simply read again. Knows the
//! order of sections; what is in them is in the neighbouring rooms.

use crate::binary::{Reader, Stop};
use crate::budget::{LoadBudget, Proposals};
use crate::error::{Error, NO_FUNC, Reason};
use crate::module::build::Build;
use crate::module::expr::Expr;
use crate::module::layout::{ConstExpr, DataEntry, Extras, SegmentMode, Span};
use crate::module::layout::{ElemEntry, ImportEntry, MODULE_TOKEN, TypeEntry};
use crate::module::names::Name;
use crate::module::spaces::Spaces;
use crate::module::valtype::require;
use crate::translate::Translator;
use crate::types::ValType;

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Magic,
    Version,
    /// A section's id and size, or the module's end.
    Section,
    /// The number of items in the section.
    Count,
    /// The next item of the section, or the section's end.
    Item,
    NameLength,
    NameBytes,
    /// The rest of a custom section.
    Custom,
    /// A subsection of the name section.
    Subsection,
    SubsectionBytes,
    /// The payload of the section of branch hints.
    Hints,
    TypeForm,
    TypeParams,
    TypeResultCount,
    TypeResults,
    TypeFields,
    ImportDesc,
    ExportDesc,
    /// An operator of a constant expression.
    Expr,
    ElemKind,
    ElemCount,
    ElemItems,
    DataLength,
    DataBytes,
    LocalGroupCount,
    LocalGroups,
    Operators,
}

/// Section numbers of the binary format (specification section 5.5.2).
pub(super) mod id {
    pub(crate) const CUSTOM: u8 = 0;
    pub(crate) const TYPE: u8 = 1;
    pub(crate) const IMPORT: u8 = 2;
    pub(crate) const FUNCTION: u8 = 3;
    pub(crate) const TABLE: u8 = 4;
    pub(crate) const MEMORY: u8 = 5;
    pub(crate) const GLOBAL: u8 = 6;
    pub(crate) const EXPORT: u8 = 7;
    pub(crate) const START: u8 = 8;
    pub(crate) const ELEMENT: u8 = 9;
    pub(crate) const CODE: u8 = 10;
    pub(crate) const DATA: u8 = 11;
    pub(crate) const DATA_COUNT: u8 = 12;
    pub(crate) const TAG: u8 = 13;
}

/// The place of a section in a module; 0 for custom sections, which may stand anywhere.
pub(super) fn order_of(section: u8) -> Result<u8, Reason> {
    Ok(match section {
        id::CUSTOM => 0,
        id::TYPE..=id::MEMORY => section,
        id::TAG => 6,
        id::GLOBAL..=id::ELEMENT => section + 1,
        id::DATA_COUNT => 11,
        id::CODE => 12,
        id::DATA => 13,
        _ => return Err(Reason::MalformedSectionId),
    })
}

/// No declared end in sight. Nothing ends here: a module's first bytes are its header.
const UNBOUNDED: u32 = 0;

/// The state of a load between two items.
pub(super) struct Driver<'t> {
    pub(super) b: Build,
    pub(super) translator: Translator,
    /// The whole binary, when names and data may be borrowed from it.
    pub(super) text: Option<&'t [u8]>,
    pub(super) state: State,
    /// Offset in the module of the next byte to be read.
    offset: u32,
    /// Offset at which the section or function body at hand ends by its declaration.
    pub(super) limit: u32,
    /// Where the error at hand lies, when that is not the start of its item.
    pub(super) fault: Option<u32>,
    pub(super) section: u8,
    pub(super) section_end: u32,
    /// [`order_of`] the last section that was not custom.
    order: u8,
    /// Items of the section still to come, and the number of the one at hand.
    pub(super) left: u32,
    pub(super) index: u32,
    /// Parts of the item at hand still to come, and the number of the next.
    pub(super) parts_left: u32,
    pub(super) part: u32,
    pub(super) spaces: Spaces,
    pub(super) name: Name,
    pub(super) extras: Extras,
    pub(super) expr: Expr,
    pub(super) ty: TypeEntry,
    pub(super) group: crate::module::types::Group,
    pub(super) import: ImportEntry,
    pub(super) elem: ElemEntry,
    pub(super) elem_flags: u32,
    /// The newest [`crate::module::layout::ElemExpr`].
    pub(super) last_elem_expr: Span,
    pub(super) data: DataEntry,
    pub(super) memory_bytes: u64,
    /// Function whose body is read, or [`NO_FUNC`].
    pub(super) func: u32,
    /// Declared locals of that function, parameters excluded, and the parameters.
    pub(super) locals: u64,
    pub(super) params: u64,
    pub(super) code_begun: bool,
    code_seen: bool,
    data_seen: bool,
}

impl<'t> Driver<'t> {
    /// # Safety
    /// As for [`Build::new`].
    #[inline(never)]
    pub(super) unsafe fn new(
        base: *mut u8,
        size: usize,
        budget: &LoadBudget,
        planning: bool,
        text: Option<&'t [u8]>,
    ) -> Self {
        Driver {
            // SAFETY: the caller vouches for the region.
            b: unsafe { Build::new(base, size, budget, planning) },
            translator: Translator::new(),
            text,
            state: State::Magic,
            offset: 0,
            limit: UNBOUNDED,
            fault: None,
            section: id::CUSTOM,
            section_end: 0,
            order: 0,
            left: 0,
            index: 0,
            parts_left: 0,
            part: 0,
            spaces: Spaces::default(),
            name: Name::default(),
            extras: Extras::NONE,
            expr: Expr::new(),
            ty: TypeEntry::default(),
            group: Default::default(),
            import: ImportEntry::default(),
            elem: ElemEntry {
                offset: ConstExpr::ZERO,
                items: Span::EMPTY,
                ty: ValType::FUNCREF,
                mode: SegmentMode::Active,
                table: 0,
                reserved: 0,
            },
            elem_flags: 0,
            last_elem_expr: Span::EMPTY,
            data: DataEntry { offset: ConstExpr::ZERO, bytes: Span::EMPTY, mode: SegmentMode::Active, memory: 0 },
            memory_bytes: 0,
            func: NO_FUNC,
            locals: 0,
            params: 0,
            code_begun: false,
            code_seen: false,
            data_seen: false,
        }
    }

    /// Takes the header's room. To be called once, before anything else.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        let bytes = size_of::<crate::module::layout::ModuleHeader>() as u64;
        match self.b.alloc(bytes, 16) {
            Ok(_) => Ok(()),
            Err(stop) => Err(self.error(stop, 0)),
        }
    }

    /// Reads as many items as the bytes hold; returns how many bytes they took. What is left is
    /// the beginning of an item.
    pub(super) fn drive(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let origin = self.offset;
        loop {
            let done = (self.offset - origin) as usize;
            let all = bytes.get(done..).unwrap_or(&[]);
            let room = match self.limit {
                UNBOUNDED => all.len(),
                limit => all.len().min(limit.saturating_sub(self.offset) as usize),
            };
            let mut r = Reader::new(all.get(..room).unwrap_or(&[]), self.offset);
            let Err(stop) = self.step(&mut r) else {
                self.offset = r.offset();
                continue;
            };
            let fault = self.fault.take();
            if stop != Stop::SHORT {
                return Err(self.error(stop, fault.unwrap_or(self.offset) as u64));
            }
            if self.limit == UNBOUNDED || r.end_offset() < self.limit {
                return Ok(done);
            }
            // The item's section or body ends inside it.
            let between = self.state == State::Operators && self.offset == self.limit;
            let reason = if between { Reason::EndExpected } else { Reason::UnexpectedEnd };
            return Err(self.error(reason.into(), self.offset as u64));
        }
    }

    /// Ends the module after its last byte, of which `carried` were left over by [`Driver::drive`].
    pub(super) fn complete(&mut self, carried: usize) -> Result<(), Error> {
        let at = self.offset as u64 + carried as u64;
        let done = if self.state != State::Section || carried != 0 { Err(Stop::SHORT) } else { self.complete_spaces() };
        done.map_err(|stop| self.error(stop, at))
    }

    fn complete_spaces(&mut self) -> Result<(), Stop> {
        self.pass_spaces(u8::MAX)?;
        if !self.code_seen && self.b.header.funcs.len != self.b.header.imported_funcs {
            return Err(Reason::FunctionCodeCount.into());
        }
        if !self.data_seen && self.b.data_count.unwrap_or(0) != 0 {
            return Err(Reason::DataCount.into());
        }
        self.ensure_code()?;
        // The padding is part of the module, so that its bytes are the same every time.
        self.b.alloc(0, 16)?;
        self.b.header.token = MODULE_TOKEN;
        self.b.header.size = self.b.end();
        if let Some(text) = self.text {
            self.b.header.borrowed = text.as_ptr().expose_provenance() as u64;
        }
        if self.b.too_small() {
            self.b.need = self.b.peak();
            return Err(Reason::ArenaTooSmall.into());
        }
        self.b.write_header();
        Ok(())
    }

    /// The error that a load ends with; bytes that are missing are so at its end.
    #[cold]
    pub(super) fn error(&self, stop: Stop, at: u64) -> Error {
        Error::new(stop.reason().unwrap_or(Reason::UnexpectedEnd))
            .at(at)
            .in_func(self.func)
            .need(self.b.need)
            .detail(self.b.detail)
    }

    /// Reads the next item. On [`Stop::SHORT`] nothing has changed.
    fn step(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        match self.state {
            State::Magic => self.magic(r),
            State::Version => self.version(r),
            State::Section => self.section(r),
            State::Count => self.count(r),
            State::Item => self.item(r),
            State::NameLength => self.name_length(r),
            State::NameBytes => self.name_bytes(r),
            State::Custom => self.custom(r),
            State::Subsection => self.subsection(r),
            State::SubsectionBytes => self.subsection_bytes(r),
            State::Hints => self.hints(r),
            State::TypeForm => self.type_form(r),
            State::TypeFields => self.type_fields(r),
            State::TypeParams => self.type_params(r),
            State::TypeResultCount => self.type_result_count(r),
            State::TypeResults => self.type_results(r),
            State::ImportDesc => self.import_desc(r),
            State::ExportDesc => self.export_desc(r),
            State::Expr => self.expr_operator(r),
            State::ElemKind => self.elem_kind(r),
            State::ElemCount => self.elem_count(r),
            State::ElemItems => self.elem_items(r),
            State::DataLength => self.data_length(r),
            State::DataBytes => self.data_bytes(r),
            State::LocalGroupCount => self.local_group_count(r),
            State::LocalGroups => self.local_groups(r),
            State::Operators => self.operators(r),
        }
    }

    fn magic(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        for &expected in b"\0asm" {
            if r.byte()? != expected {
                return Err(Reason::BadMagic.into());
            }
        }
        self.state = State::Version;
        Ok(())
    }

    fn version(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        match r.array::<4>()? {
            [1, 0, 0, 0] => {
                self.state = State::Section;
                Ok(())
            }
            // The upper half is the layer: 1 is that of components.
            [_, _, 1, 0] => Err(Reason::ComponentNotModule.into()),
            _ => Err(Reason::BadVersion.into()),
        }
    }

    fn section(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let section = r.byte()?;
        let order = order_of(section)?;
        if order != 0 && order <= self.order {
            return Err(Reason::SectionOrder.into());
        }
        let size = r.u32()?;
        // The one sum that may exceed 32 bits: nothing is read behind a section that does not end within them.
        let end = self.offset as u64 + r.pos() as u64 + size as u64;
        if end > u32::MAX as u64 {
            self.b.need = end;
            return Err(Reason::LimitModuleBytes.into());
        }
        self.section = section;
        self.section_end = end as u32;
        self.limit = end as u32;
        self.index = 0;
        if order == 0 {
            self.begin_custom();
            return Ok(());
        }
        self.order = order;
        self.pass_spaces(order)?;
        match section {
            id::START => {
                self.left = 1;
                self.state = State::Item;
            }
            id::DATA_COUNT => {
                self.require(Proposals::BULK_MEMORY)?;
                self.left = 1;
                self.state = State::Item;
            }
            id::TAG => {
                self.require(Proposals::EXCEPTION_HANDLING)?;
                self.state = State::Count;
            }
            _ => self.state = State::Count,
        }
        Ok(())
    }

    fn count(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let count = r.u32()?;
        self.check_room(r, count)?;
        match self.section {
            id::TYPE => self.begin_types(count)?,
            id::IMPORT => self.begin_imports(count)?,
            id::FUNCTION | id::TABLE | id::MEMORY | id::TAG | id::GLOBAL => self.build_space(count)?,
            id::EXPORT => self.begin_exports(count)?,
            id::ELEMENT => self.begin_elems(count)?,
            id::CODE => {
                if count != self.b.header.funcs.len - self.b.header.imported_funcs {
                    return Err(Reason::FunctionCodeCount.into());
                }
                self.code_seen = true;
                self.ensure_code()?;
            }
            _ => {
                self.data_seen = true;
                self.begin_datas(count)?;
            }
        }
        self.left = count;
        self.state = State::Item;
        Ok(())
    }

    fn item(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        if self.left == 0 {
            if r.offset() != self.limit {
                return Err(Reason::SectionSize.into());
            }
            match self.section {
                id::TYPE => self.b.end_types()?,
                id::CODE => {
                    self.b.set_scratch(0)?;
                    self.note_code_end();
                }
                _ => {}
            }
            self.end_section();
            return Ok(());
        }
        match self.section {
            id::TYPE => self.rec_type(r),
            id::IMPORT => {
                self.begin_import();
                Ok(())
            }
            id::FUNCTION => self.functions(r),
            id::TABLE => self.table(r),
            id::MEMORY => self.memory(r),
            id::TAG => self.tag(r),
            id::GLOBAL => self.global(r),
            id::EXPORT => {
                self.begin_export();
                Ok(())
            }
            id::START => self.start(r),
            id::ELEMENT => self.elem(r),
            id::DATA_COUNT => self.data_count(r),
            id::CODE => self.body(r),
            _ => self.data(r),
        }
    }

    /// Goes on with the next section.
    pub(super) fn end_section(&mut self) {
        self.state = State::Section;
        self.limit = UNBOUNDED;
    }

    /// Goes on with the next item of the section.
    pub(super) fn next_item(&mut self) {
        self.left -= 1;
        self.index += 1;
        self.state = State::Item;
    }

    /// Refuses a count of items (or bytes) that the section cannot hold: each takes a byte at least.
    pub(super) fn check_room(&self, r: &Reader<'_>, count: u32) -> Result<(), Stop> {
        if count > self.limit.saturating_sub(r.offset()) {
            return Err(Reason::UnexpectedEnd.into());
        }
        Ok(())
    }

    /// Refuses a count above its limit, naming it.
    #[inline(never)]
    pub(super) fn check_limit(&mut self, count: u64, limit: u32, reason: Reason) -> Result<(), Stop> {
        if count > limit as u64 {
            self.b.need = count;
            return Err(reason.into());
        }
        Ok(())
    }

    /// Refuses what needs a proposal that is off, naming it.
    #[inline(always)]
    pub(super) fn require(&mut self, proposal: Proposals) -> Result<(), Stop> {
        require(&mut self.b, proposal)
    }
}
