//! Fitting what a strength of evidence is worth to scored verdicts, and telling whether that carries over to other faults.

mod fit;
mod held_out;

use rca_engine::calibration::Calibration;
use rca_engine::vocabulary::Outcome;
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, ENGINE};
use crate::statistics::{area_under_curve, brier, brier_skill, calibration_slope, mean};

pub use held_out::{Fold, HeldOut};

/// One verdict of the engine that could be right or wrong: an abstention is neither.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What is held out together: the kind of the fault, or the scenario where nothing is wrong.
    pub group: String,
    pub strength: f64,
    pub is_cause: bool,
    pub is_right: bool,
}

/// A table, and how it fares on kinds of faults that it was not fitted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    pub table: Calibration,
    /// Of verdicts that name a cause.
    pub cause: HeldOut,
    /// Of verdicts that nothing is wrong.
    pub no_incident: HeldOut,
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
        let root = cell.described.as_ref()?.truth.roots.first();
        let group = root.map_or_else(|| cell.scenario.clone(), |root| root.kind.to_string());
        let is_right = cell.is_right(ENGINE)?;
        Some(Self { group, strength: score.strength?, is_cause, is_right })
    }
}

impl Fitted {
    /// The table that fits the verdicts. Those that name a cause and those that say that nothing is wrong have a curve
    /// each.
    pub fn to(verdicts: &[Verdict], made_from: Vec<String>) -> Self {
        let (causes, others): (Vec<&Verdict>, Vec<&Verdict>) = verdicts.iter().partition(|verdict| verdict.is_cause);
        let table = Calibration { made_from, cause: fit::curve(&causes), no_incident: fit::curve(&others) };
        Self { table, cause: HeldOut::of(&causes), no_incident: HeldOut::of(&others) }
    }
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
