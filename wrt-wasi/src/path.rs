//! Everything that takes a path, and the names in a directory.
//!
//! A path is UTF-8 ([`Errno::Ilseq`]) without a byte 0 ([`Errno::Inval`]), relative to an open directory. What it may
//! reach is the provider's to say.

use crate::call::{Args, Call};
use crate::errno::Errno;
use crate::fd::times;
use crate::host::{Files, Host, Open, Opened};
use crate::memory::{Answer, Record, UNKNOWN};
use crate::table::{self, Descriptor, Node};
use crate::types::{FdFlags, FileType, LookupFlags, OpenFlags, Rights};

/// Bytes before the name of an entry (`$dirent`).
const DIRENT: usize = 24;

/// Whether a symbolic link at the end is followed.
fn follows(args: &Args, k: usize) -> Answer<bool> {
    let flags = args.valid(k, |bits| LookupFlags::from_bits(bits.into()))?;
    Ok(flags.has(LookupFlags::SYMLINK_FOLLOW))
}

/// The text that was brought into a part of the scratch.
fn text(part: &[u8], len: usize) -> Option<&str> {
    part.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok())
}

impl<H: Host> Call<'_, '_, H> {
    /// Brings one path into the scratch; half of that is the most that a path may take.
    fn path(&mut self, args: &Args, k: usize) -> Answer<&str> {
        let half = self.scratch.len() / 2;
        let room = self.scratch.get_mut(..half).unwrap_or(&mut []);
        let path = self.guest.text(args.u32(k), args.u32(k.saturating_add(1)), room)?;
        if path.contains('\0') { Err(Errno::Inval.into()) } else { Ok(path) }
    }
    /// Brings two paths into the scratch; their lengths.
    fn paths(&mut self, args: &Args, one: usize, two: usize) -> Answer<(usize, usize)> {
        let second = self.path(args, two)?.len();
        let (head, tail) = self.scratch.split_at_mut(self.scratch.len() / 2);
        if let (Some(from), Some(to)) = (head.get(..second), tail.get_mut(..second)) {
            to.copy_from_slice(from);
        }
        Ok((self.path(args, one)?.len(), second))
    }
    /// The two paths in the scratch.
    fn in_scratch(scratch: &[u8], (one, two): (usize, usize)) -> Answer<(&str, &str)> {
        let (head, tail) = scratch.split_at(scratch.len() / 2);
        match (text(head, one), text(tail, two)) {
            (Some(one), Some(two)) => Ok((one, two)),
            _ => Err(Errno::Ilseq.into()),
        }
    }

    pub(crate) fn path_open(&mut self, args: &Args) -> Answer {
        let follow = follows(args, 1)?;
        let how = args.valid(4, |bits| OpenFlags::from_bits(bits.into()))?;
        let rights = Rights::from_bits(args.u64(5)).ok_or(UNKNOWN)?;
        Rights::from_bits(args.u64(6)).ok_or(UNKNOWN)?;
        let flags = args.valid(7, |bits| FdFlags::from_bits(bits.into()))?;
        let len = self.path(args, 2)?.len();
        let mut need = Rights::PATH_OPEN;
        if how.has(OpenFlags::CREATE) {
            need = need.with(Rights::PATH_CREATE_FILE);
        }
        if how.has(OpenFlags::TRUNCATE) {
            need = need.with(Rights::PATH_FILESTAT_SET_SIZE);
        }
        let from = table::get(self.slots, args.u32(0), need)?;
        if matches!(from.node, Node::File { .. }) {
            return Err(Errno::Notdir.into());
        }
        let removed = from.removed_inheriting;
        let wanted = rights.with(Rights::from_bits(args.u64(6)).unwrap_or(Rights::NONE));
        if removed.meets(wanted) {
            return Err(Errno::Notcapable.into());
        }
        // Synchronised writes are not provided; saying so beats not doing it.
        if flags.meets(FdFlags::DSYNC.with(FdFlags::RSYNC).with(FdFlags::SYNC)) {
            return Err(Errno::Notsup.into());
        }
        let makes = OpenFlags::CREATE.with(OpenFlags::EXCLUSIVE).with(OpenFlags::TRUNCATE);
        if how.has(OpenFlags::DIRECTORY) && how.meets(makes) {
            return Err(Errno::Inval.into());
        }
        // Asked before anything is created.
        let fd = table::free(self.slots)?;
        let how = Open {
            // What is not opened for writing is opened for reading, so that it can be opened at all.
            read: rights.has(Rights::FD_READ) || !rights.has(Rights::FD_WRITE),
            write: rights.has(Rights::FD_WRITE) || how.has(OpenFlags::CREATE) || how.has(OpenFlags::TRUNCATE),
            create: how.has(OpenFlags::CREATE),
            exclusive: how.has(OpenFlags::EXCLUSIVE),
            truncate: how.has(OpenFlags::TRUNCATE),
            directory: how.has(OpenFlags::DIRECTORY),
            follow,
        };
        let (read, write) = (how.read, how.write);
        let path = text(self.scratch, len).ok_or(Errno::Ilseq)?;
        let dir = table::dir(self.slots, args.u32(0), need)?;
        let node = match self.host.files().open(dir, path, how)? {
            Opened::Dir(dir) => Node::Dir { dir, preopen: None, read, write },
            Opened::File(file) => Node::File { file, position: 0, read, write },
        };
        let open = Descriptor { node, flags, removed, removed_inheriting: removed };
        if let Some(slot) = self.slots.get_mut(fd as usize) {
            slot.0 = Some(open);
        }
        self.guest.put_u32(args.u32(8), fd)
    }

