//! Descriptors: which are open, what they stand for, what may be done with them.
//!
//! Owns the slots that the embedder lends and the rules of their numbers. A descriptor is the number of its slot, and
//! the lowest free one is taken; where all are taken, opening answers [`Errno::Nfile`].

use crate::errno::Errno;
use crate::host::{Files, Host, Sockets, Stream};
use crate::memory::Answer;
use crate::types::{FdFlags, Rights};
use core::ops::DerefMut;

/// What an embedder lends: slots for descriptors, and bytes for paths and for data on their way.
///
/// A path may be half as long as the scratch, and data moves in pieces of its size. A tuple of two slices, arrays behind
/// references or vectors will do.
pub trait Lent<H: Host> {
    /// Both parts.
    fn parts(&mut self) -> (&mut [Slot<H>], &mut [u8]);
}

impl<H, S, B> Lent<H> for (S, B)
where
    H: Host,
    S: DerefMut<Target = [Slot<H>]>,
    B: DerefMut<Target = [u8]>,
{
    fn parts(&mut self) -> (&mut [Slot<H>], &mut [u8]) {
        (&mut self.0, &mut self.1)
    }
}

/// Room for one descriptor.
pub struct Slot<H: Host>(pub(crate) Option<Descriptor<H>>);

impl<H: Host> Slot<H> {
    /// A slot that is free.
    pub const EMPTY: Self = Slot(None);
}

impl<H: Host> core::fmt::Debug for Slot<H> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if self.0.is_some() { "Slot(open)" } else { "Slot(free)" })
    }
}

/// An open descriptor.
pub(crate) struct Descriptor<H: Host> {
    pub(crate) node: Node<H>,
    pub(crate) flags: FdFlags,
    /// Rights that the guest has given up.
    pub(crate) removed: Rights,
    /// Rights that it has given up for what is opened from here.
    pub(crate) removed_inheriting: Rights,
}

/// What a descriptor stands for.
pub(crate) enum Node<H: Host> {
    Stream(Stream),
    File { file: <H::Files as Files>::File, position: u64, read: bool, write: bool },
    Dir { dir: <H::Files as Files>::Dir, preopen: Option<u32>, read: bool, write: bool },
    Socket(<H::Sockets as Sockets>::Socket),
}

impl<H: Host> Descriptor<H> {
    pub(crate) fn new(node: Node<H>) -> Self {
        Descriptor { node, flags: FdFlags::NONE, removed: Rights::NONE, removed_inheriting: Rights::NONE }
    }
    pub(crate) fn waits_not(&self) -> bool {
        self.flags.has(FdFlags::NONBLOCK)
    }
    /// Rights for the descriptor itself, and for what is opened from it.
    pub(crate) fn rights(&self) -> (Rights, Rights) {
        let (base, inheriting) = match &self.node {
            Node::Stream(Stream::Stdin) => (Rights::FD_READ, Rights::FD_READ),
            Node::Stream(_) => (Rights::FD_WRITE, Rights::FD_WRITE),
            Node::Socket(_) => (SOCKET, SOCKET),
            Node::Dir { preopen: Some(_), .. } => (PREOPEN, PREOPEN.with(FILE)),
            Node::Dir { read, write, .. } => same(by_mode(Rights::ALL.without(NOT_OF_DIR), *read, *write)),
            Node::File { read, write, .. } => same(by_mode(Rights::ALL, *read, *write)),
        };
        (base.without(self.removed), inheriting.without(self.removed_inheriting))
    }
    /// Whether the guest has kept these rights.
    pub(crate) fn allows(&self, rights: Rights) -> Result<(), Errno> {
        if self.removed.meets(rights) { Err(Errno::Notcapable) } else { Ok(()) }
    }
}

fn same(rights: Rights) -> (Rights, Rights) {
    (rights, rights)
}

/// The rights that go with how something was opened.
fn by_mode(all: Rights, read: bool, write: bool) -> Rights {
    let all = if read { all } else { all.without(Rights::FD_READ.with(Rights::FD_READDIR)) };
    if write { all } else { all.without(Rights::FD_WRITE) }
}

