//! Which services' metrics move as the symptom's do: the same metric, the same way, at the same time.
//!
//! Metrics of many services move for many reasons. What an incident did to the symptom is seen in the metrics of its
//! kind (times where answers are slow), and a cause shows in the same metric: it moves in the same direction, at least as
//! far in absolute terms, and together with the symptom (correlation with the front end, as `MonitorRank` has it).

use std::collections::BTreeMap;

use crate::canonical::{Metric, Model, SampleKind, ServiceId};
use crate::evidence::Symbol;
use crate::signal::SignalKind;

use super::census::{Phase, Phases};
use super::shifts::{MIN_POINTS, constant_move, level_move, sides, values};
use super::statistics::{correlation, median};

/// Symbols of durations in UCUM, and how they are often written.
const TIME_UNITS: [&str; 9] = ["ns", "us", "µs", "ms", "s", "min", "h", "seconds", "milliseconds"];
/// Time together is looked for over the window and this many windows before it.
const WINDOWS_BEFORE: usize = 7;
/// With fewer points in common, moving together says nothing.
const MIN_TOGETHER: usize = 5;

/// How a metric left its baseline.
struct Move<'m> {
    metric: &'m Metric,
    /// From what it was right before to the point farthest away.
    by: f64,
    /// Robust deviations, without what had already moved before the window.
    z: f64,
}

/// How strongly each service moved as the symptom did, in logarithms of deviations; empty where the symptom has no
/// metric that moved.
pub(crate) fn severities(
    model: &Model<'_>,
    phases: &Phases,
    symptom: ServiceId,
    kind: SignalKind,
) -> BTreeMap<ServiceId, f64> {
    let damage = damage(model, phases, symptom, kind);
    let mut severities = BTreeMap::new();
    for metric in &model.metrics {
        let Some(symptom) = damage.get(&(metric.name, metric.kind)) else { continue };
        let Some(moved) = leave(metric, phases) else { continue };
        let part = (moved.by / symptom.by).clamp(0.0, 1.0);
        let strength = (1.0 + moved.z.abs()).ln() * part * together(metric, symptom.metric, phases);
        let most = severities.entry(metric.service).or_insert(0.0);
        *most = f64::max(*most, strength);
    }
    severities.retain(|_, strength| *strength > 0.0);
    severities
}

/// The symptom's own metrics that moved and can show the damage, each as its attribute set that moved most.
fn damage<'m>(
    model: &'m Model<'_>,
    phases: &Phases,
    symptom: ServiceId,
    kind: SignalKind,
) -> BTreeMap<(Symbol, SampleKind), Move<'m>> {
    let own = || model.metrics.iter().filter(move |metric| metric.service == symptom);
    let of_kind = |metric: &Metric| match kind {
        SignalKind::Latency => is_time(model.text(metric.unit)),
        SignalKind::Errors | SignalKind::Degraded => !is_time(model.text(metric.unit)),
        SignalKind::Unspecified => true,
    };
    // Units that are not given tell no metric from another.
    let any = !own().any(of_kind);
    let mut damage: BTreeMap<(Symbol, SampleKind), Move<'m>> = BTreeMap::new();
    for moved in own().filter(|metric| any || of_kind(metric)).filter_map(|metric| leave(metric, phases)) {
        let key = (moved.metric.name, moved.metric.kind);
        if moved.by != 0.0 && damage.get(&key).is_none_or(|most| moved.z.abs() > most.z.abs()) {
            damage.insert(key, moved);
        }
    }
    damage
}

fn is_time(unit: &str) -> bool {
    TIME_UNITS.contains(&unit)
}

/// How far a metric went in the window, at its farthest point: windows are short, and an incident may be over within
/// one. What it had left its baseline by before the window did not begin with the incident.
fn leave<'m>(metric: &'m Metric, phases: &Phases) -> Option<Move<'m>> {
    let values = values(metric);
    let (before, after) = sides(&values, phases)?;
    let usual = median(&before)?;
    let farthest = after.iter().copied().max_by(|a, b| (a - usual).abs().total_cmp(&(b - usual).abs()))?;
    let (center, level, z) = constant_move(&before, &after).or_else(|| level_move(&values, &before, farthest))?;
    let recent = median(&before[before.len().saturating_sub(after.len().max(MIN_POINTS.0))..])?;
    if level.total_cmp(&center).is_eq() {
        return None;
    }
    let new = ((level - recent) / (level - center)).clamp(0.0, 1.0);
    Some(Move { metric, by: level - recent, z: z * new })
}

/// Correlation of two metrics over the window and some time before it, where both have points; 0 where they move apart.
fn together(metric: &Metric, symptom: &Metric, phases: &Phases) -> f64 {
    let theirs: BTreeMap<u64, f64> = values(symptom).into_iter().collect();
    let (from_ns, to_ns) = (phases.before.from_ns, phases.after.to_ns);
    let common: Vec<(u64, f64, f64)> = metric
        .samples
        .iter()
        .filter(|sample| (from_ns..to_ns).contains(&sample.at_ns))
        .filter_map(|sample| Some((sample.at_ns, sample.value, *theirs.get(&sample.at_ns)?)))
        .collect();
    let within = common.iter().filter(|(at_ns, ..)| phases.of(*at_ns) == Some(Phase::After)).count();
    let near = &common[common.len().saturating_sub((WINDOWS_BEFORE + 1) * within.max(1))..];
    if near.len() < MIN_TOGETHER {
        return 0.0;
    }
    correlation(near.iter().map(|(_, own, their)| (*own, *their))).max(0.0)
}
