//! What is drawn per seed, and what may not be told from it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rca_engine::component::Component;
use scenarios::model::{Lever, Scenario};
use scenarios::plan::{PlannedInjection, RunPlan, plan};
use scenarios::truth::TruthRecord;
use scenarios::{catalog, parse};

fn scenario(id: &str) -> Scenario {
    parse(id, catalog::find(id).expect("it is in the catalog")).expect("the catalog is sound")
}

fn poisoned(seed: u64) -> RunPlan {
    plan(&scenario("cache_poison_pill"), seed)
}

/// New builds on one instance alone.
fn canaries(plan: &RunPlan) -> Vec<&PlannedInjection> {
    let alone = |change: &&PlannedInjection| matches!(change.target, Component::Instance { .. });
    plan.background.iter().filter(alone).collect()
}

fn two_canaries() -> BTreeSet<String> {
    ["instance:catalog/2", "instance:search/2"].map(str::to_owned).into()
}

proptest! {
    #[test]
    fn the_onset_is_off_the_whole_second_and_the_baseline_within_its_range(seed: u64) {
        let plan = poisoned(seed);
        let fraction = plan.onset.as_secs_f64().fract();
        prop_assert!((0.04..=0.96).contains(&fraction), "{fraction}");
        prop_assert!((18.0..=24.0).contains(&plan.baseline.as_secs_f64()));
        prop_assert_eq!(plan.onset, plan.warm_up + plan.baseline);
    }

    #[test]
    fn magnitudes_are_drawn_within_their_range(seed: u64) {
        let plan = poisoned(seed);
        prop_assert!((0.8..=1.0).contains(&plan.injections[0].ratio));
        prop_assert!((0.0..1.0).contains(&plan.drift_phase));
        prop_assert_eq!(plan.injections[0].at, plan.onset);
    }

    #[test]
    fn ids_of_a_run_are_unique_and_two_innocent_changes_at_least_are_among_them(seed: u64) {
        let plan = poisoned(seed);
        let ids: BTreeSet<_> = plan.orders().iter().map(|order| order.id.clone()).collect();
        prop_assert_eq!(ids.len(), plan.orders().len());
        prop_assert!((4..=6).contains(&plan.background.len()));
    }

    #[test]
    fn every_run_has_an_innocent_canary_and_no_build_of_a_service_is_called_as_another_one(seed: u64) {
        for id in ["cache_poison_pill", "null_quiet"] {
            let plan = plan(&scenario(id), seed);
            let canaries: Vec<_> = canaries(&plan).into_iter().map(|canary| canary.target.to_string()).collect();
            prop_assert_eq!(canaries.into_iter().collect::<BTreeSet<_>>(), two_canaries());
            let builds: Vec<_> = plan
                .orders()
                .into_iter()
                .filter_map(|order| Some((order.target.owner()?.to_owned(), order.version.clone()?)))
                .collect();
            prop_assert_eq!(builds.iter().collect::<BTreeSet<_>>().len(), builds.len());
        }
    }

    #[test]
    fn the_truth_names_the_change_and_the_version_as_the_run_had_them(seed: u64) {
        let scenario = scenario("cache_poison_pill");
        let plan = plan(&scenario, seed);
        let truth = TruthRecord::resolve(&scenario, &plan, None);
        let names: Vec<String> = truth.roots[0].any_of.iter().map(ToString::to_string).collect();
        let guilty = &plan.injections[0];
        let version = guilty.version.as_deref().unwrap();
        prop_assert_eq!(&names[0], &format!("version:catalog-cache@{version}"));
        prop_assert_eq!(&names[2], &format!("change:{}", guilty.id));
        // No later build takes over the guilty one's name.
        let later = plan.background.iter().any(|change| {
            change.target == guilty.target && change.lever == Lever::Deploy && change.at >= guilty.at
        });
        prop_assert!(!later);
    }
}

#[test]
fn one_draw_more_shifts_nothing_else() {
    let base = scenario("cache_poison_pill");
    let mut more = base.clone();
    more.events.push(scenarios::model::Injection {
        id: "second".to_owned(),
        lever: Lever::Configure,
        ..base.events[0].clone()
    });
    let (before, after) = (plan(&base, 7), plan(&more, 7));
    assert_eq!(before.onset, after.onset);
    assert_eq!(before.injections[0].id, after.injections[0].id);
    assert!((before.injections[0].ratio - after.injections[0].ratio).abs() < f64::EPSILON);
}

/// The founding story with another event.
fn with_event(event: &str) -> Scenario {
    let text = catalog::find("cache_poison_pill").expect("it is in the catalog");
    let text = text.replacen("events:\n", &format!("events:\n  - {event}\n"), 1);
    parse("changed", &text).expect("the event is sound")
}

