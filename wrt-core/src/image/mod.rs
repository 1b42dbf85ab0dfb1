//! Images: a translated module as bytes that run where they lie, in memory that is only read.
//!
//! A loaded module consists of offsets and fixed-width fields already, so that an image is those bytes behind a header
//! that says which build made them (`docs/image-format.md`). Nothing of them is trusted: the checksum finds accidents, and
//! the check establishes what loading establishes for a module: `check` looks at tables and types, `code` at every
//! operation. What cannot be established by looking at bytes once is refused: references in slots, objects, exceptions.

mod check;
mod code;
mod portable;
mod roles;

use crate::arena::{ARENA_ALIGN, Arena, round_up};
use crate::budget::{LoadBudget, Plan};
use crate::error::{Error, Reason};
use crate::module::Module;
use crate::module::layout::{FuncEntry, ModuleHeader};
use check::Check;

/// First bytes of an image.
pub(crate) const MAGIC: [u8; 4] = *b"wrti";
/// Version of the header and of what the check asks for.
const VERSION: u32 = 1;
/// Bytes before the module.
const HEADER: usize = 64;
/// Bytes of the header before the part that the checksum covers.
const UNCOVERED: usize = 32;
/// Where the header's fields stand.
const AT_VERSION: usize = 4;
const AT_IDENTITY: usize = 8;
const AT_SIZE: usize = 16;
const AT_CHECKSUM: usize = 24;
const AT_STACK: usize = 32;

/// Bytes of [`ModuleHeader`] that are fields; the rest is padding.
const MODULE_FIELDS: usize = core::mem::offset_of!(ModuleHeader, heap_min) + size_of::<u32>();

