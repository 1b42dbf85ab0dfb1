//! Operations without a row of their own in the table: moves, branches, calls, and the doors to
//! the slow path.
//!
//! Fields are named `f1 f2 f3` (16 bits each), `n23` (fields 2 and 3 as one), `word(ip, n)` (the
//! n-th further word). A branch's last word holds the distance in bytes from the word before it to its target
//! (low half) and the fuel of taking it (high half). Every branch exists twice: the even operation goes forwards, the
//! odd one to a loop's label, and looks at the fuel.

use crate::forms::Isa;
use crate::table::Ty;

pub fn specials(isa: &mut Isa) {
    // Word 0 of every module: a return address of 0 leads here, back to the driver.
    isa.named("LEAVE", 1, "@exit(LEAVE)");
    isa.named("UNREACHABLE", 1, "@trap(Unreachable)");
    isa.named("CHARGE", 1, "@spend(n23(ip)) @next");

    moves(isa);
    branches(isa);
    returns(isa);
    calls(isa);
    isa.of("WIDE_ARITHMETIC", crate::wide::wide);
    isa.of("THREADS", crate::atomic::others);
    isa.of("GC", crate::object::objects);
    isa.of("EXCEPTION_HANDLING", exceptions);

    // One door for every operator that is rare or bulky: function `id` of `slow.rs` with operands
    // in consecutive slots from field 1 on. It works in steps that are bounded and charged, and
    // stands on the same operation until it is done.
    isa.named(
        "SLOW",
        2,
        "(*ctx).ip = ip; (*ctx).fp = fp;
        loop {
            let done = slow::step(ctx, fp.add(f1(ip)), word(ip, 1) as u32, f2(ip) as u32, f3(ip) as u32, (word(ip, 1) >> 32) as u32);
            @spend(done >> 32)
            let reason = done as u16;
            if reason == slow::DONE { break; }
            if reason != slow::AGAIN { (*ctx).reason = reason; @trapped }
            if @spent { @exit(FUEL_BULK) }
        }
        acc = slot(fp, f1(ip));
        @next",
    );
}

fn moves(isa: &mut Isa) {
    isa.named("COPY", 1, "let v = slot(fp, f2(ip)); set(fp, f1(ip), v); @next");
    // A second copy: to f3, from the next word.
    isa.named("COPY_2", 2, "let v = slot(fp, f2(ip)); set(fp, f1(ip), v); let v = slot(fp, word(ip, 1) as usize); set(fp, f3(ip), v); @next");
    isa.named("COPY_N", 1, "copy_slots(fp.add(f1(ip)), fp.add(f2(ip)), f3(ip)); @next");
    isa.named("CONST_U32", 1, "set(fp, f1(ip), n23(ip) as u64); @next");
    isa.named("CONST_I32", 1, "set(fp, f1(ip), n23(ip) as i32 as i64 as u64); @next");
    isa.named("CONST_64", 2, "set(fp, f1(ip), word(ip, 1)); @next");
    isa.of("FUNCTION_REFERENCES", |isa| {
        isa.named("NON_NULL_S", 1, "if slot(fp, f2(ip)) == 0 { @trap(NullReference) } @next");
        isa.named("NON_NULL_A", 1, "if acc == 0 { @trap(NullReference) } @next");
    });
    isa.named("SET_A", 1, "set(fp, f1(ip), acc); @next");
    isa.named("SET_FA", 1, "set(fp, f1(ip), fa.to_bits()); @next");
    isa.named("SET_FS", 1, "set(fp, f1(ip), fs.to_bits() as u64); @next");
    isa.of("SIMD", vectors);
    for (name, x, y) in [
        ("SS", "slot(fp, f2(ip))", "slot(fp, f3(ip))"),
        ("SI", "slot(fp, f2(ip))", "(i3(ip) as i64 as u64)"),
        ("IS", "(i2(ip) as i64 as u64)", "slot(fp, f3(ip))"),
        ("II", "(i2(ip) as i64 as u64)", "(i3(ip) as i64 as u64)"),
    ] {
        isa.named_pair(
            &format!("SELECT_A_{name}"),
            1,
            Ty::I64,
            &format!("let x: u64 = {x}; let y: u64 = {y}; let r: u64 = if acc as u32 != 0 {{ x }} else {{ y }};"),
        );
        isa.named_pair(
            &format!("SELECT_S_{name}"),
            2,
            Ty::I64,
            &format!(
                "let x: u64 = {x}; let y: u64 = {y}; let c = slot(fp, word(ip, 1) as usize & 0xffff) as u32; \
                 let r: u64 = if c != 0 {{ x }} else {{ y }};"
            ),
        );
    }
    isa.named_pair("GLOBAL_GET", 1, Ty::I64, "let r: u64 = *(*ctx).globals.add(n23(ip) as usize);");
    isa.named_pair("GLOBAL_GET_IMPORTED", 1, Ty::I64, "let r: u64 = *imported_global(ctx, n23(ip) as usize);");
    isa.named("GLOBAL_SET_S", 1, "*(*ctx).globals.add(n23(ip) as usize) = slot(fp, f1(ip)); @next");
    isa.named("GLOBAL_SET_A", 1, "*(*ctx).globals.add(n23(ip) as usize) = acc; @next");
    isa.named("GLOBAL_SET_IMPORTED", 1, "*imported_global(ctx, n23(ip) as usize) = slot(fp, f1(ip)); @next");
    isa.named_pair("MEMORY_SIZE", 1, Ty::I64, "let r: u64 = mem_size(mem_inst(ctx, f3(ip))) >> f2(ip);");
}

