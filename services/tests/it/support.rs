//! The four services behind an in-process network, and their telemetry as flat records.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contract::IncidentContext;
use http::{HeaderMap, Request, Response};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;
use scenarios::model::{Load, System};
use services::{Config, Instance, Ledger, Member, Peers, Role, Service, Start};
use telemetry::{Batch, Sink};
use world::network::InProcess;
use world::{Clock, Draws, Network, SendError, World};

pub(crate) const TOKEN: &str = "a-token";

/// A running system, asked at the first instance of search.
pub(crate) struct Lab {
    pub(crate) world: World,
    pub(crate) hosts: InProcess,
    pub(crate) ledger: Ledger,
    pub(crate) instances: BTreeMap<Member, Arc<Instance>>,
}

/// Attributes as text.
pub(crate) type Attributes = BTreeMap<String, String>;

/// One span, log record or metric point, with the attributes of its resource.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) service: String,
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) parent_id: String,
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) attributes: Attributes,
    pub(crate) resource: Attributes,
    pub(crate) exemplars: Vec<String>,
}

pub(crate) fn context() -> IncidentContext {
    IncidentContext {
        run_id: "run-7".into(),
        scenario_id: "a_scenario".into(),
        region: "eu-west-1".into(),
        environment: "test".into(),
    }
}

/// Runs a future on virtual time, on a thread of its own runtime.
pub(crate) fn virtually<F: Future>(future: impl FnOnce() -> F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async { future().await })
}

impl Lab {
    pub(crate) async fn start(seed: u64, system: System) -> Self {
        let draws = Draws::new(seed);
        let hosts = InProcess::new(draws);
        let world = World { clock: Clock::simulated(), draws, network: Network::InProcess(hosts.clone()) };
        let mut lab = Self { world, hosts, ledger: Ledger::memory(), instances: BTreeMap::new() };
        let mut peers: BTreeMap<Role, Peers> = BTreeMap::new();
        let weights = |role: Role| (1..).zip(system.instances(role.as_str()).weights());
        let members = |role| weights(role).map(move |(ordinal, weight)| (Member { role, ordinal }, weight));
        for (member, weight) in Role::CALLEES_FIRST.into_iter().flat_map(members) {
            let config = Config {
                system: system.clone(),
                load: Load::default(),
                peers: peers.clone(),
                database_url: None,
                control_token: Some(TOKEN.to_owned()),
                cancel_on_disconnect: false,
            };
            let start = Start {
                member,
                world: lab.world.clone(),
                sink: Sink::Inline,
                context: context(),
                ledger: lab.ledger.clone(),
            };
            let service = Service::start(start, &config).await.unwrap();
            let name = if member.ordinal == 1 { member.role.as_str().to_owned() } else { member.to_string() };
            lab.hosts.listen(&format!("{name}:80"), service.routes);
            lab.hosts.listen(&format!("{name}.control:80"), service.control.unwrap());
            peers.entry(member.role).or_default().add(format!("http://{name}:80"), weight);
            lab.instances.insert(member, service.instance);
        }
        lab
    }