    /// Calls `f` with the files, a directory and a path of it.
    fn at<T>(
        &mut self,
        (fd, rights): (u32, Rights),
        args: &Args,
        k: usize,
        f: impl FnOnce(&mut H::Files, &<H::Files as Files>::Dir, &str) -> Result<T, Errno>,
    ) -> Answer<T> {
        table::dir(self.slots, fd, rights)?;
        let len = self.path(args, k)?.len();
        let path = text(self.scratch, len).ok_or(Errno::Ilseq)?;
        let dir = table::dir(self.slots, fd, rights)?;
        Ok(f(self.host.files(), dir, path)?)
    }

    pub(crate) fn path_create_directory(&mut self, args: &Args) -> Answer {
        let place = (args.u32(0), Rights::PATH_CREATE_DIRECTORY);
        self.at(place, args, 1, |files, dir, path| files.create_directory(dir, path))
    }
    pub(crate) fn path_remove_directory(&mut self, args: &Args) -> Answer {
        let place = (args.u32(0), Rights::PATH_REMOVE_DIRECTORY);
        self.at(place, args, 1, |files, dir, path| files.remove_directory(dir, path))
    }
    pub(crate) fn path_unlink_file(&mut self, args: &Args) -> Answer {
        let place = (args.u32(0), Rights::PATH_UNLINK_FILE);
        self.at(place, args, 1, |files, dir, path| files.unlink(dir, path))
    }
    pub(crate) fn path_filestat_get(&mut self, args: &Args) -> Answer {
        let follow = follows(args, 1)?;
        let place = (args.u32(0), Rights::PATH_FILESTAT_GET);
        let stat = self.at(place, args, 2, |files, dir, path| files.stat_at(dir, path, follow))?;
        self.put_filestat(args.u32(4), &stat)
    }
    pub(crate) fn path_filestat_set_times(&mut self, args: &Args) -> Answer {
        let follow = follows(args, 1)?;
        let (atim, mtim) = times(args, 4)?;
        let place = (args.u32(0), Rights::PATH_FILESTAT_SET_TIMES);
        self.at(place, args, 2, |files, dir, path| files.set_times_at(dir, path, follow, atim, mtim))
    }

