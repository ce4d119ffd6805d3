//! Folders of runs: made once where a test only reads, and read as plain bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use scenarios::model::Lever;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Ended, rcalab, text};

/// All that a test reads of a folder: path relative to it, and content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A folder that is gone when the test is over.
pub(crate) fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A run on virtual time into a folder.
pub(crate) fn sim(scenario: &str, seed: &str, out: &Path) -> Ended {
    rcalab(&["run", scenario, "--mode", "sim", "--seed", seed, "--out", text(out), "--quiet"])
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// What stands directly in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A JSON file.
pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Files as texts, kept while the tests of a process read them.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) run_id: String,
    /// Of `evidence/`, by name.
    pub(crate) evidence: BTreeMap<String, String>,
    pub(crate) report: String,
}

/// One run of the founding story, and one in which nothing is wrong: made once a process.
pub(crate) static POISONED: LazyLock<Kept> = LazyLock::new(|| keep("cache_poison_pill", "11"));
pub(crate) static QUIET: LazyLock<Kept> = LazyLock::new(|| keep("null_quiet", &seed_with_a_deploy().to_string()));

/// A seed of the quiet scenario in which somebody rolls a build out while telemetry is recorded, innocently.
fn seed_with_a_deploy() -> u64 {
    let scenario = scenarios::parse("null_quiet", scenarios::catalog::find("null_quiet").unwrap()).unwrap();
    let has_deploy = |seed: &u64| {
        let plan = scenarios::plan::plan(&scenario, *seed);
        let recorded = plan.warm_up..plan.onset;
        plan.background.iter().any(|change| change.lever == Lever::Deploy && recorded.contains(&change.at))
    };
    (0..100).find(has_deploy).unwrap()
}

fn keep(scenario: &str, seed: &str) -> Kept {
    let out = folder();
    let bundle = sim(scenario, seed, out.path()).with(0).bundle();
    let evidence = files(&bundle.join("evidence")).into_iter();
    Kept {
        run_id: bundle.file_name().unwrap().to_str().unwrap().to_owned(),
        evidence: evidence.map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect(),
        report: std::fs::read_to_string(bundle.join("report.html")).unwrap(),
    }
}

/// Writes evidence into a folder.
pub(crate) fn write(evidence: &BTreeMap<String, String>, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (name, text) in evidence {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// A scenario of the catalog with short phases and light load, as a file in a folder.
pub(crate) fn short(scenario: &str, folder: &Path) -> PathBuf {
    let phases = "\nphases: {warm_up_s: 1, baseline_s: [5, 6.5], incident_s: 6, after_alert_s: 1, drain_s: 5}\n";
    let source = scenarios::catalog::find(scenario).unwrap();
    assert!(!source.contains("phases:"), "{scenario} has phases of its own");
    let path = folder.join(format!("{scenario}.yaml"));
    std::fs::write(&path, format!("{source}{phases}")).unwrap();
    path
}