/// Moves of vectors: two slots, the low half first.
fn vectors(isa: &mut Isa) {
    isa.named("COPY_128", 1, "let v = vector_at(fp, f2(ip)); set_vector(fp, f1(ip), v); @next");
    isa.named("CONST_128", 3, "let v = V128::from_halves(word(ip, 1), word(ip, 2)); set_vector(fp, f1(ip), v); @next");
    let choose = "let x = vector_at(fp, f2(ip)); let y = vector_at(fp, f3(ip));";
    isa.named(
        "SELECT_128_A",
        1,
        &format!("{choose} set_vector(fp, f1(ip), if acc as u32 != 0 {{ x }} else {{ y }}); @next"),
    );
    isa.named(
        "SELECT_128_S",
        2,
        &format!(
            "{choose} let c = slot(fp, word(ip, 1) as usize & 0xffff) as u32; \
             set_vector(fp, f1(ip), if c != 0 {{ x }} else {{ y }}); @next"
        ),
    );
    for (name, cell) in
        [("", "(*ctx).globals.add(n23(ip) as usize)"), ("_IMPORTED", "imported_global(ctx, n23(ip) as usize)")]
    {
        let get = format!("let v = vector_at({cell}, 0); set_vector(fp, f1(ip), v); @next");
        isa.named(&format!("GLOBAL_GET_128{name}"), 1, &get);
        let set = format!("let v = vector_at(fp, f1(ip)); set_vector({cell}, 0, v); @next");
        isa.named(&format!("GLOBAL_SET_128{name}"), 1, &set);
    }
}

fn branches(isa: &mut Isa) {
    isa.branch("BR", "", "true");
    isa.branch(
        "ADD_BR",
        "acc = (slot(fp, f2(ip)) as u32).wrapping_add(i3(ip) as i32 as u32) as u64; set(fp, f1(ip), acc);",
        "true",
    );
    for (name, taken) in [
        ("BR_NZ_S", "slot(fp, f2(ip)) as u32 != 0"),
        ("BR_Z_S", "slot(fp, f2(ip)) as u32 == 0"),
        ("BR_NZ_A", "acc as u32 != 0"),
        ("BR_Z_A", "acc as u32 == 0"),
        ("BR_NZ64_S", "slot(fp, f2(ip)) != 0"),
        ("BR_Z64_S", "slot(fp, f2(ip)) == 0"),
        ("BR_NZ64_A", "acc != 0"),
        ("BR_Z64_A", "acc == 0"),
    ] {
        isa.branch(name, "", taken);
    }
    // Programs count cases from a constant: it is added here.
    let cases = [("BR_TABLE_S", "slot(fp, f1(ip)) as u32"), ("BR_TABLE_A", "(acc as u32).wrapping_add(i1(ip) as u32)")];
    for (name, index) in cases {
        isa.named(
            name,
            0,
            &format!(
                "let mut i = {index}; if i > n23(ip) {{ cold_path(); i = n23(ip); }} let i = i as usize; let (to, cost) = halves(ip, i + 1); @spend(cost) \
                 ip = ip.add(i).byte_offset(to as isize); if to <= 0 {{ @back }} @case(i)"
            ),
        );
    }
}

