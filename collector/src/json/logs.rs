//! Log records.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};

use super::text::Object;
use super::value::{any, attribute, resource, scope};

pub(super) fn request(out: &mut Vec<u8>, request: &ExportLogsServiceRequest) {
    let mut object = Object::open(out);
    object.list("resourceLogs", &request.resource_logs, resource_logs);
    object.close();
}

fn resource_logs(out: &mut Vec<u8>, logs: &ResourceLogs) {
    let mut object = Object::open(out);
    resource(object.field("resource"), logs.resource.as_ref());
    object.list("scopeLogs", &logs.scope_logs, scope_logs);
    object.text("schemaUrl", &logs.schema_url);
    object.close();
}

fn scope_logs(out: &mut Vec<u8>, logs: &ScopeLogs) {
    let mut object = Object::open(out);
    scope(object.field("scope"), logs.scope.as_ref());
    object.list("logRecords", &logs.log_records, record);
    object.text("schemaUrl", &logs.schema_url);
    object.close();
}

fn record(out: &mut Vec<u8>, record: &LogRecord) {
    let mut object = Object::open(out);
    object.long("timeUnixNano", record.time_unix_nano);
    object.long("observedTimeUnixNano", record.observed_time_unix_nano);
    object.number("severityNumber", record.severity_number);
    object.text("severityText", &record.severity_text);
    any(object.field("body"), record.body.as_ref());
    object.list("attributes", &record.attributes, attribute);
    object.number("droppedAttributesCount", record.dropped_attributes_count);
    object.number("flags", record.flags);
    object.id("traceId", &record.trace_id);
    object.id("spanId", &record.span_id);
    object.text("eventName", &record.event_name);
    object.close();
}
