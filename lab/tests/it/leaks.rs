//! The evidence must not give the answer away, and the verdict must come from the evidence alone.

mod catalog;
mod cut;
mod plans;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::folders::{Kept, POISONED, QUIET};
use crate::investigate::{core, investigate};
use crate::words::{renamed, words};

type Evidence = BTreeMap<String, String>;

const SCENARIO: &str = "cache_poison_pill";

/// What only somebody who knows of the experiment would write: words for faults and for putting them in, words for the
/// truth, and the parts of the lab that do it. A prefix covers its derivations (`injected`, `faulty`).
/// Not among them: what a component honestly says of its own work (`unreadable`, `decode`, `timeout`, `deploy`).
const TELLING: [&str; 16] = [
    "poison",
    "fault",
    "inject",
    "lever",
    "chaos",
    "truth",
    "sabotage",
    "culprit",
    "guilty",
    "innocent",
    "decoy",
    "loadgen",
    "experiment",
    "pill",
    "magnitude",
    "symptom",
];

/// Evidence in which run and scenario ids are replaced: they are stamped everywhere by contract.
fn with_ids(kept: &Kept, scenario: &str, run: &str) -> Evidence {
    let replaced = |text: &String| {
        let text = text.replace(&format!("\"{SCENARIO}\""), &format!("\"{scenario}\""));
        text.replace(&format!("\"{}\"", kept.run_id), &format!("\"{run}\""))
    };
    kept.evidence.iter().map(|(name, text)| (name.clone(), replaced(text))).collect()
}

fn telling(text: &str) -> BTreeSet<String> {
    words(text).filter(|word| TELLING.iter().any(|telling| word.starts_with(telling))).collect()
}

#[test]
fn no_word_in_the_evidence_tells_of_the_experiment() {
    for (name, text) in with_ids(&POISONED, "s", "r") {
        assert_eq!(telling(&text), BTreeSet::new(), "{name}");
        // Ids of levers and kinds of faults are written with underscores; one such word would be the answer.
        for known in ["poison_entries", "bad_format", "slow_service", "control", "/faults"] {
            assert!(!text.contains(known), "{name} has {known}");
        }
        // The run's id and the scenario's may stand nowhere but where the contract stamps them: as a whole value.
        assert!(!text.contains(&POISONED.run_id) && !text.contains(SCENARIO), "{name}");
    }
    // The check can fail: unblanked evidence has the scenario's own name in it.
    let found = telling(&POISONED.evidence["traces.jsonl"]);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["pill", "poison"]);
}

