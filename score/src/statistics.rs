//! Intervals and skill over many runs: a share with its uncertainty, a mean over scenarios, a confidence that means it.

mod confidence;
mod exact;

use serde::{Deserialize, Serialize};

use crate::naive::mix;

pub use confidence::{Covered, area_under_curve, brier, brier_skill, calibration_slope, risk_coverage};
pub use exact::{binomial_limit, binomial_tail, sign_test};

/// An estimate with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
}

/// The normal quantile of a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;
/// Of fewer scenarios a resampled interval says nothing: draws of four have 35 different make-ups at most, and the same
/// one four times over every 64th time.
pub const SCENARIOS_MIN: usize = 5;

/// The interval of a share by Wilson (1927), 95 %. None: nothing was tried.
pub fn wilson(hits: u64, tries: u64) -> Option<Interval> {
    if tries == 0 {
        return None;
    }
    let (n, estimate) = (tries as f64, hits.min(tries) as f64 / tries as f64);
    let spread = Z * Z / n;
    let centre = (estimate + spread / 2.0) / (1.0 + spread);
    let half = Z / (1.0 + spread) * (estimate * (1.0 - estimate) / n + spread / (4.0 * n)).sqrt();
    Some(Interval { estimate, low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

/// The mean over scenarios with a percentile interval of 95 % by resampling scenarios whole (Efron 1979): seeds of one
/// scenario are not independent. Each inner list holds the values of one scenario's runs; empty ones are left out.
/// None: no scenario has a value.
pub fn bootstrap_over_scenarios(scenarios: &[Vec<f64>], resamples: u32, seed: u64) -> Option<Interval> {
    let means: Vec<f64> = scenarios.iter().filter(|values| !values.is_empty()).map(|values| mean(values)).collect();
    if means.is_empty() {
        return None;
    }
    let mut state = mix(seed);
    let mut pick = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        means[usize::try_from(mix(state) % means.len() as u64).expect("below a usize")]
    };
    let mut drawn: Vec<f64> =
        (0..resamples.max(1)).map(|_| mean(&means.iter().map(|_| pick()).collect::<Vec<_>>())).collect();
    drawn.sort_by(f64::total_cmp);
    let at = |quantile: f64| drawn[((drawn.len() - 1) as f64 * quantile).round() as usize];
    Some(Interval { estimate: mean(&means), low: at(0.025), high: at(0.975) })
}

/// The interval of any figure over all runs, percentile, 95 %, by resampling scenarios whole (Efron 1979). Draws for which
/// the figure does not exist are left out. None: there are fewer than [`SCENARIOS_MIN`] scenarios, or hardly a draw has
/// the figure.
pub fn resampled<T: Copy>(
    scenarios: &[Vec<T>],
    resamples: u32,
    seed: u64,
    figure: impl Fn(&[T]) -> Option<f64>,
) -> Option<(f64, f64)> {
    let groups: Vec<&Vec<T>> = scenarios.iter().filter(|values| !values.is_empty()).collect();
    if groups.len() < SCENARIOS_MIN {
        return None;
    }
    let mut state = mix(seed);
    let mut draw = || {
        let mut drawn = Vec::new();
        for _ in &groups {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let group = usize::try_from(mix(state) % groups.len() as u64).expect("below a usize");
            drawn.extend_from_slice(groups[group]);
        }
        figure(&drawn)
    };
    let mut figures: Vec<f64> = (0..resamples).filter_map(|_| draw()).collect();
    figures.sort_by(f64::total_cmp);
    let at = |quantile: f64| figures[((figures.len() - 1) as f64 * quantile).round() as usize];
    (figures.len() as u64 * 2 >= u64::from(resamples) && !figures.is_empty()).then(|| (at(0.025), at(0.975)))
}

/// How many independent runs the runs of some scenarios are worth (Kish 1965): seeds of one scenario resemble each other
/// more than scenarios do, and the share of variance between scenarios says by how much (one-way analysis of variance).
/// Where nothing varies within scenarios, a scenario is worth one run. None: no scenario has a value.
pub fn effective_n(scenarios: &[Vec<f64>]) -> Option<f64> {
    let groups: Vec<&Vec<f64>> = scenarios.iter().filter(|values| !values.is_empty()).collect();
    if groups.is_empty() {
        return None;
    }
    let (number, total) = (groups.len() as f64, groups.iter().map(|values| values.len()).sum::<usize>() as f64);
    let everything = mean(&groups.iter().flat_map(|values| values.iter().copied()).collect::<Vec<_>>());
    let between: f64 = groups.iter().map(|values| values.len() as f64 * (mean(values) - everything).powi(2)).sum();
    let within: f64 = groups.iter().flat_map(|values| values.iter().map(|value| (value - mean(values)).powi(2))).sum();
    if groups.len() < 2 || within <= 0.0 || total <= number {
        return Some(number);
    }
    let squares: f64 = groups.iter().map(|values| (values.len() as f64).powi(2)).sum();
    let typical = (total - squares / total) / (number - 1.0);
    let (between, within) = (between / (number - 1.0), within / (total - number));
    let resemblance = ((between - within) / (between + (typical - 1.0) * within)).clamp(0.0, 1.0);
    Some((total / (1.0 + (typical - 1.0) * resemblance)).max(number))
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(interval: Option<Interval>) -> String {
        interval.map_or_else(
            || "none".to_owned(),
            |Interval { estimate, low, high }| format!("{estimate:.4} [{low:.4}, {high:.4}]"),
        )
    }

    #[test]
    fn wilson_agrees_with_published_values() {
        // Newcombe (1998), Statistics in Medicine 17: table I, method 3.
        assert_eq!(shown(wilson(81, 263)), "0.3080 [0.2553, 0.3662]");
        assert_eq!(shown(wilson(15, 148)), "0.1014 [0.0624, 0.1605]");
        assert_eq!(shown(wilson(0, 20)), "0.0000 [0.0000, 0.1611]");
        assert_eq!(shown(wilson(1, 29)), "0.0345 [0.0061, 0.1718]");
        assert_eq!(shown(wilson(0, 0)), "none");
    }

    #[test]
    fn many_seeds_of_one_scenario_do_not_narrow_the_interval() {
        let few = vec![vec![1.0; 2], vec![0.0; 2], vec![1.0; 2], vec![0.0; 2]];
        let many = vec![vec![1.0; 200], vec![0.0; 200], vec![1.0; 200], vec![0.0; 200]];
        let narrow = bootstrap_over_scenarios(&many, 2_000, 1);
        assert_eq!(bootstrap_over_scenarios(&few, 2_000, 1), narrow);
        assert_eq!(shown(narrow), "0.5000 [0.0000, 1.0000]");
        assert_eq!(bootstrap_over_scenarios(&[vec![]], 100, 1), None);
    }

    #[test]
    fn a_figure_of_few_scenarios_has_no_interval_and_one_of_many_encloses_it() {
        let share = |values: &[f64]| (!values.is_empty()).then(|| mean(values));
        let groups =
            |number: usize| (0..number).map(|one| vec![f64::from(u8::from(one % 2 == 0)); 7]).collect::<Vec<_>>();
        assert_eq!(resampled(&groups(4), 500, 1, share), None);
        let (low, high) = resampled(&groups(20), 500, 1, share).unwrap();
        assert!(low > 0.2 && low < 0.4 && high > 0.6 && high < 0.8, "{low} {high}");
        assert_eq!(resampled(&groups(20), 500, 1, |_: &[f64]| None), None);
    }

    #[test]
    fn runs_that_resemble_each_other_count_less() {
        let shown = |groups: &[Vec<f64>]| effective_n(groups).map_or_else(|| "none".to_owned(), |n| format!("{n:.1}"));
        // All of a scenario's runs alike, scenarios different: two scenarios are two runs.
        assert_eq!(shown(&[vec![1.0; 50], vec![0.0; 50]]), "2.0");
        // Scenarios alike, runs different: every run counts.
        assert_eq!(shown(&[[1.0, 0.0].repeat(25), [0.0, 1.0].repeat(25)]), "100.0");
        assert_eq!(shown(&[vec![1.0; 10], vec![1.0; 10], vec![]]), "2.0");
        assert_eq!(shown(&[vec![1.0, 0.0, 1.0]]), "1.0");
        assert_eq!(shown(&[]), "none");
        let between = effective_n(&[vec![1.0, 1.0, 1.0, 0.0], vec![0.0, 0.0, 1.0, 0.0]]).unwrap();
        assert!(between > 2.0 && between < 8.0, "{between}");
    }
}
