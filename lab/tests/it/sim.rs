//! Runs on virtual time: whole bundles, right verdicts, and the same bytes for the same seed.

use std::path::Path;

use evidence::{Manifest, layout};

use crate::folders::{Files, files, folder, json, names, sim};
use crate::program::{Program, rcalab, text};

/// What a bundle consists of, after evidence/src/layout.rs.
fn expected() -> Vec<String> {
    let telemetry = [layout::TRACES, layout::METRICS, layout::LOGS];
    let mut expected: Vec<String> = Vec::new();
    for folder in [layout::EVIDENCE, layout::AFTER] {
        expected.extend(telemetry.map(|name| format!("{folder}/{name}")));
    }
    expected.extend([layout::ALERT, layout::CANDIDATES].map(|name| format!("{}/{name}", layout::EVIDENCE)));
    let ledgers = ["catalog-1", "catalog-2", "catalog-cache-1", "database-1", "search-1", "search-2"];
    expected.extend(ledgers.map(|instance| format!("{}/{instance}.jsonl", layout::LEDGER)));
    let top = [
        layout::SCENARIO,
        layout::MANIFEST,
        layout::TIMINGS,
        layout::VERDICT,
        layout::SCORE,
        layout::REPORT,
        layout::TRUTH,
    ];
    expected.extend(top.map(str::to_owned));
    expected.sort();
    expected
}

/// Asserts that a run is whole and right.
fn sound(scenario: &str, seed: &str) {
    let out = folder();
    let ended = sim(scenario, seed, out.path()).with(0);
    let bundle = ended.bundle();
    let run_id = bundle.file_name().unwrap().to_str().unwrap().to_owned();
    // No working folder beside it, no folder that was set aside.
    assert_eq!(names(out.path()), [run_id.as_str()]);
    let found: Vec<String> = files(&bundle).into_keys().collect();
    assert_eq!(found, expected());
    let manifest = Manifest::read(&bundle).unwrap();
    assert_eq!(manifest.mismatches(&bundle).unwrap(), []);
    assert_eq!((&*manifest.run_id, &*manifest.scenario_id, &*manifest.mode), (&*run_id, scenario, "sim"));
    assert_eq!(manifest.seed.to_string(), seed);
    balanced(&manifest);
    well_shaped(&bundle);
    investigated_again(&bundle);
    // Progress goes to standard error, and was asked to be quiet.
    assert_eq!(ended.err, "");
}

/// In virtual time nothing is lost on the way, so every book must balance to the item.
fn balanced(manifest: &Manifest) {
    let books = &manifest.reconciliation;
    assert_eq!(books.imbalances(), []);
    assert_eq!((books.processes.len(), books.collector.len()), (6, 3));
    for signal in ["traces", "metrics", "logs"] {
        let sent: Vec<_> = books.processes.values().map(|process| process.signals[signal]).collect();
        assert!(sent.iter().all(|sent| sent.dropped_by_sdk == 0 && sent.unacknowledged == 0), "{sent:?}");
        let kept = &books.collector[signal];
        assert_eq!(sent.iter().map(|sent| sent.ended).sum::<u64>(), kept.received, "{signal}");
        assert_eq!(kept.dropped["write_failed"], 0);
        assert!(kept.written > 0, "{signal}");
    }
}

/// Whoever reads the files comes to the whole verdict that the run came to from memory.
fn investigated_again(bundle: &Path) {
    let again = rcalab(&["investigate", text(bundle), "--json"]).with(0);
    let again: serde_json::Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(again, json(&bundle.join(layout::VERDICT)));
}

/// The verdict has the published shape.
fn well_shaped(bundle: &Path) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rca-engine/schema/verdict.schema.json");
    let validator = jsonschema::validator_for(&json(&schema)).unwrap();
    let verdict = json(&bundle.join(layout::VERDICT));
    let problems: Vec<String> = validator.iter_errors(&verdict).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    let mut broken = verdict;
    broken.as_object_mut().unwrap().remove("core");
    assert!(!validator.is_valid(&broken), "the schema lets everything pass");
}

#[test]
fn a_bad_canary_makes_a_whole_bundle_and_a_right_verdict() {
    sound("bad_canary", "5");
}

#[test]
fn a_poisoned_cache_makes_a_whole_bundle_and_a_right_verdict() {
    sound("cache_poison_pill", "5");
}

#[test]
fn a_quietly_poisoned_cache_makes_a_whole_bundle_and_a_right_verdict() {
    sound("cache_poison_pill_quiet", "5");
}

#[test]
fn a_run_in_which_nothing_is_wrong_makes_a_whole_bundle_and_convicts_nobody() {
    sound("null_quiet", "5");
}

