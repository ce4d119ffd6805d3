//! What is understood: the reference's own shape, and everything that real senders write instead.

use std::io::Write as _;

use evidence::Bundle;
use insta::assert_snapshot;

use crate::shown;

const SPANS: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},"scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00F067AA0BA902B7","parentSpanId":"","flags":257,"name":"GET /","kind":2,"startTimeUnixNano":"10","endTimeUnixNano":"30","attributes":[{"key":"n","value":{"intValue":"-7"}},{"key":"d","value":{"doubleValue":0.5}},{"key":"b","value":{"boolValue":true}},{"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x\"y"},{"intValue":"1"},{}]}}},{"key":"m","value":{"kvlistValue":{"values":[{"key":"k","value":{"doubleValue":"NaN"}}]}}},{"key":"y","value":{"bytesValue":"AQI="}},{"key":"empty","value":{}}],"events":[{"timeUnixNano":"20","name":"exception","attributes":[{"key":"exception.message","value":{"stringValue":"no \u00e9ntry"}}]}],"links":[{"traceId":"0000000000000000000000000000000f","spanId":"00000000000000ee"}],"status":{"code":2,"message":"m"}}]}]}]}"#;

#[test]
fn the_shape_of_the_reference_is_read_as_it_is() {
    let reading = shown::read(&[("traces.jsonl", SPANS.as_bytes())]);
    assert_snapshot!(shown::reading(&reading), @r#"
    span af7651916cd43dd8448eb211c80319c/f067aa0ba902b7<0 GET / Server Error 10..30 on 0 [n=-7i d=0.5f b=true l=["x\"y",1,null] m={"k":"NaN"} y=AQI=] links [(f, ee)]
    log 20 severity 17 exception `no éntry` af7651916cd43dd8448eb211c80319c/f067aa0ba902b7 on 0 [exception.message=no éntry]
    resource 0 [service.name=a]
    "#);
}

#[test]
fn what_real_senders_write_instead_means_the_same() {
    let odd = r#"{"resource_spans":[null,{"resource":null,"scope_spans":[{"spans":[
        {"trace_id":"AF","span_id":"b","start_time_unix_nano":10,"end_time_unix_nano":5,"kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"}},
        {"traceId":null,"spanId":"","name":null,"kind":"sideways","status":null,"attributes":null,"links":null,"events":null,"unknown":{"deep":[1]}},
        {"kind":99,"status":{"code":"ok"},"startTimeUnixNano":"1","endTimeUnixNano":2}
        ]}]}]}"#
        .replace('\n', "");
    let reading = shown::read(&[("traces.jsonl", odd.as_bytes())]);
    assert_snapshot!(shown::reading(&reading), @"
    span af/b<0  Client Error 10..10 on 0 [] links []
    span 0/0<0  Unspecified Unset 0..0 on 0 [] links []
    span 0/0<0  Unspecified Ok 1..2 on 0 [] links []
    resource 0 []
    ");
}

