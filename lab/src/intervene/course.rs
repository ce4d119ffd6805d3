//! How the alert's quantity went over a run: its baseline, its excess, its breaches and when they end.

use std::ops::Range;
use std::time::Duration;

/// The quantity each second, against its baseline and its threshold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Course {
    /// Wall time in nanoseconds and value. A second without any answer is as bad as the last one with answers.
    samples: Vec<(u64, f64)>,
    /// Mean over the baseline.
    usual: f64,
    /// Above it the quantity is a breach.
    above: f64,
}

impl Course {
    /// From measurements, none of them where there was no answer. `usual` is when the quantity covers the baseline alone.
    pub(crate) fn new(measured: &[(u64, Option<f64>)], usual: &Range<u64>, above: f64) -> Self {
        let known = measured.iter().scan(0.0, |last, (at_ns, value)| {
            *last = value.unwrap_or(*last);
            Some((*at_ns, *last))
        });
        let samples: Vec<(u64, f64)> = known.collect();
        let usual = mean(samples.iter().filter(|(at_ns, _)| usual.contains(at_ns)).map(|(_, value)| *value));
        Self { samples, usual, above }
    }

    /// How far the quantity lies above its baseline within a window, on average; what lies below counts as nothing.
    pub(crate) fn excess(&self, window: &Range<u64>) -> f64 {
        let inside = self.samples.iter().filter(|(at_ns, _)| window.contains(at_ns));
        mean(inside.map(|(_, value)| (value - self.usual).max(0.0)))
    }

    /// Whether the quantity is a breach at a time, as last measured before it.
    pub(crate) fn breached_at(&self, at_ns: u64) -> bool {
        let last = self.samples.iter().rev().find(|(measured_ns, _)| *measured_ns <= at_ns);
        last.is_some_and(|(_, value)| *value > self.above)
    }

    /// How long after a time the quantity is first no breach any more.
    pub(crate) fn dips_after(&self, from_ns: u64) -> Option<Duration> {
        let later = self.samples.iter().find(|(at_ns, value)| *at_ns >= from_ns && *value <= self.above);
        later.map(|(at_ns, _)| Duration::from_nanos(at_ns - from_ns))
    }

    /// How long after a time the quantity comes back under the threshold and stays there until the end of the run.
    pub(crate) fn clears_after(&self, from_ns: u64) -> Option<Duration> {
        let later = self.samples.iter().rev().take_while(|(at_ns, value)| *at_ns >= from_ns && *value <= self.above);
        later.last().map(|(at_ns, _)| Duration::from_nanos(at_ns - from_ns))
    }
}

/// What a quantity lost, as a share of what it was; negative where it grew. None where there was nothing to lose.
pub(crate) fn fall(before: f64, after: f64) -> Option<f64> {
    (before > 0.0).then(|| 1.0 - after / before)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// One sample a second from 0 on, with the baseline in the first two.
    fn course(values: &[f64]) -> Course {
        let measured: Vec<_> =
            (0..).map(|second| second * SECOND).zip(values.iter().map(|value| Some(*value))).collect();
        Course::new(&measured, &(0..2 * SECOND), 0.5)
    }

    fn clears_after(values: &[f64], from_s: u64) -> Option<u64> {
        course(values).clears_after(from_s * SECOND).map(|after| after.as_secs())
    }

    #[test]
    fn an_excess_is_over_the_baseline_and_what_lies_below_makes_up_for_nothing() {
        let course = course(&[0.1, 0.3, 1.2, 0.0, 2.2]);
        assert!((course.excess(&(2 * SECOND..5 * SECOND)) - 1.0).abs() < 1e-12);
        assert!(course.excess(&(9 * SECOND..10 * SECOND)).abs() < 1e-12);
    }

    #[test]
    fn what_comes_back_under_the_threshold_for_a_while_has_not_cleared() {
        assert_eq!(clears_after(&[0.1, 0.1, 0.9, 0.9, 0.5, 0.4], 2), Some(2));
        assert_eq!(clears_after(&[0.1, 0.1, 0.9, 0.4, 0.9, 0.4], 2), Some(3));
        assert_eq!(clears_after(&[0.1, 0.1, 0.9, 0.4, 0.4, 0.9], 2), None);
        assert_eq!(clears_after(&[0.1, 0.1, 0.1, 0.1], 1), Some(0));
    }

    #[test]
    fn an_excursion_is_over_with_the_first_value_that_is_no_breach() {
        let dips =
            |from_s| course(&[0.1, 0.1, 0.9, 0.8, 0.4, 0.9]).dips_after(from_s * SECOND).map(|after| after.as_secs());
        assert_eq!((dips(2), dips(0), dips(5)), (Some(2), Some(0), None));
    }

    #[test]
    fn silence_is_as_bad_as_what_came_before_it() {
        let measured = [(0, Some(0.1)), (SECOND, Some(0.9)), (2 * SECOND, None), (3 * SECOND, None)];
        let course = Course::new(&measured, &(0..SECOND), 0.5);
        assert!(course.breached_at(3 * SECOND) && !course.breached_at(SECOND - 1));
        assert_eq!(course.clears_after(SECOND), None);
    }

    #[test]
    fn a_fall_is_a_share_of_what_there_was() {
        assert_eq!((fall(2.0, 0.5), fall(2.0, 3.0), fall(0.0, 1.0)), (Some(0.75), Some(-0.5), None));
    }
}
