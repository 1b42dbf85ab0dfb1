//! What is said of open descriptors, and what is changed of them.

use crate::errno::Errno;
use crate::host::{Files, Host, Sockets, Streams};
use crate::memory::{Answer, Record, Stop, UNKNOWN};
use crate::names::Version;
use crate::table::{self, Node};
use crate::types::{Advice, FdFlags, FileStat, FileType, Rights, SetTime, TimeFlags};
use crate::wasi::{Args, Call};

/// What becomes of access and modification time; both "to this" and "to now" is [`Errno::Inval`].
pub(crate) fn times(args: &Args, first: usize) -> Answer<(SetTime, SetTime)> {
    let flags = args.valid(first.saturating_add(2), |bits| TimeFlags::from_bits(bits.into()))?;
    let one = |value: u64, set: TimeFlags, now: TimeFlags| match (flags.has(set), flags.has(now)) {
        (true, true) => Err(Stop::Errno(Errno::Inval)),
        (true, false) => Ok(SetTime::At(value)),
        (false, true) => Ok(SetTime::Now),
        (false, false) => Ok(SetTime::Keep),
    };
    Ok((
        one(args.u64(first), TimeFlags::ATIM, TimeFlags::ATIM_NOW)?,
        one(args.u64(first.saturating_add(1)), TimeFlags::MTIM, TimeFlags::MTIM_NOW)?,
    ))
}

impl<H: Host> Call<'_, '_, H> {
    /// Writes a `$filestat`, whose count of links is narrower in the older version.
    pub(crate) fn put_filestat(&self, addr: u32, stat: &FileStat) -> Answer {
        let head = Record::<64>::new()
            .with(0, &stat.dev.to_le_bytes())
            .with(8, &stat.ino.to_le_bytes())
            .with(16, &[stat.filetype as u8]);
        let tail = |record: Record<64>, at: usize| {
            let mut record = record;
            for (k, value) in [stat.size, stat.atim, stat.mtim, stat.ctim].into_iter().enumerate() {
                record = record.with(at.saturating_add(k.saturating_mul(8)), &value.to_le_bytes());
            }
            record
        };
        match self.version {
            Version::Preview1 => {
                let record = tail(head.with(24, &stat.nlink.to_le_bytes()), 32);
                self.guest.put_record(addr, 8, &record.bytes)
            }
            Version::Unstable => {
                let nlink = u32::try_from(stat.nlink).map_err(|_| Errno::Overflow)?;
                let record = tail(head.with(20, &nlink.to_le_bytes()), 24);
                self.guest.put_record(addr, 8, record.bytes.get(..56).unwrap_or(&[]))
            }
        }
    }

    fn filetype(&mut self, fd: u32) -> Answer<FileType> {
        let terminal = |yes: bool| if yes { FileType::CharacterDevice } else { FileType::Unknown };
        Ok(match &table::get(self.slots, fd, Rights::NONE)?.node {
            Node::Stream(stream) => terminal(self.host.streams().is_terminal(*stream)),
            Node::File { file, .. } => self.host.files().stat(file)?.filetype,
            Node::Dir { .. } => FileType::Directory,
            Node::Socket(socket) => self.host.sockets().filetype(socket),
        })
    }

    pub(crate) fn fd_fdstat_get(&mut self, args: &Args) -> Answer {
        let filetype = self.filetype(args.u32(0))?;
        let open = table::get(self.slots, args.u32(0), Rights::NONE)?;
        let (base, inheriting) = open.rights();
        let record = Record::<24>::new()
            .with(0, &[filetype as u8])
            .with(2, &open.flags.bits().to_le_bytes())
            .with(8, &base.bits().to_le_bytes())
            .with(16, &inheriting.bits().to_le_bytes());
        self.guest.put_record(args.u32(1), 8, &record.bytes)
    }

    /// Flags of synchronisation cannot be changed, as in POSIX: [`Errno::Inval`].
    pub(crate) fn fd_fdstat_set_flags(&mut self, args: &Args) -> Answer {
        let flags = args.valid(1, |bits| FdFlags::from_bits(bits.into()))?;
        let open = table::get(self.slots, args.u32(0), Rights::FD_FDSTAT_SET_FLAGS)?;
        if matches!(open.node, Node::Dir { .. }) {
            return Err(Errno::Badf.into());
        }
        if flags.meets(FdFlags::DSYNC.with(FdFlags::RSYNC).with(FdFlags::SYNC)) {
            return Err(Errno::Inval.into());
        }
        open.flags = flags;
        Ok(())
    }

    /// Rights can be given up, never won: [`Errno::Notcapable`].
    pub(crate) fn fd_fdstat_set_rights(&mut self, args: &Args) -> Answer {
        let keep = Rights::from_bits(args.u64(1)).ok_or(UNKNOWN)?;
        let keep_inheriting = Rights::from_bits(args.u64(2)).ok_or(UNKNOWN)?;
        let open = table::get(self.slots, args.u32(0), Rights::NONE)?;
        let (base, inheriting) = open.rights();
        if !base.has(keep) || !inheriting.has(keep_inheriting) {
            return Err(Errno::Notcapable.into());
        }
        open.removed = Rights::ALL.without(keep);
        open.removed_inheriting = Rights::ALL.without(keep_inheriting);
        Ok(())
    }

