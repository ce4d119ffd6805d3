//! Live runs with real processes: what was sent is what was kept, or the run says that it does not count; and nothing
//! survives the lab.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use evidence::Manifest;
use evidence::reconciliation::Sent;
use tempfile::TempDir;

use crate::folders::{folder, json, names, short};
use crate::program::{Ended, PATIENCE, Program, text};

/// Live runs measure real time, so they do not run beside each other.
static ALONE: Mutex<()> = Mutex::new(());

pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A short live run of a scenario, with further arguments.
pub(crate) fn start(scenario: &str, folder: &TempDir, more: &[&str]) -> Program {
    let file = short(scenario, folder.path());
    let out = folder.path().join("runs");
    let arguments = [&["run", text(&file), "--seed", "3", "--out", text(&out)], more].concat();
    Program::start(&arguments)
}

/// A machine that was too busy for real time makes a contaminated run, and that is one to be done again, not one to be
/// judged. Every other outcome is handed back.
pub(crate) fn run(scenario: &str, folder: &TempDir, more: &[&str]) -> Ended {
    let mut tries = 0;
    loop {
        tries += 1;
        let ended = start(scenario, folder, more).end();
        let contaminated = ended.code == Some(106)
            && ended.out.contains("bundle  ")
            && json(&ended.bundle().join("score.json"))["class"] == "contaminated";
        if !contaminated || tries == 3 {
            return ended;
        }
    }
}

fn sent(manifest: &Manifest, signal: &str) -> Vec<(String, Sent)> {
    let processes = manifest.reconciliation.processes.iter();
    processes.filter_map(|(name, process)| Some((name.clone(), *process.signals.get(signal)?))).collect()
}

fn assert_whole(bundle: &Path) -> Manifest {
    let manifest = Manifest::read(bundle).unwrap();
    assert_eq!(manifest.mismatches(bundle).unwrap(), []);
    manifest
}

#[test]
fn a_live_run_loses_nothing_and_its_books_balance() {
    let _alone = alone();
    let folder = folder();
    let ended = run("null_quiet", &folder, &[]).with(0);
    let bundle = ended.bundle();
    let manifest = assert_whole(&bundle);
    let books = &manifest.reconciliation;
    assert_eq!(books.imbalances(), []);
    assert_eq!(books.processes.len(), 6);
    for signal in ["traces", "metrics", "logs"] {
        let (sent, kept) = (sent(&manifest, signal), &books.collector[signal]);
        for (name, sent) in &sent {
            assert!(sent.ended > 0 || signal == "logs", "{name} sent no {signal}");
            assert_eq!((sent.dropped_by_sdk, sent.unacknowledged), (0, 0), "{signal} of {name}");
        }
        assert_eq!(sent.iter().map(|(_, sent)| sent.acknowledged).sum::<u64>(), kept.received, "{signal}");
    }
    // Each service's own words are kept, and nothing else of what was private.
    let logs = ["catalog-1", "catalog-2", "catalog-cache-1", "database-1", "search-1", "search-2"];
    let logs = logs.map(|instance| format!("{instance}.log"));
    assert_eq!(names(&bundle.join("logs")), logs);
    assert!(!bundle.join("private").exists());
    assert_eq!(names(&folder.path().join("runs")).len(), 1);
}

#[test]
fn a_service_that_crashes_makes_the_run_invalid_and_is_named() {
    let _alone = alone();
    let folder = folder();
    let ended = start("null_quiet", &folder, &["--kill", "catalog@3"]).end().with(106);
    assert!(ended.out.contains("catalog-1 ended without an account"), "{}", ended.out);
    let manifest = assert_whole(&ended.bundle());
    let killed = manifest.reconciliation.processes.iter().filter(|(_, process)| process.killed);
    assert_eq!(killed.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["catalog-1"]);
}

#[test]
fn a_collector_that_refuses_makes_the_run_invalid_and_never_the_verdict_wrong() {
    let _alone = alone();
    let folder = folder();
    let ended = start("null_quiet", &folder, &["--collector-queue-items", "50"]).end().with(106);
    assert!(ended.out.contains("got no answer for"), "{}", ended.out);
    let manifest = assert_whole(&ended.bundle());
    let lost: u64 = sent(&manifest, "traces").iter().map(|(_, sent)| sent.unacknowledged).sum();
    assert!(lost > 0);
    // What was refused is known to the item: every span that ended is either kept or counted as lost.
    assert_eq!(manifest.reconciliation.imbalances(), []);
}

#[test]
fn an_interrupted_run_ends_with_105_and_leaves_no_process() {
    let _alone = alone();
    for moment in ["starting", "baseline"] {
        let folder = folder();
        let mut program = start("null_quiet", &folder, &[]);
        program.hear(moment);
        program.signal("INT");
        // Standard output closes when the last process that inherited it is gone.
        let out = program.ends_within(Duration::from_secs(60));
        assert!(out.is_some(), "interrupted at {moment}: something is left");
        let ended = program.ended(out).with(105);
        assert!(ended.err.contains("interrupted"), "{}", ended.err);
        // Nothing that looks like a complete run.
        let runs = names(&folder.path().join("runs"));
        assert!(runs.iter().all(|name| name.ends_with(".partial")), "{runs:?}");
    }
}

#[test]
fn services_end_by_themselves_when_the_lab_is_killed() {
    let _alone = alone();
    let folder = folder();
    let mut program = start("null_quiet", &folder, &[]);
    program.hear("baseline");
    program.signal("KILL");
    let out = program.ends_within(PATIENCE);
    assert!(out.is_some(), "a service outlived the lab");
    assert_eq!(program.ended(out).code, None, "a signal ended it");
}

#[test]
fn a_mode_of_the_lab_that_emits_nothing_has_nothing_to_investigate() {
    let _alone = alone();
    let folder = folder();
    let ended = start("null_quiet", &folder, &["--telemetry-off"]).end().with(0);
    let load: serde_json::Value = serde_json::from_str(ended.out.trim()).unwrap();
    assert!(load["wall_s"].as_f64().unwrap() > 5.0 && load["load"].is_object(), "{load}");
    assert!(names(&folder.path().join("runs")).iter().all(|name| name.ends_with(".partial")));
}
