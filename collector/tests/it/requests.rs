//! Requests as clients send them, in both encodings: what is answered, and what is written.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use collector::{Batch, Limits, Receiver};
use insta::assert_snapshot;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use proptest::prelude::*;
use prost::Message as _;
use tower::ServiceExt as _;

use crate::samples;
use crate::shown::{self, Bench};

pub(crate) const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

/// Status, what headers say, and the body as text or as a decoded status.
pub(crate) fn answer(
    bench: &Bench,
    limits: Limits,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> String {
    let router = Receiver::new(std::sync::Arc::clone(&bench.core), limits).router();
    answer_of(router, path, headers, body)
}

pub(crate) fn answer_of(router: axum::Router, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> String {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let response = router.oneshot(request).await.unwrap();
        let header = |name| response.headers().get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
        let (kind, retry) = (header("content-type"), header("retry-after"));
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let shown = match kind.as_str() {
            "application/x-protobuf" if status != StatusCode::OK => {
                let decoded = RpcStatus::decode(body).unwrap();
                format!("{} {}", decoded.code, decoded.message)
            }
            _ => String::from_utf8(body.to_vec()).unwrap(),
        };
        format!("{} {kind} retry {retry}: {shown}", status.as_u16())
    })
}

/// `google.rpc.Status` as a client knows it.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

fn encoded(batch: &Batch) -> Vec<u8> {
    match batch {
        Batch::Traces(request) => request.encode_to_vec(),
        Batch::Metrics(request) => request.encode_to_vec(),
        Batch::Logs(request) => request.encode_to_vec(),
    }
}

pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn everything_the_protocol_can_say_survives_protobuf_gzip_and_json() {
    let batches: [(&str, Batch); 3] = [
        ("/v1/traces", samples::traces().into()),
        ("/v1/metrics", samples::metrics().into()),
        ("/v1/logs", samples::logs().into()),
    ];
    for (path, batch) in batches {
        let (protobuf, gzipped, json) = (shown::plain(), shown::plain(), shown::plain());
        let body = encoded(&batch);
        let answered = [
            answer(&protobuf, Limits::default(), path, &[PROTOBUF], body.clone()),
            answer(&gzipped, Limits::default(), path, &[PROTOBUF, ("content-encoding", "gzip")], gzip(&body)),
        ];
        assert!(answered.iter().all(|answer| answer == "200 application/x-protobuf retry -: "), "{answered:?}");
        protobuf.core.finish(1).unwrap();
        gzipped.core.finish(1).unwrap();
        let line = protobuf.evidence.text();
        assert_eq!(line, gzipped.evidence.text());
        // What was written is what a client of the JSON encoding would send.
        let answered = answer(&json, Limits::default(), path, &[JSON], line.clone());
        assert_eq!(answered, "200 application/json retry -: {}");
        json.core.finish(1).unwrap();
        assert_eq!(json.evidence.text(), line);
    }
}

#[test]
fn json_is_read_in_every_spelling_that_is_seen() {
    let body = r#"{"resource_spans":[null,{"resource":{"attributes":null},"scope_spans":[{"scope":null,"unknown":{"x":[1]},"spans":[{
        "trace_id":"5B8EFFF798038103D269B633813FC60C","span_id":"EEE19B7EC3C1B174","parent_span_id":"","name":"n",
        "start_time_unix_nano":1544712660000000000,"end_time_unix_nano":"1544712661000000000","kind":"SPAN_KIND_SERVER",
        "attributes":[{"key":"i","value":{"intValue":3}},{"key":"d","value":{"doubleValue":"NaN"}},{"key":"d2","value":{"doubleValue":"1e3"}},
            {"key":"b","value":{"bytes_value":"_-8"}},{"key":"nothing","value":null},{"key":"also nothing"}],
        "dropped_attributes_count":"2","events":[],"links":null,"status":{"code":"STATUS_CODE_ERROR"}}]}]}]}"#;
    let metrics = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA",
        "isMonotonic":true,"dataPoints":[{"asDouble":"Infinity"},{"asInt":"7"},{"asDouble":2,"timeUnixNano":null}]}},
        {"name":"h","histogram":{"dataPoints":[{"count":2,"sum":null,"bucketCounts":[1,"1"],"explicitBounds":["0.5"],"min":0}]}}]}]}]}"#;
    let logs = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":"SEVERITY_NUMBER_WARN","body":{"stringValue":"b"}}]}]}]}"#;
    let bench = shown::plain();
    let answers = [("/v1/traces", body), ("/v1/metrics", metrics), ("/v1/logs", logs)].map(|(path, body)| {
        answer(&bench, Limits::default(), path, &[("content-type", "Application/JSON; charset=utf-8")], body)
    });
    bench.core.finish(1).unwrap();
    assert_snapshot!(format!("{}\n{}", answers.join("\n"), bench.evidence.text().trim_end()), @r#"
    200 application/json retry -: {}
    200 application/json retry -: {}
    200 application/json retry -: {}
    {"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"n","kind":2,"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","attributes":[{"key":"i","value":{"intValue":"3"}},{"key":"d","value":{"doubleValue":"NaN"}},{"key":"d2","value":{"doubleValue":1000}},{"key":"b","value":{"bytesValue":"/+8="}},{"key":"nothing","value":{}},{"key":"also nothing","value":{}}],"droppedAttributesCount":2,"status":{"code":2}}]}]}]}
    {"resourceMetrics":[{"resource":{},"scopeMetrics":[{"scope":{},"metrics":[{"name":"m","sum":{"dataPoints":[{"asDouble":"Infinity"},{"asInt":"7"},{"asDouble":2}],"aggregationTemporality":1,"isMonotonic":true}},{"name":"h","histogram":{"dataPoints":[{"count":"2","bucketCounts":["1","1"],"explicitBounds":[0.5],"min":0}]}}]}]}]}
    {"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":[{"severityNumber":13,"body":{"stringValue":"b"}}]}]}]}
    "#);
}

