//! Exit codes: a wrong verdict, a broken lab and an invalid run never share one.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All gates met.
    Met = 0,
    /// The command line is wrong.
    Usage = 2,
    /// What was asked for selects nothing.
    Nothing = 4,
    /// The lab did not come up.
    NotUp = 96,
    /// A gate was missed: the verdict is wrong.
    Missed = 99,
    /// The scenario or the configuration is bad.
    BadInput = 104,
    Interrupted = 105,
    /// The run is incomplete or invalid; its verdict says nothing about the engine.
    Invalid = 106,
    /// A report could not be written.
    NoReport = 110,
}

impl Exit {
    /// What a score says of how it all ended.
    pub(crate) fn of_score(code: u8) -> Self {
        match code {
            score::card::MET => Self::Met,
            score::card::MISSED => Self::Missed,
            _ => Self::Invalid,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
