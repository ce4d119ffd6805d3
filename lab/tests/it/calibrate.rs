//! `rcalab calibrate`: a table from what regressions found, and a verdict that is as sure as a table says.

use crate::folders::{folder, json};
use crate::program::{rcalab, text};

#[test]
fn what_a_strength_is_worth_comes_from_scored_runs_and_goes_into_verdicts() {
    let folder = folder();
    let (results, table) = (folder.path().join("results"), folder.path().join("table.json"));
    let cells = ["cache_poison_pill_quiet", "null_quiet", "--seeds", "1..2", "--keep", "all", "--out", text(&results)];
    rcalab(&[&["regress"], &cells[..]].concat()).with(0);

    let told = rcalab(&["calibrate", text(&results), "--json"]).with(0);
    let record: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    let pooled =
        |curve: &str| (record["table"][curve][0]["right"].clone(), record["table"][curve][0]["verdicts"].clone());
    assert_eq!(pooled("cause"), (2.into(), 2.into()), "{record:#}");
    assert_eq!(pooled("no_incident"), (2.into(), 2.into()), "{record:#}");
    assert_eq!(record["cause"]["folds"][0]["group"], "bad_format");
    assert_eq!(record["no_incident"]["folds"][0]["group"], "null_quiet");
    let from = record["table"]["made_from"][0].as_str().unwrap();
    assert!(from.starts_with("4 verdicts, 4 of them right, of 4 runs of 2 scenarios with seeds 1 to 2"), "{from}");
    assert!(!from.contains("null_quiet"), "the engine carries the table and must know no scenario: {from}");

    let shown = rcalab(&["calibrate", text(&results), "--out", text(&table)]).with(0);
    assert!(
        shown.out.contains("fitted, each kind held out") && shown.out.contains("without bad_format"),
        "{}",
        shown.out
    );
    assert_eq!(json(&table), record["table"]);

    let bundle = results.join("bundles/cache_poison_pill_quiet-1");
    let sure = |more: &[&str]| -> serde_json::Value {
        let told = rcalab(&[&["investigate", text(&bundle), "--json"], more].concat()).with(0);
        serde_json::from_str(&told.out).unwrap()
    };
    let (own, other) = (sure(&[]), sure(&["--calibration", text(&table)]));
    // Two of two are worth 5 in 6.
    assert_eq!(other["core"]["confidence"], 0.833);
    assert_eq!(other["grounds"]["earlier"], serde_json::json!({"verdicts": 2, "right": 2}));
    assert_eq!(own["grounds"]["strength"], other["grounds"]["strength"]);
    assert_eq!(own["core"]["hypotheses"], other["core"]["hypotheses"]);
}

#[test]
fn what_cannot_be_fitted_or_read_says_why() {
    let folder = folder();
    let nothing = folder.path().join("nothing");
    assert!(rcalab(&["calibrate", text(&nothing)]).with(104).err.contains("nothing"));
    rcalab(&["calibrate"]).with(2);
    let falling = folder.path().join("falling.json");
    let points = r#"[{"strength": 0.5, "verdicts": 9, "right": 8}, {"strength": 0.6, "verdicts": 9, "right": 1}]"#;
    std::fs::write(&falling, format!("{{\"made_from\": [], \"no_incident\": [], \"cause\": {points}}}")).unwrap();
    let alert = folder.path().join("alert.json");
    let window = r#"{"start": "2026-01-01T00:01:00Z", "end": "2026-01-01T00:02:00Z"}"#;
    let baseline = r#"{"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:01:00Z"}"#;
    let asked = r#""service": "shop", "signal": "latency", "started_at": "2026-01-01T00:01:00Z""#;
    std::fs::write(&alert, format!("{{{asked}, \"window\": {window}, \"baseline\": {baseline}}}")).unwrap();
    std::fs::write(folder.path().join("logs.jsonl"), "").unwrap();
    let refused = rcalab(&["investigate", text(folder.path()), "--calibration", text(&falling)]).with(104).err;
    assert!(refused.contains("falling.json") && refused.contains("point 2"), "{refused}");
}
