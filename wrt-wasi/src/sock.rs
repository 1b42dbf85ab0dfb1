//! Sockets: what the embedder has opened, and the connections that they accept.

use crate::call::{Args, Call};
use crate::errno::Errno;
use crate::host::{Host, Sockets};
use crate::io::{or_wait, partial, read_into, write_from};
use crate::memory::{Answer, Vectors};
use crate::table::{self, Descriptor, Node};
use crate::types::{FdFlags, FileType, ReceiveFlags, Rights, ShutdownFlags};

impl<H: Host> Call<'_, '_, H> {
    pub(crate) fn sock_accept(&mut self, args: &Args) -> Answer {
        let flags = args.valid(1, |bits| FdFlags::from_bits(bits.into()))?;
        let open = table::get(self.slots, args.u32(0), Rights::SOCK_ACCEPT)?;
        let waits_not = open.waits_not();
        let (removed, removed_inheriting) = (open.removed_inheriting, open.removed_inheriting);
        if !matches!(open.node, Node::Socket(_)) {
            return Err(Errno::Notsock.into());
        }
        // Asked before a connection is taken.
        let fd = table::free(self.slots)?;
        let Node::Socket(socket) = &table::get(self.slots, args.u32(0), Rights::SOCK_ACCEPT)?.node else {
            return Err(Errno::Notsock.into());
        };
        let node = Node::Socket(or_wait(self.host.sockets().accept(socket), waits_not)?);
        if let Some(slot) = self.slots.get_mut(fd as usize) {
            slot.0 = Some(Descriptor { node, flags, removed, removed_inheriting });
        }
        self.guest.put_u32(args.u32(2), fd)
    }

    /// Receives into vectors; without flags as `fd_read` does.
    pub(crate) fn receive(&mut self, fd: u32, (array, count): (u32, u32), how: Option<ReceiveFlags>) -> Answer<u32> {
        let vectors = Vectors::new(self.guest, array, count)?;
        let open = table::get(self.slots, fd, Rights::FD_READ)?;
        let waits_not = open.waits_not();
        let Node::Socket(socket) = &open.node else { return Err(Errno::Notsock.into()) };
        let (how, sockets) = (how.unwrap_or_default(), self.host.sockets());
        let fill = |bytes: &mut [u8], _| sockets.receive(socket, bytes, how);
        or_wait(partial(read_into(vectors, self.scratch, true, fill)?), waits_not)
    }

    /// Sends from vectors.
    pub(crate) fn transmit(&mut self, fd: u32, (array, count): (u32, u32)) -> Answer<u32> {
        let vectors = Vectors::new(self.guest, array, count)?;
        let open = table::get(self.slots, fd, Rights::FD_WRITE)?;
        let waits_not = open.waits_not();
        let Node::Socket(socket) = &open.node else { return Err(Errno::Notsock.into()) };
        // A datagram is not sent in pieces.
        let sockets = self.host.sockets();
        if sockets.filetype(socket) == FileType::SocketDgram && vectors.left() as usize > self.scratch.len() {
            return Err(Errno::Msgsize.into());
        }
        let take = |bytes: &[u8], _| sockets.send(socket, bytes);
        or_wait(partial(write_from(vectors, self.scratch, take)?), waits_not)
    }

    pub(crate) fn sock_recv(&mut self, args: &Args) -> Answer {
        let how = args.valid(3, |bits| ReceiveFlags::from_bits(bits.into()))?;
        let done = self.receive(args.u32(0), (args.u32(1), args.u32(2)), Some(how))?;
        self.guest.put_u32(args.u32(4), done)?;
        // `$roflags`: what was cut off of a message is not known.
        self.guest.put_u16(args.u32(5), 0)
    }

    /// No flag has a meaning.
    pub(crate) fn sock_send(&mut self, args: &Args) -> Answer {
        if args.u32(3) != 0 {
            return Err(Errno::Inval.into());
        }
        let done = self.transmit(args.u32(0), (args.u32(1), args.u32(2)))?;
        self.guest.put_u32(args.u32(4), done)
    }

    pub(crate) fn sock_shutdown(&mut self, args: &Args) -> Answer {
        let how = args.valid(1, |bits| ShutdownFlags::from_bits(bits.into()))?;
        match &table::get(self.slots, args.u32(0), Rights::SOCK_SHUTDOWN)?.node {
            Node::Socket(socket) => Ok(self.host.sockets().shutdown(socket, how)?),
            _ => Err(Errno::Notsock.into()),
        }
    }
}
