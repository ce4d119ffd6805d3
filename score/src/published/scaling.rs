//! Two ways to say how far values are from what was usual: by mean and deviation, by median and quartiles.

/// What was usual, and how much it varied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) centre: f64,
    /// Never 0.
    pub(super) spread: f64,
}

impl Scale {
    /// Mean and standard deviation of all values, not of a sample of them.
    pub(super) fn standard(values: &[f64]) -> Self {
        let mean = crate::statistics::mean(values);
        let squares: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
        Self::new(mean, crate::statistics::mean(&squares).sqrt())
    }

    /// Median and the distance of the quartiles, each between the two nearest values in proportion.
    pub(super) fn robust(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self::new(quantile(&sorted, 0.5), quantile(&sorted, 0.75) - quantile(&sorted, 0.25))
    }

    /// What never varied is measured in its own unit: that is how scikit-learn's scalers avoid dividing by 0.
    fn new(centre: f64, spread: f64) -> Self {
        Self { centre, spread: if spread > 0.0 { spread } else { 1.0 } }
    }

    pub(super) fn score(&self, value: f64) -> f64 {
        (value - self.centre) / self.spread
    }
}

/// Of sorted values, at least one.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() - 1) as f64 * share;
    let below = at.floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index of the values")]
    let (low, high) = (sorted[below as usize], sorted[at.ceil() as usize]);
    low + (high - low) * (at - below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_what_one_computes_by_hand() {
        // Mean 5; squares 9, 1, 1, 1, 0, 0, 4, 16 make 32, and the root of 32/8 is 2.
        let standard = Scale::standard(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!(standard, Scale { centre: 5.0, spread: 2.0 });
        // Places 0, 1, 2, 3: the quartiles are at 0.75 and 2.25.
        let robust = Scale::robust(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!(robust, Scale { centre: 2.5, spread: 1.5 });
        assert_eq!(Scale::robust(&[7.0, 7.0, 7.0]), Scale { centre: 7.0, spread: 1.0 });
        assert!((standard.score(11.0) - 3.0).abs() < 1e-12);
    }
}
