//! Exemplars: the SDK collects none, so a reservoir stands beside each provider.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::common::v1::KeyValue as ProtoKeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;
use opentelemetry_proto::tonic::metrics::v1::{Exemplar, HistogramDataPoint, exemplar};

/// One sample a bucket of every histogram point: the latest since the last export, as the specification's
/// `AlignedHistogramBucketExemplarReservoir` allows.
#[derive(Debug, Default)]
pub(crate) struct Reservoir {
    samples: Mutex<BTreeMap<Point, Buckets>>,
}

/// Metric and attributes.
type Point = (&'static str, String);
/// By bucket.
type Buckets = BTreeMap<usize, Exemplar>;

impl Reservoir {
    /// Remembers a measurement if it happens inside a sampled span.
    pub(crate) fn offer(
        &self,
        metric: &'static str,
        bounds: &[f64],
        value: f64,
        attributes: &[KeyValue],
        time_unix_nano: u64,
    ) {
        let context = Context::map_current(|cx| cx.span().span_context().clone());
        if !context.is_valid() {
            return;
        }
        let exemplar = Exemplar {
            filtered_attributes: Vec::new(),
            time_unix_nano,
            span_id: context.span_id().to_bytes().to_vec(),
            trace_id: context.trace_id().to_bytes().to_vec(),
            value: Some(exemplar::Value::AsDouble(value)),
        };
        let bucket = bounds.partition_point(|bound| *bound < value);
        let key = key_of(attributes.iter().map(|kv| (kv.key.as_str(), kv.value.as_str().into_owned())).collect());
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.entry((metric, key)).or_default().insert(bucket, exemplar);
    }

    /// Moves the samples of one point into it, by ascending bucket.
    pub(crate) fn attach(&self, metric: &str, point: &mut HistogramDataPoint) {
        let key = key_of(point.attributes.iter().map(|kv| (kv.key.as_str(), text(kv))).collect());
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let found = samples.iter_mut().find(|((name, attributes), _)| *name == metric && *attributes == key);
        if let Some((_, buckets)) = found {
            point.exemplars = std::mem::take(buckets).into_values().collect();
        }
    }
}

fn key_of(mut attributes: Vec<(&str, String)>) -> String {
    attributes.sort_unstable();
    attributes.iter().fold(String::new(), |key, (name, value)| key + name + "\u{1}" + value + "\u{2}")
}

fn text(attribute: &ProtoKeyValue) -> String {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(ProtoValue::StringValue(text)) => text.clone(),
        Some(ProtoValue::IntValue(number)) => number.to_string(),
        Some(ProtoValue::BoolValue(flag)) => flag.to_string(),
        Some(ProtoValue::DoubleValue(number)) => number.to_string(),
        _ => String::new(),
    }
}
