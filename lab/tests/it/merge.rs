//! `rcalab merge`: parts carried out apart are the whole carried out at once, and what does not fit is refused by name.

use std::path::{Path, PathBuf};

use crate::folders::{files, folder, names};
use crate::program::{Ended, rcalab, text};
use crate::regress::brief;

/// Two scenarios with two seeds, one of which never counts in so little time.
fn regress(stories: &[PathBuf], out: &Path, more: &[&str]) -> Ended {
    let mut arguments = vec!["regress", text(&stories[0]), text(&stories[1]), "--seeds", "1..2", "--out", text(out)];
    arguments.extend(more);
    rcalab(&arguments)
}

fn merge(parts: &[&Path], out: &Path) -> Ended {
    let json = out.with_extension("json");
    let mut arguments = vec!["merge"];
    arguments.extend(parts.iter().map(|part| text(part)));
    arguments.extend(["--out", text(out), "--json", text(&json)]);
    rcalab(&arguments)
}

#[test]
fn parts_carried_out_apart_are_the_whole() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let stories = ["cache_poison_pill", "null_quiet"].map(|id| brief(id, folder.path()));
    let json = at("at_once.json");
    let at_once = regress(&stories, &at("at_once"), &["--json", text(&json)]).with(106);
    let (one, two) = (at("one"), at("two"));
    regress(&stories, &one, &["--partition", "slice:1/2"]);
    regress(&stories, &two, &["--partition", "slice:2/2"]);
    let merged = merge(&[&two, &one], &at("all")).with(106);
    assert_eq!(merged.out, at_once.out);
    assert_eq!(std::fs::read(at("all.json")).unwrap(), std::fs::read(&json).unwrap());
    // The page, and everything that it leads to.
    let told = |name: &str| {
        let mut files = files(&at(name));
        files.retain(|path, _| path == "report.html" || path.starts_with("failed/"));
        files
    };
    assert_eq!(names(&at("all/failed")), ["cache_poison_pill-1", "cache_poison_pill-2"]);
    assert!(told("all") == told("at_once"), "page or reports differ");
    // What is merged can be compared, merged again, and gone on with.
    let compared = rcalab(&["compare", text(&at("at_once")), text(&at("all"))]);
    assert!(!compared.err.contains("differ"), "{}", compared.err);
    merge(&[&at("all")], &at("again")).with(106);
    let resumed = regress(&stories, &at("all"), &[]).with(106);
    assert!(resumed.err.contains("4 of 4 cells are there already"), "{}", resumed.err);

    let taken = merge(&[&one, &two], &at("all")).with(110);
    assert!(taken.err.contains("it has results of its own"), "{}", taken.err);
    let hole = merge(&[&one], &at("none")).with(106);
    assert!(hole.err.contains("cannot find 2 of 4 cells: the first is seed 2 of cache_poison_pill"), "{}", hole.err);
    assert!(hole.err.contains("in slice:2/2"), "{}", hole.err);
    // Somebody's results of the same cell, with another outcome.
    let results = two.join("results.jsonl");
    let mine = std::fs::read_to_string(one.join("results.jsonl")).unwrap();
    let other = mine.replace("\"run_id\":\"sim-", "\"run_id\":\"sim-0");
    assert_ne!(mine, other);
    std::fs::write(&results, other).unwrap();
    let overlap = merge(&[&one, &two], &at("none")).with(104);
    assert!(overlap.err.contains("both have seed 1 of cache_poison_pill"), "{}", overlap.err);
    std::fs::write(&stories[1], format!("{}# edited\n", std::fs::read_to_string(&stories[1]).unwrap())).unwrap();
    regress(&stories, &two, &["--partition", "slice:2/2"]);
    let edited = merge(&[&one, &two], &at("none")).with(104);
    assert!(edited.err.contains("scenario null_quiet has changed"), "{}", edited.err);
    assert!(!at("none").exists());
    assert!(merge(&[&at("nowhere")], &at("none")).with(104).err.contains("nowhere"));
}
