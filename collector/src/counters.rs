//! What came in and where it went, in items by signal: the collector's side of the reconciliation.

use serde::{Deserialize, Serialize};

use crate::batch::Signal;

/// Counters of the three signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    pub traces: Tally,
    pub metrics: Tally,
    pub logs: Tally,
}

/// Items of one signal: spans, metric points or log records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Accepted into the queue; refused items are not among them.
    pub received: u64,
    /// Written to the evidence.
    pub written: u64,
    /// Written to the folder of what is later than the cut.
    pub written_after: u64,
    pub dropped: Dropped,
    /// Accepted and not yet written; 0 at the end.
    pub queued: u64,
    pub refused: Refused,
}

/// Accepted items that were not written, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Before the evidence begins.
    pub warm_up: u64,
    /// Of traces that were not to be kept.
    pub sampled: u64,
    /// The disk refused: the run is invalid.
    pub write_failed: u64,
}

/// Items that were never accepted, by reason; the sender knows and may try again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub queue_items: u64,
    pub queue_bytes: u64,
    /// Alone more than the whole queue holds.
    pub too_large: u64,
    /// After the end, or after a write failed.
    pub closed: u64,
}

impl Counters {
    pub fn of(&self, signal: Signal) -> &Tally {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
            Signal::Logs => &self.logs,
        }
    }

    pub(crate) fn of_mut(&mut self, signal: Signal) -> &mut Tally {
        match signal {
            Signal::Traces => &mut self.traces,
            Signal::Metrics => &mut self.metrics,
            Signal::Logs => &mut self.logs,
        }
    }

    /// Whether every accepted item of every signal is accounted for.
    pub fn balance(&self) -> bool {
        Signal::ALL.iter().all(|signal| self.of(*signal).balances())
    }
}

impl Tally {
    /// Whether every accepted item is accounted for.
    pub fn balances(&self) -> bool {
        let Dropped { warm_up, sampled, write_failed } = self.dropped;
        self.received == self.written + self.written_after + warm_up + sampled + write_failed + self.queued
    }
}
