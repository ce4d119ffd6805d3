//! From time and value to a place in the plot, with round ticks.

use super::super::parts::coordinate;
use super::{BOTTOM, LEFT, RIGHT, TOP};
use crate::{quantity, text};

const SECOND: u64 = 1_000_000_000;

/// A linear scale in both directions.
pub(super) struct Scale {
    from_ns: u64,
    to_ns: u64,
    low: f64,
    high: f64,
    step: f64,
}

impl Scale {
    /// Spans a window, and the values with zero, rounded out to whole ticks.
    pub(super) fn new((from_ns, to_ns): (u64, u64), (low, high): (f64, f64)) -> Self {
        let spread = if high - low > 0.0 && (high - low).is_finite() { high - low } else { 1.0 };
        let step = round_step(spread / 3.0);
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        let (low, high) = if low.is_finite() && high.is_finite() { (low, high.max(low + step)) } else { (0.0, step) };
        Self { from_ns, to_ns, low, high, step }
    }

    pub(super) fn holds(&self, ns: u64) -> bool {
        (self.from_ns..=self.to_ns).contains(&ns)
    }

    /// Horizontal place; times outside lie at the rim.
    pub(super) fn at(&self, ns: u64) -> f64 {
        let inside = ns.clamp(self.from_ns, self.to_ns) - self.from_ns;
        #[expect(clippy::cast_precision_loss, reason = "a plot has some hundred columns")]
        let share = inside as f64 / (self.to_ns - self.from_ns).max(1) as f64;
        LEFT + (RIGHT - LEFT) * share
    }

    pub(super) fn x(&self, ns: u64) -> String {
        coordinate(self.at(ns))
    }

    pub(super) fn width(&self, from_ns: u64, to_ns: u64) -> String {
        coordinate((self.at(to_ns) - self.at(from_ns)).max(0.0))
    }

    /// Vertical place.
    pub(super) fn height(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        BOTTOM - (BOTTOM - TOP) * if share.is_finite() { share } else { 0.0 }
    }

    pub(super) fn y(&self, value: f64) -> String {
        coordinate(self.height(value))
    }

    /// The values with a line across.
    pub(super) fn values(&self) -> Vec<f64> {
        (0..=8u8)
            .map(|index| self.low + self.step * f64::from(index))
            .filter(|value| *value <= self.high * 1.001)
            .collect()
    }

    /// Times with a label and their seconds since the origin: a round step, six labels or fewer.
    pub(super) fn ticks(&self, origin_ns: u64) -> Vec<(u64, i64)> {
        let seconds = (self.to_ns - self.from_ns) / SECOND;
        let steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400];
        let step = steps.into_iter().find(|step| seconds / step <= 6).unwrap_or(seconds.max(6) / 6);
        let mut ticks = Vec::new();
        let reach = i64::try_from(seconds.saturating_mul(2) / step + 2).unwrap_or(0).min(4_000);
        let signed_step = i64::try_from(step).unwrap_or(i64::MAX);
        for index in -reach..=reach {
            let offset = index.saturating_mul(signed_step);
            let at = i128::from(origin_ns) + i128::from(offset) * i128::from(SECOND);
            if let Some(ns) = u64::try_from(at).ok().filter(|ns| self.holds(*ns)) {
                ticks.push((ns, offset));
            }
        }
        ticks.truncate(14);
        ticks
    }
}

/// 1, 2, 2.5 or 5 times a power of ten, not less than what is asked for.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= least * 0.999);
    step.filter(|step| step.is_normal()).unwrap_or(1.0)
}

/// A value in the unit of its metric: seconds as durations, annotations in braces not at all.
pub(super) fn shown(value: f64, unit: &str) -> String {
    match unit {
        "s" if (0.0..1e9).contains(&value) => {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
            let ns = (value * 1e9).round() as u64;
            quantity::duration(ns)
        }
        "1/s" => format!("{}/s", quantity::three(value)),
        "" | "1" => quantity::three(value),
        annotation if annotation.starts_with('{') => quantity::three(value),
        other => format!("{} {}", quantity::three(value), text::clean(other, 16)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_count_from_the_origin() {
        let scale = Scale::new((1_000 * SECOND, 1_045 * SECOND), (0.0, 2.9));
        let ticks: Vec<i64> = scale.ticks(1_021 * SECOND + 500_000_000).into_iter().map(|(_, offset)| offset).collect();
        assert_eq!((ticks, scale.values()), (vec![-20, -10, 0, 10, 20], vec![0.0, 1.0, 2.0, 3.0]));
    }

    #[test]
    fn odd_values_stay_inside_the_plot() {
        for range in [(0.0, 0.0), (-5.0, 5.0), (0.0, f64::INFINITY), (0.0, f64::MAX), (0.0, 1e-300)] {
            let scale = Scale::new((0, 0), range);
            for value in [f64::NAN, f64::INFINITY, -1.0, range.1] {
                assert!((TOP..=BOTTOM).contains(&scale.height(value)), "{range:?} {value}");
            }
            assert!(scale.values().len() <= 9 && scale.ticks(0).len() <= 14);
        }
    }
}
