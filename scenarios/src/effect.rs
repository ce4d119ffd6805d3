//! Whether a run shows what its scenario promises: a pure judgement over measured numbers.

use serde::{Deserialize, Serialize};

use crate::model::{Movement, Scenario};

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// The levers bit, the symptom moved, nothing else did.
    Valid,
    /// The levers did not bite.
    Ineffective,
    /// They bit, and the symptom did not move.
    Absorbed,
    /// Something else moved, or the machine was too slow for its own clock.
    Contaminated,
    /// No incident was meant; always scored.
    Quiet,
}

/// One measured quantity of an expectation. None: there was nothing to measure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub baseline: Option<f64>,
    pub incident: Option<f64>,
}

/// How late timers fired: the machine's own share of what was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lateness {
    /// Timers that were watched.
    pub timers: u64,
    /// Those that fired more than [`LATE_MS`] after their time.
    pub late: u64,
    /// The most of these in a row.
    pub late_row: u64,
}

/// Everything that the judgement rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Whether the rule fired after the onset.
    pub alerted: bool,
    /// In the order of `expect.moves`.
    pub moves: Vec<Reading>,
    /// In the order of `expect.flat`.
    pub flat: Vec<Reading>,
    pub lateness: Lateness,
}

/// The judgement, and why in whole sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    pub class: EffectClass,
    pub reasons: Vec<String>,
}

/// A timer is late if it fires more than this after its time, in milliseconds.
pub const LATE_MS: u64 = 250;
/// So many late timers in a row contaminate a run.
const LATE_ROW: u64 = 3;
/// So many late timers among a thousand contaminate a run.
const LATE_PER_THOUSAND: u64 = 1;

/// Judges a run. Reasons are in the order in which they were looked at; the first one decides.
pub fn classify(scenario: &Scenario, measured: &Measured) -> Effect {
    let late = lateness(measured.lateness);
    if scenario.truth.roots.is_empty() {
        // Without an incident nothing is promised to move or to stay: only the machine can spoil the run.
        let class = if late.is_empty() { EffectClass::Quiet } else { EffectClass::Contaminated };
        return Effect { class, reasons: late };
    }
    let drifted: Vec<String> =
        late.into_iter().chain(unmet(&scenario.expect.flat, &measured.flat, stays, "moved by more than")).collect();
    if !drifted.is_empty() {
        return Effect { class: EffectClass::Contaminated, reasons: drifted };
    }
    let missing = unmet(&scenario.expect.moves, &measured.moves, rises, "did not rise by");
    let (signs, rest): (Vec<_>, Vec<_>) =
        scenario.expect.moves.iter().zip(&measured.moves).partition(|(movement, _)| is_sign(scenario, movement));
    // Where the scenario lists no sign of the root itself, all that it lists has to stand for it.
    let signs = if signs.is_empty() { rest } else { signs };
    if !signs.iter().any(|(movement, reading)| rises(movement, reading)) {
        return Effect { class: EffectClass::Ineffective, reasons: missing };
    }
    if !measured.alerted {
        return Effect { class: EffectClass::Absorbed, reasons: vec!["the alert did not fire".to_owned()] };
    }
    let class = if missing.is_empty() { EffectClass::Valid } else { EffectClass::Contaminated };
    Effect { class, reasons: missing }
}

/// Whether a movement is on a service that owns a root: the lever's own bite, not the damage after it.
fn is_sign(scenario: &Scenario, movement: &Movement) -> bool {
    let owners = scenario.truth.roots.iter().flat_map(|root| &root.any_of).filter_map(|component| component.owner());
    movement.component.owner().is_some_and(|owner| owners.into_iter().any(|root| root == owner))
}

fn rises(movement: &Movement, reading: &Reading) -> bool {
    match (reading.baseline, reading.incident) {
        (_, None) => false,
        (None, Some(incident)) => incident > 0.0,
        (Some(baseline), Some(incident)) => incident > 0.0 && incident >= baseline * movement.factor,
    }
}

fn stays(movement: &Movement, reading: &Reading) -> bool {
    match (reading.baseline, reading.incident) {
        (Some(baseline), Some(incident)) => {
            incident <= baseline * movement.factor && baseline <= incident * movement.factor
        }
        // What was not measured is not known to have stayed.
        (None, _) | (_, None) => false,
    }
}

fn unmet(
    movements: &[Movement],
    readings: &[Reading],
    holds: fn(&Movement, &Reading) -> bool,
    verb: &str,
) -> Vec<String> {
    let nothing = Reading { baseline: None, incident: None };
    let readings = readings.iter().chain(std::iter::repeat(&nothing));
    let broken = movements.iter().zip(readings).filter(|(movement, reading)| !holds(movement, reading));
    broken
        .map(|(movement, reading)| {
            let (before, after) = (shown(reading.baseline), shown(reading.incident));
            let Movement { metric, component, factor, .. } = movement;
            format!("{metric} of {component} {verb} a factor of {factor}: {before} before, {after} after")
        })
        .collect()
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| format!("{value:.4}"))
}

fn lateness(lateness: Lateness) -> Vec<String> {
    let Lateness { timers, late, late_row } = lateness;
    let mut reasons = Vec::new();
    if late_row >= LATE_ROW {
        reasons.push(format!("{late_row} timers in a row were late by more than {LATE_MS} ms"));
    }
    if late * 1_000 > timers * LATE_PER_THOUSAND {
        reasons.push(format!("{late} of {timers} timers were late by more than {LATE_MS} ms"));
    }
    reasons
}
