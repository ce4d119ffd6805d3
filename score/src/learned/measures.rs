//! What anybody would measure of services, of their builds and instances, and of the calls between them, before the
//! incident and within it.

use std::collections::{BTreeMap, BTreeSet};

use contract::event::{CHANGE_ID, CONFIG_CHANGED, DEPLOYMENT};
use contract::resource::{SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION};
use rca_engine::evidence::{Evidence, ResourceId, Span, SpanKind, Status, Value};
use rca_engine::windows::Windows;

use crate::method::Alert;
use crate::naive::{own_ns, template};
use crate::published::largest_deviation;
use crate::series::{Column, Quantity, Table};

/// Deviations from here on count as moved: the three sigmas of N-Sigma's name.
pub(super) const SIGMAS: f64 = 3.0;

/// Two values of one thing.
#[derive(Clone, Debug, Default)]
pub(super) struct Pair<T> {
    pub(super) before: T,
    pub(super) after: T,
}

/// Spans of one kind in one window.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    pub(super) count: u64,
    pub(super) failed: u64,
    pub(super) sum_ns: u64,
    /// One a span.
    pub(super) durations: Vec<u64>,
}

/// Everything measured, by name.
pub(super) struct Measures<'e> {
    pub(super) windows: Windows,
    /// Own time of the spans of each service.
    pub(super) services: BTreeMap<&'e str, Pair<Side>>,
    /// The same by build or instance: what they are called is told apart by the kind of candidate.
    pub(super) parts: BTreeMap<(&'e str, &'e str), Pair<Side>>,
    /// Time of calls that is not the callee's, by caller and callee.
    pub(super) calls: BTreeMap<(&'e str, &'e str), Pair<Side>>,
    /// The largest deviation of each series of a service, and the values of its attributes.
    pub(super) metrics: BTreeMap<&'e str, Vec<(f64, Vec<&'e str>)>>,
    /// The first step of the incident in which latency or errors of a service left the usual.
    pub(super) departures: BTreeMap<&'e str, usize>,
    pub(super) logs: BTreeMap<&'e str, Pair<u64>>,
    /// Templates of log texts first seen in the incident.
    pub(super) new_templates: BTreeMap<&'e str, u64>,
    /// Changes until the alert: id, service, time.
    pub(super) changes: Vec<(&'e str, &'e str, u64)>,
}

impl<T> Pair<T> {
    fn at(&mut self, windows: &Windows, at_ns: u64) -> Option<&mut T> {
        let within = |window: rca_engine::investigation::Window| (window.from_ns..window.to_ns).contains(&at_ns);
        if within(windows.incident) {
            return Some(&mut self.after);
        }
        within(windows.baseline).then_some(&mut self.before)
    }
}

impl Side {
    fn add(&mut self, ns: u64, failed: bool) {
        self.count += 1;
        self.failed += u64::from(failed);
        self.sum_ns += ns;
        self.durations.push(ns);
    }

    pub(super) fn failures(&self) -> f64 {
        self.failed as f64 / self.count.max(1) as f64
    }

    /// The nearest rank; 0 of nothing. Durations are sorted.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length is an index")]
        let rank = (share * self.durations.len() as f64).ceil() as usize;
        self.durations.get(rank.max(1) - 1).map_or(0.0, |ns| *ns as f64)
    }
}

impl<'e> Measures<'e> {
    pub(super) fn take(evidence: &'e Evidence, alert: &Alert) -> Self {
        let mut measures = Self {
            windows: alert.windows,
            services: BTreeMap::new(),
            parts: BTreeMap::new(),
            calls: BTreeMap::new(),
            metrics: BTreeMap::new(),
            departures: BTreeMap::new(),
            logs: BTreeMap::new(),
            new_templates: BTreeMap::new(),
            changes: Vec::new(),
        };
        measures.spans(evidence);
        measures.series(evidence);
        measures.records(evidence, alert);
        measures
    }

