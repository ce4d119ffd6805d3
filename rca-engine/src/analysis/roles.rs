//! Who did what: root, trigger, what sustains, propagation, bottleneck, symptom.

use std::collections::{BTreeMap, VecDeque};

use crate::canonical::ServiceId;
use crate::component::Component;
use crate::investigation::{BottleneckAnswer, Culprit, NoBottleneck, PropagationEdge, Roles};
use crate::signal::SignalKind;
use crate::vocabulary::{Effect, Kind, Mode, Outcome};

use super::accounting::Station;
use super::findings::Findings;
use super::ranking::Ranked;
use super::split::split;
use super::tracks::{Quantity, Tracks};
use super::walk::{Cause, Leaf, Step};

/// A step of the damage counts when it carried this share of the root's damage.
const MIN_STEP: f64 = 0.2;
/// A second cause is a root of its own when it explains this share of the damage.
const MIN_ROOT: f64 = 0.3;
/// A cause suffices when without it this share of the breaching requests would not breach.
const SUFFICES: f64 = 0.8;
/// Failures have a bottleneck only when most of them are time-outs and refusals at one.
const MIN_STATION: f64 = 0.5;

/// The roles of an outcome.
pub(crate) fn assign(findings: &Findings<'_>, outcome: Outcome, ranked: &[Ranked]) -> Roles {
    let symptom = match findings.symptom() {
        Some(service) => Component::service(findings.model.name(service)),
        None => findings.signal.service.as_deref().map_or(Component::Workload(None), Component::service),
    };
    let mut roles =
        Roles { root: Vec::new(), trigger: None, sustaining: None, propagation: Vec::new(), bottleneck: None, symptom };
    match outcome {
        Outcome::NoIncident => roles.bottleneck = Some(BottleneckAnswer::None(NoBottleneck::None)),
        Outcome::InsufficientEvidence => roles.bottleneck = bottleneck(findings, ranked.first()),
        Outcome::Cause => fill(findings, ranked, &mut roles),
    }
    roles
}

fn fill(findings: &Findings<'_>, ranked: &[Ranked], roles: &mut Roles) {
    let Some(first) = ranked.first() else { return };
    let roots: Vec<&Ranked> = ranked
        .iter()
        .enumerate()
        .filter(|(rank, candidate)| *rank == 0 || is_second(findings, candidate, first))
        .map(|(_, candidate)| candidate)
        .collect();
    roles.root = roots
        .iter()
        .map(|candidate| Culprit { component: candidate.component.clone(), kind: candidate.kind })
        .collect();
    for root in &roots {
        if let Some(leaf) = findings.leaves.get(&root.cause) {
            roles.propagation.extend(steps(findings, root, leaf));
        }
    }
    if roles.propagation.is_empty() {
        roles.propagation = known_path(findings, first);
    }
    let mut seen: Vec<PropagationEdge> = Vec::new();
    roles.propagation.retain(|edge| {
        let new = !seen.contains(edge);
        seen.push(edge.clone());
        new
    });
    roles.trigger = trigger(findings, first);
    if first.kind == Some(Kind::CallAmplification) {
        roles.sustaining = Some(Culprit { component: first.component.clone(), kind: first.kind });
    }
    roles.bottleneck = bottleneck(findings, Some(first));
}

/// A second root is not just another side of the first, whose service it shares, and it adds something: without the
/// first alone most requests would still breach. Where that cannot be told, a large share of the damage must do.
fn is_second(findings: &Findings<'_>, candidate: &Ranked, first: &Ranked) -> bool {
    if candidate.kind.is_none() || findings.owner(candidate.cause) == findings.owner(first.cause) {
        return false;
    }
    let together = first.partner.is_some_and(|partner| partner.cause == candidate.cause);
    let suffices = first.necessity.is_some_and(|alone| alone >= SUFFICES) && !findings.about_failures;
    together || (candidate.mass >= MIN_ROOT && !suffices)
}

/// The steps that carried the damage, nearest to the root first: by how much they carried, then by structure. What is
/// slow by itself is slow to all who ask it: each of them that the damage came through is harmed, however seldom it asks.
fn steps(findings: &Findings<'_>, root: &Ranked, leaf: &Leaf) -> Vec<PropagationEdge> {
    let is_slow = root.kind == Some(Kind::SlowService);
    let direct = |(from, _, effect): &Step| is_slow && *from == root.cause && *effect == Effect::Latency;
    let counts = |(step, mass): &(&Step, &f64)| **mass >= MIN_STEP * leaf.mass || direct(step);
    let mut steps: Vec<_> = leaf.steps.iter().filter(counts).collect();
    steps.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
    steps
        .into_iter()
        .map(|((from, to, effect), _)| PropagationEdge {
            from: findings.component(*from),
            to: findings.component(*to),
            effect: *effect,
        })
        .collect()
}

