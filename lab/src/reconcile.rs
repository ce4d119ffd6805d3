//! Reconciliation: what was emitted, acknowledged, received and written must add up, for each signal.

use std::collections::BTreeMap;

use collector::{Counters, Signal};
use evidence::Reconciliation;
use evidence::reconciliation::{Kept, Process, Sent};
use services::Member;
use telemetry::{Account, SignalAccount};

use crate::system::{LastWill, Remains};

/// The books of a run, for its manifest.
pub(crate) fn books(remains: &Remains, counters: &Counters) -> Reconciliation {
    let process = |(member, will): (&Member, &Option<LastWill>)| {
        let signals = will.map(|will| signals(&will.account)).unwrap_or_default();
        (member.to_string(), Process { killed: will.is_none(), signals })
    };
    let kept = |signal: Signal| {
        let tally = counters.of(signal);
        let dropped = [
            ("warm_up", tally.dropped.warm_up),
            ("sampled", tally.dropped.sampled),
            ("write_failed", tally.dropped.write_failed),
        ];
        let kept = Kept {
            received: tally.received,
            written: tally.written,
            written_after: tally.written_after,
            dropped: dropped.map(|(reason, items)| (reason.to_owned(), items)).into(),
        };
        (signal.as_str().to_owned(), kept)
    };
    Reconciliation { processes: remains.wills.iter().map(process).collect(), collector: Signal::ALL.map(kept).into() }
}

/// Everything for which a run does not count: books that do not balance, and telemetry that is known to be missing.
pub(crate) fn complaints(books: &Reconciliation) -> Vec<String> {
    let mut complaints: Vec<String> =
        books.imbalances().iter().map(|imbalance| format!("cannot {imbalance}")).collect();
    for (name, process) in &books.processes {
        if process.killed {
            complaints.push(format!("{name} ended without an account: what it lost is unknown"));
        }
        for (signal, sent) in &process.signals {
            if sent.dropped_by_sdk > 0 {
                complaints.push(format!("{name} dropped {} items of {signal} before sending", sent.dropped_by_sdk));
            }
            // A metric point that was not acknowledged is carried by the next one: points are cumulative.
            if sent.unacknowledged > 0 && signal != Signal::Metrics.as_str() {
                complaints.push(format!("{name} got no answer for {} items of {signal}", sent.unacknowledged));
            }
        }
    }
    for (signal, kept) in &books.collector {
        let failed = kept.dropped.get("write_failed").copied().unwrap_or(0);
        if failed > 0 {
            complaints.push(format!("the collector could not write {failed} items of {signal}"));
        }
    }
    complaints
}

/// The books in one line.
pub(crate) fn summary(books: &Reconciliation) -> String {
    let line = |(signal, kept): (&String, &Kept)| {
        let warm_up = kept.dropped.get("warm_up").copied().unwrap_or(0);
        let sampled = match kept.dropped.get("sampled") {
            Some(0) | None => String::new(),
            Some(sampled) => format!(" + {sampled} not sampled"),
        };
        let sent = books.processes.values().filter_map(|process| process.signals.get(signal));
        let acknowledged: u64 = sent.map(|sent| sent.acknowledged).sum();
        format!(
            "{signal}: {acknowledged} acknowledged = {} received = {} evidence + {} later + {warm_up} warm-up{}",
            kept.received, kept.written, kept.written_after, sampled
        )
    };
    books.collector.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn signals(account: &Account) -> BTreeMap<String, Sent> {
    let sent = |account: SignalAccount| Sent {
        ended: account.ended,
        dropped_by_sdk: account.dropped,
        acknowledged: account.acknowledged,
        unacknowledged: account.unacknowledged,
        // The exporters do not tell how often they sent something again.
        retried: 0,
    };
    let all = [(Signal::Traces, account.spans), (Signal::Metrics, account.points), (Signal::Logs, account.logs)];
    all.map(|(signal, account)| (signal.as_str().to_owned(), sent(account))).into()
}

#[cfg(test)]
mod tests {
    use collector::counters::Tally;
    use services::Role;

    use super::*;

    fn complaints_of(ended: u64, acknowledged: u64, received: u64, killed: bool) -> Vec<String> {
        let unacknowledged = ended - acknowledged;
        let spans = SignalAccount { ended, dropped: 0, acknowledged, unacknowledged };
        let will = LastWill { account: Account { spans, ..Account::default() }, ..LastWill::default() };
        let wills = [(Member::first(Role::Search), (!killed).then_some(will))].into();
        let traces = Tally { received, written: received, ..Tally::default() };
        let counters = Counters { traces, ..Counters::default() };
        complaints(&books(&Remains { wills, ledger: Vec::new() }, &counters))
    }

    #[test]
    fn books_that_add_up_have_no_complaint() {
        assert_eq!(complaints_of(10, 10, 10, false), Vec::<String>::new());
    }

    #[test]
    fn every_loss_is_complained_about() {
        assert_eq!(complaints_of(10, 10, 9, false).len(), 1);
        assert_eq!(complaints_of(10, 8, 9, false), ["search-1 got no answer for 2 items of traces"]);
        assert_eq!(complaints_of(10, 10, 10, true), ["search-1 ended without an account: what it lost is unknown"]);
    }
}