    pub(crate) fn fd_filestat_get(&mut self, args: &Args) -> Answer {
        let stat = match &table::get(self.slots, args.u32(0), Rights::FD_FILESTAT_GET)?.node {
            Node::File { file, .. } => self.host.files().stat(file)?,
            Node::Dir { dir, .. } => self.host.files().dir_stat(dir)?,
            Node::Stream(_) | Node::Socket(_) => FileStat::of(self.filetype(args.u32(0))?),
        };
        self.put_filestat(args.u32(1), &stat)
    }

    pub(crate) fn fd_filestat_set_size(&mut self, args: &Args) -> Answer {
        match &table::get(self.slots, args.u32(0), Rights::FD_FILESTAT_SET_SIZE)?.node {
            Node::File { file, .. } => Ok(self.host.files().set_size(file, args.u64(1))?),
            _ => Err(Errno::Badf.into()),
        }
    }

    pub(crate) fn fd_filestat_set_times(&mut self, args: &Args) -> Answer {
        let (atim, mtim) = times(args, 1)?;
        match &table::get(self.slots, args.u32(0), Rights::FD_FILESTAT_SET_TIMES)?.node {
            Node::File { file, .. } => Ok(self.host.files().set_times(file, atim, mtim)?),
            Node::Dir { dir, .. } => Ok(self.host.files().dir_set_times(dir, atim, mtim)?),
            _ => Err(Errno::Badf.into()),
        }
    }

    pub(crate) fn fd_advise(&mut self, args: &Args) -> Answer {
        let advice = args.valid(3, Advice::from_number)?;
        match &table::get(self.slots, args.u32(0), Rights::FD_ADVISE)?.node {
            Node::File { file, .. } => Ok(self.host.files().advise(file, args.u64(1), args.u64(2), advice)?),
            _ => Err(Errno::Badf.into()),
        }
    }

    pub(crate) fn fd_allocate(&mut self, args: &Args) -> Answer {
        match &table::get(self.slots, args.u32(0), Rights::FD_ALLOCATE)?.node {
            Node::File { write: false, .. } => Err(Errno::Badf.into()),
            Node::File { file, .. } => {
                let (offset, len) = (args.u64(1), args.u64(2));
                // As `posix_fallocate` has it.
                if len == 0 {
                    return Err(Errno::Inval.into());
                }
                offset.checked_add(len).ok_or(Errno::Fbig)?;
                Ok(self.host.files().allocate(file, offset, len)?)
            }
            _ => Err(Errno::Badf.into()),
        }
    }

    pub(crate) fn fd_sync(&mut self, args: &Args, all: bool) -> Answer {
        let rights = if all { Rights::FD_SYNC } else { Rights::FD_DATASYNC };
        match &table::get(self.slots, args.u32(0), rights)?.node {
            Node::File { file, .. } => Ok(self.host.files().sync(file, all)?),
            _ => Err(Errno::Badf.into()),
        }
    }

    pub(crate) fn fd_close(&mut self, args: &Args) -> Answer {
        let slot = self.slots.get_mut(args.u32(0) as usize).ok_or(Errno::Badf)?;
        slot.0.take().map(drop).ok_or(Errno::Badf.into())
    }

    /// Both must be open; the one that is written over is closed.
    pub(crate) fn fd_renumber(&mut self, args: &Args) -> Answer {
        let (from, to) = (args.u32(0), args.u32(1));
        table::get(self.slots, to, Rights::NONE)?;
        table::get(self.slots, from, Rights::NONE)?;
        if from == to {
            return Ok(());
        }
        let moved = self.slots.get_mut(from as usize).and_then(|slot| slot.0.take());
        if let Some(slot) = self.slots.get_mut(to as usize) {
            slot.0 = moved;
        }
        Ok(())
    }

    /// The number of a preopened directory among those of the host.
    fn preopened(&mut self, fd: u32, otherwise: Errno) -> Answer<u32> {
        match table::get(self.slots, fd, Rights::NONE)?.node {
            Node::Dir { preopen: Some(number), .. } => Ok(number),
            _ => Err(otherwise.into()),
        }
    }

    pub(crate) fn fd_prestat_get(&mut self, args: &Args) -> Answer {
        let number = self.preopened(args.u32(0), Errno::Badf)?;
        let name = self.host.files().preopen_name(number).ok_or(Errno::Badf)?;
        let len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
        // Tag 0 is a directory.
        let record = Record::<8>::new().with(4, &len.to_le_bytes());
        self.guest.put_record(args.u32(1), 4, &record.bytes)
    }

    pub(crate) fn fd_prestat_dir_name(&mut self, args: &Args) -> Answer {
        let number = self.preopened(args.u32(0), Errno::Notdir)?;
        let name = self.host.files().preopen_name(number).ok_or(Errno::Badf)?;
        if name.len() > args.u32(2) as usize {
            return Err(Errno::Nametoolong.into());
        }
        self.guest.write(args.u32(1).into(), name.as_bytes())
    }
}
