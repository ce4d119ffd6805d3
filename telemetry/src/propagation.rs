//! Trace context and baggage in headers: W3C, bounded, and harmless when forged or malformed.

use contract::context::{MAX_BAGGAGE_BYTES, MAX_BAGGAGE_MEMBERS};
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

const BAGGAGE: &str = "baggage";

/// The caller's context, and how many baggage members were dropped because they were over the limits.
///
/// The base is an empty context: nothing of an in-process caller crosses but the headers.
pub(crate) fn extract(headers: &HeaderMap) -> (Context, u64) {
    let (baggage, dropped) = bounded_baggage(headers);
    let headers = Headers { headers, baggage: &baggage };
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
    (BaggagePropagator::new().extract_with_context(&context, &headers), dropped)
}

/// Writes `traceparent`, `tracestate` and `baggage`.
pub(crate) fn inject(context: &Context, headers: &mut HeaderMap) {
    let mut injector = HeaderInjector(headers);
    TraceContextPropagator::new().inject_context(context, &mut injector);
    BaggagePropagator::new().inject_context(context, &mut injector);
}

fn bounded_baggage(headers: &HeaderMap) -> (String, u64) {
    let values: Vec<&str> = headers.get_all(BAGGAGE).iter().filter_map(|value| value.to_str().ok()).collect();
    let members = || values.iter().flat_map(|value| value.split(',')).filter(|member| !member.trim().is_empty());
    let count = members().count();
    let bytes: usize = values.iter().map(|value| value.len() + 1).sum();
    if bytes > MAX_BAGGAGE_BYTES + 1 {
        return (String::new(), count as u64);
    }
    let kept: Vec<&str> = members().take(MAX_BAGGAGE_MEMBERS).collect();
    (kept.join(","), count.saturating_sub(MAX_BAGGAGE_MEMBERS) as u64)
}

struct Headers<'a> {
    headers: &'a HeaderMap,
    baggage: &'a str,
}

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        if key.eq_ignore_ascii_case(BAGGAGE) {
            return (!self.baggage.is_empty()).then_some(self.baggage);
        }
        self.headers.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.headers.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        if key.eq_ignore_ascii_case(BAGGAGE) {
            return self.get(key).map(|baggage| vec![baggage]);
        }
        let values: Vec<&str> = self.headers.get_all(key).iter().filter_map(|value| value.to_str().ok()).collect();
        (!values.is_empty()).then_some(values)
    }
}

struct HeaderInjector<'a>(&'a mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        if value.is_empty() {
            return;
        }
        if let (Ok(key), Ok(value)) = (HeaderName::from_bytes(key.as_bytes()), HeaderValue::from_str(&value)) {
            self.0.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::baggage::BaggageExt as _;
    use opentelemetry::trace::TraceContextExt as _;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (key, value) in pairs {
            headers.append(*key, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn all_three_headers_cross_a_hop() {
        let from = headers(&[("traceparent", PARENT), ("tracestate", "vendor=1"), ("baggage", "run_id=r1,other=2")]);
        let (context, dropped) = extract(&from);
        let mut to = HeaderMap::new();
        inject(&context, &mut to);
        assert_eq!(dropped, 0);
        assert_eq!(to["traceparent"], PARENT);
        assert_eq!(to["tracestate"], "vendor=1");
        let mut members: Vec<&str> = to["baggage"].to_str().unwrap().split(',').collect();
        members.sort_unstable();
        assert_eq!(members, ["other=2", "run_id=r1"]);
    }

    #[test]
    fn a_malformed_traceparent_starts_a_new_trace() {
        for bad in ["", "00-0-0-0", "zz", "00-00000000000000000000000000000000-b7ad6b7169203331-01", &"0".repeat(4_000)]
        {
            let (context, _) = extract(&headers(&[("traceparent", bad)]));
            assert!(!context.span().span_context().is_valid(), "{bad}");
        }
    }

    #[test]
    fn baggage_over_the_limits_is_dropped_and_counted() {
        let many: Vec<String> = (0..70).map(|i| format!("k{i}=v")).collect();
        let (context, dropped) = extract(&headers(&[("baggage", &many.join(","))]));
        assert_eq!((context.baggage().len(), dropped), (64, 6));

        let huge = format!("run_id={}", "x".repeat(9_000));
        let (context, dropped) = extract(&headers(&[("baggage", &huge)]));
        assert_eq!((context.baggage().len(), dropped), (0, 1));
    }
}
