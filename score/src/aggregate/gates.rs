//! The gates of a regression: what every scenario must reach, and what the naive methods must not.

use serde::{Deserialize, Serialize};

use super::figures::Share;
use super::methods::{MethodInScenario, MustFail, ROUNDING};
use super::scenario::ScenarioFigures;
use crate::cell::ENGINE;

/// The gate that asks whether enough runs count.
pub(super) const VALID: &str = "valid";

/// From where on a gate is met.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Least share of right roots, by scenario.
    pub min_top1: f64,
    /// Least share of right bottlenecks, by scenario.
    pub min_bottleneck: f64,
    /// Least mean F1 of the propagation's edges, by scenario.
    pub min_propagation: f64,
    /// Largest share of convictions where nothing is wrong.
    pub max_convictions: f64,
    /// Least share of runs that count, by scenario.
    pub min_valid: f64,
    /// A method that must fail may be right this much more often than chance.
    pub must_fail_margin: f64,
    /// Fewer seeds than this do not tell whether a method fails.
    pub must_fail_seeds: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            min_top1: 0.95,
            min_bottleneck: 0.95,
            min_propagation: 0.0,
            max_convictions: 0.05,
            min_valid: 0.95,
            must_fail_margin: 0.1,
            must_fail_seeds: 20,
        }
    }
}

/// One gate of one scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateResult {
    pub scenario: String,
    pub name: String,
    pub state: GateState,
    /// The figure and what it is held against.
    pub why: String,
}

/// Whether a gate is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    Met,
    Missed,
    /// There is too little to tell; such a gate fails nothing.
    NotTested,
}

/// Every gate, by scenario, in the order in which they should be read.
pub(super) fn gates(scenarios: &[ScenarioFigures], asked: &[&str], thresholds: &Thresholds) -> Vec<GateResult> {
    scenarios.iter().flat_map(|scenario| of_scenario(scenario, asked, thresholds)).collect()
}

fn of_scenario(scenario: &ScenarioFigures, asked: &[&str], thresholds: &Thresholds) -> Vec<GateResult> {
    let gate = |name: &str, (state, why): (GateState, String)| GateResult {
        scenario: scenario.scenario.clone(),
        name: name.to_owned(),
        state,
        why,
    };
    let mut gates = vec![gate(VALID, at_least(Some(scenario.valid), thresholds.min_valid, "cells count"))];
    if asked.contains(&ENGINE) && scenario.incident {
        let top1 = scenario.root.map(|root| root.top1);
        gates.push(gate("root_top1", at_least(top1, thresholds.min_top1, "roots are right")));
        let bottleneck = at_least(scenario.bottleneck, thresholds.min_bottleneck, "bottlenecks are right");
        gates.push(gate("bottleneck", bottleneck));
        if thresholds.min_propagation > 0.0 {
            gates.push(gate("propagation", propagation(scenario.propagation, thresholds.min_propagation)));
        }
    }
    if asked.contains(&ENGINE) && !scenario.incident {
        let convicted = scenario.null.map(|null| null.convicted);
        gates.push(gate("convictions", at_most(convicted, thresholds.max_convictions)));
    }
    let fallen = scenario.methods.iter().filter(|method| method.must_fail != MustFail::NotAsked);
    gates.extend(fallen.map(|method| gate(&format!("{}_fails", method.name), must_fail(scenario, method, thresholds))));
    gates
}

fn state(met: bool) -> GateState {
    if met { GateState::Met } else { GateState::Missed }
}

fn at_least(share: Option<Share>, least: f64, what: &str) -> (GateState, String) {
    match share {
        None => (GateState::NotTested, "no cell counts".to_owned()),
        Some(share) => {
            let why = format!("{} of {} {what}, at least {} needed", share.hits, share.of, percent(least));
            (state(share.share + ROUNDING >= least), why)
        }
    }
}

fn at_most(convicted: Option<Share>, most: f64) -> (GateState, String) {
    match convicted {
        None => (GateState::NotTested, "no cell counts".to_owned()),
        Some(share) => {
            let why = format!(
                "{} of {} convict although nothing is wrong, at most {} allowed",
                share.hits,
                share.of,
                percent(most)
            );
            (state(share.share <= most + ROUNDING), why)
        }
    }
}

fn propagation(f1: Option<f64>, least: f64) -> (GateState, String) {
    match f1 {
        None => (GateState::NotTested, "no cell counts".to_owned()),
        Some(f1) => (state(f1 + ROUNDING >= least), format!("mean F1 {f1:.3}, at least {least:.3} needed")),
    }
}

fn must_fail(scenario: &ScenarioFigures, method: &MethodInScenario, thresholds: &Thresholds) -> (GateState, String) {
    let right = method
        .right
        .map_or_else(|| "no cell counts".to_owned(), |right| format!("right in {} of {}", right.hits, right.of));
    let limit = method.chance.unwrap_or(0.0) + thresholds.must_fail_margin;
    match method.must_fail {
        MustFail::TooFewSeeds => {
            let (least, cells) = (thresholds.must_fail_seeds, scenario.cells);
            (GateState::NotTested, format!("{right}; it takes {least} seeds to tell, and there are {cells}"))
        }
        fails => {
            let why = format!("{right}, at most {} allowed, which is chance and the margin", percent(limit));
            (state(fails != MustFail::Succeeds), why)
        }
    }
}

/// A share in percent, to a tenth where that says more.
fn percent(share: f64) -> String {
    let value = share * 100.0;
    let whole = (value - value.round()).abs() < 0.05;
    if whole { format!("{value:.0} %") } else { format!("{value:.1} %") }
}
