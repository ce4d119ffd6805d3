//! The one neutral shape of a method: evidence, alert and candidates in, ranked components out.

use rca_engine::UniversalIncidentSignal;
use rca_engine::component::Component;
use rca_engine::evidence::Evidence;
use rca_engine::investigation::{BottleneckAnswer, Culprit, EvidenceItem, PropagationEdge};
use rca_engine::vocabulary::{Kind, Outcome};
use rca_engine::windows::Windows;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Anything that names root causes from evidence.
pub trait Method {
    /// The name on scoreboards, in small letters and `_`.
    fn name(&self) -> &'static str;

    /// Answers one alert. `candidates` is sorted by text and says what can be named at all.
    fn rank(&self, evidence: &Evidence, alert: &Alert, candidates: &[Component]) -> MethodOutput;
}

/// What raised the question, and which time is meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub signal: UniversalIncidentSignal,
    pub windows: Windows,
}

impl Alert {
    /// An alert with the windows that it justifies: the baseline ends `for + window + 2 s` before it fired.
    pub fn new(signal: UniversalIncidentSignal, evidence: &Evidence) -> Self {
        let windows = Windows::seen(&signal, evidence);
        Self { signal, windows }
    }
}

/// What a method answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodOutput {
    pub outcome: Outcome,
    /// Highest score first; empty unless the outcome is a cause.
    #[serde(default)]
    pub ranks: Vec<Rank>,
    /// None: the method tells no roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<MethodRoles>,
    /// None: the method gives no evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<EvidenceItem>>,
}

/// One candidate root.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rank {
    pub component: Component,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Any scale, higher is guiltier. Equal scores are not told apart, and count as ranked in the worst order.
    pub score: f64,
}

/// The roles that a method tells; what is missing is not answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MethodRoles {
    /// Several roots at once; the ranks are taken where this is missing.
    pub root: Option<Vec<Culprit>>,
    /// What set it off, where that is over.
    pub trigger: Option<Culprit>,
    /// What keeps it going, where that is not what set it off.
    pub sustaining: Option<Culprit>,
    pub propagation: Option<Vec<PropagationEdge>>,
    pub bottleneck: Option<BottleneckAnswer>,
}

impl MethodOutput {
    /// Nothing can be said.
    pub fn abstain() -> Self {
        Self { outcome: Outcome::InsufficientEvidence, ranks: Vec::new(), roles: None, evidence: None }
    }

    /// Components by score, which is sorted; without any the method abstains.
    pub fn ranked(scored: impl IntoIterator<Item = (Component, f64)>) -> Self {
        let mut ranks: Vec<Rank> =
            scored.into_iter().map(|(component, score)| Rank { component, kind: None, score }).collect();
        if ranks.is_empty() {
            return Self::abstain();
        }
        ranks.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.component.cmp(&b.component)));
        Self { outcome: Outcome::Cause, ranks, roles: None, evidence: None }
    }
}
