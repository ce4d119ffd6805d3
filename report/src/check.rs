//! The comparison with the known truth, as plain strings: whoever knows the truth fills it in.

use score::Diagnosis;

/// What the truth was, and how the verdict and other methods did against it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    pub scenario: String,
    /// The title of the scenario, one sentence.
    pub title: String,
    pub seed: u64,
    pub truth: TruthSummary,
    /// In the order in which they should be read.
    pub gates: Vec<Gate>,
    pub naive: Vec<NaiveAnswer>,
    /// `valid`, `ineffective`, `absorbed`, `contaminated` or `quiet`.
    pub effect: String,
    pub validity: Validity,
    /// What was wrong with the verdict; none where it met every gate.
    pub diagnosis: Option<Diagnosis>,
    /// What became of the verdict's first action, where it was tried.
    pub action: Option<String>,
}

/// The right answer in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TruthSummary {
    /// One entry a root, with the names that are equally right; empty: no incident.
    pub roots: Vec<Vec<String>>,
    pub kind: Option<String>,
    pub trigger: Option<String>,
    /// Component and mode, `none`, or nothing where it could not be derived.
    pub bottleneck: Option<String>,
    pub symptom: String,
    /// Steps of the damage, such as `service:a ─error→ service:b`.
    pub propagation: Vec<String>,
    pub decoys: Vec<String>,
}

/// One condition that a right verdict meets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    pub name: String,
    pub passed: bool,
    /// What was expected and what was answered.
    pub why: String,
}

/// What a method beside the engine said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NaiveAnswer {
    pub method: String,
    /// None: it gave no answer.
    pub answer: Option<String>,
    /// Why it has none, where it failed to give one.
    pub failure: Option<String>,
    pub right: bool,
    /// The scenario is built so that this method must be wrong.
    pub must_fail: bool,
}

/// Whether the run counts: every record that was emitted is accounted for, and the fault had its effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    pub counts: bool,
    /// The figures, or every reason why it does not count.
    pub why: String,
}

impl Check {
    /// Whether every gate was met in a run that counts.
    pub fn passed(&self) -> bool {
        self.validity.counts && !self.gates.is_empty() && self.gates.iter().all(|gate| gate.passed)
    }
}
