//! Requests with everything in them that the protocol can say.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

pub(crate) fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

pub(crate) fn text(value: &str) -> AnyValue {
    any(Value::StringValue(value.to_owned()))
}

pub(crate) fn attribute(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

pub(crate) fn texts(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
    pairs.iter().map(|(key, value)| attribute(key, text(value))).collect()
}

pub(crate) fn resource(pairs: &[(&str, &str)]) -> Option<Resource> {
    Some(Resource { attributes: texts(pairs), ..Resource::default() })
}

/// One attribute of each type, with the values that are easily got wrong.
pub(crate) fn odd_attributes() -> Vec<KeyValue> {
    let array = |values| any(Value::ArrayValue(ArrayValue { values }));
    let map = |values| any(Value::KvlistValue(KeyValueList { values }));
    vec![
        attribute("text", text("quote \" backslash \\ tab \t bell \u{7} é \u{2028} </script>")),
        attribute("empty", text("")),
        attribute("", text("no key")),
        attribute("max", any(Value::IntValue(i64::MAX))),
        attribute("min", any(Value::IntValue(i64::MIN))),
        attribute("zero", any(Value::IntValue(0))),
        attribute("nan", any(Value::DoubleValue(f64::NAN))),
        attribute("infinite", any(Value::DoubleValue(f64::INFINITY))),
        attribute("tiny", any(Value::DoubleValue(5e-324))),
        attribute("whole", any(Value::DoubleValue(20.0))),
        attribute("huge", any(Value::DoubleValue(1e300))),
        attribute("negative zero", any(Value::DoubleValue(-0.0))),
        attribute("yes", any(Value::BoolValue(true))),
        attribute("no", any(Value::BoolValue(false))),
        attribute("bytes", any(Value::BytesValue(vec![0, 1, 254, 255]))),
        attribute("no bytes", any(Value::BytesValue(Vec::new()))),
        attribute("nothing", AnyValue { value: None }),
        attribute("list", array(vec![text("a"), any(Value::IntValue(1)), array(vec![]), AnyValue { value: None }])),
        attribute(
            "map",
            map(vec![attribute("k", map(vec![attribute("deep", text("v"))])), attribute("e", map(vec![]))]),
        ),
    ]
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope {
        name: "scope".into(),
        version: "1.2".into(),
        attributes: texts(&[("s", "1")]),
        dropped_attributes_count: 3,
    })
}

pub(crate) fn traces() -> ExportTraceServiceRequest {
    let full = Span {
        trace_id: vec![0xab; 16],
        span_id: vec![1; 8],
        trace_state: "vendor=1".into(),
        parent_span_id: vec![2; 8],
        flags: 0x101,
        name: "GET /products/{id}".into(),
        kind: 2,
        start_time_unix_nano: 1_893_456_000_000_000_000,
        end_time_unix_nano: 1_893_456_000_123_456_789,
        attributes: odd_attributes(),
        dropped_attributes_count: 4,
        events: vec![
            Event {
                time_unix_nano: 1_893_456_000_000_000_001,
                name: "event".into(),
                attributes: odd_attributes(),
                dropped_attributes_count: 5,
            },
            Event::default(),
        ],
        dropped_events_count: 6,
        links: vec![
            Link {
                trace_id: vec![3; 16],
                span_id: vec![4; 8],
                trace_state: "t=2".into(),
                attributes: texts(&[("l", "1")]),
                dropped_attributes_count: 7,
                flags: 1,
            },
            Link::default(),
        ],
        dropped_links_count: 8,
        status: Some(Status { message: "gone wrong".into(), code: 2 }),
    };
    let bare = Span { name: "bare".into(), parent_span_id: vec![0; 8], status: None, ..Span::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![
            ResourceSpans {
                resource: resource(&[("service.name", "a")]),
                scope_spans: vec![
                    ScopeSpans { scope: scope(), spans: vec![full], schema_url: "https://example.com/1".into() },
                    ScopeSpans { scope: None, spans: vec![bare], schema_url: String::new() },
                ],
                schema_url: "https://example.com/2".into(),
            },
            ResourceSpans { resource: None, scope_spans: vec![ScopeSpans::default()], schema_url: String::new() },
        ],
    }
}

pub(crate) fn logs() -> ExportLogsServiceRequest {
    let full = LogRecord {
        time_unix_nano: 1_893_456_000_000_000_000,
        observed_time_unix_nano: 1_893_456_000_000_000_001,
        severity_number: 17,
        severity_text: "ERROR".into(),
        body: odd_attributes().pop().and_then(|map| map.value),
        attributes: odd_attributes(),
        dropped_attributes_count: 1,
        flags: 1,
        trace_id: vec![0xcd; 16],
        span_id: vec![0xef; 8],
        event_name: "deployment.finished".into(),
    };
    let scope_logs = vec![ScopeLogs {
        scope: scope(),
        log_records: vec![full, LogRecord { body: Some(text("plain")), ..LogRecord::default() }, LogRecord::default()],
        schema_url: "https://example.com/3".into(),
    }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: resource(&[("service.name", "a"), ("cloud.region", "r")]),
            scope_logs,
            schema_url: String::new(),
        }],
    }
}

