//! Metrics joined over the resources of a service: counters as rates, histograms as means, gauges as levels.

use std::collections::BTreeMap;

use super::fingerprint::Fingerprint;
use super::names::Vocabulary;
use super::services::{PoolId, Pools, ServiceId, Services, digest_points};
use crate::evidence::{Distribution, Evidence, Number, Points, Series, Symbol, Value};
use crate::options::Options;

/// Points nearer than this are one sample: metrics are exported every second at the most.
const MIN_SLOT_NS: u64 = 1_000_000_000;
/// A counter's first point counts from its start only if the start is at most so many samples ago: older ones say
/// nothing about now.
const FIRST_POINT_SLOTS: u64 = 3;

/// One metric of one service with one attribute set.
#[derive(Clone, Debug)]
pub(crate) struct Metric {
    pub(crate) service: ServiceId,
    pub(crate) name: Symbol,
    pub(crate) unit: Symbol,
    /// Without correlation keys, sorted.
    pub(crate) attributes: Vec<(Symbol, Value)>,
    /// What it tells about a bounded resource.
    pub(crate) aspect: Option<(PoolId, Aspect)>,
    pub(crate) kind: SampleKind,
    /// By time.
    pub(crate) samples: Vec<Sample>,
    /// Structural order among the metrics of a service.
    pub(crate) print: u64,
}

/// What is measured of a bounded resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aspect {
    Limit,
    InUse,
    Pending,
    WaitTime,
    UseTime,
    Timeouts,
}

/// How a sample came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SampleKind {
    /// A gauge's value.
    Level,
    /// A counter's increase per second.
    Rate,
    /// A histogram's mean over what came since the last point.
    Mean,
}

/// A value for the time up to `at_ns`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) at_ns: u64,
    pub(crate) value: f64,
    /// How much stands behind it: observations of a mean, 1 otherwise.
    pub(crate) weight: f64,
}

type Key = (ServiceId, Symbol, Vec<(Symbol, TotalValue)>);

/// Joins every series with the others of its service, name and attributes.
pub(super) fn join(
    evidence: &Evidence,
    options: &Options,
    words: &Vocabulary,
    services: &Services,
    pools: &mut Pools,
) -> Vec<Metric> {
    let mut groups: BTreeMap<Key, Vec<&Series>> = BTreeMap::new();
    for series in &evidence.series {
        let Some(service) = services.of_resource(series.resource) else { continue };
        let mut attributes: Vec<(Symbol, TotalValue)> = series
            .attributes
            .iter()
            .filter(|(key, _)| !words.ignored.contains(key))
            .map(|(key, value)| (*key, TotalValue(*value)))
            .collect();
        attributes.sort_unstable();
        groups.entry((service, series.name, attributes)).or_default().push(series);
    }
    let mut metrics: Vec<Metric> = groups.into_iter().filter_map(|(key, series)| metric(key, &series)).collect();
    // Metrics with the very same numbers keep the order of their names: which of them is named makes no difference.
    metrics.sort_by(|a, b| {
        let key = |metric: &Metric| (metric.service, metric.print, metric.kind);
        key(a).cmp(&key(b)).then_with(|| evidence.names.text(a.name).cmp(evidence.names.text(b.name)))
    });
    for metric in &mut metrics {
        metric.aspect = aspect(evidence, options, words, pools, metric);
    }
    metrics
}

fn metric((service, name, attributes): Key, series: &[&Series]) -> Option<Metric> {
    let mut print = Fingerprint::default();
    series.iter().for_each(|series| print.add(&[digest_points(&series.points)]));
    let slot = slot_ns(series);
    let kind = match series.first()?.points {
        Points::Gauge(_) | Points::Sum { monotonic: false, .. } => SampleKind::Level,
        Points::Sum { monotonic: true, .. } => SampleKind::Rate,
        Points::Histogram { .. } => SampleKind::Mean,
    };
    let samples = samples(series, kind, slot);
    (!samples.is_empty()).then(|| Metric {
        service,
        name,
        unit: series[0].unit,
        attributes: attributes.into_iter().map(|(key, value)| (key, value.0)).collect(),
        aspect: None,
        kind,
        samples,
        print: print.digest(),
    })
}

/// The median distance of points, at least a second.
fn slot_ns(series: &[&Series]) -> u64 {
    let mut gaps: Vec<u64> = Vec::new();
    for series in series {
        match &series.points {
            Points::Gauge(points) | Points::Sum { points, .. } => {
                gaps.extend(points.windows(2).map(|pair| pair[1].at_ns.saturating_sub(pair[0].at_ns)));
            }
            Points::Histogram { points, .. } => {
                gaps.extend(points.windows(2).map(|pair| pair[1].at_ns.saturating_sub(pair[0].at_ns)));
            }
        }
    }
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(0).max(MIN_SLOT_NS)
}

/// What one resource contributed to one slot.
#[derive(Clone, Copy, Default)]
struct Share {
    at_ns: u64,
    amount: f64,
    base: f64,
}

