//! How much memory a batch occupies: what the queue's limit counts, because two bytes on the wire can be a whole span.

use std::mem::size_of;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

use super::Batch;

/// Bytes of every vector by its capacity and of every string; allocator overhead is not counted.
pub(super) fn batch(batch: &Batch) -> usize {
    size_of::<Batch>()
        + match batch {
            Batch::Traces(request) => all(&request.resource_spans, resource_spans),
            Batch::Metrics(request) => all(&request.resource_metrics, resource_metrics),
            Batch::Logs(request) => all(&request.resource_logs, resource_logs),
        }
}

fn all<T>(items: &Vec<T>, beyond: impl Fn(&T) -> usize) -> usize {
    items.capacity() * size_of::<T>() + items.iter().map(beyond).sum::<usize>()
}

fn resource_spans(spans: &ResourceSpans) -> usize {
    resource(spans.resource.as_ref()) + spans.schema_url.capacity() + all(&spans.scope_spans, scope_spans)
}

fn scope_spans(spans: &ScopeSpans) -> usize {
    scope(spans.scope.as_ref()) + spans.schema_url.capacity() + all(&spans.spans, span)
}

fn span(span: &Span) -> usize {
    span.trace_id.capacity()
        + span.span_id.capacity()
        + span.parent_span_id.capacity()
        + span.trace_state.capacity()
        + span.name.capacity()
        + span.status.as_ref().map_or(0, |status| status.message.capacity())
        + all(&span.attributes, attribute)
        + all(&span.events, |event: &Event| event.name.capacity() + all(&event.attributes, attribute))
        + all(&span.links, link)
}

fn link(link: &Link) -> usize {
    link.trace_id.capacity() + link.span_id.capacity() + link.trace_state.capacity() + all(&link.attributes, attribute)
}

fn resource_logs(logs: &ResourceLogs) -> usize {
    resource(logs.resource.as_ref()) + logs.schema_url.capacity() + all(&logs.scope_logs, scope_logs)
}

fn scope_logs(logs: &ScopeLogs) -> usize {
    scope(logs.scope.as_ref()) + logs.schema_url.capacity() + all(&logs.log_records, record)
}

fn record(record: &LogRecord) -> usize {
    record.trace_id.capacity()
        + record.span_id.capacity()
        + record.severity_text.capacity()
        + record.event_name.capacity()
        + record.body.as_ref().map_or(0, any)
        + all(&record.attributes, attribute)
}

fn resource_metrics(metrics: &ResourceMetrics) -> usize {
    resource(metrics.resource.as_ref()) + metrics.schema_url.capacity() + all(&metrics.scope_metrics, scope_metrics)
}

fn scope_metrics(metrics: &ScopeMetrics) -> usize {
    scope(metrics.scope.as_ref()) + metrics.schema_url.capacity() + all(&metrics.metrics, metric)
}

fn metric(metric: &Metric) -> usize {
    let points = match &metric.data {
        None => 0,
        Some(Data::Gauge(data)) => all(&data.data_points, number),
        Some(Data::Sum(data)) => all(&data.data_points, number),
        Some(Data::Histogram(data)) => all(&data.data_points, histogram),
        Some(Data::ExponentialHistogram(data)) => all(&data.data_points, exponential),
        Some(Data::Summary(data)) => all(&data.data_points, summary),
    };
    let texts = metric.name.capacity() + metric.description.capacity() + metric.unit.capacity();
    points + texts + all(&metric.metadata, attribute)
}

fn number(point: &NumberDataPoint) -> usize {
    all(&point.attributes, attribute) + all(&point.exemplars, exemplar)
}

fn histogram(point: &HistogramDataPoint) -> usize {
    all(&point.attributes, attribute)
        + all(&point.exemplars, exemplar)
        + all(&point.bucket_counts, |_| 0)
        + all(&point.explicit_bounds, |_| 0)
}

fn exponential(point: &ExponentialHistogramDataPoint) -> usize {
    let buckets = |buckets: &Option<Buckets>| buckets.as_ref().map_or(0, |buckets| all(&buckets.bucket_counts, |_| 0));
    all(&point.attributes, attribute)
        + all(&point.exemplars, exemplar)
        + buckets(&point.positive)
        + buckets(&point.negative)
}

fn summary(point: &SummaryDataPoint) -> usize {
    all(&point.attributes, attribute) + all(&point.quantile_values, |_| 0)
}

fn exemplar(exemplar: &Exemplar) -> usize {
    exemplar.trace_id.capacity() + exemplar.span_id.capacity() + all(&exemplar.filtered_attributes, attribute)
}

fn resource(resource: Option<&Resource>) -> usize {
    resource.map_or(0, |resource| all(&resource.attributes, attribute) + all(&resource.entity_refs, entity))
}

fn entity(entity: &EntityRef) -> usize {
    entity.schema_url.capacity()
        + entity.r#type.capacity()
        + all(&entity.id_keys, String::capacity)
        + all(&entity.description_keys, String::capacity)
}

fn scope(scope: Option<&InstrumentationScope>) -> usize {
    scope.map_or(0, |scope| scope.name.capacity() + scope.version.capacity() + all(&scope.attributes, attribute))
}

fn attribute(attribute: &KeyValue) -> usize {
    attribute.key.capacity() + attribute.value.as_ref().map_or(0, any)
}

fn any(value: &AnyValue) -> usize {
    match &value.value {
        Some(Value::StringValue(text)) => text.capacity(),
        Some(Value::BytesValue(bytes)) => bytes.capacity(),
        Some(Value::ArrayValue(array)) => all(&array.values, any),
        Some(Value::KvlistValue(map)) => all(&map.values, attribute),
        Some(Value::BoolValue(_) | Value::IntValue(_) | Value::DoubleValue(_) | Value::StringValueStrindex(_))
        | None => 0,
    }
}
