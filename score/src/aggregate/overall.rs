//! Over all scenarios: the mean with its interval, what it is worth, the worst scenario, and whether confidence means it.

use std::collections::{BTreeMap, BTreeSet};

use rca_engine::component::Component;
use serde::{Deserialize, Serialize};

use super::confidence::{self, Confidence};
use super::figures::{Mean, mean};
use super::methods::{RESAMPLES, RESAMPLING_SEED, best_naive, right};
use super::scenario::ScenarioFigures;
use crate::cell::{Cell, ENGINE};
use crate::statistics::effective_n;

/// Figures of the engine over all scenarios, each scenario worth the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    /// Root top-1, a mean over scenarios with an incident; the interval is by resampling scenarios.
    pub top1: Option<Mean>,
    /// How much of the way from chance to perfect was gone, a mean likewise.
    pub skill: Option<Mean>,
    /// How many independent runs these runs are worth.
    pub effective_n: Option<f64>,
    /// The scenario with the lowest root top-1, or with convictions where nothing is wrong.
    pub worst: Option<Worst>,
    /// The one answer that is right most often when it is always given.
    pub best_constant: Option<Constant>,
    /// The best method that does not investigate.
    pub best_naive: Option<Constant>,
    pub confidence: Option<Confidence>,
}

/// The scenario with the lowest score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worst {
    pub scenario: String,
    /// How often the engine was right in it.
    pub right: f64,
}

/// An answer or method and how often it is right, a mean over scenarios with an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    pub name: String,
    pub top1: f64,
}

pub(super) fn overall(
    scenarios: &[ScenarioFigures],
    cells: &BTreeMap<&str, Vec<&Cell>>,
    best_constant: Option<Constant>,
) -> Overall {
    let values = right(cells, ENGINE);
    let skills: Vec<Vec<f64>> = scenarios.iter().filter_map(|one| Some(vec![one.root?.skill?])).collect();
    Overall {
        top1: Mean::over(&values, RESAMPLES, RESAMPLING_SEED),
        skill: Mean::over(&skills, RESAMPLES, RESAMPLING_SEED),
        effective_n: effective_n(&values),
        worst: worst(scenarios),
        best_constant,
        best_naive: best_naive(cells).map(|(name, top1)| Constant { name, top1 }),
        confidence: confidence::overall(cells.values()),
    }
}

fn worst(scenarios: &[ScenarioFigures]) -> Option<Worst> {
    let scored = scenarios.iter().filter_map(|one| {
        let right = one.root.map(|root| root.top1.share).or(one.null.map(|null| 1.0 - null.convicted.share))?;
        Some(Worst { scenario: one.scenario.clone(), right })
    });
    scored.min_by(|a, b| a.right.total_cmp(&b.right).then_with(|| a.scenario.cmp(&b.scenario)))
}

/// Scenarios that share their root are solved by a constant; that must be seen beside the score.
pub(super) fn best_constant(cells: &BTreeMap<&str, Vec<&Cell>>) -> Option<Constant> {
    let counted = |cells: &Vec<&Cell>| cells.iter().filter(|cell| cell.counts() && cell.has_incident()).count();
    let incidents: Vec<&Vec<&Cell>> = cells.values().filter(|cells| counted(cells) > 0).collect();
    let names: BTreeSet<&Component> =
        incidents.iter().flat_map(|cells| cells.iter()).flat_map(|it| &it.accepted).collect();
    let share = |name: &Component, cells: &Vec<&Cell>| {
        let hits = cells.iter().filter(|cell| cell.counts() && cell.accepted.contains(name)).count();
        hits as f64 / counted(cells) as f64
    };
    let scored = names.into_iter().filter_map(|name| {
        Some(Constant { name: name.to_string(), top1: mean(incidents.iter().map(|cells| share(name, cells)))? })
    });
    scored.fold(None, |best: Option<Constant>, one| match best {
        Some(best) if best.top1 >= one.top1 => Some(best),
        _ => Some(one),
    })
}

/// How often one answer is right in the cells of a scenario. None: there are none.
pub(super) fn share_of(name: &str, counted: &[&Cell]) -> Option<f64> {
    mean(counted.iter().map(|cell| {
        let accepted = cell.accepted.iter().any(|component| component.to_string() == name);
        f64::from(u8::from(accepted))
    }))
}
