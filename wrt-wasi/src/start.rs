//! What a guest is told of its start and of the world: arguments, environment, clocks, randomness, signals.

use crate::call::{Args, Call};
use crate::errno::Errno;
use crate::host::{Clocks, Host, Random};
use crate::memory::{Answer, UNKNOWN};
use crate::types::ClockId;

/// Signals that `proc_raise` knows (`$signal`).
const SIGNALS: u32 = 31;
/// What a text counts for beside its bytes: its address, and the byte 0.
const TEXT: u64 = 5;

impl<H: Host> Call<'_, '_, H> {
    /// Writes texts one behind the other, each with a byte 0 at its end, and an array of their addresses.
    fn put_texts(&mut self, args: &Args, text: impl Fn(&H, usize) -> Option<&[u8]>) -> Answer {
        let (mut at, mut to) = (args.u32(0), args.u32(1));
        let mut number = 0;
        while let Some(bytes) = text(self.host, number) {
            self.guest.asks((bytes.len() as u64).saturating_add(TEXT));
            self.guest.put_u32(at, to)?;
            self.guest.write(to.into(), bytes)?;
            let end =
                to.checked_add(u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?).ok_or(Errno::Overflow)?;
            self.guest.write(end.into(), &[0])?;
            to = end.checked_add(1).ok_or(Errno::Overflow)?;
            at = at.checked_add(4).ok_or(Errno::Overflow)?;
            number = number.saturating_add(1);
        }
        Ok(())
    }
    /// Writes how many texts there are, and bytes in them with a byte 0 each.
    fn put_sizes(&mut self, args: &Args, text: impl Fn(&H, usize) -> Option<&[u8]>) -> Answer {
        let (mut number, mut size) = (0usize, 0usize);
        while let Some(bytes) = text(self.host, number) {
            self.guest.asks(TEXT);
            number = number.saturating_add(1);
            size = size.saturating_add(bytes.len()).saturating_add(1);
        }
        self.guest.put_u32(args.u32(0), u32::try_from(number).map_err(|_| Errno::Overflow)?)?;
        self.guest.put_u32(args.u32(1), u32::try_from(size).map_err(|_| Errno::Overflow)?)
    }
    pub(crate) fn args_get(&mut self, args: &Args) -> Answer {
        self.put_texts(args, H::argument)
    }
    pub(crate) fn args_sizes_get(&mut self, args: &Args) -> Answer {
        self.put_sizes(args, H::argument)
    }
    pub(crate) fn environ_get(&mut self, args: &Args) -> Answer {
        self.put_texts(args, H::variable)
    }
    pub(crate) fn environ_sizes_get(&mut self, args: &Args) -> Answer {
        self.put_sizes(args, H::variable)
    }

    pub(crate) fn clock_res_get(&mut self, args: &Args) -> Answer {
        let clock = args.valid(0, ClockId::from_number)?;
        let resolution = self.host.clocks().resolution(clock).ok_or(Errno::Inval)?;
        self.guest.put_u64(args.u32(1), resolution)
    }
    pub(crate) fn clock_time_get(&mut self, args: &Args) -> Answer {
        let clock = args.valid(0, ClockId::from_number)?;
        let now = self.host.clocks().now(clock).ok_or(Errno::Inval)?;
        self.guest.put_u64(args.u32(2), now)
    }

    pub(crate) fn random_get(&mut self, args: &Args) -> Answer {
        let (mut to, mut left) = (u64::from(args.u32(0)), args.u32(1) as usize);
        self.guest.check(to, left as u64)?;
        self.guest.asks(left as u64);
        while left > 0 {
            let room = self.scratch.len().min(left);
            let Some(bytes) = self.scratch.get_mut(..room).filter(|bytes| !bytes.is_empty()) else {
                return Err(Errno::Nomem.into());
            };
            self.host.random().fill(bytes)?;
            self.guest.write(to, bytes)?;
            to = to.saturating_add(room as u64);
            left = left.saturating_sub(room);
        }
        Ok(())
    }

    /// Signals do not reach the host: [`Errno::Notsup`].
    pub(crate) fn proc_raise(args: &Args) -> Answer {
        if args.u32(0) < SIGNALS { Err(Errno::Notsup.into()) } else { Err(UNKNOWN) }
    }
}