/// Without requests: the shortest known chain of calls from the symptom to the root, backwards.
fn known_path(findings: &Findings<'_>, first: &Ranked) -> Vec<PropagationEdge> {
    let (Some(symptom), Some(root)) = (findings.symptom(), findings.owner(first.cause)) else { return Vec::new() };
    let mut came_from: BTreeMap<ServiceId, ServiceId> = BTreeMap::new();
    let mut open = VecDeque::from([symptom]);
    while let Some(at) = open.pop_front() {
        for (_, to) in findings.model.edges.iter().filter(|(from, _)| *from == at) {
            if *to != symptom && !came_from.contains_key(to) {
                came_from.insert(*to, at);
                open.push_back(*to);
            }
        }
    }
    let effect = if findings.signal.signal == SignalKind::Errors { Effect::Error } else { Effect::Latency };
    let mut path = Vec::new();
    let mut at = root;
    while let Some(caller) = came_from.get(&at) {
        path.push(PropagationEdge {
            from: findings.component(Cause::Service(at)),
            to: findings.component(Cause::Service(*caller)),
            effect,
        });
        at = *caller;
    }
    path
}

/// What began it: the change that brought the root's build, or the one right before the root's own deviation, or where
/// none came before that, the one right before the incident; where retries sustain the damage, whatever made the first
/// calls fail.
fn trigger(findings: &Findings<'_>, first: &Ranked) -> Option<Culprit> {
    if let (Cause::Retry(caller), Some(leaf)) = (first.cause, findings.leaves.get(&first.cause)) {
        return repeated(findings, leaf, caller);
    }
    let service = findings.owner(first.cause)?;
    let change = match &first.component {
        // Another change of the service did not bring this build.
        Component::Version { version, .. } => findings.change_to(service, version)?,
        _ => findings.suspected_change(service).or_else(|| findings.change_before_the_incident(service))?,
    };
    Some(Culprit { component: Component::Change(change.id.clone()), kind: first.kind })
}

/// The service that was slow for a while, so that calls to it began to be repeated.
fn repeated(findings: &Findings<'_>, leaf: &Leaf, caller: ServiceId) -> Option<Culprit> {
    let callees = leaf.steps.iter().filter_map(|((from, to, effect), mass)| match (from, to) {
        (Cause::Service(from), Cause::Service(to)) if *from == caller && *effect == Effect::Load => Some((*to, *mass)),
        _ => None,
    });
    let (callee, _) = callees.max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)))?;
    findings.tracks.movement(Quantity::Own(callee)).filter(Tracks::deviates)?;
    Some(Culprit { component: findings.component(Cause::Service(callee)), kind: Some(Kind::SlowService) })
}

/// The station that took most of what was added. Failures have one only where they are time-outs or refusals.
pub(crate) fn bottleneck(findings: &Findings<'_>, first: Option<&Ranked>) -> Option<BottleneckAnswer> {
    let requests = findings.requests.as_ref()?;
    if findings.about_failures {
        let leaf = findings.leaves.get(&first?.cause)?;
        let most = leaf.stations.iter().max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)));
        return Some(match most {
            Some((station, mass)) if *mass >= MIN_STATION * leaf.mass => answer(findings, *station, first),
            _ => BottleneckAnswer::None(NoBottleneck::None),
        });
    }
    if !findings.signal.signal.is_about_time() || requests.breaching().next().is_none() {
        return Some(BottleneckAnswer::None(NoBottleneck::None));
    }
    slowest(findings).map(|station| answer(findings, station, first))
}

/// The station with the largest excess; a wait for a holder counts where the holder waited.
pub(crate) fn slowest(findings: &Findings<'_>) -> Option<Station> {
    let grown = findings.held.iter().filter(|(_, excess)| **excess > 0.0);
    grown.max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a))).map(|(station, _)| *station)
}

/// The cause that a station stands for.
pub(crate) fn cause_of(station: Station) -> Cause {
    match station {
        Station::Own(service) | Station::Shared(service) => Cause::Service(service),
        Station::Pool(pool) => Cause::Pool(pool),
        Station::Gap(from, to) | Station::Away(from, to) => Cause::Edge(from, to),
        Station::Queue(from, to) => Cause::Queue(from, to),
    }
}

fn answer(findings: &Findings<'_>, station: Station, first: Option<&Ranked>) -> BottleneckAnswer {
    let component = findings.component(cause_of(station));
    let locked = first.is_some_and(|first| first.kind == Some(Kind::Lock));
    let mode = match station {
        Station::Pool(_) if locked => Mode::Blocked,
        Station::Pool(_) | Station::Queue(..) => Mode::Saturated,
        Station::Gap(..) | Station::Away(..) | Station::Shared(_) => Mode::Slow,
        Station::Own(_) => {
            let mean = findings.excess.by_station().get(&station).copied().unwrap_or_default();
            let cost = |(ns, visits): (f64, f64)| if visits > 0.0 { ns / visits } else { 0.0 };
            let costs = (cost((mean.ns.0, mean.visits.0)), cost((mean.ns.1, mean.visits.1)));
            let grown = split(mean.visits, costs);
            if grown.by_calls > grown.by_cost { Mode::Visits } else { Mode::Slow }
        }
    };
    BottleneckAnswer::At { component, mode }
}
