//! Recorded cases of other systems: every one of them opens, and no file with content is read as empty.

use std::fs;
use std::path::{Path, PathBuf};

use evidence::Bundle;
use evidence::candidates::{Names, collect};
use rca_engine::options::Options;
use tempfile::TempDir;

/// A folder of cases: unpacked, or as `NAME.tar.zst`.
#[expect(clippy::disallowed_methods, reason = "a test has no main that could read the environment")]
fn given() -> Option<PathBuf> {
    match std::env::var("RCALAB_PUBLIC_CASES") {
        Ok(folder) => Some(folder.into()),
        Err(_) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "set RCALAB_PUBLIC_CASES to the folder of cases");
            println!("skipped: RCALAB_PUBLIC_CASES does not name a folder of cases");
            None
        }
    }
}

/// Unpacks every archive of the folder; without any, the folder itself holds the cases.
fn unpacked(folder: &Path, into: &TempDir) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let archives: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().ends_with(".tar.zst")).collect();
    for archive in &archives {
        let plain = zstd::Decoder::new(fs::File::open(archive).unwrap()).unwrap();
        tar::Archive::new(plain).unpack(into.path()).unwrap();
    }
    if archives.is_empty() { folder.to_owned() } else { into.path().to_owned() }
}

/// Folders below this one that hold evidence.
fn cases(folder: &Path, found: &mut Vec<PathBuf>) {
    if Bundle::open(folder).is_ok() {
        found.push(folder.to_owned());
        return;
    }
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for path in entries.filter(|path| path.is_dir()) {
        cases(&path, found);
    }
}

#[test]
fn every_public_case_is_read_to_its_end() {
    let Some(given) = given() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    cases(&unpacked(&given, &scratch), &mut found);
    assert!(!found.is_empty(), "no case in {}", given.display());
    for case in &found {
        let bundle = Bundle::open(case).unwrap();
        let reading = bundle.read().unwrap();
        assert_eq!(reading.broken(), 0, "{}", case.display());
        let evidence = &reading.evidence;
        let counts = [
            ("traces.jsonl", evidence.spans.len()),
            ("metrics.jsonl", evidence.series.len()),
            ("logs.jsonl", evidence.logs.len()),
        ];
        for (file, count) in counts {
            let bytes = fs::metadata(bundle.evidence_folder().join(file)).map_or(0, |file| file.len());
            assert_eq!(bytes > 0, count > 0, "{} {file}: {bytes} bytes, {count} items", case.display());
        }
        assert!(bundle.alert().unwrap().is_some_and(|alert| !alert.is_empty()), "{}", case.display());
        let candidates = collect(evidence, u64::MAX, &Options::default(), &Names::default()).candidates;
        assert!(candidates.len() > 5, "{}: {candidates:?}", case.display());
    }
    println!("{} cases", found.len());
}
