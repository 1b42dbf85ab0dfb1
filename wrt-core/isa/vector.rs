//! The operations of the vector operators. Next door to `forms.rs`, whose words it uses.
//!
//! Vectors are read from slots and written to slots; there is no accumulator for them. An operator
//! whose result is a scalar comes in the usual pair. So there are few forms: a slot for every operand,
//! and for what stands second and is no vector (the count of a shift) an immediate.

use crate::forms::{Isa, rust, src};
use crate::table::{Imm, Row, Ty};

/// Offsets of the forms of [`crate::table::Kind::Vector`].
pub const VECTOR: &[(&str, usize)] = &[("S", 0), ("I", 1)];
/// Addresses: a slot and an accumulator with a near end in memory 0; any other.
pub const ACCESS: &[(&str, usize)] = &[("S", 0), ("A", 1), ("X", 2)];

/// What reads (`read`, `load`) or writes (`write`, `store`) the bytes of an access in this form: of memory
/// 0, whose base is at hand, or of any, which other threads may share.
fn access(form: &str, [near, any]: [&str; 2], what: &str) -> String {
    if form == "X" { format!("{any}{what}(mi, ") } else { format!("{near}{what}(base, ") }
}

/// The end `e` of an access, compared with the memory's length; leaves its base in `base`, or the memory
/// in `mi`.
fn reach(form: &str) -> String {
    let far = "let mi = mem_inst(ctx, f3(ip)); let (e, over) = slot(fp, f2(ip)).overflowing_add(word(ip, 1)); \
               if over || e > mem_len(mi) { @trap(OutOfBoundsMemory) }";
    let near = |address: String| {
        format!(
            "let e = {address} as u64 + f3(ip) as u64; if e > (*ctx).mem_len {{ @trap(OutOfBoundsMemory) }} let base = mem;"
        )
    };
    match form {
        "S" => near(src(Ty::I32, 's', 2)),
        "A" => near("(acc as u32)".into()),
        _ => far.into(),
    }
}

impl Isa {
    /// Operands in fields 2 and 3, the third one or the lane in the next word; a lone operand's lane in
    /// field 3; the lanes of a shuffle in two words.
    pub fn vector(&mut self, row: &Row, operands: &[Ty], result: Ty) {
        let names = ["a", "b", "c"];
        let (words, lane) = match (row.imm, operands.len()) {
            (Imm::Lane, 1) => (1, "let lane = f3(ip);"),
            (Imm::Lane, _) => (2, "let lane = word(ip, 1) as usize;"),
            (Imm::Lanes, _) => (3, "let lanes = V128::from_halves(word(ip, 1), word(ip, 2));"),
            (_, 3) => (2, ""),
            _ => (1, ""),
        };
        let mut meaning = row.meaning.to_string();
        if meaning.is_empty() {
            let mut args = names[..operands.len()].join(", ");
            match row.imm {
                Imm::Lane => args += ", lane",
                Imm::Lanes => args += ", lanes",
                _ => {}
            }
            meaning = format!("vector::{}({args})", row.name.replace('.', "_"));
        }
        for form in ['s', 'i'] {
            let mut reads = String::from(lane);
            for (i, (ty, name)) in operands.iter().zip(names).enumerate() {
                let read = match i {
                    2 => "vector_at(fp, word(ip, 1) as usize & 0xffff)".into(),
                    1 => src(*ty, form, 3),
                    _ => src(*ty, 's', 2),
                };
                reads += &format!("let {name}: {} = {read};", rust(*ty));
            }
            let compute = format!("{reads} let r: {} = {meaning};", rust(result));
            if result != Ty::V128 {
                self.pair(row, "s", words, result, &compute);
                return;
            }
            let name = format!("{} {form}", row.name);
            self.push_apart(name, words, &format!("{compute} set_vector(fp, f1(ip), r);"));
            if operands != [Ty::V128, Ty::I32] || row.imm != Imm::None {
                return;
            }
        }
    }

    pub fn vector_load(&mut self, row: &Row, width: u32) {
        for (form, _) in ACCESS {
            let words = if *form == "X" { 2 } else { 1 };
            let read = if row.meaning.contains("half") {
                format!("let half = {}e - 8);", access(form, ["read", "load"], "_half"))
            } else {
                format!("let m = {}e - {width});", access(form, ["read", "load"], &(width * 8).to_string()))
            };
            let body = format!("{} {read} set_vector(fp, f1(ip), {}); @next", reach(form), row.meaning);
            self.push(format!("{} {}", row.name, form.to_lowercase()), words, body);
        }
    }

    pub fn vector_store(&mut self, row: &Row, width: u32) {
        for (form, _) in ACCESS {
            let words = if *form == "X" { 2 } else { 1 };
            let body = format!(
                "let v = vector_at(fp, f1(ip)); {} {}e - {width}, {}); @next",
                reach(form),
                access(form, ["write", "store"], &(width * 8).to_string()),
                row.meaning
            );
            self.push(format!("{} {}", row.name, form.to_lowercase()), words, body);
        }
    }

    /// Always any address; the word behind the end holds the lane, and for loads the vector's slot.
    pub fn load_lane(&mut self, row: &Row, width: u32) {
        let body = format!(
            "let w = word(ip, 2) as usize; let v = vector_at(fp, w & 0xffff); let lane = w >> 16; {} \
             let m = load{}(mi, e - {width}); set_vector(fp, f1(ip), {}); @next",
            reach("X"),
            width * 8,
            row.meaning
        );
        self.push(row.name.into(), 3, body);
    }

    pub fn store_lane(&mut self, row: &Row, width: u32) {
        let body = format!(
            "let lane = word(ip, 2) as usize >> 16; let v = vector_at(fp, f1(ip)); {} \
             store{}(mi, e - {width}, {}); @next",
            reach("X"),
            width * 8,
            row.meaning
        );
        self.push(row.name.into(), 3, body);
    }
}
