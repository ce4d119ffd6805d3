//! The system under test as a run sees it: processes on sockets, or routers on virtual time.

pub(crate) mod live;
pub(crate) mod sim;

use std::collections::BTreeMap;

use scenarios::ledger::Entry;
use serde::{Deserialize, Serialize};
use services::Role;
use telemetry::Account;

/// Where a running system can be reached.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// Base URL of search.
    pub(crate) search: String,
    /// Base URLs of the control ports.
    pub(crate) controls: BTreeMap<Role, String>,
    pub(crate) token: String,
}

/// What one process leaves behind when it ends in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LastWill {
    pub(crate) account: Account,
    pub(crate) timers: u64,
    /// Timers that fired more than 250 ms late.
    pub(crate) late_timers: u64,
    pub(crate) longest_late_row: u64,
    pub(crate) peak_memory_bytes: u64,
}

/// What is left of a system that was stopped.
#[derive(Debug, Default)]
pub(crate) struct Remains {
    /// None for a process that did not end in order.
    pub(crate) wills: BTreeMap<Role, Option<LastWill>>,
    pub(crate) ledger: Vec<Entry>,
}
