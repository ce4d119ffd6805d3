//! Bayesian online change point detection over several series at once (Adams and `MacKay` 2007), with the predictive
//! distribution that BARO's code uses: a Student t from a normal-Wishart prior.

/// A run of observations between two changes: what was learnt from it so far. Symbols as in Haines, "Gaussian Conjugate
/// Prior Cheat Sheet": observations seen and degrees of freedom, both with the prior's, mean, and scatter.
#[derive(Clone, Debug)]
struct Run {
    kappa: f64,
    /// Degrees of freedom of the Wishart distribution.
    nu: usize,
    mean: Vec<f64>,
    /// The lower triangular root of the scatter, row by row.
    root: Vec<f64>,
}

/// How likely it is that the current run is of some length, after each observation: `share[t][r]` is the probability that,
/// after `t` observations, the last `r` of them belong to one run. Row 0 is before any.
#[derive(Clone, Debug, PartialEq)]
pub struct RunLengths {
    pub share: Vec<Vec<f64>>,
}

impl RunLengths {
    /// Goes through observations, each of the same number of values, which should lie in 0..1: the prior has mean 0 and
    /// scatter 1. `hazard` is how likely a change is at any time.
    pub fn of(observations: &[Vec<f64>], hazard: f64) -> Self {
        let dims = observations.first().map_or(0, Vec::len);
        let gamma = HalfGammas::up_to(observations.len() + 2 * dims + 2);
        let prior = Run::prior(dims);
        let mut runs = vec![prior.clone()];
        let mut share = vec![vec![1.0]];
        for observation in observations {
            let last = share.last().expect("row 0 is there");
            // In logarithms against the likeliest: with many series all densities may be too small for a number.
            let logs: Vec<f64> = runs.iter().map(|run| run.log_density(observation, &gamma)).collect();
            let highest = logs.iter().zip(last).filter(|(_, share)| **share > 0.0).map(|(log, _)| *log);
            let highest = highest.fold(f64::NEG_INFINITY, f64::max);
            let weights: Vec<f64> =
                logs.iter().zip(last).map(|(log, share)| share * (log - highest).exp().min(1.0)).collect();
            let whole: f64 = weights.iter().sum();
            let grown = weights.iter().map(|weight| weight * (1.0 - hazard) / whole);
            share.push(std::iter::once(hazard).chain(grown).collect());
            for run in &mut runs {
                run.learn(observation);
            }
            // A run of length 0 has learnt nothing, and each run became one longer.
            runs.insert(0, prior.clone());
        }
        Self { share }
    }

    /// The probability that a run of this length ends with observation `t`.
    fn at(&self, t: usize, length: usize) -> f64 {
        self.share[t].get(length).copied().unwrap_or(0.0)
    }

    /// For each observation, the probability of a run having begun with it, judged `later` observations afterwards. There
    /// are fewer than observations: of the last ones it is not known yet.
    pub fn begun(&self, later: usize) -> Vec<f64> {
        (later..self.share.len().saturating_sub(1)).map(|t| self.at(t, later)).collect()
    }
}

impl Run {
    fn prior(dims: usize) -> Self {
        let mut root = vec![0.0; dims * dims];
        root.iter_mut().step_by(dims + 1).for_each(|diagonal| *diagonal = 1.0);
        // The fewest degrees of freedom for which the distribution exists.
        Self { kappa: 1.0, nu: dims + 1, mean: vec![0.0; dims], root }
    }

    /// The logarithm of the density of the next observation, which is a multivariate t.
    fn log_density(&self, observation: &[f64], gamma: &HalfGammas) -> f64 {
        let dims = self.mean.len();
        let freedom = self.nu - dims + 1;
        let width = (self.kappa + 1.0) / (self.kappa * freedom as f64);
        // Forward substitution: the length of the solution is the distance in units of the scatter.
        let mut solved = vec![0.0; dims];
        let mut distance = 0.0;
        let mut log_determinant = dims as f64 * width.ln();
        for row in 0..dims {
            let cells = &self.root[row * dims..=row * dims + row];
            let known: f64 = cells[..row].iter().zip(&solved).map(|(cell, value)| cell * value).sum();
            solved[row] = (observation[row] - self.mean[row] - known) / cells[row];
            distance += solved[row] * solved[row] / width;
            log_determinant += 2.0 * cells[row].ln();
        }
        let freedom_f = freedom as f64;
        gamma.log(freedom + dims)
            - gamma.log(freedom)
            - 0.5 * (dims as f64 * (freedom_f * std::f64::consts::PI).ln() + log_determinant)
            - 0.5 * (freedom + dims) as f64 * (distance / freedom_f).ln_1p()
    }

    fn learn(&mut self, observation: &[f64]) {
        let weight = (self.kappa / (self.kappa + 1.0)).sqrt();
        let mut change: Vec<f64> =
            observation.iter().zip(&self.mean).map(|(value, mean)| (value - mean) * weight).collect();
        for (mean, value) in self.mean.iter_mut().zip(observation) {
            *mean = (self.kappa * *mean + value) / (self.kappa + 1.0);
        }
        self.kappa += 1.0;
        self.nu += 1;
        add_square(&mut self.root, &mut change);
    }
}

