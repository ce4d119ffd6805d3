//! Candidates come from what the evidence before the alert shows, and from nothing else.

use evidence::Reading;
use evidence::candidates::{Names, collect};
use insta::assert_snapshot;
use rca_engine::options::Options;

use crate::shown;

fn attribute(key: &str, value: &str) -> String {
    format!(r#"{{"key":"{key}","value":{{"stringValue":"{value}"}}}}"#)
}

fn resource(service: &str, instance: &str, version: &str) -> String {
    let attributes = [
        attribute("service.name", service),
        attribute("service.instance.id", instance),
        attribute("service.version", version),
    ];
    format!(r#"{{"attributes":[{}]}}"#, attributes.join(","))
}

fn span(resource: &str, id: u64, parent: u64, kind: u8, start: u64, attributes: &[String]) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{resource},"scopeSpans":[{{"spans":[{{"traceId":"0a","spanId":"{id:x}","parentSpanId":"{parent:x}","kind":{kind},"startTimeUnixNano":"{start}","endTimeUnixNano":"{start}","attributes":[{}]}}]}}]}}]}}"#,
        attributes.join(",")
    )
}

/// A small system before and after an alert at 100.
fn system() -> Reading {
    let (shop, store) = (resource("shop", "shop-1", "v1"), resource("store", "store-1", "v1"));
    let traces = [
        span(&shop, 1, 0, 2, 10, &[attribute("tenant.class", "gold")]),
        span(
            &shop,
            2,
            1,
            3,
            11,
            &[
                attribute("error.type", "timeout"),
                r#"{"key":"http.request.resend_count","value":{"intValue":"1"}}"#.to_owned(),
            ],
        ),
        span(&store, 3, 2, 2, 12, &[]),
        span(&shop, 4, 1, 3, 13, &[attribute("service.peer.name", "mailer")]),
        span(&shop, 5, 1, 4, 14, &[attribute("messaging.destination.name", "products")]),
        span(&resource("late", "late-1", "v9"), 6, 1, 2, 500, &[attribute("tenant.class", "late")]),
        span(&resource("odd/@name", "x", "y"), 7, 0, 2, 15, &[]),
        span(r#"{"attributes":[]}"#, 8, 0, 2, 15, &[]),
    ];
    let pool = |at: u64, name: &str| {
        format!(
            r#"{{"resourceMetrics":[{{"resource":{store},"scopeMetrics":[{{"metrics":[{{"name":"db.client.connection.max","gauge":{{"dataPoints":[{{"timeUnixNano":"{at}","asInt":"3","attributes":[{}]}}]}}}}]}}]}}]}}"#,
            attribute("db.client.connection.pool.name", name)
        )
    };
    let metrics = [pool(20, "main"), pool(400, "late")];
    let change = |at: u64, event: &str, id: &str| {
        format!(
            r#"{{"resourceLogs":[{{"resource":{store},"scopeLogs":[{{"logRecords":[{{"timeUnixNano":"{at}","eventName":"{event}","attributes":[{}]}}]}}]}}]}}"#,
            attribute("deployment.id", id)
        )
    };
    let logs = [
        change(20, "deployment.finished", "d-1"),
        change(21, "something.else", "d-2"),
        change(400, "deployment.finished", "d-3"),
    ];
    shown::read(&[
        ("traces.jsonl", traces.join("\n").as_bytes()),
        ("metrics.jsonl", metrics.join("\n").as_bytes()),
        ("logs.jsonl", logs.join("\n").as_bytes()),
        ("topology.json", br#"{"edges":[["store","archive"]]}"#),
    ])
}

#[test]
fn every_kind_of_candidate_is_found_before_the_alert_and_none_after() {
    let reading = system();
    let mut options = Options::default();
    options.changes.events = vec!["deployment.finished".to_owned()];
    let names = Names { workload_classes: vec!["tenant.class".to_owned()], ..Names::default() };
    let candidates = collect(&reading.evidence, 100, &options, &names);
    assert_snapshot!(serde_json::to_string_pretty(&candidates).unwrap(), @r#"
    {
      "schema": 1,
      "candidates": [
        "change:d-1",
        "edge:shop->mailer",
        "edge:shop->store",
        "edge:store->archive",
        "instance:shop/shop-1",
        "instance:store/store-1",
        "policy:shop/retry",
        "policy:shop/timeout",
        "queue:products",
        "resource:store/main",
        "service:archive",
        "service:mailer",
        "service:odd/@name",
        "service:shop",
        "service:store",
        "version:shop@v1",
        "version:store@v1",
        "workload",
        "workload:gold"
      ]
    }
    "#);
}
