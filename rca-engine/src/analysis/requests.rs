//! The requests that the symptom is about, which of them breach, and since when.

use std::collections::BTreeMap;

use crate::canonical::{Model, ServiceId};
use crate::evidence::Symbol;
use crate::investigation::Window;
use crate::signal::{SignalKind, UniversalIncidentSignal};

use super::statistics::{SIGNIFICANT_G, departure_of_share, g_of_shares, quantile, share};
use super::tally::{self, Tally};

/// One piece of work of the symptom's service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) row: u32,
    /// Name of the operation: requests are compared with requests of the same operation.
    pub(crate) operation: Symbol,
    pub(crate) start: u64,
    pub(crate) duration: u64,
    pub(crate) breach: bool,
}

/// All requests of both windows.
#[derive(Debug)]
pub(crate) struct Requests {
    pub(crate) symptom: ServiceId,
    pub(crate) baseline: Vec<Request>,
    /// From the onset on.
    pub(crate) incident: Vec<Request>,
    /// When the breaches began; the start of the incident window where no change can be made out.
    pub(crate) onset_ns: u64,
    /// What the onset is uncertain by: the width of a bucket.
    pub(crate) bucket_ns: u64,
    /// Nanoseconds above which a request is too slow; none where slowness is not the question.
    pub(crate) threshold_ns: Option<u64>,
    /// Share of requests that breach: baseline, incident.
    shares: (f64, f64),
    /// Share of the requests that have spans, where metrics count more.
    pub(crate) sampled: Option<f64>,
    /// Somebody states an incident that the requests do not show: all of them are asked, whether they breach or not.
    pub(crate) is_only_stated: bool,
    /// Whether the incident differs from the baseline's own excursions.
    pub(crate) is_incident: bool,
    /// It is not known to, but it looks so: there are too few requests to tell.
    pub(crate) is_unclear: bool,
}

/// A request without a threshold is slow when it is slower than this share of the baseline's of its operation.
const USUAL_SHARE: f64 = 0.99;
/// With fewer requests of an operation than this the slowest one is the limit.
const MIN_FOR_QUANTILE: usize = 20;
/// The alert chose the worst moment of many, so the usual threshold of significance is far too low: about one false
/// incident in a million independent looks.
const INCIDENT_G: f64 = 24.0;
/// Below this factor of the baseline's own worst stretch it is such a stretch.
const EXCURSION_FACTOR: f64 = 2.0;
/// A bucket should hold so many requests that a share can be told.
const REQUESTS_PER_BUCKET: u64 = 10;
/// Spans that show less than this share of the requests that metrics count are a sample; a lost tenth is what any
/// pipeline loses.
const SAMPLE: f64 = 0.9;
const MIN_BUCKET_NS: u64 = 500_000_000;

