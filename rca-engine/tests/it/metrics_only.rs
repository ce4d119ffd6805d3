//! Incidents of which there are metrics and known calls, and no requests at all.

use insta::assert_snapshot;
use rca_engine::evidence::{Evidence, Number, Points, Resource, ResourceId, Series, Value};
use rca_engine::signal::UniversalIncidentSignal;
use rca_engine::{Options, investigate};

const MINUTE: u64 = 60_000_000_000;
const EPOCH: u64 = 30_000_000 * MINUTE;
/// Minutes of baseline, and how many of the incident are seen.
const BASELINE: u64 = 60;
const INCIDENT: u64 = 5;

/// A gauge at each minute; a little noise that repeats itself.
fn gauge(evidence: &mut Evidence, service: &str, (name, unit): (&str, &str), level: impl Fn(u64) -> f64) {
    let name_key = evidence.names.intern("service.name");
    let service = Value::Text(evidence.names.intern(service));
    let known = evidence.resources.iter().position(|resource| resource.attributes[0].1 == service);
    let index = known.unwrap_or_else(|| {
        evidence.resources.push(Resource { attributes: Box::new([(name_key, service)]) });
        evidence.resources.len() - 1
    });
    let noise = |minute: u64| 1.0 + 0.01 * ((minute * 7 % 11) as f64 - 5.0);
    let point = |minute| Number { start_ns: 0, at_ns: EPOCH + minute * MINUTE, value: level(minute) * noise(minute) };
    evidence.series.push(Series {
        resource: ResourceId(u32::try_from(index).expect("few resources")),
        name: evidence.names.intern(name),
        unit: evidence.names.intern(unit),
        attributes: Box::new([]),
        points: Points::Gauge((0..BASELINE + INCIDENT).map(point).collect()),
    });
}

/// Before and after the onset.
fn step(before: f64, after: f64) -> impl Fn(u64) -> f64 {
    move |minute| if minute < BASELINE { before } else { after }
}

/// A shop front that calls two services, one of which calls a store; a batch beside them that nobody calls.
fn shop() -> Evidence {
    let mut evidence = Evidence::default();
    let calls = [("front", "pay"), ("front", "list"), ("pay", "store"), ("list", "store")];
    evidence.topology =
        calls.map(|(from, to)| (evidence.names.intern(from), evidence.names.intern(to))).into_iter().collect();
    evidence
}

fn answer(evidence: &Evidence, sli: &str) -> String {
    let text = format!("service=front sli={sli} window_s=60 for_s=60");
    let mut signal = UniversalIncidentSignal::from_text(&text, EPOCH + (BASELINE + INCIDENT) * MINUTE);
    let window = |from: u64, to: u64| rca_engine::investigation::Window {
        from_ns: EPOCH + from * MINUTE,
        to_ns: EPOCH + to * MINUTE,
    };
    (signal.baseline, signal.incident) = (Some(window(0, BASELINE)), Some(window(BASELINE, BASELINE + INCIDENT)));
    let investigation = investigate(&signal, evidence, &Options::default());
    let first = investigation.core.hypotheses.first().map(|first| first.root.component.to_string());
    format!("{} {}", investigation.core.outcome, first.unwrap_or_default())
}

const TIME: (&str, &str) = ("q", "s");
const REFUSED: (&str, &str) = ("r", "1");

#[test]
fn what_had_moved_before_or_moves_at_another_time_is_not_the_cause() {
    let mut evidence = shop();
    gauge(&mut evidence, "front", TIME, step(0.1, 0.3));
    gauge(&mut evidence, "pay", TIME, step(0.05, 0.4));
    gauge(&mut evidence, "store", TIME, step(0.01, 0.011));
    // Another regime since half an hour, far from the baseline's median or not.
    gauge(&mut evidence, "list", TIME, |minute| if minute < 25 { 0.02 } else { 3.0 });
    gauge(&mut evidence, "batch", TIME, |minute| if minute < 45 { 0.5 } else { 9.0 });
    assert_snapshot!(answer(&evidence, "latency"), @"cause service:pay");
}

#[test]
fn the_metrics_of_the_alerts_kind_count() {
    let mut evidence = shop();
    gauge(&mut evidence, "front", TIME, step(0.1, 0.1));
    gauge(&mut evidence, "front", REFUSED, step(1.0, 8.0));
    gauge(&mut evidence, "pay", TIME, step(0.05, 0.9));
    gauge(&mut evidence, "pay", REFUSED, step(1.0, 1.0));
    gauge(&mut evidence, "list", REFUSED, step(1.0, 9.0));
    gauge(&mut evidence, "list", TIME, step(0.05, 0.05));
    assert_snapshot!(answer(&evidence, "errors"), @"cause service:list");
}

#[test]
fn a_caller_is_explained_by_what_it_calls() {
    let mut evidence = shop();
    gauge(&mut evidence, "front", TIME, step(0.1, 0.6));
    gauge(&mut evidence, "pay", TIME, step(0.05, 0.55));
    gauge(&mut evidence, "list", TIME, step(0.05, 0.05));
    gauge(&mut evidence, "store", TIME, step(0.01, 0.51));
    assert_snapshot!(answer(&evidence, "latency"), @"cause service:store");
}

#[test]
fn where_nothing_moves_with_the_symptom_nobody_is_named() {
    let mut evidence = shop();
    for service in ["front", "pay", "list", "store"] {
        gauge(&mut evidence, service, TIME, step(0.1, 0.1));
    }
    assert_snapshot!(answer(&evidence, "latency"), @"no_incident");
}
