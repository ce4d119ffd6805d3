//! A share of all traces, each kept or dropped as a whole.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;

/// Bytes of a trace id that are random, by W3C Trace Context Level 2: the last seven.
const RANDOM_BYTES: usize = 7;

/// Drops the spans of all traces but a share, and says how many.
///
/// The decision is a threshold on the random part of the trace id, so that every span of a trace meets the same fate,
/// whichever service sends it and whenever (consistent probability sampling).
pub(crate) fn sample(request: &mut ExportTraceServiceRequest, share: f64) -> u64 {
    let mut dropped = 0;
    for resource in &mut request.resource_spans {
        for scope in &mut resource.scope_spans {
            let before = scope.spans.len();
            scope.spans.retain(|span| is_kept(span, share));
            dropped += (before - scope.spans.len()) as u64;
        }
        resource.scope_spans.retain(|scope| !scope.spans.is_empty());
    }
    request.resource_spans.retain(|resource| !resource.scope_spans.is_empty());
    dropped
}

fn is_kept(span: &Span, share: f64) -> bool {
    let random = &span.trace_id[span.trace_id.len().saturating_sub(RANDOM_BYTES)..];
    let number = random.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (number as f64) < share * (1_u64 << (8 * RANDOM_BYTES)) as f64
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};

    use super::*;

    /// Each of `traces` evenly spread trace ids has a span in each of two resources.
    fn request(traces: u64) -> ExportTraceServiceRequest {
        let span = |index: u64| {
            let id = (u128::from(u64::MAX) << 64) + (u128::from(2 * index + 1) << 55) / u128::from(traces);
            Span { trace_id: id.to_be_bytes().to_vec(), ..Span::default() }
        };
        let spans: Vec<Span> = (0..traces).map(span).collect();
        let resource = || ResourceSpans {
            scope_spans: vec![ScopeSpans { spans: spans.clone(), ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        };
        ExportTraceServiceRequest { resource_spans: vec![resource(), resource()] }
    }

    #[test]
    fn a_share_of_the_traces_stays_and_each_as_a_whole() {
        for (share, kept) in [(0.0, 0), (0.1, 100), (0.5, 500), (1.0, 1_000)] {
            let mut request = request(1_000);
            assert_eq!(sample(&mut request, share), 2 * (1_000 - kept as u64), "{share}");
            // What is left empty goes, too.
            assert_eq!(request.resource_spans.len(), if kept > 0 { 2 } else { 0 });
            for resource in &request.resource_spans {
                assert_eq!(resource.scope_spans[0].spans.len(), kept);
            }
        }
    }
}