impl Requests {
    /// The requests of the symptom's service, or of whole traces where the alert names none; none where either window
    /// has no requests.
    pub(crate) fn find(model: &Model<'_>, signal: &UniversalIncidentSignal) -> Option<Self> {
        let symptom = symptom(model, signal)?;
        let whole = |row: &u32| {
            let span = model.row(*row);
            !(span.orphan && span.is_outgoing())
        };
        let rows: Vec<u32> = model.visits_of(symptom).iter().copied().filter(whole).collect();
        let within = |window: Window| -> Vec<Request> {
            let inside = |row: &&u32| (window.from_ns..window.to_ns).contains(&model.row(**row).start);
            rows.iter().filter(inside).map(|row| request(model, *row)).collect()
        };
        let (mut baseline, mut incident) = (within(model.windows.baseline), within(model.windows.incident));
        if baseline.is_empty() || incident.is_empty() {
            return None;
        }
        let threshold_ns = threshold(signal);
        let breach = Breach { kind: signal.signal, threshold_ns, usual: usual(&baseline) };
        for request in baseline.iter_mut().chain(incident.iter_mut()) {
            request.breach = breach.holds(model, request);
        }
        let bucket_ns = bucket(model.windows.incident, incident.len() as u64);
        let counted = Counted::of(model, signal, symptom, threshold_ns, (&baseline, &incident));
        // Where metrics count more requests than there are spans, they know the moment better.
        let onset_bucket_ns = bucket(model.windows.incident, tally::sum(&counted.incident).1);
        let mut onset_ns = onset(model.windows, &counted, onset_bucket_ns);
        let later: Vec<Request> = incident.iter().filter(|request| request.start >= onset_ns).copied().collect();
        let tallied = counted.since(onset_ns);
        let length = signal.window_ns.max(bucket_ns);
        // Where few requests breach, it is enough that the usual request got slower than in any stretch of the baseline:
        // noise makes tails only.
        let slowed = || {
            signal.signal == SignalKind::Latency
                && tally::sum(tallied).0 > 0
                && usual_one_slowed(&baseline, &later, length)
        };
        let exceeds = |least_g| differs(&counted.baseline, tallied, length, least_g);
        let is_incident = exceeds(INCIDENT_G) || slowed();
        let is_unclear = !is_incident && exceeds(SIGNIFICANT_G);
        let shares = (tally::share_of(&counted.baseline), tally::share_of(tallied));
        let is_only_stated = !is_incident && signal.is_asserted();
        if is_only_stated {
            // Somebody states an incident that the tail does not show: then all requests of its window are asked.
            onset_ns = model.windows.incident.from_ns;
            incident.iter_mut().for_each(|request| request.breach = true);
        } else {
            incident = later;
        }
        Some(Self {
            symptom,
            baseline,
            incident,
            onset_ns,
            bucket_ns,
            threshold_ns,
            shares,
            sampled: counted.sampled,
            is_only_stated,
            is_incident,
            is_unclear,
        })
    }

    /// Breaching requests from the onset on.
    pub(crate) fn breaching(&self) -> impl Iterator<Item = &Request> {
        self.incident.iter().filter(|request| request.breach)
    }

    /// From when on requests may be missing because they had not ended when the evidence was cut.
    pub(crate) fn horizon_ns(&self, end_ns: u64) -> u64 {
        /// Nearly all requests are shorter than this quantile of the observed ones.
        const LONG: f64 = 0.95;
        let mut durations: Vec<u64> = self.incident.iter().map(|request| request.duration).collect();
        durations.sort_unstable();
        let longest = quantile(&durations, LONG).unwrap_or(0);
        // At least half of what follows the onset stays in view.
        end_ns.saturating_sub(longest).max(self.onset_ns + end_ns.saturating_sub(self.onset_ns) / 2)
    }

    /// Share of requests that breach: baseline, incident.
    pub(crate) fn shares(&self) -> (f64, f64) {
        self.shares
    }
}

/// At most so many of the requests, evenly spaced and in their order.
pub(crate) fn evenly(requests: &[Request], most: usize) -> Vec<Request> {
    requests.iter().step_by(requests.len().div_ceil(most).max(1)).copied().collect()
}

fn request(model: &Model<'_>, row: u32) -> Request {
    let span = model.row(row);
    Request { row, operation: span.name, start: span.start, duration: span.duration(), breach: false }
}

/// The service that the alert names, or the one at which most traces begin.
fn symptom(model: &Model<'_>, signal: &UniversalIncidentSignal) -> Option<ServiceId> {
    if let Some(name) = &signal.service {
        return model.service(name);
    }
    let mut roots = vec![0_u64; model.services.len()];
    for row in model.visits.iter().map(|row| model.row(*row)).filter(|row| row.parent == crate::canonical::NONE) {
        roots[row.service.0 as usize] += 1;
    }
    model.service_ids().max_by_key(|service| roots[service.0 as usize]).filter(|s| roots[s.0 as usize] > 0)
}

