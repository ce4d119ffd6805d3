//! What was wrong in an answer: the difference to the truth, and the first stage of the investigation that went wrong.
//!
//! An investigation is a chain of stages, each of which works on what the one before it found: windows, outcome,
//! symptom, walk, component, ranking, kind, bottleneck, mode, propagation ([`Stage`] says what each asks). A wrong verdict
//! is wrong from some stage on; what later stages made of it says little. Who repairs an engine therefore begins with the
//! first one. The stages are read off the answer and the truth alone, so that they mean the same for every method; what
//! a method does not tell (a naive one knows no bottleneck) is no fault of that stage.

mod stage;

use std::collections::BTreeSet;

use rca_engine::component::Component;
use rca_engine::investigation::{BottleneckAnswer, Window};
use rca_engine::vocabulary::Outcome;
use scenarios::truth::TruthRecord;
use serde::{Deserialize, Serialize};

use crate::scoring::{Answer, propagation, same_service, services};

pub use stage::Stage;

/// Edges or names that one side of a difference lists at most.
const LISTED_MAX: usize = 24;
/// A baseline of which more than this lies in the incident is no baseline: a median still stands, a mean or a tail does
/// not.
const BASELINE_SPOILED: f64 = 0.1;

/// An answer held against the truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The first stage that went wrong.
    pub stage: Stage,
    /// What went wrong there, in one sentence.
    pub why: String,
    /// In the order of the stages; what was right stands there, too.
    pub differences: Vec<Difference>,
}

/// One part of an answer beside what would have been right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// `windows`, `outcome`, `root`, `kind`, `trigger`, `sustaining`, `bottleneck` or `propagation`.
    pub part: String,
    pub right: bool,
    /// Whether `expected` lists alternatives, of which one is enough.
    pub any: bool,
    /// Empty: nothing of the kind.
    pub expected: Vec<String>,
    /// Empty: nothing of the kind was answered, or nothing at all.
    pub answered: Vec<String>,
}

/// Holds an answer against the truth. None: every stage went right. `None` as the answer is a method that crashed or ran
/// out of time; `symptom` is what an investigation began at, which an [`Answer`] does not tell.
pub fn diagnose(truth: &TruthRecord, answer: Option<&Answer>, symptom: Option<&Component>) -> Option<Diagnosis> {
    let Some(answer) = answer else {
        let differences = vec![roots(truth, &Answer::silent())];
        return Some(Diagnosis { stage: Stage::Answer, why: "it gave no answer".to_owned(), differences });
    };
    let (stage, why) = stage::first_wrong(truth, answer, symptom)?;
    Some(Diagnosis { stage, why, differences: differences(truth, answer) })
}

impl Diagnosis {
    /// Mends the diagnosis by what only the lab knows: when the incident began. A baseline that reaches into the incident
    /// is wrong before everything else.
    #[must_use]
    pub fn with_windows(mut self, baseline: Window, incident: Window, onset_ns: u64) -> Self {
        let length = baseline.to_ns.saturating_sub(baseline.from_ns).max(1) as f64;
        let spoiled = baseline.to_ns.saturating_sub(onset_ns.max(baseline.from_ns)) as f64 / length;
        let (late, right) = (incident.from_ns > onset_ns, spoiled <= BASELINE_SPOILED);
        let seconds = |from: u64, to: u64| (i128::from(to) - i128::from(from)) as f64 / 1e9;
        let told = format!(
            "baseline until {:+.1} s, incident from {:+.1} s, counted from the onset",
            seconds(onset_ns, baseline.to_ns),
            seconds(onset_ns, incident.from_ns)
        );
        let told = told.replace('-', "−");
        let expected = vec!["baseline before the onset".to_owned()];
        let part = "windows".to_owned();
        let difference = Difference { part, right, any: false, expected, answered: vec![told] };
        self.differences.insert(0, difference);
        if !right {
            let into = if late { ", and the incident's begins after it" } else { "" };
            self.stage = Stage::Windows;
            self.why = format!("{:.0} % of the baseline lies after the onset{into}", spoiled * 100.0);
        }
        self
    }
}

