//! Bounded resources before and after the onset, from their metrics and from the spans that wait for them.

mod ceilings;

use std::collections::BTreeMap;

use crate::canonical::{Aspect, Metric, Model, PoolId, SampleKind};

use super::census::{Census, Pair, Phase, Phases};

/// What is known of a bounded resource. Times are mean seconds a use, limits and levels are counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PoolState {
    pub(crate) limit: Option<Pair<f64>>,
    pub(crate) pending: Option<Pair<f64>>,
    pub(crate) in_use: Option<Pair<f64>>,
    pub(crate) wait_s: Option<Pair<f64>>,
    pub(crate) use_s: Option<Pair<f64>>,
    /// Requests a second that gave up or were refused.
    pub(crate) timeouts: Option<Pair<f64>>,
    /// Most uses at one time, where the resource does not tell its limit and the uses show one that is lower now.
    pub(crate) ceiling: Option<Pair<f64>>,
}

/// A limit that fell below this share of what it was has been cut.
const CUT: f64 = 0.9;

impl PoolState {
    /// Whether there is room for fewer uses at once than before.
    pub(crate) fn was_cut(&self) -> bool {
        self.room().is_some_and(|limit| limit.before > 0.0 && limit.after < CUT * limit.before)
    }

    /// The limit as it is told, or as the uses show it.
    pub(crate) fn room(&self) -> Option<Pair<f64>> {
        self.limit.or(self.ceiling)
    }

    /// Mean wait after the onset minus before, seconds.
    pub(crate) fn added_wait_s(&self) -> f64 {
        self.wait_s.map_or(0.0, |wait| wait.after - wait.before)
    }
}

/// The state of every bounded resource that is known from metrics or spans; for waits
/// spans win where both tell, because they know the exact moment.
pub(crate) fn states(model: &Model<'_>, census: &Census, phases: &Phases) -> BTreeMap<PoolId, PoolState> {
    let mut states: BTreeMap<PoolId, PoolState> = BTreeMap::new();
    let mut by_aspect: BTreeMap<(PoolId, Aspect), Vec<&Metric>> = BTreeMap::new();
    for metric in &model.metrics {
        if let Some(aspect) = metric.aspect {
            by_aspect.entry(aspect).or_default().push(metric);
        }
    }
    for ((pool, aspect), metrics) in by_aspect {
        let state = states.entry(pool).or_default();
        // Several attribute sets of one resource, such as connection states, are parts of one whole.
        let pair = metrics.iter().filter_map(|metric| pair(metric, phases)).reduce(|a, b| match metrics[0].kind {
            SampleKind::Mean => Pair { before: a.before.max(b.before), after: a.after.max(b.after) },
            SampleKind::Level | SampleKind::Rate => Pair { before: a.before + b.before, after: a.after + b.after },
        });
        let slot = match aspect {
            Aspect::Limit => &mut state.limit,
            Aspect::InUse => &mut state.in_use,
            Aspect::Pending => &mut state.pending,
            Aspect::WaitTime => &mut state.wait_s,
            Aspect::UseTime => &mut state.use_s,
            Aspect::Timeouts => &mut state.timeouts,
        };
        *slot = pair;
    }
    for (pool, usage) in &census.usage {
        let state = states.entry(*pool).or_default();
        let mean = |ns: u64, count: u64| if count == 0 { 0.0 } else { ns as f64 / count as f64 / 1e9 };
        if usage.before.waits > 0 && usage.after.waits > 0 {
            state.wait_s = Some(Pair {
                before: mean(usage.before.wait_ns, usage.before.waits),
                after: mean(usage.after.wait_ns, usage.after.waits),
            });
        }
        // The use of a resource is known from its own metric best: a span may do other things as well.
        if state.use_s.is_none_or(|use_s| use_s.before <= 0.0 || use_s.after <= 0.0)
            && usage.before.used > 0
            && usage.after.used > 0
        {
            state.use_s = Some(Pair {
                before: mean(usage.before.use_ns, usage.before.used),
                after: mean(usage.after.use_ns, usage.after.used),
            });
        }
    }
    for (pool, state) in &mut states {
        // Waits are there anyway where the limit is met now and then.
        if state.limit.is_none() && state.added_wait_s() > 0.0 {
            state.ceiling = ceilings::lowered(model, phases, *pool);
        }
    }
    states
}

/// The mean of a metric on both sides, weighted by observations.
fn pair(metric: &Metric, phases: &Phases) -> Option<Pair<f64>> {
    let mut sums = Pair::<(f64, f64)>::default();
    for sample in &metric.samples {
        if let Some(phase) = phases.of(sample.at_ns) {
            let sum = sums.at(phase);
            sum.0 += sample.value * sample.weight;
            sum.1 += sample.weight;
        }
    }
    let mean = |phase: Phase, mut sums: Pair<(f64, f64)>| {
        let (sum, weight) = *sums.at(phase);
        (weight > 0.0).then(|| sum / weight)
    };
    let (before, after) = (mean(Phase::Before, sums), mean(Phase::After, sums));
    match (before, after, metric.kind) {
        (Some(before), Some(after), _) => Some(Pair { before, after }),
        // A resource that was never waited for has no mean wait: that is none.
        (Some(_), None, SampleKind::Mean) | (None, Some(_), SampleKind::Mean) => {
            Some(Pair { before: before.unwrap_or(0.0), after: after.unwrap_or(0.0) })
        }
        // A level that was not told on one side is not known to be nothing there.
        _ => None,
    }
}
