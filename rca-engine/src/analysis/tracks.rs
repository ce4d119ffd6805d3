//! Quantities of services, edges and resources over time, and when each of them first deviates.

use std::collections::BTreeMap;

use crate::canonical::{Model, NONE, PoolId, ServiceId};
use crate::investigation::Window;
use crate::windows::Windows;

use super::census::visit_time;
use super::statistics::{center_and_spread, departure};

/// Something that is counted or timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Quantity {
    /// Visits a second.
    Visits(ServiceId),
    /// Share of visits that fail by themselves.
    OwnFailures(ServiceId),
    /// Own nanoseconds a visit.
    Own(ServiceId),
    /// Calls a second.
    Calls(ServiceId, ServiceId),
    /// Calls per visit of the caller.
    FanOut(ServiceId, ServiceId),
    /// Share of calls that fail.
    Failures(ServiceId, ServiceId),
    /// Nanoseconds between client and server span a call.
    Gap(ServiceId, ServiceId),
    /// Nanoseconds waited for a resource each time.
    Wait(PoolId),
}

/// One quantity: what was summed and over how much, by bucket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Track {
    sums: Vec<(f64, f64)>,
}

/// All quantities in buckets of one width from the start of the baseline to the end of the incident.
#[derive(Debug)]
pub(crate) struct Tracks {
    windows: Windows,
    /// The symptom's onset: quantities that do not deviate are compared from here on.
    since_ns: u64,
    /// From here on work may be missing because it had not ended when the evidence was cut.
    horizon_ns: u64,
    width_ns: u64,
    tracks: BTreeMap<Quantity, Track>,
}

/// At most so many buckets; wider ones follow for long baselines.
const MAX_BUCKETS: u64 = 2_000;
/// A mean must leave the baseline's by this many robust deviations of single buckets to be a deviation.
const DEVIATION: f64 = 4.0;
/// The spread of a quiet baseline is at least this share of its centre: without a floor a constant would deviate at
/// the slightest change.
const SPREAD_FLOOR: f64 = 0.05;
/// A deviation is this share of the baseline's centre at least.
const MIN_CHANGE: f64 = 0.25;

/// How a quantity moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Move {
    pub(crate) before: f64,
    pub(crate) after: f64,
    /// Deviations of the baseline's buckets between the two.
    pub(crate) z: f64,
    /// When it began to deviate.
    pub(crate) onset_ns: u64,
    /// Observations behind both sides: visits or calls; seconds for rates.
    pub(crate) counts: (f64, f64),
}

impl Tracks {
    /// Counts everything that began before the horizon.
    pub(crate) fn record(model: &Model<'_>, bucket_ns: u64, since_ns: u64, horizon_ns: u64) -> Self {
        let whole = model.windows.whole();
        let width_ns = bucket_ns.max((whole.to_ns - whole.from_ns) / MAX_BUCKETS).max(1);
        let mut tracks = Self { windows: model.windows, since_ns, horizon_ns, width_ns, tracks: BTreeMap::new() };
        for visit in &model.visits {
            let row = model.row(*visit);
            if row.orphan && row.is_outgoing() {
                continue;
            }
            let calls = model.calls_of(*visit);
            let failed = model.fails_by_itself(*visit);
            let time = visit_time(model, *visit);
            tracks.add(Quantity::Visits(row.service), row.start, 1.0, 0.0);
            tracks.add(Quantity::OwnFailures(row.service), row.start, f64::from(u8::from(failed)), 1.0);
            if time.unseen_ns == 0 {
                tracks.add(Quantity::Own(row.service), row.start, time.own_ns as f64, 1.0);
            }
            for (pool, ns) in time.waits {
                tracks.add(Quantity::Wait(pool), row.start, ns as f64, 1.0);
            }
            for callee in callees(model, *visit) {
                let of_callee = calls.iter().filter(|call| call.to == callee).count();
                tracks.add(Quantity::FanOut(row.service, callee), row.start, of_callee as f64, 0.0);
            }
        }
        for call in &model.calls {
            let failed = f64::from(u8::from(call.failure.is_some()));
            tracks.add(Quantity::Calls(call.from, call.to), call.start, 1.0, 0.0);
            tracks.add(Quantity::Failures(call.from, call.to), call.start, failed, 1.0);
            let waited = call.wait.map_or(0, |wait| wait.ns);
            if call.client != NONE && call.server != NONE {
                let served = model.row(call.server).duration();
                let gap = call.duration().saturating_sub(served).saturating_sub(waited);
                tracks.add(Quantity::Gap(call.from, call.to), call.start, gap as f64, 1.0);
            }
            if let Some(wait) = call.wait {
                tracks.add(Quantity::Wait(wait.pool), call.start, wait.ns as f64, 1.0);
            }
        }
        tracks.divide();
        tracks
    }

    fn add(&mut self, quantity: Quantity, at_ns: u64, amount: f64, weight: f64) {
        let whole = self.windows.whole();
        if !(whole.from_ns..whole.to_ns).contains(&at_ns) {
            return;
        }
        let buckets = usize::try_from((whole.to_ns - whole.from_ns).div_ceil(self.width_ns)).unwrap_or(0);
        let track = self.tracks.entry(quantity).or_insert_with(|| Track { sums: vec![(0.0, 0.0); buckets] });
        let index = usize::try_from((at_ns - whole.from_ns) / self.width_ns).unwrap_or(0);
        if let Some(sum) = track.sums.get_mut(index) {
            sum.0 += amount;
            sum.1 += weight;
        }
    }

