//! What someone sees who made a mistake.

use miette::{GraphicalReportHandler, GraphicalTheme};
use scenarios::catalog;
use scenarios::parse;

/// The report on a scenario of the catalog after a replacement.
fn report(replacements: &[(&str, &str)]) -> String {
    let mut text = catalog::find("cache_poison_pill").unwrap().to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    rendered(&text)
}

fn rendered(text: &str) -> String {
    let Err(errors) = parse("my.yaml", text) else { panic!("accepted") };
    let mut shown = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(110);
    handler.render_report(&mut shown, &errors).unwrap();
    shown.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// One line a problem: message, what it points at, help.
fn problems(text: &str) -> String {
    let Err(errors) = parse("my.yaml", text) else { panic!("accepted") };
    let line = |problem: &scenarios::Problem| {
        let place: String = text[problem.span()].chars().take(24).collect::<String>().replace('\n', "⏎");
        format!("{} ⟨{place}⟩ {}", problem.message, problem.help.clone().unwrap_or_default())
    };
    errors.problems().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_mistyped_key_is_pointed_at_and_the_right_one_is_named() {
    insta::assert_snapshot!(report(&[("ramp_s: 0", "ramp: 0")]), @"");
}

#[test]
fn every_problem_is_told_at_once() {
    insta::assert_snapshot!(report(&[
        ("difficulty: 2", "difficulty: 7"),
        ("lever: poison_entries", "lever: poison_entry"),
        ("above: 0.5", "above: 0.6"),
        ("effect: error", "effect: errors"),
    ]), @"");
}

#[test]
fn a_key_that_stands_twice_is_shown_with_its_first_place() {
    insta::assert_snapshot!(report(&[("difficulty: 2", "difficulty: 2\nid: again")]), @"");
}

#[test]
fn what_the_sections_refuse() {
    let base = catalog::find("cache_poison_pill").unwrap();
    let cases: &[(&str, &str)] = &[
        ("title: Readers cannot decode what the new cache build writes", "title: 17"),
        ("schema: 1", "schema: 2"),
        ("id: cache_poison_pill", "id: Cache-Poison"),
        ("modelled_on: https://", "modelled_on: see "),
        ("target: service:catalog-cache, at", "target: service:database, at"),
        ("target: service:catalog-cache, at", "target: catalog-cache, at"),
        ("target: service:catalog-cache, at", "target: service:cart, at"),
        ("at: onset", "at: noon"),
        ("ratio: [0.8, 1.0]", "ratio: [1.0, 0.8]"),
        ("ratio: [0.8, 1.0]", "ratio: [0.0, 1.0]"),
        ("ratio: [0.8, 1.0]", "ratio: 80"),
        ("ratio: [0.8, 1.0]", "magnitude: 3"),
        ("for_s: null", "for_s: -1"),
        ("for_s: 6", "for_s: 5"),
        ("sli: latency", "sli: latencies"),
        ("sli: latency, quantile: 0.99", "sli: degraded, quantile: 0.99"),
        ("change:deploy", "change:deplo"),
        ("kind: bad_format", "kind: bad_formats"),
        ("to: \"service:database\", effect: load", "to: \"service:catalog\", effect: load"),
        ("from: \"service:database\"", "from: \"edge:search->database\""),
        ("bottleneck: derived", "bottleneck: database"),
        ("bottleneck: derived", "bottleneck: {component: \"resource:database/threads\", mode: slow}"),
        ("metric: catalog.cache.fallback", "metric: catalog.cache.fallbacks"),
        ("statistic: rate, at_least_factor: 3", "at_least_factor: 0.3"),
        ("[alerting_service, slowest_span]", "[alerting_services]"),
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|(from, to)| {
            assert!(base.contains(from), "{from}");
            problems(&base.replacen(from, to, 1))
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"");
}

#[test]
fn sections_must_tell_the_same_story() {
    let null = catalog::find("null_quiet").unwrap();
    let base = catalog::find("cache_poison_pill").unwrap();
    let without_moves = {
        let (from, to) = (base.find("  moves:").unwrap(), base.find("  flat:").unwrap());
        format!("{}{}", &base[..from], &base[to..])
    };
    let without_events = {
        let (from, to) = (base.find("events:").unwrap(), base.find("alert:").unwrap());
        format!("{}{}", &base[..from], &base[to..])
    };
    insta::assert_snapshot!([
        problems(&without_moves),
        problems(&without_events),
        problems(&null.replace("bottleneck: none", "bottleneck: derived")),
        problems(&null.replace("  bottleneck", "  edges: [{from: \"service:catalog\", to: \"service:search\", effect: load}]\n  bottleneck")),
        problems("schema: 1"),
    ].join("\n\n"), @"");
}

#[test]
fn figures_of_the_system_are_checked_with_their_units() {
    let base = catalog::find("null_quiet").unwrap();
    let with = |system: &str| problems(&format!("{base}\nsystem:\n  {system}\n"));
    insta::assert_snapshot!([
        with("search: {permits: 0}"),
        with("search: {work_ms: 1}"),
        with("search: {permits: 2.5}"),
        with("search: {catalog_acquire_s: 2}"),
        with("catalog: {database_retries_per_call: null, database_retry_burst: 3}"),
        with("catalog-cache: {ttl: 40}"),
        with("catalog-cache: {on_unreadable: panic}"),
        with("catalog_cache: {permits: 4}"),
        with("database: {pool: many}"),
        with("database: 3"),
    ].join("\n"), @"");
}
