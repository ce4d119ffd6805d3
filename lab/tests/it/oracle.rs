//! The scoring from outside: a bundle whose verdict is replaced by answers with known values.

use std::path::{Path, PathBuf};

use evidence::layout;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::folders::{folder, json as read, sim};
use crate::program::{rcalab, text};

/// A bundle of the founding story, with its truth and its verdict.
struct Bundle {
    _folder: TempDir,
    path: PathBuf,
    truth: Value,
    verdict: Value,
}

fn bundle() -> Bundle {
    let folder = folder();
    let path = folder.path().join(sim("cache_poison_pill", "5", folder.path()).bundle().file_name().unwrap());
    let (truth, verdict) = (read(&path.join(layout::TRUTH)), read(&path.join(layout::VERDICT)));
    Bundle { _folder: folder, path, truth, verdict }
}

/// Puts a verdict into the bundle and scores it.
fn scored(bundle: &Path, verdict: &Value, exit: i32) -> Value {
    std::fs::write(bundle.join(layout::VERDICT), verdict.to_string()).unwrap();
    let ended = rcalab(&["score", text(bundle), "--json"]).with(exit);
    serde_json::from_str::<Value>(&ended.out).unwrap()["engine"].clone()
}

/// The verdict that says what the truth says.
fn oracle(bundle: &Bundle) -> Value {
    let mut verdict = bundle.verdict.clone();
    let root = &bundle.truth["roots"][0];
    let best = json!({"component": root["any_of"][0], "kind": root["kind"]});
    let roles = &mut verdict["core"]["roles"];
    roles["root"] = json!([best]);
    roles["propagation"] = bundle.truth["edges"].clone();
    roles["bottleneck"] = bundle.truth["bottlenecks"][0].clone();
    verdict["core"]["hypotheses"] = json!([]);
    verdict
}

#[test]
fn the_truth_as_verdict_scores_one_and_each_wrong_answer_loses_exactly_what_it_must() {
    let bundle = bundle();
    let right = oracle(&bundle);
    let score = scored(&bundle.path, &right, 0);
    for whole in ["/root/recall", "/root/reciprocal_rank", "/propagation/f1", "/propagation_contracted/f1", "/roles"] {
        assert_eq!(score.pointer(whole), Some(&json!(1.0)), "{whole}");
    }
    for right in ["/root/top1", "/root_service/top1", "/kind", "/bottleneck", "/bottleneck_mode"] {
        assert_eq!(score.pointer(right), Some(&json!(true)), "{right}");
    }
    assert_eq!((&score["swapped"], &score["decoy"]), (&json!(false), &json!(false)));

    let mut swapped = right.clone();
    let root = right["core"]["roles"]["root"][0]["component"].clone();
    let bottleneck = &right["core"]["roles"]["bottleneck"];
    swapped["core"]["roles"]["root"][0]["component"] = bottleneck["component"].clone();
    swapped["core"]["roles"]["bottleneck"] = json!({"component": root, "mode": bottleneck["mode"]});
    let score = scored(&bundle.path, &swapped, 99);
    assert_eq!(score.pointer("/root/top1"), Some(&json!(false)));
    assert_eq!((&score["bottleneck"], &score["swapped"]), (&json!(false), &json!(true)));
    assert_eq!(score.pointer("/propagation/f1"), Some(&json!(1.0)), "the path was not touched");

    let mut silent = right;
    silent["core"]["outcome"] = json!("insufficient_evidence");
    silent["core"]["roles"]["root"] = json!([]);
    silent["core"]["roles"]["bottleneck"] = Value::Null;
    let score = scored(&bundle.path, &silent, 99);
    assert_eq!(score.pointer("/root/top1"), Some(&json!(false)));
    assert_eq!((&score["bottleneck"], &score["propagation"]), (&Value::Null, &Value::Null));
}