fn threshold(signal: &UniversalIncidentSignal) -> Option<u64> {
    signal.threshold.filter(|_| signal.signal == SignalKind::Latency).map(|seconds| (seconds * 1e9) as u64)
}

/// When a request breaches.
struct Breach {
    kind: SignalKind,
    threshold_ns: Option<u64>,
    /// The usual limit by operation, sorted.
    usual: Vec<(Symbol, u64)>,
}

impl Breach {
    fn holds(&self, model: &Model<'_>, request: &Request) -> bool {
        match self.kind {
            SignalKind::Latency => self.is_slow(request),
            SignalKind::Errors | SignalKind::Degraded => failed(model, request.row),
            SignalKind::Unspecified => self.is_slow(request) || failed(model, request.row),
        }
    }

    fn is_slow(&self, request: &Request) -> bool {
        let usual = || {
            let position = self.usual.binary_search_by_key(&request.operation, |(operation, _)| *operation).ok()?;
            Some(self.usual[position].1)
        };
        self.threshold_ns.or_else(usual).is_some_and(|limit| request.duration > limit)
    }
}

/// A piece of work failed, or something that it asked for did: an answer may then lack a part without being an error.
pub(crate) fn failed(model: &Model<'_>, visit: u32) -> bool {
    model.row(visit).failure.is_some() || model.calls_of(visit).iter().any(|call| call.failure.is_some())
}

/// The usual limit of each operation.
fn usual(baseline: &[Request]) -> Vec<(Symbol, u64)> {
    let mut durations: std::collections::BTreeMap<Symbol, Vec<u64>> = std::collections::BTreeMap::new();
    for request in baseline {
        durations.entry(request.operation).or_default().push(request.duration);
    }
    let limit = |mut durations: Vec<u64>| {
        durations.sort_unstable();
        let share = if durations.len() < MIN_FOR_QUANTILE { 1.0 } else { USUAL_SHARE };
        quantile(&durations, share).unwrap_or(u64::MAX)
    };
    durations.into_iter().map(|(operation, durations)| (operation, limit(durations))).collect()
}

/// Wide enough for some requests each.
fn bucket(window: Window, requests: u64) -> u64 {
    let length = (window.to_ns - window.from_ns).max(1);
    (length / requests.max(1) * REQUESTS_PER_BUCKET).clamp(MIN_BUCKET_NS, length.max(MIN_BUCKET_NS))
}

/// Requests over time, as the metrics count them where the spans are a sample, as the spans do otherwise.
struct Counted {
    baseline: Vec<Tally>,
    /// By time.
    incident: Vec<Tally>,
    /// Share of them that have spans, where the spans are a sample.
    sampled: Option<f64>,
}

impl Counted {
    fn of(
        model: &Model<'_>,
        signal: &UniversalIncidentSignal,
        symptom: ServiceId,
        limit_ns: Option<u64>,
        seen: (&[Request], &[Request]),
    ) -> Self {
        let windows = model.windows;
        let counted = tally::counted(model, symptom, signal.signal, limit_ns);
        let of = |window: Window| -> Vec<Tally> {
            counted.iter().filter(|tally| (window.from_ns..window.to_ns).contains(&tally.at_ns)).copied().collect()
        };
        let (baseline, incident) = (of(windows.baseline), of(windows.incident));
        let all = tally::sum(&baseline).1 + tally::sum(&incident).1;
        let sampled = Some(share((seen.0.len() + seen.1.len()) as u64, all)).filter(|seen| all > 0 && *seen < SAMPLE);
        match sampled {
            Some(_) => Self { baseline, incident, sampled },
            None => Self { baseline: tallies(seen.0), incident: tallies(seen.1), sampled },
        }
    }

    /// The incident's requests from a time on.
    fn since(&self, at_ns: u64) -> &[Tally] {
        &self.incident[self.incident.partition_point(|tally| tally.at_ns < at_ns)..]
    }
}