fn exemplars() -> Vec<Exemplar> {
    let exemplar = |value| Exemplar {
        filtered_attributes: texts(&[("user", "1")]),
        time_unix_nano: 7,
        span_id: vec![1; 8],
        trace_id: vec![2; 16],
        value,
    };
    vec![
        exemplar(Some(exemplar::Value::AsDouble(0.25))),
        exemplar(Some(exemplar::Value::AsInt(i64::MIN))),
        Exemplar::default(),
    ]
}

fn number(value: Option<number_data_point::Value>) -> NumberDataPoint {
    NumberDataPoint {
        attributes: texts(&[("route", "/")]),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        exemplars: exemplars(),
        flags: 0,
        value,
    }
}

pub(crate) fn metrics() -> ExportMetricsServiceRequest {
    use number_data_point::Value::{AsDouble, AsInt};
    let metric = |name: &str, data| Metric {
        name: name.to_owned(),
        description: "what it is".into(),
        unit: "s".into(),
        metadata: texts(&[("m", "1")]),
        data,
    };
    let no_value = NumberDataPoint { flags: 1, ..NumberDataPoint::default() };
    let gauge = Gauge { data_points: vec![number(Some(AsDouble(f64::NAN))), number(Some(AsInt(0))), no_value] };
    let sum = Sum { data_points: vec![number(Some(AsInt(i64::MAX)))], aggregation_temporality: 2, is_monotonic: true };
    let delta = Sum { data_points: vec![number(Some(AsDouble(0.0)))], aggregation_temporality: 1, is_monotonic: false };
    let data = [
        metric("gauge", Some(Data::Gauge(gauge))),
        metric("sum", Some(Data::Sum(sum))),
        metric("delta", Some(Data::Sum(delta))),
        metric("histogram", Some(Data::Histogram(histogram()))),
        metric("exponential", Some(Data::ExponentialHistogram(exponential()))),
        metric("summary", Some(Data::Summary(summary()))),
        metric("nothing", None),
        metric("empty", Some(Data::Gauge(Gauge::default()))),
    ];
    let scope_metrics =
        vec![ScopeMetrics { scope: scope(), metrics: data.into(), schema_url: "https://example.com".into() }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: resource(&[("service.name", "a")]),
            scope_metrics,
            schema_url: "u".into(),
        }],
    }
}

fn histogram() -> Histogram {
    let full = HistogramDataPoint {
        attributes: texts(&[("route", "/")]),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        count: u64::MAX,
        sum: Some(0.1),
        bucket_counts: vec![0, 1, u64::MAX],
        explicit_bounds: vec![0.005, 1e21],
        exemplars: exemplars(),
        flags: 0,
        min: Some(0.0),
        max: Some(f64::INFINITY),
    };
    Histogram { data_points: vec![full, HistogramDataPoint::default()], aggregation_temporality: 2 }
}

fn exponential() -> ExponentialHistogram {
    let full = ExponentialHistogramDataPoint {
        attributes: texts(&[("route", "/")]),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        count: 9,
        sum: Some(-1.5),
        scale: -3,
        zero_count: 4,
        positive: Some(Buckets { offset: -2, bucket_counts: vec![1, 2, 300] }),
        negative: Some(Buckets::default()),
        flags: 0,
        exemplars: exemplars(),
        min: Some(-7.0),
        max: Some(1e-7),
        zero_threshold: 0.5,
    };
    ExponentialHistogram {
        data_points: vec![full, ExponentialHistogramDataPoint::default()],
        aggregation_temporality: 1,
    }
}

fn summary() -> Summary {
    let full = SummaryDataPoint {
        attributes: texts(&[("route", "/")]),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        count: 9,
        sum: 2.5,
        quantile_values: vec![ValueAtQuantile { quantile: 0.5, value: 1.0 }, ValueAtQuantile::default()],
        flags: 0,
    };
    Summary { data_points: vec![full, SummaryDataPoint::default()] }
}

/// Spans that end at these times, all of one service.
pub(crate) fn spans_ending_at(ends: &[u64]) -> ExportTraceServiceRequest {
    let spans = ends.iter().map(|end| Span {
        trace_id: vec![1; 16],
        span_id: end.max(&1).to_be_bytes().to_vec(),
        end_time_unix_nano: *end,
        ..Span::default()
    });
    let scope_spans = vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }];
    ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] }
}