/// The root of a matrix to which the square of a vector was added (Gill, Golub, Murray and Saunders 1974). The vector is
/// used up.
fn add_square(root: &mut [f64], vector: &mut [f64]) {
    let dims = vector.len();
    for at in 0..dims {
        let diagonal = root[at * dims + at];
        let longer = diagonal.hypot(vector[at]);
        let (cosine, sine) = (longer / diagonal, vector[at] / diagonal);
        root[at * dims + at] = longer;
        for row in at + 1..dims {
            let cell = &mut root[row * dims + at];
            *cell = (*cell + sine * vector[row]) / cosine;
            vector[row] = cosine * vector[row] - sine * *cell;
        }
    }
}

/// Logarithms of the gamma function at halves of whole numbers, which is all that a t distribution with whole degrees of
/// freedom needs.
struct HalfGammas(Vec<f64>);

impl HalfGammas {
    fn up_to(halves: usize) -> Self {
        // The gamma function of one half is the root of pi, of one it is 1, and each further one follows from the one
        // before the last.
        let mut logs = vec![f64::INFINITY, 0.5 * std::f64::consts::PI.ln(), 0.0];
        for number in 3..=halves.max(2) {
            let before = number - 2;
            logs.push(logs[before] + (before as f64 / 2.0).ln());
        }
        Self(logs)
    }

    /// Of `halves` / 2.
    fn log(&self, halves: usize) -> f64 {
        self.0[halves]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} and {b}");
    }

    #[test]
    fn two_observations_are_what_one_computes_by_hand() {
        // One series, 0 and then 1. Prior: kappa 1, nu 2, mean 0, scatter 1, so that the prediction is a t with
        // 2 − 1 + 1 = 2 degrees of freedom and scale 1 · (1 + 1) / (1 · 2) = 1.
        let lengths = RunLengths::of(&[vec![0.0], vec![1.0]], 0.02);
        assert_eq!(lengths.share[0], [1.0]);
        // There is but one run, whose density cancels out.
        near(lengths.share[1][0], 0.02);
        near(lengths.share[1][1], 0.98);
        // A run that begins with 1: t with 2 degrees at 1 is (2 + 1²)^−1.5 = 0.19245. A run that has seen 0: kappa 2, nu 3,
        // mean 0, scatter 1, hence 3 degrees of freedom and scale 1 · 3 / (2 · 3) = 1/2; t with 3 degrees at 1 is
        // 2 / (π √3 √½) · (1 + 1² / (3 · ½))^−2 = 0.18713.
        let new = 3.0_f64.powf(-1.5);
        let old = 2.0 / (std::f64::consts::PI * 1.5_f64.sqrt()) * (1.0 + 2.0 / 3.0_f64).powi(-2);
        let whole = 0.02 * new + 0.98 * old;
        near(lengths.share[2][0], 0.02);
        near(lengths.share[2][1], 0.98 * 0.02 * new / whole);
        near(lengths.share[2][2], 0.98 * 0.98 * old / whole);
    }

    #[test]
    fn the_density_of_two_series_is_what_one_computes_by_hand() {
        // Two dimensions: nu 3, hence 2 degrees of freedom and scale 2 / (1 · 2) = 1. At (1, 2) the density is
        // Γ(2) / (Γ(1) · 2π) · (1 + 5/2)^−2.
        let gamma = HalfGammas::up_to(12);
        let mut run = Run::prior(2);
        near(run.log_density(&[1.0, 2.0], &gamma), (3.5_f64.powi(-2) / (2.0 * std::f64::consts::PI)).ln());
        // Learnt (1, 2): kappa 2, nu 4, mean (½, 1), scatter I + ½ (1, 2)(1, 2)ᵀ = (1.5, 1; 1, 3), determinant 3.5, inverse
        // (3, −1; −1, 1.5) / 3.5; 3 degrees of freedom, scale 3 / (2 · 3) = ½. At (0.5, 2) the distance is
        // (0, 1) · inverse · (0, 1) / ½ = 6/7, and the density Γ(5/2) / (Γ(3/2) · 3π · √(3.5/4)) · (1 + 2/7)^−2.5.
        run.learn(&[1.0, 2.0]);
        let by_hand = 1.5 / (3.0 * std::f64::consts::PI * (3.5_f64 / 4.0).sqrt()) * (9.0 / 7.0_f64).powf(-2.5);
        near(run.log_density(&[0.5, 2.0], &gamma), by_hand.ln());
    }

    #[test]
    fn a_jump_begins_a_run_and_every_row_is_a_distribution() {
        let level = |at: usize| if at < 20 { [0.1, 0.2] } else { [0.9, 0.7] };
        let wiggle = |at: usize| 0.01 * (at % 3) as f64;
        let observations: Vec<Vec<f64>> =
            (0..40).map(|at| level(at).map(|value| value + wiggle(at)).to_vec()).collect();
        let lengths = RunLengths::of(&observations, 0.02);
        for row in &lengths.share {
            near(row.iter().sum(), 1.0);
        }
        let begun = lengths.begun(10);
        assert_eq!(begun.len(), 30);
        assert!(begun[20] > 0.9, "{begun:?}");
        let likeliest = (1..begun.len()).max_by(|a, b| begun[*a].total_cmp(&begun[*b]));
        assert_eq!(likeliest, Some(20));
    }
}