fn tallies(requests: &[Request]) -> Vec<Tally> {
    let one = |request: &Request| Tally { at_ns: request.start, all: 1, breaching: u64::from(request.breach) };
    let mut tallies: Vec<Tally> = requests.iter().map(one).collect();
    tallies.sort_unstable_by_key(|tally| (tally.at_ns, tally.breaching));
    tallies
}

/// When the share of breaches inside the incident window leaves the baseline's. The window begins before the incident by
/// as much as the rule may be late, so its first part is at the baseline's share.
fn onset(windows: crate::windows::Windows, counted: &Counted, bucket_ns: u64) -> u64 {
    let window = windows.incident;
    let buckets = usize::try_from((window.to_ns - window.from_ns).div_ceil(bucket_ns)).unwrap_or(1).max(1);
    let mut seen = vec![(0_u64, 0_u64); buckets];
    for tally in &counted.incident {
        let index = usize::try_from((tally.at_ns - window.from_ns) / bucket_ns).unwrap_or(0).min(buckets - 1);
        seen[index].1 += tally.all;
        seen[index].0 += tally.breaching;
    }
    // What never happened is not impossible: half a breach more than was seen (Jeffreys).
    let before = tally::sum(&counted.baseline);
    let usual = (before.0 as f64 + 0.5) / (before.1 as f64 + 1.0);
    window.from_ns + departure_of_share(&seen, usual) as u64 * bucket_ns
}

/// Whether the incident is more than the baseline's own excursions: the share of breaches must be significantly
/// higher than overall, and clearly higher than in the baseline's worst stretch as long as the rule's window.
fn differs(baseline: &[Tally], incident: &[Tally], length: u64, least_g: f64) -> bool {
    let (before, after) = (tally::sum(baseline), tally::sum(incident));
    let worst = worst_stretch(baseline, length);
    share(after.0, after.1) >= EXCURSION_FACTOR * worst.max(share(before.0, before.1))
        && g_of_shares(before, after) >= least_g
}

/// Whether the median request of the incident is clearly slower than in the baseline's slowest stretch of the given
/// length.
fn usual_one_slowed(baseline: &[Request], incident: &[Request], length: u64) -> bool {
    let median = |requests: &[Request]| {
        let mut durations: Vec<u64> = requests.iter().map(|request| request.duration).collect();
        durations.sort_unstable();
        quantile(&durations, 0.5).filter(|_| durations.len() >= MIN_FOR_QUANTILE)
    };
    // Counted back from the end, so that they do not depend on how much of the past is there.
    let end = baseline.iter().map(|request| request.start).max().unwrap_or(0);
    let mut stretches: BTreeMap<u64, Vec<Request>> = BTreeMap::new();
    for request in baseline {
        stretches.entry((end - request.start) / length.max(1)).or_default().push(*request);
    }
    let slowest = stretches.values().filter_map(|stretch| median(stretch)).max().or_else(|| median(baseline));
    slowest.zip(median(incident)).is_some_and(|(before, after)| after as f64 >= EXCURSION_FACTOR * before as f64)
}

/// The highest share of breaches in a whole stretch of the given length, judged only where it holds enough requests.
fn worst_stretch(tallies: &[Tally], length: u64) -> f64 {
    let (mut first, mut breaches, mut all, mut worst) = (0, 0_u64, 0_u64, 0.0_f64);
    for tally in tallies {
        (breaches, all) = (breaches + tally.breaching, all + tally.all);
        while tallies[first].at_ns + length < tally.at_ns {
            (breaches, all) = (breaches - tallies[first].breaching, all - tallies[first].all);
            first += 1;
        }
        // A stretch that has only begun holds few requests, and shares of few are large by chance.
        let is_whole = tally.at_ns >= tallies[0].at_ns + length;
        if is_whole && all >= REQUESTS_PER_BUCKET {
            worst = worst.max(share(breaches, all));
        }
    }
    worst
}