/// One sample a slot: rates of several instances add up, levels and means are averaged.
fn samples(series: &[&Series], kind: SampleKind, slot: u64) -> Vec<Sample> {
    let mut slots: BTreeMap<u64, BTreeMap<usize, Share>> = BTreeMap::new();
    for (instance, series) in series.iter().enumerate() {
        for (at_ns, amount, base) in increments(&series.points, kind, slot) {
            if amount.is_finite() && base > 0.0 {
                let share = slots.entry(at_ns / slot).or_default().entry(instance).or_default();
                share.at_ns = share.at_ns.max(at_ns);
                share.amount += amount;
                share.base += base;
            }
        }
    }
    let sample = |shares: BTreeMap<usize, Share>| {
        let at_ns = shares.values().map(|share| share.at_ns).max().unwrap_or(0);
        // Sums of floats depend on their order; instances are in the order of the evidence, so they are sorted first.
        let sum = |mut parts: Vec<f64>| {
            parts.sort_by(f64::total_cmp);
            parts.into_iter().sum::<f64>()
        };
        let base = sum(shares.values().map(|share| share.base).collect());
        match kind {
            SampleKind::Rate => {
                let value = sum(shares.values().map(|share| share.amount / share.base).collect());
                Sample { at_ns, value, weight: 1.0 }
            }
            SampleKind::Level => {
                let value = sum(shares.values().map(|share| share.amount).collect()) / base;
                Sample { at_ns, value, weight: 1.0 }
            }
            SampleKind::Mean => {
                let value = sum(shares.values().map(|share| share.amount).collect()) / base;
                Sample { at_ns, value, weight: base }
            }
        }
    };
    slots.into_values().map(sample).collect()
}

/// Points as time, amount and what it is divided by: a second, an observation, or 1 for a level.
fn increments(points: &Points, kind: SampleKind, slot: u64) -> Vec<(u64, f64, f64)> {
    match points {
        Points::Gauge(points) => points.iter().map(|point| (point.at_ns, point.value, 1.0)).collect(),
        Points::Sum { points, .. } if kind == SampleKind::Level => {
            points.iter().map(|point| (point.at_ns, point.value, 1.0)).collect()
        }
        Points::Sum { cumulative, points, .. } => counted(points, *cumulative, slot),
        Points::Histogram { cumulative, points, .. } => observed(points, *cumulative, slot),
    }
}

fn counted(points: &[Number], cumulative: bool, slot: u64) -> Vec<(u64, f64, f64)> {
    let mut before: Option<&Number> = None;
    let mut found = Vec::new();
    for point in points {
        let since = since(before.map(|last| last.at_ns), point.start_ns, point.at_ns, slot);
        let base = match before {
            Some(last) if cumulative && last.value <= point.value => last.value,
            _ => 0.0,
        };
        if let Some(since) = since {
            found.push((point.at_ns, point.value - base, (point.at_ns - since) as f64 / 1e9));
        }
        before = Some(point);
    }
    found
}

fn observed(points: &[Distribution], cumulative: bool, slot: u64) -> Vec<(u64, f64, f64)> {
    let mut before: Option<&Distribution> = None;
    let mut found = Vec::new();
    for point in points {
        let (count, sum) = match before {
            Some(last) if cumulative && last.count <= point.count => (last.count, last.sum),
            _ => (0, 0.0),
        };
        if since(before.map(|last| last.at_ns), point.start_ns, point.at_ns, slot).is_some() {
            found.push((point.at_ns, point.sum - sum, (point.count - count) as f64));
        }
        before = Some(point);
    }
    found
}

/// When the increase that a point reports began; none where it began too long ago to say when it came.
fn since(last: Option<u64>, start_ns: u64, at_ns: u64, slot: u64) -> Option<u64> {
    let began = last.unwrap_or(start_ns).max(start_ns.min(at_ns));
    let is_known = last.is_some() || (start_ns > 0 && at_ns.saturating_sub(start_ns) <= slot * FIRST_POINT_SLOTS);
    (is_known && began < at_ns).then_some(began)
}

fn aspect(
    evidence: &Evidence,
    options: &Options,
    words: &Vocabulary,
    pools: &mut Pools,
    metric: &Metric,
) -> Option<(PoolId, Aspect)> {
    let name = evidence.names.text(metric.name);
    let (family, aspect) = options.resources.iter().find_map(|family| {
        let aspects = [
            (&family.limit, Aspect::Limit),
            (&family.in_use, Aspect::InUse),
            (&family.pending, Aspect::Pending),
            (&family.wait_time, Aspect::WaitTime),
            (&family.use_time, Aspect::UseTime),
            (&family.timeouts, Aspect::Timeouts),
        ];
        aspects.into_iter().find(|(known, _)| *known == name).map(|(_, aspect)| (family, aspect))
    })?;
    let key = evidence.names.find(&family.name)?;
    let (_, value) = metric.attributes.iter().find(|(name, _)| *name == key)?;
    match value {
        Value::Text(pool) if words.names_something(*pool) => Some((pools.of(metric.service, *pool), aspect)),
        Value::Text(_) | Value::Int(_) | Value::Double(_) | Value::Bool(_) => None,
    }
}

/// An attribute value with a total order, so that it can be a key.
#[derive(Clone, Copy, Debug)]
struct TotalValue(Value);

impl TotalValue {
    fn rank(self) -> (u8, u64) {
        match self.0 {
            Value::Text(text) => (0, u64::from(text.0)),
            Value::Int(number) => (1, number as u64),
            Value::Double(number) => (2, number.to_bits()),
            Value::Bool(flag) => (3, u64::from(flag)),
        }
    }
}

impl PartialEq for TotalValue {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for TotalValue {}

impl PartialOrd for TotalValue {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TotalValue {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}