    /// GET with headers, and at most a minute's patience.
    pub(crate) async fn get(&self, uri: &str, headers: &[(&'static str, &str)]) -> Result<Response<Bytes>, SendError> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri.parse().unwrap();
        *request.headers_mut() = header_map(headers);
        self.world.network.send(&self.world.clock, request, Duration::from_secs(60)).await
    }

    /// One search with the incident's baggage.
    pub(crate) async fn search(&self, id: &str) -> Response<Bytes> {
        let baggage = context().baggage_header();
        let headers =
            [("baggage", &*baggage), (contract::http::REQUEST_ID, id), (contract::http::TENANT_CLASS, "gold")];
        self.get("http://search:80/search?q=shoes&k=3", &headers).await.unwrap()
    }

    /// Everything that was emitted since the last time.
    pub(crate) fn pull(&self) -> Vec<Batch> {
        self.instances.values().flat_map(|instance| instance.pull(true)).collect()
    }
}

pub(crate) fn header_map(headers: &[(&'static str, &str)]) -> HeaderMap {
    headers.iter().map(|(key, value)| ((*key).parse().unwrap(), value.parse().unwrap())).collect()
}

/// The bytes of what was emitted.
pub(crate) fn bytes(batches: &[Batch]) -> Vec<u8> {
    let encode = |batch: &Batch| match batch {
        Batch::Traces(request) => request.encode_to_vec(),
        Batch::Metrics(request) => request.encode_to_vec(),
        Batch::Logs(request) => request.encode_to_vec(),
    };
    batches.iter().flat_map(encode).collect()
}

pub(crate) fn spans(batches: &[Batch]) -> Vec<Record> {
    let mut records = Vec::new();
    for batch in batches {
        let Batch::Traces(request) = batch else { continue };
        for resource in &request.resource_spans {
            let who = flat(&resource.resource.as_ref().unwrap().attributes);
            for span in resource.scope_spans.iter().flat_map(|scope| &scope.spans) {
                records.push(Record {
                    name: span.name.clone(),
                    trace_id: hex(&span.trace_id),
                    span_id: hex(&span.span_id),
                    parent_id: hex(&span.parent_span_id),
                    start_ns: span.start_time_unix_nano,
                    end_ns: span.end_time_unix_nano,
                    ..record(&who, &span.attributes)
                });
            }
        }
    }
    records
}

pub(crate) fn logs(batches: &[Batch]) -> Vec<Record> {
    let mut records = Vec::new();
    for batch in batches {
        let Batch::Logs(request) = batch else { continue };
        for resource in &request.resource_logs {
            let who = flat(&resource.resource.as_ref().unwrap().attributes);
            for log in resource.scope_logs.iter().flat_map(|scope| &scope.log_records) {
                records.push(Record {
                    name: log.event_name.clone(),
                    trace_id: hex(&log.trace_id),
                    span_id: hex(&log.span_id),
                    start_ns: log.time_unix_nano,
                    ..record(&who, &log.attributes)
                });
            }
        }
    }
    records
}

pub(crate) fn points(batches: &[Batch]) -> Vec<Record> {
    let mut records = Vec::new();
    for batch in batches {
        let Batch::Metrics(request) = batch else { continue };
        for resource in &request.resource_metrics {
            let who = flat(&resource.resource.as_ref().unwrap().attributes);
            for metric in resource.scope_metrics.iter().flat_map(|scope| &scope.metrics) {
                let mut add = |attributes: &[KeyValue], exemplars: Vec<String>| {
                    records.push(Record { name: metric.name.clone(), exemplars, ..record(&who, attributes) });
                };
                match metric.data.as_ref().unwrap() {
                    Data::Gauge(data) => data.data_points.iter().for_each(|point| add(&point.attributes, Vec::new())),
                    Data::Sum(data) => data.data_points.iter().for_each(|point| add(&point.attributes, Vec::new())),
                    Data::Histogram(data) => data.data_points.iter().for_each(|point| {
                        add(&point.attributes, point.exemplars.iter().map(|one| hex(&one.trace_id)).collect());
                    }),
                    Data::ExponentialHistogram(_) | Data::Summary(_) => panic!("the lab emits none"),
                }
            }
        }
    }
    records
}

fn record(who: &Attributes, attributes: &[KeyValue]) -> Record {
    Record {
        name: String::new(),
        service: who[contract::resource::SERVICE_NAME].clone(),
        trace_id: String::new(),
        span_id: String::new(),
        parent_id: String::new(),
        start_ns: 0,
        end_ns: 0,
        attributes: flat(attributes),
        resource: who.clone(),
        exemplars: Vec::new(),
    }
}

fn flat(attributes: &[KeyValue]) -> Attributes {
    let text = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