    /// Rates are divided by time, fan-outs by the visits of the caller.
    fn divide(&mut self) {
        let seconds = self.width_ns as f64 / 1e9;
        let visits: BTreeMap<ServiceId, Vec<f64>> = self
            .tracks
            .iter()
            .filter_map(|(quantity, track)| match quantity {
                Quantity::Visits(service) => Some((*service, track.sums.iter().map(|sum| sum.0).collect())),
                _ => None,
            })
            .collect();
        for (quantity, track) in &mut self.tracks {
            match quantity {
                Quantity::Visits(_) | Quantity::Calls(..) => track.sums.iter_mut().for_each(|sum| sum.1 = seconds),
                Quantity::FanOut(from, _) => {
                    let visits = visits.get(from).map_or(&[][..], Vec::as_slice);
                    track.sums.iter_mut().zip(visits).for_each(|(sum, visits)| sum.1 = *visits);
                }
                _ => {}
            }
        }
    }

    /// How a quantity moved; none where one side has nothing.
    pub(crate) fn movement(&self, quantity: Quantity) -> Option<Move> {
        let track = self.tracks.get(&quantity)?;
        let (first, split) = (self.windows.baseline, self.index(self.windows.incident.from_ns));
        let before = buckets(&track.sums[..split.min(self.index(first.to_ns) + 1).min(track.sums.len())]);
        let end = self.index(self.horizon_ns).clamp(split.min(track.sums.len()), track.sums.len());
        let incident = &track.sums[split.min(track.sums.len())..end];
        let (center, spread) = center_and_spread(&before)?;
        let earlier = &track.sums[..split.min(track.sums.len())];
        let level = total(earlier).unwrap_or(center);
        let spread = spread.max(SPREAD_FLOOR * center.abs()).max(f64::MIN_POSITIVE);
        let values: Vec<f64> = incident.iter().map(|sum| ratio(*sum).unwrap_or(level)).collect();
        let weight = |sums: &[(f64, f64)]| sums.iter().map(|sum| sum.1).sum::<f64>();
        let since = |cut: usize| {
            let after = total(&incident[cut..])?;
            Some(Move {
                before: level,
                after,
                z: (after - level) / spread,
                onset_ns: self.windows.incident.from_ns + cut as u64 * self.width_ns,
                counts: (weight(earlier), weight(&incident[cut..])),
            })
        };
        let changed = since(departure(&values, level)).filter(Self::deviates);
        // A quantity that does not deviate has no onset of its own: the symptom's serves.
        let onset = self.index(self.since_ns).saturating_sub(split).min(incident.len().saturating_sub(1));
        changed.or_else(|| since(onset))
    }

    /// Whether a movement is a deviation rather than noise.
    pub(crate) fn deviates(moved: &Move) -> bool {
        moved.z.abs() >= DEVIATION && (moved.after - moved.before).abs() >= MIN_CHANGE * moved.before.abs()
    }

    /// When a service first deviates in anything of its own: failures, own time, fan-out or gaps of its calls.
    pub(crate) fn earliest(&self, service: ServiceId) -> Option<u64> {
        self.tracks
            .keys()
            .filter(|quantity| match quantity {
                Quantity::OwnFailures(owner) | Quantity::Own(owner) | Quantity::FanOut(owner, _) => *owner == service,
                _ => false,
            })
            .filter_map(|quantity| self.movement(*quantity))
            .filter(Self::deviates)
            .map(|moved| moved.onset_ns)
            .min()
    }

    pub(crate) fn width_ns(&self) -> u64 {
        self.width_ns
    }

    /// The quantities that were seen, in structural order.
    pub(crate) fn quantities(&self) -> impl Iterator<Item = Quantity> + '_ {
        self.tracks.keys().copied()
    }

    fn index(&self, at_ns: u64) -> usize {
        usize::try_from(at_ns.saturating_sub(self.windows.whole().from_ns) / self.width_ns).unwrap_or(usize::MAX)
    }
}

/// Whom a visit's service calls in this visit, each once.
fn callees(model: &Model<'_>, visit: u32) -> Vec<ServiceId> {
    let mut callees: Vec<ServiceId> = model.calls_of(visit).iter().map(|call| call.to).collect();
    callees.sort_unstable();
    callees.dedup();
    callees
}

fn ratio((sum, weight): (f64, f64)) -> Option<f64> {
    (weight > 0.0).then(|| sum / weight)
}

fn buckets(sums: &[(f64, f64)]) -> Vec<f64> {
    sums.iter().filter_map(|sum| ratio(*sum)).collect()
}

fn total(sums: &[(f64, f64)]) -> Option<f64> {
    ratio(sums.iter().fold((0.0, 0.0), |all, sum| (all.0 + sum.0, all.1 + sum.1)))
}

/// Whether a time is inside a window.
pub(crate) fn inside(window: Window, at_ns: u64) -> bool {
    (window.from_ns..window.to_ns).contains(&at_ns)
}
