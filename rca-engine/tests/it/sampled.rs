//! Traces that were sampled, beside metrics that count every request.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use rca_engine::evidence::{Distribution, Evidence, Points, ResourceId, Series, SpanKind, Status, Value};
use rca_engine::investigate;
use rca_engine::signal::UniversalIncidentSignal;

use crate::incidents::{alert, options, roles};
use crate::toy::{EPOCH, Fault, SECOND, System, run};

/// Seconds, as the semantic conventions advise, and the threshold of the alert.
const BOUNDS: [f64; 4] = [0.1, 0.25, 0.5, 1.0];

/// One trace of ten, whole, and the histograms of all requests from before.
fn sampled(mut evidence: Evidence) -> Evidence {
    measure(&mut evidence);
    evidence.spans.retain(|span| span.trace_id.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 10 == 3);
    evidence
}

/// What instrumented servers and clients record of each request.
fn measure(evidence: &mut Evidence) {
    let (end, error) = (evidence.spans.iter().map(|span| span.end_ns).max().unwrap_or(EPOCH), "error.type");
    let seconds = usize::try_from((end - EPOCH) / SECOND).expect("a run is short") + 1;
    // By resource, side and outcome: the durations of each second.
    let mut seen: BTreeMap<(ResourceId, bool, bool), Vec<Vec<f64>>> = BTreeMap::new();
    for span in &evidence.spans {
        let key = (span.resource, span.kind == SpanKind::Server, span.status == Status::Error);
        let second = usize::try_from((span.end_ns - EPOCH) / SECOND).expect("a run is short");
        let all = seen.entry(key).or_insert_with(|| vec![Vec::new(); seconds]);
        all[second].push((span.end_ns - span.start_ns) as f64 / SECOND as f64);
    }
    for ((resource, served, failed), durations) in seen {
        let mut point = Distribution {
            start_ns: EPOCH,
            at_ns: EPOCH,
            count: 0,
            sum: 0.0,
            buckets: Box::new([0; BOUNDS.len() + 1]),
            exemplars: Box::new([]),
        };
        let mut points = vec![point.clone()];
        for second in durations {
            for duration in second {
                point.buckets[BOUNDS.iter().filter(|bound| duration > **bound).count()] += 1;
                (point.count, point.sum) = (point.count + 1, point.sum + duration);
            }
            point.at_ns += SECOND;
            points.push(point.clone());
        }
        let names = &mut evidence.names;
        let name = if served { "http.server.request.duration" } else { "http.client.request.duration" };
        let attributes = failed.then(|| (names.intern(error), Value::Text(names.intern("500"))));
        let series = Series {
            resource,
            name: names.intern(name),
            unit: names.intern("s"),
            attributes: attributes.into_iter().collect(),
            points: Points::Histogram { cumulative: true, bounds: BOUNDS.into(), points },
        };
        evidence.series.push(series);
    }
}

fn verdict(system: &System, fault: &Fault, signal: &UniversalIncidentSignal) -> String {
    roles(&investigate(signal, &sampled(run(system, fault)), &options()))
}

#[test]
fn a_slow_tail_is_an_incident_although_hardly_a_trace_shows_it() {
    let system = System { servers: 9, ..System::default() };
    let fault = Fault { slow_d: 10.0, ..Fault::default() };
    assert_snapshot!(verdict(&system, &fault, &alert("latency", 0.5)), @"
    cause
    root service:d · slow_service
    service:c ─latency→ service:s
    service:d ─latency→ service:k
    service:k ─latency→ service:c
    bottleneck service:d · slow
    ");
}

#[test]
fn a_bad_build_is_named_although_hardly_a_trace_meets_it() {
    let fault = Fault { canary: true, ..Fault::default() };
    assert_snapshot!(verdict(&System::default(), &fault, &alert("degraded", 0.1)), @"
    cause
    root version:c@v2 · code_exception
    service:c ─error→ service:s
    bottleneck none
    ");
}

#[test]
fn the_same_traces_alone_are_too_few() {
    let fault = Fault { canary: true, ..Fault::default() };
    let mut evidence = sampled(run(&System::default(), &fault));
    evidence.series.clear();
    let outcome = investigate(&alert("degraded", 0.1), &evidence, &options()).core.outcome.to_string();
    assert_eq!(outcome, "insufficient_evidence");
}

#[test]
fn a_few_traces_are_no_incident_where_all_requests_together_are_none() {
    let outcome = |seed, sli, threshold| {
        let evidence = sampled(run(&System { seed, ..System::default() }, &Fault::default()));
        investigate(&alert(sli, threshold), &evidence, &options()).core.outcome.to_string()
    };
    for seed in 1..=10 {
        for (sli, threshold) in [("latency", 0.25), ("degraded", 0.1)] {
            assert_eq!(outcome(seed, sli, threshold), "no_incident", "seed {seed}, {sli}");
        }
    }
}
