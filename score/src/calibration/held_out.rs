//! Whether a curve carries over: each kind of fault is stated by a curve that was fitted without it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Fitness, Verdict, fit, fitness};
use crate::statistics::{Covered, risk_coverage};

/// A curve judged on kinds of faults that it was not fitted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// The strengths, stated as they are.
    pub strength: Option<Fitness>,
    /// What the curves that were fitted on the others state.
    pub fitted: Option<Fitness>,
    /// The same by group.
    pub folds: Vec<Fold>,
    /// Which share is wrong where only the surest are given.
    pub curve: Vec<Covered>,
}

/// One group, stated by a curve that was fitted on the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// The kind of the fault, or the scenario where nothing is wrong.
    pub group: String,
    pub fitted: Fitness,
}

impl HeldOut {
    /// Fits as many curves as there are groups, each without one, and states that one by it; where nothing else is known
    /// by its strength. Verdicts over runs in which nothing is wrong are stated by a curve that lacks their scenario.
    pub(super) fn of(verdicts: &[&Verdict]) -> Self {
        let groups: BTreeSet<&str> = verdicts.iter().map(|verdict| verdict.group.as_str()).collect();
        let mut all = Vec::new();
        let mut folds = Vec::new();
        for group in groups {
            let (own, others): (Vec<&Verdict>, Vec<&Verdict>) =
                verdicts.iter().partition(|verdict| verdict.group == group);
            let curve = fit::curve(&others);
            let stated = |strength: f64| curve.read(strength).map_or(strength, |(share, _)| share);
            let answers: Vec<(f64, bool)> =
                own.iter().map(|verdict| (stated(verdict.strength), verdict.is_right)).collect();
            folds.extend(fitness(&answers).map(|fitted| Fold { group: group.to_owned(), fitted }));
            all.extend(answers);
        }
        let strengths: Vec<(f64, bool)> = verdicts.iter().map(|verdict| (verdict.strength, verdict.is_right)).collect();
        Self { strength: fitness(&strengths), fitted: fitness(&all), folds, curve: risk_coverage(&all) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(group: &str, levels: &[(f64, usize, usize)]) -> Vec<Verdict> {
        let one = |&(strength, all, right): &(f64, usize, usize)| {
            (0..all).map(move |place| Verdict {
                group: group.to_owned(),
                strength,
                is_cause: true,
                is_right: place < right,
            })
        };
        levels.iter().flat_map(one).collect()
    }

    #[test]
    fn a_group_is_stated_by_what_the_others_were_like() {
        let mut all = verdicts("a", &[(0.2, 19, 4), (0.8, 19, 19)]);
        all.extend(verdicts("b", &[(0.2, 19, 14), (0.8, 19, 19)]));
        let judged = HeldOut::of(&all.iter().collect::<Vec<_>>());
        let shown: Vec<String> = judged
            .folds
            .iter()
            .map(|fold| format!("{}: {:.3} stated, {} right", fold.group, fold.fitted.stated, fold.fitted.right))
            .collect();
        // Stated for a: (14.5/20 + 19.5/20) / 2, as in b; and the other way round.
        assert_eq!(shown, ["a: 0.850 stated, 23 right", "b: 0.600 stated, 33 right"]);
        assert!(HeldOut::of(&[]).fitted.is_none(), "nothing was stated");
    }
}
