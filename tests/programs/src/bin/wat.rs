//! Converts WebAssembly text to binary: `wat IN.wat OUT.wasm [IN OUT]...`.
//! It knows nothing of the engine; the text format's names become the binary's name section.

use std::process::ExitCode;

fn main() -> ExitCode {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    if paths.is_empty() || !paths.len().is_multiple_of(2) {
        eprintln!("usage: wat IN.wat OUT.wasm [IN OUT]...");
        return ExitCode::from(2);
    }
    for pair in paths.chunks(2) {
        let result = wat::parse_file(&pair[0]).map_err(|error| error.to_string());
        if let Err(error) =
            result.and_then(|bytes| std::fs::write(&pair[1], bytes).map_err(|error| format!("{}: {error}", pair[1])))
        {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
