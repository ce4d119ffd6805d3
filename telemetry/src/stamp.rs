//! Processors that put the incident context and the world's time onto every span and log record.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use contract::{IncidentContext, context};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::logs::{AnyValue, LogRecord as _, Severity};
use opentelemetry::trace::{Span as _, SpanId};
use opentelemetry::{Context, InstrumentationScope, Key, KeyValue, StringValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use world::Clock;

use crate::account::Tallies;
use crate::carried::Carried;

/// What every processor of one telemetry value shares.
#[derive(Debug)]
pub(crate) struct Stamp {
    pub(crate) clock: Clock,
    pub(crate) tallies: Arc<Tallies>,
    /// Set at shutdown: what ends later is counted as dropped.
    pub(crate) closed: AtomicBool,
    own: [(&'static str, StringValue); 4],
}

impl Stamp {
    pub(crate) fn new(clock: Clock, tallies: Arc<Tallies>, own: &IncidentContext) -> Self {
        // Shared, because every item that no request brought gets it.
        let own = own.members().map(|(key, value)| (key, StringValue::from(Arc::<str>::from(value))));
        Self { clock, tallies, closed: AtomicBool::new(false), own }
    }

    pub(crate) fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.clock.wall_ns())
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// The request's members where they are plain, the process's own otherwise.
    fn members(&self, cx: &Context) -> [(&'static str, StringValue); 5] {
        let carried = Carried::of(cx);
        let member = |index: usize| {
            let (key, own) = &self.own[index];
            let member = match carried {
                Some(carried) => carried.member(index),
                None => cx.baggage().get(*key).filter(|value| context::is_plain(value.as_str())),
            };
            (*key, member.unwrap_or(own).clone())
        };
        let environment = member(3);
        [member(0), member(1), member(2), (context::ENVIRONMENT_NAME, environment.1.clone()), environment]
    }

    /// The process's own members: for metric points, of which a run has one set.
    pub(crate) fn own_members(&self) -> [(&'static str, StringValue); 5] {
        self.members(&Context::new())
    }
}

/// Stamps spans, sets their times from the world's clock, and hands them on.
///
/// It wraps the next processor instead of standing beside it: with two registered processors the SDK clones every
/// span once for each.
#[derive(Debug)]
pub(crate) struct StampSpans<P> {
    stamp: Arc<Stamp>,
    starts: Mutex<HashMap<SpanId, SystemTime, BuildHasherDefault<IdHasher>>>,
    next: P,
}

/// Span ids are random: their own bytes are as good as a hash of them, and nobody outside chooses them.
#[derive(Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }
}

impl<P> StampSpans<P> {
    pub(crate) fn new(stamp: Arc<Stamp>, next: P) -> Self {
        Self { stamp, starts: Mutex::default(), next }
    }
}

impl<P: SpanProcessor> SpanProcessor for StampSpans<P> {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        for (key, value) in self.stamp.members(cx) {
            span.set_attribute(KeyValue::new(key, value));
        }
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        starts.insert(span.span_context().span_id(), self.stamp.now());
        drop(starts);
        self.next.on_start(span, cx);
    }

    fn on_end(&self, mut span: SpanData) {
        let start = self.starts.lock().unwrap_or_else(PoisonError::into_inner).remove(&span.span_context.span_id());
        span.end_time = self.stamp.now();
        span.start_time = start.unwrap_or(span.end_time);
        self.stamp.tallies.spans.end(1);
        if self.stamp.is_closed() {
            self.stamp.tallies.spans.drop_items(1);
        } else {
            self.next.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
    }
}

/// Stamps log records in place; registered before the processor that exports them.
#[derive(Debug)]
pub(crate) struct StampLogs<P> {
    stamp: Arc<Stamp>,
    next: P,
}

impl<P> StampLogs<P> {
    pub(crate) fn new(stamp: Arc<Stamp>, next: P) -> Self {
        Self { stamp, next }
    }
}

impl<P: LogProcessor> LogProcessor for StampLogs<P> {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        let now = self.stamp.now();
        record.set_timestamp(now);
        record.set_observed_timestamp(now);
        Context::map_current(|cx| {
            for (key, value) in self.stamp.members(cx) {
                record.add_attribute(Key::from_static_str(key), AnyValue::String(value));
            }
        });
        self.stamp.tallies.logs.end(1);
        if self.stamp.is_closed() {
            self.stamp.tallies.logs.drop_items(1);
        } else {
            self.next.emit(record, scope);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.next.event_enabled(level, target, name)
    }
}
