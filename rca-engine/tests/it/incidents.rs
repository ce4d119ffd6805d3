//! Incidents of the toy: who did what.

use insta::assert_snapshot;
use rca_engine::evidence::ResourceId;
use rca_engine::investigation::{BottleneckAnswer, Culprit, Investigation};
use rca_engine::options::{Options, WaitAttributes};
use rca_engine::signal::UniversalIncidentSignal;
use rca_engine::{evidence::Evidence, investigate};

use crate::toy::{EPOCH, Fault, MS, ONSET, SECOND, System, run};

pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.correlation_keys.push("run_id".to_owned());
    options
        .waits
        .push(WaitAttributes { resource: "wait.resource".to_owned(), duration_ns: "wait.duration_ns".to_owned() });
    options
}

/// An alert about `s` that fires ten seconds after the onset.
pub(crate) fn alert(sli: &str, threshold: f64) -> UniversalIncidentSignal {
    alert_about("s", sli, threshold)
}

/// The same about any service.
pub(crate) fn alert_about(service: &str, sli: &str, threshold: f64) -> UniversalIncidentSignal {
    let text = format!("service={service} sli={sli} threshold={threshold} window_s=5 for_s=4");
    UniversalIncidentSignal::from_text(&text, EPOCH + ONSET + 10 * SECOND)
}

pub(crate) fn roles(investigation: &Investigation) -> String {
    let roles = &investigation.core.roles;
    let mut lines = vec![investigation.core.outcome.to_string()];
    for root in &roles.root {
        let kind = root.kind.map(|kind| format!(" · {kind}")).unwrap_or_default();
        lines.push(format!("root {}{kind}", root.component));
    }
    let mut steps: Vec<String> =
        roles.propagation.iter().map(|edge| format!("{} ─{}→ {}", edge.from, edge.effect, edge.to)).collect();
    steps.sort();
    lines.extend(steps);
    lines.push(match &roles.bottleneck {
        None => "bottleneck –".to_owned(),
        Some(BottleneckAnswer::None(_)) => "bottleneck none".to_owned(),
        Some(BottleneckAnswer::At { component, mode }) => format!("bottleneck {component} · {mode}"),
    });
    lines.join("\n")
}

fn verdict(system: &System, fault: &Fault, signal: &UniversalIncidentSignal) -> String {
    roles(&investigate(signal, &run(system, fault), &options()))
}

fn slow(system: &System, fault: &Fault) -> String {
    verdict(system, fault, &alert("latency", 0.5))
}

