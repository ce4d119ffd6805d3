//! How fast a collector takes spans, and what they cost it: `collector_rate URL SPANS [PID]`.
//!
//! Posts the same batches of 500 spans as protobuf to `URL` (`http://127.0.0.1:4318/v1/traces`) over four connections and
//! prints spans a second of real time; given the collector's process id, also spans per second of its processor time. Run it
//! against two collectors in a row to compare them: the client is the same.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message as _;

const BATCH: u64 = 500;
const CONNECTIONS: u64 = 4;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("say which URL to post to")?;
    let spans: u64 = arguments.next().ok_or("say how many spans to post")?.parse()?;
    let process: Option<u32> = arguments.next().map(|pid| pid.parse()).transpose()?;
    let body = bytes::Bytes::from(batch().encode_to_vec());
    let batches = spans.div_ceil(BATCH);
    let (sent, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let client = reqwest::Client::new();
    let cpu_before = process.map(cpu_seconds).transpose()?;
    let start = now();
    let posts = (0..CONNECTIONS).map(|_| {
        let (client, url, body) = (client.clone(), url.clone(), body.clone());
        let (sent, refused) = (Arc::clone(&sent), Arc::clone(&refused));
        async move {
            while sent.fetch_add(1, Ordering::Relaxed) < batches {
                // A refused batch is sent again at once: what is measured is how fast the collector takes all of them.
                while !post(&client, &url, body.clone()).await? {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok::<_, reqwest::Error>(())
        }
    });
    futures::future::try_join_all(posts).await?;
    let (seconds, spans) = (start.elapsed().as_secs_f64(), (batches * BATCH) as f64);
    println!(
        "{:.0} spans/s, {spans} spans in {seconds:.2} s, {} refusals",
        spans / seconds,
        refused.load(Ordering::Relaxed)
    );
    if let (Some(process), Some(before)) = (process, cpu_before) {
        let cpu = cpu_seconds(process)? - before;
        println!("{:.0} spans per second of processor time, {cpu:.2} s", spans / cpu);
    }
    Ok(())
}

/// Whether the batch was taken.
async fn post(client: &reqwest::Client, url: &str, body: bytes::Bytes) -> Result<bool, reqwest::Error> {
    let request = client.post(url).header("content-type", "application/x-protobuf").body(body);
    let response = request.send().await?;
    if response.status().as_u16() == 503 {
        return Ok(false);
    }
    response.error_for_status().map(|_| true)
}

/// A batch as a service of the lab sends it: eleven attributes a span.
fn batch() -> ExportTraceServiceRequest {
    let spans = (0..BATCH).map(|number| Span {
        trace_id: u128::from(number / 8 + 1).to_be_bytes().to_vec(),
        span_id: (number + 1).to_be_bytes().to_vec(),
        parent_span_id: number.to_be_bytes().to_vec(),
        flags: 0x101,
        name: "GET /products/{id}".into(),
        kind: 2,
        start_time_unix_nano: 1_893_456_000_000_000_000 + number * 1_000_000,
        end_time_unix_nano: 1_893_456_000_004_200_000 + number * 1_000_000,
        attributes: attributes(number),
        status: Some(Status::default()),
        ..Span::default()
    });
    let resource = ["service.name", "service.version", "service.instance.id", "deployment.environment.name"];
    let resource =
        Resource { attributes: resource.iter().map(|key| text(key, "value")).collect(), ..Resource::default() };
    let scope_spans = vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }],
    }
}

fn attributes(number: u64) -> Vec<KeyValue> {
    let status = AnyValue { value: Some(Value::IntValue(200)) };
    vec![
        text("http.request.method", "GET"),
        text("http.route", "/products/{id}"),
        text("url.path", &format!("/products/{}", number % 200)),
        text("url.scheme", "http"),
        text("server.address", "catalog.shop.internal"),
        KeyValue { key: "http.response.status_code".into(), value: Some(status), ..KeyValue::default() },
        text("tenant.class", "gold"),
        text("run_id", "run-2030-01-01-00-00"),
        text("scenario_id", "scenario"),
        text("region", "eu-west-1"),
        text("deployment.environment", "lab"),
    ]
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

/// User and system time of a process so far, as the kernel counts it: in hundredths of a second.
fn cpu_seconds(process: u32) -> Result<f64, Box<dyn std::error::Error>> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name in parentheses, which may itself have spaces.
    let fields = stat.rsplit(") ").next().ok_or("a process without a name")?;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
    Ok(ticks.sum::<Result<u64, _>>()? as f64 / TICKS_PER_SECOND)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time, outside of any run")]
fn now() -> Instant {
    Instant::now()
}
