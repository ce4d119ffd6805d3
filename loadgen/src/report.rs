//! What the load generator measured: latency from the planned time beside the raw one, and what it could not send.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Sent later than this after its planned time: the generator, not the system, was slow.
const LATE: Duration = Duration::from_millis(50);
/// The longest latency that is told apart, in microseconds.
const MAX_US: u64 = 120_000_000;

/// Running measurements.
#[derive(Debug)]
pub(crate) struct Measured {
    planned: Histogram<u64>,
    raw: Histogram<u64>,
    send_error: Histogram<u64>,
    sent: u64,
    late: u64,
    pub(crate) dropped: u64,
    ok: u64,
    degraded: u64,
    not_ok: u64,
    unanswered: u64,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Complete,
    Degraded,
    NotOk,
    Unanswered,
}

impl Measured {
    pub(crate) fn new() -> Self {
        let histogram = || Histogram::new_with_bounds(1, MAX_US, 3).expect("the bounds are constant and valid");
        Self {
            planned: histogram(),
            raw: histogram(),
            send_error: histogram(),
            sent: 0,
            late: 0,
            dropped: 0,
            ok: 0,
            degraded: 0,
            not_ok: 0,
            unanswered: 0,
        }
    }

    pub(crate) fn send(&mut self, error: Duration) {
        self.sent += 1;
        self.send_error.saturating_record(micros(error));
        if error > LATE {
            self.late += 1;
        }
    }

    pub(crate) fn end(&mut self, from_plan: Duration, raw: Duration, ending: Ending) {
        self.planned.saturating_record(micros(from_plan));
        self.raw.saturating_record(micros(raw));
        match ending {
            Ending::Complete => self.ok += 1,
            Ending::Degraded => self.degraded += 1,
            Ending::NotOk => self.not_ok += 1,
            Ending::Unanswered => self.unanswered += 1,
        }
    }

    pub(crate) fn report(&self) -> LoadReport {
        LoadReport {
            sent: self.sent,
            late: self.late,
            dropped: self.dropped,
            complete: self.ok,
            degraded: self.degraded,
            not_ok: self.not_ok,
            unanswered: self.unanswered,
            latency_from_plan: summary(&self.planned),
            latency_raw: summary(&self.raw),
            send_error: summary(&self.send_error),
        }
    }
}

/// The load generator's own account of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadReport {
    pub sent: u64,
    /// Sent more than 50 ms after the planned time.
    pub late: u64,
    /// Not sent, because too many were under way.
    pub dropped: u64,
    /// Status 200 with every item.
    pub complete: u64,
    /// Status 200 with an item missing.
    pub degraded: u64,
    pub not_ok: u64,
    pub unanswered: u64,
    /// What a user waits who arrives as planned: free of coordinated omission.
    pub latency_from_plan: LatencySummary,
    /// From sending to answer.
    pub latency_raw: LatencySummary,
    /// From planned time to sending.
    pub send_error: LatencySummary,
}

/// Quantiles in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencySummary {
    pub p50_us: u64,
    pub p95_us: u64,
    pub p99_us: u64,
    pub p999_us: u64,
    pub max_us: u64,
}

fn summary(histogram: &Histogram<u64>) -> LatencySummary {
    LatencySummary {
        p50_us: histogram.value_at_quantile(0.5),
        p95_us: histogram.value_at_quantile(0.95),
        p99_us: histogram.value_at_quantile(0.99),
        p999_us: histogram.value_at_quantile(0.999),
        max_us: histogram.max(),
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).max(1)
}
