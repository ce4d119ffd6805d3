//! One scenario over its seeds: every figure of validity.md beside what chance would give.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::confidence::{self, Confidence};
use super::figures::{Share, Spread, mean, skill};
use super::gates::Thresholds;
use super::methods::{self, MethodInScenario};
use super::overall::{self, Constant};
use crate::cell::Cell;
use crate::scoring::{RootScore, Score};

/// How a scenario went. All scores are over the cells that count; nothing was taken out but those that do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioFigures {
    pub scenario: String,
    /// Whether something is wrong in it.
    pub incident: bool,
    pub cells: u64,
    /// Cells that count.
    pub valid: Share,
    /// Cells by effect class, `failed` where the lab did.
    pub classes: BTreeMap<String, u64>,
    /// None: nothing is wrong, or no cell counts.
    pub root: Option<RootFigures>,
    /// None: nothing is wrong, or no cell counts. No answer is a wrong one.
    pub bottleneck: Option<Share>,
    pub bottleneck_mode: Option<Share>,
    /// What set it off and what keeps it going, by service. None: the truth names nothing, or no cell counts.
    #[serde(default)]
    pub trigger: Option<Share>,
    #[serde(default)]
    pub sustaining: Option<Share>,
    /// Means of F1, of edges with their effects and of paths between services. No answer is worth 0.
    pub propagation: Option<f64>,
    pub propagation_contracted: Option<f64>,
    /// Mean of the balanced accuracy of the roles; 0.5 is chance.
    pub roles: Option<f64>,
    /// None: something is wrong, or no cell counts.
    pub null: Option<NullFigures>,
    /// How often the engine named nothing where something is wrong, or did not know where nothing is.
    pub abstained: Option<Share>,
    /// How often the best constant answer of the whole regression is right here. None: nothing is wrong.
    pub constant: Option<f64>,
    /// None: no answer with a confidence counts.
    pub confidence: Option<Confidence>,
    /// Seconds from the onset to the alert.
    pub alert_after_s: Option<Spread>,
    /// What the verdicts' first actions brought, where they were tried.
    pub first_actions: BTreeMap<String, u64>,
    pub methods: Vec<MethodInScenario>,
}

/// How well the root was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootFigures {
    pub top1: Share,
    /// Over every cell, whether it counts or not: what is left when nothing is taken out.
    pub top1_unconditional: Share,
    /// How often a blind guess among the candidates is right.
    pub chance: f64,
    /// How much of the way from chance to perfect was gone.
    pub skill: Option<f64>,
    pub top3: Share,
    /// Mean of 1 over the rank of the first right answer.
    pub mrr: f64,
    /// Right by service.
    pub by_service: Option<Share>,
    /// Right in kind, too.
    pub kind: Option<Share>,
    /// Cells in which the bottleneck was named as the root.
    pub swapped: u64,
    /// Cells in which a decoy or an innocent change was named.
    pub decoys: u64,
}

/// What was answered where nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NullFigures {
    pub convicted: Share,
    /// Said that nothing is wrong; the rest abstained.
    pub acquitted: Share,
}

pub(super) fn figures(
    name: &str,
    cells: &[&Cell],
    asked: &[&str],
    best_constant: Option<&Constant>,
    thresholds: &Thresholds,
) -> ScenarioFigures {
    let incident = cells.iter().any(|cell| cell.has_incident());
    let counted: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.counts()).collect();
    let scores: Vec<&Score> = counted.iter().filter_map(|cell| Some(&cell.card.as_ref()?.engine)).collect();
    let wrong: Vec<&Score> = scores.iter().copied().filter(|_| incident).collect();
    let f1 = |overlap: Option<crate::scoring::Overlap>| overlap.map_or(0.0, |overlap| overlap.f1);
    let mut classes: BTreeMap<String, u64> = BTreeMap::new();
    let mut first_actions: BTreeMap<String, u64> = BTreeMap::new();
    for cell in cells {
        *classes.entry(cell.class().to_owned()).or_default() += 1;
    }
    for outcome in counted.iter().filter_map(|cell| cell.first_action.as_ref()) {
        *first_actions.entry(outcome.clone()).or_default() += 1;
    }
    ScenarioFigures {
        scenario: name.to_owned(),
        incident,
        cells: cells.len() as u64,
        valid: Share::counted(cells.iter().map(|cell| cell.counts())).expect("a scenario has a cell"),
        classes,
        root: root(cells, &wrong),
        bottleneck: Share::counted(wrong.iter().map(|score| score.bottleneck == Some(true))),
        bottleneck_mode: Share::counted(wrong.iter().map(|score| score.bottleneck_mode == Some(true))),
        trigger: Share::counted(wrong.iter().filter_map(|score| score.trigger)),
        sustaining: Share::counted(wrong.iter().filter_map(|score| score.sustaining)),
        propagation: mean(wrong.iter().map(|score| f1(score.propagation))),
        propagation_contracted: mean(wrong.iter().map(|score| f1(score.propagation_contracted))),
        roles: mean(wrong.iter().filter_map(|score| score.roles)),
        null: if incident { None } else { null(&scores) },
        abstained: Share::counted(scores.iter().map(|score| score.abstains())),
        constant: best_constant.filter(|_| incident).and_then(|constant| overall::share_of(&constant.name, &counted)),
        confidence: confidence::in_scenario(&counted),
        alert_after_s: Spread::of(counted.iter().filter_map(|cell| Some(cell.alert_after_ns? as f64 / 1e9))),
        first_actions,
        methods: methods::in_scenario(cells, &counted, asked, thresholds),
    }
}

fn root(cells: &[&Cell], scores: &[&Score]) -> Option<RootFigures> {
    let roots: Vec<&RootScore> = scores.iter().filter_map(|score| score.root.as_ref()).collect();
    let top1 = Share::counted(roots.iter().map(|root| root.top1))?;
    let chance = mean(roots.iter().map(|root| root.chance))?;
    let kinds = scores.iter().filter(|score| score.root.is_some_and(|root| root.top1)).filter_map(|score| score.kind);
    let everywhere = cells.iter().map(|cell| cell.is_right(crate::cell::ENGINE) == Some(true));
    Some(RootFigures {
        top1,
        top1_unconditional: Share::counted(everywhere)?,
        chance,
        skill: skill(top1.share, chance),
        top3: Share::counted(roots.iter().map(|root| root.top3))?,
        mrr: mean(roots.iter().map(|root| root.reciprocal_rank))?,
        by_service: Share::counted(scores.iter().filter_map(|score| score.root_service).map(|root| root.top1)),
        kind: Share::counted(kinds),
        swapped: scores.iter().filter(|score| score.swapped).count() as u64,
        decoys: scores.iter().filter(|score| score.decoy).count() as u64,
    })
}

fn null(scores: &[&Score]) -> Option<NullFigures> {
    Some(NullFigures {
        convicted: Share::counted(scores.iter().map(|score| score.convicted == Some(true)))?,
        acquitted: Share::counted(scores.iter().map(|score| score.acquitted == Some(true)))?,
    })
}
