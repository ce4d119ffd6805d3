//! Over all scenarios: the mean with its interval, what it is worth, the worst scenario, and whether confidence means it.

use std::collections::{BTreeMap, BTreeSet};

use rca_engine::component::Component;
use serde::{Deserialize, Serialize};

use super::figures::mean;
use super::methods::{RESAMPLES, RESAMPLING_SEED, best_naive, right};
use super::scenario::ScenarioFigures;
use crate::cell::{Cell, ENGINE};
use crate::statistics::{Interval, area_under_curve, bootstrap_over_scenarios, brier, brier_skill, effective_n};

/// Figures of the engine over all scenarios, each scenario worth the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    /// Root top-1, a mean over scenarios with an incident; the interval is by resampling scenarios.
    pub top1: Option<Interval>,
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

/// Whether the stated confidences mean what they say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    pub answers: u64,
    pub right: u64,
    /// Mean of what was stated.
    pub mean: f64,
    /// Mean square error; 0 is perfect.
    pub brier: f64,
    /// Over always stating the base rate; 1 is perfect. None: all answers are alike right or wrong.
    pub skill: Option<f64>,
    /// Area under the curve: whether right answers were stated with more confidence. None as above.
    pub area: Option<f64>,
}

pub(super) fn overall(scenarios: &[ScenarioFigures], cells: &BTreeMap<&str, Vec<&Cell>>) -> Overall {
    let values = right(cells, ENGINE);
    Overall {
        top1: bootstrap_over_scenarios(&values, RESAMPLES, RESAMPLING_SEED),
        effective_n: effective_n(&values),
        worst: worst(scenarios),
        best_constant: best_constant(cells),
        best_naive: best_naive(cells).map(|(name, top1)| Constant { name, top1 }),
        confidence: confidence(cells),
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
fn best_constant(cells: &BTreeMap<&str, Vec<&Cell>>) -> Option<Constant> {
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

fn confidence(cells: &BTreeMap<&str, Vec<&Cell>>) -> Option<Confidence> {
    let counted = cells.values().flatten().filter(|cell| cell.counts());
    let stated: Vec<(f64, bool)> =
        counted.filter_map(|cell| Some((cell.score(ENGINE)?.confidence?, cell.is_right(ENGINE)?))).collect();
    Some(Confidence {
        answers: stated.len() as u64,
        right: stated.iter().filter(|(_, right)| *right).count() as u64,
        mean: mean(stated.iter().map(|(stated, _)| *stated))?,
        brier: brier(&stated)?,
        skill: brier_skill(&stated),
        area: area_under_curve(&stated),
    })
}
