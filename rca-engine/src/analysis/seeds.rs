//! Where the walk begins: the excess time of breaching requests by station, or the origins of their failures.

use std::collections::BTreeMap;

use crate::canonical::{Model, ServiceId};
use crate::evidence::Symbol;
use crate::signal::SignalKind;
use crate::vocabulary::Effect;

use super::accounting::{Parts, PathId, Paths, Station, account};
use super::error_origin::{Origins, trace_visit};
use super::requests::{Request, Requests, evenly, failed};
use super::split::{Split, split};
use super::statistics::{rate_changed, share};
use super::walk::{Cause, Trail, Walk};

/// At most this many requests of a side are accounted for, evenly over time: the mean of ten thousand is known to a
/// hundredth of its deviation.
const MAX_REQUESTS: usize = 10_000;

/// One service asks another.
type Link = (ServiceId, ServiceId);

/// A link whose calls per visit grew by less than this factor cannot be told from its noise, nor a cost that did.
const GROWN_LINK: f64 = 1.15;
const FLAT_COST: f64 = 1.2;
/// A link that multiplies a chain's visits by less than this part of what all its links do is within their noise.
const MIN_LINK: f64 = 0.2;

/// Mean time and visits per request on both sides.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mean {
    /// Nanoseconds a request: before, after.
    pub(crate) ns: (f64, f64),
    pub(crate) visits: (f64, f64),
    /// What the baseline's own breaching requests have in excess, weighted by how often they occur in the incident.
    pub(crate) natural_ns: f64,
}

impl Mean {
    /// What the incident added: requests that breach now and then have their own excess, which is not the incident's.
    pub(crate) fn excess(&self) -> f64 {
        self.ns.1 - self.ns.0 - self.natural_ns
    }
}

/// Where breaching requests spend their time, against the baseline's requests of the same operations.
#[derive(Debug, Default)]
pub(crate) struct Excess {
    pub(crate) paths: Paths,
    pub(crate) stations: BTreeMap<(PathId, Station), Mean>,
    /// Breaching requests that were accounted for, with their parts.
    pub(crate) breaching: Vec<(Request, Parts)>,
    /// Baseline requests that were accounted for.
    pub(crate) normal: usize,
}

impl Excess {
    /// Accounts for both sides. The baseline is weighted by operation as the breaching requests are, so that a change
    /// of the mix does not look like a change of cost.
    pub(crate) fn measure(model: &Model<'_>, requests: &Requests) -> Self {
        let mut excess = Self::default();
        let breaching: Vec<Request> = requests.breaching().copied().collect();
        let mut operations: BTreeMap<Symbol, f64> = BTreeMap::new();
        for request in evenly(&breaching, MAX_REQUESTS) {
            let parts = account(model, request.row, &mut excess.paths);
            *operations.entry(request.operation).or_default() += 1.0;
            excess.breaching.push((request, parts));
        }
        let normal = evenly(&requests.baseline, MAX_REQUESTS);
        excess.normal = normal.len();
        let mut by_operation: BTreeMap<Symbol, f64> = BTreeMap::new();
        for request in &normal {
            *by_operation.entry(request.operation).or_default() += 1.0;
        }
        let breaching_before: Vec<(Request, Parts)> = evenly(&requests.baseline, MAX_REQUESTS)
            .into_iter()
            .filter(|request| request.breach)
            .map(|request| (request, account(model, request.row, &mut excess.paths)))
            .collect();
        let known: f64 = operations.iter().filter(|(name, _)| by_operation.contains_key(name)).map(|(_, n)| n).sum();
        for request in normal {
            // An operation without breaches does not count, unless none of the breaching ones is known.
            let weight = if known > 0.0 {
                operations.get(&request.operation).copied().unwrap_or(0.0) / known / by_operation[&request.operation]
            } else {
                1.0 / excess.normal as f64
            };
            for (key, part) in account(model, request.row, &mut excess.paths) {
                let mean = excess.stations.entry(key).or_default();
                mean.ns.0 += part.ns as f64 * weight;
                mean.visits.0 += part.visits as f64 * weight;
            }
        }
        let count = excess.breaching.len().max(1) as f64;
        for (key, part) in excess.breaching.iter().flat_map(|(_, parts)| parts) {
            let mean = excess.stations.entry(*key).or_default();
            mean.ns.1 += part.ns as f64 / count;
            mean.visits.1 += part.visits as f64 / count;
        }
        excess.subtract_natural(requests, &breaching_before);
        excess
    }

