//! Starting and stopping the three providers of one build of one instance.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{ExporterBuildError, LogExporter, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::logs::{BatchConfigBuilder as LogBatchConfig, BatchLogProcessor, SdkLoggerProvider};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use rand_chacha::ChaCha8Rng;
use tracing::Dispatch;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use world::Clock;

use crate::account::{Account, DropListener};
use crate::carried::Known;
use crate::exemplar::Reservoirs;
use crate::export::{Accounted, Finish, MetricPost};
use crate::identity::Identity;
use crate::ids::SeededIds;
use crate::inline::{Batch, Inline, InlineLogs, InlineSpans};
use crate::instruments::{Counter, Histogram, HttpInstruments, Instruments, view};
use crate::log_line::LogLines;
use crate::stamp::{Stamp, StampLogs, StampSpans};

/// Instrumentation scope of everything the lab emits.
const SCOPE: &str = "rcalab";
/// Only these crates' spans and events become telemetry: what HTTP and export libraries emit would feed itself.
const SOURCES: [&str; 3] = ["services", "telemetry", "rcalab"];
/// Metrics are exported every second, so that a short incident has enough points.
const METRIC_INTERVAL: Duration = Duration::from_secs(1);
/// Half a second keeps the batches small and the tail of a run short.
const BATCH_DELAY: Duration = Duration::from_millis(500);
const BATCH_ITEMS: usize = 512;
/// Some five seconds of spans of the busiest service: a collector may be away that long. The SDK sets the memory of a
/// whole queue aside at once, of each signal, and again for each build.
const QUEUE_ITEMS: usize = 2_048;

/// Where telemetry goes.
#[derive(Clone, Debug)]
pub enum Sink {
    /// Batched to an OTLP/HTTP endpoint such as `http://127.0.0.1:4318`; log records also to standard output.
    Otlp { endpoint: String },
    /// Kept until pulled; no thread, no clock of its own.
    Inline,
    /// Nowhere, with no subscriber: what the system costs without telemetry.
    Off,
}