    pub(crate) fn path_link(&mut self, args: &Args) -> Answer {
        let follow = follows(args, 1)?;
        let (from, to) = ((args.u32(0), Rights::PATH_LINK_SOURCE), (args.u32(4), Rights::PATH_LINK_TARGET));
        table::two_dirs(self.slots, from, to)?;
        let lens = self.paths(args, 2, 5)?;
        let (old, new) = Self::in_scratch(self.scratch, lens)?;
        let (from, to) = table::two_dirs(self.slots, from, to)?;
        Ok(self.host.files().link((from, old), follow, (to, new))?)
    }
    pub(crate) fn path_rename(&mut self, args: &Args) -> Answer {
        let (from, to) = ((args.u32(0), Rights::PATH_RENAME_SOURCE), (args.u32(3), Rights::PATH_RENAME_TARGET));
        table::two_dirs(self.slots, from, to)?;
        let lens = self.paths(args, 1, 4)?;
        let (old, new) = Self::in_scratch(self.scratch, lens)?;
        let (from, to) = table::two_dirs(self.slots, from, to)?;
        Ok(self.host.files().rename((from, old), (to, new))?)
    }
    pub(crate) fn path_symlink(&mut self, args: &Args) -> Answer {
        table::dir(self.slots, args.u32(2), Rights::PATH_SYMLINK)?;
        let lens = self.paths(args, 0, 3)?;
        let (target, path) = Self::in_scratch(self.scratch, lens)?;
        let dir = table::dir(self.slots, args.u32(2), Rights::PATH_SYMLINK)?;
        Ok(self.host.files().symlink(target, dir, path)?)
    }

    /// As `readlink` has it, what does not fit is left out, without a byte 0.
    pub(crate) fn path_readlink(&mut self, args: &Args) -> Answer {
        let (to, room) = (args.u32(3), args.u32(4) as usize);
        table::dir(self.slots, args.u32(0), Rights::PATH_READLINK)?;
        let len = self.path(args, 1)?.len();
        let (head, tail) = self.scratch.split_at_mut(self.scratch.len() / 2);
        let path = text(head, len).ok_or(Errno::Ilseq)?;
        let dir = table::dir(self.slots, args.u32(0), Rights::PATH_READLINK)?;
        let said = self.host.files().read_link(dir, path, tail)?.min(tail.len()).min(room);
        self.guest.write(to.into(), tail.get(..said).unwrap_or(&[]))?;
        self.guest.put_u32(args.u32(5), said as u32)
    }

    /// Entries 0 and 1 are `.` and `..`; a cookie is the number of the next one. Number 0 reads the directory anew, so
    /// that names which come and go in between do not move the others.
    pub(crate) fn fd_readdir(&mut self, args: &Args) -> Answer {
        let (mut to, mut room) = (args.u32(1), args.u32(2));
        let mut cookie = args.u64(3);
        self.guest.check(to.into(), room.into())?;
        self.guest.asks(room.into());
        let dir = table::dir(self.slots, args.u32(0), Rights::FD_READDIR)?;
        let files = self.host.files();
        if cookie == 0 {
            files.rewind(dir)?;
        }
        let whole = room;
        while room > 0 {
            let (ino, filetype, name_len) = match cookie {
                0 | 1 => {
                    // What is above the directory is not the guest's to know: it has the number of the directory.
                    let ino = files.dir_stat(dir)?.ino;
                    let name = if cookie == 0 { &b"."[..] } else { &b".."[..] };
                    if let Some(room) = self.scratch.get_mut(..name.len()) {
                        room.copy_from_slice(name);
                    }
                    (ino, FileType::Directory, name.len())
                }
                number => match files.entry(dir, number.saturating_sub(2), self.scratch)? {
                    Some(entry) => (entry.ino, entry.filetype, entry.name_len.min(self.scratch.len())),
                    None => break,
                },
            };
            cookie = cookie.saturating_add(1);
            let head = Record::<DIRENT>::new()
                .with(0, &cookie.to_le_bytes())
                .with(8, &ino.to_le_bytes())
                .with(16, &(name_len as u32).to_le_bytes())
                .with(20, &[filetype as u8]);
            for part in [&head.bytes, self.scratch.get(..name_len).unwrap_or(&[])] {
                let fits = part.len().min(room as usize);
                self.guest.write(to.into(), part.get(..fits).unwrap_or(&[]))?;
                to = to.saturating_add(fits as u32);
                room = room.saturating_sub(fits as u32);
            }
        }
        self.guest.put_u32(args.u32(4), whole.saturating_sub(room))
    }
}
