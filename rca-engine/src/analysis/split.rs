//! Change of a product, split exactly into the changes of its two factors.

/// How much of a change of `calls × cost` came from each factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Split {
    /// More calls at the average cost: charged to the caller.
    pub(crate) by_calls: f64,
    /// Dearer calls at the average number: charged to the callee.
    pub(crate) by_cost: f64,
}

/// The Shapley value of a two-factor product (Shapley, 1953): both parts sum to `calls.1 * cost.1 - calls.0 * cost.0`.
/// Each pair is before, after.
pub(crate) fn split(calls: (f64, f64), cost: (f64, f64)) -> Split {
    Split {
        by_calls: (calls.1 - calls.0) * (cost.0 + cost.1) / 2.0,
        by_cost: (cost.1 - cost.0) * (calls.0 + calls.1) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn more_calls_of_the_same_cost_are_the_callers() {
        assert_eq!(split((1.0, 3.0), (10.0, 10.0)), Split { by_calls: 20.0, by_cost: 0.0 });
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_change(a in 0.0..1e6, b in 0.0..1e6, c in 0.0..1e6, d in 0.0..1e6) {
            let parts = split((a, b), (c, d));
            let change = b * d - a * c;
            prop_assert!((parts.by_calls + parts.by_cost - change).abs() <= 1e-9 * (1.0 + a.max(b) * c.max(d)));
        }
    }
}
