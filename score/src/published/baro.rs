//! BARO: when it began by Bayesian change point detection, who by robust scaling.

use rca_engine::component::Component;
use rca_engine::evidence::Evidence;

use super::by_service;
use super::change_point::RunLengths;
use super::scaling::Scale;
use crate::method::{Alert, Method, MethodOutput};
use crate::series::{Column, Quantity, Table};

/// How likely a change is at any step, how long it is waited to be sure of one, and how likely it must be then: the
/// constants of the paper's code.
const HAZARD: f64 = 1.0 / 50.0;
const LATER: usize = 10;
const LIKELY: f64 = 0.01;
/// Where nothing is likely, the likeliest step is taken, but none of the first ones.
const HEAD: usize = 5;

/// BARO (Pham, Ha and Zhang, FSE 2024), as in its authors' code: change points of the latencies and errors of all services
/// together, each scaled to 0..1 over the whole; then `RobustScorer`, which scales each series by median and quartiles of
/// what lies before the first change point and takes the largest value after it. Series that are constant on either side
/// are left out, and a series that fell scores low: only the authors' N-Sigma has no sign.
///
/// Other than there: the series are made of traces and metrics of one second (longer in long windows), not of a minute's
/// percentiles, and the densities are computed in logarithms.
#[derive(Clone, Copy, Debug)]
pub struct Baro;

impl Method for Baro {
    fn name(&self) -> &'static str {
        super::METHODS[1]
    }

    fn rank(&self, evidence: &Evidence, alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        let table = Table::new(evidence, &alert.windows);
        match onset(&table) {
            Some(onset) => by_service(robust_scores(&table.columns, onset)),
            None => MethodOutput::abstain(),
        }
    }
}

/// The first step of the first change. None: there are too few steps to tell.
fn onset(table: &Table) -> Option<usize> {
    let told = |column: &&Column| matches!(column.quantity, Quantity::Latency | Quantity::Errors);
    let scaled: Vec<Vec<f64>> = table.columns.iter().filter(told).map(|column| unit(&column.values)).collect();
    let steps = scaled.first()?.len();
    let observations: Vec<Vec<f64>> =
        (0..steps).map(|step| scaled.iter().map(|column| column[step]).collect()).collect();
    first_change(&RunLengths::of(&observations, HAZARD).begun(LATER))
}

/// By how likely it is of each step that a run began with it.
fn first_change(begun: &[f64]) -> Option<usize> {
    let likely = (1..begun.len()).find(|step| begun[*step] > LIKELY);
    likely.or_else(|| (HEAD..begun.len()).max_by(|a, b| begun[*a].total_cmp(&begun[*b]).then(b.cmp(a))))
}

/// Scaled to 0..1; what is constant is 0.
fn unit(values: &[f64]) -> Vec<f64> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let width = if high > low { high - low } else { 1.0 };
    values.iter().map(|value| (value - low) / width).collect()
}

/// The largest value after the onset, in quartile distances above the median of what was before.
fn robust_scores(columns: &[Column], onset: usize) -> impl Iterator<Item = (&Column, f64)> {
    let varies = |values: &[f64]| values.iter().any(|value| value.total_cmp(&values[0]).is_ne());
    columns.iter().filter_map(move |column| {
        let (before, after) = column.values.split_at(onset);
        if !varies(before) || !varies(after) {
            return None;
        }
        let scale = Scale::robust(before);
        let score = after.iter().map(|value| scale.score(*value)).max_by(f64::total_cmp)?;
        Some((column, score))
    })
}
