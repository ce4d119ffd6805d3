//! Evidence as it grows line by line: names interned, resources and series joined.

pub(crate) mod filter;
mod interner;
mod series;

use std::collections::HashMap;

use rca_engine::evidence::{Attributes, Evidence, LogRecord, Resource, ResourceId, Span, Symbol, Value};

use crate::line::logs::{Logs, RecordLine};
use crate::line::metrics::Metrics;
use crate::line::traces::{EventLine, SpanLine, Traces};
use crate::line::value::{self, Any};
use crate::line::{Json, narrow};
use crate::otlp::List;
use filter::Filter;
use interner::Interner;
use series::SeriesIndex;

/// What identifies an attribute value: its kind and its bits.
type ValueKey = (u8, u64);
/// Attributes in one order, whatever order they came in.
type AttributesKey = Vec<(Symbol, ValueKey)>;

/// Collects evidence; the indices beside it are only needed while it grows.
#[derive(Default)]
pub(crate) struct Store {
    evidence: Evidence,
    interner: Interner,
    resources: HashMap<AttributesKey, ResourceId>,
    series: SeriesIndex,
    /// What is taken in; everything where there is none.
    filter: Option<Filter>,
    /// Reused for the attributes of each item.
    scratch: Vec<(Symbol, Value)>,
}

impl Store {
    /// A store that takes in only what passes.
    pub(crate) fn filtered(filter: Filter) -> Self {
        Self { filter: Some(filter), ..Self::default() }
    }

    pub(crate) fn evidence_mut(&mut self) -> &mut Evidence {
        &mut self.evidence
    }

