//! Fitting what a strength of evidence is worth to scored verdicts, and telling whether that carries over to other faults.

mod fit;
mod held_out;

use rca_engine::calibration::{Calibration, Curve};
use rca_engine::vocabulary::Outcome;
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, ENGINE};
use crate::statistics::{area_under_curve, brier, brier_skill, calibration_slope, mean};

pub use held_out::{Fold, HeldOut, held_out};

/// One verdict of the engine that could be right or wrong: an abstention is neither.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What is held out together: the kind of the fault, or the scenario where nothing is wrong.
    pub group: String,
    pub strength: f64,
    pub is_cause: bool,
    pub is_right: bool,
}

/// How well what was stated fits what was right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitness {
    pub verdicts: u64,
    pub right: u64,
    /// Mean of what was stated.
    pub stated: f64,
    pub brier: f64,
    /// Over always stating the base rate. None: all are alike right or wrong.
    pub skill: Option<f64>,
    /// Area under the receiver's curve. None as above.
    pub area: Option<f64>,
    /// 1 is perfect, below 1 too sure of itself. None as above.
    pub slope: Option<f64>,
}

impl Verdict {
    /// The engine's verdict of a run that counts. None: it abstains, or says nothing of its strength.
    pub fn of(cell: &Cell) -> Option<Self> {
        let score = cell.score(ENGINE).filter(|_| cell.counts())?;
        let is_cause = match score.outcome? {
            Outcome::Cause => true,
            Outcome::NoIncident => false,
            Outcome::InsufficientEvidence => return None,
        };
        let group = cell.kind.map_or_else(|| cell.scenario.clone(), |kind| kind.to_string());
        let is_right = cell.is_right(ENGINE)?;
        Some(Self { group, strength: score.strength?, is_cause, is_right })
    }
}

/// The table that fits the verdicts.
pub fn fit(verdicts: &[Verdict], made_from: Vec<String>) -> Calibration {
    let curve = |is_cause: bool| -> Curve {
        let of = verdicts.iter().filter(|verdict| verdict.is_cause == is_cause);
        fit::curve(of.map(|verdict| (verdict.strength, verdict.is_right)).collect())
    };
    Calibration { made_from, cause: curve(true), no_incident: curve(false) }
}

/// What a table states for a verdict; the strength itself where it knows nothing.
fn stated(table: &Calibration, verdict: &Verdict) -> f64 {
    let curve = if verdict.is_cause { &table.cause } else { &table.no_incident };
    curve.read(verdict.strength).map_or(verdict.strength, |(share, _)| share)
}

/// The figures of what was stated. None: nothing was.
pub fn fitness(answers: &[(f64, bool)]) -> Option<Fitness> {
    Some(Fitness {
        verdicts: answers.len() as u64,
        right: answers.iter().filter(|answer| answer.1).count() as u64,
        brier: brier(answers)?,
        stated: mean(&answers.iter().map(|answer| answer.0).collect::<Vec<_>>()),
        skill: brier_skill(answers),
        area: area_under_curve(answers),
        slope: calibration_slope(answers),
    })
}