/// `hdr` is field 1; the frame of the caller continues where the header slot says.
fn returns(isa: &mut Isa) {
    let leave_frame = "let (word, delta) = header(fp, f1(ip)); ";
    // Unwinding runs the rest of every caller: so returns look at the fuel, too. The first result is
    // where the callee's frame begins.
    let back = "(*ctx).slack += 1; ip = (*ctx).code.add(word as usize);
         if @spent { cold_path(); (*ctx).top = fp; fp = fp.sub(delta as usize); @exit(FUEL_RETURN) }
         fp = fp.sub(delta as usize); @go";
    isa.named("RET", 1, &format!("{leave_frame} @spend(n23(ip)) {back}"));
    for (name, value) in [
        ("RET_S", "let v = slot(fp, f2(ip)); acc = v;"),
        ("RET_U", "let v = f2(ip) as u64; acc = v;"),
        ("RET_A", "let v = acc;"),
        ("RET_FA", "let v = fa.to_bits();"),
        ("RET_FS", "let v = fs.to_bits() as u64;"),
    ] {
        isa.named(name, 1, &format!("{leave_frame} {value} set(fp, 0, v); @spend(f3(ip)) {back}"));
    }
    isa.named("RET_N", 1, &format!("{leave_frame} copy_slots(fp, fp.add(f2(ip)), f3(ip)); acc = slot(fp, 0); {back}"));
}

/// The frame of `callee` at `nfp`: checks the stack, sets it up with `header`, charges, goes there.
fn enter(header: &str, entry: &str, cost: &str) -> String {
    // A tail call replaces its frame and takes no depth.
    let deeper =
        if header == "word, delta" { "" } else { "(*ctx).slack -= 1; if (*ctx).slack < 0 { (*ctx).slack = 0; @peak }" };
    format!(
        "acc = 0; let meta = callee.sub(1); let top = nfp.add(f0(meta)); (*ctx).top = top;
         if top > (*ctx).high_water {{ @peak }}
         {deeper}
         {entry}
         let at = nfp.add(f1(meta)); let locals = f2(meta);
         set_header(at, {header});
         zero_slots(at.add(1), locals);
         @spend({cost}) ip = callee; fp = nfp;
         if @spent {{ @exit(FUEL_ENTRY) }}
         @go"
    )
}

