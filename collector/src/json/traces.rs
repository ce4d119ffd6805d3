//! Spans.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

use super::text::Object;
use super::value::{attribute, resource, scope};

pub(super) fn request(out: &mut Vec<u8>, request: &ExportTraceServiceRequest) {
    let mut object = Object::open(out);
    object.list("resourceSpans", &request.resource_spans, resource_spans);
    object.close();
}

fn resource_spans(out: &mut Vec<u8>, spans: &ResourceSpans) {
    let mut object = Object::open(out);
    resource(object.field("resource"), spans.resource.as_ref());
    object.list("scopeSpans", &spans.scope_spans, scope_spans);
    object.text("schemaUrl", &spans.schema_url);
    object.close();
}

fn scope_spans(out: &mut Vec<u8>, spans: &ScopeSpans) {
    let mut object = Object::open(out);
    scope(object.field("scope"), spans.scope.as_ref());
    object.list("spans", &spans.spans, span);
    object.text("schemaUrl", &spans.schema_url);
    object.close();
}

fn span(out: &mut Vec<u8>, span: &Span) {
    let mut object = Object::open(out);
    object.id("traceId", &span.trace_id);
    object.id("spanId", &span.span_id);
    object.text("traceState", &span.trace_state);
    object.id("parentSpanId", &span.parent_span_id);
    object.number("flags", span.flags);
    object.text("name", &span.name);
    object.number("kind", span.kind);
    object.long("startTimeUnixNano", span.start_time_unix_nano);
    object.long("endTimeUnixNano", span.end_time_unix_nano);
    object.list("attributes", &span.attributes, attribute);
    object.number("droppedAttributesCount", span.dropped_attributes_count);
    object.list("events", &span.events, event);
    object.number("droppedEventsCount", span.dropped_events_count);
    object.list("links", &span.links, link);
    object.number("droppedLinksCount", span.dropped_links_count);
    let mut status = Object::open(object.field("status"));
    if let Some(given) = &span.status {
        status.text("message", &given.message);
        status.number("code", given.code);
    }
    status.close();
    object.close();
}

fn event(out: &mut Vec<u8>, event: &Event) {
    let mut object = Object::open(out);
    object.long("timeUnixNano", event.time_unix_nano);
    object.text("name", &event.name);
    object.list("attributes", &event.attributes, attribute);
    object.number("droppedAttributesCount", event.dropped_attributes_count);
    object.close();
}

fn link(out: &mut Vec<u8>, link: &Link) {
    let mut object = Object::open(out);
    object.id("traceId", &link.trace_id);
    object.id("spanId", &link.span_id);
    object.text("traceState", &link.trace_state);
    object.list("attributes", &link.attributes, attribute);
    object.number("droppedAttributesCount", link.dropped_attributes_count);
    object.number("flags", link.flags);
    object.close();
}
