//! Candidates for the root in one order: the walk's leaves, with support from metrics, logs and changes.

use std::collections::BTreeMap;

use crate::canonical::ServiceId;
use crate::component::Component;
use crate::vocabulary::Kind;

use super::changes::suspicion;
use super::contrast::{Slice, slice};
use super::findings::Findings;
use super::metric_walk;
use super::necessity::World;
use super::walk::{Cause, Leaf};

/// How much the blame by metrics and logs counts beside a walk along requests, which knows causes and not only moves.
const BLAME_WEIGHT: f64 = 0.25;
/// How much the walk counts where the requests themselves show no incident but somebody states one.
const UNSURE_WALK_WEIGHT: f64 = 0.25;
/// A change right before its own component's deviation raises the odds by this much; it never wins alone, because it
/// multiplies.
const CHANGE_WEIGHT: f64 = 0.1;
/// How much of a candidate's score depends on the counterfactual.
const NECESSITY_WEIGHT: f64 = 0.4;
/// What an unknown counterfactual counts.
const NECESSITY_UNKNOWN: f64 = 0.5;
/// Two causes act together when this share of the breaching requests more returns without both than without either,
/// and each of them explains this share of the damage.
const MIN_JOINT_GAIN: f64 = 0.2;
const MIN_JOINT_MASS: f64 = 0.1;
/// Counterfactuals are computed for the best few only.
const MAX_COUNTERFACTUALS: usize = 5;

/// A candidate for the root.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(crate) cause: Cause,
    /// The most exact name that the evidence justifies.
    pub(crate) component: Component,
    pub(crate) kind: Option<Kind>,
    /// 0 to 1.
    pub(crate) score: f64,
    /// Share of the damage that the walk traced to it.
    pub(crate) mass: f64,
    /// Share of breaching requests that return under the threshold without it.
    pub(crate) necessity: Option<f64>,
    /// How far its metrics and logs support it, share of 1.
    pub(crate) blame: f64,
    /// The other cause with which together it explains what neither does alone.
    pub(crate) partner: Option<Partner>,
}

/// A cause that must be taken away together with another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Partner {
    pub(crate) cause: Cause,
    /// Share of breaching requests that return under the threshold without both.
    pub(crate) together: f64,
}

/// All candidates, best first; ties by structure.
pub(crate) fn rank(findings: &Findings<'_>) -> Vec<Ranked> {
    let blame = metric_walk::blame(findings);
    let mut causes: Vec<Cause> = findings.leaves.keys().copied().collect();
    causes.extend(blame.keys().map(|service| Cause::Service(*service)));
    causes.sort_unstable();
    causes.dedup();
    let walked = match &findings.requests {
        Some(_) if findings.leaves.is_empty() => 0.0,
        // Requests that hardly breach more often than before lead the walk after noise.
        Some(requests) if !requests.is_incident => UNSURE_WALK_WEIGHT,
        Some(_) => 1.0,
        None => 0.0,
    };
    let mut ranked: Vec<Ranked> = causes.into_iter().map(|cause| candidate(findings, cause, &blame, walked)).collect();
    sort(&mut ranked);
    if let Some(requests) = &findings.requests {
        let world = World {
            model: findings.model,
            requests,
            excess: &findings.excess,
            census: &findings.census,
            pools: &findings.pools,
            phases: findings.phases,
        };
        imagine(findings, &world, &mut ranked);
    }
    for candidate in &mut ranked {
        candidate.score *= 1.0 - NECESSITY_WEIGHT + NECESSITY_WEIGHT * candidate.necessity.unwrap_or(NECESSITY_UNKNOWN);
    }
    sort(&mut ranked);
    ranked
}

