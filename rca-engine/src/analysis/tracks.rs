//! Quantities of services, edges and resources over time, and when each of them first deviates.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::canonical::{Model, NONE, PoolId, ServiceId};
use crate::investigation::Window;
use crate::windows::Windows;

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
    /// Whether anything was added, be it nothing.
    is_seen: bool,
}

impl Track {
    fn add(&mut self, bucket: usize, amount: f64, weight: f64) {
        self.is_seen = true;
        if let Some(sum) = self.sums.get_mut(bucket) {
            *sum = (sum.0 + amount, sum.1 + weight);
        }
    }
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
        for service in model.service_ids() {
            tracks.record_visits(model, service);
        }
        for (from, to) in model.called_edges() {
            tracks.record_calls(model, from, to);
        }
        tracks.divide();
        tracks
    }

    fn record_visits(&mut self, model: &Model<'_>, service: ServiceId) {
        let (mut visits, mut failures, mut own) = (self.empty(), self.empty(), self.empty());
        let mut fan_outs: BTreeMap<ServiceId, Track> = BTreeMap::new();
        let mut waits: BTreeMap<PoolId, Track> = BTreeMap::new();
        let mut counts: Vec<(ServiceId, u64)> = Vec::new();
        for visit in model.visits_of(service) {
            let row = model.row(*visit);
            let Some(bucket) = self.bucket(row.start).filter(|_| !(row.orphan && row.is_outgoing())) else { continue };
            let time = model.visit_time(*visit);
            visits.add(bucket, 1.0, 0.0);
            failures.add(bucket, f64::from(u8::from(model.fails_by_itself(*visit))), 1.0);
            if time.unseen_ns == 0 {
                own.add(bucket, time.own_ns as f64, 1.0);
            }
            for (pool, ns) in time.waits {
                waits.entry(*pool).or_insert_with(|| self.empty()).add(bucket, *ns as f64, 1.0);
            }
            count_callees(model, *visit, &mut counts);
            for (callee, count) in &counts {
                fan_outs.entry(*callee).or_insert_with(|| self.empty()).add(bucket, *count as f64, 0.0);
            }
        }
        self.keep(Quantity::Visits(service), visits);
        self.keep(Quantity::OwnFailures(service), failures);
        self.keep(Quantity::Own(service), own);
        fan_outs.into_iter().for_each(|(callee, track)| self.keep(Quantity::FanOut(service, callee), track));
        waits.into_iter().for_each(|(pool, track)| self.keep(Quantity::Wait(pool), track));
    }

    fn record_calls(&mut self, model: &Model<'_>, from: ServiceId, to: ServiceId) {
        let (mut calls, mut failures, mut gaps) = (self.empty(), self.empty(), self.empty());
        let mut waits: BTreeMap<PoolId, Track> = BTreeMap::new();
        for call in model.calls_between(from, to) {
            let Some(bucket) = self.bucket(call.start) else { continue };
            calls.add(bucket, 1.0, 0.0);
            failures.add(bucket, f64::from(u8::from(call.failure.is_some())), 1.0);
            if call.client != NONE && call.server != NONE {
                let waited = call.wait.map_or(0, |wait| wait.ns);
                let served = model.row(call.server).duration();
                let gap = call.duration().saturating_sub(served).saturating_sub(waited);
                gaps.add(bucket, gap as f64, 1.0);
            }
            if let Some(wait) = call.wait {
                waits.entry(wait.pool).or_insert_with(|| self.empty()).add(bucket, wait.ns as f64, 1.0);
            }
        }
        self.keep(Quantity::Calls(from, to), calls);
        self.keep(Quantity::Failures(from, to), failures);
        self.keep(Quantity::Gap(from, to), gaps);
        waits.into_iter().for_each(|(pool, track)| self.keep(Quantity::Wait(pool), track));
    }

    fn empty(&self) -> Track {
        let whole = self.windows.whole();
        let buckets = usize::try_from((whole.to_ns - whole.from_ns).div_ceil(self.width_ns)).unwrap_or(0);
        Track { sums: vec![(0.0, 0.0); buckets], is_seen: false }
    }

    /// The bucket of a time inside the windows.
    fn bucket(&self, at_ns: u64) -> Option<usize> {
        let whole = self.windows.whole();
        inside(whole, at_ns).then(|| usize::try_from((at_ns - whole.from_ns) / self.width_ns).unwrap_or(0))
    }

    /// Adds a track to what is known of its quantity. Sums of whole nanoseconds are exact, in whichever order they come.
    fn keep(&mut self, quantity: Quantity, track: Track) {
        if !track.is_seen {
            return;
        }
        match self.tracks.entry(quantity) {
            Entry::Vacant(slot) => {
                slot.insert(track);
            }
            Entry::Occupied(mut known) => {
                for (sum, more) in known.get_mut().sums.iter_mut().zip(track.sums) {
                    *sum = (sum.0 + more.0, sum.1 + more.1);
                }
            }
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

/// Whom a visit's service calls in this visit, and how often.
fn count_callees(model: &Model<'_>, visit: u32, counts: &mut Vec<(ServiceId, u64)>) {
    counts.clear();
    for call in model.calls_of(visit) {
        match counts.iter_mut().find(|(callee, _)| *callee == call.to) {
            Some((_, count)) => *count += 1,
            None => counts.push((call.to, 1)),
        }
    }
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