#[test]
fn log_records_take_their_time_and_severity_from_where_they_stand() {
    let lines = r#"{"resourceLogs":[{"resource":{},"scopeLogs":[{"logRecords":[{"timeUnixNano":"7","observedTimeUnixNano":"9","severityNumber":9,"body":{"stringValue":"plain"},"eventName":"deployment.finished"},{"observedTimeUnixNano":"9","severityText":"Error2","body":{"kvlistValue":{"values":[{"key":"msg","value":{"stringValue":"structured"}}]}}},{"severityNumber":"SEVERITY_NUMBER_WARN","traceId":"0A","spanId":"0B"},{"severityNumber":250,"severityText":"?"}]}]}]}"#;
    let reading = shown::read(&[("logs.jsonl", lines.as_bytes())]);
    assert_snapshot!(shown::reading(&reading), @r#"
    log 7 severity 9 deployment.finished `plain` 0/0 on 0 []
    log 9 severity 18 - `{"msg":"structured"}` 0/0 on 0 []
    log 0 severity 13 - `` a/b on 0 []
    log 0 severity 0 - `` 0/0 on 0 []
    resource 0 []
    "#);
}

#[test]
fn points_of_one_series_are_joined_across_lines_and_sorted() {
    let line = |data: &str, first: &str, second: &str| {
        format!(
            r#"{{"resourceMetrics":[{{"resource":{{"attributes":[{first},{second}]}},"scopeMetrics":[{{"metrics":[{data}]}}]}}]}}"#
        )
    };
    let (a, b) = (r#"{"key":"p","value":{"stringValue":"1"}}"#, r#"{"key":"q","value":{"stringValue":"2"}}"#);
    let sum = |points: &str| {
        format!(
            r#"{{"name":"s","unit":"1","sum":{{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{points}]}}}}"#
        )
    };
    let lines = [
        line(
            &sum(&format!(r#"{{"attributes":[{a},{b}],"startTimeUnixNano":"1","timeUnixNano":"30","asInt":"3"}}"#)),
            a,
            b,
        ),
        // The same series: attributes and resource in another order, an earlier time, a double.
        line(
            &sum(&format!(r#"{{"attributes":[{b},{a}],"startTimeUnixNano":"1","timeUnixNano":"20","asDouble":2.5}}"#)),
            b,
            a,
        ),
        line(&sum(r#"{"timeUnixNano":"20","asInt":1},{"timeUnixNano":"21","flags":1}"#), a, b),
        line(
            r#"{"name":"s","unit":"1","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","dataPoints":[{"timeUnixNano":"5","asInt":"1"}]}}"#,
            a,
            b,
        ),
        line(
            r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"5","count":"3","sum":1.5,"bucketCounts":["1","2"],"explicitBounds":[0.5],"exemplars":[{"asDouble":1,"traceId":"0a","spanId":"0b"}]}]}}"#,
            a,
            b,
        ),
        line(
            r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"6","count":"4","sum":2,"bucketCounts":[1,2,1],"explicitBounds":[0.5,1]}]}}"#,
            a,
            b,
        ),
        line(
            r#"{"name":"e","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":"5","count":"3","sum":1.5,"scale":2,"positive":{"bucketCounts":["3"]}}]}}"#,
            a,
            b,
        ),
        line(
            r#"{"name":"q","summary":{"dataPoints":[{"timeUnixNano":"5","count":"3","sum":1.5,"quantileValues":[{"quantile":0.5,"value":0.4}]}]}}"#,
            a,
            b,
        ),
        line(
            r#"{"name":"g","gauge":{"dataPoints":[{"timeUnixNano":"5","asDouble":"NaN"},{"timeUnixNano":"6"}]}},{"name":"nothing"}"#,
            a,
            b,
        ),
    ];
    let reading = shown::read(&[("metrics.jsonl", lines.join("\n").as_bytes())]);
    assert_snapshot!(shown::reading(&reading), @"
    series s 1 on 0 [p=1 q=2] sum monotonic true cumulative true [(1, 20, 2.5), (1, 30, 3.0)]
    series s 1 on 0 [] sum monotonic true cumulative true [(0, 20, 1.0)]
    series s 1 on 0 [] sum monotonic false cumulative false [(0, 5, 1.0)]
    series h  on 0 [] histogram cumulative true [0.5] [(5, 3, 1.5, [1, 2], 1)]
    series h  on 0 [] histogram cumulative true [0.5, 1.0] [(6, 4, 2.0, [1, 2, 1], 0)]
    series e  on 0 [] histogram cumulative false [] [(5, 3, 1.5, [], 0)]
    series q  on 0 [quantile=0.5f] gauge [(5, 0.4)]
    series q  on 0 [] histogram cumulative true [] [(5, 3, 1.5, [], 0)]
    series g  on 0 [] gauge [(5, NaN)]
    resource 0 [p=1 q=2]
    ");
}

#[test]
fn compressed_files_are_the_same_files() {
    let plain = shown::reading(&shown::read(&[("traces.jsonl", SPANS.as_bytes())]));
    let zst = zstd::encode_all(SPANS.as_bytes(), 1).unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(SPANS.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    // Several members one after the other are one file, as `cat` makes them.
    let twice = [&*gz, b"", &gz].concat();
    assert_eq!(shown::reading(&shown::read(&[("evidence/traces.jsonl.zst", &zst)])), plain);
    assert_eq!(shown::reading(&shown::read(&[("traces.jsonl.gz", &gz)])), plain);
    assert_eq!(shown::read(&[("traces.jsonl.gz", &twice)]).broken(), 1, "two requests on one line are no line");
}

#[test]
fn missing_files_are_absences_and_none_at_all_is_an_error() {
    let reading = shown::read(&[("evidence/logs.jsonl", b""), ("evidence/topology.json", br#"{"edges":[["a","b"]]}"#)]);
    assert!(reading.traces.is_none() && reading.metrics.is_none() && reading.logs.is_some());
    assert_snapshot!(shown::reading(&reading), @"call a -> b");
    let empty = shown::folder(&[("alert.json", b"{}")]);
    let error = Bundle::open(empty.path()).unwrap_err().to_string();
    assert_snapshot!(error.replace(&empty.path().display().to_string(), "FOLDER"), @"find evidence in FOLDER: none of traces.jsonl, metrics.jsonl, logs.jsonl is there, in it or in evidence/");
}

#[test]
fn the_alert_is_handed_out_as_text() {
    let folder = shown::folder(&[("evidence/traces.jsonl", b""), ("evidence/alert.json", b"{\"x\": 1}\n")]);
    assert_eq!(Bundle::open(folder.path()).unwrap().alert().unwrap().as_deref(), Some("{\"x\": 1}\n"));
    let folder = shown::folder(&[("traces.jsonl", b"")]);
    assert_eq!(Bundle::open(folder.path()).unwrap().alert().unwrap(), None);
}
