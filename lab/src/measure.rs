//! Measuring what a scenario expects: one number per window for each movement, from the run's own metrics.

use contract::metric::{COMPUTE, CONNECTIONS};
use rca_engine::component::Component;
use rca_engine::evidence::{Distribution, Evidence, Number, Points, Series, Value};
use scenarios::effect::Reading;
use scenarios::model::{Movement, Statistic};

use crate::alert::quantile;
use crate::conduct::Moments;

/// Baseline and incident of every movement, in order.
pub(crate) fn readings(evidence: &Evidence, movements: &[Movement], moments: &Moments) -> Vec<Reading> {
    let reading = |movement: &Movement| {
        let series: Vec<&Series> =
            evidence.series.iter().filter(|series| matches(evidence, series, movement)).collect();
        let value = |from_ns, to_ns| value(&series, movement.statistic, from_ns, to_ns);
        Reading {
            baseline: value(moments.evidence_from_ns, moments.onset_ns),
            incident: value(moments.onset_ns, moments.cut_ns.min(moments.load_to_ns)),
        }
    };
    movements.iter().map(reading).collect()
}

fn matches(evidence: &Evidence, series: &Series, movement: &Movement) -> bool {
    let service = evidence.resource_text(series.resource, contract::resource::SERVICE_NAME);
    let attribute = |key: &str| {
        let key = evidence.names.find(key)?;
        series.attributes.iter().find(|(name, _)| *name == key).and_then(|(_, value)| match value {
            Value::Text(text) => Some(evidence.names.text(*text).to_owned()),
            Value::Int(number) => Some(number.to_string()),
            Value::Double(_) | Value::Bool(_) => None,
        })
    };
    let resource = match &movement.component {
        Component::Resource { resource, .. } => {
            [CONNECTIONS.name, COMPUTE.name].iter().any(|name| attribute(name).as_deref() == Some(resource))
        }
        _ => true,
    };
    evidence.names.text(series.name) == movement.metric
        && service == movement.component.owner()
        && resource
        && movement.attributes.iter().all(|(key, value)| attribute(key).as_deref() == Some(value))
}

/// None where nothing was measured in the window.
fn value(series: &[&Series], statistic: Statistic, from_ns: u64, to_ns: u64) -> Option<f64> {
    let seconds = to_ns.saturating_sub(from_ns) as f64 / 1e9;
    let growths: Vec<Growth> = series.iter().filter_map(|series| growth(&series.points, from_ns, to_ns)).collect();
    if growths.is_empty() || seconds <= 0.0 {
        return None;
    }
    let count: f64 = growths.iter().map(|growth| growth.count).sum();
    match statistic {
        Statistic::Rate => Some(count / seconds),
        Statistic::Mean => (count > 0.0).then(|| growths.iter().map(|growth| growth.sum).sum::<f64>() / count),
        Statistic::P99 => (count > 0.0).then(|| {
            let bounds = growths.iter().map(|growth| &growth.bounds).find(|bounds| !bounds.is_empty());
            let length = growths.iter().map(|growth| growth.buckets.len()).max().unwrap_or(0);
            let bucket = |index| growths.iter().filter_map(|growth| growth.buckets.get(index)).sum::<u64>();
            let buckets: Vec<u64> = (0..length).map(bucket).collect();
            quantile(bounds.map_or(&[][..], |bounds| &bounds[..]), &buckets, 0.99)
        }),
        Statistic::Level => {
            let levels: Vec<f64> = growths.iter().flat_map(|growth| growth.levels.iter().copied()).collect();
            (!levels.is_empty()).then(|| levels.iter().sum::<f64>() / levels.len() as f64)
        }
    }
}

/// What one series did in a window.
#[derive(Default)]
struct Growth {
    count: f64,
    sum: f64,
    bounds: Vec<f64>,
    buckets: Vec<u64>,
    levels: Vec<f64>,
}

fn growth(points: &Points, from_ns: u64, to_ns: u64) -> Option<Growth> {
    match points {
        Points::Gauge(points) | Points::Sum { monotonic: false, points, .. } => {
            let inside = points.iter().filter(|point| point.at_ns >= from_ns && point.at_ns < to_ns);
            let levels: Vec<f64> = inside.map(|point| point.value).collect();
            (!levels.is_empty()).then(|| Growth { levels, ..Growth::default() })
        }
        Points::Sum { points, .. } => {
            let (before, last) = ends(points, |point: &Number| (point.start_ns, point.at_ns), from_ns, to_ns)?;
            Some(Growth { count: last.value - before.map_or(0.0, |point| point.value), ..Growth::default() })
        }
        Points::Histogram { bounds, points, .. } => {
            let (before, last) = ends(points, |point: &Distribution| (point.start_ns, point.at_ns), from_ns, to_ns)?;
            let earlier = |index: usize| before.and_then(|point| point.buckets.get(index)).copied().unwrap_or(0);
            let buckets = last.buckets.iter().enumerate().map(|(index, count)| count.saturating_sub(earlier(index)));
            Some(Growth {
                count: last.count as f64 - before.map_or(0.0, |point| point.count as f64),
                sum: last.sum - before.map_or(0.0, |point| point.sum),
                bounds: bounds.to_vec(),
                buckets: buckets.collect(),
                levels: Vec::new(),
            })
        }
    }
}

/// The cumulative points that enclose a window: the last one before it and the last one in it. A series that began
/// within the window counts from zero, one that began unseen before it counts from its first point.
fn ends<T>(points: &[T], times: impl Fn(&T) -> (u64, u64), from_ns: u64, to_ns: u64) -> Option<(Option<&T>, &T)> {
    let inside = || points.iter().filter(|point| (from_ns..to_ns).contains(&times(point).1));
    let last = inside().next_back()?;
    let before = points.iter().rev().find(|point| times(point).1 < from_ns);
    let first = inside().next().filter(|first| times(first).0 < from_ns);
    Some((before.or(first), last))
}
