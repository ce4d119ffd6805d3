//! Evidence as it grows line by line: names interned, resources and series joined.

pub(crate) mod filter;
mod interner;
mod kept;
mod lane;
pub(crate) mod part;
mod series;

use std::collections::HashMap;

use rca_engine::evidence::{Attributes, Evidence, LogRecord, Names, Resource, ResourceId, Span, Symbol, Value};

use crate::line::logs::{Logs, RecordLine};
use crate::line::metrics::Metrics;
use crate::line::traces::{EventLine, SpanLine, Traces};
use crate::line::value::{self, Any};
use crate::line::{Json, narrow};
use crate::otlp::List;
use interner::Interner;
use part::Part;

/// What identifies an attribute value: its kind and its bits.
type ValueKey = (u8, u64);
/// Attributes in one order, whatever order they came in.
type AttributesKey = Vec<(Symbol, ValueKey)>;

/// Collects evidence, each query's apart but all under one numbering of names and resources; the indices beside it are
/// only needed while it grows.
pub(crate) struct Store {
    names: Names,
    resources: Vec<Resource>,
    topology: Vec<(Symbol, Symbol)>,
    interner: Interner,
    known: HashMap<AttributesKey, ResourceId>,
    parts: Vec<Part>,
    /// Reused for the attributes of each item.
    scratch: Vec<(Symbol, Value)>,
}

impl Default for Store {
    /// A store that takes everything in.
    fn default() -> Self {
        Self::of(vec![Part::default()])
    }
}

impl Store {
    /// A store that takes in what some query asks for.
    pub(crate) fn of(parts: Vec<Part>) -> Self {
        Self {
            names: Names::default(),
            resources: Vec::new(),
            topology: Vec::new(),
            interner: Interner::default(),
            known: HashMap::new(),
            parts,
            scratch: Vec::new(),
        }
    }

    pub(crate) fn connect(&mut self, caller: &str, callee: &str) {
        let edge = (self.intern(caller), self.intern(callee));
        self.topology.push(edge);
    }

    /// Everything of a store without queries, its series by ascending time.
    pub(crate) fn finish(mut self) -> Evidence {
        let everything = self.parts.pop().unwrap_or_default();
        let (names, resources, topology) = (self.names, self.resources, self.topology);
        everything.finish(Evidence { names, resources, topology, ..Evidence::default() })
    }

    /// What each query asked for, in the order of the queries, beside what all of it is numbered by.
    pub(crate) fn split(self) -> (Evidence, Vec<Part>) {
        let (names, resources, topology) = (self.names, self.resources, self.topology);
        (Evidence { names, resources, topology, ..Evidence::default() }, self.parts)
    }

    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        self.interner.intern(&mut self.names, text)
    }

    /// Takes in a line of spans; events become log records of their span.
    pub(crate) fn traces(&mut self, line: &Traces<'_>) {
        for Json(group) in &line.resources.0 {
            let mut resource = None;
            for Json(span) in group.scopes.0.iter().flat_map(|scope| &scope.0.spans.0) {
                for part in 0..self.parts.len() {
                    for Json(event) in &span.events.0 {
                        if self.parts[part].takes_event(&group.resource, span, event) {
                            let resource = *resource.get_or_insert_with(|| self.resource(&group.resource));
                            let record = self.event(resource, span, event);
                            self.parts[part].push_log(record);
                        }
                    }
                    if self.parts[part].takes_span(&group.resource, span) {
                        let resource = *resource.get_or_insert_with(|| self.resource(&group.resource));
                        let span = self.span(resource, span);
                        self.parts[part].push_span(span);
                    }
                }
            }
        }
    }

    /// Takes in a line of log records.
    pub(crate) fn logs(&mut self, line: &Logs<'_>) {
        for Json(group) in &line.resources.0 {
            let mut resource = None;
            for Json(record) in group.scopes.0.iter().flat_map(|scope| &scope.0.records.0) {
                for part in 0..self.parts.len() {
                    if self.parts[part].takes_record(&group.resource, record) {
                        let resource = *resource.get_or_insert_with(|| self.resource(&group.resource));
                        let record = self.record(resource, record);
                        self.parts[part].push_log(record);
                    }
                }
            }
        }
    }

    /// Takes in a line of metrics.
    pub(crate) fn metrics(&mut self, line: &Metrics<'_>) {
        for Json(group) in &line.resources.0 {
            for Json(metric) in group.scopes.0.iter().flat_map(|scope| &scope.0.metrics.0) {
                for part in 0..self.parts.len() {
                    self.metric(part, &group.resource, metric);
                }
            }
        }
    }

    fn span(&mut self, resource: ResourceId, line: &SpanLine<'_>) -> Span {
        Span {
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
        }
    }

    /// An event is what today's conventions write as a log record, so it becomes one.
    fn event(&mut self, resource: ResourceId, span: &SpanLine<'_>, event: &EventLine<'_>) -> LogRecord {
        const ERROR: u8 = 17;
        let message = event.attributes.0.iter().find(|attribute| attribute.0.key.0 == "exception.message");
        let body = match message.map(|attribute| &attribute.0.value) {
            Some(Any::Text(text)) => self.intern(text),
            Some(_) | None => self.intern(""),
        };
        LogRecord {
            resource,
            at_ns: event.at_ns(span),
            severity: if event.name.0 == "exception" { ERROR } else { 0 },
            event_name: Some(self.intern(&event.name.0)),
            body,
            trace_id: span.trace_id.0,
            span_id: narrow(span.span_id),
            attributes: self.attributes(&event.attributes),
        }
    }

    fn record(&mut self, resource: ResourceId, line: &RecordLine<'_>) -> LogRecord {
        let body = match &line.body {
            Any::Text(text) => self.intern(text),
            Any::Empty => self.intern(""),
            other => self.intern(&other.to_json()),
        };
        LogRecord {
            resource,
            at_ns: line.at_ns(),
            severity: line.severity(),
            event_name: (!line.event_name.0.is_empty()).then(|| self.intern(&line.event_name.0)),
            body,
            trace_id: line.trace_id.0,
            span_id: narrow(line.span_id),
            attributes: self.attributes(&line.attributes),
        }
    }

    /// Equal resources are one, in whichever order they name their attributes.
    fn resource(&mut self, line: &value::Resource<'_>) -> ResourceId {
        let attributes = self.attributes(&line.attributes);
        let key = attributes_key(&attributes);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let id = u32::try_from(self.resources.len()).expect("fewer than 2^32 resources fit in memory");
        self.resources.push(Resource { attributes });
        self.known.insert(key, ResourceId(id));
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
