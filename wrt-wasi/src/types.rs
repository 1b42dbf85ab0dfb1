//! Flags, enumerations and records of WASI preview 1 as plain values.
//!
//! Owns their numbers (`typenames.witx`) and which are valid. Knows nothing of where they lie in a guest's memory.

/// A set of bits whose unknown ones are refused.
macro_rules! flags {
    ($(#[$doc:meta])* $name:ident: $bits:ty { $($(#[$flag_doc:meta])* $flag:ident = $bit:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name($bits);

        impl $name {
            $($(#[$flag_doc])* pub const $flag: Self = Self(1 << $bit);)*
            /// Every bit that has a meaning.
            pub const ALL: Self = Self($((1 << $bit))|*);
            /// No bit.
            pub const NONE: Self = Self(0);

            /// The set with these bits; `None` where one has no meaning.
            #[must_use]
            pub const fn from_bits(bits: u64) -> Option<Self> {
                if bits & !(Self::ALL.0 as u64) == 0 { Some(Self(bits as $bits)) } else { None }
            }
            /// The bits.
            #[must_use]
            pub const fn bits(self) -> $bits {
                self.0
            }
            /// Whether all of these are in the set.
            #[must_use]
            pub const fn has(self, these: Self) -> bool {
                self.0 & these.0 == these.0
            }
            /// Whether one of these is in the set.
            #[must_use]
            pub const fn meets(self, these: Self) -> bool {
                self.0 & these.0 != 0
            }
            /// The set with these.
            #[must_use]
            pub const fn with(self, these: Self) -> Self {
                Self(self.0 | these.0)
            }
            /// The set without these.
            #[must_use]
            pub const fn without(self, these: Self) -> Self {
                Self(self.0 & !these.0)
            }
        }
    };
}

flags! {
    /// What may be done with a descriptor (`$rights`).
    Rights: u64 {
        /// `fd_datasync`.
        FD_DATASYNC = 0,
        /// `fd_read`, and with `FD_SEEK` also `fd_pread`.
        FD_READ = 1,
        /// `fd_seek`; implies `FD_TELL`.
        FD_SEEK = 2,
        /// `fd_fdstat_set_flags`.
        FD_FDSTAT_SET_FLAGS = 3,
        /// `fd_sync`.
        FD_SYNC = 4,
        /// `fd_tell`, and `fd_seek` where it moves nothing.
        FD_TELL = 5,
        /// `fd_write`, and with `FD_SEEK` also `fd_pwrite`.
        FD_WRITE = 6,
        /// `fd_advise`.
        FD_ADVISE = 7,
        /// `fd_allocate`.
        FD_ALLOCATE = 8,
        /// `path_create_directory`.
        PATH_CREATE_DIRECTORY = 9,
        /// `path_open` that creates.
        PATH_CREATE_FILE = 10,
        /// `path_link` from this directory.
        PATH_LINK_SOURCE = 11,
        /// `path_link` into this directory.
        PATH_LINK_TARGET = 12,
        /// `path_open`.
        PATH_OPEN = 13,
        /// `fd_readdir`.
        FD_READDIR = 14,
        /// `path_readlink`.
        PATH_READLINK = 15,
        /// `path_rename` from this directory.
        PATH_RENAME_SOURCE = 16,
        /// `path_rename` into this directory.
        PATH_RENAME_TARGET = 17,
        /// `path_filestat_get`.
        PATH_FILESTAT_GET = 18,
        /// `path_open` that truncates.
        PATH_FILESTAT_SET_SIZE = 19,
        /// `path_filestat_set_times`.
        PATH_FILESTAT_SET_TIMES = 20,
        /// `fd_filestat_get`.
        FD_FILESTAT_GET = 21,
        /// `fd_filestat_set_size`.
        FD_FILESTAT_SET_SIZE = 22,
        /// `fd_filestat_set_times`.
        FD_FILESTAT_SET_TIMES = 23,
        /// `path_symlink`.
        PATH_SYMLINK = 24,
        /// `path_remove_directory`.
        PATH_REMOVE_DIRECTORY = 25,
        /// `path_unlink_file`.
        PATH_UNLINK_FILE = 26,
        /// `poll_oneoff` for reading or writing.
        POLL_FD_READWRITE = 27,
        /// `sock_shutdown`.
        SOCK_SHUTDOWN = 28,
        /// `sock_accept`.
        SOCK_ACCEPT = 29,
    }
}

flags! {
    /// How a descriptor behaves (`$fdflags`).
    FdFlags: u16 {
        /// Writes go to the end.
        APPEND = 0,
        /// Writes of data are synchronised.
        DSYNC = 1,
        /// What would wait answers `again`.
        NONBLOCK = 2,
        /// Reads are synchronised.
        RSYNC = 3,
        /// Writes of data and of what is said of the file are synchronised.
        SYNC = 4,
    }
}

flags! {
    /// How `path_open` opens (`$oflags`).
    OpenFlags: u16 {
        /// Create the file where there is none.
        CREATE = 0,
        /// Fail where it is no directory.
        DIRECTORY = 1,
        /// Fail where there is a file.
        EXCLUSIVE = 2,
        /// Make the file empty.
        TRUNCATE = 3,
    }
}

flags! {
    /// How a path is resolved (`$lookupflags`).
    LookupFlags: u32 {
        /// A symbolic link at the end of the path is followed.
        SYMLINK_FOLLOW = 0,
    }
}

flags! {
    /// Which times are set (`$fstflags`).
    TimeFlags: u16 {
        /// Access, to the value given.
        ATIM = 0,
        /// Access, to now.
        ATIM_NOW = 1,
        /// Modification, to the value given.
        MTIM = 2,
        /// Modification, to now.
        MTIM_NOW = 3,
    }
}

flags! {
    /// How `sock_recv` receives (`$riflags`).
    ReceiveFlags: u16 {
        /// The message stays where it is.
        PEEK = 0,
        /// Wait until the vectors are full.
        WAIT_ALL = 1,
    }
}

flags! {
    /// What `sock_shutdown` shuts down (`$sdflags`).
    ShutdownFlags: u8 {
        /// Receiving.
        READ = 0,
        /// Sending.
        WRITE = 1,
    }
}

/// An enumeration with its numbers from 0 on.
macro_rules! numbers {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $name { $($(#[$case_doc])* $case = $number,)* }

        impl $name {
            /// The case of this number; `None` where there is none.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$case),)*
                    _ => None,
                }
            }
        }
    };
}

numbers! {
    /// A clock (`$clockid`).
    ClockId {
        /// Time since 1970-01-01T00:00:00Z.
        Realtime = 0,
        /// Time that never goes back.
        Monotonic = 1,
        /// Time of the processor spent by the process.
        ProcessCpu = 2,
        /// Time of the processor spent by the thread.
        ThreadCpu = 3,
    }
}

numbers! {
    /// What a file is (`$filetype`).
    FileType {
        /// Something else.
        Unknown = 0,
        /// A block device.
        BlockDevice = 1,
        /// A character device.
        CharacterDevice = 2,
        /// A directory.
        Directory = 3,
        /// A regular file.
        RegularFile = 4,
        /// A socket of datagrams.
        SocketDgram = 5,
        /// A socket of bytes.
        SocketStream = 6,
        /// A symbolic link.
        SymbolicLink = 7,
    }
}

numbers! {
    /// How a file will be used (`$advice`).
    Advice {
        /// Nothing is known.
        Normal = 0,
        /// From lower offsets to higher ones.
        Sequential = 1,
        /// In any order.
        Random = 2,
        /// Soon.
        WillNeed = 3,
        /// Not soon.
        DontNeed = 4,
        /// Once.
        NoReuse = 5,
    }
}

/// What is said of a file (`$filestat`). Times are nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStat {
    /// Number of the device that holds it.
    pub dev: u64,
    /// Number of the file there.
    pub ino: u64,
    /// What it is.
    pub filetype: FileType,
    /// Names that it has.
    pub nlink: u64,
    /// Bytes in it; of a symbolic link, of what it says.
    pub size: u64,
    /// When it was last read.
    pub atim: u64,
    /// When its data last changed.
    pub mtim: u64,
    /// When what is said of it last changed.
    pub ctim: u64,
}

impl FileStat {
    /// Of a thing of this type of which nothing else is known.
    #[must_use]
    pub const fn of(filetype: FileType) -> Self {
        FileStat { dev: 0, ino: 0, filetype, nlink: 0, size: 0, atim: 0, mtim: 0, ctim: 0 }
    }
}

/// What becomes of a time of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTime {
    /// It stays.
    Keep,
    /// It becomes the present.
    Now,
    /// It becomes this, in nanoseconds since 1970-01-01T00:00:00Z.
    At(u64),
}
