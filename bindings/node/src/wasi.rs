//! WASI preview 1 over the operating system, granted as `node:wasi` grants it.

use napi::bindgen_prelude::*;
use napi_derive::napi;
use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::rc::Rc;
use wrt_core::{Error as WrtError, Module};
use wrt_host::HostImport;
use wrt_host::wasi::{Access, Input, Output, Wasi};
use wrt_wasi::Function;

/// A directory of the system, and what the guest calls it.
#[napi(object)]
pub struct NativePreopen {
    pub guest: String,
    pub host: String,
    pub writable: bool,
}

/// What an instance may be linked with.
#[napi]
pub struct NativeWasi(Wasi);

fn failed(error: io::Error) -> Error {
    Error::from_reason(error.to_string())
}

/// A descriptor of the program's as a file of its own.
fn file(fd: i32) -> Result<File> {
    if fd < 0 {
        return Err(Error::from_reason("a descriptor is not negative"));
    }
    // SAFETY: borrowed for the length of this call; one that is not open is refused by the duplication.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    borrowed.try_clone_to_owned().map(File::from).map_err(failed)
}

#[napi]
impl NativeWasi {
    /// Grants what is named and nothing else. The streams are descriptors of the program's.
    #[napi(constructor)]
    pub fn new(
        args: Vec<String>,
        vars: Vec<Vec<String>>,
        preopens: Vec<NativePreopen>,
        stdin: i32,
        stdout: i32,
        stderr: i32,
    ) -> Result<Self> {
        let mut builder = Wasi::builder()
            .stdin(Input::File(file(stdin)?))
            .stdout(Output::File(Rc::new(file(stdout)?)))
            .stderr(Output::File(Rc::new(file(stderr)?)))
            .blocks(true);
        for arg in args {
            builder = builder.arg(&arg).map_err(failed)?;
        }
        for var in vars {
            if let [name, value] = var.as_slice() {
                builder = builder.var(name, value).map_err(failed)?;
            }
        }
        for dir in preopens {
            let access = if dir.writable { Access::ReadWrite } else { Access::ReadOnly };
            builder = builder
                .directory(Path::new(&dir.host), &dir.guest, access)
                .map_err(|e| Error::from_reason(format!("{}: {e}", dir.host)))?;
        }
        builder.build().map(NativeWasi).map_err(failed)
    }

    /// The names of its functions.
    #[napi]
    pub fn names(&self) -> Vec<String> {
        Function::ALL.iter().map(|function| function.name().to_owned()).collect()
    }
}

impl NativeWasi {
    /// The functions that a module imports.
    pub fn imports(&self, module: Module<'_>) -> core::result::Result<Vec<HostImport>, WrtError> {
        self.0.imports(module)
    }
}
