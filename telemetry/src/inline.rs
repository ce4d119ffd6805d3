//! The synchronous sink: finished spans and records wait here, in order of their end, until somebody pulls them.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use opentelemetry::logs::Severity;
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope as ProtoScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as ProtoSpan};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, Temporality};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::export::{Finish, sort};

/// What one export of one signal holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
    Logs(ExportLogsServiceRequest),
}

/// The buffers of one telemetry value.
#[derive(Debug)]
pub(crate) struct Inline {
    resource: ProtoResource,
    scope: String,
    spans: Mutex<Vec<ProtoSpan>>,
    logs: Mutex<Vec<(String, LogRecord)>>,
    pub(crate) reader: Reader,
    pub(crate) finish: Finish,
}

impl Inline {
    pub(crate) fn new(resource: &Resource, scope: &str, finish: Finish) -> Self {
        let mut attributes: Vec<KeyValue> = resource
            .iter()
            .map(|(key, value)| KeyValue {
                key: key.to_string(),
                value: Some(value.clone().into()),
                ..KeyValue::default()
            })
            .collect();
        sort(&mut attributes);
        let reader = Reader::new(ManualReader::builder().with_temporality(Temporality::Cumulative).build());
        Self {
            resource: ProtoResource { attributes, ..ProtoResource::default() },
            scope: scope.to_owned(),
            spans: Mutex::default(),
            logs: Mutex::default(),
            reader,
            finish,
        }
    }

    /// Takes out what has gathered; metrics are measured now if asked for.
    pub(crate) fn pull(&self, metrics: bool) -> Vec<Batch> {
        let mut batches = Vec::new();
        let tallies = &self.finish.stamp.tallies;
        let spans = take(&self.spans);
        if !spans.is_empty() {
            tallies.spans.exported(spans.len() as u64, true);
            let scope = Some(ProtoScope { name: self.scope.clone(), ..ProtoScope::default() });
            let scope_spans = vec![ScopeSpans { scope, spans, ..ScopeSpans::default() }];
            let resource = Some(self.resource.clone());
            let resource_spans = vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
            batches.push(Batch::Traces(ExportTraceServiceRequest { resource_spans }));
        }
        let logs = take(&self.logs);
        if !logs.is_empty() {
            tallies.logs.exported(logs.len() as u64, true);
            batches.push(Batch::Logs(self.log_request(logs)));
        }
        if metrics {
            let mut measured = ResourceMetrics::default();
            if self.reader.collect(&mut measured).is_ok() {
                let (request, points) = self.finish.request(&measured);
                tallies.points.exported(points, true);
                if points > 0 {
                    batches.push(Batch::Metrics(request));
                }
            }
        }
        batches
    }

    fn log_request(&self, logs: Vec<(String, LogRecord)>) -> ExportLogsServiceRequest {
        let mut scope_logs: Vec<ScopeLogs> = Vec::new();
        for (name, record) in logs {
            let known = scope_logs.iter_mut().find(|logs| logs.scope.as_ref().is_some_and(|scope| scope.name == name));
            match known {
                Some(logs) => logs.log_records.push(record),
                None => scope_logs.push(ScopeLogs {
                    scope: Some(ProtoScope { name, ..ProtoScope::default() }),
                    log_records: vec![record],
                    ..ScopeLogs::default()
                }),
            }
        }
        let resource = Some(self.resource.clone());
        let resource_logs = vec![ResourceLogs { resource, scope_logs, ..ResourceLogs::default() }];
        ExportLogsServiceRequest { resource_logs }
    }
}

/// Takes everything out and leaves room for as much, so that a buffer is not copied again and again while it fills.
fn take<T>(buffer: &Mutex<Vec<T>>) -> Vec<T> {
    let mut buffer = buffer.lock().unwrap_or_else(PoisonError::into_inner);
    let room = Vec::with_capacity(buffer.len());
    std::mem::replace(&mut *buffer, room)
}

/// Span processor of the synchronous sink.
#[derive(Debug)]
pub(crate) struct InlineSpans(pub(crate) Arc<Inline>);

impl SpanProcessor for InlineSpans {
    fn on_start(&self, _span: &mut Span, _cx: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.spans.lock().unwrap_or_else(PoisonError::into_inner).push(span.into());
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Log processor of the synchronous sink.
#[derive(Debug)]
pub(crate) struct InlineLogs(pub(crate) Arc<Inline>);

impl LogProcessor for InlineLogs {
    fn emit(&self, record: &mut SdkLogRecord, _scope: &InstrumentationScope) {
        let scope = record.target().map(ToString::to_string).unwrap_or_default();
        self.0.logs.lock().unwrap_or_else(PoisonError::into_inner).push((scope, (&*record).into()));
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn event_enabled(&self, _level: Severity, _target: &str, _name: Option<&str>) -> bool {
        true
    }
}

/// A manual reader that can be asked after it was handed to the provider.
#[derive(Clone, Debug)]
pub(crate) struct Reader(Arc<ManualReader>);

impl Reader {
    pub(crate) fn new(reader: ManualReader) -> Self {
        Self(Arc::new(reader))
    }
}

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}
