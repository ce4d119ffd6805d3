//! What a strength of evidence is worth: how often earlier verdicts of such strength were right, as a monotone table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::investigation::Earlier;

/// The table that comes with the engine. It was fitted on runs with known causes and is data: no verdict depends on it,
/// only how sure it is said to be.
const BUILT_IN: &str = include_str!("../data/calibration.json");

/// Curves for the two answers that can be right or wrong, and where they come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// On what it was fitted, and how, in words.
    pub made_from: Vec<String>,
    /// For verdicts that name a cause.
    pub cause: Curve,
    /// For verdicts that nothing is wrong.
    pub no_incident: Curve,
}

/// Points in rising order, of strength as of the share that was right; between two of them the share is on a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<Point>")]
pub struct Curve(Vec<Point>);

/// Verdicts of about one strength, pooled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Their mean strength.
    pub strength: f64,
    pub verdicts: u64,
    pub right: u64,
}

/// Points that do not rise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("point {place} of the curve does not rise above the one before it, or has more right verdicts than verdicts")]
pub struct Falling {
    /// From 1.
    pub place: usize,
}

impl Point {
    /// The share that is right, by the posterior mean under Jeffreys' prior: no number of right verdicts makes it
    /// certain.
    pub fn share(&self) -> f64 {
        (self.right as f64 + 0.5) / (self.verdicts as f64 + 1.0)
    }
}

impl Calibration {
    /// The table that comes with the engine.
    pub fn built_in() -> Self {
        serde_json::from_str(BUILT_IN).expect("a test reads the table")
    }
}

impl TryFrom<Vec<Point>> for Curve {
    type Error = Falling;

    fn try_from(points: Vec<Point>) -> Result<Self, Falling> {
        Self::new(points)
    }
}

impl Curve {
    /// A curve through points.
    ///
    /// # Errors
    /// They do not rise.
    pub fn new(points: Vec<Point>) -> Result<Self, Falling> {
        let fine = |point: &Point| point.right <= point.verdicts && (0.0..=1.0).contains(&point.strength);
        if points.first().is_some_and(|first| !fine(first)) {
            return Err(Falling { place: 1 });
        }
        let rises = |pair: &[Point]| pair[1].strength > pair[0].strength && pair[1].share() >= pair[0].share();
        match points.windows(2).position(|pair| !fine(&pair[1]) || !rises(pair)) {
            Some(before) => Err(Falling { place: before + 2 }),
            None => Ok(Self(points)),
        }
    }

    /// In rising order.
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    /// How often verdicts of a strength were right, and the pooled verdicts nearest to it. None: none are known.
    pub fn read(&self, strength: f64) -> Option<(f64, Earlier)> {
        let (first, last) = (self.0.first()?, self.0.last()?);
        let nearest = self.0.iter().min_by(|a, b| {
            let distance = |point: &Point| (point.strength - strength).abs();
            distance(a).total_cmp(&distance(b))
        })?;
        let earlier = Earlier { verdicts: nearest.verdicts, right: nearest.right };
        let between = self.0.windows(2).find(|pair| (pair[0].strength..pair[1].strength).contains(&strength));
        let share = match between {
            Some(pair) => {
                let part = (strength - pair[0].strength) / (pair[1].strength - pair[0].strength);
                pair[0].share() + part * (pair[1].share() - pair[0].share())
            }
            None if strength < first.strength => first.share(),
            None => last.share(),
        };
        Some((share, earlier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, u64, u64)]) -> Result<Curve, Falling> {
        Curve::new(points.iter().map(|&(strength, verdicts, right)| Point { strength, verdicts, right }).collect())
    }

    #[test]
    fn the_built_in_table_can_be_read_and_rises() {
        let table = Calibration::built_in();
        for one in [&table.cause, &table.no_incident] {
            assert!(!one.points().is_empty());
        }
        assert!(!table.made_from.is_empty(), "a table says where it comes from");
    }

    #[test]
    fn between_two_points_the_share_is_on_a_line_and_beyond_them_it_stays() {
        let curve = curve(&[(0.25, 9, 2), (0.75, 19, 14)]).expect("rising points");
        let read = |strength: f64| {
            let (share, earlier) = curve.read(strength).expect("points");
            format!("{share:.4} {}/{}", earlier.right, earlier.verdicts)
        };
        assert_eq!(read(0.0), "0.2500 2/9");
        assert_eq!(read(0.25), "0.2500 2/9");
        assert_eq!(read(0.40), "0.3925 2/9");
        assert_eq!(read(0.75), "0.7250 14/19");
        assert_eq!(read(1.0), "0.7250 14/19");
        assert_eq!(Curve::default().read(0.5), None);
    }

    #[test]
    fn points_that_fall_are_refused_with_their_place() {
        let refused = |points: &[(f64, u64, u64)]| curve(points).map_err(|falling| falling.place);
        assert_eq!(refused(&[(0.2, 10, 9), (0.4, 10, 3)]), Err(2));
        assert_eq!(refused(&[(0.4, 10, 3), (0.4, 10, 9)]), Err(2));
        assert_eq!(refused(&[(0.4, 3, 10)]), Err(1));
        assert_eq!(refused(&[(f64::NAN, 3, 1)]), Err(1));
        let read = serde_json::from_str::<Curve>(
            r#"[{"strength": 0.4, "verdicts": 9, "right": 9}, {"strength": 0.5, "verdicts": 9, "right": 1}]"#,
        );
        assert!(read.is_err_and(|error| error.to_string().contains("point 2")));
    }
}
