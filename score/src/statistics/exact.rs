//! Exact probabilities of counts: how likely chance alone gives so many hits.

/// The chance of at least `hits` hits in `tries` independent tries that each hit with chance `chance`.
pub fn binomial_tail(hits: u64, tries: u64, chance: f64) -> f64 {
    if hits == 0 {
        return 1.0;
    }
    if hits > tries || chance <= 0.0 {
        return 0.0;
    }
    if chance >= 1.0 {
        return 1.0;
    }
    // Logarithms, because `chance` to the power of some thousand tries is below the smallest number.
    let (hit, miss) = (chance.ln(), (1.0 - chance).ln());
    let mut ways = 0.0;
    let mut tail = 0.0;
    for count in 0..=tries {
        if count >= hits {
            tail += (ways + count as f64 * hit + (tries - count) as f64 * miss).exp();
        }
        ways += ((tries - count) as f64).ln() - ((count + 1) as f64).ln();
    }
    tail.min(1.0)
}

/// The smallest count of hits in `tries` that chance alone reaches with a probability of at most `alpha`; one more than
/// `tries` where no count is that unlikely.
pub fn binomial_limit(tries: u64, chance: f64, alpha: f64) -> u64 {
    (0..=tries).find(|hits| binomial_tail(*hits, tries, chance) <= alpha).unwrap_or(tries + 1)
}

/// The exact sign test of paired outcomes (Conover 1999): how likely a fair coin splits the pairs that differ at least as
/// unevenly as this, two-sided. 1 where no pair differs.
pub fn sign_test(better: u64, worse: u64) -> f64 {
    (2.0 * binomial_tail(better.max(worse), better + worse, 0.5)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_agree_with_counting_by_hand() {
        let shown = |hits, tries, chance| format!("{:.6}", binomial_tail(hits, tries, chance));
        // 7 of 8 outcomes of three coins have a head; one of them has three.
        assert_eq!([shown(0, 3, 0.5), shown(1, 3, 0.5), shown(3, 3, 0.5)], ["1.000000", "0.875000", "0.125000"]);
        assert_eq!([shown(4, 3, 0.5), shown(1, 3, 0.0), shown(3, 3, 1.0)], ["0.000000", "0.000000", "1.000000"]);
        // 1 - 0.9^10, and a tail whose terms are below the smallest number before logarithms are taken.
        assert_eq!([shown(1, 10, 0.1), shown(5_000, 10_000, 0.5)], ["0.651322", "0.503989"]);
    }

    #[test]
    fn the_sign_test_agrees_with_published_values() {
        // Siegel (1956), table D: x successes among n, both tails.
        let shown = |better, worse| format!("{:.3}", sign_test(better, worse));
        assert_eq!([shown(14, 3), shown(3, 14), shown(9, 1)], ["0.013", "0.013", "0.021"]);
        assert_eq!([shown(0, 0), shown(1, 0), shown(5, 5)], ["1.000", "1.000", "1.000"]);
    }

    #[test]
    fn the_limit_is_the_first_count_that_chance_does_not_explain() {
        let limit = binomial_limit(40, 0.12, 0.001);
        assert!(binomial_tail(limit, 40, 0.12) <= 0.001 && binomial_tail(limit - 1, 40, 0.12) > 0.001);
        assert_eq!(binomial_limit(2, 0.5, 0.001), 3);
    }
}
