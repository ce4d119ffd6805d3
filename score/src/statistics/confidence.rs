//! Whether stated confidences mean what they say.

use serde::{Deserialize, Serialize};

use super::mean;
use crate::learned::Logistic;

/// Points of a curve at most.
const POINTS_MAX: usize = 20;

/// One point of a risk-coverage curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Covered {
    /// Answers that are stated at least so surely count, the others are held back.
    pub stated: f64,
    /// Share of the answers that are not held back.
    pub coverage: f64,
    /// Share of the wrong ones among them.
    pub risk: f64,
}

/// The mean square error of stated confidences (Brier 1950): 0 is perfect, 0.25 is what always saying one half gets. Each
/// pair is a confidence from 0 to 1 and whether the answer was right. None: no pairs.
pub fn brier(answers: &[(f64, bool)]) -> Option<f64> {
    let squares: Vec<f64> =
        answers.iter().map(|(stated, right)| (stated - f64::from(u8::from(*right))).powi(2)).collect();
    (!squares.is_empty()).then(|| mean(&squares))
}

/// How much better stated confidences are than always stating the base rate: 1 is perfect, 0 no better, below 0 worse
/// (Brier 1950). Each pair is a confidence from 0 to 1 and whether the answer was right. None: no pairs, or all answers
/// alike right or wrong, where the base rate cannot be beaten.
pub fn brier_skill(answers: &[(f64, bool)]) -> Option<f64> {
    let outcomes: Vec<f64> = answers.iter().map(|(_, right)| f64::from(u8::from(*right))).collect();
    if outcomes.is_empty() {
        return None;
    }
    let base = mean(&outcomes);
    let error = |stated: &dyn Fn(usize) -> f64| {
        let squares = outcomes.iter().enumerate().map(|(index, outcome)| (stated(index) - outcome).powi(2));
        squares.sum::<f64>()
    };
    let reference = error(&|_| base);
    (reference > 0.0).then(|| 1.0 - error(&|index| answers[index].0) / reference)
}

/// How often a right answer was stated with more confidence than a wrong one (Hanley 1982); ties count half.
/// 0.5 is no better than chance. None: there are not both right and wrong answers.
pub fn area_under_curve(answers: &[(f64, bool)]) -> Option<f64> {
    let mut sorted: Vec<(f64, bool)> = answers.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won) = (0.0, 0.0);
    for level in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let right = level.iter().filter(|answer| answer.1).count() as f64;
        let wrong = level.len() as f64 - right;
        won += right * (below + wrong / 2.0);
        below += wrong;
    }
    let right = answers.len() as f64 - below;
    (right > 0.0 && below > 0.0).then(|| won / (right * below))
}

/// The slope of a logistic regression of right answers on the stated log-odds (Cox 1958): 1 where the stated odds are
/// those of being right but for a constant, below 1 where too much is claimed at both ends. None: there are not both
/// right and wrong answers, or all are stated alike.
pub fn calibration_slope(answers: &[(f64, bool)]) -> Option<f64> {
    /// Odds beyond a thousand to one count as that.
    const EDGE: f64 = 0.001;
    /// A touch of shrinkage keeps the slope finite where a threshold tells right from wrong without a miss.
    const RIDGE: f64 = 1e-3;
    let odds = |stated: f64| {
        let held = stated.clamp(EDGE, 1.0 - EDGE);
        (held / (1.0 - held)).ln()
    };
    let rows: Vec<(Vec<f64>, bool)> = answers.iter().map(|(stated, right)| (vec![odds(*stated)], *right)).collect();
    let first = rows.first()?;
    if rows.iter().all(|row| row.0[0].total_cmp(&first.0[0]).is_eq()) {
        return None;
    }
    Logistic::in_own_units(&rows, RIDGE)?.weights().first().copied()
}

