//! What must not matter: ids of runs, names, and the order of the evidence.

use std::collections::BTreeMap;

use rca_engine::evidence::{Attributes, Evidence, LogRecord, Names, ResourceId, Symbol, Value};
use rca_engine::investigation::Investigation;
use rca_engine::options::Options;
use rca_engine::signal::UniversalIncidentSignal;
use rca_engine::{Inquiry, Step, investigate};

use crate::incidents::{alert, options};
use crate::toy::{EPOCH, Fault, ONSET, SECOND, System, run};

/// Incidents that between them take every branch of the walk.
fn incidents() -> Vec<(Evidence, UniversalIncidentSignal)> {
    let latency = alert("latency", 0.5);
    let faults = [
        Fault { unreadable: 0.9, ..Fault::default() },
        Fault { unreadable: 0.9, reads_through: true, ..Fault::default() },
        Fault { delay_ms: 400, ..Fault::default() },
        Fault { batch: true, ..Fault::default() },
    ];
    let mut incidents: Vec<_> =
        faults.iter().map(|fault| (with_logs(run(&System::default(), fault)), latency.clone())).collect();
    let canary = run(&System::default(), &Fault { canary: true, ..Fault::default() });
    incidents.push((with_logs(canary), alert("degraded", 0.1)));
    incidents
}

/// A log record for every failed span, and a change at `k`.
fn with_logs(mut evidence: Evidence) -> Evidence {
    let failed: Vec<_> = evidence
        .spans
        .iter()
        .filter(|span| span.status == rca_engine::evidence::Status::Error)
        .map(|span| (span.resource, span.end_ns, span.trace_id, span.span_id))
        .collect();
    let body = evidence.names.intern("it failed");
    for (resource, at_ns, trace_id, span_id) in failed {
        evidence.logs.push(LogRecord {
            resource,
            at_ns,
            severity: 17,
            event_name: None,
            body,
            trace_id,
            span_id,
            attributes: Box::new([]),
        });
    }
    let event = evidence.names.intern("deployment.finished");
    let id = (evidence.names.intern("deployment.id"), Value::Text(evidence.names.intern("deploy-9")));
    let version = (evidence.names.intern("service.version"), Value::Text(evidence.names.intern("v2")));
    let name = Value::Text(evidence.names.intern("k"));
    let resource = evidence.resources.iter().position(|r| r.attributes.iter().any(|(_, value)| *value == name));
    evidence.logs.push(LogRecord {
        resource: ResourceId(u32::try_from(resource.expect("the toy has a k")).expect("few resources")),
        at_ns: EPOCH + ONSET - SECOND / 5,
        severity: 9,
        event_name: Some(event),
        body: evidence.names.intern("took over"),
        trace_id: 0,
        span_id: 0,
        attributes: Box::new([id, version]),
    });
    evidence
}

fn with_changes() -> Options {
    let mut options = options();
    options.changes.events.push("deployment.finished".to_owned());
    options
}

fn core(investigation: &Investigation) -> String {
    serde_json::to_string_pretty(&investigation.core).expect("a core is plain data")
}

fn whole(investigation: &Investigation) -> String {
    serde_json::to_string_pretty(investigation).expect("an investigation is plain data")
}

/// The same evidence with every text put through a function.
fn renamed(evidence: &Evidence, rename: impl Fn(&str) -> String) -> Evidence {
    let mut names = Names::default();
    let mut symbols: BTreeMap<Symbol, Symbol> = BTreeMap::new();
    let all = (0..evidence.names.len()).map(|index| Symbol(u32::try_from(index).expect("few names")));
    for symbol in all {
        symbols.insert(symbol, names.intern(&rename(evidence.names.text(symbol))));
    }
    let attributes = |old: &Attributes| -> Attributes {
        old.iter()
            .map(|(key, value)| {
                let value = match value {
                    Value::Text(text) => Value::Text(symbols[text]),
                    other => *other,
                };
                (symbols[key], value)
            })
            .collect()
    };
    let mut new = evidence.clone();
    new.resources.iter_mut().for_each(|resource| resource.attributes = attributes(&resource.attributes));
    for span in &mut new.spans {
        (span.name, span.attributes) = (symbols[&span.name], attributes(&span.attributes));
    }
    for log in &mut new.logs {
        (log.body, log.attributes) = (symbols[&log.body], attributes(&log.attributes));
        log.event_name = log.event_name.map(|name| symbols[&name]);
    }
    for series in &mut new.series {
        (series.name, series.unit) = (symbols[&series.name], symbols[&series.unit]);
        series.attributes = attributes(&series.attributes);
    }
    new.topology.iter_mut().for_each(|(from, to)| (*from, *to) = (symbols[from], symbols[to]));
    new.names = names;
    new
}

/// A fixed permutation that mixes well.
fn shuffled<T>(items: Vec<T>) -> Vec<T> {
    let mut keyed: Vec<(u64, T)> =
        (1_u64..).zip(items).map(|(i, item)| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15), item)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, item)| item).collect()
}

