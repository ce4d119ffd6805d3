//! The wrong answers of one method in one scenario: how many by stage, and the first few in full.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::diagnosis::{Diagnosis, Stage};

/// Wrong answers that are kept in full, of one method in one scenario; all of them are counted.
pub(super) const FAILURES_MAX: usize = 3;

/// One wrong answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub seed: u64,
    pub diagnosis: Diagnosis,
}

/// How many answers went wrong at which stage first.
pub(super) fn stages(counted: &[&Cell], method: &str) -> BTreeMap<Stage, u64> {
    let mut stages: BTreeMap<Stage, u64> = BTreeMap::new();
    for diagnosis in counted.iter().filter_map(|cell| cell.diagnosis(method)) {
        *stages.entry(diagnosis.stage).or_default() += 1;
    }
    stages
}

/// Those with the lowest seeds.
pub(super) fn first(counted: &[&Cell], method: &str) -> Vec<Failure> {
    let wrong = counted.iter().filter_map(|cell| Some((cell.seed, cell.diagnosis(method)?)));
    wrong.take(FAILURES_MAX).map(|(seed, diagnosis)| Failure { seed, diagnosis: diagnosis.clone() }).collect()
}
