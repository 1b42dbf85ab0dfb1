//! Operations on objects of the heap: fields, elements, `i31`, casts.
//!
//! A reference to an object is its offset from the heap's base, so that an access is one addition;
//! validation vouches for the object's type, a check for null and, in arrays, for the index. What
//! allocates or moves many elements is behind the slow door.

use crate::forms::Isa;
use crate::table::Ty;

/// Storage widths: suffix, Rust to read it, whether the accumulator gets it.
const READS: [(&str, &str); 6] = [
    ("8S", "read8(h, at) as i8 as i32 as u32 as u64"),
    ("8U", "read8(h, at) as u64"),
    ("16S", "read16(h, at) as i16 as i32 as u32 as u64"),
    ("16U", "read16(h, at) as u64"),
    ("32", "read32(h, at) as u64"),
    ("64", "read64(h, at)"),
];
const WRITES: [(&str, &str); 5] = [
    ("8", "write8(h, at, v as u8);"),
    ("16", "write16(h, at, v as u16);"),
    ("32", "write32(h, at, v as u32);"),
    ("64", "write64(h, at, v);"),
    ("128", "write64(h, at, v); write64(h, at + 8, slot(fp, f1(ip) + 1));"),
];

pub fn objects(isa: &mut Isa) {
    let object = "let h = (*ctx).heap; let r = slot(fp, f2(ip)); if r == 0 { @trap(NullReference) }";
    // [object f2]; payload offset in the next word
    let field = format!("{object} let at = r + 8 + word(ip, 1);");
    // [object f2, index f3]; element size in the next word
    let element = format!(
        "{object} let i = slot(fp, f3(ip)) as u32; if i >= read32(h, r + 8) {{ @trap(OutOfBoundsArray) }}
         let at = r + 16 + i as u64 * word(ip, 1);"
    );
    for (name, place) in [("FIELD", &field), ("ELEMENT", &element)] {
        for (width, read) in READS {
            isa.named_pair(&format!("{name}_GET_{width}"), 2, Ty::I64, &format!("{place} let r: u64 = {read};"));
        }
        isa.named(
            &format!("{name}_GET_128"),
            2,
            &format!("{place} set(fp, f1(ip), read64(h, at)); set(fp, f1(ip) + 1, read64(h, at + 8)); @next"),
        );
        for (width, write) in WRITES {
            isa.named(&format!("{name}_SET_{width}"), 2, &format!("{place} let v = slot(fp, f1(ip)); {write} @next"));
        }
    }
    // The translator counts from the first of each group.
    isa.names.retain(|(name, _)| {
        !["FIELD_", "ELEMENT_"].iter().any(|group| name.starts_with(group))
            || name.ends_with("GET_8S")
            || name.ends_with("SET_8")
    });
    isa.named_pair("ARRAY_LEN", 1, Ty::I64, &format!("{object} let r: u64 = read32(h, r + 8) as u64;"));
    isa.named_pair("REF_I31", 1, Ty::I64, "let r: u64 = ((slot(fp, f2(ip)) as u32) << 1 | 1) as u64;");
    for (name, get) in [("S", "((r as u32 as i32) >> 1) as u32 as u64"), ("U", "((r as u32) >> 1) as u64")] {
        let body = format!("let r = slot(fp, f2(ip)); if r == 0 {{ @trap(NullReference) }} let r: u64 = {get};");
        isa.named_pair(&format!("I31_GET_{name}"), 1, Ty::I64, &body);
    }
    // From `any` to `extern` and back: one bit says that a reference is of the other hierarchy.
    isa.named_pair(
        "CONVERT",
        1,
        Ty::I64,
        "let r = slot(fp, f2(ip)); let r: u64 = if r == 0 { 0 } else { r ^ (1 << 63) };",
    );
    // Reference f2, 1 where null passes f3; [type]
    let cast =
        "let r = slot(fp, f2(ip)); let yes = if r == 0 { f3(ip) != 0 } else { cast::is_of(ctx, r, word(ip, 1)) };";
    isa.named_pair("REF_TEST", 2, Ty::I64, &format!("{cast} let r: u64 = yes as u64;"));
    isa.named("REF_CAST", 2, &format!("{cast} if !yes {{ @trap(CastFailure) }} @next"));
}
