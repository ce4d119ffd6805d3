//! The trace that shows the incident best, why it is this one, the next best, and a normal one beside it.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::{Model, NONE, ServiceId};
use crate::component::Component;
use crate::investigation::{RepresentativeTrace, TimeShare};
use crate::vocabulary::Effect;

use super::accounting::{Parts, Station};
use super::findings::Findings;
use super::ranking::Ranked;
use super::requests::Request;
use super::roles::cause_of;
use super::walk::{Cause, Step};

/// A step of the damage that carried less than this share of it need not be in the proof.
const MIN_STEP: f64 = 0.2;

/// How well a request shows the incident, better is greater: steps covered, services seen, then the most usual
/// duration, so that no freak is shown.
type Rank = (usize, usize, std::cmp::Reverse<u32>, u32);

/// The representative trace; none where nothing breaches.
pub(crate) fn choose(findings: &Findings<'_>, ranked: &[Ranked]) -> Option<RepresentativeTrace> {
    let model = findings.model;
    let steps: Vec<Step> = ranked
        .first()
        .and_then(|first| findings.leaves.get(&first.cause))
        .map(|leaf| {
            leaf.steps.iter().filter(|(_, mass)| **mass >= MIN_STEP * leaf.mass).map(|(step, _)| *step).collect()
        })
        .unwrap_or_default();
    let usual = usual_bucket(&findings.excess.breaching);
    let trees: Vec<Tree> = findings.excess.breaching.iter().map(|(request, _)| Tree::of(model, request.row)).collect();
    let mut order: Vec<usize> = (0..trees.len()).collect();
    let rank = |index: usize| -> Rank {
        let (request, _) = &findings.excess.breaching[index];
        let covered = steps.iter().filter(|step| trees[index].covers(**step)).count();
        let distance = bucket(request.duration).abs_diff(usual);
        (covered, trees[index].services.len(), std::cmp::Reverse(distance), trees[index].spans)
    };
    order.sort_by(|a, b| {
        rank(*b).cmp(&rank(*a)).then_with(|| {
            let key = |index: usize| model.row(findings.excess.breaching[index].0.row).trace_id;
            key(*a).cmp(&key(*b))
        })
    });
    let best = *order.first()?;
    let (request, parts) = &findings.excess.breaching[best];
    let (covered, services, _, spans) = rank(best);
    let id = |request: &Request| format!("{:032x}", model.row(request.row).trace_id);
    let why = format!(
        "it breaches, shows {covered} of the {} steps of the damage, passes through {services} services in {spans} spans, \
         and takes about as long as most breaching requests",
        steps.len(),
    );
    Some(RepresentativeTrace {
        trace_id: id(request),
        duration_ns: request.duration,
        why,
        runner_up: order.get(1).map(|index| id(&findings.excess.breaching[*index].0)),
        normal: normal(findings, request).map(|normal| id(&normal)),
        accounting: shares(findings, parts),
    })
}

/// What lies under a request.
struct Tree {
    services: BTreeSet<ServiceId>,
    calls: BTreeSet<(ServiceId, ServiceId)>,
    failed: BTreeSet<(ServiceId, ServiceId)>,
    spans: u32,
}

impl Tree {
    fn of(model: &Model<'_>, root: u32) -> Self {
        let mut tree = Self { services: BTreeSet::new(), calls: BTreeSet::new(), failed: BTreeSet::new(), spans: 0 };
        let mut open = vec![root];
        while let Some(index) = open.pop() {
            let row = model.row(index);
            tree.spans += 1;
            tree.services.insert(row.service);
            if row.visit == index {
                for call in model.calls_of(index) {
                    tree.calls.insert((call.from, call.to));
                    if call.failure.is_some() {
                        tree.failed.insert((call.from, call.to));
                    }
                    if call.server == NONE {
                        tree.services.insert(call.to);
                    }
                }
            }
            open.extend(model.children(index));
        }
        tree
    }

    /// Load goes from caller to callee, everything else comes back.
    fn covers(&self, (from, to, effect): Step) -> bool {
        let (caller, callee) = match (from, to) {
            (Cause::Service(from), Cause::Service(to)) if effect == Effect::Load => (from, to),
            (Cause::Service(from), Cause::Service(to)) => (to, from),
            (Cause::Edge(from, to), _) => (from, to),
            _ => return false,
        };
        let calls = if effect == Effect::Error { &self.failed } else { &self.calls };
        calls.contains(&(caller, callee))
    }
}

/// The power of two below a duration.
fn bucket(duration_ns: u64) -> u32 {
    duration_ns.max(1).ilog2()
}

/// The bucket with most breaching requests; the shorter of two.
fn usual_bucket(breaching: &[(Request, Parts)]) -> u32 {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for (request, _) in breaching {
        *counts.entry(bucket(request.duration)).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by_key(|(bucket, count)| (*count, std::cmp::Reverse(*bucket)))
        .map_or(0, |(bucket, _)| bucket)
}

/// The baseline request of the same operation with the median duration.
fn normal(findings: &Findings<'_>, request: &Request) -> Option<Request> {
    let requests = findings.requests.as_ref()?;
    let mut same: Vec<&Request> =
        requests.baseline.iter().filter(|other| other.operation == request.operation && !other.breach).collect();
    same.sort_by_key(|other| (other.duration, other.row));
    same.get(same.len() / 2).map(|other| **other)
}

/// The parts of the request by component, largest first; they sum to its duration.
fn shares(findings: &Findings<'_>, parts: &Parts) -> Vec<TimeShare> {
    let mut stations: BTreeMap<Station, u64> = BTreeMap::new();
    for ((_, station), part) in parts {
        *stations.entry(*station).or_default() += part.ns;
    }
    let usual = findings.excess.by_station();
    let mut shares: Vec<(Station, TimeShare)> = stations
        .into_iter()
        .filter(|(_, ns)| *ns > 0)
        .map(|(station, ns)| {
            let part = match station {
                Station::Own(_) => "self",
                Station::Pool(_) => "resource_wait",
                Station::Gap(..) | Station::Away(..) => "network",
                Station::Shared(_) | Station::Queue(..) => "queue",
            };
            let baseline_ns = usual.get(&station).map_or(0.0, |mean| mean.ns.0).round() as u64;
            let component: Component = findings.component(cause_of(station));
            (station, TimeShare { component, part: part.to_owned(), ns, baseline_ns })
        })
        .collect();
    shares.sort_by_key(|(station, share)| (std::cmp::Reverse(share.ns), *station));
    shares.into_iter().map(|(_, share)| share).collect()
}
