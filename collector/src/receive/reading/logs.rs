//! Log records from OTLP/JSON.

use evidence::otlp::{Enumeration, Text, Unsigned};
use evidence::otlp_object;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::common::{Id, Uint32, named};
use super::{Json, Messages};

otlp_object! { Json<ExportLogsServiceRequest> {
    "resourceLogs" | "resource_logs" => |request, logs: Messages<ResourceLogs>| request.resource_logs = logs.0;
}}

otlp_object! { Json<ResourceLogs> {
    "resource" => |logs, resource: Json<Resource>| logs.resource = Some(resource.0);
    "scopeLogs" | "scope_logs" => |logs, scopes: Messages<ScopeLogs>| logs.scope_logs = scopes.0;
    "schemaUrl" | "schema_url" => |logs, url: Text<'de>| logs.schema_url = url.into();
}}

otlp_object! { Json<ScopeLogs> {
    "scope" => |logs, scope: Json<InstrumentationScope>| logs.scope = Some(scope.0);
    "logRecords" | "log_records" => |logs, records: Messages<LogRecord>| logs.log_records = records.0;
    "schemaUrl" | "schema_url" => |logs, url: Text<'de>| logs.schema_url = url.into();
}}

otlp_object! { Json<LogRecord> {
    "timeUnixNano" | "time_unix_nano" => |record, time: Unsigned| record.time_unix_nano = time.0;
    "observedTimeUnixNano" | "observed_time_unix_nano" => |record, time: Unsigned| {
        record.observed_time_unix_nano = time.0;
    };
    "severityNumber" | "severity_number" => |record, severity: Enumeration<'de>| {
        record.severity_number = named(&severity, |name| SeverityNumber::from_str_name(name).map(i32::from))?;
    };
    "severityText" | "severity_text" => |record, text: Text<'de>| record.severity_text = text.into();
    "body" => |record, body: Json<AnyValue>| record.body = Some(body.0);
    "attributes" => |record, attributes: Messages<KeyValue>| record.attributes = attributes.0;
    "droppedAttributesCount" | "dropped_attributes_count" => |record, count: Uint32| {
        record.dropped_attributes_count = count.0;
    };
    "flags" => |record, flags: Uint32| record.flags = flags.0;
    "traceId" | "trace_id" => |record, id: Id<16>| record.trace_id = id.0;
    "spanId" | "span_id" => |record, id: Id<8>| record.span_id = id.0;
    "eventName" | "event_name" => |record, name: Text<'de>| record.event_name = name.into();
}}
