//! `rcalab`: the one binary of the lab.

mod alert;
mod carry_out;
mod cli;
mod command;
mod compare;
mod conduct;
mod exit;
mod fidelity;
mod intervene;
mod judge;
mod machine;
mod measure;
mod method;
mod names;
mod output;
mod present;
mod progress;
mod reconcile;
mod regress;
mod script;
mod service;
mod setup;
mod system;
mod tally;
mod trial;
mod witness;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

/// A run allocates much and keeps little, on several threads at once: what mimalloc is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    machine::keep_pages_small();
    let exit = match Cli::parse().command {
        Command::Run(arguments) => command::run::run(&arguments),
        Command::Regress(arguments) => command::regress::regress(&arguments),
        Command::Merge(arguments) => command::merge::merge(&arguments),
        Command::Calibrate(arguments) => command::calibrate::calibrate(&arguments),
        Command::Compare(arguments) => command::compare::compare(&arguments),
        Command::Investigate(arguments) => command::investigate::investigate(&arguments),
        Command::Ask(arguments) => command::ask::ask(&arguments),
        Command::Fidelity(arguments) => command::fidelity::fidelity(&arguments),
        Command::Score(arguments) => command::score::score(&arguments),
        Command::Scenarios(which) => command::scenarios::scenarios(&which),
        Command::Service(arguments) => command::service::service(arguments),
        Command::Completions { shell } => command::completions(shell),
    };
    exit.into()
}
