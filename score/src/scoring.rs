//! One answer against one truth: the figures of validity.md, each beside what chance would give.

mod answer;
pub(crate) mod propagation;
mod roles;
mod root;

use std::collections::BTreeSet;

use rca_engine::component::Component;
use rca_engine::investigation::BottleneckAnswer;
use rca_engine::vocabulary::Outcome;
use scenarios::truth::TruthRecord;
use serde::{Deserialize, Serialize};

pub use answer::{Answer, Citations};
pub use propagation::Overlap;
pub use root::RootScore;

/// How one answer did. `None`, written as `null`, is "not answered" or "does not apply"; it never counts as right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// None: the method crashed or ran out of time.
    pub outcome: Option<Outcome>,
    /// None: it gave none.
    pub confidence: Option<f64>,
    /// The strength of the evidence, before it is held against earlier verdicts. None: it gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<f64>,
    /// The first answer, whether right or wrong.
    pub answered: Option<Component>,
    /// Strictly by component. None: the truth has no root.
    pub root: Option<RootScore>,
    /// The same, projected on services. None: the truth has no root that belongs to a service.
    pub root_service: Option<RootScore>,
    /// Whether the first answer is right in component and kind. None: no kind was given, or the truth has no root.
    pub kind: Option<bool>,
    /// Whether the bottleneck is right by component, or rightly `none`. None: not answered, or nothing is wrong.
    pub bottleneck: Option<bool>,
    /// Whether its mode is right, too.
    pub bottleneck_mode: Option<bool>,
    /// Whether what set it off is right by service; no answer is a wrong one. None: the truth has no trigger beside the
    /// root.
    #[serde(default)]
    pub trigger: Option<bool>,
    /// Whether what keeps it going is right by service; no answer is a wrong one. None: the truth names nothing.
    #[serde(default)]
    pub sustaining: Option<bool>,
    /// Edges with their effects, strictly. None: not answered, or nothing is wrong.
    pub propagation: Option<Overlap>,
    /// Paths between services. None: not answered, or nothing is wrong.
    pub propagation_contracted: Option<Overlap>,
    /// Balanced accuracy of root, propagation and bottleneck over services, the symptom aside; 0.5 is chance. None:
    /// nothing is wrong.
    pub roles: Option<f64>,
    /// Whether the bottleneck was named as the root, and is not.
    pub swapped: bool,
    /// Whether the first answer is a decoy or an innocent change.
    pub decoy: bool,
    /// Whether a cause was named although nothing is wrong. None: something is.
    pub convicted: Option<bool>,
    /// Whether it was said that nothing is wrong, rightly. None: something is.
    pub acquitted: Option<bool>,
    /// How many ids were cited, and how many of them exist. None: the method cites nothing.
    pub citations: Option<Citations>,
}

impl Score {
    /// Whether nothing was named where something is wrong, or where nothing is, that this was not said either.
    pub fn abstains(&self) -> bool {
        match self.convicted {
            None => self.outcome != Some(Outcome::Cause),
            Some(convicted) => !convicted && self.acquitted != Some(true),
        }
    }
}

/// Scores an answer; `None` is a method that crashed or ran out of time.
pub fn score(truth: &TruthRecord, answer: Option<&Answer>, candidates: &[Component]) -> Score {
    let crashed = Answer::silent();
    let (given, answer) = (answer.is_some(), answer.unwrap_or(&crashed));
    let incident = truth.has_incident();
    let first = answer.ranks.first().map(|rank| &rank.component);
    let root = incident.then(|| root::strictly(truth, answer, candidates));
    let right = root.as_ref().is_some_and(|root| root.top1);
    let bottleneck = if incident { bottleneck(truth, answer.bottleneck.as_ref()) } else { None };
    let propagation = answer.propagation.as_ref().filter(|_| incident);
    Score {
        outcome: given.then_some(answer.outcome),
        confidence: answer.confidence,
        strength: answer.strength,
        answered: first.cloned(),
        root_service: if incident { root::by_service(truth, answer, candidates) } else { None },
        kind: answer.ranks.first().filter(|_| incident).and_then(|rank| rank.kind).map(|kind| {
            right
                && truth.roots.iter().any(|root| root.kind == kind && first.is_some_and(|it| root.any_of.contains(it)))
        }),
        bottleneck: bottleneck.map(|(component, _)| component),
        bottleneck_mode: bottleneck.map(|(_, mode)| mode),
        trigger: truth.trigger.as_ref().map(|right| same_service(right, answer.trigger.as_ref())),
        sustaining: truth.sustaining.as_ref().map(|right| same_service(right, answer.sustaining.as_ref())),
        propagation: propagation.map(|edges| propagation::strictly(truth, edges)),
        propagation_contracted: propagation.map(|edges| propagation::contracted(truth, edges)),
        roles: incident.then(|| roles::balanced_accuracy(truth, answer, candidates)),
        swapped: incident && !right && first.is_some_and(|first| is_bottleneck(truth, first)),
        decoy: !right && first.is_some_and(|first| truth.decoys.contains(first) || truth.innocents.contains(first)),
        convicted: (!incident).then_some(answer.outcome == Outcome::Cause),
        acquitted: (!incident).then_some(given && answer.outcome == Outcome::NoIncident),
        citations: answer.citations,
        root,
    }
}

/// Component right, and component with mode right. None: not answered.
fn bottleneck(truth: &TruthRecord, answer: Option<&BottleneckAnswer>) -> Option<(bool, bool)> {
    Some(match answer? {
        BottleneckAnswer::None(_) => (truth.bottlenecks.is_empty(), truth.bottlenecks.is_empty()),
        BottleneckAnswer::At { component, mode } => {
            let mut named = truth.bottlenecks.iter().filter(|right| right.component == *component).peekable();
            (named.peek().is_some(), named.any(|right| right.mode == *mode))
        }
    })
}

/// The truth has one name for such a role where an answer may have another, finer or coarser one: the service counts. What
/// belongs to none has to be the same.
pub(crate) fn same_service(truth: &Component, answer: Option<&Component>) -> bool {
    let owned = |answer: &Component| truth.owner().is_some_and(|owner| answer.owner() == Some(owner));
    answer.is_some_and(|answer| truth == answer || owned(answer))
}

/// Whether a component is a bottleneck, or on a service that is, while the root is elsewhere.
fn is_bottleneck(truth: &TruthRecord, component: &Component) -> bool {
    let named = services(component);
    let of_roots: BTreeSet<&str> =
        truth.roots.iter().flat_map(|root| &root.any_of).flat_map(|component| services(component)).collect();
    truth.bottlenecks.iter().any(|bottleneck| {
        bottleneck.component == *component
            || services(&bottleneck.component)
                .iter()
                .any(|service| named.contains(service) && !of_roots.contains(service))
    })
}

/// The services that a component belongs to: an edge to both of its ends, a change or the workload to none.
pub(crate) fn services(component: &Component) -> Vec<&str> {
    match component {
        Component::Edge { from, to } => vec![from, to],
        _ => component.owner().into_iter().collect(),
    }
}
