//! Parts of a host that are not there.
//!
//! Owns files and sockets without any member, for boards that have none: the compiler leaves out what nobody can reach.

use crate::errno::Errno;
use crate::host::{DirEntry, Files, Open, Opened, Ready, Sockets};
use crate::types::{FileStat, FileType, ReceiveFlags, ShutdownFlags};
use core::convert::Infallible;

/// No directory, and so no file.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    type File = Infallible;
    type Dir = Infallible;

    fn preopen(&mut self, _number: u32) -> Option<Infallible> {
        None
    }
    fn preopen_name(&self, _number: u32) -> Option<&str> {
        None
    }
    fn open(&mut self, dir: &Infallible, _path: &str, _how: Open) -> Result<Opened<Self>, Errno> {
        match *dir {}
    }
    fn stat_at(&mut self, dir: &Infallible, _path: &str, _follow: bool) -> Result<FileStat, Errno> {
        match *dir {}
    }
    fn dir_stat(&mut self, dir: &Infallible) -> Result<FileStat, Errno> {
        match *dir {}
    }
    fn stat(&mut self, file: &Infallible) -> Result<FileStat, Errno> {
        match *file {}
    }
    fn read_at(&mut self, file: &Infallible, _bytes: &mut [u8], _offset: u64) -> Result<usize, Errno> {
        match *file {}
    }
    fn entry(&mut self, dir: &mut Infallible, _number: u64, _name: &mut [u8]) -> Result<Option<DirEntry>, Errno> {
        match *dir {}
    }
}

/// No socket.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSockets;

impl Sockets for NoSockets {
    type Socket = Infallible;

    fn filetype(&mut self, socket: &Infallible) -> FileType {
        match *socket {}
    }
    fn accept(&mut self, socket: &Infallible) -> Result<Infallible, Errno> {
        match *socket {}
    }
    fn receive(&mut self, socket: &Infallible, _bytes: &mut [u8], _how: ReceiveFlags) -> Result<usize, Errno> {
        match *socket {}
    }
    fn send(&mut self, socket: &Infallible, _bytes: &[u8]) -> Result<usize, Errno> {
        match *socket {}
    }
    fn shutdown(&mut self, socket: &Infallible, _how: ShutdownFlags) -> Result<(), Errno> {
        match *socket {}
    }
    fn ready(&mut self, socket: &Infallible, _write: bool) -> Result<Ready, Errno> {
        match *socket {}
    }
}
