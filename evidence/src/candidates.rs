//! What can be blamed: every component that the evidence before the alert shows, and nothing that only a scenario knows.

use std::collections::{BTreeMap, BTreeSet};

use rca_engine::component::Component;
use rca_engine::evidence::{Evidence, LogRecord, Points, ResourceId, Series, Span, SpanKind, Symbol, Value};
use rca_engine::options::Options;
use serde::{Deserialize, Serialize};

/// `candidates.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidates {
    pub schema: u32,
    /// Sorted by their text.
    pub candidates: Vec<Component>,
}

/// Names that the engine's options do not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Span attributes whose values are classes of the workload.
    pub workload_classes: Vec<String>,
    /// At most this many classes and policies each: telemetry from outside could name any number.
    pub cap: usize,
}

impl Default for Names {
    fn default() -> Self {
        Self { workload_classes: Vec::new(), cap: 20 }
    }
}

const SERVICE: &str = "service.name";
const VERSION: &str = "service.version";
const QUEUE: &str = "messaging.destination.name";
const RESEND: &str = "http.request.resend_count";
const ERROR_TYPE: &str = "error.type";

/// Collects the candidates from evidence earlier than the alert.
///
/// Services, instances and versions come from resources that emitted something; edges from parents and children in
/// different services, from clients that name their peer, and from the topology; resources from points of the families in
/// the options; changes from their log events; queues from messaging spans; policies from what they do: a span that was
/// sent again shows a retry, one that timed out shows a timeout. The workload can always be blamed.
pub fn collect(evidence: &Evidence, alert_ns: u64, options: &Options, names: &Names) -> Candidates {
    let mut collection = Collection { evidence, options, found: BTreeSet::new() };
    let spans: Vec<&Span> = evidence.spans.iter().filter(|span| span.start_ns < alert_ns).collect();
    let logs: Vec<&LogRecord> = evidence.logs.iter().filter(|log| log.at_ns < alert_ns).collect();
    let series: Vec<&Series> =
        evidence.series.iter().filter(|series| first_point(&series.points).is_some_and(|at| at < alert_ns)).collect();
    let emitters = spans.iter().map(|span| span.resource).chain(logs.iter().map(|log| log.resource));
    let emitters: BTreeSet<ResourceId> = emitters.chain(series.iter().map(|series| series.resource)).collect();
    emitters.into_iter().for_each(|resource| collection.emitter(resource));
    collection.edges(&spans);
    collection.queues(&spans);
    collection.policies(&spans, names.cap);
    collection.workload(&spans, names);
    collection.resources(&series);
    collection.changes(&logs);
    // A name with the grammar's own marks in it could be read back as something else.
    let unambiguous = |component: &Component| component.to_string().parse().as_ref() == Ok(component);
    let mut candidates: Vec<Component> = collection.found.into_iter().filter(unambiguous).collect();
    candidates.sort_by_cached_key(ToString::to_string);
    Candidates { schema: 1, candidates }
}

struct Collection<'a> {
    evidence: &'a Evidence,
    options: &'a Options,
    found: BTreeSet<Component>,
}