#[test]
fn the_order_of_the_evidence_does_not_matter() {
    for (evidence, signal) in incidents() {
        let mut other = evidence.clone();
        // Resources move too, and with them every reference to one.
        let order = shuffled((0..evidence.resources.len()).collect());
        other.resources = order.iter().map(|index| evidence.resources[*index].clone()).collect();
        let place = |old: ResourceId| {
            let new = order.iter().position(|index| *index == old.0 as usize).expect("a permutation has them all");
            ResourceId(u32::try_from(new).expect("few resources"))
        };
        other.spans.iter_mut().for_each(|span| span.resource = place(span.resource));
        other.logs.iter_mut().for_each(|log| log.resource = place(log.resource));
        other.series.iter_mut().for_each(|series| series.resource = place(series.resource));
        (other.spans, other.logs, other.series) = (shuffled(other.spans), shuffled(other.logs), shuffled(other.series));
        // Symbols are numbered by first sight: interning in another order renumbers them all.
        let mut names = Names::default();
        let reversed: Vec<String> = (0..other.names.len())
            .rev()
            .map(|index| other.names.text(Symbol(u32::try_from(index).expect("few names"))).to_owned())
            .collect();
        reversed.iter().for_each(|text| {
            names.intern(text);
        });
        let mut merged = Evidence { names, ..Evidence::default() };
        merged.merge(other);
        let options = with_changes();
        assert_eq!(whole(&investigate(&signal, &evidence, &options)), whole(&investigate(&signal, &merged, &options)));
    }
}

#[test]
fn ids_of_runs_select_and_never_inform() {
    for (evidence, signal) in incidents() {
        let expected = core(&investigate(&signal, &evidence, &with_changes()));
        for id in ["", "r-99", "zzz"] {
            let other = renamed(&evidence, |text| if text == "r-17" { id.to_owned() } else { text.to_owned() });
            assert_eq!(expected, core(&investigate(&signal, &other, &with_changes())), "run id `{id}`");
        }
    }
}

/// Names of the toy that are no semantic conventions, and others for them in another alphabetical order.
const RENAMED: [(&str, &str); 14] = [
    ("s", "Qzeta"),
    ("c", "Qyota"),
    ("k", "Qalpha"),
    ("d", "Qbeta"),
    ("b", "Qkappa"),
    ("pool", "Qpi"),
    ("db", "Qrho"),
    ("GET /x", "Qsigma"),
    ("hit", "Qtau"),
    ("miss", "Qphi"),
    ("third", "Qchi"),
    ("cache.outcome", "Qpsi"),
    ("item", "Qomega"),
    ("it failed", "Qeta"),
];

/// A name without a digit, because words with digits are cut out of log templates.
fn token(index: usize) -> String {
    format!("N{}N", char::from(b'a' + u8::try_from(index).expect("few names")))
}

#[test]
fn names_do_not_matter() {
    let new = |text: &str| RENAMED.iter().find(|(old, _)| *old == text).map_or(text, |(_, new)| *new).to_owned();
    for (evidence, signal) in incidents() {
        // First to names that occur in no other word, so that the verdict can be renamed back as text.
        let unique =
            |text: &str| RENAMED.iter().position(|(old, _)| *old == text).map_or_else(|| text.to_owned(), token);
        let of_signal = |rename: &dyn Fn(&str) -> String| UniversalIncidentSignal {
            service: signal.service.as_deref().map(rename),
            ..signal.clone()
        };
        let plain = core(&investigate(&of_signal(&unique), &renamed(&evidence, unique), &with_changes()));
        let other = core(&investigate(&of_signal(&new), &renamed(&evidence, new), &with_changes()));
        let back = RENAMED.iter().enumerate().fold(other, |text, (i, (_, new))| text.replace(new, &token(i)));
        assert_eq!(plain, back);
    }
}

#[test]
fn answers_in_any_order_and_in_pieces_give_the_same_verdict() {
    let (evidence, signal) = incidents().swap_remove(0);
    let expected = whole(&investigate(&signal, &evidence, &with_changes()));
    let mut inquiry = Inquiry::open(signal, with_changes());
    loop {
        match inquiry.step() {
            Step::Need(queries) => {
                let last = queries.last().expect("a need is never empty");
                inquiry.supply(vec![rca_engine::query::answer(&evidence, last)]);
            }
            Step::Done(investigation) => {
                assert_eq!(expected, whole(&investigation));
                break;
            }
        }
    }
}

#[test]
fn the_parts_of_the_proof_sum_to_its_duration() {
    for (evidence, signal) in incidents() {
        let proof = investigate(&signal, &evidence, &with_changes()).proof.expect("there are breaching requests");
        assert_eq!(proof.accounting.iter().map(|share| share.ns).sum::<u64>(), proof.duration_ns);
    }
}

#[test]
fn every_cited_id_is_listed_and_the_timeline_ends_with_what_was_not_seen() {
    for (evidence, signal) in incidents() {
        let verdict = investigate(&signal, &evidence, &with_changes());
        let ids: Vec<&String> = verdict.core.evidence.iter().map(|item| &item.id).collect();
        let hypotheses = verdict.core.hypotheses.iter().flat_map(|h| h.supported_by.iter().chain(&h.against));
        let actions = verdict.core.actions.iter().flat_map(|action| &action.evidence);
        let timeline = verdict.timeline.iter().filter_map(|line| line.evidence.as_ref());
        assert!(hypotheses.chain(actions).chain(timeline).all(|id| ids.contains(&id)));
        assert!(verdict.timeline.len() <= 12);
        assert_eq!(verdict.timeline.last().map(|line| line.evidence.is_none()), Some(true));
        assert!(!verdict.core.actions.is_empty() && !verdict.pivots.is_empty());
    }
}

#[test]
fn a_missing_signal_lowers_the_confidence_and_is_no_error() {
    let (evidence, signal) = incidents().swap_remove(0);
    let confidence = |evidence: &Evidence| investigate(&signal, evidence, &with_changes()).core.confidence;
    let full = confidence(&evidence);
    let without = |change: fn(&mut Evidence)| {
        let mut evidence = evidence.clone();
        change(&mut evidence);
        confidence(&evidence)
    };
    assert!(without(|evidence| evidence.logs.clear()) < full);
    assert!(without(|evidence| evidence.spans.clear()) < full);
    assert!(without(|evidence| evidence.series.clear()) <= full);
}
