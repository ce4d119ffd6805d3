//! The few statistical tests that all analyses share.

/// The 99.9 % point of the chi-squared distribution with one degree of freedom: one false alarm in a thousand tests.
pub(crate) const SIGNIFICANT_G: f64 = 10.83;
/// The median absolute deviation of a normal distribution times this is its standard deviation.
const MAD_TO_SIGMA: f64 = 1.4826;

/// Wilks' likelihood ratio (G) of two shares: `failures` of `trials`, before and after.
pub(crate) fn g_of_shares(before: (u64, u64), after: (u64, u64)) -> f64 {
    let total = ((before.0 + after.0) as f64, (before.1 + after.1) as f64);
    if before.1 == 0 || after.1 == 0 {
        return 0.0;
    }
    let pooled = total.0 / total.1;
    let cell =
        |seen: f64, expected: f64| if seen > 0.0 && expected > 0.0 { seen * (seen / expected).ln() } else { 0.0 };
    let side = |(hits, trials): (u64, u64)| {
        let (hits, trials) = (hits as f64, trials as f64);
        cell(hits, trials * pooled) + cell(trials - hits, trials * (1.0 - pooled))
    };
    (2.0 * (side(before) + side(after))).max(0.0)
}

/// A share; 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Whether a share rose: at least doubled, and not by chance.
pub(crate) fn share_rose(before: (u64, u64), after: (u64, u64)) -> bool {
    const AT_LEAST: f64 = 2.0;
    share(after.0, after.1) >= AT_LEAST * share(before.0, before.1) && g_of_shares(before, after) >= SIGNIFICANT_G
}

/// The quantile of sorted values by the nearest rank; none of nothing.
pub(crate) fn quantile<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get(((last as f64) * share).round() as usize).copied()
}

/// The median of values in any order; none of nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// Median and robust standard deviation.
pub(crate) fn center_and_spread(values: &[f64]) -> Option<(f64, f64)> {
    let center = median(values)?;
    let deviations: Vec<f64> = values.iter().map(|value| (value - center).abs()).collect();
    Some((center, median(&deviations)? * MAD_TO_SIGMA))
}

/// The mean of values; none of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Pearson's correlation of pairs; 0 where either side is constant.
pub(crate) fn correlation(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let n = pairs.clone().count().max(1) as f64;
    let (x, y) = pairs.clone().fold((0.0, 0.0), |(x, y), pair| (x + pair.0 / n, y + pair.1 / n));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for pair in pairs {
        let (dx, dy) = (pair.0 - x, pair.1 - y);
        (xx, yy, xy) = (xx + dx * dx, yy + dy * dy, xy + dx * dy);
    }
    if xx > 0.0 && yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 }
}

/// The first index of the part after the change, where one exists: the cut that leaves the least squared error
/// (binary segmentation; Scott and Knott, 1974), both sides at least `min_side` long. O(n).
pub(crate) fn change_point(values: &[f64], min_side: usize) -> Option<usize> {
    let (total, n) = (values.iter().sum::<f64>(), values.len());
    let overall = total / n.max(1) as f64;
    let (mut left, mut best): (f64, Option<(f64, usize)>) = (0.0, None);
    for (index, value) in values.iter().enumerate() {
        left += value;
        let (below, above) = (index + 1, n - index - 1);
        if below < min_side.max(1) || above < min_side.max(1) {
            continue;
        }
        let (low, high) = (left / below as f64, (total - left) / above as f64);
        let gain = below as f64 * (low - overall).powi(2) + above as f64 * (high - overall).powi(2);
        if best.is_none_or(|(most, _)| gain > most) {
            best = Some((gain, index + 1));
        }
    }
    best.filter(|(gain, _)| *gain > 0.0).map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_found_where_it_is() {
        assert_eq!(change_point(&[1.0, 1.2, 0.9, 5.0, 5.1, 4.8], 2), Some(3));
        assert_eq!(change_point(&[2.0; 8], 1), None);
        assert_eq!(change_point(&[], 1), None);
    }

    #[test]
    fn what_moves_together_correlates() {
        let with = |other: [f64; 4]| correlation([1.0, 2.0, 3.0, 4.0].into_iter().zip(other));
        assert!((with([10.0, 20.0, 30.0, 40.0]) - 1.0).abs() < 1e-12);
        assert!((with([4.0, 3.0, 2.0, 1.0]) + 1.0).abs() < 1e-12);
        assert!(with([7.0; 4]).abs() < 1e-12);
    }

    #[test]
    fn shares_rise_only_beyond_chance() {
        assert!(share_rose((1, 1_000), (50, 500)));
        assert!(!share_rose((0, 20), (1, 20)));
        assert!(!share_rose((100, 200), (150, 200)));
        assert!(!share_rose((0, 0), (5, 5)));
    }

    #[test]
    fn the_spread_ignores_single_outliers() {
        let (center, spread) = center_and_spread(&[9.0, 10.0, 11.0, 10.0, 500.0]).expect("there are values");
        assert!((center - 10.0).abs() < 1e-9 && (spread - 1.4826).abs() < 1e-9);
        assert_eq!(center_and_spread(&[]), None);
    }
}