/// Why telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("build the span or log exporter")]
    Exporter(#[source] ExporterBuildError),
    #[error("build the HTTP client of the metric exporter")]
    Client(#[source] reqwest::Error),
}

/// The telemetry of one build of one instance.
#[derive(Debug)]
pub struct Telemetry {
    identity: Identity,
    dispatch: Dispatch,
    pub(crate) http: HttpInstruments,
    instruments: Instruments,
    stamp: Arc<Stamp>,
    pub(crate) known: Known,
    tracer_provider: SdkTracerProvider,
    meter_provider: SdkMeterProvider,
    logger_provider: SdkLoggerProvider,
    inline: Option<Arc<Inline>>,
}

impl Telemetry {
    /// Starts the providers. `ids` makes trace and span ids and must differ for each value of a run.
    ///
    /// # Errors
    /// [`StartError`] if an exporter cannot be built; nothing is sent yet.
    pub fn start(identity: Identity, clock: &Clock, ids: ChaCha8Rng, sink: &Sink) -> Result<Self, StartError> {
        let start_ns = clock.wall_ns();
        let resource = identity.resource(&rfc3339(start_ns));
        let stamp = Arc::new(Stamp::new(clock.clone(), Arc::default(), &identity.context));
        let reservoirs = Arc::new(Reservoirs::default());
        let finish = Finish { stamp: Arc::clone(&stamp), reservoirs: Arc::clone(&reservoirs), start_ns };
        let tracers = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(Sampler::AlwaysOn)
            .with_id_generator(SeededIds::new(ids));
        let meters = SdkMeterProvider::builder().with_resource(resource.clone()).with_view(view);
        let loggers = SdkLoggerProvider::builder().with_resource(resource.clone());
        let mut inline = None;
        let (tracer_provider, meter_provider, logger_provider) = match sink {
            Sink::Otlp { endpoint } => {
                let (spans, logs) = processors(endpoint, &stamp)?;
                let post =
                    MetricPost { client: blocking_client()?, endpoint: format!("{endpoint}/v1/metrics"), finish };
                let logs = LogLines { service: identity.service.clone(), next: logs };
                (
                    tracers.with_span_processor(StampSpans::new(Arc::clone(&stamp), spans)).build(),
                    meters.with_reader(PeriodicReader::builder(post).with_interval(METRIC_INTERVAL).build()).build(),
                    loggers.with_log_processor(StampLogs::new(Arc::clone(&stamp), logs)).build(),
                )
            }
            Sink::Inline => {
                let buffers = Arc::new(Inline::new(&resource, SCOPE, finish));
                let spans = InlineSpans(Arc::clone(&buffers));
                let logs = InlineLogs(Arc::clone(&buffers));
                let reader = buffers.reader.clone();
                inline = Some(buffers);
                (
                    tracers.with_span_processor(StampSpans::new(Arc::clone(&stamp), spans)).build(),
                    meters.with_reader(reader).build(),
                    loggers.with_log_processor(StampLogs::new(Arc::clone(&stamp), logs)).build(),
                )
            }
            Sink::Off => (tracers.build(), meters.build(), loggers.build()),
        };
        let dispatch = match sink {
            Sink::Otlp { .. } | Sink::Inline => dispatch(&tracer_provider, &logger_provider),
            Sink::Off => Dispatch::none(),
        };
        let instruments = Instruments {
            meter: meter_provider.meter(SCOPE),
            reservoirs,
            clock: clock.clone(),
            retired: Arc::default(),
        };
        let http = HttpInstruments::new(&instruments);
        Ok(Self {
            identity,
            dispatch,
            http,
            instruments,
            stamp,
            known: Known::default(),
            tracer_provider,
            meter_provider,
            logger_provider,
            inline,
        })
    }

    /// Who emits.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The subscriber that turns spans and events into telemetry.
    pub fn dispatch(&self) -> &Dispatch {
        &self.dispatch
    }

    /// A monotonic counter.
    pub fn counter(&self, name: &'static str, unit: &'static str) -> Counter<u64> {
        self.instruments.counter(name, unit)
    }

    /// A histogram in seconds.
    pub fn histogram(&self, name: &'static str) -> Histogram {
        self.instruments.histogram(name)
    }

    /// A level that is read at every export, until another build takes over.
    pub fn level<F>(&self, name: &'static str, unit: &'static str, attributes: Vec<opentelemetry::KeyValue>, read: F)
    where
        F: Fn() -> i64 + Send + Sync + 'static,
    {
        self.instruments.level(name, unit, attributes, read);
    }

    /// Another build took over: levels are no longer told by this one.
    pub(crate) fn retire(&self) {
        self.instruments.retired.store(true, Ordering::Relaxed);
    }

    /// Takes what an inline sink has gathered; empty for any other sink.
    pub fn pull(&self, metrics: bool) -> Vec<Batch> {
        self.inline.as_ref().map(|inline| inline.pull(metrics)).unwrap_or_default()
    }

    /// Flushes and stops everything. Blocks until the exporters are done: call it beside the runtime.
    pub fn shutdown(&self, limit: Duration) {
        let listener = tracing_subscriber::registry().with(DropListener(Arc::clone(&self.stamp.tallies)));
        tracing::subscriber::with_default(listener, || {
            // Failed exports are in the account; a second shutdown is harmless.
            drop(self.tracer_provider.shutdown_with_timeout(limit));
            drop(self.meter_provider.shutdown_with_timeout(limit));
            drop(self.logger_provider.shutdown_with_timeout(limit));
        });
        self.stamp.closed.store(true, Ordering::Relaxed);
    }

    /// What became of everything so far; final after [`Telemetry::shutdown`].
    pub fn account(&self) -> Account {
        self.stamp.tallies.read()
    }
}

type Processors = (BatchSpanProcessor, BatchLogProcessor);

fn processors(endpoint: &str, stamp: &Arc<Stamp>) -> Result<Processors, StartError> {
    let spans = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .build()
        .map_err(StartError::Exporter)?;
    let logs = LogExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/logs"))
        .build()
        .map_err(StartError::Exporter)?;
    let spans = BatchSpanProcessor::builder(Accounted { inner: spans, stamp: Arc::clone(stamp) })
        .with_batch_config(
            BatchConfigBuilder::default()
                .with_max_queue_size(QUEUE_ITEMS)
                .with_max_export_batch_size(BATCH_ITEMS)
                .with_scheduled_delay(BATCH_DELAY)
                .build(),
        )
        .build();
    let logs = BatchLogProcessor::builder(Accounted { inner: logs, stamp: Arc::clone(stamp) })
        .with_batch_config(
            LogBatchConfig::default()
                .with_max_queue_size(QUEUE_ITEMS)
                .with_max_export_batch_size(BATCH_ITEMS)
                .with_scheduled_delay(BATCH_DELAY)
                .build(),
        )
        .build();
    Ok((spans, logs))
}

/// A blocking client may not be built on a runtime's thread, so it is built on one of its own.
fn blocking_client() -> Result<reqwest::blocking::Client, StartError> {
    std::thread::spawn(|| {
        reqwest::blocking::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(5))
            .build()
    })
    .join()
    .expect("building a client does not panic")
    .map_err(StartError::Client)
}

fn dispatch(tracers: &SdkTracerProvider, loggers: &SdkLoggerProvider) -> Dispatch {
    let ours = |metadata: &tracing::Metadata<'_>| {
        let source = metadata.target().split("::").next().unwrap_or_default();
        SOURCES.contains(&source)
    };
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracers.tracer(SCOPE))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(move |metadata| metadata.is_span() && ours(metadata)));
    let logs = OpenTelemetryTracingBridge::new(loggers).with_filter(filter_fn(ours));
    Dispatch::new(tracing_subscriber::registry().with(spans).with(logs))
}

/// A wall time in RFC 3339, UTC.
fn rfc3339(wall_ns: u64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(wall_ns)).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_civil() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(world::clock::VIRTUAL_EPOCH_NS), "2030-01-01T00:00:00Z");
    }
}
