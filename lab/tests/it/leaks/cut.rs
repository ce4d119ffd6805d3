//! Where evidence begins and ends, and how it was batched, must not matter.

use serde_json::{Value, json};

use super::{Evidence, shuffled};
use crate::folders::{Kept, POISONED, QUIET};
use crate::investigate::{core, investigate};

const TELEMETRY: [&str; 3] = ["traces.jsonl", "metrics.jsonl", "logs.jsonl"];
const S: u64 = 1_000_000_000;

/// When an item of telemetry is seen: a span by its begin, a point or a record by its time.
fn time(item: &Value, key: &str) -> Option<u64> {
    item.get(key).and_then(Value::as_str).and_then(|text| text.parse().ok())
}

/// Calls `on` with every list of spans, points or records.
fn each_list(value: &mut Value, on: &mut impl FnMut(&mut Vec<Value>)) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::Array(items) if ["spans", "dataPoints", "logRecords"].contains(&key.as_str()) => on(items),
                    _ => each_list(value, on),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_list(item, on)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Every item by when it is complete: a span by its end.
fn ends(text: &str) -> Vec<u64> {
    let mut ends = Vec::new();
    for line in text.lines() {
        each_list(&mut serde_json::from_str(line).unwrap(), &mut |items| {
            let end = |item: &Value| time(item, "endTimeUnixNano").or_else(|| time(item, "timeUnixNano"));
            ends.extend(items.iter().filter_map(end));
        });
    }
    assert!(!ends.is_empty());
    ends
}

/// Nanoseconds since the epoch at which the alert fired, as an investigation reads it.
fn fired(kept: &Kept) -> u64 {
    rca_engine::UniversalIncidentSignal::parse(&kept.evidence["alert.json"]).unwrap().started_at_ns
}

#[test]
fn nothing_is_later_than_ten_seconds_after_the_alert() {
    for kept in [&*POISONED, &*QUIET] {
        for name in TELEMETRY {
            let last = ends(&kept.evidence[name]).into_iter().max().unwrap();
            let limit = fired(kept) + 10 * S;
            assert!(last <= limit, "{name}: {} ns too late", last - limit);
            // The check can fail: behind an alert the evidence reaches up to there. A question is asked at the end.
            let asked = kept.evidence["alert.json"].contains("\"question\"");
            assert!(asked || last > limit - 3 * S, "{name} ends {} ns early", limit - last);
        }
    }
}

/// The evidence as if recording had begun later.
fn without_head(evidence: &Evidence, cut_ns: u64) -> Evidence {
    let mut evidence = evidence.clone();
    for name in TELEMETRY {
        let line = |line: &str| {
            let mut value: Value = serde_json::from_str(line).unwrap();
            each_list(&mut value, &mut |items| {
                items.retain(|item| {
                    let at = time(item, "startTimeUnixNano").filter(|_| item.get("spanId").is_some());
                    at.or_else(|| time(item, "timeUnixNano")).is_none_or(|at| at >= cut_ns)
                });
            });
            format!("{value}\n")
        };
        let text = evidence[name].lines().map(line).collect();
        evidence.insert(name.to_owned(), text);
    }
    evidence
}

/// What a verdict says once its figures are left out, which are those of another baseline. The path has no order.
fn said(core: &str) -> Value {
    let mut core: Value = serde_json::from_str(core).unwrap();
    core["roles"]["propagation"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
    json!({"outcome": core["outcome"], "roles": core["roles"]})
}

#[test]
fn where_the_recording_begins_does_not_matter() {
    let first = ends(&POISONED.evidence["traces.jsonl"]).into_iter().min().unwrap();
    let before = said(&core(&investigate(&POISONED.evidence).with(0)));
    assert_eq!(before["outcome"], "cause");
    // Neither whole seconds nor whole parts of the baseline, of which at least half stays.
    for cut_ms in [730, 3_410, 7_890] {
        let cut = without_head(&POISONED.evidence, first + cut_ms * 1_000_000);
        assert!(cut["traces.jsonl"].len() < POISONED.evidence["traces.jsonl"].len());
        assert_eq!(said(&core(&investigate(&cut).with(0))), before, "{cut_ms} ms are cut off");
    }
}

/// Every record in a request of its own.
fn unbatched(text: &str, groups: [&str; 3]) -> String {
    let [resources, scopes, items] = groups;
    let mut lines = String::new();
    for line in text.lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        for resource in request[resources].as_array().unwrap() {
            for scope in resource[scopes].as_array().unwrap() {
                for item in scope[items].as_array().unwrap() {
                    let (mut resource, mut scope) = (resource.clone(), scope.clone());
                    scope[items] = json!([item]);
                    resource[scopes] = json!([scope]);
                    lines.push_str(&format!("{}\n", json!({resources: [resource]})));
                }
            }
        }
    }
    lines
}

#[test]
fn how_telemetry_was_batched_does_not_matter() {
    let before = core(&investigate(&POISONED.evidence).with(0));
    let mut evidence = POISONED.evidence.clone();
    for (name, groups) in [
        ("metrics.jsonl", ["resourceMetrics", "scopeMetrics", "metrics"]),
        ("logs.jsonl", ["resourceLogs", "scopeLogs", "logRecords"]),
    ] {
        let text = shuffled(&unbatched(&evidence[name], groups));
        assert!(text.lines().count() > evidence[name].lines().count(), "{name}");
        evidence.insert(name.to_owned(), text);
    }
    assert_eq!(core(&investigate(&evidence).with(0)), before);
}
