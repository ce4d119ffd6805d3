//! Whether a table carries over: each kind of fault is stated by a table that was fitted without it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Fitness, Verdict, fit, fitness, stated};
use crate::statistics::{Covered, risk_coverage};

/// A table judged on kinds of faults that it was not fitted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// The strengths, stated as they are.
    pub strength: Option<Fitness>,
    /// What the tables that were fitted on the others state.
    pub fitted: Option<Fitness>,
    /// The same by group.
    pub folds: Vec<Fold>,
    /// Which share is wrong where only the surest are given.
    pub curve: Vec<Covered>,
}

/// One group, stated by a table that was fitted on the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// The kind of the fault, or the scenario where nothing is wrong.
    pub group: String,
    pub fitted: Fitness,
}

/// Fits as many tables as there are groups, each without one, and states that one by it. Only verdicts of one kind of
/// answer (a cause, or none) are asked for, because they have a curve each; verdicts over runs in which nothing is wrong
/// are stated by a table that lacks their scenario.
pub fn held_out(verdicts: &[Verdict], is_cause: bool) -> HeldOut {
    let asked: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.is_cause == is_cause).collect();
    let groups: BTreeSet<&str> = asked.iter().map(|verdict| verdict.group.as_str()).collect();
    let mut all = Vec::new();
    let mut folds = Vec::new();
    for group in groups {
        let others: Vec<Verdict> = verdicts.iter().filter(|verdict| verdict.group != group).cloned().collect();
        let table = fit(&others, Vec::new());
        let own = asked.iter().filter(|verdict| verdict.group == group);
        let answers: Vec<(f64, bool)> = own.map(|verdict| (stated(&table, verdict), verdict.is_right)).collect();
        folds.extend(fitness(&answers).map(|fitted| Fold { group: group.to_owned(), fitted }));
        all.extend(answers);
    }
    let strengths: Vec<(f64, bool)> = asked.iter().map(|verdict| (verdict.strength, verdict.is_right)).collect();
    HeldOut { strength: fitness(&strengths), fitted: fitness(&all), folds, curve: risk_coverage(&all) }
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
        let judged = held_out(&all, true);
        let shown: Vec<String> = judged
            .folds
            .iter()
            .map(|fold| format!("{}: {:.3} stated, {} right", fold.group, fold.fitted.stated, fold.fitted.right))
            .collect();
        // Stated for a: (14.5/20 + 19.5/20) / 2, as in b; and the other way round.
        assert_eq!(shown, ["a: 0.850 stated, 23 right", "b: 0.600 stated, 33 right"]);
        assert!(held_out(&all, false).fitted.is_none(), "nothing was acquitted");
    }
}
