//! Histograms whose points carry exemplars: the SDK collects none, so a reservoir stands beside each histogram, and
//! attribute sets are resolved once for both.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contract::metric::LATENCY_BOUNDS;
use opentelemetry::metrics::{BoundHistogram, Histogram};
use opentelemetry::trace::{SpanId, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::common::v1::KeyValue as ProtoKeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;
use opentelemetry_proto::tonic::metrics::v1::{Exemplar, HistogramDataPoint, exemplar};

use crate::instruments::MAX_SETS;

/// The reservoirs of one telemetry value, by metric.
#[derive(Debug, Default)]
pub(crate) struct Reservoirs(Mutex<BTreeMap<&'static str, Arc<Reservoir>>>);

impl Reservoirs {
    /// The reservoir of a metric: one, whoever records it.
    pub(crate) fn of(&self, metric: &'static str) -> Arc<Reservoir> {
        Arc::clone(lock(&self.0).entry(metric).or_default())
    }

    /// Moves the samples of one point into it, by ascending bucket.
    pub(crate) fn attach(&self, metric: &str, point: &mut HistogramDataPoint) {
        let reservoir = lock(&self.0).get(metric).cloned();
        if let Some(reservoir) = reservoir {
            reservoir.attach(point);
        }
    }
}

/// One sample a bucket of every point: the latest since the last export, as the specification's
/// `AlignedHistogramBucketExemplarReservoir` allows.
#[derive(Debug, Default)]
pub(crate) struct Reservoir(Mutex<Sets>);

#[derive(Debug, Default)]
struct Sets {
    /// Attributes as a caller writes them, and where their point is; two orders of the same attributes have one point.
    /// A histogram has a handful of them, so they are compared one by one.
    written: Vec<(Box<[KeyValue]>, usize)>,
    points: Vec<Point>,
}

#[derive(Debug)]
struct Point {
    /// The attributes in one order, as text.
    key: String,
    bound: BoundHistogram<f64>,
    /// By bucket.
    samples: [Option<Sample>; LATENCY_BOUNDS.len() + 1],
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    value: f64,
    at_ns: u64,
    trace_id: TraceId,
    span_id: SpanId,
}

impl Reservoir {
    /// Records a measurement, and remembers it if it happens inside a span.
    pub(crate) fn record(&self, histogram: &Histogram<f64>, value: f64, attributes: &[KeyValue], at_ns: u64) {
        let sample = Context::map_current(|cx| {
            let span = cx.span();
            let context = span.span_context();
            let (trace_id, span_id) = (context.trace_id(), context.span_id());
            context.is_valid().then_some(Sample { value, at_ns, trace_id, span_id })
        });
        let mut sets = lock(&self.0);
        let Some(point) = sets.point(histogram, attributes) else {
            drop(sets);
            histogram.record(value, attributes);
            return;
        };
        point.bound.record(value);
        if sample.is_some() {
            point.samples[LATENCY_BOUNDS.partition_point(|bound| *bound < value)] = sample;
        }
    }

    fn attach(&self, point: &mut HistogramDataPoint) {
        let key = key_of(point.attributes.iter().map(|kv| (kv.key.as_str(), text(kv))).collect());
        let mut sets = lock(&self.0);
        if let Some(found) = sets.points.iter_mut().find(|point| point.key == key) {
            point.exemplars = found.samples.iter_mut().filter_map(Option::take).map(Exemplar::from).collect();
        }
    }
}

impl Sets {
    /// The point of an attribute set; none where there are too many.
    fn point(&mut self, histogram: &Histogram<f64>, attributes: &[KeyValue]) -> Option<&mut Point> {
        let known = self.written.iter().find(|(written, _)| **written == *attributes).map(|(_, point)| *point);
        let index = match known {
            Some(point) => point,
            None if self.written.len() < MAX_SETS => self.resolve(histogram, attributes),
            None => return None,
        };
        Some(&mut self.points[index])
    }

    fn resolve(&mut self, histogram: &Histogram<f64>, attributes: &[KeyValue]) -> usize {
        let key = key_of(attributes.iter().map(|kv| (kv.key.as_str(), kv.value.as_str().into_owned())).collect());
        let known = self.points.iter().position(|point| point.key == key);
        let index = known.unwrap_or_else(|| {
            let samples = [None; LATENCY_BOUNDS.len() + 1];
            self.points.push(Point { key, bound: histogram.bind(attributes), samples });
            self.points.len() - 1
        });
        self.written.push((attributes.into(), index));
        index
    }
}

impl From<Sample> for Exemplar {
    fn from(sample: Sample) -> Self {
        Self {
            filtered_attributes: Vec::new(),
            time_unix_nano: sample.at_ns,
            span_id: sample.span_id.to_bytes().to_vec(),
            trace_id: sample.trace_id.to_bytes().to_vec(),
            value: Some(exemplar::Value::AsDouble(sample.value)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry::trace::{SpanContext, TraceFlags, TraceState};
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_sdk::metrics::data::ResourceMetrics;
    use opentelemetry_sdk::metrics::reader::MetricReader as _;
    use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};

    use super::*;
    use crate::inline::Reader;
    use crate::instruments::view;

    fn in_span(id: u64) -> Context {
        let (trace, span) = (TraceId::from(u128::from(id)), SpanId::from(id));
        let context = SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::default());
        Context::new().with_remote_span_context(context)
    }

    /// Records values, each in a span of its place in the list, and shows the points.
    fn recorded(values: &[(f64, &[KeyValue])]) -> String {
        let reader = Reader::new(ManualReader::builder().build());
        let provider = SdkMeterProvider::builder().with_reader(reader.clone()).with_view(view).build();
        let bounds = LATENCY_BOUNDS.to_vec();
        let histogram = provider.meter("m").f64_histogram("h").with_boundaries(bounds).build();
        let reservoirs = Reservoirs::default();
        for (id, (value, attributes)) in (1..).zip(values) {
            let _guard = in_span(id).attach();
            reservoirs.of("h").record(&histogram, *value, attributes, id);
        }
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics).unwrap();
        let mut request = ExportMetricsServiceRequest::from(&metrics);
        let metric = &mut request.resource_metrics[0].scope_metrics[0].metrics[0];
        let Some(Data::Histogram(histogram)) = &mut metric.data else { panic!("a histogram") };
        let mut rows: Vec<String> = Vec::new();
        for point in &mut histogram.data_points {
            reservoirs.attach("h", point);
            let mut attributes: Vec<String> =
                point.attributes.iter().map(|kv| format!("{}={}", kv.key, text(kv))).collect();
            attributes.sort_unstable();
            let exemplars: Vec<u64> = point.exemplars.iter().map(|exemplar| exemplar.time_unix_nano).collect();
            rows.push(format!("{} count {} exemplars {exemplars:?}", attributes.join(","), point.count));
        }
        rows.sort_unstable();
        rows.join("; ")
    }

    #[test]
    fn each_bucket_of_each_attribute_set_has_its_latest_sample() {
        let (ok, bad) = ([KeyValue::new("status", 200)], [KeyValue::new("status", 500)]);
        let values: [(f64, &[KeyValue]); 5] = [(0.004, &ok), (0.003, &ok), (9.0, &ok), (60.0, &bad), (0.3, &[])];
        assert_eq!(
            recorded(&values),
            " count 1 exemplars [5]; status=200 count 3 exemplars [2, 3]; status=500 count 1 exemplars [4]"
        );
    }

    #[test]
    fn attributes_in_another_order_are_the_same_point() {
        let (one, two) = (KeyValue::new("a", "1"), KeyValue::new("b", true));
        let (there, back) = ([one.clone(), two.clone()], [two, one]);
        let values: [(f64, &[KeyValue]); 3] = [(0.3, &there), (0.3, &back), (9.0, &there)];
        assert_eq!(recorded(&values), "a=1,b=true count 3 exemplars [2, 3]");
    }

    #[test]
    fn more_attribute_sets_than_are_resolved_are_still_counted() {
        let sets: Vec<[KeyValue; 1]> = (0..300).map(|i| [KeyValue::new("k", i)]).collect();
        let values: Vec<(f64, &[KeyValue])> = sets.iter().map(|set| (0.3, &set[..])).collect();
        assert!(recorded(&values).contains("otel.metric.overflow=true count 100 "));
    }
}
