//! The most changed metric: whatever moved by the largest factor.

use rca_engine::component::Component;
use rca_engine::evidence::Evidence;

use crate::method::{Alert, Method, MethodOutput};
use crate::published::by_service;
use crate::series::{Column, Quantity, Table};

/// The service of the metric whose mean differs by the largest factor between incident and baseline, up or down.
#[derive(Clone, Copy, Debug)]
pub struct MostChangedMetric;

impl Method for MostChangedMetric {
    fn name(&self) -> &'static str {
        "most_changed_metric"
    }

    fn rank(&self, evidence: &Evidence, alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        let table = Table::new(evidence, &alert.windows);
        let metrics = table.columns.iter().filter(|column| column.quantity == Quantity::Metric);
        by_service(metrics.filter_map(|column| Some((column, change(column, &table)?))))
    }
}

/// The logarithm of the factor. Both means are raised by the smallest value that the series has: a counter that began to
/// count has no factor otherwise. None: a window is empty, or nothing was ever measured.
fn change(column: &Column, table: &Table) -> Option<f64> {
    let sizes = column.values.iter().map(|value| value.abs()).filter(|size| *size > 0.0);
    let smallest = sizes.min_by(f64::total_cmp)?;
    let mean = |values: &[f64]| (!values.is_empty()).then(|| crate::statistics::mean(values).abs() + smallest);
    let before = mean(&column.values[table.baseline.clone()])?;
    let after = mean(&column.values[table.incident.clone()])?;
    Some((after / before).ln().abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_counts_up_and_down_and_from_nothing() {
        let change = |values: [f64; 4]| {
            let service = Component::service("a");
            let column = Column { service, quantity: Quantity::Metric, series: None, values: values.to_vec() };
            let table = Table { step_ns: 1, baseline: 0..2, incident: 2..4, columns: Vec::new() };
            change(&column, &table).map(f64::exp)
        };
        // Means 2 and 14, both raised by 2; the same the other way round; and 0 and 3, both raised by 1.
        for (values, factor) in
            [([2.0, 2.0, 14.0, 14.0], 4.0), ([14.0, 14.0, 2.0, 2.0], 4.0), ([0.0, 0.0, 1.0, 5.0], 4.0)]
        {
            let found = change(values).unwrap();
            assert!((found - factor).abs() < 1e-9, "{values:?}: {found}");
        }
        assert_eq!(change([0.0; 4]), None);
    }
}
