//! What one request may hold.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::Exemplar;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;

use super::Rejection;
use crate::batch::Batch;

/// Limits of the receiver.
///
/// Whatever is sent, the receiver holds at most `max_requests` bodies as they arrive and as they inflate, and one decoded
/// body for each thread that serves; what it accepted is bounded by the core's own limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body as it arrives.
    pub max_body_bytes: usize,
    /// Bytes of a body once inflated, counted while it inflates.
    pub max_inflated_bytes: usize,
    /// Bytes of memory that a decoded body may occupy, bounded before it is decoded.
    pub max_decoded_bytes: usize,
    /// Spans, metric points or log records of one request.
    pub max_items: u64,
    /// Attributes in one place: a span, an event, a point, a record, a resource; also entries of one nested map or list.
    pub max_attributes: usize,
    /// Bytes of a key or of a string, a log body included.
    pub max_value_bytes: usize,
    /// Requests in flight; one more is sent away with 503.
    pub max_requests: usize,
    /// What a 503 says in `Retry-After`.
    pub retry_after_s: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 8 << 20,
            max_inflated_bytes: 16 << 20,
            max_decoded_bytes: 256 << 20,
            max_items: 50_000,
            max_attributes: 256,
            max_value_bytes: 128 << 10,
            max_requests: 32,
            retry_after_s: 1,
        }
    }
}

/// Checks what can only be seen once a body is decoded.
pub(super) fn check(batch: &Batch, limits: &Limits) -> Result<(), Rejection> {
    let found = batch.items();
    if found > limits.max_items {
        return Err(Rejection::Items { found, limit: limits.max_items });
    }
    match batch {
        Batch::Traces(request) => {
            for resource in &request.resource_spans {
                list(resource.resource.as_ref().map_or(&[], |resource| &resource.attributes), limits)?;
                for scope in &resource.scope_spans {
                    list(scope.scope.as_ref().map_or(&[], |scope| &scope.attributes), limits)?;
                    for span in &scope.spans {
                        list(&span.attributes, limits)?;
                        span.events.iter().try_for_each(|event| list(&event.attributes, limits))?;
                        span.links.iter().try_for_each(|link| list(&link.attributes, limits))?;
                    }
                }
            }
        }
        Batch::Logs(request) => {
            for resource in &request.resource_logs {
                list(resource.resource.as_ref().map_or(&[], |resource| &resource.attributes), limits)?;
                for scope in &resource.scope_logs {
                    list(scope.scope.as_ref().map_or(&[], |scope| &scope.attributes), limits)?;
                    for record in &scope.log_records {
                        list(&record.attributes, limits)?;
                        record.body.as_ref().map_or(Ok(()), |body| value(body, limits))?;
                    }
                }
            }
        }
        Batch::Metrics(request) => {
            for resource in &request.resource_metrics {
                list(resource.resource.as_ref().map_or(&[], |resource| &resource.attributes), limits)?;
                for scope in &resource.scope_metrics {
                    list(scope.scope.as_ref().map_or(&[], |scope| &scope.attributes), limits)?;
                    for metric in &scope.metrics {
                        list(&metric.metadata, limits)?;
                        metric.data.as_ref().map_or(Ok(()), |data| points(data, limits))?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn points(data: &Data, limits: &Limits) -> Result<(), Rejection> {
    let point = |attributes: &[KeyValue], exemplars: &[Exemplar]| {
        list(attributes, limits)?;
        exemplars.iter().try_for_each(|exemplar| list(&exemplar.filtered_attributes, limits))
    };
    match data {
        Data::Gauge(data) => data.data_points.iter().try_for_each(|p| point(&p.attributes, &p.exemplars)),
        Data::Sum(data) => data.data_points.iter().try_for_each(|p| point(&p.attributes, &p.exemplars)),
        Data::Histogram(data) => data.data_points.iter().try_for_each(|p| point(&p.attributes, &p.exemplars)),
        Data::ExponentialHistogram(data) => {
            data.data_points.iter().try_for_each(|p| point(&p.attributes, &p.exemplars))
        }
        Data::Summary(data) => data.data_points.iter().try_for_each(|p| point(&p.attributes, &[])),
    }
}

fn list(attributes: &[KeyValue], limits: &Limits) -> Result<(), Rejection> {
    count(attributes.len(), limits)?;
    for attribute in attributes {
        length(attribute.key.len(), limits)?;
        attribute.value.as_ref().map_or(Ok(()), |inner| value(inner, limits))?;
    }
    Ok(())
}

/// Depth is bounded by the decoders: both refuse what is nested deeper than about a hundred messages.
fn value(any: &AnyValue, limits: &Limits) -> Result<(), Rejection> {
    match &any.value {
        Some(Value::StringValue(text)) => length(text.len(), limits),
        Some(Value::BytesValue(bytes)) => length(bytes.len(), limits),
        Some(Value::ArrayValue(array)) => {
            count(array.values.len(), limits)?;
            array.values.iter().try_for_each(|inner| value(inner, limits))
        }
        Some(Value::KvlistValue(map)) => list(&map.values, limits),
        Some(Value::BoolValue(_) | Value::IntValue(_) | Value::DoubleValue(_) | Value::StringValueStrindex(_))
        | None => Ok(()),
    }
}

fn count(found: usize, limits: &Limits) -> Result<(), Rejection> {
    let limit = limits.max_attributes;
    if found > limit { Err(Rejection::Attributes { found, limit }) } else { Ok(()) }
}

fn length(found: usize, limits: &Limits) -> Result<(), Rejection> {
    let limit = limits.max_value_bytes;
    if found > limit { Err(Rejection::Value { found, limit }) } else { Ok(()) }
}
