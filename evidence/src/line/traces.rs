//! A line of `traces.jsonl`.

use rca_engine::evidence::{SpanKind, Status};

use crate::line::value::{Attributes, Resource};
use crate::line::{Json, SpanId, TraceId};
use crate::otlp::{Enumeration, List, Text, Unsigned};
use crate::otlp_object;

#[derive(Default)]
pub(crate) struct Traces<'de> {
    pub(crate) resources: List<Json<ResourceSpans<'de>>>,
}

#[derive(Default)]
pub(crate) struct ResourceSpans<'de> {
    pub(crate) resource: Resource<'de>,
    pub(crate) scopes: List<Json<ScopeSpans<'de>>>,
}

#[derive(Default)]
pub(crate) struct ScopeSpans<'de> {
    pub(crate) spans: List<Json<SpanLine<'de>>>,
}

#[derive(Default)]
pub(crate) struct SpanLine<'de> {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) parent_id: SpanId,
    pub(crate) name: Text<'de>,
    pub(crate) kind: SpanKind,
    pub(crate) status: StatusLine,
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) attributes: Attributes<'de>,
    pub(crate) events: List<Json<EventLine<'de>>>,
    pub(crate) links: List<Json<LinkLine>>,
}

#[derive(Default)]
pub(crate) struct StatusLine(pub(crate) Status);

#[derive(Default)]
pub(crate) struct EventLine<'de> {
    pub(crate) at_ns: u64,
    pub(crate) name: Text<'de>,
    pub(crate) attributes: Attributes<'de>,
}

#[derive(Default)]
pub(crate) struct LinkLine {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
}

otlp_object! { Json<Traces<'de>> {
    "resourceSpans" | "resource_spans" => |line, resources: List<Json<ResourceSpans<'de>>>| line.resources = resources;
}}

otlp_object! { Json<ResourceSpans<'de>> {
    "resource" => |spans, resource: Json<Resource<'de>>| spans.resource = resource.0;
    "scopeSpans" | "scope_spans" | "instrumentationLibrarySpans" => |spans, scopes: List<Json<ScopeSpans<'de>>>| {
        spans.scopes = scopes;
    };
}}

otlp_object! { Json<ScopeSpans<'de>> {
    "spans" => |scope, spans: List<Json<SpanLine<'de>>>| scope.spans = spans;
}}

otlp_object! { Json<SpanLine<'de>> {
    "traceId" | "trace_id" => |span, id: TraceId| span.trace_id = id;
    "spanId" | "span_id" => |span, id: SpanId| span.span_id = id;
    "parentSpanId" | "parent_span_id" => |span, id: SpanId| span.parent_id = id;
    "name" => |span, name: Text<'de>| span.name = name;
    "kind" => |span, kind: Enumeration<'de>| span.kind = span_kind(&kind);
    "startTimeUnixNano" | "start_time_unix_nano" => |span, time: Unsigned| span.start_ns = time.0;
    "endTimeUnixNano" | "end_time_unix_nano" => |span, time: Unsigned| span.end_ns = time.0;
    "attributes" => |span, attributes: Attributes<'de>| span.attributes = attributes;
    "events" => |span, events: List<Json<EventLine<'de>>>| span.events = events;
    "links" => |span, links: List<Json<LinkLine>>| span.links = links;
    "status" => |span, status: Json<StatusLine>| span.status = status.0;
}}

otlp_object! { Json<StatusLine> {
    "code" => |status, code: Enumeration<'de>| status.0 = span_status(&code);
}}

otlp_object! { Json<EventLine<'de>> {
    "timeUnixNano" | "time_unix_nano" => |event, time: Unsigned| event.at_ns = time.0;
    "name" => |event, name: Text<'de>| event.name = name;
    "attributes" => |event, attributes: Attributes<'de>| event.attributes = attributes;
}}

otlp_object! { Json<LinkLine> {
    "traceId" | "trace_id" => |link, id: TraceId| link.trace_id = id;
    "spanId" | "span_id" => |link, id: SpanId| link.span_id = id;
}}

impl EventLine<'_> {
    /// An event without a time happened no later than its span ended.
    pub(crate) fn at_ns(&self, span: &SpanLine<'_>) -> u64 {
        if self.at_ns == 0 { span.end_ns } else { self.at_ns }
    }
}

/// A kind nobody knows is unspecified: one odd span is no reason to lose a line.
pub(crate) fn span_kind(kind: &Enumeration<'_>) -> SpanKind {
    let number = kind.number(|name| {
        let names = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
        position(&names, name.strip_prefix("SPAN_KIND_").unwrap_or(name))
    });
    match number {
        Some(1) => SpanKind::Internal,
        Some(2) => SpanKind::Server,
        Some(3) => SpanKind::Client,
        Some(4) => SpanKind::Producer,
        Some(5) => SpanKind::Consumer,
        Some(_) | None => SpanKind::Unspecified,
    }
}

pub(crate) fn span_status(code: &Enumeration<'_>) -> Status {
    let number =
        code.number(|name| position(&["UNSET", "OK", "ERROR"], name.strip_prefix("STATUS_CODE_").unwrap_or(name)));
    match number {
        Some(1) => Status::Ok,
        Some(2) => Status::Error,
        Some(_) | None => Status::Unset,
    }
}

fn position(names: &[&str], name: &str) -> Option<i32> {
    let position = names.iter().position(|known| known.eq_ignore_ascii_case(name))?;
    i32::try_from(position).ok()
}
