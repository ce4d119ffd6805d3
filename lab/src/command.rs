//! The commands: each decides what to do and returns how it ended.

pub(crate) mod ask;
pub(crate) mod calibrate;
pub(crate) mod compare;
pub(crate) mod fidelity;
pub(crate) mod investigate;
pub(crate) mod merge;
pub(crate) mod regress;
pub(crate) mod run;
pub(crate) mod scenarios;
pub(crate) mod score;
pub(crate) mod service;
pub(crate) mod verify;

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::output;

/// Prints a completion script.
pub(crate) fn completions(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rcalab", &mut script);
    output::print(&String::from_utf8_lossy(&script));
    Exit::Met
}
