//! The stages of an investigation, in their order, and the first one that went wrong.

use rca_engine::component::Component;
use rca_engine::investigation::BottleneckAnswer;
use rca_engine::vocabulary::Outcome;
use scenarios::truth::TruthRecord;
use serde::{Deserialize, Serialize};

use super::is_near_a_root;
use crate::scoring::{Answer, propagation};

/// One stage. Each works on what the one before it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Was there an answer at all: no crash, no time-out, nothing unreadable?
    Answer,
    /// Does the baseline lie before the incident?
    Windows,
    /// Was a cause named where something is wrong, and none where nothing is?
    Outcome,
    /// Did it begin at the symptom that the alert is about?
    Symptom,
    /// Did the walk from the symptom come to the root's service (or to the workload, where that is the root)?
    Walk,
    /// Is the root itself among what was considered, and not only something else on its service?
    Component,
    /// Does it stand first?
    Ranking,
    /// Is what is wrong with it right?
    Kind,
    /// Was it told where the time goes?
    Bottleneck,
    /// And why there?
    Mode,
    /// Are the steps of the damage those of the truth?
    Propagation,
}

impl Stage {
    /// The word, as in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Windows => "windows",
            Self::Outcome => "outcome",
            Self::Symptom => "symptom",
            Self::Walk => "walk",
            Self::Component => "component",
            Self::Ranking => "ranking",
            Self::Kind => "kind",
            Self::Bottleneck => "bottleneck",
            Self::Mode => "mode",
            Self::Propagation => "propagation",
        }
    }

    /// What the stage asks, for a reader who sees the word for the first time.
    pub fn asks(self) -> &'static str {
        match self {
            Self::Answer => "was there an answer at all",
            Self::Windows => "does the baseline lie before the incident",
            Self::Outcome => "was a cause named where something is wrong, and none where nothing is",
            Self::Symptom => "did it begin at what the alert is about",
            Self::Walk => "did the walk from the symptom come to where the root is",
            Self::Component => "was the root itself considered, not only something near it",
            Self::Ranking => "does the root stand first",
            Self::Kind => "is it right what is wrong with the root",
            Self::Bottleneck => "is it right where the time goes",
            Self::Mode => "is it right why the time goes there",
            Self::Propagation => "are the steps of the damage right",
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the first answer is a root, equal scores in the worst order. None: the truth has none.
pub(super) fn is_first(truth: &TruthRecord, answer: &Answer) -> Option<bool> {
    truth.has_incident().then(|| place(truth, answer) == Some(1))
}

/// The rank of the first right answer, from 1, as the score counts it.
fn place(truth: &TruthRecord, answer: &Answer) -> Option<usize> {
    let accepted = |component: &Component| truth.roots.iter().any(|root| root.any_of.contains(component));
    let ranks = &answer.ranks;
    let best = ranks.iter().filter(|rank| accepted(&rank.component)).map(|rank| rank.score).max_by(f64::total_cmp)?;
    Some(1 + ranks.iter().filter(|rank| rank.score >= best && !accepted(&rank.component)).count())
}

/// The first stage that went wrong and what went wrong there. None: none did.
pub(super) fn first_wrong(
    truth: &TruthRecord,
    answer: &Answer,
    symptom: Option<&Component>,
) -> Option<(Stage, String)> {
    let convicts = answer.outcome == Outcome::Cause;
    if !truth.has_incident() {
        let named = answer.ranks.first().map_or_else(String::new, |rank| format!(" {}", rank.component));
        return convicts.then(|| (Stage::Outcome, format!("nothing is wrong, and it convicts{named}")));
    }
    if !convicts {
        return Some((Stage::Outcome, format!("something is wrong, and it ends with {}", answer.outcome)));
    }
    if let Some(symptom) = symptom.filter(|symptom| **symptom != truth.symptom) {
        return Some((Stage::Symptom, format!("it began at {symptom}, the alert is about {}", truth.symptom)));
    }
    root(truth, answer).or_else(|| kind(truth, answer)).or_else(|| consequences(truth, answer))
}

/// Walk, component and ranking.
fn root(truth: &TruthRecord, answer: &Answer) -> Option<(Stage, String)> {
    let place = place(truth, answer);
    let considered = answer.ranks.len();
    if place == Some(1) {
        return None;
    }
    let first = answer.ranks.first().map(|rank| &rank.component);
    let instead = first.map_or_else(|| "nothing".to_owned(), ToString::to_string);
    if let Some(place) = place {
        let why = format!("the root stands at {place} of {considered}, behind {instead}");
        return Some((Stage::Ranking, why));
    }
    let near = answer.ranks.iter().map(|rank| &rank.component).find(|component| is_near_a_root(truth, component));
    if let Some(near) = near {
        let why =
            format!("it considered {near}, which is near the root, and not the root itself; first stood {instead}");
        return Some((Stage::Component, why));
    }
    let steps = answer.propagation.iter().flatten().flat_map(|step| [&step.from, &step.to]);
    if let Some(passed) = steps.into_iter().find(|component| is_near_a_root(truth, component)) {
        let why = format!("the damage was followed through {passed}, and nothing there was considered");
        return Some((Stage::Component, why));
    }
    let why = format!("none of the {considered} considered lies where the root is; first stood {instead}");
    Some((Stage::Walk, why))
}

fn kind(truth: &TruthRecord, answer: &Answer) -> Option<(Stage, String)> {
    let first = answer.ranks.first()?;
    let told = first.kind?;
    let root = truth.roots.iter().find(|root| root.any_of.contains(&first.component))?;
    (root.kind != told).then(|| (Stage::Kind, format!("{told} was told of it, {} is right", root.kind)))
}

/// Bottleneck, mode and propagation, as far as they were told.
fn consequences(truth: &TruthRecord, answer: &Answer) -> Option<(Stage, String)> {
    let right = || {
        let names: Vec<String> = truth.bottlenecks.iter().map(|at| format!("{} ({})", at.component, at.mode)).collect();
        if names.is_empty() { "that there is none".to_owned() } else { names.join(" or ") }
    };
    match answer.bottleneck.as_ref() {
        Some(BottleneckAnswer::At { component, mode }) => {
            let named: Vec<_> = truth.bottlenecks.iter().filter(|at| at.component == *component).collect();
            if named.is_empty() {
                return Some((Stage::Bottleneck, format!("{component} was told, right is {}", right())));
            }
            if named.iter().all(|at| at.mode != *mode) {
                return Some((Stage::Mode, format!("{mode} was told of {component}, right is {}", right())));
            }
        }
        Some(BottleneckAnswer::None(_)) if !truth.bottlenecks.is_empty() => {
            return Some((Stage::Bottleneck, format!("none was told, right is {}", right())));
        }
        // No method but an investigation tells a path without a bottleneck: silence is a fault of it alone.
        None if answer.propagation.is_some() => {
            return Some((Stage::Bottleneck, format!("it was not answered, right is {}", right())));
        }
        Some(BottleneckAnswer::None(_)) | None => {}
    }
    let told = propagation::judged(truth, answer.propagation.as_ref()?);
    let common = truth.edges.iter().filter(|edge| told.contains(edge)).count();
    let (said, there) = (told.len(), truth.edges.len());
    let same = common == said && common == there;
    (!same).then(|| (Stage::Propagation, format!("{common} of the {said} steps told are right, there are {there}")))
}