/// What would be without each of the best candidates, and without pairs of them.
fn imagine(findings: &Findings<'_>, world: &World<'_>, ranked: &mut [Ranked]) {
    let best = ranked.len().min(MAX_COUNTERFACTUALS);
    for candidate in &mut ranked[..best] {
        candidate.necessity = match findings.leaves.get(&candidate.cause) {
            // A failure that began elsewhere would still be there.
            Some(leaf) if findings.about_failures => Some(leaf.mass),
            Some(leaf) => world.without(&[(candidate.cause, leaf)]),
            None => None,
        };
    }
    if findings.about_failures {
        return;
    }
    let mut partners: Vec<Option<Partner>> = vec![None; best];
    for (first, second) in (0..best).flat_map(|first| (first + 1..best).map(move |second| (first, second))) {
        let (a, b) = (&ranked[first], &ranked[second]);
        let apart = findings.owner(a.cause) != findings.owner(b.cause);
        let (Some(of_a), Some(of_b)) = (a.necessity, b.necessity) else { continue };
        let (Some(leaf_a), Some(leaf_b)) = (findings.leaves.get(&a.cause), findings.leaves.get(&b.cause)) else {
            continue;
        };
        if !apart || of_a.max(of_b) + MIN_JOINT_GAIN > 1.0 || leaf_a.mass.min(leaf_b.mass) < MIN_JOINT_MASS {
            continue;
        }
        let Some(together) = world.without(&[(a.cause, leaf_a), (b.cause, leaf_b)]) else { continue };
        if together >= of_a.max(of_b) + MIN_JOINT_GAIN {
            for (index, cause) in [(first, b.cause), (second, a.cause)] {
                if partners[index].is_none_or(|known| together > known.together) {
                    partners[index] = Some(Partner { cause, together });
                }
            }
        }
    }
    for (candidate, partner) in ranked.iter_mut().zip(partners) {
        candidate.partner = partner;
    }
}

fn sort(ranked: &mut [Ranked]) {
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.cause.cmp(&b.cause)));
}

fn candidate(findings: &Findings<'_>, cause: Cause, blame: &BTreeMap<ServiceId, f64>, walked: f64) -> Ranked {
    let empty = Leaf::default();
    let leaf = findings.leaves.get(&cause).unwrap_or(&empty);
    let owner = findings.owner(cause);
    let blamed = owner.and_then(|owner| blame.get(&owner)).copied().unwrap_or(0.0);
    let changed = owner
        .and_then(|owner| Some((findings.suspected_change(owner)?, findings.deviation(owner)?)))
        .map_or(0.0, |(change, deviation)| suspicion(change, deviation, findings.uncertainty_ns()));
    let weight = if walked > 0.0 { BLAME_WEIGHT } else { 1.0 };
    let base = (walked * leaf.mass + weight * blamed) / (walked + weight);
    let kind = main_kind(leaf);
    Ranked {
        cause,
        component: exact(findings, cause, kind),
        kind,
        score: (base * (1.0 + CHANGE_WEIGHT * changed)).min(1.0),
        mass: leaf.mass,
        necessity: None,
        blame: blamed,
        partner: None,
    }
}

/// The kind that carries most of the damage, in the order of the closed list where two carry the same.
fn main_kind(leaf: &Leaf) -> Option<Kind> {
    leaf.kinds.iter().max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a))).map(|(kind, _)| *kind)
}

/// One version or instance where the others ran beside it and were fine, the service otherwise.
fn exact(findings: &Findings<'_>, cause: Cause, kind: Option<Kind>) -> Component {
    let Cause::Service(service) = cause else { return findings.component(cause) };
    let name = findings.model.name(service).to_owned();
    let found = if findings.leaves.contains_key(&cause) {
        slice(findings.model, &findings.phases, service, kind)
    } else {
        None
    };
    match found {
        Some(Slice::Version(version)) => {
            Component::Version { service: name, version: findings.model.text(version).to_owned() }
        }
        Some(Slice::Instance(instance)) => {
            Component::Instance { service: name, instance: findings.model.text(instance).to_owned() }
        }
        None => Component::Service(name),
    }
}
