//! The words in which a verdict, its truth and the naive methods are told, the same in every form of the report.

use rca_engine::vocabulary::Outcome;

use crate::check::{Check, NaiveAnswer};
use crate::text;

/// The right answer as labels and values.
pub(crate) fn truth(check: &Check) -> Vec<(&'static str, String)> {
    let truth = &check.truth;
    let mut lines = Vec::new();
    let kind = truth.kind.as_deref().map_or_else(String::new, |kind| format!(" ({})", text::name(kind)));
    let joined = |names: &[String], with: &str| {
        names.iter().take(12).map(|name| text::name(name)).collect::<Vec<_>>().join(with)
    };
    if truth.roots.is_empty() {
        lines.push(("truth", "no incident".to_owned()));
    }
    for root in truth.roots.iter().take(6) {
        lines.push(("root", format!("{}{kind}", joined(root, " or "))));
    }
    if let Some(trigger) = &truth.trigger {
        lines.push(("trigger", text::name(trigger)));
    }
    if !truth.propagation.is_empty() {
        lines.push(("propagation", joined(&truth.propagation, ", ")));
    }
    lines.push(("bottleneck", truth.bottleneck.as_deref().map_or_else(|| "not derived".to_owned(), text::name)));
    lines.push(("symptom", text::name(&truth.symptom)));
    if !truth.decoys.is_empty() {
        lines.push(("decoys", joined(&truth.decoys, ", ")));
    }
    if let Some(action) = &check.action {
        lines.push(("first action", text::sentence(action)));
    }
    lines
}

/// What stands in place of an answer.
pub(crate) fn no_answer(answer: &NaiveAnswer) -> String {
    answer
        .failure
        .as_deref()
        .map_or_else(|| "no answer".to_owned(), |why| format!("no answer: it {}", text::sentence(why)))
}

/// What is remarkable about a naive answer in its scenario.
pub(crate) fn naive_aside(answer: &NaiveAnswer) -> &'static str {
    match (answer.must_fail, answer.right) {
        (true, true) => "  (this scenario is meant to mislead it, and did not)",
        (true, false) => "  (misled, as this scenario means to)",
        (false, _) => "",
    }
}

/// The outcome as a phrase.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Cause => "cause found",
        Outcome::NoIncident => "no incident",
        Outcome::InsufficientEvidence => "not enough evidence",
    }
}
