//! What a question asks: found by the words that matter, the most special kind first.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::component::Component;
use crate::investigation::{BottleneckAnswer, Investigation};

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Which line of the story causes the others, and why it beats them.
    MostCausal,
    /// Why something that looks guilty is not the root; or that it is.
    WhyNot(Component),
    /// What to do first.
    FirstAction,
    /// What to leave alone.
    Avoid,
    /// What was not seen, and what would change the verdict.
    Missing,
    /// One piece of evidence.
    Show(String),
    /// Where the time is lost.
    Slowest,
    /// Who is affected since when.
    Impact,
    /// How sure the verdict is.
    Confidence,
}

/// Words of each kind, tried in this order: a question with words of several kinds is one of the first.
const WORDS: [(&[&str], Question); 7] = [
    (&["avoid", "not do", "don't do", "leave alone", "must not", "should not", "shouldn't"], Question::Avoid),
    (
        &["do first", "do now", "fix", "mitigate", "action", "what to do", "should i do", "next step"],
        Question::FirstAction,
    ),
    (&["missing", "not see", "unseen", "unknown", "blind", "refute", "wrong about"], Question::Missing),
    (&["sure", "confident", "confidence", "certain", "trust"], Question::Confidence),
    (&["slowest", "bottleneck", "time lost", "time is lost", "time go", "saturated"], Question::Slowest),
    (&["impact", "affected", "since when", "how many", "how bad", "still burning"], Question::Impact),
    (&["causal", "cause", "root", "guilty", "blame", "who did", "what happened", "why"], Question::MostCausal),
];

/// The question that the words ask, if it is one that can be answered.
pub(super) fn understand(investigation: &Investigation, words: &str) -> Option<Question> {
    let text = words.to_lowercase();
    if let Some(id) = evidence_id(&text) {
        return Some(Question::Show(id));
    }
    let denies = ["why not", "not the", "isn't", "is not", "why isn't", "innocent", "rather than"];
    if denies.iter().any(|word| text.contains(word)) {
        if let Some(component) = named(investigation, &text) {
            return Some(Question::WhyNot(component));
        }
        // "Why not the slowest one" names nobody and asks for the bottleneck.
        if text.contains("slowest") {
            return Some(Question::Slowest);
        }
    }
    WORDS.iter().find(|(words, _)| words.iter().any(|word| text.contains(word))).map(|(_, question)| question.clone())
}

/// `e7` as a word of its own.
fn evidence_id(text: &str) -> Option<String> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).find_map(|word| {
        let digits = word.strip_prefix('e')?;
        let is_id = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| format!("E{digits}"))
    })
}

/// The component that a question names: in full, or a service by its name; of several the longest name.
fn named(investigation: &Investigation, text: &str) -> Option<Component> {
    let known = known(investigation);
    let full = known.iter().map(|component| (component.to_string(), component.clone()));
    let short = known.iter().filter_map(Component::owner).map(|owner| (owner.to_owned(), Component::service(owner)));
    full.chain(short)
        .filter(|(name, _)| contains_word(text, &name.to_lowercase()))
        .max_by_key(|(name, component)| (name.len(), std::cmp::Reverse(component.clone())))
        .map(|(_, component)| component)
}

/// A name that is not a part of a longer one.
fn contains_word(text: &str, name: &str) -> bool {
    let is_part =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || "-_/@>".contains(letter));
    text.match_indices(name)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next()))
}

/// Everything that the investigation names.
fn known(investigation: &Investigation) -> BTreeSet<Component> {
    let core = &investigation.core;
    let roles = &core.roles;
    let mut known = BTreeSet::from([roles.symptom.clone()]);
    known.extend(roles.root.iter().chain(&roles.trigger).chain(&roles.sustaining).map(|c| c.component.clone()));
    known.extend(roles.propagation.iter().flat_map(|edge| [edge.from.clone(), edge.to.clone()]));
    if let Some(BottleneckAnswer::At { component, .. }) = &roles.bottleneck {
        known.insert(component.clone());
    }
    known.extend(core.hypotheses.iter().map(|hypothesis| hypothesis.root.component.clone()));
    known.extend(core.evidence.iter().flat_map(|item| item.supports.iter().chain(&item.against)).cloned());
    known
}
