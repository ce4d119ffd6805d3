//! Whether what was sent is what was kept: the books of every process against those of the collector, signal by signal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The books of a run. Keys are names of processes, and `traces`, `metrics`, `logs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    pub processes: BTreeMap<String, Process>,
    pub collector: BTreeMap<String, Kept>,
}

/// One sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The scenario killed it, so its last items may be unknown.
    pub killed: bool,
    pub signals: BTreeMap<String, Sent>,
}

/// Items of one signal that one process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub ended: u64,
    pub dropped_by_sdk: u64,
    pub acknowledged: u64,
    pub unacknowledged: u64,
    /// Sent more than once, because an answer was lost.
    pub retried: u64,
}

/// Items of one signal that the collector received.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub received: u64,
    pub written: u64,
    pub written_after: u64,
    /// By reason.
    pub dropped: BTreeMap<String, u64>,
}

/// Books that do not balance: the run is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Imbalance {
    #[error(
        "account for {signal} of {process}: {ended} ended, {accounted} were dropped, acknowledged or left \
         unacknowledged"
    )]
    Process { process: String, signal: String, ended: u64, accounted: u64 },
    #[error("account for {signal} at the collector: {received} received, {accounted} written or dropped")]
    Collector { signal: String, received: u64, accounted: u64 },
    #[error("account for {signal} in between: {received} received, expected {at_least} to {at_most}")]
    Between { signal: String, received: u64, at_least: u64, at_most: u64 },
}

impl Reconciliation {
    /// Every book that does not balance. A killed process makes its own book and the upper end unknown, never the lower.
    pub fn imbalances(&self) -> Vec<Imbalance> {
        let mut found = Vec::new();
        for (name, process) in self.processes.iter().filter(|(_, process)| !process.killed) {
            for (signal, sent) in &process.signals {
                let accounted = sent.dropped_by_sdk + sent.acknowledged + sent.unacknowledged;
                if sent.ended != accounted {
                    let (process, signal) = (name.clone(), signal.clone());
                    found.push(Imbalance::Process { process, signal, ended: sent.ended, accounted });
                }
            }
        }
        let any_killed = self.processes.values().any(|process| process.killed);
        for (signal, kept) in &self.collector {
            let (signal, received) = (signal.clone(), kept.received);
            let accounted = kept.written + kept.written_after + kept.dropped.values().sum::<u64>();
            if received != accounted {
                found.push(Imbalance::Collector { signal: signal.clone(), received, accounted });
            }
            let sent = self.processes.values().filter_map(|process| process.signals.get(&signal));
            let (at_least, certain_most) = sent.fold((0, 0), |(least, most), sent| {
                (least + sent.acknowledged, most + sent.acknowledged + sent.unacknowledged + sent.retried)
            });
            let at_most = if any_killed { u64::MAX } else { certain_most };
            if !(at_least..=at_most).contains(&received) {
                found.push(Imbalance::Between { signal, received, at_least, at_most });
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books(sent: Sent, killed: bool, kept: Kept) -> String {
        let signals = BTreeMap::from([("traces".to_owned(), sent)]);
        let books = Reconciliation {
            processes: BTreeMap::from([("a".to_owned(), Process { killed, signals })]),
            collector: BTreeMap::from([("traces".to_owned(), kept)]),
        };
        let found: Vec<String> = books.imbalances().iter().map(ToString::to_string).collect();
        if found.is_empty() { "balanced".to_owned() } else { found.join("; ") }
    }

    #[test]
    fn books_balance_or_say_where_they_do_not() {
        let sent = Sent { ended: 10, dropped_by_sdk: 1, acknowledged: 7, unacknowledged: 2, retried: 0 };
        let kept = |received, written, early| Kept {
            received,
            written,
            written_after: 1,
            dropped: BTreeMap::from([("warm_up".to_owned(), early)]),
        };
        let rows = [
            books(sent, false, kept(8, 5, 2)),
            books(Sent { ended: 11, ..sent }, false, kept(8, 5, 2)),
            books(sent, false, kept(8, 4, 2)),
            books(sent, false, kept(6, 3, 2)),
            books(sent, false, kept(10, 7, 2)),
            books(Sent { retried: 1, ..sent }, false, kept(10, 7, 2)),
            books(Sent { ended: 11, ..sent }, true, kept(10, 7, 2)),
        ];
        insta::assert_snapshot!(rows.join("\n"), @"
        balanced
        account for traces of a: 11 ended, 10 were dropped, acknowledged or left unacknowledged
        account for traces at the collector: 8 received, 7 written or dropped
        account for traces in between: 6 received, expected 7 to 9
        account for traces in between: 10 received, expected 7 to 9
        balanced
        balanced
        ");
    }
}
