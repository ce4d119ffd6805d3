//! Metrics that moved, whatever they are called: robust against single points, one vote a component and family.

use std::collections::BTreeMap;

use crate::canonical::{Metric, Model, SampleKind, ServiceId};
use crate::evidence::{Symbol, Value};

use super::census::{Phase, Phases};
use super::statistics::{center_and_spread, change_point, mean, median, quantile};

/// A metric of a service that moved.
#[derive(Clone, Debug)]
pub(crate) struct Shift {
    pub(crate) service: ServiceId,
    pub(crate) name: Symbol,
    pub(crate) attributes: Vec<(Symbol, Value)>,
    pub(crate) kind: SampleKind,
    pub(crate) unit: Symbol,
    /// Medians, or the constant and the mean after it; shares of the whole metric where `is_share`.
    pub(crate) before: f64,
    pub(crate) after: f64,
    /// Robust deviations between the two.
    pub(crate) z: f64,
    pub(crate) onset_ns: u64,
    pub(crate) points: (usize, usize),
    /// The share of one attribute set in a counter moved, rather than the counter.
    pub(crate) is_share: bool,
}

/// With fewer points on a side a metric says nothing.
pub(crate) const MIN_POINTS: (usize, usize) = (4, 2);
/// A move of this many robust deviations is a shift: among a few hundred metrics chance alone gives none.
const SHIFT: f64 = 5.0;
/// Floors of the spread: of the centre, and of the range that the whole series covers.
const FLOOR_OF_CENTER: f64 = 0.05;
const FLOOR_OF_RANGE: f64 = 0.02;
/// A metric is constant when this share of the baseline's points has the very same value.
const CONSTANT: f64 = 0.8;
/// The baseline's own excursions reach beyond these quantiles of it.
const EXCURSIONS: f64 = 0.05;

/// Every metric that moved, one for each service and metric name: the attribute set that moved most. By size of the
/// move, then structure.
pub(crate) fn find(model: &Model<'_>, phases: &Phases) -> Vec<Shift> {
    let mut best: BTreeMap<(ServiceId, Symbol), Shift> = BTreeMap::new();
    let shares = shares(model);
    let candidates = model.metrics.iter().filter_map(|metric| shift(metric, &values(metric), phases, false));
    let by_share = shares.iter().filter_map(|(metric, values)| shift(metric, values, phases, true));
    for shift in candidates.chain(by_share) {
        match best.entry((shift.service, shift.name)) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(shift);
            }
            std::collections::btree_map::Entry::Occupied(mut slot) => {
                if shift.z.abs() > slot.get().z.abs() {
                    slot.insert(shift);
                }
            }
        }
    }
    let mut shifts: Vec<Shift> = best.into_values().collect();
    let order = |shift: &Shift| (shift.service, shift.onset_ns, shift.before.to_bits(), shift.after.to_bits());
    shifts.sort_by(|a, b| b.z.abs().total_cmp(&a.z.abs()).then_with(|| order(a).cmp(&order(b))));
    shifts
}

/// How far a service's metrics moved: the logarithm keeps one huge ratio from drowning all else.
pub(crate) fn severity(shifts: &[Shift], service: ServiceId) -> f64 {
    shifts.iter().filter(|shift| shift.service == service).map(|shift| (1.0 + shift.z.abs()).ln()).fold(0.0, f64::max)
}

pub(crate) fn values(metric: &Metric) -> Vec<(u64, f64)> {
    metric.samples.iter().map(|sample| (sample.at_ns, sample.value)).collect()
}

