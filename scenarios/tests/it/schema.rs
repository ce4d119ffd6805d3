//! The published JSON schema and the parser agree.

use jsonschema::Validator;
use saphyr_parser::{Event, Parser, ScalarStyle};
use scenarios::{catalog, parse};
use serde_json::{Map, Value, json};

fn validator() -> Validator {
    let schema: Value =
        serde_json::from_str(include_str!("../../schema/scenario.schema.json")).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is a schema")
}

/// The file as an editor hands it to a validator.
fn as_json(text: &str) -> Value {
    let events: Vec<Event<'_>> = Parser::new_from_str(text).map(|event| event.expect("the text is YAML").0).collect();
    let mut events = events
        .into_iter()
        .skip_while(|event| matches!(event, Event::Nothing | Event::StreamStart | Event::DocumentStart(_)));
    let first = events.next().expect("the text is not empty");
    value(first, &mut events)
}

fn value<'a>(event: Event<'a>, rest: &mut impl Iterator<Item = Event<'a>>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) if text == "null" => Value::Null,
        Event::Scalar(text, ScalarStyle::Plain, ..) if text == "true" || text == "false" => json!(text == "true"),
        Event::Scalar(text, ScalarStyle::Plain, ..) if text.parse::<f64>().is_ok() => {
            let number: f64 = text.parse().expect("it was tried");
            if number.fract() == 0.0 { json!(number as i64) } else { json!(number) }
        }
        Event::Scalar(text, ..) => json!(text),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match rest.next().expect("what opens closes") {
                    Event::SequenceEnd => return Value::Array(items),
                    event => items.push(value(event, rest)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut members = Map::new();
            loop {
                match rest.next().expect("what opens closes") {
                    Event::Scalar(key, ..) => {
                        let next = rest.next().expect("a key has a value");
                        members.insert(key.into_owned(), value(next, rest));
                    }
                    _ => return Value::Object(members),
                }
            }
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_scenario_of_the_catalog_validates() {
    let validator = validator();
    for (id, text) in catalog::catalog() {
        let errors: Vec<String> = validator
            .iter_errors(&as_json(text))
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{id}: {errors:?}");
    }
}

/// Where its list of events ends.
const RAMP: &str = "ramp_s: 0}";

/// Replacements in `cache_poison_pill`, and whether the file is sound afterwards.
const MUTATIONS: &[(&str, &str, bool)] = &[
    ("difficulty: 2", "difficulty: 4", true),
    ("difficulty: 2", "difficulty: 5", false),
    ("difficulty: 2", "difficulty: 2.5", false),
    ("difficulty: 2", "difficulty: \"2\"", false),
    ("schema: 1", "schema: 2", false),
    ("schema: 1\n", "", false),
    ("id: cache_poison_pill", "id: cachePoison", false),
    ("modelled_on: https://", "modelled_on: ", false),
    ("ramp_s: 0", "ramp_s: 2.5", true),
    ("ramp_s: 0", "ramp: 0", false),
    ("for_s: null", "for_s: 12", true),
    ("for_s: null", "for_s: soon", false),
    ("for_s: null", "for_s: 0", false),
    ("at: onset", "at: 3", true),
    ("at: onset", "at: later", false),
    ("ratio: [0.8, 1.0]", "ratio: 0.9", true),
    ("ratio: [0.8, 1.0]", "ratio: 1.1", false),
    ("ratio: [0.8, 1.0]", "ratio: [0.8]", false),
    ("ratio: [0.8, 1.0]", "ratio: 0", false),
    ("lever: poison_entries", "lever: poison", false),
    ("sli: latency, quantile: 0.99", "sli: latency", true),
    ("sli: latency, quantile: 0.99", "sli: errors", false),
    ("above: 0.5", "above: 0.75", true),
    ("above: 0.5", "above: 0.6", false),
    ("kind: bad_format", "kind: bad", false),
    ("effect: load", "effect: loads", false),
    ("bottleneck: derived", "bottleneck: {component: \"resource:database/pool\", mode: saturated}", true),
    ("bottleneck: derived", "bottleneck: {component: \"resource:database/pool\"}", false),
    ("bottleneck: derived", "bottleneck: pool", false),
    ("  bottleneck: derived\n", "", false),
    ("symptom: service:search", "symptom: search", false),
    ("clears_within_s: 45", "clears_within_s: null", true),
    ("at_least_factor: 3", "at_least_factor: 0.5", false),
    ("at_least_factor: 3", "at_most_factor: 3", false),
    ("statistic: mean", "statistic: median", false),
    ("metric: catalog.cache.fallback", "metric: cpu", false),
    ("[alerting_service, slowest_span]", "[]", true),
    ("[alerting_service, slowest_span]", "[guess]", false),
    ("events:", "load: {rate_per_s: 10, fan_out: 2, drift: 0, zipf: 1.1}\nevents:", true),
    ("events:", "load: {rate_per_s: 0}\nevents:", false),
    ("events:", "load: {rate: 3}\nevents:", false),
    ("events:", "phases: {baseline_s: [20, 30], drain_s: 5}\nevents:", true),
    ("events:", "phases: {baseline_s: 20}\nevents:", false),
    ("events:", "system: {search: {permits: 4, catalog_breaker_failures: 3}}\nevents:", true),
    ("events:", "system: {search: {permits: 0}}\nevents:", false),
    ("events:", "system: {catalog: {cache_pool: null, database_retries_per_call: null}}\nevents:", true),
    ("events:", "system: {catalog-cache: {on_unreadable: read_through, unreadable_share: 0}}\nevents:", true),
    ("events:", "system: {catalog-cache: {on_unreadable: fall_over}}\nevents:", false),
    ("events:", "system: {database: {pool: 9, acquire_s: 10, service_ms: 6}}\nevents:", true),
    ("events:", "system: {database: {pool: 9, service_ms: 1}}\nevents:", false),
    ("events:", "system: {cart: {}}\nevents:", false),
    ("events:", "system: {exception_share: 0, search: {instances: 3, canary: false}}\nevents:", true),
    ("events:", "system: {catalog: {canary: yes}}\nevents:", false),
    ("events:", "system: {catalog: {instances: 9}}\nevents:", false),
    ("events:", "system: {database: {instances: 2}}\nevents:", false),
    (RAMP, "ramp_s: 0}\n  - {id: b, lever: slow, target: service:database, at: 1, for_s: 5, magnitude: [6, 12]}", true),
    (RAMP, "ramp_s: 0}\n  - {id: b, lever: surge, target: workload, at: onset, magnitude: 5, ramp_s: 3}", true),
    (
        RAMP,
        "ramp_s: 0}\n  - {id: b, lever: attempts, target: \"edge:catalog->database\", at: onset, magnitude: 4, change: config}",
        true,
    ),
    (
        RAMP,
        "ramp_s: 0}\n  - {id: b, lever: slow, target: service:search, at: onset, magnitude: 5, change: restart}",
        false,
    ),
    (RAMP, "ramp_s: 0}\n  - {id: b, lever: slower, target: service:search, at: onset, magnitude: 5}", false),
    ("events:", "conditions: [{id: old, lever: deploy, target: service:search}]\nevents:", true),
    ("events:", "conditions: [{id: old, lever: deploy, target: service:search, change: deploy}]\nevents:", false),
    ("events:", "conditions: [{id: old, lever: deploy, target: service:search, at: onset}]\nevents:", false),
];

#[test]
fn parser_and_schema_agree() {
    let validator = validator();
    // Each mutation brings its own overrides.
    let overrides = "system: {catalog: {database_pool: 200}}\n";
    let story = catalog::find("cache_poison_pill").unwrap();
    assert!(story.contains(overrides));
    let base = story.replace(overrides, "");
    for (from, to, sound) in MUTATIONS {
        assert!(base.contains(from), "{from}");
        let text = base.replacen(from, to, 1);
        let parsed = parse("mutated", &text);
        assert_eq!(parsed.is_ok(), *sound, "parser on {to:?}: {:?}", parsed.err().map(miette::Report::new));
        assert_eq!(validator.is_valid(&as_json(&text)), *sound, "schema on {to:?}");
    }
}

/// What a schema cannot say: how parts of the file hang together.
#[test]
fn the_parser_refuses_more_than_the_schema() {
    let validator = validator();
    let base = catalog::find("cache_poison_pill").unwrap();
    for (from, to) in [
        ("change:deploy", "change:other"),
        ("target: service:catalog-cache, at", "target: service:search, at"),
        ("ratio: [0.8, 1.0]", "ratio: [1.0, 0.8]"),
        ("for_s: 6", "for_s: 4"),
        (RAMP, "ramp_s: 0, change: deploy}"),
        (RAMP, "ramp_s: 0, magnitude: 3}"),
        (RAMP, "ramp_s: 0}\n  - {id: b, lever: slow, target: service:search, at: onset}"),
        (RAMP, "ramp_s: 0}\n  - {id: b, lever: slow, target: \"resource:database/pool\", at: onset, magnitude: 2}"),
        (
            RAMP,
            "ramp_s: 0}\n  - {id: b, lever: pool_size, target: \"resource:database/pool\", at: onset, magnitude: 1.5}",
        ),
        (
            RAMP,
            "ramp_s: 0}\n  - {id: b, lever: pool_size, target: \"resource:database/pool\", at: onset, magnitude: 1, ramp_s: 2}",
        ),
        (RAMP, "ramp_s: 0}\n  - {id: b, lever: surge, target: workload, at: onset, magnitude: 5, change: deploy}"),
        ("bottleneck: derived", "bottleneck: derived\n  trigger: service:cart"),
    ] {
        let text = base.replacen(from, to, 1);
        assert!(parse("mutated", &text).is_err(), "parser on {to:?}");
        assert!(validator.is_valid(&as_json(&text)), "schema on {to:?}");
    }
}
