//! One cell of a regression, a scenario with a seed: how every method did, or why nothing can be said.

use rca_engine::component::Component;
use scenarios::effect::EffectClass;
use serde::{Deserialize, Serialize};

use crate::card::{ScoreCard, is_right};
use crate::diagnosis::Diagnosis;
use crate::learned::Described;
use crate::scoring::Score;

/// The engine's name beside those of other methods.
pub const ENGINE: &str = "engine";

/// What a regression keeps of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    pub scenario: String,
    pub seed: u64,
    pub run_id: String,
    /// None: the lab itself failed, and the complaints say how.
    pub card: Option<ScoreCard>,
    /// Why the run does not count; empty: it does.
    pub complaints: Vec<String>,
    /// From the onset to the alert. None: no rule fired, or there was no incident to fire for.
    pub alert_after_ns: Option<u64>,
    /// Every name that is right as the root. Empty: nothing is wrong.
    pub accepted: Vec<Component>,
    /// What became of the symptom once the verdict's first action was taken, in one word. None: not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_action: Option<String>,
    /// What is learned from and answered about by [`crate::learned`]. None: the run was not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<Described>,
}

impl Cell {
    /// Whether the run says anything about the methods.
    pub fn counts(&self) -> bool {
        self.card.is_some() && self.complaints.is_empty()
    }

    /// Whether something is wrong in the run.
    pub fn has_incident(&self) -> bool {
        !self.accepted.is_empty()
    }

    /// The name of the effect class; `failed` where the lab did.
    pub fn class(&self) -> &'static str {
        match self.card.as_ref().map(|card| card.class) {
            None => "failed",
            Some(EffectClass::Valid) => "valid",
            Some(EffectClass::Ineffective) => "ineffective",
            Some(EffectClass::Absorbed) => "absorbed",
            Some(EffectClass::Contaminated) => "contaminated",
            Some(EffectClass::Quiet) => "quiet",
        }
    }

    /// How a method did, by name.
    pub fn score(&self, method: &str) -> Option<&Score> {
        let card = self.card.as_ref()?;
        if method == ENGINE {
            return Some(&card.engine);
        }
        card.methods.iter().find(|one| one.name == method).map(|one| &one.score)
    }

    /// What was wrong with a method's answer. None: nothing, or it was not asked.
    pub fn diagnosis(&self, method: &str) -> Option<&Diagnosis> {
        let card = self.card.as_ref()?;
        if method == ENGINE {
            return card.diagnosis.as_ref();
        }
        card.methods.iter().find(|one| one.name == method)?.diagnosis.as_ref()
    }

    /// Whether the engine missed a gate of a run that counts.
    pub fn is_wrong(&self) -> bool {
        self.counts() && self.card.iter().flat_map(|card| &card.gates).any(|gate| !gate.passed)
    }

    /// Whether a method was right at first. None: it was not asked.
    pub fn is_right(&self, method: &str) -> Option<bool> {
        self.score(method).map(is_right)
    }

    /// Whether the scenario is built so that a method is wrong.
    pub fn must_fail(&self, method: &str) -> bool {
        self.card.iter().flat_map(|card| &card.methods).any(|one| one.name == method && one.must_fail)
    }

    /// Every method that answered, the engine first, then in the order in which they were asked.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.card
            .iter()
            .flat_map(|card| std::iter::once(ENGINE).chain(card.methods.iter().map(|one| one.name.as_str())))
    }
}
