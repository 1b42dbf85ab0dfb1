//! Where a task stands in the module's text: function, offset, fuel, and the frames above.
//!
//! Reads the side tables that `translate/side.rs` describes and writes.

use super::state::{TaskHeader, phase, slot_at, stop};
use crate::module::Module;
use crate::module::layout::FuncEntry;
use crate::runtime::heap::Traced;
use crate::runtime::ops;

/// One frame of a backtrace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Frame {
    /// Number of the instance in its group.
    pub instance: u32,
    /// Function index, imports first.
    pub func: u32,
    /// Byte offset of the operator from the start of the function's body.
    pub func_offset: u32,
    /// Byte offset of the operator in the module.
    pub module_offset: u64,
}

/// What a side table says of a place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) func: u32,
    /// Fuel since the function's start or the last call.
    pub(super) cost: u32,
    /// Bytes from the body's start.
    pub(super) text: u32,
    /// Bytes of the body's start from the module's.
    pub(super) body: u32,
    /// Bytes of the side table up to and with the entry that was found; 0 before the first.
    read: u32,
}

fn code_word(module: Module<'_>, word: u32) -> *const u64 {
    let code = module.header().code.off as usize + word as usize * 8;
    module.base().wrapping_add(code).cast()
}

/// The function that holds code word `word`: index and entry.
pub(super) fn function_at<'a>(module: Module<'a>, word: u32) -> Option<(u32, &'a FuncEntry)> {
    let header = module.header();
    let own = module.entries::<FuncEntry>(header.funcs).get(header.imported_funcs as usize..)?;
    // Bodies are translated in the order of their indices.
    let behind = own.partition_point(|f| f.code <= word);
    let at = behind.checked_sub(1)?;
    let entry = own.get(at)?;
    (word < entry.code + entry.words.max(1)).then_some((header.imported_funcs + at as u32, entry))
}

/// What an entry adds to the one before.
struct Delta {
    words: u32,
    more: u32,
    text: u32,
    /// The fuel count starts anew.
    reset: bool,
}

/// A byte stream that ends in zeros.
struct Side {
    at: *const u8,
    left: u32,
}

impl Side {
    fn byte(&mut self) -> u8 {
        if self.left == 0 {
            return 0;
        }
        // SAFETY: `left` bytes of the side table lie at `at`.
        let b = unsafe { self.at.read() };
        self.at = self.at.wrapping_add(1);
        self.left -= 1;
        b
    }
    /// The side table of a function.
    fn of(module: Module<'_>, entry: &FuncEntry) -> Self {
        Side { at: code_word(module, entry.code + entry.words).cast(), left: entry.side }
    }
    /// The next entry of code, what it adds to the one before; lists of references are passed over.
    fn entry(&mut self) -> Option<Delta> {
        while self.left != 0 {
            let first = self.byte();
            let words = match first >> 4 & 7 {
                7 => self.leb(),
                n => n as u32,
            };
            let more = match first & 15 {
                15 => self.leb(),
                n => n as u32,
            };
            let text = self.leb();
            if first != 0 || text != 0 {
                return Some(Delta { words, more, text, reset: first & 0x80 != 0 });
            }
            for _ in 0..self.leb() >> 1 {
                self.leb();
            }
        }
        None
    }
    /// The list of references that follows, if one does: calls `each` with slot and kind.
    fn refs(&mut self, behind: bool, each: &mut impl FnMut(u32, Traced)) -> bool {
        let start = (self.at, self.left);
        if self.left == 0 || self.byte() != 0 || self.byte() != 0 {
            (self.at, self.left) = start;
            return false;
        }
        let count = self.leb();
        let mut slot = 0;
        for _ in 0..count >> 1 {
            let v = self.leb();
            slot += v >> 1;
            if count & 1 == 0 || behind {
                each(slot, if v & 1 == 0 { Traced::Internal } else { Traced::External });
            }
        }
        true
    }
    fn leb(&mut self) -> u32 {
        let (mut v, mut shift) = (0u32, 0);
        loop {
            let b = self.byte();
            v |= ((b & 0x7f) as u32).wrapping_shl(shift);
            shift += 7;
            if b & 0x80 == 0 || shift > 28 {
                return v;
            }
        }
    }
}

/// Looks a code word up; `how` is one of [`stop`].
pub(super) fn look_up(module: Module<'_>, word: u32, how: u32) -> Option<Place> {
    // Behind a call that is the function's last operation there may be nothing.
    let (func, entry) = function_at(module, if how == stop::BEHIND { word.wrapping_sub(1) } else { word })?;
    let mut found = Place { func, cost: 0, text: 0, body: entry.body, read: 0 };
    if how == stop::ENTRY {
        return Some(found);
    }
    let mut side = Side::of(module, entry);
    let (mut at, mut cost, mut text) = (entry.code, 0u32, 0u32);
    while let Some(delta) = side.entry() {
        at += delta.words;
        cost = if delta.reset { delta.more } else { cost + delta.more };
        text += delta.text;
        let past = match how {
            stop::BEHIND => at >= word,
            _ => at > word,
        };
        if past {
            break;
        }
        found.cost = cost;
        found.text = text;
        found.read = entry.side - side.left;
        if how == stop::LABEL && at == word {
            break;
        }
    }
    if how == stop::BEHIND || how == stop::LANDING {
        // The call settled its fuel, or the throw.
        found.cost = 0;
    }
    Some(found)
}

