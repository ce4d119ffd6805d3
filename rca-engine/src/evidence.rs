//! Evidence in memory: resources, spans, log records and metric series with interned names and integer nanoseconds.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::query::Source;

/// An interned string of one [`Evidence`]; compare symbols of the same store only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// Index into [`Evidence::resources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub u32);

/// Strings to symbols and back; symbols are numbered in order of first sight. A copy shares its table with the original
/// until either learns a new string, so that many answers from one store cost one table.
#[derive(Clone, Debug, Default)]
pub struct Names {
    table: Arc<Table>,
}

#[derive(Clone, Debug, Default)]
struct Table {
    texts: Vec<Arc<str>>,
    index: BTreeMap<Arc<str>, Symbol>,
}

impl Names {
    /// The symbol of a text, new or known.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.find(text) {
            return symbol;
        }
        let symbol = Symbol(u32::try_from(self.len()).expect("fewer than 2^32 distinct strings fit in memory"));
        let text: Arc<str> = Arc::from(text);
        let table = Arc::make_mut(&mut self.table);
        table.texts.push(Arc::clone(&text));
        table.index.insert(text, symbol);
        symbol
    }

    /// The symbol of a text, if it occurs at all.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        self.table.index.get(text).copied()
    }

    /// The text of a symbol of this store.
    pub fn text(&self, symbol: Symbol) -> &str {
        &self.table.texts[symbol.0 as usize]
    }

    /// How many distinct strings there are.
    pub fn len(&self) -> usize {
        self.table.texts.len()
    }

    /// Whether nothing was interned yet.
    pub fn is_empty(&self) -> bool {
        self.table.texts.is_empty()
    }

    /// Whether both number the same strings the same way because they share one table.
    fn shares(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.table, &other.table)
    }
}

/// An attribute value; arrays and maps are kept as their JSON text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    Text(Symbol),
    Int(i64),
    Double(f64),
    Bool(bool),
}

/// Attributes in the order of the telemetry.
pub type Attributes = Box<[(Symbol, Value)]>;

/// Who emitted: the attributes of an OTLP resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub attributes: Attributes,
}

/// OTLP span kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpanKind {
    #[default]
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// OTLP span status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    #[default]
    Unset,
    Ok,
    Error,
}

/// One operation of one trace. `parent_id` 0: none.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub trace_id: u128,
    pub span_id: u64,
    pub parent_id: u64,
    pub resource: ResourceId,
    pub name: Symbol,
    pub kind: SpanKind,
    pub status: Status,
    /// Nanoseconds since the Unix epoch.
    pub start_ns: u64,
    /// Nanoseconds since the Unix epoch, never before `start_ns`.
    pub end_ns: u64,
    pub attributes: Attributes,
    /// Linked spans: trace id, span id.
    pub links: Box<[(u128, u64)]>,
}

/// One log record. `trace_id` and `span_id` 0: none.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord {
    pub resource: ResourceId,
    /// Nanoseconds since the Unix epoch: the event's time, or the observed time where the event has none.
    pub at_ns: u64,
    /// OTLP severity number, 0 to 24.
    pub severity: u8,
    pub event_name: Option<Symbol>,
    pub body: Symbol,
    pub trace_id: u128,
    pub span_id: u64,
    pub attributes: Attributes,
}

/// One metric of one resource with one attribute set.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub resource: ResourceId,
    pub name: Symbol,
    pub unit: Symbol,
    pub attributes: Attributes,
    pub points: Points,
}

/// The points of a series, by ascending time.
#[derive(Clone, Debug, PartialEq)]
pub enum Points {
    Gauge(Vec<Number>),
    Sum { monotonic: bool, cumulative: bool, points: Vec<Number> },
    Histogram { cumulative: bool, bounds: Box<[f64]>, points: Vec<Distribution> },
}

/// A number at a time. `start_ns` is 0 for gauges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    pub start_ns: u64,
    pub at_ns: u64,
    pub value: f64,
}

/// A histogram point: `buckets` has one more entry than the bounds, or is empty where only count and sum are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    pub start_ns: u64,
    pub at_ns: u64,
    pub count: u64,
    pub sum: f64,
    pub buckets: Box<[u64]>,
    /// Exemplars: value, trace id, span id.
    pub exemplars: Box<[(f64, u128, u64)]>,
}

