//! The modules of the official suite as bytes, for tests that load rather than run.

use crate::spec::scripts;
use std::collections::HashSet;
use wast::lexer::Lexer;
use wast::parser::{ParseBuffer, parse};
use wast::{QuoteWat, Wast, WastDirective, WastExecute};

/// Every different module that the suite has in any directive, with the script it stands in.
///
/// # Panics
/// When a script cannot be parsed.
#[must_use]
pub fn modules() -> Vec<(String, Vec<u8>)> {
    // The parser recurses as deep as modules nest.
    let work = || {
        let mut seen = HashSet::new();
        let mut all = Vec::new();
        for script in scripts() {
            let mut lexer = Lexer::new(script.text);
            lexer.allow_confusing_unicode(true);
            let buffer = ParseBuffer::new_with_lexer(lexer).expect("a script of the suite");
            let directives = parse::<Wast<'_>>(&buffer).expect("a script of the suite").directives;
            for directive in directives {
                let encoded = match directive {
                    WastDirective::Module(mut m)
                    | WastDirective::ModuleDefinition(mut m)
                    | WastDirective::AssertMalformed { module: mut m, .. }
                    | WastDirective::AssertInvalid { module: mut m, .. } => m.encode(),
                    WastDirective::AssertUnlinkable { module, .. }
                    | WastDirective::AssertTrap { exec: WastExecute::Wat(module), .. } => {
                        QuoteWat::Wat(module).encode()
                    }
                    _ => continue,
                };
                if let Ok(wasm) = encoded
                    && seen.insert(wasm.clone())
                {
                    all.push((script.name.clone(), wasm));
                }
            }
        }
        all
    };
    std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(work)
        .expect("a thread")
        .join()
        .expect("the suite's modules")
}
