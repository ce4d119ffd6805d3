//! Logistic regression with an L2 penalty, by Newton's method: the same rows in the same order give the same weights.

/// Newton steps at most. From zero weights a handful suffices; separable data end at the penalty's optimum, too.
const STEPS_MAX: usize = 50;
/// Halvings of a step that makes the likelihood worse.
const HALVINGS_MAX: usize = 30;
/// A step whose largest part is smaller has arrived.
const ARRIVED: f64 = 1e-9;

/// A fitted model of a yes or no.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// Mean and standard deviation of each feature in the rows it was fitted on.
    scales: Vec<(f64, f64)>,
    /// Of the scaled features, and the intercept last.
    weights: Vec<f64>,
}

impl Logistic {
    /// Finds the weights that make the answers likeliest, less `strength` times half the sum of their squares; the
    /// intercept is not held back (Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2nd edition,
    /// section 4.4: iteratively reweighted least squares). None: there are no rows, or all answers are the same.
    pub fn fit(rows: &[(Vec<f64>, bool)], strength: f64) -> Option<Self> {
        Self::with_scales(rows, scales(rows), strength)
    }

    /// The same without scaling: the penalty is on weights in the features' own units.
    pub fn in_own_units(rows: &[(Vec<f64>, bool)], strength: f64) -> Option<Self> {
        Self::with_scales(rows, vec![(0.0, 1.0); rows.first()?.0.len()], strength)
    }

    fn with_scales(rows: &[(Vec<f64>, bool)], scales: Vec<(f64, f64)>, strength: f64) -> Option<Self> {
        let yes = rows.iter().filter(|(_, answer)| *answer).count();
        if yes == 0 || yes == rows.len() {
            return None;
        }
        let scaled: Vec<(Vec<f64>, f64)> =
            rows.iter().map(|(row, answer)| (scaled(row, &scales), f64::from(u8::from(*answer)))).collect();
        let mut weights = vec![0.0; scales.len() + 1];
        let mut likelihood = penalised(&scaled, &weights, strength);
        for _ in 0..STEPS_MAX {
            let step = newton_step(&scaled, &weights, strength)?;
            let better = (0..HALVINGS_MAX).find_map(|halvings| {
                let part = 0.5_f64.powi(i32::try_from(halvings).ok()?);
                let tried: Vec<f64> = weights.iter().zip(&step).map(|(weight, step)| weight + part * step).collect();
                let reached = penalised(&scaled, &tried, strength);
                (reached > likelihood).then_some((tried, reached))
            });
            let Some((reached, more_likely)) = better else { break };
            (weights, likelihood) = (reached, more_likely);
            if step.iter().all(|part| part.abs() < ARRIVED) {
                break;
            }
        }
        Some(Self { scales, weights })
    }

    /// Of the scaled features, and the intercept last.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// How likely the answer is yes.
    pub fn probability(&self, row: &[f64]) -> f64 {
        sigmoid(score(&scaled(row, &self.scales), &self.weights))
    }
}

/// A feature that never varies keeps its unit.
fn scales(rows: &[(Vec<f64>, bool)]) -> Vec<(f64, f64)> {
    let features = rows.first().map_or(0, |(row, _)| row.len());
    let scale = |feature: usize| {
        let values: Vec<f64> = rows.iter().map(|(row, _)| row[feature]).collect();
        let mean = crate::statistics::mean(&values);
        let squares: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
        let deviation = crate::statistics::mean(&squares).sqrt();
        (mean, if deviation > 0.0 { deviation } else { 1.0 })
    };
    (0..features).map(scale).collect()
}

/// Scaled, and a 1 for the intercept.
fn scaled(row: &[f64], scales: &[(f64, f64)]) -> Vec<f64> {
    let features = row.iter().zip(scales).map(|(value, (mean, deviation))| (value - mean) / deviation);
    features.chain(std::iter::once(1.0)).collect()
}

fn score(row: &[f64], weights: &[f64]) -> f64 {
    row.iter().zip(weights).map(|(value, weight)| value * weight).sum()
}

fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// The log likelihood less the penalty.
fn penalised(rows: &[(Vec<f64>, f64)], weights: &[f64], strength: f64) -> f64 {
    // ln(1 + e^s), without overflow.
    let softplus = |s: f64| s.max(0.0) + (-s.abs()).exp().ln_1p();
    let likelihood: f64 = rows
        .iter()
        .map(|(row, answer)| {
            let score = score(row, weights);
            answer * score - softplus(score)
        })
        .sum();
    let held_back = weights.iter().rev().skip(1).map(|weight| weight * weight).sum::<f64>();
    likelihood - strength / 2.0 * held_back
}

