//! N-Sigma: the largest deviation from the baseline, in standard deviations.

use rca_engine::component::Component;
use rca_engine::evidence::Evidence;

use super::by_service;
use super::scaling::Scale;
use crate::method::{Alert, Method, MethodOutput};
use crate::series::{Column, Table};

/// N-Sigma as in the code of CIRCA (Li et al., KDD 2022, `NSigmaScorer`): each series is scaled by mean and standard
/// deviation of the baseline, its score is the largest absolute value in the incident, and a series that never varied is
/// taken in its own unit.
///
/// Other than there: latency, errors and rate of each service are made from traces beside the metrics, and when the
/// incident may have begun is known from the alert's rule, not guessed.
#[derive(Clone, Copy, Debug)]
pub struct NSigma;

impl Method for NSigma {
    fn name(&self) -> &'static str {
        super::METHODS[0]
    }

    fn rank(&self, evidence: &Evidence, alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        let table = Table::new(evidence, &alert.windows);
        by_service(table.columns.iter().filter_map(|column| Some((column, largest_deviation(column, &table)?))))
    }
}

/// In standard deviations of the baseline. None: one of the windows is empty.
pub(crate) fn largest_deviation(column: &Column, table: &Table) -> Option<f64> {
    let usual = &column.values[table.baseline.clone()];
    if usual.is_empty() {
        return None;
    }
    let scale = Scale::standard(usual);
    let scores = column.values[table.incident.clone()].iter().map(|value| scale.score(*value).abs());
    scores.max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Quantity;

    fn column(service: &str, values: &[f64]) -> Column {
        Column {
            service: Component::service(service),
            quantity: Quantity::Metric,
            series: None,
            values: values.to_vec(),
        }
    }

    #[test]
    fn the_largest_deviation_of_any_series_counts_whether_up_or_down() {
        // Mean 5 and deviation 2 by hand: 11 is three deviations above, −5 five below; a constant counts in its unit.
        let usual = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let with = |more: &[f64]| [&usual[..], more].concat();
        let columns = vec![
            column("up", &with(&[5.0, 11.0])),
            column("down", &with(&[5.0, -5.0])),
            column("down", &with(&[5.0, 5.0])),
            column("constant", &[7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 11.0]),
        ];
        let table = Table { step_ns: 1, baseline: 0..8, incident: 8..10, columns };
        let output =
            by_service(table.columns.iter().filter_map(|column| Some((column, largest_deviation(column, &table)?))));
        let ranks: Vec<String> = output.ranks.iter().map(|rank| format!("{} {}", rank.component, rank.score)).collect();
        assert_eq!(ranks, ["service:down 5", "service:constant 4", "service:up 3"]);
    }
}
