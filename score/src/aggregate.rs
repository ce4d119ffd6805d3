//! Many runs in figures: by scenario, by method, over all scenarios, and the gates that they meet or miss.

mod confidence;
mod failures;
mod figures;
mod gates;
mod methods;
mod overall;
mod scenario;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::card::{INVALID, MET, MISSED};
use crate::cell::{Cell, ENGINE};
use crate::diagnosis::Stage;

pub use confidence::Confidence;
pub use failures::Failure;
pub use figures::{Mean, Share, Spread};
pub use gates::{GateResult, GateState, Thresholds};
pub use methods::{MethodInScenario, MethodOverall, MustFail};
pub use overall::{Constant, Overall, Worst};
pub use scenario::{NullFigures, RootFigures, ScenarioFigures};

/// The version of [`Summary`]'s shape.
pub const SUMMARY_SCHEMA: u32 = 2;

/// What a regression says. It depends on the cells alone, not on their order, nor on when they were carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub schema: u32,
    /// The version of the code that carried the cells out.
    pub code: String,
    pub cells: u64,
    /// Cells that say something about the methods.
    pub counted: u64,
    pub thresholds: Thresholds,
    /// By name.
    pub scenarios: Vec<ScenarioFigures>,
    /// The engine first.
    pub methods: Vec<MethodOverall>,
    pub overall: Overall,
    pub gates: Vec<GateResult>,
    /// Cells in which the engine missed a gate, and cells that do not count, by scenario and seed.
    pub troubles: Vec<Trouble>,
    /// What a process that carried out just these cells should exit with.
    pub exit: u8,
}

/// A cell that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub scenario: String,
    pub seed: u64,
    /// False: the cell does not count, so that nothing is said about the verdict.
    pub counts: bool,
    /// The first stage that went wrong. None: the cell does not count, or was scored before stages were told apart.
    pub stage: Option<Stage>,
    pub why: Vec<String>,
}

/// Sums cells up. `methods` restricts what is reported and gated to some names; empty: all.
pub fn summarise(code: &str, cells: &[Cell], methods: &[String], thresholds: Thresholds) -> Summary {
    let mut sorted: Vec<&Cell> = cells.iter().collect();
    sorted.sort_by(|a, b| (&a.scenario, a.seed).cmp(&(&b.scenario, b.seed)));
    let mut by_scenario: BTreeMap<&str, Vec<&Cell>> = BTreeMap::new();
    for cell in &sorted {
        by_scenario.entry(&cell.scenario).or_default().push(cell);
    }
    let asked = methods::asked(&sorted, methods);
    let best_constant = overall::best_constant(&by_scenario);
    let scenarios: Vec<ScenarioFigures> = by_scenario
        .iter()
        .map(|(name, cells)| scenario::figures(name, cells, &asked, best_constant.as_ref(), &thresholds))
        .collect();
    let gates = gates::gates(&scenarios, &asked, &thresholds);
    Summary {
        schema: SUMMARY_SCHEMA,
        code: code.to_owned(),
        cells: sorted.len() as u64,
        counted: sorted.iter().filter(|cell| cell.counts()).count() as u64,
        thresholds,
        methods: methods::overall(&scenarios, &by_scenario, &asked),
        overall: overall::overall(&scenarios, &by_scenario, best_constant),
        troubles: sorted.iter().filter_map(|cell| trouble(cell)).collect(),
        exit: exit(&gates),
        scenarios,
        gates,
    }
}

fn trouble(cell: &Cell) -> Option<Trouble> {
    let counts = cell.counts();
    let missed = cell.card.iter().flat_map(|card| &card.gates).filter(|gate| !gate.passed);
    let why: Vec<String> = if counts {
        missed.map(|gate| format!("{}: {}", gate.name, gate.why)).collect()
    } else {
        cell.complaints.clone()
    };
    let stage = cell.diagnosis(ENGINE).filter(|_| counts).map(|diagnosis| diagnosis.stage);
    let trouble = Trouble { scenario: cell.scenario.clone(), seed: cell.seed, counts, stage, why };
    (!counts || !trouble.why.is_empty()).then_some(trouble)
}

/// Where too few runs count, the other gates say nothing, so that comes first.
fn exit(gates: &[GateResult]) -> u8 {
    let missed = |name: Option<&str>| {
        gates.iter().any(|gate| gate.state == GateState::Missed && name.is_none_or(|name| gate.name == name))
    };
    match (missed(Some(gates::VALID)), missed(None)) {
        (true, _) => INVALID,
        (false, true) => MISSED,
        (false, false) => MET,
    }
}
