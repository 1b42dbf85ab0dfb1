//! The exit codes: one list, from which `--help` is made and with which a test compares `docs/wrtd.md`.

/// Done.
pub const DONE: u8 = 0;
/// The module cannot be read, is refused, cannot be linked, or has no such function; another file that was named
/// cannot be used; output cannot be written.
pub const REFUSED: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// A replay is not what was recorded.
pub const DEPARTED: u8 = 122;
/// Out of time; beside [`FUEL`], with which `timeout` ends.
pub const TIME: u8 = 123;
/// Out of fuel.
pub const FUEL: u8 = 124;
/// A safety mechanism found a fault.
pub const FAULT: u8 = 125;
/// Stopped from outside; what a shell reports for a process that Ctrl-C ended.
pub const STOPPED: u8 = 130;
/// Trap; what a shell reports for an aborted process.
pub const TRAP: u8 = 134;

/// Every code with its meaning, in the order of the numbers.
pub const ALL: [(u8, &str); 9] = [
    (DONE, "done; for validate: every module is valid"),
    (
        REFUSED,
        "the module is refused, cannot be read or linked, or has no such function; a file that is named cannot be used",
    ),
    (USAGE, "the command line, the function's arguments or a variable are wrong"),
    (DEPARTED, "not the run that was recorded (--replay)"),
    (TIME, "out of time (--timeout)"),
    (FUEL, "out of fuel (--fuel)"),
    (FAULT, "a mechanism of the safety level found a fault; no result is given out"),
    (STOPPED, "stopped by Ctrl-C"),
    (TRAP, "trap"),
];
/// What stands for every other number.
pub const GUEST: &str = "the guest ended itself with N (255 where N is greater)";

/// The list as `--help` shows it.
pub fn help() -> String {
    let mut text = String::from("Exit codes:\n");
    for (code, meaning) in ALL {
        text += &format!("  {code:>3}    {meaning}\n");
    }
    text + &format!("    N    {GUEST}")
}
