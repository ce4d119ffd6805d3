//! The few statistical tests that all analyses share.

/// The 99.9 % point of the chi-squared distribution with one degree of freedom: one false alarm in a thousand tests.
pub(crate) const SIGNIFICANT_G: f64 = 10.83;
/// The median absolute deviation of a normal distribution times this is its standard deviation.
const MAD_TO_SIGMA: f64 = 1.4826;

/// The upper end of a share's interval by Wilson (1927), 95 %; 1 where nothing was tried.
pub(crate) fn upper_share(hits: u64, tries: u64) -> f64 {
    /// The normal quantile of a two-sided interval of 95 %.
    const Z: f64 = 1.959_963_984_540_054;
    if tries == 0 {
        return 1.0;
    }
    let (n, share) = (tries as f64, share(hits, tries));
    let spread = Z * Z / n;
    let half = Z * (share * (1.0 - share) / n + spread / (4.0 * n)).sqrt();
    ((share + spread / 2.0 + half) / (1.0 + spread)).min(1.0)
}

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

/// How likely a likelihood ratio (G) this large is by chance: the tail of the chi-squared distribution with one degree of
/// freedom, to about one part in ten million (the complementary error function by Chebyshev fit; Press et al.,
/// Numerical Recipes, 2nd edition, section 6.2).
pub(crate) fn chance_of_g(g: f64) -> f64 {
    const FIT: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let x = (g.max(0.0) / 2.0).sqrt();
    let t = 1.0 / (1.0 + 0.5 * x);
    let exponent = FIT.iter().rev().fold(0.0, |sum, factor| sum * t + factor);
    (t * (exponent - x * x).exp()).clamp(0.0, 1.0)
}

