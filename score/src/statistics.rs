//! Intervals and skill over many runs: a share with its uncertainty, a mean over scenarios, a confidence that means it.

use crate::naive::mix;

/// An estimate with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
}

/// The normal quantile of a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

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

fn mean(values: &[f64]) -> f64 {
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
    fn skill_is_one_for_a_prophet_and_nothing_for_the_base_rate() {
        let skill =
            |pairs: &[(f64, bool)]| brier_skill(pairs).map_or_else(|| "none".to_owned(), |it| format!("{it:.2}"));
        assert_eq!(skill(&[(1.0, true), (0.0, false)]), "1.00");
        assert_eq!(skill(&[(0.5, true), (0.5, false)]), "0.00");
        assert_eq!(skill(&[(0.0, true), (1.0, false)]), "-3.00");
        assert_eq!(skill(&[(0.9, true)]), "none");
    }
}