/// Each counter with several attribute sets as the shares of its sets.
fn shares<'m>(model: &'m Model<'_>) -> Vec<(&'m Metric, Vec<(u64, f64)>)> {
    let mut families: BTreeMap<(ServiceId, Symbol), Vec<&Metric>> = BTreeMap::new();
    for metric in model.metrics.iter().filter(|metric| metric.kind == SampleKind::Rate) {
        families.entry((metric.service, metric.name)).or_default().push(metric);
    }
    let mut found = Vec::new();
    for family in families.into_values().filter(|family| family.len() > 1) {
        let mut totals: BTreeMap<u64, f64> = BTreeMap::new();
        for sample in family.iter().flat_map(|metric| &metric.samples) {
            *totals.entry(sample.at_ns).or_default() += sample.value;
        }
        for metric in family {
            let share = |(at_ns, value): (u64, f64)| {
                totals.get(&at_ns).filter(|total| **total > 0.0).map(|total| (at_ns, value / total))
            };
            found.push((metric, values(metric).into_iter().filter_map(share).collect()));
        }
    }
    found
}

/// The values before and after the onset; none with too few on a side.
pub(crate) fn sides(values: &[(u64, f64)], phases: &Phases) -> Option<(Vec<f64>, Vec<f64>)> {
    let side = |phase: Phase| -> Vec<f64> {
        values.iter().filter(|(at_ns, _)| phases.of(*at_ns) == Some(phase)).map(|(_, value)| *value).collect()
    };
    let (before, after) = (side(Phase::Before), side(Phase::After));
    (before.len() >= MIN_POINTS.0 && after.len() >= MIN_POINTS.1).then_some((before, after))
}

fn shift(metric: &Metric, values: &[(u64, f64)], phases: &Phases, is_share: bool) -> Option<Shift> {
    let (before, after) = sides(values, phases)?;
    let (center, level, z) = constant_move(&before, &after).or_else(|| level_move(values, &before, median(&after)?))?;
    if z.abs() < SHIFT {
        return None;
    }
    Some(Shift {
        service: metric.service,
        name: metric.name,
        attributes: metric.attributes.clone(),
        kind: metric.kind,
        unit: metric.unit,
        before: center,
        after: level,
        z,
        onset_ns: onset(values, phases),
        points: (before.len(), after.len()),
        is_share,
    })
}

/// Moves of a metric that nearly always has the same value: what counts is how often it leaves it, because no spread
/// can be told. Centre, level after, and the deviations of the share of points that left it.
pub(crate) fn constant_move(before: &[f64], after: &[f64]) -> Option<(f64, f64, f64)> {
    let (center, _) = center_and_spread(before)?;
    let away = |values: &[f64]| values.iter().filter(|value| value.total_cmp(&center).is_ne()).count() as f64;
    let n = (before.len() as f64, after.len() as f64);
    if away(before) > (1.0 - CONSTANT) * n.0 {
        return None;
    }
    // Half a point more than was seen: what never happened is not impossible.
    let usual = (away(before) + 0.5) / (n.0 + 1.0);
    let now = away(after) / n.1;
    let level = mean(after)?;
    let z = (now - usual) / (usual * (1.0 - usual) / n.1).sqrt();
    Some((center, level, if level < center { -z.max(0.0) } else { z.max(0.0) }))
}

/// The move to a level, in robust deviations. Within what the baseline itself reached now and then it is none.
pub(crate) fn level_move(values: &[(u64, f64)], before: &[f64], level: f64) -> Option<(f64, f64, f64)> {
    let (center, spread) = center_and_spread(before)?;
    let mut sorted = before.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (quantile(&sorted, EXCURSIONS)?, quantile(&sorted, 1.0 - EXCURSIONS)?);
    let range = values.iter().fold(0.0_f64, |most, (_, value)| most.max((value - center).abs()));
    let spread = spread.max(FLOOR_OF_CENTER * center.abs()).max(FLOOR_OF_RANGE * range).max(f64::MIN_POSITIVE);
    (!(low..=high).contains(&level)).then(|| (center, level, (level - center) / spread))
}

/// The change point among all points up to the end.
fn onset(values: &[(u64, f64)], phases: &Phases) -> u64 {
    let seen: Vec<(u64, f64)> = values
        .iter()
        .copied()
        .filter(|(at_ns, _)| (phases.before.from_ns..phases.after.to_ns).contains(at_ns))
        .collect();
    let numbers: Vec<f64> = seen.iter().map(|(_, value)| *value).collect();
    change_point(&numbers, 1).map_or(phases.after.from_ns, |index| seen[index].0)
}
