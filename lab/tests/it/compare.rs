//! `rcalab compare`: small results written by hand, and what is said about them.

use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::folders::folder;
use crate::program::{Ended, rcalab};

/// A line of results: the engine's first answer, and whether that and the naive method were right.
fn cell(scenario: &str, seed: u64, answered: &str, right: bool, naive: bool) -> Value {
    let root = |right: bool| json!({"top1": right, "top3": true, "reciprocal_rank": 0.5, "recall": 1.0, "chance": 0.1});
    let score = |answered: &str, right: bool| json!({"outcome": "cause", "answered": answered, "root": root(right), "swapped": false, "decoy": false});
    let why = format!("expected service:catalog-cache; answered {answered}");
    let naive_answer = if naive { "service:catalog-cache" } else { "service:database" };
    json!({"cell": {
        "scenario": scenario, "seed": seed, "run_id": format!("sim-{seed}"), "complaints": [],
        "alert_after_ns": 8_000_000_000_u64, "accepted": ["service:catalog-cache"],
        "card": {
            "schema": 1, "scenario": scenario, "seed": seed, "class": "valid", "exit": 0,
            "engine": score(answered, right),
            "methods": [{"name": "most_errors", "must_fail": false, "score": score(naive_answer, naive)}],
            "gates": [{"name": "root", "passed": right, "why": why}],
        },
    }})
}

fn right(scenario: &str, seed: u64) -> Value {
    cell(scenario, seed, "service:catalog-cache", true, true)
}

fn wrong(scenario: &str, seed: u64) -> Value {
    cell(scenario, seed, "service:database", false, true)
}

fn results(path: &Path, code: &str, sha256: &str, cells: &[Value]) {
    let sources = json!({
        "loud": {"name": "loud", "sha256": sha256},
        "mine": {"name": "./mine.yaml", "sha256": "2"},
    });
    let header = json!({"header": {"schema": 1, "code": code, "build": "1-1", "scenarios": sources}});
    let lines: Vec<String> = std::iter::once(&header).chain(cells).map(|line| format!("{line}\n")).collect();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, lines.concat()).unwrap();
}

/// Two folders of results, compared.
fn compared(before: (&str, &[Value]), after: (&str, &[Value]), more: &[&str]) -> Ended {
    let folder = folder();
    results(&folder.path().join("a/results.jsonl"), "0.1.0+old", before.0, before.1);
    results(&folder.path().join("b/results.jsonl"), "0.1.0+new", after.0, after.1);
    // Relative to where the program runs, so that lines break at the same places wherever the folder is.
    let base = folder.path().file_name().unwrap().to_str().unwrap();
    let (a, b) = (format!("{base}/a"), format!("{base}/b/results.jsonl"));
    let ended = rcalab(&[&["compare", &a, &b], more].concat());
    Ended { out: ended.out.replace(base, "DIR"), err: ended.err.replace(base, "DIR"), ..ended }
}

#[test]
fn what_got_better_and_worse_is_told_with_how_to_see_it_again() {
    let before = [right("loud", 1), right("loud", 2), wrong("loud", 3), wrong("mine", 1), right("mine", 2)];
    let other = cell("loud", 2, "service:search", false, false);
    let after = [right("loud", 1), other, right("loud", 3), right("mine", 1), right("mine", 3)];
    let ended = compared(("1", &before), ("9", &after), &[]).with(0);
    assert_snapshot!(ended.out, @"
    NO WORSE  4 cells compared
      before  DIR/a, 5 cells, code 0.1.0+old
      after   DIR/b/results.jsonl, 5 cells, code 0.1.0+new
      note    the code differs: 0.1.0+old before, 0.1.0+new after
      note    scenario loud differs, so that its cells are other incidents

      method       question  scenario  cells  before  after  better  worse      p
      engine       root      all           4    50 %   75 %       2      1  1.000
                             loud          3    67 %   67 %       1      1  1.000
                             mine          1     0 %  100 %       1      0  1.000
      most_errors  right     all           4   100 %   75 %       0      1  1.000
                             loud          3   100 %   67 %       0      1  1.000

    WORSE  2
      loud 2  engine root: expected service:catalog-cache; answered service:search (before: expected
              service:catalog-cache; answered service:catalog-cache)
        rcalab run loud --mode sim --seed 2
      loud 2  most_errors right: service:database (before: service:catalog-cache)
        rcalab run loud --mode sim --seed 2

    BETTER  2
      loud 3  engine root: expected service:catalog-cache; answered service:catalog-cache (before:
              expected service:catalog-cache; answered service:database)
        rcalab run loud --mode sim --seed 3
      mine 1  engine root: expected service:catalog-cache; answered service:catalog-cache (before:
              expected service:catalog-cache; answered service:database)
        rcalab run ./mine.yaml --mode sim --seed 1

      only before, 1: mine 2

      only after, 1: mine 3
    ");
}

#[test]
fn worse_in_one_scenario_is_worse() {
    let before = [right("loud", 1), right("loud", 2), wrong("mine", 1), wrong("mine", 2)];
    let after = [right("loud", 1), wrong("loud", 2), right("mine", 1), right("mine", 2)];
    let ended = compared(("1", &before), ("1", &after), &["--json"]).with(99);
    let record: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(record["exit"], 99);
    assert_eq!(record["warnings"], json!(["the code differs: 0.1.0+old before, 0.1.0+new after"]));
    let changed = record["changes"].as_array().unwrap();
    let changed: Vec<String> =
        changed.iter().map(|one| format!("{} {} {}", one["scenario"], one["seed"], one["better"])).collect();
    assert_eq!(changed, ["\"loud\" 2 false", "\"mine\" 1 true", "\"mine\" 2 true"]);
    assert_eq!(record["commands"]["mine"], "rcalab run ./mine.yaml --mode sim --seed ");
    compared(("1", &before), ("1", &before), &[]).with(0);
    compared(("1", &before), ("1", &after), &["--method", "most_errors"]).with(0);
}

#[test]
fn what_cannot_be_compared_says_why() {
    let one = [right("loud", 1)];
    let ended = compared(("1", &one), ("1", &[right("loud", 2)]), &[]).with(4);
    assert!(ended.err.contains("no cell in common"), "{}", ended.err);
    let mut void = right("loud", 1);
    void["cell"]["complaints"] = json!(["the alert did not fire"]);
    compared(("1", &one), ("1", &[void]), &[]).with(106);
    let folder = folder();
    let nothing = folder.path().to_str().unwrap();
    assert!(rcalab(&["compare", nothing, nothing]).with(104).err.contains("results.jsonl"));
    let notes = folder.path().join("notes");
    std::fs::write(&notes, "notes\n").unwrap();
    let notes = notes.to_str().unwrap();
    assert!(rcalab(&["compare", notes, notes]).with(104).err.contains("does not begin with a header"));
    rcalab(&["compare", notes]).with(2);
}