/// Everything an investigation may look at, or one answer to one query. No order is promised.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    pub names: Names,
    pub resources: Vec<Resource>,
    pub spans: Vec<Span>,
    pub logs: Vec<LogRecord>,
    pub series: Vec<Series>,
    /// Calls known from elsewhere, caller and callee, where traces do not show them.
    pub topology: Vec<(Symbol, Symbol)>,
}

impl Evidence {
    /// A text attribute of a resource, such as `service.name`.
    pub fn resource_text(&self, resource: ResourceId, key: &str) -> Option<&str> {
        let key = self.names.find(key)?;
        self.text_of(&self.resources[resource.0 as usize].attributes, key)
    }

    /// A text among attributes.
    pub fn text_of(&self, attributes: &[(Symbol, Value)], key: Symbol) -> Option<&str> {
        attributes.iter().find(|(name, _)| *name == key).and_then(|(_, value)| match value {
            Value::Text(text) => Some(self.names.text(*text)),
            Value::Int(_) | Value::Double(_) | Value::Bool(_) => None,
        })
    }

    /// Drops the spans or log records of a window, as a query would have selected them.
    pub(crate) fn forget(&mut self, source: Source, window: &Range<u64>) {
        match source {
            Source::Traces => self.spans.retain(|span| !window.contains(&span.start_ns)),
            Source::Logs => self.logs.retain(|log| !window.contains(&log.at_ns)),
            Source::Metrics => {}
        }
    }

    /// Takes over everything of another store, renumbering its symbols and resources; equal resources become one.
    pub fn merge(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
            return;
        }
        if self.names.shares(&other.names) && self.resources == other.resources {
            self.append(other);
            return;
        }
        let symbols: Vec<Symbol> = other.names.table.texts.iter().map(|text| self.names.intern(text)).collect();
        let symbol = |old: Symbol| symbols[old.0 as usize];
        let attributes = |old: Attributes| -> Attributes {
            old.into_iter()
                .map(|(key, value)| match value {
                    Value::Text(text) => (symbol(key), Value::Text(symbol(text))),
                    Value::Int(_) | Value::Double(_) | Value::Bool(_) => (symbol(key), value),
                })
                .collect()
        };
        let mut resources = Vec::with_capacity(other.resources.len());
        for resource in other.resources {
            let resource = Resource { attributes: attributes(resource.attributes) };
            let known = self.resources.iter().position(|known| *known == resource).unwrap_or_else(|| {
                self.resources.push(resource);
                self.resources.len() - 1
            });
            resources.push(ResourceId(u32::try_from(known).expect("fewer than 2^32 resources fit in memory")));
        }
        let resource = |old: ResourceId| resources[old.0 as usize];
        self.spans.extend(other.spans.into_iter().map(|span| Span {
            resource: resource(span.resource),
            name: symbol(span.name),
            attributes: attributes(span.attributes),
            ..span
        }));
        self.logs.extend(other.logs.into_iter().map(|log| LogRecord {
            resource: resource(log.resource),
            event_name: log.event_name.map(symbol),
            body: symbol(log.body),
            attributes: attributes(log.attributes),
            ..log
        }));
        self.series.extend(other.series.into_iter().map(|series| Series {
            resource: resource(series.resource),
            name: symbol(series.name),
            unit: symbol(series.unit),
            attributes: attributes(series.attributes),
            ..series
        }));
        self.topology.extend(other.topology.into_iter().map(|(from, to)| (symbol(from), symbol(to))));
    }

    /// Takes over the items of a store that numbers its symbols and resources as this one does.
    fn append(&mut self, other: Self) {
        append(&mut self.spans, other.spans);
        append(&mut self.logs, other.logs);
        append(&mut self.series, other.series);
        append(&mut self.topology, other.topology);
    }

    fn is_empty(&self) -> bool {
        let has_items = !(self.spans.is_empty() && self.logs.is_empty() && self.series.is_empty());
        !has_items && self.topology.is_empty() && self.resources.is_empty() && self.names.is_empty()
    }
}

fn append<T>(items: &mut Vec<T>, mut others: Vec<T>) {
    if items.is_empty() {
        *items = others;
    } else {
        items.reserve_exact(others.len());
        items.append(&mut others);
    }
}
