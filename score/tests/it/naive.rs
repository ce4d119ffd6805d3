//! Each naive method does what its name says, on a small incident written out by hand.

use rca_engine::UniversalIncidentSignal;
use rca_engine::evidence::Evidence;
use score::naive::{ModalRoot, Prior, Random, TopologyPrior, methods};
use score::{Alert, Method, MethodOutput, published};

use crate::runs::component;
use crate::telemetry::{T0, incident};

/// What all incidents of the catalog but one teach.
fn without(id: &str) -> Prior {
    let all = scenarios::catalog::catalog();
    let parsed = all.iter().map(|(id, text)| scenarios::parse(id, text).expect("the catalog is sound"));
    Prior::fitted(&parsed.filter(|scenario| scenario.id != id).collect::<Vec<_>>())
}

fn answer(output: &MethodOutput) -> String {
    let ranks: Vec<String> = output.ranks.iter().take(3).map(|rank| rank.component.to_string()).collect();
    format!("{}: {}", output.outcome, ranks.join(", ")).trim_end().to_owned()
}

#[test]
fn each_method_does_what_its_name_says() {
    let (evidence, alert) = incident();
    let candidates = [component("service:a"), component("service:b"), component("service:c")];
    let told: Vec<String> = methods(7, &Prior::default())
        .iter()
        .map(|method| format!("{} {}", method.name(), answer(&method.rank(&evidence, &alert, &candidates))))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    alerting_service cause: service:search
    slowest_span cause: service:database, service:catalog-cache, service:catalog
    first_error cause: service:catalog-cache, service:catalog
    deepest_error cause: service:catalog, service:catalog-cache
    most_errors cause: service:catalog, service:catalog-cache
    most_changed_metric insufficient_evidence:
    latest_change cause: change:config-0003, change:deploy-0002, change:deploy-0001
    novelty cause: service:catalog, service:database
    modal_root insufficient_evidence:
    topology_prior insufficient_evidence:
    random cause: service:c, service:a, service:b
    always_abstain insufficient_evidence:
    ");
}

#[test]
fn without_evidence_every_method_that_looks_at_it_abstains() {
    let evidence = Evidence::default();
    let alert = Alert::new(UniversalIncidentSignal::from_text("something is wrong", T0), &evidence);
    for method in methods(1, &without("")) {
        assert_eq!(method.rank(&evidence, &alert, &[]), MethodOutput::abstain(), "{}", method.name());
    }
}

#[test]
fn the_names_are_those_that_scenarios_use() {
    let names: Vec<&str> = methods(0, &Prior::default()).iter().map(|method| method.name()).collect();
    assert_eq!(names, scenarios::naive::METHODS);
}

#[test]
fn the_random_method_is_right_as_often_as_chance() {
    let (evidence, alert) = incident();
    let candidates: Vec<_> = (0..10).map(|n| component(&format!("service:s{n}"))).collect();
    let hits = (0..5_000)
        .filter(|seed| {
            let output = Random { seed: *seed }.rank(&evidence, &alert, &candidates);
            output.ranks[0].component == candidates[3]
        })
        .count();
    assert!((400..600).contains(&hits), "{hits}");
}

#[test]
fn priors_know_other_incidents_and_never_the_one_that_is_asked_about() {
    let (evidence, alert) = incident();
    let names =
        ["edge:search->catalog", "service:catalog", "service:catalog-cache", "service:database", "service:search"];
    let candidates = names.map(component);
    let mut parsed = scenarios::parse("story", scenarios::catalog::find("cache_poison_pill").unwrap()).unwrap();
    let mut named = |root: &str| {
        parsed.truth.roots[0].any_of =
            vec![component(root), component("change:deploy"), component("version:catalog@v2")];
        parsed.clone()
    };
    let others = ["service:database", "resource:database/pool", "service:search", "service:database"].map(&mut named);
    let prior = Prior::fitted(&others);
    let first = |output: MethodOutput| output.ranks.first().map(|rank| (rank.component.to_string(), rank.score));
    // By name twice the database; by place three times whoever calls nobody, two calls away.
    let modal = ModalRoot { prior: prior.clone() }.rank(&evidence, &alert, &candidates);
    assert_eq!(first(modal), Some(("service:database".to_owned(), 0.0)));
    let by_place = TopologyPrior { prior }.rank(&evidence, &alert, &candidates);
    let scores: Vec<String> = by_place.ranks.iter().map(|rank| format!("{} {}", rank.component, rank.score)).collect();
    // Versions are those of one run as a name, and tell the place of their service all the same.
    assert_eq!(scores, ["service:catalog 4", "service:database 3", "service:search 1"]);
    // Renaming the services changes nothing for who knows places.
    assert_ne!(without("cache_poison_pill"), without(""));
}

#[test]
fn published_methods_find_who_moved_most() {
    let (evidence, alert) = incident();
    let told: Vec<String> = published::methods()
        .iter()
        .map(|method| format!("{} {}", method.name(), answer(&method.rank(&evidence, &alert, &[]))))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    n_sigma cause: service:catalog-cache, service:catalog, service:database
    baro cause: service:catalog-cache, service:search
    ");
    let names: Vec<&str> = published::methods().iter().map(|method| method.name()).collect();
    assert_eq!(names, published::METHODS);
}
