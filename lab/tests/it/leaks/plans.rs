//! What a plan alone could give away, over many seeds of every scenario: no run is needed to see it.

use std::collections::BTreeMap;
use std::time::Duration;

use rca_engine::component::Component;
use scenarios::model::Scenario;
use scenarios::plan::{RunPlan, plan};
use scenarios::topology::SERVICES;

const SEEDS: u64 = 200;

fn catalog() -> Vec<Scenario> {
    let parsed = scenarios::catalog::catalog().into_iter().map(|(id, text)| scenarios::parse(id, text).unwrap());
    let parsed: Vec<Scenario> = parsed.collect();
    let nulls = parsed.iter().filter(|scenario| scenario.truth.roots.is_empty()).count();
    assert!(nulls >= 1 && parsed.len() >= 3);
    parsed
}

fn plans(scenario: &Scenario) -> Vec<RunPlan> {
    (1..=SEEDS).map(|seed| plan(scenario, seed)).collect()
}

fn share(plans: &[RunPlan], holds: impl Fn(&RunPlan) -> bool) -> f64 {
    plans.iter().filter(|plan| holds(plan)).count() as f64 / plans.len() as f64
}

#[test]
fn changes_and_builds_are_everywhere_whether_something_is_wrong_or_not() {
    let mut shares: BTreeMap<&str, Vec<(String, f64)>> = BTreeMap::new();
    for scenario in catalog() {
        let plans = plans(&scenario);
        assert!((share(&plans, |plan| plan.background.len() >= 2) - 1.0).abs() < 1e-9, "{}", scenario.id);
        for service in SERVICES {
            let touched = share(&plans, |plan| plan.background.iter().any(|it| it.target.owner() == Some(service)));
            // A change that the scenario makes itself stands in for an innocent one of the same service.
            let own =
                |it: &scenarios::plan::PlannedInjection| it.change.is_some() && it.target.owner() == Some(service);
            if !plans.iter().any(|plan| plan.injections.iter().any(own)) {
                shares.entry(service).or_default().push((scenario.id.clone(), touched));
            }
            // An instance of a second build, and so a second version, is a matter of course.
            let built = share(&plans, |plan| {
                let of = |it: &&scenarios::plan::PlannedInjection| it.target == Component::service(service);
                plan.background.iter().filter(of).any(|it| it.version.as_ref().is_some_and(|it| it.starts_with('v')))
            });
            assert!(built > 0.05, "{}: new builds of {service} in {built} of the runs", scenario.id);
        }
    }
    // Each service is changed innocently about as often in every scenario: shares of 200 runs differ by less than 0.2 in
    // all but one of ten thousand pairs, and a change of somebody else leaves room for one innocent change less.
    for (service, shares) in shares {
        assert!(shares.len() >= 3, "{service} is changed by nearly every scenario: {shares:?}");
        let low = shares.iter().map(|(_, share)| *share).fold(1.0, f64::min);
        let high = shares.iter().map(|(_, share)| *share).fold(0.0, f64::max);
        assert!(high - low < 0.3, "{service}: {shares:?}");
    }
}

#[test]
fn the_number_of_changes_tells_nothing() {
    let count = |plan: &RunPlan| {
        let own = plan.injections.iter().filter(|injection| injection.change.is_some()).count();
        own + plan.background.len()
    };
    let catalog = catalog();
    let null = catalog.iter().find(|scenario| scenario.truth.roots.is_empty()).unwrap();
    let of_null = plans(null);
    for scenario in &catalog {
        let plans = plans(scenario);
        for number in 0..8 {
            let (here, there) =
                (share(&plans, |plan| count(plan) == number), share(&of_null, |plan| count(plan) == number));
            assert!(
                (here - there).abs() < 0.2,
                "{}: {number} changes in {here}, in {} in {there}",
                scenario.id,
                null.id
            );
        }
    }
}

#[test]
fn onsets_are_drawn_off_the_second_and_never_in_the_middle_of_the_run() {
    for scenario in catalog() {
        let plans = plans(&scenario);
        let fraction = |plan: &RunPlan| f64::from(plan.onset.subsec_nanos()) / 1e9;
        assert!(plans.iter().all(|plan| (0.01..0.99).contains(&fraction(plan))), "{}", scenario.id);
        // Every tenth of a second occurs, and the baselines spread over seconds.
        for tenth in 1..9_i32 {
            let there = plans
                .iter()
                .any(|plan| (f64::from(tenth) / 10.0..f64::from(tenth + 1) / 10.0).contains(&fraction(plan)));
            assert!(there, "{}: no onset in tenth {tenth}", scenario.id);
        }
        let low = plans.iter().map(|plan| plan.baseline).min().unwrap();
        let high = plans.iter().map(|plan| plan.baseline).max().unwrap();
        assert!(high - low > Duration::from_secs(4), "{}: baselines from {low:?} to {high:?}", scenario.id);
    }
}

#[test]
fn what_is_called_the_root_is_in_force_when_the_evidence_ends() {
    for scenario in catalog().iter().filter(|scenario| !scenario.truth.roots.is_empty()) {
        let plan = plan(scenario, 1);
        let named = scenario.truth.roots.iter().flat_map(|root| &root.any_of).chain(&scenario.truth.sustaining);
        let guilty: Vec<&str> = named
            .filter_map(|component| match component {
                Component::Change(id) => Some(id.as_str()),
                _ => None,
            })
            .collect();
        for injection in plan.injections.iter().filter(|it| it.source.as_deref().is_some_and(|id| guilty.contains(&id)))
        {
            // The latest alert that a run waits for, and what is recorded after it.
            let end = plan.onset + scenario.phases.incident + scenario.phases.after_alert;
            assert!(
                injection.until.is_none_or(|until| until >= end),
                "{}: {} is undone early",
                scenario.id,
                injection.id
            );
        }
    }
}
