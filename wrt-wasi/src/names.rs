//! The functions of WASI preview 1 by name, with their signatures.
//!
//! Owns the table of them, for both versions of the interface.

use wrt_core::{FuncType, ValType};

/// Under which name the interface is imported; layouts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `wasi_snapshot_preview1`.
    Preview1,
    /// `wasi_unstable`, which some older compilers import.
    Unstable,
}

impl Version {
    /// Both.
    pub const ALL: [Version; 2] = [Version::Preview1, Version::Unstable];

    /// The name of the module that is imported from.
    #[must_use]
    pub const fn module(self) -> &'static str {
        match self {
            Version::Preview1 => "wasi_snapshot_preview1",
            Version::Unstable => "wasi_unstable",
        }
    }
}

macro_rules! functions {
    ($($case:ident $name:literal $sig:literal)*) => {
        /// A function of the interface.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "the names say which; the specification what they do")]
        pub enum Function { $($case,)* }

        impl Function {
            /// Every function, in the order of the specification.
            pub const ALL: [Function; [$($name),*].len()] = [$(Function::$case),*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Function::$case => $name,)* }
            }
            /// Its type, as [`wrt_core::HostFunc::with_sig`] spells it.
            #[must_use]
            pub const fn signature(self) -> &'static str {
                match self { $(Function::$case => $sig,)* }
            }
        }
    };
}

functions! {
    ArgsGet "args_get" "(ii)i"
    ArgsSizesGet "args_sizes_get" "(ii)i"
    EnvironGet "environ_get" "(ii)i"
    EnvironSizesGet "environ_sizes_get" "(ii)i"
    ClockResGet "clock_res_get" "(ii)i"
    ClockTimeGet "clock_time_get" "(iIi)i"
    FdAdvise "fd_advise" "(iIIi)i"
    FdAllocate "fd_allocate" "(iII)i"
    FdClose "fd_close" "(i)i"
    FdDatasync "fd_datasync" "(i)i"
    FdFdstatGet "fd_fdstat_get" "(ii)i"
    FdFdstatSetFlags "fd_fdstat_set_flags" "(ii)i"
    FdFdstatSetRights "fd_fdstat_set_rights" "(iII)i"
    FdFilestatGet "fd_filestat_get" "(ii)i"
    FdFilestatSetSize "fd_filestat_set_size" "(iI)i"
    FdFilestatSetTimes "fd_filestat_set_times" "(iIIi)i"
    FdPread "fd_pread" "(iiiIi)i"
    FdPrestatGet "fd_prestat_get" "(ii)i"
    FdPrestatDirName "fd_prestat_dir_name" "(iii)i"
    FdPwrite "fd_pwrite" "(iiiIi)i"
    FdRead "fd_read" "(iiii)i"
    FdReaddir "fd_readdir" "(iiiIi)i"
    FdRenumber "fd_renumber" "(ii)i"
    FdSeek "fd_seek" "(iIii)i"
    FdSync "fd_sync" "(i)i"
    FdTell "fd_tell" "(ii)i"
    FdWrite "fd_write" "(iiii)i"
    PathCreateDirectory "path_create_directory" "(iii)i"
    PathFilestatGet "path_filestat_get" "(iiiii)i"
    PathFilestatSetTimes "path_filestat_set_times" "(iiiiIIi)i"
    PathLink "path_link" "(iiiiiii)i"
    PathOpen "path_open" "(iiiiiIIii)i"
    PathReadlink "path_readlink" "(iiiiii)i"
    PathRemoveDirectory "path_remove_directory" "(iii)i"
    PathRename "path_rename" "(iiiiii)i"
    PathSymlink "path_symlink" "(iiiii)i"
    PathUnlinkFile "path_unlink_file" "(iii)i"
    PollOneoff "poll_oneoff" "(iiii)i"
    ProcExit "proc_exit" "(i)"
    ProcRaise "proc_raise" "(i)i"
    SchedYield "sched_yield" "()i"
    RandomGet "random_get" "(ii)i"
    SockAccept "sock_accept" "(iii)i"
    SockRecv "sock_recv" "(iiiiii)i"
    SockSend "sock_send" "(iiiii)i"
    SockShutdown "sock_shutdown" "(ii)i"
}

impl Function {
    /// The function that an import names, and by which version of the interface.
    #[must_use]
    pub fn find(module: &str, name: &str) -> Option<(Function, Version)> {
        let version = Version::ALL.into_iter().find(|version| version.module() == module)?;
        let function = Function::ALL.into_iter().find(|function| function.name() == name)?;
        // Accepting came after the first version.
        if function == Function::SockAccept && version == Version::Unstable { None } else { Some((function, version)) }
    }

    /// Whether an import of this type may be bound to the function.
    #[must_use]
    pub fn matches(self, ty: &FuncType<'_>) -> bool {
        let letters = ty.params.iter().map(|&p| ValType::letter(p));
        let results = ty.results.iter().map(|&r| ValType::letter(r));
        let spelled = [b'('].into_iter().chain(letters).chain([b')']).chain(results);
        spelled.eq(self.signature().bytes())
    }
}
