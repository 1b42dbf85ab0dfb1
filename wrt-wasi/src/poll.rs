//! Waiting for one of several things (`poll_oneoff`), and what any call that cannot answer waits for.
//!
//! An error of one subscription is told in its event, as the record has it, and does not keep the others from being
//! looked at. Relative times count from when the call began to wait.

use crate::call::{Args, Call, Since};
use crate::errno::Errno;
use crate::host::{Clocks, Files, Host, Interest, Ready, Sockets, Source, Stream, Streams, Waits};
use crate::memory::{Answer, Guest, Record, Stop, number};
use crate::names::{Function, Version};
use crate::table::{self, Node, Slot};
use crate::types::{ClockId, Rights};

/// Bytes of a `$subscription` in each version, at least, and of an `$event`.
const SUBSCRIPTION: usize = 48;
const SUBSCRIPTION_UNSTABLE: usize = 56;
const EVENT: u32 = 32;
/// Subscriptions of one call: as `poll` in POSIX, more than could ever be open is an error.
const MOST_SUBSCRIPTIONS: u32 = 1 << 16;
/// What one counts for, in bytes that are gone through: about what asking an operating system takes.
const ASKED: u64 = 4096;
/// `$subclockflags`: the time is absolute.
const ABSOLUTE: u64 = 1;
/// `$eventrwflags`: the other side is gone.
const HANGUP: u16 = 1;

/// What an event is of (`$eventtype`).
#[derive(Clone, Copy)]
enum Subject {
    /// The clock, and the time that it must show.
    Clock { clock: u64, timeout: u64, absolute: bool },
    /// A descriptor.
    Descriptor { fd: u32, write: bool },
}

#[derive(Clone, Copy)]
struct Subscription {
    userdata: u64,
    tag: u8,
    subject: Subject,
}

/// Bytes of a subscription.
fn size(version: Version) -> usize {
    match version {
        Version::Preview1 => SUBSCRIPTION,
        Version::Unstable => SUBSCRIPTION_UNSTABLE,
    }
}

/// Reads the subscription with this number.
fn subscription(guest: &Guest<'_>, version: Version, array: u32, k: u32) -> Answer<Subscription> {
    let size = size(version);
    let at = u64::from(array).saturating_add(u64::from(k).saturating_mul(size as u64));
    let mut record = [0; SUBSCRIPTION_UNSTABLE];
    guest.read(at, record.get_mut(..size).unwrap_or(&mut []))?;
    let tag = number::<1>(&record, 8) as u8;
    // The older version names the subscription twice.
    let clock = if version == Version::Preview1 { 16 } else { 24 };
    let subject = match tag {
        0 => {
            let flags = number::<2>(&record, clock + 24);
            if flags & !ABSOLUTE != 0 {
                return Err(Errno::Inval.into());
            }
            Subject::Clock {
                clock: number::<4>(&record, clock),
                timeout: number::<8>(&record, clock + 8),
                absolute: flags == ABSOLUTE,
            }
        }
        1 | 2 => Subject::Descriptor { fd: number::<4>(&record, 16) as u32, write: tag == 2 },
        _ => return Err(Errno::Inval.into()),
    };
    Ok(Subscription { userdata: number::<8>(&record, 0), tag, subject })
}

/// The clock, and the time when it is reached, in its own nanoseconds.
fn deadline(clock: u64, timeout: u64, absolute: bool, since: &Since) -> Result<(ClockId, u64), Errno> {
    let (id, start) = match ClockId::from_number(clock as u32) {
        Some(id @ ClockId::Realtime) => (id, since.realtime),
        Some(id @ ClockId::Monotonic) => (id, since.monotonic),
        _ => return Err(Errno::Inval),
    };
    Ok((id, if absolute { timeout } else { start.saturating_add(timeout) }))
}

/// What the descriptors of a call that waits stand for.
struct Interests<'a, 'i, H: Host> {
    slots: &'a [Slot<H>],
    guest: &'a Guest<'i>,
    version: Version,
    array: u32,
    count: u32,
    next: u32,
    /// A single descriptor instead, and whether it is to be written.
    single: Option<(u32, bool)>,
}

impl<'a, H: Host> Interests<'a, '_, H> {
    fn of(&self, fd: u32, write: bool) -> Option<Interest<'a, H>> {
        let source = match &self.slots.get(fd as usize)?.0.as_ref()?.node {
            Node::Stream(stream) => Source::Stream(*stream),
            Node::File { file, .. } => Source::File(file),
            Node::Socket(socket) => Source::Socket(socket),
            Node::Dir { .. } => return None,
        };
        Some(Interest { source, write })
    }
}

impl<'a, H: Host> Iterator for Interests<'a, '_, H> {
    type Item = Interest<'a, H>;
    fn next(&mut self) -> Option<Interest<'a, H>> {
        if let Some((fd, write)) = self.single.take() {
            return self.of(fd, write);
        }
        while self.next < self.count {
            let k = self.next;
            self.next = self.next.saturating_add(1);
            if let Ok(Subscription { subject: Subject::Descriptor { fd, write }, .. }) =
                subscription(self.guest, self.version, self.array, k)
                && let Some(interest) = self.of(fd, write)
            {
                return Some(interest);
            }
        }
        None
    }
}