/// FNV-1a, 64 bits, over words of eight bytes in little-endian order.
fn checksum(bytes: &[u8]) -> u64 {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| {
        (hash ^ u64::from_le_bytes(*word)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

fn put(out: &mut [u8], at: usize, value: &[u8]) {
    for (place, byte) in out.iter_mut().skip(at).zip(value) {
        *place = *byte;
    }
}

/// The module in an image whose header is right: of this build, whole, and not damaged by accident.
fn open(image: &[u8]) -> Result<&[u8], Error> {
    let damaged = Error::new(Reason::ImageDamaged);
    if !image.starts_with(&MAGIC) {
        return Err(Error::new(Reason::ImageMagic));
    }
    let version = image.get(AT_VERSION..).and_then(|b| b.first_chunk().copied().map(u32::from_le_bytes));
    let ours = [Some(roles::IDENTITY), Some(roles::PORTABLE)].contains(&u64_at(image, AT_IDENTITY));
    if version != Some(VERSION) || !ours || cfg!(target_endian = "big") {
        return Err(Error::new(Reason::ImageVersion).at(AT_VERSION as u64));
    }
    if !image.as_ptr().addr().is_multiple_of(ARENA_ALIGN) {
        return Err(Error::new(Reason::ImageMisaligned));
    }
    // Of an image that ends within its header, the header is what is known to be missing.
    let size = u64_at(image, AT_SIZE).unwrap_or(HEADER as u64);
    if size > image.len() as u64 {
        return Err(Error::new(Reason::UnexpectedEnd).at(image.len() as u64).need(size));
    }
    let (Some(covered), Some(module)) = (image.get(UNCOVERED..size as usize), image.get(HEADER..size as usize)) else {
        return Err(damaged.at(AT_SIZE as u64));
    };
    if !size.is_multiple_of(ARENA_ALIGN as u64) || module.len() < size_of::<ModuleHeader>() {
        return Err(damaged.at(AT_SIZE as u64));
    }
    if u64_at(image, AT_CHECKSUM) != Some(checksum(covered)) {
        return Err(Error::new(Reason::ImageChecksum).at(AT_CHECKSUM as u64));
    }
    if covered.get(size_of::<u64>()..HEADER - UNCOVERED).is_none_or(|rest| rest.iter().any(|&b| b != 0)) {
        return Err(damaged.at(AT_STACK as u64 + size_of::<u64>() as u64));
    }
    Ok(module)
}

/// Bytes of scratch that the check of a module with these functions needs: a word of four bytes for each code word of the
/// longest one.
fn scratch_bytes(funcs: &[FuncEntry]) -> u64 {
    round_up(funcs.iter().map(|f| f.words as u64).max().unwrap_or(0) * size_of::<u32>() as u64)
}

/// Looks at the tables; the functions are the caller's to look at.
fn tables<'a>(bytes: &'a [u8], budget: &LoadBudget) -> Result<Check<'a>, Error> {
    // SAFETY: the bytes hold a module header, which is integers only, and are aligned (`open` looked at both). Until the
    // check is through, it alone uses the handle, and looks at each table's bounds and numbers before it reads entries.
    let module = unsafe { Module::from_base(bytes.as_ptr()) };
    let check = Check::new(module, bytes);
    check.tables(budget)?;
    Ok(check)
}

impl<'a> Module<'a> {
    /// Takes the module that lies in an image, checks it in full, and leaves it where it is: the image is never written,
    /// and must stay as it is for as long as the module is used. `image` begins on a multiple of 16 bytes; bytes behind
    /// the image are not looked at.
    ///
    /// The check needs as many bytes of `scratch` as [`Module::plan_image`] says, and gives them back.
    ///
    /// # Errors
    /// [`Reason::ImageMagic`], [`Reason::ImageVersion`] for an image of another build, [`Reason::ImageMisaligned`],
    /// [`Reason::ImageChecksum`], [`Reason::ImageDamaged`] with the byte offset of what is wrong, [`Reason::ImageFeature`],
    /// those of the budget, and [`Reason::ArenaTooSmall`] with the size that suffices. Which proposals the budget allows
    /// is looked at when the image is made, not here.
    pub fn from_image(image: &'a [u8], budget: &LoadBudget, scratch: &mut Arena<'_>) -> Result<Module<'a>, Error> {
        let bytes = open(image)?;
        let check = tables(bytes, budget)?;
        let module = check.module();
        let funcs = module.entries::<FuncEntry>(module.header().funcs);
        let need = scratch_bytes(funcs);
        if need > scratch.remaining() as u64 {
            return Err(Error::new(Reason::ArenaTooSmall).need(need));
        }
        let states: &mut [u32] = if need == 0 {
            &mut []
        } else {
            // SAFETY: the arena's bytes are lent, aligned to 16 and used by nobody else while it is borrowed; there are
            // `need` of them, which are written before they are read as numbers.
            unsafe {
                scratch.base().write_bytes(0, need as usize);
                core::slice::from_raw_parts_mut(scratch.base().cast(), need as usize / size_of::<u32>())
            }
        };
        for (index, func) in funcs.iter().enumerate().skip(module.header().imported_funcs as usize) {
            check.function(func, states).map_err(|e| e.in_func(index as u32))?;
        }
        Ok(module)
    }

    /// Says what an image needs: the scratch of its check ([`Plan::load_scratch`]), nothing for the module itself, and
    /// what instances and tasks need as for any module. [`Plan::stack_min`] is what the image says of itself: it is
    /// not checked, and a task that is too small for a call traps.
    ///
    /// # Errors
    /// Those of [`Module::from_image`] that concern anything but code.
    pub fn plan_image(image: &[u8], budget: &LoadBudget) -> Result<Plan, Error> {
        let module = tables(open(image)?, budget)?.module();
        Ok(Plan {
            load_scratch: scratch_bytes(module.entries(module.header().funcs)),
            module: 0,
            stack_min: u64_at(image, AT_STACK).unwrap_or(0),
            ..module.needs()
        })
    }

    /// Whether bytes begin as an image does.
    #[must_use]
    pub fn is_image(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// Bytes of this module's image.
    #[must_use]
    pub fn image_size(self) -> u64 {
        HEADER as u64 + self.size() as u64
    }

    /// Writes the module as an image for [`Module::from_image`]. It must have been loaded in pieces ([`crate::Loader`]),
    /// so that it borrows nothing from the WebAssembly bytes. `plan` is that of its load, for what it says of the stack.
    /// Returns how many bytes were written: [`Module::image_size`].
    ///
    /// # Errors
    /// [`Reason::ImageBorrows`] for a module that was loaded whole; [`Reason::ArenaTooSmall`] where `out` has too few
    /// bytes. Whether an image can hold what the module uses, [`Module::from_image`] says.
    pub fn write_image(self, plan: &Plan, out: &mut [u8]) -> Result<usize, Error> {
        if self.header().borrowed != 0 {
            return Err(Error::new(Reason::ImageBorrows));
        }
        let size = self.image_size();
        let Some(out) = out.get_mut(..usize::try_from(size).unwrap_or(usize::MAX)) else {
            return Err(Error::new(Reason::ArenaTooSmall).need(size));
        };
        let Some((front, module)) = out.split_at_mut_checked(HEADER) else { return Err(Reason::Internal.into()) };
        // SAFETY: a module has as many bytes as it says, all of which the loader wrote but for the padding of its header,
        // which is written here before anything reads it.
        unsafe { module.as_mut_ptr().copy_from_nonoverlapping(self.base(), module.len()) };
        put(module, MODULE_FIELDS, &[0; size_of::<ModuleHeader>() - MODULE_FIELDS]);
        front.fill(0);
        put(front, 0, &MAGIC);
        put(front, AT_VERSION, &VERSION.to_le_bytes());
        put(front, AT_IDENTITY, &roles::IDENTITY.to_le_bytes());
        put(front, AT_SIZE, &size.to_le_bytes());
        put(front, AT_STACK, &plan.stack_min.to_le_bytes());
        let sum = checksum(out.get(UNCOVERED..).unwrap_or(&[]));
        put(out, AT_CHECKSUM, &sum.to_le_bytes());
        Ok(size as usize)
    }

    /// Makes the header of an image that was changed say again that it is one of this build, with the right checksum, so
    /// that tests reach what lies behind. The size stays.
    #[doc(hidden)]
    pub fn seal_image(image: &mut [u8]) {
        let size = u64_at(image, AT_SIZE).unwrap_or(0).min(image.len() as u64);
        let sum = checksum(image.get(UNCOVERED..size as usize).unwrap_or(&[]));
        put(image, 0, &MAGIC);
        put(image, AT_VERSION, &VERSION.to_le_bytes());
        put(image, AT_IDENTITY, &roles::IDENTITY.to_le_bytes());
        put(image, AT_CHECKSUM, &sum.to_le_bytes());
    }
}