impl<'a> Collection<'a> {
    fn service(&self, resource: ResourceId) -> Option<&'a str> {
        self.evidence.resource_text(resource, SERVICE).filter(|service| !service.is_empty())
    }

    fn emitter(&mut self, resource: ResourceId) {
        let Some(service) = self.service(resource).map(str::to_owned) else { return };
        let text = |key: &str| self.evidence.resource_text(resource, key).map(str::to_owned);
        let instance = self.options.instance_attributes.iter().find_map(|key| text(key));
        let version = text(VERSION);
        self.found.insert(Component::Service(service.clone()));
        self.found.extend(instance.map(|instance| Component::Instance { service: service.clone(), instance }));
        self.found.extend(version.map(|version| Component::Version { service: service.clone(), version }));
    }

    fn edges(&mut self, spans: &[&Span]) {
        let by_id: BTreeMap<(u128, u64), ResourceId> =
            spans.iter().map(|span| ((span.trace_id, span.span_id), span.resource)).collect();
        let peers: Vec<Symbol> = self.symbols(&self.options.peer_attributes);
        let mut pairs: BTreeSet<(&str, &str)> = BTreeSet::new();
        for span in spans {
            let Some(service) = self.service(span.resource) else { continue };
            let parent = by_id.get(&(span.trace_id, span.parent_id)).and_then(|parent| self.service(*parent));
            pairs.extend(parent.map(|parent| (parent, service)));
            if matches!(span.kind, SpanKind::Client | SpanKind::Producer) {
                let peer = peers.iter().find_map(|key| self.evidence.text_of(&span.attributes, *key));
                pairs.extend(peer.map(|peer| (service, peer)));
            }
        }
        let known = self.evidence.topology.iter();
        pairs.extend(known.map(|(from, to)| (self.evidence.names.text(*from), self.evidence.names.text(*to))));
        for (from, to) in pairs.into_iter().filter(|(from, to)| from != to) {
            self.found.insert(Component::Edge { from: from.to_owned(), to: to.to_owned() });
            self.found.extend([Component::service(from), Component::service(to)]);
        }
    }

    fn queues(&mut self, spans: &[&Span]) {
        let Some(key) = self.evidence.names.find(QUEUE) else { return };
        let names = spans.iter().filter_map(|span| self.evidence.text_of(&span.attributes, key));
        self.found.extend(names.map(|name| Component::Queue(name.to_owned())));
    }

    fn policies(&mut self, spans: &[&Span], cap: usize) {
        let (resend, error) = (self.evidence.names.find(RESEND), self.evidence.names.find(ERROR_TYPE));
        let mut policies = BTreeSet::new();
        for span in spans {
            let Some(service) = self.service(span.resource) else { continue };
            let was_resent = span
                .attributes
                .iter()
                .any(|(key, value)| Some(*key) == resend && matches!(value, Value::Int(count) if *count > 0));
            let error = error.and_then(|key| self.evidence.text_of(&span.attributes, key));
            let timed_out = span.kind == SpanKind::Client && error.is_some_and(|error| error.contains("timeout"));
            let shown = [(was_resent, "retry"), (timed_out, "timeout")];
            policies.extend(shown.into_iter().filter(|(shown, _)| *shown).map(|(_, policy)| (service, policy)));
        }
        let policies = policies.into_iter().take(cap);
        self.found.extend(
            policies
                .map(|(service, policy)| Component::Policy { service: service.to_owned(), policy: policy.to_owned() }),
        );
    }

    fn workload(&mut self, spans: &[&Span], names: &Names) {
        self.found.insert(Component::Workload(None));
        let keys = self.symbols(&names.workload_classes);
        let classes = spans.iter().flat_map(|span| {
            keys.iter().filter_map(|key| self.evidence.text_of(&span.attributes, *key)).filter(|text| !text.is_empty())
        });
        let classes: BTreeSet<&str> = classes.collect();
        let classes = classes.into_iter().take(names.cap).map(|class| Component::Workload(Some(class.to_owned())));
        self.found.extend(classes.collect::<Vec<_>>());
    }

    fn resources(&mut self, series: &[&Series]) {
        for family in &self.options.resources {
            let metrics =
                [&family.limit, &family.in_use, &family.pending, &family.wait_time, &family.use_time, &family.timeouts];
            let Some(key) = self.evidence.names.find(&family.name) else { continue };
            for series in series {
                let metric = self.evidence.names.text(series.name);
                let named = self.evidence.text_of(&series.attributes, key);
                let (Some(service), Some(name)) = (self.service(series.resource), named) else { continue };
                if metrics.iter().any(|known| *known == metric) {
                    let (service, resource) = (service.to_owned(), name.to_owned());
                    self.found.insert(Component::Resource { service, resource });
                }
            }
        }
    }

    fn changes(&mut self, logs: &[&LogRecord]) {
        let changes = &self.options.changes;
        let (events, ids) = (self.symbols(&changes.events), self.symbols(&changes.id));
        for log in logs.iter().filter(|log| log.event_name.is_some_and(|event| events.contains(&event))) {
            let id = ids.iter().find_map(|key| self.evidence.text_of(&log.attributes, *key));
            self.found.extend(id.map(|id| Component::Change(id.to_owned())));
        }
    }

    fn symbols(&self, texts: &[String]) -> Vec<Symbol> {
        texts.iter().filter_map(|text| self.evidence.names.find(text)).collect()
    }
}

fn first_point(points: &Points) -> Option<u64> {
    match points {
        Points::Gauge(points) | Points::Sum { points, .. } => points.first().map(|point| point.at_ns),
        Points::Histogram { points, .. } => points.first().map(|point| point.at_ns),
    }
}
