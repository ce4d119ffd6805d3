//! Evidence taken over from messages in memory as they are written, equal to what reading the files would give.

mod logs;
mod metrics;
mod traces;
mod value;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use rca_engine::evidence::Evidence;

use crate::store::Store;

/// Takes in export requests in the order in which they are written.
///
/// Each signal has a store of its own, because a bundle's files are read one after the other: names and resources are
/// then numbered as [`crate::Bundle::read`] numbers them, and nothing tells the two apart.
#[derive(Default)]
pub struct Gathered {
    traces: Store,
    metrics: Store,
    logs: Store,
}

impl Gathered {
    /// Takes in what becomes a line of `traces.jsonl`.
    pub fn traces(&mut self, request: &ExportTraceServiceRequest) {
        self.traces.traces(&traces::line(request));
    }

    /// Takes in what becomes a line of `metrics.jsonl`.
    pub fn metrics(&mut self, request: &ExportMetricsServiceRequest) {
        self.metrics.metrics(&metrics::line(request));
    }

    /// Takes in what becomes a line of `logs.jsonl`.
    pub fn logs(&mut self, request: &ExportLogsServiceRequest) {
        self.logs.logs(&logs::line(request));
    }

    /// Everything that was taken in.
    pub fn finish(self) -> Evidence {
        let [mut evidence, metrics, logs] = [self.traces, self.metrics, self.logs].map(Store::finish);
        evidence.merge(metrics);
        evidence.merge(logs);
        evidence
    }
}
