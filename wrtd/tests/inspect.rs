//! `wrtd inspect`: what it says of a binary, compared with a walk over the bytes and with `wasmparser`'s features.

mod common;

use common::{code, err, json, out, root, wrtd, wrtd_bytes, wrtd_text};
use serde_json::json as object;
use wasmparser::{Validator, WasmFeatures};

/// A LEB128 number and how many bytes it takes (specification, section 5.2.2).
fn leb(bytes: &[u8]) -> (u64, usize) {
    let (mut value, mut taken) = (0, 0);
    for byte in bytes {
        value |= u64::from(byte & 0x7f) << (7 * taken);
        taken += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    (value, taken)
}

/// Offset and size of each section's contents (specification, section 5.5.2).
fn sections(wasm: &[u8]) -> Vec<(u64, u64)> {
    let (mut at, mut found) = (8, Vec::new());
    while at < wasm.len() {
        let (size, taken) = leb(&wasm[at + 1..]);
        at += 1 + taken;
        found.push((at as u64, size));
        at += size as usize;
    }
    found
}

#[test]
fn cli_1_inspect_lists_every_section() {
    for name in ["fac", "control", "crc", "grow", "host", "sensor", "trap"] {
        let path = root().join(format!("examples/guests/wasm/{name}.wasm"));
        let wasm = std::fs::read(&path).expect("a guest");
        let said = json(&wrtd(&["inspect", path.to_str().expect("UTF-8"), "--json"]));
        let list = said["sections"].as_array().expect("sections");
        let listed: Vec<_> = list.iter().map(|s| (s["offset"].as_u64(), s["bytes"].as_u64())).collect();
        let expected: Vec<_> = sections(&wasm).into_iter().map(|(offset, bytes)| (Some(offset), Some(bytes))).collect();
        assert_eq!(listed, expected, "{name}");
        assert_eq!(said["bytes"], wasm.len());
    }
}

#[test]
fn cli_1_inspect_tells_imports_and_exports_with_their_types() {
    let text = r#"(module
      (import "env" "led" (func $led (param i32 f64) (result i64 f32)))
      (import "env" "table" (table 1 2 externref))
      (memory (export "memory") 1 4)
      (global (export "count") (mut i32) (i32.const 0))
      (tag (export "odd") (param i32))
      (func $begin)
      (start $begin)
      (func (export "f") (param i64) (result f32) (f32.const 1)))"#;
    let said = json(&wrtd_text(text, &["inspect", "-", "--json"]));
    let imports = object!([
        { "module": "env", "name": "led", "type": "function (i32, f64) -> (i64, f32)" },
        { "module": "env", "name": "table", "type": "table 1..2 of externref" },
    ]);
    let exports = object!([
        { "module": null, "name": "memory", "type": "memory 1..4 pages" },
        { "module": null, "name": "count", "type": "global mutable i32" },
        { "module": null, "name": "odd", "type": "tag (i32)" },
        { "module": null, "name": "f", "type": "function (i64) -> f32" },
    ]);
    assert_eq!((&said["imports"], &said["exports"]), (&imports, &exports));
    assert_eq!(said["start"], 1);
    let text = out(&wrtd_text(text, &["inspect", "-"]));
    for line in ["env.led: function (i32, f64) -> (i64, f32)", "f: function (i64) -> f32", "start: function 1"] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

/// The proposals that a module needs are those without which `wasmparser` refuses it.
#[test]
fn cli_1_inspect_names_the_proposals() {
    let features = [
        ("sign-extension-ops", WasmFeatures::SIGN_EXTENSION),
        ("nontrapping-float-to-int-conversions", WasmFeatures::SATURATING_FLOAT_TO_INT),
        ("multi-value", WasmFeatures::MULTI_VALUE),
        ("bulk-memory-operations", WasmFeatures::BULK_MEMORY),
        ("tail-call", WasmFeatures::TAIL_CALL),
        ("extended-const", WasmFeatures::EXTENDED_CONST),
        ("multi-memory", WasmFeatures::MULTI_MEMORY),
        ("memory64", WasmFeatures::MEMORY64),
        ("simd", WasmFeatures::SIMD),
        ("relaxed-simd", WasmFeatures::RELAXED_SIMD),
        ("exception-handling", WasmFeatures::EXCEPTIONS),
        ("threads", WasmFeatures::THREADS),
        ("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
        ("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    ];
    let bodies = [
        "(func (drop (i32.extend8_s (i32.const 1))))",
        "(func (drop (i32.trunc_sat_f32_s (f32.const 1))))",
        "(func (result i32 i32) (i32.const 1) (i32.const 2))",
        "(memory 1) (func (memory.fill (i32.const 1) (i32.const 1) (i32.const 1)))",
        "(func $f (return_call $f))",
        "(global i32 (i32.add (i32.const 1) (i32.const 1)))",
        "(memory 1) (memory 1)",
        "(memory i64 1)",
        "(func (drop (v128.const i32x4 1 2 3 4)))",
        "(func (param v128) (drop (i32x4.relaxed_trunc_f32x4_s (local.get 0))))",
        "(tag) (func (throw 0))",
        "(memory 1 1 shared)",
        "(memory 1 (pagesize 1))",
        "(func (param i64) (drop (i64.mul_wide_u (local.get 0) (local.get 0))) drop)",
        "(func)",
    ];
    for body in bodies {
        let wasm = wat::parse_str(format!("(module {body})")).expect("a module");
        let said = json(&wrtd_bytes(&wasm, &["inspect", "-", "--json"]));
        let used: Vec<&str> = said["proposals"].as_array().expect("a list").iter().filter_map(|p| p.as_str()).collect();
        for (name, feature) in features {
            let without = WasmFeatures::all().difference(feature);
            let needed = Validator::new_with_features(without).validate_all(&wasm).is_err();
            assert_eq!(used.contains(&name), needed, "{name}: {body} {said}");
        }
    }
}

#[test]
fn cli_1_inspect_gives_the_offset_of_what_is_malformed() {
    let whole = std::fs::read(root().join("examples/guests/wasm/control.wasm")).expect("a guest");
    let (cut, mut bad) = (&whole[..200], whole.clone());
    for wasm in [cut, {
        // The first type is no type.
        bad[11] = 0x00;
        &bad
    }] {
        let error =
            Validator::new_with_features(WasmFeatures::all()).validate_all(wasm).err().expect("it is malformed");
        let output = wrtd_bytes(wasm, &["inspect", "-"]);
        assert_eq!(code(&output), 1);
        assert!(err(&output).contains(&format!("offset {:#x}", error.offset())), "{error}: {}", err(&output));
        let said = json(&wrtd_bytes(wasm, &["inspect", "-", "--json"]));
        assert_eq!(said["error"]["offset"], error.offset());
    }
}

/// Complexity is what `wrtd limits` counts.
#[test]
fn cli_1_inspect_tells_complexity_and_names() {
    let text = "(module (memory 1) (table 1 funcref) (func $f (drop (memory.grow (i32.const 1))) (call $f)))";
    let said = json(&wrtd_text(text, &["inspect", "-", "--json"]));
    let counted = json(&wrtd_text(text, &["limits", "-", "--json", "--no-platform"]));
    for key in ["component_complexity", "module_complexity", "traits"] {
        assert_eq!(said[key], counted[0][key], "{key}");
    }
    assert_eq!(said["names"], object!([{ "of": "functions", "count": 1 }]));
    // What is in a component, too.
    let component = "(component (core module (func (export \"f\"))) (import \"log\" (func)))";
    let said = json(&wrtd_text(component, &["inspect", "-", "--json"]));
    assert_eq!((&said["kind"], &said["imports"][0]["name"]), (&object!("component"), &object!("log")));
    assert!(said["sections"].as_array().expect("sections").iter().any(|s| s["depth"] == 1), "{said}");
}
