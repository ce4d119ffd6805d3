//! The walk from the symptom to its causes: every share of the damage is passed on until something explains it itself.
//!
//! Three questions lead from one to the next. Why is a service slow: own work, a wait for a bounded resource, or those
//! it calls. Why does a service get more work: its callers have more to do, or ask more often for each thing they do.
//! Why does a call fail: somebody deeper fails, refuses, or is waited for too long. Damage is a share of 1; it splits in
//! proportion to what was measured, so that the leaves sum to what the walk could explain.

mod error;
mod load;
mod slow;

use std::collections::BTreeMap;

use crate::canonical::{Model, PoolId, ServiceId};
use crate::vocabulary::{Effect, Kind};

use super::accounting::Station;
pub(crate) use super::census::Phase;
use super::census::{Census, Phases};
use super::error_origin::Origins;
use super::failure_kind;
use super::mode_change::{Added, Reasons};
use super::pools::PoolState;
use super::reuse::{self, Reach};

/// Shares below this are not followed: they would only add noise to the leaves.
const NEGLIGIBLE: f64 = 0.01;

/// Something that can be at fault, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    Service(ServiceId),
    Pool(PoolId),
    Edge(ServiceId, ServiceId),
    /// The retries of a service.
    Retry(ServiceId),
    /// Messages on their way from one service to the next.
    Queue(ServiceId, ServiceId),
    Workload,
}

/// A step of the damage: the first harms the second.
pub(crate) type Step = (Cause, Cause, Effect);

/// The damage that one cause explains, and the way it took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaf {
    pub(crate) mass: f64,
    /// How much of the mass went over each step.
    pub(crate) steps: BTreeMap<Step, f64>,
    /// Stations where the damage became time, and how much of the mass did.
    pub(crate) stations: BTreeMap<Station, f64>,
    /// How much of the mass speaks for each kind.
    pub(crate) kinds: BTreeMap<Kind, f64>,
}

/// Everything the walk reads, and what it found.
pub(crate) struct Walk<'a> {
    pub(crate) model: &'a Model<'a>,
    pub(crate) census: &'a Census,
    pub(crate) pools: &'a BTreeMap<PoolId, PoolState>,
    pub(crate) phases: Phases,
    pub(crate) leaves: BTreeMap<Cause, Leaf>,
    /// What was asked of all visits or calls is known from then on: the walk comes to one place on many ways.
    known: Known,
}

/// Answers that do not depend on the way the walk took.
#[derive(Default)]
struct Known {
    /// Failures after the onset by edge.
    origins: BTreeMap<Edge, Origins>,
    added: BTreeMap<Edge, Added>,
    reaches: BTreeMap<Edge, Reach>,
    kinds: BTreeMap<ServiceId, Kind>,
}

type Edge = (ServiceId, ServiceId);

/// One way from the symptom to where the walk stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    pub(crate) steps: Vec<Step>,
    pub(crate) stations: Vec<Station>,
    /// Questions that are open further up: meeting one again is a loop.
    pub(crate) open: Vec<Question>,
}

/// What the walk asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Slow(ServiceId),
    Pool(PoolId),
    Load(ServiceId, ServiceId),
    Error(ServiceId, ServiceId),
}

impl Trail {
    pub(crate) fn step(&self, from: Cause, to: Cause, effect: Effect) -> Self {
        let mut trail = self.clone();
        // A step that was taken already, from another side of the same question, counts once.
        if from != to && !trail.steps.contains(&(from, to, effect)) {
            trail.steps.push((from, to, effect));
        }
        trail
    }

    pub(crate) fn at(&self, station: Station) -> Self {
        let mut trail = self.clone();
        trail.stations.push(station);
        trail
    }

    /// The trail with one more open question; none where it is open already.
    pub(crate) fn ask(&self, question: Question) -> Option<Self> {
        if self.open.contains(&question) {
            return None;
        }
        let mut trail = self.clone();
        trail.open.push(question);
        Some(trail)
    }
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        model: &'a Model<'a>,
        census: &'a Census,
        pools: &'a BTreeMap<PoolId, PoolState>,
        phases: Phases,
    ) -> Self {
        Self { model, census, pools, phases, leaves: BTreeMap::new(), known: Known::default() }
    }

    /// The end of a trail: this cause explains the damage by itself.
    pub(crate) fn settle(&mut self, cause: Cause, kind: Option<Kind>, mass: f64, trail: &Trail) {
        let leaf = self.leaves.entry(cause).or_default();
        leaf.mass += mass;
        for step in &trail.steps {
            *leaf.steps.entry(*step).or_default() += mass;
        }
        for station in &trail.stations {
            *leaf.stations.entry(*station).or_default() += mass;
        }
        if let Some(kind) = kind {
            *leaf.kinds.entry(kind).or_default() += mass;
        }
    }

    /// Failures of an edge after the onset by origin.
    pub(crate) fn origins(&mut self, from: ServiceId, to: ServiceId) -> Origins {
        let (model, phases) = (self.model, self.phases);
        let known = &mut self.known.origins;
        known.entry((from, to)).or_insert_with(|| Origins::of_edge(model, &phases, Phase::After, from, to)).clone()
    }

    /// Calls that one service makes more of to another, by reason.
    pub(crate) fn added(&mut self, from: ServiceId, to: ServiceId) -> Added {
        let (model, phases) = (self.model, self.phases);
        let known = &mut self.known.added;
        known.entry((from, to)).or_insert_with(|| Reasons::of(model, &phases, from, to).added()).clone()
    }

    /// Why more visits of one service need a call to another.
    pub(crate) fn why_more_reach(&mut self, from: ServiceId, to: ServiceId) -> Reach {
        let (model, phases) = (self.model, self.phases);
        *self.known.reaches.entry((from, to)).or_insert_with(|| reuse::why_more_reach(model, &phases, from, to))
    }

    /// What kind of fault makes a service fail by itself.
    pub(crate) fn failure_kind(&mut self, service: ServiceId) -> Kind {
        let (model, phases) = (self.model, self.phases);
        *self.known.kinds.entry(service).or_insert_with(|| failure_kind::of(model, &phases, service))
    }

    /// Passes a mass on in proportion to weights; shares that are negligible go with the others.
    pub(crate) fn shares<T: Clone>(mass: f64, weights: &[(T, f64)]) -> Vec<(T, f64)> {
        let total: f64 = weights.iter().map(|(_, weight)| weight.max(0.0)).sum();
        let kept: Vec<&(T, f64)> = weights.iter().filter(|(_, weight)| *weight > NEGLIGIBLE * total).collect();
        let sum: f64 = kept.iter().map(|(_, weight)| weight).sum();
        kept.into_iter().map(|(target, weight)| (target.clone(), mass * weight / sum)).collect()
    }
}

/// Masses below this end where they are.
pub(crate) fn is_negligible(mass: f64) -> bool {
    mass < NEGLIGIBLE
}
