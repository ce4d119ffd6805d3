//! A total order for what SDKs emit in the order of a hash table.

use std::cmp::Ordering;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};

/// Sorts scopes by name and version, points by attributes and time, and the attributes of each point by key. Equal ones
/// keep their order; metrics of a scope stay in the order of their registration.
pub(crate) fn metrics(metrics: &mut ResourceMetrics) {
    let scope = |scope: &ScopeMetrics| scope.scope.as_ref().map(|scope| (scope.name.clone(), scope.version.clone()));
    metrics.scope_metrics.sort_by_cached_key(scope);
    for metric in metrics.scope_metrics.iter_mut().flat_map(|scope| &mut scope.metrics) {
        points(metric);
    }
}

fn points(metric: &mut Metric) {
    macro_rules! sort {
        ($data:expr) => {{
            for point in &mut $data.data_points {
                point.attributes.sort_by(|left, right| left.key.cmp(&right.key));
            }
            $data.data_points.sort_by(|left, right| {
                list(&left.attributes, &right.attributes, attribute)
                    .then(left.time_unix_nano.cmp(&right.time_unix_nano))
                    .then(left.start_time_unix_nano.cmp(&right.start_time_unix_nano))
            });
        }};
    }
    match &mut metric.data {
        None => {}
        Some(Data::Gauge(data)) => sort!(data),
        Some(Data::Sum(data)) => sort!(data),
        Some(Data::Histogram(data)) => sort!(data),
        Some(Data::ExponentialHistogram(data)) => sort!(data),
        Some(Data::Summary(data)) => sort!(data),
    }
}

fn list<T>(left: &[T], right: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    let first_difference = left.iter().zip(right).map(|(left, right)| compare(left, right)).find(|order| order.is_ne());
    first_difference.unwrap_or_else(|| left.len().cmp(&right.len()))
}

fn attribute(left: &KeyValue, right: &KeyValue) -> Ordering {
    left.key.cmp(&right.key).then_with(|| value(left.value.as_ref(), right.value.as_ref()))
}

fn value(left: Option<&AnyValue>, right: Option<&AnyValue>) -> Ordering {
    let (left, right) = (left.and_then(|v| v.value.as_ref()), right.and_then(|v| v.value.as_ref()));
    match (left, right) {
        (Some(Value::StringValue(left)), Some(Value::StringValue(right))) => left.cmp(right),
        (Some(Value::BoolValue(left)), Some(Value::BoolValue(right))) => left.cmp(right),
        (Some(Value::IntValue(left)), Some(Value::IntValue(right))) => left.cmp(right),
        (Some(Value::DoubleValue(left)), Some(Value::DoubleValue(right))) => left.total_cmp(right),
        (Some(Value::BytesValue(left)), Some(Value::BytesValue(right))) => left.cmp(right),
        (Some(Value::StringValueStrindex(left)), Some(Value::StringValueStrindex(right))) => left.cmp(right),
        (Some(Value::ArrayValue(left)), Some(Value::ArrayValue(right))) => {
            list(&left.values, &right.values, |left, right| value(Some(left), Some(right)))
        }
        (Some(Value::KvlistValue(left)), Some(Value::KvlistValue(right))) => {
            list(&left.values, &right.values, attribute)
        }
        (left, right) => kind(left).cmp(&kind(right)),
    }
}

/// Where values of different types stand to each other: by their field number in the protocol.
fn kind(value: Option<&Value>) -> u8 {
    match value {
        None => 0,
        Some(Value::StringValue(_)) => 1,
        Some(Value::BoolValue(_)) => 2,
        Some(Value::IntValue(_)) => 3,
        Some(Value::DoubleValue(_)) => 4,
        Some(Value::ArrayValue(_)) => 5,
        Some(Value::KvlistValue(_)) => 6,
        Some(Value::BytesValue(_)) => 7,
        Some(Value::StringValueStrindex(_)) => 8,
    }
}
