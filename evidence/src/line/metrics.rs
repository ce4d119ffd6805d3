//! A line of `metrics.jsonl`.

use crate::line::value::{Attributes, Resource};
use crate::line::{Json, SpanId, TraceId};
use crate::otlp::{Enumeration, Flag, Float, List, Signed, Text, Unsigned};
use crate::otlp_object;

#[derive(Default)]
pub(crate) struct Metrics<'de> {
    pub(crate) resources: List<Json<ResourceMetrics<'de>>>,
}

#[derive(Default)]
pub(crate) struct ResourceMetrics<'de> {
    pub(crate) resource: Resource<'de>,
    pub(crate) scopes: List<Json<ScopeMetrics<'de>>>,
}

#[derive(Default)]
pub(crate) struct ScopeMetrics<'de> {
    pub(crate) metrics: List<Json<MetricLine<'de>>>,
}

#[derive(Default)]
pub(crate) struct MetricLine<'de> {
    pub(crate) name: Text<'de>,
    pub(crate) unit: Text<'de>,
    pub(crate) data: Option<(Shape, Data<'de>)>,
}

#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Gauge,
    Sum,
    /// Explicit or exponential.
    Histogram,
    Summary,
}

/// The fields of every kind of metric; no two kinds use one name differently.
#[derive(Default)]
pub(crate) struct Data<'de> {
    pub(crate) points: List<Json<PointLine<'de>>>,
    /// A temporality that is missing is read as cumulative, which is what most senders mean.
    pub(crate) delta: bool,
    pub(crate) monotonic: bool,
}

/// The fields of every kind of point.
#[derive(Default)]
pub(crate) struct PointLine<'de> {
    pub(crate) attributes: Attributes<'de>,
    pub(crate) start_ns: u64,
    pub(crate) at_ns: u64,
    pub(crate) flags: u64,
    pub(crate) value: Option<f64>,
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) buckets: List<Unsigned>,
    pub(crate) bounds: List<Float>,
    pub(crate) quantiles: List<Json<QuantileLine>>,
    pub(crate) exemplars: List<Json<ExemplarLine>>,
}

#[derive(Default)]
pub(crate) struct QuantileLine {
    pub(crate) quantile: f64,
    pub(crate) value: f64,
}

#[derive(Default)]
pub(crate) struct ExemplarLine {
    pub(crate) value: f64,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
}

otlp_object! { Json<Metrics<'de>> {
    "resourceMetrics" | "resource_metrics" => |line, resources: List<Json<ResourceMetrics<'de>>>| {
        line.resources = resources;
    };
}}

otlp_object! { Json<ResourceMetrics<'de>> {
    "resource" => |metrics, resource: Json<Resource<'de>>| metrics.resource = resource.0;
    "scopeMetrics" | "scope_metrics" | "instrumentationLibraryMetrics" => |metrics, scopes: List<Json<ScopeMetrics<'de>>>| {
        metrics.scopes = scopes;
    };
}}

otlp_object! { Json<ScopeMetrics<'de>> {
    "metrics" => |scope, metrics: List<Json<MetricLine<'de>>>| scope.metrics = metrics;
}}

otlp_object! { Json<MetricLine<'de>> {
    "name" => |metric, name: Text<'de>| metric.name = name;
    "unit" => |metric, unit: Text<'de>| metric.unit = unit;
    "gauge" => |metric, data: Json<Data<'de>>| metric.data = Some((Shape::Gauge, data.0));
    "sum" => |metric, data: Json<Data<'de>>| metric.data = Some((Shape::Sum, data.0));
    "histogram" | "exponentialHistogram" | "exponential_histogram" => |metric, data: Json<Data<'de>>| {
        metric.data = Some((Shape::Histogram, data.0));
    };
    "summary" => |metric, data: Json<Data<'de>>| metric.data = Some((Shape::Summary, data.0));
}}

otlp_object! { Json<Data<'de>> {
    "dataPoints" | "data_points" => |data, points: List<Json<PointLine<'de>>>| data.points = points;
    "aggregationTemporality" | "aggregation_temporality" => |data, temporality: Enumeration<'de>| {
        data.delta = is_delta(&temporality);
    };
    "isMonotonic" | "is_monotonic" => |data, monotonic: Flag| data.monotonic = monotonic.0;
}}

otlp_object! { Json<PointLine<'de>> {
    "attributes" => |point, attributes: Attributes<'de>| point.attributes = attributes;
    "startTimeUnixNano" | "start_time_unix_nano" => |point, time: Unsigned| point.start_ns = time.0;
    "timeUnixNano" | "time_unix_nano" => |point, time: Unsigned| point.at_ns = time.0;
    "flags" => |point, flags: Unsigned| point.flags = flags.0;
    "asDouble" | "as_double" => |point, value: Float| point.value = Some(value.0);
    "asInt" | "as_int" => |point, value: Signed| point.value = Some(value.0 as f64);
    "count" => |point, count: Unsigned| point.count = count.0;
    "sum" => |point, sum: Float| point.sum = sum.0;
    "bucketCounts" | "bucket_counts" => |point, counts: List<Unsigned>| point.buckets = counts;
    "explicitBounds" | "explicit_bounds" => |point, bounds: List<Float>| point.bounds = bounds;
    "quantileValues" | "quantile_values" => |point, values: List<Json<QuantileLine>>| point.quantiles = values;
    "exemplars" => |point, exemplars: List<Json<ExemplarLine>>| point.exemplars = exemplars;
}}

otlp_object! { Json<QuantileLine> {
    "quantile" => |at, quantile: Float| at.quantile = quantile.0;
    "value" => |at, value: Float| at.value = value.0;
}}

otlp_object! { Json<ExemplarLine> {
    "asDouble" | "as_double" => |exemplar, value: Float| exemplar.value = value.0;
    "asInt" | "as_int" => |exemplar, value: Signed| exemplar.value = value.0 as f64;
    "traceId" | "trace_id" => |exemplar, id: TraceId| exemplar.trace_id = id;
    "spanId" | "span_id" => |exemplar, id: SpanId| exemplar.span_id = id;
}}

pub(crate) fn is_delta(temporality: &Enumeration<'_>) -> bool {
    temporality.number(|name| name.to_ascii_uppercase().ends_with("DELTA").then_some(1)) == Some(1)
}
