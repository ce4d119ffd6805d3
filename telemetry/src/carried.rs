//! What a `baggage` header said, parsed once: every request of a run brings the same one.

use std::sync::{Arc, Mutex, PoisonError};

use contract::context;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::{Context, StringValue};

/// Distinct headers that are remembered; a run has one, a shared system a few.
const MAX_KNOWN: usize = 16;

/// What is known of the baggage of a context that came in by headers; it lies beside the baggage in that context.
#[derive(Debug)]
pub(crate) struct Carried {
    /// The context with this baggage and nothing else. It keeps the baggage alive, so that no other one can ever have its
    /// address.
    base: Context,
    /// The members to stamp, in the order of [`context::KEYS`], where they are plain.
    members: [Option<StringValue>; 4],
    /// The header to send on; none for empty baggage.
    header: Option<HeaderValue>,
}

impl Carried {
    /// Puts what is known of a context's baggage beside it.
    pub(crate) fn put_into(base: &Context, header: Option<HeaderValue>) -> Context {
        let baggage = base.baggage();
        let members = context::KEYS.map(|key| {
            let plain = baggage.get(key).filter(|value| context::is_plain(value.as_str()));
            // Shared, because every span of every request gets it.
            plain.map(|value| StringValue::from(Arc::<str>::from(value.as_str())))
        });
        base.with_value(Self { base: base.clone(), members, header })
    }

    /// What is known of a context's baggage; none where the baggage is not the one that came in.
    pub(crate) fn of(context: &Context) -> Option<&Self> {
        context.get::<Self>().filter(|carried| std::ptr::eq(carried.base.baggage(), context.baggage()))
    }

    /// A member to stamp, by its place in [`context::KEYS`].
    pub(crate) fn member(&self, index: usize) -> Option<&StringValue> {
        self.members[index].as_ref()
    }

    pub(crate) fn inject(&self, headers: &mut HeaderMap) {
        if let Some(header) = &self.header {
            headers.insert(HeaderName::from_static("baggage"), header.clone());
        }
    }
}

/// Headers by what they say, the last used one first.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Vec<(HeaderValue, Context, u64)>>);

impl Known {
    /// The context of a header and how many of its members were dropped.
    pub(crate) fn get_or_parse(&self, header: &HeaderValue, parse: impl FnOnce() -> (Context, u64)) -> (Context, u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().position(|(other, _, _)| other == header);
        let place = found.unwrap_or_else(|| {
            known.truncate(MAX_KNOWN - 1);
            let (context, dropped) = parse();
            known.push((header.clone(), context, dropped));
            known.len() - 1
        });
        known[..=place].rotate_right(1);
        (known[0].1.clone(), known[0].2)
    }
}