/// Which of many findings may be told if at most the given share of those told may be chance (Benjamini and Hochberg,
/// 1995). In the order of the chances.
pub(crate) fn discoveries(chances: &[f64], false_share: f64) -> Vec<bool> {
    let mut sorted = chances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = chances.len() as f64;
    let limit = (1_u32..).zip(&sorted).filter(|(rank, chance)| **chance <= f64::from(*rank) / n * false_share).last();
    let limit = limit.map(|(_, chance)| *chance);
    chances.iter().map(|chance| limit.is_some_and(|limit| *chance <= limit)).collect()
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

/// Likelihood ratio of two Poisson rates with unequal exposure.
pub(crate) fn g_of_rates(counts: (u64, u64), exposures: (f64, f64)) -> f64 {
    let total = (counts.0 + counts.1) as f64;
    let exposure = exposures.0 + exposures.1;
    let cell = |count: u64, seconds: f64| {
        let (count, expected) = (count as f64, total * seconds / exposure);
        if count > 0.0 { count * (count / expected).ln() } else { 0.0 }
    };
    (2.0 * (cell(counts.0, exposures.0) + cell(counts.1, exposures.1))).max(0.0)
}

/// Whether a rate changed, and not by chance: counts of rare things, and the time or number of trials behind each.
pub(crate) fn rate_changed(counts: (u64, u64), exposures: (f64, f64)) -> bool {
    exposures.0 > 0.0 && exposures.1 > 0.0 && g_of_rates(counts, exposures) >= SIGNIFICANT_G
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

/// The most of the intervals, each from its begin to its end, that there are at one time.
pub(crate) fn most_at_once(intervals: impl Iterator<Item = (u64, u64)>) -> u64 {
    let mut edges: Vec<(u64, i64)> = intervals.flat_map(|(begins, ends)| [(begins, 1), (ends, -1)]).collect();
    // At one moment what ends goes before what begins.
    edges.sort_unstable();
    let (mut now, mut most) = (0_i64, 0_i64);
    for (_, step) in edges {
        now += step;
        most = most.max(now);
    }
    most.unsigned_abs()
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

/// Where values leave a level that is known: the first index of the part after the change, 0 where all of it has
/// changed. The cut that leaves the least squared error when the part before it is at the level. O(n).
pub(crate) fn departure(values: &[f64], level: f64) -> usize {
    let square = |value: &f64| (value - level).powi(2);
    // Errors of the part after a cut about its own mean, from sums; the shift by the level keeps them exact.
    let (mut sum, mut squares) = values.iter().fold((0.0, 0.0), |(sum, all), v| (sum + v - level, all + square(v)));
    let (mut before, mut best) = (0.0, (f64::INFINITY, 0));
    for (cut, value) in values.iter().enumerate() {
        let after = (squares - sum * sum / (values.len() - cut) as f64).max(0.0);
        if before + after < best.0 {
            best = (before + after, cut);
        }
        before += square(value);
        sum -= value - level;
        squares -= square(value);
    }
    best.1
}

/// When a share that is known begins to be another one: buckets of hits and trials, and the index of the first one at
/// the new share; 0 where all of them are. The cut of the greatest likelihood, the share before it given. O(n).
pub(crate) fn departure_of_share(buckets: &[(u64, u64)], usual: f64) -> usize {
    let log = |share: f64| if share > 0.0 { share.ln() } else { 0.0 };
    let likelihood =
        |(hits, trials): (u64, u64), share: f64| hits as f64 * log(share) + (trials - hits) as f64 * log(1.0 - share);
    let (mut hits, mut trials) = buckets.iter().fold((0, 0), |sum, bucket| (sum.0 + bucket.0, sum.1 + bucket.1));
    let (mut before, mut best) = (0.0, (f64::NEG_INFINITY, 0));
    for (cut, bucket) in buckets.iter().enumerate() {
        let now = share(hits, trials);
        // Only a share that rose is a departure worth its name.
        let after = likelihood((hits, trials), if now > usual { now } else { usual });
        if before + after > best.0 {
            best = (before + after, cut);
        }
        before += likelihood(*bucket, usual);
        (hits, trials) = (hits - bucket.0, trials - bucket.1);
    }
    best.1
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
    fn a_departure_is_where_a_known_level_ends() {
        // The last value alone is the largest step, and yet the level was left long before.
        assert_eq!(departure(&[1.0, 1.1, 3.0, 2.8, 3.2, 3.1, 6.0], 1.0), 2);
        assert_eq!(departure(&[3.0, 3.1, 2.9], 1.0), 0);
        assert_eq!(departure(&[], 1.0), 0);
        assert_eq!(departure_of_share(&[(0, 15), (0, 14), (4, 15), (5, 16), (3, 15), (9, 14)], 0.01), 2);
        assert_eq!(departure_of_share(&[(9, 15), (8, 15)], 0.01), 0);
    }

    #[test]
    fn shares_rise_only_beyond_chance() {
        assert!(share_rose((1, 1_000), (50, 500)));
        assert!(!share_rose((0, 20), (1, 20)));
        assert!(!share_rose((100, 200), (150, 200)));
        assert!(!share_rose((0, 0), (5, 5)));
    }

    #[test]
    fn an_unchanged_rate_is_no_surprise() {
        assert!(g_of_rates((20, 10), (20.0, 10.0)) < 1e-9);
        assert!(g_of_rates((0, 30), (20.0, 10.0)) > SIGNIFICANT_G);
    }

    #[test]
    fn rates_change_only_beyond_chance() {
        assert!(rate_changed((300, 1_200), (12_000.0, 16_000.0)));
        assert!(!rate_changed((3, 12), (120.0, 160.0)));
        assert!(!rate_changed((0, 0), (120.0, 160.0)));
        assert!(!rate_changed((3, 12), (0.0, 160.0)));
    }

    #[test]
    fn the_chance_of_a_ratio_is_the_tail_of_chi_squared() {
        // Table values for one degree of freedom.
        for (g, chance) in [(0.0, 1.0), (3.841, 0.05), (6.635, 0.01), (10.828, 0.001)] {
            assert!((chance_of_g(g) / chance - 1.0).abs() < 1e-3, "{g}: {}", chance_of_g(g));
        }
    }

    #[test]
    fn discoveries_are_stricter_the_more_is_looked_at() {
        assert_eq!(discoveries(&[0.004], 0.01), [true]);
        assert_eq!(discoveries(&[0.004, 0.5, 0.7], 0.01), [false, false, false]);
        // The second one passes because of the company it keeps.
        assert_eq!(discoveries(&[0.001, 0.006, 0.9], 0.01), [true, true, false]);
        assert_eq!(discoveries(&[], 0.01), Vec::<bool>::new());
    }

    #[test]
    fn the_spread_ignores_single_outliers() {
        let (center, spread) = center_and_spread(&[9.0, 10.0, 11.0, 10.0, 500.0]).expect("there are values");
        assert!((center - 10.0).abs() < 1e-9 && (spread - 1.4826).abs() < 1e-9);
        assert_eq!(center_and_spread(&[]), None);
    }
}