#[test]
fn entries_that_cannot_be_used_push_readers_to_the_database() {
    assert_snapshot!(slow(&System::default(), &Fault { unreadable: 0.9, ..Fault::default() }), @"
    cause
    root service:k · bad_format
    service:c ─latency→ service:s
    service:c ─load→ service:d
    service:d ─latency→ service:c
    service:k ─error→ service:c
    bottleneck resource:d/pool · saturated
    ");
}

#[test]
fn a_store_that_reads_through_is_guilty_without_an_error() {
    assert_snapshot!(slow(&System::default(), &Fault { unreadable: 0.9, reads_through: true, ..Fault::default() }), @"
    cause
    root service:k · bad_format
    service:c ─latency→ service:s
    service:d ─latency→ service:k
    service:k ─latency→ service:c
    service:k ─load→ service:d
    bottleneck resource:d/pool · saturated
    ");
}

#[test]
fn a_slow_database_is_root_and_bottleneck() {
    let system = System { servers: 9, ..System::default() };
    assert_snapshot!(slow(&system, &Fault { slow_d: 10.0, ..Fault::default() }), @"
    cause
    root service:d · slow_service
    service:c ─latency→ service:s
    service:d ─latency→ service:c
    service:d ─latency→ service:k
    service:k ─latency→ service:c
    bottleneck service:d · slow
    ");
}

#[test]
fn a_regression_of_the_symptom_is_its_own_root() {
    assert_snapshot!(slow(&System::default(), &Fault { slow_s: 40.0, ..Fault::default() }), @"
    cause
    root service:s · slow_service
    bottleneck service:s · slow
    ");
}

#[test]
fn a_cut_limit_is_the_root() {
    let system = System { servers: 9, misses: 0.2, ..System::default() };
    assert_snapshot!(slow(&system, &Fault { connections: 1, ..Fault::default() }), @"
    cause
    root resource:k/db · capacity_reduced
    service:c ─latency→ service:s
    service:k ─latency→ service:c
    bottleneck resource:k/db · saturated
    ");
}

#[test]
fn more_calls_for_the_same_work_are_charged_to_the_caller() {
    let system = System { servers: 12, ..System::default() };
    assert_snapshot!(slow(&system, &Fault { extra_calls: 12, ..Fault::default() }), @"
    cause
    root service:c · extra_calls
    service:c ─latency→ service:s
    service:c ─load→ service:d
    bottleneck service:d · visits
    ");
}

#[test]
fn a_slow_way_is_an_edge_and_neither_of_its_ends() {
    assert_snapshot!(slow(&System::default(), &Fault { delay_ms: 400, ..Fault::default() }), @"
    cause
    root edge:c->k · network_slow
    edge:c->k ─latency→ service:c
    service:c ─latency→ service:s
    bottleneck edge:c->k · slow
    ");
}

#[test]
fn calls_that_never_arrive_are_an_edge() {
    let system = System { misses: 0.2, ..System::default() };
    assert_snapshot!(slow(&system, &Fault { black_hole: true, ..Fault::default() }), @"
    cause
    root edge:k->d · network_drop
    edge:k->d ─error→ service:k
    service:c ─latency→ service:s
    service:k ─latency→ service:c
    bottleneck resource:k/db · saturated
    ");
}

#[test]
fn a_bad_build_beside_a_good_one_is_named() {
    let signal = alert("degraded", 0.1);
    assert_snapshot!(verdict(&System::default(), &Fault { canary: true, ..Fault::default() }, &signal), @"
    cause
    root version:c@v2 · code_exception
    service:c ─error→ service:s
    bottleneck none
    ");
}

#[test]
fn a_surge_is_the_workload() {
    let system = System { misses: 0.15, ..System::default() };
    assert_snapshot!(slow(&system, &Fault { surge: 6.0, ..Fault::default() }), @"
    cause
    root workload · surge
    service:c ─latency→ service:s
    service:c ─load→ service:k
    service:d ─latency→ service:k
    service:k ─latency→ service:c
    service:k ─load→ service:d
    service:s ─load→ service:c
    workload ─load→ service:s
    bottleneck resource:d/pool · saturated
    ");
}

#[test]
fn work_of_another_is_found_although_no_request_shows_it() {
    let system = System { misses: 0.1, ..System::default() };
    assert_snapshot!(slow(&system, &Fault { batch: true, ..Fault::default() }), @"
    cause
    root service:b · load_by_other
    service:b ─load→ service:d
    service:c ─latency→ service:s
    service:d ─latency→ service:k
    service:k ─latency→ service:c
    bottleneck resource:d/pool · saturated
    ");
}

/// Every read is tried four times for 300 ms each.
fn impatient() -> System {
    System { servers: 12, impatient: Some((4, 300 * MS)), ..System::default() }
}

#[test]
fn retries_sustain_what_a_blip_began() {
    let blip = Fault { slow_d: 10.0, slow_for: Some(5 * SECOND), ..Fault::default() };
    let investigation = investigate(&alert("degraded", 0.2), &run(&impatient(), &blip), &options());
    assert_snapshot!(roles(&investigation), @"
    cause
    root policy:c/retry · call_amplification
    service:c ─error→ service:s
    service:c ─load→ service:d
    service:d ─latency→ service:c
    bottleneck resource:d/pool · saturated
    ");
    let named = |culprit: &Option<Culprit>| culprit.as_ref().map(|culprit| culprit.component.to_string());
    assert_eq!(named(&investigation.core.roles.trigger).as_deref(), Some("service:d"));
    assert_eq!(named(&investigation.core.roles.sustaining).as_deref(), Some("policy:c/retry"));
}

#[test]
fn retries_are_an_answer_while_the_database_is_still_slow() {
    assert_snapshot!(verdict(&impatient(), &Fault { slow_d: 10.0, ..Fault::default() }, &alert("degraded", 0.2)), @"
    cause
    root service:d · slow_service
    service:c ─error→ service:s
    service:c ─load→ service:d
    service:d ─latency→ service:c
    bottleneck resource:d/pool · saturated
    ");
}

/// The poisoned entries again, with the evidence changed.
fn poisoned(change: impl FnOnce(&mut Evidence)) -> String {
    let mut evidence = run(&System::default(), &Fault { unreadable: 0.9, ..Fault::default() });
    change(&mut evidence);
    roles(&investigate(&alert("latency", 0.5), &evidence, &options()))
}

fn is_of(evidence: &Evidence, resource: ResourceId, service: &str) -> bool {
    evidence.resource_text(resource, "service.name") == Some(service)
}

#[test]
fn a_clock_that_is_off_is_no_evidence() {
    let skewed = poisoned(|evidence| {
        let names = evidence.clone();
        for span in evidence.spans.iter_mut().filter(|span| is_of(&names, span.resource, "k")) {
            (span.start_ns, span.end_ns) = (span.start_ns + 700 * MS, span.end_ns + 700 * MS);
        }
    });
    assert_eq!(skewed, poisoned(|_| ()));
}

#[test]
fn a_service_that_records_nothing_is_still_seen_to_fail_by_its_callers() {
    let blind = poisoned(|evidence| {
        let names = evidence.clone();
        evidence.spans.retain(|span| !is_of(&names, span.resource, "k"));
    });
    assert_snapshot!(blind, @"
    cause
    root service:k · code_exception
    service:c ─latency→ service:s
    service:c ─load→ service:d
    service:d ─latency→ service:c
    service:k ─error→ service:c
    bottleneck resource:d/pool · saturated
    ");
}

#[test]
fn half_of_the_spans_are_enough() {
    let sparse = poisoned(|evidence| evidence.spans.retain(|span| span.trace_id % 2 == 0));
    assert_eq!(sparse, poisoned(|_| ()));
}

#[test]
fn a_healthy_run_is_no_incident() {
    let evidence = run(&System::default(), &Fault::default());
    let question = UniversalIncidentSignal::from_text("service=s why?", EPOCH + 40 * SECOND);
    assert_snapshot!(roles(&investigate(&question, &evidence, &options())), @"
    no_incident
    bottleneck none
    ");
    assert_snapshot!(roles(&investigate(&alert("latency", 0.175), &evidence, &options())), @"
    no_incident
    bottleneck none
    ");
}

#[test]
fn nothing_at_all_is_insufficient() {
    let evidence = Evidence::default();
    assert_snapshot!(roles(&investigate(&alert("latency", 0.5), &evidence, &options())), @"
    insufficient_evidence
    bottleneck –
    ");
}
