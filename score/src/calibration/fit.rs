//! A rising curve through right and wrong answers: isotonic regression by pooling neighbours that fall.

use rca_engine::calibration::{Curve, Point};

use super::Verdict;

/// Verdicts that are pooled at least: the share of fewer is told to no better than a quarter.
const POOLED_MIN: usize = 15;
/// Points of a curve at most, for the same reason where there are many verdicts.
const POINTS_MAX: usize = 20;

/// Verdicts that are pooled.
#[derive(Clone, Copy, Debug, Default)]
struct Pool {
    strengths: f64,
    verdicts: u64,
    right: u64,
}

impl Pool {
    fn and(self, other: Self) -> Self {
        Self {
            strengths: self.strengths + other.strengths,
            verdicts: self.verdicts + other.verdicts,
            right: self.right + other.right,
        }
    }

    fn point(self) -> Point {
        let strength = (self.strengths / self.verdicts.max(1) as f64 * 10_000.0).round() / 10_000.0;
        Point { strength, verdicts: self.verdicts, right: self.right }
    }
}

/// The curve through verdicts of one kind.
pub(super) fn curve(verdicts: &[&Verdict]) -> Curve {
    through(verdicts.iter().map(|verdict| (verdict.strength, verdict.is_right)).collect())
}

/// Pools answers of like strength, then neighbours that fall (Ayer et al. 1955), and puts one point at the mean strength
/// of each pool, so that the curve between them rises where a step would stay (Oron and Flournoy 2017).
fn through(mut answers: Vec<(f64, bool)>) -> Curve {
    answers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let enough = POOLED_MIN.max(answers.len() / POINTS_MAX) as u64;
    let mut like: Vec<Pool> = Vec::new();
    for level in answers.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let right = level.iter().filter(|answer| answer.1).count() as u64;
        let strengths = level.iter().map(|answer| answer.0).sum();
        let level = Pool { strengths, verdicts: level.len() as u64, right };
        match like.last_mut().filter(|last| last.verdicts < enough) {
            Some(last) => *last = last.and(level),
            None => like.push(level),
        }
    }
    if like.len() > 1 && like.last().is_some_and(|last| last.verdicts < enough) {
        let few = like.pop().unwrap_or_default();
        if let Some(last) = like.last_mut() {
            *last = last.and(few);
        }
    }
    let mut rising: Vec<Pool> = Vec::new();
    for mut pool in like {
        // Equal strengths after rounding would be no curve, and equal shares are one pool.
        while let Some(last) = rising.pop_if(|last| {
            let (before, after) = (last.point(), pool.point());
            before.share() >= after.share() || before.strength >= after.strength
        }) {
            pool = last.and(pool);
        }
        rising.push(pool);
    }
    Curve::new(rising.into_iter().map(Pool::point).collect()).expect("pools that fall are pooled")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(curve: &Curve) -> String {
        let points = curve.points().iter();
        points.map(|at| format!("{:.3}: {}/{}", at.strength, at.right, at.verdicts)).collect::<Vec<_>>().join(", ")
    }

    /// So many answers of one strength, so many of them right.
    fn answers(levels: &[(f64, usize, usize)]) -> Vec<(f64, bool)> {
        levels.iter().flat_map(|&(at, all, right)| (0..all).map(move |one| (at, one < right))).collect()
    }

    #[test]
    fn neighbours_that_fall_become_one_point_at_their_mean() {
        let levels = [(0.1, 20, 2), (0.3, 20, 12), (0.5, 20, 8), (0.9, 40, 38)];
        // 12 and 8 of 20 fall: 20 of 40 at 0.4.
        assert_eq!(shown(&through(answers(&levels))), "0.100: 2/20, 0.400: 20/40, 0.900: 38/40");
    }

    #[test]
    fn few_answers_of_a_strength_are_told_with_their_neighbours() {
        let few = [(0.1, 5, 0), (0.2, 10, 3), (0.8, 15, 12), (0.9, 4, 4)];
        assert_eq!(shown(&through(answers(&few))), "0.167: 3/15, 0.821: 16/19");
        assert_eq!(shown(&through(Vec::new())), "");
        assert_eq!(shown(&through(answers(&[(0.4, 3, 2)]))), "0.400: 2/3");
    }

    proptest! {
        #[test]
        fn any_answers_make_a_rising_curve_with_all_of_them(
            answers in proptest::collection::vec((0.0_f64..=1.0, any::<bool>()), 0..400)
        ) {
            let all = through(answers.clone());
            prop_assert_eq!(all.points().iter().map(|point| point.verdicts).sum::<u64>(), answers.len() as u64);
            prop_assert_eq!(Curve::new(all.points().to_vec()), Ok(all.clone()));
            let mut backwards = answers;
            backwards.reverse();
            prop_assert_eq!(through(backwards), all);
        }
    }
}