proptest! {
    /// A double that came back as its neighbour would make two files of one run differ.
    #[test]
    fn every_double_comes_back_as_itself(bits in any::<u64>()) {
        let mut request = samples::spans_ending_at(&[1]);
        let value = samples::any(Value::DoubleValue(f64::from_bits(bits)));
        request.resource_spans[0].scope_spans[0].spans[0].attributes = vec![samples::attribute("d", value)];
        let (written, again) = (shown::plain(), shown::plain());
        written.core.push(request).unwrap();
        written.core.finish(1).unwrap();
        let line = written.evidence.text();
        let answered = answer(&again, Limits::default(), "/v1/traces", &[JSON], line.clone());
        prop_assert_eq!(answered, "200 application/json retry -: {}");
        again.core.finish(1).unwrap();
        prop_assert_eq!(again.evidence.text(), line);
    }
}

#[test]
fn what_is_no_export_request_is_answered_as_the_protocol_wants() {
    let bench = shown::plain();
    let empty = &b""[..];
    let rows = [
        ("nothing, as protobuf", answer(&bench, Limits::default(), "/v1/traces", &[PROTOBUF], empty)),
        ("an empty object", answer(&bench, Limits::default(), "/v1/logs", &[JSON], "{}")),
        ("no content type", answer(&bench, Limits::default(), "/v1/traces", &[], empty)),
        (
            "another content type",
            answer(&bench, Limits::default(), "/v1/traces", &[("content-type", "text/plain")], empty),
        ),
        (
            "another encoding",
            answer(&bench, Limits::default(), "/v1/traces", &[PROTOBUF, ("content-encoding", "br")], empty),
        ),
        (
            "two encodings",
            answer(&bench, Limits::default(), "/v1/traces", &[PROTOBUF, ("content-encoding", "gzip, gzip")], empty),
        ),
        (
            "twice the header",
            answer(
                &bench,
                Limits::default(),
                "/v1/traces",
                &[PROTOBUF, ("content-encoding", "gzip"), ("content-encoding", "gzip")],
                empty,
            ),
        ),
        ("another path", answer(&bench, Limits::default(), "/v1/profiles", &[PROTOBUF], empty)),
        ("the root", answer(&bench, Limits::default(), "/", &[PROTOBUF], empty)),
    ];
    let rows = rows.map(|(what, answer)| format!("{what}: {answer}"));
    assert_snapshot!(rows.join("\n"), @r#"
    nothing, as protobuf: 200 application/x-protobuf retry -: 
    an empty object: 200 application/json retry -: {}
    no content type: 415 application/json retry -: {"code":3,"message":"cannot read this content type: expected application/x-protobuf or application/json"}
    another content type: 415 application/json retry -: {"code":3,"message":"cannot read this content type: expected application/x-protobuf or application/json"}
    another encoding: 415 application/x-protobuf retry -: 3 cannot read this content encoding: expected gzip or none
    two encodings: 415 application/x-protobuf retry -: 3 cannot read this content encoding: expected gzip or none
    twice the header: 415 application/x-protobuf retry -: 3 cannot read this content encoding: expected gzip or none
    another path: 404 - retry -: 
    the root: 404 - retry -:
    "#);
}

#[test]
fn a_full_queue_sends_the_client_away_with_a_time_to_come_back() {
    let bench = shown::bench(collector::Config { max_queue_items: 3, ..collector::Config::default() }, Vec::new());
    let body = |items: u64| encoded(&samples::spans_ending_at(&(1..=items).collect::<Vec<_>>()).into());
    let post = |items| answer(&bench, Limits::default(), "/v1/traces", &[PROTOBUF], body(items));
    let mut rows = vec![post(2), post(2), post(4)];
    bench.core.tick(1).unwrap();
    rows.push(post(2));
    rows.push(answer(&bench, Limits { max_requests: 0, ..Limits::default() }, "/v1/traces", &[JSON], "{}"));
    bench.core.finish(1).unwrap();
    rows.push(post(1));
    assert_snapshot!(rows.join("\n"), @r#"
    200 application/x-protobuf retry -: 
    503 application/x-protobuf retry 1: 14 cannot take 2 more items: the queue is full
    413 application/x-protobuf retry -: 8 cannot take 4 items of 2112 bytes at once: the whole queue is smaller
    200 application/x-protobuf retry -: 
    503 application/json retry 1: {"code":14,"message":"cannot take another request now"}
    503 application/x-protobuf retry 1: 14 cannot take anything: the collector has ended
    "#);
}
