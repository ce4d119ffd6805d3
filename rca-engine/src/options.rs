//! What the engine is told about a system's telemetry; the defaults are the semantic conventions.

use crate::calibration::Calibration;

/// Names and limits of an investigation. No name in here is known to the engine otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub budget: Budget,
    /// Attributes that say which run, scenario, environment or region an item belongs to. They select evidence and
    /// never inform: the analysis does not look at them.
    pub correlation_keys: Vec<String>,
    /// Metrics of bounded resources, one family each.
    pub resources: Vec<ResourceFamily>,
    /// Histograms of how long requests took, best first: what a service served, and what it asked of others.
    pub durations: DurationNames,
    /// Span attributes that say what a span waited for and how long.
    pub waits: Vec<WaitAttributes>,
    /// Span attributes of a client that name the service at the far end, best first.
    pub peer_attributes: Vec<String>,
    /// Resource attributes that tell the instances of a service apart, best first.
    pub instance_attributes: Vec<String>,
    /// Log records of changes.
    pub changes: ChangeNames,
    /// Clocks of two hosts, and the scrape of two processes, may differ by this much.
    pub clock_uncertainty_ns: u64,
    /// What a strength of evidence is worth.
    pub calibration: Calibration,
    /// Attribute names for the links into other tools.
    pub pivots: PivotNames,
}

/// How much evidence may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub spans: u64,
    pub logs: u64,
    /// Metric series.
    pub series: u64,
    /// How often the engine may ask again.
    pub rounds: u32,
}

/// The metrics in which one kind of bounded resource tells its five things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceFamily {
    pub limit: String,
    pub in_use: String,
    pub pending: String,
    /// Histogram, seconds or milliseconds by its unit.
    pub wait_time: String,
    /// Histogram, seconds or milliseconds by its unit.
    pub use_time: String,
    /// Requests that gave up waiting or found the queue full.
    pub timeouts: String,
    /// The attribute that names the resource.
    pub name: String,
}

/// Histograms with one observation a request: they count all requests, also where spans are only a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationNames {
    pub served: Vec<String>,
    pub asked: Vec<String>,
}

/// A pair of span attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitAttributes {
    /// Text: the resource.
    pub resource: String,
    /// Integer: nanoseconds.
    pub duration_ns: String,
}

/// How changes are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeNames {
    /// Event names of log records.
    pub events: Vec<String>,
    /// Attributes with the change's id, best first.
    pub id: Vec<String>,
    /// Attributes with the new version, best first; the resource's `service.version` otherwise.
    pub version: Vec<String>,
    /// Attributes with a summary in words, best first.
    pub summary: Vec<String>,
}

/// Names that other tools use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PivotNames {
    /// The attribute of a service in Tempo, Jaeger and ClickHouse.
    pub service: String,
    /// The label of a service in Loki and Prometheus.
    pub service_label: String,
    /// The histogram of request durations, as Prometheus names it (without `_bucket`).
    pub duration_metric: String,
    /// The table of spans in ClickHouse.
    pub spans_table: String,
}

impl Default for Options {
    fn default() -> Self {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            budget: Budget::default(),
            correlation_keys: own(&["deployment.environment", "deployment.environment.name", "cloud.region"]),
            resources: vec![ResourceFamily::connections()],
            durations: DurationNames {
                served: own(&["http.server.request.duration", "rpc.server.call.duration", "rpc.server.duration"]),
                asked: own(&["http.client.request.duration", "rpc.client.call.duration", "rpc.client.duration"]),
            },
            waits: Vec::new(),
            peer_attributes: own(&["service.peer.name", "peer.service"]),
            instance_attributes: own(&["service.instance.id", "k8s.pod.name", "host.name"]),
            changes: ChangeNames {
                events: Vec::new(),
                id: own(&["deployment.id"]),
                version: own(&["service.version"]),
                summary: own(&["deployment.name"]),
            },
            // One scrape interval of a second is the coarsest common grid of spans and metrics; see `precedence`.
            clock_uncertainty_ns: 5_000_000,
            calibration: Calibration::built_in(),
            pivots: PivotNames {
                service: "service.name".to_owned(),
                service_label: "service_name".to_owned(),
                duration_metric: "http_server_request_duration_seconds".to_owned(),
                spans_table: "otel_traces".to_owned(),
            },
        }
    }
}

impl Default for Budget {
    /// Two million spans are about a gigabyte in memory; an hour of a small system is far below.
    fn default() -> Self {
        Self { spans: 2_000_000, logs: 500_000, series: 50_000, rounds: 3 }
    }
}

impl ResourceFamily {
    /// Connection pools as the semantic conventions for database clients name them.
    pub fn connections() -> Self {
        Self {
            limit: "db.client.connection.max".to_owned(),
            in_use: "db.client.connection.count".to_owned(),
            pending: "db.client.connection.pending_requests".to_owned(),
            wait_time: "db.client.connection.wait_time".to_owned(),
            use_time: "db.client.connection.use_time".to_owned(),
            timeouts: "db.client.connection.timeouts".to_owned(),
            name: "db.client.connection.pool.name".to_owned(),
        }
    }
}
