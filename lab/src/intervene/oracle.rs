//! The scoring held to a run's own truth: answers whose figures are known beforehand must get exactly these.

use rca_engine::component::Component;
use rca_engine::investigation::BottleneckAnswer;
use rca_engine::vocabulary::Outcome;
use scenarios::truth::TruthRecord;
use score::scoring::{Overlap, RootScore};
use score::{Answer, MethodOutput, Score, score};

use super::finding::Finding;

/// Nothing that is computed from whole counts is farther from its value than this.
const EXACT: f64 = 1e-9;

/// Scores the truth itself, the truth with root and bottleneck swapped, and a constant, an abstaining and a crashing
/// answer.
pub(super) fn answers(truth: &TruthRecord, candidates: &[Component]) -> Vec<Finding> {
    let mut findings = vec![Finding::of("oracle(truth)", faults(&of_truth(truth, candidates)), None)];
    if let Some(checks) = swapped(truth, candidates) {
        findings.push(Finding::of("oracle(root and bottleneck swapped)", faults(&checks), None));
    }
    findings.push(Finding::of("oracle(constant)", faults(&constant(truth, candidates)), None));
    let abstaining = score(truth, Some(&Answer::from(&MethodOutput::abstain())), candidates);
    let told = ("an outcome", abstaining.outcome == Some(Outcome::InsufficientEvidence));
    findings.push(Finding::of("oracle(abstaining)", faults(&[told, ("no credit", silent(truth, &abstaining))]), None));
    let crashing = score(truth, None, candidates);
    let told = ("no outcome", crashing.outcome.is_none());
    findings.push(Finding::of("oracle(crashing)", faults(&[told, ("no credit", silent(truth, &crashing))]), None));
    findings
}

type Check = (&'static str, bool);

/// What does not have its known value.
fn faults(checks: &[Check]) -> Option<String> {
    let wrong: Vec<&str> = checks.iter().filter(|(_, right)| !right).map(|(name, _)| *name).collect();
    (!wrong.is_empty()).then(|| format!("not as it must be: {}", wrong.join(", ")))
}

fn of_truth(truth: &TruthRecord, candidates: &[Component]) -> Vec<Check> {
    let score = score(truth, Some(&Answer::oracle(truth)), candidates);
    if !truth.has_incident() {
        return vec![("acquitted", score.acquitted == Some(true)), ("convicted", score.convicted == Some(false))];
    }
    vec![
        ("root", score.root.is_some_and(whole)),
        ("root on services", score.root_service.is_none_or(whole)),
        ("kind", score.kind == Some(true)),
        ("bottleneck", score.bottleneck == Some(true)),
        ("its mode", score.bottleneck_mode == Some(true)),
        ("trigger", truth.trigger.is_none() || score.trigger == Some(true)),
        ("sustaining", truth.sustaining.is_none() || score.sustaining == Some(true)),
        ("propagation", full(score.propagation)),
        ("propagation contracted", full(score.propagation_contracted)),
        ("roles", score.roles.is_some_and(is_one)),
        ("swapped", !score.swapped),
        ("decoy", !score.decoy),
    ]
}

/// Nothing to swap where there is no bottleneck, or where it is the root.
fn swapped(truth: &TruthRecord, candidates: &[Component]) -> Option<Vec<Check>> {
    let bottleneck = truth.bottlenecks.first()?;
    let owners = |component: &Component| component.owner().map(str::to_owned);
    let of_root =
        truth.roots.iter().flat_map(|root| &root.any_of).any(|root| owners(root) == owners(&bottleneck.component));
    if truth.roots.len() != 1 || of_root {
        return None;
    }
    let mut answer = Answer::oracle(truth);
    let root = std::mem::replace(&mut answer.ranks.first_mut()?.component, bottleneck.component.clone());
    answer.roots = vec![bottleneck.component.clone()];
    answer.bottleneck = Some(BottleneckAnswer::At { component: root, mode: bottleneck.mode });
    let score = score(truth, Some(&answer), candidates);
    Some(vec![
        ("root", score.root.is_some_and(nothing)),
        ("bottleneck", score.bottleneck == Some(false)),
        ("swapped", score.swapped),
        ("propagation stays", full(score.propagation)),
        ("roles fall", score.roles.is_some_and(|roles| roles < 1.0 - EXACT)),
    ])
}

/// A method that always names the same component is right exactly as often as chance, over all that can be named.
fn constant(truth: &TruthRecord, candidates: &[Component]) -> Vec<Check> {
    let scores: Vec<Score> = candidates
        .iter()
        .map(|candidate| {
            let output = MethodOutput::ranked([(candidate.clone(), 1.0)]);
            score(truth, Some(&Answer::from(&output)), candidates)
        })
        .collect();
    if !truth.has_incident() {
        return vec![("always convicts", scores.iter().all(|score| score.convicted == Some(true)))];
    }
    let right = scores.iter().filter(|score| score.root.is_some_and(|root| root.top1)).count();
    let chance = scores.first().and_then(|score| score.root).map_or(0.0, |root| root.chance);
    vec![
        ("right as often as chance", (right as f64 - chance * candidates.len() as f64).abs() < EXACT),
        ("sometimes right", right > 0),
        ("no other role", scores.iter().all(|score| score.bottleneck.is_none() && score.propagation.is_none())),
    ]
}

/// Whoever says nothing is never right, and convicts nobody.
fn silent(truth: &TruthRecord, score: &Score) -> bool {
    if !truth.has_incident() {
        return score.convicted == Some(false) && score.acquitted == Some(false);
    }
    score.root.is_some_and(nothing) && score.bottleneck.is_none() && score.propagation.is_none() && !score.swapped
}

fn whole(root: RootScore) -> bool {
    root.top1 && root.top3 && is_one(root.reciprocal_rank) && is_one(root.recall)
}

fn nothing(root: RootScore) -> bool {
    !root.top1 && !root.top3 && root.reciprocal_rank < EXACT && root.recall < EXACT
}

fn full(overlap: Option<Overlap>) -> bool {
    overlap.is_some_and(|overlap| is_one(overlap.f1))
}

fn is_one(value: f64) -> bool {
    (value - 1.0).abs() < EXACT
}
