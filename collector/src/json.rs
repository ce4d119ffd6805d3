//! Export requests as OTLP/JSON, byte for byte as the reference Collector's file exporter writes them.
//!
//! Defaults are left out, except for the messages that the reference always writes (resource, scope, status, body, value
//! and the buckets of an exponential histogram); 64-bit integers are strings, ids are hex, enums are numbers, and NaN and
//! the infinities are strings.

mod logs;
mod metrics;
mod text;
mod traces;
mod value;

use crate::batch::Batch;

/// Appends one line: the request and a line feed.
pub fn write_line(out: &mut Vec<u8>, batch: &Batch) {
    match batch {
        Batch::Traces(request) => traces::request(out, request),
        Batch::Metrics(request) => metrics::request(out, request),
        Batch::Logs(request) => logs::request(out, request),
    }
    out.push(b'\n');
}
