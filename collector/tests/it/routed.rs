//! Records go by their time: before the evidence begins they are dropped, after the cut they are kept apart.

use collector::Counters;
use insta::assert_snapshot;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics};

use crate::samples;
use crate::shown::{self, Bench};

fn logs(times: &[(u64, u64)]) -> ExportLogsServiceRequest {
    let records = times.iter().map(|(time_unix_nano, observed_time_unix_nano)| LogRecord {
        time_unix_nano: *time_unix_nano,
        observed_time_unix_nano: *observed_time_unix_nano,
        ..LogRecord::default()
    });
    let scope_logs = vec![ScopeLogs { log_records: records.collect(), ..ScopeLogs::default() }];
    ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }
}

fn gauges(metrics: &[(&str, &[u64])]) -> ExportMetricsServiceRequest {
    let metrics = metrics.iter().map(|(name, times)| {
        let points = times.iter().map(|at| NumberDataPoint { time_unix_nano: *at, ..NumberDataPoint::default() });
        let data = Some(Data::Gauge(Gauge { data_points: points.collect() }));
        Metric { name: (*name).to_owned(), data, ..Metric::default() }
    });
    let scope_metrics = vec![ScopeMetrics { metrics: metrics.collect(), ..ScopeMetrics::default() }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }],
    }
}

/// Times found in both folders, and the counters.
fn times(bench: &Bench) -> String {
    let found = |text: String| {
        let times = text.split("imeUnixNano\":\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        times.collect::<Vec<_>>().join(" ")
    };
    let Counters { traces, metrics, logs } = bench.core.finish(50).unwrap();
    let counters = [traces, metrics, logs].map(|tally| {
        assert!(tally.balances());
        format!(
            "{} received {} written {} after {} early",
            tally.received, tally.written, tally.written_after, tally.dropped.warm_up
        )
    });
    format!("evidence {}\nafter {}\n{}", found(bench.evidence.text()), found(bench.after.text()), counters.join("\n"))
}

#[test]
fn every_signal_is_cut_at_both_ends() {
    let bench = shown::plain();
    bench.core.begin_at(10);
    bench.core.cut_at(20);
    bench.core.push(samples::spans_ending_at(&[9, 10, 20, 21])).unwrap();
    bench.core.push(logs(&[(9, 15), (10, 0), (0, 20), (0, 21)])).unwrap();
    bench.core.push(gauges(&[("a", &[9, 15]), ("b", &[30]), ("c", &[5])])).unwrap();
    assert_snapshot!(times(&bench), @"
    evidence 10 20 15 10 20
    after 21 30 21
    4 received 2 written 1 after 1 early
    4 received 1 written 1 after 2 early
    4 received 2 written 1 after 1 early
    ");
}

#[test]
fn shells_that_are_left_empty_are_not_written() {
    let bench = shown::plain();
    bench.core.cut_at(20);
    bench.core.push(gauges(&[("early", &[1]), ("late", &[30])])).unwrap();
    bench.core.finish(1).unwrap();
    assert_snapshot!(format!("{}{}", bench.evidence.text(), bench.after.text()), @r#"
    {"resourceMetrics":[{"resource":{},"scopeMetrics":[{"scope":{},"metrics":[{"name":"early","gauge":{"dataPoints":[{"timeUnixNano":"1"}]}}]}]}]}
    {"resourceMetrics":[{"resource":{},"scopeMetrics":[{"scope":{},"metrics":[{"name":"late","gauge":{"dataPoints":[{"timeUnixNano":"30"}]}}]}]}]}
    "#);
}

#[test]
fn a_limit_holds_from_the_moment_it_is_set() {
    let bench = shown::plain();
    bench.core.push(samples::spans_ending_at(&[5, 25])).unwrap();
    bench.core.tick(1).unwrap();
    bench.core.begin_at(10);
    bench.core.cut_at(20);
    bench.core.push(samples::spans_ending_at(&[6, 15, 26])).unwrap();
    assert_snapshot!(times(&bench), @"
    evidence 5 25 15
    after 26
    5 received 3 written 1 after 1 early
    0 received 0 written 0 after 0 early
    0 received 0 written 0 after 0 early
    ");
}

#[test]
fn a_record_without_a_time_counts_by_the_tick_that_writes_it() {
    let bench = shown::plain();
    bench.core.cut_at(20);
    bench.core.push(logs(&[(0, 0)])).unwrap();
    bench.core.tick(19).unwrap();
    bench.core.push(logs(&[(0, 0)])).unwrap();
    bench.core.tick(21).unwrap();
    assert_snapshot!(times(&bench), @"
    evidence 
    after 
    0 received 0 written 0 after 0 early
    0 received 0 written 0 after 0 early
    2 received 1 written 1 after 0 early
    ");
}