/// What share of the answers is wrong where only the surest are given (El-Yaniv and Wiener 2010), from few to all. Answers
/// stated alike are given together; at most twenty points, the last one with everything.
pub fn risk_coverage(answers: &[(f64, bool)]) -> Vec<Covered> {
    let mut sorted: Vec<(f64, bool)> = answers.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (all, mut given, mut wrong) = (sorted.len() as f64, 0_usize, 0_usize);
    let mut curve: Vec<Covered> = Vec::new();
    for level in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        given += level.len();
        wrong += level.iter().filter(|answer| !answer.1).count();
        let coverage = given as f64 / all;
        let enough = coverage + 1e-9 >= (curve.len() + 1) as f64 / POINTS_MAX as f64;
        if enough || given == sorted.len() {
            let risk = wrong as f64 / given as f64;
            curve.push(Covered { stated: level[0].0, coverage, risk });
        }
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skill_is_one_for_a_prophet_and_nothing_for_the_base_rate() {
        let skill =
            |pairs: &[(f64, bool)]| brier_skill(pairs).map_or_else(|| "none".to_owned(), |it| format!("{it:.2}"));
        assert_eq!(skill(&[(1.0, true), (0.0, false)]), "1.00");
        assert_eq!(skill(&[(0.5, true), (0.5, false)]), "0.00");
        assert_eq!(skill(&[(0.0, true), (1.0, false)]), "-3.00");
        assert_eq!(skill(&[(0.9, true)]), "none");
    }

    #[test]
    fn the_error_is_squared_and_the_area_counts_pairs() {
        let shown = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.3}"));
        assert_eq!(shown(brier(&[(0.9, true), (0.4, false)])), "0.085");
        assert_eq!(shown(brier(&[])), "none");
        assert_eq!(shown(area_under_curve(&[(0.9, true), (0.5, true), (0.5, false), (0.1, false)])), "0.875");
        assert_eq!(shown(area_under_curve(&[(0.9, true)])), "none");
        // Ties of right and wrong count half: 2 of 2 pairs below, half of the tied one.
        assert_eq!(shown(area_under_curve(&[(0.5, true), (0.5, false)])), "0.500");
    }

    #[test]
    fn the_slope_is_one_for_honest_odds_and_below_for_who_claims_too_much() {
        let shown = |answers: &[(f64, bool)]| {
            calibration_slope(answers).map_or_else(|| "none".to_owned(), |slope| format!("{slope:.2}"))
        };
        let stated = |at: f64, all: usize, right: usize| (0..all).map(move |one| (at, one < right));
        let honest: Vec<_> = stated(0.2, 100, 20).chain(stated(0.8, 100, 80)).collect();
        assert_eq!(shown(&honest), "1.00");
        // Right in 1 of 5 and 4 of 5 where a hundred to one is claimed: ln 4 / ln 99.
        let bold: Vec<_> = stated(0.01, 100, 20).chain(stated(0.99, 100, 80)).collect();
        assert_eq!(shown(&bold), "0.30");
        assert_eq!(shown(&[(0.4, true), (0.4, false)]), "none");
        assert_eq!(shown(&[(0.4, true), (0.9, true)]), "none");
    }

    #[test]
    fn holding_back_the_unsure_lowers_the_risk_of_who_knows_when_it_knows() {
        let shown = |answers: &[(f64, bool)]| {
            let points = risk_coverage(answers).into_iter();
            points
                .map(|at| format!("{:.1}: {:.2}/{:.2}", at.stated, at.risk, at.coverage))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let answers = [(0.9, true), (0.9, true), (0.6, true), (0.4, false), (0.4, true)];
        assert_eq!(shown(&answers), "0.9: 0.00/0.40, 0.6: 0.00/0.60, 0.4: 0.20/1.00");
        assert_eq!(shown(&[]), "");
        let many: Vec<(f64, bool)> = (0..1_000).map(|one| (f64::from(one) / 1_000.0, one % 3 == 0)).collect();
        let curve = risk_coverage(&many);
        assert!(curve.len() <= 20 && curve.last().is_some_and(|at| at.coverage > 0.999), "{curve:?}");
    }
}
