//! Exporters that keep account, and the finishing touches on metrics: stamps, exemplars, times, canonical order.

use std::sync::Arc;

use opentelemetry_otlp::{LogExporter, SpanExporter};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::LogBatch;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::SpanData;
use prost::Message as _;

use crate::exemplar::Reservoirs;
use crate::stamp::Stamp;

/// Counts what an exporter got acknowledged.
#[derive(Debug)]
pub(crate) struct Accounted<E> {
    pub(crate) inner: E,
    pub(crate) stamp: Arc<Stamp>,
}

impl opentelemetry_sdk::trace::SpanExporter for Accounted<SpanExporter> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let items = batch.len() as u64;
        let result = self.inner.export(batch).await;
        self.stamp.tallies.spans.exported(items, result.is_ok());
        result
    }

    fn shutdown_with_timeout(&self, timeout: std::time::Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl opentelemetry_sdk::logs::LogExporter for Accounted<LogExporter> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let items = batch.iter().count() as u64;
        let result = self.inner.export(batch).await;
        self.stamp.tallies.logs.exported(items, result.is_ok());
        result
    }

    fn shutdown_with_timeout(&self, timeout: std::time::Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// What turns the SDK's metrics into an OTLP request of the lab.
#[derive(Debug)]
pub(crate) struct Finish {
    pub(crate) stamp: Arc<Stamp>,
    pub(crate) reservoirs: Arc<Reservoirs>,
    pub(crate) start_ns: u64,
}

impl Finish {
    /// The request, and how many points it holds.
    pub(crate) fn request(&self, metrics: &ResourceMetrics) -> (ExportMetricsServiceRequest, u64) {
        let mut request = ExportMetricsServiceRequest::from(metrics);
        let now = self.stamp.clock.wall_ns();
        let stamps: Vec<KeyValue> =
            self.stamp.own_members().into_iter().map(|(key, value)| text_attribute(key, value.as_str())).collect();
        let mut points = 0;
        for resource in &mut request.resource_metrics {
            if let Some(resource) = &mut resource.resource {
                sort(&mut resource.attributes);
            }
            resource.scope_metrics.sort_by(|a, b| scope_name(a).cmp(scope_name(b)));
            for metric in resource.scope_metrics.iter_mut().flat_map(|scope| &mut scope.metrics) {
                if let Some(data) = &mut metric.data {
                    points += self.finish(&metric.name, data, now, &stamps);
                }
            }
            for scope in &mut resource.scope_metrics {
                scope.metrics.sort_by(|a, b| a.name.cmp(&b.name));
            }
        }
        self.stamp.tallies.points.end(points);
        (request, points)
    }

    fn finish(&self, name: &str, data: &mut Data, now: u64, stamps: &[KeyValue]) -> u64 {
        macro_rules! finish {
            ($points:expr, $start:expr) => {{
                for point in $points.iter_mut() {
                    point.start_time_unix_nano = $start;
                    point.time_unix_nano = now;
                    point.attributes.extend_from_slice(stamps);
                    sort(&mut point.attributes);
                }
                $points.sort_by_cached_key(|point| attribute_key(&point.attributes));
                $points.len() as u64
            }};
        }
        match data {
            Data::Gauge(gauge) => finish!(gauge.data_points, 0),
            Data::Sum(sum) => finish!(sum.data_points, self.start_ns),
            Data::Histogram(histogram) => {
                for point in &mut histogram.data_points {
                    self.reservoirs.attach(name, point);
                }
                finish!(histogram.data_points, self.start_ns)
            }
            Data::ExponentialHistogram(histogram) => finish!(histogram.data_points, self.start_ns),
            Data::Summary(_) => 0,
        }
    }
}

fn scope_name(scope: &opentelemetry_proto::tonic::metrics::v1::ScopeMetrics) -> &str {
    scope.scope.as_ref().map_or("", |scope| &scope.name)
}

fn text_attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(ProtoValue::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// The SDK keeps attributes in hash order; equal bytes need one order.
pub(crate) fn sort(attributes: &mut [KeyValue]) {
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
}

fn attribute_key(attributes: &[KeyValue]) -> Vec<u8> {
    attributes.iter().flat_map(prost::Message::encode_length_delimited_to_vec).collect()
}

/// Posts metrics with stamps and exemplars to an OTLP/HTTP endpoint, on the reader's own thread.
///
/// A lost export is not repeated: points are cumulative, so the next one carries everything.
#[derive(Debug)]
pub(crate) struct MetricPost {
    pub(crate) client: reqwest::blocking::Client,
    pub(crate) endpoint: String,
    pub(crate) finish: Finish,
}

impl PushMetricExporter for MetricPost {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let (request, points) = self.finish.request(metrics);
        let sent = self
            .client
            .post(&self.endpoint)
            .header(http::header::CONTENT_TYPE, "application/x-protobuf")
            .body(request.encode_to_vec())
            .send()
            .and_then(reqwest::blocking::Response::error_for_status);
        self.finish.stamp.tallies.points.exported(points, sent.is_ok());
        sent.map(drop).map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: std::time::Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}
