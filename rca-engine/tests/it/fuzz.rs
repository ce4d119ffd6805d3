//! Any small evidence, however broken, gives a verdict.

use proptest::prelude::*;
use rca_engine::evidence::{
    Distribution, Evidence, LogRecord, Number, Points, Resource, ResourceId, Series, Span, SpanKind, Status, Value,
};
use rca_engine::investigate;
use rca_engine::investigation::Investigation;
use rca_engine::signal::{SignalKind, UniversalIncidentSignal};

use crate::incidents::options;

/// Few ids and names, so that they meet: parents, peers, pools and duplicates.
#[derive(Clone, Debug)]
struct Item {
    trace: u128,
    id: u64,
    parent: u64,
    service: usize,
    peer: usize,
    kind: u8,
    failed: bool,
    code: i64,
    start: u64,
    length: u64,
    wait: i64,
}

const SERVICES: [&str; 4] = ["a", "b", "c", ""];
const BEGIN: u64 = 1_900_000_000_000_000_000;
const LENGTH: u64 = 40_000_000_000;

fn item() -> impl Strategy<Value = Item> {
    (
        (0..6_u128, 0..12_u64, 0..12_u64, 0..4_usize, 0..4_usize, 0..6_u8),
        (any::<bool>(), 0..600_i64, 0..LENGTH, 0..9_000_000_000_u64, -5..5_000_000_000_i64),
    )
        .prop_map(|((trace, id, parent, service, peer, kind), (failed, code, start, length, wait))| Item {
            trace,
            id,
            parent,
            service,
            peer,
            kind,
            failed,
            code,
            start,
            length,
            wait,
        })
}

fn evidence(items: &[Item], values: &[f64]) -> Evidence {
    let mut evidence = Evidence::default();
    for service in SERVICES {
        let names = &mut evidence.names;
        let attributes = Box::new([(names.intern("service.name"), Value::Text(names.intern(service)))]);
        evidence.resources.push(Resource { attributes });
    }
    evidence.resources.push(Resource { attributes: Box::new([]) });
    for item in items {
        span(&mut evidence, item);
    }
    for (index, item) in items.iter().enumerate().take(6) {
        let body = evidence.names.intern("it went wrong 17 times");
        evidence.logs.push(LogRecord {
            resource: resource(index % 5),
            at_ns: BEGIN + item.start,
            severity: item.kind,
            event_name: None,
            body,
            trace_id: item.trace,
            span_id: item.id,
            attributes: Box::new([]),
        });
    }
    series(&mut evidence, values);
    let (a, b) = (evidence.names.intern("a"), evidence.names.intern("b"));
    evidence.topology = vec![(a, b), (b, a)];
    evidence
}

fn resource(index: usize) -> ResourceId {
    ResourceId(u32::try_from(index).expect("few resources"))
}

fn span(evidence: &mut Evidence, item: &Item) {
    let names = &mut evidence.names;
    let mut attributes = vec![
        (names.intern("http.response.status_code"), Value::Int(item.code)),
        (names.intern("wait.resource"), Value::Text(names.intern("pool"))),
        (names.intern("wait.duration_ns"), Value::Int(item.wait)),
    ];
    if item.peer > 0 {
        let peer = names.intern(SERVICES[item.peer]);
        attributes.push((names.intern("service.peer.name"), Value::Text(peer)));
    }
    let kinds = [
        SpanKind::Unspecified,
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ];
    evidence.spans.push(Span {
        trace_id: item.trace,
        span_id: item.id,
        parent_id: item.parent,
        resource: resource(item.service),
        name: names.intern("work"),
        kind: kinds[item.kind as usize],
        status: if item.failed { Status::Error } else { Status::Unset },
        start_ns: BEGIN + item.start,
        end_ns: BEGIN + item.start + item.length,
        attributes: attributes.into(),
        links: Box::new([]),
    });
}

fn series(evidence: &mut Evidence, values: &[f64]) {
    let points = |values: &[f64]| -> Vec<Number> {
        let at = |index: usize| BEGIN + index as u64 * 1_000_000_000;
        values.iter().enumerate().map(|(i, value)| Number { start_ns: BEGIN, at_ns: at(i), value: *value }).collect()
    };
    let histogram = points(values)
        .iter()
        .map(|point| Distribution {
            start_ns: 0,
            at_ns: point.at_ns,
            count: point.value.abs() as u64,
            sum: point.value,
            buckets: Box::new([]),
            exemplars: Box::new([]),
        })
        .collect();
    let shapes = [
        ("level", Points::Gauge(points(values))),
        ("count", Points::Sum { monotonic: true, cumulative: true, points: points(values) }),
        ("delta", Points::Sum { monotonic: true, cumulative: false, points: points(values) }),
        ("db.client.connection.max", Points::Sum { monotonic: false, cumulative: true, points: points(values) }),
        ("time", Points::Histogram { cumulative: true, bounds: Box::new([]), points: histogram }),
    ];
    for (index, (name, points)) in shapes.into_iter().enumerate() {
        let names = &mut evidence.names;
        let attributes =
            Box::new([(names.intern("db.client.connection.pool.name"), Value::Text(names.intern("pool")))]);
        evidence.series.push(Series {
            resource: resource(index % 3),
            name: names.intern(name),
            unit: names.intern("s"),
            attributes,
            points,
        });
    }
}

fn signal(kind: SignalKind, threshold: Option<f64>, started: u64) -> UniversalIncidentSignal {
    UniversalIncidentSignal {
        signal: kind,
        threshold,
        service: Some("a".to_owned()),
        ..UniversalIncidentSignal::from_text("window_s=5 for_s=5", BEGIN + started)
    }
}

fn is_sound(verdict: &Investigation) -> bool {
    let sums = verdict
        .proof
        .as_ref()
        .is_none_or(|proof| proof.accounting.iter().map(|share| share.ns).sum::<u64>() == proof.duration_ns);
    let scores = verdict.core.hypotheses.iter().all(|hypothesis| (0.0..=1.0).contains(&hypothesis.score));
    sums && scores && (0.0..=1.0).contains(&verdict.core.confidence)
}

fn kind() -> impl Strategy<Value = SignalKind> {
    prop_oneof![
        Just(SignalKind::Latency),
        Just(SignalKind::Degraded),
        Just(SignalKind::Errors),
        Just(SignalKind::Unspecified)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_evidence_gives_a_verdict(
        items in prop::collection::vec(item(), 0..60),
        values in prop::collection::vec(prop_oneof![Just(0.0), Just(f64::NAN), -1e18..1e18_f64, 0.0..9.0_f64], 0..40),
        kind in kind(),
        threshold in prop::option::of(0.0..3.0_f64),
        started in 0..2 * LENGTH,
    ) {
        let evidence = evidence(&items, &values);
        let verdict = investigate(&signal(kind, threshold, started), &evidence, &options());
        prop_assert!(is_sound(&verdict));
        let text = serde_json::to_string(&verdict).expect("a verdict has no number that JSON lacks");
        let read: Investigation = serde_json::from_str(&text).expect("a verdict can be read back");
        prop_assert_eq!(read.core.outcome, verdict.core.outcome);
    }
}
