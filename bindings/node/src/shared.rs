//! The buffer through which values pass, and the one JavaScript function that answers for all host functions.
//!
//! The buffer belongs to JavaScript and is never shown to a user, so that it is neither detached nor moved. Its first
//! words say what happened; values follow, sixteen bytes each. One call writes and reads it with no code of a user's in
//! between, so that nested calls can use the same buffer.

use crate::entry::Entries;
use crate::report::{self, NativeError};
use core::cell::RefCell;
use core::ptr::{NonNull, null_mut};
use napi::bindgen_prelude::*;
use napi::sys;
use napi_derive::napi;
use std::rc::Rc;
use wrt_core::{Error as WrtError, Module, Value};

/// Words before the values.
pub const HEAD: usize = 16;
/// Values that there is room for: more than a module may have parameters or results.
pub const VALUES: usize = 1024;
/// Bytes of the buffer.
pub const BYTES: usize = HEAD * 4 + VALUES * 16;

/// What the words of the head are for.
pub mod word {
    /// How a call went; the number of the host function that is called; its answer.
    pub const CODE: usize = 0;
    /// An instance, an exit code.
    pub const INSTANCE: usize = 1;
    /// An index.
    pub const INDEX: usize = 2;
    /// How many values there are.
    pub const COUNT: usize = 3;
    /// An exception.
    pub const EXCEPTION: usize = 4;
    /// Whether a memory that JavaScript sees has another size.
    pub const GROWN: usize = 5;
    /// The function that is entered.
    pub const ENTRY: usize = 7;
    /// Whether the next call has fuel of its own, which stands in two words.
    pub const GRANT: usize = 6;
    pub const FUEL: usize = 8;
}

/// What both halves share, in one thread.
pub struct Shared {
    pub env: sys::napi_env,
    words: NonNull<i32>,
    buffer: sys::napi_ref,
    dispatch: sys::napi_ref,
    error: RefCell<Option<NativeError>>,
    pub entries: Entries,
}

impl Shared {
    pub fn word(&self, at: usize) -> i32 {
        // SAFETY: the head has that many words; the buffer is kept by a reference.
        unsafe { self.words.add(at.min(HEAD - 1)).read() }
    }
    pub fn set_word(&self, at: usize, value: i32) {
        // SAFETY: as for `word`.
        unsafe { self.words.add(at.min(HEAD - 1)).write(value) }
    }

    /// The fuel that the next call was given, once.
    pub fn grant(&self) -> Option<u64> {
        if self.word(word::GRANT) == 0 {
            return None;
        }
        self.set_word(word::GRANT, 0);
        let half = |at| u64::from(self.word(at) as u32);
        Some(half(word::FUEL) | half(word::FUEL + 1) << 32)
    }

    fn values(&self) -> *mut Value {
        // SAFETY: the values follow the head, within the buffer.
        unsafe { self.words.add(HEAD).as_ptr().cast() }
    }
    /// Reads values from the buffer.
    pub fn read(&self, out: &mut [Value]) {
        for (i, value) in out.iter_mut().take(VALUES).enumerate() {
            // SAFETY: the buffer has room for so many values. Volatile, because a copy of a value or two is faster than
            // a call of `memcpy`.
            *value = unsafe { self.values().add(i).read_volatile() };
        }
    }
    /// Writes values to the buffer.
    pub fn write(&self, values: &[Value]) {
        for (i, value) in values.iter().take(VALUES).enumerate() {
            // SAFETY: as for `read`.
            unsafe { self.values().add(i).write_volatile(*value) }
        }
    }
    /// The first value.
    pub fn first(&self) -> Value {
        let mut one = [Value::ZERO];
        self.read(&mut one);
        let [value] = one;
        value
    }

    /// Keeps an error for JavaScript to ask for.
    pub fn keep<T>(&self, result: core::result::Result<T, WrtError>, module: Option<Module<'_>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.set_error(report::error(&error, module));
                None
            }
        }
    }
    /// Keeps an error.
    pub fn set_error(&self, error: NativeError) {
        *self.error.borrow_mut() = Some(error);
    }

    /// Calls the JavaScript function that answers for host functions; whether it returned. Where it did not, because the
    /// stack of JavaScript is exhausted or a worker is ended, the run is to end: the exception is pending, and thrown
    /// when the addon returns.
    pub fn dispatch(&self) -> bool {
        let mut scope = null_mut();
        let (mut function, mut this, mut result) = (null_mut(), null_mut(), null_mut());
        // SAFETY: called on the thread of the environment, within a call that Node has made; the reference is held.
        unsafe {
            if sys::napi_open_handle_scope(self.env, &mut scope) != sys::Status::napi_ok {
                return false;
            }
            let ready = sys::napi_get_reference_value(self.env, self.dispatch, &mut function) == sys::Status::napi_ok
                && sys::napi_get_undefined(self.env, &mut this) == sys::Status::napi_ok;
            let returned = ready
                && sys::napi_call_function(self.env, this, function, 0, core::ptr::null(), &mut result)
                    == sys::Status::napi_ok;
            sys::napi_close_handle_scope(self.env, scope);
            returned
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: finalizers run on the thread of the environment.
        unsafe {
            sys::napi_delete_reference(self.env, self.buffer);
            sys::napi_delete_reference(self.env, self.dispatch);
        }
    }
}

/// What both halves share.
#[napi]
pub struct NativeShared(pub(crate) Rc<Shared>);

#[napi]
impl NativeShared {
    /// Takes the buffer, of `sharedBytes()` bytes, and the function that answers for host functions.
    #[napi(constructor)]
    pub fn new(env: Env, buffer: Object, dispatch: Unknown) -> Result<Self> {
        let env = env.raw();
        let (mut data, mut len) = (null_mut(), 0);
        let (mut buffer_ref, mut dispatch_ref) = (null_mut(), null_mut());
        // SAFETY: the values are handles of this call.
        let ok = unsafe {
            sys::napi_get_arraybuffer_info(env, buffer.raw(), &mut data, &mut len) == sys::Status::napi_ok
                && sys::napi_create_reference(env, buffer.raw(), 1, &mut buffer_ref) == sys::Status::napi_ok
                && sys::napi_create_reference(env, dispatch.raw(), 1, &mut dispatch_ref) == sys::Status::napi_ok
        };
        match NonNull::new(data.cast::<i32>()) {
            Some(words) if ok && len >= BYTES => Ok(NativeShared(Rc::new(Shared {
                env,
                words,
                buffer: buffer_ref,
                dispatch: dispatch_ref,
                error: RefCell::default(),
                entries: Entries::default(),
            }))),
            _ => Err(Error::from_reason("the shared buffer is too small")),
        }
    }

    /// The error that the last call left, once.
    #[napi]
    pub fn last_error(&self) -> Option<NativeError> {
        self.0.error.borrow_mut().take()
    }
}

/// Bytes that the shared buffer must have.
#[napi]
pub fn shared_bytes() -> u32 {
    BYTES as u32
}
