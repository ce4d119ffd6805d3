//! Keyed randomness: a draw depends on the seed, a label and a key, and on nothing that happened before.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Source of all draws of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    seed: u64,
}

impl Draws {
    /// All draws of one seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// A generator for one purpose: draws from it shift nothing elsewhere.
    pub fn generator(&self, label: &str, key: &str) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.key(label, key))
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&self, label: &str, key: &str) -> f64 {
        // 53 bits fill the mantissa of a double.
        (mix(self.key(label, key)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with the given probability.
    pub fn chance(&self, label: &str, key: &str, probability: f64) -> bool {
        self.unit(label, key) < probability
    }

    /// Erlang-4: the sum of four exponentials, a service time with a coefficient of variation of one half.
    pub fn erlang4(&self, label: &str, key: &str, mean: Duration) -> Duration {
        let mut generator = self.generator(label, key);
        let product: f64 = (0..4).map(|_| 1.0 - generator.random::<f64>()).product();
        mean.mul_f64(-product.ln() / 4.0)
    }

    /// Exponential with the given mean.
    pub fn exponential(&self, label: &str, key: &str, mean: Duration) -> Duration {
        mean.mul_f64(-(1.0 - self.unit(label, key)).ln())
    }

    fn key(&self, label: &str, key: &str) -> u64 {
        // FNV-1a over label, separator and key, then mixed with the seed.
        let hash =
            label.bytes().chain([0]).chain(key.bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        mix(hash ^ mix(self.seed))
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood 2014): every input bit changes half of the output bits.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_label_and_key_alone() {
        let draws = Draws::new(7);
        assert_eq!(draws.unit("a", "1").to_bits(), Draws::new(7).unit("a", "1").to_bits());
        for other in [draws.unit("a", "2"), draws.unit("b", "1"), Draws::new(8).unit("a", "1")] {
            assert_ne!(draws.unit("a", "1").to_bits(), other.to_bits());
        }
    }

    #[test]
    fn distributions_have_the_stated_mean_and_spread() {
        let draws = Draws::new(1);
        let mean = Duration::from_millis(60);
        let sample: Vec<f64> = (0..20_000).map(|i| draws.erlang4("s", &i.to_string(), mean).as_secs_f64()).collect();
        let average = sample.iter().sum::<f64>() / 20_000.0;
        let variance = sample.iter().map(|x| (x - average).powi(2)).sum::<f64>() / 20_000.0;
        assert!((average / 0.06 - 1.0).abs() < 0.02, "{average}");
        assert!((variance.sqrt() / average - 0.5).abs() < 0.02, "{variance}");
        let units: f64 = (0..20_000).map(|i| draws.unit("u", &i.to_string())).sum::<f64>() / 20_000.0;
        assert!((units - 0.5).abs() < 0.01, "{units}");
    }
}
