//! Series of metrics over steps: levels as they are, counters as increases, histograms as means and counts.

use rca_engine::evidence::{Distribution, Evidence, Number, Points};

use super::{Column, Grid, Quantity, filled};
use crate::naive::service;

/// One column for each series with a point in the window, two for a histogram.
pub(super) fn columns(evidence: &Evidence, grid: &Grid) -> Vec<Column> {
    let mut columns = Vec::new();
    for (place, series) in evidence.series.iter().enumerate() {
        let Some(service) = service(evidence, series.resource) else { continue };
        let values = match &series.points {
            Points::Gauge(points) | Points::Sum { monotonic: false, cumulative: true, points } => {
                vec![level(points, grid)]
            }
            Points::Sum { cumulative, points, .. } => vec![increase(points, *cumulative, grid)],
            Points::Histogram { cumulative, points, .. } => {
                let (count, mean) = distribution(points, *cumulative, grid);
                vec![count, mean]
            }
        };
        let of_service =
            |values| Column { service: service.clone(), quantity: Quantity::Metric, series: Some(place), values };
        columns.extend(values.into_iter().flatten().map(of_service));
    }
    columns
}

/// The last value of each step. None: there is none in the window.
fn level(points: &[Number], grid: &Grid) -> Option<Vec<f64>> {
    let mut values = vec![None; grid.steps];
    for point in points {
        if let Some(step) = grid.step(point.at_ns) {
            values[step] = Some(point.value);
        }
    }
    values.iter().any(Option::is_some).then(|| filled(values))
}

/// How much a counter rose in each step.
fn increase(points: &[Number], cumulative: bool, grid: &Grid) -> Option<Vec<f64>> {
    let points = points.iter().map(|point| (point.start_ns, point.at_ns, [point.value, 0.0]));
    let (seen, steps) = risen(points, cumulative, grid);
    seen.then(|| steps.into_iter().map(|[value, _]| value).collect())
}

/// How many values a histogram took in each step, and their mean.
fn distribution(points: &[Distribution], cumulative: bool, grid: &Grid) -> (Option<Vec<f64>>, Option<Vec<f64>>) {
    let points = points.iter().map(|point| (point.start_ns, point.at_ns, [point.count as f64, point.sum]));
    let (seen, steps) = risen(points, cumulative, grid);
    if !seen {
        return (None, None);
    }
    let mean = |[count, sum]: &[f64; 2]| (*count > 0.0).then(|| sum / count);
    (Some(steps.iter().map(|[count, _]| *count).collect()), Some(filled(steps.iter().map(mean).collect())))
}

/// What came in between points, by the step of the later one, and whether a point lies in the window. What a cumulative
/// point says before there is another one to subtract came at an unknown time, unless it began within the window.
fn risen(points: impl Iterator<Item = (u64, u64, [f64; 2])>, cumulative: bool, grid: &Grid) -> (bool, Vec<[f64; 2]>) {
    let mut steps = vec![[0.0; 2]; grid.steps];
    let mut before: Option<(u64, [f64; 2])> = None;
    let mut seen = false;
    for (start_ns, at_ns, value) in points {
        let known = before.filter(|(start, last)| *start == start_ns && last[0] <= value[0]);
        let rise = match known {
            _ if !cumulative => Some(value),
            Some((_, last)) => Some([value[0] - last[0], value[1] - last[1]]),
            // Started again: all of it is new.
            None if before.is_some() || start_ns >= grid.from_ns => Some(value),
            None => None,
        };
        before = Some((start_ns, value));
        let Some(step) = grid.step(at_ns) else { continue };
        seen = true;
        if let Some(rise) = rise {
            steps[step] = [steps[step][0] + rise[0], steps[step][1] + rise[1]];
        }
    }
    (seen, steps)
}
