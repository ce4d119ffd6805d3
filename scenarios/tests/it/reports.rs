//! What someone sees who made a mistake.

use miette::{GraphicalReportHandler, GraphicalTheme};
use scenarios::catalog;
use scenarios::parse;

/// The report on a scenario of the catalog after a replacement.
fn report(replacements: &[(&str, &str)]) -> String {
    let mut text = catalog::find("cache_poison_pill").expect("it is in the catalog").to_owned();
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
    handler.render_report(&mut shown, &errors).expect("a report can be rendered");
    shown.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// One line a problem: message, what it points at, help.
fn problems(text: &str) -> String {
    let Err(errors) = parse("my.yaml", text) else { panic!("accepted") };
    let line = |problem: &scenarios::Problem| {
        let place: String = text[problem.span()].chars().take(24).collect::<String>().replace('\n', "⏎");
        format!("{} ⟨{place}⟩ {}", problem.message, problem.help.clone().unwrap_or_default()).trim_end().to_owned()
    };
    errors.problems().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_mistyped_key_is_pointed_at_and_the_right_one_is_named() {
    insta::assert_snapshot!(report(&[("ramp_s: 0", "ramp: 0")]), @"
    scenario

      × cannot use scenario `my.yaml`: 1 problem

    Error:
      × an event has no key `ramp`
        ╭─[my.yaml:14:115]
     13 │ events:
     14 │   - {id: deploy, lever: poison_entries, target: service:catalog-cache, at: onset, for_s: null, ratio: [0.8, 1.0], ramp: 0}
        ·                                                                                                                   ──┬─
        ·                                                                                                                     ╰── unknown
     15 │
        ╰────
      help: did you mean `ramp_s`?
    ");
}

#[test]
fn every_problem_is_told_at_once() {
    insta::assert_snapshot!(report(&[
        ("difficulty: 2", "difficulty: 7"),
        ("lever: poison_entries", "lever: poison_entry"),
        ("above: 0.5", "above: 0.6"),
        ("effect: error", "effect: errors"),
    ]), @r#"
    scenario

      × cannot use scenario `my.yaml`: 4 problems

    Error:
      × 7 is out of range: expected a whole number from 1 to 4
       ╭─[my.yaml:5:13]
     4 │ title: Readers cannot decode what the new cache build writes
     5 │ difficulty: 7
       ·             ┬
       ·             ╰── out of range
     6 │ # Clients took a cached value for invalid, asked the database instead, and overwhelmed it.
       ╰────

    Error:
      × there is no lever `poison_entry`
        ╭─[my.yaml:14:25]
     13 │ events:
     14 │   - {id: deploy, lever: poison_entry, target: service:catalog-cache, at: onset, for_s: null, ratio: [0.8, 1.0], ramp_s: 0}
        ·                         ──────┬─────
        ·                               ╰── unknown lever
     15 │
        ╰────
      help: did you mean `poison_entries`?

    Error:
      × the histogram cannot tell this threshold
        ╭─[my.yaml:16:59]
     15 │
     16 │ alert: {sli: latency, quantile: 0.99, window_s: 5, above: 0.6, for_s: 6}
        ·                                                           ─┬─
        ·                                                            ╰── between two bounds
     17 │
        ╰────
      help: use one of its bounds: 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3,
            0.4, 0.5, 0.75, 1, 1.5, 2.5, 5, 10

    Error:
      × `errors` is not known here
        ╭─[my.yaml:23:70]
     22 │   edges:
     23 │     - {from: "service:catalog-cache", to: "service:catalog", effect: errors}
        ·                                                                      ───┬──
        ·                                                                         ╰── unknown word
     24 │     - {from: "service:catalog", to: "service:database", effect: load}
        ╰────
      help: did you mean `error`?
    "#);
}

#[test]
fn a_key_that_stands_twice_is_shown_with_its_first_place() {
    insta::assert_snapshot!(report(&[("difficulty: 2", "difficulty: 2\nid: again")]), @"
    scenario

      × cannot use scenario `my.yaml`: 1 problem

    Error:
      × the key `id` stands twice
       ╭─[my.yaml:3:1]
     2 │ schema: 1
     3 │ id: cache_poison_pill
       · ─┬
       ·  ╰── first here
     4 │ title: Readers cannot decode what the new cache build writes
     5 │ difficulty: 2
     6 │ id: again
       · ─┬
       ·  ╰── again here
     7 │ # Clients took a cached value for invalid, asked the database instead, and overwhelmed it.
       ╰────
    ");
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
    insta::assert_snapshot!(told.join("\n"), @r#"
    expected a text ⟨17⟩ put it in quotes
    2 is out of range: expected 1 ⟨2⟩
    `Cache-Poison` is not a name ⟨Cache-Poison⟩ a name has small letters, digits and `_`, begins with a letter and has at most 64 characters
    expected the address of a web page ⟨see www.facebook.com/not⟩ begin with `https://`
    `poison_entries` cannot be put on `service:database` ⟨service:database⟩ it can be put on service:catalog-cache
    `catalog-cache` is not a component ⟨catalog-cache⟩ expected service:NAME, instance:SERVICE/ID, version:SERVICE@VERSION, edge:CALLER->CALLEE, resource:SERVICE/NAME, policy:SERVICE/NAME, queue:NAME, workload, workload:CLASS or change:ID
    the system has no `service:cart` ⟨service:cart⟩ it has search, catalog, catalog-cache, database
    expected `onset` or seconds after it ⟨noon⟩ the onset itself is drawn per seed
    1 is above 0.8: swap them ⟨[1.0, 0.8⟩
    an event that does nothing is no event ⟨[0.0, 1.0⟩ the ratio is the share of the entries held that is touched: give it a lower end above 0
    80 is out of range: expected from 0 to 1 ⟨80⟩
    `poison_entries` has no magnitude ⟨3⟩ remove `magnitude`
    -1 is out of range: expected from 0.001 to 3600 seconds ⟨-1⟩
    one stall would fire this rule ⟨5⟩ `for_s` is longer than `window_s`: above 5
    `latencies` is not known here ⟨latencies⟩ expected one of latency, degraded
    a share has no quantile ⟨0.99⟩ remove `quantile`
    no event `deplo` makes a change ⟨"change:deplo"⟩ did you mean `deploy`?
    `bad_formats` is not known here ⟨bad_formats⟩ did you mean `bad_format`?
    `service:catalog` cannot harm itself ⟨{from: "service:catalog"⟩
    the system has no `edge:search->database` ⟨"edge:search->database"⟩ it has search->catalog, catalog->catalog-cache, catalog->database, catalog-cache->database
    expected `derived`, `none` or `{component, mode}` ⟨database⟩
    the system has no `resource:database/threads` ⟨"resource:database/threa⟩ it has search/compute, catalog/compute, catalog/db, catalog-cache/compute, catalog-cache/db, database/pool
    no service exports `catalog.cache.fallbacks` ⟨catalog.cache.fallbacks⟩ did you mean `catalog.cache.fallback`?
    a movement has no `statistic` ⟨{metric⟩ `rate`, `mean`, `p99` or `level`
    0.3 is out of range: expected from 1 to 1000 ⟨0.3⟩
    there is no naive method `alerting_services` ⟨alerting_services⟩ did you mean `alerting_service`?
    "#);
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
    ].join("\n\n"), @r#"
    the truth has a root, but nothing is expected to move ⟨⟩ list under `expect.moves` what must be seen for a run to count

    no event `deploy` makes a change ⟨"change:deploy"⟩ the scenario has no event or condition that deploys

    without a root there is no bottleneck ⟨⟩ write `bottleneck: none`

    damage spreads, but nothing is its root ⟨[{from: "service:catalog⟩ name the root under `roots.all_of`, or remove the edges

    a scenario has no `id` ⟨schema⟩ the id is the file's name without `.yaml`
    a scenario has no `title` ⟨schema⟩ say in one line what happens
    a scenario has no `difficulty` ⟨schema⟩ 1 one clear signal, 2 one confounder, 3 key evidence missing or misleading, 4 compositional
    a scenario has no `modelled_on` ⟨schema⟩ give the address of a public incident of this kind
    a scenario has no `truth` ⟨schema⟩ say what the right answer is, or `truth: {bottleneck: none}` for none
    a scenario has no `alert` ⟨schema⟩ say what fires: `{sli: latency, window_s: 5, above: 0.5, for_s: 6}`
    "#);
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
    ].join("\n"), @"
    0 is out of range: expected a whole number from 1 to 10000 permits ⟨0⟩
    1 is out of range: expected from 4 to 60000 milliseconds ⟨1⟩
    2.5 is out of range: expected a whole number from 1 to 10000 permits ⟨2.5⟩
    `catalog_acquire_s` needs `catalog_pool` ⟨2⟩ give `catalog_pool` a number, or remove `catalog_acquire_s`
    `database_retry_burst` needs `database_retries_per_call` ⟨3⟩ give `database_retries_per_call` a number, or remove `database_retry_burst`
    `catalog-cache` has no key `ttl` ⟨ttl⟩ did you mean `ttl_s`?
    `panic` is not known here ⟨panic⟩ expected one of answer, read_through
    `system` has no key `catalog_cache` ⟨catalog_cache⟩ did you mean `catalog-cache`?
    expected a number ⟨many⟩
    `database` is a mapping of keys to values ⟨3⟩
    ");
}

#[test]
fn an_instance_that_the_service_does_not_have_is_told_with_those_that_it_has() {
    let story = catalog::find("bad_canary").expect("it is in the catalog");
    let one = |target: &str, system: &str| {
        let text = story.replace("target: \"instance:catalog/2\"", &format!("target: \"{target}\""));
        problems(&text.replace("events:", &format!("system: {system}\nevents:")))
    };
    insta::assert_snapshot!([
        one("instance:catalog/3", "{}"),
        one("instance:catalog/2", "{catalog: {canary: false}}"),
        one("instance:catalog-cache/2", "{}"),
        one("instance:search/two", "{search: {instances: 2}}"),
    ].join("\n"), @"
    catalog has no instance 3 ⟨\"instance:catalog/3\"⟩ it can be put on instance:catalog/1, instance:catalog/2
    catalog has no instance 2 ⟨\"instance:catalog/2\"⟩ it can be put on instance:catalog/1
    catalog-cache has no instance 2 ⟨\"instance:catalog-cache/⟩ it can be put on instance:catalog-cache/1
    search has no instance two ⟨\"instance:search/two\"⟩ it can be put on instance:search/1, instance:search/2, instance:search/3
    ");
}
