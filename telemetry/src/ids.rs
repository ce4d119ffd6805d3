//! Trace and span ids from a seeded generator: reproducible in virtual time, unique by seed in real time.

use std::sync::{Mutex, PoisonError};

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::IdGenerator;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// An id generator of one telemetry value.
#[derive(Debug)]
pub(crate) struct SeededIds(Mutex<ChaCha8Rng>);

impl SeededIds {
    pub(crate) fn new(generator: ChaCha8Rng) -> Self {
        Self(Mutex::new(generator))
    }
}

impl IdGenerator for SeededIds {
    fn new_trace_id(&self) -> TraceId {
        TraceId::from(self.0.lock().unwrap_or_else(PoisonError::into_inner).random::<u128>().max(1))
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from(self.0.lock().unwrap_or_else(PoisonError::into_inner).random::<u64>().max(1))
    }
}
