//! Labels under test: every scenario's are held to interventions, and labels that are wrong are found out.

use insta::assert_snapshot;
use serde_json::Value;

use crate::folders::folder;
use crate::program::{Ended, rcalab, text};

/// Verifies on one seed; `only` selects operations by parts of their names.
fn verify(scenario: &str, only: &str) -> Ended {
    rcalab(&["scenarios", "verify", scenario, "--seeds", "5", "--only", only, "--json", "--quiet"])
}

/// Operations with their verdicts, and why where they do not hold.
fn told(ended: &Ended) -> String {
    let all: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(all["void"], serde_json::json!([]));
    let line = |row: &Value| {
        let why = row["why"][0][1].as_str().unwrap_or_default();
        let text = format!("{} {} {why}", row["verdict"].as_str().unwrap(), row["operation"].as_str().unwrap());
        text.trim_end().to_owned()
    };
    all["operations"].as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_founding_story_needs_its_deploy_and_nothing_else() {
    assert_snapshot!(told(&verify("cache_poison_pill", "omit,undo,oracle").with(0)), @"
    holds omit(root)
    holds undo(deploy)
    holds omit(innocent changes)
    holds oracle(truth)
    holds oracle(root and bottleneck swapped)
    holds oracle(constant)
    holds oracle(abstaining)
    holds oracle(crashing)
    ");
}

#[test]
fn the_founding_story_runs_along_its_edges_into_its_bottleneck() {
    assert_snapshot!(told(&verify("cache_poison_pill", "relieve,cut").with(0)), @"
    holds relieve(bottleneck resource:database/pool)
    holds relieve(resource:search/compute)
    holds relieve(resource:catalog/compute)
    holds relieve(resource:catalog/db)
    holds relieve(resource:catalog-cache/compute)
    holds relieve(resource:catalog-cache/db)
    holds cut(catalog-cache error catalog)
    holds cut(catalog load database)
    holds cut(database latency catalog)
    holds cut(catalog latency search)
    ");
}

#[test]
fn the_quiet_story_needs_its_deploy_and_nothing_else() {
    assert_snapshot!(told(&verify("cache_poison_pill_quiet", "omit,undo,oracle").with(0)), @"
    holds omit(root)
    holds undo(deploy)
    holds omit(innocent changes)
    holds oracle(truth)
    holds oracle(root and bottleneck swapped)
    holds oracle(constant)
    holds oracle(abstaining)
    holds oracle(crashing)
    ");
}

#[test]
fn the_quiet_story_runs_along_its_edges_into_its_bottleneck() {
    assert_snapshot!(told(&verify("cache_poison_pill_quiet", "relieve,cut").with(0)), @"
    holds relieve(bottleneck resource:database/pool)
    holds relieve(resource:search/compute)
    holds relieve(resource:catalog/compute)
    holds relieve(resource:catalog/db)
    holds relieve(resource:catalog-cache/compute)
    holds relieve(resource:catalog-cache/db)
    holds cut(catalog-cache load database)
    holds cut(database latency catalog-cache)
    holds cut(catalog-cache latency catalog)
    holds cut(catalog latency search)
    ");
}

#[test]
fn where_nothing_is_wrong_nothing_can_be_left_out() {
    assert_snapshot!(told(&verify("null_quiet", "stays,omit,oracle").with(0)), @"
    holds stays quiet
    holds omit(innocent changes)
    holds oracle(truth)
    holds oracle(constant)
    holds oracle(abstaining)
    holds oracle(crashing)
    ");
}

#[test]
fn every_scenario_of_the_catalog_is_verified_here() {
    let known = ["cache_poison_pill", "cache_poison_pill_quiet", "null_quiet"];
    let catalog: Vec<&str> = scenarios::catalog::catalog().into_iter().map(|(id, _)| id).collect();
    assert_eq!(catalog, known, "verify the new scenario, then add its name");
}

/// The founding story with another truth.
fn relabelled(from: &str, to: &str, only: &str) -> String {
    let story = scenarios::catalog::find("cache_poison_pill").unwrap();
    assert!(story.contains(from));
    let folder = folder();
    let file = folder.path().join("relabelled.yaml");
    std::fs::write(&file, story.replace(from, to)).unwrap();
    told(&verify(text(&file), only).with(99))
}

#[test]
fn a_wrong_bottleneck_and_a_wrong_root_are_found_out() {
    let compute = "bottleneck: {component: \"resource:catalog/compute\", mode: saturated}";
    assert_snapshot!(relabelled("bottleneck: derived", compute, "bottleneck resource"),
        @"does_not_hold relieve(bottleneck resource:catalog/compute) the excess falls by 11 % alone");
    let (cache, search) = (
        "{any_of: [\"version:catalog-cache@v2\", \"service:catalog-cache\", \"change:deploy\"], kind: bad_format}",
        "{any_of: [\"service:search\"], kind: slow_service}",
    );
    assert_snapshot!(relabelled(cache, search, "omit(root),omit(unnamed"), @"
    not_available omit(root) no lever of the scenario stands for it
    does_not_hold omit(unnamed levers) the alert does not fire any more
    ");
}

#[test]
fn a_mistake_on_the_command_line_has_its_own_code() {
    let ends = |seeds: &str| rcalab(&["scenarios", "verify", "null_quiet", "--seeds", seeds]);
    assert!(ends("many").with(2).err.contains("expected FROM..TO"));
    ends("5..4").with(4);
    verify("null_quiet", "no_such_operation").with(4);
    rcalab(&["scenarios", "verify", "no_such_story"]).with(104);
}
