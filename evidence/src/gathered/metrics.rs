//! Metrics of every kind.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data as Kind;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint, exemplar,
};

use super::value::{attributes, id, list, resource, text};
use crate::line::metrics::{
    Data, ExemplarLine, MetricLine, Metrics, PointLine, QuantileLine, ResourceMetrics, ScopeMetrics, Shape, is_delta,
};
use crate::otlp::{Enumeration, Float, List, Unsigned};

pub(super) fn line(request: &ExportMetricsServiceRequest) -> Metrics<'_> {
    Metrics {
        resources: list(&request.resource_metrics, |group| ResourceMetrics {
            resource: resource(group.resource.as_ref()),
            scopes: list(&group.scope_metrics, |scope| ScopeMetrics { metrics: list(&scope.metrics, metric) }),
        }),
    }
}

fn metric(metric: &Metric) -> MetricLine<'_> {
    MetricLine { name: text(&metric.name), unit: text(&metric.unit), data: metric.data.as_ref().map(data) }
}

fn data(kind: &Kind) -> (Shape, Data<'_>) {
    let delta = |temporality| is_delta(&Enumeration::Number(temporality));
    match kind {
        Kind::Gauge(gauge) => {
            (Shape::Gauge, Data { points: list(&gauge.data_points, number), delta: false, monotonic: false })
        }
        Kind::Sum(sum) => {
            let (delta, monotonic) = (delta(sum.aggregation_temporality), sum.is_monotonic);
            (Shape::Sum, Data { points: list(&sum.data_points, number), delta, monotonic })
        }
        Kind::Histogram(histogram) => {
            let delta = delta(histogram.aggregation_temporality);
            (Shape::Histogram, Data { points: list(&histogram.data_points, distribution), delta, monotonic: false })
        }
        Kind::ExponentialHistogram(histogram) => {
            let delta = delta(histogram.aggregation_temporality);
            (Shape::Histogram, Data { points: list(&histogram.data_points, exponential), delta, monotonic: false })
        }
        Kind::Summary(summary) => {
            (Shape::Summary, Data { points: list(&summary.data_points, quantiles), delta: false, monotonic: false })
        }
    }
}

fn number(point: &NumberDataPoint) -> PointLine<'_> {
    PointLine {
        attributes: attributes(&point.attributes),
        start_ns: point.start_time_unix_nano,
        at_ns: point.time_unix_nano,
        flags: u64::from(point.flags),
        value: point.value.map(|value| match value {
            Value::AsDouble(value) => value,
            Value::AsInt(value) => value as f64,
        }),
        ..PointLine::default()
    }
}

fn distribution(point: &HistogramDataPoint) -> PointLine<'_> {
    PointLine {
        attributes: attributes(&point.attributes),
        start_ns: point.start_time_unix_nano,
        at_ns: point.time_unix_nano,
        flags: u64::from(point.flags),
        count: point.count,
        sum: point.sum.unwrap_or(0.0),
        buckets: List(point.bucket_counts.iter().map(|count| Unsigned(*count)).collect()),
        bounds: List(point.explicit_bounds.iter().map(|bound| Float(*bound)).collect()),
        exemplars: list(&point.exemplars, example),
        ..PointLine::default()
    }
}

fn exponential(point: &ExponentialHistogramDataPoint) -> PointLine<'_> {
    PointLine {
        attributes: attributes(&point.attributes),
        start_ns: point.start_time_unix_nano,
        at_ns: point.time_unix_nano,
        flags: u64::from(point.flags),
        count: point.count,
        sum: point.sum.unwrap_or(0.0),
        exemplars: list(&point.exemplars, example),
        ..PointLine::default()
    }
}

fn quantiles(point: &SummaryDataPoint) -> PointLine<'_> {
    PointLine {
        attributes: attributes(&point.attributes),
        start_ns: point.start_time_unix_nano,
        at_ns: point.time_unix_nano,
        flags: u64::from(point.flags),
        count: point.count,
        sum: unsigned_zero(point.sum),
        quantiles: list(&point.quantile_values, |at| QuantileLine {
            quantile: unsigned_zero(at.quantile),
            value: unsigned_zero(at.value),
        }),
        ..PointLine::default()
    }
}

fn example(exemplar: &Exemplar) -> ExemplarLine {
    let value = match exemplar.value {
        Some(exemplar::Value::AsDouble(value)) => value,
        Some(exemplar::Value::AsInt(value)) => value as f64,
        None => 0.0,
    };
    ExemplarLine { value, trace_id: id(&exemplar.trace_id), span_id: id(&exemplar.span_id) }
}

/// A line leaves out a zero of either sign.
fn unsigned_zero(value: f64) -> f64 {
    if value.abs().to_bits() == 0 { 0.0 } else { value }
}
