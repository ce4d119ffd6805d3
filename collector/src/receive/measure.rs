//! Bounds what a body will occupy once decoded, before it is: two bytes of protobuf can be a span of 250.

use std::mem::size_of;

use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, Gauge, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

use super::Rejection;
use crate::batch::Signal;

/// A message of the protocol: its size in memory, what each of its bytes may become, and which fields are messages.
struct Shape {
    size: usize,
    per_byte: usize,
    fields: &'static [Field],
}

struct Field {
    number: u64,
    shape: &'static Shape,
}

/// Vectors hold room for four from the first element on, and later for at most twice what they hold.
const GROWTH: usize = 4;
/// A one-byte number in a packed list becomes eight bytes of a vector.
const PACKED: usize = 8 * GROWTH;

macro_rules! shapes {
    ($($name:ident = $message:ty $([$per_byte:expr])? { $($field:literal: $child:ident),* };)+) => {
        $(static $name: Shape = Shape {
            size: size_of::<$message>(),
            per_byte: 0 $(+ $per_byte)?,
            fields: &[$(Field { number: $field, shape: &$child }),*],
        };)+
    };
}

shapes! {
    ANY = AnyValue { 5: ARRAY, 6: MAP };
    ARRAY = u8 { 1: ANY };
    MAP = u8 { 1: ATTRIBUTE };
    ATTRIBUTE = KeyValue { 2: ANY };
    ENTITY = EntityRef {};
    RESOURCE = Resource { 1: ATTRIBUTE, 3: ENTITY };
    SCOPE = InstrumentationScope { 3: ATTRIBUTE };

    TRACES = u8 { 1: RESOURCE_SPANS };
    RESOURCE_SPANS = ResourceSpans { 1: RESOURCE, 2: SCOPE_SPANS };
    SCOPE_SPANS = ScopeSpans { 1: SCOPE, 2: SPAN };
    SPAN = Span { 9: ATTRIBUTE, 11: EVENT, 13: LINK, 15: STATUS };
    EVENT = Event { 3: ATTRIBUTE };
    LINK = Link { 4: ATTRIBUTE };
    STATUS = Status {};

    LOGS = u8 { 1: RESOURCE_LOGS };
    RESOURCE_LOGS = ResourceLogs { 1: RESOURCE, 2: SCOPE_LOGS };
    SCOPE_LOGS = ScopeLogs { 1: SCOPE, 2: RECORD };
    RECORD = LogRecord { 5: ANY, 6: ATTRIBUTE };

    METRICS = u8 { 1: RESOURCE_METRICS };
    RESOURCE_METRICS = ResourceMetrics { 1: RESOURCE, 2: SCOPE_METRICS };
    SCOPE_METRICS = ScopeMetrics { 1: SCOPE, 2: METRIC };
    METRIC = Metric { 5: NUMBERS, 7: NUMBERS, 9: HISTOGRAM, 10: EXPONENTIAL, 11: SUMMARY, 12: ATTRIBUTE };
    NUMBERS = Gauge { 1: NUMBER };
    HISTOGRAM = Gauge { 1: DISTRIBUTION };
    EXPONENTIAL = Gauge { 1: EXPONENTIAL_POINT };
    SUMMARY = Gauge { 1: SUMMARY_POINT };
    NUMBER = NumberDataPoint { 7: ATTRIBUTE, 5: EXEMPLAR };
    DISTRIBUTION = HistogramDataPoint { 9: ATTRIBUTE, 8: EXEMPLAR };
    EXPONENTIAL_POINT = ExponentialHistogramDataPoint { 1: ATTRIBUTE, 8: BUCKETS, 9: BUCKETS, 11: EXEMPLAR };
    BUCKETS = Buckets [PACKED] {};
    SUMMARY_POINT = SummaryDataPoint { 7: ATTRIBUTE, 6: QUANTILE };
    QUANTILE = ValueAtQuantile {};
    EXEMPLAR = Exemplar { 7: ATTRIBUTE };
}

/// Nesting at which the decoder gives up anyway.
const MAX_DEPTH: usize = 100;

/// An upper bound of the decoded size; the count stops soon after `limit` is passed.
pub(super) fn protobuf(signal: Signal, body: &[u8], limit: usize) -> Result<usize, Rejection> {
    let root = match signal {
        Signal::Traces => &TRACES,
        Signal::Metrics => &METRICS,
        Signal::Logs => &LOGS,
    };
    let mut total = body.len() * GROWTH;
    message(body, root, 0, &mut total, limit)
        .map_err(|reason| Rejection::Undecodable { signal, reason: reason.to_owned() })?;
    Ok(total)
}

