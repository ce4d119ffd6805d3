//! Whether the root was found: at first, among three, at which rank, and how often chance would.

use std::collections::BTreeSet;

use rca_engine::component::Component;
use scenarios::truth::TruthRecord;
use serde::{Deserialize, Serialize};

use super::services;
use crate::method::Rank;
use crate::scoring::Answer;

/// How well the roots were found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootScore {
    pub top1: bool,
    pub top3: bool,
    /// 1 over the rank of the first right answer; 0 where there is none.
    pub reciprocal_rank: f64,
    /// Share of the roots that are among the ones said to act together.
    pub recall: f64,
    /// Accepted answers over candidates: how often a blind guess is right at first.
    pub chance: f64,
}

/// By component: an answer is right if it is any name of any root.
pub(super) fn strictly(truth: &TruthRecord, answer: &Answer, candidates: &[Component]) -> RootScore {
    let accepted = |component: &Component| truth.roots.iter().any(|root| root.any_of.contains(component));
    let found = truth.roots.iter().filter(|root| root.any_of.iter().any(|name| answer.roots.contains(name))).count();
    let hits = candidates.iter().filter(|candidate| accepted(candidate)).count();
    ranked(&answer.ranks, accepted, ratio(found, truth.roots.len()), ratio(hits, candidates.len()))
}

/// On services: an edge counts for either end, everything else for its owner. None: no root belongs to a service.
pub(super) fn by_service(truth: &TruthRecord, answer: &Answer, candidates: &[Component]) -> Option<RootScore> {
    let roots: Vec<BTreeSet<&str>> =
        truth.roots.iter().map(|root| root.any_of.iter().flat_map(services).collect()).collect();
    if roots.iter().any(BTreeSet::is_empty) {
        return None;
    }
    let touches = |service: &&str| roots.iter().any(|root| root.contains(service));
    let accepted = |component: &Component| services(component).iter().any(touches);
    let told: BTreeSet<&str> = answer.roots.iter().flat_map(services).collect();
    let found = roots.iter().filter(|root| !root.is_disjoint(&told)).count();
    let known: BTreeSet<&str> = candidates.iter().flat_map(services).collect();
    let hits = known.iter().filter(|service| touches(service)).count();
    Some(ranked(&answer.ranks, accepted, ratio(found, roots.len()), ratio(hits, known.len())))
}

fn ranked(ranks: &[Rank], accepted: impl Fn(&Component) -> bool, recall: f64, chance: f64) -> RootScore {
    let place = place(ranks, accepted);
    RootScore {
        top1: place == Some(1),
        top3: place.is_some_and(|place| place <= 3),
        reciprocal_rank: place.map_or(0.0, |place| 1.0 / place as f64),
        recall,
        chance,
    }
}

/// The rank of the first right answer, from 1. Wrong answers with an equal score stand before it: who cannot tell two
/// apart has not answered.
fn place(ranks: &[Rank], accepted: impl Fn(&Component) -> bool) -> Option<usize> {
    let best = ranks.iter().filter(|rank| accepted(&rank.component)).map(|rank| rank.score).max_by(f64::total_cmp)?;
    Some(1 + ranks.iter().filter(|rank| rank.score >= best && !accepted(&rank.component)).count())
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
