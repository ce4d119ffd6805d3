//! One export request of one signal, as it travels through the collector.

mod weight;

use std::fmt;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics};

/// What a batch carries, and what its items are: spans, metric points, log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    pub const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A decoded export request.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
    Logs(ExportLogsServiceRequest),
}

impl Batch {
    pub fn signal(&self) -> Signal {
        match self {
            Self::Traces(_) => Signal::Traces,
            Self::Metrics(_) => Signal::Metrics,
            Self::Logs(_) => Signal::Logs,
        }
    }

    /// How many spans, metric points or log records it carries.
    pub fn items(&self) -> u64 {
        let items: usize = match self {
            Self::Traces(request) => {
                request.resource_spans.iter().flat_map(|resource| &resource.scope_spans).map(|s| s.spans.len()).sum()
            }
            Self::Metrics(request) => metrics(&request.resource_metrics).map(points).sum(),
            Self::Logs(request) => request
                .resource_logs
                .iter()
                .flat_map(|resource| &resource.scope_logs)
                .map(|s| s.log_records.len())
                .sum(),
        };
        items as u64
    }

    /// How many bytes of memory it occupies.
    pub fn bytes(&self) -> u64 {
        weight::batch(self) as u64
    }
}

impl From<ExportTraceServiceRequest> for Batch {
    fn from(request: ExportTraceServiceRequest) -> Self {
        Self::Traces(request)
    }
}

impl From<ExportMetricsServiceRequest> for Batch {
    fn from(request: ExportMetricsServiceRequest) -> Self {
        Self::Metrics(request)
    }
}

impl From<ExportLogsServiceRequest> for Batch {
    fn from(request: ExportLogsServiceRequest) -> Self {
        Self::Logs(request)
    }
}

fn metrics(resources: &[ResourceMetrics]) -> impl Iterator<Item = &Metric> {
    resources.iter().flat_map(|resource| &resource.scope_metrics).flat_map(|scope| &scope.metrics)
}

fn points(metric: &Metric) -> usize {
    match &metric.data {
        None => 0,
        Some(Data::Gauge(data)) => data.data_points.len(),
        Some(Data::Sum(data)) => data.data_points.len(),
        Some(Data::Histogram(data)) => data.data_points.len(),
        Some(Data::ExponentialHistogram(data)) => data.data_points.len(),
        Some(Data::Summary(data)) => data.data_points.len(),
    }
}
