//! Whether the engine's stated confidences mean what they say, in one scenario and over all.

use serde::{Deserialize, Serialize};

use super::methods::RESAMPLING_SEED;
use crate::calibration::{Fitness, fitness};
use crate::cell::{Cell, ENGINE};
use crate::statistics::{Covered, area_under_curve, brier_skill, effective_n, resampled, risk_coverage};

/// A figure over pooled answers is dear to draw again; the ends of its interval need no more.
const RESAMPLES: u32 = 1_000;

/// Figures of stated confidences. The engine's answers alone: no other method states any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    pub answers: u64,
    pub right: u64,
    /// How many independent answers these are worth. Within one scenario each run is a draw of its own.
    pub effective_n: f64,
    /// Mean of what was stated.
    pub mean: f64,
    /// Mean square error; 0 is perfect.
    pub brier: f64,
    /// Over always stating the base rate; 1 is perfect. None: all answers are alike right or wrong.
    pub skill: Option<f64>,
    /// 95 %, by resampling scenarios. None: within one scenario, or there are too few.
    pub skill_interval: Option<(f64, f64)>,
    /// Area under the curve: whether right answers were stated with more confidence. None as above.
    pub area: Option<f64>,
    /// As that of the skill.
    pub area_interval: Option<(f64, f64)>,
    /// Of a logistic regression on the stated odds; 1 is honest, less claims too much at both ends. None as above.
    pub slope: Option<f64>,
    /// What share is wrong where only the surest answers are given.
    pub curve: Vec<Covered>,
}

/// The figures of one scenario.
pub(super) fn in_scenario(counted: &[&Cell]) -> Option<Confidence> {
    figures(&[stated(counted)])
}

/// The figures over all scenarios, with intervals.
pub(super) fn overall<'a>(scenarios: impl Iterator<Item = &'a Vec<&'a Cell>>) -> Option<Confidence> {
    let groups: Vec<Vec<(f64, bool)>> = scenarios.map(|cells| stated(cells)).collect();
    let right: Vec<Vec<f64>> =
        groups.iter().map(|group| group.iter().map(|answer| f64::from(u8::from(answer.1))).collect()).collect();
    Some(Confidence {
        effective_n: effective_n(&right)?,
        skill_interval: resampled(&groups, RESAMPLES, RESAMPLING_SEED, brier_skill),
        area_interval: resampled(&groups, RESAMPLES, RESAMPLING_SEED, area_under_curve),
        ..figures(&groups)?
    })
}

/// What was stated, and whether it was right.
fn stated(cells: &[&Cell]) -> Vec<(f64, bool)> {
    let counted = cells.iter().filter(|cell| cell.counts());
    counted.filter_map(|cell| Some((cell.score(ENGINE)?.confidence?, cell.is_right(ENGINE)?))).collect()
}

fn figures(groups: &[Vec<(f64, bool)>]) -> Option<Confidence> {
    let answers: Vec<(f64, bool)> = groups.concat();
    let Fitness { verdicts, right, stated, brier, skill, area, slope } = fitness(&answers)?;
    Some(Confidence {
        answers: verdicts,
        right,
        effective_n: verdicts as f64,
        mean: stated,
        brier,
        skill,
        skill_interval: None,
        area,
        area_interval: None,
        slope,
        curve: risk_coverage(&answers),
    })
}