#[test]
fn whole_magnitudes_are_drawn_whole_and_both_ends_of_their_range_occur() {
    let scenario =
        with_event("{id: n, lever: extra_calls, target: \"edge:catalog->database\", at: onset, magnitude: [2, 4]}");
    let drawn: BTreeSet<String> =
        (0..100).map(|seed| plan(&scenario, seed).injections[0].magnitude.to_string()).collect();
    assert_eq!(drawn.into_iter().collect::<Vec<_>>(), ["2", "3", "4"]);
}

#[test]
fn an_event_that_comes_as_a_change_looks_like_an_innocent_one_and_a_silent_one_is_none() {
    let setting =
        "{id: s, lever: pool_size, target: \"resource:search/compute\", at: onset, magnitude: 1, change: config}";
    let planned = plan(&with_event(setting), 3);
    let changed = &planned.injections[0];
    assert!(changed.id.starts_with("config-") && changed.version.as_deref().is_some_and(|name| name.starts_with('c')));
    let silent = "{id: s, lever: slow, target: service:search, at: onset, magnitude: 3}";
    let planned = plan(&with_event(silent), 3);
    assert!(planned.injections[0].id.starts_with("order-") && planned.injections[0].version.is_none());
}

#[test]
fn neither_the_number_of_changes_nor_the_form_of_an_id_tells_the_guilty_one() {
    let null = scenario("null_quiet");
    let mut counts: BTreeMap<&str, BTreeMap<usize, usize>> = BTreeMap::new();
    for seed in 0..300 {
        *counts.entry("poisoned").or_default().entry(poisoned(seed).orders().len()).or_default() += 1;
        *counts.entry("null").or_default().entry(plan(&null, seed).orders().len()).or_default() += 1;
    }
    assert_eq!(counts["poisoned"], counts["null"]);
    let deploys: Vec<String> = (0..100)
        .flat_map(|seed| poisoned(seed).orders().into_iter().map(|order| order.id.clone()).collect::<Vec<_>>())
        .filter(|id| id.starts_with("deploy-"))
        .collect();
    assert!(deploys.len() > 150);
    assert!(deploys.iter().all(|id| id.len() == 11 && id[7..].bytes().all(|byte| byte.is_ascii_hexdigit())));
}

#[test]
fn changes_come_over_the_whole_run_and_on_every_service() {
    let changes: Vec<_> = (0..300).flat_map(|seed| poisoned(seed).background).collect();
    let targets: BTreeSet<_> = changes.iter().map(|change| change.target.to_string()).collect();
    let services = ["catalog", "catalog-cache", "database", "search"].map(|service| format!("service:{service}"));
    assert_eq!(targets, services.into_iter().chain(two_canaries()).collect());
    let early = changes.iter().filter(|change| change.at.as_secs_f64() < 24.0).count();
    let share = early as f64 / changes.len() as f64;
    assert!((0.35..0.65).contains(&share), "{share}");
}

#[test]
fn a_canary_is_as_often_there_from_the_start_as_it_comes_on_the_way() {
    let plans: Vec<RunPlan> = (0..300).map(poisoned).collect();
    let old = plans.iter().flat_map(canaries).filter(|canary| canary.at.is_zero()).count();
    assert!((250..350).contains(&old), "{old} of 600");
}

#[test]
fn a_lever_left_out_shifts_nothing_but_the_numbers_of_builds() {
    for seed in 0..50 {
        let whole = poisoned(seed);
        assert_eq!(whole.without(&[]), whole);
        let guilty = whole.injections[0].id.clone();
        let healthy = whole.without(&[&guilty]);
        assert!(healthy.injections.is_empty());
        let unnumbered = |plan: &RunPlan| {
            let mut changes = plan.background.clone();
            changes.iter_mut().for_each(|change| change.version = None);
            changes
        };
        assert_eq!(unnumbered(&healthy), unnumbered(&whole));
        let innocent = whole.background[0].id.clone();
        let bare = whole.without(&[&innocent]);
        assert_eq!((bare.injections[0].ratio, bare.onset), (whole.injections[0].ratio, whole.onset));
        // The guilty build is as many as there are deploys to its service up to it, itself included, and the first one.
        let target = &bare.injections[0].target;
        let earlier = bare.background.iter().filter(|change| {
            change.lever == Lever::Deploy
                && change.target.owner() == target.owner()
                && change.at < bare.injections[0].at
        });
        assert_eq!(bare.injections[0].version, Some(format!("v{}", earlier.count() + 2)));
    }
}

#[test]
fn an_operator_asks_only_where_nothing_is_wrong() {
    assert!(poisoned(3).question.is_none());
    let quiet = plan(&scenario("null_quiet"), 3);
    let after = quiet.question.unwrap() - quiet.onset;
    assert!((7.0..12.0).contains(&after.as_secs_f64()));
}
