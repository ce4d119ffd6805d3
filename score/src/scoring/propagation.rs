//! How far the told path of the damage is the true one: edges strictly, and paths between services.

use std::collections::{BTreeMap, BTreeSet};

use rca_engine::component::Component;
use rca_engine::investigation::PropagationEdge;
use scenarios::truth::{TrueEdge, TruthRecord};
use serde::{Deserialize, Serialize};

use super::services;

/// Precision and recall of edges with their harmonic mean. Both sides empty: all 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// Edges are the same if both ends and the effect are.
pub(super) fn strictly(truth: &TruthRecord, told: &[PropagationEdge]) -> Overlap {
    let true_edges: BTreeSet<TrueEdge> = truth.edges.iter().cloned().collect();
    let told = judged(truth, told);
    let common = told.intersection(&true_edges).count();
    overlap(common, told.len(), common, true_edges.len())
}

/// The told edges that are judged: collateral damage earns neither credit nor penalty.
pub(crate) fn judged(truth: &TruthRecord, told: &[PropagationEdge]) -> BTreeSet<TrueEdge> {
    let told = told.iter().map(|edge| TrueEdge { from: edge.from.clone(), to: edge.to.clone(), effect: edge.effect });
    told.filter(|edge| truth.edges.contains(edge) || !is_collateral(truth, &edge.from, &edge.to)).collect()
}

/// A told edge counts where the truth has a path between its services, whatever the effect: a coarse answer is right as
/// far as it goes. A true edge is found by a told path; a coarse answer finds as many true edges as it has right ones.
pub(super) fn contracted(truth: &TruthRecord, told: &[PropagationEdge]) -> Overlap {
    let true_edges = between_services(truth.edges.iter().map(|edge| (&edge.from, &edge.to)));
    let told = told.iter().filter(|edge| !is_collateral(truth, &edge.from, &edge.to));
    let told = between_services(told.map(|edge| (&edge.from, &edge.to)));
    let along = |edges: &BTreeSet<(&str, &str)>, paths: &BTreeSet<(&str, &str)>| {
        edges.iter().filter(|(from, to)| connected(paths, from, to)).count()
    };
    let right = along(&told, &true_edges);
    let found = along(&true_edges, &told).max(right.min(true_edges.len()));
    overlap(right, told.len(), found, true_edges.len())
}

fn overlap(right: usize, told: usize, found: usize, there: usize) -> Overlap {
    if told == 0 && there == 0 {
        return Overlap { precision: 1.0, recall: 1.0, f1: 1.0 };
    }
    let ratio = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let (precision, recall) = (ratio(right, told), ratio(found, there));
    let sum = precision + recall;
    Overlap { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
}

/// The last service of what harms, and of what is harmed; an edge harms at its caller.
fn between_services<'a>(edges: impl Iterator<Item = (&'a Component, &'a Component)>) -> BTreeSet<(&'a str, &'a str)> {
    let ends = edges.filter_map(|(from, to)| Some((*services(from).first()?, *services(to).first()?)));
    ends.filter(|(from, to)| from != to).collect()
}

fn connected(edges: &BTreeSet<(&str, &str)>, from: &str, to: &str) -> bool {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in edges {
        next.entry(from).or_default().push(to);
    }
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for step in next.get(at).into_iter().flatten() {
            if *step == to {
                return true;
            }
            if seen.insert(*step) {
                open.push(step);
            }
        }
    }
    false
}

/// Whether an edge of an answer tells damage that the truth lists as collateral: by either end, or between the two
/// services of an edge that is listed.
fn is_collateral(truth: &TruthRecord, from: &Component, to: &Component) -> bool {
    truth.collateral.iter().any(|damaged| match damaged {
        Component::Edge { from: caller, to: callee } => {
            let ends = (services(from).first().copied(), services(to).first().copied());
            let told_already = truth.edges.iter().any(|edge| edge.from == *from && edge.to == *to);
            !told_already && (ends == (Some(caller), Some(callee)) || ends == (Some(callee), Some(caller)))
        }
        _ => damaged == from || damaged == to,
    })
}
