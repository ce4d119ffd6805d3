//! `rcalab investigate` over folders that people really have: whole, bare, with holes, broken.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::folders::{POISONED, folder, json, sim, write};
use crate::program::{Ended, rcalab, text};

type Evidence = BTreeMap<String, String>;

/// Investigates evidence in a folder of its own.
pub(crate) fn investigate(evidence: &Evidence) -> Ended {
    let folder = folder();
    write(evidence, folder.path());
    let mut ended = rcalab(&["investigate", text(folder.path()), "--json"]);
    ended.err = ended.err.replace(text(folder.path()), "DIR");
    ended
}

/// The part of the verdict that depends on no id.
pub(crate) fn core(ended: &Ended) -> String {
    let verdict: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
    serde_json::to_string_pretty(&verdict["core"]).unwrap()
}

fn without(name: &str) -> Evidence {
    let mut evidence = POISONED.evidence.clone();
    assert!(evidence.remove(name).is_some());
    evidence
}

#[test]
fn a_bundle_and_its_bare_evidence_give_the_verdict_of_the_run() {
    let out = folder();
    let bundle = sim("cache_poison_pill", "2", out.path()).with(0).bundle();
    let at_run = serde_json::to_string_pretty(&json(&bundle.join("verdict.json"))["core"]).unwrap();
    // The truth must not be needed, and must not help.
    std::fs::remove_file(bundle.join("truth.json")).unwrap();
    let whole = rcalab(&["investigate", text(&bundle), "--json"]).with(0);
    assert_eq!(core(&whole), at_run);
    let bare = rcalab(&["investigate", text(&bundle.join("evidence")), "--json"]).with(0);
    assert_eq!(core(&bare), at_run);
    let written = out.path().join("written");
    let shown = rcalab(&["investigate", text(&bundle), "--out", text(&written)]).with(0).out;
    assert!(shown.contains("ROOT CAUSE") && shown.contains("catalog-cache"), "{shown}");
    assert_eq!(serde_json::to_string_pretty(&json(&written.join("verdict.json"))["core"]).unwrap(), at_run);
    assert!(std::fs::read_to_string(written.join("report.html")).unwrap().contains("catalog-cache"));
}

#[test]
fn a_missing_kind_of_telemetry_is_an_absence_and_no_error() {
    for name in ["traces.jsonl", "metrics.jsonl", "logs.jsonl"] {
        let ended = investigate(&without(name)).with(0);
        assert_eq!(ended.err, "", "{name}");
        let verdict: Value = serde_json::from_str(&ended.out).unwrap();
        let confidence = verdict["core"]["confidence"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&confidence), "{name}: {confidence}");
        let proven = verdict["proof"].is_object();
        assert_eq!(proven, name != "traces.jsonl", "a proof trace without {name}");
    }
}

#[test]
fn a_broken_line_is_pointed_at_and_the_rest_is_used() {
    let mut evidence = POISONED.evidence.clone();
    let before = core(&investigate(&evidence).with(0));
    let logs = evidence.get_mut("logs.jsonl").unwrap();
    let first = logs.lines().next().unwrap().len();
    logs.insert_str(first + 1, "{\"resourceLogs\": [}\n\n");
    let ended = investigate(&evidence).with(0);
    insta::assert_snapshot!(ended.err.trim_end(), @"rcalab: cannot read DIR/logs.jsonl:2:19: expected value");
    assert_eq!(core(&ended), before);
}

#[test]
fn a_folder_without_evidence_or_alert_is_refused_and_named() {
    let nothing = BTreeMap::new();
    let alone = |text: &str| {
        let mut evidence = POISONED.evidence.clone();
        evidence.insert("alert.json".to_owned(), text.to_owned());
        evidence
    };
    let rows = [
        ("empty folder", nothing),
        ("no alert", without("alert.json")),
        ("empty alert", alone("")),
        ("half an alert", alone("{\"version\": \"4\", \"alerts\": [")),
        ("alert without alerts", alone("{\"version\": \"4\", \"alerts\": []}")),
        ("alert of another kind", alone("[1, 2]")),
    ];
    let told: Vec<String> = rows
        .iter()
        .map(|(what, evidence)| {
            let ended = investigate(evidence);
            assert_eq!(ended.out, "", "{what}");
            format!("{} {what}: {}", ended.code.unwrap(), ended.err.trim_end())
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    104 empty folder: rcalab: cannot find evidence in DIR: none of traces.jsonl, metrics.jsonl, logs.jsonl is there, in it or in evidence/
    104 no alert: rcalab: cannot find DIR/alert.json: without an alert there is nothing to ask
    104 empty alert: rcalab: cannot read the alert as JSON
      because: EOF while parsing a value at line 1 column 0
    104 half an alert: rcalab: cannot read the alert as JSON
      because: EOF while parsing a list at line 1 column 28
    104 alert without alerts: rcalab: cannot find `alerts[0]` in the alert: expected a list with at least one alert
    104 alert of another kind: rcalab: cannot tell what kind of alert this is: expected `alerts` (Alertmanager webhook, version 4) or `started_at` (case)
    ");
    assert!(told.iter().all(|row| row.starts_with("104 ")));
    rcalab(&["investigate", "no-such-folder"]).with(104);
}