/// The word before a function: slots of its frames, and where in them the header lies.
fn metadata(module: Module<'_>, entry: &FuncEntry) -> u64 {
    // SAFETY: a metadata word lies before each function.
    unsafe { code_word(module, entry.code).sub(1).read() }
}

/// Slots of the function's frames.
pub(super) fn frame_slots(module: Module<'_>, entry: &FuncEntry) -> u32 {
    metadata(module, entry) as u16 as u32
}

/// Slot of the header in the function's frames.
pub(super) fn header_slot(module: Module<'_>, entry: &FuncEntry) -> u32 {
    (metadata(module, entry) >> 16) as u16 as u32
}

/// Calls `each` with the slots of the locals of a function that are references.
pub(super) fn local_refs(module: Module<'_>, entry: &FuncEntry, each: &mut impl FnMut(u32, Traced)) {
    Side::of(module, entry).refs(false, each);
}

/// Calls `each` with the slots of the operands that are references where `place` is in a function; `behind` adds
/// the results of the call that stands there.
pub(super) fn operand_refs(
    module: Module<'_>,
    entry: &FuncEntry,
    place: &Place,
    behind: bool,
    each: &mut impl FnMut(u32, Traced),
) {
    if place.read == 0 {
        return;
    }
    let mut side = Side::of(module, entry);
    side.at = side.at.wrapping_add(place.read as usize);
    side.left -= place.read;
    while side.refs(behind, each) {}
}

/// Where a frame stands: its instance, code word and first slot, and how the word is to be read ([`stop`]).
#[derive(Clone, Copy)]
struct Stand {
    id: u32,
    ip: u32,
    fp: u32,
    how: u32,
}

/// A frame of a task that is stopped.
pub(super) struct Stopped<'a> {
    /// Number of its instance in the group.
    pub(super) id: u32,
    /// First slot.
    pub(super) fp: u32,
    /// How it stands; one of [`stop`].
    pub(super) how: u32,
    pub(super) module: Module<'a>,
    pub(super) entry: &'a FuncEntry,
    pub(super) place: Place,
}

/// The frames of a task that is stopped, innermost first.
pub(super) struct Frames {
    t: *mut TaskHeader,
    next: Option<Stand>,
}

impl Frames {
    /// Those of `t` from where it stands.
    ///
    /// # Safety
    /// `t` is a live task of a live group, stopped in code, and stays so while frames are asked for.
    pub(super) unsafe fn of(t: *mut TaskHeader) -> Self {
        // SAFETY: as the caller vouches.
        let stand = unsafe { Stand { id: (*t).current, ip: (*t).ip, fp: (*t).fp, how: (*t).stop } };
        Frames { t, next: Some(stand) }
    }

    /// The next frame; those of modules that the caller of [`Frames::of`] vouches for.
    pub(super) fn step<'a>(&mut self) -> Option<Stopped<'a>> {
        let Stand { id, ip, fp, how } = self.next.take()?;
        // SAFETY: the task is stopped, so that its frames are whole; `of` had this promised.
        unsafe {
            let module = ops::module_of(ops::member(super::state::home(self.t), id)?);
            let place = look_up(module, ip, how)?;
            let (_, entry) = function_at(module, if how == stop::BEHIND { ip.wrapping_sub(1) } else { ip })?;
            let header = slot_at(self.t, fp + header_slot(module, entry)).read();
            self.next = match header as u32 {
                0 => super::cross::Record::read(self.t, fp).map(|record| Stand {
                    id: record.instance,
                    ip: record.ip,
                    fp: fp.wrapping_sub(record.delta),
                    how: stop::BEHIND,
                }),
                ip => Some(Stand { id, ip, fp: fp.wrapping_sub((header >> 32) as u32), how: stop::BEHIND }),
            };
            Some(Stopped { id, fp, how, module, entry, place })
        }
    }
}

/// Writes the frames of a task that is stopped, innermost first; returns how many there are.
///
/// # Safety
/// `t` is a live task of a live group.
pub(super) unsafe fn backtrace(t: *mut TaskHeader, out: &mut [Frame]) -> usize {
    // SAFETY: the task is stopped, so its header and frames are whole.
    unsafe {
        if matches!((*t).phase, phase::IDLE | phase::DONE) || (*t).fp == 0 {
            return 0;
        }
        let mut frames = Frames::of(t);
        let mut count = 0;
        while let Some(frame) = frames.step() {
            let place = frame.place;
            if let Some(out) = out.get_mut(count) {
                *out = Frame {
                    instance: frame.id,
                    func: place.func,
                    func_offset: place.text,
                    module_offset: place.body as u64 + place.text as u64,
                };
            }
            count += 1;
        }
        count
    }
}
