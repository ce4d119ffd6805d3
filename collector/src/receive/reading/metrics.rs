//! Metrics of every kind from OTLP/JSON.

use evidence::otlp::{Enumeration, Flag, Float, List, Signed, Text, Unsigned};
use evidence::otlp_object;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
    exemplar, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde::de::Error;

use super::common::{Id, Int32, Uint32, named};
use super::{Json, Messages};

otlp_object! { Json<ExportMetricsServiceRequest> {
    "resourceMetrics" | "resource_metrics" => |request, metrics: Messages<ResourceMetrics>| {
        request.resource_metrics = metrics.0;
    };
}}

otlp_object! { Json<ResourceMetrics> {
    "resource" => |metrics, resource: Json<Resource>| metrics.resource = Some(resource.0);
    "scopeMetrics" | "scope_metrics" => |metrics, scopes: Messages<ScopeMetrics>| metrics.scope_metrics = scopes.0;
    "schemaUrl" | "schema_url" => |metrics, url: Text<'de>| metrics.schema_url = url.into();
}}

otlp_object! { Json<ScopeMetrics> {
    "scope" => |metrics, scope: Json<InstrumentationScope>| metrics.scope = Some(scope.0);
    "metrics" => |metrics, list: Messages<Metric>| metrics.metrics = list.0;
    "schemaUrl" | "schema_url" => |metrics, url: Text<'de>| metrics.schema_url = url.into();
}}

otlp_object! { Json<Metric> {
    "name" => |metric, name: Text<'de>| metric.name = name.into();
    "description" => |metric, description: Text<'de>| metric.description = description.into();
    "unit" => |metric, unit: Text<'de>| metric.unit = unit.into();
    "metadata" => |metric, metadata: Messages<KeyValue>| metric.metadata = metadata.0;
    "gauge" => |metric, data: Json<Gauge>| metric.data = Some(Data::Gauge(data.0));
    "sum" => |metric, data: Json<Sum>| metric.data = Some(Data::Sum(data.0));
    "histogram" => |metric, data: Json<Histogram>| metric.data = Some(Data::Histogram(data.0));
    "exponentialHistogram" | "exponential_histogram" => |metric, data: Json<ExponentialHistogram>| {
        metric.data = Some(Data::ExponentialHistogram(data.0));
    };
    "summary" => |metric, data: Json<Summary>| metric.data = Some(Data::Summary(data.0));
}}

otlp_object! { Json<Gauge> {
    "dataPoints" | "data_points" => |data, points: Messages<NumberDataPoint>| data.data_points = points.0;
}}

otlp_object! { Json<Sum> {
    "dataPoints" | "data_points" => |data, points: Messages<NumberDataPoint>| data.data_points = points.0;
    "aggregationTemporality" | "aggregation_temporality" => |data, temporality: Enumeration<'de>| {
        data.aggregation_temporality = number(&temporality)?;
    };
    "isMonotonic" | "is_monotonic" => |data, monotonic: Flag| data.is_monotonic = monotonic.0;
}}

otlp_object! { Json<Histogram> {
    "dataPoints" | "data_points" => |data, points: Messages<HistogramDataPoint>| data.data_points = points.0;
    "aggregationTemporality" | "aggregation_temporality" => |data, temporality: Enumeration<'de>| {
        data.aggregation_temporality = number(&temporality)?;
    };
}}

otlp_object! { Json<ExponentialHistogram> {
    "dataPoints" | "data_points" => |data, points: Messages<ExponentialHistogramDataPoint>| {
        data.data_points = points.0;
    };
    "aggregationTemporality" | "aggregation_temporality" => |data, temporality: Enumeration<'de>| {
        data.aggregation_temporality = number(&temporality)?;
    };
}}

otlp_object! { Json<Summary> {
    "dataPoints" | "data_points" => |data, points: Messages<SummaryDataPoint>| data.data_points = points.0;
}}

otlp_object! { Json<NumberDataPoint> {
    "attributes" => |point, attributes: Messages<KeyValue>| point.attributes = attributes.0;
    "startTimeUnixNano" | "start_time_unix_nano" => |point, time: Unsigned| point.start_time_unix_nano = time.0;
    "timeUnixNano" | "time_unix_nano" => |point, time: Unsigned| point.time_unix_nano = time.0;
    "asDouble" | "as_double" => |point, value: Float| {
        point.value = Some(number_data_point::Value::AsDouble(value.0));
    };
    "asInt" | "as_int" => |point, value: Signed| point.value = Some(number_data_point::Value::AsInt(value.0));
    "exemplars" => |point, exemplars: Messages<Exemplar>| point.exemplars = exemplars.0;
    "flags" => |point, flags: Uint32| point.flags = flags.0;
}}

