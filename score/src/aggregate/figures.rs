//! The figures that tables are made of: a share with its interval, and a spread.

use serde::{Deserialize, Serialize};

use crate::statistics::{SCENARIOS_MIN, bootstrap_over_scenarios, wilson};

/// A share with the interval of Wilson, 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub hits: u64,
    pub of: u64,
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

impl Share {
    /// Counts what is true. None: there is nothing to count.
    pub fn counted(values: impl IntoIterator<Item = bool>) -> Option<Self> {
        let (hits, of) = values.into_iter().fold((0, 0), |(hits, of), hit| (hits + u64::from(hit), of + 1));
        let interval = wilson(hits, of)?;
        Some(Self { hits, of, share: interval.estimate, low: interval.low, high: interval.high })
    }
}

/// Smallest, middle and largest of some values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub count: u64,
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    /// None: there are no values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Some(Self { count: values.len() as u64, low, median, high })
    }
}

/// A mean over scenarios, each worth the same, however many runs it has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    pub value: f64,
    pub scenarios: u64,
    /// 95 %, by resampling scenarios. None: there are too few.
    pub interval: Option<(f64, f64)>,
}

impl Mean {
    /// Each inner list holds the values of one scenario's runs. None: there is no value.
    pub(super) fn over(scenarios: &[Vec<f64>], resamples: u32, seed: u64) -> Option<Self> {
        let number = scenarios.iter().filter(|values| !values.is_empty()).count();
        let drawn = bootstrap_over_scenarios(scenarios, resamples, seed)?;
        let interval = (number >= SCENARIOS_MIN).then_some((drawn.low, drawn.high));
        Some(Self { value: drawn.estimate, scenarios: number as u64, interval })
    }
}

/// The mean of what there is. None: there is nothing.
pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.into_iter().collect();
    (!values.is_empty()).then(|| crate::statistics::mean(&values))
}

/// How much of the way from chance to perfect was gone: 1 is perfect, 0 no better than chance. None: chance is perfect.
pub(super) fn skill(score: f64, chance: f64) -> Option<f64> {
    (chance < 1.0).then(|| (score - chance) / (1.0 - chance))
}
