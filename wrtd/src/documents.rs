//! `wrtd completion` and `wrtd man`: what shells and `man` read, made from the command line's own definition.

use crate::cli::{self, CompletionArgs, ManArgs};
use crate::exit;
use crate::print::out;
use crate::report::Failure;
use clap::Command;
use std::path::Path;

/// Prints a shell's script; the result is the exit code.
pub fn completion(args: &CompletionArgs) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::documented(), "wrtd", &mut script);
    out(format_args!("{}", String::from_utf8_lossy(&script)));
    exit::DONE
}

/// Prints the manual page, or writes all of them into a directory; the result is the exit code.
pub fn man(args: &ManArgs) -> u8 {
    let mut command = cli::documented();
    command.build();
    ended(match &args.dir {
        None => page(command)
            .map(|page| out(format_args!("{}", String::from_utf8_lossy(&page))))
            .map_err(|e| Failure::new("write", format!("cannot write: {e}"))),
        Some(dir) => pages(&command, dir)
            .map_err(|e| Failure::new("write", format!("cannot write manual pages to {}: {e}", dir.display()))),
    })
}

fn ended(result: Result<(), Failure>) -> u8 {
    result.map_or_else(
        |failure| {
            failure.print();
            failure.exit_code()
        },
        |()| exit::DONE,
    )
}

fn page(command: Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}

/// `wrtd.1`, and `wrtd-COMMAND.1` for each command.
fn pages(command: &Command, dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    std::fs::write(dir.join("wrtd.1"), page(command.clone())?)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        // The name with a hyphen, which `build` has made, stands in the page's head as well.
        let name = sub.get_display_name().unwrap_or(sub.get_name());
        std::fs::write(dir.join(format!("{name}.1")), page(sub.clone())?)?;
    }
    Ok(())
}