/// Gradient over curvature. None: there is no unique step, which a penalty above 0 excludes.
fn newton_step(rows: &[(Vec<f64>, f64)], weights: &[f64], strength: f64) -> Option<Vec<f64>> {
    let size = weights.len();
    let mut gradient = vec![0.0; size];
    let mut curvature = vec![vec![0.0; size]; size];
    for (row, answer) in rows {
        let likely = sigmoid(score(row, weights));
        let (error, weight) = (answer - likely, likely * (1.0 - likely));
        for (i, value) in row.iter().enumerate() {
            gradient[i] += error * value;
            let weighted = weight * value;
            for (at, other) in curvature[i].iter_mut().zip(&row[..=i]) {
                *at += weighted * other;
            }
        }
    }
    for i in 0..size - 1 {
        gradient[i] -= strength * weights[i];
        curvature[i][i] += strength;
    }
    solve(curvature, &gradient)
}

/// Solves a symmetric positive definite system, of which the lower triangle is given, by Cholesky's factors.
fn solve(mut matrix: Vec<Vec<f64>>, right: &[f64]) -> Option<Vec<f64>> {
    let size = right.len();
    for i in 0..size {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - known;
            matrix[i][j] = if i != j {
                rest / matrix[j][j]
            } else if rest > 0.0 {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    let mut solution = right.to_vec();
    for i in 0..size {
        let known: f64 = (0..i).map(|k| matrix[i][k] * solution[k]).sum();
        solution[i] = (solution[i] - known) / matrix[i][i];
    }
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|k| matrix[k][i] * solution[k]).sum();
        solution[i] = (solution[i] - known) / matrix[i][i];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three of four are right on either side: by hand the log odds are ± ln 3 without a penalty.
    fn balanced() -> Vec<(Vec<f64>, bool)> {
        let side = |x: f64, answers: [bool; 4]| answers.map(|answer| (vec![x], answer));
        [side(1.0, [true, true, true, false]), side(-1.0, [false, false, false, true])].concat()
    }

    #[test]
    fn weights_are_those_computed_by_hand() {
        // The gradient at weight w and intercept 0: 3 − 4 σ(w) from the right side, 4 σ(−w) − 1 from the left one, that is
        // 6 − 8 σ(w), which the penalty's s · w has to meet. At w = ln 2 it is 6 − 16/3 = 2/3.
        let free = Logistic::fit(&balanced(), 0.0).unwrap();
        assert!((free.weights[0] - 3.0_f64.ln()).abs() < 1e-9 && free.weights[1].abs() < 1e-9, "{free:?}");
        let held = Logistic::fit(&balanced(), 2.0 / 3.0 / 2.0_f64.ln()).unwrap();
        assert!((held.weights[0] - 2.0_f64.ln()).abs() < 1e-9, "{held:?}");
        assert!((held.probability(&[1.0]) - 2.0 / 3.0).abs() < 1e-9);
        assert!((held.probability(&[-1.0]) - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn the_unit_of_a_feature_and_a_feature_twice_change_nothing() {
        let other: Vec<(Vec<f64>, bool)> =
            balanced().into_iter().map(|(row, answer)| (vec![row[0] * 1e4 + 7.0, 5.0], answer)).collect();
        let plain = Logistic::fit(&balanced(), 1.0).unwrap();
        let scaled = Logistic::fit(&other, 1.0).unwrap();
        assert!((plain.probability(&[1.0]) - scaled.probability(&[10_007.0, 5.0])).abs() < 1e-9);
        // What stands there twice shares its weight.
        let twice: Vec<(Vec<f64>, bool)> =
            balanced().into_iter().map(|(row, answer)| (vec![row[0], row[0]], answer)).collect();
        let twice = Logistic::fit(&twice, 1.0).unwrap();
        assert!((twice.weights[0] - twice.weights[1]).abs() < 1e-9, "{twice:?}");
    }

    #[test]
    fn what_is_separable_ends_at_the_penalty() {
        let rows: Vec<(Vec<f64>, bool)> = (0..100).map(|row| (vec![f64::from(row)], row >= 50)).collect();
        let fitted = Logistic::fit(&rows, 1.0).unwrap();
        assert!(fitted.weights.iter().all(|weight| weight.is_finite()), "{fitted:?}");
        assert!(fitted.probability(&[99.0]) > 0.99 && fitted.probability(&[0.0]) < 0.01);
        // At the optimum the gradient is the penalty: sum of errors times the feature = strength × weight.
        let scaled: Vec<(Vec<f64>, f64)> =
            rows.iter().map(|(row, yes)| (super::scaled(row, &fitted.scales), f64::from(u8::from(*yes)))).collect();
        let gradient: f64 = scaled.iter().map(|(row, yes)| (yes - sigmoid(score(row, &fitted.weights))) * row[0]).sum();
        assert!((gradient - fitted.weights[0]).abs() < 1e-6, "{gradient} {fitted:?}");
    }

    #[test]
    fn without_both_answers_there_is_nothing_to_fit() {
        assert_eq!(Logistic::fit(&[], 1.0), None);
        assert_eq!(Logistic::fit(&[(vec![1.0], true), (vec![2.0], true)], 1.0), None);
    }
}
