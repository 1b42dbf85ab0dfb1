//! What a watched run tells: the fault that was found, how a run ended, and what was looked at.

use super::Mechanism;
use crate::error::Error;

/// What was found to be damaged, or to differ between two tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The module: code words and its tables. At: byte of the module where it is known, else 0.
    Module,
    /// What binds the instance, and what else of it stays as it is. At: byte of the instance's header, or its size for
    /// what lies behind.
    Instance,
    /// Globals, tables and lengths. At: byte of the instance.
    State,
    /// Linear memory. At: address in it.
    Memory,
    /// The header of the task, its account of fuel apart. At: byte of the region.
    Task,
    /// A frame. At: byte of the task's region.
    Frame,
    /// The account of fuel. At: byte of the task's region.
    Fuel,
    /// How a slice ended. At: fuel that had been used when it began.
    Outcome,
    /// A pattern beside a lent region. At: number of the guard.
    Guard,
    /// Which function of the host a call leads to, or with what. At: number of the import.
    HostCall,
}

impl Part {
    /// Every part.
    pub const ALL: [Part; 10] = [
        Part::Module,
        Part::Instance,
        Part::State,
        Part::Memory,
        Part::Task,
        Part::Frame,
        Part::Fuel,
        Part::Outcome,
        Part::Guard,
        Part::HostCall,
    ];

    /// A few words for a person.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Part::Module => "code or tables of the module",
            Part::Instance => "what binds the instance",
            Part::State => "globals or tables",
            Part::Memory => "linear memory",
            Part::Task => "the task's header",
            Part::Frame => "a frame",
            Part::Fuel => "the account of fuel",
            Part::Outcome => "how the run went on",
            Part::Guard => "a guard pattern",
            Part::HostCall => "a call of the host",
        }
    }
}

/// A fault that a mechanism found. Nothing that was computed behind the last checkpoint has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// The mechanism.
    pub by: Mechanism,
    /// What is damaged, or differs.
    pub part: Part,
    /// The task over which it was found: 1 or 2; 0 where the two differ and either may be damaged.
    pub lane: u8,
    /// Number of the instance in its group, for what belongs to one.
    pub instance: u32,
    /// Where, as the part says.
    pub at: u64,
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Fault { by, part, lane, instance, at } = *self;
        if lane == 0 {
            write!(f, "{} differs between the two tasks (instance {instance}, at {at:#x}): {}", part.name(), by.name())
        } else {
            write!(f, "{} is damaged in task {lane} (instance {instance}, at {at:#x}): {}", part.name(), by.name())
        }
    }
}

/// Why a watched run ended without an [`crate::Outcome`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stop {
    /// A trap, an exit or a wrong use: as an unwatched run would end.
    Error(Error),
    /// A fault. The supervisor runs nothing any more.
    Fault(Fault),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error)
    }
}
impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}
impl core::fmt::Display for Stop {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Stop::Error(error) => error.fmt(f),
            Stop::Fault(fault) => fault.fmt(f),
        }
    }
}

/// What a supervisor has looked at since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Checkpoints passed.
    pub checkpoints: u64,
    /// Bytes that were summed.
    pub summed: u64,
    /// Bytes of each of two tasks that were compared.
    pub compared: u64,
    /// Calls of the host that were held back until the checkpoint before them had passed.
    pub host_calls: u64,
}

/// Where a campaign injects faults.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Code words.
    Code,
    /// The module's tables, its header included.
    Tables,
    /// Frames and the records between them.
    Frames,
    /// The task's header.
    Task,
    /// The instance's header.
    Instance,
    /// Cells of globals.
    Globals,
    /// Tables with their elements.
    Elements,
    /// Headers of memories, and what else binds the instance.
    Bindings,
    /// Linear memory.
    Memory,
}

impl Place {
    /// Every place.
    pub const ALL: [Place; 9] = [
        Place::Code,
        Place::Tables,
        Place::Frames,
        Place::Task,
        Place::Instance,
        Place::Globals,
        Place::Elements,
        Place::Bindings,
        Place::Memory,
    ];

    /// A word or two for a person.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Place::Code => "code words",
            Place::Tables => "tables of the module",
            Place::Frames => "frames",
            Place::Task => "task header",
            Place::Instance => "instance header",
            Place::Globals => "globals",
            Place::Elements => "table elements",
            Place::Bindings => "bindings",
            Place::Memory => "linear memory",
        }
    }
    /// Whether it is code or control data, rather than a guest's data.
    #[must_use]
    pub const fn is_control(self) -> bool {
        !matches!(self, Place::Memory | Place::Globals)
    }
}
