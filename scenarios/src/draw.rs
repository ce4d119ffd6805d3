//! Draws keyed by seed and label: one more draw here shifts nothing there.

/// A value in 64 bits that depends on seed and label alone, as if drawn uniformly.
///
/// The label is absorbed byte by byte into the state of `SplitMix64` (Steele, Lea and Flood 2014, "Fast splittable
/// pseudorandom number generators"), whose finaliser mixes each step.
pub(crate) fn bits(seed: u64, label: &str) -> u64 {
    label.bytes().fold(mix(seed), |state, byte| mix(state ^ u64::from(byte)))
}

/// Uniform in `[0, 1)`.
pub(crate) fn unit(seed: u64, label: &str) -> f64 {
    // 53 bits fill the mantissa exactly.
    let top = (bits(seed, label) >> 11) as f64;
    top / (1_u64 << 53) as f64
}

/// Uniform in `[low, high)`; `low` where the two are equal.
pub(crate) fn between(seed: u64, label: &str, low: f64, high: f64) -> f64 {
    low + (high - low) * unit(seed, label)
}

/// Uniform among `0..count`; `count` must be above 0.
pub(crate) fn index(seed: u64, label: &str, count: usize) -> usize {
    // The bias of the remainder is below 2^-50 for any list that is written by hand.
    usize::try_from(bits(seed, label) % count as u64).expect("below a usize")
}

fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_and_the_spread_are_those_of_a_uniform_draw() {
        let values: Vec<f64> = (0..20_000).map(|seed| unit(seed, "a label")).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!((mean - 0.5).abs() < 0.01 && (variance - 1.0 / 12.0).abs() < 0.003, "{mean} {variance}");
    }

    #[test]
    fn labels_are_independent() {
        let pairs: Vec<(f64, f64)> = (0..20_000).map(|seed| (unit(seed, "one"), unit(seed, "two"))).collect();
        let covariance = pairs.iter().map(|(one, two)| (one - 0.5) * (two - 0.5)).sum::<f64>() / pairs.len() as f64;
        assert!(covariance.abs() < 0.002, "{covariance}");
    }
}