    /// A tail that the baseline has, too, keeps its composition: its excess over the mean request is subtracted as
    /// often as it would occur without an incident.
    fn subtract_natural(&mut self, requests: &Requests, breaching_before: &[(Request, Parts)]) {
        let of = |part: usize, all: usize| share(part as u64, all as u64);
        let before = of(requests.baseline.iter().filter(|request| request.breach).count(), requests.baseline.len());
        let after = of(requests.breaching().count(), requests.incident.len());
        if breaching_before.is_empty() || after <= 0.0 {
            return;
        }
        let weight = (before / after).min(1.0);
        let mut means: BTreeMap<(PathId, Station), f64> = BTreeMap::new();
        for (key, part) in breaching_before.iter().flat_map(|(_, parts)| parts) {
            *means.entry(*key).or_default() += part.ns as f64 / breaching_before.len() as f64;
        }
        for (key, mean) in &mut self.stations {
            mean.natural_ns = weight * (means.get(key).copied().unwrap_or(0.0) - mean.ns.0);
        }
    }

    /// Mean excess by station over all chains, nanoseconds a request.
    pub(crate) fn by_station(&self) -> BTreeMap<Station, Mean> {
        let mut stations: BTreeMap<Station, Mean> = BTreeMap::new();
        for ((_, station), mean) in &self.stations {
            let sum = stations.entry(*station).or_default();
            sum.ns = (sum.ns.0 + mean.ns.0, sum.ns.1 + mean.ns.1);
            sum.visits = (sum.visits.0 + mean.visits.0, sum.visits.1 + mean.visits.1);
            sum.natural_ns += mean.natural_ns;
        }
        stations
    }

    /// Who along a chain asked more often, with how much each link multiplies the visits at the end: the logarithms of
    /// the links' factors sum to the whole. Where all requests together show no link that does, the breaching ones tell;
    /// the last link where they do not either.
    fn asked_more(&self, chain: &[ServiceId], links: &[(Link, f64)]) -> Vec<(Link, f64)> {
        let visits = |services: &[ServiceId]| -> (f64, f64) {
            let path = self.paths.find(services);
            let station = Station::Own(*services.last().expect("a chain has at least the service that was asked"));
            let mean = path.and_then(|path| self.stations.get(&(path, station)));
            mean.map_or((0.0, 0.0), |mean| mean.visits)
        };
        let of_breaching = || -> Vec<(Link, f64)> {
            let factor = |end: usize| {
                let (caller, callee) = (visits(&chain[..end]), visits(&chain[..=end]));
                (callee.1 / caller.1) / (callee.0 / caller.0)
            };
            (1..chain.len()).map(|end| ((chain[end - 1], chain[end]), factor(end))).collect()
        };
        let told = |links: &[(Link, f64)]| -> Vec<(Link, f64)> {
            let grown: Vec<(Link, f64)> = links
                .iter()
                .filter(|(_, f)| f.is_finite() && *f > GROWN_LINK)
                .map(|(link, f)| (*link, f.ln()))
                .collect();
            let whole: f64 = grown.iter().map(|(_, grown)| grown).sum();
            grown.into_iter().filter(|(_, grown)| *grown >= MIN_LINK * whole).collect()
        };
        // A link that nobody took before is all of the growth that there is.
        if let Some((new, _)) = links.iter().find(|(_, factor)| factor.is_infinite()) {
            return vec![(*new, 1.0)];
        }
        let found = Some(told(links)).filter(|found| !found.is_empty()).unwrap_or_else(|| told(&of_breaching()));
        match chain {
            [.., from, to] if found.is_empty() => vec![((*from, *to), 1.0)],
            _ => found,
        }
    }

    /// Mean duration added to a request, nanoseconds.
    pub(crate) fn total(&self) -> f64 {
        self.stations.values().map(Mean::excess).sum()
    }
}

/// Whether the requests breach by failing rather than by being slow.
pub(crate) fn is_about_failures(model: &Model<'_>, requests: &Requests, kind: SignalKind) -> bool {
    match kind {
        SignalKind::Latency => false,
        SignalKind::Errors | SignalKind::Degraded => true,
        SignalKind::Unspecified => {
            let breaching: Vec<&Request> = requests.breaching().collect();
            let failing = breaching.iter().filter(|request| failed(model, request.row)).count();
            share(failing as u64, breaching.len() as u64) > 0.5
        }
    }
}

