//! Spans.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};

use super::value::{attributes, id, list, resource, text};
use crate::line::traces::{
    EventLine, LinkLine, ResourceSpans, ScopeSpans, SpanLine, StatusLine, Traces, span_kind, span_status,
};
use crate::otlp::Enumeration;

pub(super) fn line(request: &ExportTraceServiceRequest) -> Traces<'_> {
    Traces {
        resources: list(&request.resource_spans, |group| ResourceSpans {
            resource: resource(group.resource.as_ref()),
            scopes: list(&group.scope_spans, |scope| ScopeSpans { spans: list(&scope.spans, span) }),
        }),
    }
}

fn span(span: &v1::Span) -> SpanLine<'_> {
    let status = span.status.as_ref().map_or(0, |status| status.code);
    SpanLine {
        trace_id: id(&span.trace_id),
        span_id: id(&span.span_id),
        parent_id: id(&span.parent_span_id),
        name: text(&span.name),
        kind: span_kind(&Enumeration::Number(span.kind)),
        status: StatusLine(span_status(&Enumeration::Number(status))),
        start_ns: span.start_time_unix_nano,
        end_ns: span.end_time_unix_nano,
        attributes: attributes(&span.attributes),
        events: list(&span.events, event),
        links: list(&span.links, link),
    }
}

fn event(event: &Event) -> EventLine<'_> {
    EventLine { at_ns: event.time_unix_nano, name: text(&event.name), attributes: attributes(&event.attributes) }
}

fn link(link: &Link) -> LinkLine {
    LinkLine { trace_id: id(&link.trace_id), span_id: id(&link.span_id) }
}
