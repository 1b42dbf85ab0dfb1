//! The type section: recursion groups, subtypes, functions, structures and arrays (specification
//! sections 3.2.5 to 3.2.10 and 5.3.6 to 5.3.11).
//!
//! Owns the reading of defined types and their identity. Types are equal when their recursion groups
//! are, and groups are when they say the same with references into themselves taken by position; a
//! group is compared with those before it as soon as it is complete, and every index that is read
//! from then on is that of the first equal type. So validation compares indices. What matches what
//! is `subtype`'s.

use crate::binary::{Reader, Stop};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::Build;
use crate::module::driver::{Driver, State};
use crate::module::layout::{FieldEntry, FieldType, HASH_START, Span, TypeEntry, hash_bytes};
use crate::module::object;
use crate::module::spaces::put;
use crate::module::valtype::{built, require, val_type, val_type_of};
use crate::subtype::{MAX_DEPTH, TypeKind};
use crate::types::ValType;

/// Codes of the section (specification sections 5.3.6 to 5.3.10).
const FORM_FUNC: u8 = 0x60;
const FORM_STRUCT: u8 = 0x5f;
const FORM_ARRAY: u8 = 0x5e;
const FORM_SUB_OPEN: u8 = 0x50;
const FORM_SUB_FINAL: u8 = 0x4f;
const FORM_REC: u8 = 0x4e;

/// The recursion group at hand: its first index, one past its last, types of it still to come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group {
    pub(super) first: u32,
    pub(super) end: u32,
    left: u32,
}

impl Group {
    /// Its first index, and one past its last: without recursion, the only one is known to be one.
    #[inline(always)]
    fn bounds(self) -> (u32, u32) {
        (self.first, if Proposals::GC.is_built() { self.end } else { self.first + 1 })
    }
}

/// The index of the type that a value type's number names, if this build has types that do.
#[inline(always)]
fn named_by(part: u32) -> Option<u32> {
    if Proposals::FUNCTION_REFERENCES.is_built() { ValType(part & 0x7fff_ffff).index() } else { None }
}

