//! Metric points as steps: what a counter gained and what a histogram took in between one export and the next.

use rca_engine::evidence::{Distribution, Number, Points, Series};

/// One value of one series, with the time it stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) at_ns: u64,
    pub(crate) value: StepValue,
}

/// What a step holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StepValue {
    /// A level.
    Level(f64),
    /// A gain over the seconds since the point before.
    Gain { gained: f64, seconds: f64 },
    /// Observations since the point before; one more bucket than bounds, or none.
    Observed { count: u64, sum: f64, buckets: Vec<u64> },
}

/// The steps of a series by time. A first cumulative point has no point before it and is left out, a point after a
/// restart counts in full.
pub(crate) fn steps(series: &Series) -> Vec<Step> {
    match &series.points {
        Points::Gauge(points) => points.iter().map(level).collect(),
        Points::Sum { monotonic: false, points, .. } => points.iter().map(level).collect(),
        Points::Sum { monotonic: true, cumulative, points } => gains(points, *cumulative),
        Points::Histogram { cumulative, points, .. } => observations(points, *cumulative),
    }
}

fn level(point: &Number) -> Step {
    Step { at_ns: point.at_ns, value: StepValue::Level(point.value) }
}

fn gains(points: &[Number], cumulative: bool) -> Vec<Step> {
    if !cumulative {
        return points.iter().map(|point| gain(point.at_ns, point.value, point.start_ns)).collect();
    }
    points
        .windows(2)
        .map(|pair| {
            let restarted = pair[1].start_ns != pair[0].start_ns || pair[1].value < pair[0].value;
            let before = if restarted { 0.0 } else { pair[0].value };
            gain(pair[1].at_ns, pair[1].value - before, pair[0].at_ns)
        })
        .collect()
}

fn gain(at_ns: u64, gained: f64, since_ns: u64) -> Step {
    #[expect(clippy::cast_precision_loss, reason = "seconds between exports need no nanosecond precision")]
    let seconds = (at_ns.saturating_sub(since_ns) as f64 / 1e9).max(1e-3);
    Step { at_ns, value: StepValue::Gain { gained, seconds } }
}

fn observations(points: &[Distribution], cumulative: bool) -> Vec<Step> {
    let whole = |point: &Distribution| Step {
        at_ns: point.at_ns,
        value: StepValue::Observed { count: point.count, sum: point.sum, buckets: point.buckets.to_vec() },
    };
    if !cumulative {
        return points.iter().map(whole).collect();
    }
    points
        .windows(2)
        .map(|pair| {
            let (before, now) = (&pair[0], &pair[1]);
            let comparable = now.start_ns == before.start_ns && now.buckets.len() == before.buckets.len();
            if !comparable || now.count < before.count {
                return whole(now);
            }
            let buckets = now.buckets.iter().zip(&*before.buckets).map(|(now, before)| now.saturating_sub(*before));
            let value = StepValue::Observed {
                count: now.count - before.count,
                sum: now.sum - before.sum,
                buckets: buckets.collect(),
            };
            Step { at_ns: now.at_ns, value }
        })
        .collect()
}

/// The quantile of bucketed observations, linear within a bucket; the last bucket answers its lower bound.
pub(crate) fn quantile(bounds: &[f64], buckets: &[u64], quantile: f64) -> Option<f64> {
    let total: u128 = buckets.iter().map(|bucket| u128::from(*bucket)).sum();
    if total == 0 || buckets.len() != bounds.len() + 1 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of one window are far below 2^52")]
    let (wanted, count) = (quantile * total as f64, |bucket: u64| bucket as f64);
    let mut seen = 0.0;
    for (index, bucket) in buckets.iter().enumerate() {
        if *bucket > 0 && seen + count(*bucket) >= wanted {
            let low = if index == 0 { bounds.first().copied().unwrap_or(0.0).min(0.0) } else { bounds[index - 1] };
            let Some(high) = bounds.get(index) else { return Some(low) };
            return Some(low + (high - low) * ((wanted - seen) / count(*bucket)).clamp(0.0, 1.0));
        }
        seen += count(*bucket);
    }
    None
}

#[cfg(test)]
mod tests {
    use rca_engine::evidence::{ResourceId, Symbol};

    use super::*;

    fn series(points: Points) -> Series {
        Series { resource: ResourceId(0), name: Symbol(0), unit: Symbol(0), attributes: Box::default(), points }
    }

    fn number(start_s: u64, at_s: u64, value: f64) -> Number {
        Number { start_ns: start_s * 1_000_000_000, at_ns: at_s * 1_000_000_000, value }
    }

    #[test]
    fn a_restarted_counter_counts_from_zero_again() {
        let points = vec![number(0, 1, 100.0), number(0, 3, 140.0), number(3, 4, 7.0)];
        let shown: Vec<String> = steps(&series(Points::Sum { monotonic: true, cumulative: true, points }))
            .iter()
            .map(|step| format!("{:?}", step.value))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @"
        Gain { gained: 40.0, seconds: 2.0 }
        Gain { gained: 7.0, seconds: 1.0 }
        ");
    }

    #[test]
    fn quantiles_lie_within_their_bucket() {
        let bounds = [0.1, 0.5, 1.0];
        let of = |share| quantile(&bounds, &[90, 8, 1, 1], share);
        assert_eq!((of(0.5), of(0.99), of(1.0)), (Some(0.1 * (50.0 / 90.0)), Some(1.0), Some(1.0)));
        assert_eq!((quantile(&bounds, &[0; 4], 0.5), quantile(&bounds, &[1], 0.5)), (None, None));
    }
}
