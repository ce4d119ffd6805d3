//! Every method beside the others: within one scenario, and over all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::failures::{self, Failure};
use super::figures::{Mean, Share, mean, skill};
use super::gates::Thresholds;
use super::scenario::ScenarioFigures;
use crate::cell::Cell;
use crate::diagnosis::Stage;
use crate::scoring::Score;

/// How often scenarios are drawn again for an interval, and the seed of these draws.
pub(super) const RESAMPLES: u32 = 10_000;
pub(super) const RESAMPLING_SEED: u64 = 1;
/// Shares are compared with this much room for how they are written in binary.
pub(super) const ROUNDING: f64 = 1e-9;

/// One method in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodInScenario {
    pub name: String,
    /// Right at first: the root where there is one, otherwise that nothing is wrong. None: no cell counts.
    pub right: Option<Share>,
    /// How often a blind guess is right. None: nothing is wrong.
    pub chance: Option<f64>,
    /// How much of the way from chance to perfect was gone. None: nothing is wrong, or no cell counts.
    pub skill: Option<f64>,
    /// How often it named a cause although nothing is wrong. None: something is, or no cell counts.
    pub convicted: Option<Share>,
    /// How often it named none although something is wrong, or said that it does not know.
    pub abstained: Option<Share>,
    pub must_fail: MustFail,
    /// Wrong answers by the first stage that went wrong.
    pub stages: BTreeMap<Stage, u64>,
    /// The first of them in full.
    pub failures: Vec<Failure>,
}

/// Whether a method that the scenario is built against is wrong as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MustFail {
    /// It may be right here.
    NotAsked,
    /// It fails: no better than chance and the margin.
    Fails,
    /// It is right too often.
    Succeeds,
    /// It should fail, and the seeds are too few to tell.
    TooFewSeeds,
}

/// One method over all scenarios.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodOverall {
    pub name: String,
    /// Mean over scenarios with an incident of how often it was right at first.
    pub top1: Option<Mean>,
    /// How much of the way from chance to perfect was gone, a mean likewise.
    pub skill: Option<Mean>,
    /// How often it convicted where nothing is wrong.
    pub convicted: Option<Share>,
    /// Scenarios in which it must fail, in which it does, and in which the seeds are too few to tell.
    pub must_fail: u64,
    pub fails: u64,
    pub untested: u64,
}

/// The methods that answered, the engine first; only those that are wanted, if any are.
pub(super) fn asked<'a>(cells: &[&'a Cell], wanted: &[String]) -> Vec<&'a str> {
    let mut asked: Vec<&str> = Vec::new();
    for method in cells.iter().flat_map(|cell| cell.methods()) {
        if !asked.contains(&method) && (wanted.is_empty() || wanted.iter().any(|name| name == method)) {
            asked.push(method);
        }
    }
    asked
}

pub(super) fn in_scenario(
    cells: &[&Cell],
    counted: &[&Cell],
    asked: &[&str],
    thresholds: &Thresholds,
) -> Vec<MethodInScenario> {
    let one =
        |name: &&str| {
            let right = Share::counted(counted.iter().filter_map(|cell| cell.is_right(name)));
            let roots = counted.iter().filter_map(|cell| cell.score(name)?.root);
            let chance = mean(roots.map(|root| root.chance));
            let must = cells.iter().any(|cell| cell.must_fail(name));
            let limit = chance.unwrap_or(0.0) + thresholds.must_fail_margin;
            let must_fail =
                match right {
                    _ if !must => MustFail::NotAsked,
                    Some(right) if cells.len() as u64 >= thresholds.must_fail_seeds => {
                        if right.share <= limit + ROUNDING { MustFail::Fails } else { MustFail::Succeeds }
                    }
                    _ => MustFail::TooFewSeeds,
                };
            let scores = || counted.iter().filter_map(|cell| cell.score(name));
            MethodInScenario {
                name: (*name).to_owned(),
                right,
                chance,
                skill: right.zip(chance).and_then(|(right, chance)| skill(right.share, chance)),
                convicted: Share::counted(scores().filter_map(|score| score.convicted)),
                abstained: Share::counted(scores().map(Score::abstains)),
                must_fail,
                stages: failures::stages(counted, name),
                failures: failures::first(counted, name),
            }
        };
    asked.iter().map(one).collect()
}

pub(super) fn overall(
    scenarios: &[ScenarioFigures],
    cells: &BTreeMap<&str, Vec<&Cell>>,
    asked: &[&str],
) -> Vec<MethodOverall> {
    let one = |name: &&str| {
        let told = || scenarios.iter().flat_map(|scenario| &scenario.methods).filter(|method| method.name == **name);
        let count = |wanted: &[MustFail]| told().filter(|method| wanted.contains(&method.must_fail)).count() as u64;
        let nulls = cells.values().flatten().filter(|cell| cell.counts() && !cell.has_incident());
        MethodOverall {
            name: (*name).to_owned(),
            top1: Mean::over(&right(cells, name), RESAMPLES, RESAMPLING_SEED),
            skill: Mean::over(
                &told().filter_map(|method| Some(vec![method.skill?])).collect::<Vec<_>>(),
                RESAMPLES,
                RESAMPLING_SEED,
            ),
            convicted: Share::counted(nulls.filter_map(|cell| cell.score(name)).map(|it| it.convicted == Some(true))),
            must_fail: count(&[MustFail::Fails, MustFail::Succeeds, MustFail::TooFewSeeds]),
            fails: count(&[MustFail::Fails]),
            untested: count(&[MustFail::TooFewSeeds]),
        }
    };
    asked.iter().map(one).collect()
}

/// Whether a method was right, run by run, for each scenario with an incident.
pub(super) fn right(cells: &BTreeMap<&str, Vec<&Cell>>, method: &str) -> Vec<Vec<f64>> {
    let incidents = cells.values().filter(|cells| cells.iter().any(|cell| cell.has_incident()));
    let right = |cell: &&Cell| cell.is_right(method).filter(|_| cell.counts());
    incidents.map(|cells| cells.iter().filter_map(right).map(|right| f64::from(u8::from(right))).collect()).collect()
}

/// The best of the naive methods, by the mean over scenarios.
pub(super) fn best_naive(cells: &BTreeMap<&str, Vec<&Cell>>) -> Option<(String, f64)> {
    let all: Vec<&Cell> = cells.values().flatten().copied().collect();
    let names = asked(&all, &[]);
    let means = names.iter().filter(|name| scenarios::naive::METHODS.contains(name)).filter_map(|name| {
        let by_scenario = right(cells, name);
        Some(((*name).to_owned(), mean(by_scenario.iter().filter_map(|values| mean(values.iter().copied())))?))
    });
    // The first of equals: `max_by` would take the last.
    means.fold(None, |best, one| if best.as_ref().is_some_and(|(_, mean)| *mean >= one.1) { best } else { Some(one) })
}
