//! The system under test as a run sees it: processes on sockets, or routers on virtual time.

pub(crate) mod live;
pub(crate) mod sim;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use scenarios::ledger::Entry;
use scenarios::model::System;
use serde::{Deserialize, Serialize};
use services::{Member, Peers, Role};
use telemetry::Account;

/// Where a running system can be reached.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// The instances of search.
    pub(crate) search: Peers,
    /// Base URLs of the control ports.
    pub(crate) controls: BTreeMap<Member, String>,
    pub(crate) token: String,
}

impl Addresses {
    /// The control ports of the instances of a role within a range of numbers, with their numbers.
    pub(crate) fn ports(&self, role: Role, ordinals: RangeInclusive<u32>) -> Vec<(u32, String)> {
        let within = |member: &Member| member.role == role && ordinals.contains(&member.ordinal);
        let ports = self.controls.iter().filter(|(member, _)| within(member));
        ports.map(|(member, port)| (member.ordinal, port.clone())).collect()
    }
}

/// The instances of a role, with their weights.
fn members(role: Role, system: &System) -> Vec<(Member, f64)> {
    let weights = system.instances(role.as_str()).weights();
    (1..).zip(weights).map(|(ordinal, weight)| (Member { role, ordinal }, weight)).collect()
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
    pub(crate) wills: BTreeMap<Member, Option<LastWill>>,
    pub(crate) ledger: Vec<Entry>,
}