    /// The evidence, its series by ascending time, and whether all that passed the filter is in it.
    pub(crate) fn finish(mut self) -> (Evidence, bool) {
        series::sort(&mut self.evidence.series);
        match self.filter {
            None => (self.evidence, true),
            Some(filter) => {
                let complete = filter.finish(&mut self.evidence);
                (self.evidence, complete)
            }
        }
    }

    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        self.interner.intern(&mut self.evidence.names, text)
    }

    /// Takes in a line of spans; events become log records of their span.
    pub(crate) fn traces(&mut self, line: &Traces<'_>) {
        for Json(group) in &line.resources.0 {
            let mut resource = None;
            for Json(span) in group.scopes.0.iter().flat_map(|scope| &scope.0.spans.0) {
                for Json(event) in &span.events.0 {
                    if self.filter.as_ref().is_none_or(|filter| filter.takes_event(&group.resource, span, event)) {
                        let resource = *resource.get_or_insert_with(|| self.resource(&group.resource));
                        self.event(resource, span, event);
                    }
                }
                if self.filter.as_ref().is_none_or(|filter| filter.takes_span(&group.resource, span)) {
                    let resource = *resource.get_or_insert_with(|| self.resource(&group.resource));
                    self.span(resource, span);
                }
            }
        }
        if let Some(filter) = &mut self.filter {
            filter.trim(&mut self.evidence);
        }
    }

    /// Takes in a line of log records.
    pub(crate) fn logs(&mut self, line: &Logs<'_>) {
        for Json(group) in &line.resources.0 {
            let mut resource = None;
            for Json(record) in group.scopes.0.iter().flat_map(|scope| &scope.0.records.0) {
                if self.filter.as_ref().is_none_or(|filter| filter.takes_record(&group.resource, record)) {
                    let resource = *resource.get_or_insert_with(|| self.resource(&group.resource));
                    self.record(resource, record);
                }
            }
        }
        if let Some(filter) = &mut self.filter {
            filter.trim(&mut self.evidence);
        }
    }

    /// Takes in a line of metrics.
    pub(crate) fn metrics(&mut self, line: &Metrics<'_>) {
        for Json(group) in &line.resources.0 {
            for Json(metric) in group.scopes.0.iter().flat_map(|scope| &scope.0.metrics.0) {
                self.metric(&group.resource, metric);
            }
        }
    }

    fn span(&mut self, resource: ResourceId, line: &SpanLine<'_>) {
        let span = Span {
            trace_id: line.trace_id.0,
            span_id: narrow(line.span_id),
            parent_id: narrow(line.parent_id),
            resource,
            name: self.intern(&line.name.0),
            kind: line.kind,
            status: line.status.0,
            start_ns: line.start_ns,
            end_ns: line.end_ns.max(line.start_ns),
            attributes: self.attributes(&line.attributes),
            links: line.links.0.iter().map(|link| (link.0.trace_id.0, narrow(link.0.span_id))).collect(),
        };
        self.evidence.spans.push(span);
    }

    /// An event is what today's conventions write as a log record, so it becomes one.
    fn event(&mut self, resource: ResourceId, span: &SpanLine<'_>, event: &EventLine<'_>) {
        const ERROR: u8 = 17;
        let message = event.attributes.0.iter().find(|attribute| attribute.0.key.0 == "exception.message");
        let body = match message.map(|attribute| &attribute.0.value) {
            Some(Any::Text(text)) => self.intern(text),
            Some(_) | None => self.intern(""),
        };
        let record = LogRecord {
            resource,
            at_ns: event.at_ns(span),
            severity: if event.name.0 == "exception" { ERROR } else { 0 },
            event_name: Some(self.intern(&event.name.0)),
            body,
            trace_id: span.trace_id.0,
            span_id: narrow(span.span_id),
            attributes: self.attributes(&event.attributes),
        };
        self.evidence.logs.push(record);
    }

    fn record(&mut self, resource: ResourceId, line: &RecordLine<'_>) {
        let body = match &line.body {
            Any::Text(text) => self.intern(text),
            Any::Empty => self.intern(""),
            other => self.intern(&other.to_json()),
        };
        let record = LogRecord {
            resource,
            at_ns: line.at_ns(),
            severity: line.severity(),
            event_name: (!line.event_name.0.is_empty()).then(|| self.intern(&line.event_name.0)),
            body,
            trace_id: line.trace_id.0,
            span_id: narrow(line.span_id),
            attributes: self.attributes(&line.attributes),
        };
        self.evidence.logs.push(record);
    }

    /// Equal resources are one, in whichever order they name their attributes.
    fn resource(&mut self, line: &value::Resource<'_>) -> ResourceId {
        let attributes = self.attributes(&line.attributes);
        let key = attributes_key(&attributes);
        if let Some(known) = self.resources.get(&key) {
            return *known;
        }
        let id = u32::try_from(self.evidence.resources.len()).expect("fewer than 2^32 resources fit in memory");
        self.evidence.resources.push(Resource { attributes });
        self.resources.insert(key, ResourceId(id));
        ResourceId(id)
    }

    /// Attributes without a value are left out: they say nothing.
    fn attributes(&mut self, line: &List<Json<value::Attribute<'_>>>) -> Attributes {
        let mut scratch = std::mem::take(&mut self.scratch);
        for Json(attribute) in &line.0 {
            let value = match &attribute.value {
                Any::Empty => continue,
                Any::Text(text) => Value::Text(self.intern(text)),
                Any::Int(value) => Value::Int(*value),
                Any::Double(value) => Value::Double(*value),
                Any::Bool(value) => Value::Bool(*value),
                other @ (Any::List(_) | Any::Map(_)) => Value::Text(self.intern(&other.to_json())),
            };
            scratch.push((self.intern(&attribute.key.0), value));
        }
        let attributes = scratch.as_slice().into();
        scratch.clear();
        self.scratch = scratch;
        attributes
    }
}

fn attributes_key(attributes: &[(Symbol, Value)]) -> AttributesKey {
    let value = |value: Value| match value {
        Value::Text(symbol) => (0, u64::from(symbol.0)),
        Value::Int(value) => (1, value.cast_unsigned()),
        Value::Double(value) => (2, value.to_bits()),
        Value::Bool(value) => (3, u64::from(value)),
    };
    let mut key: AttributesKey = attributes.iter().map(|(name, content)| (*name, value(*content))).collect();
    key.sort_unstable();
    key
}
