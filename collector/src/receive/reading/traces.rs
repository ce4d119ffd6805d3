//! Spans from OTLP/JSON.

use evidence::otlp::{Enumeration, Text, Unsigned};
use evidence::otlp_object;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

use super::common::{Id, Uint32, named};
use super::{Json, Messages};

otlp_object! { Json<ExportTraceServiceRequest> {
    "resourceSpans" | "resource_spans" => |request, spans: Messages<ResourceSpans>| request.resource_spans = spans.0;
}}

otlp_object! { Json<ResourceSpans> {
    "resource" => |spans, resource: Json<Resource>| spans.resource = Some(resource.0);
    "scopeSpans" | "scope_spans" => |spans, scopes: Messages<ScopeSpans>| spans.scope_spans = scopes.0;
    "schemaUrl" | "schema_url" => |spans, url: Text<'de>| spans.schema_url = url.into();
}}

otlp_object! { Json<ScopeSpans> {
    "scope" => |spans, scope: Json<InstrumentationScope>| spans.scope = Some(scope.0);
    "spans" => |spans, list: Messages<Span>| spans.spans = list.0;
    "schemaUrl" | "schema_url" => |spans, url: Text<'de>| spans.schema_url = url.into();
}}

otlp_object! { Json<Span> {
    "traceId" | "trace_id" => |span, id: Id<16>| span.trace_id = id.0;
    "spanId" | "span_id" => |span, id: Id<8>| span.span_id = id.0;
    "traceState" | "trace_state" => |span, state: Text<'de>| span.trace_state = state.into();
    "parentSpanId" | "parent_span_id" => |span, id: Id<8>| span.parent_span_id = id.0;
    "flags" => |span, flags: Uint32| span.flags = flags.0;
    "name" => |span, name: Text<'de>| span.name = name.into();
    "kind" => |span, kind: Enumeration<'de>| {
        span.kind = named(&kind, |name| SpanKind::from_str_name(name).map(i32::from))?;
    };
    "startTimeUnixNano" | "start_time_unix_nano" => |span, time: Unsigned| span.start_time_unix_nano = time.0;
    "endTimeUnixNano" | "end_time_unix_nano" => |span, time: Unsigned| span.end_time_unix_nano = time.0;
    "attributes" => |span, attributes: Messages<KeyValue>| span.attributes = attributes.0;
    "droppedAttributesCount" | "dropped_attributes_count" => |span, n: Uint32| span.dropped_attributes_count = n.0;
    "events" => |span, events: Messages<Event>| span.events = events.0;
    "droppedEventsCount" | "dropped_events_count" => |span, count: Uint32| span.dropped_events_count = count.0;
    "links" => |span, links: Messages<Link>| span.links = links.0;
    "droppedLinksCount" | "dropped_links_count" => |span, count: Uint32| span.dropped_links_count = count.0;
    "status" => |span, status: Json<Status>| span.status = Some(status.0);
}}

otlp_object! { Json<Status> {
    "message" => |status, message: Text<'de>| status.message = message.into();
    "code" => |status, code: Enumeration<'de>| {
        status.code = named(&code, |name| StatusCode::from_str_name(name).map(i32::from))?;
    };
}}

otlp_object! { Json<Event> {
    "timeUnixNano" | "time_unix_nano" => |event, time: Unsigned| event.time_unix_nano = time.0;
    "name" => |event, name: Text<'de>| event.name = name.into();
    "attributes" => |event, attributes: Messages<KeyValue>| event.attributes = attributes.0;
    "droppedAttributesCount" | "dropped_attributes_count" => |event, n: Uint32| event.dropped_attributes_count = n.0;
}}

otlp_object! { Json<Link> {
    "traceId" | "trace_id" => |link, id: Id<16>| link.trace_id = id.0;
    "spanId" | "span_id" => |link, id: Id<8>| link.span_id = id.0;
    "traceState" | "trace_state" => |link, state: Text<'de>| link.trace_state = state.into();
    "attributes" => |link, attributes: Messages<KeyValue>| link.attributes = attributes.0;
    "droppedAttributesCount" | "dropped_attributes_count" => |link, n: Uint32| link.dropped_attributes_count = n.0;
    "flags" => |link, flags: Uint32| link.flags = flags.0;
}}
