//! Bundles appear whole, replace each other as a whole, and say what is in them.

use std::fs;

use evidence::{BundleWriter, Manifest, layout};
use insta::assert_snapshot;

use crate::shown;

fn write(place: &std::path::Path, verdict: &str) {
    let writer = BundleWriter::begin(place).unwrap();
    fs::write(writer.folder().join("evidence/traces.jsonl"), "{}\n").unwrap();
    fs::write(writer.folder().join("ledger/a.jsonl"), "").unwrap();
    writer.write(layout::VERDICT, verdict).unwrap();
    writer.write_json(layout::TIMINGS, &[1.5]).unwrap();
    let manifest =
        Manifest { schema: evidence::manifest::SCHEMA, run_id: "run-1".into(), seed: 7, ..Manifest::default() };
    writer.finish(manifest, &"the truth").unwrap();
}

#[test]
fn a_bundle_lists_every_file_with_its_digest_and_replaces_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("run-1");
    write(&place, "old");
    fs::write(place.join("stray"), "").unwrap();
    // What an interrupted run left behind is in nobody's way.
    fs::create_dir(folder.path().join(".run-1.partial")).unwrap();
    write(&place, "new");
    let manifest = Manifest::read(&place).unwrap();
    assert_eq!(manifest.mismatches(&place).unwrap(), []);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside the bundle");
    assert_eq!(fs::read_to_string(place.join(layout::TRUTH)).unwrap(), "\"the truth\"\n");
    assert_snapshot!(fs::read_to_string(place.join(layout::MANIFEST)).unwrap(), @r#"
    {
      "schema": 1,
      "run_id": "run-1",
      "scenario_id": "",
      "mode": "",
      "seed": 7,
      "modifiers": [],
      "commit": null,
      "versions": {},
      "windows": {
        "started_ns": 0,
        "evidence_from_ns": 0,
        "onset_ns": null,
        "alert_ns": null,
        "cut_ns": null,
        "ended_ns": 0
      },
      "reconciliation": {
        "processes": {},
        "collector": {}
      },
      "files": {
        "evidence/traces.jsonl": {
          "bytes": 3,
          "sha256": "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"
        },
        "ledger/a.jsonl": {
          "bytes": 0,
          "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        },
        "verdict.json": {
          "bytes": 3,
          "sha256": "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437"
        }
      }
    }
    "#);
}

#[test]
fn a_bundle_that_was_touched_is_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("run-1");
    write(&place, "verdict");
    fs::write(place.join(layout::VERDICT), "another").unwrap();
    fs::remove_file(place.join("evidence/traces.jsonl")).unwrap();
    fs::write(place.join("evidence/extra.jsonl"), "").unwrap();
    let found = Manifest::read(&place).unwrap().mismatches(&place).unwrap();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_snapshot!(found.join("\n"), @"
    find evidence/traces.jsonl, which the manifest lists
    recognise verdict.json: its content is not what was written
    find evidence/extra.jsonl in the manifest
    ");
    assert_eq!(shown::files(&place), ["evidence/extra.jsonl", "ledger/a.jsonl", "verdict.json"]);
}

#[test]
fn a_place_without_a_name_is_refused() {
    let error = BundleWriter::begin(std::path::Path::new("/")).unwrap_err();
    assert_snapshot!(error, @"name a bundle after /");
}
