//! What became of every span, log record and metric point of a process: the input of reconciliation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer};

/// The account of one signal: `ended = dropped + acknowledged + unacknowledged` must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalAccount {
    /// Handed to the SDK.
    pub ended: u64,
    /// Dropped by the SDK: its queue was full, or it was already shut down.
    pub dropped: u64,
    /// Exported and acknowledged by the collector.
    pub acknowledged: u64,
    /// Exported without an acknowledgement after all retries.
    pub unacknowledged: u64,
}

impl SignalAccount {
    /// Whether nothing is missing and nothing is double.
    pub fn balances(&self) -> bool {
        self.ended == self.dropped + self.acknowledged + self.unacknowledged
    }

    /// Both accounts in one.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            ended: self.ended + other.ended,
            dropped: self.dropped + other.dropped,
            acknowledged: self.acknowledged + other.acknowledged,
            unacknowledged: self.unacknowledged + other.unacknowledged,
        }
    }
}

/// The accounts of one telemetry value, or of all of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub spans: SignalAccount,
    pub logs: SignalAccount,
    /// Metric data points.
    pub points: SignalAccount,
}

impl Account {
    /// Both accounts in one.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            spans: self.spans.plus(other.spans),
            logs: self.logs.plus(other.logs),
            points: self.points.plus(other.points),
        }
    }
}

/// Running counts of one signal.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) ended: AtomicU64,
    pub(crate) dropped: AtomicU64,
    acknowledged: AtomicU64,
    unacknowledged: AtomicU64,
}

impl Tally {
    pub(crate) fn end(&self, items: u64) {
        self.ended.fetch_add(items, Ordering::Relaxed);
    }

    pub(crate) fn drop_items(&self, items: u64) {
        self.dropped.fetch_add(items, Ordering::Relaxed);
    }

    pub(crate) fn exported(&self, items: u64, acknowledged: bool) {
        let count = if acknowledged { &self.acknowledged } else { &self.unacknowledged };
        count.fetch_add(items, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> SignalAccount {
        SignalAccount {
            ended: self.ended.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            acknowledged: self.acknowledged.load(Ordering::Relaxed),
            unacknowledged: self.unacknowledged.load(Ordering::Relaxed),
        }
    }
}

/// Running counts of one telemetry value.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    pub(crate) spans: Tally,
    pub(crate) logs: Tally,
    pub(crate) points: Tally,
}

impl Tallies {
    pub(crate) fn read(&self) -> Account {
        Account { spans: self.spans.read(), logs: self.logs.read(), points: self.points.read() }
    }
}

/// Hears the SDK say, at shutdown, how many items its full queues dropped: it tells nobody else.
pub(crate) struct DropListener(pub(crate) Arc<Tallies>);

impl<S: tracing::Subscriber> Layer<S> for DropListener {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        event.record(&mut DropVisitor(&self.0));
    }
}

struct DropVisitor<'a>(&'a Tallies);

impl Visit for DropVisitor<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "dropped_span_count" => self.0.spans.drop_items(value),
            "dropped_logs_count" => self.0.logs.drop_items(value),
            _ => {}
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}
