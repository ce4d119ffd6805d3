//! Log records.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use super::value::{any, attributes, id, list, resource, text};
use crate::line::logs::{Logs, RecordLine, ResourceLogs, ScopeLogs, severity_number};
use crate::line::value::Any;
use crate::otlp::Enumeration;

pub(super) fn line(request: &ExportLogsServiceRequest) -> Logs<'_> {
    Logs {
        resources: list(&request.resource_logs, |group| ResourceLogs {
            resource: resource(group.resource.as_ref()),
            scopes: list(&group.scope_logs, |scope| ScopeLogs { records: list(&scope.log_records, record) }),
        }),
    }
}

fn record(record: &LogRecord) -> RecordLine<'_> {
    RecordLine {
        time_ns: record.time_unix_nano,
        observed_ns: record.observed_time_unix_nano,
        severity: severity_number(&Enumeration::Number(record.severity_number)),
        severity_text: text(&record.severity_text),
        event_name: text(&record.event_name),
        body: record.body.as_ref().map_or(Any::Empty, any),
        trace_id: id(&record.trace_id),
        span_id: id(&record.span_id),
        attributes: attributes(&record.attributes),
    }
}