#[test]
fn a_slow_database_makes_a_whole_bundle_and_a_right_verdict() {
    sound("slow_database", "5");
}

#[test]
fn a_slow_build_of_search_makes_a_whole_bundle_and_a_right_verdict() {
    sound("search_regression", "5");
}

#[test]
fn a_surge_makes_a_whole_bundle_and_a_right_verdict() {
    sound("traffic_surge", "5");
}

#[test]
fn a_pool_that_was_cut_makes_a_whole_bundle_and_a_right_verdict() {
    sound("pool_exhaustion", "5");
}

#[test]
fn calls_in_a_row_make_a_whole_bundle_and_a_right_verdict() {
    sound("n_plus_one_quiet", "5");
}

#[test]
fn a_storm_of_retries_makes_a_whole_bundle_and_a_right_verdict() {
    sound("retry_storm", "5");
}

#[test]
fn an_alert_that_noise_fires_makes_a_whole_bundle_and_convicts_nobody() {
    sound("null_near_threshold", "5");
}

#[test]
fn every_scenario_of_the_catalog_is_tested_here() {
    let known = [
        "bad_canary",
        "cache_poison_pill",
        "cache_poison_pill_quiet",
        "n_plus_one_quiet",
        "null_near_threshold",
        "null_quiet",
        "pool_exhaustion",
        "retry_storm",
        "search_regression",
        "slow_database",
        "traffic_surge",
    ];
    let catalog: Vec<&str> = scenarios::catalog::catalog().into_iter().map(|(id, _)| id).collect();
    assert_eq!(catalog, known, "add a test of the new scenario, then its name");
}

/// Everything but the wall times.
fn promised(bundle: &Path) -> Files {
    let mut files = files(bundle);
    assert!(files.remove(layout::TIMINGS).is_some());
    files
}

fn assert_same(left: &Files, right: &Files) {
    assert!(left.keys().eq(right.keys()));
    for (name, bytes) in left {
        assert!(*bytes == right[name], "{name} differs");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (first, second, third) = (folder(), folder(), folder());
    let start = |seed, out: &Path| {
        Program::start(&["run", "cache_poison_pill", "--mode", "sim", "--seed", seed, "--out", text(out)])
    };
    // Two at once, then one alone: neither a neighbour nor an empty machine may be seen in the bytes.
    let (one, two) = (start("7", first.path()), start("7", second.path()));
    // Whether the verdict is right is not asked here.
    let (one, two) = (one.end().bundle(), two.end().bundle());
    let before = promised(&one);
    assert_same(&before, &promised(&two));
    // The same run into the same place replaces what is there as a whole.
    std::fs::write(one.join("left-behind"), "x").unwrap();
    let again = start("7", first.path()).end().bundle();
    assert_eq!(again, one);
    assert_same(&before, &promised(&again));
    assert_eq!(names(first.path()).len(), 1);
    let other = start("8", third.path()).end().bundle();
    assert_ne!(other.file_name(), one.file_name());
    let other = promised(&other);
    for name in ["evidence/traces.jsonl", "evidence/metrics.jsonl", "manifest.json", "truth.json"] {
        assert!(before[name] != other[name], "{name} does not depend on the seed");
    }
}

#[test]
fn a_tenth_of_the_traces_is_less_evidence_and_the_books_still_close() {
    let out = folder();
    let run = |with: &[&str]| {
        let mut arguments = vec!["run", "null_quiet", "--mode", "sim", "--seed", "3", "-q", "--out", text(out.path())];
        arguments.extend(with);
        Manifest::read(&rcalab(&arguments).with(0).bundle()).unwrap()
    };
    let (whole, tenth) = (run(&[]), run(&["--with", "spans=0.1"]));
    assert_ne!(whole.run_id, tenth.run_id);
    assert_eq!(tenth.modifiers, ["spans=0.1"]);
    balanced(&tenth);
    let [before, after] = [&whole, &tenth].map(|manifest| &manifest.reconciliation.collector["traces"]);
    assert_eq!(before.received, after.received);
    let share = after.written as f64 / before.written as f64;
    assert!((0.05..0.15).contains(&share), "{share}");
    assert_eq!((before.dropped["sampled"], after.dropped["sampled"] > 0), (0, true));
}

#[test]
fn where_hardly_a_trace_is_left_nobody_is_convicted_of_nothing() {
    for seed in ["1", "3", "4"] {
        let out = folder();
        let run = ["run", "null_quiet", "--mode", "sim", "--seed", seed, "--with", "spans=0.003", "-q", "--out"];
        // Whoever names a cause here ends with 99.
        rcalab(&[&run[..], &[text(out.path())]].concat()).with(0);
    }
}