fn calls(isa: &mut Isa) {
    // base f1, return word n23; [callee word | fuel]
    isa.named(
        "CALL",
        2,
        &format!(
            "let w = word(ip, 1); let callee = (*ctx).code.add(w as u32 as usize); let nfp = fp.add(f1(ip)); {}",
            enter("n23(ip), f1(ip) as u32", "", "(w >> 32)")
        ),
    );
    // base f1, return word n23; [import | fuel]
    isa.named("CALL_IMPORT", 2, "@exit(CALL_IMPORT)");
    // base f1, index slot f2, table f3; [canonical type | fuel]; [return word | -]
    let target = "let table = table_inst(ctx, f3(ip)); let i = slot(fp, f2(ip));
         if i >= (*table).len { @trap(UndefinedElement) }
         let r = table_element(table, i);
         if r == 0 { @trap(UninitializedElement) }
         if (r >> 32) as u32 != (*ctx).id { @exit(CALL_REF) }
         let entry = (*ctx).funcs.add((r as u32).wrapping_sub(1) as usize);
         let w = word(ip, 1);
         // It may be a subtype: the driver knows.
         if (*entry).ty != w as u32 { @exit(CALL_REF) }";
    isa.named(
        "CALL_INDIRECT",
        3,
        &format!(
            "{target}
             if (*entry).code == 0 {{ @exit(CALL_REF) }}
             let callee = (*ctx).code.add((*entry).code as usize); @found(i) let nfp = fp.add(f1(ip)); {}",
            enter("word(ip, 2) as u32, f1(ip) as u32", "", "(word(ip, 1) >> 32)")
        ),
    );
    // base f1, reference slot f2; [- | fuel]; [return word | -]
    let typed = "let r = slot(fp, f2(ip));
         if r == 0 { @trap(NullReference) }
         if (r >> 32) as u32 != (*ctx).id { @exit(CALL_TYPED) }
         let entry = (*ctx).funcs.add((r as u32).wrapping_sub(1) as usize);
         if (*entry).code == 0 { @exit(CALL_TYPED) }
         let w = word(ip, 1);
         let callee = (*ctx).code.add((*entry).code as usize);";
    isa.of("FUNCTION_REFERENCES", |isa| {
        isa.named(
            "CALL_FUNCREF",
            3,
            &format!(
                "{typed} let nfp = fp.add(f1(ip)); {}",
                enter("word(ip, 2) as u32, f1(ip) as u32", "", "(w >> 32)")
            ),
        )
    });
    // arguments f1, how many f2, header f3; [callee word | fuel]
    let replace = "let (word, delta) = header(fp, HDR);";
    isa.named(
        "RETURN_CALL",
        2,
        &format!(
            "let w = word(ip, 1); let callee = (*ctx).code.add(w as u32 as usize); let nfp = fp; {} {}",
            replace.replace("HDR", "f3(ip)"),
            enter("word, delta", "copy_slots(fp, fp.add(f1(ip)), f2(ip));", "(w >> 32)")
        ),
    );
    isa.named("RETURN_CALL_IMPORT", 2, "@exit(TAIL_IMPORT)");
    // arguments f1, index slot f2, table f3; [canonical type | fuel]; [how many 16 | header 16 | -]
    isa.named(
        "RETURN_CALL_INDIRECT",
        3,
        &format!(
            "{target}
             if (*entry).code == 0 {{ @exit(TAIL_REF) }}
             let callee = (*ctx).code.add((*entry).code as usize); let nfp = fp;
             let n = word(ip, 2) as usize & 0xffff; {} {}",
            replace.replace("HDR", "(word(ip, 2) >> 16) as usize & 0xffff"),
            enter("word, delta", "copy_slots(fp, fp.add(f1(ip)), n);", "(w >> 32)")
        )
        .replace("@exit(CALL_REF)", "@exit(TAIL_REF)"),
    );
    // arguments f1, reference slot f2; [- | fuel]; [how many 16 | header 16 | -]
    isa.of("FUNCTION_REFERENCES", |isa| {
        isa.named(
            "RETURN_CALL_FUNCREF",
            3,
            &format!(
                "{} let nfp = fp; let n = word(ip, 2) as usize & 0xffff; {} {}",
                typed.replace("CALL_TYPED", "TAIL_TYPED"),
                replace.replace("HDR", "(word(ip, 2) >> 16) as usize & 0xffff"),
                enter("word, delta", "copy_slots(fp, fp.add(f1(ip)), n);", "(w >> 32)")
            ),
        )
    });
}

fn exceptions(isa: &mut Isa) {
    // values f1; [tag | fuel]
    isa.named("THROW", 2, "@exit(THROW)");
    // reference f1; [- | fuel]
    isa.named("THROW_REF", 2, "@exit(THROW_REF)");
    // The records that `translate/handlers.rs` describes. Code that falls off a body passes over them.
    isa.named("CATCH", 0, "ip = ip.add(n23(ip) as usize); @go");
    isa.named("DELEGATE", 3, "@next");
}
