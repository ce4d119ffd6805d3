//! Fidelity: whether a run on virtual time tells what a run on real sockets tells, from bundles of both.

mod sample;
mod table;

use std::collections::BTreeMap;

use serde::Serialize;

pub(crate) use sample::{Phase, Sample, read};
pub(crate) use table::table;

/// The quantiles that are compared.
const QUANTILES: [f64; 3] = [0.50, 0.95, 0.99];
/// With fewer durations than this, a 99th percentile is the luck of one request.
const MIN_DURATIONS: usize = 200;

/// How the two ways to run compare on one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Fidelity {
    pub(crate) scenario: String,
    pub(crate) live_seeds: Vec<u64>,
    pub(crate) sim_seeds: Vec<u64>,
    pub(crate) tolerance: f64,
    pub(crate) rows: Vec<Row>,
    pub(crate) agreement: Agreement,
    /// Runs that do not count, and are in nothing above.
    pub(crate) void: Vec<String>,
}

/// The durations of one service's requests in one phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) service: String,
    pub(crate) phase: Phase,
    pub(crate) live: Durations,
    pub(crate) sim: Durations,
    /// Virtual time's quantile over the real one, for each of the quantiles.
    pub(crate) ratios: [f64; 3],
    /// Two-sample Kolmogorov-Smirnov distance: the largest gap between the two distribution functions.
    pub(crate) ks: f64,
    /// Whether there are enough durations for the ratios to be held against the tolerance.
    pub(crate) counts: bool,
}

/// Durations of all runs of a mode, pooled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Durations {
    pub(crate) count: usize,
    /// Milliseconds, for each of the quantiles.
    pub(crate) quantiles_ms: [f64; 3],
}

/// Whether runs of the same seed end with the same verdict in both modes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Agreement {
    /// Seeds that ran in both modes.
    pub(crate) pairs: usize,
    pub(crate) same: usize,
    /// What each mode said where they differ.
    pub(crate) different: Vec<String>,
}

/// Compares the runs of both modes.
pub(crate) fn compare(scenario: &str, live: &[Sample], sim: &[Sample], tolerance: f64) -> Fidelity {
    let (of_live, of_sim) = (pooled(live), pooled(sim));
    let rows = of_live.iter().filter_map(|(key, live)| Some(row(key, live, of_sim.get(key)?))).collect();
    let seeds = |samples: &[Sample]| samples.iter().filter(|sample| sample.void.is_none()).map(|s| s.seed).collect();
    let void = live.iter().chain(sim).filter_map(|sample| {
        sample.void.as_ref().map(|why| format!("{} run of seed {}: {why}", sample.mode, sample.seed))
    });
    Fidelity {
        scenario: scenario.to_owned(),
        live_seeds: seeds(live),
        sim_seeds: seeds(sim),
        tolerance,
        rows,
        agreement: agreement(live, sim),
        void: void.collect(),
    }
}

impl Fidelity {
    /// Whether there is something to compare at all.
    pub(crate) fn counts(&self) -> bool {
        !self.live_seeds.is_empty() && !self.sim_seeds.is_empty()
    }

    /// Whether every ratio that counts is within the tolerance and every pair of verdicts is the same.
    pub(crate) fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.holds(self.tolerance)) && self.agreement.same == self.agreement.pairs
    }
}

impl Row {
    pub(crate) fn holds(&self, tolerance: f64) -> bool {
        !self.counts || self.ratios.iter().all(|ratio| (ratio - 1.0).abs() <= tolerance)
    }
}

type Pooled = BTreeMap<(String, Phase), Vec<u64>>;

fn pooled(samples: &[Sample]) -> Pooled {
    let mut pooled = Pooled::new();
    for sample in samples.iter().filter(|sample| sample.void.is_none()) {
        for (key, durations) in &sample.durations {
            pooled.entry(key.clone()).or_default().extend(durations);
        }
    }
    pooled.values_mut().for_each(|durations| durations.sort_unstable());
    pooled
}

