//! Log records as JSON lines on standard output, with the keys they have in OTLP.

use std::io::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};
use serde_json::{Map, Value, json};

/// Writes each record, then hands it on.
#[derive(Debug)]
pub(crate) struct LogLines<P> {
    pub(crate) service: String,
    pub(crate) next: P,
}

impl<P: LogProcessor> LogProcessor for LogLines<P> {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        let line = line(&self.service, record);
        // Standard output may be closed; the record still goes its way over OTLP.
        drop(writeln!(std::io::stdout().lock(), "{line}"));
        self.next.emit(record, scope);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.next.event_enabled(level, target, name)
    }
}

fn line(service: &str, record: &SdkLogRecord) -> Value {
    let mut line = Map::new();
    let at = record.timestamp().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    line.insert("time_unix_nano".into(), json!(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)));
    line.insert("severity".into(), json!(record.severity_text()));
    line.insert("service.name".into(), json!(service));
    line.insert("event".into(), json!(record.event_name()));
    line.insert("message".into(), record.body().map_or(Value::Null, value));
    if let Some(trace) = record.trace_context() {
        line.insert("trace_id".into(), json!(trace.trace_id.to_string()));
        line.insert("span_id".into(), json!(trace.span_id.to_string()));
    }
    line.extend(record.attributes_iter().map(|(key, attribute)| (key.to_string(), value(attribute))));
    Value::Object(line)
}

fn value(any: &AnyValue) -> Value {
    match any {
        AnyValue::Int(number) => json!(number),
        AnyValue::Double(number) => json!(number),
        AnyValue::String(text) => json!(text.as_str()),
        AnyValue::Boolean(flag) => json!(flag),
        other => json!(format!("{other:?}")),
    }
}
