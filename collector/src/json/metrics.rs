//! Metrics of every kind.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, SummaryDataPoint, exemplar, number_data_point,
};

use super::text::{self, Object};
use super::value::{attribute, resource, scope};

pub(super) fn request(out: &mut Vec<u8>, request: &ExportMetricsServiceRequest) {
    let mut object = Object::open(out);
    object.list("resourceMetrics", &request.resource_metrics, resource_metrics);
    object.close();
}

fn resource_metrics(out: &mut Vec<u8>, metrics: &ResourceMetrics) {
    let mut object = Object::open(out);
    resource(object.field("resource"), metrics.resource.as_ref());
    object.list("scopeMetrics", &metrics.scope_metrics, scope_metrics);
    object.text("schemaUrl", &metrics.schema_url);
    object.close();
}

fn scope_metrics(out: &mut Vec<u8>, metrics: &ScopeMetrics) {
    let mut object = Object::open(out);
    scope(object.field("scope"), metrics.scope.as_ref());
    object.list("metrics", &metrics.metrics, metric);
    object.text("schemaUrl", &metrics.schema_url);
    object.close();
}

fn metric(out: &mut Vec<u8>, metric: &Metric) {
    let mut object = Object::open(out);
    object.text("name", &metric.name);
    object.text("description", &metric.description);
    object.text("unit", &metric.unit);
    if let Some(data) = &metric.data {
        points(&mut object, data);
    }
    object.list("metadata", &metric.metadata, attribute);
    object.close();
}

fn points(object: &mut Object<'_>, data: &Data) {
    match data {
        Data::Gauge(gauge) => {
            let mut inner = Object::open(object.field("gauge"));
            inner.list("dataPoints", &gauge.data_points, number);
            inner.close();
        }
        Data::Sum(sum) => {
            let mut inner = Object::open(object.field("sum"));
            inner.list("dataPoints", &sum.data_points, number);
            inner.number("aggregationTemporality", sum.aggregation_temporality);
            if sum.is_monotonic {
                inner.field("isMonotonic").extend_from_slice(b"true");
            }
            inner.close();
        }
        Data::Histogram(histogram) => {
            let mut inner = Object::open(object.field("histogram"));
            inner.list("dataPoints", &histogram.data_points, distribution);
            inner.number("aggregationTemporality", histogram.aggregation_temporality);
            inner.close();
        }
        Data::ExponentialHistogram(histogram) => {
            let mut inner = Object::open(object.field("exponentialHistogram"));
            inner.list("dataPoints", &histogram.data_points, exponential);
            inner.number("aggregationTemporality", histogram.aggregation_temporality);
            inner.close();
        }
        Data::Summary(summary) => {
            let mut inner = Object::open(object.field("summary"));
            inner.list("dataPoints", &summary.data_points, quantiles);
            inner.close();
        }
    }
}

fn number(out: &mut Vec<u8>, point: &NumberDataPoint) {
    let mut object = Object::open(out);
    object.list("attributes", &point.attributes, attribute);
    object.long("startTimeUnixNano", point.start_time_unix_nano);
    object.long("timeUnixNano", point.time_unix_nano);
    match point.value {
        Some(number_data_point::Value::AsDouble(value)) => text::double(object.field("asDouble"), value),
        Some(number_data_point::Value::AsInt(value)) => text::long(object.field("asInt"), value),
        None => {}
    }
    object.list("exemplars", &point.exemplars, exemplar);
    object.number("flags", point.flags);
    object.close();
}

fn distribution(out: &mut Vec<u8>, point: &HistogramDataPoint) {
    let mut object = Object::open(out);
    object.list("attributes", &point.attributes, attribute);
    object.long("startTimeUnixNano", point.start_time_unix_nano);
    object.long("timeUnixNano", point.time_unix_nano);
    object.long("count", point.count);
    object.present("sum", point.sum);
    object.list("bucketCounts", &point.bucket_counts, |out, count| text::long(out, *count));
    object.list("explicitBounds", &point.explicit_bounds, |out, bound| text::double(out, *bound));
    object.list("exemplars", &point.exemplars, exemplar);
    object.number("flags", point.flags);
    object.present("min", point.min);
    object.present("max", point.max);
    object.close();
}

fn exponential(out: &mut Vec<u8>, point: &ExponentialHistogramDataPoint) {
    let mut object = Object::open(out);
    object.list("attributes", &point.attributes, attribute);
    object.long("startTimeUnixNano", point.start_time_unix_nano);
    object.long("timeUnixNano", point.time_unix_nano);
    object.long("count", point.count);
    object.present("sum", point.sum);
    object.number("scale", point.scale);
    object.long("zeroCount", point.zero_count);
    buckets(object.field("positive"), point.positive.as_ref());
    buckets(object.field("negative"), point.negative.as_ref());
    object.number("flags", point.flags);
    object.list("exemplars", &point.exemplars, exemplar);
    object.present("min", point.min);
    object.present("max", point.max);
    object.double("zeroThreshold", point.zero_threshold);
    object.close();
}

fn buckets(out: &mut Vec<u8>, buckets: Option<&Buckets>) {
    let mut object = Object::open(out);
    if let Some(buckets) = buckets {
        object.number("offset", buckets.offset);
        object.list("bucketCounts", &buckets.bucket_counts, |out, count| text::long(out, *count));
    }
    object.close();
}

fn quantiles(out: &mut Vec<u8>, point: &SummaryDataPoint) {
    let mut object = Object::open(out);
    object.list("attributes", &point.attributes, attribute);
    object.long("startTimeUnixNano", point.start_time_unix_nano);
    object.long("timeUnixNano", point.time_unix_nano);
    object.long("count", point.count);
    object.double("sum", point.sum);
    object.list("quantileValues", &point.quantile_values, |out, quantile| {
        let mut inner = Object::open(out);
        inner.double("quantile", quantile.quantile);
        inner.double("value", quantile.value);
        inner.close();
    });
    object.number("flags", point.flags);
    object.close();
}

fn exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    let mut object = Object::open(out);
    object.list("filteredAttributes", &exemplar.filtered_attributes, attribute);
    object.long("timeUnixNano", exemplar.time_unix_nano);
    match exemplar.value {
        Some(exemplar::Value::AsDouble(value)) => text::double(object.field("asDouble"), value),
        Some(exemplar::Value::AsInt(value)) => text::long(object.field("asInt"), value),
        None => {}
    }
    object.id("traceId", &exemplar.trace_id);
    object.id("spanId", &exemplar.span_id);
    object.close();
}
