//! A method's copy of the evidence holds no id of the run and nothing beside the evidence.

use std::fs;

use evidence::Bundle;
use evidence::opaque::{self, Pseudonym};
use insta::assert_snapshot;

use crate::shown;

fn pseudonym(id: &str, opaque: &str) -> Pseudonym {
    Pseudonym { id: id.to_owned(), opaque: opaque.to_owned() }
}

#[test]
fn ids_are_replaced_everywhere_and_the_rest_stays() {
    let logs = zstd::encode_all(&br#"{"body":"run-17 of cache_poison_pill_quiet, rerun-170"}"#[..], 1).unwrap();
    let folder = shown::folder(&[
        ("evidence/traces.jsonl", b"{\"run_id\":\"run-17\"}\n{\"s\":\"cache_poison_pill\"}\n"),
        ("evidence/logs.jsonl.zst", &logs),
        ("evidence/alert.json", br#"{"labels":{"run_id":"run-17"}}"#),
        ("evidence/verdict.json", b"not evidence"),
        ("truth.json", b"secret"),
        ("after/traces.jsonl", b"recovery"),
    ]);
    let bundle = Bundle::open(folder.path()).unwrap();
    let parent = tempfile::tempdir().unwrap();
    let ids = [
        pseudonym("cache_poison_pill", "s-1"),
        pseudonym("cache_poison_pill_quiet", "s-2"),
        pseudonym("run-17", "r-1"),
    ];
    let copy = opaque::copy(&bundle, parent.path(), 0xabc, &ids).unwrap();
    let name = copy.file_name().unwrap().to_string_lossy().into_owned();
    let content = shown::files(&copy)
        .into_iter()
        .map(|file| format!("{file}: {}", fs::read_to_string(copy.join(&file)).unwrap().trim()));
    assert_snapshot!(format!("{name}\n{}", content.collect::<Vec<_>>().join("\n")), @r#"
    00000000000000000000000000000abc
    alert.json: {"labels":{"run_id":"r-1"}}
    logs.jsonl: {"body":"r-1 of s-2, rer-10"}
    traces.jsonl: {"run_id":"r-1"}
    {"s":"s-1"}
    "#);
    assert!(opaque::copy(&bundle, parent.path(), 0xabc, &ids).is_err(), "a folder is never used twice");
}

#[test]
fn ids_that_would_be_found_inside_of_words_are_refused() {
    let folder = shown::folder(&[("traces.jsonl", b"")]);
    let bundle = Bundle::open(folder.path()).unwrap();
    let rows = ["abc", "a b c d", "\"trace"]
        .map(|id| opaque::copy(&bundle, folder.path(), 1, &[pseudonym(id, "x")]).unwrap_err().to_string());
    assert_snapshot!(rows.join("\n"), @r#"
    hide the id `abc`: it is shorter than 4 bytes, or is not plain
    hide the id `a b c d`: it is shorter than 4 bytes, or is not plain
    hide the id `"trace`: it is shorter than 4 bytes, or is not plain
    "#);
}