impl<H: Host> Call<'_, '_, H> {
    /// When the call began.
    fn since(&mut self) -> Since {
        if let Some(since) = *self.since {
            return since;
        }
        let clocks = self.host.clocks();
        let since = Since {
            realtime: clocks.now(ClockId::Realtime).unwrap_or(0),
            monotonic: clocks.now(ClockId::Monotonic).unwrap_or(0),
        };
        *self.since = Some(since);
        since
    }

    /// Whether a descriptor can be read or written.
    fn ready(&mut self, fd: u32, write: bool) -> Answer<Ready> {
        let always = |bytes: u64, hangup: bool| Ready { bytes, hangup };
        Ok(match &table::get(self.slots, fd, Rights::POLL_FD_READWRITE)?.node {
            Node::Stream(stream) if (*stream != Stream::Stdin) == write => self.host.streams().ready(*stream, write)?,
            Node::File { .. } if write => always(1, false),
            Node::File { file, position, .. } => {
                let left = self.host.files().stat(file)?.size.saturating_sub(*position);
                always(left, left == 0)
            }
            Node::Socket(socket) => self.host.sockets().ready(socket, write)?,
            Node::Stream(_) | Node::Dir { .. } => return Err(Errno::Badf.into()),
        })
    }

    /// The event of a subscription; `None` where nothing has happened.
    fn event(&mut self, subscription: &Subscription) -> Answer<Option<Record<32>>> {
        let happened = match subscription.subject {
            Subject::Clock { clock, timeout, absolute } => {
                let since = self.since();
                match deadline(clock, timeout, absolute, &since) {
                    Ok((id, at)) if self.host.clocks().now(id).unwrap_or(u64::MAX) < at => return Ok(None),
                    Ok(_) => Ok(Ready { bytes: 0, hangup: false }),
                    Err(errno) => Err(errno),
                }
            }
            Subject::Descriptor { fd, write } => match self.ready(fd, write) {
                Ok(ready) => Ok(ready),
                Err(Stop::Errno(Errno::Again)) => return Ok(None),
                Err(Stop::Errno(errno)) => Err(errno),
                Err(other) => return Err(other),
            },
        };
        let head = Record::new().with(0, &subscription.userdata.to_le_bytes()).with(10, &[subscription.tag]);
        Ok(Some(match happened {
            Ok(ready) => {
                let flags = if ready.hangup { HANGUP } else { 0 };
                head.with(16, &ready.bytes.to_le_bytes()).with(24, &flags.to_le_bytes())
            }
            Err(errno) => head.with(8, &errno.number().to_le_bytes()),
        }))
    }

    pub(crate) fn poll_oneoff(&mut self, args: &Args) -> Answer {
        let (array, events, count) = (args.u32(0), args.u32(1), args.u32(2));
        if count == 0 {
            return Err(Errno::Inval.into());
        }
        self.guest.record::<1>(array, 8)?;
        self.guest.check(array.into(), u64::from(count).saturating_mul(size(self.version) as u64))?;
        self.guest.check(events.into(), u64::from(count).saturating_mul(EVENT.into()))?;
        if count > MOST_SUBSCRIPTIONS {
            return Err(Errno::Inval.into());
        }
        self.guest.asks(u64::from(count).saturating_mul(ASKED));
        let mut happened = 0u32;
        for k in 0..count {
            let subscription = subscription(self.guest, self.version, array, k)?;
            if let Some(event) = self.event(&subscription)? {
                // The array of events is in the memory, so that this does not overflow.
                let at = events.saturating_add(happened.saturating_mul(EVENT));
                self.guest.put_record(at, 8, &event.bytes)?;
                happened = happened.saturating_add(1);
            }
        }
        if happened == 0 {
            return Err(Stop::Waits);
        }
        self.guest.put_u32(args.u32(3), happened)
    }

    /// Lets the host wait for what a call waits for.
    pub(crate) fn wait(&mut self, function: Function, args: &Args) -> Answer<Waits> {
        let since = self.since();
        let polls = function == Function::PollOneoff;
        let (array, count) = if polls { (args.u32(0), args.u32(2)) } else { (0, 0) };
        let mut until: Option<u64> = None;
        for k in 0..count {
            if let Subject::Clock { clock, timeout, absolute } =
                subscription(self.guest, self.version, array, k)?.subject
                && let Ok((id, at)) = deadline(clock, timeout, absolute, &since)
            {
                // Told by the monotonic clock, whichever was asked for.
                let clocks = self.host.clocks();
                let left = at.saturating_sub(clocks.now(id).unwrap_or(u64::MAX));
                let at = clocks.now(ClockId::Monotonic).unwrap_or(0).saturating_add(left);
                until = Some(until.map_or(at, |other| other.min(at)));
            }
        }
        let writes = matches!(function, Function::FdWrite | Function::FdPwrite | Function::SockSend);
        let mut interests = Interests {
            slots: self.slots,
            guest: self.guest,
            version: self.version,
            array,
            count,
            next: 0,
            single: (!polls).then_some((args.u32(0), writes)),
        };
        Ok(self.host.wait(until, &mut interests))
    }
}
