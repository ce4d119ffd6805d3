//! From bytes to a batch, by encoding.

mod common;
mod logs;
mod metrics;
mod traces;

use evidence::otlp::List;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde::Deserialize;

use super::Rejection;
use crate::batch::{Batch, Signal};

/// A message of the protocol, read from OTLP/JSON.
struct Json<T>(T);

/// A list of messages, read from OTLP/JSON.
struct Messages<T>(Vec<T>);

impl<'de, T> Deserialize<'de> for Messages<T>
where
    Json<T>: Deserialize<'de>,
{
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = List::<Json<T>>::deserialize(deserializer)?;
        Ok(Self(list.0.into_iter().map(|message| message.0).collect()))
    }
}

pub(super) fn protobuf(signal: Signal, body: &[u8]) -> Result<Batch, Rejection> {
    let batch = match signal {
        Signal::Traces => ExportTraceServiceRequest::decode(body).map(Batch::Traces),
        Signal::Metrics => ExportMetricsServiceRequest::decode(body).map(Batch::Metrics),
        Signal::Logs => ExportLogsServiceRequest::decode(body).map(Batch::Logs),
    };
    let batch = batch.map_err(|error| Rejection::Undecodable { signal, reason: error.to_string() })?;
    common::check_ids(&batch).map_err(|reason| Rejection::Undecodable { signal, reason })?;
    Ok(batch)
}

/// Reads what the specification allows and what is seen in the wild: both cases of keys, enums by name, numbers as
/// strings, nulls, and NaN and the infinities as strings. Unknown keys are skipped.
pub(super) fn json(signal: Signal, body: &[u8]) -> Result<Batch, Rejection> {
    // Checked once as a whole, so that the parser need not check string by string.
    let text = str::from_utf8(body).map_err(|error| Rejection::Undecodable {
        signal,
        reason: format!("not UTF-8 at byte {}", error.valid_up_to()),
    })?;
    let batch = match signal {
        Signal::Traces => serde_json::from_str(text).map(|Json(request)| Batch::Traces(request)),
        Signal::Metrics => serde_json::from_str(text).map(|Json(request)| Batch::Metrics(request)),
        Signal::Logs => serde_json::from_str(text).map(|Json(request)| Batch::Logs(request)),
    };
    batch.map_err(|error| Rejection::Undecodable { signal, reason: error.to_string() })
}
