//! Makes a big module out of a real one: its functions several times over, so that the code is what a compiler emits
//! and only its amount is not. Must not know any runtime.

/// The module with each function defined `times` times; calls go to the first copy.
pub fn enlarge(wasm: &[u8], times: usize) -> Option<Vec<u8>> {
    let mut out = wasm.get(..8)?.to_vec();
    let mut at = 8;
    while at < wasm.len() {
        let id = *wasm.get(at)?;
        let (size, contents) = leb(wasm, at + 1)?;
        let end = contents.checked_add(size)?;
        let body = wasm.get(contents..end)?;
        at = end;
        match id {
            // Function and code section: a count, then entries that can be repeated as they are.
            3 | 10 => {
                let (count, first) = leb(body, 0)?;
                let entries = body.get(first..)?;
                let mut section = Vec::with_capacity(entries.len() * times + 5);
                put(&mut section, count * times);
                for _ in 0..times {
                    section.extend_from_slice(entries);
                }
                out.push(id);
                put(&mut out, section.len());
                out.extend_from_slice(&section);
            }
            // Custom sections name functions, of which there are more now.
            0 => {}
            _ => {
                out.push(id);
                put(&mut out, size);
                out.extend_from_slice(body);
            }
        }
    }
    Some(out)
}

fn leb(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
    None
}

fn put(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}
