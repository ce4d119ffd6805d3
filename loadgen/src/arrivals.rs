//! Planned arrivals: a Poisson process whose rate drifts along a sine, from the seed alone.

use std::f64::consts::TAU;
use std::time::Duration;

use rand::RngExt as _;
use scenarios::model::Load;
use world::Draws;

/// The times of all searches, ascending, from zero on, without end.
///
/// Thinning (Lewis and Shedler 1979): candidates come at the highest rate, and each stays with the probability
/// that the rate at its time has of it.
pub fn arrivals(draws: Draws, load: &Load, drift_phase: f64) -> impl Iterator<Item = Duration> + use<> {
    let Load { rate_per_s, drift, drift_period, .. } = *load;
    let mut generator = draws.generator("arrivals", "");
    let highest = rate_per_s * (1.0 + drift);
    let mut at_s = 0.0;
    std::iter::from_fn(move || {
        loop {
            at_s += -(1.0 - generator.random::<f64>()).ln() / highest;
            let rate = rate_per_s * (1.0 + drift * (TAU * (at_s / drift_period.as_secs_f64() + drift_phase)).sin());
            if generator.random::<f64>() * highest < rate {
                return Some(Duration::from_secs_f64(at_s));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_rate_is_the_stated_one_and_the_drift_follows_its_sine() {
        let load = Load::default();
        let times: Vec<f64> =
            arrivals(Draws::new(3), &load, 0.0).map(|at| at.as_secs_f64()).take_while(|at| *at < 6_000.0).collect();
        let rate = times.len() as f64 / 6_000.0;
        assert!((rate / 30.0 - 1.0).abs() < 0.02, "{rate}");
        let high = times.iter().filter(|at| **at % 60.0 < 30.0).count() as f64 / times.len() as f64;
        // Over its upper half a sine of amplitude 0.3 adds 0.6 / π to the mean.
        assert!((high - (0.5 + 0.3 / std::f64::consts::PI)).abs() < 0.01, "{high}");
    }

    #[test]
    fn the_same_seed_plans_the_same_arrivals() {
        let plan = |seed| arrivals(Draws::new(seed), &Load::default(), 0.4).take(100).collect::<Vec<_>>();
        assert_eq!(plan(1), plan(1));
        assert_ne!(plan(1), plan(2));
    }
}
