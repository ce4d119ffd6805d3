//! One vocabulary for all senders, and one order for what SDKs take from a hash table.

use collector::{Batch, Config};
use insta::assert_snapshot;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics};

use crate::samples::{resource, spans_ending_at, texts};
use crate::shown;

fn written(batch: impl Into<Batch>) -> String {
    let bench = shown::bench(Config::default(), Vec::new());
    bench.core.push(batch).unwrap();
    bench.core.finish(1).unwrap();
    bench.evidence.text()
}

fn of_resource(pairs: &[(&str, &str)]) -> String {
    let mut request = spans_ending_at(&[1]);
    request.resource_spans[0].resource = resource(pairs);
    let line = written(request);
    let attributes = line.split("\"attributes\":").nth(1).unwrap_or("none").split("]").next().unwrap();
    let pairs = attributes.split("\"key\":\"").skip(1).map(|rest| {
        let mut quoted = rest.split('"');
        format!("{}={}", quoted.next().unwrap(), quoted.nth(5).unwrap())
    });
    pairs.collect::<Vec<_>>().join(" ")
}

#[test]
fn both_names_of_the_environment_are_on_every_resource() {
    let (old, new) = ("deployment.environment", "deployment.environment.name");
    let rows = [
        of_resource(&[("service.name", "a"), (old, "lab")]),
        of_resource(&[(new, "lab"), ("host.name", "h")]),
        of_resource(&[(new, "new"), (old, "old")]),
        of_resource(&[("service.name", "a")]),
    ];
    assert_snapshot!(rows.join("\n"), @"
    deployment.environment=lab deployment.environment.name=lab service.name=a
    deployment.environment=lab deployment.environment.name=lab host.name=h
    deployment.environment=old deployment.environment.name=new
    service.name=a
    ");
}

#[test]
fn a_log_record_says_its_service_environment_and_region_also_where_its_sender_forgot() {
    let line = |on_resource: &[(&str, &str)], on_record: &[(&str, &str)]| {
        let log_records = vec![LogRecord { attributes: texts(on_record), ..LogRecord::default() }];
        let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
        let logs = ResourceLogs { resource: resource(on_resource), scope_logs, ..ResourceLogs::default() };
        let line = written(ExportLogsServiceRequest { resource_logs: vec![logs] });
        let record = line.split("logRecords").nth(1).unwrap().to_owned();
        let pairs = record.split("\"key\":\"").skip(1).map(|rest| {
            let mut quoted = rest.split('"');
            format!("{}={}", quoted.next().unwrap(), quoted.nth(5).unwrap())
        });
        pairs.collect::<Vec<_>>().join(" ")
    };
    let rows = [
        line(&[("service.name", "a"), ("deployment.environment.name", "lab"), ("cloud.region", "r")], &[]),
        line(
            &[("service.name", "a"), ("region", "own"), ("cloud.region", "other")],
            &[("z", "1"), ("service.name", "mine")],
        ),
        line(&[], &[("deployment.environment.name", "on the record"), ("cloud.region", "too")]),
        line(&[], &[]),
    ];
    assert_snapshot!(rows.join("\n"), @"
    service.name=a deployment.environment=lab region=r
    z=1 service.name=mine region=own
    deployment.environment.name=on the record cloud.region=too deployment.environment=on the record region=too
    ");
}

#[test]
fn metric_points_come_out_in_one_order_however_they_came_in() {
    let point = |pairs: &[(&str, &str)], at| NumberDataPoint {
        attributes: texts(pairs),
        time_unix_nano: at,
        ..NumberDataPoint::default()
    };
    let scope = |name: &str, points: Vec<NumberDataPoint>| ScopeMetrics {
        scope: Some(InstrumentationScope { name: name.into(), ..InstrumentationScope::default() }),
        metrics: vec![Metric {
            name: "m".into(),
            data: Some(Data::Gauge(Gauge { data_points: points })),
            ..Metric::default()
        }],
        ..ScopeMetrics::default()
    };
    let request = |scopes: Vec<ScopeMetrics>, resource_pairs: &[(&str, &str)]| ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: resource(resource_pairs),
            scope_metrics: scopes,
            ..ResourceMetrics::default()
        }],
    };
    let one = request(
        vec![
            scope(
                "b",
                vec![
                    point(&[("y", "1"), ("x", "2")], 1),
                    point(&[("x", "1")], 2),
                    point(&[("x", "1")], 1),
                    point(&[], 1),
                ],
            ),
            scope("a", vec![point(&[], 1)]),
        ],
        &[("q", "1"), ("p", "2")],
    );
    let other = request(
        vec![
            scope("a", vec![point(&[], 1)]),
            scope(
                "b",
                vec![
                    point(&[], 1),
                    point(&[("x", "1")], 1),
                    point(&[("x", "2"), ("y", "1")], 1),
                    point(&[("x", "1")], 2),
                ],
            ),
        ],
        &[("p", "2"), ("q", "1")],
    );
    let text = written(one);
    assert_eq!(text, written(other));
    assert_snapshot!(text, @r#"{"resourceMetrics":[{"resource":{"attributes":[{"key":"p","value":{"stringValue":"2"}},{"key":"q","value":{"stringValue":"1"}}]},"scopeMetrics":[{"scope":{"name":"a"},"metrics":[{"name":"m","gauge":{"dataPoints":[{"timeUnixNano":"1"}]}}]},{"scope":{"name":"b"},"metrics":[{"name":"m","gauge":{"dataPoints":[{"timeUnixNano":"1"},{"attributes":[{"key":"x","value":{"stringValue":"1"}}],"timeUnixNano":"1"},{"attributes":[{"key":"x","value":{"stringValue":"1"}}],"timeUnixNano":"2"},{"attributes":[{"key":"x","value":{"stringValue":"2"}},{"key":"y","value":{"stringValue":"1"}}],"timeUnixNano":"1"}]}}]}]}]}"#);
}