otlp_object! { Json<HistogramDataPoint> {
    "attributes" => |point, attributes: Messages<KeyValue>| point.attributes = attributes.0;
    "startTimeUnixNano" | "start_time_unix_nano" => |point, time: Unsigned| point.start_time_unix_nano = time.0;
    "timeUnixNano" | "time_unix_nano" => |point, time: Unsigned| point.time_unix_nano = time.0;
    "count" => |point, count: Unsigned| point.count = count.0;
    "sum" => |point, sum: Float| point.sum = Some(sum.0);
    "bucketCounts" | "bucket_counts" => |point, counts: List<Unsigned>| point.bucket_counts = unsigned(counts);
    "explicitBounds" | "explicit_bounds" => |point, bounds: List<Float>| {
        point.explicit_bounds = bounds.0.into_iter().map(|bound| bound.0).collect();
    };
    "exemplars" => |point, exemplars: Messages<Exemplar>| point.exemplars = exemplars.0;
    "flags" => |point, flags: Uint32| point.flags = flags.0;
    "min" => |point, min: Float| point.min = Some(min.0);
    "max" => |point, max: Float| point.max = Some(max.0);
}}

otlp_object! { Json<ExponentialHistogramDataPoint> {
    "attributes" => |point, attributes: Messages<KeyValue>| point.attributes = attributes.0;
    "startTimeUnixNano" | "start_time_unix_nano" => |point, time: Unsigned| point.start_time_unix_nano = time.0;
    "timeUnixNano" | "time_unix_nano" => |point, time: Unsigned| point.time_unix_nano = time.0;
    "count" => |point, count: Unsigned| point.count = count.0;
    "sum" => |point, sum: Float| point.sum = Some(sum.0);
    "scale" => |point, scale: Int32| point.scale = scale.0;
    "zeroCount" | "zero_count" => |point, count: Unsigned| point.zero_count = count.0;
    "positive" => |point, buckets: Json<Buckets>| point.positive = Some(buckets.0);
    "negative" => |point, buckets: Json<Buckets>| point.negative = Some(buckets.0);
    "flags" => |point, flags: Uint32| point.flags = flags.0;
    "exemplars" => |point, exemplars: Messages<Exemplar>| point.exemplars = exemplars.0;
    "min" => |point, min: Float| point.min = Some(min.0);
    "max" => |point, max: Float| point.max = Some(max.0);
    "zeroThreshold" | "zero_threshold" => |point, threshold: Float| point.zero_threshold = threshold.0;
}}

otlp_object! { Json<Buckets> {
    "offset" => |buckets, offset: Int32| buckets.offset = offset.0;
    "bucketCounts" | "bucket_counts" => |buckets, counts: List<Unsigned>| buckets.bucket_counts = unsigned(counts);
}}

otlp_object! { Json<SummaryDataPoint> {
    "attributes" => |point, attributes: Messages<KeyValue>| point.attributes = attributes.0;
    "startTimeUnixNano" | "start_time_unix_nano" => |point, time: Unsigned| point.start_time_unix_nano = time.0;
    "timeUnixNano" | "time_unix_nano" => |point, time: Unsigned| point.time_unix_nano = time.0;
    "count" => |point, count: Unsigned| point.count = count.0;
    "sum" => |point, sum: Float| point.sum = sum.0;
    "quantileValues" | "quantile_values" => |point, values: Messages<ValueAtQuantile>| {
        point.quantile_values = values.0;
    };
    "flags" => |point, flags: Uint32| point.flags = flags.0;
}}

otlp_object! { Json<ValueAtQuantile> {
    "quantile" => |at, quantile: Float| at.quantile = quantile.0;
    "value" => |at, value: Float| at.value = value.0;
}}

otlp_object! { Json<Exemplar> {
    "filteredAttributes" | "filtered_attributes" => |exemplar, attributes: Messages<KeyValue>| {
        exemplar.filtered_attributes = attributes.0;
    };
    "timeUnixNano" | "time_unix_nano" => |exemplar, time: Unsigned| exemplar.time_unix_nano = time.0;
    "asDouble" | "as_double" => |exemplar, value: Float| exemplar.value = Some(exemplar::Value::AsDouble(value.0));
    "asInt" | "as_int" => |exemplar, value: Signed| exemplar.value = Some(exemplar::Value::AsInt(value.0));
    "traceId" | "trace_id" => |exemplar, id: Id<16>| exemplar.trace_id = id.0;
    "spanId" | "span_id" => |exemplar, id: Id<8>| exemplar.span_id = id.0;
}}

fn number<E: Error>(temporality: &Enumeration<'_>) -> Result<i32, E> {
    named(temporality, |name| AggregationTemporality::from_str_name(name).map(i32::from))
}

fn unsigned(counts: List<Unsigned>) -> Vec<u64> {
    counts.0.into_iter().map(|count| count.0).collect()
}
