//! Trace context and baggage in headers: W3C, bounded, and harmless when forged or malformed.

use contract::context::{MAX_BAGGAGE_BYTES, MAX_BAGGAGE_MEMBERS};
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use crate::carried::{Carried, Known};

const BAGGAGE: &str = "baggage";

/// The caller's context, and how many baggage members were dropped because they were over the limits.
///
/// The base is an empty context: nothing of an in-process caller crosses but the headers. What a `baggage` header says is
/// parsed once, and then known.
pub(crate) fn extract(headers: &HeaderMap, known: &Known) -> (Context, u64) {
    let mut all = headers.get_all(BAGGAGE).iter();
    let (context, dropped) = match (all.next(), all.next()) {
        (None, _) => (Context::new(), 0),
        // A header over the limit says nothing and is not worth the memory.
        (Some(only), None) if only.len() <= MAX_BAGGAGE_BYTES => known.get_or_parse(only, || parse(headers)),
        (Some(_), _) => parse(headers),
    };
    (TraceContextPropagator::new().extract_with_context(&context, &Headers(headers, "")), dropped)
}

/// Writes `traceparent`, `tracestate` and `baggage`.
pub(crate) fn inject(context: &Context, headers: &mut HeaderMap) {
    TraceContextPropagator::new().inject_context(context, &mut HeaderInjector(headers));
    match Carried::of(context) {
        Some(carried) => carried.inject(headers),
        None => inject_baggage(context, headers),
    }
}

fn inject_baggage(context: &Context, headers: &mut HeaderMap) {
    BaggagePropagator::new().inject_context(context, &mut HeaderInjector(headers));
}

/// A context with the baggage of the headers alone.
fn parse(headers: &HeaderMap) -> (Context, u64) {
    let (baggage, dropped) = bounded_baggage(headers);
    let context = BaggagePropagator::new().extract_with_context(&Context::new(), &Headers(headers, &baggage));
    let mut written = HeaderMap::new();
    inject_baggage(&context, &mut written);
    (Carried::put_into(&context, written.remove(BAGGAGE)), dropped)
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

/// All headers, and instead of their baggage the part of it that is within the limits.
struct Headers<'a>(&'a HeaderMap, &'a str);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        if key.eq_ignore_ascii_case(BAGGAGE) {
            return (!self.1.is_empty()).then_some(self.1);
        }
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        if key.eq_ignore_ascii_case(BAGGAGE) {
            return self.get(key).map(|baggage| vec![baggage]);
        }
        let values: Vec<&str> = self.0.get_all(key).iter().filter_map(|value| value.to_str().ok()).collect();
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
    use opentelemetry::KeyValue;
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
        let (context, dropped) = extract(&from, &Known::default());
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
            let (context, _) = extract(&headers(&[("traceparent", bad)]), &Known::default());
            assert!(!context.span().span_context().is_valid(), "{bad}");
        }
    }

    #[test]
    fn baggage_over_the_limits_is_dropped_and_counted() {
        let many: Vec<String> = (0..70).map(|i| format!("k{i}=v")).collect();
        let (context, dropped) = extract(&headers(&[("baggage", &many.join(","))]), &Known::default());
        assert_eq!((context.baggage().len(), dropped), (64, 6));

        let huge = format!("run_id={}", "x".repeat(9_000));
        let (context, dropped) = extract(&headers(&[("baggage", &huge)]), &Known::default());
        assert_eq!((context.baggage().len(), dropped), (0, 1));
    }

    #[test]
    fn a_header_that_is_known_says_the_same_as_when_it_was_new() {
        let known = Known::default();
        let members = |header: &str| {
            let (context, dropped) = extract(&headers(&[("traceparent", PARENT), ("baggage", header)]), &known);
            let mut members: Vec<String> =
                context.baggage().iter().map(|(key, (value, _))| format!("{key}={value}")).collect();
            members.sort_unstable();
            (members, dropped, context.span().span_context().is_remote())
        };
        let many = (0..70).map(|i| format!("k{i}=v")).collect::<Vec<_>>().join(",");
        // More headers than are kept, each of them twice, the first ones again at the end.
        let round: Vec<String> =
            (0..40).map(|i| format!("run_id=r{i},a%20b=c")).chain([many, String::new(), "x".repeat(9_000)]).collect();
        for header in round.iter().chain(&round) {
            assert_eq!(members(header), members(header), "{header}");
        }
        assert_eq!(members("run_id=r1"), (vec!["run_id=r1".to_owned()], 0, true));
    }

    #[test]
    fn baggage_that_was_changed_after_it_came_in_goes_out_as_changed() {
        let (context, _) = extract(&headers(&[("baggage", "run_id=r1,other=2")]), &Known::default());
        let changed = context.with_baggage([KeyValue::new("run_id", "r2")]);
        let mut to = HeaderMap::new();
        inject(&changed, &mut to);
        assert_eq!(to["baggage"], "run_id=r2");
        let mut to = HeaderMap::new();
        inject(&context.with_cleared_baggage(), &mut to);
        assert_eq!(to.get("baggage"), None);
    }
}
