//! Which time is baseline and which is incident.

use crate::evidence::{Evidence, Points};
use crate::investigation::Window;
use crate::signal::UniversalIncidentSignal;

/// How far back an inquiry looks where nobody gave a baseline: an hour, as most runbooks do.
pub const LOOK_BACK_NS: u64 = 3_600_000_000_000;
/// A rule is evaluated once a second over metrics exported once a second: what it fired on is up to two seconds older.
pub const RULE_DELAY_NS: u64 = 2_000_000_000;
/// How long after the alert evidence still counts; later telemetry would show the recovery.
pub const AFTER_ALERT_NS: u64 = 10_000_000_000;

/// Both windows, half-open; they do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    pub baseline: Window,
    pub incident: Window,
}

impl Windows {
    /// The widest windows that a signal justifies, before any evidence is seen.
    pub fn asked(signal: &UniversalIncidentSignal) -> Self {
        let started = signal.started_at_ns;
        let incident = signal.incident.unwrap_or_else(|| {
            let lead = signal.for_ns.saturating_add(signal.window_ns).saturating_add(RULE_DELAY_NS);
            Window { from_ns: started.saturating_sub(lead), to_ns: started.saturating_add(AFTER_ALERT_NS) }
        });
        let baseline = signal
            .baseline
            .unwrap_or(Window { from_ns: incident.from_ns.saturating_sub(LOOK_BACK_NS), to_ns: incident.from_ns });
        // A baseline that reaches into the incident would contain it.
        Self {
            baseline: Window { to_ns: baseline.to_ns.min(incident.from_ns).max(baseline.from_ns), ..baseline },
            incident,
        }
    }

    /// The windows cut to what the evidence covers. A question has no rule whose window could be used: the incident is
    /// then the last third of what was seen, so that the baseline is twice as long as what is compared with it.
    pub fn seen(signal: &UniversalIncidentSignal, evidence: &Evidence) -> Self {
        let asked = Self::asked(signal);
        let Some(extent) = extent(evidence) else { return asked };
        let clip = |window: Window| {
            let from_ns = window.from_ns.max(extent.from_ns);
            Window { from_ns, to_ns: window.to_ns.min(extent.to_ns).max(from_ns) }
        };
        if signal.is_question() && signal.incident.is_none() {
            let end = extent.to_ns.min(asked.incident.to_ns);
            let start = extent.from_ns.max(asked.baseline.from_ns).min(end);
            let split = start + (end - start) / 3 * 2;
            return Self {
                baseline: Window { from_ns: start, to_ns: split },
                incident: Window { from_ns: split, to_ns: end },
            };
        }
        Self { baseline: clip(asked.baseline), incident: clip(asked.incident) }
    }

    /// Both together.
    pub fn whole(&self) -> Window {
        Window { from_ns: self.baseline.from_ns, to_ns: self.incident.to_ns }
    }
}

/// From the first to just after the last item.
fn extent(evidence: &Evidence) -> Option<Window> {
    let spans = evidence.spans.iter().map(|span| span.start_ns);
    let logs = evidence.logs.iter().map(|log| log.at_ns);
    let ends = evidence.series.iter().flat_map(|series| match &series.points {
        Points::Gauge(points) | Points::Sum { points, .. } => {
            [points.first().map(|point| point.at_ns), points.last().map(|point| point.at_ns)]
        }
        Points::Histogram { points, .. } => {
            [points.first().map(|point| point.at_ns), points.last().map(|point| point.at_ns)]
        }
    });
    let times = spans.chain(logs).chain(ends.flatten());
    times.fold(None, |extent: Option<Window>, at_ns| {
        let extent = extent.unwrap_or(Window { from_ns: at_ns, to_ns: at_ns });
        Some(Window { from_ns: extent.from_ns.min(at_ns), to_ns: extent.to_ns.max(at_ns.saturating_add(1)) })
    })
}