/// How often the calls of each link of a chain are made per visit of the caller, over all requests: after through
/// before. Infinite where they were never made before, 1 where chance would do: of a sample of the requests few calls are
/// seen, and their number varies.
fn links(walk: &Walk<'_>, chain: &[ServiceId]) -> Vec<(Link, f64)> {
    let factor = |from: ServiceId, to: ServiceId| {
        let (traffic, work) = (walk.census.traffic(from, to), walk.census.work(from));
        let per_visit = |calls: u64, visits: u64| calls as f64 / visits.max(1) as f64;
        let before = per_visit(traffic.before.calls, work.before.visits);
        let after = per_visit(traffic.after.calls, work.after.visits);
        let calls = (traffic.before.calls, traffic.after.calls);
        let rose = after > before && rate_changed(calls, (work.before.visits as f64, work.after.visits as f64));
        if rose { after / before } else { 1.0 }
    };
    chain.windows(2).map(|pair| ((pair[0], pair[1]), factor(pair[0], pair[1]))).collect()
}

/// Splits a change of visits and cost among breaching requests. Where visits became dearer, requests that make many of
/// them are the ones that breach: they have more visits than usual without anybody asking more often. So where all
/// requests together make no more calls, what breaching ones have more of is charged to the cost.
fn split_of_all(visits: (f64, f64), cost: (f64, f64), factor: f64) -> Split {
    let whole = split(visits, cost);
    if cost.1 <= FLAT_COST * cost.0 || factor > GROWN_LINK {
        return whole;
    }
    Split { by_calls: 0.0, by_cost: whole.by_calls + whole.by_cost }
}

/// Begins the walk at every station whose time grew.
pub(crate) fn from_time(walk: &mut Walk<'_>, excess: &Excess) {
    let weights: Vec<((PathId, Station), f64)> =
        excess.stations.iter().map(|(key, mean)| (*key, mean.excess())).collect();
    for ((path, station), mass) in Walk::shares(1.0, &weights) {
        let chain = excess.paths.services(path);
        let trail = slow_along(&chain);
        match station {
            Station::Own(service) => {
                let mean = excess.stations[&(path, station)];
                let per_visit = |(ns, visits): (f64, f64)| if visits > 0.0 { ns / visits } else { 0.0 };
                let cost = (per_visit((mean.ns.0, mean.visits.0)), per_visit((mean.ns.1, mean.visits.1)));
                let links = links(walk, &chain);
                let grown = split_of_all(mean.visits, cost, links.iter().map(|(_, factor)| factor).product());
                let trail = trail.at(station);
                // Visits on one chain can fall where another chain takes over: then cost alone is what grew here.
                for (more, mass) in Walk::shares(mass, &[(true, grown.by_calls), (false, grown.by_cost)]) {
                    let asked = if more { excess.asked_more(&chain, &links) } else { Vec::new() };
                    if asked.is_empty() {
                        walk.own(service, mass, &trail);
                    }
                    for ((from, to), mass) in Walk::shares(mass, &asked) {
                        // Who is asked more often is no slower for it, nor are those whom it asks more often then: what
                        // those before it wait for is that so many calls are made.
                        let asks = chain.iter().position(|service| *service == from).unwrap_or(0);
                        let behind = chain[asks..].windows(2).skip(1);
                        let trail = behind.fold(slow_along(&chain[..=asks]).at(station), |trail, link| {
                            trail.step(Cause::Service(link[0]), Cause::Service(link[1]), Effect::Load)
                        });
                        walk.mode(from, to, mass, &trail);
                    }
                }
            }
            Station::Pool(pool) => walk.pool(pool, mass, &trail),
            Station::Gap(from, to) => walk.gap(from, to, mass, &trail),
            Station::Away(from, to) => walk.away(from, to, mass, &trail),
            Station::Shared(service) => walk.slow(service, mass, &trail),
            Station::Queue(from, to) => walk.settle(Cause::Queue(from, to), None, mass, &trail.at(station)),
        }
    }
}

/// The way of lateness from the end of a chain of services to its begin.
fn slow_along(chain: &[ServiceId]) -> Trail {
    chain.windows(2).fold(Trail::default(), |trail, pair| {
        trail.step(Cause::Service(pair[1]), Cause::Service(pair[0]), Effect::Latency)
    })
}

/// Begins the walk at the origins of the failures of breaching requests.
pub(crate) fn from_failures(walk: &mut Walk<'_>, requests: &Requests) {
    let mut origins = Origins::default();
    for request in requests.breaching() {
        origins.add(trace_visit(walk.model, request.row));
    }
    walk.follow(&origins, 1.0, &Trail::default());
}