fn differences(truth: &TruthRecord, answer: &Answer) -> Vec<Difference> {
    let expected = if truth.has_incident() { Outcome::Cause } else { Outcome::NoIncident };
    let mut all = vec![Difference {
        part: "outcome".to_owned(),
        right: answer.outcome == expected,
        any: false,
        expected: vec![expected.to_string()],
        answered: vec![answer.outcome.to_string()],
    }];
    all.push(roots(truth, answer));
    if !truth.has_incident() {
        return all;
    }
    if let Some(kind) = answer.ranks.first().and_then(|rank| rank.kind) {
        let expected: BTreeSet<String> = truth.roots.iter().map(|root| root.kind.to_string()).collect();
        let right = expected.contains(kind.as_str());
        all.push(told("kind", right, true, expected.into_iter().collect(), vec![kind.to_string()]));
    }
    // As in the score: only where the truth has one beside the root, and by service.
    for (part, right, answered) in
        [("trigger", &truth.trigger, &answer.trigger), ("sustaining", &truth.sustaining, &answer.sustaining)]
    {
        let text = |component: &Option<Component>| component.iter().map(ToString::to_string).collect();
        if let Some(named) = right {
            let same = same_service(named, answered.as_ref());
            all.push(told(part, same, false, text(right), text(answered)));
        }
    }
    all.extend(answer.bottleneck.as_ref().map(|answered| bottleneck(truth, answered)));
    all.extend(answer.propagation.as_ref().map(|edges| {
        let edge = |from: &Component, effect: &str, to: &Component| format!("{from} ─{effect}→ {to}");
        let right: BTreeSet<String> =
            truth.edges.iter().map(|step| edge(&step.from, step.effect.as_str(), &step.to)).collect();
        // As in the score: what is collateral is neither right nor wrong.
        let judged = propagation::judged(truth, edges);
        let said: BTreeSet<String> =
            judged.iter().map(|step| edge(&step.from, step.effect.as_str(), &step.to)).collect();
        told("propagation", right == said, false, right.into_iter().collect(), said.into_iter().collect())
    }));
    all
}

fn told(part: &str, right: bool, any: bool, mut expected: Vec<String>, mut answered: Vec<String>) -> Difference {
    expected.truncate(LISTED_MAX);
    answered.truncate(LISTED_MAX);
    Difference { part: part.to_owned(), right, any, expected, answered }
}

/// The roots that are said to act together; where nobody is convicted, none.
fn roots(truth: &TruthRecord, answer: &Answer) -> Difference {
    let names = |components: &[Component]| components.iter().map(ToString::to_string).collect::<Vec<_>>();
    let several = truth.roots.len() > 1;
    let expected: Vec<String> = match several {
        true => truth.roots.iter().map(|root| names(&root.any_of).join(" or ")).collect(),
        false => truth.roots.iter().flat_map(|root| names(&root.any_of)).collect(),
    };
    let first = answer.ranks.first().map(|rank| rank.component.clone());
    let answered = if answer.roots.is_empty() { names(first.as_slice()) } else { names(&answer.roots) };
    let right = match stage::is_first(truth, answer) {
        Some(right) => right,
        None => answered.is_empty(),
    };
    told("root", right, !several, expected, answered)
}

fn bottleneck(truth: &TruthRecord, answered: &BottleneckAnswer) -> Difference {
    let expected: Vec<String> = truth.bottlenecks.iter().map(|at| format!("{}, {}", at.component, at.mode)).collect();
    let answered = match answered {
        BottleneckAnswer::None(_) => Vec::new(),
        BottleneckAnswer::At { component, mode } => vec![format!("{component}, {mode}")],
    };
    let right = match answered.first() {
        None => expected.is_empty(),
        Some(answered) => expected.contains(answered),
    };
    told("bottleneck", right, true, expected, answered)
}

/// Whether a component lies where a root lies: on one of its services, or outside all services as it does.
pub(crate) fn is_near_a_root(truth: &TruthRecord, component: &Component) -> bool {
    let own = services(component);
    truth.roots.iter().flat_map(|root| &root.any_of).any(|root| {
        let there = services(root);
        root == component || there.iter().any(|service| own.contains(service))
    })
}