fn row((service, phase): &(String, Phase), live: &[u64], sim: &[u64]) -> Row {
    let durations = |sorted: &[u64]| Durations {
        count: sorted.len(),
        quantiles_ms: QUANTILES.map(|q| quantile(sorted, q) as f64 / 1e6),
    };
    let (of_live, of_sim) = (durations(live), durations(sim));
    let mut ratios = [f64::NAN; 3];
    for (ratio, (live, sim)) in ratios.iter_mut().zip(of_live.quantiles_ms.iter().zip(of_sim.quantiles_ms)) {
        *ratio = sim / live;
    }
    Row {
        service: service.clone(),
        phase: *phase,
        live: of_live,
        sim: of_sim,
        ratios,
        ks: distance(live, sim),
        counts: live.len().min(sim.len()) >= MIN_DURATIONS,
    }
}

/// The smallest duration that at least this share does not exceed.
fn quantile(sorted: &[u64], q: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length is an index")]
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(0)
}

/// The largest gap between two empirical distribution functions.
fn distance(a: &[u64], b: &[u64]) -> f64 {
    let share = |sorted: &[u64], at: u64| sorted.partition_point(|value| *value <= at) as f64 / sorted.len() as f64;
    a.iter().chain(b).map(|at| (share(a, *at) - share(b, *at)).abs()).fold(0.0, f64::max)
}

fn agreement(live: &[Sample], sim: &[Sample]) -> Agreement {
    let mut agreement = Agreement::default();
    for live in live.iter().filter(|sample| sample.void.is_none()) {
        let Some(sim) = sim.iter().find(|sim| sim.seed == live.seed && sim.void.is_none()) else { continue };
        agreement.pairs += 1;
        if live.verdict == sim.verdict {
            agreement.same += 1;
        } else {
            agreement.different.push(format!("seed {}: live {}; sim {}", live.seed, live.verdict, sim.verdict));
        }
    }
    agreement
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(mode: &'static str, seed: u64, verdict: &str, durations: Vec<u64>) -> Sample {
        let durations = BTreeMap::from([(("k".to_owned(), Phase::Incident), durations)]);
        Sample { mode, seed, verdict: verdict.to_owned(), void: None, durations }
    }

    #[test]
    fn the_same_runs_are_within_any_tolerance() {
        let runs = |mode| vec![sample(mode, 1, "k", (1..=400).map(|ms| ms * 1_000_000).collect())];
        let same = compare("x", &runs("live"), &runs("sim"), 0.0);
        assert!(same.holds() && same.counts());
        assert_eq!(same.rows[0].ks.to_bits(), 0);
        let told = format!("{:?} {:?}", same.rows[0].ratios, same.rows[0].live.quantiles_ms);
        assert_eq!(told, "[1.0, 1.0, 1.0] [200.0, 380.0, 396.0]");
    }

    #[test]
    fn a_slower_mode_and_another_verdict_are_seen() {
        let run = |mode, verdict, factor: u64| sample(mode, 1, verdict, (1..=400).map(|ms| ms * factor).collect());
        let slower = compare("x", &[run("live", "k", 10)], &[run("sim", "k", 12)], 0.15);
        assert!(!slower.holds());
        assert!((slower.rows[0].ks - 0.1675).abs() < 1e-9, "{}", slower.rows[0].ks);
        let other = compare("x", &[run("live", "k", 10)], &[run("sim", "d", 10)], 0.15);
        assert_eq!(other.agreement.different, ["seed 1: live k; sim d"]);
        assert!(!other.holds());
    }

    #[test]
    fn few_durations_are_shown_and_held_against_nothing() {
        let few = |mode, ns| vec![sample(mode, 1, "k", vec![ns; 10])];
        let fidelity = compare("x", &few("live", 10), &few("sim", 100), 0.15);
        assert!(!fidelity.rows[0].counts && fidelity.holds());
    }

    #[test]
    fn a_run_that_does_not_count_is_told_and_left_out() {
        let mut void = sample("sim", 2, "k", vec![1; 400]);
        void.void = Some("the alert did not fire".to_owned());
        let fidelity = compare("x", &[sample("live", 2, "k", vec![1; 400])], &[void], 0.15);
        assert_eq!(fidelity.void, ["sim run of seed 2: the alert did not fire"]);
        assert!(!fidelity.counts() && fidelity.rows.is_empty());
        assert_eq!(fidelity.agreement.pairs, 0);
    }
}
