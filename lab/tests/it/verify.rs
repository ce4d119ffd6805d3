//! Labels under test: every scenario's are held to interventions, and labels that are wrong are found out.

use insta::assert_snapshot;
use serde_json::Value;

use crate::folders::folder;
use crate::program::{Ended, rcalab, text};

/// Parts of the names of all operations.
const ALL: &str = "omit,undo,break,relieve,cut,stays,passes,oracle";

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
fn the_canary_story_needs_its_build_fails_over_its_edge_and_no_resource_has_a_part_in_it() {
    assert_snapshot!(told(&verify("bad_canary", "omit,undo,cut,oracle(truth),relieve(resource:catalog").with(0)), @"
    holds omit(root)
    holds undo(canary)
    holds relieve(resource:catalog/compute)
    holds relieve(resource:catalog/db)
    holds relieve(resource:catalog-cache/compute)
    holds relieve(resource:catalog-cache/db)
    holds cut(catalog error search)
    holds omit(innocent changes)
    holds oracle(truth)
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
fn a_slow_database_is_both_the_root_and_the_bottleneck() {
    assert_snapshot!(told(&verify("slow_database", ALL).with(0)), @"
    holds omit(root)
    holds undo(slowdown)
    not_available relieve(bottleneck resource:database/pool) the bottleneck is on the root's own service
    holds relieve(resource:search/compute)
    holds relieve(resource:catalog/compute)
    holds relieve(resource:catalog/db)
    holds relieve(resource:catalog-cache/compute)
    holds relieve(resource:catalog-cache/db)
    holds cut(database latency catalog-cache)
    holds cut(database latency catalog)
    holds cut(catalog-cache latency catalog)
    holds cut(catalog latency search)
    holds omit(innocent changes)
    holds oracle(truth)
    holds oracle(constant)
    holds oracle(abstaining)
    holds oracle(crashing)
    ");
}

#[test]
fn a_regression_of_search_is_root_bottleneck_and_symptom_in_one() {
    assert_snapshot!(told(&verify("search_regression", ALL).with(0)), @"
    holds omit(root)
    holds undo(deploy)
    not_available relieve(bottleneck resource:search/compute) the bottleneck is on the root's own service
    holds relieve(resource:catalog/compute)
    holds relieve(resource:catalog/db)
    holds relieve(resource:catalog-cache/compute)
    holds relieve(resource:catalog-cache/db)
    holds relieve(resource:database/pool)
    holds omit(innocent changes)
    holds oracle(truth)
    holds oracle(constant)
    holds oracle(abstaining)
    holds oracle(crashing)
    ");
}

#[test]
fn a_surge_of_the_workload_saturates_what_it_meets_first() {
    assert_snapshot!(told(&verify("traffic_surge", ALL).with(0)), @"
    holds omit(root)
    holds undo(surge)
    holds relieve(bottleneck resource:search/compute)
    holds relieve(resource:catalog/compute)
    holds relieve(resource:catalog/db)
    holds relieve(resource:catalog-cache/compute)
    holds relieve(resource:catalog-cache/db)
    holds relieve(resource:database/pool)
    not_available cut(workload load search) workload is no service that calls or is called
    holds omit(innocent changes)
    holds oracle(truth)
    holds oracle(root and bottleneck swapped)
    holds oracle(constant)
    holds oracle(abstaining)
    holds oracle(crashing)
    ");
}

#[test]
fn connections_that_were_taken_away_are_the_root_and_the_bottleneck_while_the_database_idles() {
    assert_snapshot!(told(&verify("pool_exhaustion", ALL).with(0)), @"
    holds omit(root)
    holds undo(setting)
    not_available relieve(bottleneck resource:catalog-cache/db) the bottleneck is on the root's own service
    holds relieve(resource:search/compute)
    holds relieve(resource:catalog/compute)
    holds relieve(resource:catalog/db)
    holds relieve(resource:catalog-cache/compute)
    holds relieve(resource:database/pool)
    holds cut(catalog-cache latency catalog)
    holds cut(catalog latency search)
    holds omit(innocent changes)
    holds oracle(truth)
    holds oracle(constant)
    holds oracle(abstaining)
    holds oracle(crashing)
    ");
}

#[test]
fn calls_in_a_row_make_search_wait_though_each_of_them_is_quick() {
    assert_snapshot!(told(&verify("n_plus_one_quiet", ALL).with(0)), @"
    holds omit(root)
    holds undo(deploy)
    holds relieve(bottleneck resource:database/pool)
    holds relieve(resource:search/compute)
    holds relieve(resource:catalog/compute)
    holds relieve(resource:catalog/db)
    holds relieve(resource:catalog-cache/compute)
    holds relieve(resource:catalog-cache/db)
    holds cut(catalog load database)
    holds cut(catalog latency search)
    holds omit(innocent changes)
    holds oracle(truth)
    holds oracle(root and bottleneck swapped)
    holds oracle(constant)
    holds oracle(abstaining)
    holds oracle(crashing)
    ");
}

#[test]
fn a_storm_of_retries_needs_its_policy_and_its_trigger_and_outlives_the_trigger_alone() {
    assert_snapshot!(told(&verify("retry_storm", ALL).with(0)), @"
    holds omit(root)
    holds omit(trigger)
    holds undo(blip)
    holds break(sustaining)
    holds relieve(bottleneck resource:database/pool)
    holds relieve(resource:search/compute)
    holds relieve(resource:catalog/compute)
    holds relieve(resource:catalog/db)
    holds relieve(resource:catalog-cache/compute)
    holds relieve(resource:catalog-cache/db)
    holds cut(database latency catalog)
    holds cut(catalog load database)
    holds cut(catalog error search)
    holds omit(innocent changes)
    holds oracle(truth)
    holds oracle(root and bottleneck swapped)
    holds oracle(constant)
    holds oracle(abstaining)
    holds oracle(crashing)
    ");
}

#[test]
fn an_alert_that_noise_fires_passes_by_itself() {
    assert_snapshot!(told(&verify("null_near_threshold", ALL).with(0)), @"
    holds passes by itself
    holds omit(innocent changes)
    holds oracle(truth)
    holds oracle(constant)
    holds oracle(abstaining)
    holds oracle(crashing)
    ");
}

#[test]
fn every_scenario_of_the_catalog_is_verified_here() {
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
    // By how much it falls is the seed's; what counts is that it is far from enough.
    let told = relabelled("bottleneck: derived", compute, "bottleneck resource");
    let found = "does_not_hold relieve(bottleneck resource:catalog/compute) the excess falls by ";
    assert!(told.starts_with(found) && told.ends_with(" % alone") && told.lines().count() == 1, "{told}");
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
