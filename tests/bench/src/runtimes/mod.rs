//! The runtimes that share the benchmark's process, each in its own file. Must not know what is measured.

mod shapes;
mod silverfir;
mod spacewasm;
mod stitch;
mod tinywasm;
#[cfg(feature = "wasm3")]
mod wasm3;
mod wasmi;
#[cfg(feature = "wrt")]
mod wrt;

#[cfg(feature = "wrt")]
pub use wrt::account;
use wrt_bench_peer::Runtime;

/// Every runtime of this process; `wrt` comes first, the others are its peers.
pub fn all() -> Vec<Box<dyn Runtime>> {
    vec![
        #[cfg(feature = "wrt")]
        Box::new(wrt::Wrt(wrt_core::Backend::Auto)),
        #[cfg(feature = "wrt")]
        Box::new(wrt::Wrt(wrt_core::Backend::Loop)),
        Box::new(wasmi::Wasmi::new("wasmi", false)),
        Box::new(wasmi::Wasmi::new("wasmi-fuel", true)),
        Box::new(stitch::Stitch),
        #[cfg(feature = "wasm3")]
        Box::new(wasm3::Wasm3),
        Box::new(tinywasm::TinyWasm),
        Box::new(silverfir::Silverfir),
        Box::new(spacewasm::SpaceWasm),
    ]
}