impl Driver<'_> {
    pub(super) fn begin_types(&mut self, count: u32) -> Result<(), Stop> {
        self.check_limit(count as u64, self.b.budget.max_types, Reason::LimitTypes)?;
        let buckets = if count == 0 { 0 } else { (count as u64).next_power_of_two() };
        self.b.begin_types(buckets as u32)?;
        Ok(())
    }

    /// The next item of the section: a recursion group, or one type that is a group of its own.
    pub(super) fn rec_type(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let start = r.pos();
        let first = self.b.type_count();
        let mut len = 1;
        if r.byte()? == FORM_REC {
            require(&mut self.b, Proposals::GC)?;
            len = r.u32()?;
            self.check_room(r, len)?;
        } else {
            r.seek(start);
        }
        let end = first as u64 + len as u64;
        self.check_limit(end, self.b.budget.max_types.min(ValType::MAX_INDEX), Reason::LimitTypes)?;
        self.group = Group { first, end: end as u32, left: len };
        if len == 0 {
            self.next_item();
            return Ok(());
        }
        self.b.typing_end = end as u32;
        self.state = State::TypeForm;
        Ok(())
    }

    /// The head of one type: its supertype, its form and how many parts it has.
    pub(super) fn type_form(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let index = self.b.type_count();
        let mut ty =
            TypeEntry { group: self.group.first, group_len: self.group.end - self.group.first, ..TypeEntry::default() };
        let mut form = r.byte()?;
        if matches!(form, FORM_SUB_OPEN | FORM_SUB_FINAL) {
            require(&mut self.b, Proposals::GC)?;
            ty.open = (form == FORM_SUB_OPEN) as u8;
            match r.u32()? {
                0 => {}
                1 => {
                    let above = r.u32()?;
                    // Supertypes come before their subtypes.
                    if above >= index {
                        return Err(Reason::UnknownType.into());
                    }
                    ty.supertype = self.b.resolve_type(above)? + 1;
                }
                _ => return Err(Reason::Supertype.into()),
            }
            form = r.byte()?;
        }
        let parts = match form {
            FORM_ARRAY => 1,
            FORM_FUNC | FORM_STRUCT => r.u32()?,
            // Custom descriptors, continuations.
            0x4c | 0x4d | 0x5d => return Err(Reason::ProposalUnknown.into()),
            0x80.. => return Err(Reason::IntegerTooLong.into()),
            _ => return Err(Reason::MalformedTypeForm.into()),
        };
        self.check_room(r, parts)?;
        self.parts_left = parts;
        self.part = 0;
        if form == FORM_FUNC {
            let most = self.b.budget.max_params.min(u16::MAX as u32);
            self.check_limit(parts as u64, most, Reason::LimitParams)?;
            ty.vals = self.b.alloc(parts as u64 * size_of::<ValType>() as u64, align_of::<ValType>() as u32)?;
            self.state = State::TypeParams;
        } else {
            require(&mut self.b, Proposals::GC)?;
            let most = self.b.budget.max_fields.min(u16::MAX as u32);
            self.check_limit(parts as u64, most, Reason::LimitFields)?;
            ty.kind = if form == FORM_STRUCT { TypeKind::Struct } else { TypeKind::Array };
            ty.vals = self.b.alloc(parts as u64 * size_of::<FieldEntry>() as u64, align_of::<FieldEntry>() as u32)?;
            self.state = State::TypeFields;
        }
        ty.params = parts as u16;
        self.ty = ty;
        Ok(())
    }

    pub(super) fn type_params(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        if self.parts_left == 0 {
            self.state = State::TypeResultCount;
            return Ok(());
        }
        self.type_value(r)
    }

    fn type_value(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let ty = val_type(&mut self.b, r)?;
        let span = Span { off: self.ty.vals, len: self.ty.params as u32 + self.ty.results as u32 };
        put(&mut self.b, span, self.part, ty);
        self.part += 1;
        self.parts_left -= 1;
        let is_param = self.part <= self.ty.params as u32;
        let (sum, reason) = match is_param {
            true => (self.ty.param_slots, Reason::LimitParams),
            false => (self.ty.result_slots, Reason::LimitResults),
        };
        // A vector takes two slots, so that the counts alone do not bound the sums.
        let sum = sum as u32 + ty.slots();
        self.check_limit(sum as u64, u16::MAX as u32, reason)?;
        if is_param {
            self.ty.param_slots = sum as u16;
        } else {
            self.ty.result_slots = sum as u16;
        }
        Ok(())
    }

    pub(super) fn type_result_count(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let results = r.u32()?;
        self.check_room(r, results)?;
        if results > 1 {
            self.require(Proposals::MULTI_VALUE)?;
        }
        let most = self.b.budget.max_results.min(u16::MAX as u32);
        self.check_limit(results as u64, most, Reason::LimitResults)?;
        // Right behind the parameters: nothing was taken since.
        self.b.alloc(results as u64 * size_of::<ValType>() as u64, align_of::<ValType>() as u32)?;
        self.ty.results = results as u16;
        self.parts_left = results;
        self.state = State::TypeResults;
        Ok(())
    }

    pub(super) fn type_results(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        if self.parts_left == 0 { self.end_type() } else { self.type_value(r) }
    }

    /// One field of a structure, or the elements' type of an array.
    pub(super) fn type_fields(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        built(Proposals::GC)?;
        if self.parts_left == 0 {
            return self.end_type();
        }
        let code = r.byte()?;
        let storage = match code as u32 {
            packed @ (FieldType::I8 | FieldType::I16) => packed,
            _ => val_type_of(&mut self.b, r, code)?.0,
        };
        let mutable = match r.byte()? {
            0 => false,
            1 => true,
            _ => return Err(Reason::MalformedMutability.into()),
        };
        let ty = FieldType::new(storage, mutable);
        // Natural alignment up to 8; a subtype's fields continue behind its supertype's.
        let align = ty.bytes().min(8);
        let offset = self.ty.bytes.next_multiple_of(align);
        let span = Span { off: self.ty.vals, len: self.ty.params as u32 };
        put(&mut self.b, span, self.part, FieldEntry { ty, offset });
        self.ty.bytes = offset + ty.bytes();
        self.part += 1;
        self.parts_left -= 1;
        Ok(())
    }

    fn end_type(&mut self) -> Result<(), Stop> {
        let index = self.b.type_count();
        let ty = TypeEntry { canon: index, ..self.ty };
        self.b.push_type(ty)?;
        self.group.left -= 1;
        if self.group.left != 0 {
            self.state = State::TypeForm;
            return Ok(());
        }
        self.end_group()?;
        self.next_item();
        Ok(())
    }

    /// The group is complete: finds the first one equal to it, or checks it.
    fn end_group(&mut self) -> Result<(), Stop> {
        let (first, end) = self.group.bounds();
        let hash = self.group_hash();
        // Folded, for the lower bits choose the bucket.
        let fold = hash ^ hash >> 16;
        let mut at = bucket(self.b.type_buckets(), fold).map_or(0, |head| *head);
        while at != 0 {
            let other = self.b.raw_type(at - 1)?;
            if other.hash == place_hash(hash, 0) && self.is_same_group(at - 1, &other)? {
                for k in 0..end - first {
                    let entry = self.b.raw_type(first + k)?;
                    self.b.set_type(first + k, TypeEntry { canon: at - 1 + k, ..entry });
                }
                return Ok(());
            }
            at = other.next;
        }
        for index in first..end {
            let mut entry = self.b.raw_type(index)?;
            entry.hash = place_hash(hash, index - first);
            if index == first
                && let Some(head) = bucket(self.b.type_buckets(), fold)
            {
                entry.bucket = fold;
                entry.next = *head;
                *head = first + 1;
            }
            self.b.set_type(index, entry);
        }
        for index in first..end {
            self.check_supertype(index)?;
            let ty = self.b.raw_type(index)?;
            if Proposals::GC.is_built() && ty.kind != TypeKind::Func {
                let bytes = object::type_descriptor_bytes(&self.b, self.b.fields(&ty));
                self.b.add_heap(bytes);
            }
        }
        Ok(())
    }

    /// The parts of a type as numbers in which equal types agree: what stands in its value types, with
    /// references into the group at `first..end` taken by position and others by their type's hash.
    fn group_hash(&self) -> u32 {
        let (first, end) = self.group.bounds();
        let mut hash = hash_bytes(HASH_START, &(end - first).to_le_bytes());
        for ty in (first..end).filter_map(|index| self.b.raw_type(index).ok()) {
            let above = if Proposals::GC.is_built() { ty.supertype.checked_sub(1) } else { None };
            let above = above.map_or(0, |i| self.named(i));
            let head = ty.kind as u32 | (ty.open as u32) << 2 | (ty.params as u32) << 3;
            for word in [head, ty.results as u32, above] {
                hash = hash_bytes(hash, &word.to_le_bytes());
            }
            for part in parts(&self.b, &ty) {
                let named = named_by(part).map_or(0, |i| self.named(i));
                // Code, null and mutability, without the index.
                let rest = if named == 0 { part } else { part & 0x8000_01ff };
                hash = hash_bytes(hash, &rest.to_le_bytes());
                hash = hash_bytes(hash, &named.to_le_bytes());
            }
        }
        hash
    }

    /// What stands for a type index in a hash.
    fn named(&self, index: u32) -> u32 {
        let (first, end) = self.group.bounds();
        if (first..end).contains(&index) {
            return 1 + index - first;
        }
        self.b.raw_type(index).map_or(0, |e| e.hash | 1)
    }

    /// Whether the group at hand says the same as the complete one at `other`.
    fn is_same_group(&self, other: u32, head: &TypeEntry) -> Result<bool, Stop> {
        let (first, end) = self.group.bounds();
        if head.group_len != end - first {
            return Ok(false);
        }
        // An index of the group at hand, as the other one would have it.
        let moved = |i: u32| if (first..end).contains(&i) { i - first + other } else { i };
        for k in 0..end - first {
            let (a, b) = (self.b.raw_type(first + k)?, self.b.raw_type(other + k)?);
            let above = a.supertype.checked_sub(1).map_or(0, |i| moved(i) + 1);
            let heads =
                (a.kind, a.open, a.params, a.results, above) == (b.kind, b.open, b.params, b.results, b.supertype);
            let same = heads
                && parts(&self.b, &a).zip(parts(&self.b, &b)).all(|(x, y)| match named_by(x) {
                    Some(i) => x & 0x8000_01ff == y & 0x8000_01ff && Some(moved(i)) == ValType(y & 0x7fff_ffff).index(),
                    None => x == y,
                });
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A type must match what it names as its supertype (specification section 3.2.10).
    fn check_supertype(&mut self, index: u32) -> Result<(), Stop> {
        if !Proposals::GC.is_built() {
            return Ok(());
        }
        let ty = self.b.raw_type(index)?;
        let Some(above) = ty.supertype.checked_sub(1) else { return Ok(()) };
        let sup = self.b.raw_type(above)?;
        if sup.open == 0 || sup.depth >= MAX_DEPTH || !self.is_extension(&ty, &sup) {
            return Err(Reason::Supertype.into());
        }
        self.b.set_type(index, TypeEntry { depth: sup.depth + 1, ..ty });
        Ok(())
    }

    fn is_extension(&self, ty: &TypeEntry, sup: &TypeEntry) -> bool {
        let b = &self.b;
        if ty.kind != sup.kind {
            return false;
        }
        if ty.kind == TypeKind::Func {
            let ((p, r), (sp, sr)) = (b.signature(ty), b.signature(sup));
            return p.len() == sp.len()
                && r.len() == sr.len()
                && sp.iter().zip(p).all(|(&a, &c)| b.matches(a, c))
                && r.iter().zip(sr).all(|(&a, &c)| b.matches(a, c));
        }
        let (fields, above) = (b.fields(ty), b.fields(sup));
        fields.len() >= above.len() && fields.iter().zip(above).all(|(f, s)| field_matches(b, f.ty, s.ty))
    }
}

/// Whether a field may stand where a supertype has `sup` (specification section 3.3.8).
fn field_matches(b: &Build, ty: FieldType, sup: FieldType) -> bool {
    if ty.is_mutable() != sup.is_mutable() {
        return false;
    }
    if ty.is_mutable() || ty.is_packed() || sup.is_packed() {
        return ty == sup;
    }
    b.matches(ty.unpacked(), sup.unpacked())
}

/// The value types of a type, as numbers: parameters and results, or fields.
fn parts<'b>(b: &'b Build, ty: &TypeEntry) -> impl Iterator<Item = u32> + 'b {
    let kind = if Proposals::GC.is_built() { ty.kind } else { TypeKind::Func };
    let (vals, fields): (&[ValType], &[FieldEntry]) = match kind {
        TypeKind::Func => {
            let len = ty.params as u32 + ty.results as u32;
            (b.entries::<ValType>(Span { off: ty.vals, len }), &[])
        }
        TypeKind::Struct | TypeKind::Array => (&[], b.fields(ty)),
    };
    vals.iter().map(|v| v.0).chain(fields.iter().map(|f| f.ty.0))
}

/// The hash of the type at place `k` of a group.
fn place_hash(group: u32, k: u32) -> u32 {
    hash_bytes(group, &k.to_le_bytes())
}

fn bucket(buckets: &mut [u32], fold: u32) -> Option<&mut u32> {
    let at = fold as usize & buckets.len().wrapping_sub(1);
    buckets.get_mut(at)
}
