//! What can be learned without a thought about causes: a logistic regression on generic features of each candidate.
//!
//! It tells how easy a set of incidents is. For each scenario it is fitted on the other runs of the same regression, and
//! only on those in which no lever of that scenario was pulled and no fault of its kind is the root: it never saw what it
//! is asked about. All that it needs of a run is kept in the run's cell, so that answers follow from the cells alone, in
//! whichever order and however often interrupted they came.

mod logistic;
mod measures;
mod traits;

use std::collections::{BTreeMap, BTreeSet};

use rca_engine::component::Component;
use scenarios::truth::TruthRecord;
use serde::{Deserialize, Serialize};

pub use logistic::Logistic;
pub use traits::{FEATURES, Traits, describe};

use crate::card::MethodCard;
use crate::cell::Cell;
use crate::method::{Alert, MethodOutput};

/// Its name on scoreboards.
pub const LEARNED: &str = "logistic_regression";
/// Seeds of a scenario that are learned from, the lowest ones: more of the same say little more, and take longer.
const SEEDS_MAX: usize = 20;

/// What a cell keeps for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// Without what the ledger said.
    pub truth: TruthRecord,
    pub candidates: Vec<Traits>,
}

impl Described {
    /// Describes a case.
    pub fn new(
        evidence: &rca_engine::evidence::Evidence,
        alert: &Alert,
        candidates: &[Component],
        truth: &TruthRecord,
    ) -> Self {
        let truth = TruthRecord { derived: None, ..truth.clone() };
        Self { truth, candidates: describe(evidence, alert, candidates) }
    }

    /// What was done to the system, and what kinds of fault that is.
    fn faults(&self) -> BTreeSet<&str> {
        let levers = self.truth.injections.iter().map(|injection| injection.lever.as_str());
        levers.chain(self.truth.roots.iter().map(|root| root.kind.as_str())).collect()
    }

    fn is_right(&self, component: &Component) -> bool {
        self.truth.roots.iter().any(|root| root.any_of.contains(component))
    }
}

/// Adds its answers to the cards of all cells that can be answered: what others taught depends on which cells there are.
pub fn stand_beside(cells: &mut [Cell]) {
    for cell in cells.iter_mut() {
        cell.card.iter_mut().for_each(|card| card.methods.retain(|method| method.name != LEARNED));
    }
    let scenarios: BTreeSet<String> = cells.iter().map(|cell| cell.scenario.clone()).collect();
    for scenario in scenarios {
        let Some(model) = taught(cells, &scenario) else { continue };
        for cell in cells.iter_mut().filter(|cell| cell.scenario == scenario) {
            let (Some(described), Some(card)) = (&cell.described, &mut cell.card) else { continue };
            let candidates: Vec<Component> =
                described.candidates.iter().map(|traits| traits.component.clone()).collect();
            let output = Ok(answer(&model, &described.candidates));
            card.methods.push(MethodCard::new(&described.truth, LEARNED, &output, false, &candidates));
        }
    }
}

/// What the other scenarios teach: those that share no lever and no kind of fault with it. None: too little.
fn taught(cells: &[Cell], scenario: &str) -> Option<Logistic> {
    let own: BTreeSet<&str> = cells
        .iter()
        .filter(|cell| cell.scenario == scenario)
        .filter_map(|cell| cell.described.as_ref())
        .flat_map(Described::faults)
        .collect();
    let mut others: BTreeMap<(&str, u64), &Described> = BTreeMap::new();
    for cell in cells.iter().filter(|cell| cell.counts() && cell.scenario != scenario) {
        let stranger = cell.described.as_ref().filter(|described| described.faults().is_disjoint(&own));
        others.extend(stranger.map(|described| ((cell.scenario.as_str(), cell.seed), described)));
    }
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rows: Vec<(Vec<f64>, bool)> = Vec::new();
    for ((other, _), described) in others {
        let number = taken.entry(other).or_default();
        *number += 1;
        if *number <= SEEDS_MAX {
            let row = |traits: &Traits| (numbers(traits), described.is_right(&traits.component));
            rows.extend(described.candidates.iter().map(row));
        }
    }
    // Weights are held back with the usual strength of 1 as if each scenario were one observation: its seeds, and the
    // candidates of each, are anything but independent.
    let strength = rows.len() as f64 / taken.len().max(1) as f64;
    Logistic::fit(&rows, strength)
}

/// The likeliest candidate first. Like the other simple methods it always names one.
fn answer(model: &Logistic, candidates: &[Traits]) -> MethodOutput {
    let likely = |traits: &Traits| (traits.component.clone(), model.probability(&numbers(traits)));
    MethodOutput::ranked(candidates.iter().map(likely))
}

fn numbers(traits: &Traits) -> Vec<f64> {
    traits.values.iter().map(|value| f64::from(*value) / 1e3).collect()
}
