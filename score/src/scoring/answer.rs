//! What is scored: the engine's investigation and a method's output in one shape.

use std::collections::BTreeSet;

use rca_engine::component::Component;
use rca_engine::investigation::{BottleneckAnswer, Core, Culprit, Investigation, NoBottleneck, PropagationEdge};
use rca_engine::vocabulary::Outcome;
use scenarios::truth::TruthRecord;
use serde::{Deserialize, Serialize};

use crate::method::{MethodOutput, Rank};

/// An answer, whoever gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub outcome: Outcome,
    /// 0 to 1.
    pub confidence: Option<f64>,
    /// 0 to 1, before it is held against earlier verdicts.
    pub strength: Option<f64>,
    /// Highest score first; empty unless the outcome is a cause.
    pub ranks: Vec<Rank>,
    /// The roots that are said to act together.
    pub roots: Vec<Component>,
    pub trigger: Option<Component>,
    pub sustaining: Option<Component>,
    pub propagation: Option<Vec<PropagationEdge>>,
    pub bottleneck: Option<BottleneckAnswer>,
    pub citations: Option<Citations>,
}

/// Whether what is cited can be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citations {
    /// Distinct ids that are cited anywhere.
    pub cited: u64,
    /// Those that exist.
    pub resolved: u64,
}

impl Answer {
    /// No answer at all.
    pub(crate) fn silent() -> Self {
        Self {
            outcome: Outcome::InsufficientEvidence,
            confidence: None,
            strength: None,
            ranks: Vec::new(),
            roots: Vec::new(),
            trigger: None,
            sustaining: None,
            propagation: None,
            bottleneck: None,
            citations: None,
        }
    }

    /// The truth itself as an answer: it must score 1 everywhere, or the scoring is wrong.
    pub fn oracle(truth: &TruthRecord) -> Self {
        if !truth.has_incident() {
            return Self { outcome: Outcome::NoIncident, confidence: Some(1.0), ..Self::silent() };
        }
        let best = truth.roots.iter().filter_map(|root| Some((root.any_of.first()?.clone(), root.kind)));
        let ranks = best.zip(0_u32..).map(|((component, kind), place)| Rank {
            component,
            kind: Some(kind),
            score: -f64::from(place),
        });
        let ranks: Vec<Rank> = ranks.collect();
        let edges = truth.edges.iter().map(|edge| PropagationEdge {
            from: edge.from.clone(),
            to: edge.to.clone(),
            effect: edge.effect,
        });
        let bottleneck = truth.bottlenecks.first().map_or(BottleneckAnswer::None(NoBottleneck::None), |bottleneck| {
            BottleneckAnswer::At { component: bottleneck.component.clone(), mode: bottleneck.mode }
        });
        Self {
            outcome: Outcome::Cause,
            confidence: Some(1.0),
            strength: None,
            roots: ranks.iter().map(|rank| rank.component.clone()).collect(),
            ranks,
            trigger: truth.trigger.clone(),
            sustaining: truth.sustaining.clone(),
            propagation: Some(edges.collect()),
            bottleneck: Some(bottleneck),
            citations: None,
        }
    }
}

impl From<&Investigation> for Answer {
    /// Roots of the verdict first, in its order, then hypotheses by rank.
    fn from(investigation: &Investigation) -> Self {
        let core = &investigation.core;
        let convicts = core.outcome == Outcome::Cause;
        let roles = &core.roles;
        let mut hypotheses: Vec<_> = core.hypotheses.iter().collect();
        hypotheses.sort_by_key(|hypothesis| hypothesis.rank);
        let all = roles.root.iter().chain(hypotheses.iter().map(|hypothesis| &hypothesis.root));
        let mut seen = BTreeSet::new();
        let first_named = all.filter(|culprit| convicts && seen.insert(&culprit.component));
        let ranks = first_named.zip(0_u32..).map(|(culprit, place)| Rank {
            component: culprit.component.clone(),
            kind: culprit.kind,
            // The engine's order is total, and its scores may repeat: the place is what it says.
            score: -f64::from(place),
        });
        let named =
            |culprit: &Option<Culprit>| culprit.as_ref().filter(|_| convicts).map(|culprit| culprit.component.clone());
        Self {
            outcome: core.outcome,
            confidence: Some(core.confidence),
            strength: investigation.grounds.strength,
            ranks: ranks.collect(),
            roots: if convicts {
                roles.root.iter().map(|culprit| culprit.component.clone()).collect()
            } else {
                Vec::new()
            },
            trigger: named(&roles.trigger),
            sustaining: named(&roles.sustaining),
            propagation: convicts.then(|| roles.propagation.clone()),
            bottleneck: roles.bottleneck.clone(),
            citations: Some(citations(investigation)),
        }
    }
}

impl From<&MethodOutput> for Answer {
    fn from(output: &MethodOutput) -> Self {
        let convicts = output.outcome == Outcome::Cause;
        let mut ranks = if convicts { output.ranks.clone() } else { Vec::new() };
        // A score that is no number says nothing, and stands last.
        ranks.iter_mut().filter(|rank| rank.score.is_nan()).for_each(|rank| rank.score = f64::NEG_INFINITY);
        ranks.sort_by(|a, b| b.score.total_cmp(&a.score));
        let roles = output.roles.clone().unwrap_or_default();
        let together = roles.root.map(|roots| roots.into_iter().map(|culprit| culprit.component).collect());
        // Who ranks several alike at first has not named one.
        let alone = ranks.first().filter(|first| ranks.get(1).is_none_or(|second| second.score < first.score));
        Self {
            outcome: output.outcome,
            confidence: None,
            strength: None,
            roots: together.unwrap_or_else(|| alone.map(|rank| rank.component.clone()).into_iter().collect()),
            ranks,
            trigger: roles.trigger.map(|culprit| culprit.component),
            sustaining: roles.sustaining.map(|culprit| culprit.component),
            propagation: roles.propagation,
            bottleneck: roles.bottleneck,
            citations: None,
        }
    }
}

/// Every id that hypotheses, actions and timeline cite, against the evidence there is.
fn citations(investigation: &Investigation) -> Citations {
    let Core { hypotheses, actions, evidence, .. } = &investigation.core;
    let known: BTreeSet<&str> = evidence.iter().map(|item| item.id.as_str()).collect();
    let of_hypotheses = hypotheses.iter().flat_map(|one| one.supported_by.iter().chain(&one.against));
    let of_actions = actions.iter().flat_map(|action| &action.evidence);
    let of_timeline = investigation.timeline.iter().filter_map(|line| line.evidence.as_ref());
    let cited: BTreeSet<&str> = of_hypotheses.chain(of_actions).chain(of_timeline).map(String::as_str).collect();
    Citations { cited: cited.len() as u64, resolved: cited.intersection(&known).count() as u64 }
}
