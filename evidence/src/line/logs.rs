//! A line of `logs.jsonl`.

use crate::line::value::{Any, Attributes, Resource};
use crate::line::{Json, SpanId, TraceId};
use crate::otlp::{Enumeration, List, Text, Unsigned};
use crate::otlp_object;

#[derive(Default)]
pub(crate) struct Logs<'de> {
    pub(crate) resources: List<Json<ResourceLogs<'de>>>,
}

#[derive(Default)]
pub(crate) struct ResourceLogs<'de> {
    pub(crate) resource: Resource<'de>,
    pub(crate) scopes: List<Json<ScopeLogs<'de>>>,
}

#[derive(Default)]
pub(crate) struct ScopeLogs<'de> {
    pub(crate) records: List<Json<RecordLine<'de>>>,
}

#[derive(Default)]
pub(crate) struct RecordLine<'de> {
    pub(crate) time_ns: u64,
    pub(crate) observed_ns: u64,
    /// 0 to 24.
    pub(crate) severity: u8,
    pub(crate) severity_text: Text<'de>,
    pub(crate) event_name: Text<'de>,
    pub(crate) body: Any<'de>,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) attributes: Attributes<'de>,
}

otlp_object! { Json<Logs<'de>> {
    "resourceLogs" | "resource_logs" => |line, resources: List<Json<ResourceLogs<'de>>>| line.resources = resources;
}}

otlp_object! { Json<ResourceLogs<'de>> {
    "resource" => |logs, resource: Json<Resource<'de>>| logs.resource = resource.0;
    "scopeLogs" | "scope_logs" | "instrumentationLibraryLogs" => |logs, scopes: List<Json<ScopeLogs<'de>>>| {
        logs.scopes = scopes;
    };
}}

otlp_object! { Json<ScopeLogs<'de>> {
    "logRecords" | "log_records" => |scope, records: List<Json<RecordLine<'de>>>| scope.records = records;
}}

otlp_object! { Json<RecordLine<'de>> {
    "timeUnixNano" | "time_unix_nano" => |record, time: Unsigned| record.time_ns = time.0;
    "observedTimeUnixNano" | "observed_time_unix_nano" => |record, time: Unsigned| record.observed_ns = time.0;
    "severityNumber" | "severity_number" => |record, severity: Enumeration<'de>| {
        record.severity = severity_number(&severity);
    };
    "severityText" | "severity_text" => |record, text: Text<'de>| record.severity_text = text;
    "eventName" | "event_name" => |record, name: Text<'de>| record.event_name = name;
    "body" => |record, body: Json<Any<'de>>| record.body = body.0;
    "attributes" => |record, attributes: Attributes<'de>| record.attributes = attributes;
    "traceId" | "trace_id" => |record, id: TraceId| record.trace_id = id;
    "spanId" | "span_id" => |record, id: SpanId| record.span_id = id;
}}

impl RecordLine<'_> {
    /// The time of the event, or when it was observed where that is all there is.
    pub(crate) fn at_ns(&self) -> u64 {
        if self.time_ns == 0 { self.observed_ns } else { self.time_ns }
    }

    /// The severity number, or the one that the text stands for where a sender gave only that.
    pub(crate) fn severity(&self) -> u8 {
        if self.severity == 0 { by_text(&self.severity_text.0).unwrap_or(0) } else { self.severity }
    }
}

pub(crate) fn severity_number(severity: &Enumeration<'_>) -> u8 {
    let number = severity.number(|name| by_text(name.strip_prefix("SEVERITY_NUMBER_").unwrap_or(name)).map(i32::from));
    number.and_then(|number| u8::try_from(number).ok()).filter(|number| *number <= 24).unwrap_or(0)
}

/// `ERROR` is 17, `ERROR2` is 18.
fn by_text(text: &str) -> Option<u8> {
    const NAMES: [(&str, u8); 8] = [
        ("TRACE", 1),
        ("DEBUG", 5),
        ("INFO", 9),
        ("WARN", 13),
        ("WARNING", 13),
        ("ERROR", 17),
        ("FATAL", 21),
        ("CRITICAL", 21),
    ];
    let name = text.trim_end_matches(['2', '3', '4']);
    let step = text[name.len()..].parse::<u8>().map_or(0, |step| step - 1);
    NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, number)| number + step.min(3))
}