const SOCKET: Rights = Rights::FD_READ
    .with(Rights::FD_WRITE)
    .with(Rights::POLL_FD_READWRITE)
    .with(Rights::SOCK_SHUTDOWN)
    .with(Rights::SOCK_ACCEPT);
const NOT_OF_DIR: Rights = Rights::FD_SEEK.with(Rights::FD_FILESTAT_SET_SIZE).with(Rights::PATH_FILESTAT_SET_SIZE);
/// What preopened directories had in the first implementations, whose numbers C libraries rely on.
const PREOPEN: Rights = Rights::PATH_CREATE_DIRECTORY
    .with(Rights::PATH_CREATE_FILE)
    .with(Rights::PATH_LINK_SOURCE)
    .with(Rights::PATH_LINK_TARGET)
    .with(Rights::PATH_OPEN)
    .with(Rights::FD_READDIR)
    .with(Rights::PATH_READLINK)
    .with(Rights::PATH_RENAME_SOURCE)
    .with(Rights::PATH_RENAME_TARGET)
    .with(Rights::PATH_SYMLINK)
    .with(Rights::PATH_REMOVE_DIRECTORY)
    .with(Rights::PATH_UNLINK_FILE)
    .with(Rights::PATH_FILESTAT_GET)
    .with(Rights::PATH_FILESTAT_SET_TIMES)
    .with(Rights::FD_FILESTAT_GET)
    .with(Rights::FD_FILESTAT_SET_TIMES);
const FILE: Rights = Rights::FD_DATASYNC
    .with(Rights::FD_READ)
    .with(Rights::FD_SEEK)
    .with(Rights::FD_FDSTAT_SET_FLAGS)
    .with(Rights::FD_SYNC)
    .with(Rights::FD_TELL)
    .with(Rights::FD_WRITE)
    .with(Rights::FD_ADVISE)
    .with(Rights::FD_ALLOCATE)
    .with(Rights::FD_FILESTAT_SET_SIZE)
    .with(Rights::POLL_FD_READWRITE);

/// The descriptor of this number, with these rights.
pub(crate) fn get<H: Host>(slots: &mut [Slot<H>], fd: u32, rights: Rights) -> Answer<&mut Descriptor<H>> {
    let open = slots.get_mut(fd as usize).and_then(|slot| slot.0.as_mut()).ok_or(Errno::Badf)?;
    open.allows(rights)?;
    Ok(open)
}

/// The directory of this number, with these rights.
pub(crate) fn dir<H: Host>(slots: &mut [Slot<H>], fd: u32, rights: Rights) -> Answer<&mut <H::Files as Files>::Dir> {
    match &mut get(slots, fd, rights)?.node {
        Node::Dir { dir, .. } => Ok(dir),
        _ => Err(Errno::Badf.into()),
    }
}

/// Two directories, which may be the same.
pub(crate) fn two_dirs<H: Host>(
    slots: &[Slot<H>],
    one: (u32, Rights),
    two: (u32, Rights),
) -> Answer<(&<H::Files as Files>::Dir, &<H::Files as Files>::Dir)> {
    let find = |(fd, rights): (u32, Rights)| {
        let open = slots.get(fd as usize).and_then(|slot| slot.0.as_ref()).ok_or(Errno::Badf)?;
        open.allows(rights)?;
        match &open.node {
            Node::Dir { dir, .. } => Ok(dir),
            _ => Err(Errno::Badf),
        }
    };
    Ok((find(one)?, find(two)?))
}

/// The lowest free number.
pub(crate) fn free<H: Host>(slots: &[Slot<H>]) -> Result<u32, Errno> {
    let free = slots.iter().position(|slot| slot.0.is_none()).ok_or(Errno::Nfile)?;
    // Descriptors are less than 2^31.
    i32::try_from(free).map(|fd| fd as u32).map_err(|_| Errno::Nfile)
}

/// Opens the lowest free number.
pub(crate) fn push<H: Host>(slots: &mut [Slot<H>], open: Descriptor<H>) -> Result<u32, Errno> {
    let fd = free(slots)?;
    if let Some(slot) = slots.get_mut(fd as usize) {
        slot.0 = Some(open);
    }
    Ok(fd)
}