    fn spans(&mut self, evidence: &'e Evidence) {
        let mut children: BTreeMap<(u128, u64), Vec<&Span>> = BTreeMap::new();
        for span in evidence.spans.iter().filter(|span| span.parent_id != 0) {
            children.entry((span.trace_id, span.parent_id)).or_default().push(span);
        }
        let text = |resource: ResourceId, key| evidence.resource_text(resource, key);
        for span in &evidence.spans {
            let Some(service) = text(span.resource, SERVICE_NAME) else { continue };
            let below = children.get(&(span.trace_id, span.span_id)).map_or(&[][..], Vec::as_slice);
            let (own, failed) = (own_ns(span, below.iter().copied()), span.status == Status::Error);
            let add = |pair: &mut Pair<Side>, ns| {
                if let Some(side) = pair.at(&self.windows, span.start_ns) {
                    side.add(ns, failed);
                }
            };
            add(self.services.entry(service).or_default(), own);
            let parts = [SERVICE_INSTANCE_ID, SERVICE_VERSION].into_iter();
            for part in parts.filter_map(|key| text(span.resource, key)) {
                add(self.parts.entry((service, part)).or_default(), own);
            }
            let callees: BTreeSet<&str> = below.iter().filter_map(|below| text(below.resource, SERVICE_NAME)).collect();
            for callee in callees.into_iter().filter(|callee| *callee != service) {
                // Who has no span for the call alone does not know what it took beside the callee.
                let gap = if span.kind == SpanKind::Client { own } else { 0 };
                add(self.calls.entry((service, callee)).or_default(), gap);
            }
        }
        let all = self.services.values_mut().chain(self.parts.values_mut()).chain(self.calls.values_mut());
        for pair in all {
            pair.before.durations.sort_unstable();
            pair.after.durations.sort_unstable();
        }
    }

    fn series(&mut self, evidence: &'e Evidence) {
        let names: BTreeSet<&'e str> = (0_u32..)
            .zip(&evidence.resources)
            .filter_map(|(id, _)| evidence.resource_text(ResourceId(id), SERVICE_NAME))
            .collect();
        let table = Table::new(evidence, &self.windows);
        for column in &table.columns {
            let name = match &column.service {
                rca_engine::component::Component::Service(name) => names.get(name.as_str()),
                _ => None,
            };
            let (Some(name), Some(deviation)) = (name, largest_deviation(column, &table)) else { continue };
            let attributes = column.series.map_or(&[][..], |series| &evidence.series[series].attributes);
            let texts = attributes.iter().filter_map(|(_, value)| match value {
                Value::Text(text) => Some(evidence.names.text(*text)),
                Value::Int(_) | Value::Double(_) | Value::Bool(_) => None,
            });
            self.metrics.entry(name).or_default().push((deviation, texts.collect()));
            if let Some(step) = departure(column, &table) {
                let known = self.departures.entry(name).or_insert(step);
                *known = step.min(*known);
            }
        }
    }

    fn records(&mut self, evidence: &'e Evidence, alert: &Alert) {
        let change = evidence.names.find(CHANGE_ID);
        let mut seen: BTreeMap<(&str, String), bool> = BTreeMap::new();
        for log in &evidence.logs {
            let Some(service) = evidence.resource_text(log.resource, SERVICE_NAME) else { continue };
            let id = change.and_then(|key| evidence.text_of(&log.attributes, key));
            let event = log.event_name.map(|name| evidence.names.text(name));
            if let Some(id) = id.filter(|_| event.is_some_and(|event| [DEPLOYMENT, CONFIG_CHANGED].contains(&event))) {
                if log.at_ns <= alert.signal.started_at_ns && log.at_ns >= self.windows.baseline.from_ns {
                    self.changes.push((id, service, log.at_ns));
                }
                continue;
            }
            let mut counted = Pair::<u64>::default();
            let Some(count) = counted.at(&self.windows, log.at_ns) else { continue };
            *count = 1;
            let known = self.logs.entry(service).or_default();
            known.before += counted.before;
            known.after += counted.after;
            *seen.entry((service, template(evidence.names.text(log.body)))).or_default() |= counted.before > 0;
        }
        for ((service, _), _) in seen.into_iter().filter(|(_, before)| !*before) {
            *self.new_templates.entry(service).or_default() += 1;
        }
        self.changes.sort_unstable();
    }
}

/// Where latency or errors first left the usual.
fn departure(column: &Column, table: &Table) -> Option<usize> {
    if !matches!(column.quantity, Quantity::Latency | Quantity::Errors) {
        return None;
    }
    (table.incident.clone()).find(|step| {
        let alone =
            Table { incident: *step..step + 1, baseline: table.baseline.clone(), columns: Vec::new(), ..*table };
        largest_deviation(column, &alone).is_some_and(|deviation| deviation > SIGMAS)
    })
}
