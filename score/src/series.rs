//! Evidence as series, one value a step for each quantity of each service: what methods over metrics look at.

mod metrics;
mod traces;

use std::ops::Range;

use rca_engine::component::Component;
use rca_engine::evidence::Evidence;
use rca_engine::windows::Windows;

/// The shortest step: metrics are exported every second, and the data sets of the papers have one value a second.
pub const STEP_NS: u64 = 1_000_000_000;
/// Longer windows get longer steps: what is quadratic in steps must end.
pub const STEPS_MAX: u64 = 300;

/// What a column tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Mean duration of the requests that ended in the step, in nanoseconds, from traces.
    Latency,
    /// Failed requests that ended in the step, from traces.
    Errors,
    /// Requests that ended in the step, from traces.
    Requests,
    /// A series of a metric.
    Metric,
}

/// One quantity of one service.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub service: Component,
    pub quantity: Quantity,
    /// Where it is a metric: its place among the series of the evidence.
    pub series: Option<usize>,
    /// One value a step. Where nothing was measured the last value goes on; before the first one it is 0.
    pub values: Vec<f64>,
}

/// All series of some evidence over the same steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub step_ns: u64,
    /// Steps of the baseline, and of the incident; they do not overlap.
    pub baseline: Range<usize>,
    pub incident: Range<usize>,
    pub columns: Vec<Column>,
}

/// Steps of equal length.
#[derive(Clone, Copy, Debug)]
struct Grid {
    from_ns: u64,
    step_ns: u64,
    steps: usize,
}

impl Table {
    /// Cuts both windows into steps, from where the incident begins, in both directions; what is left at the ends is less
    /// than a step.
    pub fn new(evidence: &Evidence, windows: &Windows) -> Self {
        let Windows { baseline, incident } = *windows;
        let whole = incident.to_ns.saturating_sub(baseline.from_ns);
        let step_ns = whole.div_ceil(STEPS_MAX).max(STEP_NS);
        let steps = |from_ns: u64, to_ns: u64| {
            usize::try_from(to_ns.saturating_sub(from_ns) / step_ns).expect("at most STEPS_MAX steps")
        };
        let split = steps(baseline.from_ns, incident.from_ns);
        let after = steps(incident.from_ns, incident.to_ns);
        let from_ns = incident.from_ns.saturating_sub(split as u64 * step_ns);
        let grid = Grid { from_ns, step_ns, steps: split + after };
        // Between a baseline that was given and the incident may be time that is neither.
        let quiet = steps(from_ns, baseline.to_ns.max(from_ns)).min(split);
        let mut columns = traces::columns(evidence, &grid);
        columns.extend(metrics::columns(evidence, &grid));
        Self { step_ns, baseline: 0..quiet, incident: split..grid.steps, columns }
    }
}

impl Grid {
    /// The step in which something happened: what is measured at the end of a step belongs to it.
    fn step(&self, at_ns: u64) -> Option<usize> {
        let past = at_ns.checked_sub(self.from_ns)?.checked_sub(1)?;
        usize::try_from(past / self.step_ns).ok().filter(|step| *step < self.steps)
    }
}

/// The last value goes on where there is none; before the first there is nothing.
fn filled(values: Vec<Option<f64>>) -> Vec<f64> {
    let mut last = 0.0;
    let fill = |value: Option<f64>| {
        last = value.unwrap_or(last);
        last
    };
    values.into_iter().map(fill).collect()
}