fn message(mut body: &[u8], shape: &Shape, depth: usize, total: &mut usize, limit: usize) -> Result<(), &'static str> {
    if depth > MAX_DEPTH {
        return Err("messages are nested too deep");
    }
    *total = total.saturating_add(shape.size * GROWTH + shape.per_byte * body.len());
    while !body.is_empty() && *total <= limit {
        let tag = varint(&mut body)?;
        match tag & 7 {
            0 => drop(varint(&mut body)?),
            1 => drop(split(&mut body, 8)?),
            5 => drop(split(&mut body, 4)?),
            2 => {
                let length = varint(&mut body)?;
                let inner = split(&mut body, usize::try_from(length).unwrap_or(usize::MAX))?;
                if let Some(field) = shape.fields.iter().find(|field| field.number == tag >> 3) {
                    message(inner, field.shape, depth + 1, total, limit)?;
                }
            }
            _ => return Err("groups are not part of the protocol"),
        }
    }
    Ok(())
}

fn varint(body: &mut &[u8]) -> Result<u64, &'static str> {
    let mut value = 0_u64;
    for (position, byte) in body.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            *body = &body[position + 1..];
            return Ok(value);
        }
    }
    Err("a number has no end")
}

fn split<'a>(body: &mut &'a [u8], length: usize) -> Result<&'a [u8], &'static str> {
    let (inner, rest) = body.split_at_checked(length).ok_or("a field is longer than the body")?;
    *body = rest;
    Ok(inner)
}

/// An upper bound of the decoded size of a JSON body: each object becomes at most the largest struct, and an element of a
/// list of numbers is two bytes at least.
pub(super) fn json(body: &[u8]) -> usize {
    const LARGEST: usize = size_of::<Span>();
    let (mut objects, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' if !quoted => objects += 1,
            _ => {}
        }
    }
    body.len() * PACKED / 2 + objects * LARGEST * GROWTH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::batch::Batch;
    use crate::json::write_line;
    use crate::receive::reading;

    /// Messages of messages, in wire format: most field numbers of the protocol, with content that may fit.
    fn wire() -> impl Strategy<Value = Vec<u8>> {
        let scalar = (1_u8..16, any::<u8>()).prop_map(|(field, value)| vec![field << 3, value & 0x7f]);
        let fixed =
            (1_u8..16, any::<u64>()).prop_map(|(field, value)| [&[field << 3 | 1][..], &value.to_le_bytes()].concat());
        let leaf = prop_oneof![
            scalar,
            fixed,
            (1_u8..16, proptest::collection::vec(0_u8..0x7f, 0..12)).prop_map(|(field, text)| enclosed(field, &text)),
        ];
        leaf.prop_recursive(9, 120, 5, |inner| {
            (1_u8..14, proptest::collection::vec(inner, 0..5))
                .prop_map(|(field, parts)| enclosed(field, &parts.concat()))
        })
    }

    fn enclosed(field: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let low = u8::try_from(length & 0x7f).unwrap() | 0x80;
        let high = u8::try_from(length >> 7).unwrap();
        [&[field << 3 | 2, low, high], content].concat()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_body_occupies_more_than_its_estimate(parts in proptest::collection::vec(wire(), 0..6)) {
            // Everything is put where requests have their items, so that most bodies have some.
            let content: Vec<u8> = parts.iter().flat_map(|part| enclosed(2, part)).collect();
            let body = enclosed(1, &enclosed(2, &content));
            for signal in Signal::ALL {
                let Ok(batch) = reading::protobuf(signal, &body) else { continue };
                let estimate = protobuf(signal, &body, usize::MAX).unwrap() as u64;
                prop_assert!(batch.bytes() <= estimate + size_of::<Batch>() as u64, "{} of {estimate}", batch.bytes());
                let mut line = Vec::new();
                write_line(&mut line, &batch);
                let Ok(batch) = reading::json(signal, &line) else { continue };
                let estimate = json(&line) as u64;
                prop_assert!(batch.bytes() <= estimate + size_of::<Batch>() as u64, "{} of {estimate}", batch.bytes());
            }
        }
    }
}
