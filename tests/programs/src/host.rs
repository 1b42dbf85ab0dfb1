//! What the programs import from module `env` (see `c/env.h` and `c/guard.h`), and what it leaves behind.
//! It knows nothing of tasks: a guarded call is noted here and left pending, `machine` carries it out.

use core::cell::{Cell, RefCell};
use wrt_core::{Caller, Completion, Error, HostError, HostResult, Reason, Value};

/// Detail of the trap by which `fail` ends the run.
pub const FAILED: u64 = 0xFA11;
/// Detail of the trap by which `escape` ends a guarded call.
pub const ESCAPED: u64 = 0xE5CA;

/// The host's side of one run.
#[derive(Default)]
pub struct Host {
    /// What the guest printed, and the results that the driver adds.
    pub output: RefCell<Vec<u8>>,
    /// Function and arguments of the guarded call that is pending.
    pub guarded: Cell<Option<[Value; 3]>>,
    /// Host calls made, of every kind.
    pub calls: Cell<u64>,
}

impl Host {
    /// `print(address, length)`
    ///
    /// # Errors
    /// A trap where the text does not lie in the guest's memory.
    pub fn print(&self, caller: &mut Caller, slots: &mut [Value]) -> HostResult {
        self.count();
        let text = text_of(caller, slots)?;
        self.output.borrow_mut().extend(text);
        Ok(Completion::Done)
    }

    /// `fail(address, length)`: the message becomes a line of the output that starts with `!`.
    ///
    /// # Errors
    /// Always: the trap [`FAILED`].
    pub fn fail(&self, caller: &mut Caller, slots: &mut [Value]) -> HostResult {
        self.count();
        let text = text_of(caller, slots)?;
        let mut output = self.output.borrow_mut();
        output.extend(b"! ");
        output.extend(text);
        output.push(b'\n');
        Err(HostError::trap(FAILED, c"the guest gave up"))
    }

    /// `guard(f, a, b)`: parks the task until the machine has made the call.
    ///
    /// # Errors
    /// None.
    pub fn guard(&self, _: &mut Caller, slots: &mut [Value]) -> HostResult {
        self.count();
        let call = <[Value; 3]>::try_from(&*slots).map_err(|_| HostError::trap(0, c"guard takes three parameters"))?;
        self.guarded.set(Some(call));
        Ok(Completion::Pending)
    }

    /// `escape()`
    ///
    /// # Errors
    /// Always: the trap [`ESCAPED`].
    pub fn escape(&self, _: &mut Caller, _: &mut [Value]) -> HostResult {
        self.count();
        Err(HostError::trap(ESCAPED, c"left a guarded call"))
    }

    fn count(&self) {
        self.calls.set(self.calls.get() + 1);
    }
}

/// Whether a run ended by the host trap of this detail.
#[must_use]
pub fn ended_by(error: &Error, detail: u64) -> bool {
    error.reason == Reason::HostTrap && error.detail == detail
}

/// The guest's text of which a host call gave address and length.
fn text_of(caller: &Caller, slots: &[Value]) -> Result<Vec<u8>, HostError> {
    let [address, length, ..] = slots else {
        return Err(HostError::trap(0, c"a text is given by address and length"));
    };
    let (address, length) = (address.i32() as u32, length.i32() as u32);
    // A length that no memory has must not decide how much the host allocates.
    let in_memory = caller.instance().memory_bytes();
    if u64::from(length) > in_memory {
        return Err(HostError::trap(0, c"the text is longer than the memory"));
    }
    let mut text = vec![0; length as usize];
    caller.read(u64::from(address), &mut text)?;
    Ok(text)
}