/// Names of things: metrics, spans, scopes, attributes, events.
fn vocabulary(evidence: &Evidence) -> BTreeSet<String> {
    fn walk(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    match (key.as_str(), value) {
                        ("name" | "key" | "eventName" | "unit", Value::String(text)) => {
                            found.insert(format!("{key} {text}"));
                        }
                        _ => walk(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    for name in ["traces.jsonl", "metrics.jsonl", "logs.jsonl"] {
        for line in evidence[name].lines() {
            walk(&serde_json::from_str(line).unwrap(), &mut found);
        }
    }
    found
}

#[test]
fn no_name_appears_only_under_a_fault() {
    let (quiet, poisoned) = (vocabulary(&QUIET.evidence), vocabulary(&POISONED.evidence));
    assert!(quiet.len() > 50, "{quiet:?}");
    let new: Vec<&String> = poisoned.difference(&quiet).collect();
    // What saturation itself brings is no trace of the lever: a query that was sent again, and a pool that was full.
    // The scope of a log record is the module that wrote it.
    let emergent =
        ["key http.request.resend_count", "eventName db.client.operation.exception", "name services::database"];
    let telling: Vec<_> = new.iter().filter(|name| !emergent.contains(&name.as_str())).collect();
    assert!(telling.is_empty(), "only under the fault: {telling:?}");
}

#[test]
fn candidates_are_what_the_evidence_shows() {
    let candidates: Value = serde_json::from_str(&POISONED.evidence["candidates.json"]).unwrap();
    let candidates: Vec<&str> =
        candidates["candidates"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(candidates.is_sorted() && candidates.len() >= 20, "{candidates:?}");
    let telemetry =
        ["traces.jsonl", "metrics.jsonl", "logs.jsonl"].map(|name| POISONED.evidence[name].as_str()).concat();
    // A policy has no name in the telemetry, it shows by what it does.
    for candidate in candidates.iter().filter(|candidate| !candidate.starts_with("policy:")) {
        let (_, name) = candidate.split_once(':').unwrap_or(("", ""));
        for part in name.split(['@', '/']).flat_map(|part| part.split("->")).filter(|part| !part.is_empty()) {
            assert!(telemetry.contains(&format!("\"{part}\"")), "{candidate}: nothing is called {part}");
        }
    }
    // The scenario calls its event `deploy`; in the run it has a drawn id, as innocent changes have.
    assert!(!candidates.contains(&"change:deploy"));
    let changes = candidates.iter().filter(|candidate| candidate.starts_with("change:")).count();
    assert!(changes >= 2, "the guilty change stands alone: {candidates:?}");
}

#[test]
fn ids_of_run_and_scenario_select_evidence_and_never_inform() {
    let before = core(&investigate(&POISONED.evidence).with(0));
    assert!(before.contains("catalog-cache"), "{before}");
    let run = POISONED.run_id.as_str();
    // Others, none, and each in the other's place.
    for (scenario, run) in [("null_quiet", "another-run"), ("", ""), (run, SCENARIO)] {
        let evidence = with_ids(&POISONED, scenario, run);
        assert_eq!(core(&investigate(&evidence).with(0)), before, "scenario {scenario:?}, run {run:?}");
    }
}

/// New names in another alphabetical order, of other lengths, and none inside of another.
const NEW: [(&str, &str); 4] =
    [("search", "ledger"), ("catalog", "zebra"), ("catalog-cache", "ant-hill-one"), ("database", "moss")];

/// Renames services wherever a value names one; names of attributes, metrics, spans and scopes stay.
fn rename_values(value: &mut Value, names: &[(&str, &str)]) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                if key != "key" && key != "name" && key != "unit" {
                    rename_values(value, names);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_values(item, names)),
        Value::String(text) => *text = renamed(text, names),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn renamed_lines(text: &str, names: &[(&str, &str)]) -> String {
    let line = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        rename_values(&mut value, names);
        value.to_string() + "\n"
    };
    text.lines().map(line).collect()
}

#[test]
fn renaming_the_services_renames_the_verdict_and_changes_nothing_else() {
    let mut evidence = POISONED.evidence.clone();
    for name in ["traces.jsonl", "metrics.jsonl", "logs.jsonl"] {
        evidence.insert(name.to_owned(), renamed_lines(&POISONED.evidence[name], &NEW));
    }
    let mut alert: Value = serde_json::from_str(&evidence["alert.json"]).unwrap();
    rename_values(&mut alert, &NEW);
    evidence.insert("alert.json".to_owned(), alert.to_string());
    for (old, _) in NEW {
        let whole = format!("\"{old}\"");
        let left = evidence.iter().find(|(name, text)| *name != "candidates.json" && text.contains(&whole));
        assert!(left.is_none(), "{old} is left in {}", left.unwrap().0);
    }
    let after = core(&investigate(&evidence).with(0));
    let back = NEW.map(|(old, new)| (new, old));
    assert_eq!(renamed(&after, &back), core(&investigate(&POISONED.evidence)));
}

/// The lines in an order that no clock and no exporter made.
fn shuffled(text: &str) -> String {
    let mut lines: Vec<(u64, &str)> = Vec::new();
    for (number, line) in (0_u64..).zip(text.lines()) {
        let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        lines.push((mixed ^ (mixed >> 31), line));
    }
    lines.sort_unstable();
    lines.into_iter().map(|(_, line)| format!("{line}\n")).collect()
}

#[test]
fn the_order_of_lines_does_not_matter() {
    let before = core(&investigate(&POISONED.evidence).with(0));
    for name in ["traces.jsonl", "metrics.jsonl", "logs.jsonl"] {
        let mut evidence = POISONED.evidence.clone();
        let lines = shuffled(&evidence[name]);
        assert_ne!(lines, evidence[name]);
        evidence.insert(name.to_owned(), lines);
        assert_eq!(core(&investigate(&evidence).with(0)), before, "lines of {name}");
    }
}
